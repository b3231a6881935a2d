package console

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// plannedRow is who the roster has on duty today, and what is known of it. It says
// that a duty was begun and when, never where, and draws no conclusion.
type plannedRow struct {
	Name  string
	Duty  string // in words; empty: nobody planned it
	Shift string
	State string // planned.<state>
	Since *time.Time
	Night bool // of a woman, in the night
	Long  bool // twelve hours or more by now

	officer  uuid.UUID
	from, to time.Time
}

// plannedToday is the roster of today beside who has gone on duty; nothing is seen
// of duties by who does not see those of others.
func (p *Pages) plannedToday(x *exchange) ([]plannedRow, error) {
	today := midnight(x.now)
	list, err := p.plannedOn(x, today)
	if err != nil {
		return nil, err
	}
	start := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, ist)
	turns, err := p.Book.Turns(x.ctx, x.who, x.centre, start, x.now.Add(time.Second))
	seen := err == nil
	var problem *contract.Problem
	if err != nil && (!errors.As(err, &problem) || problem.Code != contract.CodeForbidden) {
		return nil, err
	}
	for i := range list {
		if list[i].State == "" {
			list[i].judge(turns, seen, x.now)
		}
	}
	v := &view{p: p, x: x}
	for i := range turns {
		t := &turns[i]
		if t.Until == nil && !slices.ContainsFunc(list, func(r plannedRow) bool { return r.officer == t.OfficerID && r.State == "on" }) {
			list = append(list, plannedRow{Name: v.By(t.OfficerID), State: "on", Since: &t.Since, officer: t.OfficerID})
		}
	}
	return list, nil
}

// plannedOn are the duties of a day, with those of the night before that go on.
func (p *Pages) plannedOn(x *exchange, today time.Time) ([]plannedRow, error) {
	var out []plannedRow
	v := &view{p: p, x: x}
	women := map[uuid.UUID]bool{}
	for _, o := range p.rollOf(x) {
		women[o.ID] = o.IsWoman
	}
	weeks := map[time.Time]*book.Roster{} // both days are of one, but on a Monday
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
		week := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		r := weeks[week]
		if r == nil {
			var err error
			if r, err = p.Book.Roster(x.ctx, x.who, x.centre, week); err != nil {
				return nil, err
			}
			weeks[week] = r
		}
		for i := range r.Rows {
			row := &r.Rows[i]
			from, to := row.Span()
			if row.Day != day.Format(time.DateOnly) || !day.Equal(today) && (row.Off() || !to.After(x.now)) {
				continue
			}
			pr := plannedRow{Name: v.By(row.OfficerID), Duty: p.label(x, "roster_duty", row.Duty), officer: row.OfficerID, from: from, to: to}
			if row.Off() {
				pr.State = "off"
			} else {
				pr.Shift = row.From + "–" + row.To
				pr.Night = women[row.OfficerID] && atNight(row)
			}
			out = append(out, pr)
		}
	}
	slices.SortStableFunc(out, func(a, b plannedRow) int {
		if (a.State == "off") != (b.State == "off") { // who does no duty comes last
			if a.State == "off" {
				return 1
			}
			return -1
		}
		return a.from.Compare(b.from)
	})
	return out, nil
}

// judge says how a planned duty stands.
func (r *plannedRow) judge(turns []book.Turn, seen bool, now time.Time) {
	r.State = "planned"
	if !seen {
		return
	}
	if !now.Before(r.from) {
		r.State = "not_seen"
	}
	for i := range turns {
		t := &turns[i]
		if t.OfficerID != r.officer || t.Until != nil && !t.Until.After(r.from) || !t.Since.Before(r.to) {
			continue
		}
		switch {
		case t.Until == nil:
			r.State, r.Since = "on", &t.Since
			return
		case !now.Before(r.from):
			r.State, r.Since = "ended", t.Until
		}
	}
}

// longDuty is from when on a duty that goes on is shown to who answers for it; the
// clock ends it at fourteen hours.
const longDuty = 12 * time.Hour

// hours are the duties of today that law or order looks at: a woman's in the night,
// and one that goes on for long. They are shown; nothing is refused for them.
func (p *Pages) hours(x *exchange) ([]plannedRow, error) {
	list, err := p.plannedToday(x)
	var out []plannedRow
	for i := range list {
		r := &list[i]
		r.Long = r.State == "on" && x.now.Sub(*r.Since) >= longDuty
		if r.Long || r.Night {
			out = append(out, *r)
		}
	}
	return out, err
}
