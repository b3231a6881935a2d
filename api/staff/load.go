package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// PostRow is a post of a file with what it names found. Posts enter the book as ops, so they are handed back and not
// stored here. PostID follows from the content: the same row is the same post, imported again or not.
type PostRow struct {
	PostID        uuid.UUID
	OfficerID     uuid.UUID
	OfficerNumber string
	Role          Role
	Centre        string
	From          time.Time
	Until         *time.Time
	SquadID       *uuid.UUID
	BeatID        *uuid.UUID
	Circle        string
}

// Loaded is what an import did.
type Loaded struct {
	Added map[string]int // by kind
	Same  map[string]int // rows that stood there already, word for word
	Posts []PostRow
}

var errDryRun = errors.New("dry run")

// Load stores files in one transaction: all of them or, with any error, nothing. A row that is stored already is left
// alone if it is the same, and an error if it differs: an import adds, it never changes. A dry run does everything but
// keep it.
func (s *Service) Load(ctx context.Context, district int32, files []Import, dry bool) (Loaded, []LineError, error) {
	l := &loader{district: district, now: s.instant(), out: Loaded{Added: map[string]int{}, Same: map[string]int{}}, numbers: s.numbers, hashes: map[string][][]byte{}}
	if s.numbersBy != nil {
		l.hashedBy = s.numbersBy()
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Import) int {
		return slices.Index(ImportKinds, a.Kind) - slices.Index(ImportKinds, b.Kind)
	})
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		if ok, err := s.present(ctx, tx, district); err != nil || !ok {
			return errors.Join(err, fmt.Errorf("district %d: %w", district, ErrNotKnown))
		}
		for _, f := range files {
			if err := l.load(ctx, tx, f); err != nil {
				return fmt.Errorf("load %s: %w", f.Kind, err)
			}
		}
		if dry || len(l.errs) > 0 {
			return errDryRun
		}
		return nil
	})
	s.centres.drop(district) // whatever became of it
	if err != nil && !errors.Is(err, errDryRun) {
		return Loaded{}, nil, err
	}
	if len(l.errs) > 0 {
		return Loaded{}, l.errs, nil
	}
	return l.out, nil, nil
}

type loader struct {
	district int32
	now      time.Time
	out      Loaded
	errs     []LineError
	numbers  func(district int32, number string) [][]byte
	hashedBy string
	hashes   map[string][][]byte // of officers' own numbers, by the text of the first
}

func (l *loader) wrong(kind string, line int, column, text string) {
	l.errs = append(l.errs, LineError{Kind: kind, Line: line, Column: column, Text: text})
}

func (l *loader) load(ctx context.Context, tx pgx.Tx, f Import) error {
	known, err := l.names(ctx, tx)
	if err != nil {
		return err
	}
	t := sheets()[f.Kind]
	if f.Kind == KindPosts {
		for _, row := range f.rows {
			l.post(row, known)
		}
		return nil
	}
	stored, err := l.stored(ctx, tx, f.Kind, t)
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, row := range f.rows {
		l.refer(f.Kind, t, row, known)
		was, ok := stored[t.keyOf(row.values)]
		if f.Kind == KindOfficers {
			if row, err = l.number(b, row, was); err != nil {
				return err
			}
		}
		switch {
		case !ok:
			l.out.Added[f.Kind]++
			if err := l.insert(b, f.Kind, row.values); err != nil {
				return err
			}
		case slices.Equal(was, row.values):
			l.out.Same[f.Kind]++
		default:
			l.differs(f.Kind, t, row, was)
		}
	}
	if len(l.errs) > 0 {
		return nil // what does not fit would fail as a whole, without naming its line
	}
	return tx.SendBatch(ctx, b).Close()
}

// number puts the keyed hash of an officer's own number in its place: the number
// itself is kept nowhere. A file that names none leaves the one that is stored; one that
// names the first adds it.
func (l *loader) number(b *pgx.Batch, row importRow, was []string) (importRow, error) {
	const phone = 5
	row.values = slices.Clone(row.values)
	if row.values[phone] == "" {
		if was != nil {
			row.values[phone] = was[phone]
		}
		return row, nil
	}
	if l.numbers == nil {
		return row, errors.New("phones of officers: no key to hash them by")
	}
	hashes := l.numbers(l.district, row.values[phone])
	text := hex.EncodeToString(hashes[0])
	row.values[phone], l.hashes[text] = text, hashes
	older := func(h []byte) bool { return was != nil && was[phone] == hex.EncodeToString(h) }
	if was != nil && (was[phone] == "" || was[phone] != text && slices.ContainsFunc(hashes, older)) {
		was[phone] = text
		b.Queue(`UPDATE officers SET phone_hashes = $3, phone_hashed_by = $4 WHERE district_id = $1 AND number = $2`,
			l.district, row.values[0], hashes, l.hashedBy)
	}
	return row, nil
}

func (l *loader) differs(kind string, t sheet, row importRow, was []string) {
	for i, c := range t.columns {
		if was[i] != row.values[i] {
			l.wrong(kind, row.line, c.name, "differs from what is stored")
		}
	}
}

// refer checks that the circle and the centre that a row names exist.
func (l *loader) refer(kind string, t sheet, row importRow, known names) {
	for i, c := range t.columns {
		v := row.values[i]
		missing := v != "" && (c.name == "circle" && kind != KindCircles && !known.circles[v] ||
			c.name == "centre" && kind != KindStations && !known.centres[v])
		if missing {
			l.wrong(kind, row.line, c.name, "does not exist")
		}
	}
}

// names are what rows may name.
type names struct {
	circles, centres map[string]bool
	officers         map[string]uuid.UUID
	squads, beats    map[string]uuid.UUID // by centre and English name
}

func (l *loader) names(ctx context.Context, tx pgx.Tx) (names, error) {
	n := names{
		circles: map[string]bool{}, centres: map[string]bool{}, officers: map[string]uuid.UUID{},
		squads: map[string]uuid.UUID{}, beats: map[string]uuid.UUID{},
	}
	set := func(into map[string]bool) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var name string
			_, err := pgx.ForEachRow(rows, []any{&name}, func() error { into[name] = true; return nil })
			return err
		}
	}
	ids := func(into map[string]uuid.UUID) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var name string
			var id uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { into[name] = id; return nil })
			return err
		}
	}
	b := &pgx.Batch{}
	b.Queue(`SELECT circle FROM circles WHERE district_id = $1`, l.district).Query(set(n.circles))
	b.Queue(`SELECT centre FROM centres WHERE district_id = $1`, l.district).Query(set(n.centres))
	b.Queue(`SELECT number, officer_id FROM officers WHERE district_id = $1`, l.district).Query(ids(n.officers))
	b.Queue(`SELECT centre || '/' || en, squad_id FROM squads WHERE district_id = $1`, l.district).Query(ids(n.squads))
	b.Queue(`SELECT centre || '/' || en, beat_id FROM beats WHERE district_id = $1
		UNION ALL SELECT centre || '/' || en, beat_id FROM beat_versions WHERE district_id = $1 AND until_on IS NULL`, l.district).Query(ids(n.beats))
	return n, wrap(tx.SendBatch(ctx, b).Close(), "read names")
}

// stored reads what is there in the form of the sheet's values, by key.
func (l *loader) stored(ctx context.Context, tx pgx.Tx, kind string, t sheet) (map[string][]string, error) {
	query := map[string]string{
		KindCircles: `SELECT circle, hi, en FROM circles WHERE district_id = $1`,
		KindStations: `SELECT centre, coalesce(circle, ''), hi, en, lat, lon, coalesce(phone, '')
			FROM centres WHERE district_id = $1`,
		KindOfficers: `SELECT number, name_hi, name_en, rank, is_woman::text,
			coalesce(encode(phone_hashes[1], 'hex'), '') FROM officers WHERE district_id = $1`,
		KindSquads: `SELECT centre, hi, en FROM squads WHERE district_id = $1`,
		KindBeats:  `SELECT centre, hi, en, coalesce(area, '') FROM beats WHERE district_id = $1`,
	}[kind]
	rows, err := tx.Query(ctx, query, l.district)
	if err != nil {
		return nil, fmt.Errorf("read what is stored: %w", err)
	}
	stored := map[string][]string{}
	for rows.Next() {
		got, err := rows.Values()
		if err != nil {
			return nil, fmt.Errorf("read what is stored: %w", err)
		}
		values := make([]string, len(got))
		for i, v := range got {
			switch v := v.(type) {
			case string:
				values[i] = v
			case float64:
				values[i] = strconv.FormatFloat(v, 'g', -1, 64)
			}
		}
		stored[t.keyOf(values)] = values
	}
	return stored, wrap(rows.Err(), "read what is stored")
}

func (l *loader) insert(b *pgx.Batch, kind string, v []string) error {
	switch kind {
	case KindCircles:
		b.Queue(`INSERT INTO circles (district_id, circle, hi, en) VALUES ($1, $2, $3, $4)`, l.district, v[0], v[1], v[2])
	case KindStations:
		b.Queue(`INSERT INTO centres (district_id, centre, circle, hi, en, lat, lon, phone)
			VALUES ($1, $2, nullif($3, ''), $4, $5, nullif($6::text, '')::double precision,
			nullif($7::text, '')::double precision, nullif($8, ''))`, l.district, v[0], v[1], v[2], v[3], v[4], v[5], v[6])
	case KindOfficers:
		id, err := newID()
		if err != nil {
			return err
		}
		b.Queue(`INSERT INTO officers (district_id, officer_id, number, name_hi, name_en, rank, is_woman, state_at, phone_hashes, phone_hashed_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, l.district, id, v[0], v[1], v[2], v[3], v[4] == "true", l.now, l.hashes[v[5]], l.hashedBy)
	case KindSquads:
		b.Queue(`INSERT INTO squads (district_id, squad_id, centre, hi, en) VALUES ($1, $2, $3, $4, $5)`,
			l.district, l.idOf(kind, v[0], v[2]), v[0], v[1], v[2])
	case KindBeats:
		b.Queue(`INSERT INTO beats (district_id, beat_id, centre, hi, en, area) VALUES ($1, $2, $3, $4, $5, nullif($6, ''))`,
			l.district, l.idOf(kind, v[0], v[2]), v[0], v[1], v[2], v[3])
	}
	return nil
}

// post finds what a post names.
func (l *loader) post(row importRow, known names) {
	v, before := row.values, len(l.errs)
	p := PostRow{PostID: l.idOf(KindPosts, v...), OfficerNumber: v[0], Role: v[1], Centre: v[2], Circle: v[7]}
	id, ok := known.officers[v[0]]
	if !ok {
		l.wrong(KindPosts, row.line, "number", "no officer has it")
	}
	p.OfficerID = id
	if !known.centres[v[2]] {
		l.wrong(KindPosts, row.line, "centre", "does not exist")
	}
	if v[7] != "" && !known.circles[v[7]] {
		l.wrong(KindPosts, row.line, "circle", "does not exist")
	}
	for _, of := range []struct {
		column, name string
		among        map[string]uuid.UUID
		into         **uuid.UUID
	}{{"squad", v[5], known.squads, &p.SquadID}, {"beat", v[6], known.beats, &p.BeatID}} {
		if of.name == "" {
			continue
		}
		if id, ok := of.among[v[2]+"/"+of.name]; ok {
			*of.into = &id
		} else {
			l.wrong(KindPosts, row.line, of.column, "the centre has none of that English name")
		}
	}
	p.From, _ = time.Parse(time.RFC3339, v[3]) // in the form that moment gave it
	if until, err := time.Parse(time.RFC3339, v[4]); err == nil {
		p.Until = &until
	}
	if len(l.errs) == before {
		l.out.Posts = append(l.out.Posts, p)
	}
}

// idOf is a UUIDv8 that follows from the content.
func (l *loader) idOf(kind string, content ...string) uuid.UUID {
	sum := sha256.Sum256([]byte("kendra " + kind + " v1\n" + strconv.Itoa(int(l.district)) + "\n" + strings.Join(content, "\n")))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id
}
