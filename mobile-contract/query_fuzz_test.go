package contract_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// FuzzCursor reads whatever there is as the query of the feed.
func FuzzCursor(f *testing.F) {
	route := contract.RouteOf("getFeed")
	fuzztest.Texts(f, "centre=KRW&after=0&limit=100&from_size=1", "centre=KRW&after=9223372036854775807", "centre=KRW&after=-1", "centre=KRW&centre=RJP", "centre=KRW&after=1e3",
		"centre=KRW&after=00", "centre=KRW&after=-0")
	f.Fuzz(func(t *testing.T, query string) {
		var args [][2]string
		for pair := range strings.SplitSeq(query, "&") {
			k, v, _ := strings.Cut(pair, "=")
			if text, err := url.QueryUnescape(v); err == nil {
				v = text
			}
			args = append(args, [2]string{k, v})
		}
		if route.CheckQuery(args) != nil {
			return
		}
		seen := map[string]bool{}
		for _, a := range args {
			if seen[a[0]] {
				t.Errorf("%s is taken twice", a[0])
			}
			seen[a[0]] = true
			if a[0] != "centre" {
				if n, err := strconv.ParseInt(a[1], 10, 64); err != nil || n < 0 || strconv.FormatInt(n, 10) != a[1] {
					t.Errorf("%s is taken as %q", a[0], a[1])
				}
			}
		}
		if !seen["centre"] {
			t.Errorf("%q is taken without a centre", query)
		}
	})
}

// FuzzAnyQuery gives every call whatever there is as a parameter and as an id.
func FuzzAnyQuery(f *testing.F) {
	fuzztest.Texts(f, "KRW", "2026", "2026-11-18", "true", "019a9b3c-1111-7111-8111-111111111111", "women_beat", "", "25.2", "-80.9", "1e3", "NaN", "0x1p-2", "91")
	routes := contract.Routes()
	names := []string{"centre", "after", "from", "to", "year", "state", "limit", "officer", "mine", "order", "lat", "lon"}
	f.Fuzz(func(t *testing.T, value string) {
		for _, r := range routes {
			_ = r.CheckPath("register", value)
			_ = r.CheckPath("complaint_id", value)
			for _, n := range names {
				_ = r.CheckQuery([][2]string{{n, value}})
			}
		}
	})
}

// FuzzJWK reads whatever there is as a public key: one that is taken is on the curve and comes out as it went in.
func FuzzJWK(f *testing.F) {
	const x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	f.Add(x, y)
	for _, v := range fuzztest.Inputs(fuzztest.Short/2, x, y, "") {
		f.Add(v, y)
		f.Add(x, v)
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		pub, err := contract.ParseJWK(contract.JWK{Kty: "EC", Crv: "P-256", X: x, Y: y})
		if err != nil {
			return
		}
		if back, err := contract.NewJWK(pub); err != nil || back.X != x || back.Y != y {
			t.Errorf("%q, %q comes out as %+v, %v", x, y, back, err)
		}
	})
}

func TestANumberInAQueryIsDigitsWithAPoint(t *testing.T) {
	t.Parallel()
	route := contract.RouteOf("getNearestUnits")
	for value, ok := range map[string]bool{
		"25.2": true, "-25": true, "90": true, "0": true, "90.0001": false, "-91": false, "1e1": false, "NaN": false, "Inf": false, "0x1": false,
		"1_0": false, "": false, "2.5.2": false, "--2": false, "25.00000000000000000000000001": false, "+2": false, "२५": false,
	} {
		if err := route.CheckQuery([][2]string{{"centre", "KRW"}, {"lat", value}, {"lon", "80.9"}}); (err == nil) != ok {
			t.Errorf("%q: %v", value, err)
		}
	}
}
