package book

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kendra/api/seal"
	"kendra/geo"
	"kendra/geo/evidence"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// A marker is a printed sheet at a place, with a code that a phone reads there. What
// the code is follows from place, number of the sheet and a key that is kept outside
// the database: so it stands in no table and no answer, and the printed sheet alone
// has it. The op of a visit has it too, sealed, and for nobody to read.
//
// Whether a code is right is found when the visit is entered, and stands in the entry
// as facts; a book is folded again without the key. A wrong code refuses no visit.
//
// Which place was visited:
//
//	no fix, an old one, one of another moment   the place of the code, if its sheet is in force: nothing says otherwise,
//	                                            and phones without a position make visits too
//	a fix that does not contradict it           the same: within nearM and the fix's accuracy, however poor that is. Of
//	                                            two places next to each other the code knows better than the nearest point
//	a fix elsewhere                             what the fix finds. The code was carried there, and counts nothing
//	an old sheet                                what the fix finds: its code may have been copied since it was new
//
// Without a fix one may count a place as visited by a photograph of its code. What
// then speaks for the visit is the code alone, and it stays unproved for all to see.

// The facts of a code that was read.
const (
	factMarker        = "marker"         // what it was
	factMarkerPlace   = "marker_place"   // id without hyphens of the place whose code it is
	factMarkerVersion = "marker_version" // number of the sheet
	factMarkerM       = "marker_m"       // metres from the fix to that place, where the fix is one of the visit
	factMarkerKey     = "marker_key"     // of a new sheet: the key that makes its code
)

// colMarker is the column of a visit's line that says what a code was.
const colMarker = "marker_state"

// markerMost is how many sheets a place may have had.
const markerMost = 9999

type markerKey struct {
	PlaceID uuid.UUID
	Version int
}

// Marker is a sheet of a place. It is in force until the next is made.
type Marker struct {
	PlaceID uuid.UUID
	Version int
	MadeAt  time.Time
	Reason  string
	KeyID   string
	Seq     int64
}

// MarkerKeys are the keys that make codes, by their ids. The first makes new ones; the
// others prove sheets that were made before it came.
type MarkerKeys struct {
	ring atomic.Pointer[[]markersKey]
}

type markersKey struct {
	id  string
	key []byte
}

// NewMarkerKeys returns the keys, the one that makes codes first.
func NewMarkerKeys(keys ...[]byte) (*MarkerKeys, error) {
	m := &MarkerKeys{}
	return m, m.Use(keys...)
}

// Use takes other keys from now on.
func (m *MarkerKeys) Use(keys ...[]byte) error {
	if len(keys) == 0 {
		return errors.New("no key of markers")
	}
	var ring []markersKey
	for _, k := range keys {
		if len(k) < 32 {
			return errors.New("a key of markers is too short")
		}
		ring = append(ring, markersKey{MarkerKeyID(k), k})
	}
	m.ring.Store(&ring)
	return nil
}

// IDs are those of the keys, the one that makes codes first.
func (m *MarkerKeys) IDs() []string {
	var out []string
	for _, k := range *m.ring.Load() {
		out = append(out, k.id)
	}
	return out
}

// MarkerKeyID is the id of a key: it tells nothing of it.
func MarkerKeyID(key []byte) string {
	return hex.EncodeToString(markerHash(key, "kendra marker id")[:4])
}

func markerHash(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// markerMAC is how many bytes of the hash a code has: whoever guesses has one in 2^80.
const markerMAC = 10

// code is the code of a sheet, in the letters that a QR code has short signs for.
func (m *MarkerKeys) code(district int32, x *Marker) (string, error) {
	for _, k := range *m.ring.Load() {
		if k.id != x.KeyID {
			continue
		}
		place, version := crockford.EncodeToString(x.PlaceID[:]), strconv.Itoa(x.Version)
		mac := markerHash(k.key, "marker 1\n"+strconv.Itoa(int(district))+"\n"+x.PlaceID.String()+"\n"+version)
		return strings.Join([]string{"KM1", place, version, crockford.EncodeToString(mac[:markerMAC])}, "."), nil
	}
	return "", fmt.Errorf("marker key %s: %w", x.KeyID, seal.ErrNoKey)
}

// readCode reads which sheet a code says that it is of.
func readCode(text string) (markerKey, bool) {
	part := strings.Split(strings.ToUpper(text), ".")
	if len(part) != 4 || part[0] != "KM1" || len(part[2]) > 4 {
		return markerKey{}, false
	}
	id, err := crockford.DecodeString(part[1])
	version, verr := strconv.Atoi(part[2])
	if err != nil || verr != nil || len(id) != len(uuid.UUID{}) {
		return markerKey{}, false
	}
	return markerKey{uuid.UUID(id), version}, version > 0
}

// marker asks for the sheets of the place that a code names.
func (n *needs) marker(text *string) {
	if text == nil { // as it always is when a book is folded again: it is sealed
		return
	}
	if k, ok := readCode(*text); ok {
		n.markers = append(n.markers, k.PlaceID)
	}
}

// lastMarker is the number of a place's newest sheet, or 0.
func (s *State) lastMarker(place uuid.UUID) (n int) {
	for s.markers.get(markerKey{place, n + 1}) != nil {
		n++
	}
	return n
}

func needsPlaceMarker(_ *draft, b *contract.PlaceMarker, n *needs) {
	n.groundPlaces, n.markers = append(n.groundPlaces, b.PlaceID), append(n.markers, b.PlaceID)
}

// checkPlaceMarker makes a new sheet for a place of the centre that is still to be seen.
func checkPlaceMarker(s *State, d *draft, b *contract.PlaceMarker) error {
	place, last := s.placeVersions.lastOf(b.PlaceID), s.lastMarker(b.PlaceID)
	switch {
	case place == nil || place.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, d.ptr("/place_id"))
	case place.Until != "" && place.Until <= day(d.at):
		return refuse(contract.CodeWrongState, d.ptr("/place_id"))
	case (b.Reason == markerFirst) != (last == 0):
		return refuse(contract.CodeWrongState, d.ptr("/reason"))
	case last == markerMost:
		return refuse(contract.CodeTooMany, d.ptr("/place_id"))
	}
	d.facts[factMarkerKey] = d.batch.book.MarkerKeys.IDs()[0]
	return nil
}

// markerFirst is the reason of the first sheet of a place, and of no other.
const markerFirst = "first"

func applyPlaceMarker(s *State, e *Entry, b *contract.PlaceMarker) []push.Notice {
	key, _ := e.Facts[factMarkerKey].(string)
	m := &Marker{PlaceID: b.PlaceID, Version: s.lastMarker(b.PlaceID) + 1, MadeAt: e.At, Reason: b.Reason, KeyID: key, Seq: e.Seq}
	s.markers.put(markerKey{m.PlaceID, m.Version}, m)
	return nil
}

// scan is what a code proved to be.
type scan struct {
	state   string // of the list marker_state
	genuine bool
	marker  *Marker
	place   *groundPlace // nil: it is not on the list of the day
	metres  *float64     // from the fix, where that is one of the visit
}

// finds tells whether the code says which place was visited.
func (c *scan) finds() bool { return c != nil && c.state == evidence.MarkerOK }

// fixTells tells whether a visit's fix says where the visit was made: one that was
// taken then, and not long before, or when it was written down in the evening.
func (d *draft) fixTells(ended time.Time) bool {
	place, rules := d.op.Place, d.batch.state.rules.evidenceAt(d.receivedAt)
	if place == nil || d.op.DeviceAt.Sub(ended) > time.Duration(rules["margin_s"])*time.Second {
		return false
	}
	return place.FixAt == nil || d.op.DeviceAt.Sub(place.FixAt.Time) <= time.Duration(rules["stale_s"])*time.Second
}

// scanned judges the code that was read at a visit: is it one of ours, of which sheet,
// and does the fix contradict it.
func (d *draft) scanned(s *State, b *contract.VisitRecord) *scan {
	if b.Marker == nil {
		return nil
	}
	out := &scan{state: evidence.MarkerBad}
	k, _ := readCode(*b.Marker)
	if out.marker = s.markers.get(k); out.marker == nil {
		return out
	}
	want, err := d.batch.book.MarkerKeys.code(s.District, out.marker)
	if err != nil || !hmac.Equal([]byte(want), []byte(strings.ToUpper(*b.Marker))) {
		return out
	}
	out.genuine, out.state = true, evidence.MarkerOK
	out.place = d.batch.book.ground.place(s.District, k.PlaceID, day(d.at))
	if next := s.markers.get(markerKey{k.PlaceID, k.Version + 1}); out.place == nil || next != nil && !next.MadeAt.After(d.at) {
		out.state = evidence.MarkerOld
	}
	if out.place == nil || !d.fixTells(b.EndedAt.Time) {
		return out
	}
	p, err := geo.NewPoint(d.op.Place.Lat, d.op.Place.Lon)
	if err != nil {
		return out
	}
	far := out.place.metres(p)
	if out.metres = &far; far > nearM+max(d.op.Place.AccuracyM, 0) {
		out.state = evidence.MarkerOther
	}
	return out
}

// note puts what a code was into the facts.
func (c *scan) note(facts Facts) {
	facts[factMarker] = c.state
	if !c.genuine {
		return
	}
	facts[factMarkerPlace], facts[factMarkerVersion] = hexOf(c.marker.PlaceID), strconv.Itoa(c.marker.Version)
	if c.metres != nil {
		facts[factMarkerM] = strconv.Itoa(int(*c.metres))
	}
}

// markerOf is what an entry says of a code, for its assessment.
func markerOf(facts Facts) *evidence.Marker {
	state, ok := facts[factMarker].(string)
	if !ok {
		return nil
	}
	m := &evidence.Marker{State: state}
	if text, ok := facts[factMarkerVersion].(string); ok {
		m.Version, _ = strconv.Atoi(text)
	}
	if text, ok := facts[factMarkerM].(string); ok {
		if far, err := strconv.ParseFloat(text, 64); err == nil {
			m.AwayM = &far
		}
	}
	return m
}
