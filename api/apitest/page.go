package apitest

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Page is a page of the console as a browser got it.
type Page struct {
	Status int
	Header http.Header
	HTML   string

	b *Browser
}

// Visit asks for a page as the officer.
func (b *Browser) Visit(path string) *Page { return b.turn(http.MethodGet, path, nil) }

// Send sends a form to a path.
func (b *Browser) Send(path string, form url.Values) *Page {
	return b.turn(http.MethodPost, path, form)
}

// SendFile sends a file to a path, as a script of the page does; head says what it says
// otherwise.
func (b *Browser) SendFile(path string, file io.Reader, head map[string]string) *Page {
	said := map[string]string{"Content-Type": "application/octet-stream", "X-Kendra-CSRF": b.Session.Csrf}
	for name, value := range head {
		said[name] = value
	}
	return b.ask(http.MethodPost, path, file, said)
}

// turn sends what a link or a form does.
func (b *Browser) turn(method, path string, form url.Values) *Page {
	if form == nil {
		return b.ask(method, path, nil, nil)
	}
	return b.ask(method, path, strings.NewReader(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

// ask makes one request as a browser makes it and follows no redirect.
func (b *Browser) ask(method, path string, body io.Reader, head map[string]string) *Page {
	w := b.On.w
	w.T.Helper()
	r := b.Dressed(Request{Method: method, Path: path})
	req, err := http.NewRequestWithContext(w.T.Context(), method, b.On.URL+path, body)
	w.must(err)
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	req.Header.Del("X-Kendra-CSRF") // a page has it in its forms
	for name, value := range b.Head {
		req.Header.Set(name, value)
	}
	for name, value := range head {
		if req.Header.Set(name, value); value == "" {
			req.Header.Del(name)
		}
	}
	client := *b.On.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	for _, c := range res.Cookies() {
		switch c.Name {
		case "__Host-kendra":
			b.Cookie = c.Value
		case "__Host-kendra-browser":
			b.Known = c.Value
		}
	}
	return &Page{Status: res.StatusCode, Header: res.Header, HTML: string(raw), b: b}
}

var (
	formPattern  = regexp.MustCompile(`(?s)<form [^>]*action="([^"]*)".*?</form>`)
	fieldPattern = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// Form reads what a form of the page carries by itself; the test adds what is
// typed.
func (p *Page) Form(action string) url.Values {
	p.b.On.w.T.Helper()
	for _, m := range formPattern.FindAllStringSubmatch(p.HTML, -1) {
		if m[1] != action {
			continue
		}
		out := url.Values{}
		for _, f := range fieldPattern.FindAllStringSubmatch(m[0], -1) {
			out.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
		}
		return out
	}
	p.b.On.w.T.Fatalf("no form for %s in a page of status %d:\n%s", action, p.Status, p.HTML)
	return nil
}

// Follow visits where the page leads.
func (p *Page) Follow() *Page {
	p.b.On.w.T.Helper()
	to := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || to == "" {
		p.b.On.w.T.Fatalf("status %d leads nowhere:\n%s", p.Status, p.HTML)
	}
	return p.b.Visit(to)
}

// Cut sends a file of a length whose bytes may never come, and tells the status of the
// answer or how the line ended.
func (b *Browser) Cut(path string, file io.Reader, length int64) (int, error) {
	r := b.Dressed(Request{Method: http.MethodPost, Path: path})
	req, err := http.NewRequest(http.MethodPost, b.On.URL+path, file) //nolint:noctx // the client has a timeout
	if err != nil {
		return 0, err
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.ContentLength = length
	res, err := b.On.client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
