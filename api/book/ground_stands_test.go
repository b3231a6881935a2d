package book_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

const placeHead = "code,hi,en,kind,station,lat,lon\n"

func complete(f *book.GroundFile) { f.Complete = true }
func merging(f *book.GroundFile)  { f.Merge = true }

// beatFile is a list of beats: code, English name, outline.
func beatFile(beats ...[3]string) string {
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, x := range beats {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n"+`{"type":"Feature","properties":{"code":%q,"en":%q,"station":"KRW"},"geometry":%s}`, x[0], x[1], x[2])
	}
	return b.String() + "]}"
}

// onlyFault is what is wrong with a file in which one thing is.
func onlyFault(t *testing.T, p *book.GroundPlan, line int, text string) {
	t.Helper()
	if len(p.Wrong) != 1 || p.Wrong[0].Line != line || !strings.Contains(p.Wrong[0].Text, text) {
		t.Errorf("%v %v, want one fault in line %d: %s", p.Counts, p.Wrong, line, text)
	}
}

func TestABeatOfTheStaffListThatGetsAnotherCodeIsChangedAndDoesNotEnd(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	area := square(25.3, 80.9, 0.02)
	enterPlan(t, w, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile([3]string{"b1", "Beat 1", area})), 1)
	w.Pass(24 * time.Hour)
	recoded := beatFile([3]string{"krw_01", "Beat 1", area})
	p := plan(t, w, book.GroundBeats, features.GeoJSON, recoded, complete)
	if len(p.Changes) != 1 || p.Changes[0].What != book.GroundChanged || p.Changes[0].ID != w.BeatID {
		t.Errorf("%v %+v", p.Counts, p.Changes)
	}
	enterPlan(t, w, p, 1)
	list, err := w.Book.BeatsOn(t.Context(), booktest.District, booktest.Centre, w.Date(1).Format(time.DateOnly))
	if err != nil || len(list) != 1 || list[0].BeatID != w.BeatID || list[0].Code != "krw_01" {
		t.Errorf("%+v, %v", list, err)
	}
	if p := plan(t, w, book.GroundBeats, features.GeoJSON, recoded, complete); p.Counts[book.GroundSame] != 1 || len(p.Changes) != 1 {
		t.Errorf("again: %v", p.Counts)
	}
	// A second line that means it by its name is told, and does not take it from the first.
	w.Pass(24 * time.Hour)
	two := beatFile([3]string{"krw_01", "Old town", area}, [3]string{"krw_02", "Beat 1", square(25.4, 80.9, 0.02)})
	onlyFault(t, plan(t, w, book.GroundBeats, features.GeoJSON, two), 3, "it is what line 2 is")
}

func TestCodesThatAreDealtAnewAmongBeatsOfTheStaffListAreTold(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	area, other := square(25.3, 80.9, 0.02), square(25.4, 80.9, 0.02)
	enterPlan(t, w, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile([3]string{"b1", "Beat 1", area}, [3]string{"b2", "Market", other})), 2)
	w.Pass(24 * time.Hour)
	onlyFault(t, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile([3]string{"b2", "Beat 1", area}), complete), 2, `code b2 is that of beat "Market"`)
	p := plan(t, w, book.GroundBeats, features.GeoJSON, beatFile([3]string{"b1", "Old town", area}, [3]string{"b2", "New market", other}))
	if len(p.Wrong) > 0 || p.Counts[book.GroundChanged] != 2 {
		t.Errorf("names alone: %v %v", p.Counts, p.Wrong)
	}
}

func TestAnOldCodeOfAPlaceMayBeGivenToAnotherWhichTakesNothingElseOfIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	enterPlan(t, w, plan(t, w, book.GroundPlaces, features.CSV, placeHead+"s1,विद्यालय,School,school,KRW,25.22,80.92\n"), 1)
	w.Pass(24 * time.Hour)
	w.Incharge.SignIn()
	page, err := w.Book.Ground(t.Context(), w.Incharge.Caller(), book.GroundQuery{Centre: booktest.Centre})
	if err != nil || len(page.Places) != 1 {
		t.Fatal(page, err)
	}
	school := w.GroundPlace("s_main", 25.22, 80.92)
	school.PlaceID, school.NameHi, school.NameEn, school.Kind, school.From = page.Places[0].PlaceID, "विद्यालय", "School", "school", w.Date(2)
	w.Incharge.Enter("place.set", school)
	const market = placeHead + "s1,हाट,Market,market,KRW,25.24,80.94\n"
	w.Pass(3 * 24 * time.Hour)
	early := strings.Replace(placeHead, "lon", "lon,from", 1) + "s1,हाट,Market,market,KRW,25.24,80.94," + w.Date(-2).Format(time.DateOnly) + "\n"
	onlyFault(t, plan(t, w, book.GroundPlaces, features.CSV, early), 2, "code s1 is that of another until "+w.Date(-1).Format(time.DateOnly))
	p := plan(t, w, book.GroundPlaces, features.CSV, market)
	if len(p.Wrong) > 0 || p.Counts[book.GroundNew] != 1 || p.Changes[0].ID == school.PlaceID {
		t.Fatalf("%v %v %+v", p.Counts, p.Wrong, p.Changes)
	}
	enterPlan(t, w, p, 1)
	w.Incharge.SignIn()
	page, err = w.Book.Ground(t.Context(), w.Incharge.Caller(), book.GroundQuery{Centre: booktest.Centre})
	if err != nil || len(page.Places) != 2 || page.Places[1].PlaceID != school.PlaceID || page.Places[1].NameEn != "School" {
		t.Errorf("%+v, %v", page.Places, err)
	}
	if p := plan(t, w, book.GroundPlaces, features.CSV, market); p.Counts[book.GroundSame] != 1 {
		t.Errorf("again: %v", p.Counts)
	}
}

func TestAnEndThatIsEnteredDoesNotMoveAndThePlanTellsIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	list := func(to string) string {
		return strings.Replace(placeHead, "lon", "lon,to", 1) + "a,मेला,Fair,fair_pandal,RJP,25.384,81.15," + to + "\n"
	}
	enterPlan(t, w, plan(t, w, book.GroundPlaces, features.CSV, list("2026-12-31")), 2)
	w.Pass(time.Hour)
	const other = "b,हाट,Market,market,KRW,25.22,80.92,\n"
	p := plan(t, w, book.GroundPlaces, features.CSV, list("2026-12-20")+other)
	onlyFault(t, p, 2, "to 2026-12-20: it ends on 2026-12-31 already")
	if n, err := w.Book.EnterGround(t.Context(), booktest.District, p); err == nil || n != 0 {
		t.Errorf("%d entered, %v", n, err)
	}
	if p := plan(t, w, book.GroundPlaces, features.CSV, list("2026-12-31")+other); p.Counts[book.GroundSame] != 1 || p.Counts[book.GroundNew] != 1 {
		t.Errorf("with the end that it has: %v %v", p.Counts, p.Wrong)
	}
	w.Pass(60 * 24 * time.Hour) // in January: it has ended, and does not begin again
	if p := plan(t, w, book.GroundPlaces, features.CSV, list("2026-12-31")); p.Counts[book.GroundSame] != 1 {
		t.Errorf("after its end: %v %v", p.Counts, p.Wrong)
	}
}

func TestOfTwoPlacesOfOneCodeTheOneThatIsThereIsMeant(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const text = placeHead + "s1,विद्यालय,School,school,KRW,25.22,80.92\n"
	p := plan(t, w, book.GroundPlaces, features.CSV, text)
	enterPlan(t, w, p, 1)
	w.Pass(24 * time.Hour)
	w.Incharge.SignIn()
	w.Incharge.Enter("place.end", contract.PlaceEnd{PlaceID: p.Changes[0].ID, On: w.Date(0), Reason: "बन्द"})
	// Its id is the first of all: whichever is looked at last, it is not the one by chance.
	for _, id := range []string{"00000000-0000-7000-8000-000000000001", "ffffffff-ffff-7fff-bfff-ffffffffffff"} {
		again := w.GroundPlace("s1", 25.22, 80.92)
		again.PlaceID, again.Kind, again.NameEn, again.NameHi = uuid.MustParse(id), "school", "School", "विद्यालय"
		w.Incharge.Enter("place.set", again)
		w.Pass(24 * time.Hour)
		w.Incharge.SignIn()
		p = plan(t, w, book.GroundPlaces, features.CSV, strings.Replace(text, "25.22,", "25.23,", 1), complete)
		if len(p.Changes) != 1 || p.Changes[0].What != book.GroundChanged || p.Changes[0].ID != again.PlaceID {
			t.Errorf("%v %v %+v", p.Counts, p.Wrong, p.Changes)
		}
		enterPlan(t, w, p, 1)
		w.Incharge.Enter("place.end", contract.PlaceEnd{PlaceID: again.PlaceID, On: w.Date(0), Reason: "बन्द"})
	}
}

func TestAPlaceIsMergedOnceAndTheSameFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	enterPlan(t, w, plan(t, w, book.GroundPlaces, features.CSV, placeHead+"w,कुआँ,Well,village,KRW,25.22,80.92\n"), 1)
	w.Pass(24 * time.Hour)
	const two = placeHead + "w1,कुआँ,Well,village,KRW,25.2201,80.92\nw2,कुआँ,Well,village,KRW,25.2202,80.92\n"
	p := plan(t, w, book.GroundPlaces, features.CSV, two, merging)
	if p.Counts[book.GroundChanged] != 1 || len(p.Changes) != 1 || len(p.Doubles) != 2 || p.Doubles[1].OtherLine != 2 {
		t.Errorf("%v %+v", p.Counts, p.Doubles)
	}
	enterPlan(t, w, p, 1)
	p = plan(t, w, book.GroundPlaces, features.CSV, two, merging, complete)
	if p.Counts[book.GroundSame] != 1 || len(p.Changes) != 1 {
		t.Errorf("again: %v %+v", p.Counts, p.Changes)
	}
	// Of two in the book each line is the nearer one.
	enterPlan(t, w, plan(t, w, book.GroundPlaces, features.CSV, placeHead+"v,कुआँ,Well,village,KRW,25.2222,80.92\n"), 1)
	w.Pass(24 * time.Hour)
	p = plan(t, w, book.GroundPlaces, features.CSV, strings.Replace(two, "25.2202", "25.2223", 1), merging, complete)
	if p.Counts[book.GroundSame] != 1 || p.Counts[book.GroundChanged] != 1 || len(p.Changes) != 2 || p.Changes[1].Code != "v" {
		t.Errorf("two and two: %v %+v", p.Counts, p.Changes)
	}
}

func TestABeatThatAPlaceNamesIsOneThatHasNotEndedAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ids := map[string]uuid.UUID{}
	for _, code := range []string{"o1", "o2", "o3"} {
		b := w.Ground(code)
		b.NameEn, b.NameHi = "Old town", "पुराना नगर"
		w.Incharge.Enter("beat.set", b)
		if ids[code] = b.BeatID; code == "o1" {
			w.Incharge.Enter("beat.end", contract.BeatEnd{BeatID: b.BeatID, On: w.Date(0), Reason: "नयी सीमा"})
		}
	}
	named := func(beat string) *book.GroundPlan {
		return plan(t, w, book.GroundPlaces, features.CSV, strings.Replace(placeHead, "lon", "lon,beat", 1)+"a,ग्राम,Village,village,KRW,25.22,80.92,"+beat+"\n")
	}
	for range 20 { // of a map every order comes
		deeds := named("Old town").Deeds()
		if len(deeds) != 1 || *deeds[0].Body.(contract.PlaceSet).BeatID != ids["o2"] {
			t.Fatalf("%+v", deeds)
		}
	}
	onlyFault(t, named("o1"), 2, "does not exist in KRW, or has ended")
	if p := named("o3"); len(p.Wrong) > 0 || *p.Deeds()[0].Body.(contract.PlaceSet).BeatID != ids["o3"] {
		t.Errorf("%v", p.Wrong)
	}
}

func TestAStationHasTwoHundredBeatsAndOneMoreIsRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	var beats [][3]string
	for i := range 200 {
		beats = append(beats, [3]string{fmt.Sprintf("n%03d", i), fmt.Sprintf("No %d", i), square(25.2+float64(i)*0.002, 80.9, 0.0008)})
	}
	more := [3]string{"more", "More", square(25.2, 81, 0.0008)}
	onlyFault(t, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile(append(beats, more)...)), 202, "KRW has 200 beats, and no more fit")
	enterPlan(t, w, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile(beats...)), 200)
	onlyFault(t, plan(t, w, book.GroundBeats, features.GeoJSON, beatFile(more)), 2, "and no more fit")
	refusedOp(t, "the 201st", w.Incharge.Do("beat.set", w.Ground("more")), contract.CodeTooMany, "/body/beat_id")
	page, err := w.Book.Ground(t.Context(), w.Incharge.Caller(), book.GroundQuery{Centre: booktest.Centre})
	if err != nil || len(page.Beats) != 200 {
		t.Fatalf("%d beats, %v", len(page.Beats), err)
	}
	w.Other.Enter("beat.set", w.Ground("more")) // each station has its own
	old := w.Ground("n000")
	old.BeatID = page.Beats[0].BeatID
	w.Incharge.Enter("beat.set", old) // a change makes no more of them
	w.Incharge.Enter("beat.end", contract.BeatEnd{BeatID: old.BeatID, On: w.Date(1), Reason: "मिलाया"})
	refusedOp(t, "while it is there", w.Incharge.Do("beat.set", w.Ground("more")), contract.CodeTooMany, "/body/beat_id")
	next, after := w.Ground("next"), w.Ground("after")
	next.From, after.From = w.Date(1), w.Date(1)
	r := w.Incharge.Send(w.Incharge.Item("beat.set", next), w.Incharge.Item("beat.set", after))
	if r[0].Outcome != book.Entered {
		t.Errorf("in its stead: %v", r[0].Problem)
	}
	refusedOp(t, "two in its stead", r[1], contract.CodeTooMany, "/body/beat_id")
}
