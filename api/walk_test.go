package api_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestEveryAnswerOfEveryCallWearsTheHeadersThatKeepItFromBeingKeptFramedOrRendered
// walks over all calls, good, refused and unknown ones, as they come over the
// wire.
func TestEveryAnswerOfEveryCallWearsTheHeadersThatKeepItFromBeingKeptFramedOrRendered(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	wears := map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		"Server":                    "", "X-Powered-By": "", "Set-Cookie": "", "Access-Control-Allow-Origin": "", "Location": "",
	}
	seen, answers := map[int]bool{}, 0
	look := func(what string, a *apitest.Answer) {
		t.Helper()
		answers++
		seen[a.Status] = true
		for name, want := range wears {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s, %d: %s is %q, want %q", what, a.Status, name, got, want)
			}
		}
		kind := a.Header.Get("Content-Type")
		switch {
		case a.Status >= http.StatusBadRequest && kind != "application/problem+json",
			a.Status < http.StatusBadRequest && len(a.Body) > 0 && kind != "application/json":
			t.Errorf("%s, %d: of type %q", what, a.Status, kind)
		}
	}
	for _, r := range contract.Routes() {
		if r.OperationID == "logOut" {
			continue
		}
		req := sample(t, r)
		look(r.OperationID+" without a token", w.Do(req))
		look(r.OperationID, x.Do(req))
		look(r.OperationID+" by another method", x.Do(apitest.Request{Method: "PATCH", Path: req.Path}))
	}
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/metrics", "/v1/feed/", "//evil.example", "/v1/hello?next=//evil.example"} {
		look(path, w.Do(apitest.Get(path)))
	}
	t.Logf("%d answers of %d statuses", answers, len(seen))
	if !seen[200] || !seen[204] || !seen[401] || !seen[404] || !seen[405] {
		t.Errorf("statuses %v", seen)
	}
}

// TestEveryLineOfTheLogIsOneObjectAndNobodyForgesOne sends what would begin a
// new line, or paint one, wherever a request has text.
func TestEveryLineOfTheLogIsOneObjectAndNobodyForgesOne(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	const forged = "\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\x1b[31m"
	note := "देखा " + "\u001b[31m"
	x.Do(apitest.Post("/v1/ops", w.Batch(x.Op("note.add", contract.NoteAdd{SubjectID: uuid.New(), Text: note})))).Into(http.StatusOK, nil)
	x.Do(apitest.Get("/v1/feed?centre=KRW%0d%0aforged"))
	x.Do(apitest.Get("/v1/tasks/x%0d%0a%7b%22msg%22:%22forged%22%7d"))
	w.Do(apitest.Get("/v1/hello").With("Accept-Language", "hi%0d%0aforged"))
	w.Do(apitest.Post("/v1/public/status", []byte(`{"number":"`+forged+`","secret":"x"}`)))
	x.Do(apitest.Get("/v1/feed?centre=KRW")).Into(http.StatusOK, nil)
	lines, requests := 0, 0
	for line := range strings.Lines(w.Log.String()) {
		lines++
		if strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\n\x1b") || strings.Contains(line, "forged") {
			t.Errorf("a line holds what was sent: %q", line)
		}
		var l struct {
			Time      time.Time `json:"time"`
			Level     string    `json:"level"`
			Msg       string    `json:"msg"`
			Route     string    `json:"route"`
			Status    int       `json:"status"`
			TookMs    *float64  `json:"took_ms"`
			RequestID string    `json:"request_id"`
			Officer   string    `json:"officer"`
			Device    string    `json:"device"`
			Centre    string    `json:"centre"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Time.IsZero() || l.Level == "" {
			t.Errorf("no line of ours: %q, %v", line, err)
		}
		if l.Msg != "request" {
			continue
		}
		requests++
		if _, err := uuid.Parse(l.RequestID); err != nil || l.Route == "" || l.Status == 0 || l.TookMs == nil {
			t.Errorf("a request without its fields: %s", line)
		}
		if l.Route == "GET /v1/feed" && l.Status == http.StatusOK && (l.Officer != x.ID.String() || l.Device != x.Handset.ID.String() || l.Centre != "KRW") {
			t.Errorf("of an officer's call: %s", line)
		}
	}
	t.Logf("%d lines, %d of requests", lines, requests)
	if requests < 8 {
		t.Errorf("%d requests in the log", requests)
	}
}

// TestNoRequestHidesBehindAnother sends bytes that two readers could cut into
// requests at different places: there is one answer, or none, and never that of
// the hidden request.
func TestNoRequestHidesBehindAnother(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	address := strings.TrimPrefix(w.URL, "http://")
	const hidden = "GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\n"
	head := func(lines ...string) string {
		return "POST /v1/ops HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
	}
	for what, bytes := range map[string]string{
		"a length and chunks":             head("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n" + hidden,
		"chunks and a length":             head("Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n" + hidden,
		"two lengths":                     head("Content-Length: 0", "Content-Length: 39") + hidden,
		"two lengths in one line":         head("Content-Length: 0, 39") + hidden,
		"a folded line":                   head("Content-Length:", " 0") + hidden,
		"a length with a sign":            head("Content-Length: +0") + hidden,
		"a length that is no number":      head("Content-Length: 0x0") + hidden,
		"a space before the colon":        head("Content-Length : 0") + hidden,
		"chunks by another name":          head("Transfer-Encoding: xchunked", "Content-Length: 0") + hidden,
		"chunks that are no such":         head("Transfer-Encoding: chunked, identity") + "0\r\n\r\n" + hidden,
		"a chunk's length with a sign":    head("Transfer-Encoding: chunked") + "-1\r\n\r\n" + hidden,
		"a line end in a header's value":  head("X-A: b\rTransfer-Encoding: chunked", "Content-Length: 0") + hidden,
		"a NUL in a header":               head("X-A: b\x00c", "Content-Length: 0") + hidden,
		"no colon in a header":            head("Content-Length 0") + hidden,
		"a version that is none":          strings.Replace(head("Content-Length: 0"), "HTTP/1.1", "HTTP/1.1x", 1) + hidden,
		"a space in the path of the line": strings.Replace(head("Content-Length: 0"), "/v1/ops", "/v1/ops /v1/hello", 1) + hidden,
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
		if _, err := io.WriteString(conn, bytes); err != nil {
			t.Fatal(err)
		}
		statuses := []int{}
		for reader := bufio.NewReader(conn); ; {
			res, err := http.ReadResponse(reader, nil)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			statuses = append(statuses, res.StatusCode)
		}
		_ = conn.Close()
		for _, s := range statuses {
			if s == http.StatusOK {
				t.Errorf("%s: the hidden request is answered: %v", what, statuses)
			}
		}
	}
}
