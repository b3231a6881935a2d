package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	contract "kendra/mobile-contract"
)

// matcher finds a call of the contract by method and path.
type matcher struct {
	static map[string]map[string]*contract.Route
	shaped []*contract.Route
}

func newMatcher(routes []*contract.Route) *matcher {
	m := &matcher{static: map[string]map[string]*contract.Route{}}
	for _, r := range routes {
		if strings.Contains(r.Path, "{") {
			m.shaped = append(m.shaped, r)
			continue
		}
		if m.static[r.Path] == nil {
			m.static[r.Path] = map[string]*contract.Route{}
		}
		m.static[r.Path][r.Method] = r
	}
	return m
}

// find returns the route, and the methods that the path is served with.
func (m *matcher) find(method, path string) (*contract.Route, []string) {
	if byMethod := m.static[path]; byMethod != nil {
		var allow []string
		for name := range byMethod {
			allow = append(allow, name)
		}
		return byMethod[method], allow
	}
	var allow []string
	for _, r := range m.shaped {
		if _, ok := paramsOf(r, path); ok {
			if method == r.Method {
				return r, nil
			}
			allow = append(allow, r.Method)
		}
	}
	return nil, allow
}

// paramsOf reads the parameters of a path, if it has the shape of the route's.
func paramsOf(r *contract.Route, path string) ([][2]string, bool) {
	shape, parts := strings.Split(r.Path, "/"), strings.Split(path, "/")
	if len(shape) != len(parts) {
		return nil, false
	}
	var out [][2]string
	for i, s := range shape {
		switch {
		case strings.HasPrefix(s, "{"):
			if parts[i] == "" {
				return nil, false
			}
			out = append(out, [2]string{strings.Trim(s, "{}"), parts[i]})
		case s != parts[i]:
			return nil, false
		}
	}
	return out, true
}

// front checks a request by the contract before anything is decoded from it.
func (s *server) front(c *fiber.Ctx) error {
	path := c.Path()
	r, allow := s.matcher.find(c.Method(), path)
	if r == nil {
		if len(allow) > 0 {
			c.Set(fiber.HeaderAllow, strings.Join(allow, ", "))
			return contract.NewProblem(contract.CodeMethodNotAllowed)
		}
		return contract.NewProblem(contract.CodeNotFound)
	}
	c.Locals(routeKey, r)
	params, _ := paramsOf(r, path)
	for _, p := range params {
		if err := r.CheckPath(p[0], p[1]); err != nil {
			return err
		}
	}
	if err := r.CheckQuery(queryOf(c)); err != nil {
		return err
	}
	if !r.HasBody() {
		return c.Next()
	}
	if err := readBody(c); err != nil {
		return err
	}
	if r.Body != nil {
		if _, err := r.Body.Check(c.Request().Body()); err != nil {
			return err
		}
	}
	return c.Next()
}

const routeKey = "route"

// queryOf lists the arguments of the query in their order, repeated ones too.
func queryOf(c *fiber.Ctx) [][2]string {
	var args [][2]string
	c.Context().QueryArgs().VisitAll(func(k, v []byte) {
		args = append(args, [2]string{string(k), string(v)})
	})
	return args
}

// readBody checks the content type and leaves the body inflated in the
// request, never more than the limit of it.
func readBody(c *fiber.Ctx) error {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEApplicationJSON || !strings.EqualFold(orUTF8(params["charset"]), "utf-8") {
		return contract.NewProblem(contract.CodeBadContentType)
	}
	body, err := wholeBody(c)
	if err != nil {
		return err
	}
	switch strings.ToLower(c.Get(fiber.HeaderContentEncoding)) {
	case "", "identity":
	case "gzip":
		if body, err = inflate(body); err != nil {
			return err
		}
		c.Request().Header.Del(fiber.HeaderContentEncoding)
		c.Request().SetBodyRaw(body)
	default:
		return contract.NewProblem(contract.CodeBadEncoding)
	}
	if len(body) > bodyMax {
		return contract.NewProblem(contract.CodeBodyTooLarge)
	}
	return nil
}

func orUTF8(charset string) string {
	if charset == "" {
		return "utf-8"
	}
	return charset
}

// inflate reads gzip up to one byte past the limit.
func inflate(body []byte) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, contract.NewProblem(contract.CodeBadEncoding)
	}
	out, err := io.ReadAll(io.LimitReader(zr, bodyMax+1))
	if err != nil {
		return nil, contract.NewProblem(contract.CodeBadEncoding)
	}
	if len(out) > bodyMax {
		return nil, contract.NewProblem(contract.CodeBodyTooLarge)
	}
	return out, nil
}

// decodeBody decodes a body that the front has checked. A batch of ops stays
// as it is: its bytes are what was signed. They are copied, since the book may
// still read them when a request has run into its deadline.
func decodeBody(data []byte, v any) error {
	if raw, ok := v.(*json.RawMessage); ok {
		*raw = bytes.Clone(data)
		return nil
	}
	return json.Unmarshal(data, v)
}

// compressFrom is the size from which an answer is worth compressing: below
// it the packet is the same.
const compressFrom = 1000

// compress sends answers gzipped to who takes that, if they are not packed yet.
func compress(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	if c.Response().IsBodyStream() || len(c.Response().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return nil
	}
	body := c.Response().Body()
	if len(body) < compressFrom || len(c.Response().Header.Peek(fiber.HeaderContentDisposition)) > 0 || !c.Context().Request.Header.HasAcceptEncoding("gzip") {
		return nil
	}
	out := fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressBestSpeed)
	c.Response().SetBodyRaw(out)
	c.Set(fiber.HeaderContentEncoding, "gzip")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	return nil
}

// headers sets what every answer carries: nothing of it may be kept, framed,
// guessed at or rendered.
func (s *server) headers(c *fiber.Ctx) error {
	s.dress(c)
	return c.Next()
}

func (s *server) dress(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	c.Set(fiber.HeaderDate, s.Now().UTC().Format(http.TimeFormat))
}

// observe gives the request its id and writes its one line in the log. A panic
// becomes an internal error here, and nothing of it leaves.
func (s *server) observe(c *fiber.Ctx) (err error) {
	start := time.Now()
	r := s.begin(c)
	defer func() {
		if p := recover(); p != nil {
			// What it says may be anything of the request: its type and its place are told.
			err = errPanic
			s.Log.Error("panic", "request_id", r.id, "what", fmt.Sprintf("%T", p), "at", panicked())
		}
		if err != nil {
			err = s.problem(c, err)
		}
		settle(c)
		s.log(c, r, time.Since(start))
	}()
	return c.Next()
}

var errPanic = errors.New("panic")

// panicked names the functions and lines of ours that led to a panic, innermost
// first, without what they were called with.
func panicked() []string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "kendra/") && len(out) < 8 {
			out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return out
		}
	}
}

// begin gives a request its id, its time and the language of its refusals.
func (s *server) begin(c *fiber.Ctx) *request {
	r := &request{
		id: uuid.Must(uuid.NewV7()).String(), receivedAt: s.Now().UTC(), address: s.address(c),
		lang: contract.LangOf(c.Get(fiber.HeaderAcceptLanguage)),
	}
	c.Locals(requestLocal, r)
	c.Set("X-Request-Id", r.id)
	return r
}

// address is where a request comes from: the socket's other end, or, where
// that is one of our proxies, what it says. Each proxy adds to the end who
// asked it, in a header of its own or in the one that was there: so the last
// that is none of ours is it, and whatever a client wrote stands before.
func (s *server) address(c *fiber.Ctx) string {
	peer, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return c.Context().RemoteIP().String()
	}
	peer = peer.Unmap()
	var told []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		told = append(told, strings.Split(string(line), ",")...)
	}
	for i := len(told) - 1; i >= 0 && s.ours(peer); i-- {
		client, err := netip.ParseAddr(strings.TrimSpace(told[i]))
		if err != nil {
			break
		}
		peer = client.Unmap()
	}
	return peer.String()
}

// ours tells whether a proxy in front of this server has the address.
func (s *server) ours(peer netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(peer) })
}

const requestLocal = "request"

func requestOf(c *fiber.Ctx) *request {
	r, _ := c.Locals(requestLocal).(*request)
	if r == nil {
		r = &request{lang: contract.Hindi}
	}
	return r
}

func (s *server) log(c *fiber.Ctx, r *request, took time.Duration) {
	route := "none"
	if rt, ok := c.Locals(routeKey).(*contract.Route); ok {
		route = rt.Method + " " + rt.Path
	} else if page, ok := c.Locals(pageLocal).(string); ok {
		route = c.Method() + " " + page
	}
	code, _ := c.Locals(codeLocal).(string)
	args := []any{"route", route, "status", c.Response().StatusCode(), "took_ms", float64(took.Microseconds()) / 1000, "request_id", r.id}
	if code != "" {
		args = append(args, "code", code)
	}
	if len(r.centres) > 0 {
		args = append(args, "centre", strings.Join(r.centres, " "), "kind", strings.Join(r.kinds, " "))
	} else if rt, ok := c.Locals(routeKey).(*contract.Route); ok && code == "" && rt != nil {
		if centre := c.Query("centre"); centre != "" { // checked by the contract, or there would be a code
			args = append(args, "centre", centre)
		}
	}
	if r.caller.OfficerID != uuid.Nil {
		args = append(args, "officer", r.caller.OfficerID, "device", r.caller.DeviceID)
	}
	s.Log.Info("request", args...)
}
