package api_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const (
	importRoot = "/console/ground/import"
	threeOf    = "code,hi,en,kind,lat,lon,every_days\n" +
		"haat,सब्ज़ी मण्डी,Vegetable market,market,25.2211,80.9205,7\n" +
		"gic,बालिका इण्टर कॉलेज,Girls college,school,25.2181,80.9229,7\n"
)

var planPattern = regexp.MustCompile(`data-plan="([0-9a-f]{64})"`)

// importing sends a file as a page does, with how it is to be read.
func importing(b *apitest.Browser, file string, more ...string) *apitest.Page {
	q := url.Values{"centre": {"KRW"}, "kind": {"places"}, "format": {"csv"}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return b.SendFile(importRoot+"?"+q.Encode(), strings.NewReader(file), nil)
}

func digestIn(t *testing.T, p *apitest.Page) string {
	t.Helper()
	m := planPattern.FindStringSubmatch(p.HTML)
	if p.Status != http.StatusOK || m == nil {
		t.Fatalf("no plan that can be entered: %d\n%s", p.Status, p.HTML)
	}
	return m[1]
}

func TestAFileOfPlacesIsCheckedAndEnteredByTheOfficersOwnOps(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	if page := head.Visit("/console/ground?centre=KRW"); !strings.Contains(page.HTML, importRoot+"?centre=KRW") {
		t.Error("the page of places does not lead there")
	}
	if page := head.Visit(importRoot + "?centre=KRW"); page.Status != http.StatusOK || !strings.Contains(page.HTML, "data-import") {
		t.Fatalf("the page: %d", page.Status)
	}
	entries := func() int64 { return w.Count(`SELECT count(*) FROM entries WHERE kind = 'place.set'`) }

	wrong := importing(head, threeOf+"hall,पंचायत भवन,Hall,nonsense,25.21,80.91,7\nfar,दूर,Far,village,25.383,81.150,7\n")
	for _, want := range []string{"पंक्ति 4", "यह प्रकार सूची में नहीं है", "पंक्ति 5", "यह दूसरे थाने का है", "गलत: <b>2</b>", "नया: <b>2</b>", "&#34;state&#34;:&#34;wrong&#34;"} {
		if !strings.Contains(wrong.HTML, want) {
			t.Errorf("a file with faults is not told %q", want)
		}
	}
	if planPattern.MatchString(wrong.HTML) || wrong.Status != http.StatusOK {
		t.Error("a file with faults can be entered", wrong.Status)
	}
	first := digestIn(t, importing(head, threeOf))
	if n := entries(); n != 0 {
		t.Fatalf("%d entries by looking", n)
	}
	for name, p := range map[string]*apitest.Page{
		"another file":           importing(head, strings.Replace(threeOf, ",7\n", ",9\n", 1), "plan", first),
		"the faulty file":        importing(head, threeOf+"hall,पंचायत भवन,Hall,nonsense,25.21,80.91,7\n", "plan", first),
		"read in another way":    importing(head, threeOf, "plan", first, "from", w.Now().AddDate(0, 0, 3).Format(time.DateOnly)),
		"another digest":         importing(head, threeOf, "plan", strings.Repeat("0", 64)),
		"what is no digest":      importing(head, threeOf, "plan", "x"),
		"as beats, with that of": importing(head, `{"type":"FeatureCollection","features":[]}`, "kind", "beats", "format", "geojson", "plan", first),
	} {
		if p.Status != http.StatusConflict || !strings.Contains(p.HTML, "जाँच के बाद फ़ाइल या पुस्तक बदल गयी है") {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if n := entries(); n != 0 {
		t.Fatalf("%d entries of files that nobody looked at", n)
	}
	done := importing(head, threeOf, "plan", first)
	if done.Status != http.StatusSeeOther || !strings.Contains(done.Header.Get("Location"), "/console/ground?") {
		t.Fatalf("entered: %d\n%s", done.Status, done.HTML)
	}
	if page := done.Follow(); !strings.Contains(page.HTML, "सब्ज़ी मण्डी") || !strings.Contains(page.HTML, "स्थान जोड़ा या बदला गया") {
		t.Errorf("the page that follows: %d", page.Status)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'place.set' AND officer_id = $1 AND role = 'centre_incharge' AND length(sig) = 64`, head.ID); n != 2 {
		t.Errorf("%d entries of the officer", n)
	}
	if again := importing(head, threeOf, "plan", first); again.Status != http.StatusConflict {
		t.Errorf("sent again: %d", again.Status)
	}
	same := importing(head, threeOf)
	if !strings.Contains(same.HTML, "इस फ़ाइल से कुछ नहीं बदलेगा") || !strings.Contains(same.HTML, "वैसा ही: <b>2</b>") {
		t.Errorf("looked at again: %d", same.Status)
	}
	less := importing(head, strings.Join(strings.SplitAfter(threeOf, "\n")[:2], ""), "complete", "1")
	if !strings.Contains(less.HTML, "समाप्त होगा: <b>1</b>") || !strings.Contains(less.HTML, "&#34;state&#34;:&#34;ended&#34;") {
		t.Errorf("what the file does not have is not told")
	}
	w.Pass(time.Minute)
	if done := importing(head, strings.Join(strings.SplitAfter(threeOf, "\n")[:2], ""), "complete", "1", "plan", digestIn(t, less)); done.Status != http.StatusSeeOther {
		t.Errorf("an end: %d\n%s", done.Status, done.HTML)
	}
	twin := importing(head, threeOf[:strings.Index(threeOf, "\n")+1]+"haat2,सब्ज़ी मण्डी,Vegetable market,market,25.2212,80.9206,7\n")
	if !strings.Contains(twin.HTML, "दोहरा हो सकता है: <b>1</b>") || !strings.Contains(twin.HTML, "&#34;state&#34;:&#34;double&#34;") {
		t.Error("a double is not told")
	}
	if text := w.Log.String(); strings.Contains(text, "haat") || strings.Contains(text, "25.2211") {
		t.Error("the log holds what is in the file")
	}
}

func TestOnlyTheConsolesOwnPageSendsAFileAndOnlyAFile(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	const path = importRoot + "?centre=KRW&kind=places&format=csv"
	send := func(b *apitest.Browser, head map[string]string) *apitest.Page {
		return b.SendFile(path, strings.NewReader(threeOf), head)
	}
	form := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + head.Session.Csrf + "\r\n--x--\r\n"
	for name, c := range map[string]struct {
		page *apitest.Page
		want int
	}{
		"as it should be":         {send(head, nil), http.StatusOK},
		"without the token":       {send(head, map[string]string{"X-Kendra-CSRF": ""}), http.StatusForbidden},
		"with another token":      {send(head, map[string]string{"X-Kendra-CSRF": strings.Repeat("a", 43)}), http.StatusForbidden},
		"the token in the way":    {head.SendFile(path+"&csrf="+url.QueryEscape(head.Session.Csrf), strings.NewReader(threeOf), map[string]string{"X-Kendra-CSRF": ""}), http.StatusForbidden},
		"from another site":       {send(head, map[string]string{"Origin": "https://elsewhere.example"}), http.StatusForbidden},
		"without a session":       {send(head, map[string]string{"Cookie": ""}), http.StatusUnauthorized},
		"as a form of parts":      {head.SendFile(path, strings.NewReader(form), map[string]string{"Content-Type": "multipart/form-data; boundary=x"}), http.StatusUnsupportedMediaType},
		"as a form":               {head.Send(path, url.Values{"csrf": {head.Session.Csrf}}), http.StatusUnsupportedMediaType},
		"packed":                  {send(head, map[string]string{"Content-Encoding": "gzip"}), http.StatusBadRequest},
		"nearly too long":         {head.SendFile(path, strings.NewReader(threeOf+strings.Repeat("\n", 15<<20)), nil), http.StatusOK},
		"of a length nobody says": {head.SendFile(path, io.MultiReader(strings.NewReader(threeOf)), nil), http.StatusRequestEntityTooLarge},
		"of a format unknown":     {head.SendFile(importRoot+"?centre=KRW&kind=places&format=xlsx", strings.NewReader(threeOf), nil), http.StatusUnprocessableEntity},
		"of no kind":              {head.SendFile(importRoot+"?centre=KRW&format=csv", strings.NewReader(threeOf), nil), http.StatusUnprocessableEntity},
		"by the beat":             {send(w.AtConsole(apitest.Karwi, contract.RoleBeatOfficer), nil), http.StatusForbidden},
		"of another station":      {send(w.AtConsole(apitest.Rajapur, contract.RoleSho), nil), http.StatusNotFound},
		"by the district":         {send(w.AtConsole("HQ", contract.RoleSp), nil), http.StatusForbidden},
	} {
		if c.page.Status != c.want {
			t.Errorf("%s: %d, want %d\n%.300s", name, c.page.Status, c.want, c.page.HTML)
		}
	}
	// A body that nobody wants is not waited for: the answer may be lost with the line.
	for _, to := range []string{path, "/console/ops/place.set"} {
		if status, err := head.Cut(to, io.LimitReader(blank{}, 16<<20+1), 16<<20+1); err == nil && status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s is sent too much: %d", to, status)
		}
	}
	if p := head.SendFile("/console/ops/place.set", io.LimitReader(blank{}, 1<<20+1), map[string]string{"Content-Type": "application/octet-stream"}); p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("another page takes more than a form: %d", p.Status)
	}
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'place.set'`); n != 0 {
		t.Errorf("%d entries", n)
	}
}

// stalled gives some bytes and then waits.
type stalled struct {
	some io.Reader
	till chan struct{}
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.some.Read(p); n > 0 || err != io.EOF {
		return n, err
	}
	<-s.till
	return 0, io.EOF
}

func TestAFileThatDoesNotComeIsCutAndMakesRoomForTheNext(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{FileWithin: 3 * time.Second})
	slow, next := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleSho)
	till := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		body := &stalled{io.LimitReader(blank{}, 64<<10), till}
		if status, err := slow.Cut(importRoot+"?centre=KRW&kind=places&format=csv", body, 1<<20); err == nil && status != http.StatusBadRequest {
			t.Errorf("a file that stops is answered %d", status)
		}
	})
	time.Sleep(500 * time.Millisecond)
	if p := importing(next, threeOf); p.Status != http.StatusServiceUnavailable {
		t.Errorf("while another comes: %d", p.Status)
	}
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		if p := importing(next, threeOf); p.Status == http.StatusOK {
			break
		} else if time.Now().After(end) {
			t.Fatalf("nobody can send a file any more: %d", p.Status)
		}
	}
	close(till)
	wg.Wait()
}

func TestAFileThatUnpacksWithoutEndOrNestsIsRefusedInWords(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	zipped := func(name string, text io.Reader) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(f, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const start = `<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>`
	spaces := io.MultiReader(strings.NewReader(start), io.LimitReader(blank{}, 80<<20))
	lol := `<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><kml><Document><Placemark><name>&b;</name></Placemark></Document></kml>`
	var many strings.Builder
	many.WriteString("code,hi,en,kind,lat,lon\n")
	for i := range 5002 {
		many.WriteString("p" + strconv.Itoa(i) + ",ग्राम,Village,village,25.22,80.92\n")
	}
	for name, c := range map[string]struct{ file, format, want string }{
		"a zip that unpacks to 80 MB": {zipped("doc.kml", spaces), "kmz", "बहुत लम्बा है"},
		"entities of entities":        {lol, "kml", "फ़ाइल टूटी हुई है"},
		"elements without end":        {start + strings.Repeat("<Folder>", 100), "kml", "फ़ाइल टूटी हुई है"},
		"a zip of nothing":            {zipped("a.txt", strings.NewReader("x")), "kmz", "फ़ाइल टूटी हुई है"},
		"no zip":                      {"PK\x03\x04nonsense", "kmz", "फ़ाइल टूटी हुई है"},
		"five thousand and more":      {many.String(), "csv", "फ़ाइल में बहुत अधिक पंक्तियाँ हैं"},
		"an outline that crosses": {`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"x","en":"X"},"geometry":` +
			`{"type":"Polygon","coordinates":[[[80.9,25.2],[80.95,25.25],[80.95,25.2],[80.9,25.25],[80.9,25.2]]]}}]}`, "geojson", "सीमा-रेखा अपने आप को काटती है"},
		"numbers that are none": {"code,en,kind,lat,lon\nx,X,village,NaN,80.9\n", "csv", "न बिन्दु है न क्षेत्र"},
		"an empty file":         {"", "csv", "गलत: <b>1</b>"},
	} {
		p := importing(head, c.file, "format", c.format)
		if p.Status != http.StatusOK || !strings.Contains(p.HTML, c.want) || planPattern.MatchString(p.HTML) {
			from := max(strings.Index(p.HTML, "data-wrong"), 0)
			t.Errorf("%s: %d\n%.600s", name, p.Status, p.HTML[from:])
		}
	}
}

// blank is spaces without end.
type blank struct{}

func (blank) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
