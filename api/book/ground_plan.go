package book

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
	"kendra/geo/features"
)

// The files of beats and places.
const (
	GroundBeats  = "beats"
	GroundPlaces = "places"
)

// What an import would do with a feature.
const (
	GroundNew     = "new"
	GroundChanged = "changed"
	GroundSame    = "same"
	GroundEnded   = "ended"
)

// GroundFile is a file of beats or places to be imported.
type GroundFile struct {
	Kind     string // beats or places
	Features iter.Seq2[features.Feature, error]
	Centre   string    // of features that name no station; empty: it is found by where they lie
	From     time.Time // first day of features that name none
	Merge    bool      // a place with another code but the name of one near by is that one
	Complete bool      // what the file does not have ends, in the centres that it has
	Only     string    // features of another station are wrong; empty: the file may be of many
	Most     int       // how many features it may have; 0: as many as there are
}

// GroundChange is a feature and what is to be done with it.
type GroundChange struct {
	Line             int // 0: the file does not have it
	What             string
	ID               uuid.UUID
	Centre, Code     string
	NameHi, NameEn   string
	Geometry         features.Geometry
	Outside          float64 // kilometres outside the district
	Told             []string
	Old              features.Geometry // of what ends because the file does not have it
	body             any               // of the op
	kind             string            // of the op
	from, to, reason string
}

// GroundWrong is what is wrong with a file, or is to be known of it, by line.
type GroundWrong struct {
	Line, N  int
	Text     string
	Geometry features.Geometry // as far as it could be read
}

// GroundDouble is a feature that may be another, by its name and where it lies.
type GroundDouble struct {
	Line        int
	Code        string
	Centre      string
	OtherLine   int // 0: it is in the book
	OtherCode   string
	OtherCentre string
	Metres      float64
}

// GroundPlan is what an import would do. With anything wrong it is not entered.
type GroundPlan struct {
	Kind    string
	Changes []GroundChange
	Counts  map[string]int
	Wrong   []GroundWrong
	Doubles []GroundDouble
	Outside int // features outside the district

	more int
}

// groundWrongs is how many faults of a file are told one by one.
const groundWrongs = 1000

// More is how many faults there are besides those in Wrong.
func (p *GroundPlan) More() int { return p.more }

func (p *GroundPlan) wrong(f features.Feature, text string) {
	if len(p.Wrong) == groundWrongs {
		p.more++
		return
	}
	p.Wrong = append(p.Wrong, GroundWrong{f.Line, f.N, text, f.Geometry})
}

// GroundFrame is the frame in which features of a district are expected.
func (b *Book) GroundFrame(district int32) *geo.Box {
	b.ground.mu.RLock()
	defer b.ground.mu.RUnlock()
	d := b.ground.districts[district]
	switch {
	case d == nil:
		return nil
	case d.boundary != nil:
		box := d.boundary.BBox()
		return &box
	}
	return d.frame
}

// groundStands is what stands in a district when a file is judged.
type groundStands struct {
	stations map[string]staffStation
	names    map[string]string // folded name of a station, or its code, to its code
	beats    map[groundKey]*BeatVersion
	places   map[groundKey]*PlaceVersion
	staffs   map[groundKey]uuid.UUID // beats of the staff list, by centre and folded English name
	kinds    map[string]string       // folded words for kinds of places
}

type groundKey struct{ centre, code string }

type staffStation struct{ at *geo.Point }

// PlanGround judges a file against what stands in the district, and tells all that is
// wrong. Nothing is stored.
func (b *Book) PlanGround(ctx context.Context, district int32, in GroundFile) (*GroundPlan, error) {
	if in.Kind != GroundBeats && in.Kind != GroundPlaces {
		return nil, fmt.Errorf("plan import: %q is neither beats nor places", in.Kind)
	}
	stands, err := b.groundStands(ctx, district, in.Kind)
	if err != nil {
		return nil, err
	}
	w := &groundPlanner{
		book: b, district: district, in: in, stands: stands, seen: map[groundKey]int{}, today: day(b.now()), now: b.now(),
		plan: &GroundPlan{Kind: in.Kind, Counts: map[string]int{}}, rules: b.rules.Load().of(district),
	}
	if in.Centre != "" && stands.names[foldName(in.Centre)] == "" {
		return nil, fmt.Errorf("plan import: no station %s", in.Centre)
	}
	n := 0
	for f, err := range in.Features {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if n++; in.Most > 0 && n > in.Most {
			w.plan.wrong(features.Feature{Line: f.Line}, fmt.Sprintf("more than %d features: the file is too long", in.Most))
			break
		}
		if err != nil {
			told := &features.Error{}
			if !errors.As(err, &told) {
				return nil, err
			}
			f.Line, f.N = told.Line, told.N
			w.plan.wrong(f, told.Err.Error())
			continue
		}
		w.take(f)
	}
	if in.Kind == GroundPlaces {
		w.doubles()
	}
	if in.Complete {
		w.complete()
	}
	for i := range w.plan.Changes {
		w.plan.Counts[w.plan.Changes[i].What]++
	}
	return w.plan, nil
}

func (b *Book) groundStands(ctx context.Context, district int32, kind string) (*groundStands, error) {
	s := &groundStands{
		stations: map[string]staffStation{}, names: map[string]string{}, beats: map[groundKey]*BeatVersion{},
		places: map[groundKey]*PlaceVersion{}, staffs: map[groundKey]uuid.UUID{}, kinds: map[string]string{},
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
		return s.versions(ctx, tx, district, kind)
	})
	return s, err
}

// versions reads the last version of each beat, and of each place if it is about places.
func (s *groundStands) versions(ctx context.Context, tx pgx.Tx, district int32, kind string) error {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (beat_id) `+beatVersionColumns+` FROM beat_versions WHERE district_id = $1
		ORDER BY beat_id, beat_versions.from_on DESC`, district)
	if err != nil {
		return fmt.Errorf("read beats: %w", err)
	}
	beats, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[BeatVersion])
	if err != nil {
		return fmt.Errorf("read beats: %w", err)
	}
	for _, v := range beats {
		s.beats[groundKey{v.Centre, v.Code}] = v
	}
	if kind == GroundBeats {
		return nil
	}
	rows, err = tx.Query(ctx, `SELECT DISTINCT ON (place_id) `+placeVersionColumns+` FROM place_versions WHERE district_id = $1
		ORDER BY place_id, place_versions.from_on DESC`, district)
	if err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[PlaceVersion])
	if err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	for _, v := range places {
		s.places[groundKey{v.Centre, v.Code}] = v
	}
	return nil
}

// groundTransaction is how many ops of one centre are entered at once: a centre has rarely more.
const groundTransaction = 1000

// errGroundWrong is an import that would enter a file with faults.
var errGroundWrong = errors.New("the file has faults")

// EnterGround enters what a plan says, as the registrar: a centre after the other, in
// transactions of a thousand. A plan was judged whole before; what an interruption
// leaves out is entered by importing the file again, nothing of it twice.
func (b *Book) EnterGround(ctx context.Context, district int32, p *GroundPlan) (int, error) {
	if len(p.Wrong) > 0 {
		return 0, errGroundWrong
	}
	byCentre := map[string][]*GroundChange{}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.What != GroundSame {
			byCentre[c.Centre] = append(byCentre[c.Centre], c)
		}
	}
	done, now := 0, b.now()
	for _, centre := range sortedCentres(byCentre) {
		for list := range slices.Chunk(byCentre[centre], groundTransaction) {
			ops := make([]ServerOp, 0, len(list))
			for _, c := range list {
				ops = append(ops, c.ops(now)...)
			}
			receipts, err := b.AppendServer(ctx, district, centre, RoleRegistrar, ops)
			if err != nil {
				return done, fmt.Errorf("enter %s of %s: %w", p.Kind, centre, err)
			}
			for i, r := range receipts {
				if r.Problem != nil {
					return done, fmt.Errorf("enter %s of %s, line %d: %w", p.Kind, centre, lineOfOp(list, ops[i].Subject), r.Problem)
				}
			}
			done += len(ops)
		}
	}
	return done, b.LoadRules(ctx)
}

func lineOfOp(list []*GroundChange, id uuid.UUID) int {
	for _, c := range list {
		if c.ID == id {
			return c.Line
		}
	}
	return 0
}

func sortedCentres(m map[string][]*GroundChange) []string {
	out := make([]string, 0, len(m))
	for c := range m {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// groundPlanner judges the features of one file.
type groundPlanner struct {
	book     *Book
	district int32
	in       GroundFile
	stands   *groundStands
	rules    *ruleView
	plan     *GroundPlan
	seen     map[groundKey]int // line
	today    string
	now      time.Time
}

// take judges one feature.
func (w *groundPlanner) take(f features.Feature) {
	bad := func(format string, args ...any) { w.plan.wrong(f, fmt.Sprintf(format, args...)) }
	if f.Swapped {
		bad("latitude and longitude seem to be exchanged: it would lie in the district the other way round")
		return
	}
	middle, ok := f.Middle()
	if !ok || w.in.Kind == GroundBeats && f.Point != nil {
		bad("a beat is an area")
		return
	}
	r, err := w.row(f, middle)
	if err != nil {
		bad("%v", err)
		return
	}
	if w.in.Only != "" && r.centre != w.in.Only {
		bad("it belongs to station %s, and only those of %s are entered here", r.centre, w.in.Only)
		return
	}
	k := groundKey{r.centre, r.code}
	if line, ok := w.seen[k]; ok {
		bad("code %s of %s stands in line %d too", r.code, r.centre, line)
		return
	}
	w.seen[k] = f.Line
	c := GroundChange{
		Line: f.Line, Centre: r.centre, Code: r.code, NameHi: r.hi, NameEn: r.en, Geometry: f.Geometry, Told: f.Told,
		Outside: math.Round(w.book.ground.outside(w.district, middle)*10) / 10, from: r.from, to: r.to, reason: "आयात: सूची के अनुसार समाप्त",
	}
	if c.Outside > 0 {
		w.plan.Outside++
	}
	var last versionState
	if w.in.Kind == GroundBeats {
		last, err = w.beat(&c, r, f)
	} else {
		last, err = w.place(&c, r, f, middle)
	}
	if err == nil {
		err = w.dates(&c, last)
	}
	if err != nil {
		bad("%v", err)
		return
	}
	w.plan.Changes = append(w.plan.Changes, c)
}

// versionState is how the last version of a thing stands.
type versionState struct {
	known, same bool
	from, until string
}

// dates decides what is done, by the days.
func (w *groundPlanner) dates(c *GroundChange, last versionState) error {
	live := last.known && (last.until == "" || last.until > c.from)
	if today := w.in.From.Format(time.DateOnly); live && !last.same && c.from == last.from && today > last.from {
		c.begin(today) // a list that was taken out, changed and brought back says since when the old one holds
	}
	switch {
	case live && last.same:
		c.What = GroundSame
	case live:
		c.What = GroundChanged
	default:
		c.What = GroundNew
	}
	if c.to != "" && last.until != c.to { // it ends, after it was set right if it has to be
		c.What = map[bool]string{true: GroundEnded, false: c.What}[c.What == GroundSame]
	} else {
		c.to = ""
	}
	if c.What == GroundNew || c.What == GroundChanged {
		if c.from < last.from || c.from < last.until {
			return fmt.Errorf("from %s: the last change holds from %s", c.from, max(last.from, last.until))
		}
	}
	if c.to != "" && c.to < max(c.from, last.from) {
		return fmt.Errorf("to %s: before it begins", c.to)
	}
	return nil
}

// complete ends what the file does not have, in the centres that it has.
func (w *groundPlanner) complete() {
	centres := map[string]bool{}
	for k := range w.seen {
		centres[k.centre] = true
	}
	end := func(k groundKey, id uuid.UUID, hi, en string, old features.Geometry, from, until string) {
		if _, ok := w.seen[k]; ok || !centres[k.centre] || until != "" {
			return
		}
		on := max(w.in.From.Format(time.DateOnly), from)
		w.plan.Changes = append(w.plan.Changes, GroundChange{
			What: GroundEnded, ID: id, Centre: k.centre, Code: k.code, NameHi: hi, NameEn: en, Old: old, to: on, reason: "आयात: नई सूची में नहीं है",
			kind: map[bool]string{true: "beat.set", false: "place.set"}[w.in.Kind == GroundBeats],
		})
	}
	at := len(w.plan.Changes)
	if w.in.Kind == GroundBeats {
		for k, v := range w.stands.beats {
			area, _ := features.ParseGeometry(v.Area) // what stands in the book was read before
			end(k, v.BeatID, v.NameHi, v.NameEn, area, v.From, v.Until)
		}
	} else {
		for k, v := range w.stands.places {
			end(k, v.PlaceID, v.NameHi, v.NameEn, features.Geometry{Point: &geo.Point{Lat: v.Lat, Lon: v.Lon}}, v.From, v.Until)
		}
	}
	slices.SortFunc(w.plan.Changes[at:], func(a, b GroundChange) int { return compareIDs(a.ID, b.ID) })
}
