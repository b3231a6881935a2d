package api

import (
	"net/netip"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// FuzzPath looks for a call under whatever path there is.
func FuzzPath(f *testing.F) {
	m := newMatcher(contract.Routes())
	fuzztest.Texts(f, "/v1/feed", "/v1/tasks/019a9b3c-1111-7111-8111-111111111111", "/v1/registers/women_beat/1", "//", "/v1/../metrics", "/v1/complaints//custody")
	f.Fuzz(func(t *testing.T, path string) {
		for _, method := range []string{"GET", "POST"} {
			r, _ := m.find(method, path)
			if r == nil {
				continue
			}
			params, ok := paramsOf(r, path)
			if r.Method != method || !ok || strings.Count(path, "/") != strings.Count(r.Path, "/") {
				t.Errorf("%s %q is taken for %s %s", method, path, r.Method, r.Path)
			}
			for _, p := range params {
				_ = r.CheckPath(p[0], p[1])
			}
		}
	})
}

// FuzzAddress counts whatever there is as an address.
func FuzzAddress(f *testing.F) {
	fuzztest.Texts(f, "10.0.0.7", "2001:db8::1", "fe80::1%eth0", "::ffff:10.0.0.7", "1.2.3.4.5")
	f.Fuzz(func(t *testing.T, text string) {
		p := prefixOf(text)
		if a, err := netip.ParseAddr(text); err == nil && a.Is6() && !strings.HasSuffix(p, "/64") {
			t.Errorf("%q is counted as %q", text, p)
		}
	})
}
