package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	contract "kendra/mobile-contract"
)

// The marks. Every sealed text of the demo and of the history ends with the
// first, every number begins with the second, every place of an incident is the
// third: whatever of them is found anywhere has leaked.
const (
	markText  = "नमूनाकनकलता"
	markPhone = "70301987" // and two digits more
	markLat   = 25.2173951
	markLon   = 80.9173952
)

var phoneText = regexp.MustCompile(`^(\+91)?[6-9][0-9]{9}$`)

// marker marks the ops of simulated people.
type marker struct {
	mu     sync.Mutex
	fields map[string]int // by kind and pointer
}

// mark puts a mark into every sealed text of a body that the contract lets it
// into.
func (m *marker) mark(kind contract.Kind, body any) any {
	raw, err := json.Marshal(body)
	schema := contract.BodySchema(kind)
	if err != nil || schema == nil {
		return body
	}
	if kind == contract.KindComplaintOpen && !bytes.Contains(raw, []byte(`"incident_place"`)) {
		raw = append(bytes.TrimSuffix(raw, []byte("}")), fmt.Sprintf(`,"incident_place":{"lat":%v,"lon":%v}}`, markLat, markLon)...)
	}
	report, err := schema.Check(raw)
	if err != nil {
		return body
	}
	for _, s := range slices.Backward(report.Sealed) {
		var text string
		if json.Unmarshal(raw[s.Start:s.End], &text) != nil {
			continue
		}
		if phoneText.MatchString(text) {
			text = markPhone + text[len(text)-2:]
		} else {
			text += " " + markText
		}
		token, err := json.Marshal(text)
		if err != nil {
			return body
		}
		changed := slices.Concat(raw[:s.Start], token, raw[s.End:])
		if _, err := schema.Check(changed); err != nil {
			continue // a date, a code: nothing of its own
		}
		raw = changed
		m.mu.Lock()
		m.fields[string(kind)+s.Pointer]++
		m.mu.Unlock()
	}
	return json.RawMessage(raw)
}

// tap sees the calls of phones: what stands in addresses and refusals, and the
// secrets that are handed out.
type tap struct {
	next http.RoundTripper

	mu       sync.Mutex
	urls     bytes.Buffer
	refusals bytes.Buffer
	secrets  map[string]bool
}

var (
	tokenText  = regexp.MustCompile(`"(?:access_token|refresh_token)":"([^"]+)"`)
	secretText = regexp.MustCompile(`"secret":"([^"]+)"`)
)

// RoundTrip carries a call.
func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.next.RoundTrip(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(&p.urls, "%s %s %s\n", r.Method, r.URL, r.URL.RawQuery)
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP "); ok {
		p.secrets[token] = true
	}
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	open := body
	if res.Header.Get("Content-Encoding") == "gzip" {
		open = unpacked(body)
	}
	if res.StatusCode >= http.StatusBadRequest {
		p.refusals.Write(open)
		p.refusals.WriteByte('\n')
		fmt.Fprintf(&p.refusals, "%v\n", res.Header)
		return res, nil
	}
	for _, pattern := range []*regexp.Regexp{tokenText, secretText} {
		for _, found := range pattern.FindAllSubmatch(open, -1) {
			p.secrets[string(found[1])] = true
		}
	}
	// A refused op is a problem inside an answer.
	for _, found := range problemText.FindAll(open, -1) {
		p.refusals.Write(found)
		p.refusals.WriteByte('\n')
	}
	return res, nil
}

var problemText = regexp.MustCompile(`"problem":\{[^{}]*\}`)

// forms are the ways in which a text may stand in a sink: as it is, escaped for
// JSON or for an address, in hexadecimal as PostgreSQL prints bytes, in base64
// as Go writes them into JSON.
func forms(text string) [][]byte {
	var escaped strings.Builder
	for _, r := range text {
		if r < 0x80 {
			escaped.WriteRune(r)
		} else {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
	}
	upper := strings.ReplaceAll(strings.ToUpper(escaped.String()), `\U`, `\u`)
	list := []string{
		text, escaped.String(), upper, url.QueryEscape(text), strings.ToLower(url.QueryEscape(text)), hex.EncodeToString([]byte(text)),
		strings.ToUpper(hex.EncodeToString([]byte(text))),
	}
	for pad := range 3 {
		padded := append(make([]byte, pad), text...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			whole := e.EncodeToString(padded)
			list = append(list, whole[(pad*8+5)/6:len(padded)*8/6])
		}
	}
	slices.Sort(list)
	var out [][]byte
	for _, form := range slices.Compact(list) {
		out = append(out, []byte(form))
	}
	return out
}

// needles are what is looked for.
type needles struct {
	sealed     [][]byte // nowhere
	secrets    [][]byte // nowhere
	restricted [][]byte // officers' names, numbers and push tokens: in the database alone
}

func (n needles) count(text []byte, restricted bool) (hits int) {
	lists := [][][]byte{n.sealed, n.secrets}
	if restricted {
		lists = append(lists, n.restricted)
	}
	for _, list := range lists {
		for _, needle := range list {
			hits += bytes.Count(text, needle)
		}
	}
	return hits
}

// sink is a place to which data of the service come by its running.
type sink struct {
	name string
	// least is how many bytes there must be for the scan to say anything.
	least int
	// officers says that officers and push tokens may stand in it.
	officers bool
	// pieces calls do with all that is in it.
	pieces func(t *testing.T, do func([]byte))
	// plant leaks the mark into it.
	plant func(t *testing.T, text string)
}

// scan counts what is found in a sink.
func (s sink) scan(t *testing.T, n needles) (size, hits int) {
	t.Helper()
	s.pieces(t, func(b []byte) {
		size += len(b)
		hits += n.count(b, !s.officers)
	})
	return size, hits
}

// files hands out all files below a folder but those of one part of it.
func files(root, but string) func(t *testing.T, do func([]byte)) {
	return func(t *testing.T, do func([]byte)) {
		t.Helper()
		err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err): // the server removes files while we look
				return nil
			case err != nil:
				return err
			case e.IsDir() && path == but:
				return filepath.SkipDir
			case !e.Type().IsRegular():
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil && !os.IsNotExist(err) {
				return err
			}
			do(append([]byte(path+"\n"), text...))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// whole hands out what a function gives.
func whole(text func() []byte) func(*testing.T, func([]byte)) {
	return func(_ *testing.T, do func([]byte)) { do(text()) }
}

func TestNothingThatIsSealedLeaksIntoAnySinkAndAPlantedLeakIsFound(t *testing.T) {
	t.Parallel()
	w := openCanaries(t)
	n := w.needles(t)
	t.Logf("%d fields of the contract carry a mark, %d times in all; %d forms of marks, %d tokens, codes and secrets, %d names and numbers of officers are looked for",
		len(w.marks.fields), w.marked(), len(n.sealed), len(n.secrets), len(n.restricted))
	if len(w.marks.fields) < 20 || len(n.secrets) < 20 || len(n.restricted) < 30 {
		t.Errorf("too little carries a mark: %v", w.marks.fields)
	}
	sinks := w.sinks(t)
	for _, s := range sinks {
		size, hits := s.scan(t, n)
		t.Logf("%-34s %9d bytes, %d hits", s.name, size, hits)
		if hits > 0 {
			t.Errorf("%s holds what must not be there, %d times", s.name, hits)
		}
		if size < s.least {
			t.Errorf("%s has %d bytes only: that nothing is found in it says nothing", s.name, size)
		}
	}
	for _, s := range sinks {
		t.Run(s.name, func(t *testing.T) {
			for _, text := range []string{markText, markPhone + "42"} {
				_, before := s.scan(t, n)
				s.plant(t, text)
				if _, after := s.scan(t, n); after <= before {
					t.Errorf("a planted %q is not found", text)
				}
			}
		})
	}
}

// marked is how many fields were marked in all.
func (w *canaries) marked() (sum int) {
	for _, n := range w.marks.fields {
		sum += n
	}
	return sum
}

func TestEachFormOfAMarkIsKnown(t *testing.T) {
	t.Parallel()
	n := needles{sealed: forms(markText)}
	quoted, err := json.Marshal([]byte("xy" + markText + "z"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"x" + markText, fmt.Sprintf("%+q", markText), fmt.Sprintf("%x", markText), url.PathEscape(markText), string(quoted),
		base64.StdEncoding.EncodeToString([]byte("x" + markText)), base64.URLEncoding.EncodeToString([]byte(markText + "xy")),
	} {
		if n.count([]byte(text), false) == 0 {
			t.Errorf("not known in %q", text)
		}
	}
	if n.count([]byte("नमूना कनक लता"), true) > 0 {
		t.Error("another text is taken for the mark")
	}
}

// refused makes calls whose bodies hold marks in every wrong place.
func (w *canaries) refused(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, call := range [][3]string{
		{http.MethodPost, "/v1/sessions", `{"district":7,"device_id":"` + markText + `","officer_no":"` + markPhone + `42","pin":"482915"}`},
		{http.MethodPost, "/public/status", `{"number":"` + markText + `","secret":"` + markPhone + `","lang":"hi"}`},
		{http.MethodPost, "/public/status", `{"number":"7-KRW-26-17-S","secret":"` + markPhone + `","lang":"hi","` + markText + `":1}`},
		{http.MethodPost, "/v1/devices", `{"code":"` + markText + `"}`},
		{http.MethodPost, "/v1/ops", `{"items":[{"op":{"` + markText + `":"` + markText + `"}}]}`},
		{http.MethodPost, "/v1/unseal", `"` + markText}, {http.MethodPut, "/v1/officers/self/pin", `{"new_pin":"` + markText + `"}`},
	} {
		r, err := http.NewRequestWithContext(ctx, call[0], w.demo.url+call[1], strings.NewReader(call[2]))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", markText)
		r.Header.Set("X-Request-Id", markPhone)
		res, err := w.tap.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode < http.StatusBadRequest {
			t.Errorf("%v is answered %d", call, res.StatusCode)
		}
	}
}
