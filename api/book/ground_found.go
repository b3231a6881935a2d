package book

import (
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/geo"
	contract "kendra/mobile-contract"
)

// The facts of what a visit found.
const (
	factFoundBeat  = "found_beat"  // id without hyphens
	factFoundPlace = "found_place" // the same
	factFoundCode  = "found_code"  // of the place
	factFoundM     = "found_m"     // metres to the place, whole

	factLineBeat = "line_beat" // of a correction: the beat of its line, if the old one had another, or it says none
)

// findGround notes where a visit was made, by the fix that came with it and by the code
// that was read there (marker.go). What the officer says of her beat stands; a
// correction, whose fix is that of another moment, finds nothing.
func (d *draft) findGround(s *State, b *contract.VisitRecord) {
	if string(d.op.Kind) != "visit.record" || d.batch == nil {
		return
	}
	f := d.foundHere(s, b.StartedAt.Time, b.EndedAt.Time)
	code := d.scanned(s, b)
	if code.finds() {
		f.place, f.code, f.metre = code.marker.PlaceID, code.place.code, math.Inf(1)
		if code.metres != nil {
			f.metre = *code.metres
		} else if beat := d.batch.book.ground.beatOfPlace(s.District, s.Centre, day(d.at), code.place); beat != uuid.Nil {
			f.beat = beat // what there is of a fix is no better
		}
	}
	if code != nil {
		code.note(d.facts)
	}
	if f.beat != uuid.Nil && b.BeatID == nil {
		d.facts[factFoundBeat] = hexOf(f.beat)
	}
	d.noteFound(&f)
}

// findPlace is findGround for a round of a squad, which is of no beat and reads no code.
func (d *draft) findPlace(s *State, b *contract.SquadRound) {
	if string(d.op.Kind) != "squad.round" || d.batch == nil {
		return
	}
	f := d.foundHere(s, b.StartedAt.Time, b.EndedAt.Time)
	d.noteFound(&f)
}

// foundHere is what lies where a visit or a round was made, by the fix of its op, if that
// is one of its time: what is written down hours later, or with the fix of this morning,
// was not made where the fix says.
func (d *draft) foundHere(s *State, started, ended time.Time) found {
	if d.op.Place == nil || !d.fixOfThen(started, ended) {
		return found{metre: math.Inf(1)}
	}
	p, err := geo.NewPoint(d.op.Place.Lat, d.op.Place.Lon)
	if err != nil {
		return found{metre: math.Inf(1)}
	}
	return d.batch.book.ground.find(s.District, s.Centre, day(d.at), p, d.op.Place.AccuracyM)
}

// fixOfThen tells whether a fix is of a span of time, with its margin. When it was taken,
// and the span, are by the clock of one phone: by what it is off, all of them are.
func (d *draft) fixOfThen(started, ended time.Time) bool {
	at := d.op.DeviceAt
	if of := d.op.Place.FixAt; of != nil && of.Before(at) {
		at = of.Time
	}
	margin := time.Duration(d.batch.state.rules.evidenceAt(d.receivedAt)["margin_s"]) * time.Second
	return !at.Before(started.Add(-margin)) && !at.After(ended.Add(margin))
}

// noteFound puts the place that was found into the facts.
func (d *draft) noteFound(f *found) {
	if f.place == uuid.Nil {
		return
	}
	d.facts[factFoundPlace], d.facts[factFoundCode] = hexOf(f.place), f.code
	if !math.IsInf(f.metre, 1) {
		d.facts[factFoundM] = strconv.Itoa(int(f.metre))
	}
}

// place is a place as it is on a day, or nil.
func (g *ground) place(district int32, id uuid.UUID, day string) *groundPlace {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if d := g.districts[district]; d != nil {
		for _, v := range d.places[id] {
			if holds(v.from, v.until, day) {
				return &v
			}
		}
	}
	return nil
}

// metres is how far a point is from a place: from its point, or not at all within its area.
func (p *groundPlace) metres(at geo.Point) float64 {
	if p.area != nil && p.area.Contains(at) {
		return 0
	}
	return math.Round(geo.Distance(at, p.at))
}

// beatOfPlace is the beat of a centre that a place belongs to, or lies in.
func (g *ground) beatOfPlace(district int32, centre, day string, p *groundPlace) uuid.UUID {
	if p.beat != nil && p.centre == centre {
		return *p.beat
	}
	cell, err := geo.CellAt(p.at)
	if err != nil {
		return uuid.Nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if d := g.districts[district]; d != nil {
		return d.beatOf(centre, day, p.at, cell)
	}
	return uuid.Nil
}

// noteBeat notes of which beat the line is that a correction puts in place of a visit: the
// one that it says, whatever was found, and if it says none that of the old line. A
// correction that notes nothing is of the time before that: it stays as it was.
func (d *draft) noteBeat(s *State, said *uuid.UUID, of []LineRef) {
	for _, l := range of {
		line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		if line == nil {
			continue
		}
		was := line.BeatID
		if text, ok := line.Cols["beat_id"].(string); ok && (was == nil || said != nil) {
			if id, err := uuid.Parse(text); err == nil {
				was = &id
			}
		}
		switch {
		case said == nil && was != nil:
			d.facts[factLineBeat] = hexOf(*was)
		case said != nil && was != nil && *said != *was:
			d.facts[factLineBeat] = hexOf(*said)
		}
	}
}

// foundGround is the beat of a visit, as it was said or else found, and the columns
// of its place.
func foundGround(e *Entry, said *uuid.UUID, cols map[string]any) *uuid.UUID {
	if state, ok := e.Facts[factMarker].(string); ok {
		cols[colMarker] = state
	}
	if code, ok := e.Facts[factFoundCode].(string); ok {
		cols["found_place"] = code
		if text, ok := e.Facts[factFoundM].(string); ok {
			if m, err := strconv.ParseInt(text, 10, 64); err == nil {
				cols["found_m"] = m
			}
		}
	}
	name := factFoundBeat
	if _, ok := e.Facts[factLineBeat]; ok {
		name = factLineBeat
	} else if said != nil {
		return said
	}
	if text, ok := e.Facts[name].(string); ok {
		if id, err := uuid.Parse(text); err == nil {
			cols["beat_id"] = id.String()
			return &id
		}
	}
	return nil
}
