package fcm

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxAnswer is more than any answer of FCM.
const maxAnswer = 64 << 10

// call is one Send: it notes what came back, and ends the SDK's own repeating.
type call struct {
	stop context.CancelFunc

	mu     sync.Mutex
	status int
	after  time.Duration
}

// callKey finds the call in the context of a request.
type callKey struct{}

func newCall(ctx context.Context) (context.Context, *call) {
	ctx, cancel := context.WithCancel(ctx)
	c := &call{stop: cancel}
	return context.WithValue(ctx, callKey{}, c), c
}

// end frees the call.
func (c *call) end() { c.stop() }

// answer is the status of the last answer, 0 if none came, and its Retry-After.
func (c *call) answer() (status int, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status, c.after
}

// note keeps what one round trip brought. After a failure that the SDK would repeat, the call is over.
func (c *call) note(resp *http.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if resp == nil {
		c.stop()
		return
	}
	c.status, c.after = resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), time.Now())
	if resp.StatusCode == http.StatusServiceUnavailable {
		c.stop()
	}
}

// retryAfter reads the header: seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		// A day is more than any notice lives, and far from overflow.
		return time.Duration(max(0, min(seconds, 24*60*60))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), 24*time.Hour))
	}
	return 0
}

// onceTransport lets a call make one round trip, and bounds the answer.
type onceTransport struct {
	next http.RoundTripper
}

// RoundTrip makes the trip and tells the call.
func (t onceTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	c, _ := r.Context().Value(callKey{}).(*call)
	if err != nil {
		if c != nil {
			c.note(nil)
		}
		return nil, err
	}
	if c != nil {
		c.note(resp)
	}
	// Cut silently: an error while reading would count as a broken connection, which the SDK repeats.
	resp.Body = &cutBody{Reader: io.LimitReader(resp.Body, maxAnswer), Closer: resp.Body}
	return resp, nil
}

type cutBody struct {
	io.Reader
	io.Closer
}
