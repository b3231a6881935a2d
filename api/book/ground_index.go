package book

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/geo"
	"kendra/geo/features"
)

// ground is what this process knows of all beats and places, by cells: the cell
// only prefilters, the polygon or the distance decides. It is read with the rules,
// only what is new; what a visit found by it stands in the entry, so that nothing
// depends on when it was read.
type ground struct {
	mu        sync.RWMutex
	districts map[int32]*districtGround
}

// districtGround is one district. Cells are never taken out: a version that ended
// is skipped by its days.
type districtGround struct {
	read     [2]map[string]int64 // of beats, of places, by centre: up to which entry versions were read
	beats    map[uuid.UUID][]groundBeat
	places   map[uuid.UUID][]groundPlace
	beatsIn  map[geo.Cell][]uuid.UUID // cell 9
	placesIn map[geo.Cell][]uuid.UUID // cell 9
	n        int
	boundary *geo.Area
	outline  string
	frame    *geo.Box
	drawn    string // from the stations, GeoJSON; where there is no boundary
}

type groundBeat struct {
	centre, from, until, code string
	area                      *geo.Area
	cells                     []string // of resolution 9, one ring more
}

type groundPlace struct {
	centre, from, until, code string
	at                        geo.Point
	area                      *geo.Area
	wide                      float64 // metres: how far a circle of the area's size reaches
	beat                      *uuid.UUID
}

const (
	// groundMost bounds the versions of a district that a process holds: some 100 bytes each, outlines besides.
	groundMost = 400_000
	// nearM and nearMost are how near to a place's point a visit counts as one of it, besides the accuracy
	// of its fix, which helps no further than this in all.
	nearM    = 150.0
	nearMost = 500.0
	// widest is further than any outline is wide, in metres: half of the globe.
	widest = 20_100_000.0
	// frameDegrees is how far around its stations a district reaches that has no outline: some 35 km.
	frameDegrees = 0.32
	// drawnKm is how far around its stations a district is drawn that has no outline: a
	// station stands in the middle of what it looks after.
	drawnKm = 12
)

var errMuchGround = errors.New("too many versions of beats and places")

// load reads what is new in a district.
func (g *ground) load(ctx context.Context, tx pgx.Tx, district int32, r *rules) error {
	known := func(which int) (centres []string, seqs []int64) {
		g.mu.RLock()
		defer g.mu.RUnlock()
		if d := g.districts[district]; d != nil {
			for c, n := range d.read[which] {
				centres, seqs = append(centres, c), append(seqs, n)
			}
		}
		return centres, seqs
	}
	const fresh = ` v LEFT JOIN unnest($2::text[], $3::bigint[]) AS k (c, n) ON k.c = v.centre
		WHERE v.district_id = $1 AND v.seq > coalesce(k.n, 0) ORDER BY v.seq`
	centres, seqs := known(0)
	rows, err := tx.Query(ctx, `SELECT `+beatVersionColumns+` FROM beat_versions`+fresh, district, centres, seqs)
	if err != nil {
		return fmt.Errorf("read beats: %w", err)
	}
	beats, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[BeatVersion])
	if err != nil {
		return fmt.Errorf("read beats: %w", err)
	}
	centres, seqs = known(1)
	rows, err = tx.Query(ctx, `SELECT `+placeVersionColumns+` FROM place_versions`+fresh, district, centres, seqs)
	if err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[PlaceVersion])
	if err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	frame, err := readFrame(ctx, tx, district)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.districts[district]
	if d == nil {
		d = &districtGround{
			read: [2]map[string]int64{{}, {}}, beats: map[uuid.UUID][]groundBeat{}, places: map[uuid.UUID][]groundPlace{},
			beatsIn: map[geo.Cell][]uuid.UUID{}, placesIn: map[geo.Cell][]uuid.UUID{},
		}
		if g.districts == nil {
			g.districts = map[int32]*districtGround{}
		}
		g.districts[district] = d
	}
	return d.take(beats, places, frame, r.staffBeats(district))
}

// groundFrame is the outline of a district, if it has one, the frame around its stations,
// and the outline that is drawn from them.
type groundFrame struct {
	outline, drawn string
	box            *geo.Box
}

func readFrame(ctx context.Context, tx pgx.Tx, district int32) (f groundFrame, err error) {
	var lats, lons []float64
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT area FROM boundaries WHERE district_id = $1), ''),
		coalesce(array_agg(lat ORDER BY centre), '{}'), coalesce(array_agg(lon ORDER BY centre), '{}')
		FROM centres WHERE district_id = $1 AND lat IS NOT NULL AND lon IS NOT NULL`, district).Scan(&f.outline, &lats, &lons)
	if err != nil {
		return f, fmt.Errorf("read frame: %w", err)
	}
	if len(lats) == 0 {
		return f, nil
	}
	f.box = &geo.Box{
		South: slices.Min(lats) - frameDegrees, West: slices.Min(lons) - frameDegrees,
		North: slices.Max(lats) + frameDegrees, East: slices.Max(lons) + frameDegrees,
	}
	points := make([]geo.Point, len(lats))
	for i := range lats {
		points[i] = geo.Point{Lat: lats[i], Lon: lons[i]}
	}
	if line, err := geo.Around(points, drawnKm); err == nil { // else it has no sketch: nothing hangs on it
		f.drawn = features.Geometry{Rings: [][][]geo.Point{{line}}}.Text()
	}
	return f, nil
}

// staffBeat is a beat of the staff list, which stands before its first version.
type staffBeat struct {
	id     uuid.UUID
	centre string
	area   *geo.Area
}

func (r *rules) staffBeats(district int32) []staffBeat {
	var out []staffBeat
	for k, area := range r.beats {
		if k.District == district {
			out = append(out, staffBeat{id: k.Beat, centre: r.beatOf[k], area: area})
		}
	}
	return out
}

func (d *districtGround) take(beats []*BeatVersion, places []*PlaceVersion, frame groundFrame, staffList []staffBeat) error {
	if d.n+len(beats)+len(places) > groundMost { // those that are put right counted as new: close enough
		return errMuchGround
	}
	for _, v := range beats {
		area, err := geo.ParseGeoJSON([]byte(v.Area))
		if err != nil {
			area, _, err = groundArea(v.Area) // a ring that was mended when it was checked
		}
		if err != nil {
			return fmt.Errorf("beat %s: %w", v.BeatID, err)
		}
		cells, err := d.cover(d.beatsIn, v.BeatID, area)
		if err != nil {
			return err
		}
		one := groundBeat{centre: v.Centre, from: v.From, until: v.Until, code: v.Code, area: &area}
		for _, c := range cells {
			one.cells = append(one.cells, c.String())
		}
		was := len(d.beats[v.BeatID])
		d.beats[v.BeatID] = replaced(d.beats[v.BeatID], one, func(b groundBeat) string { return b.from })
		d.n += len(d.beats[v.BeatID]) - was
		d.read[0][v.Centre] = max(d.read[0][v.Centre], v.Seq)
	}
	for _, v := range places {
		one := groundPlace{centre: v.Centre, from: v.From, until: v.Until, code: v.Code, at: geo.Point{Lat: v.Lat, Lon: v.Lon}, beat: v.BeatID}
		if v.Area != "" {
			area, _, err := groundArea(v.Area)
			if err != nil {
				return fmt.Errorf("place %s: %w", v.PlaceID, err)
			}
			if _, err := d.cover(d.placesIn, v.PlaceID, area); err != nil {
				return err
			}
			one.area, one.wide = &area, math.Round(math.Sqrt(area.AreaKm2()*1e6/math.Pi))
		}
		d.note(d.placesIn, geo.Cell(v.Cell).Parent(9), v.PlaceID)
		was := len(d.places[v.PlaceID])
		d.places[v.PlaceID] = replaced(d.places[v.PlaceID], one, func(p groundPlace) string { return p.from })
		d.n += len(d.places[v.PlaceID]) - was
		d.read[1][v.Centre] = max(d.read[1][v.Centre], v.Seq)
	}
	for _, b := range staffList {
		list := d.beats[b.id]
		if len(list) > 0 && list[0].from == "" {
			list[0].area = b.area
		} else {
			list = slices.Insert(list, 0, groundBeat{centre: b.centre, area: b.area})
			if _, err := d.cover(d.beatsIn, b.id, *b.area); err != nil {
				return err
			}
		}
		if len(list) > 1 {
			list[0].until = list[1].from
		}
		d.beats[b.id] = list
	}
	if frame.outline != d.outline {
		area, err := geo.ParseGeoJSON([]byte(frame.outline))
		if err != nil {
			return fmt.Errorf("outline of the district: %w", err)
		}
		d.boundary, d.outline = &area, frame.outline
	}
	d.frame, d.drawn = frame.box, frame.drawn
	return nil
}

// replaced puts a version in its place among the others, by the day it begins on.
func replaced[V any](list []V, one V, from func(V) string) []V {
	i, found := slices.BinarySearchFunc(list, from(one), func(v V, day string) int {
		switch f := from(v); {
		case f < day:
			return -1
		case f > day:
			return 1
		}
		return 0
	})
	if found {
		list[i] = one
		return list
	}
	return slices.Insert(list, i, one)
}

func (d *districtGround) cover(in map[geo.Cell][]uuid.UUID, id uuid.UUID, area geo.Area) ([]geo.Cell, error) {
	cells, err := area.Cells9()
	if err != nil {
		return nil, fmt.Errorf("cells of %s: %w", id, err)
	}
	for _, c := range cells {
		d.note(in, c, id)
	}
	return cells, nil
}

func (d *districtGround) note(in map[geo.Cell][]uuid.UUID, c geo.Cell, id uuid.UUID) {
	if !slices.Contains(in[c], id) {
		in[c] = append(in[c], id)
	}
}

// groundMoved makes this process know what it has itself entered. Others read it
// within half a minute.
func (b *Book) groundMoved(ctx context.Context, district int32) {
	b.reload.Lock()
	defer b.reload.Unlock()
	r := b.rules.Load()
	if err := b.read(ctx, district, func(tx pgx.Tx) error { return b.ground.load(ctx, tx, district, r) }); err != nil {
		b.Log.Error("ground", "err", err)
	}
}

// area is the outline of a beat on a day, or nil.
func (g *ground) area(district int32, beat uuid.UUID, day string, r *rules) *geo.Area {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if d := g.districts[district]; d != nil {
		for _, v := range d.beats[beat] {
			if holds(v.from, v.until, day) {
				return v.area
			}
		}
		if len(d.beats[beat]) > 0 {
			return nil
		}
	}
	return r.beats[beatKey{district, beat}]
}

// cells are those of a beat that an op has set, on a day.
func (g *ground) cells(district int32, beat uuid.UUID, day string) ([]string, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if d := g.districts[district]; d != nil {
		for _, v := range d.beats[beat] {
			if v.from != "" && holds(v.from, v.until, day) {
				return v.cells, true
			}
		}
	}
	return nil, false
}

// outside is how many kilometres a point lies outside the district: its outline, or
// without one the frame around its stations. 0 is inside, or nobody knows.
func (g *ground) outside(district int32, p geo.Point) float64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	d := g.districts[district]
	switch {
	case d == nil || d.boundary == nil && d.frame == nil:
		return 0
	case d.boundary != nil && d.boundary.Contains(p), d.boundary == nil && d.frame.Contains(p):
		return 0
	case d.boundary != nil:
		return math.Max(d.boundary.EdgeDistance(p)/1000, 0.1)
	}
	at := geo.Point{Lat: min(max(p.Lat, d.frame.South), d.frame.North), Lon: min(max(p.Lon, d.frame.West), d.frame.East)}
	return math.Max(geo.Distance(p, at)/1000, 0.1)
}

// found is what lies where a visit was made.
type found struct {
	beat  uuid.UUID
	place uuid.UUID
	code  string // of the place
	metre float64
}

// find looks for the beat and the place of a point on a day: beats of the centre,
// places of the centre before those of others. Of several the nearest is taken, and
// of those as near the first by id, so that the answer does not hang on the order of reading.
// A place whose outline holds the point is as near as its outline is wide: a school in a
// village is found before the village, and the house around her before the one next door.
func (g *ground) find(district int32, centre, day string, p geo.Point, accuracy float64) found {
	var out found
	cell, err := geo.CellAt(p)
	if err != nil {
		return out
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	d := g.districts[district]
	if d == nil {
		return out
	}
	out.beat = d.beatOf(centre, day, p, cell)
	d.findPlace(&out, centre, day, p, cell, math.Min(nearM+math.Max(accuracy, 0), nearMost))
	return out
}

// beatOf is the beat of a centre in which a point lies deepest, or none.
func (d *districtGround) beatOf(centre, day string, p geo.Point, cell geo.Cell) (beat uuid.UUID) {
	deep := math.Inf(-1)
	for _, id := range d.beatsIn[cell.Parent(9)] {
		for _, v := range d.beats[id] {
			if v.centre != centre || !holds(v.from, v.until, day) || !v.area.Contains(p) {
				continue
			}
			if in := math.Round(v.area.EdgeDistance(p)); in > deep || in == deep && compareIDs(id, beat) < 0 {
				beat, deep = id, in
			}
		}
	}
	return beat
}

func (d *districtGround) findPlace(out *found, centre, day string, p geo.Point, cell geo.Cell, reach float64) {
	own, best := false, math.Inf(1)
	out.metre = math.Inf(1)
	// Two rings of cells 9 hold all points within nearMost: a ring is 300 m deep at least.
	disk, err := geo.GridDisk(cell.Parent(9), 2)
	if err != nil {
		return
	}
	for _, c := range disk {
		for _, id := range d.placesIn[c] {
			for _, v := range d.places[id] {
				if !holds(v.from, v.until, day) {
					continue
				}
				far := v.metres(p)
				near := v.nearness(p, far)
				if here := v.centre == centre; far > reach || own && !here {
					continue
				} else if !here == !own && (near > best || near == best && compareIDs(id, out.place) >= 0) {
					continue
				} else {
					own = here
				}
				out.place, out.code, out.metre, best = id, v.code, far, near
			}
		}
	}
}

// nearness orders the places of a point. What only the poor accuracy of a fix reaches
// comes after all that hold it.
func (p *groundPlace) nearness(at geo.Point, far float64) float64 {
	switch {
	case p.area != nil && p.area.Contains(at):
		return p.wide
	case far > nearM:
		return widest + far
	}
	return far
}
