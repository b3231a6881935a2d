package api

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
)

// whole refuses a head that two readers could cut at different places, a proxy
// and this server for instance, and hangs up: what stands behind it on the line
// may be a request that somebody hid (RFC 9112, 6.1 and 11.2).
func whole(c *fiber.Ctx) error {
	h := &c.Request().Header
	if bytes.IndexByte(h.RequestURI(), ' ') < 0 && !isOdd(h.RawHeaders()) {
		return c.Next()
	}
	c.Context().SetConnectionClose()
	return fiber.ErrBadRequest
}

// isOdd tells a head with a line end or NUL inside a line, a folded line, a
// length that is there twice or beside chunks, or an encoding that is not plain
// chunks.
func isOdd(head []byte) bool {
	lengths, encodings := 0, 0
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		head = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' || bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
			return true
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte(fiber.HeaderContentLength)):
			lengths++
		case bytes.EqualFold(name, []byte(fiber.HeaderTransferEncoding)):
			encodings++
			if !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return true
			}
		}
	}
	return lengths+encodings > 1
}
