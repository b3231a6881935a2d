package api_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// line is a page's line to the server, event by event.
type line struct {
	status int
	events chan string // "moved 17"
	close  func()
}

func listen(t *testing.T, b *apitest.Browser, path, last string) *line {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.On.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range b.Dressed(apitest.Get(path)).Header {
		req.Header.Set(name, value)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{status: res.StatusCode, events: make(chan string, 100), close: func() { _ = res.Body.Close() }}
	t.Cleanup(l.close)
	go func() {
		defer close(l.events)
		lines := bufio.NewScanner(res.Body)
		name := ""
		for lines.Scan() {
			switch text := lines.Text(); {
			case strings.HasPrefix(text, "event: "):
				name = strings.TrimPrefix(text, "event: ")
			case strings.HasPrefix(text, "data: "):
				l.events <- name + " " + strings.TrimPrefix(text, "data: ")
			}
		}
	}()
	return l
}

func (l *line) next(t *testing.T) string {
	t.Helper()
	select {
	case e, open := <-l.events:
		if !open {
			return "end"
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was heard in 20 seconds")
		return ""
	}
}

// TestAnOpenPageHearsOfEachProcessAndMissesNothing hears of ops that come to
// another process, and after a cut is told at once what it has missed, and only
// then.
func TestAnOpenPageHearsOfEachProcessAndMissesNothing(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{RealBrowser: true})
	b := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge)
	beat := w.Hire(apitest.Karwi, contract.RoleBeatOfficer)
	h := w.Handset(apitest.Karwi)
	h.Activate(beat)
	x := h.LogIn(beat)
	h.On = w.Another()

	l := listen(t, b, "/console/live?centre="+apitest.Karwi, "")
	if l.status != http.StatusOK {
		t.Fatalf("the line: %d", l.status)
	}
	first := l.next(t)
	if !strings.HasPrefix(first, "moved ") { // it did not say how much it knew
		t.Fatalf("the first word is %q", first)
	}
	x.Enter("visit.record", w.Visit(), apitest.At(25.2, 80.9, 10))
	heard := l.next(t)
	if !strings.HasPrefix(heard, "moved ") || heard == first {
		t.Fatalf("after a visit at another process: %q, before %q", heard, first)
	}
	last := strings.TrimPrefix(heard, "moved ")
	l.close()
	if e := listen(t, b, "/console/live?centre="+apitest.Karwi, last).next(t); e != "here "+last {
		t.Errorf("nothing was missed, and it hears %q", e)
	}
	x.Enter("visit.record", w.Visit(), apitest.At(25.2, 80.9, 10))
	again := listen(t, b, "/console/live?centre="+apitest.Karwi, last)
	e := again.next(t)
	if e == "here "+last { // the news may still be on its way
		e = again.next(t)
	}
	if !strings.HasPrefix(e, "moved ") || e == heard {
		t.Errorf("one entry was missed, and it hears %q", e)
	}
}

// TestALineIsForWhoMaySeeTheCentre asks for another centre's, for one without a
// session, and where nothing is live.
func TestALineIsForWhoMaySeeTheCentre(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{RealBrowser: true})
	b := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	if l := listen(t, w.AtConsole("HQ", contract.RoleSp), "/console/live?centre="+apitest.Karwi, ""); l.status != http.StatusOK {
		t.Errorf("the SP at a page of a station: %d", l.status)
	}
	if got := b.Visit("/console/live?centre=" + apitest.Rajapur).Status; got != http.StatusNotFound {
		t.Errorf("the line of another centre: %d", got)
	}
	b.Cookie = "7.none"
	if got := b.Visit("/console/live?centre=" + apitest.Karwi).Status; got != http.StatusUnauthorized {
		t.Errorf("the line without a session: %d", got)
	}
	if still := apitest.New(t).AtConsole(apitest.Karwi, contract.RoleDeskOfficer).Visit("/console/live?centre=" + apitest.Karwi).Status; still != http.StatusNotFound {
		t.Errorf("where nothing is live: %d", still)
	}
}

// TestAnOpenMapHearsThatUnitsMoveAndNobodyElseDoes sends positions to another process.
func TestAnOpenMapHearsThatUnitsMoveAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{RealBrowser: true})
	head, desk := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge), w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	far := w.AtConsole(apitest.Rajapur, contract.RoleCentreIncharge)
	beat := w.Hire(apitest.Karwi, contract.RoleBeatOfficer)
	h := w.Handset(apitest.Karwi)
	h.Activate(beat)
	x := h.LogIn(beat)
	h.On = w.Another()
	start := x.Enter("duty.start", contract.DutyStart{})
	lines := []*line{listen(t, head, "/console/live?centre="+apitest.Karwi, ""), listen(t, desk, "/console/live?centre="+apitest.Karwi, ""), listen(t, far, "/console/live?centre="+apitest.Rajapur, "")}
	for _, l := range lines {
		l.next(t)
	}
	stand := func(lat float64) apitest.Request {
		return apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{{At: contract.At(w.Now()), Lat: lat, Lon: 80.9, AccuracyM: 9}}})
	}
	x.Do(stand(25.2)).Into(http.StatusOK, nil)
	e := lines[0].next(t)
	for strings.HasPrefix(e, "moved") || strings.HasPrefix(e, "here") { // the start of the duty may still be on its way
		e = lines[0].next(t)
	}
	if e != "units 1" {
		t.Errorf("the in-charge hears %q", e)
	}
	x.Enter("duty.end", contract.DutyEnd{StartID: *start.OpID})
	w.Pass(time.Minute)
	x.Do(stand(25.3)).Refused(http.StatusConflict, contract.CodeOffDuty, "")
	time.Sleep(4 * time.Second) // longer than positions are gathered
	for i, l := range lines {
		for len(l.events) > 0 {
			if e := <-l.events; strings.HasPrefix(e, "units") {
				t.Errorf("line %d hears %q", i, e)
			}
		}
	}
}
