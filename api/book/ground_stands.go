package book

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
)

// groundStands is what stands in a district when a file is judged.
type groundStands struct {
	stations map[string]staffStation
	names    map[string]string // folded name of a station, or its code, to its code
	beats    *groundThings
	places   *groundThings           // nil where the file is of beats
	staffs   map[groundKey]uuid.UUID // beats of the staff list, by centre and folded English name
	kinds    map[string]string       // folded words for kinds of places
}

type groundKey struct{ centre, code string }

type staffStation struct{ at *geo.Point }

// groundThing is a beat or a place as its last version has it.
type groundThing struct {
	groundKey

	id          uuid.UUID
	from, until string
	hi, en      string
	beat        *BeatVersion // or
	place       *PlaceVersion
}

// ended tells whether nothing of it is left from a day on.
func (t *groundThing) ended(on string) bool { return t.until != "" && t.until <= on }

// groundThings are all beats of a district, or all its places. A code says which of
// them is meant, but no more: it may change, and be given to another.
type groundThings struct {
	byID   map[uuid.UUID]*groundThing
	byCode map[groundKey]*groundThing // of those that had it last: who has it still, or had it longest
	held   map[groundKey][]groundHeld // who had it, and has it no more from a day on
}

type groundHeld struct {
	id    uuid.UUID
	until string
}

func newGroundThings() *groundThings {
	return &groundThings{byID: map[uuid.UUID]*groundThing{}, byCode: map[groundKey]*groundThing{}, held: map[groundKey][]groundHeld{}}
}

func (g *groundThings) note(t *groundThing) {
	g.byID[t.id] = t
	o := g.byCode[t.groundKey]
	switch {
	case o == nil, t.until == "" && o.until != "":
	case o.until == "" && t.until != "", o.until > t.until, o.until == t.until && compareIDs(o.id, t.id) < 0:
		return
	}
	g.byCode[t.groundKey] = t
}

// heldUntil is the first day on which a code may be given to one that has it not, or
// empty where nobody else had it.
func (g *groundThings) heldUntil(k groundKey, id uuid.UUID) (day string) {
	for _, h := range g.held[k] {
		if h.id != id {
			day = max(day, h.until)
		}
	}
	return day
}

// sorted are all of them by centre, code and id.
func (g *groundThings) sorted() []*groundThing {
	return slices.SortedFunc(maps.Values(g.byID), func(a, b *groundThing) int {
		switch {
		case a.centre != b.centre:
			return cmp.Compare(a.centre, b.centre)
		case a.code != b.code:
			return cmp.Compare(a.code, b.code)
		}
		return compareIDs(a.id, b.id)
	})
}

func (b *Book) groundStands(ctx context.Context, district int32, kind string) (*groundStands, error) {
	s := &groundStands{
		stations: map[string]staffStation{}, names: map[string]string{}, staffs: map[groundKey]uuid.UUID{}, kinds: map[string]string{},
	}
	for _, c := range b.Lists(district)["place_type"] {
		for _, name := range []string{c.Code, c.Hi, c.En} {
			s.kinds[foldName(name)] = c.Code
		}
	}
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre, hi, en, lat, lon FROM centres WHERE district_id = $1 AND centre <> $2`, district, HQ)
		if err != nil {
			return fmt.Errorf("read stations: %w", err)
		}
		var code, hi, en string
		var lat, lon *float64
		if _, err := pgx.ForEachRow(rows, []any{&code, &hi, &en, &lat, &lon}, func() error {
			one := staffStation{}
			if lat != nil && lon != nil {
				one.at = &geo.Point{Lat: *lat, Lon: *lon}
			}
			s.stations[code] = one
			for _, name := range []string{code, hi, en} {
				s.names[foldName(name)] = code
			}
			return nil
		}); err != nil {
			return fmt.Errorf("read stations: %w", err)
		}
		list, err := staff.BeatNames(ctx, tx, district)
		if err != nil {
			return err
		}
		for _, b := range list {
			s.staffs[groundKey{b.Centre, foldName(b.NameEn)}] = b.ID
		}
		if s.beats, err = beatThings(ctx, tx, district); err != nil || kind == GroundBeats {
			return err
		}
		s.places, err = placeThings(ctx, tx, district)
		return err
	})
	return s, err
}

// things are those that a file is about.
func (s *groundStands) things() *groundThings {
	if s.places == nil {
		return s.beats
	}
	return s.places
}

func beatThings(ctx context.Context, tx pgx.Tx, district int32) (*groundThings, error) {
	return readThings(ctx, tx, district, "beat", beatVersionColumns, func(v *BeatVersion) *groundThing {
		return &groundThing{groundKey: groundKey{v.Centre, v.Code}, id: v.BeatID, from: v.From, until: v.Until, hi: v.NameHi, en: v.NameEn, beat: v}
	})
}

func placeThings(ctx context.Context, tx pgx.Tx, district int32) (*groundThings, error) {
	return readThings(ctx, tx, district, "place", placeVersionColumns, func(v *PlaceVersion) *groundThing {
		return &groundThing{groundKey: groundKey{v.Centre, v.Code}, id: v.PlaceID, from: v.From, until: v.Until, hi: v.NameHi, en: v.NameEn, place: v}
	})
}

// readThings reads the last version of each beat or place (what) of a district, and which codes
// they had and have no more.
func readThings[V any](ctx context.Context, tx pgx.Tx, district int32, what, columns string, thing func(v *V) *groundThing) (*groundThings, error) {
	versions, id := what+"_versions", what+"_id"
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (`+id+`) `+columns+` FROM `+versions+` WHERE district_id = $1
		ORDER BY `+id+`, `+versions+`.from_on DESC`, district)
	if err != nil {
		return nil, fmt.Errorf("read %ss: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[V])
	if err != nil {
		return nil, fmt.Errorf("read %ss: %w", what, err)
	}
	out := newGroundThings()
	for _, v := range list {
		out.note(thing(v))
	}
	rows, err = tx.Query(ctx, `SELECT centre, code, `+id+`, max(until_on)::text FROM `+versions+` WHERE district_id = $1
		GROUP BY centre, code, `+id+` HAVING bool_and(until_on IS NOT NULL)`, district)
	if err != nil {
		return nil, fmt.Errorf("read codes of %ss: %w", what, err)
	}
	return out, out.takeHeld(rows)
}

func (g *groundThings) takeHeld(rows pgx.Rows) error {
	var k groundKey
	var h groundHeld
	_, err := pgx.ForEachRow(rows, []any{&k.centre, &k.code, &h.id, &h.until}, func() error {
		g.held[k] = append(g.held[k], h)
		return nil
	})
	return wrap(err, "read codes of beats and places")
}

// beatNamed is the beat of a centre that has a code or a name on a day or later, or none.
// Of several of one name it is the first by its code.
func (s *groundStands) beatNamed(centre, named, on string) uuid.UUID {
	if code, err := groundCodeOf(named); err == nil {
		if t := s.beats.byCode[groundKey{centre, code}]; t != nil && !t.ended(on) {
			return t.id
		}
	}
	name := foldName(named)
	if id, ok := s.staffs[groundKey{centre, name}]; ok {
		if t := s.beats.byID[id]; t == nil || !t.ended(on) {
			return id
		}
	}
	var out *groundThing
	for _, t := range s.beats.byID {
		if t.centre != centre || t.ended(on) || foldName(t.en) != name && foldName(t.hi) != name {
			continue
		}
		if out == nil || cmp.Or(cmp.Compare(t.code, out.code), compareIDs(t.id, out.id)) < 0 {
			out = t
		}
	}
	if out == nil {
		return uuid.Nil
	}
	return out.id
}
