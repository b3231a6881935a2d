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

// approvalLife is how long a replacement waits for its second officer, and then how long the code is to be had.
const approvalLife = 24 * time.Hour

// Replacement is how the replacing of a lost handset stands.
type Replacement struct {
	AskedBy    uuid.UUID
	AskedAt    time.Time
	ApprovedBy *uuid.UUID
	ApprovedAt *time.Time
	Code       *Code // for who asked, once another officer has agreed
	codeHash   []byte
}

// Replace asks for a new handset in the place of a lost one. The first call asks; when a second officer has agreed,
// the same call by who asked brings the code. Asked again, the code until then dies, for the answer was lost.
func (s *Service) Replace(ctx context.Context, who Caller, id uuid.UUID) (Replacement, error) {
	if who.IsZero() {
		return Replacement{}, refuse(contract.CodeUnauthorized)
	}
	var out Replacement
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		d, err := s.lostOne(ctx, tx, who, id)
		if err == nil && !who.has(d.Centre, CentreIncharge, SHO) {
			err = refuse(contract.CodeForbidden)
		}
		if err == nil {
			out, err = s.replace(ctx, tx, who, d)
		}
		e := event{kind: eventReplace, officer: who.OfficerID, device: id, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	return out, inside(err, "replace handset")
}

func (s *Service) replace(ctx context.Context, tx pgx.Tx, who Caller, d device) (Replacement, error) {
	r, found, err := replacementOf(ctx, tx, who.District, d.ID)
	if err != nil {
		return Replacement{}, err
	}
	now := s.instant()
	begun := r.AskedAt
	if r.ApprovedAt != nil {
		begun = *r.ApprovedAt
	}
	switch {
	case !found || !now.Before(begun.Add(approvalLife)):
		return s.ask(ctx, tx, who, d, now)
	case r.ApprovedAt == nil:
		return r, nil
	case r.AskedBy != who.OfficerID:
		return Replacement{}, refuse(contract.CodeForbidden)
	}
	if used, err := s.endCode(ctx, tx, who.District, r.codeHash, now); err != nil || used {
		return Replacement{}, orElse(err, contract.CodeWrongState)
	}
	c := Code{Text: Secret(newEnrolCode(who.District)), ExpiresAt: r.ApprovedAt.Add(approvalLife)}
	hash := s.hashLongCode(string(c.Text))
	if err := s.storeCode(ctx, tx, who.District, purposeEnrol, d.Centre, uuid.Nil, hash, c.ExpiresAt); err != nil {
		return Replacement{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE replacements SET code_hash = $3 WHERE district_id = $1 AND device_id = $2`, who.District, d.ID, hash)
	r.Code = &c
	return r, wrap(err, "note code of replacement")
}

// ask begins a replacement, anew if an earlier one has run out.
func (s *Service) ask(ctx context.Context, tx pgx.Tx, who Caller, d device, now time.Time) (Replacement, error) {
	_, err := tx.Exec(ctx, `INSERT INTO replacements (district_id, device_id, asked_by, asked_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (district_id, device_id) DO UPDATE SET asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			approved_by = NULL, approved_at = NULL, code_hash = NULL`, who.District, d.ID, who.OfficerID, now)
	if err != nil {
		return Replacement{}, fmt.Errorf("ask for replacement: %w", err)
	}
	a := alarm{kind: alarmReplace, subject: d.ID, device: d.ID, about: who.OfficerID}
	return Replacement{AskedBy: who.OfficerID, AskedAt: now}, s.raise(ctx, tx, who.District, a)
}

// endCode ends the code that was given for a replacement, and tells whether it has been used.
func (s *Service) endCode(ctx context.Context, tx pgx.Tx, district int32, hash []byte, now time.Time) (used bool, err error) {
	if hash == nil {
		return false, nil
	}
	err = tx.QueryRow(ctx, `UPDATE once_codes SET expires_at = least(expires_at, $3) WHERE district_id = $1 AND code_hash = $2
		RETURNING used_at IS NOT NULL`, district, hash, now).Scan(&used)
	return used, wrap(err, "end earlier code")
}

// Approve lets a second officer agree to a replacement: the head of the station, the in-charge, or who supervises the
// station, but never who asked. That of an in-charge's handset takes a post above hers.
func (s *Service) Approve(ctx context.Context, who Caller, id uuid.UUID) (Replacement, error) {
	if who.IsZero() {
		return Replacement{}, refuse(contract.CodeUnauthorized)
	}
	var out Replacement
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		d, err := s.lostOne(ctx, tx, who, id)
		if err == nil {
			out, err = s.approve(ctx, tx, who, d)
		}
		e := event{kind: eventReplace, officer: who.OfficerID, device: id, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	return out, inside(err, "approve replacement")
}

func (s *Service) approve(ctx context.Context, tx pgx.Tx, who Caller, d device) (Replacement, error) {
	above, err := supervises(ctx, tx, who, d.Centre)
	if err != nil {
		return Replacement{}, err
	}
	of, err := s.seniorsOf(ctx, tx, who.District, d)
	if err != nil {
		return Replacement{}, err
	}
	r, found, err := replacementOf(ctx, tx, who.District, d.ID)
	now := s.instant()
	switch {
	case err != nil:
		return Replacement{}, err
	case !above && !who.has(d.Centre, CentreIncharge, SHO):
		return Replacement{}, refuse(contract.CodeForbidden)
	case !found || r.ApprovedAt == nil && !now.Before(r.AskedAt.Add(approvalLife)):
		return Replacement{}, refuse(contract.CodeWrongState)
	case r.AskedBy == who.OfficerID:
		return Replacement{}, refuse(contract.CodeOwnAct)
	case r.ApprovedAt != nil:
		return r, nil
	case !above && (of.head || of.incharge && !who.has(d.Centre, SHO)):
		return Replacement{}, refuse(contract.CodeNeedsAbove)
	}
	r.ApprovedBy, r.ApprovedAt = &who.OfficerID, &now
	_, err = tx.Exec(ctx, `UPDATE replacements SET approved_by = $3, approved_at = $4 WHERE district_id = $1 AND device_id = $2`,
		who.District, d.ID, who.OfficerID, now)
	return r, wrap(err, "approve replacement")
}

// seniors says whose handset a handset is: that of the in-charge or of the head of its station.
type seniors struct{ incharge, head bool }

// seniorsOf looks who has logged in on a handset: one that an in-charge uses is replaced with the agreement of a post above
// hers, that of the head of the station with that of the district. Who covers the post uses her own handset for it.
func (s *Service) seniorsOf(ctx context.Context, tx pgx.Tx, district int32, d device) (seniors, error) {
	var of seniors
	err := tx.QueryRow(ctx, `SELECT coalesce(bool_or(p.role = $4), false), coalesce(bool_or(p.role = $5), false)
		FROM officer_devices o JOIN posts p ON p.district_id = o.district_id AND p.officer_id = o.officer_id
		WHERE o.district_id = $1 AND o.device_id = $2 AND p.centre = $3 AND p.covers_id IS NULL
		AND p.from_at <= $6 AND (p.until_at IS NULL OR p.until_at > $6)`,
		district, d.ID, d.Centre, CentreIncharge, SHO, s.instant()).Scan(&of.incharge, &of.head)
	return of, wrap(err, "look whose handset it was")
}

// lostOne finds a withdrawn handset of a centre that the caller has to do with.
func (s *Service) lostOne(ctx context.Context, tx pgx.Tx, who Caller, id uuid.UUID) (device, error) {
	d, err := deviceOf(ctx, tx, who.District, id)
	if err != nil {
		return device{}, err
	}
	above, err := supervises(ctx, tx, who, d.Centre)
	switch {
	case err != nil:
		return device{}, err
	case !above && !who.has(d.Centre):
		return device{}, refuse(contract.CodeNotFound)
	case d.RevokedAt == nil:
		return device{}, refuse(contract.CodeWrongState)
	}
	return d, nil
}

// supervises tells whether the caller has a post of the district office that the centre is under.
func supervises(ctx context.Context, tx pgx.Tx, who Caller, centre string) (bool, error) {
	if who.has(HQ, SP, AddlSP, Nodal) {
		return true, nil
	}
	circles := []string{}
	for _, p := range who.Posts {
		if p.Role == CO && p.Circle != "" {
			circles = append(circles, p.Circle)
		}
	}
	if len(circles) == 0 {
		return false, nil
	}
	var ok bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM centres WHERE district_id = $1 AND centre = $2 AND circle = ANY($3))`,
		who.District, centre, circles).Scan(&ok)
	return ok, wrap(err, "look for circle")
}

func replacementOf(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID) (r Replacement, found bool, err error) {
	err = tx.QueryRow(ctx, `SELECT asked_by, asked_at, approved_by, approved_at, code_hash FROM replacements
		WHERE district_id = $1 AND device_id = $2`, district, id).
		Scan(&r.AskedBy, &r.AskedAt, &r.ApprovedBy, &r.ApprovedAt, &r.codeHash)
	if errors.Is(err, pgx.ErrNoRows) {
		return Replacement{}, false, nil
	}
	return r, err == nil, wrap(err, "find replacement")
}
