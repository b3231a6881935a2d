package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// Draft is a form of the console that was begun and not sent. What was typed is sealed: only who typed it reads it again.
type Draft struct {
	OpID    uuid.UUID // of the op that the form will make
	Form    string
	Centre  string
	SavedAt time.Time
	Text    []byte // of a list it is left out
}

const (
	draftKept  = 7 * 24 * time.Hour
	draftBytes = 64 << 10
	// mostDrafts is how many an officer has; the oldest gives way.
	mostDrafts = 20
)

func draftLabel(op uuid.UUID) string { return "draft " + op.String() }

// SaveDraft keeps a form as it is now.
func (s *Service) SaveDraft(ctx context.Context, who Caller, d *Draft) error {
	switch {
	case who.IsZero() || !who.Console:
		return refuse(contract.CodeUnauthorized)
	case len(d.Text) > draftBytes:
		return refuse(contract.CodeBodyTooLarge)
	}
	sealed, err := s.lock(draftLabel(d.OpID), who.District, who.OfficerID, d.Text)
	if err != nil {
		return err
	}
	return inside(s.write(ctx, who.District, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`INSERT INTO drafts (district_id, officer_id, op_id, form, centre, sealed, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (district_id, officer_id, op_id) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at`,
			who.District, who.OfficerID, d.OpID, d.Form, d.Centre, sealed, s.now())
		b.Queue(`DELETE FROM drafts WHERE district_id = $1 AND officer_id = $2 AND op_id IN (SELECT op_id FROM drafts
			WHERE district_id = $1 AND officer_id = $2 ORDER BY saved_at DESC, op_id OFFSET $3)`, who.District, who.OfficerID, mostDrafts)
		return tx.SendBatch(ctx, b).Close()
	}), "save draft")
}

// Draft reads a form of the caller's own as he left it.
func (s *Service) Draft(ctx context.Context, who Caller, op uuid.UUID) (Draft, error) {
	d := Draft{OpID: op}
	if who.IsZero() {
		return d, refuse(contract.CodeUnauthorized)
	}
	var sealed []byte
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT form, centre, sealed, saved_at FROM drafts WHERE district_id = $1 AND officer_id = $2 AND op_id = $3
			AND saved_at > $4`, who.District, who.OfficerID, op, s.now().Add(-draftKept)).Scan(&d.Form, &d.Centre, &sealed, &d.SavedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(contract.CodeNotFound)
		}
		return err
	})
	if err != nil {
		return Draft{}, inside(err, "read draft")
	}
	d.Text, err = s.unlock(draftLabel(op), who.District, who.OfficerID, sealed)
	return d, inside(err, "read draft")
}

// Drafts lists the caller's own, the newest first, without what was typed.
func (s *Service) Drafts(ctx context.Context, who Caller) ([]Draft, error) {
	var list []Draft
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT op_id, form, centre, saved_at, NULL::bytea FROM drafts
			WHERE district_id = $1 AND officer_id = $2 AND saved_at > $3 ORDER BY saved_at DESC, op_id`,
			who.District, who.OfficerID, s.now().Add(-draftKept))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Draft])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return list, nil
}

// DropDraft forgets one: its op is entered, or he wants it no more.
func (s *Service) DropDraft(ctx context.Context, who Caller, op uuid.UUID) error {
	return inside(s.write(ctx, who.District, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM drafts WHERE district_id = $1 AND officer_id = $2 AND op_id = $3`, who.District, who.OfficerID, op)
		return err
	}), "drop draft")
}

// sweepDrafts forgets what nobody came back to.
func sweepDrafts(b *pgx.Batch, district int32, now time.Time) {
	b.Queue(`DELETE FROM drafts WHERE district_id = $1 AND saved_at <= $2`, district, now.Add(-draftKept))
}
