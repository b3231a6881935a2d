package book_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// square is an outline of so many degrees around a point.
func square(lat, lon, half float64) string {
	var b strings.Builder
	b.WriteString(`{"type":"Polygon","coordinates":[[`)
	for i, c := range [][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}} {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("[" + num(lon+c[0]*half) + "," + num(lat+c[1]*half) + "]")
	}
	return b.String() + "]]}"
}

// TestACorrectionOfAVisitSaysItsBeatAndLosesNone puts visits right of which the book found the
// beat, or was told it.
func TestACorrectionOfAVisitSaysItsBeatAndLosesNone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first, second := w.Ground("b2"), w.Ground("b3")
	first.Area, second.Area = square(25.30, 80.80, 0.02), square(25.40, 80.80, 0.02)
	w.Incharge.Enter("beat.set", first)
	w.Incharge.Enter("beat.set", second)
	correct := func(e *book.Entry, beat *uuid.UUID, women int) *book.Entry {
		t.Helper()
		fixed := w.Visit()
		fixed.BeatID, fixed.Women = beat, women
		return w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "प्रविष्टि गलत", Visit: &fixed})
	}
	is := func(what string, e *book.Entry, beat uuid.UUID) {
		t.Helper()
		row, cols := lineOf(t, w, "women_beat", e.Lines[0].Serial)
		n := count(t, w, `SELECT count(*) FROM place_visits v, lines l WHERE v.serial = l.serial AND v.year = l.year AND l.register = 'women_beat'
			AND v.beat_id = '`+beat.String()+`' AND l.beat_id = v.beat_id AND v.struck_at IS NULL AND l.serial = `+fmt.Sprint(e.Lines[0].Serial))
		if cols["beat_id"] != beat.String() || row.BeatID == nil || *row.BeatID != beat || n != 1 {
			t.Errorf("%s: the register says %v, the line %v, coverage %d", what, cols["beat_id"], row.BeatID, n)
		}
	}
	for _, said := range []*uuid.UUID{nil, &first.BeatID} {
		v := w.Visit()
		v.BeatID = said
		e := w.Beat.Enter("visit.record", v, booktest.At(25.3015, 80.8015, 20))
		is("as it was", e, first.BeatID)
		e = correct(e, nil, 7)
		is("without a beat", e, first.BeatID)
		e = correct(e, &second.BeatID, 7)
		is("with another", e, second.BeatID)
		e = correct(e, &second.BeatID, 8)
		is("with the same", e, second.BeatID)
		e = correct(e, nil, 9)
		is("and without one again", e, second.BeatID)
		is("back", correct(e, &first.BeatID, 9), first.BeatID)
	}
	if r, err := w.Book.Rebuild(t.Context(), booktest.District, booktest.Centre, false); err != nil || !r.Equal() {
		t.Errorf("rebuild: %v, %v", err, r)
	}
}

func TestAVisitKeepsTheBeatAndThePlaceOfItsDay(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Ground("b2")
	first.Area = square(25.30, 80.80, 0.02)
	w.Incharge.Enter("beat.set", first)
	village := w.GroundPlace("bharatpur", 25.301, 80.801)
	village.BeatID = &first.BeatID
	w.Incharge.Enter("place.set", village)
	visit := func(lat, lon float64) (*book.Entry, map[string]any) {
		v := w.Visit()
		v.BeatID = nil
		e := w.Beat.Enter("visit.record", v, booktest.At(lat, lon, 20))
		_, cols := lineOf(t, w, "women_beat", e.Lines[0].Serial)
		return e, cols
	}
	e, cols := visit(25.3015, 80.8015)
	if e.Facts["found_beat"] != hexID(first.BeatID) || e.Facts["found_place"] != hexID(village.PlaceID) {
		t.Errorf("found %v", e.Facts)
	}
	if cols["found_place"] != "bharatpur" || cols["found_m"] != 75.0 || cols["beat_id"] != first.BeatID.String() {
		t.Errorf("the line says %v", cols)
	}

	w.Pass(5 * 24 * time.Hour)
	moved := first
	moved.From, moved.Area = w.Date(0), square(25.40, 80.80, 0.02)
	w.Incharge.Enter("beat.set", moved)
	gone := contract.PlaceEnd{PlaceID: village.PlaceID, On: w.Date(0), Reason: "ग्राम दूसरे थाने में"}
	w.Incharge.Enter("place.end", gone)
	if e, _ := visit(25.3015, 80.8015); e.Facts["found_beat"] != nil || e.Facts["found_place"] != nil {
		t.Errorf("after the change: %v", e.Facts)
	}
	if e, _ := visit(25.4015, 80.8015); e.Facts["found_beat"] != hexID(first.BeatID) {
		t.Errorf("where it is now: %v", e.Facts)
	}
	if _, cols := lineOf(t, w, "women_beat", 1); cols["found_place"] != "bharatpur" || cols["beat_id"] != first.BeatID.String() {
		t.Errorf("the old line says %v", cols)
	}
	// A visit of the day before that comes only now is one of the old beat.
	late := w.Visit()
	late.BeatID = nil
	late.StartedAt, late.EndedAt = contract.At(w.Now().Add(-25*time.Hour)), contract.At(w.Now().Add(-24*time.Hour))
	e = w.Beat.Enter("visit.record", late, booktest.At(25.3015, 80.8015, 20), booktest.With("device_at", contract.At(w.Now().Add(-24*time.Hour))))
	if e.Facts["found_beat"] != hexID(first.BeatID) || e.Facts["found_place"] != hexID(village.PlaceID) {
		t.Errorf("a late one: %v", e.Facts)
	}
	if n := count(t, w, `SELECT count(*) FROM beat_versions WHERE until_on = '2026-11-23' OR from_on = '2026-11-23'`); n != 2 {
		t.Errorf("%d versions meet on the day of the change", n)
	}
}

func hexID(id uuid.UUID) string { return strings.ReplaceAll(id.String(), "-", "") }

func TestTheNearestPlaceIsFoundAndTheSaidBeatStands(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	near, far := w.GroundPlace("near", 25.2205, 80.92), w.GroundPlace("far", 25.2212, 80.92)
	field := w.GroundPlace("fair", 25.24, 80.94)
	area := square(25.24, 80.94, 0.004)
	field.Area = &area
	abroad := w.GroundPlace("abroad", 25.2201, 80.92)
	for _, p := range []contract.PlaceSet{near, far, field} {
		w.Incharge.Enter("place.set", p)
	}
	w.Other.Enter("place.set", abroad)
	cases := []struct {
		name               string
		lat, lon, accuracy float64
		want               string
		metres             any
	}{
		{"nearer to one", 25.2200, 80.92, 10, "near", "56"},
		{"the own centre's before the nearer of another", 25.2201, 80.92, 10, "near", "44"},
		{"out of reach", 25.2180, 80.92, 10, "", nil},
		{"within the accuracy", 25.2182, 80.92, 200, "near", "256"},
		{"no accuracy reaches further than half a kilometre", 25.2150, 80.92, 90000, "", nil},
		{"within an area, far from its gate", 25.2435, 80.9435, 10, "fair", "0"},
	}
	for _, c := range cases {
		e := w.Beat.Enter("visit.record", w.Visit(), booktest.At(c.lat, c.lon, c.accuracy))
		code, _ := e.Facts["found_code"].(string)
		if code != c.want || e.Facts["found_m"] != c.metres {
			t.Errorf("%s: %v", c.name, e.Facts)
		}
		if e.Facts["found_beat"] != nil {
			t.Errorf("%s: she had said her beat, and another was found", c.name)
		}
		w.Pass(time.Hour)
	}
}

func TestAPlaceWithAnOutlineIsFoundAfterWhatLiesNearerWithinIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	village, school, college := w.GroundPlace("village", 25.24, 80.94), w.GroundPlace("school", 25.2425, 80.9425), w.GroundPlace("college", 25.2370, 80.9370)
	around, yard := square(25.24, 80.94, 0.006), square(25.2370, 80.9370, 0.0008)
	village.Area, college.Area = &around, &yard
	stop := w.GroundPlace("stop", 25.2370, 80.9382)
	for _, p := range []contract.PlaceSet{village, school, college, stop} {
		w.Incharge.Enter("place.set", p)
	}
	cases := []struct {
		name               string
		lat, lon, accuracy float64
		want, metres       string
	}{
		{"at the gate of the school", 25.2425, 80.94251, 5, "school", "1"},
		{"in the village, with nothing near", 25.2440, 80.9370, 5, "village", "0"},
		{"in the village, and the school is within a poor fix", 25.2450, 80.9425, 400, "village", "0"},
		{"in the yard of the college, and the stop is further than the yard is wide", 25.2370, 80.9370, 5, "college", "0"},
		{"at the stop", 25.2370, 80.93815, 5, "stop", "5"},
		{"beside the village, and the school is not in reach", 25.2470, 80.9425, 5, "", ""},
	}
	for _, c := range cases {
		e := w.Beat.Enter("visit.record", w.Visit(), booktest.At(c.lat, c.lon, c.accuracy))
		code, _ := e.Facts["found_code"].(string)
		metres, _ := e.Facts["found_m"].(string)
		if code != c.want || metres != c.metres {
			t.Errorf("%s: %v", c.name, e.Facts)
		}
		w.Pass(time.Hour)
	}
}

func TestWhatABeatOrAPlaceMayNotBe(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	beat, place := w.Ground("b2"), w.GroundPlace("p1", 25.22, 80.92)
	w.Incharge.Enter("beat.set", beat)
	w.Incharge.Enter("place.set", place)
	beats := []struct {
		name    string
		change  func(b *contract.BeatSet)
		code    contract.Code
		pointer string
	}{
		{"a code that another has", func(b *contract.BeatSet) { b.BeatID = uuid.Must(uuid.NewV7()) }, contract.CodeAlreadyThere, "/body/code"},
		{"before the last version", func(b *contract.BeatSet) { b.From = w.Date(-1) }, contract.CodeBeforeLast, "/body/from"},
		{"two years ahead", func(b *contract.BeatSet) { b.From = w.Date(800) }, contract.CodeInFuture, "/body/from"},
		{"a bow tie", func(b *contract.BeatSet) {
			b.Area = `{"type":"Polygon","coordinates":[[[80,25],[81,26],[81,25],[80,26],[80,25]]]}`
		}, contract.CodeBadArea, "/body/area"},
		{"a point", func(b *contract.BeatSet) { b.Area = `{"type":"Point","coordinates":[80.9,25.2]}` }, contract.CodeBadArea, "/body/area"},
		{"the rim as a hole", func(b *contract.BeatSet) {
			b.Area = `{"type":"Polygon","coordinates":[[[80.4,25.4],[80.5,25.4],[80.5,25.5],[80.4,25.4]],[[80.3,25.3],[80.6,25.3],[80.6,25.6],[80.3,25.6],[80.3,25.3]]]}`
		}, contract.CodeBadArea, "/body/area"},
		{"half the country", func(b *contract.BeatSet) { b.Area = square(25, 80, 3) }, contract.CodeBadArea, "/body/area"},
		{"hours that end first", func(b *contract.BeatSet) {
			b.Rounds = &contract.BeatRounds{PerWeek: 2, HoursFrom: ptr("15:00"), HoursTo: ptr("11:00")}
		}, contract.CodeEndedBeforeStarted, "/body/rounds/hours_to"},
	}
	for _, c := range beats {
		b := beat
		c.change(&b)
		refusedOp(t, c.name, w.Incharge.Do("beat.set", b), c.code, c.pointer)
	}
	refusedOp(t, "another centre's beat", w.Other.Do("beat.set", beat), contract.CodeUnknownReference, "/body/beat_id")
	refusedOp(t, "a beat officer", w.Beat.Do("beat.set", beat), contract.CodeForbidden, "/kind")
	elsewhere := place
	elsewhere.PlaceID = uuid.Must(uuid.NewV7())
	refusedOp(t, "a code that another has", w.SHO.Do("place.set", elsewhere), contract.CodeAlreadyThere, "/body/code")
	refusedOp(t, "another centre's place", w.Other.Do("place.set", place), contract.CodeUnknownReference, "/body/place_id")
	w.Incharge.Enter("beat.end", contract.BeatEnd{BeatID: beat.BeatID, On: w.Date(3), Reason: "बीट १ में मिलाया"})
	refusedOp(t, "ended twice", w.Incharge.Do("beat.end", contract.BeatEnd{BeatID: beat.BeatID, On: w.Date(4), Reason: "पुनः"}), contract.CodeWrongState, "/body/beat_id")
	early := beat
	early.From = w.Date(2)
	refusedOp(t, "again before it ended", w.Incharge.Do("beat.set", early), contract.CodeBeforeLast, "/body/from")
	early.From = w.Date(4)
	w.Incharge.Enter("beat.set", early) // it may come again
	same := place
	same.NameHi = "ग्राम का सही नाम"
	w.Incharge.Enter("place.set", same) // on the same day: put right
	if n := count(t, w, `SELECT count(*) FROM place_versions WHERE hi = 'ग्राम का सही नाम'`); n != 1 {
		t.Errorf("%d rows of a place that was put right on its first day", n)
	}
}

func TestOutsideTheDistrictIsSaidAndNotRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	p := w.GroundPlace("satna", 24.58, 80.83)
	e := w.Incharge.Enter("place.set", p)
	if len(e.Flags) != 1 || e.Flags[0].Code != "outside_district" || e.Flags[0].Value < 30 {
		t.Errorf("by the frame of the stations: %v", e.Flags)
	}
	w.SQL(`INSERT INTO boundaries (district_id, area, set_at) VALUES ($1, $2, $3)`, []any{booktest.District, square(25.2, 80.9, 0.3), w.Now()})
	if err := w.Book.LoadRules(context.Background()); err != nil {
		t.Fatal(err)
	}
	q := w.GroundPlace("manikpur", 25.06, 81.21)
	e = w.Incharge.Enter("place.set", q)
	if len(e.Flags) != 1 || e.Flags[0].Value < 0.9 || e.Flags[0].Value > 1.2 {
		t.Errorf("by the outline: %v", e.Flags)
	}
	if e = w.Incharge.Enter("place.set", w.GroundPlace("karwi", 25.2, 80.9)); len(e.Flags) != 0 {
		t.Errorf("within it: %v", e.Flags)
	}
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
