package book_test

import (
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// carded is an entry about somebody who was given a card.
func carded(w *booktest.World, mobile string) contract.SquadPerson {
	return somebody(w, func(p *contract.SquadPerson) {
		p.Mobile, p.Outcome, p.CardNo = &mobile, "warning_card", new("KRW/26/114")
	})
}

func TestTheLeaderLearnsOfAnEarlierCardOnlyFromTheReceiptOfAnEntry(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	told := func(p contract.SquadPerson) *book.PreviousCard {
		t.Helper()
		r := w.Leader.Do("squad.person", p)
		if r.Outcome != book.Entered {
			t.Fatalf("%+v", r)
		}
		return r.PreviousCard
	}
	if c := told(carded(w, "9812345678")); c == nil || c.Found {
		t.Errorf("the first card: %+v", c)
	}
	w.Pass(24 * time.Hour)
	w.GoOut()
	again := somebody(w, func(p *contract.SquadPerson) { p.Mobile = new("+919812345678") })
	item := w.Leader.Item("squad.person", again)
	for _, what := range []string{"entered", "sent again"} {
		if c := w.Leader.Send(item)[0].PreviousCard; c == nil || !c.Found || c.On != "2026-11-18" {
			t.Errorf("%s: %+v", what, c)
		}
	}
	if c := told(somebody(w, nil)); c == nil || c.Found {
		t.Errorf("somebody else: %+v", c)
	}
	if c := told(somebody(w, func(p *contract.SquadPerson) { p.Mobile = nil })); c != nil {
		t.Errorf("with nothing to find him by: %+v", c)
	}
	none := again
	none.Ground = "couple"
	if r := w.Leader.Do("squad.person", none); r.Outcome != book.Refused || r.PreviousCard != nil {
		t.Errorf("without a ground: %+v", r)
	}
	early := again
	early.SeenAt = contract.At(w.Now().Add(-10 * 24 * time.Hour)) // a day without a briefing
	if r := w.Leader.Do("squad.person", early); r.Outcome != book.Held || r.PreviousCard != nil {
		t.Errorf("while it waits: %+v", r)
	}
	right := again
	if r := w.Incharge.Do("entry.correct", contract.EntryCorrect{CorrectsID: w.Leader.Send(item)[0].OpID, Reason: "आधार सही किया", Person: &right}); r.Outcome != book.Entered || r.PreviousCard != nil {
		t.Errorf("by a correction: %+v", r)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE facts LIKE '%card%' OR wire LIKE '%9812345678%'`); n != 0 {
		t.Errorf("%d entries tell of the card", n)
	}
}

func TestACardIsFoundByNameParentAndAddressTogetherAndNeverOfAChild(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	known := func(p *contract.SquadPerson) {
		p.Mobile, p.Name, p.ParentName, p.Address = nil, new("रमेश कुमार"), new("श्यामलाल"), new("ग्राम खोही, मकान ४७")
	}
	first := carded(w, "9812345678")
	known(&first)
	w.Leader.Enter("squad.person", first)
	if c := w.Leader.Do("squad.person", somebody(w, func(p *contract.SquadPerson) {
		known(p)
		p.Address = new("ग्राम  खोही मकान ४७")
	})).PreviousCard; c == nil || !c.Found {
		t.Errorf("written otherwise: %+v", c)
	}
	if c := w.Leader.Do("squad.person", somebody(w, func(p *contract.SquadPerson) {
		known(p)
		p.ParentName = new("रामलाल")
	})).PreviousCard; c == nil || c.Found {
		t.Errorf("of the same name: %+v", c)
	}
	told := contract.At(w.Now())
	if c := w.Leader.Do("squad.person", somebody(w, func(p *contract.SquadPerson) {
		known(p)
		p.Age, p.IsChild, p.Outcome, p.GuardianToldAt = new(15), true, "guardian_told", &told
	})).PreviousCard; c != nil {
		t.Errorf("a child: %+v", c)
	}
}

func TestACardThatWasStruckSetAsidePutRightOrIsAYearOldIsNotFound(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	co := circleOfficer(t, w)
	strike := true
	gone := w.Leader.Enter("squad.person", carded(w, "9812345601"))
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: gone.OpID, Reason: "प्रविष्टि भूल से", Strike: &strike})
	aside := w.Leader.Do("squad.person", carded(w, "9812345602"))
	if _, err := object(w, aside.Slip.Number, aside.Slip.Secret.Reveal()); err != nil {
		t.Fatal(err)
	}
	co.Enter("warning.decide", contract.WarningDecide{PersonID: aside.OpID, Decision: "upheld", Reason: "साक्ष्य नहीं पाया गया"}, atKarwi)
	mended := w.Leader.Enter("squad.person", carded(w, "9812345604"))
	right := carded(w, "9812345605")
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: mended.OpID, Reason: "मोबाइल गलत", Person: &right})
	nameless := w.Leader.Enter("squad.person", carded(w, "9812345606"))
	right = carded(w, "")
	right.Mobile = nil
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: nameless.OpID, Reason: "मोबाइल गलत", Person: &right})
	w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Mobile = new("9812345607") })) // warned, and no card
	w.Leader.Enter("squad.person", carded(w, "9812345603"))
	for mobile, want := range map[string]bool{
		"9812345601": false, "9812345602": false, "9812345603": true, "9812345604": false, "9812345605": true,
		"9812345606": false, "9812345607": false,
	} {
		if c := w.Leader.Do("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Mobile = &mobile })).PreviousCard; c == nil || c.Found != want {
			t.Errorf("%s: %+v, want %t", mobile, c, want)
		}
	}
	w.Pass(366 * 24 * time.Hour)
	w.Leader.SignIn()
	w.GoOut()
	if c := w.Leader.Do("squad.person", somebody(w, func(p *contract.SquadPerson) { p.Mobile = new("9812345603") })).PreviousCard; c == nil || c.Found {
		t.Errorf("after a year: %+v", c)
	}
}

func TestTheGroundOfARepetitionWantsSomethingToFindItByAndIsFlaggedWhereNothingIsFound(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	w.Leader.Enter("squad.person", carded(w, "9812345678"))
	repeat := func(mobile *string) contract.SquadPerson {
		return somebody(w, func(p *contract.SquadPerson) { p.Ground, p.Mobile = "repeat_after_card", mobile })
	}
	refusedOp(t, "nothing to find him by", w.Leader.Do("squad.person", repeat(nil)), contract.CodePreviousCardRequired, "/body/previous_card_id")
	if e := w.Leader.Enter("squad.person", repeat(new("9812345678"))); hasFlag(e, "no_previous_card") {
		t.Errorf("found: %v", e.Flags)
	}
	if e := w.Leader.Enter("squad.person", repeat(new("9812345679"))); !hasFlag(e, "no_previous_card") {
		t.Errorf("not found: %v", e.Flags)
	}
}
