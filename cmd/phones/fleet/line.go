package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// odds of each trouble per call, in a thousand.
const (
	oddsCutBefore = 30
	oddsCutMidway = 20
	oddsLostReply = 50
	oddsTwice     = 80
	oddsSlow      = 40
	slowest       = 300 * time.Millisecond
)

var (
	errDeadZone = errors.New("no network here")
	errCutLine  = errors.New("the line was cut")
)

// span is a piece of the world's time.
type span struct{ from, to time.Time }

// line is the network of one handset.
type line struct {
	next http.RoundTripper
	now  func() time.Time // the world's

	mu   sync.Mutex
	rng  *rand.Rand
	dead []span
	calm bool
	did  map[string]int // troubles that happened
}

func (l *line) setCalm(calm bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calm = calm
}

// alive tells whether there is a network now.
func (l *line) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calm || !l.inDeadZone()
}

func (l *line) inDeadZone() bool {
	now := l.now()
	for _, s := range l.dead {
		if !now.Before(s.from) && now.Before(s.to) {
			return true
		}
	}
	return false
}

// draw decides what happens to a call.
func (l *line) draw(ops bool) (trouble string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.calm:
		return "", 0
	case l.inDeadZone():
		trouble = "dead"
	default:
		n := l.rng.IntN(1000)
		for _, t := range []struct {
			name string
			odds int
		}{
			{"before", oddsCutBefore}, {"midway", oddsCutMidway}, {"lost", oddsLostReply}, {"slow", oddsSlow}, {"twice", oddsTwice},
		} {
			if n -= t.odds; n < 0 {
				trouble = t.name
				break
			}
		}
	}
	if trouble == "twice" && !ops {
		trouble = ""
	}
	if trouble == "slow" {
		wait = time.Duration(l.rng.Int64N(int64(slowest)))
	}
	if trouble != "" {
		l.did[trouble]++
	}
	return trouble, wait
}

// RoundTrip carries a call, or does not, or does so twice.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	trouble, wait := l.draw(r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/v1/ops"))
	switch trouble {
	case "dead":
		return nil, errDeadZone
	case "before":
		return nil, errCutLine
	case "midway":
		return l.cutMidway(r)
	case "lost":
		res, err := l.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return nil, fmt.Errorf("%w: %w", errCutLine, err)
		}
		return nil, errCutLine
	case "twice":
		return l.twice(r)
	}
	time.Sleep(wait)
	return l.next.RoundTrip(r)
}

// cutMidway lets half of the body through.
func (l *line) cutMidway(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return nil, errCutLine
	}
	half := r.Clone(r.Context())
	half.GetBody = nil
	half.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r.Body, r.ContentLength/2), cutReader{}), r.Body}
	res, err := l.next.RoundTrip(half)
	if err == nil {
		_ = res.Body.Close()
		err = errCutLine
	}
	return nil, err
}

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, errCutLine }

// twice sends a call two times and gives the second answer.
func (l *line) twice(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	first := r.Clone(r.Context())
	first.Body = io.NopCloser(bytes.NewReader(body))
	if res, err := l.next.RoundTrip(first); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	second := r.Clone(r.Context())
	second.Body = io.NopCloser(bytes.NewReader(body))
	return l.next.RoundTrip(second)
}
