package contract

import (
	"regexp"
	"testing"
)

func TestTablesMatchAsRegularExpressionsDo(t *testing.T) {
	t.Parallel()
	texts := []string{"", "K", "KR", "KRW", "KRW1", "krw", "KRWKRWKR", "KRWKRWKRW", "9450000000", "+919450000000", "+91945000000", "1450000000",
		"a_b", "a b", "क", "\xff", "0199f2a0-4c04-7a31-8b5e-005d1c010000", "0199f2a0-4c04-8a31-8b5e-005d1c010000", "0199f2a0-4c04-7a31-0b5e-005d1c010000", "\n", "KRW\n", "visit.record", "/a"}
	tables := 0
	for _, p := range []string{`^[A-Z][A-Z0-9]{1,7}$`, `^[a-z0-9_]{1,40}$`, `^[A-Za-z0-9_-]{3}$`, `^(\+91)?[6-9][0-9]{9}$`, `^[a-z]+\.[a-z_]+$`, `^/`,
		`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, `^[a-z]{1,2}[a-z]$`, `^a*b?$`, `^[^a]{1,3}$`, `^(?i)krw$`} {
		c, err := compilePattern(p)
		if err != nil {
			t.Fatal(err)
		}
		if c.re == nil {
			tables++
		}
		re := regexp.MustCompile(p)
		for _, text := range texts {
			if got, want := c.match([]byte(text)), re.MatchString(text); got != want {
				t.Errorf("%s on %q: %v, want %v", p, text, got, want)
			}
		}
	}
	if tables < 5 {
		t.Errorf("only %d patterns are tables", tables)
	}
}

func TestTimesAreReadAsTheCalendarHasThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-10-05T12:14:40.120+05:30":       "2026-10-05T06:44:40.120Z",
		"2024-02-29T00:00:00Z":                "2024-02-29T00:00:00.000Z",
		"2026-10-05T23:59:59.999999999-00:30": "2026-10-06T00:29:59.999Z",
		"2023-02-29T00:00:00Z":                "", "2026-13-01T00:00:00Z": "", "2026-00-01T00:00:00Z": "", "2026-10-05T24:00:00Z": "",
		"2026-10-05T12:60:00Z": "", "2026-10-05T12:00:60Z": "", "2026-10-05t12:00:00Z": "", "2026-10-05T12:00:00z": "",
		"2026-10-05T12:00:00": "", "2026-10-05T12:00:00.Z": "", "2026-10-05T12:00:00.1234567890Z": "", "2026-10-05T12:00:00,1Z": "",
		"2026-10-05T12:00:00+24:00": "", "2026-10-05T12:00:00+0530": "", "0000-01-01T00:00:00Z": "", "2026-1-005T12:00:00Z": "", "-026-10-05T12:00:00Z": "",
	} {
		got, ok := parseTime([]byte(text))
		if ok != (want != "") || ok && got.Format(TimeLayout) != want {
			t.Errorf("%s: %v %v, want %q", text, got, ok, want)
		}
	}
}
