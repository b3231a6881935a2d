package book_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// hung makes a place and its first sheet.
func hung(t *testing.T, w *booktest.World, code string, lat, lon float64) contract.PlaceSet {
	t.Helper()
	p := w.GroundPlace(code, lat, lon)
	w.Incharge.Enter("place.set", p)
	w.Incharge.Enter("place.marker", contract.PlaceMarker{PlaceID: p.PlaceID, Reason: "first"})
	return p
}

// codeOf is what the printed sheet of a place says.
func codeOf(t *testing.T, w *booktest.World, place contract.UUID) string {
	t.Helper()
	list, err := w.Book.MarkerSheets(t.Context(), w.Incharge.Caller(), booktest.Centre, []uuid.UUID{place})
	if err != nil || len(list) != 1 {
		t.Fatal(err, len(list))
	}
	return list[0].Code.Reveal()
}

func TestASheetIsMadeForAPlaceOfTheCentreAndPrintedTheSameAgain(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	school := w.GroundPlace("school", 25.22, 80.92)
	w.Incharge.Enter("place.set", school)
	ask := func(reason string) contract.PlaceMarker {
		return contract.PlaceMarker{PlaceID: school.PlaceID, Reason: reason}
	}
	if _, err := w.Book.MarkerSheets(t.Context(), w.Incharge.Caller(), booktest.Centre, []uuid.UUID{school.PlaceID}); err == nil {
		t.Error("a sheet that nobody has made is printed")
	}
	refusedOp(t, "in the place of none", w.Incharge.Do("place.marker", ask("lost")), contract.CodeWrongState, "/body/reason")
	refusedOp(t, "by the beat", w.Beat.Do("place.marker", ask("first")), contract.CodeForbidden, "/kind")
	refusedOp(t, "another centre's", w.Other.Do("place.marker", ask("first")), contract.CodeUnknownReference, "/body/place_id")
	refusedOp(t, "a reason that is none", w.Incharge.Do("place.marker", ask("so")), contract.CodeUnknownCode, "/body/reason")
	w.Incharge.Enter("place.marker", ask("first"))
	refusedOp(t, "first again", w.SHO.Do("place.marker", ask("first")), contract.CodeWrongState, "/body/reason")
	one := codeOf(t, w, school.PlaceID)
	if again := codeOf(t, w, school.PlaceID); again != one || len(one) > 60 || !strings.HasPrefix(one, "KM1.") {
		t.Errorf("%q, then %q", one, again)
	}
	w.Pass(time.Hour)
	w.SHO.Enter("place.marker", ask("copied"))
	if two := codeOf(t, w, school.PlaceID); two == one || strings.Split(two, ".")[1] != strings.Split(one, ".")[1] {
		t.Errorf("%q follows %q", two, one)
	}
	page, err := w.Book.MarkedPlaces(t.Context(), w.SHO.Caller(), book.MarkerQuery{Centre: booktest.Centre})
	if err != nil || len(page.Places) != 1 || page.Places[0].Version != 2 || page.Places[0].Reason != "copied" || page.Missing != 0 {
		t.Fatalf("%v %+v", err, page)
	}
	for name, who := range map[string]*booktest.Officer{"the beat": w.Beat, "another centre": w.Other, "the dispatcher": w.Dispatcher} {
		if _, err := w.Book.MarkerSheets(t.Context(), who.Caller(), booktest.Centre, []uuid.UUID{school.PlaceID}); err == nil {
			t.Errorf("%s has it printed", name)
		}
		if _, err := w.Book.MarkedPlaces(t.Context(), who.Caller(), book.MarkerQuery{Centre: booktest.Centre}); err == nil {
			t.Errorf("%s reads the list", name)
		}
	}
	w.Incharge.Enter("place.end", contract.PlaceEnd{PlaceID: school.PlaceID, On: w.Date(0), Reason: "विद्यालय बन्द"})
	refusedOp(t, "a place that is no more", w.Incharge.Do("place.marker", ask("renewed")), contract.CodeWrongState, "/body/place_id")
}

func TestPlacesWithoutASheetComeFirstAndAPageEndsWhereTheNextBegins(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for i, code := range []string{"a", "b", "c", "d"} {
		p := w.GroundPlace(code, 25.22+float64(i)*0.01, 80.92)
		w.Incharge.Enter("place.set", p)
		if i < 2 {
			w.Incharge.Enter("place.marker", contract.PlaceMarker{PlaceID: p.PlaceID, Reason: "first"})
		}
	}
	var got []string
	q := book.MarkerQuery{Centre: booktest.Centre, Limit: 3}
	for {
		page, err := w.Book.MarkedPlaces(t.Context(), w.Incharge.Caller(), q)
		if err != nil || page.Missing != 2 {
			t.Fatal(err, page)
		}
		for _, p := range page.Places {
			got = append(got, p.Code)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if strings.Join(got, " ") != "c d a b" {
		t.Error(got)
	}
}

func TestWhatACodeThatWasReadSaysOfThePlace(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	school := hung(t, w, "school", 25.2200, 80.92)
	hall := hung(t, w, "hall", 25.2205, 80.92) // 56 m from it
	far := hung(t, w, "far", 25.26, 80.96)     // 5.9 km
	old := codeOf(t, w, far.PlaceID)
	w.Pass(time.Hour)
	w.SHO.Enter("place.marker", contract.PlaceMarker{PlaceID: far.PlaceID, Reason: "renewed"})
	w.Pass(time.Hour)
	code := codeOf(t, w, school.PlaceID)
	forged := code[:len(code)-1] + map[bool]string{true: "1", false: "0"}[code[len(code)-1] == '0']
	other := strings.Replace(codeOf(t, w, far.PlaceID), ".2.", ".1.", 1) // a number that the code is not of
	stale := func(lat, lon float64) booktest.Option {
		return booktest.With("place", contract.Place{Lat: lat, Lon: lon, AccuracyM: 10, FixAt: ptr(contract.At(w.Now().Add(-time.Hour)))})
	}
	for _, c := range []struct {
		why, code string
		fix       booktest.Option
		state     any
		place     any
		metres    any
	}{
		{"without a code", "", booktest.At(25.2200, 80.92, 10), nil, "school", "0"},
		{"at the place", code, booktest.At(25.2201, 80.92, 10), "ok", "school", "11"},
		{"in small letters", strings.ToLower(code), booktest.At(25.2201, 80.92, 10), "ok", "school", "11"},
		{"next door, and nearer to that", codeOf(t, w, hall.PlaceID), booktest.At(25.2201, 80.92, 10), "ok", "hall", "44"},
		{"without a fix", code, nil, "ok", "school", nil},
		{"with an old fix", code, stale(25.30, 80.92), "ok", "school", nil},
		{"with a poor fix far off", code, booktest.At(25.2290, 80.92, 900), "ok", "school", "1001"},
		{"with a good fix elsewhere", code, booktest.At(25.2600, 80.96, 10), "other", "far", "0"},
		{"with a good fix where nothing is", code, booktest.At(25.2400, 80.92, 10), "other", nil, nil},
		{"an old sheet at its place", old, booktest.At(25.26, 80.96, 10), "old", "far", "0"},
		{"an old sheet without a fix", old, nil, "old", nil, nil},
		{"an old sheet elsewhere", old, booktest.At(25.2200, 80.92, 10), "other", "school", "0"},
		{"forged", forged, booktest.At(25.2200, 80.92, 10), "bad", "school", "0"},
		{"forged, without a fix", forged, nil, "bad", nil, nil},
		{"a code of another number", other, nil, "bad", nil, nil},
		{"something else", "https://example.org/?a=1", nil, "bad", nil, nil},
		{"a code of no place", "KM1.00000000000000000000000000.1.0000000000000000", nil, "bad", nil, nil},
	} {
		w.Pass(30 * time.Minute)
		v := w.Visit()
		if c.code != "" {
			v.Marker = &c.code
		}
		opts := []booktest.Option{}
		if c.fix != nil {
			opts = append(opts, c.fix)
		}
		before := count(t, w, `SELECT count(*) FROM place_visits WHERE place_id IS NOT NULL`)
		e := w.Beat.Enter("visit.record", v, opts...)
		if e.Facts["marker"] != c.state || e.Facts["found_code"] != c.place || e.Facts["found_m"] != c.metres {
			t.Errorf("%s: %v", c.why, e.Facts)
		}
		row, cols := lineOf(t, w, "women_beat", e.Lines[0].Serial)
		if cols["marker_state"] != c.state || cols["marker"] != nil || len(row.Sealed) != 0 {
			t.Errorf("%s: the line says %v %v", c.why, cols, row.Sealed)
		}
		if n := count(t, w, `SELECT count(*) FROM place_visits WHERE place_id IS NOT NULL`) - before; (n == 1) != (c.place != nil) {
			t.Errorf("%s: counts %d times for a place", c.why, n)
		}
	}
	for _, text := range []string{code, old, strings.Split(code, ".")[3]} {
		if found := everywhere(t, w, text); len(found) != 0 {
			t.Errorf("a code stands in %v", found)
		}
	}
}

func TestASheetIsInForceWhenItWasRead(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	p := hung(t, w, "school", 25.22, 80.92)
	code := codeOf(t, w, p.PlaceID)
	w.Pass(3 * time.Hour)
	read := w.Now()
	w.Pass(3 * time.Hour)
	w.SHO.Enter("place.marker", contract.PlaceMarker{PlaceID: p.PlaceID, Reason: "renewed"})
	w.Pass(time.Hour)
	v := w.Visit()
	v.Marker, v.StartedAt, v.EndedAt = &code, contract.At(read.Add(-20*time.Minute)), contract.At(read)
	if e := w.Beat.Enter("visit.record", v, booktest.With("device_at", contract.At(read))); e.Facts["marker"] != "ok" {
		t.Errorf("from the time before the new sheet: %v", e.Facts)
	}
	v.StartedAt, v.EndedAt = contract.At(w.Now().Add(-20*time.Minute)), contract.At(w.Now())
	if e := w.Beat.Enter("visit.record", v); e.Facts["marker"] != "old" || e.Facts["marker_version"] != "1" {
		t.Errorf("after it: %v", e.Facts)
	}
}

func TestAVisitWithTheCodeOfItsPlaceIsStrongAndOneWithItFromAfarWeak(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	p, far := hung(t, w, "school", 25.2, 80.9), hung(t, w, "far", 25.26, 80.96)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	visit := func(code string) {
		began := w.Now()
		var fixes []book.Fix
		for i := range 20 {
			w.Pass(time.Minute)
			fixes = append(fixes, book.Fix{At: w.Now(), Lat: 25.2 + float64(i%7)*0.00004, Lon: 80.9, AccuracyM: 8})
		}
		if _, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, fixes); err != nil {
			t.Fatal(err)
		}
		v := w.Visit()
		v.StartedAt, v.EndedAt, v.Marker = contract.At(began), contract.At(w.Now()), &code
		w.Beat.Enter("visit.record", v, booktest.At(25.2, 80.9, 8))
	}
	visit(codeOf(t, w, p.PlaceID))
	visit(codeOf(t, w, far.PlaceID))
	visit("KM1.none.1.at.all")
	w.Pass(7 * time.Hour)
	tick(t, w)
	for serial, want := range map[int64][3]string{1: {"strong", "marker", "for"}, 2: {"weak", "marker_away", "against"}, 3: {"unknown", "marker_bad", "unknown"}} {
		if state, items := proofOf(t, w, serial); state != want[0] || items[want[1]] != want[2] {
			t.Errorf("visit %d: %s %v, want %v", serial, state, items, want)
		}
	}
	day := w.Now().In(time.FixedZone("IST", 19800))
	sheet, err := w.Book.DaySheet(t.Context(), w.Incharge.Caller(), booktest.Centre, day)
	if err != nil || sheet.Weak != 1 || sheet.WeakFor["marker_away"] != 1 {
		t.Error(err, sheet.Weak, sheet.WeakFor)
	}
}

func TestACorrectionKeepsWhatTheCodeSaidAndReadsNoNewOne(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	p, other := hung(t, w, "school", 25.22, 80.92), hung(t, w, "other", 25.26, 80.96)
	code, wrong := codeOf(t, w, p.PlaceID), codeOf(t, w, other.PlaceID)
	v := w.Visit()
	v.Marker = &code
	first := w.Beat.Enter("visit.record", v)
	w.Pass(time.Hour)
	v.Women++
	v.Marker = &wrong
	e := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "संख्या गलत लिखी गयी", Visit: &v})
	if e.Facts["marker"] != nil {
		t.Error("a correction reads a code", e.Facts)
	}
	if _, cols := lineOf(t, w, "women_beat", 2); cols["marker_state"] != "ok" || cols["found_place"] != "school" {
		t.Error(cols)
	}
	if n := count(t, w, `SELECT count(*) FROM place_visits WHERE place_id = $1 AND struck_at IS NULL`, p.PlaceID); n != 1 {
		t.Errorf("the place has %d visits", n)
	}
	for _, c := range []struct {
		of    contract.UUID
		field string
	}{{first.OpID, "/body/marker"}, {e.OpID, "/body/visit/marker"}} {
		r := w.Incharge.Do("identity.read", contract.IdentityRead{SubjectID: c.of, Fields: []string{c.field}, Reason: "inquiry"})
		refusedOp(t, "read of "+c.field, r, contract.CodeUnknownReference, "/body/fields/0")
	}
}

func TestAKeyOfCodesIsFollowedAndTheOldOneProvesItsSheets(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first, second := []byte(strings.Repeat("1", 32)), []byte(strings.Repeat("2", 32))
	use := func(keys ...[]byte) {
		t.Helper()
		if err := w.MarkerKeys.Use(keys...); err != nil {
			t.Fatal(err)
		}
	}
	use(first)
	p := hung(t, w, "school", 25.22, 80.92)
	code := codeOf(t, w, p.PlaceID)
	use(second, first)
	if again := codeOf(t, w, p.PlaceID); again != code {
		t.Errorf("printed again it is %q, was %q", again, code)
	}
	scan := func(code string) any {
		w.Pass(30 * time.Minute)
		v := w.Visit()
		v.Marker = &code
		return w.Beat.Enter("visit.record", v).Facts["marker"]
	}
	if got := scan(code); got != "ok" {
		t.Error("a sheet of the older key is", got)
	}
	w.Incharge.Enter("place.marker", contract.PlaceMarker{PlaceID: p.PlaceID, Reason: "renewed"})
	renewed := codeOf(t, w, p.PlaceID)
	if got := scan(renewed); got != "ok" {
		t.Error("a sheet of the newer key is", got)
	}
	by, err := w.Book.MarkersByKey(t.Context())
	if err != nil || by[book.MarkerKeyID(second)] != 1 || by[book.MarkerKeyID(first)] != 0 {
		t.Error(err, by)
	}
	use(first) // the newer one is lost
	if got := scan(renewed); got != "bad" {
		t.Error("a sheet whose key is gone is", got)
	}
	if _, err := w.Book.MarkerSheets(t.Context(), w.Incharge.Caller(), booktest.Centre, []uuid.UUID{p.PlaceID}); err == nil {
		t.Error("printed without its key")
	}
	if err := w.MarkerKeys.Use(); err == nil {
		t.Error("no key at all is taken")
	}
	if err := w.MarkerKeys.Use([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}
