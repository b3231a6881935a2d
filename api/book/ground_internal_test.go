package book

import (
	"math"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"kendra/mobile-contract/fuzztest"

	"kendra/geo"
	"kendra/geo/features"
)

// TestWhatAVisitFindsIsWhatLookingAtAllWouldFind draws beats and places, crossing the
// borders of cells, and holds the index against a search through everything.
func TestWhatAVisitFindsIsWhatLookingAtAllWouldFind(t *testing.T) {
	t.Parallel()
	fuzztest.Check(t, func(t *rapid.T) {
		at := func(name string) geo.Point {
			return geo.Point{Lat: rapid.Float64Range(25.20, 25.23).Draw(t, name+" lat"), Lon: rapid.Float64Range(80.90, 80.93).Draw(t, name+" lon")}
		}
		centre := rapid.SampledFrom([]string{"KRW", "RJP"})
		day := rapid.SampledFrom([]string{"2026-01-01", "2026-02-01", "2026-03-01"})
		var beats []*BeatVersion
		for range rapid.IntRange(0, 4).Draw(t, "beats") {
			a, half := at("beat"), rapid.Float64Range(0.0005, 0.01).Draw(t, "half")
			g := features.Geometry{Rings: [][][]geo.Point{{{
				{Lat: a.Lat - half, Lon: a.Lon - half}, {Lat: a.Lat - half, Lon: a.Lon + half}, {Lat: a.Lat + half, Lon: a.Lon}, {Lat: a.Lat - half, Lon: a.Lon - half},
			}}}}
			beats = append(beats, &BeatVersion{BeatID: uuid.New(), Centre: centre.Draw(t, "of"), From: day.Draw(t, "from"), Area: g.Text(), Seq: 1})
		}
		var places []*PlaceVersion
		for range rapid.IntRange(0, 30).Draw(t, "places") {
			p := at("place")
			cell, err := geo.CellAt(p)
			if err != nil {
				t.Fatal(err)
			}
			v := &PlaceVersion{
				PlaceID: uuid.New(), Centre: centre.Draw(t, "of"), From: day.Draw(t, "from"), Code: "p", Lat: p.Lat, Lon: p.Lon, Cell: int64(cell), Seq: 1,
			}
			if half := rapid.Float64Range(0.0003, 0.01).Draw(t, "half"); rapid.Bool().Draw(t, "outlined") {
				v.Area = features.Geometry{Rings: [][][]geo.Point{{{
					{Lat: p.Lat - half, Lon: p.Lon - half}, {Lat: p.Lat - half, Lon: p.Lon + half}, {Lat: p.Lat + half, Lon: p.Lon}, {Lat: p.Lat - half, Lon: p.Lon - half},
				}}}}.Text()
			}
			places = append(places, v)
		}
		var g ground
		g.districts = map[int32]*districtGround{7: {
			read: [2]map[string]int64{{}, {}}, beats: map[uuid.UUID][]groundBeat{}, places: map[uuid.UUID][]groundPlace{},
			beatsIn: map[geo.Cell][]uuid.UUID{}, placesIn: map[geo.Cell][]uuid.UUID{},
		}}
		if err := g.districts[7].take(beats, places, groundFrame{}, nil); err != nil {
			t.Fatal(err)
		}
		p, accuracy := at("visit"), rapid.Float64Range(0, 1000).Draw(t, "accuracy")
		got := g.find(7, "KRW", "2026-02-01", p, accuracy)

		var beat uuid.UUID
		deep := math.Inf(-1)
		for _, b := range beats {
			area, _, err := groundArea(b.Area)
			if err != nil {
				t.Fatal(err)
			}
			if b.Centre != "KRW" || b.From > "2026-02-01" || !area.Contains(p) {
				continue
			}
			if in := math.Round(area.EdgeDistance(p)); in > deep || in == deep && compareIDs(b.BeatID, beat) < 0 {
				beat, deep = b.BeatID, in
			}
		}
		if got.beat != beat {
			t.Fatalf("beat %v, want %v", got.beat, beat)
		}
		if place := searched(t, places, p, accuracy); got.place != place {
			t.Fatalf("place %v at %v m, want %v", got.place, got.metre, place)
		}
	})
}

// searched is the place of a point, by looking at each: of the own centre before others, of
// those the one that is nearest or whose outline around the point is the smallest, and
// then what only the accuracy reaches.
func searched(t *rapid.T, places []*PlaceVersion, p geo.Point, accuracy float64) (place uuid.UUID) {
	for _, own := range []bool{true, false} {
		best := math.Inf(1)
		for _, o := range places {
			near := math.Round(geo.Distance(p, geo.Point{Lat: o.Lat, Lon: o.Lon}))
			within := near <= math.Min(150+accuracy, 500)
			if near > 150 {
				near += 1e9
			}
			if o.Area != "" {
				area, _, err := groundArea(o.Area)
				if err != nil {
					t.Fatal(err)
				}
				if area.Contains(p) {
					near, within = math.Round(1000*math.Sqrt(area.AreaKm2()/math.Pi)), true
				}
			}
			if o.From > "2026-02-01" || (o.Centre == "KRW") != own || !within || near > best || near == best && compareIDs(o.PlaceID, place) >= 0 {
				continue
			}
			place, best = o.PlaceID, near
		}
		if place != uuid.Nil {
			break
		}
	}
	return place
}
