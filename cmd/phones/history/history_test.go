package history_test

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/cmd/phones/history"
	"kendra/migrations/dbtest"
)

const district = 7

// smallPlan is a history of a few days at three stations.
func smallPlan(seed int64) history.Plan {
	return history.Plan{Seed: seed, Days: 5, Stations: 3, Scale: 0.3, Squads: 1, Beats: 2, WomenArrested: 100}
}

// written makes a history up and says where.
func written(t *testing.T, plan history.Plan) (*history.Site, *history.Summary, *dbtest.DB) {
	t.Helper()
	db := dbtest.New(t)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	site, err := history.Open(t.Context(), district, db.AppURL, t.TempDir(), history.NewClock(history.DefaultStart), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	sum, err := history.Run(t.Context(), site, plan)
	if err != nil {
		t.Fatal(err)
	}
	return site, sum, db
}

// checked are the violations as texts.
func checked(t *testing.T, site *history.Site) []string {
	t.Helper()
	found, err := history.Check(t.Context(), site.Pool, site.Book)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(found))
	for i, v := range found {
		out[i] = v.String()
	}
	return out
}

// oneClock is a statement that changes one clock, c, of those of a condition.
func oneClock(where, change string) string {
	return `UPDATE clock_lists l SET list = (SELECT jsonb_agg(CASE WHEN c->>'code' = x.code AND (c->>'n')::int = x.n THEN ` + change + `
			ELSE c END)::text FROM jsonb_array_elements(l.list::jsonb) c)
		FROM (SELECT subject_id, code, n FROM clocks WHERE ` + where + ` LIMIT 1) x WHERE l.subject_id = x.subject_id`
}

func TestTheBooksOfAHistoryHold(t *testing.T) {
	t.Parallel()
	site, sum, _ := written(t, smallPlan(2))
	for _, v := range checked(t, site) {
		t.Error(v)
	}
	for what, n := range map[string]int64{
		"entries": sum.Entries - 500, "complaints": sum.Lines["help_desk"], "visits": sum.Lines["women_beat"],
		"rounds": sum.Lines["squad"], "inspections": sum.Lines["inspection"], "FIRs": sum.Lines["fir"],
		"feedback calls": sum.Lines["feedback"], "rungs": sum.Escalations, "signed days": sum.DaysSigned, "returns": sum.Returns,
	} {
		if n <= 0 {
			t.Errorf("the history has no %s, or too few", what)
		}
	}
	if sum.Refusals["fir.step night_leave /body/leave_no"] == 0 {
		t.Errorf("no arrest at night without leave was refused: %v", sum.Refusals)
	}
	// What officers do offline may cross; nothing else is refused.
	for code := range sum.Codes() {
		switch code {
		case "not_assigned", "wrong_state", "reviews_missing", "caller_handled", "own_act", "night_leave":
		default:
			t.Errorf("refused: %v", sum.Refusals)
		}
	}
}

func TestWhatDoesNotHoldIsNamed(t *testing.T) {
	t.Parallel()
	site, _, db := written(t, smallPlan(1))
	for _, v := range checked(t, site) {
		t.Error(v)
	}
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	do := func(sql string) int64 {
		t.Helper()
		tag, err := conn.Exec(t.Context(), sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return tag.RowsAffected()
	}
	for _, c := range []struct{ fault, table, sql, told string }{
		{"a span of custody is gone", "spans",
			`DELETE FROM spans WHERE ctid IN (SELECT ctid FROM spans WHERE n = 1 LIMIT 1)`, "span 1 is missing"},
		{"a span ends early", "spans",
			`UPDATE spans SET until_at = until_at - interval '1 minute' WHERE ctid IN (SELECT ctid FROM spans LIMIT 1)`,
			"does not end where span"},
		{"a count of a day", "tallies", `UPDATE tallies SET n = n + 1 WHERE ctid IN (SELECT ctid FROM tallies WHERE code = 'women_beat.women' LIMIT 1)`,
			"counts women_beat.women"},
		{"a wish for an FIR", "tallies", oneMore("fir.wanted"), "figures fir.wanted"},
		{"a registration", "tallies", oneMore("complaint.registered"), "figures complaint.registered"},
		{"an arrest", "tallies", oneMore("arrests"), "figures arrests"},
		{"an FIR", "tallies", oneMore("fir.firs"), "figures fir.firs"},
		{"a rung of a clock", "clock_lists", oneClock(`rung > 0`, `c || jsonb_build_object('rung', (c->>'rung')::int + 1)`), "rungs,"},
		{"the due time of a clock that told a rung", "clock_lists",
			oneClock(`rung > 0 AND code = 'day_sign'`, `c || jsonb_build_object('due', (c->>'due')::bigint + 3600000000)`), "was due at"},
		{"a clock that runs on", "clock_lists", oneClock(`subject_id IN (SELECT complaint_id FROM complaints WHERE closed_at IS NOT NULL)`,
			`c - 'stopped'`), "runs over complaint"},
		{"a rung that nobody told", "clock_lists",
			oneClock(`next_at IS NOT NULL`, `c || jsonb_build_object('next', (c->>'next')::bigint - 34560000000000)`), "is owed since"},
		{"the sum of a year", "serials", `UPDATE serials SET sums = replace(sums, '"women":', '"women":1') WHERE register = 'women_beat'`,
			"sums women to"},
		{"a line", "lines", `DELETE FROM lines WHERE register = 'women_beat' AND serial = 2`, "is not in the register"},
		{"the numbers of a line", "lines",
			`UPDATE lines SET sums = replace(sums, '"persons_observed":', '"persons_observed":1') WHERE register = 'squad' AND serial = 1`,
			"its entry says"},
		{"a review", "reviews", `DELETE FROM reviews`, "had not been looked at"},
		{"a return", "returns", `UPDATE returns SET n = 2`, "return 1 of"},
		{"the outbox", "outbox",
			`INSERT INTO outbox SELECT district_id, op_id, centre, seq, centre, '{"kind":"complaint.receive"}', at FROM entries LIMIT 1`,
			"the outbox still holds complaint.receive"},
		{"an arrest at night that names no leave", "entries",
			`UPDATE entries SET sealed = convert_to(regexp_replace(convert_from(sealed, 'UTF8'), ',"leave_no":"[^"]*"', ''), 'UTF8')
				WHERE kind = 'fir.step' AND convert_from(sealed, 'UTF8') LIKE '%"leave_no":%'`, "arrested at night without leave"},
		{"the word of a page", "entries",
			`UPDATE entries SET wire = convert_to(replace(convert_from(wire, 'UTF8'), '"women":', '"women":1'), 'UTF8')
				WHERE kind = 'visit.record' AND seq = (SELECT min(seq) FROM entries WHERE kind = 'visit.record')`,
			"the book does not verify"},
	} {
		kept := "kept_" + c.table
		do(fmt.Sprintf("CREATE TEMPORARY TABLE %s AS SELECT * FROM %s", kept, c.table))
		if do(c.sql) == 0 {
			t.Errorf("%s: nothing was changed", c.fault)
		}
		found := checked(t, site)
		if !strings.Contains(strings.Join(found, "\n"), c.told) {
			t.Errorf("%s is not named: %d violations: %v", c.fault, len(found), found[:min(3, len(found))])
		}
		do("DELETE FROM " + c.table)
		do(fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", c.table, kept))
		do("DROP TABLE " + kept)
	}
	for _, v := range checked(t, site) {
		t.Error(v)
	}
}

// oneMore counts something on some day that did not happen.
func oneMore(code string) string {
	return `INSERT INTO tallies (district_id, centre, day, code, n) SELECT district_id, centre, day, '` + code + `', 1 FROM tallies
		WHERE code = 'women_beat.lines' LIMIT 1 ON CONFLICT (district_id, centre, day, code) DO UPDATE SET n = tallies.n + 1`
}

func TestAZeroFIROfAHistoryGetsTheNumberOfItsStationAndIsInvestigatedThere(t *testing.T) {
	t.Parallel()
	site, _, db := written(t, smallPlan(4))
	for _, v := range checked(t, site) {
		t.Error(v)
	}
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	var received, numbered int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE corrects_seq IS NULL), count(*) FILTER (WHERE corrects_seq IS NOT NULL
		AND struck_seq IS NULL) FROM lines WHERE register = 'fir' AND cols::json ->> 'from_id' IS NOT NULL`).Scan(&received, &numbered); err != nil {
		t.Fatal(err)
	}
	if received == 0 || numbered != received {
		t.Errorf("%d zero FIRs were received, %d have a number there", received, numbered)
	}
}

func TestAHistoryBeginsInANewDistrict(t *testing.T) {
	t.Parallel()
	site, _, _ := written(t, history.Plan{Seed: 3, Days: 1, Stations: 1, Scale: 0.1, Squads: 1, Beats: 2})
	if _, err := history.Run(t.Context(), site, smallPlan(3)); err == nil || !strings.Contains(err.Error(), "has books already") {
		t.Errorf("a second history over the first: %v", err)
	}
}

func TestAClockStandsUntilItIsMoved(t *testing.T) {
	t.Parallel()
	c := history.NewClock(history.DefaultStart)
	if !c.Now().Equal(history.DefaultStart) {
		t.Errorf("it stands at %s", c.Now())
	}
	c.Set(history.DefaultStart.Add(time.Hour))
	if got := c.Now().Sub(history.DefaultStart); got != time.Hour {
		t.Errorf("moved by an hour it is %s later", got)
	}
}
