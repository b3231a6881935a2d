package fleet

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/geo"
	"kendra/geo/features"
)

func TestTheGroundOfARosterCanBeImported(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 7, 1, 9, 0, 0, 0, ist)
	r := MakeUp(1, aWorld().Centres, day.AddDate(-1, 0, 0))
	beats, places := r.Ground(1, day, day.AddDate(-1, 0, 0))
	areas := map[string]geo.Area{}
	for f, err := range features.Read(strings.NewReader(beats), features.GeoJSON, features.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		area, err := f.Area()
		if err != nil {
			t.Fatal(err)
		}
		areas[f.Props["station"]+f.Props["code"]] = area
	}
	var list []features.Feature
	for f, err := range features.Read(strings.NewReader(places), features.GeoJSON, features.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if beat := areas[f.Props["station"]+f.Props["beat"]]; !beat.Contains(*f.Point) || f.Props["from"] >= day.Format(time.DateOnly) {
			t.Errorf("%v lies outside its beat, or is not yet on the list", f.Props)
		}
		for _, other := range list { // a visit must be of one of them
			if other.Props["station"]+other.Props["beat"] == f.Props["station"]+f.Props["beat"] && geo.Distance(*other.Point, *f.Point) < 500 {
				t.Errorf("%v and %v are near each other", other.Props, f.Props)
			}
		}
		list = append(list, f)
	}
	if len(areas) != 4 || len(list) != 4*len(madePlaces) {
		t.Errorf("%d beats, %d places", len(areas), len(list))
	}
	if again, _ := r.Ground(1, day, day.AddDate(-1, 0, 0)); again != beats {
		t.Error("another ground of the same seed")
	}
}

func TestTwoOfABeatGoTogetherAndNobodyFliesThere(t *testing.T) {
	t.Parallel()
	w := aWorld()
	beat := uuid.New()
	for i := range w.Officers {
		if w.Officers[i].Centre == "KRW" {
			w.Officers[i].BeatID = &beat
		}
	}
	now := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC)
	f, err := New(w, Plan{Seed: 1, Phones: 20, Now: func() time.Time { return now }, Dir: "-", Server: "-", Cheat: true})
	if err != nil {
		t.Fatal(err)
	}
	var lead *handset
	cheats := 0
	for _, h := range f.handsets {
		if h.mate != nil && !h.follows {
			lead = h
		}
		if h.cheat > 0 {
			cheats++
		}
	}
	if lead == nil || lead.mate.mate != lead || !lead.mate.follows || cheats != 1 || lead.cheat+lead.mate.cheat > 1 {
		t.Fatalf("lead %v, %d phones make up where they are", lead, cheats)
	}
	at := spot{uuid.New(), "village", 25.2, 80.9}
	lead.head(f.meeting(beat, at, true))
	lead.mate.head(f.meeting(beat, spot{}, false))
	for range 2 {
		lead.walk(3)
		lead.mate.walk(3)
	}
	if d := metres(lead.lat, lead.lon, lead.mate.lat, lead.mate.lon); d < 90 || d > 170 {
		t.Errorf("they stand %.0f m apart", d)
	}
	if lead.seen() != "village" {
		t.Error("she is not there")
	}
	lead.head(spot{uuid.New(), "school", 25.3, 80.9})
	now = now.Add(time.Minute)
	lead.walk(3)
	if d := metres(25.2, 80.9, lead.lat, lead.lon); d < 600 || d > 750 || lead.seen() != "" {
		t.Errorf("%.0f m in a minute", d)
	}
	const shift = 20 * time.Minute
	if alone := lead.planMeetings(30*time.Second, shift-time.Minute, shift); alone < 12*time.Minute {
		t.Errorf("she goes on alone after %v", alone)
	}
	if alone := lead.planMeetings(30*time.Second, 2*time.Minute, 3*time.Minute); alone != 30*time.Second {
		t.Errorf("too short a shift has a meeting until %v", alone)
	}
}
