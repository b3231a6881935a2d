package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// readDays is the longest span of reads that is listed at once.
const readDays = 31

// ReadView is a read as who looks after it sees it: who, when, of which case,
// which fields and why; what stood there it does not tell.
type ReadView struct {
	Read

	No         string // of the line that was read; empty of a search
	FieldCount int
	UsedHour   int // reads of the officer in the hour up to this one, in all books
	UsedDay    int
}

// ReadPage is a page of reads by the number of their entries.
type ReadPage struct {
	Views []ReadView
	Next  int64
	More  bool
}

// watchers are the posts above a centre that look after what is read there.
var watchers = []string{staff.SP, staff.AddlSP, staff.WomenCell, staff.Nodal}

// watches tells whether a caller may list the reads of a centre that he reaches.
func (b *Book) watches(who staff.Caller, centre string) bool {
	now := b.now()
	for _, p := range who.Posts {
		if p.Covers(now) && (slices.Contains(watchers, p.Role) || p.Centre == centre && slices.Contains(incharges, p.Role)) {
			return true
		}
	}
	return false
}

// Reads lists who read what in a centre's book from one day to another (IST):
// for those who watch the district, and for in-charge and head of the station.
// Reads of a case that is about the caller are not there for him.
func (b *Book) Reads(ctx context.Context, who staff.Caller, centre string, from, to time.Time, after int64, limit int) (*ReadPage, error) {
	if err := checkReadSpan(from, to); err != nil {
		return nil, err
	}
	page := &ReadPage{Next: after}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		if !b.watches(who, centre) {
			return refusal(contract.CodeForbidden, "centre")
		}
		if page.Views, err = readsOf(ctx, tx, who, centre, endOfDay(from).AddDate(0, 0, -1), endOfDay(to), after, limit+1); err != nil {
			return err
		}
		if len(page.Views) > limit {
			page.Views, page.More = page.Views[:limit], true
		}
		for i := range page.Views {
			r := &page.Views[i]
			page.Next, r.FieldCount = r.Seq, len(r.Fields)
			if r.Guarded && !v.all { // names of fields tell what a case is about
				r.Fields, r.Reason = nil, ""
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// readsOf reads a page. What is counted goes by the index of the officer, and a
// day holds few.
func readsOf(
	ctx context.Context, tx pgx.Tx, who staff.Caller, centre string, from, until time.Time, after int64, limit int,
) ([]ReadView, error) {
	rows, err := tx.Query(ctx, `SELECT r.seq, r.op_id, r.kind, r.officer_id, r.post_id, r.role, r.case_id, r.subject_id, r.fields,
			r.reason, r.guarded, r.allowed, r.at, u.hour, u.day,
			coalesce(c.centre, m.centre, ''), coalesce(m.register, $8), coalesce(c.year, m.year, 0), coalesce(c.serial, m.serial, 0)
		FROM (SELECT * FROM reads WHERE district_id = $1 AND centre = $2 AND at >= $3 AND at < $4 AND seq > $5
			AND NOT `+accusedIn("reads", 7)+`
			ORDER BY seq LIMIT $6) r
		CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE n.at > r.at - interval '1 hour') AS hour, count(*) AS day FROM reads n
			WHERE n.district_id = $1 AND n.officer_id = r.officer_id AND n.kind = r.kind AND n.at > r.at - interval '1 day'
			AND (n.at < r.at OR n.at = r.at AND (n.centre <> r.centre OR n.seq <= r.seq))) u
		LEFT JOIN LATERAL (SELECT centre, year, serial FROM complaints WHERE district_id = $1 AND complaint_id = r.case_id LIMIT 1) c ON true
		LEFT JOIN LATERAL (SELECT centre, register, year, serial FROM matters WHERE district_id = $1 AND matter_id = r.case_id
			AND c.serial IS NULL LIMIT 1) m ON true
		ORDER BY r.seq`, who.District, centre, from, until, after, limit, who.OfficerID.String(), registerHelpDesk)
	if err != nil {
		return nil, fmt.Errorf("list reads: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ReadView, error) {
		var r ReadView
		var fields, at, register string
		var year int
		var serial int64
		err := row.Scan(&r.Seq, &r.OpID, &r.Kind, &r.OfficerID, &r.PostID, &r.Role, &r.CaseID, &r.SubjectID, &fields,
			&r.Reason, &r.Guarded, &r.Allowed, &r.At, &r.UsedHour, &r.UsedDay, &at, &register, &year, &serial)
		if err != nil {
			return r, err
		}
		if serial > 0 {
			r.No = lineRef(at, register, year, serial).No
		}
		return r, unjson(fields, &r.Fields)
	})
	return list, wrap(err, "list reads")
}
