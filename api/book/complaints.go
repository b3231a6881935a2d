package book

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// ComplaintQuery says which complaints of a centre are asked for.
type ComplaintQuery struct {
	Centre  string
	State   string // empty: any
	Open    bool   // only those that still want something done
	Mine    bool   // only those in the caller's hand
	Overdue bool   // only those of which a limit has passed
	// Sensitive asks only for those that want the in-charge's own hand.
	Sensitive bool
	Newest    bool  // the newest first
	After     int64 // seq to go on from; 0: from the beginning
	Limit     int
}

// ComplaintView is a complaint as a caller may see it, with the limits that run
// over it. A reduced one is number, date and clock.
type ComplaintView struct {
	*Complaint
	Centre  string
	No      string
	Clocks  []*Clock
	Reduced bool
	Mine    bool
}

// ComplaintPage is a page of complaints by the number of their entries.
type ComplaintPage struct {
	Views []ComplaintView
	Next  int64
	More  bool
}

// complaintsAhead is how many complaints one page looks at for those that the
// caller may see and asked for; the cursor moves over the others. So a page
// costs the same in the first year of a book and in the tenth.
const complaintsAhead = 2000

// accused is the condition that the data of a complaint name an officer among
// those complained of; its parameter is his id as text. Such a complaint is not
// there for him, whatever his post.
func accused(data string, param int) string {
	return fmt.Sprintf(`(strpos(%[1]s, $%[2]d) > 0 AND coalesce((%[1]s::jsonb -> 'about') ? $%[2]d, false))`, data, param)
}

// accusedIn is accused of any complaint of a case: of the one that began it, and
// of those by which it came into other books.
func accusedIn(table string, param int) string {
	said := accused("c.data", param)
	return `(coalesce((SELECT ` + said + ` FROM complaints c WHERE c.district_id = ` + table + `.district_id AND c.complaint_id = ` + table + `.case_id), false)
		OR EXISTS (SELECT FROM complaints c WHERE c.district_id = ` + table + `.district_id AND c.case_id = ` + table + `.case_id AND c.case_id <> c.complaint_id
			AND ` + said + `))`
}

// accuses tells whether an officer is complained of.
func (c *Complaint) accuses(officer uuid.UUID) bool { return slices.Contains(c.Data.About, officer) }

// part tells whether an officer has a part in a complaint: opened it, has it in
// hand or took a step.
func (c *Complaint) part(officer uuid.UUID) bool {
	return c.Data.OpenedBy == officer || is(c.OwnerID, officer) || slices.Contains(c.Data.Handlers, officer) ||
		is(c.Data.PauseAskedBy, officer) || is(c.Data.DisposedBy, officer) || c.named(officer)
}

// Complaints lists complaints of a centre: all of them for in-charge and head
// of the station; all for those who look in from above, guarded ones reduced;
// else those in which the caller has a part.
func (b *Book) Complaints(ctx context.Context, who staff.Caller, q ComplaintQuery) (*ComplaintPage, error) {
	page := &ComplaintPage{}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, q.Centre)
		if err != nil {
			return err
		}
		list, err := page.fill(ctx, tx, who, v, q, b.now())
		if err != nil {
			return err
		}
		if !v.all && !v.rows { // who declared an interest stands in the data, too, and has no part by it
			list = slices.DeleteFunc(list, func(c *Complaint) bool { return !c.part(who.OfficerID) })
		}
		page.Views, err = b.complaintViews(ctx, tx, who, q.Centre, v, list)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// fill reads the complaints of a page. Parameters 1 to 6 are those of the span
// that is looked at.
func (p *ComplaintPage) fill(
	ctx context.Context, tx pgx.Tx, who staff.Caller, v view, q ComplaintQuery, now time.Time,
) ([]*Complaint, error) {
	where, order, last, until := ` FROM complaints c WHERE c.district_id = $1 AND c.centre = $2 AND c.seq > $3`, `c.seq`, `max`, `<=`
	if q.Newest {
		where, order, last, until = ` FROM complaints c WHERE c.district_id = $1 AND c.centre = $2 AND c.seq < $3`, `c.seq DESC`, `min`, `>=`
		if q.After == 0 {
			q.After = math.MaxInt64
		}
	}
	if q.Open || q.Mine || q.Overdue { // over what is closed no limit runs, and nobody has it in hand
		where += ` AND c.closed_at IS NULL`
	}
	where += ` AND (NOT $6 OR c.owner_id = $5)`
	span := `SELECT c.seq` + where + ` ORDER BY ` + order + ` LIMIT $4`
	args := []any{who.District, q.Centre, q.After, complaintsAhead, who.OfficerID, q.Mine}
	batch := &pgx.Batch{}
	var end int64
	var looked int
	batch.Queue(`SELECT coalesce(`+last+`(s.seq), $3), count(*) FROM (`+span+`) s`, args...).QueryRow(func(row pgx.Row) error {
		return row.Scan(&end, &looked)
	})
	var list []*Complaint
	batch.Queue(`SELECT `+complaintColumns+where+` AND c.seq `+until+` (SELECT `+last+`(s.seq) FROM (`+span+`) s)
			AND ($7 = '' OR c.state = $7) AND NOT `+accused("c.data", 8)+`
			AND ($9 OR c.owner_id = $5 OR strpos(c.data, $8) > 0)
			AND (NOT $10 OR (SELECT min(k.due_at) FROM clocks k WHERE k.district_id = c.district_id AND k.subject_id = c.complaint_id
				AND k.stopped_at IS NULL AND k.paused_at IS NULL) < $11)
			AND (NOT $13 OR strpos(c.data, '"sensitive":[') > 0)
			ORDER BY `+order+` LIMIT $12`,
		append(args, q.State, who.OfficerID.String(), v.all || v.rows, q.Overdue, now, q.Limit+1, q.Sensitive)...).
		Query(func(rows pgx.Rows) (err error) {
			list, err = pgx.CollectRows(rows, scanComplaint)
			return err
		})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	p.Next, p.More = end, looked == complaintsAhead
	if len(list) > q.Limit {
		p.More, list = true, list[:q.Limit]
		p.Next = list[q.Limit-1].Seq
	}
	return list, nil
}

// complaintViews adds to complaints what runs over them, and reduces those that
// are not the caller's to know.
func (b *Book) complaintViews(
	ctx context.Context, tx pgx.Tx, who staff.Caller, centre string, v view, list []*Complaint,
) ([]ComplaintView, error) {
	ids := make([]uuid.UUID, len(list))
	for i, c := range list {
		ids[i] = c.ComplaintID
	}
	clocks, err := clocksOver(ctx, tx, who.District, ids, false)
	if err != nil {
		return nil, err
	}
	out := make([]ComplaintView, len(list))
	for i, c := range list {
		out[i] = viewComplaint(who, centre, c, clocks[c.ComplaintID])
		if c.Data.Guarded && !v.all && !c.part(who.OfficerID) {
			out[i].reduce(b.rules.Load().of(who.District))
		}
	}
	return out, nil
}

func viewComplaint(who staff.Caller, centre string, c *Complaint, clocks []*Clock) ComplaintView {
	return ComplaintView{
		Complaint: c, Centre: centre, Clocks: clocks, Mine: is(c.OwnerID, who.OfficerID),
		No: c.No(centre),
	}
}

// clocksOver reads the clocks of subjects, those that run first to pass first;
// with stopped also those that ran, after them.
func clocksOver(ctx context.Context, tx pgx.Tx, district int32, subjects []uuid.UUID, stopped bool) (map[uuid.UUID][]*Clock, error) {
	out := map[uuid.UUID][]*Clock{}
	if len(subjects) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `SELECT `+clockColumns+` FROM clock_lists WHERE district_id = $1 AND subject_id = ANY($2)`, district, subjects)
	if err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	lists, err := pgx.CollectRows(rows, scanClocks)
	if err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	for _, l := range lists {
		clocks := l.Clocks
		if !stopped {
			clocks = stillRun(clocks)
		}
		sortClocks(clocks)
		out[l.SubjectID] = clocks
	}
	return out, nil
}

// stillRun keeps the clocks that were not stopped.
func stillRun(list []*Clock) []*Clock {
	return slices.DeleteFunc(list, func(k *Clock) bool { return k.StoppedAt != nil })
}

func sortClocks(list []*Clock) {
	over := func(k *Clock) int {
		if k.StoppedAt != nil {
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b *Clock) int {
		return cmp.Or(over(a)-over(b), a.DueAt.Compare(b.DueAt), compareText(a.Code, b.Code), a.N-b.N)
	})
}

// Overdue tells whether the limit has passed, or had when it was met.
func (k *Clock) Overdue(now time.Time) bool {
	switch {
	case k.StoppedAt != nil:
		return k.DueAt.Before(*k.StoppedAt)
	case k.PausedAt != nil:
		return k.DueAt.Before(*k.PausedAt)
	}
	return k.DueAt.Before(now)
}

// reduce leaves of a guarded complaint its number, its date and its clocks: of
// those by their day the ones that every complaint has, since the length and
// the name of others tell what it is about. A UUIDv7 tells the time it was
// made, so the id gives way to one that does not.
func (v *ComplaintView) reduce(rules *ruleView) {
	old := v.Complaint
	v.Reduced, v.Mine = true, false
	v.Complaint = &Complaint{
		ComplaintID: reducedID(old.ComplaintID), CorrelationID: reducedID(old.CorrelationID),
		Year: old.Year, Serial: old.Serial, State: old.State, ArrivedAt: startOfDay(old.ArrivedAt),
		Data: ComplaintData{Guarded: true},
	}
	clocks := v.Clocks
	v.Clocks = nil
	for _, k := range clocks {
		if rules.tells(k.Code) {
			continue
		}
		v.Clocks = append(v.Clocks, &Clock{
			SubjectID: v.ComplaintID, Code: k.Code, N: k.N, StartsAt: startOfDay(k.StartsAt), DueAt: dayAfter(k.DueAt),
			PausedAt: dayOrNil(k.PausedAt), StoppedAt: dayOrNil(k.StoppedAt), Rung: k.Rung, OwnerRole: k.OwnerRole,
		})
	}
}

// tells tells whether a limit says more of a complaint than that there is one:
// it is about an FIR or an arrest, or its length goes by category or risk.
func (v *ruleView) tells(code string) bool {
	known := false
	for _, l := range append(slices.Clone(v.r.limits), v.limitChanges()...) {
		if l.Code != code {
			continue
		}
		if l.Category != "" || l.RiskLevel != "" || l.Register != registerHelpDesk && l.Register != registerFeedback {
			return true
		}
		known = true
	}
	return !known
}

// dayAfter is the end of the day (IST) of a time.
func dayAfter(t time.Time) time.Time { return startOfDay(t).Add(24 * time.Hour) }

func dayOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := startOfDay(*t)
	return &at
}
