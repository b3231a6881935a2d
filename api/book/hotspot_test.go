package book_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// spotWorld is a district with places that may be hot-spots, and a circle officer.
type spotWorld struct {
	*booktest.World
	co           *booktest.Officer
	gate, market contract.PlaceSet
}

func newSpotWorld(t *testing.T) *spotWorld {
	w := &spotWorld{World: booktest.New(t)}
	w.co = circleOfficer(t, w.World)
	w.gate, w.market = w.GroundPlace("gate", 25.22, 80.92), w.GroundPlace("market", 25.24, 80.94)
	w.gate.Kind, w.market.Kind = "school", "market"
	w.gate.From, w.market.From = w.Date(-40), w.Date(-40)
	w.Incharge.Enter("place.set", w.gate)
	w.Incharge.Enter("place.set", w.market)
	return w
}

// spot is a hot-spot that is to be seen every other day, all day.
func spot(place contract.PlaceSet, change ...func(s *contract.HotspotSet)) contract.HotspotSet {
	s := contract.HotspotSet{PlaceID: place.PlaceID, EveryDays: 2, Weight: 3, Sources: []string{"girls_feedback"}}
	for _, c := range change {
		c(&s)
	}
	return s
}

func within(from, to string, days ...string) func(s *contract.HotspotSet) {
	return func(s *contract.HotspotSet) {
		s.HoursFrom, s.HoursTo = &from, &to
		if len(days) > 0 {
			s.Days = &days
		}
	}
}

func (w *spotWorld) set(month string, spots ...contract.HotspotSet) uuid.UUID {
	w.Incharge.SignIn()
	return w.Incharge.Enter("hotspots.set", contract.HotspotsSet{Month: month, Spots: append([]contract.HotspotSet{}, spots...)}).OpID
}

func (w *spotWorld) agree(list uuid.UUID) *book.Entry {
	w.co.SignIn()
	return w.co.Enter("hotspots.agree", contract.HotspotsAgree{ListID: list, Agreed: true}, atKarwi)
}

func (w *spotWorld) month(t *testing.T, by *booktest.Officer, month string) *book.Hotspots {
	t.Helper()
	h, err := w.Book.Hotspots(t.Context(), by.Caller(), booktest.Centre, month)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// round is one of the squad at a point, that ended so long ago.
func (w *spotWorld) round(lat, lon float64, ago time.Duration) *book.Entry {
	w.Leader.SignIn()
	r := w.Round()
	end := w.Now().Add(-ago)
	r.StartedAt, r.EndedAt = contract.At(end.Add(-30*time.Minute)), contract.At(end)
	return w.Leader.Enter("squad.round", r, booktest.FixedAt(lat, lon, 10, end))
}

func (w *spotWorld) spots(t *testing.T, at time.Time) map[uuid.UUID]book.SpotDebt {
	t.Helper()
	list, err := w.Book.SpotsAt(context.Background(), booktest.District, booktest.Centre, at)
	if err != nil {
		t.Fatal(err)
	}
	out := map[uuid.UUID]book.SpotDebt{}
	for _, s := range list {
		out[s.PlaceID] = s
	}
	return out
}

func TestAListIsAgreedByAnotherAndHoldsUntilTheNextOne(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	if h := w.month(t, w.Leader, ""); h.InForce != nil || h.Draft != nil || h.CarriedOver {
		t.Errorf("before any list: %+v", h)
	}
	first := w.set("2026-11", spot(w.gate))
	if h := w.month(t, w.Leader, ""); h.InForce != nil || h.Draft == nil || h.Draft.ListID != first || len(h.DraftSpots) != 1 || h.DraftSpots[0].Debt != 0 {
		t.Errorf("a draft: %+v", h)
	}
	w.Pass(time.Minute)
	w.co.Enter("hotspots.agree", contract.HotspotsAgree{ListID: first, Reason: ptr("too_few")}, atKarwi)
	if h := w.month(t, w.Leader, ""); h.InForce != nil || h.Draft == nil || h.Draft.State != "sent_back" || h.Draft.Reason != "too_few" {
		t.Errorf("sent back: %+v", h.Draft)
	}
	second := w.set("2026-11", spot(w.gate), spot(w.market))
	e := w.agree(second)
	h := w.month(t, w.Leader, "")
	if h.InForce == nil || h.InForce.ListID != second || h.Draft != nil || h.CarriedOver || !h.InForce.FromAt.Equal(e.ReceivedAt) || len(h.Spots) != 2 {
		t.Errorf("agreed: %+v", h)
	}
	// For the next month it stands on until one is agreed for that, which begins with the month.
	if h := w.month(t, w.Leader, "2026-12"); h.InForce == nil || h.InForce.ListID != second || !h.CarriedOver {
		t.Errorf("nobody has agreed on December: %+v", h)
	}
	third := w.set("2026-12", spot(w.market))
	w.agree(third)
	if h := w.month(t, w.Leader, "2026-12"); h.InForce.ListID != third || h.CarriedOver || !h.InForce.FromAt.Equal(time.Date(2026, 11, 30, 18, 30, 0, 0, time.UTC)) {
		t.Errorf("December's: %+v", h.InForce)
	}
	if h := w.month(t, w.Leader, ""); h.InForce.ListID != second {
		t.Error("December's list is in force in November")
	}
	w.Pass(60 * 24 * time.Hour)
	w.Leader.SignIn()
	if h := w.month(t, w.Leader, ""); h.Month != "2027-01" || h.InForce.ListID != third || !h.CarriedOver {
		t.Errorf("in January: %+v", h)
	}
}

func TestAPlaceThatStaysOnTheListsWaitsOn(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.agree(w.set("2026-11", spot(w.gate)))
	began := w.Now()
	w.agree(w.set("2026-12", spot(w.gate), spot(w.market)))
	w.Pass(24 * time.Hour)
	w.agree(w.set("2026-12", spot(w.gate, func(s *contract.HotspotSet) { s.Weight = 7 }), spot(w.market)))
	at := time.Date(2026, 12, 4, 18, 30, 0, 0, time.UTC) // the fifth of December begins
	w.Pass(at.Sub(w.Now()))
	got := w.spots(t, at)
	if s := got[w.gate.PlaceID]; s.Overdue != book.Overdue(2, began, at) || s.Debt != 7*s.Overdue {
		t.Errorf("one that stayed: %+v", s)
	}
	if s := got[w.market.PlaceID]; s.Overdue != 2000 || s.Debt != 6000 {
		t.Errorf("a new one: %+v", s)
	}
	_, _, c := owedAt(t, w.World, at)
	if s := c.Circles[0].Stations[0].Spots; s.Places != 2 || s.Overdue != 2 || s.Debt != got[w.gate.PlaceID].Debt+6000 || c.Circles[0].Spots != s || c.Spots != s {
		t.Errorf("coverage has %+v, the district %+v", s, c.Spots)
	}
	if c.Places != 2 {
		t.Errorf("places' own sums have become %+v", c.Sums)
	}
	// What is gone from the list of places is owed nothing, and is told of as it was.
	w.Incharge.SignIn()
	w.Incharge.Enter("place.end", contract.PlaceEnd{PlaceID: w.market.PlaceID, On: w.Date(0), Reason: "बाज़ार हटाया गया"})
	if s := w.spots(t, w.Now())[w.market.PlaceID]; !s.Gone || s.Debt != 0 || s.Code != "market" {
		t.Errorf("gone: %+v", s)
	}
}

func TestARoundCountsWithinTheHoursOfTheSpotAlone(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.GoOut()
	w.agree(w.set("2026-11", spot(w.gate, within("14:00", "16:00", "thu", "fri")), spot(w.market)))
	last := func(p contract.PlaceSet) *time.Time { return w.spots(t, w.Now())[p.PlaceID].LastAt }
	w.Pass(time.Hour) // Wednesday, eleven
	w.round(25.22, 80.92, time.Minute)
	w.round(25.24, 80.94, time.Minute)
	if last(w.gate) != nil || last(w.market) == nil {
		t.Error("outside the hours it does not count, and without hours it does")
	}
	w.Pass(5 * time.Hour) // Wednesday, sixteen: in the hours, and on none of the days
	w.round(25.22, 80.92, 30*time.Minute)
	if last(w.gate) != nil {
		t.Error("a Wednesday counts")
	}
	w.Pass(23 * time.Hour) // Thursday, fifteen
	v := w.Visit()
	v.BeatID = nil
	w.Beat.SignIn()
	e := w.Beat.Enter("visit.record", v, booktest.At(25.22, 80.92, 10))
	if at := last(w.gate); at == nil || !at.Equal(w.Now()) {
		t.Errorf("a visit of the beat within the hours: %v", at)
	}
	w.Pass(time.Hour)
	w.Incharge.SignIn()
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "भ्रमण हुआ ही नहीं", Strike: new(true)})
	if last(w.gate) != nil {
		t.Error("struck, and it counts")
	}
	w.Pass(3 * time.Hour) // Thursday, nineteen: a round that began in the hours, told of late
	r := w.round(25.22, 80.92, 3*time.Hour-10*time.Minute)
	if r.Facts["found_code"] != "gate" || r.Facts["found_beat"] != nil {
		t.Errorf("facts of a round: %v", r.Facts)
	}
	began := last(w.gate)
	if began == nil || !began.Equal(w.Now().Add(-3*time.Hour+10*time.Minute)) {
		t.Errorf("began within the hours: %v", began)
	}
	// What a correction puts in place stands where and when the line stood.
	fixed := w.Round()
	fixed.WomenSpoken = 4
	w.Leader.SignIn()
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: r.OpID, Reason: "संख्या गलत", Round: &fixed})
	if at := last(w.gate); at == nil || !at.Equal(*began) {
		t.Errorf("put right: %v, before %v", at, began)
	}
	// However many rounds outside the hours came after it, the one that counts is found.
	w.Pass(2*time.Hour + 30*time.Minute)
	for range 65 {
		w.Pass(time.Second)
		w.round(25.22, 80.92, 0)
	}
	if at := last(w.gate); at == nil || !at.Equal(*began) {
		t.Errorf("after many that do not count: %v, before %v", at, began)
	}
}

func TestAHotSpotIsAPublicPlaceOfTheList(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	ward, hostel, kiln := w.GroundPlace("ward", 25.25, 80.95), w.GroundPlace("hostel", 25.26, 80.95), w.GroundPlace("kiln", 25.27, 80.95)
	ward.Kind, hostel.Kind, kiln.Kind = "ward", "hostel", "brick_kiln"
	later := w.GroundPlace("later", 25.28, 80.95)
	later.From = w.Date(20)
	for _, p := range []contract.PlaceSet{ward, hostel, kiln, later} {
		w.Incharge.Enter("place.set", p)
	}
	tell := func(p uuid.UUID) contract.HotspotPropose {
		return contract.HotspotPropose{PlaceID: p, Source: "school", Signs: []string{"following"}, Mentions: 2}
	}
	for _, p := range []contract.PlaceSet{ward, hostel, kiln} {
		refusedOp(t, p.Kind, w.Leader.Do("hotspot.propose", tell(p.PlaceID)), contract.CodeNotPublicPlace, "/body/place_id")
		refusedOp(t, p.Kind, w.Incharge.Do("hotspots.set", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{spot(w.gate), spot(p)}}),
			contract.CodeNotPublicPlace, "/body/spots/1/place_id")
	}
	refusedOp(t, "one that nobody knows", w.Leader.Do("hotspot.propose", tell(uuid.Must(uuid.NewV7()))), contract.CodeUnknownReference, "/body/place_id")
	refusedOp(t, "one of the next month", w.Leader.Do("hotspot.propose", tell(later.PlaceID)), contract.CodeUnknownReference, "/body/place_id")
	refusedOp(t, "another centre's", w.Other.Do("hotspot.propose", tell(w.gate.PlaceID)), contract.CodeUnknownReference, "/body/place_id")
	refusedOp(t, "by a dispatcher", w.Dispatcher.Do("hotspot.propose", tell(w.gate.PlaceID)), contract.CodeForbidden, "/kind")
	half := tell(w.gate.PlaceID)
	half.HoursFrom = ptr("09:00")
	refusedOp(t, "half of the hours", w.Leader.Do("hotspot.propose", half), contract.CodeMissingField, "/body/hours_to")
	for _, by := range []*booktest.Officer{w.Leader, w.Member, w.Beat, w.Incharge, w.SHO} {
		by.Enter("hotspot.propose", tell(w.gate.PlaceID))
	}
	many := make([]contract.HotspotSet, 61)
	for i := range many {
		many[i] = spot(w.gate)
	}
	for _, c := range []struct {
		name    string
		body    contract.HotspotsSet
		code    contract.Code
		pointer string
	}{
		{"a month that is over", contract.HotspotsSet{Month: "2026-10"}, contract.CodeTooOld, "/body/month"},
		{"the month after the next", contract.HotspotsSet{Month: "2027-01"}, contract.CodeInFuture, "/body/month"},
		{"no month", contract.HotspotsSet{Month: "2026-19"}, contract.CodeBadFormat, "/body/month"},
		{"twice the same", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{spot(w.gate), spot(w.gate)}}, contract.CodeAlreadyThere, "/body/spots/1/place_id"},
		{"hours that end first", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{spot(w.gate, within("16:00", "14:00"))}}, contract.CodeEndedBeforeStarted, "/body/spots/0/hours_to"},
		{"one that is not there yet", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{spot(later)}}, contract.CodeUnknownReference, "/body/spots/0/place_id"},
		{"sixty-one", contract.HotspotsSet{Month: "2026-11", Spots: many}, contract.CodeTooMany, "/body/spots"},
	} {
		if c.body.Spots == nil {
			c.body.Spots = []contract.HotspotSet{}
		}
		refusedOp(t, c.name, w.Incharge.Do("hotspots.set", c.body), c.code, c.pointer)
	}
	refusedOp(t, "by the leader", w.Leader.Do("hotspots.set", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{}}), contract.CodeForbidden, "/kind")
}

func TestWhatTheCircleOfficerMayNotAgreeTo(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	old := w.set("2026-11", spot(w.gate))
	draft := w.set("2026-11", spot(w.gate))
	agree := func(id uuid.UUID) contract.HotspotsAgree { return contract.HotspotsAgree{ListID: id, Agreed: true} }
	refusedOp(t, "one in whose place another stands", w.co.Do("hotspots.agree", agree(old), atKarwi), contract.CodeWrongState, "/body/list_id")
	refusedOp(t, "no, and no reason", w.co.Do("hotspots.agree", contract.HotspotsAgree{ListID: draft}, atKarwi), contract.CodeReasonRequired, "/body/reason")
	why := agree(draft)
	why.Reason = ptr("too_many")
	refusedOp(t, "yes, and a reason why not", w.co.Do("hotspots.agree", why, atKarwi), contract.CodeUnknownField, "/body/reason")
	refusedOp(t, "by the head of the station", w.SHO.Do("hotspots.agree", agree(draft)), contract.CodeForbidden, "/kind")
	visit := w.Beat.Enter("visit.record", w.Visit())
	refusedOp(t, "no list", w.co.Do("hotspots.agree", agree(visit.OpID), atKarwi), contract.CodeUnknownReference, "/body/list_id")
	if r := w.co.Do("hotspots.agree", agree(uuid.Must(uuid.NewV7())), atKarwi); r.Outcome != book.Held {
		t.Errorf("one that has not come: %s", r.Outcome)
	}
	next := w.set("2026-12", spot(w.gate))
	w.agree(next)
	refusedOp(t, "twice", w.co.Do("hotspots.agree", agree(next), atKarwi), contract.CodeWrongState, "/body/list_id")
	refusedOp(t, "this month after the next", w.co.Do("hotspots.agree", agree(draft), atKarwi), contract.CodeWrongState, "/body/list_id")
	refusedOp(t, "set again after the next", w.Incharge.Do("hotspots.set", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{}}),
		contract.CodeWrongState, "/body/month")
	again := w.set("2026-12")
	w.Pass(45 * 24 * time.Hour)
	w.co.SignIn()
	refusedOp(t, "when the month is over", w.co.Do("hotspots.agree", agree(again), atKarwi), contract.CodeTooOld, "/body/list_id")
}

func TestTheListIsLookedAtOnceAWeek(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.agree(w.set("2026-11", spot(w.market)))
	w.Pass(14 * 24 * time.Hour) // Wednesday, 2 December
	list := w.set("2026-12", spot(w.gate))
	w.agree(list)
	draft := w.set("2026-12", spot(w.gate))
	w.Leader.SignIn()
	monday := func(s string) openapi_types.Date {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return openapi_types.Date{Time: d}
	}
	good := contract.HotspotsReview{
		ListID: list, Week: monday("2026-11-30"), PresentBy: []uuid.UUID{w.Leader.ID, w.Member.ID},
		Spots: []contract.HotspotReviewed{{PlaceID: w.gate.PlaceID, Result: "worse", Keep: true}},
	}
	for _, c := range []struct {
		name    string
		change  func(r *contract.HotspotsReview)
		code    contract.Code
		pointer string
	}{
		{"a Tuesday", func(r *contract.HotspotsReview) { r.Week = monday("2026-12-01") }, contract.CodeWeekFromMonday, "/body/week"},
		{"a week to come", func(r *contract.HotspotsReview) { r.Week = monday("2026-12-07") }, contract.CodeInFuture, "/body/week"},
		{"long ago", func(r *contract.HotspotsReview) { r.Week = monday("2026-10-26") }, contract.CodeTooOld, "/body/week"},
		{"before it was in force", func(r *contract.HotspotsReview) { r.Week = monday("2026-11-23") }, contract.CodeWrongState, "/body/list_id"},
		{"a draft", func(r *contract.HotspotsReview) { r.ListID = draft }, contract.CodeWrongState, "/body/list_id"},
		{"a place of no list", func(r *contract.HotspotsReview) { r.Spots[0].PlaceID = w.market.PlaceID }, contract.CodeUnknownReference, "/body/spots/0/place_id"},
		{"twice the same", func(r *contract.HotspotsReview) { r.Spots = append(r.Spots, r.Spots[0]) }, contract.CodeAlreadyThere, "/body/spots/1/place_id"},
		{"somebody unknown", func(r *contract.HotspotsReview) { r.PresentBy = []uuid.UUID{uuid.Must(uuid.NewV7())} }, contract.CodeUnknownReference, "/body/present_by/0"},
	} {
		r := good
		r.Spots = slices.Clone(good.Spots)
		c.change(&r)
		refusedOp(t, c.name, w.Leader.Do("hotspots.review", r), c.code, c.pointer)
	}
	refusedOp(t, "by the beat", w.Beat.Do("hotspots.review", good), contract.CodeForbidden, "/kind")
	e := w.Leader.Enter("hotspots.review", good)
	refusedOp(t, "a second time", w.Incharge.Do("hotspots.review", good), contract.CodeWrongState, "/body/week")
	h := w.month(t, w.Leader, "")
	if len(h.Reviews) != 1 || h.Reviews[0].ReviewID != e.OpID || h.Reviews[0].Spots[0].Result != "worse" || !h.Reviews[0].Spots[0].Keep {
		t.Errorf("reviews %+v", h.Reviews)
	}
	r, err := w.Book.Rebuild(t.Context(), booktest.District, booktest.Centre, false)
	if err != nil || !r.Equal() {
		t.Errorf("rebuild: %v, %+v", err, r)
	}
}

func TestAWeekIsLookedBackAtByTheListThatWasInForce(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	november := w.set("2026-11", spot(w.gate))
	w.agree(november)
	w.Pass(10 * 24 * time.Hour) // 28 November
	first := w.set("2026-12", spot(w.gate))
	w.agree(first)
	december := w.set("2026-12", spot(w.gate)) // in force from the same moment
	w.agree(december)
	w.Pass(35 * 24 * time.Hour) // 2 January
	w.agree(w.set("2027-01", spot(w.gate)))
	w.Pass(3 * 24 * time.Hour)
	w.Leader.SignIn()
	look := func(list uuid.UUID, week string) contract.HotspotsReview {
		at, err := time.Parse(time.DateOnly, week)
		if err != nil {
			t.Fatal(err)
		}
		return contract.HotspotsReview{
			ListID: list, Week: openapi_types.Date{Time: at}, PresentBy: []uuid.UUID{w.Leader.ID},
			Spots: []contract.HotspotReviewed{{PlaceID: w.gate.PlaceID, Result: "worse", Keep: true}},
		}
	}
	refusedOp(t, "by a list that was replaced", w.Leader.Do("hotspots.review", look(november, "2026-12-21")), contract.CodeWrongState, "/body/list_id")
	refusedOp(t, "by a list that another overtook", w.Leader.Do("hotspots.review", look(first, "2026-12-21")), contract.CodeWrongState, "/body/list_id")
	w.Leader.Enter("hotspots.review", look(december, "2026-12-21"))
}

func TestWhoSeesWhatOfHotSpots(t *testing.T) {
	t.Parallel()
	w := newSpotWorld(t)
	w.agree(w.set("2026-11", spot(w.gate)))
	w.Leader.Enter("hotspot.propose", contract.HotspotPropose{PlaceID: w.gate.PlaceID, Source: "school", Signs: []string{"dark"}, Mentions: 3})
	counsellor := w.Enlist(booktest.Centre, staff.Counsellor)
	for _, c := range []struct {
		by        *booktest.Officer
		proposals int
	}{{w.Leader, 1}, {w.Incharge, 1}, {w.co, 1}, {w.Beat, 1}, {counsellor, 0}, {w.Dispatcher, 0}, {w.SP, 0}} {
		if h := w.month(t, c.by, ""); len(h.Proposals) != c.proposals || h.InForce == nil {
			t.Errorf("%s sees %d proposals", c.by.Posts[0].Role, len(h.Proposals))
		}
	}
	_, err := w.Book.Hotspots(t.Context(), w.Other.Caller(), booktest.Centre, "")
	if err == nil {
		t.Error("another centre's in-charge sees the list")
	}
}
