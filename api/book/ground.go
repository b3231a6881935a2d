package book

import (
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/geo"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Beats and places are versions by days: an op says how one is from a day on, and
// nothing that was before that day changes. A visit keeps what it found on its own
// day, for that stands in its entry.

const (
	// groundAhead is how many days before its first day a version may be entered.
	groundAhead = 366
	// groundSince is the first day that a version may begin on.
	groundSince = "2000-01-01"
	// groundCells is how many cells 9 a beat or place may overlap: some 2,000 km².
	groundCells = 20_000
	// groundBeatsMost is how many beats a station has at most, those to come counted: a page has
	// them all at once, with their outlines.
	groundBeatsMost = 200
)

type versionKey struct {
	ID   uuid.UUID
	From string // 2006-01-02, IST
}

// BeatVersion is a beat as it is from a day on. Until is the first day on which it
// is no longer so, or empty. PerWeek is how many rounds a week it is owed; 0 says
// nothing, as empty hours do.
type BeatVersion struct {
	BeatID             uuid.UUID
	Centre             string
	From, Until        string
	Code               string
	NameHi, NameEn     string
	Area               string // GeoJSON
	Cells              []int64
	Km2                float64
	PerWeek            int
	HoursFrom, HoursTo string
	Seq                int64
}

// PlaceVersion is a place that is to be seen, as it is from a day on.
type PlaceVersion struct {
	PlaceID            uuid.UUID
	Centre             string
	From, Until        string
	Code               string
	NameHi, NameEn     string
	Kind               string // of the list place_type
	BeatID             *uuid.UUID
	Lat, Lon           float64
	Cell               int64
	Area               string // GeoJSON, or empty
	Cells              []int64
	EveryDays          int
	HoursFrom, HoursTo string
	Weight             int
	Tags               []string
	Seq                int64
}

// holds tells whether a version is so on a day.
func holds(from, until, day string) bool { return from <= day && (until == "" || day < until) }

// versions are the rows of beats or places, found by id and by code.
type versions[V any] struct {
	*rows[versionKey, V]

	last  map[uuid.UUID]string // first day of the newest
	codes map[string][]versionKey
}

func newVersions[V any]() *versions[V] {
	return &versions[V]{rows: newRows[versionKey, V](), last: map[uuid.UUID]string{}, codes: map[string][]versionKey{}}
}

func (r *versions[V]) load(k versionKey, code string, v *V) {
	r.rows.load(k, v)
	r.note(k, code)
}

func (r *versions[V]) put(k versionKey, code string, v *V) {
	r.rows.put(k, v)
	r.note(k, code)
}

func (r *versions[V]) note(k versionKey, code string) {
	r.last[k.ID] = max(r.last[k.ID], k.From)
	if !slices.Contains(r.codes[code], k) {
		r.codes[code] = append(r.codes[code], k)
	}
}

// lastOf is the version of a beat or place that began last, or nil.
func (r *versions[V]) lastOf(id uuid.UUID) *V { return r.get(versionKey{id, r.last[id]}) }

// groundDay checks the first day of a version against that of the last.
func (d *draft) groundDay(at time.Time, field, lastFrom, lastUntil string) (string, error) {
	from := at.Format(time.DateOnly)
	switch {
	case from < groundSince:
		return "", refuse(contract.CodeTooOld, d.ptr("%s", field))
	case from > day(d.at.AddDate(0, 0, groundAhead)):
		return "", refuse(contract.CodeInFuture, d.ptr("%s", field))
	case from < lastFrom, from < lastUntil:
		return "", refuse(contract.CodeBeforeLast, d.ptr("%s", field))
	}
	return from, nil
}

// groundHours checks two times of a day: both or none, the second after the first.
func (d *draft) groundHours(from, to *string, field string) error {
	switch {
	case from == nil && to == nil:
		return nil
	case from == nil || to == nil:
		return refuse(contract.CodeMissingField, d.ptr("%s/hours_to", field))
	case *from > "23:59" || *to > "23:59":
		return refuse(contract.CodeOutOfRange, d.ptr("%s/hours_to", field))
	case *to <= *from:
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("%s/hours_to", field))
	}
	return nil
}

// groundArea reads the outline of a beat or place as it stands in an op.
func groundArea(text string) (geo.Area, []geo.Cell, error) {
	g, err := features.ParseGeometry(text)
	if err != nil {
		return geo.Area{}, nil, err
	}
	area, err := g.Area()
	if err != nil {
		return geo.Area{}, nil, err
	}
	cells, err := area.Overlapping(9)
	if err == nil && len(cells) > groundCells {
		err = geo.ErrTooLarge
	}
	return area, cells, err
}

// newGroundArea reads an outline that is to be entered. What was taken before this was
// looked at is folded as it was: groundArea takes it.
func newGroundArea(text string) (geo.Area, error) {
	area, _, err := groundArea(text)
	if err != nil {
		return geo.Area{}, err
	}
	return area, area.CheckHoles()
}

// outside flags what lies outside the district, with the kilometres.
func (d *draft) outside(district int32, p geo.Point) {
	if km := d.batch.book.ground.outside(district, p); km > 0 {
		d.flag(flag{Code: flagOutsideDistrict, Value: math.Round(km*10) / 10})
	}
}

func needsBeatSet(_ *draft, b *contract.BeatSet, n *needs) {
	n.beat(&b.BeatID)
	n.groundBeats, n.beatCodes, n.centreBeats = append(n.groundBeats, b.BeatID), append(n.beatCodes, b.Code), true
}

// checkBeatSet checks a beat: a new one, one of the staff list that gets its first
// version, or a change.
func checkBeatSet(s *State, d *draft, b *contract.BeatSet) error {
	if s.Centre == HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	if of := s.beats[b.BeatID]; of != "" && of != s.Centre {
		return refuse(contract.CodeUnknownReference, d.ptr("/beat_id"))
	}
	last := s.beatVersions.lastOf(b.BeatID)
	if last == nil {
		last = &BeatVersion{}
	}
	from, err := d.groundDay(b.From.Time, "/from", last.From, last.Until)
	if err != nil {
		return err
	}
	if (last.From == "" || last.Until != "") && beatsLeft(s.centreBeats, from) >= groundBeatsMost {
		return refuse(contract.CodeTooMany, d.ptr("/beat_id"))
	}
	for _, k := range s.beatVersions.codes[b.Code] {
		v := s.beatVersions.get(k)
		if k.ID != b.BeatID && v.Centre == s.Centre && v.Code == b.Code && (v.Until == "" || v.Until > from) {
			return refuse(contract.CodeAlreadyThere, d.ptr("/code"))
		}
	}
	if b.Rounds != nil {
		if err := d.groundHours(b.Rounds.HoursFrom, b.Rounds.HoursTo, "/rounds"); err != nil {
			return err
		}
	}
	area, err := newGroundArea(b.Area)
	if err != nil {
		return refuse(contract.CodeBadArea, d.ptr("/area"))
	}
	box := area.BBox()
	d.outside(s.District, geo.Point{Lat: (box.South + box.North) / 2, Lon: (box.West + box.East) / 2})
	return nil
}

// beatsLeft counts beats, with the days on which they end, that have not ended by a day.
func beatsLeft(beats map[uuid.UUID]string, on string) (n int) {
	for _, until := range beats {
		if until == "" || until > on {
			n++
		}
	}
	return n
}

func applyBeatSet(s *State, e *Entry, b *contract.BeatSet) []push.Notice {
	area, cells, err := groundArea(b.Area)
	if err != nil { // cannot be: the check read the same text
		return nil
	}
	v := &BeatVersion{
		BeatID: b.BeatID, Centre: s.Centre, From: b.From.Format(time.DateOnly), Code: b.Code, NameHi: b.NameHi, NameEn: b.NameEn,
		Area: b.Area, Cells: numbersOf(cells), Km2: math.Round(area.AreaKm2()*1000) / 1000, Seq: e.Seq,
	}
	if r := b.Rounds; r != nil {
		v.PerWeek, v.HoursFrom, v.HoursTo = r.PerWeek, orEmpty(r.HoursFrom), orEmpty(r.HoursTo)
	}
	if last := s.beatVersions.lastOf(b.BeatID); last != nil && last.From < v.From && last.Until == "" {
		was := *last
		was.Until, was.Seq = v.From, e.Seq
		s.beatVersions.put(versionKey{was.BeatID, was.From}, was.Code, &was)
	}
	s.beatVersions.put(versionKey{v.BeatID, v.From}, v.Code, v)
	s.noteBeat(v)
	s.beats[v.BeatID] = s.Centre
	s.moved(e)
	return nil
}

// noteBeat keeps the beats of the centre for the ops that come after, where they were asked for.
func (s *State) noteBeat(v *BeatVersion) {
	if s.centreBeats != nil {
		s.centreBeats[v.BeatID] = v.Until
	}
}

// moved has this process read what changed once it stands in the book; an import is
// read when all of it does.
func (s *State) moved(e *Entry) { s.newGround = s.newGround || e.Role != roleRegistrar }

func numbersOf(cells []geo.Cell) []int64 {
	out := make([]int64, len(cells))
	for i, c := range cells {
		out[i] = int64(c)
	}
	return out
}

func needsBeatEnd(_ *draft, b *contract.BeatEnd, n *needs) {
	n.groundBeats = append(n.groundBeats, b.BeatID)
}

func checkBeatEnd(s *State, d *draft, b *contract.BeatEnd) error {
	last := s.beatVersions.lastOf(b.BeatID)
	switch {
	case last == nil || last.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, d.ptr("/beat_id"))
	case last.Until != "":
		return refuse(contract.CodeWrongState, d.ptr("/beat_id"))
	}
	_, err := d.groundDay(b.On.Time, "/on", last.From, "")
	return err
}

func applyBeatEnd(s *State, e *Entry, b *contract.BeatEnd) []push.Notice {
	v := *s.beatVersions.lastOf(b.BeatID)
	v.Until, v.Seq = b.On.Format(time.DateOnly), e.Seq
	s.beatVersions.put(versionKey{v.BeatID, v.From}, v.Code, &v)
	s.noteBeat(&v)
	s.moved(e)
	return nil
}

func needsPlaceSet(_ *draft, b *contract.PlaceSet, n *needs) {
	n.beat(b.BeatID)
	n.groundPlaces, n.placeCodes = append(n.groundPlaces, b.PlaceID), append(n.placeCodes, b.Code)
}

// checkPlaceSet checks a place of the centre.
func checkPlaceSet(s *State, d *draft, b *contract.PlaceSet) error {
	if s.Centre == HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	last := s.placeVersions.lastOf(b.PlaceID)
	switch {
	case last == nil:
		last = &PlaceVersion{}
	case last.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, d.ptr("/place_id"))
	}
	from, err := d.groundDay(b.From.Time, "/from", last.From, last.Until)
	if err != nil {
		return err
	}
	for _, k := range s.placeVersions.codes[b.Code] {
		v := s.placeVersions.get(k)
		if k.ID != b.PlaceID && v.Centre == s.Centre && v.Code == b.Code && (v.Until == "" || v.Until > from) {
			return refuse(contract.CodeAlreadyThere, d.ptr("/code"))
		}
	}
	if _, known, _ := s.rules.code("place_type", b.Kind, d.at); !known { // the server's own ops pass no other look at codes
		return refuse(contract.CodeUnknownCode, d.ptr("/kind"))
	}
	if err := s.refs(nil, "", b.BeatID, d.ptr("/beat_id")); err != nil {
		return err
	}
	if err := d.groundHours(b.HoursFrom, b.HoursTo, ""); err != nil {
		return err
	}
	p, err := geo.NewPoint(b.Lat, b.Lon)
	if err != nil {
		return refuse(contract.CodeOutOfRange, d.ptr("/lat"))
	}
	if b.Area != nil {
		if _, err := newGroundArea(*b.Area); err != nil {
			return refuse(contract.CodeBadArea, d.ptr("/area"))
		}
	}
	d.outside(s.District, p)
	return nil
}

func applyPlaceSet(s *State, e *Entry, b *contract.PlaceSet) []push.Notice {
	cell, err := geo.CellAt(geo.Point{Lat: b.Lat, Lon: b.Lon})
	if err != nil { // cannot be: the check made the same point
		return nil
	}
	v := &PlaceVersion{
		PlaceID: b.PlaceID, Centre: s.Centre, From: b.From.Format(time.DateOnly), Code: b.Code, NameHi: b.NameHi, NameEn: b.NameEn,
		Kind: b.Kind, BeatID: b.BeatID, Lat: b.Lat, Lon: b.Lon, Cell: int64(cell), Area: orEmpty(b.Area), EveryDays: b.EveryDays,
		HoursFrom: orEmpty(b.HoursFrom), HoursTo: orEmpty(b.HoursTo), Weight: 1, Tags: slices.Clone(b.Tags), Seq: e.Seq,
	}
	if b.Weight != nil {
		v.Weight = *b.Weight
	}
	if b.Area != nil {
		if _, cells, err := groundArea(*b.Area); err == nil {
			v.Cells = numbersOf(cells)
		}
	}
	if last := s.placeVersions.lastOf(b.PlaceID); last != nil && last.From < v.From && last.Until == "" {
		was := *last
		was.Until, was.Seq = v.From, e.Seq
		s.placeVersions.put(versionKey{was.PlaceID, was.From}, was.Code, &was)
	}
	s.placeVersions.put(versionKey{v.PlaceID, v.From}, v.Code, v)
	s.moved(e)
	return nil
}

func needsPlaceEnd(_ *draft, b *contract.PlaceEnd, n *needs) {
	n.groundPlaces = append(n.groundPlaces, b.PlaceID)
}

func checkPlaceEnd(s *State, d *draft, b *contract.PlaceEnd) error {
	last := s.placeVersions.lastOf(b.PlaceID)
	switch {
	case last == nil || last.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, d.ptr("/place_id"))
	case last.Until != "":
		return refuse(contract.CodeWrongState, d.ptr("/place_id"))
	}
	_, err := d.groundDay(b.On.Time, "/on", last.From, "")
	return err
}

func applyPlaceEnd(s *State, e *Entry, b *contract.PlaceEnd) []push.Notice {
	v := *s.placeVersions.lastOf(b.PlaceID)
	v.Until, v.Seq = b.On.Format(time.DateOnly), e.Seq
	s.placeVersions.put(versionKey{v.PlaceID, v.From}, v.Code, &v)
	s.moved(e)
	return nil
}
