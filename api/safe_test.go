package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

func TestNoPageOfAnotherOriginIsLetIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	for _, r := range contract.Routes() {
		req := sample(t, r)
		for _, origin := range []string{"https://evil.invalid", "null", w.URL} {
			asked := req.With("Origin", origin).With("Access-Control-Request-Method", r.Method).With("Access-Control-Request-Headers", "authorization")
			preflight := asked
			preflight.Method = http.MethodOptions
			for _, a := range []*apitest.Answer{w.Do(asked), x.Do(asked), w.Do(preflight)} {
				for name := range a.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s answers %s with %s: %s", r.OperationID, origin, name, a.Header.Get(name))
					}
				}
				if len(a.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s sets a cookie", r.OperationID)
				}
			}
		}
	}
}

// stored is a digest of every row of every table.
func stored(w *apitest.World) map[string]int64 {
	w.T.Helper()
	out := map[string]int64{}
	n := w.Count(`SELECT count(*) FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'river'::regnamespace) AND relkind = 'r'`)
	for i := range n {
		digest := w.Count(fmt.Sprintf(`SELECT (xpath('/row/d/text()', query_to_xml(format('SELECT coalesce(sum(hashtextextended(t::text, 0)), 0) AS d FROM %%s t',
			oid::regclass), false, true, '')))[1]::text::numeric %% 9007199254740993
			FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'river'::regnamespace) AND relkind = 'r' ORDER BY oid OFFSET %d LIMIT 1`, i))
		out[fmt.Sprint(i)] = digest
	}
	return out
}

func TestNoReadChangesAnythingThatIsStored(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, beat := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "beat_officer")
	complaint := beat.Enter("complaint.open", came(w))
	before := stored(w)
	reads := 0
	for _, r := range contract.Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		req := sample(t, r)
		for _, by := range []*apitest.Shift{x, beat} {
			by.Do(req)
			mine := req
			mine.Path = strings.NewReplacer("{task_id}", complaint.OpID.String(), "{complaint_id}", complaint.OpID.String(), "{register}", "help_desk",
				"{serial}", "1", "{date}", "2026-11-18").Replace(r.Path)
			by.Do(mine)
			reads += 2
		}
		w.Do(req)
	}
	after := stored(w)
	if len(before) < 30 || len(after) != len(before) {
		t.Fatalf("%d tables, then %d", len(before), len(after))
	}
	for table, digest := range before {
		if after[table] != digest {
			t.Errorf("table %s has changed by %d reads", table, reads)
		}
	}
	beat.Enter("visit.record", w.Visit())
	changed := 0
	for table, digest := range stored(w) {
		if before[table] != digest {
			changed++
		}
	}
	if changed < 3 {
		t.Errorf("an op changes %d tables only: the comparison sees nothing", changed)
	}
}
