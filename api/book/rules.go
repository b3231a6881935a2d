package book

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	"kendra/geo"
)

// rules are what every op is judged by: code lists, columns, limits, ladders,
// sections of law, the polygons of the beats. They begin with the lists of the
// schema; ops in HQ's book change them, district by district. All changes are
// kept with their number in that book, so that an entry can be folded again by
// the rules that it was judged by. They are read at start and refreshed by the
// clock, since they change by the month.
type rules struct {
	seed      map[string]map[string]Code // list, code
	limits    []Limit
	ladder    ladder
	offences  []Offence
	conduct   []ConductRule
	retention []RetentionRule
	visits    []TaskFields
	numbers   []Number
	columns   map[string][]Column
	districts map[int32]*districtRules
	beats     map[beatKey]*geo.Area
	beatOf    map[beatKey]string // the centre
	cells     map[beatKey][]string

	schema [32]byte    // what the lists of the schema are
	turns  []time.Time // when rows of them begin and end to hold
}

type beatKey struct {
	District int32
	Beat     uuid.UUID
}

// districtRules are the changes of one district, in the order in which they come
// into force.
type districtRules struct {
	seq     int64 // HQ's last change
	changes []ruleChange
	codes   map[codeKey][]ruleChange
}

type codeKey struct{ list, code string }

// ruleChange is one op of HQ's book on the rules.
type ruleChange struct {
	Seq  int64
	Kind string
	From time.Time
	Body []byte

	read any // the body, typed
}

// Limit is a time limit: how long may pass between two events of a complaint
// or matter, under which condition, on what basis. An empty category or risk
// level means any.
type Limit struct {
	Code      string
	Category  string
	RiskLevel string
	Register  string
	Starts    string
	Ends      string
	Months    int
	Seconds   int64
	Ladder    string
	Hi, En    string
	Basis     string
	From      time.Time
}

// due is when a limit that began at a time has passed. Months are those of the
// calendar in India.
func (l *Limit) due(at time.Time) time.Time {
	return at.In(ist).AddDate(0, l.Months, 0).UTC().Add(time.Duration(l.Seconds) * time.Second)
}

// covers tells whether the condition of the limit is met.
func (l *Limit) covers(category, risk string) bool {
	return (l.Category == "" || l.Category == category) && (l.RiskLevel == "" || l.RiskLevel == risk)
}

// exact ranks conditions: of several that are met the most exact one counts.
func (l *Limit) exact() int {
	n := 0
	if l.RiskLevel != "" {
		n += 2
	}
	if l.Category != "" {
		n++
	}
	return n
}

// Offence is a section of law with its number before BNS, if it had one.
type Offence struct {
	Code       string
	Act        string
	Section    string
	OldSection string
	Hi, En     string
	IsSexual   bool
	IsChild    bool
	Cognizable bool
	IsGrave    bool // investigated within two months, she examined within a day
	From       time.Time
	To         *time.Time
}

// ruleView is the rules of a district as of a number in HQ's book.
type ruleView struct {
	r        *rules
	district int32
	seq      int64
}

// of is the rules of a district as they now stand.
func (r *rules) of(district int32) *ruleView {
	v := &ruleView{r: r, district: district}
	if d := r.districts[district]; d != nil {
		v.seq = d.seq
	}
	return v
}

// asOf is the rules as an entry was judged by them.
func (v *ruleView) asOf(seq int64) *ruleView {
	if v.seq == seq {
		return v
	}
	return &ruleView{r: v.r, district: v.district, seq: seq}
}

// changes lists the changes that the view knows, of a kind or all.
func (v *ruleView) changes(kinds ...string) []ruleChange {
	d := v.r.districts[v.district]
	if d == nil {
		return nil
	}
	var out []ruleChange
	for _, c := range d.changes {
		if c.Seq <= v.seq && (len(kinds) == 0 || slices.Contains(kinds, c.Kind)) {
			out = append(out, c)
		}
	}
	return out
}

// limit finds the limit of a code that was in force at a time: the most exact
// condition wins, then the newest row.
func (v *ruleView) limit(code, category, risk string, at time.Time) *Limit {
	var best *Limit
	for _, list := range [][]Limit{v.r.limits, v.limitChanges()} {
		for i := range list {
			l := &list[i]
			if l.Code != code || l.From.After(at) || !l.covers(category, risk) {
				continue
			}
			if best == nil || l.exact() > best.exact() || l.exact() == best.exact() && !l.From.Before(best.From) {
				best = l
			}
		}
	}
	return best
}

// ladderOf is the ladder of a limit.
func (v *ruleView) ladderOf(code string, at time.Time) string {
	for _, l := range v.r.limits {
		if l.Code == code {
			return l.Ladder
		}
	}
	return ladderOverdue
}

// rungs lists the rungs of a ladder that were in force at a time.
func (v *ruleView) rungs(name string, at time.Time) []rung { return v.rungsAll().of(name, at) }

// LoadRules reads the rules again. A server calls it every half minute, and when
// it has itself entered a change. One caller at a time: what was read first is
// never put over what was read later.
func (b *Book) LoadRules(ctx context.Context) error {
	b.reload.Lock()
	defer b.reload.Unlock()
	return b.loadRules(ctx)
}

// ruled makes this process go by a change of the rules that it has entered.
// Others read it within half a minute, and so does this one if it cannot now:
// the change stands in the book.
func (b *Book) ruled(ctx context.Context) {
	if err := b.LoadRules(ctx); err != nil {
		b.Log.Error("rules", "err", err)
	}
}

func (b *Book) loadRules(ctx context.Context) error {
	r := &rules{
		seed: map[string]map[string]Code{}, columns: map[string][]Column{}, districts: map[int32]*districtRules{},
		beats: map[beatKey]*geo.Area{}, beatOf: map[beatKey]string{}, cells: map[beatKey][]string{},
	}
	if err := r.loadSeed(ctx, b); err != nil {
		return err
	}
	if err := r.loadVisits(ctx, b); err != nil {
		return err
	}
	if err := r.loadConduct(ctx, b); err != nil {
		return err
	}
	if err := r.loadRetention(ctx, b); err != nil {
		return err
	}
	if err := r.loadNumbers(ctx, b); err != nil {
		return err
	}
	if err := r.mark(); err != nil {
		return err
	}
	districts, err := b.Districts(ctx)
	if err != nil {
		return err
	}
	for _, d := range districts {
		err := b.read(ctx, d, func(tx pgx.Tx) error {
			if err := r.loadBeats(ctx, tx, d); err != nil {
				return err
			}
			if err := r.loadChanges(ctx, tx, d); err != nil {
				return err
			}
			err := b.ground.load(ctx, tx, d, r)
			if errors.Is(err, errMuchGround) { // visits find what was read so far; the rules go on
				b.Log.Error("ground", "district", d, "err", err)
				return nil
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("load rules: %w", err)
		}
	}
	b.rules.Store(r)
	return nil
}

// freshRules are the rules for an op with a word that this process does not
// know yet. They are read again only if HQ's book has changed them since: a word
// that nobody knows costs one look into an index. One caller at a time looks.
func (b *Book) freshRules(ctx context.Context, district int32) (*rules, error) {
	b.reload.Lock()
	defer b.reload.Unlock()
	var newest int64
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM rule_changes WHERE district_id = $1 AND centre = $2`,
			district, HQ).Scan(&newest)
	})
	if err == nil && newest > b.rules.Load().of(district).seq {
		err = b.loadRules(ctx)
	}
	return b.rules.Load(), wrap(err, "look for new rules")
}

func (r *rules) loadSeed(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT list, code, hi, en, sort, valid_from, valid_to FROM codes`)
	if err != nil {
		return fmt.Errorf("load codes: %w", err)
	}
	var list string
	var c Code
	_, err = pgx.ForEachRow(rows, []any{&list, &c.Code, &c.Hi, &c.En, &c.Sort, &c.From, &c.To}, func() error {
		if r.seed[list] == nil {
			r.seed[list] = map[string]Code{}
		}
		r.seed[list][c.Code] = c
		return nil
	})
	if err != nil {
		return fmt.Errorf("load codes: %w", err)
	}
	rows, err = b.Pool.Query(ctx, `SELECT urgency, rung, after_s, action, to_role, valid_from FROM ladders
		ORDER BY urgency, valid_from, rung`)
	if err != nil {
		return fmt.Errorf("load ladders: %w", err)
	}
	r.ladder, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (rung, error) {
		var g rung
		var after int
		err := row.Scan(&g.Urgency, &g.Rung, &after, &g.Action, &g.ToRole, &g.From)
		g.After = time.Duration(after) * time.Second
		return g, err
	})
	if err != nil {
		return fmt.Errorf("load ladders: %w", err)
	}
	rows, err = b.Pool.Query(ctx, `SELECT code, category, risk_level, register, starts, ends, months, seconds, ladder, hi, en,
		basis, valid_from FROM limits ORDER BY code, valid_from, category, risk_level`)
	if err != nil {
		return fmt.Errorf("load limits: %w", err)
	}
	if r.limits, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Limit]); err != nil {
		return fmt.Errorf("load limits: %w", err)
	}
	rows, err = b.Pool.Query(ctx, `SELECT code, act, section, old_section, hi, en, is_sexual, is_child, cognizable, is_grave, valid_from,
		valid_to FROM offences ORDER BY code, valid_from`)
	if err != nil {
		return fmt.Errorf("load offences: %w", err)
	}
	if r.offences, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Offence]); err != nil {
		return fmt.Errorf("load offences: %w", err)
	}
	rows, err = b.Pool.Query(ctx, `SELECT register, name, pos, type, class, list FROM register_columns ORDER BY register, pos, name`)
	if err != nil {
		return fmt.Errorf("load columns: %w", err)
	}
	var col Column
	_, err = pgx.ForEachRow(rows, []any{&col.Register, &col.Name, &col.Pos, &col.Type, &col.Class, &col.List}, func() error {
		c := col
		label := r.seed["label"][c.Name]
		c.Hi, c.En = label.Hi, label.En
		r.columns[c.Register] = append(r.columns[c.Register], c)
		return nil
	})
	return wrap(err, "load columns")
}

func (r *rules) loadConduct(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT pattern, span, n, within_s, metres, percent, valid_from FROM conduct_rules
		ORDER BY valid_from, pattern`)
	if err != nil {
		return fmt.Errorf("load rules of conduct: %w", err)
	}
	r.conduct, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ConductRule])
	return wrap(err, "load rules of conduct")
}

// loadChanges reads what HQ's book changed in a district.
func (r *rules) loadChanges(ctx context.Context, tx pgx.Tx, district int32) error {
	rows, err := tx.Query(ctx, `SELECT seq, kind, valid_from, body FROM rule_changes WHERE district_id = $1 ORDER BY seq`, district)
	if err != nil {
		return fmt.Errorf("read rule changes: %w", err)
	}
	d := &districtRules{codes: map[codeKey][]ruleChange{}}
	var c ruleChange
	var body string
	_, err = pgx.ForEachRow(rows, []any{&c.Seq, &c.Kind, &c.From, &body}, func() error {
		one := c
		one.Body = []byte(body)
		d.seq = max(d.seq, one.Seq)
		return d.take(one)
	})
	if err != nil {
		return fmt.Errorf("read rule changes: %w", err)
	}
	r.districts[district] = d
	return nil
}

func (r *rules) loadBeats(ctx context.Context, tx pgx.Tx, district int32) error {
	areas, err := staff.BeatAreas(ctx, tx, district)
	if err != nil {
		return err
	}
	for id, b := range areas {
		area, err := geo.ParseGeoJSON([]byte(b.Area))
		if err != nil {
			return fmt.Errorf("beat %s: %w", id, err)
		}
		cells, err := area.Cells9()
		if err != nil {
			return fmt.Errorf("cells of beat %s: %w", id, err)
		}
		k := beatKey{district, id}
		r.beats[k], r.beatOf[k] = &area, b.Centre
		for _, c := range cells {
			r.cells[k] = append(r.cells[k], c.String())
		}
	}
	return nil
}

// Districts lists the districts of this database.
func (b *Book) Districts(ctx context.Context) ([]int32, error) {
	rows, err := b.Pool.Query(ctx, `SELECT district_id FROM districts ORDER BY district_id`)
	if err != nil {
		return nil, fmt.Errorf("list districts: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("list districts: %w", err)
	}
	return ids, nil
}
