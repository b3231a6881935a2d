package apitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	contract "kendra/mobile-contract"
)

// Request is a call. Body is bytes that go as they are, or what JSON is made of.
type Request struct {
	Method, Path string
	Query        string // without the question mark
	Body         any
	Header       map[string]string
}

// Get is a request for a path and query.
func Get(path string) Request {
	path, query, _ := strings.Cut(path, "?")
	return Request{Method: http.MethodGet, Path: path, Query: query}
}

// Post is a request with a body.
func Post(path string, body any) Request {
	return Request{Method: http.MethodPost, Path: path, Body: body}
}

// With adds a header.
func (r Request) With(name, value string) Request {
	header := map[string]string{name: value}
	for k, v := range r.Header {
		if k != name {
			header[k] = v
		}
	}
	r.Header = header
	return r
}

// Answer is what came back, checked by the contract. Body is unpacked.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	s      *Server
	isHead bool // of a HEAD, whose answer has no body
}

// Do makes a call without any proof of who makes it.
func (s *Server) Do(r Request) *Answer {
	t := s.w.T
	t.Helper()
	a, err := s.Try(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.Path, err)
	}
	return a
}

// Try is Do for calls that may find no server.
func (s *Server) Try(r Request) (*Answer, error) {
	t := s.w.T
	t.Helper()
	body, isJSON := bytesOf(r.Body)
	target := s.URL + r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	req, err := http.NewRequest(r.Method, target, bytes.NewReader(body)) //nolint:noctx // the client has a timeout
	if err != nil {
		return nil, err
	}
	if isJSON {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Host = r.Header["Host"] // empty: that of the URL
	for k, v := range r.Header {
		req.Header.Set(k, v)
		if v == "" {
			req.Header.Del(k)
		}
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	a := &Answer{Status: res.StatusCode, Header: res.Header, s: s, isHead: r.Method == http.MethodHead}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	if err := a.unpack(); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(s.w.Seen, "%s %s %d\n%v\n%s\n", r.Method, r.Path, a.Status, a.Header, a.Body)
	if err := check(req, a); err != nil {
		t.Errorf("%s %s answers %d outside the contract: %v\n%.600s", r.Method, r.Path, a.Status, err, a.Body)
	}
	return a, nil
}

func bytesOf(v any) (body []byte, isJSON bool) {
	switch b := v.(type) {
	case nil:
		return nil, false
	case []byte:
		return b, true
	case string:
		return []byte(b), true
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text, true
}

func (a *Answer) unpack() error {
	if a.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	zr, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		return err
	}
	a.Body, err = io.ReadAll(zr)
	return err
}

// Into reads an answer that must have the status.
func (a *Answer) Into(status int, v any) {
	t := a.s.w.T
	t.Helper()
	if a.Status != status {
		t.Fatalf("answer %d: %s", a.Status, a.Body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatal(err)
	}
}

// Problem reads a refusal.
func (a *Answer) Problem() contract.ProblemJSON {
	a.s.w.T.Helper()
	var p contract.ProblemJSON
	if a.Status < http.StatusBadRequest {
		a.s.w.T.Fatalf("answer %d is no refusal: %.300s", a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Body, &p); err != nil {
		a.s.w.T.Fatal(err)
	}
	return p
}

// Refused checks status, code and pointer of a refusal.
func (a *Answer) Refused(status int, code contract.Code, pointer string) {
	t := a.s.w.T
	t.Helper()
	if a.Status < http.StatusBadRequest {
		t.Errorf("answer %d, want %s", a.Status, code)
		return
	}
	if a.isHead {
		if a.Status != status {
			t.Errorf("answer %d, want %d", a.Status, status)
		}
		return
	}
	if p := a.Problem(); a.Status != status || p.Code != string(code) || p.Pointer != pointer {
		t.Errorf("answer %d %s at %q, want %d %s at %q", a.Status, p.Code, p.Pointer, status, code, pointer)
	}
}

// Pack is gzip.
func Pack(b []byte) []byte {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	_, _ = zw.Write(b)
	_ = zw.Close()
	return out.Bytes()
}

// Values makes a query.
func Values(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}
