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

const handoverColumns = `handover_id, post_id, role, leaver_id, taker_id, opened_by, opened_at, seq, sheet, sheet_hash,
	leaver_signed_at, taker_signed_at`

// queueHandovers reads the sheets that ops name, and those of posts that are left.
func (s *State) queueHandovers(b *pgx.Batch, n *needs) {
	take := func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Handover])
		for _, h := range list {
			s.handovers.load(h.HandoverID, h)
		}
		return wrap(err, "read hand-overs")
	}
	b.Queue(`SELECT `+handoverColumns+` FROM handovers WHERE district_id = $1 AND centre = $2 AND handover_id = ANY($3)`,
		s.District, s.Centre, n.handovers).Query(take)
	b.Queue(`SELECT `+handoverColumns+` FROM handovers WHERE district_id = $1 AND centre = $2 AND post_id = ANY($3)`,
		s.District, s.Centre, n.handedPosts).Query(take)
}

// queueHanded reads what is open in a centre beside its complaints: tasks, matters
// that are due, objections that are not decided.
func (s *State) queueHanded(b *pgx.Batch) {
	b.Queue(`SELECT `+taskColumns+` FROM tasks WHERE district_id = $1 AND centre = $2 AND state NOT IN ('done', 'recalled', 'expired')`,
		s.District, s.Centre).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanTask)
		for _, t := range list {
			s.tasks.load(t.TaskID, t)
		}
		return wrap(err, "read open tasks")
	})
	for _, which := range []string{`due_at IS NOT NULL`, `state = 'objected'`} {
		b.Queue(`SELECT `+matterColumns+` FROM matters WHERE district_id = $1 AND centre = $2 AND `+which,
			s.District, s.Centre).Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanMatter)
			for _, m := range list {
				s.matters.load(m.MatterID, m)
			}
			return wrap(err, "read matters that are due")
		})
	}
}

func (s *State) flushHandovers(b *pgx.Batch) {
	rows := s.handovers.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO handovers (district_id, centre, `+handoverColumns+`)
		SELECT $1, $2, `+each(3, "uuid uuid text uuid uuid uuid timestamptz bigint text bytea timestamptz timestamptz")+`
		ON CONFLICT (district_id, handover_id) DO UPDATE SET leaver_signed_at = excluded.leaver_signed_at,
			taker_signed_at = excluded.taker_signed_at`,
		s.District, s.Centre,
		column(rows, func(h *Handover) [16]byte { return h.HandoverID }),
		column(rows, func(h *Handover) [16]byte { return h.PostID }),
		column(rows, func(h *Handover) string { return h.Role }),
		column(rows, func(h *Handover) [16]byte { return h.LeaverID }),
		column(rows, func(h *Handover) [16]byte { return h.TakerID }),
		column(rows, func(h *Handover) [16]byte { return h.OpenedBy }),
		column(rows, func(h *Handover) time.Time { return h.OpenedAt }),
		column(rows, func(h *Handover) int64 { return h.Seq }),
		column(rows, func(h *Handover) string { return h.Sheet }),
		column(rows, func(h *Handover) []byte { return h.SheetHash }),
		column(rows, func(h *Handover) *time.Time { return h.LeaverSignedAt }),
		column(rows, func(h *Handover) *time.Time { return h.TakerSignedAt }))
}

// handoversMost bounds a list of sheets.
const handoversMost = 200

// Handovers lists the sheets of a centre, the newest first: all for who looks after
// the centre, else those that the caller signs.
func (b *Book) Handovers(ctx context.Context, who staff.Caller, centre string) (out []Handover, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+handoverColumns+` FROM handovers WHERE district_id = $1 AND centre = $2
			AND ($3 OR leaver_id = $4 OR taker_id = $4 OR opened_by = $4) ORDER BY seq DESC LIMIT $5`,
			who.District, centre, v.rows, who.OfficerID, handoversMost)
		if err != nil {
			return fmt.Errorf("read hand-overs: %w", err)
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Handover])
		return wrap(err, "read hand-overs")
	})
	return out, err
}

// Handover returns a sheet to those who sign it, whichever post they have by then,
// and to who looks after the centre. Who is complained of in one of its complaints
// does not learn of it.
func (b *Book) Handover(ctx context.Context, who staff.Caller, id uuid.UUID) (*Handover, error) {
	var out *Handover
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		var centre string
		h := &Handover{}
		row := tx.QueryRow(ctx, `SELECT centre, `+handoverColumns+` FROM handovers WHERE district_id = $1 AND handover_id = $2`, who.District, id)
		err := row.Scan(&centre, &h.HandoverID, &h.PostID, &h.Role, &h.LeaverID, &h.TakerID, &h.OpenedBy, &h.OpenedAt, &h.Seq, &h.Sheet,
			&h.SheetHash, &h.LeaverSignedAt, &h.TakerSignedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeNotFound, "handover_id")
		}
		if err != nil {
			return fmt.Errorf("read hand-over: %w", err)
		}
		if h.LeaverID != who.OfficerID && h.TakerID != who.OfficerID {
			v, err := b.viewOf(ctx, tx, who, centre)
			if err != nil && isProblem(err) == nil {
				return err
			}
			hidden, lost := hiddenIn(ctx, tx, who, h)
			if lost != nil {
				return lost
			}
			if err != nil || !v.rows || hidden { // told as what does not exist, to the letter
				return refusal(contract.CodeNotFound, "handover_id")
			}
		}
		out = h
		return nil
	})
	return out, err
}

// hiddenIn tells whether a complaint on the sheet is kept from the reader.
func hiddenIn(ctx context.Context, tx pgx.Tx, who staff.Caller, h *Handover) (bool, error) {
	var sheet Sheet
	if err := unjson(h.Sheet, &sheet); err != nil {
		return false, err
	}
	ids := make([][16]byte, len(sheet.Complaints))
	for i, c := range sheet.Complaints {
		ids[i] = c.ID
	}
	rows, err := tx.Query(ctx, `SELECT `+complaintColumns+` FROM complaints WHERE district_id = $1 AND complaint_id = ANY($2)`, who.District, ids)
	if err != nil {
		return false, fmt.Errorf("read complaints of a sheet: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanComplaint)
	return slices.ContainsFunc(list, func(c *Complaint) bool {
		return c.accuses(who.OfficerID) || c.declared(who.OfficerID)
	}), wrap(err, "read complaints of a sheet")
}
