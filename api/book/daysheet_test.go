package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func TestTheSheetShowsWhatNeedsTheInchargesHand(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	arrived := func(minutes int, change ...any) contract.ComplaintOpen {
		c := aComplaint(w)
		c.ArrivedAt = contract.At(w.Now().Add(-time.Duration(minutes) * time.Minute))
		return c
	}
	registered := func(minutes int) contract.ComplaintOpen {
		c, at := arrived(minutes), contract.At(w.Now())
		c.RegisteredAt = &at
		return c
	}
	quick, slow := w.SHO.Enter("complaint.open", registered(10)), w.SHO.Enter("complaint.open", registered(40))
	w.SHO.Enter("complaint.open", registered(20))
	waits := w.SHO.Enter("complaint.open", arrived(5))
	care := w.SHO.Enter("complaint.open", with(arrived(5), "alerts", []string{"media"}))
	w.SHO.Enter("complaint.dispose", contract.ComplaintDispose{ComplaintID: quick.OpID, Disposal: "not_substantiated", DisposalNote: "पुष्टि नहीं हुई", ToldHer: true})

	start := w.Leader.Enter("duty.start", contract.DutyStart{})
	w.Leader.Do("squad.person", w.Person()) // waits for the briefing
	w.Beat.Enter("visit.record", w.Visit()) // off duty: flagged
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Beat.Enter("visit.record", w.Visit())
	send(w, w.Second, push.Urgent)
	d := sheet(t, w, w.Incharge, today(w))
	if d.Arrived != 5 || d.Registered != 3 || *d.Median != 20 || *d.Worst != 40 {
		t.Errorf("arrived %d, registered %d after %v, at worst %v minutes", d.Arrived, d.Registered, *d.Median, *d.Worst)
	}
	if want := map[string]int64{"received": 2, "registered": 2, "disposed": 1}; !maps.Equal(d.OpenByState, want) {
		t.Errorf("open: %v", d.OpenByState)
	}
	if d.OpenByAge["under_1d"] != 5 || d.Visits != 2 || d.Flagged != 1 || d.Held != 1 || d.Unanswered != 0 {
		t.Errorf("%v by age, %d visits, %d flagged, %d held, %d unanswered", d.OpenByAge, d.Visits, d.Flagged, d.Held, d.Unanswered)
	}
	if ids := idsOf(d.Unregistered); len(ids) != 2 || ids[0] != waits.OpID || ids[1] != care.OpID {
		t.Errorf("unregistered: %v", ids)
	}
	if ids := idsOf(d.Sensitive); len(ids) != 1 || ids[0] != care.OpID || len(d.Overdue)+len(d.FeedbackDue) != 0 || len(d.Missing) != 4 {
		t.Errorf("sensitive %v, overdue %v, feedback %v, missing %v", ids, d.Overdue, d.FeedbackDue, d.Missing)
	}
	if len(d.Squads) != 1 || d.Squads[0] != (book.SquadDay{SquadID: w.SquadID, OnDuty: true}) {
		t.Errorf("squads %+v", d.Squads)
	}
	if len(d.Unsigned) != 0 || d.State != "open" || d.SignedBy != nil {
		t.Errorf("unsigned %v, %+v", d.Unsigned, d.Day)
	}

	w.Leader.Enter("squad.brief", w.Brief())
	w.Leader.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	w.Pass(time.Hour)
	tick(t, w)
	d = sheet(t, w, w.Incharge, today(w))
	if d.Held != 0 || d.Unanswered != 1 || d.Squads[0] != (book.SquadDay{SquadID: w.SquadID, Briefed: true}) {
		t.Errorf("an hour on: %d held, %d unanswered, squads %+v", d.Held, d.Unanswered, d.Squads)
	}
	if ids := idsOf(d.Overdue); len(ids) != 2 || ids[0] != waits.OpID || len(d.Overdue[0].Clocks) == 0 {
		t.Errorf("overdue %v", ids)
	}
	until(w, 3, 9) // her feedback call is due today
	d = sheet(t, w, w.Incharge, today(w))
	if ids := idsOf(d.FeedbackDue); len(ids) != 1 || ids[0] != quick.OpID || d.OpenByAge["1_3d"] != 5 || !slices.Contains(idsOf(d.Overdue), slow.OpID) {
		t.Errorf("three days on: feedback %v, by age %v, overdue %v", ids, d.OpenByAge, idsOf(d.Overdue))
	}
	if strings.Join(d.Unsigned, ",") != "2026-11-18,2026-11-19,2026-11-20" {
		t.Errorf("unsigned %v", d.Unsigned)
	}
	if d := sheet(t, w, w.Incharge, dateOf(w.Now(), -3)); d.Arrived != 5 || d.Counts["help_desk.received"] != 5 || d.Counts["women_beat.women"] != 24 || len(d.Unsigned) != 0 {
		t.Errorf("three days back: %d, %v, %v", d.Arrived, d.Counts, d.Unsigned)
	}
}

func idsOf(list []book.ComplaintView) (out []uuid.UUID) {
	for _, c := range list {
		out = append(out, c.ComplaintID)
	}
	return out
}

func TestAGuardedComplaintIsNumberDateAndClockOnTheSheetOfTheOffice(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	c := aComplaint(w)
	c.Category = "sexual_assault"
	id := w.SHO.Enter("complaint.open", c).OpID
	own := sheet(t, w, w.Incharge, today(w)).Sensitive
	if len(own) != 1 || own[0].ComplaintID != id || own[0].Category != "sexual_assault" {
		t.Errorf("the in-charge: %+v", own)
	}
	for name, o := range map[string]*booktest.Officer{"chief": w.SP, "circle officer": circleOfficer(t, w)} {
		d := sheet(t, w, o, today(w))
		if len(d.Sensitive) != 1 {
			t.Fatalf("%s: %+v", name, d)
		}
		if x := d.Sensitive[0]; x.ComplaintID == id || x.Category != "" || x.Channel != "" || len(x.Data.Sensitive) > 0 || x.OwnerID != nil ||
			x.Seq != 0 || x.ArrivedAt.In(inIndia).Hour() != 0 || x.No != "KRW/HD/2026/00001" || len(x.Clocks) == 0 {
			t.Errorf("%s: %+v", name, x)
		}
	}
}

func TestTheSheetIsForThoseWhoSeeTheRows(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for name, x := range map[string]struct {
		by   *booktest.Officer
		code contract.Code
	}{
		"a beat officer": {w.Beat, contract.CodeForbidden}, "a leader": {w.Leader, contract.CodeForbidden},
		"a dispatcher": {w.Dispatcher, contract.CodeForbidden}, "another in-charge": {w.Other, contract.CodeNotFound},
		"a circle officer of elsewhere": {w.Enlist(book.HQ, staff.CO), contract.CodeNotFound},
		"an auditor":                    {w.Enlist(book.HQ, staff.Auditor), contract.CodeNotFound},
		"the women cell":                {w.Enlist(book.HQ, staff.WomenCell), contract.CodeForbidden},
	} {
		if _, err := w.Book.DaySheet(context.Background(), x.by.Caller(), booktest.Centre, today(w).Time); !isCode(err, x.code) {
			t.Errorf("%s: %v, want %s", name, err, x.code)
		}
	}
}

func TestFollowUpsThatAreDueStandOnTheSheet(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.SHO.Enter("complaint.open", aComplaint(w)).OpID
	for i, due := range []time.Duration{-24 * time.Hour, 8 * time.Hour, 24 * time.Hour} {
		w.Order(`INSERT INTO matters (district_id, centre, matter_id, kind, complaint_id, seq, register, year, serial, state, due_at, data)
			VALUES (7, 'KRW', $1, 'follow_up_plan', $2, 1, '', 0, 0, 'open', $3, $4)`, uuid.Must(uuid.NewV7()), id, w.Now().Add(due),
			fmt.Sprintf(`{"opened_by":%q,"case_id":%q,"done":%d}`, w.SHO.ID, id, i))
	}
	got := sheet(t, w, w.Incharge, today(w)).FollowUps
	w.Order(`DELETE FROM matters WHERE kind = 'follow_up_plan'`)
	if len(got) != 2 || got[0].ComplaintID != id || got[0].No != "KRW/HD/2026/00001" || got[0].DueOn != "2026-11-17" ||
		got[0].Step != 1 || got[1].Step != 2 {
		t.Errorf("%+v", got)
	}
}

// work is how many rows a plan that was run has touched: those it gave on and
// those it threw away, in all its nodes.
func work(node map[string]any) float64 {
	num := func(name string) float64 { n, _ := node[name].(float64); return n }
	total := (num("Actual Rows") + num("Rows Removed by Filter") + num("Rows Removed by Index Recheck")) * max(1, num("Actual Loops"))
	list, _ := node["Plans"].([]any)
	for _, sub := range list {
		total += work(sub.(map[string]any))
	}
	return total
}

func TestTheSheetAndTheReturnsCostWhatIsOpenAndNotWhatIsKept(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.SHO.Enter("complaint.open", aComplaint(w)).OpID
	w.Beat.Enter("visit.record", w.Visit())
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: today(w)})
	w.Pass(time.Hour)
	years := []string{
		`INSERT INTO lines (district_id, centre, register, year, serial, seq, at, officer_id) SELECT 7, 'KRW', 'help_desk', 2020, i, i + 100000, now(),
			gen_random_uuid() FROM generate_series(1, 20000) i`,
		`INSERT INTO spans SELECT 7, 'KRW', gen_random_uuid(), 1, NULL, NULL, '', now(), now(), 1 FROM generate_series(1, 20000) i`,
		`INSERT INTO ops SELECT 7, gen_random_uuid(), 'KRW', i + 100000, sha256('x') FROM generate_series(1, 20000) i`,

		`INSERT INTO complaints SELECT 7, 'KRW', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), i + 100000, 2020, i, 'closed', 'other', 'low',
			'walk_in', NULL, NULL, '', now() - i * interval '1 hour' - interval '10 years', NULL, NULL, now(), now(), 1, '{}', NULL, NULL, 1, now(), 1 FROM generate_series(1, 20000) i`,
		`INSERT INTO clock_lists SELECT 7, 'KRW', complaint_id, complaint_id, NULL, NULL, '[]' FROM complaints WHERE seq > 100000`,
		`INSERT INTO matters SELECT 7, 'KRW', gen_random_uuid(), 'follow_up_plan', complaint_id, 1, '', 0, 0, 'over', NULL, NULL, '{}' FROM complaints WHERE seq > 100000`,
		`INSERT INTO tasks SELECT 7, 'KRW', gen_random_uuid(), i + 100000, 'visit', 'soon', 'done', NULL, NULL, NULL, NULL, gen_random_uuid(), now(), NULL, 0, NULL, 0, '[]' FROM generate_series(1, 20000) i`,
		`INSERT INTO tallies SELECT 7, 'KRW', DATE '2010-01-01' + i / 20, 'c' || i % 20, 1 FROM generate_series(1, 60000) i`,
		`INSERT INTO reviews SELECT 7, 'KRW', DATE '2010-01-01' + i / 10, gen_random_uuid(), 'seen', gen_random_uuid(), 1 FROM generate_series(1, 20000) i`,
		`INSERT INTO returns SELECT 7, 'KRW', DATE '2010-01-01' + i, 1, gen_random_uuid(), now(), 1, '{}' FROM generate_series(1, 5000) i`,
		`INSERT INTO days SELECT 7, 'KRW', DATE '2010-01-01' + i, 'signed', NULL, NULL, 1 FROM generate_series(1, 5000) i`,
		`INSERT INTO duties SELECT 7, 'KRW', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', NULL, gen_random_uuid(), now(), now() FROM generate_series(1, 20000) i`,
		`ANALYZE`,
	}
	for _, s := range years {
		w.Order(s)
	}
	l := &listener{said: map[string][]any{}}
	b := w.Process(nil)
	b.Pool = w.TracedPool(l)
	if _, err := b.DaySheet(context.Background(), w.Incharge.Caller(), booktest.Centre, today(w).Time); err != nil {
		t.Error(err)
	}
	incharge, sho := w.Incharge.Via(b), w.SHO.Via(b)
	id := sho.Enter("complaint.open", with(aComplaint(w), "registered_at", contract.At(w.Now()))).OpID
	sho.Enter("complaint.act", contract.ComplaintAct{ComplaintID: id, Action: "visited"})
	for _, c := range []uuid.UUID{first, id} {
		incharge.Enter("day.review", contract.DayReview{ComplaintID: c, Verdict: "seen"})
	}
	incharge.Enter("day.sign", contract.DaySign{Date: today(w)})
	incharge.Enter("return.sign", contract.ReturnSign{Date: dateOf(w.Now(), -1)})
	if _, err := b.Tick(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := b.Returns(context.Background(), w.SP.Caller(), "", dateOf(w.Now(), -30).Time, today(w).Time); err != nil {
		t.Error(err)
	}
	if len(l.said) < 12 {
		t.Errorf("%d statements heard", len(l.said))
	}
	for sql, args := range l.said {
		var plan []struct{ Plan map[string]any }
		err := pgx.BeginFunc(context.Background(), w.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(context.Background(), "SET LOCAL app.district_id = '7'"); err != nil {
				return err
			}
			var text []byte
			if err := tx.QueryRow(context.Background(), "EXPLAIN (ANALYZE, FORMAT JSON) "+sql, args...).Scan(&text); err != nil {
				return err
			}
			return json.Unmarshal(text, &plan)
		})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if n := work(plan[0].Plan); n > 400 {
			t.Errorf("%.0f rows touched by %s\n%v", n, sql, plan[0].Plan)
		}
	}
	for _, table := range []string{"clock_lists", "matters"} {
		w.Order(`DELETE FROM ` + table + ` WHERE complaint_id IN (SELECT complaint_id FROM complaints WHERE seq > 100000)`)
	}
	for _, s := range []string{
		`complaints WHERE seq > 100000`, `lines WHERE seq > 100000`, `ops WHERE seq > 100000`, `spans WHERE role = '' AND seq = 1`, `tasks WHERE seq > 100000`, `tallies WHERE code LIKE 'c__' OR code LIKE 'c_'`, `reviews WHERE seq = 1`, `duties`,
		`returns WHERE figures = '{}'`, `days WHERE seq = 1`,
	} {
		w.Order(`DELETE FROM ` + s)
	}
}
