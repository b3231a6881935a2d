package book

import (
	"math"
	"slices"

	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

// doubleM is how near two places of one name are the same, most likely.
const doubleM = 300.0

// maybeDouble is a place that another of its name may be.
type maybeDouble struct {
	at    geo.Point
	key   groundKey
	line  int           // 0: it is in the book
	place *PlaceVersion // of the book, unless a line of the file was taken for it
}

// doubles offers places that may be the same under two codes: of one folded name and
// near each other, in the file or in the book. With Merge the one of the book is changed,
// once, and of two in the file the first is taken.
func (w *groundPlanner) doubles() {
	byName := map[string][]maybeDouble{}
	for _, t := range w.stands.places.sorted() {
		if _, inFile := w.ids[t.id]; inFile || t.until != "" {
			continue
		}
		name := foldName(t.en)
		byName[name] = append(byName[name], maybeDouble{at: geo.Point{Lat: t.place.Lat, Lon: t.place.Lon}, key: t.groundKey, place: t.place})
	}
	kept := w.plan.Changes[:0]
	for _, c := range w.plan.Changes {
		at, _ := c.Geometry.Middle()
		name := foldName(c.NameEn)
		other := nearestDouble(byName[name], at)
		if c.What == GroundSame {
			other = nil
		}
		if other != nil {
			w.plan.Doubles = append(w.plan.Doubles, GroundDouble{
				Line: c.Line, Code: c.Code, Centre: c.Centre, OtherLine: other.line, OtherCode: other.key.code, OtherCentre: other.key.centre,
				Metres: math.Round(geo.Distance(at, other.at)),
			})
		}
		// What changes or ends a place that the book has already is no double of another.
		if other == nil || !w.in.Merge || c.What != GroundNew || other.place != nil && (other.key.centre != c.Centre || c.from < other.place.From) {
			byName[name] = append(byName[name], maybeDouble{at: at, key: groundKey{c.Centre, c.Code}, line: c.Line})
			kept = append(kept, c)
			continue
		}
		if other.place == nil {
			continue
		}
		if err := w.merge(&c, other.place); err != nil {
			w.plan.wrong(features.Feature{Line: c.Line, Geometry: c.Geometry}, err.Error())
		} else {
			kept = append(kept, c)
		}
		// The place is this line from now on: another that is near is a double of the line.
		*other = maybeDouble{at: at, key: other.key, line: c.Line}
	}
	w.plan.Changes = kept
}

// nearestDouble is the nearest of a name, if it is near enough; of those as near the first.
func nearestDouble(list []maybeDouble, at geo.Point) *maybeDouble {
	var out *maybeDouble
	best := doubleM
	for i := range list {
		if d := geo.Distance(at, list[i].at); d < best || d == best && out == nil {
			out, best = &list[i], d
		}
	}
	return out
}

// merge makes what would be a new place a change of one of the book, which keeps its code.
func (w *groundPlanner) merge(c *GroundChange, old *PlaceVersion) error {
	body, ok := c.body.(contract.PlaceSet)
	if !ok {
		return nil
	}
	body.PlaceID, body.Code = old.PlaceID, old.Code
	c.ID, c.Code, c.body = body.PlaceID, body.Code, body
	w.ids[c.ID] = c.Line
	return w.dates(c, versionState{known: true, same: samePlace(old, body), from: old.From, until: old.Until})
}

// samePlace tells whether an op would change nothing of a place but since when it is so.
func samePlace(old *PlaceVersion, b contract.PlaceSet) bool {
	weight := 1
	if b.Weight != nil {
		weight = *b.Weight
	}
	return old.Code == b.Code && old.NameHi == b.NameHi && old.NameEn == b.NameEn && old.Kind == b.Kind && sameID(old.BeatID, b.BeatID) &&
		old.Lat == b.Lat && old.Lon == b.Lon && old.Area == orEmpty(b.Area) && old.EveryDays == b.EveryDays &&
		old.HoursFrom == orEmpty(b.HoursFrom) && old.HoursTo == orEmpty(b.HoursTo) && old.Weight == weight && slices.Equal(old.Tags, b.Tags)
}
