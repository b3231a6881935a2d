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
	contract "kendra/mobile-contract"
)

const rosterColumns = `to_char(week, 'YYYY-MM-DD'), roster_id, seq, set_by, set_at, rows`

func scanRoster(row pgx.CollectableRow) (*Roster, error) {
	r, rows := &Roster{}, ""
	if err := row.Scan(&r.Week, &r.RosterID, &r.Seq, &r.SetBy, &r.SetAt, &rows); err != nil {
		return nil, err
	}
	return r, unjson(rows, &r.Rows)
}

// queueRosters reads the weeks that ops are about, and those beside them.
func (s *State) queueRosters(b *pgx.Batch, weeks []string) {
	b.Queue(`SELECT `+rosterColumns+` FROM rosters WHERE district_id = $1 AND centre = $2 AND week = ANY($3::text[]::date[])`,
		s.District, s.Centre, weeks).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanRoster)
		for _, r := range list {
			s.rosters.load(r.Week, r)
		}
		return wrap(err, "read rosters")
	})
}

func (s *State) flushRosters(b *pgx.Batch) {
	rows := s.rosters.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO rosters (district_id, centre, week, roster_id, seq, set_by, set_at, rows)
		SELECT $1, $2, unnest($3::text[])::date, `+each(4, "uuid bigint uuid timestamptz text")+`
		ON CONFLICT (district_id, centre, week) DO UPDATE SET roster_id = excluded.roster_id, seq = excluded.seq,
			set_by = excluded.set_by, set_at = excluded.set_at, rows = excluded.rows`,
		s.District, s.Centre,
		column(rows, func(r *Roster) string { return r.Week }),
		column(rows, func(r *Roster) [16]byte { return r.RosterID }),
		column(rows, func(r *Roster) int64 { return r.Seq }),
		column(rows, func(r *Roster) [16]byte { return r.SetBy }),
		column(rows, func(r *Roster) time.Time { return r.SetAt }),
		column(rows, func(r *Roster) string { return jsonText(r.Rows) }))
}

// Roster is the week of a centre that begins on a Monday, for all who have to do
// with the centre. One that nobody has set has no rows and no id.
func (b *Book) Roster(ctx context.Context, who staff.Caller, centre string, week time.Time) (*Roster, error) {
	if week.Weekday() != time.Monday {
		return nil, refusal(contract.CodeWeekFromMonday, "week")
	}
	out := &Roster{Week: week.Format(time.DateOnly)}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+rosterColumns+` FROM rosters WHERE district_id = $1 AND centre = $2 AND week = $3::text::date`,
			who.District, centre, out.Week)
		if err != nil {
			return fmt.Errorf("read roster: %w", err)
		}
		r, err := pgx.CollectExactlyOneRow(rows, scanRoster)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return fmt.Errorf("read roster: %w", err)
		}
		out = r
		return nil
	})
	return out, err
}

// OwnDuty is a duty of an officer as a roster has it, and where.
type OwnDuty struct {
	RosterRow

	Centre string
}

// ownDays is how far ahead an officer's own duties are told.
const ownDays = 7

// OwnRoster lists the caller's own duties from today on, for seven days, at the
// centres where he has a post; the night that began yesterday too.
func (b *Book) OwnRoster(ctx context.Context, who staff.Caller) ([]OwnDuty, error) {
	now := b.now()
	first, last := day(now.AddDate(0, 0, -1)), day(now.AddDate(0, 0, ownDays))
	var out []OwnDuty
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre, rows FROM rosters WHERE district_id = $1 AND centre = ANY($2)
			AND week BETWEEN $3::text::date AND $4::text::date`, who.District, who.Centres(), mondayOf(now.AddDate(0, 0, -1)), last)
		if err != nil {
			return fmt.Errorf("read own roster: %w", err)
		}
		var centre, text string
		_, err = pgx.ForEachRow(rows, []any{&centre, &text}, func() error {
			var list []RosterRow
			if err := unjson(text, &list); err != nil {
				return err
			}
			for _, r := range list {
				if _, to := r.Span(); r.OfficerID == who.OfficerID && r.Day >= first && r.Day < last && to.After(now) {
					out = append(out, OwnDuty{RosterRow: r, Centre: centre})
				}
			}
			return nil
		})
		return wrap(err, "read own roster")
	})
	slices.SortFunc(out, func(a, b OwnDuty) int {
		from, _ := a.Span()
		begin, _ := b.Span()
		return from.Compare(begin)
	})
	return out, err
}

// Turn is a spell of duty as an officer began it: from when to when, never where. One that nobody ended is over after
// as long as a duty may last, as it is for positions.
type Turn struct {
	OfficerID uuid.UUID
	Since     time.Time
	Until     *time.Time
}

// Turns lists who was on duty at a centre at any moment between two times, for those
// who see its duties: in-charge, head, dispatcher and the posts that supervise it.
func (b *Book) Turns(ctx context.Context, who staff.Caller, centre string, from, to time.Time) (out []Turn, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		if !v.tasks && !v.rows {
			return refusal(contract.CodeForbidden, "centre")
		}
		r, now := b.rules.Load().of(who.District), b.now()
		rows, err := tx.Query(ctx, `SELECT officer_id, started_at, ended_at
			FROM duties WHERE district_id = $1 AND centre = $2 AND started_at < $4 AND started_at > $5 AND (ended_at IS NULL OR ended_at > $3)
			ORDER BY started_at, duty_id`, who.District, centre, from, to, from.Add(-r.longestDuty()))
		if err != nil {
			return fmt.Errorf("read duties: %w", err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Turn])
		for _, turn := range all {
			over := r.dutyOver(turn.Since)
			if turn.Until == nil && !over.After(from) {
				continue
			}
			if turn.Until == nil && !over.After(now) {
				turn.Until = &over
			}
			out = append(out, turn)
		}
		return wrap(err, "read duties")
	})
	return out, err
}
