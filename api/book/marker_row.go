package book

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const markerColumns = `place_id, version, made_at, reason, key_id, seq`

// queueMarkers reads the sheets of places, of whatever centre those are.
func (s *State) queueMarkers(b *pgx.Batch, places []uuid.UUID) {
	b.Queue(`SELECT v.* FROM unnest($2::uuid[]) AS u (id), LATERAL (SELECT `+markerColumns+` FROM place_markers
		WHERE district_id = $1 AND place_id = u.id LIMIT $3) v`, s.District, places, markerMost).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Marker])
		for _, m := range list {
			s.markers.load(markerKey{m.PlaceID, m.Version}, m)
		}
		return wrap(err, "read markers")
	})
}

func (s *State) flushMarkers(b *pgx.Batch) {
	rows := s.markers.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO place_markers (district_id, centre, place_id, version, made_at, reason, key_id, seq)
		SELECT $1, $2, `+each(3, "uuid int timestamptz text text bigint"), s.District, s.Centre,
		column(rows, func(m *Marker) [16]byte { return m.PlaceID }),
		column(rows, func(m *Marker) int { return m.Version }),
		column(rows, func(m *Marker) time.Time { return m.MadeAt }),
		column(rows, func(m *Marker) string { return m.Reason }),
		column(rows, func(m *Marker) string { return m.KeyID }),
		column(rows, func(m *Marker) int64 { return m.Seq }))
}

// MarkedPlace is a place of the list and its newest sheet, if it ever had one.
type MarkedPlace struct {
	PlaceID        uuid.UUID
	Code           string
	NameHi, NameEn string
	Kind           string
	Version        int // 0: none
	MadeAt         *time.Time
	Reason         string
	KeyID          string
}

// MarkerQuery asks for the places of a centre and their sheets, a page at a time.
type MarkerQuery struct {
	Centre string
	After  string // what a page gave as Next
	Limit  int
}

// MarkerPage is a page: places without a sheet first, then by code.
type MarkerPage struct {
	Places  []MarkedPlace
	Next    string // empty: there are no more
	Missing int    // places without a sheet in all
}

// SheetsMost is how many sheets are printed at once.
const SheetsMost = 60

// errNoMarker is a place that no sheet was made for.
var errNoMarker = errors.New("no marker")

// MarkedPlaces lists the places of today and their sheets, for who may make sheets.
func (b *Book) MarkedPlaces(ctx context.Context, who staff.Caller, q MarkerQuery) (*MarkerPage, error) {
	if q.Limit < 1 || q.Limit > SheetsMost {
		q.Limit = SheetsMost
	}
	out := &MarkerPage{}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if err := b.makesMarkers(ctx, tx, who, q.Centre); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT count(*) FROM place_versions v WHERE v.district_id = $1 AND v.centre = $2 AND v.from_on <= $3::text::date
			AND (v.until_on IS NULL OR v.until_on > $3::text::date) AND NOT EXISTS (SELECT FROM place_markers m
				WHERE m.district_id = v.district_id AND m.place_id = v.place_id)`, who.District, q.Centre, day(b.now())).Scan(&out.Missing)
		if err != nil {
			return fmt.Errorf("count places without a marker: %w", err)
		}
		out.Places, err = markedPlaces(ctx, tx, who.District, q.Centre, day(b.now()), nil, q.After, q.Limit+1)
		return err
	})
	if len(out.Places) > q.Limit {
		out.Places = out.Places[:q.Limit]
		out.Next = out.Places[q.Limit-1].order()
	}
	return out, err
}

// order is the text by which places stand: those without a sheet first.
func (p *MarkedPlace) order() string {
	if p.Version == 0 {
		return "0" + p.Code
	}
	return "1" + p.Code
}

func markedPlaces(ctx context.Context, tx pgx.Tx, district int32, centre, on string, only []uuid.UUID, after string, limit int) ([]MarkedPlace, error) {
	const order = `(CASE WHEN m.version IS NULL THEN '0' ELSE '1' END || v.code) COLLATE "C"`
	rows, err := tx.Query(ctx, `SELECT v.place_id, v.code, v.hi, v.en, v.kind, coalesce(m.version, 0), m.made_at, coalesce(m.reason, ''), coalesce(m.key_id, '')
		FROM place_versions v LEFT JOIN LATERAL (SELECT version, made_at, reason, key_id FROM place_markers
			WHERE district_id = v.district_id AND place_id = v.place_id ORDER BY version DESC LIMIT 1) m ON true
		WHERE v.district_id = $1 AND v.centre = $2 AND v.from_on <= $3::text::date AND (v.until_on IS NULL OR v.until_on > $3::text::date)
			AND ($4::uuid[] IS NULL OR v.place_id = ANY($4)) AND `+order+` > $5 ORDER BY `+order+` LIMIT $6`,
		district, centre, on, only, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read markers of places: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[MarkedPlace])
	return list, wrap(err, "read markers of places")
}

// MarkerSheet is what is printed for a place. Code is on the paper and nowhere else.
type MarkerSheet struct {
	MarkedPlace

	Code seal.Text
}

// MarkerSheets gives the newest sheets of places, as often as they are asked for the
// same, for who may make them.
func (b *Book) MarkerSheets(ctx context.Context, who staff.Caller, centre string, places []uuid.UUID) (out []MarkerSheet, err error) {
	if len(places) > SheetsMost {
		return nil, refusal(contract.CodeTooMany, "place")
	}
	var list []MarkedPlace
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		if err := b.makesMarkers(ctx, tx, who, centre); err != nil {
			return err
		}
		list, err = markedPlaces(ctx, tx, who.District, centre, day(b.now()), places, "", SheetsMost)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		code, err := b.markerCode(who.District, &p)
		if errors.Is(err, errNoMarker) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, MarkerSheet{MarkedPlace: p, Code: code})
	}
	if len(out) == 0 {
		return nil, refusal(contract.CodeNotFound, "place")
	}
	return out, nil
}

func (b *Book) markerCode(district int32, p *MarkedPlace) (seal.Text, error) {
	if p.Version == 0 {
		return seal.Text{}, errNoMarker
	}
	text, err := b.MarkerKeys.code(district, &Marker{PlaceID: p.PlaceID, Version: p.Version, KeyID: p.KeyID})
	if errors.Is(err, seal.ErrNoKey) { // its key was taken away by hand: a new sheet is wanted
		return seal.Text{}, refusal(contract.CodeKeyGone, "place")
	}
	return seal.NewText(text), err
}

// makesMarkers refuses who has no post at the centre that makes sheets.
func (b *Book) makesMarkers(ctx context.Context, tx pgx.Tx, who staff.Caller, centre string) error {
	if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
		return err
	}
	if !slices.ContainsFunc(who.Posts, func(p staff.Post) bool { return p.Centre == centre && May(p.Role, kindMarker) }) {
		return refusal(contract.CodeForbidden, "centre")
	}
	return nil
}

// kindMarker is the kind of op that makes a sheet.
const kindMarker = "place.marker"

// MarkersByKey counts the sheets in force by the key that made them, for tools.
func (b *Book) MarkersByKey(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	districts, err := b.Districts(ctx)
	if err != nil {
		return nil, err
	}
	for _, district := range districts {
		err := b.read(ctx, district, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `SELECT key_id, count(*) FROM place_markers m WHERE district_id = $1 AND NOT EXISTS (SELECT FROM place_markers n
				WHERE n.district_id = m.district_id AND n.place_id = m.place_id AND n.version > m.version) GROUP BY key_id`, district)
			if err != nil {
				return fmt.Errorf("count markers: %w", err)
			}
			var key string
			var n int64
			_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error { out[key] += n; return nil })
			return wrap(err, "count markers")
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
