package api_test

import (
	"bytes"
	"compress/gzip"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestTheDistrictSeesItsStationsSideBySideByWhatThereWasToDo counts two women who
// came, and leads who is above the stations there.
func TestTheDistrictSeesItsStationsSideBySideByWhatThereWasToDo(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	for range 2 {
		sho.Enter("complaint.open", came(w))
	}
	for _, role := range []contract.Role{contract.RoleSp, contract.RoleNodal} {
		b := w.AtConsole("HQ", role)
		page := b.Visit("/console/").Follow()
		if page.Status != http.StatusOK {
			t.Fatalf("%s: %d\n%s", role, page.Status, page.HTML)
		}
		for _, want := range []string{
			`/console/returns?centre=KRW`, `2<span class="of"> / 2</span>`, `/console/complaints?centre=KRW&amp;overdue=1`, `<polyline`, `/console/?centre=KRW`, `0<span class="of"> / 29</span>`,
			`aria-label="दर्ज / आयीं: –, –, –, –, –, –, –, –, –, 2/2"`, `10<span class="of"> / 2</span>`, `<path class="whole"`,
			`/console/registers/feedback?centre=KRW&amp;from=`,
		} {
			if !strings.Contains(page.HTML, want) {
				t.Errorf("%s: no %s:\n%s", role, want, page.HTML)
			}
		}
	}
	if p := w.AtConsole("HQ", contract.RoleSp).Visit("/console/?centre=KRW"); p.Status != http.StatusOK {
		t.Errorf("the day of a station: %d", p.Status)
	}
	if p := w.AtConsole(apitest.Karwi, contract.RoleSho).Visit("/console/district"); p.Status != http.StatusForbidden {
		t.Errorf("a station sees the others: %d", p.Status)
	}
}

// TestTheDistrictOfTwelveStationsIsASmallPage fills twelve stations and a month, and
// weighs the page as it goes over the wire.
func TestTheDistrictOfTwelveStationsIsASmallPage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	stations := w.Count(`SELECT count(*) FROM centres WHERE centre <> 'HQ'`)
	if stations < 12 {
		t.Fatalf("%d stations", stations)
	}
	w.SQL(`INSERT INTO complaints (district_id, centre, complaint_id, case_id, correlation_id, seq, year, serial, state, category, risk_level, channel,
			owner_role, arrived_at, registered_at, disposed_at, state_at, last_seq, held_n, held_from, held_seq, data)
		SELECT c.district_id, c.centre, i, i, i, 100000 + n, 2026, 100000 + n, 'disposed', 'dowry', 'low', 'walk_in', '', at, at + n % 50 * interval '1 minute',
			at + interval '1 day', at, 1, 0, at, 1, '{"safe_to_call":true,"reached":"' || CASE WHEN n % 3 = 0 THEN 'spoke' ELSE 'no_answer' END || '","reopened":1}'
		FROM centres c, generate_series(1, 90) n, LATERAL (SELECT gen_random_uuid() AS i, $1::timestamptz - n % 29 * interval '1 day' AS at, c.centre AS x) r
		WHERE c.centre <> 'HQ' AND n % 7 <> length(c.hi) % 7`, w.Now())
	t.Cleanup(func() { w.SQL(`DELETE FROM complaints WHERE seq > 100000`) }) // no book has them
	b := w.AtConsole("HQ", contract.RoleSp)
	page := b.Visit("/console/district")
	// There were no calls, follow-ups or patterns: three figures of ten have nothing to draw.
	if n := strings.Count(page.HTML, "<svg"); page.Status != http.StatusOK || int64(n) != stations*7 || strings.Contains(page.HTML, "style=") {
		t.Fatalf("%d, %d pictures of %d stations", page.Status, n, stations)
	}
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, _ = z.Write([]byte(page.HTML))
	_ = z.Close()
	if small.Len() > 25_000 {
		t.Errorf("%d bytes, %d packed", len(page.HTML), small.Len())
	}
	t.Logf("%d stations: %d bytes, %d packed", stations, len(page.HTML), small.Len())
	for _, m := range regexp.MustCompile(`aria-label="([^"]*)"`).FindAllStringSubmatch(between(page.HTML, `id="stations"`, "</main>"), -1) {
		if !strings.Contains(m[1], ", ") || !strings.Contains(m[1], ": ") {
			t.Errorf("a picture says %q", m[1])
		}
	}
	where := map[string]bool{}
	for _, m := range regexp.MustCompile(`<td[^>]*>.*?href="([^"]*)"`).FindAllStringSubmatch(page.HTML, -1) {
		if path := html.UnescapeString(m[1]); strings.Contains(path, "centre=KRW") && !where[path] {
			where[path] = true
			if p := b.Visit(path); p.Status != http.StatusOK {
				t.Errorf("a figure leads to %s: %d", path, p.Status)
			}
		}
	}
	if len(where) < 7 {
		t.Errorf("figures lead to %v", where)
	}
}
