package book

import (
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const beatVersionColumns = `beat_id, centre, from_on::text, coalesce(until_on::text, ''), code, hi, en, area, cells, km2, per_week,
	hours_from, hours_to, seq`

const placeVersionColumns = `place_id, centre, from_on::text, coalesce(until_on::text, ''), code, hi, en, kind, beat_id, lat, lon, cell,
	area, cells, every_days, hours_from, hours_to, weight, tags, seq`

// groundVersions bounds the versions of one beat or place that are read. One look into the
// index for each: LIMIT keeps this from becoming a join, and the planner, while it knows
// nothing of the table, from reading all of a district.
const groundVersions = 10_000

// queueGround reads the versions of beats and places that ops name, and of those
// that have the codes which the ops give.
func (s *State) queueGround(b *pgx.Batch, n *needs) {
	if len(n.groundBeats) > 0 {
		take := func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[BeatVersion])
			for _, v := range list {
				s.beatVersions.load(versionKey{v.BeatID, v.From}, v.Code, v)
			}
			return wrap(err, "read beats")
		}
		b.Queue(`SELECT v.* FROM unnest($2::uuid[]) AS u (id), LATERAL (SELECT `+beatVersionColumns+` FROM beat_versions
			WHERE district_id = $1 AND beat_id = u.id LIMIT $3) v`, s.District, n.groundBeats, groundVersions).Query(take)
		b.Queue(`SELECT v.* FROM unnest($3::text[]) AS u (c), LATERAL (SELECT `+beatVersionColumns+` FROM beat_versions
			WHERE centre = $2 AND code = u.c AND district_id = $1 LIMIT $4) v`, s.District, s.Centre, n.beatCodes, groundVersions).Query(take)
	}
	if n.centreBeats {
		b.Queue(`SELECT DISTINCT ON (beat_id) beat_id, coalesce(until_on::text, '') FROM beat_versions
			WHERE district_id = $1 AND centre = $2 ORDER BY beat_id, from_on DESC`, s.District, s.Centre).Query(func(rows pgx.Rows) error {
			s.centreBeats = map[uuid.UUID]string{}
			var id uuid.UUID
			var until string
			_, err := pgx.ForEachRow(rows, []any{&id, &until}, func() error {
				s.centreBeats[id] = until
				return nil
			})
			return wrap(err, "read beats of the centre")
		})
	}
	if len(n.groundPlaces) > 0 {
		take := func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[PlaceVersion])
			for _, v := range list {
				s.placeVersions.load(versionKey{v.PlaceID, v.From}, v.Code, v)
			}
			return wrap(err, "read places")
		}
		b.Queue(`SELECT v.* FROM unnest($2::uuid[]) AS u (id), LATERAL (SELECT `+placeVersionColumns+` FROM place_versions
			WHERE district_id = $1 AND place_id = u.id LIMIT $3) v`, s.District, n.groundPlaces, groundVersions).Query(take)
		b.Queue(`SELECT v.* FROM unnest($3::text[]) AS u (c), LATERAL (SELECT `+placeVersionColumns+` FROM place_versions
			WHERE centre = $2 AND code = u.c AND district_id = $1 LIMIT $4) v`, s.District, s.Centre, n.placeCodes, groundVersions).Query(take)
	}
}

func (s *State) flushGround(b *pgx.Batch) {
	s.flushBeats(b)
	s.flushPlaces(b)
}

func (s *State) flushBeats(b *pgx.Batch) {
	rows := s.beatVersions.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO beat_versions (district_id, centre, beat_id, from_on, until_on, code, hi, en, area, cells, km2, per_week,
			hours_from, hours_to, seq)
		SELECT $1, $2, i, f::date, nullif(u, '')::date, c, h, e, a, l::bigint[], k, p, hf, ht, q
		FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::float8[],
			$12::int[], $13::text[], $14::text[], $15::bigint[]) AS x (i, f, u, c, h, e, a, l, k, p, hf, ht, q)
		ON CONFLICT (district_id, beat_id, from_on) DO UPDATE SET until_on = excluded.until_on, code = excluded.code,
			hi = excluded.hi, en = excluded.en, area = excluded.area, cells = excluded.cells, km2 = excluded.km2,
			per_week = excluded.per_week, hours_from = excluded.hours_from, hours_to = excluded.hours_to, seq = excluded.seq`,
		s.District, s.Centre,
		column(rows, func(v *BeatVersion) [16]byte { return v.BeatID }),
		column(rows, func(v *BeatVersion) string { return v.From }),
		column(rows, func(v *BeatVersion) string { return v.Until }),
		column(rows, func(v *BeatVersion) string { return v.Code }),
		column(rows, func(v *BeatVersion) string { return v.NameHi }),
		column(rows, func(v *BeatVersion) string { return v.NameEn }),
		column(rows, func(v *BeatVersion) string { return v.Area }),
		column(rows, func(v *BeatVersion) string { return cellArray(v.Cells) }),
		column(rows, func(v *BeatVersion) float64 { return v.Km2 }),
		column(rows, func(v *BeatVersion) int { return v.PerWeek }),
		column(rows, func(v *BeatVersion) string { return v.HoursFrom }),
		column(rows, func(v *BeatVersion) string { return v.HoursTo }),
		column(rows, func(v *BeatVersion) int64 { return v.Seq }))
}

func (s *State) flushPlaces(b *pgx.Batch) {
	rows := s.placeVersions.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO place_versions (district_id, centre, place_id, from_on, until_on, code, hi, en, kind, beat_id, lat, lon, cell,
			area, cells, every_days, hours_from, hours_to, weight, tags, seq)
		SELECT $1, $2, i, f::date, nullif(u, '')::date, c, h, e, k, b, la, lo, ce, a, l::bigint[], d, hf, ht, w, t::text[], q
		FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::float8[],
			$12::float8[], $13::bigint[], $14::text[], $15::text[], $16::int[], $17::text[], $18::text[], $19::int[], $20::text[],
			$21::bigint[]) AS x (i, f, u, c, h, e, k, b, la, lo, ce, a, l, d, hf, ht, w, t, q)
		ON CONFLICT (district_id, place_id, from_on) DO UPDATE SET until_on = excluded.until_on, code = excluded.code,
			hi = excluded.hi, en = excluded.en, kind = excluded.kind, beat_id = excluded.beat_id, lat = excluded.lat,
			lon = excluded.lon, cell = excluded.cell, area = excluded.area, cells = excluded.cells,
			every_days = excluded.every_days, hours_from = excluded.hours_from, hours_to = excluded.hours_to,
			weight = excluded.weight, tags = excluded.tags, seq = excluded.seq`,
		s.District, s.Centre,
		column(rows, func(v *PlaceVersion) [16]byte { return v.PlaceID }),
		column(rows, func(v *PlaceVersion) string { return v.From }),
		column(rows, func(v *PlaceVersion) string { return v.Until }),
		column(rows, func(v *PlaceVersion) string { return v.Code }),
		column(rows, func(v *PlaceVersion) string { return v.NameHi }),
		column(rows, func(v *PlaceVersion) string { return v.NameEn }),
		column(rows, func(v *PlaceVersion) string { return v.Kind }),
		column(rows, func(v *PlaceVersion) *[16]byte { return (*[16]byte)(v.BeatID) }),
		column(rows, func(v *PlaceVersion) float64 { return v.Lat }),
		column(rows, func(v *PlaceVersion) float64 { return v.Lon }),
		column(rows, func(v *PlaceVersion) int64 { return v.Cell }),
		column(rows, func(v *PlaceVersion) string { return v.Area }),
		column(rows, func(v *PlaceVersion) string { return cellArray(v.Cells) }),
		column(rows, func(v *PlaceVersion) int { return v.EveryDays }),
		column(rows, func(v *PlaceVersion) string { return v.HoursFrom }),
		column(rows, func(v *PlaceVersion) string { return v.HoursTo }),
		column(rows, func(v *PlaceVersion) int { return v.Weight }),
		column(rows, func(v *PlaceVersion) string { return "{" + strings.Join(v.Tags, ",") + "}" }), // codes: nothing to quote
		column(rows, func(v *PlaceVersion) int64 { return v.Seq }))
}

// hexOf is an id as facts may have it: a code without hyphens.
func hexOf(id uuid.UUID) string { return strings.ReplaceAll(id.String(), "-", "") }
