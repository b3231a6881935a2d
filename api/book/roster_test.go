package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// The Monday of the week in which every world begins, and of those beside it.
const (
	weekBefore = "2026-11-09"
	weekNow    = "2026-11-16"
	weekAfter  = "2026-11-23"
)

func dayOf(t *testing.T, day string) openapi_types.Date {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return openapi_types.Date{Time: d}
}

// duty is a row of a roster; one without times is of a day off.
func duty(t *testing.T, o *booktest.Officer, day, code string, times ...string) contract.RosterRow {
	t.Helper()
	r := contract.RosterRow{OfficerID: o.ID, Day: dayOf(t, day), Duty: code}
	if len(times) > 0 {
		r.From = &times[0]
	}
	if len(times) > 1 {
		r.To = &times[1]
	}
	return r
}

func rosterOf(t *testing.T, week string, rows ...contract.RosterRow) contract.RosterSet {
	t.Helper()
	return contract.RosterSet{Week: dayOf(t, week), Rows: append([]contract.RosterRow{}, rows...)}
}

func weekOf(t *testing.T, w *booktest.World, by *booktest.Officer, week string) *book.Roster {
	t.Helper()
	r, err := w.Book.Roster(t.Context(), by.Caller(), booktest.Centre, dayOf(t, week).Time)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARosterIsSetForAWeekAndALaterOneTakesItsPlace(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	if r := weekOf(t, w, w.Beat, weekAfter); r.Seq != 0 || len(r.Rows) != 0 {
		t.Errorf("before it is set: %+v", r)
	}
	first := rosterOf(t, weekAfter, duty(t, w.Beat, "2026-11-23", "desk", "20:00", "08:00"), duty(t, w.Beat, "2026-11-24", "rest"))
	row := duty(t, w.Second, "2026-11-23", "beat", "08:00", "16:00")
	row.BeatID = &w.BeatID
	first.Rows = append(first.Rows, row)
	item := w.Incharge.Item("roster.set", first)
	e := w.Incharge.Send(item)[0]
	if e.Outcome != book.Entered {
		t.Fatalf("%+v", e.Problem)
	}
	if again := w.Incharge.Send(item)[0]; !again.Repeated || again.Entry.Seq != e.Entry.Seq {
		t.Errorf("sent twice: %+v", again)
	}
	r := weekOf(t, w, w.Beat, weekAfter)
	if r.RosterID != e.OpID || r.SetBy != w.Incharge.ID || len(r.Rows) != 3 || r.Rows[0].To != "08:00" || !isID(r.Rows[2].BeatID, w.BeatID) {
		t.Errorf("%+v", r)
	}
	if len(e.Entry.SeenBy) != 2 {
		t.Errorf("seen by %v", e.Entry.SeenBy)
	}

	second := rosterOf(t, weekAfter, duty(t, w.Beat, "2026-11-23", "centre", "10:00", "18:00"))
	refusedOp(t, "by who has not seen the first", w.SHO.Do("roster.set", second), contract.CodeRosterChanged, "/body/replaces")
	second.Replaces = &w.Beat.ID
	refusedOp(t, "in the place of another", w.SHO.Do("roster.set", second), contract.CodeRosterChanged, "/body/replaces")
	second.Replaces = &r.RosterID
	now := w.SHO.Enter("roster.set", second)
	if r := weekOf(t, w, w.Incharge, weekAfter); r.RosterID != now.OpID || r.SetBy != w.SHO.ID || len(r.Rows) != 1 {
		t.Errorf("%+v", r)
	}
	empty := rosterOf(t, weekBefore)
	refusedOp(t, "of a week that is over", w.Incharge.Do("roster.set", empty), contract.CodeTooOld, "/body/week")
	far := rosterOf(t, "2027-01-18")
	refusedOp(t, "of a week far ahead", w.Incharge.Do("roster.set", far), contract.CodeInFuture, "/body/week")
	replacing := rosterOf(t, weekNow)
	replacing.Replaces = &now.OpID
	refusedOp(t, "in the place of none", w.Incharge.Do("roster.set", replacing), contract.CodeRosterChanged, "/body/replaces")
}

func isID(a *uuid.UUID, b uuid.UUID) bool { return a != nil && *a == b }

func TestARosterIsRefusedForWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	stranger := w.Other
	other := uuid.Must(uuid.NewV7())
	before := w.Incharge.Enter("roster.set", rosterOf(t, weekNow, duty(t, w.Beat, "2026-11-22", "desk", "20:00", "08:00")))
	w.Incharge.Enter("roster.set", rosterOf(t, "2026-11-30", duty(t, w.Second, "2026-11-30", "desk", "00:00", "10:00")))
	beat := duty(t, w.Beat, "2026-11-25", "beat", "08:00", "16:00")
	beat.BeatID = &other
	for _, c := range []struct {
		why, pointer string
		code         contract.Code
		rows         []contract.RosterRow
	}{
		{"a day of another week", "/body/rows/1/day", contract.CodeDayOutsideWeek, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "rest"), duty(t, w.Beat, "2026-11-30", "rest")}},
		{"an officer of another centre", "/body/rows/0/officer_id", contract.CodeNotPosted, []contract.RosterRow{duty(t, stranger, "2026-11-25", "rest")}},
		{"a code that is none", "/body/rows/0/duty", contract.CodeUnknownCode, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "picnic", "08:00", "12:00")}},
		{"a duty without times", "/body/rows/0/from", contract.CodeMissingField, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "desk")}},
		{"a duty without its end", "/body/rows/0/to", contract.CodeMissingField, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "desk", "08:00")}},
		{"25 hours", "/body/rows/0/to", contract.CodeBadFormat, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "desk", "08:00", "25:00")}},
		{"rest with times", "/body/rows/0/from", contract.CodeBadFormat, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "rest", "08:00", "12:00")}},
		{"more than 14 hours", "/body/rows/0/to", contract.CodeDutyTooLong, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "desk", "18:00", "08:01")}},
		{"a whole day", "/body/rows/0/to", contract.CodeDutyTooLong, []contract.RosterRow{duty(t, w.Beat, "2026-11-25", "desk", "08:00", "08:00")}},
		{"two at once", "/body/rows/1/from", contract.CodeDutiesOverlap, []contract.RosterRow{
			duty(t, w.Beat, "2026-11-25", "desk", "20:00", "08:00"), duty(t, w.Beat, "2026-11-26", "beat", "07:59", "12:00"),
		}},
		{"duty on a day of rest", "/body/rows/1/from", contract.CodeDutiesOverlap, []contract.RosterRow{
			duty(t, w.Beat, "2026-11-25", "rest"), duty(t, w.Beat, "2026-11-25", "desk", "20:00", "08:00"),
		}},
		{"in the night of the week before", "/body/rows/0/from", contract.CodeDutiesOverlap, []contract.RosterRow{duty(t, w.Beat, "2026-11-23", "beat", "07:00", "12:00")}},
		{"into the week after", "/body/rows/0/from", contract.CodeDutiesOverlap, []contract.RosterRow{duty(t, w.Second, "2026-11-29", "beat", "20:00", "08:00")}},
		{"a beat that is none", "/body/rows/0/beat_id", contract.CodeUnknownReference, []contract.RosterRow{beat}},
	} {
		refusedOp(t, c.why, w.Incharge.Do("roster.set", rosterOf(t, weekAfter, c.rows...)), c.code, c.pointer)
	}
	tuesday := rosterOf(t, "2026-11-24")
	refusedOp(t, "a week from Tuesday", w.Incharge.Do("roster.set", tuesday), contract.CodeWeekFromMonday, "/body/week")
	many := rosterOf(t, weekAfter)
	for range 501 {
		many.Rows = append(many.Rows, duty(t, w.Beat, "2026-11-25", "rest"))
	}
	refusedOp(t, "501 rows", w.Incharge.Do("roster.set", many), contract.CodeTooMany, "/body/rows")
	refusedOp(t, "by the beat", w.Beat.Do("roster.set", rosterOf(t, weekAfter)), contract.CodeForbidden, "/kind")
	if r := weekOf(t, w, w.Incharge, weekNow); r.RosterID != before.OpID {
		t.Errorf("%+v", r)
	}
	good := rosterOf(t, weekAfter,
		duty(t, w.Beat, "2026-11-23", "rest"), // after the night that ends that morning
		duty(t, w.Beat, "2026-11-24", "desk", "18:00", "08:00"), duty(t, w.Beat, "2026-11-25", "beat", "08:00", "12:00"),
		duty(t, w.Beat, "2026-11-25", "centre", "12:00", "14:00"), duty(t, w.Second, "2026-11-25", "centre", "12:00", "14:00"),
		duty(t, w.Second, "2026-11-29", "beat", "14:00", "00:00"))
	w.Incharge.Enter("roster.set", good)
}

func TestARosterHoldsWhoHasAPostOnThatDayAndNobodyAfterIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Pass(time.Hour)
	w.SHO.Enter("post.leave", contract.PostLeave{PostID: w.Second.Posts[0].PostID, Reason: "transfer"})
	refusedOp(t, "the day after", w.Incharge.Do("roster.set", rosterOf(t, weekNow, duty(t, w.Second, "2026-11-19", "rest"))),
		contract.CodeNotPosted, "/body/rows/0/officer_id")
	w.Incharge.Enter("roster.set", rosterOf(t, weekNow, duty(t, w.Second, "2026-11-18", "desk", "06:00", "10:00")))
}

func TestWhoseDutyChangesIsToldAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	told := func() (out []string) {
		for _, o := range []*booktest.Officer{w.Beat, w.Second, w.Member, w.Incharge} {
			if n := count(t, w, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%|`+o.ID.String()+`|%'`); n > 0 {
				out = append(out, o.Number)
			}
		}
		w.Order(`TRUNCATE river.river_job`)
		return out
	}
	told()
	row := duty(t, w.Second, "2026-11-24", "desk", "08:00", "16:00")
	first := w.Incharge.Enter("roster.set", rosterOf(t, weekAfter, duty(t, w.Beat, "2026-11-23", "desk", "08:00", "16:00"), row,
		duty(t, w.Incharge, "2026-11-23", "centre", "10:00", "18:00")))
	if got := told(); len(got) != 2 || got[0] != w.Beat.Number || got[1] != w.Second.Number {
		t.Errorf("told of the first: %v", got)
	}
	next := rosterOf(t, weekAfter, row, duty(t, w.Member, "2026-11-25", "squad", "08:00", "20:00"))
	next.Replaces = &first.OpID
	w.Incharge.Enter("roster.set", next)
	if got := told(); len(got) != 2 || got[0] != w.Beat.Number || got[1] != w.Member.Number {
		t.Errorf("told of the second: %v", got)
	}
}

func TestARosterIsReadByWhoHasToDoWithTheCentre(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Incharge.Enter("roster.set", rosterOf(t, weekNow, duty(t, w.Beat, "2026-11-17", "desk", "20:00", "08:00"),
		duty(t, w.Beat, "2026-11-19", "desk", "20:00", "08:00"), duty(t, w.Second, "2026-11-19", "rest")))
	w.Incharge.Enter("roster.set", rosterOf(t, weekAfter, duty(t, w.Beat, "2026-11-24", "rest"), duty(t, w.Beat, "2026-11-25", "rest")))
	co := w.Enlist(book.HQ, staff.CO, func(b *contract.PostTake) { city := "City"; b.Circle = &city })
	far := w.Enlist(book.HQ, staff.CO, func(b *contract.PostTake) { c := "Rajapur"; b.Circle = &c })
	for _, o := range []*booktest.Officer{w.Beat, w.Dispatcher, co, w.SP} {
		if r := weekOf(t, w, o, weekNow); len(r.Rows) != 3 {
			t.Errorf("%+v", r)
		}
	}
	for _, o := range []*booktest.Officer{w.Other, far} {
		if _, err := w.Book.Roster(t.Context(), o.Caller(), booktest.Centre, dayOf(t, weekNow).Time); !isCode(err, contract.CodeNotFound) {
			t.Errorf("of another centre: %v", err)
		}
	}
	own, err := w.Book.OwnRoster(t.Context(), w.Beat.Caller())
	if err != nil || len(own) != 2 || own[0].Day != "2026-11-19" || own[0].Centre != booktest.Centre || own[1].Day != "2026-11-24" {
		t.Errorf("her own: %+v, %v", own, err) // the night of the 17th is over, the 25th is eight days off
	}
	w.Pass(-4 * time.Hour) // 06:00: the night still goes on
	if own, err := w.Book.OwnRoster(t.Context(), w.Beat.Caller()); err != nil || len(own) != 3 || own[0].Day != "2026-11-17" {
		t.Errorf("in the night: %+v, %v", own, err)
	}
	w.Pass(4 * time.Hour)

	w.OnDuty(w.Beat)
	w.Pass(time.Hour)
	today := dayOf(t, "2026-11-18").Add(-330 * time.Minute)
	for _, o := range []*booktest.Officer{w.Incharge, w.Dispatcher, co} {
		turns, err := w.Book.Turns(t.Context(), o.Caller(), booktest.Centre, today, w.Now())
		if err != nil || len(turns) != 1 || turns[0].OfficerID != w.Beat.ID || turns[0].Until != nil || !turns[0].Since.Equal(booktest.Start) {
			t.Errorf("%+v, %v", turns, err)
		}
	}
	if _, err := w.Book.Turns(t.Context(), w.Second.Caller(), booktest.Centre, today, w.Now()); !isCode(err, contract.CodeForbidden) {
		t.Errorf("a beat officer sees who is on duty: %v", err)
	}
	w.Pass(13*time.Hour - time.Minute)
	open := func() bool {
		turns, err := w.Book.Turns(t.Context(), w.Incharge.Caller(), booktest.Centre, today, w.Now())
		if err != nil || len(turns) != 1 {
			t.Fatalf("%+v, %v", turns, err)
		}
		return turns[0].Until == nil
	}
	if !open() {
		t.Error("it is over within fourteen hours")
	}
	if w.Pass(time.Minute); open() {
		t.Error("a duty that was never ended goes on after fourteen hours")
	}
	if turns, err := w.Book.Turns(t.Context(), w.Incharge.Caller(), booktest.Centre, w.Now().Add(48*time.Hour), w.Now().Add(72*time.Hour)); err != nil || len(turns) != 0 {
		t.Errorf("a duty that was never ended goes on for ever: %+v, %v", turns, err)
	}
}
