package book

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
	"golang.org/x/text/unicode/norm"

	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

// everyDays is how often a place of a kind is owed a visit where a file does not say.
// No source names these: they are ours, to be set per place.
var everyDays = map[string]int{ //nolint:gochecknoglobals // a static table
	"school": 7, "college": 7, "coaching": 7, "hostel": 7, "market": 7, "mall": 7, "park": 7, "crossing": 7, "bus_stand": 7,
	"auto_stand": 7, "railway_station": 7, "panchayat_bhawan": 7, "village": 15, "ward": 15, "temple_ghat": 15, "cinema": 15,
	"hospital": 15, "bank": 15, "brick_kiln": 30,
}

const everyDaysElse = 30

// foldName is a name without what spellings differ in: case, spaces, signs, and of
// Hindi the dot below and the joiners.
func foldName(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case r == '\u093c', r == '\u200c', r == '\u200d':
		case r == '\u0901':
			b.WriteRune('\u0902') // chandrabindu as anusvara
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// groundRow is what the properties of a feature say.
type groundRow struct {
	centre, code, hi, en string
	kind                 string
	beat                 *uuid.UUID
	hoursFrom, hoursTo   string
	every, weight, week  int
	tags                 []string
	from, to             string
}

var (
	groundCode = regexp.MustCompile(`^[a-z0-9_.]{1,40}$`)
	groundTag  = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	groundTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// codeOf is a code as the book has it: lower case, other signs as low lines.
func groundCodeOf(text string) (string, error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == ' ' || r == '-' || r == '/':
			return '_'
		}
		return r
	}, strings.TrimSpace(text))
	if !groundCode.MatchString(code) {
		return "", fmt.Errorf("code %.40q: 1 to 40 of a-z, 0-9, _ and . are wanted", text)
	}
	return code, nil
}

func first(props map[string]string, names ...string) string {
	for _, n := range names {
		if v := props[n]; v != "" {
			return v
		}
	}
	return ""
}

// row reads the properties of a feature and finds its station.
func (w *groundPlanner) row(f features.Feature, middle geo.Point) (groundRow, error) {
	var r groundRow
	p := f.Props
	var err error
	text := first(p, "code", "id")
	if text == "" {
		return r, errors.New("no code")
	}
	if r.code, err = groundCodeOf(text); err != nil {
		return r, err
	}
	r.hi, r.en = first(p, "hi", "name_hi", "name:hi", "name", "en", "name_en"), first(p, "en", "name_en", "name:en", "name", "hi", "name_hi")
	for _, name := range []string{r.hi, r.en} {
		if n := utf8.RuneCountInString(name); n < 1 || n > 120 || strings.ContainsFunc(name, unicode.IsControl) {
			return r, errors.New("a name of 1 to 120 letters is wanted in hi or en")
		}
		if phoneLike(name) {
			return r, errors.New("a name holds what looks like a phone number")
		}
	}
	if r.centre, err = w.station(first(p, "station", "centre"), middle); err != nil {
		return r, err
	}
	if r.from, r.to, err = w.days(p["from"], p["to"]); err != nil {
		return r, err
	}
	if r.hoursFrom, r.hoursTo, err = hoursOf(p["hours"]); err != nil {
		return r, err
	}
	if r.week, err = whole(p, "per_week", 0, 1, 7); err != nil {
		return r, err
	}
	if r.weight, err = whole(p, "weight", 1, 1, 5); err != nil {
		return r, err
	}
	if w.in.Kind == GroundBeats {
		return r, nil
	}
	if r.kind = w.stands.kinds[foldName(first(p, "kind", "place_type"))]; r.kind == "" {
		return r, fmt.Errorf("kind %.40q is none of the list", first(p, "kind", "place_type"))
	}
	def := everyDays[r.kind]
	if def == 0 {
		def = everyDaysElse
	}
	if r.every, err = whole(p, "every_days", def, 1, 365); err != nil {
		return r, err
	}
	if r.tags, err = tagsOf(p["tags"]); err != nil {
		return r, err
	}
	r.beat, err = w.beatOf(r.centre, p["beat"], r.from, middle)
	return r, err
}

func whole(p map[string]string, name string, def, low, high int) (int, error) {
	if p[name] == "" {
		return def, nil
	}
	n, err := strconv.Atoi(p[name])
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s: a number from %d to %d is wanted", name, low, high)
	}
	return n, nil
}

func tagsOf(text string) ([]string, error) {
	var out []string
	for tag := range strings.SplitSeq(text, ";") {
		if tag = strings.ToLower(strings.TrimSpace(tag)); tag == "" {
			continue
		}
		if tag = strings.ReplaceAll(tag, " ", "_"); !groundTag.MatchString(tag) {
			return nil, fmt.Errorf("tag %.40q: a-z, 0-9 and _ are wanted", tag)
		}
		if out = append(out, tag); len(out) > 10 {
			return nil, errors.New("more than 10 tags")
		}
	}
	return out, nil
}

func hoursOf(text string) (from, to string, err error) {
	if text == "" {
		return "", "", nil
	}
	from, to, _ = strings.Cut(strings.ReplaceAll(text, " ", ""), "-")
	if !groundTime.MatchString(from) || !groundTime.MatchString(to) || to <= from {
		return "", "", fmt.Errorf("hours %.20q: HH:MM-HH:MM is wanted", text)
	}
	return from, to, nil
}

func (w *groundPlanner) days(from, to string) (string, string, error) {
	if from == "" {
		from = w.in.From.Format(time.DateOnly)
	}
	for _, d := range []string{from, to} {
		if d == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d); err != nil || d < groundSince || d > day(w.now.AddDate(0, 0, groundAhead)) {
			return "", "", fmt.Errorf("day %.20q: YYYY-MM-DD is wanted, from %s to a year ahead", d, groundSince)
		}
	}
	return from, to, nil
}

// station is the one that a feature names, the one of the file, the one in whose beat it
// lies, or else the nearest.
func (w *groundPlanner) station(named string, middle geo.Point) (string, error) {
	if named != "" {
		if code := w.stands.names[foldName(named)]; code != "" {
			return code, nil
		}
		return "", fmt.Errorf("station %.40q does not exist", named)
	}
	if w.in.Centre != "" {
		return w.stands.names[foldName(w.in.Centre)], nil
	}
	if centre := w.book.ground.centreOf(w.district, w.today, middle); centre != "" {
		return centre, nil
	}
	best, far := "", math.Inf(1)
	for code, s := range w.stands.stations {
		if s.at == nil {
			continue
		}
		if d := geo.Distance(middle, *s.at); d < far || d == far && code < best {
			best, far = code, d
		}
	}
	if best == "" {
		return "", errors.New("no station is named, and none has a place")
	}
	return best, nil
}

// centreOf is the centre in whose beat a point lies, or empty.
func (g *ground) centreOf(district int32, day string, p geo.Point) string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	d := g.districts[district]
	cell, err := geo.CellAt(p)
	if d == nil || err != nil {
		return ""
	}
	best := ""
	for _, id := range d.beatsIn[cell.Parent(9)] {
		for _, v := range d.beats[id] {
			if holds(v.from, v.until, day) && v.area.Contains(p) && (best == "" || v.centre < best) {
				best = v.centre
			}
		}
	}
	return best
}

// beatAt is the beat of a centre in which a point lies, or none.
func (g *ground) beatAt(district int32, centre, day string, p geo.Point) uuid.UUID {
	g.mu.RLock()
	defer g.mu.RUnlock()
	d := g.districts[district]
	cell, err := geo.CellAt(p)
	if d == nil || err != nil {
		return uuid.Nil
	}
	return d.beatOf(centre, day, p, cell)
}

// beatOf is the beat that a place names by code or name, or the one it lies in.
func (w *groundPlanner) beatOf(centre, named, on string, middle geo.Point) (*uuid.UUID, error) {
	if named != "" {
		if id := w.stands.beatNamed(centre, named, max(w.today, on)); id != uuid.Nil {
			return &id, nil
		}
		return nil, fmt.Errorf("beat %.40q does not exist in %s, or has ended", named, centre)
	}
	if beat := w.book.ground.beatAt(w.district, centre, w.today, middle); beat != uuid.Nil {
		return &beat, nil
	}
	return nil, nil //nolint:nilnil // a place may stand in no beat
}

// groundID is the id of a new beat or place: it follows from where and what it is.
func groundID(district int32, kind, centre, code string) uuid.UUID {
	sum := sha256.Sum256([]byte("kendra " + kind + " v2\n" + strconv.Itoa(int(district)) + "\n" + centre + "\n" + code))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// which is the beat or place that a row is of, with its last version if it has one. A
// code that somebody has says so; else a beat has the name that the staff list knows it
// by, to which posts belong, whatever code it had; else it is who had the code last.
// Where the code says one beat and a new name another of the list, nobody can tell.
func (w *groundPlanner) which(r groundRow) (uuid.UUID, *groundThing, error) {
	things := w.stands.things()
	old := things.byCode[groundKey{r.centre, r.code}]
	listed, named := uuid.Nil, false
	if w.in.Kind == GroundBeats {
		listed, named = w.stands.staffs[groundKey{r.centre, foldName(r.en)}]
	}
	switch {
	case old != nil && !old.ended(r.from):
		if named && listed != old.id && foldName(old.en) != foldName(r.en) { // codes were dealt anew: whose posts would it have?
			return uuid.Nil, nil, fmt.Errorf("code %s is that of beat %.40q, and the list of beats has another of the name %.40q", r.code, old.en, r.en)
		}
		return old.id, old, nil
	case named:
		return listed, things.byID[listed], nil
	case old != nil:
		return old.id, old, nil
	}
	id := groundID(w.district, w.in.Kind, r.centre, r.code)
	for n := 2; things.byID[id] != nil; n++ { // of one that had the code and has another now
		id = groundID(w.district, w.in.Kind, r.centre, r.code+"\n"+strconv.Itoa(n))
	}
	return id, nil, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func dateOf(day string) openapi_types.Date {
	t, _ := time.Parse(time.DateOnly, day) // in the form that days gave it
	return openapi_types.Date{Time: t}
}

const groundTextMax = 100_000 // as the contract has it

func areaText(g features.Geometry) (string, error) {
	text := g.Text()
	if len(text) > groundTextMax {
		return "", fmt.Errorf("its outline is %d characters long, %d are most: leave out points", len(text), groundTextMax)
	}
	if _, _, err := groundArea(text); err != nil {
		return "", err
	}
	return text, nil
}

func (w *groundPlanner) beat(c *GroundChange, r groundRow, f features.Feature) (versionState, error) {
	text, err := areaText(f.Geometry)
	if err != nil {
		return versionState{}, err
	}
	body := contract.BeatSet{Code: r.code, NameHi: r.hi, NameEn: r.en, Area: text, From: dateOf(r.from)}
	if r.week > 0 {
		body.Rounds = &contract.BeatRounds{PerWeek: r.week, HoursFrom: optional(r.hoursFrom), HoursTo: optional(r.hoursTo)}
	}
	id, old, err := w.which(r)
	if err != nil {
		return versionState{}, err
	}
	var state versionState
	if old != nil {
		v := old.beat
		state = versionState{known: true, from: old.from, until: old.until}
		state.same = old.groundKey == groundKey{r.centre, r.code} && v.NameHi == r.hi && v.NameEn == r.en && v.Area == text && v.PerWeek == r.week &&
			(r.week == 0 || v.HoursFrom == r.hoursFrom && v.HoursTo == r.hoursTo)
	}
	c.ID = id
	body.BeatID = c.ID
	c.kind, c.body = "beat.set", body
	return state, nil
}

func (w *groundPlanner) place(c *GroundChange, r groundRow, f features.Feature, middle geo.Point) (versionState, error) {
	body := contract.PlaceSet{
		Code: r.code, NameHi: r.hi, NameEn: r.en, Kind: r.kind, BeatID: r.beat, Lat: middle.Lat, Lon: middle.Lon, EveryDays: r.every,
		HoursFrom: optional(r.hoursFrom), HoursTo: optional(r.hoursTo), Tags: r.tags, From: dateOf(r.from),
	}
	if r.weight != 1 {
		body.Weight = &r.weight
	}
	area := ""
	if f.Point == nil {
		var err error
		if area, err = areaText(f.Geometry); err != nil {
			return versionState{}, err
		}
		body.Area = &area
	}
	id, old, err := w.which(r)
	if err != nil {
		return versionState{}, err
	}
	c.ID, body.PlaceID = id, id
	var state versionState
	if old != nil {
		state = versionState{known: true, same: samePlace(old.place, body), from: old.from, until: old.until}
	}
	c.kind, c.body = "place.set", body
	return state, nil
}

// begin sets the first day of a change.
func (c *GroundChange) begin(day string) {
	c.from = day
	switch b := c.body.(type) {
	case contract.BeatSet:
		b.From = dateOf(day)
		c.body = b
	case contract.PlaceSet:
		b.From = dateOf(day)
		c.body = b
	}
}

func sameID(a, b *uuid.UUID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// ops are the ops of a change.
func (c *GroundChange) ops(at time.Time) []ServerOp {
	var out []ServerOp
	if c.What == GroundNew || c.What == GroundChanged {
		out = append(out, ServerOp{Kind: c.kind, Subject: c.ID, Rule: "import", At: at, Body: c.body})
	}
	if c.to == "" {
		return out
	}
	end := ServerOp{Subject: c.ID, Rule: "import", At: at}
	if c.kind == "beat.set" {
		end.Kind, end.Body = "beat.end", contract.BeatEnd{BeatID: c.ID, On: dateOf(c.to), Reason: c.reason}
	} else {
		end.Kind, end.Body = "place.end", contract.PlaceEnd{PlaceID: c.ID, On: dateOf(c.to), Reason: c.reason}
	}
	return append(out, end)
}
