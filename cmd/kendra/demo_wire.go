package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// wire carries the phones' calls and counts their bytes as they pass the
// socket: headers, packing and all, without what IP and TLS would add.
type wire struct {
	*http.Transport
	up, down atomic.Int64

	mu    sync.Mutex
	calls map[*http.Request]time.Time // under way, since
}

func newWire(phones int) *wire {
	w := &wire{calls: map[*http.Request]time.Time{}}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	w.Transport = &http.Transport{
		MaxIdleConnsPerHost: phones, IdleConnTimeout: 30 * time.Second,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{conn, w}, nil
		},
	}
	return w
}

// RoundTrip carries a call.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.calls[r] = time.Now()
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.calls, r)
		w.mu.Unlock()
	}()
	return w.Transport.RoundTrip(r)
}

// longest is how long the oldest call under way has taken.
func (w *wire) longest() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var longest time.Duration
	for _, since := range w.calls {
		longest = max(longest, time.Since(since))
	}
	return longest
}

func (w *wire) bytes() (up, down int64) { return w.up.Load(), w.down.Load() }

type countedConn struct {
	net.Conn
	wire *wire
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.down.Add(int64(n))
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wire.up.Add(int64(n))
	return n, err
}
