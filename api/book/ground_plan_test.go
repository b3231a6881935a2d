package book_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

const placesCSV = `code,hi,en,kind,station,lat,lon,every_days,hours,weight,tags,from,to
152341,भरतपुर,Bharatpur,village,KRW,25.2210,80.9210,15,,,,,
GIC/Karwi,राजकीय इण्टर कॉलेज,GIC Karwi,विद्यालय,कर्वी,25.2300,80.9300,7,09:00-15:30,2,Girls;closing time,,
rajapur haat,राजापुर हाट,Rajapur haat,Market,,25.3840,81.1510,,,,,,
`

func plan(t *testing.T, w *booktest.World, kind, format, text string, change ...func(f *book.GroundFile)) *book.GroundPlan {
	t.Helper()
	in := book.GroundFile{
		Kind: kind, From: w.Now().In(time.FixedZone("IST", 19800)),
		Features: features.Read(strings.NewReader(text), format, features.Options{Box: w.Book.GroundFrame(booktest.District)}),
	}
	for _, f := range change {
		f(&in)
	}
	p, err := w.Book.PlanGround(t.Context(), booktest.District, in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func enterPlan(t *testing.T, w *booktest.World, p *book.GroundPlan, want int) {
	t.Helper()
	n, err := w.Book.EnterGround(t.Context(), booktest.District, p)
	if err != nil || n != want {
		t.Fatalf("%d entries, want %d: %v", n, want, err)
	}
}

func TestAnImportSaysWhatItWouldDoAndDoesItOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	p := plan(t, w, book.GroundPlaces, features.CSV, placesCSV)
	if len(p.Wrong) > 0 || p.Counts[book.GroundNew] != 3 {
		t.Fatalf("%v %v", p.Counts, p.Wrong)
	}
	if n := count(t, w, `SELECT count(*) FROM place_versions`); n != 0 {
		t.Fatalf("a plan kept %d rows", n)
	}
	enterPlan(t, w, p, 3)
	if n := count(t, w, `SELECT count(*) FROM place_versions WHERE centre = 'KRW' AND code = 'gic_karwi' AND kind = 'school' AND every_days = 7
		AND hours_from = '09:00' AND hours_to = '15:30' AND weight = 2 AND tags = '{girls,closing_time}' AND beat_id = '`+w.BeatID.String()+`'`); n != 1 {
		t.Error("the college is not as the file has it")
	}
	if n := count(t, w, `SELECT count(*) FROM place_versions WHERE centre = 'RJP' AND code = 'rajapur_haat' AND every_days = 7 AND beat_id IS NULL`); n != 1 {
		t.Error("the market is not at the nearest station")
	}
	if p := plan(t, w, book.GroundPlaces, features.CSV, placesCSV); p.Counts[book.GroundSame] != 3 || len(p.Doubles) > 0 {
		t.Errorf("again: %v, %v", p.Counts, p.Doubles)
	}
	// A month later the list comes back: one moved, one is no more, one is new under another code.
	w.Pass(30 * 24 * time.Hour)
	changed := strings.NewReplacer("25.2210", "25.2215", "rajapur haat", "haat-2").Replace(placesCSV)
	p = plan(t, w, book.GroundPlaces, features.CSV, changed, func(f *book.GroundFile) { f.Complete = true })
	if p.Counts[book.GroundChanged] != 1 || p.Counts[book.GroundNew] != 1 || p.Counts[book.GroundSame] != 1 || p.Counts[book.GroundEnded] != 1 {
		t.Errorf("changed: %v", p.Counts)
	}
	if len(p.Doubles) != 1 || p.Doubles[0].Line != 4 || p.Doubles[0].OtherCode != "rajapur_haat" || p.Doubles[0].OtherLine != 0 {
		t.Errorf("doubles: %v", p.Doubles)
	}
	p = plan(t, w, book.GroundPlaces, features.CSV, changed, func(f *book.GroundFile) { f.Complete, f.Merge = true, true })
	if p.Counts[book.GroundSame] != 2 || p.Counts[book.GroundChanged] != 1 || p.Counts[book.GroundEnded] != 0 {
		t.Errorf("merged: %v", p.Counts)
	}
	enterPlan(t, w, p, 1)
	if n := count(t, w, `SELECT count(*) FROM place_versions WHERE until_on = '2026-12-18'`); n != 1 {
		t.Errorf("%d old versions ended on the day of the new list", n)
	}
	if n := count(t, w, `SELECT count(DISTINCT place_id) FROM place_versions`); n != 3 {
		t.Errorf("%d places", n)
	}
}

// TestMergingDropsNoChangeOfAPlaceThatIsThere has two of one name near each other, which
// the book has as two: a list that changes one of them changes it.
func TestMergingDropsNoChangeOfAPlaceThatIsThere(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const list = "code,hi,en,kind,station,lat,lon,every_days\nwell-1,कुआँ,Well,village,KRW,25.2200,80.9200,30\nwell-2,कुआँ,Well,village,KRW,25.2201,80.9201,30\n"
	enterPlan(t, w, plan(t, w, book.GroundPlaces, features.CSV, list), 2)
	w.Pass(24 * time.Hour)
	p := plan(t, w, book.GroundPlaces, features.CSV, strings.Replace(list, "80.9201,30", "80.9201,7", 1), func(f *book.GroundFile) { f.Merge = true })
	if p.Counts[book.GroundSame] != 1 || p.Counts[book.GroundChanged] != 1 {
		t.Fatalf("%v", p.Counts)
	}
	enterPlan(t, w, p, 1)
	if n := count(t, w, `SELECT count(*) FROM place_versions WHERE every_days = 7 AND until_on IS NULL`); n != 1 {
		t.Errorf("%d changed", n)
	}
}

func TestABeatOfTheStaffListIsGivenItsOutlineByItsName(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	text := `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"B-1","en":"Beat 1","hi":"बीट १","station":"KRW","per_week":"3","hours":"11:00-15:00"},"geometry":` + square(25.3, 80.9, 0.02) + `},
{"type":"Feature","properties":{"code":"B-9","en":"Beat 9","hi":"बीट ९"},"geometry":` + square(25.38, 81.1, 0.02) + `}]}`
	p := plan(t, w, book.GroundBeats, features.GeoJSON, text)
	if len(p.Wrong) > 0 || p.Counts[book.GroundNew] != 2 {
		t.Fatalf("%v %v", p.Counts, p.Wrong)
	}
	enterPlan(t, w, p, 2)
	list, err := w.Book.BeatsOn(t.Context(), booktest.District, "", "2026-11-18")
	if err != nil || len(list) != 2 || list[0].BeatID != w.BeatID || list[0].PerWeek != 3 || list[1].Centre != "RJP" {
		t.Fatalf("%+v, %v", list, err)
	}
	v := w.Visit() // she names it as before
	if e := w.Beat.Enter("visit.record", v, booktest.At(25.22, 80.92, 10)); len(e.Flags) == 0 || e.Flags[len(e.Flags)-1].Code == "outside_district" {
		t.Errorf("outside of the new outline: %v", e.Flags)
	}
	w.Pass(time.Hour)
	v = w.Visit()
	v.BeatID = nil
	if e := w.Beat.Enter("visit.record", v, booktest.At(25.30, 80.90, 10)); e.Facts["found_beat"] != hexID(w.BeatID) {
		t.Errorf("found %v", e.Facts)
	}
	if p := plan(t, w, book.GroundBeats, features.GeoJSON, text); p.Counts[book.GroundSame] != 2 {
		t.Errorf("again: %v", p.Counts)
	}
	ended := strings.Replace(text, `"code":"B-9"`, `"code":"B-9","to":"2026-12-01"`, 1)
	p = plan(t, w, book.GroundBeats, features.GeoJSON, ended)
	if p.Counts[book.GroundEnded] != 1 {
		t.Errorf("ended: %v", p.Counts)
	}
	enterPlan(t, w, p, 1)
	if p := plan(t, w, book.GroundBeats, features.GeoJSON, ended); p.Counts[book.GroundSame] != 2 {
		t.Errorf("ended again: %v", p.Counts)
	}
}

func TestEachFaultOfAFileIsToldByItsLineAndNothingIsKept(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	head := "code,hi,en,kind,station,lat,lon,every_days,hours,weight,tags,from,to\n"
	good := "ok,ग्राम,Village,village,KRW,25.22,80.92,7,,,,,\n"
	cases := []struct{ name, line, want string }{
		{"no code", ",ग्राम,Village,village,KRW,25.22,80.92,7,,,,,", "no code"},
		{"a code in Hindi", "कखग,ग्राम,Village,village,KRW,25.22,80.92,7,,,,,", "code"},
		{"no name", "a,,,village,KRW,25.22,80.92,7,,,,,", "a name"},
		{"a number in a name", "a,रमेश 9876543210,Ramesh,village,KRW,25.22,80.92,7,,,,,", "phone number"},
		{"an unknown kind", "a,ग्राम,Village,castle,KRW,25.22,80.92,7,,,,,", "kind"},
		{"an unknown station", "a,ग्राम,Village,village,LKO,25.22,80.92,7,,,,,", "station"},
		{"headquarters", "a,ग्राम,Village,village,HQ,25.22,80.92,7,,,,,", "station"},
		{"never", "a,ग्राम,Village,village,KRW,25.22,80.92,0,,,,,", "every_days"},
		{"hours backwards", "a,ग्राम,Village,village,KRW,25.22,80.92,7,15:00-09:00,,,,", "hours"},
		{"a weight of 9", "a,ग्राम,Village,village,KRW,25.22,80.92,7,,9,,,", "weight"},
		{"a tag in Hindi", "a,ग्राम,Village,village,KRW,25.22,80.92,7,,,टैग,,", "tag"},
		{"no day", "a,ग्राम,Village,village,KRW,25.22,80.92,7,,,,31.12.2026,", "day"},
		{"ended before it began", "a,ग्राम,Village,village,KRW,25.22,80.92,7,,,,2026-11-18,2026-11-01", "before it begins"},
		{"axes exchanged", "a,ग्राम,Village,village,KRW,80.92,25.22,7,,,,,", "exchanged"},
		{"the same twice", "ok,ग्राम,Village,village,KRW,25.22,80.92,7,,,,,", "stands in line 2 too"},
		{"no place", "a,ग्राम,Village,village,KRW,,,7,,,,,", "no lat"},
	}
	for _, c := range cases {
		p := plan(t, w, book.GroundPlaces, features.CSV, head+good+c.line+"\n"+strings.Replace(good, "ok,", "also,", 1))
		if len(p.Wrong) != 1 || p.Wrong[0].Line != 3 || p.Wrong[0].N != 2 || !strings.Contains(p.Wrong[0].Text, c.want) {
			t.Errorf("%s: %v", c.name, p.Wrong)
		}
		if _, err := w.Book.EnterGround(t.Context(), booktest.District, p); err == nil {
			t.Errorf("%s: entered", c.name)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM place_versions`); n != 0 {
		t.Errorf("%d rows were kept", n)
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range 1500 {
		fmt.Fprintf(&many, "c%d,ग्राम,Village,castle,KRW,25.22,80.92,7,,,,,\n", i)
	}
	if p := plan(t, w, book.GroundPlaces, features.CSV, many.String()); len(p.Wrong) != 1000 || p.More() != 500 {
		t.Errorf("%d and %d more", len(p.Wrong), p.More())
	}
	if p := plan(t, w, book.GroundBeats, features.CSV, head+good); len(p.Wrong) != 1 || !strings.Contains(p.Wrong[0].Text, "a beat is an area") {
		t.Errorf("a point for a beat: %v", p.Wrong)
	}
	w.Incharge.Enter("place.set", func() contract.PlaceSet { b := w.GroundPlace("ok", 25.22, 80.92); b.From = w.Date(5); return b }())
	if p := plan(t, w, book.GroundPlaces, features.CSV, head+good); len(p.Wrong) != 1 || !strings.Contains(p.Wrong[0].Text, "the last change holds from") {
		t.Errorf("before the last change: %v", p.Wrong)
	}
}
