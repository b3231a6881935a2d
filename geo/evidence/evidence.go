// Package evidence says what speaks for and against a visit having been made
// where and when it was said, and why. It is pure: positions and rules come in,
// items and a state go out.
//
// It judges a visit, never a person: nothing is added up over visits. Much that
// looks odd is bad luck: a fix taken indoors, a flat battery, a clock that was
// never right. Such things are told as unknown, which is no reproach. And a
// phone alone can be made to say anything, so that a visit is strong only when
// something else says it, too: a second phone, carried by somebody else, or the
// code of a sheet that hangs at the place, read where the fix says that it hangs.
//
// A code can be photographed. Read far from its place, or without a position, it
// proves nothing, and the first speaks against the visit. But whoever has the
// photograph and a phone that makes its positions up perfectly, and flags none of
// them, is strong: no server can tell the two from a visit. What is left against
// it is to make a new sheet when one was copied, and the second officer's word.
package evidence

import (
	"fmt"
	"math"
	"slices"
	"time"

	"kendra/geo"
)

// State is how well a visit is proved.
type State string

// The states. Unknown is what cannot be told either way.
const (
	Strong  State = "strong"
	Weak    State = "weak"
	Unknown State = "unknown"
)

// Sign says which way an item speaks.
type Sign string

// The signs.
const (
	For     Sign = "for"
	Against Sign = "against"
	Neither Sign = "unknown"
)

// The codes of the items, in the order in which they are given.
const (
	Fix   = "fix"     // accuracy of the fix, metres
	Age   = "fix_age" // age of the fix, seconds
	Late  = "late"    // seconds between the end of the visit and its entry
	Mock  = "mock"    // the phone said that the position was made up
	Place = "place"   // metres to the place of the list
	Speed = "speed"   // m/s needed from the fix before

	Scan      = "marker"       // number of the sheet whose code was read, at its place
	ScanAway  = "marker_away"  // metres from the fix to the place of the code that was read
	ScanOther = "marker_other" // the same, not far enough to say that it was carried there
	ScanOld   = "marker_old"   // number of a sheet that another has followed
	ScanBad   = "marker_bad"   // what was read is no code of ours

	Clock  = "clock"        // seconds by which the phone's clock was off
	Same   = "same_point"   // acts in a row at the very same point
	Dwell  = "dwell"        // seconds there, by the positions
	Away   = "away"         // percent of the positions that were far from there
	Replay = "replay"       // percent of the way that was gone before, metre by metre
	Second = "second_phone" // moments at which a second officer's phone was there, and apart
)

// Item is one thing that was measured, and which way it speaks. Value is whole.
type Item struct {
	Code  string
	Sign  Sign
	Value int64
}

// What a code was that was read at a place.
const (
	MarkerOK    = "ok"
	MarkerOld   = "old"
	MarkerOther = "other" // of another place than the fix says
	MarkerBad   = "bad"
)

// Marker is the code of a sheet that was read at a visit. AwayM is how far its place is
// from the fix; nil: there was none that says where the visit was made, or the code is
// none of ours.
type Marker struct {
	State   string
	Version int
	AwayM   *float64
}

// Pos is one position of a phone on duty.
type Pos struct {
	geo.Point
	At        time.Time
	AccuracyM float64
	Mock      bool
}

// Visit is what is known of one visit. Nil and empty mean: nothing is known.
type Visit struct {
	Fix            *geo.Fix
	PlaceM         *float64  // to the place of the list that the fix found
	Started, Ended time.Time // by the corrected clock
	ClockOffset    time.Duration
	Flags          []geo.Flag
	Marker         *Marker
	Track          []Pos // in the order of time, from a while before to a while after
	Earlier        []Pos // the same officer's, of the days before
	Second         []Pos // of a second officer, as Track
}

// Rules are the numbers by which a visit is judged, by name.
type Rules map[string]float64

// names are the numbers that there must be.
func names() []string {
	return []string{
		"wait_s", "margin_s", "exact_m", "stale_s", "near_m", "far_m", "speed_ms", "clock_s", "same_count", "fixes", "dwell_s",
		"inside_pct", "away_pct", "replay_moves", "replay_pct", "apart_m", "apart_count", "strong_at", "weak_at",
		"points.fix", "points.place", "points.marker", "points.dwell", "points.second_phone",
		"points.mock", "points.speed", "points.away", "points.replay", "points.same_point", "points.marker_away",
	}
}

// Check tells which number is missing.
func (r Rules) Check() error {
	for _, n := range names() {
		if _, ok := r[n]; !ok {
			return fmt.Errorf("rules of evidence: no %s", n)
		}
	}
	return nil
}

// Default are the numbers of the first list; the database has the same.
func Default() Rules {
	return Rules{
		"wait_s": 21600, "margin_s": 900, "exact_m": 100, "stale_s": 120, "near_m": 300, "far_m": 2000, "speed_ms": 50,
		"clock_s": 120, "same_count": 3, "fixes": 4, "dwell_s": 600, "inside_pct": 60, "away_pct": 80,
		"replay_moves": 6, "replay_pct": 60, "apart_m": 10, "apart_count": 3, "strong_at": 6, "weak_at": 3,
		"points.fix": 1, "points.place": 1, "points.marker": 2, "points.dwell": 2, "points.second_phone": 3,
		"points.mock": 3, "points.speed": 3, "points.away": 3, "points.replay": 3, "points.same_point": 1, "points.marker_away": 3,
	}
}

func (r Rules) seconds(name string) time.Duration {
	return time.Duration(r[name] * float64(time.Second))
}

// Assess gives the items of a visit in the order of the codes, and its state.
func (r Rules) Assess(v Visit) (State, []Item) {
	items := append(r.ofFix(v), r.ofMarker(v)...)
	if v.ClockOffset.Abs() > r.seconds("clock_s") {
		items = append(items, item(Clock, Neither, v.ClockOffset.Seconds()))
	}
	if n := flagged(v.Flags, geo.FlagSamePoint); n >= r["same_count"] {
		items = append(items, item(Same, Against, n))
	}
	items = append(items, r.ofTrack(v)...)
	return r.state(items), items
}

func (r Rules) ofFix(v Visit) []Item {
	var out []Item
	f := v.Fix
	if f == nil {
		out = append(out, item(Fix, Neither, 0))
		if slices.ContainsFunc(v.Track, func(p Pos) bool { return p.Mock }) {
			out = append(out, item(Mock, Against, 1))
		}
		return out
	}
	sign := Neither
	stale := r.stale(v)
	late := r.late(v)
	if f.AccuracyM <= r["exact_m"] && !stale && !late {
		sign = For
	}
	out = append(out, item(Fix, sign, f.AccuracyM))
	if late {
		out = append(out, item(Late, Neither, f.At.Sub(v.Ended).Seconds()))
	}
	if stale {
		out = append(out, item(Age, Neither, f.At.Sub(f.FixAt).Seconds()))
	}
	if f.Mock || slices.ContainsFunc(v.Track, func(p Pos) bool { return p.Mock }) {
		out = append(out, item(Mock, Against, 1))
	}
	if v.PlaceM != nil {
		near := Neither
		if sign == For && *v.PlaceM <= r["near_m"] {
			near = For
		}
		out = append(out, item(Place, near, *v.PlaceM))
	}
	if speed := flagged(v.Flags, geo.FlagImpossibleSpeed); speed > r["speed_ms"] {
		out = append(out, item(Speed, r.unlessClock(v, stale), speed))
	}
	return out
}

// ofMarker is what the code of a sheet says, if one was read. Far from its place it
// was photographed, however new or old the sheet is.
func (r Rules) ofMarker(v Visit) []Item {
	m := v.Marker
	switch {
	case m == nil:
		return nil
	case m.State != MarkerBad && m.AwayM != nil && v.Fix != nil && *m.AwayM > r["far_m"]+v.Fix.AccuracyM:
		return []Item{item(ScanAway, Against, *m.AwayM)}
	case m.State == MarkerOK:
		return []Item{item(Scan, For, float64(m.Version))}
	case m.State == MarkerOld:
		return []Item{item(ScanOld, Neither, float64(m.Version))}
	case m.State == MarkerOther && m.AwayM != nil:
		return []Item{item(ScanOther, Neither, *m.AwayM)}
	}
	return []Item{item(ScanBad, Neither, 0)}
}

// late tells whether the visit was entered so long after it ended that its fix
// says where it was written down, and not where it was made.
func (r Rules) late(v Visit) bool {
	return v.Fix != nil && v.Fix.At.Sub(v.Ended) > r.seconds("margin_s")
}

// unlessClock is Against, but where the times cannot be trusted: a clock that
// was wrong, or an old fix, makes an honest way look impossible.
func (r Rules) unlessClock(v Visit, stale bool) Sign {
	if stale || v.ClockOffset.Abs() > r.seconds("clock_s") {
		return Neither
	}
	return Against
}

func (r Rules) ofTrack(v Visit) []Item {
	where, ok := r.where(v)
	span := within(v.Track, v.Started, v.Ended)
	if !ok || len(span) == 0 {
		return []Item{item(Dwell, Neither, 0)}
	}
	var out []Item
	inside, away := 0, 0
	for _, p := range span {
		switch d := geo.Distance(where, p.Point) - p.AccuracyM; {
		case d > r["far_m"]:
			away++
		case d <= r["near_m"] && p.AccuracyM <= r["exact_m"]:
			inside++
		}
	}
	enough := float64(len(span)) >= r["fixes"]
	dwell := r.dwell(where, v)
	sign := Neither
	if enough && percent(inside, len(span)) >= r["inside_pct"] && dwell >= r["dwell_s"] {
		sign = For
	}
	out = append(out, item(Dwell, sign, dwell))
	if enough && percent(away, len(span)) >= r["away_pct"] {
		out = append(out, item(Away, r.unlessClock(v, false), percent(away, len(span))))
	}
	if moves, again := replayed(r.exact(v.Track), r.exact(v.Earlier)); float64(moves) >= r["replay_moves"] && percent(again, moves) >= r["replay_pct"] {
		out = append(out, item(Replay, Against, percent(again, moves)))
	}
	if len(v.Second) > 0 {
		n, sign := r.apart(where, v), Neither
		if float64(n) >= r["apart_count"] {
			sign = For
		}
		out = append(out, item(Second, sign, float64(n)))
	}
	return out
}

func (r Rules) stale(v Visit) bool {
	return v.Fix != nil && !v.Fix.FixAt.IsZero() && v.Fix.At.Sub(v.Fix.FixAt) > r.seconds("stale_s")
}

// where is the point that the visit was to: that of the fix, where it is one of
// the visit.
func (r Rules) where(v Visit) (geo.Point, bool) {
	if v.Fix == nil || r.late(v) || r.stale(v) {
		return geo.Point{}, false
	}
	return v.Fix.Point, true
}

// dwell is how many seconds lie between the first and the last position there,
// of which no more is counted than the visit and its margin.
func (r Rules) dwell(where geo.Point, v Visit) float64 {
	var first, last time.Time
	for _, p := range within(v.Track, v.Started.Add(-r.seconds("margin_s")), v.Ended.Add(r.seconds("margin_s"))) {
		if geo.Distance(where, p.Point)-p.AccuracyM > r["near_m"] {
			continue
		}
		if first.IsZero() {
			first = p.At
		}
		last = p.At
	}
	return last.Sub(first).Seconds()
}

// apart counts the positions of the other phone that were there during the visit,
// and further from every position of the first than what both are unsure of. Two
// phones in one bag, or two copies of one track, never stand apart.
func (r Rules) apart(where geo.Point, v Visit) int {
	mine := within(v.Track, v.Started.Add(-r.seconds("margin_s")), v.Ended.Add(r.seconds("margin_s")))
	n := 0
	for _, q := range within(v.Second, v.Started, v.Ended) {
		if q.Mock || q.AccuracyM > r["exact_m"] || geo.Distance(where, q.Point) > r["near_m"] {
			continue
		}
		if !slices.ContainsFunc(mine, func(p Pos) bool {
			return geo.Distance(p.Point, q.Point) <= 2*(p.AccuracyM+q.AccuracyM)+r["apart_m"]
		}) {
			n++
		}
	}
	return n
}

type spot struct{ lat, lon int64 }

func spotOf(p geo.Point) spot {
	return spot{int64(math.Round(p.Lat * 1e5)), int64(math.Round(p.Lon * 1e5))}
}

// exact are the positions that a phone measured itself. What it says by the masts around it
// is the point of a mast, the very same on each day that somebody goes that way.
func (r Rules) exact(list []Pos) []Pos {
	var out []Pos
	for _, p := range list {
		if p.AccuracyM <= r["exact_m"] {
			out = append(out, p)
		}
	}
	return out
}

// replayed counts the moves of a track, and those that were made before between
// the very same two points: a phone that is carried never repeats its own errors.
func replayed(track, earlier []Pos) (moves, again int) {
	before := map[[2]spot]bool{}
	for i := 1; i < len(earlier); i++ {
		before[[2]spot{spotOf(earlier[i-1].Point), spotOf(earlier[i].Point)}] = true
	}
	for i := 1; i < len(track); i++ {
		m := [2]spot{spotOf(track[i-1].Point), spotOf(track[i].Point)}
		if m[0] == m[1] {
			continue
		}
		moves++
		if before[m] {
			again++
		}
	}
	return moves, again
}

// state adds up the points for and against.
func (r Rules) state(items []Item) State {
	var pro, con float64
	for _, i := range items {
		switch i.Sign {
		case For:
			pro += r["points."+i.Code]
		case Against:
			con += r["points."+i.Code]
		case Neither:
		}
	}
	switch {
	case con >= r["weak_at"]:
		return Weak
	case con == 0 && pro >= r["strong_at"]:
		return Strong
	}
	return Unknown
}

func within(list []Pos, from, to time.Time) []Pos {
	var out []Pos
	for _, p := range list {
		if !p.At.Before(from) && !p.At.After(to) {
			out = append(out, p)
		}
	}
	return out
}

func flagged(flags []geo.Flag, code string) float64 {
	for _, f := range flags {
		if f.Code == code {
			return f.Value
		}
	}
	return 0
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// farthest bounds a value: no measure needs more.
const farthest = 100_000_000

func item(code string, sign Sign, value float64) Item {
	if math.IsNaN(value) {
		value = 0
	}
	return Item{code, sign, int64(math.Round(min(max(value, -farthest), farthest)))}
}
