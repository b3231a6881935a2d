package push

import (
	"context"
	"errors"
	"time"
)

// Sender hands one message to a push service for one token. It answers nil when the service has accepted the
// message, and otherwise one of the errors below, perhaps wrapped; any other error counts as ErrTemporary. Error
// texts must not hold the token or words of the service's answer.
type Sender interface {
	Send(ctx context.Context, token string, m Message) error
}

// Errors of a Sender.
var (
	// ErrUnregistered: the token has died with its app installation. It is forgotten.
	ErrUnregistered = errors.New("push: token is not registered")
	// ErrSenderMismatch: the token belongs to another sender, so it will never work for us. It is forgotten.
	ErrSenderMismatch = errors.New("push: token belongs to another sender")
	// ErrTemporary: the same message may well pass later.
	ErrTemporary = errors.New("push: temporary failure")
	// ErrInvalid: the service calls the message malformed; it will never pass.
	ErrInvalid = errors.New("push: message refused as invalid")
)

// RetryAfter is the error of a service that says itself when to come back.
type RetryAfter struct {
	After time.Duration
}

func (r *RetryAfter) Error() string { return "push: service asks to wait " + r.After.String() }

// Codes of push_sends.error_code.
const (
	codeUnregistered   = "unregistered"
	codeSenderMismatch = "sender_mismatch"
	codeRetryAfter     = "retry_after"
	codeTimeout        = "timeout"
	codeTemporary      = "temporary"
	codeInvalid        = "invalid"
	codeExpired        = "expired"
	codeDeviceGone     = "device_gone"
)

// codeOf names an error of a Sender for the ledger and the log.
func codeOf(err error) string {
	var after *RetryAfter
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrUnregistered):
		return codeUnregistered
	case errors.Is(err, ErrSenderMismatch):
		return codeSenderMismatch
	case errors.Is(err, ErrInvalid):
		return codeInvalid
	case errors.As(err, &after):
		return codeRetryAfter
	case errors.Is(err, context.DeadlineExceeded):
		return codeTimeout
	}
	return codeTemporary
}
