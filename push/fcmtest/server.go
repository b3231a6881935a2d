package fcmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// DefaultProject is the project that the server serves unless told otherwise.
	DefaultProject = "kendra-test"
	// hugeAnswer is the size of the answer of class Huge.
	hugeAnswer = 10 << 20
	// maxRequest bounds what is read; FCM's own limit is 4 kB of payload.
	maxRequest = 16 << 10
	// defaultKeep bounds the memory of a server that runs for long.
	defaultKeep = 10_000
)

// Message is one message that arrived and was well formed, whatever its fate.
type Message struct {
	// Name is what FCM answered; empty if the message was not accepted.
	Name        string
	Token       string
	Data        map[string]string
	Priority    string
	TTL         time.Duration
	CollapseKey string
	At          time.Time
	Fate        Class
}

// Options of a server; the zero value will do.
type Options struct {
	// Project is the only one served. Default: DefaultProject.
	Project string
	// Latency is added to every answer.
	Latency time.Duration
	// OnMessage is called for every accepted message, before the answer.
	OnMessage func(Message)
	// OnBody is called with the body of every request as it came, well formed or
	// not, before anything is judged.
	OnBody func([]byte)
	// Keep is how many of the newest messages are remembered. Default 10,000.
	Keep int
}

// Server is a running push service.
type Server struct {
	url     string
	project string
	latency time.Duration
	hook    func(Message)
	onBody  func([]byte)
	keep    int
	srv     *http.Server
	closing chan struct{}
	once    sync.Once

	mu         sync.Mutex
	scripts    map[string][]Outcome
	always     map[string]Outcome
	fate       Outcome
	messages   []Message
	counts     map[Class]int
	violations []string
	paths      map[string]int
}

// Start starts a server on a free port of the loopback. Close it.
func Start(o Options) (*Server, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fcmtest: listen: %w", err)
	}
	s := &Server{
		url: "http://" + ln.Addr().String() + "/v1", project: o.Project, latency: o.Latency, hook: o.OnMessage,
		onBody: o.OnBody, keep: o.Keep, closing: make(chan struct{}),
		scripts: map[string][]Outcome{}, always: map[string]Outcome{}, counts: map[Class]int{}, paths: map[string]int{},
	}
	if s.project == "" {
		s.project = DefaultProject
	}
	if s.keep == 0 {
		s.keep = defaultKeep
	}
	s.srv = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // cut connections are meant
	}
	go func() { _ = s.srv.Serve(ln) }()
	return s, nil
}

// URL is the endpoint to give to the SDK.
func (s *Server) URL() string { return s.url }

// Project is the project that the server serves.
func (s *Server) Project() string { return s.project }

// Close stops the server and lets go of messages that hang.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closing)
		s.srv.Close()
	})
}

// Messages returns the newest messages, oldest first, accepted or not.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Count is how many messages have met a fate.
func (s *Server) Count(c Class) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[c]
}

// Violations tells of requests that hold more, or less, than a wake may. A test should fail if there are any.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Paths counts the requests by method and path.
func (s *Server) Paths() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	paths := make(map[string]int, len(s.paths))
	for p, n := range s.paths {
		paths[p] = n
	}
	return paths
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, err := s.read(r)
	if err != nil {
		s.mu.Lock()
		s.violations = append(s.violations, err.Error())
		s.mu.Unlock()
		writeError(w, Outcome{Class: InvalidArgument})
		return
	}
	s.mu.Lock()
	fate := s.next(m.Token)
	s.mu.Unlock()
	if !s.pause(r.Context(), s.latency+fate.Latency) {
		return
	}
	m.Fate = fate.Class
	if fate.Class == Accept {
		m.Name = "projects/" + s.project + "/messages/" + uuid.NewString()
	}
	s.remember(m)
	switch fate.Class {
	case Accept:
		if s.hook != nil {
			s.hook(m)
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		json.NewEncoder(w).Encode(map[string]string{"name": m.Name}) //nolint:errcheck,errchkjson // the client has gone
	case Hang:
		s.pause(r.Context(), time.Hour)
		panic(http.ErrAbortHandler) // not even an empty answer
	case Cut:
		panic(http.ErrAbortHandler)
	case Huge:
		writeHuge(w)
	default:
		writeError(w, fate)
	}
}

// pause waits, and says whether there is still somebody to answer.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.closing:
	}
	return false
}

func (s *Server) remember(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[m.Fate]++
	if len(s.messages) >= 2*s.keep {
		s.messages = slices.Clone(s.messages[len(s.messages)-s.keep:])
	}
	s.messages = append(s.messages, m)
}

// request is all that a wake may hold.
type request struct {
	Message struct {
		Token   string            `json:"token"`
		Data    map[string]string `json:"data"`
		Android struct {
			CollapseKey string `json:"collapse_key"`
			Priority    string `json:"priority"`
			TTL         string `json:"ttl"`
		} `json:"android"`
	} `json:"message"`
}

// read checks a request strictly.
func (s *Server) read(r *http.Request) (Message, error) {
	s.mu.Lock()
	s.paths[r.Method+" "+r.URL.Path]++
	s.mu.Unlock()
	if want := "/v1/projects/" + s.project + "/messages:send"; r.Method != http.MethodPost || r.URL.Path != want {
		return Message{}, fmt.Errorf("%s %s, want POST %s", r.Method, r.URL.Path, want)
	}
	if r.URL.RawQuery != "" {
		return Message{}, errors.New("query parameters")
	}
	if ct := r.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
		return Message{}, fmt.Errorf("content type %q", ct)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil || len(body) > maxRequest {
		return Message{}, errors.New("request body unreadable or too large")
	}
	if s.onBody != nil {
		s.onBody(body)
	}
	var q request
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		return Message{}, fmt.Errorf("body: %w", err)
	}
	return messageOf(q)
}

// messageOf checks what a wake says.
func messageOf(q request) (Message, error) {
	m := Message{
		Token: q.Message.Token, Data: q.Message.Data, Priority: q.Message.Android.Priority,
		CollapseKey: q.Message.Android.CollapseKey, At: time.Now(),
	}
	if m.Token == "" {
		return m, errors.New("no token")
	}
	if len(m.Data) != 3 || m.Data["v"] != "1" || m.Data["k"] == "" {
		return m, fmt.Errorf("data keys are not v, k and id: %d keys", len(m.Data))
	}
	if _, err := uuid.Parse(m.Data["id"]); err != nil {
		return m, errors.New("data id is not opaque")
	}
	if m.Priority != "high" {
		return m, fmt.Errorf("priority %q", m.Priority)
	}
	ttl, ok := strings.CutSuffix(q.Message.Android.TTL, "s")
	seconds, err := strconv.ParseFloat(ttl, 64)
	if !ok || err != nil || seconds <= 0 {
		return m, fmt.Errorf("ttl %q", q.Message.Android.TTL)
	}
	m.TTL = time.Duration(seconds * float64(time.Second))
	return m, nil
}

// writeError answers as FCM does: the canonical error with the FCM code among its details.
func writeError(w http.ResponseWriter, o Outcome) {
	code, word := statusOf(o.Class)
	if o.RetryAfter > 0 {
		seconds := (o.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	//nolint:errcheck,errchkjson // the client has gone
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": code, "status": word, "message": "simulated " + string(o.Class),
		"details": []any{map[string]string{
			"@type":     "type.googleapis.com/google.firebase.fcm.v1.FcmError",
			"errorCode": string(o.Class),
		}},
	}})
}

// writeHuge answers 10 MB of what a log or a parser should not see.
func writeHuge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = "<\x00>\n"[i%4]
	}
	for sent := 0; sent < hugeAnswer; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
