package chaostest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Directions of a link, seen from who calls.
const (
	asking    = "upstream"
	answering = "downstream"
)

// link is a stretch of network that can be made bad.
type link struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

func newLink(t *testing.T, upstream string) *link {
	t.Helper()
	server := &toxiproxy.ApiServer{Collection: toxiproxy.NewProxyCollection(), Metrics: toxiproxy.NewMetricsContainer(nil)}
	server.Logger = zero(server.Logger) // one that says nothing
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return &link{t: t, proxy: proxy}
}

// zero makes a zero value of a type that need not be named.
func zero[T any](*T) *T { return new(T) }

func (l *link) address() string { return l.proxy.Listen }

// trouble is something that happens to a link: a toxic of toxiproxy's, on one
// direction or on both.
type trouble struct {
	name       string
	kind       string
	directions []string
	attributes map[string]any
}

func both() []string { return []string{asking, answering} }

// suffer brings a trouble on, to connections that are open, too.
func (l *link) suffer(x trouble) (cure func()) {
	l.t.Helper()
	var names []string
	for _, way := range x.directions {
		text := must[[]byte](l.t)(json.Marshal(map[string]any{
			"name": x.kind + way, "type": x.kind, "stream": way, "toxicity": 1, "attributes": x.attributes,
		}))
		if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
			l.t.Fatal(err)
		}
		names = append(names, x.kind+way)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for _, name := range names {
			if err := l.proxy.Toxics.RemoveToxic(ctx, name); err != nil {
				l.t.Errorf("cure %s: %v", name, err)
			}
		}
	}
}

// endure has one trouble after the other for a while, with a little peace
// between.
func (l *link) endure(ctx context.Context, each time.Duration, all []trouble) {
	for _, x := range all {
		if ctx.Err() != nil {
			return
		}
		cure := l.suffer(x)
		time.Sleep(each)
		cure()
		time.Sleep(each / 5)
	}
}

// databaseLink puts a link before a database, whose address is a socket file as
// a rule, and gives the URL by which it is reached over the link.
func databaseLink(t *testing.T, databaseURL string) (*link, string) {
	t.Helper()
	c := must[*pgx.ConnConfig](t)(pgx.ParseConfig(databaseURL))
	network, address := pgconn.NetworkAddress(c.Host, c.Port)
	l := newLink(t, bridge(t, network, address))
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: l.address(), Path: "/" + c.Database}
	u.RawQuery = "sslmode=disable"
	return l, u.String()
}

// bridge is a TCP address that leads to another one of any kind.
func bridge(t *testing.T, network, address string) string {
	t.Helper()
	ln := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial(network, address)
			if err != nil {
				_ = near.Close()
				continue
			}
			carry := func(to, from net.Conn) {
				_, _ = io.Copy(to, from) // either end may be cut
				_ = to.Close()
				_ = from.Close()
			}
			go carry(far, near)
			go carry(near, far)
		}
	}()
	return ln.Addr().String()
}
