package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	contract "kendra/mobile-contract"
)

// bare is a server that knows no call, with one handler behind its log.
func bare(log io.Writer, handler fiber.Handler) *fiber.App {
	s := &server{Options: Options{Now: time.Now, Log: slog.New(slog.NewJSONHandler(log, nil))}}
	app := fiber.New(fiber.Config{ErrorHandler: s.unread})
	app.Use(s.observe, s.headers)
	app.Get("/x", handler)
	return app
}

func TestAPanicIsAnInternalErrorOfWhichNothingIsToldAndTheProcessGoesOn(t *testing.T) {
	t.Parallel()
	const secret = "कमला देवी 9450012345"
	for name, what := range map[string]any{"a text": secret, "an error": errors.New(secret), "a value": map[string]string{"name": secret}} {
		var log bytes.Buffer
		app := bare(&log, func(*fiber.Ctx) error { panic(what) })
		for range 2 { // it still answers
			res, err := app.Test(httptest.NewRequest(http.MethodGet, "/x", nil))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			var p contract.ProblemJSON
			if err != nil || json.Unmarshal(body, &p) != nil || res.StatusCode != http.StatusInternalServerError || p.Code != string(contract.CodeInternal) {
				t.Errorf("%s: %d %s, %v", name, res.StatusCode, body, err)
			}
			if p.Detail != "" || strings.Contains(string(body), "देवी") || strings.Contains(string(body), "goroutine") {
				t.Errorf("%s is told: %s", name, body)
			}
		}
		if text := log.String(); strings.Contains(text, "देवी") || strings.Contains(text, "9450012345") || !strings.Contains(text, `"msg":"panic"`) ||
			!strings.Contains(text, "TestAPanicIsAnInternalError") {
			t.Errorf("%s: the log says %s", name, text)
		}
	}
}

func TestAnAddressIsBelievedOfAConfiguredProxyAlone(t *testing.T) {
	t.Parallel()
	s := &server{Options: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32"), netip.MustParsePrefix("fd00::/8")}}}
	app := fiber.New()
	for _, c := range []struct{ name, peer, forwarded, want string }{
		{"a phone that says it is another", "203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"the proxy's word", "10.0.0.7", "198.51.100.1", "198.51.100.1"},
		{"what a phone told the proxy before it", "10.0.0.7", "127.0.0.1, 198.51.100.1", "198.51.100.1"},
		{"a proxy's neighbour", "10.0.0.8", "198.51.100.1", "10.0.0.8"},
		{"nonsense by way of the proxy", "10.0.0.7", "127.0.0.1, x", "10.0.0.7"},
		{"nothing by way of the proxy", "10.0.0.7", "", "10.0.0.7"},
		{"a proxy of the sixth version", "fd00::1", "2001:db8::5", "2001:db8::5"},
		{"this machine", "127.0.0.1", "198.51.100.1", "127.0.0.1"},
	} {
		var fc fasthttp.RequestCtx
		fc.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.ParseIP(c.peer), Port: 4711}, nil)
		for _, header := range []string{"X-Real-Ip", "Forwarded", "X-Client-Ip", "True-Client-Ip"} {
			fc.Request.Header.Set(header, "192.0.2.66")
		}
		if c.forwarded != "" {
			fc.Request.Header.Set(fiber.HeaderXForwardedFor, c.forwarded)
		}
		ctx := app.AcquireCtx(&fc)
		if got := s.address(ctx); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		app.ReleaseCtx(ctx)
	}
}
