package main

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kendra/api/console"
)

// mostPages bounds how many pages one officer of the demo opens.
const mostPages = 60

var pageLink = regexp.MustCompile(`href="(` + console.Root + `/[^"#]*)"`)

// pages opens, as each officer of the demo who has a console, every page that a
// link leads to, from the first one on, and hands out what she sees.
func (w *canaries) pages(t *testing.T, do func([]byte)) {
	t.Helper()
	w.demo.clock.catchUp()
	opened := 0
	for i := range w.demo.world.consoles {
		cookie := w.logIn(t, &w.demo.world.consoles[i])
		known := map[string]bool{console.Root + "/": true}
		next := []string{console.Root + "/"}
		for n := 0; len(next) > 0 && n < mostPages; n++ {
			body := getAs(t, w.demo.url+next[0], cookie)
			next = next[1:]
			opened++
			do(body)
			for _, m := range pageLink.FindAllSubmatch(body, -1) {
				link := html.UnescapeString(string(m[1]))
				if !known[link] && !strings.HasPrefix(link, console.Root+"/assets/") && !strings.Contains(link, "data") {
					known[link] = true
					next = append(next, link)
				}
			}
		}
	}
	if opened < 40 {
		t.Errorf("%d pages were opened", opened)
	}
}

// logIn gives the cookie of a guest; a code that was used a moment ago is waited
// out by the clock of the demo's owner.
func (w *canaries) logIn(t *testing.T, g *consoleGuest) string {
	t.Helper()
	if w.cookies[g.number] == "" {
		rec := httptest.NewRecorder()
		w.demo.admit(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), g)
		for _, c := range rec.Result().Cookies() {
			if w.cookies == nil {
				w.cookies = map[string]string{}
			}
			w.cookies[g.number] = c.Name + "=" + c.Value
		}
		if w.cookies[g.number] == "" {
			t.Fatalf("%s is not let in: %d %s", g.number, rec.Code, rec.Body)
		}
	}
	return w.cookies[g.number]
}
