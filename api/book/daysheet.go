package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// DaySheet is a day of a centre on one sheet: what needs the in-charge's hand,
// as it stands now, and the counts of the day.
type DaySheet struct {
	Day
	Centre     string
	Arrived    int64 // complaints of women who came that day
	Registered int64 // of those
	// Minutes from arrival to registration, of those that are registered.
	Median, Worst *float64

	OpenByState, OpenByAge                        map[string]int64
	Overdue, Sensitive, Unregistered, FeedbackDue []ComplaintView
	FollowUps                                     []FollowUpDue
	Squads                                        []SquadDay
	Visits, Flagged, Unanswered, Held             int64
	Weak                                          int64            // visits of the day against which more speaks than for them
	WeakFor                                       map[string]int64 // and why, by the codes of the evidence
	Conduct                                       int64            // patterns of the squads that wait for an answer
	Missing                                       []string         // numbers of complaints that the day cannot be signed without
	Unsigned                                      []string         // days before
	Counts                                        map[string]int64
	Spots                                         SpotsOwed // as it is now
}

// SquadDay says whether a squad was briefed on a day, and is out now.
type SquadDay struct {
	SquadID         uuid.UUID
	Briefed, OnDuty bool
}

// listMost bounds each list of a sheet.
const listMost = 500

// unsignedBack is how many days back a sheet looks for what was not signed.
const unsignedBack = 31

// DaySheet reads the sheet of a day for who may see the centre's rows: its
// in-charge and head, the circle officer, the district office.
func (b *Book) DaySheet(ctx context.Context, who staff.Caller, centre string, date time.Time) (*DaySheet, error) {
	if date.Format(time.DateOnly) < groundSince { // no book is older
		return nil, refusal(contract.CodeTooOld, "date")
	}
	q := &sheetQuery{
		who: who, date: date, now: b.now(), rules: b.rules.Load().of(who.District),
		state: newState(who.District, centre, nil), sheet: &DaySheet{Day: Day{Day: date.Format(time.DateOnly), State: dayOpen}, Centre: centre},
	}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		var err error
		if q.view, err = b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		if !q.view.rows {
			return refusal(contract.CodeForbidden, "centre")
		}
		if err := q.queued(ctx, tx); err != nil {
			return fmt.Errorf("read day: %w", err)
		}
		if err := q.squads(ctx, tx); err != nil {
			return fmt.Errorf("read day: %w", err)
		}
		return wrap(q.followUps(ctx, tx), "read day")
	})
	if err != nil {
		return nil, err
	}
	return q.sheet, nil
}

// sheetQuery fills a sheet.
type sheetQuery struct {
	who   staff.Caller
	view  view
	date  time.Time
	now   time.Time
	rules *ruleView
	state *State
	sheet *DaySheet
}

// queued reads what one round trip can.
func (q *sheetQuery) queued(ctx context.Context, tx pgx.Tx) error {
	p := &pgx.Batch{}
	q.arrivals(p)
	q.state.queueOpen(p)
	q.state.queueOpenClocks(p)
	q.state.queueDays(p, &needs{days: sinceDay(q.date, q.now), tallyDays: []string{q.sheet.Day.Day}})
	q.numbers(p)
	q.unsigned(p)
	q.spotsOwed(p)
	if err := send(ctx, tx, p); err != nil {
		return err
	}
	q.open()
	q.sheet.Counts = q.state.tallyOf(q.sheet.Day.Day)
	q.sheet.Visits, q.sheet.Flagged = q.sheet.Counts[figureOf["visits"][0]], q.sheet.Counts[tallyFlagged]
	q.sheet.Weak, q.sheet.WeakFor = weakOf(q.sheet.Counts)
	if d := q.state.days.get(q.sheet.Day.Day); d != nil {
		q.sheet.Day = *d
	}
	return nil
}

func (q *sheetQuery) arrivals(p *pgx.Batch) {
	end := endOfDay(q.date)
	p.Queue(`SELECT count(*), count(m), percentile_cont(0.5) WITHIN GROUP (ORDER BY m), max(m) FROM (
			SELECT extract(epoch FROM registered_at - arrived_at)::float8 / 60 AS m FROM complaints
			WHERE district_id = $1 AND centre = $2 AND arrived_at >= $3 AND arrived_at < $4) x`,
		q.who.District, q.sheet.Centre, end.AddDate(0, 0, -1), end).QueryRow(func(row pgx.Row) error {
		return row.Scan(&q.sheet.Arrived, &q.sheet.Registered, &q.sheet.Median, &q.sheet.Worst)
	})
}

// open sorts what is open now: by state and age, and by what of it needs a hand.
func (q *sheetQuery) open() {
	s := q.state
	all := make([]*Complaint, 0, len(s.complaints.m))
	for _, c := range s.complaints.m {
		if !slices.Contains(c.Data.About, q.who.OfficerID) { // he does not learn that there is one
			all = append(all, c)
		}
	}
	slices.SortFunc(all, byNumber)
	q.sheet.OpenByState, q.sheet.OpenByAge = map[string]int64{}, map[string]int64{}
	for _, c := range all {
		q.sheet.OpenByState[c.State]++
		q.sheet.OpenByAge[ageOf(q.now.Sub(c.ArrivedAt))]++
		q.sort(c, stillRun(s.clocksOf(c.ComplaintID)))
	}
	q.sheet.Missing, _ = s.unreviewed(q.date, q.now, q.who.OfficerID)
}

// sort puts an open complaint into the lists it belongs to. One that is reduced
// is among the sensitive for that alone.
func (q *sheetQuery) sort(c *Complaint, clocks []*Clock) {
	d, overdue, asked := q.sheet, false, false
	sortClocks(clocks)
	for _, k := range clocks {
		overdue = overdue || k.Overdue(q.now)
		asked = asked || k.Code == limitFeedback && k.DueAt.Before(endOfDay(q.date))
	}
	reduced := c.Data.Guarded && !q.view.all && !c.part(q.who.OfficerID)
	sensitive := reduced || len(c.Data.Sensitive) > 0
	if !overdue && !sensitive && !asked && c.State != stateReceived {
		return
	}
	v := viewComplaint(q.who, d.Centre, c, clocks)
	if reduced {
		v.reduce(q.rules)
	}
	for _, l := range []struct {
		list *[]ComplaintView
		in   bool
	}{
		{&d.Overdue, overdue}, {&d.Sensitive, sensitive}, {&d.Unregistered, c.State == stateReceived},
		{&d.FeedbackDue, asked},
	} {
		if l.in && len(*l.list) < listMost {
			*l.list = append(*l.list, v)
		}
	}
}

// followUps finds the steps of follow-up plans that are due by the end of the
// day.
func (q *sheetQuery) followUps(ctx context.Context, tx pgx.Tx) error {
	list, err := followUpsDue(ctx, tx, q.who.District, q.sheet.Centre, q.sheet.Day.Day, listMost)
	for _, f := range list {
		if f.of.accuses(q.who.OfficerID) {
			continue
		}
		if f.of.Data.Guarded && !q.view.all && !f.of.part(q.who.OfficerID) {
			f.ComplaintID = reducedID(f.ComplaintID)
		}
		q.sheet.FollowUps = append(q.sheet.FollowUps, f)
	}
	return err
}

// reducedID is the id under which who has no part in a guarded matter sees it: a
// UUIDv7 tells the time it was made.
func reducedID(id uuid.UUID) uuid.UUID { return derivedID(id, "reduced", 0) }

func (q *sheetQuery) squads(ctx context.Context, tx pgx.Tx) error {
	ids, err := staff.SquadsOf(ctx, tx, q.who.District, q.sheet.Centre)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `SELECT u.id,
			EXISTS (SELECT FROM briefings b WHERE b.district_id = $1 AND b.squad_id = u.id AND b.day = $3::text::date),
			EXISTS (SELECT FROM duties d JOIN posts p ON p.district_id = d.district_id AND p.post_id = d.post_id
				WHERE d.district_id = $1 AND d.centre = $2 AND d.ended_at IS NULL AND coalesce(d.squad_id, p.squad_id) = u.id)
		FROM unnest($4::uuid[]) WITH ORDINALITY AS u (id, i) ORDER BY u.i LIMIT 100`,
		q.who.District, q.sheet.Centre, q.sheet.Day.Day, ids)
	if err != nil {
		return err
	}
	q.sheet.Squads, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SquadDay])
	return err
}

// numbers counts the tasks that climb because nobody has taken them up, what
// seniors are to look at, and what waits.
func (q *sheetQuery) numbers(p *pgx.Batch) {
	p.Queue(`SELECT count(*) FROM tasks WHERE district_id = $1 AND centre = $2 AND next_at IS NOT NULL AND holder_id IS NULL
		AND (rung > 0 OR next_at <= $3)`, q.who.District, q.sheet.Centre, q.now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&q.sheet.Unanswered) })
	p.Queue(`SELECT count(*) FROM matters WHERE district_id = $1 AND centre = $2 AND kind = $3 AND due_at IS NOT NULL`,
		q.who.District, q.sheet.Centre, matterConduct).
		QueryRow(func(row pgx.Row) error { return row.Scan(&q.sheet.Conduct) })
	p.Queue(`SELECT count(*) FROM held WHERE district_id = $1 AND centre = $2 AND waits_for <> $3`,
		q.who.District, q.sheet.Centre, struck).
		QueryRow(func(row pgx.Row) error { return row.Scan(&q.sheet.Held) })
}

// unsigned finds the days before this one, from that of the first complaint on,
// that nobody has signed.
func (q *sheetQuery) unsigned(p *pgx.Batch) {
	var days []string
	for i := unsignedBack; i > 0; i-- {
		if d := q.date.AddDate(0, 0, -i).Format(time.DateOnly); d < day(q.now) {
			days = append(days, d)
		}
	}
	p.Queue(`SELECT u.d FROM unnest($3::text[]) AS u (d) WHERE NOT EXISTS (SELECT FROM days
			WHERE district_id = $1 AND centre = $2 AND day = u.d::date AND state = 'signed')
		AND u.d::date >= (SELECT (e.at AT TIME ZONE INTERVAL '+05:30')::date FROM complaints c
			JOIN entries e ON e.district_id = c.district_id AND e.centre = c.centre AND e.seq = c.seq
			WHERE c.district_id = $1 AND c.centre = $2 ORDER BY c.seq LIMIT 1) ORDER BY u.d`,
		q.who.District, q.sheet.Centre, days).Query(func(rows pgx.Rows) error {
		var err error
		q.sheet.Unsigned, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
}
