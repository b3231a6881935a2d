package fcmtest

import "time"

// Class is what happens to a message.
type Class string

// The classes; the words in capitals are FCM's own.
const (
	Accept          Class = ""
	Unregistered    Class = "UNREGISTERED"
	SenderMismatch  Class = "SENDER_ID_MISMATCH"
	QuotaExceeded   Class = "QUOTA_EXCEEDED"
	Unavailable     Class = "UNAVAILABLE"
	Internal        Class = "INTERNAL"
	InvalidArgument Class = "INVALID_ARGUMENT"
	ThirdPartyAuth  Class = "THIRD_PARTY_AUTH_ERROR"
	// Hang never answers.
	Hang Class = "hang"
	// Huge answers 200 with 10 MB that are no JSON.
	Huge Class = "huge"
	// Cut closes the connection without an answer.
	Cut Class = "cut"
)

// Outcome is the fate of one message.
type Outcome struct {
	Class Class
	// RetryAfter is sent as a header, in seconds rounded up, when it is not 0.
	RetryAfter time.Duration
	// Latency is added before the answer.
	Latency time.Duration
}

// statusOf gives the HTTP status and the canonical status word of an error class.
func statusOf(c Class) (code int, word string) {
	switch c {
	case Unregistered:
		return 404, "NOT_FOUND"
	case SenderMismatch:
		return 403, "PERMISSION_DENIED"
	case QuotaExceeded:
		return 429, "RESOURCE_EXHAUSTED"
	case Unavailable:
		return 503, "UNAVAILABLE"
	case InvalidArgument:
		return 400, "INVALID_ARGUMENT"
	case ThirdPartyAuth:
		return 401, "UNAUTHENTICATED"
	default:
		return 500, "INTERNAL"
	}
}

// Script sets the fates of the next messages to a token, in order; after them, Always and SetDefault count again.
func (s *Server) Script(token string, fates ...Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[token] = append(s.scripts[token], fates...)
}

// Always sets the fate of every message to a token that no script covers.
func (s *Server) Always(token string, fate Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always[token] = fate
}

// SetDefault sets the fate of every other message.
func (s *Server) SetDefault(fate Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fate = fate
}

// next takes the fate of a message to token. The caller holds mu.
func (s *Server) next(token string) Outcome {
	if script := s.scripts[token]; len(script) > 0 {
		s.scripts[token] = script[1:]
		return script[0]
	}
	if fate, ok := s.always[token]; ok {
		return fate
	}
	return s.fate
}
