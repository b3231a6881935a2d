package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Reader is what one officer read in one book in a span of days, and what was refused
// to him there.
type Reader struct {
	Centre    string
	OfficerID uuid.UUID
	Reads     int
	Searches  int
	Guarded   int
	Allowed   int
	Denied    int
	CaseCount int
	Cases     []string // their numbers, the first of them
}

// How many cases of an officer a list names, and how many lines it has.
const (
	readerCases = 100
	readersMost = 2000
)

type readerKey struct {
	centre  string
	officer uuid.UUID
}

// Readers lists who read what, officer by officer, from one day to another (IST): the
// week's list. Who may see it is as for Reads; without a centre it is that of all books
// of the district, for the posts above. Reads of a case that is about the caller are
// not there for him.
func (b *Book) Readers(ctx context.Context, who staff.Caller, centre string, from, to time.Time) ([]Reader, error) {
	if err := checkReadSpan(from, to); err != nil {
		return nil, err
	}
	found := map[readerKey]*Reader{}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if centre != "" {
			if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
				return err
			}
		}
		if !b.watches(who, centre) {
			return refusal(contract.CodeForbidden, "centre")
		}
		q := &pgx.Batch{}
		queueReaders(q, who, centre, endOfDay(from).AddDate(0, 0, -1), endOfDay(to), found)
		return wrap(send(ctx, tx, q), "list readers")
	})
	if err != nil {
		return nil, err
	}
	out := make([]Reader, 0, len(found))
	for _, r := range found {
		slices.Sort(r.Cases)
		r.CaseCount, r.Cases = len(r.Cases), r.Cases[:min(len(r.Cases), readerCases)]
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Reader) int {
		return cmp.Or(-cmp.Compare(a.Reads+a.Searches+a.Denied, b.Reads+b.Searches+b.Denied), compareText(a.Centre, b.Centre), compareIDs(a.OfficerID, b.OfficerID))
	})
	return out[:min(len(out), readersMost)], nil
}

// queueReaders counts the reads of a span, names their cases, and counts what was refused.
func queueReaders(q *pgx.Batch, who staff.Caller, centre string, from, until time.Time, found map[readerKey]*Reader) {
	of := func(centre string, officer uuid.UUID) *Reader {
		k := readerKey{centre, officer}
		if found[k] == nil {
			found[k] = &Reader{Centre: centre, OfficerID: officer, Cases: []string{}}
		}
		return found[k]
	}
	const span = ` FROM reads WHERE district_id = $1 AND ($2 = '' OR centre = $2) AND at >= $3 AND at < $4 AND NOT `
	var r Reader
	q.Queue(`SELECT centre, officer_id, count(*) FILTER (WHERE kind = $6), count(*) FILTER (WHERE kind <> $6), count(*) FILTER (WHERE guarded),
			count(*) FILTER (WHERE allowed)`+span+accusedIn("reads", 5)+` GROUP BY centre, officer_id`,
		who.District, centre, from, until, who.OfficerID.String(), kindRead).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&r.Centre, &r.OfficerID, &r.Reads, &r.Searches, &r.Guarded, &r.Allowed}, func() error {
			one := of(r.Centre, r.OfficerID)
			one.Reads, one.Searches, one.Guarded, one.Allowed = r.Reads, r.Searches, r.Guarded, r.Allowed
			return nil
		})
		return wrap(err, "count reads")
	})
	var register, at string
	var year int
	var serial int64
	q.Queue(`SELECT r.centre, r.officer_id, coalesce(c.centre, m.centre, ''), coalesce(m.register, $7), coalesce(c.year, m.year, 0),
			coalesce(c.serial, m.serial, 0)
		FROM (SELECT DISTINCT centre, officer_id, case_id`+span+accusedIn("reads", 5)+` AND kind = $6) r
		LEFT JOIN LATERAL (SELECT centre, year, serial FROM complaints WHERE district_id = $1 AND complaint_id = r.case_id LIMIT 1) c ON true
		LEFT JOIN LATERAL (SELECT centre, register, year, serial FROM matters WHERE district_id = $1 AND matter_id = r.case_id
			AND c.serial IS NULL LIMIT 1) m ON true`,
		who.District, centre, from, until, who.OfficerID.String(), kindRead, registerHelpDesk).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&r.Centre, &r.OfficerID, &at, &register, &year, &serial}, func() error {
			if one := of(r.Centre, r.OfficerID); serial > 0 {
				one.Cases = append(one.Cases, lineRef(at, register, year, serial).No)
			}
			return nil
		})
		return wrap(err, "name cases that were read")
	})
	q.Queue(`SELECT centre, officer_id, sum(tries)::int FROM read_denials WHERE district_id = $1 AND ($2 = '' OR centre = $2)
		AND at >= $3 AND at < $4 GROUP BY centre, officer_id`, who.District, centre, from, until).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&r.Centre, &r.OfficerID, &r.Denied}, func() error {
			of(r.Centre, r.OfficerID).Denied = r.Denied
			return nil
		})
		return wrap(err, "count refused reads")
	})
}

// checkReadSpan bounds the days that are listed at once.
func checkReadSpan(from, to time.Time) error {
	switch days := int(to.Sub(from).Hours()/24) + 1; {
	case to.Before(from):
		return refusal(contract.CodeEndedBeforeStarted, "to")
	case days > readDays:
		return contract.NewProblem(contract.CodeSpanTooLong, contract.WithPointer("to"), contract.WithDetail(fmt.Sprint(readDays)))
	}
	return nil
}
