package console

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	contract "kendra/mobile-contract"
)

// dist is what web/build.mjs made: files named by what is in them, and
// manifest.json, which says what each is called.
//
//go:embed all:dist
var dist embed.FS

// assets are the scripts, styles and fonts of the pages.
type assets struct {
	names map[string]string // by the name that templates use
	files map[string][]byte // by the name on the wire
	small map[string][]byte // the same by Brotli, where that is smaller
}

// loadAssets reads what is embedded. A binary that was built before they were
// has none; its pages say so.
func loadAssets() *assets {
	a := &assets{names: map[string]string{}, files: map[string][]byte{}, small: map[string][]byte{}}
	raw, err := dist.ReadFile("dist/manifest.json")
	if err != nil || json.Unmarshal(raw, &a.names) != nil {
		return a
	}
	for _, name := range a.names {
		if data, err := fs.ReadFile(dist, "dist/"+name); err == nil {
			a.files[name] = data
		}
		if data, err := fs.ReadFile(dist, "dist/"+name+".br"); err == nil {
			a.small[name] = data
		}
	}
	return a
}

// built tells whether there are any.
func (a *assets) built() bool { return len(a.files) > 0 }

// url is where a file is served.
func (a *assets) url(name string) string { return Root + "/assets/" + a.names[name] }

// asset serves a file. Its name says what is in it: it is kept for good, and is
// nobody's secret.
func (p *Pages) asset(c *fiber.Ctx) error {
	name := c.Params("name")
	data, ok := p.assets.files[name]
	if !ok {
		return contract.NewProblem(contract.CodeNotFound)
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentType, contentType(name))
	if small, ok := p.assets.small[name]; ok {
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if c.Context().Request.Header.HasAcceptEncoding("br") {
			c.Set(fiber.HeaderContentEncoding, "br")
			data = small
		}
	}
	return c.Send(data)
}

func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".woff2":
		return "font/woff2"
	case ".js":
		return "text/javascript; charset=utf-8"
	default:
		kind := mime.TypeByExtension(ext)
		return strings.Replace(kind, "charset=UTF-8", "charset=utf-8", 1)
	}
}
