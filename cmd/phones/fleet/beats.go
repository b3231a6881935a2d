package fleet

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// Officers of a beat see the places that their phones say are owed most, the nearest
// next. Where two of a beat have a handset each they go together: they stand apart at
// the same place for ten minutes and more, and one of them records the visit of both.
// Nobody is faster than a motorcycle on a village road.

const (
	roadMS    = 12.0             // metres a second
	thereM    = 100.0            // as near as this to a place is there
	standKM   = 0.012            // how far a fix is off while somebody stands
	apartM    = 130.0            // between the two at one place
	meetEvery = 15 * time.Minute // with the way to the next place
	meetStay  = 12 * time.Minute
	meetLeast = 5*time.Minute + 30*time.Second // how long both are there at least
	meetWrite = 9 * time.Minute                // when it is written down
)

// spot is a place to be seen.
type spot struct {
	id       uuid.UUID
	kind     string
	lat, lon float64
}

// pair joins the first two handsets of each beat.
func (f *Fleet) pair() {
	first := map[uuid.UUID]*handset{}
	for _, h := range f.handsets {
		beat := h.crew.officers[0].BeatID
		if h.cast || beat == nil {
			continue
		}
		if lead := first[*beat]; lead == nil {
			first[*beat] = h
		} else if lead.mate == nil {
			lead.mate, h.mate, h.follows = h, lead, true
		}
	}
}

// cheat has the last officer who takes a handset over make up where she is.
func (f *Fleet) cheat() {
	for i := len(f.handsets) - 1; i >= 0; i-- {
		h := f.handsets[i]
		if last := len(h.crew.officers) - 1; !h.cast && last > 0 && h.crew.officers[last].BeatID != nil {
			h.cheat = last
			return
		}
	}
}

// learn asks the server for the places that are owed most. Without an answer she goes
// where she likes.
func (h *handset) learn(ctx context.Context) {
	if h.who.Role != contract.RoleBeatOfficer || h.who.BeatID == nil || h.cast {
		return
	}
	h.due, h.goal = nil, nil
	b, err := h.officer.Bundle(ctx)
	if err != nil {
		h.f.failed(h, err)
		return
	}
	for _, p := range b.DueNear {
		h.due = append(h.due, spot{p.PlaceID, p.Kind, p.Lat, p.Lon})
	}
	if len(h.due) == 0 {
		return
	}
	h.head(h.due[0])
	if h.mate != nil && h.position() == 0 {
		h.head(h.f.meeting(*h.who.BeatID, h.due[0], false))
	}
	if h.moved.IsZero() { // the day begins there
		h.lat, h.lon = h.goal.lat, h.goal.lon
	}
}

// head sets out for a place; who follows stands a little apart from who leads.
func (h *handset) head(to spot) {
	if h.follows && h.position() == 0 {
		to.lon += apartM / (degreeKM * 1000 * math.Cos(to.lat*math.Pi/180))
	}
	h.goal = &to
}

// meeting is where the two of a beat go: where the first of them said, or to where who
// leads changes it.
func (f *Fleet) meeting(beat uuid.UUID, at spot, change bool) spot {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.meetings[beat]; !ok || change {
		f.meetings[beat] = at
	}
	return f.meetings[beat]
}

// seen takes the place where she is from her list, and tells its kind; empty where she
// is at none.
func (h *handset) seen() string {
	g := h.goal
	if g == nil || metres(h.lat, h.lon, g.lat, g.lon) > thereM {
		return ""
	}
	for i := range h.due {
		if h.due[i].id == g.id {
			h.due = append(h.due[:i:i], h.due[i+1:]...)
			break
		}
	}
	return g.kind
}

// next heads for the nearest of the places that she has not seen.
func (h *handset) next(ctx context.Context) {
	if len(h.due) == 0 && h.goal != nil && h.line.alive() {
		h.learn(ctx) // all are seen: there may be others
	}
	best, far := -1, math.Inf(1)
	for i, p := range h.due {
		if d := metres(h.lat, h.lon, p.lat, p.lon); d < far {
			best, far = i, d
		}
	}
	if best >= 0 {
		h.head(h.due[best])
	}
}

// advance moves towards a point, as far as the time since the last move allows.
func (h *handset) advance(lat, lon float64) {
	now := h.clock.now()
	reach := math.Inf(1)
	if !h.moved.IsZero() {
		reach = roadMS * max(now.Sub(h.moved).Seconds(), 0)
	}
	h.moved = now
	if way := metres(h.lat, h.lon, lat, lon); way > reach {
		part := reach / way
		h.lat, h.lon = h.lat+(lat-h.lat)*part, h.lon+(lon-h.lon)*part
		return
	}
	h.lat, h.lon = pointNear(h.rng, lat, lon, standKM)
}

// planMeetings has the two of a beat see places together, and gives when each goes on
// alone. length is that of the shift.
func (h *handset) planMeetings(from, to, length time.Duration) time.Duration {
	if h.mate == nil {
		return from
	}
	both := length
	for _, x := range []*handset{h, h.mate} {
		both = min(both, length/time.Duration(len(x.crew.officers))-time.Minute)
	}
	lead := h
	if h.follows {
		lead = h.mate
	}
	leadTo := length/time.Duration(len(lead.crew.officers)) - time.Minute
	for at := time.Duration(0); at+meetStay <= leadTo && at+meetLeast <= both; at += meetEvery {
		write := at + min(meetWrite, both-at-30*time.Second)
		began := at + 45*time.Second
		if h.follows {
			from = write + time.Minute
			h.agenda.add(at+meetStay+20*time.Second, h.follow)
			continue
		}
		from = at + meetStay
		h.agenda.add(write, func(ctx context.Context) error { return h.meet(ctx, write-began) })
		h.agenda.add(from, func(ctx context.Context) error {
			h.next(ctx)
			if h.goal != nil && h.who.BeatID != nil {
				h.f.meeting(*h.who.BeatID, *h.goal, true)
			}
			return nil
		})
	}
	return min(from, to)
}

// follow goes where who leads goes.
func (h *handset) follow(context.Context) error {
	if h.officer != nil && h.position() == 0 && h.goal != nil {
		h.head(h.f.meeting(*h.who.BeatID, *h.goal, false))
	}
	return nil
}

// meet records the visit of both.
func (h *handset) meet(ctx context.Context, stay time.Duration) error {
	return h.visited(ctx, stay, h.who.ID, h.mate.crew.officers[0].ID)
}

// degreeKM is how many kilometres a degree of latitude has.
const degreeKM = 111.2

// metres is the way between two places of a district.
func metres(lat1, lon1, lat2, lon2 float64) float64 {
	return 1000 * degreeKM * math.Hypot(lat2-lat1, (lon2-lon1)*math.Cos(lat1*math.Pi/180))
}
