package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestALineOfTheSquadIsReviewedOnceAndNotByItsLeader(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	round := w.Leader.Enter("squad.round", w.Round())
	person := w.Leader.Enter("squad.person", w.Person())
	led := w.Round()
	led.LeaderBy = w.Incharge.ID
	hers := w.Leader.Enter("squad.round", led)
	noted := w.Incharge.Enter("squad.round", w.Round())
	review := func(id uuid.UUID) contract.SquadReview { return contract.SquadReview{LineID: id, Verdict: "in_order"} }

	refusedOp(t, "a round that she led", w.Incharge.Do("squad.review", review(hers.OpID)), contract.CodeOwnAct, "/body/line_id")
	refusedOp(t, "a round that she noted", w.Incharge.Do("squad.review", review(noted.OpID)), contract.CodeOwnAct, "/body/line_id")
	refusedOp(t, "by the leader", w.Leader.Do("squad.review", review(round.OpID)), contract.CodeForbidden, "/kind")
	refusedOp(t, "a visit", w.Incharge.Do("squad.review", review(w.Beat.Enter("visit.record", w.Visit()).OpID)), contract.CodeUnknownReference, "/body/line_id")
	bad := review(round.OpID)
	bad.Verdict = "fine"
	refusedOp(t, "a verdict nobody knows", w.Incharge.Do("squad.review", bad), contract.CodeUnknownCode, "/body/verdict")
	if r := w.Incharge.Do("squad.review", review(uuid.Must(uuid.NewV7()))); r.Outcome != book.Held {
		t.Errorf("one that has not come: %+v", r)
	}
	for _, id := range []uuid.UUID{round.OpID, person.OpID} {
		w.Incharge.Enter("squad.review", review(id))
		refusedOp(t, "twice", w.SHO.Do("squad.review", review(id)), contract.CodeReviewedAlready, "/body/line_id")
	}
	w.SHO.Enter("squad.review", review(hers.OpID))
	w.SHO.Enter("squad.review", review(noted.OpID))
	if row, cols := lineOf(t, w, "squad", 1); row.State != "reviewed" || cols["reviewed_by"] != w.Incharge.ID.String() {
		t.Errorf("%+v %v", row, cols)
	}
	if n := count(t, w, `SELECT count(*) FROM clocks WHERE code = 'squad_review' AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d clocks of reviews run on", n)
	}

	// What was looked at, its leader puts right no more; the in-charge may.
	right := w.Person()
	fix := contract.EntryCorrect{CorrectsID: person.OpID, Reason: "आयु गलत", Person: &right}
	refusedOp(t, "after the review", w.Leader.Do("entry.correct", fix), contract.CodeReviewedAlready, "/body/corrects_id")
	w.Incharge.Enter("entry.correct", fix)
}

func TestALineThatSheHerselfPutRightIsNotHersToReview(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	round := w.Leader.Enter("squad.round", w.Round())
	right := w.Round()
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: round.OpID, Reason: "संख्या गलत", Round: &right})
	refusedOp(t, "her own line", w.Incharge.Do("squad.review", contract.SquadReview{LineID: round.OpID, Verdict: "in_order"}), contract.CodeOwnAct, "/body/line_id")
	w.SHO.Enter("squad.review", contract.SquadReview{LineID: round.OpID, Verdict: "in_order"})
	strike := true
	gone := w.Leader.Enter("squad.round", w.Round())
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: gone.OpID, Reason: "भ्रमण नहीं हुआ", Strike: &strike})
	refusedOp(t, "a line that was struck", w.SHO.Do("squad.review", contract.SquadReview{LineID: gone.OpID, Verdict: "in_order"}), contract.CodeWrongState, "/body/line_id")
}

func TestSuspectedMisconductIsToldAboveAndNotToTheLeader(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	person := w.Leader.Enter("squad.person", w.Person())
	before := jobs(t, w)
	note := "बॉडी कैमरा बन्द पाया गया"
	r := w.Incharge.Enter("squad.review", contract.SquadReview{LineID: person.OpID, Verdict: "misconduct_suspected", Note: &note})
	if n := jobs(t, w) - before; n != 1 {
		t.Errorf("%d told", n)
	}
	for _, id := range r.SeenBy {
		if id == w.Leader.ID {
			t.Error("the leader is shown it")
		}
	}
	ok := w.Leader.Enter("squad.person", w.Person())
	if r := w.Incharge.Enter("squad.review", contract.SquadReview{LineID: ok.OpID, Verdict: "in_order"}); len(r.SeenBy) != 1 || r.SeenBy[0] != w.Leader.ID {
		t.Errorf("a good word is seen by %v", r.SeenBy)
	}
}

func TestAWarnedPersonObjectsWithinTwelveMonthsAndTheCircleOfficerDecidesOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co, desk := circleOfficer(t, w), w.Enlist(booktest.Centre, staff.DeskOfficer)
	w.GoOut()
	enter := func() *book.Entry { return w.Leader.Enter("squad.person", w.Person()) }
	one, two, old, late := enter(), enter(), enter(), enter()
	round := w.Leader.Enter("squad.round", w.Round())
	object := func(id uuid.UUID) contract.WarningObject {
		return contract.WarningObject{PersonID: id, Objection: "मैंने किसी का पीछा नहीं किया, मौसी के घर जा रहा था"}
	}
	decide := func(id uuid.UUID, decision string) contract.WarningDecide {
		return contract.WarningDecide{PersonID: id, Decision: decision, Reason: "आपत्तिकर्ता को सुना गया"}
	}
	w.Pass(24 * time.Hour)
	refusedOp(t, "of a round", desk.Do("warning.object", object(round.OpID)), contract.CodeUnknownReference, "/body/person_id")
	refusedOp(t, "nothing objected to", co.Do("warning.decide", decide(one.OpID, "upheld"), atKarwi), contract.CodeWrongState, "/body/person_id")
	desk.Enter("warning.object", object(one.OpID))
	refusedOp(t, "objected twice", w.Incharge.Do("warning.object", object(one.OpID)), contract.CodeObjectionClosed, "/body/person_id")
	w.Incharge.Enter("squad.review", contract.SquadReview{LineID: one.OpID, Verdict: "needs_correction"}) // his word stays where it is
	row, cols := lineOf(t, w, "squad", 1)
	if row.State != "objected" || cols["objected_at"] != "2026-11-19T04:30:00.000Z" || cols["objection"] != nil {
		t.Errorf("objected: %+v %v", row, cols)
	}
	right := w.Person()
	refusedOp(t, "put right after review and objection", w.Leader.Do("entry.correct", contract.EntryCorrect{CorrectsID: one.OpID, Reason: "सुधार", Person: &right}),
		contract.CodeReviewedAlready, "/body/corrects_id")
	refusedOp(t, "decided by the head of the station", w.SHO.Do("warning.decide", decide(one.OpID, "upheld")), contract.CodeForbidden, "/kind")
	refusedOp(t, "decided by another circle's officer", w.Enlist(book.HQ, staff.CO).Do("warning.decide", decide(one.OpID, "upheld"), atKarwi), contract.CodeNotYourPost, "/centre")
	co.Enter("warning.decide", decide(one.OpID, "upheld"), atKarwi)
	refusedOp(t, "decided twice", co.Do("warning.decide", decide(one.OpID, "dismissed"), atKarwi), contract.CodeWrongState, "/body/person_id")
	w.SHO.Enter("warning.object", object(two.OpID))
	co.Enter("warning.decide", decide(two.OpID, "dismissed"), atKarwi)
	refusedOp(t, "objected again", desk.Do("warning.object", object(two.OpID)), contract.CodeObjectionClosed, "/body/person_id")
	for serial, want := range map[int64]string{1: "quashed", 2: "stands", 3: "open"} {
		if row, _ := lineOf(t, w, "squad", serial); row.State != want {
			t.Errorf("line %d: %s, want %s", serial, row.State, want)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE wire LIKE '%मौसी%' OR sealed LIKE '%मौसी%'`); n != 0 {
		t.Errorf("the objection stands open %d times", n)
	}
	w.Pass(364*24*time.Hour - time.Minute) // a minute before the year is over
	desk.SignIn()
	desk.Enter("warning.object", object(old.OpID))
	w.Pass(2 * time.Minute)
	refusedOp(t, "after a year", desk.Do("warning.object", object(late.OpID)), contract.CodeObjectionClosed, "/body/person_id")
}
