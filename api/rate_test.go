package api_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"kendra/api"
	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// limited is a refusal that says when to come again.
func limited(t *testing.T, a *apitest.Answer, seconds int) {
	t.Helper()
	a.Refused(http.StatusTooManyRequests, contract.CodeRateLimited, "")
	if got := a.Header.Get("Retry-After"); got != strconv.Itoa(seconds) {
		t.Errorf("Retry-After %q, want %d", got, seconds)
	}
}

func world(t *testing.T, r api.Rates, proxies ...string) *apitest.World {
	t.Helper()
	l := apitest.Limits{Rates: r}
	for _, p := range proxies {
		l.Proxies = append(l.Proxies, netip.MustParsePrefix(p))
	}
	return apitest.NewWith(t, l)
}

func TestAPhoneThatStormsIsBoundAndItsCentreIsNot(t *testing.T) {
	t.Parallel()
	w := world(t, api.Rates{Device: api.Rate{PerSecond: 0.2, AtOnce: 3}, Centre: api.Rate{PerSecond: 1, AtOnce: 7}})
	x, other := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	for range 3 {
		x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	for range 20 {
		limited(t, x.Do(apitest.Get("/v1/bundle")), 5)
	}
	// Who is over the bounds is turned away before the proof is checked.
	limited(t, w.Do(x.Prove(w.Server, apitest.Get("/v1/bundle")).With("DPoP", "")), 5)
	for range 3 { // twenty that were refused have taken nothing from the centre
		other.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	w.Pass(5 * time.Second)
	x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	limited(t, x.Do(apitest.Get("/v1/bundle")), 5)
}

func TestAnOfficerIsBoundOverAllHerPhones(t *testing.T) {
	t.Parallel()
	w := world(t, api.Rates{Officer: api.Rate{PerSecond: 0.5, AtOnce: 4}})
	x, other := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	second := w.Handset(apitest.Karwi).LogIn(x.Officer)
	for range 2 {
		x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
		second.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	limited(t, x.Do(apitest.Get("/v1/bundle")), 2)
	limited(t, second.Do(apitest.Get("/v1/bundle")), 2)
	other.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
}

func TestACentreIsBoundOverAllItsOfficers(t *testing.T) {
	t.Parallel()
	w := world(t, api.Rates{Centre: api.Rate{PerSecond: 0.1, AtOnce: 4}})
	var karwi []*apitest.Shift
	for range 4 {
		karwi = append(karwi, w.Enlist(apitest.Karwi, "beat_officer"))
	}
	rajapur := w.Enlist(apitest.Rajapur, "beat_officer")
	for _, x := range karwi {
		x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	for _, x := range karwi {
		limited(t, x.Do(apitest.Get("/v1/bundle")), 10)
	}
	rajapur.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
}

// from asks as a proxy passes it on.
func from(w *apitest.World, forwarded string) *apitest.Answer {
	return w.Do(apitest.Get("/v1/hello").With("X-Forwarded-For", forwarded))
}

// twoLines asks with the header twice.
func twoLines(t *testing.T, w *apitest.World, first, second string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.URL+"/v1/hello", nil) //nolint:noctx // to a server of this process
	if err != nil {
		t.Fatal(err)
	}
	req.Header["X-Forwarded-For"] = []string{first, second}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestAnAddressIsBoundWhoeverItIs(t *testing.T) {
	t.Parallel()
	w := world(t, api.Rates{Address: api.Rate{PerSecond: 0.1, AtOnce: 2}}, "127.0.0.0/8", "10.0.0.0/24")
	for range 2 {
		from(w, "203.0.113.7").Into(http.StatusOK, nil)
	}
	limited(t, from(w, "203.0.113.7"), 10)
	// Whatever a client writes stands before what the proxies add.
	for i := range 5 {
		limited(t, from(w, "198.51.100."+strconv.Itoa(i)+", 203.0.113.7"), 10)
		limited(t, from(w, "198.51.100."+strconv.Itoa(i)+", 203.0.113.7, 10.0.0.3"), 10) // two proxies in a row
	}
	if status := twoLines(t, w, "198.51.100.9", "203.0.113.7"); status != http.StatusTooManyRequests { // a proxy that adds a line of its own
		t.Errorf("two lines of the header: %d", status)
	}
	limited(t, w.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/none"}.With("X-Forwarded-For", "203.0.113.7")), 10)
	from(w, "203.0.113.8").Into(http.StatusOK, nil)
	// Who has IPv6 has a /64 of addresses.
	from(w, "2001:db8:1:2::1").Into(http.StatusOK, nil)
	from(w, "2001:db8:1:2:ffff::9").Into(http.StatusOK, nil)
	limited(t, from(w, "2001:db8:1:2:3:4:5:6"), 10)
	from(w, "2001:db8:1:3::1").Into(http.StatusOK, nil)
}

func TestWhatAnUnknownPeerForwardsIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := world(t, api.Rates{Address: api.Rate{PerSecond: 0.1, AtOnce: 2}}, "10.0.0.0/8")
	for i := range 2 {
		from(w, "203.0.113."+strconv.Itoa(i)).Into(http.StatusOK, nil)
	}
	for i := range 5 {
		limited(t, from(w, "203.0.113."+strconv.Itoa(100+i)), 10)
		limited(t, w.Do(apitest.Get("/v1/hello").With("X-Real-IP", "203.0.113.9").With("Forwarded", "for=203.0.113.9")), 10)
	}
}
