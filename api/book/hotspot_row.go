package book

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const spotListColumns = `list_id, centre, seq, month, state, set_by, set_at, decided_by, decided_at, decided_seq, reason, from_at, spots`

func scanSpotList(row pgx.CollectableRow) (*SpotList, error) {
	l, spots := &SpotList{}, ""
	if err := row.Scan(&l.ListID, &l.Centre, &l.Seq, &l.Month, &l.State, &l.SetBy, &l.SetAt, &l.DecidedBy, &l.DecidedAt, &l.DecidedSeq,
		&l.Reason, &l.FromAt, &spots); err != nil {
		return nil, err
	}
	return l, unjson(spots, &l.Spots)
}

const spotReviewColumns = `list_id, to_char(week, 'YYYY-MM-DD'), review_id, seq, reviewed_by, reviewed_at, present, spots`

func scanSpotReview(row pgx.CollectableRow) (*SpotReview, error) {
	r, spots := &SpotReview{}, ""
	if err := row.Scan(&r.ListID, &r.Week, &r.ReviewID, &r.Seq, &r.ReviewedBy, &r.ReviewedAt, &r.Present, &spots); err != nil {
		return nil, err
	}
	return r, unjson(spots, &r.Spots)
}

// queueSpots reads the lists that a new one can meet: those of this month and of later
// ones, the one that is in force, and those that ops name, with the looks at these and what
// came into force together with them. Whatever else comes into force after now is of a month
// that is not over. Of a week that is looked back at it reads what was in force when it began.
func (s *State) queueSpots(b *pgx.Batch, named []uuid.UUID, weeks []time.Time) {
	b.Queue(`SELECT `+spotListColumns+` FROM spot_lists WHERE district_id = $1 AND centre = $2 AND (month >= $3 OR list_id = ANY($5)
			OR from_at IN (SELECT from_at FROM spot_lists WHERE district_id = $1 AND list_id = ANY($5))
			OR list_id IN (SELECT f.list_id FROM unnest($6::timestamptz[] || $4::timestamptz) AS u (at), LATERAL (SELECT list_id FROM spot_lists
				WHERE district_id = $1 AND centre = $2 AND from_at <= u.at ORDER BY from_at DESC, seq DESC LIMIT 1) f))`,
		s.District, s.Centre, monthOf(s.now), s.now, named, weeks).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanSpotList)
		for _, l := range list {
			s.spotLists.load(l.ListID, l)
		}
		return wrap(err, "read lists of hot-spots")
	})
	if len(named) == 0 {
		return
	}
	b.Queue(`SELECT `+spotReviewColumns+` FROM spot_reviews WHERE district_id = $1 AND centre = $2 AND list_id = ANY($3)`,
		s.District, s.Centre, named).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanSpotReview)
		for _, r := range list {
			s.spotReviews.load(spotReviewKey{r.ListID, r.Week}, r)
		}
		return wrap(err, "read weekly looks at hot-spots")
	})
}

func (s *State) flushSpots(b *pgx.Batch) {
	s.flushSpotProposals(b)
	s.flushSpotLists(b)
	s.flushSpotReviews(b)
	s.flushSpotVisits(b)
}

// codeArray writes codes as an array literal: there is nothing in them to quote.
func codeArray(list []string) string { return "{" + strings.Join(list, ",") + "}" }

func (s *State) flushSpotProposals(b *pgx.Batch) {
	rows := s.spotProposals.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO spot_proposals (district_id, centre, proposal_id, seq, place_id, source, hours_from, hours_to, days, signs, mentions, at)
		SELECT $1, $2, i, q, p, s, f, t, d::text[], g::text[], m, a FROM unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::text[],
			$7::text[], $8::text[], $9::text[], $10::text[], $11::int[], $12::timestamptz[]) AS x (i, q, p, s, f, t, d, g, m, a)`,
		s.District, s.Centre,
		column(rows, func(r *SpotProposal) [16]byte { return r.ProposalID }),
		column(rows, func(r *SpotProposal) int64 { return r.Seq }),
		column(rows, func(r *SpotProposal) [16]byte { return r.PlaceID }),
		column(rows, func(r *SpotProposal) string { return r.Source }),
		column(rows, func(r *SpotProposal) string { return r.HoursFrom }),
		column(rows, func(r *SpotProposal) string { return r.HoursTo }),
		column(rows, func(r *SpotProposal) string { return codeArray(r.Days) }),
		column(rows, func(r *SpotProposal) string { return codeArray(r.Signs) }),
		column(rows, func(r *SpotProposal) int { return r.Mentions }),
		column(rows, func(r *SpotProposal) time.Time { return r.At }))
}

func (s *State) flushSpotLists(b *pgx.Batch) {
	rows := s.spotLists.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO spot_lists (district_id, `+spotListColumns+`)
		SELECT $1, i, $2, q, m, s, b, a, d, e, n, r, f, p FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[],
			$9::uuid[], $10::timestamptz[], $11::bigint[], $12::text[], $13::timestamptz[], $14::text[]) AS x (i, q, m, s, b, a, d, e, n, r, f, p)
		ON CONFLICT (district_id, list_id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by,
			decided_at = excluded.decided_at, decided_seq = excluded.decided_seq, reason = excluded.reason, from_at = excluded.from_at,
			spots = excluded.spots`,
		s.District, s.Centre,
		column(rows, func(l *SpotList) [16]byte { return l.ListID }),
		column(rows, func(l *SpotList) int64 { return l.Seq }),
		column(rows, func(l *SpotList) string { return l.Month }),
		column(rows, func(l *SpotList) string { return l.State }),
		column(rows, func(l *SpotList) [16]byte { return l.SetBy }),
		column(rows, func(l *SpotList) time.Time { return l.SetAt }),
		column(rows, func(l *SpotList) *[16]byte { return (*[16]byte)(l.DecidedBy) }),
		column(rows, func(l *SpotList) *time.Time { return l.DecidedAt }),
		column(rows, func(l *SpotList) int64 { return l.DecidedSeq }),
		column(rows, func(l *SpotList) string { return l.Reason }),
		column(rows, func(l *SpotList) *time.Time { return l.FromAt }),
		column(rows, func(l *SpotList) string { return jsonText(l.Spots) }))
}

func (s *State) flushSpotReviews(b *pgx.Batch) {
	rows := s.spotReviews.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO spot_reviews (district_id, centre, list_id, week, review_id, seq, reviewed_by, reviewed_at, present, spots)
		SELECT $1, $2, l, w::date, i, q, b, a, p::uuid[], s FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::uuid[],
			$8::timestamptz[], $9::text[], $10::text[]) AS x (l, w, i, q, b, a, p, s)`,
		s.District, s.Centre,
		column(rows, func(r *SpotReview) [16]byte { return r.ListID }),
		column(rows, func(r *SpotReview) string { return r.Week }),
		column(rows, func(r *SpotReview) [16]byte { return r.ReviewID }),
		column(rows, func(r *SpotReview) int64 { return r.Seq }),
		column(rows, func(r *SpotReview) [16]byte { return r.ReviewedBy }),
		column(rows, func(r *SpotReview) time.Time { return r.ReviewedAt }),
		column(rows, func(r *SpotReview) string { return idArray(r.Present) }),
		column(rows, func(r *SpotReview) string { return jsonText(r.Spots) }))
}
