package book_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// onSquadDuty is a squad at work: its leader on duty, briefed.
func onSquadDuty(t *testing.T) *booktest.World {
	t.Helper()
	w := booktest.New(t)
	w.Leader.Enter("duty.start", contract.DutyStart{SquadID: &w.SquadID})
	w.Leader.Enter("squad.brief", w.Brief())
	return w
}

// somebody is an entry about a person like no other.
func somebody(w *booktest.World, change func(p *contract.SquadPerson)) contract.SquadPerson {
	p, mark := w.Person(), uuid.New()
	name, mobile := "व्यक्ति "+mark.String(), fmt.Sprintf("98%08d", mark.ID()%100_000_000)
	p.Name, p.Mobile, p.Facts = &name, &mobile, "एक महिला का पीछा करते देखा गया, "+mark.String()
	if change != nil {
		change(&p)
	}
	return p
}

// flagsRaised lists the patterns that were raised, by their code.
func flagsRaised(t *testing.T, w *booktest.World) map[string]contract.ConductFlag {
	t.Helper()
	out := map[string]contract.ConductFlag{}
	rows, err := w.Superuser().Query(t.Context(), `SELECT convert_from(wire, 'UTF8')::json ->> 'body' FROM entries WHERE kind = 'conduct.flag'`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range list {
		var b contract.ConductFlag
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		if _, twice := out[b.Pattern]; twice && b.Span == "week" {
			t.Errorf("%s is raised twice", b.Pattern)
		}
		out[b.Pattern] = b
	}
	return out
}

func TestEachPatternIsRaisedFromItsThresholdOnAndNotBefore(t *testing.T) {
	t.Parallel()
	far := booktest.At(25.30, 80.99, 10)
	for pattern, c := range map[string]struct {
		threshold int
		enter     func(w *booktest.World, round *book.Entry, n int)
	}{
		"one_ground": {8, func(w *booktest.World, _ *book.Entry, n int) {
			w.Pass(7 * time.Minute)
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Ground = "pointed_out_by_woman" }))
		}},
		"same_facts": {3, func(w *booktest.World, _ *book.Entry, n int) {
			if n == 0 {
				w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
					p.Facts = "एक छात्रा का पीछा करते देखा गया"
				}))
			}
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
				p.Facts = "एक छात्रा  का पीछा करते देखा गया।"
			}))
		}},
		"no_word": {10, func(w *booktest.World, _ *book.Entry, n int) {
			w.Pass(10 * time.Minute)
			w.Leader.Enter("squad.person", somebody(w, nil))
		}},
		"one_place": {20, func(w *booktest.World, _ *book.Entry, n int) {
			w.Pass(10 * time.Minute)
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Ground = "named_in_complaint" }), booktest.At(25.2181, 80.9231, 10))
		}},
		"women": {1, func(w *booktest.World, _ *book.Entry, _ int) {
			r := w.Round()
			r.PersonsSpoken, r.WomenSpoken = 40, 25
			w.Leader.Enter("squad.round", r)
		}},
		"after_shift": {3, func(w *booktest.World, _ *book.Entry, n int) {
			if n == 0 {
				w.Leader.Enter("duty.end", contract.DutyEnd{StartID: dutyOf(w)})
				w.Pass(time.Minute)
			}
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { // met on duty, entered after it
				p.SeenAt = contract.At(w.Now().Add(-time.Minute))
			}))
		}},
		"far_from_place": {3, func(w *booktest.World, round *book.Entry, n int) {
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.RoundID = &round.OpID }), far)
		}},
		"children": {5, func(w *booktest.World, _ *book.Entry, n int) {
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
				told := contract.At(w.Now())
				p.Age, p.IsChild, p.Outcome, p.GuardianToldAt = new(15), true, "guardian_told", &told
			}))
		}},
		"same_person": {3, func(w *booktest.World, _ *book.Entry, n int) {
			if n == 0 {
				w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Mobile = new("+919812345678") }))
			}
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Mobile = new("9812345678") }))
		}},
	} {
		for _, entries := range []int{c.threshold - 1, c.threshold} {
			t.Run(fmt.Sprintf("%s %d", pattern, entries), func(t *testing.T) {
				t.Parallel()
				w := onSquadDuty(t)
				round := w.Leader.Enter("squad.round", w.Round(), booktest.At(25.218, 80.923, 10))
				for n := range entries {
					c.enter(w, round, n)
				}
				w.Pass(8 * 24 * time.Hour)
				for range 2 {
					tick(t, w)
				}
				got, raised := flagsRaised(t, w)[pattern]
				if entries < c.threshold {
					if raised {
						t.Errorf("raised below its threshold: %+v", got)
					}
					return
				}
				if !raised || got.N < c.threshold || *got.SquadID != w.SquadID || !slices.Contains(got.Officers, w.Leader.ID) {
					t.Errorf("%t %+v", raised, got)
				}
				t.Logf("%s: %d of %d, from %d on", pattern, got.N, got.Total, got.Threshold)
			})
		}
	}
}

// dutyOf is the duty that the leader began.
func dutyOf(w *booktest.World) uuid.UUID {
	var id uuid.UUID
	if err := w.Superuser().QueryRow(w.T.Context(), `SELECT duty_id FROM duties WHERE officer_id = $1`, w.Leader.ID).Scan(&id); err != nil {
		w.T.Fatal(err)
	}
	return id
}

// withAFlag is a world in which one pattern was raised: the same facts.
func withAFlag(t *testing.T) (w *booktest.World, flag uuid.UUID) {
	t.Helper()
	w = onSquadDuty(t)
	for range 4 {
		w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
			p.Facts, p.Ground = "एक छात्रा का पीछा करते देखा गया", "pointed_out_by_woman"
		}))
	}
	w.Pass(5 * 24 * time.Hour)
	tick(t, w)
	err := w.Superuser().QueryRow(t.Context(), `SELECT matter_id FROM matters WHERE kind = 'conduct_flag' AND state = 'open'`).Scan(&flag)
	if err != nil {
		t.Fatal(err)
	}
	return w, flag
}

func TestAPatternIsToldToInchargeAndCircleOfficerWithItsFiguresAndNotToTheSquad(t *testing.T) {
	t.Parallel()
	w, flag := withAFlag(t)
	if n := count(t, w, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%`+flag.String()+`%' AND args::text ~ 'centre_incharge|"co"|~co'`); n < 1 {
		t.Errorf("%d told", n)
	}
	got := flagsRaised(t, w)["same_facts"]
	if got.N != 3 || got.Total != 4 || got.Threshold != 3 || got.Span != "week" || got.From.Format(time.DateOnly) != "2026-11-16" {
		t.Errorf("%+v", got)
	}
	for _, o := range []*booktest.Officer{w.Leader, w.Member, w.Beat} {
		lines, _ := follow(t, w.Book, o, booktest.Centre, 0, 500)
		if slices.ContainsFunc(lines, func(l feedLine) bool { return l.Kind == "conduct.flag" }) {
			t.Error("the squad is shown what was raised about it")
		}
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE facts LIKE '%छात्रा%' OR wire LIKE '%छात्रा%' OR sealed LIKE '%छात्रा%'`); n != 0 {
		t.Errorf("the facts stand open %d times", n)
	}
}

func TestTwoProcessesThatTickAtOnceRaiseAPatternOnce(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	for range 4 {
		w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
			p.Facts = "एक छात्रा का पीछा करते देखा गया"
		}))
	}
	w.Pass(7 * 24 * time.Hour)
	tickAtOnce(t, w)
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'conduct.flag'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if n := count(t, w, `SELECT count(*) FROM conduct_due`); n != 0 {
		t.Errorf("%d spans are still due", n)
	}
}

func TestAPatternIsRaisedOnceThoughItsFiguresGrow(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	for range 3 {
		for range 8 {
			w.Pass(time.Minute)
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Ground = "pointed_out_by_woman" }))
		}
		tick(t, w)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'conduct.flag'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if got := flagsRaised(t, w)["one_ground"]; got.N != 8 || got.Total != 8 || got.Span != "day" || got.Ground == nil || *got.Ground != "pointed_out_by_woman" {
		t.Errorf("%+v", got)
	}
}

func TestHQChangesFromHowManyOnAPatternIsRaised(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	set := contract.ConductSet{Pattern: "same_facts", N: 2, Basis: "आदेश दिनांक 18 नवम्बर 2026"}
	refusedOp(t, "in a centre's book", w.SP.Do("conduct.set", set, atKarwi), contract.CodeWrongCentre, "/centre")
	refusedOp(t, "by the in-charge", w.Incharge.Do("conduct.set", set), contract.CodeForbidden, "/kind")
	unknown := set
	unknown.Pattern = "fun"
	refusedOp(t, "of no pattern", w.SP.Do("conduct.set", unknown, booktest.With("centre", book.HQ)), contract.CodeUnknownCode, "/body/pattern")
	monday := contract.At(time.Date(2026, 11, 22, 18, 30, 0, 0, time.UTC))
	set.ValidFrom = &monday
	order(w, "conduct.set", set)
	copied := func() {
		for range 3 {
			w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
				p.Facts, p.Ground = "एक छात्रा का पीछा करते देखा गया", "named_in_complaint"
			}))
		}
	}
	copied()
	w.Pass(5 * 24 * time.Hour)
	tick(t, w)
	if got := flagsRaised(t, w); len(got) != 0 {
		t.Errorf("by a rule of the week after: %v", got)
	}
	w.Leader.SignIn()
	w.GoOut()
	copied()
	w.Pass(7 * 24 * time.Hour)
	tick(t, w)
	if got := flagsRaised(t, w)["same_facts"]; got.N != 3 || got.Threshold != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAPatternIsAnsweredOnceByASeniorWhoHasNoPartInIt(t *testing.T) {
	t.Parallel()
	w, flag := withAFlag(t)
	sheet := func() int64 {
		d, err := w.Book.DaySheet(t.Context(), w.SHO.Caller(), booktest.Centre, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		return d.Conduct
	}
	if n := sheet(); n != 1 {
		t.Errorf("%d on the sheet", n)
	}
	note := "चारों प्रविष्टियाँ देखी गयीं, प्रभारी को निर्देशित किया गया"
	answer := contract.ConductAnswer{FlagID: flag, Answer: "instructed", Note: &note}
	refusedOp(t, "by the leader", w.Leader.Do("conduct.answer", answer), contract.CodeForbidden, "/kind")
	refusedOp(t, "by another centre's", w.Other.Do("conduct.answer", answer, atKarwi), contract.CodeNotYourPost, "/centre")
	bad := answer
	bad.Answer = "fine"
	refusedOp(t, "by a word nobody knows", w.SHO.Do("conduct.answer", bad), contract.CodeUnknownCode, "/body/answer")
	bad = answer
	bad.FlagID = w.Beat.Enter("visit.record", w.Visit()).OpID
	refusedOp(t, "of a visit", w.SHO.Do("conduct.answer", bad), contract.CodeUnknownReference, "/body/flag_id")
	e := w.Incharge.Enter("conduct.answer", answer)
	if len(e.SeenBy) != 0 {
		t.Errorf("shown to %v", e.SeenBy)
	}
	refusedOp(t, "twice", w.SHO.Do("conduct.answer", answer), contract.CodeWrongState, "/body/flag_id")
	if n := sheet(); n != 0 {
		t.Errorf("%d on the sheet when it is answered", n)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'conduct_answer' AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d clocks run on", n)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE sealed LIKE '%निर्देशित%'`); n != 0 {
		t.Error("the note stands open")
	}
}

func TestWhoMadeTheEntriesOrLeadsTheSquadDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	r := w.Round()
	r.PersonsSpoken, r.WomenSpoken = 30, 26
	w.Incharge.Enter("squad.round", r)
	led := r
	led.LeaderBy = w.SHO.ID
	w.Leader.Enter("squad.round", led)
	w.Pass(5 * 24 * time.Hour)
	tick(t, w)
	var flag uuid.UUID
	if err := w.Superuser().QueryRow(t.Context(), `SELECT matter_id FROM matters WHERE kind = 'conduct_flag'`).Scan(&flag); err != nil {
		t.Fatal(err)
	}
	answer := contract.ConductAnswer{FlagID: flag, Answer: "in_order"}
	refusedOp(t, "by who made an entry", w.Incharge.Do("conduct.answer", answer), contract.CodeOwnAct, "/body/flag_id")
	refusedOp(t, "by who led a round", w.SHO.Do("conduct.answer", answer), contract.CodeOwnAct, "/body/flag_id")
	both := w.Enlist(booktest.Centre, staff.SHO)
	post := uuid.Must(uuid.NewV7())
	w.SP.Enter("post.take", contract.PostTake{PostID: post, OfficerID: both.ID, Role: contract.Role(staff.SquadLeader), SquadID: &w.SquadID}, atKarwi)
	refusedOp(t, "by who leads the squad beside his post", both.Do("conduct.answer", answer), contract.CodeOwnAct, "/body/flag_id")
	circleOfficer(t, w).Enter("conduct.answer", answer, atKarwi)
}

func TestAPatternThatNobodyAnswersClimbsToTheCircleOfficerAndTheSP(t *testing.T) {
	t.Parallel()
	w, _ := withAFlag(t)
	w.Pass(3*24*time.Hour - time.Minute)
	tick(t, w)
	if got := raised(t, w, "conduct_answer"); len(got) != 0 {
		t.Errorf("within three days: %v", got)
	}
	w.Pass(time.Minute)
	tick(t, w)
	w.Pass(3 * 24 * time.Hour)
	tick(t, w)
	if got := raised(t, w, "conduct_answer"); !slices.Equal(got, []string{"co", "sp"}) {
		t.Errorf("told %v", got)
	}
}

func TestConductFlagsAreTheClocksAlone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	body := contract.ConductFlag{SquadID: &w.SquadID, Pattern: "women", Span: "week", N: 30, Total: 40, Threshold: 25, Officers: []uuid.UUID{}}
	body.From.Time = w.Now()
	for _, o := range []*booktest.Officer{w.SHO, w.SP} {
		refusedOp(t, "from a phone", o.Do("conduct.flag", body, atKarwi), contract.CodeClockOnly, "/kind")
	}
}
