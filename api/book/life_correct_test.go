package book_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// helpDesk reads the lines of the help desk of the officer's centre.
func helpDesk(t *testing.T, w *booktest.World, by *booktest.Officer, centre string) []book.RegisterRow {
	t.Helper()
	page, err := w.Book.Register(context.Background(), by.Caller(), book.RegisterQuery{
		Centre: centre, Register: "help_desk", Year: 2026, Limit: 50,
	})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func TestTheLineOfAComplaintThatWasReceivedIsPutRightThereAndTheFirstCentresStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Pass(time.Hour)
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	before := helpDesk(t, w, w.Incharge, "KRW")[0]
	said.Category, said.RiskLevel = "dowry", "high"
	fix := contract.EntryCorrect{CorrectsID: there.ID, Reason: "प्रकार गलत अंकित हुआ था", Complaint: &said}
	if r := w.Other.Do("entry.correct", contract.EntryCorrect{CorrectsID: there.ID, Reason: "भूल से अंकित", Visit: ptr(w.Visit())}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("by a line of another register: %+v", r)
	}
	e := w.Other.Enter("entry.correct", fix)
	if e.CaseID != id {
		t.Errorf("sealed under %s", e.CaseID)
	}
	now := lifeOf(t, w, there.ID)
	if now.Category != "dowry" || now.State != "registered" || now.Data.FromCentre != "KRW" || now.Correlation != id || !now.Arrived.Equal(there.Arrived) || now.Serial != 2 {
		t.Errorf("there: %+v", now)
	}
	rows := helpDesk(t, w, w.Other, "RJP")
	if len(rows) != 2 || rows[0].StruckBy == nil || *rows[0].StruckBy != e.OpID || rows[1].Corrects == nil || *rows[1].Corrects != there.ID {
		t.Fatalf("%+v", rows)
	}
	var cols map[string]any
	if err := json.Unmarshal(rows[1].Columns, &cols); err != nil || cols["from_centre"] != "KRW" || cols["category"] != "dowry" {
		t.Errorf("%s", rows[1].Columns)
	}
	after := helpDesk(t, w, w.Incharge, "KRW")
	if len(after) != 1 || after[0].StruckSeq != nil || after[0].State != "transferred" || after[0].Category != before.Category ||
		string(after[0].Columns) != string(before.Columns) || lifeOf(t, w, id).Category != "domestic_violence" {
		t.Errorf("the first centre's: %+v", after)
	}
	// And what was put right is put right once more, or struck.
	said.Category, fix.CorrectsID = "marital_dispute", e.OpID
	e = w.Other.Enter("entry.correct", fix)
	w.Other.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "दोबारा अंकित", Strike: ptr(true)})
	if now := lifeOf(t, w, there.ID); now.Category != "marital_dispute" || now.State != "closed" {
		t.Errorf("struck: %+v", now)
	}
}

// again is a correction of a complaint by the same words, changed.
func again(id uuid.UUID, said contract.ComplaintOpen, change func(c *contract.ComplaintOpen)) contract.EntryCorrect {
	change(&said)
	return contract.EntryCorrect{CorrectsID: id, Reason: "आगमन का समय गलत अंकित हुआ", Complaint: &said}
}

// rungsOf counts the rungs of a limit that were told of a subject.
func rungsOf(t *testing.T, w *booktest.World, id uuid.UUID, limit string) int64 {
	t.Helper()
	return count(t, w, `SELECT count(*) FROM entries WHERE kind = 'escalation.raise' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'subject_id' = '`+
		id.String()+`' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'limit' = '`+limit+`'`)
}

func TestACorrectedArrivalMovesWhatCountsFromIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Pass(8 * day)
	came := w.Now()
	w.Pass(2 * time.Hour)
	said := complaintOf(w)
	said.ArrivedAt = contract.At(came)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Incharge.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID, Note: "स्वयं देखूँगी"})
	if k := clockOf(t, w, id, "register"); !k.Due.Equal(came.Add(30 * time.Minute)) {
		t.Fatalf("%+v", k)
	}
	// She came an hour later than was written: due an hour later.
	fix := w.Beat.Enter("entry.correct", again(id, said, func(c *contract.ComplaintOpen) { c.ArrivedAt = contract.At(came.Add(time.Hour)) })).OpID
	c := lifeOf(t, w, id)
	if k := clockOf(t, w, id, "overall"); !c.Arrived.Equal(came.Add(time.Hour)) || !k.Starts.Equal(c.Arrived) || !k.Due.Equal(c.Arrived.Add(7*day)) || k.N != 1 {
		t.Errorf("later: %+v, %+v", c, k)
	}
	if k := clockOf(t, w, id, "register"); !k.Starts.Equal(c.Arrived) || !k.Due.Equal(c.Arrived.Add(30*time.Minute)) {
		t.Errorf("the state's: %+v", k)
	}
	w.Pass(2 * time.Hour)
	if n := tick(t, w); n == 0 || rungsOf(t, w, id, "overall") != 0 {
		t.Errorf("%d done, and the overall limit is told too soon", n)
	}
	told := clockOf(t, w, id, "register").Rung
	// She came seven days before: it is due at once, and what was told stays told.
	early := came.Add(-7 * day)
	fix = w.Incharge.Enter("entry.correct", again(fix, said, func(c *contract.ComplaintOpen) { c.ArrivedAt = contract.At(early) })).OpID
	if k := clockOf(t, w, id, "overall"); !k.Due.Equal(early.Add(7*day)) || k.Next == nil || k.Next.After(w.Now()) {
		t.Errorf("earlier: %+v", k)
	}
	if k := clockOf(t, w, id, "register"); told == 0 || k.Rung != told {
		t.Errorf("%d rungs were told, now %d", told, k.Rung)
	}
	tick(t, w)
	if n := rungsOf(t, w, id, "overall"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if err := custodyWhole(w, []uuid.UUID{id}); err != nil {
		t.Error(err)
	}
	// Back again: the rung that was told is not told twice.
	fix = w.Incharge.Enter("entry.correct", again(fix, said, func(*contract.ComplaintOpen) {})).OpID
	if k := clockOf(t, w, id, "overall"); !k.Due.Equal(came.Add(7*day)) || k.Rung != 1 || k.Next == nil || !k.Next.Equal(k.Due.Add(day)) {
		t.Errorf("back: %+v", k)
	}
	// Never after she was taken in, whatever is said.
	w.Pass(time.Hour)
	w.Incharge.Enter("entry.correct", again(fix, said, func(c *contract.ComplaintOpen) { c.ArrivedAt = contract.At(w.Now()) }))
	rows := helpDesk(t, w, w.Incharge, booktest.Centre)
	var cols struct {
		ArrivedAt time.Time `json:"arrived_at"`
	}
	if err := json.Unmarshal(rows[len(rows)-1].Columns, &cols); err != nil || !cols.ArrivedAt.Equal(came.Add(2*time.Hour)) || !lifeOf(t, w, id).Arrived.Equal(cols.ArrivedAt) {
		t.Errorf("the line says she came at %s, %v", cols.ArrivedAt, err)
	}
	if err := custodyWhole(w, []uuid.UUID{id}); err != nil {
		t.Error(err)
	}
}

func TestWhatWasRegisteredAtHerArrivalIsRegisteredAtTheRightOneAndCountsOnItsDay(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	day1 := today(w)
	w.Pass(day)
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: w.Second.ID})
	w.Second.Enter("complaint.act", contract.ComplaintAct{ComplaintID: id, Action: "visited"})
	night := contract.At(w.Now().Add(-day))
	w.Pass(time.Hour)
	w.Incharge.Enter("complaint.extend", contract.ComplaintExtend{ComplaintID: id, UntilAt: contract.At(w.Now().Add(5 * day)), Reason: "चिकित्सीय आख्या शेष है"})
	named := clockOf(t, w, id, "disposal")
	w.Incharge.Enter("entry.correct", again(id, said, func(c *contract.ComplaintOpen) { c.ArrivedAt, c.RegisteredAt = night, &night }))
	c := lifeOf(t, w, id)
	if !c.Arrived.Equal(night.Time) || c.RegisteredAt == nil || !c.RegisteredAt.Equal(night.Time) || c.State != "in_action" {
		t.Errorf("%+v", c)
	}
	if k := clockOf(t, w, id, "disposal"); !k.Due.Equal(named.Due) {
		t.Errorf("an end that was named has moved: %+v", k)
	}
	for i, want := range []map[string]int64{{"complaints_registered": 1, "complaints_received": 0}, {"complaints_registered": 0, "complaints_received": 1}} {
		date := day1.AddDate(0, 0, i)
		figures := returns(t, w, w.SHO, booktest.Centre, date, date).Centres[0].Figures
		for figure, n := range want {
			if figures[figure] != n {
				t.Errorf("day %d: %s is %d", i, figure, figures[figure])
			}
		}
	}
	if err := custodyWhole(w, []uuid.UUID{id}); err != nil {
		t.Error(err)
	}
	// One that came from another centre keeps the day it came here.
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	w.Other.Enter("entry.correct", again(there.ID, said, func(c *contract.ComplaintOpen) { c.ArrivedAt = contract.At(night.Add(-day)) }))
	now := lifeOf(t, w, there.ID)
	if k := clockOf(t, w, there.ID, "overall"); !now.Arrived.Equal(night.Add(-day)) || !k.Due.Equal(night.Add(6*day)) || !now.RegisteredAt.Equal(*there.RegisteredAt) {
		t.Errorf("there: %+v, %+v", now, k)
	}
}

func TestWhoIsComplainedOfWhereAComplaintCameToSeesNothingOfItInTheFeed(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	second := w.Enlist("RJP", staff.CentreIncharge)
	seen := func(o *booktest.Officer) (n int) {
		lines, _ := follow(t, w.Book, o, "RJP", 0, 50)
		for _, l := range lines {
			if strings.HasPrefix(l.Kind, "complaint.") || l.Kind == "entry.correct" {
				n++
			}
		}
		return n
	}
	if n := seen(w.Other); n != 1 {
		t.Fatalf("before anybody said that it is about her she sees %d lines", n)
	}
	second.Enter("entry.correct", again(there.ID, said, func(c *contract.ComplaintOpen) { c.AboutBy = []uuid.UUID{w.Other.ID} }))
	if n := seen(w.Other); n != 0 {
		t.Errorf("who is complained of sees %d lines", n)
	}
	if n := seen(second); n != 2 {
		t.Errorf("another in-charge sees %d lines", n)
	}
}

func TestACorrectedRiskOrCategoryMovesTheLimitsThatDependOnIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	order(w, "limit.set", contract.LimitSet{Limit: "disposal", Seconds: 3600, Category: ptr("dowry"), Basis: "आदेश"})
	order(w, "limit.set", contract.LimitSet{Limit: "fir_decision", Seconds: 600, RiskLevel: ptr("high"), Basis: "आदेश"})
	order(w, "limit.set", contract.LimitSet{Limit: "referral_answer", Seconds: 1800, RiskLevel: ptr("high"), Basis: "आदेश"})
	w.Pass(time.Minute)
	from := w.Now()
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Incharge.Enter("fir.request", contract.FIRRequest{ComplaintID: id})
	w.Incharge.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID, Note: "स्वयं देखूँगी"})
	sent := w.Beat.Enter("complaint.open", said).OpID
	refer := contract.ReferralSend{ComplaintID: sent, Referral: "one_stop_centre", Note: ptr("परामर्श हेतु")}
	open := w.Incharge.Enter("referral.send", refer).OpID
	refer.AnswerByAt = contract.AtPtr(from.Add(5 * day))
	named := w.Incharge.Enter("referral.send", refer).OpID
	due := func(when string, subject uuid.UUID, code string, want time.Duration) {
		t.Helper()
		if k := clockOf(t, w, subject, code); !k.Starts.Equal(from) || !k.Due.Equal(from.Add(want)) {
			t.Errorf("%s: %s is %+v, want %s after %s", when, code, k, want, from)
		}
	}
	due("as it was", id, "assign", 2*time.Hour)
	w.Pass(90 * time.Minute)
	tick(t, w)
	if rungsOf(t, w, id, "fir_decision") != 1 || rungsOf(t, w, id, "assign") != 0 {
		t.Fatal("what was told before the correction")
	}
	last := w.Incharge.Enter("entry.correct", again(id, said, highRisk)).OpID
	due("high risk", id, "assign", 30*time.Minute)
	due("high risk", id, "first_action", time.Hour)
	due("high risk", id, "disposal", 3*day)
	due("high risk", id, "fir_decision", 10*time.Minute)
	w.Incharge.Enter("entry.correct", again(sent, said, highRisk))
	due("what is over", sent, "first_action", day)
	due("high risk", open, "referral_answer", 30*time.Minute)
	due("an end that was named", named, "referral_answer", 5*day)
	if k := clockOf(t, w, id, "fir_decision"); k.Rung != 1 {
		t.Errorf("what was told is told no more: %+v", k)
	}
	w.Pass(61 * time.Minute) // two hours and half an hour: the first rung of what was due after half an hour
	tick(t, w)
	if n := rungsOf(t, w, id, "assign"); n != 1 {
		t.Errorf("the limit of high risk is told %d times", n)
	}
	if n := rungsOf(t, w, id, "fir_decision"); n != 2 {
		t.Errorf("the decision was told once before, now %d times", n)
	}
	w.Incharge.Enter("entry.correct", again(last, said, func(c *contract.ComplaintOpen) { c.Category = "dowry" }))
	due("dowry of medium risk", id, "assign", 2*time.Hour)
	due("dowry", id, "disposal", time.Hour)
	if k := clockOf(t, w, id, "assign"); k.Rung != 1 {
		t.Errorf("what was told is told no more: %+v", k)
	}
}

func TestAnExtendedDisposalAndPausesStandWhateverRiskIsPutRight(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	order(w, "limit.set", contract.LimitSet{Limit: "disposal", Seconds: 86400, RiskLevel: ptr("high"), Basis: "आदेश"})
	w.Pass(time.Minute)
	from, said := w.Now(), complaintOf(w, registered)
	id, other := w.Beat.Enter("complaint.open", said).OpID, w.Beat.Enter("complaint.open", said).OpID
	w.Incharge.Enter("complaint.extend", contract.ComplaintExtend{ComplaintID: id, UntilAt: contract.At(from.Add(6 * day)), Reason: "चिकित्सीय आख्या शेष है"})
	w.Beat.Enter("pause.ask", contract.PauseAsk{ComplaintID: other, Reason: "out_of_station"})
	w.Incharge.Enter("pause.allow", contract.PauseAllow{ComplaintID: other, Allowed: true})
	w.Pass(time.Hour)
	w.Beat.Enter("complaint.resume", contract.ComplaintResume{ComplaintID: other})
	w.Incharge.Enter("entry.correct", again(id, said, highRisk))
	w.Incharge.Enter("entry.correct", again(other, said, highRisk))
	if k := clockOf(t, w, id, "disposal"); !k.Due.Equal(from.Add(6 * day)) {
		t.Errorf("an end that was named: %+v", k)
	}
	if k := clockOf(t, w, other, "disposal"); !k.Due.Equal(from.Add(day + time.Hour)) {
		t.Errorf("with its pause: %+v", k)
	}
}

func TestACorrectionThatSaysWhenItWasRegisteredRegistersTheComplaint(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := complaintOf(w)
	id := w.Beat.Enter("complaint.open", said).OpID
	w.Pass(3 * time.Hour)
	tick(t, w)
	if rungsOf(t, w, id, "register") != 1 {
		t.Fatal("nobody was told that it is not registered")
	}
	at := w.Now().Add(-time.Hour)
	registeredAt := func(at time.Time) func(c *contract.ComplaintOpen) {
		return func(c *contract.ComplaintOpen) { c.RegisteredAt = contract.AtPtr(at) }
	}
	r := w.Beat.Do("entry.correct", again(id, said, registeredAt(at)))
	c := lifeOf(t, w, id)
	if r.Slip == nil || c.State != "registered" || c.RegisteredAt == nil || !c.RegisteredAt.Equal(at) {
		t.Fatalf("%+v, %+v", r, c)
	}
	if k := clockOf(t, w, id, "register"); k.Stop == nil || !k.Stop.Equal(at) || k.Rung != 1 {
		t.Errorf("%+v", k)
	}
	for code, length := range map[string]time.Duration{"assign": 2 * time.Hour, "first_action": day, "disposal": 3 * day} {
		if k := clockOf(t, w, id, code); !k.Starts.Equal(at) || !k.Due.Equal(at.Add(length)) {
			t.Errorf("%s: %+v", code, k)
		}
	}
	if n := returns(t, w, w.SHO, booktest.Centre, today(w).Time, today(w).Time).Centres[0].Figures["complaints_registered"]; n != 1 {
		t.Errorf("the day counts %d registered", n)
	}
	if r := w.Incharge.Do("complaint.register", contract.ComplaintRegister{ComplaintID: id}); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("registered once more: %+v", r)
	}
	// And once more put right, half an hour later: no other slip, and the clocks go with it.
	r = w.Beat.Do("entry.correct", again(r.OpID, said, registeredAt(at.Add(30*time.Minute))))
	if k := clockOf(t, w, id, "assign"); r.Slip != nil || !k.Starts.Equal(at.Add(30*time.Minute)) || !lifeOf(t, w, id).RegisteredAt.Equal(k.Starts) {
		t.Errorf("%+v, %+v", r, k)
	}
	if err := custodyWhole(w, []uuid.UUID{id}); err != nil {
		t.Error(err)
	}
	// What is registered stays so when a correction says nothing of it.
	w.Beat.Enter("entry.correct", again(r.OpID, said, highRisk))
	if c := lifeOf(t, w, id); c.State != "registered" || !c.RegisteredAt.Equal(at.Add(30*time.Minute)) {
		t.Errorf("%+v", c)
	}
}
