package api

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"kendra/api/console"
	contract "kendra/mobile-contract"
)

// Bodies come as streams, so that a file is stored as it arrives. All other bodies
// are read whole here, within limits, before anything looks at them.

const (
	// silence is how long a line may say nothing while a body comes; drain how long
	// the rest of a body that nobody wants may take.
	silence = 30 * time.Second
	drain   = 5 * time.Second
	// slowest is how long one request may bring a file, or take one.
	slowest = 10 * time.Minute
)

// errCut means that a body ended before its length.
var errCut = errors.New("the line was cut")

// wholeBody reads a body to its end and no further than the limit. One that is
// too long is read up to bodyRead, so that the phone gets to read the refusal. A
// body that was cut is none.
func wholeBody(c *fiber.Ctx) ([]byte, error) {
	length := c.Request().Header.ContentLength()
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return c.Request().Body(), nil
	}
	if length > bodyRead {
		return nil, contract.NewProblem(contract.CodeBodyTooLarge)
	}
	var out bytes.Buffer
	out.Grow(min(max(length, 0), bodyMax) + bytes.MinRead)
	n, err := io.Copy(&out, io.LimitReader(stream, bodyMax+1))
	switch {
	case err != nil:
		return nil, contract.NewProblem(contract.CodeBadJSON, contract.WithCause(err))
	case n > bodyMax:
		return nil, contract.NewProblem(contract.CodeBodyTooLarge)
	case length >= 0 && n != int64(length):
		return nil, contract.NewProblem(contract.CodeBadJSON, contract.WithCause(errCut))
	}
	c.Request().SetBodyRaw(out.Bytes())
	return out.Bytes(), nil
}

// settle reads what nobody has read of a body, or closes the line: the next
// request on it would begin in the middle of this one.
func settle(c *fiber.Ctx) {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return
	}
	if c.Request().Header.ContentLength() <= bodyRead && c.Context().Conn().SetReadDeadline(time.Now().Add(drain)) == nil {
		n, err := io.Copy(io.Discard, io.LimitReader(stream, bodyRead+1))
		if err == nil && n <= bodyRead && (c.Request().Header.ContentLength() == -1 || isOver(stream)) {
			return
		}
	}
	c.Context().Response.Header.SetConnectionClose()
}

// isOver tells whether a body has come to its end and not to that of the line.
func isOver(stream io.Reader) bool {
	_, err := stream.Read(nil)
	return errors.Is(err, io.EOF)
}

// upload is the body of a request that brings a file. It tells the end of the
// body from that of the line, and gives a slow line its time and a silent one
// none.
type upload struct {
	conn  net.Conn
	body  io.Reader
	left  int64
	until time.Time
}

// Read reads on.
func (u *upload) Read(p []byte) (int, error) {
	if u.left == 0 || u.body == nil {
		return 0, io.EOF
	}
	now := time.Now()
	if now.After(u.until) {
		return 0, errCut
	}
	if err := u.conn.SetReadDeadline(earlier(now.Add(silence), u.until)); err != nil {
		return 0, errCut
	}
	n, err := u.body.Read(p[:min(int64(len(p)), u.left)])
	u.left -= int64(n)
	switch {
	case u.left == 0:
		return n, io.EOF
	case err != nil:
		return n, errCut
	}
	return n, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ofFiles gives the calls that carry files, and the page that stays open to be
// told what moves, the time that they need.
func ofFiles(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if bytes.HasPrefix(h.RequestURI(), []byte(console.LivePath)) {
		return fasthttp.RequestConfig{WriteTimeout: console.LiveFor + silence}
	}
	if bytes.HasPrefix(h.RequestURI(), []byte("/v1/files/")) || bytes.HasPrefix(h.RequestURI(), []byte("/v1/exports/")) {
		return fasthttp.RequestConfig{WriteTimeout: slowest}
	}
	return fasthttp.RequestConfig{}
}
