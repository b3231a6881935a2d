package book_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func (w *spotWorld) told(t *testing.T, by *booktest.Officer, place uuid.UUID) *book.SpotTold {
	t.Helper()
	by.SignIn()
	for _, p := range w.month(t, by, "").Proposals {
		if p.PlaceID == place {
			return &p
		}
	}
	return nil
}

func TestProposalsStandForTwoListsAndAddUpByPlace(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	tell := func(by *booktest.Officer, source string, mentions int, change func(b *contract.HotspotPropose)) {
		b := contract.HotspotPropose{PlaceID: w.gate.PlaceID, Source: source, Signs: []string{"remarks"}, Mentions: mentions}
		if change != nil {
			change(&b)
		}
		by.SignIn()
		by.Enter("hotspot.propose", b)
	}
	tell(w.Leader, "girls_feedback", 4, func(b *contract.HotspotPropose) {
		b.HoursFrom, b.HoursTo, b.Days = ptr("14:00"), ptr("15:00"), &[]string{"sat", "mon"}
	})
	tell(w.Beat, "girls_feedback", 3, func(b *contract.HotspotPropose) {
		b.HoursFrom, b.HoursTo, b.Signs = ptr("13:30"), ptr("14:30"), []string{"following", "following", "remarks"}
	})
	tell(w.SHO, "power_line_1090", 1, nil)
	p := w.told(t, w.Incharge, w.gate.PlaceID)
	if p == nil || !slices.Equal(p.Mentions, []book.SpotMentions{{Source: "girls_feedback", N: 7}, {Source: "power_line_1090", N: 1}}) ||
		!slices.Equal(p.Signs, []string{"following", "remarks"}) || p.HoursFrom != "13:30" || p.HoursTo != "15:00" || !slices.Equal(p.Days, []string{"mon", "sat"}) {
		t.Errorf("told: %+v", p)
	}
	w.agree(w.set("2026-11", spot(w.market)))
	w.agree(w.set("2026-11", spot(w.market))) // the same month again is no second month
	if w.told(t, w.Leader, w.gate.PlaceID) == nil {
		t.Error("gone after the first list")
	}
	tell(w.Member, "beat", 2, nil)
	w.agree(w.set("2026-12", spot(w.market)))
	if p := w.told(t, w.Leader, w.gate.PlaceID); p == nil || len(p.Mentions) != 1 || p.Mentions[0].N != 2 {
		t.Errorf("after the second list: %+v", p)
	}
}

func TestRoundsInWhichConductWasNotedAreCountedAndNeverPersons(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.GoOut()
	met := func(round uuid.UUID, n int, change func(p *contract.SquadPerson)) *book.Entry {
		p := w.Person()
		p.RoundID, p.Name, p.Mobile = &round, nil, nil
		p.Facts += string(rune('क' + n))
		if change != nil {
			change(&p)
		}
		return w.Leader.Enter("squad.person", p)
	}
	first := w.round(25.22, 80.92, time.Minute)
	for i := range 3 { // three persons, one round
		met(first.OpID, i, nil)
	}
	if p := w.told(t, w.Leader, w.gate.PlaceID); p != nil {
		t.Errorf("one round is shown: %+v", p)
	}
	w.Pass(time.Hour)
	second := w.round(25.22, 80.92, time.Minute)
	met(second.OpID, 4, func(p *contract.SquadPerson) { p.Ground = "named_in_complaint" })
	if p := w.told(t, w.Leader, w.gate.PlaceID); p != nil {
		t.Errorf("who was named in a complaint counts: %+v", p)
	}
	noted := met(second.OpID, 5, nil)
	if p := w.told(t, w.Leader, w.gate.PlaceID); p == nil || p.Rounds != 2 || len(p.Mentions) != 0 || p.Heat {
		t.Errorf("two rounds: %+v", p)
	}
	if p := w.told(t, w.Leader, w.market.PlaceID); p != nil {
		t.Errorf("nothing was noted there: %+v", p)
	}
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: noted.OpID, Reason: "गलत प्रविष्टि", Strike: new(true)})
	if p := w.told(t, w.Leader, w.gate.PlaceID); p != nil {
		t.Errorf("struck: %+v", p)
	}
	met(second.OpID, 6, nil)
	w.Pass(61 * 24 * time.Hour)
	if p := w.told(t, w.Leader, w.gate.PlaceID); p != nil {
		t.Errorf("after two months: %+v", p)
	}
}

func TestARoundThatWasCorrectedCountsByWhicheverEntryNamesIt(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.GoOut()
	met := func(round uuid.UUID, fact string) {
		p := w.Person()
		p.RoundID, p.Name, p.Mobile = &round, nil, nil
		p.Facts += fact
		w.Leader.Enter("squad.person", p)
	}
	corrected := func(round uuid.UUID) uuid.UUID {
		fixed := w.Round()
		fixed.WomenSpoken++
		return w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: round, Reason: "संख्या गलत", Round: &fixed}).OpID
	}
	first := w.round(25.22, 80.92, time.Minute)
	again := corrected(first.OpID)
	met(first.OpID, "क")
	met(again, "ख")
	if p := w.told(t, w.Leader, w.gate.PlaceID); p != nil {
		t.Errorf("one round, named by two entries: %+v", p)
	}
	w.Pass(time.Hour)
	second := w.round(25.22, 80.92, time.Minute)
	met(corrected(corrected(second.OpID)), "ग")
	if p := w.told(t, w.Leader, w.gate.PlaceID); p == nil || p.Rounds != 2 {
		t.Errorf("two rounds: %+v", p)
	}
}

func TestPublishedHeatMarksThePlacesOfItsCellsForWhoDecides(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	place := &contract.PlaceV{Lat: 25.22, Lon: 80.92}
	for i := range 6 {
		came(w.World, "street_harassment", i, place)
		if i%2 == 0 {
			w.Pass(24 * time.Hour)
		}
	}
	if p := w.told(t, w.Incharge, w.gate.PlaceID); p != nil {
		t.Errorf("complaints that are not published: %+v", p)
	}
	w.Pass(3 * 24 * time.Hour)
	if h := heatOf(t, w.World, ""); len(h.Rows) != 1 || h.Rows[0].Public == 0 {
		t.Fatalf("heat %+v", h)
	}
	for _, by := range []*booktest.Officer{w.Incharge, w.SHO, w.co} {
		if p := w.told(t, by, w.gate.PlaceID); p == nil || !p.Heat || len(p.Mentions) != 0 || p.Rounds != 0 {
			t.Errorf("%s is told %+v", by.Posts[0].Role, p)
		}
	}
	for _, by := range []*booktest.Officer{w.Leader, w.Beat} {
		if p := w.told(t, by, w.gate.PlaceID); p != nil {
			t.Errorf("%s is told %+v", by.Posts[0].Role, p)
		}
	}
}

func TestThePlanOfADayIsDraftedFromWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	plan := func(date string) *book.SpotPlan {
		t.Helper()
		w.Leader.SignIn()
		p, err := w.Book.SpotPlan(t.Context(), w.Leader.Caller(), book.SpotPlanQuery{Centre: booktest.Centre, Date: date, SquadID: &w.SquadID})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := plan(""); p.List != nil || len(p.Stops) != 0 {
		t.Errorf("no list: %+v", p)
	}
	list := w.set("2026-11", spot(w.gate, within("14:00", "16:00", "fri", "sat")), spot(w.market, func(s *contract.HotspotSet) { s.Weight = 9 }))
	w.agree(list)
	if p := plan(""); p.List == nil || len(p.Stops) != 0 || p.Left != 0 {
		t.Errorf("nothing is due yet: %+v", p)
	}
	w.Pass(50 * time.Hour) // Friday, noon
	w.co.SignIn()
	p := plan("")
	stop := func(p *book.SpotPlan, place uuid.UUID) *book.SpotStop {
		for i := range p.Stops {
			if p.Stops[i].Spot.PlaceID == place {
				return &p.Stops[i]
			}
		}
		return &book.SpotStop{}
	}
	market, gate := stop(p, w.market.PlaceID), stop(p, w.gate.PlaceID)
	if len(p.Stops) != 2 || !slices.Equal(market.Why, []string{"due"}) || !slices.Equal(gate.Why, []string{"due", "hours"}) ||
		p.CarriedOver || p.Left != 0 || p.Metres == 0 {
		t.Fatalf("on Friday: %+v", p)
	}
	zone := time.FixedZone("IST", 19800)
	if at := gate.At.In(zone).Format("15:04"); at < "14:00" || at > "16:00" || p.Stops[0].At.Before(w.Now()) {
		t.Errorf("in the gate's hours it is %s", at)
	}
	if p := plan("2026-11-23"); len(p.Stops) != 1 || p.Stops[0].Spot.PlaceID != w.market.PlaceID { // Monday
		t.Errorf("on none of the gate's days: %+v", p.Stops)
	}
	w.GoOut()
	w.round(25.24, 80.94, 0)
	if p := plan(""); len(p.Stops) != 1 || p.Stops[0].Spot.PlaceID != w.gate.PlaceID {
		t.Errorf("the market was seen today: %+v", p.Stops)
	}
	// What the squad found worse is seen again though it is not due.
	w.Leader.Enter("hotspots.review", contract.HotspotsReview{
		ListID: list, Week: openapi_types.Date{Time: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}, PresentBy: []uuid.UUID{w.Leader.ID},
		Spots: []contract.HotspotReviewed{{PlaceID: w.market.PlaceID, Result: "worse"}, {PlaceID: w.gate.PlaceID, Result: "same"}},
	})
	if p := plan("2026-11-21"); len(p.Stops) != 2 || !slices.Equal(stop(p, w.market.PlaceID).Why, []string{"reviewed_worse"}) {
		t.Errorf("found worse: %+v", p.Stops)
	}
	if p := plan("2026-12-02"); !p.CarriedOver {
		t.Error("in December it is said to be December's")
	}
	w.Pass(9 * time.Hour) // the day is over
	if p := plan(""); len(p.Stops) != 0 || p.Left == 0 {
		t.Errorf("after eight: %+v", p)
	}
	for _, c := range []struct {
		q    book.SpotPlanQuery
		code contract.Code
	}{
		{book.SpotPlanQuery{Centre: booktest.Centre, Date: "2026-11-19"}, contract.CodeTooOld},
		{book.SpotPlanQuery{Centre: booktest.Centre, Date: "2026-12-25"}, contract.CodeInFuture},
		{book.SpotPlanQuery{Centre: booktest.Centre, SquadID: &list}, contract.CodeUnknownReference},
	} {
		if _, err := w.Book.SpotPlan(t.Context(), w.Leader.Caller(), c.q); codeOfError(err) != c.code {
			t.Errorf("%+v: %v, not %s", c.q, err, c.code)
		}
	}
	own, err := w.Book.OwnSpotPlan(t.Context(), w.Leader.Caller())
	if err != nil || own == nil || own.List == nil || own.SquadID == nil {
		t.Errorf("the leader's own: %+v, %v", own, err)
	}
	if own, err := w.Book.OwnSpotPlan(t.Context(), w.Beat.Caller()); err != nil || own != nil {
		t.Errorf("the beat's own: %+v, %v", own, err)
	}
}

func TestAPlanHasTwelveStopsAtMost(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	var spots []contract.HotspotSet
	for i := range 20 {
		p := w.GroundPlace("m"+string(rune('a'+i)), 25.2+float64(i)*0.002, 80.9)
		p.Kind = "market"
		w.Incharge.Enter("place.set", p)
		spots = append(spots, spot(p, func(s *contract.HotspotSet) { s.EveryDays, s.Weight = 1, 1+i%10 }))
	}
	w.agree(w.set("2026-11", spots...))
	w.Pass(46 * time.Hour)
	w.Leader.SignIn()
	p, err := w.Book.SpotPlan(t.Context(), w.Leader.Caller(), book.SpotPlanQuery{Centre: booktest.Centre})
	if err != nil || len(p.Stops) != book.PlanStopsMost || p.Left != 8 {
		t.Fatalf("%d stops, %d left, %v", len(p.Stops), p.Left, err)
	}
	for _, s := range p.Stops {
		if s.Spot.Weight < 4 {
			t.Errorf("of weight %d, and heavier ones are left", s.Spot.Weight)
		}
	}
}

func TestTheDaySheetSaysWhatIsOwedOfTheList(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	owed := func() book.SpotsOwed {
		t.Helper()
		w.Incharge.SignIn()
		d, err := w.Book.DaySheet(t.Context(), w.Incharge.Caller(), booktest.Centre, w.Date(0).Time)
		if err != nil {
			t.Fatal(err)
		}
		return d.Spots
	}
	if got := owed(); got != (book.SpotsOwed{}) {
		t.Errorf("on the 18th, without a list: %+v", got)
	}
	list := w.set("2026-11", spot(w.gate))
	if got := owed(); got != (book.SpotsOwed{Waits: "2026-11"}) {
		t.Errorf("a draft: %+v", got)
	}
	w.agree(list)
	w.Pass(7 * 24 * time.Hour) // the 25th
	if got := owed(); got != (book.SpotsOwed{NoList: true, Unseen: true}) {
		t.Errorf("on the 25th: %+v", got)
	}
	w.Leader.SignIn()
	w.Leader.Enter("hotspots.review", contract.HotspotsReview{
		ListID: list, Week: openapi_types.Date{Time: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}, PresentBy: []uuid.UUID{w.Leader.ID},
		Spots: []contract.HotspotReviewed{{PlaceID: w.gate.PlaceID, Result: "same", Keep: true}},
	})
	next := w.set("2026-12", spot(w.gate))
	if got := owed(); got != (book.SpotsOwed{Waits: "2026-12"}) {
		t.Errorf("set, and looked at: %+v", got)
	}
	w.co.SignIn()
	w.co.Enter("hotspots.agree", contract.HotspotsAgree{ListID: next, Reason: ptr("too_few")}, atKarwi)
	if got := owed(); got != (book.SpotsOwed{NoList: true}) {
		t.Errorf("sent back: %+v", got)
	}
	w.Pass(7 * 24 * time.Hour) // December
	if got := owed(); got != (book.SpotsOwed{Unseen: true, Carried: true}) {
		t.Errorf("in December: %+v", got)
	}
}

// codeOfError is the code of a refusal; empty if it is none.
func codeOfError(err error) contract.Code {
	var p *contract.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}
