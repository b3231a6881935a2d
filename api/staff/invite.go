package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// Invitation is how an officer's way to a console stands.
type Invitation struct {
	OfficerID  uuid.UUID
	AskedBy    uuid.UUID
	AskedAt    time.Time
	ApprovedBy *uuid.UUID
	ApprovedAt *time.Time
	Code       *Code // for who asked, once another officer has agreed
	codeHash   []byte
}

// Invite asks for a console for an officer, the first as one in the place of another. When a second officer has agreed,
// the same call by who asked brings the code. Asked again, the code until then dies, for the answer was lost.
func (s *Service) Invite(ctx context.Context, who Caller, officerNumber string) (Invitation, error) {
	return s.invitation(ctx, who, officerNumber, s.invite)
}

// ApproveInvitation lets a second officer agree who could have asked himself.
func (s *Service) ApproveInvitation(ctx context.Context, who Caller, officerNumber string) (Invitation, error) {
	return s.invitation(ctx, who, officerNumber, s.approveInvitation)
}

func (s *Service) invitation(ctx context.Context, who Caller, number string,
	do func(ctx context.Context, tx pgx.Tx, who Caller, o Officer) (Invitation, error),
) (Invitation, error) {
	if who.IsZero() {
		return Invitation{}, refuse(contract.CodeUnauthorized)
	}
	if s.rp == nil {
		return Invitation{}, refuse(contract.CodeNotFound)
	}
	var out Invitation
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		o, err := s.invited(ctx, tx, who, number)
		if err == nil {
			out, err = do(ctx, tx, who, o)
		}
		e := event{kind: eventInvite, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	return out, inside(err, "invite to console")
}

// invited finds an officer whom the caller may give a console: who serves where he is in charge, or is under him. A
// head of a station is given one by those above alone.
func (s *Service) invited(ctx context.Context, tx pgx.Tx, who Caller, number string) (Officer, error) {
	o, err := findOfficer(ctx, tx, who.District, number)
	if errors.Is(err, ErrNotKnown) {
		return Officer{}, refuse(contract.CodeNotFound)
	}
	if err != nil {
		return Officer{}, err
	}
	posts, err := postsOf(ctx, tx, who.District, o.ID)
	if err != nil {
		return Officer{}, err
	}
	posts = current(posts, s.now())
	may, sees := len(posts) > 0, false
	for _, p := range posts {
		above, err := supervises(ctx, tx, who, p.Centre)
		if err != nil {
			return Officer{}, err
		}
		above = above && (p.Centre != HQ || who.has(HQ, SP, AddlSP, Nodal))
		sees = sees || above || who.has(p.Centre)
		may = may && (above || p.Role != SHO && who.has(p.Centre, CentreIncharge, SHO))
	}
	switch {
	case !sees, o.State != Active:
		return Officer{}, refuse(contract.CodeNotFound)
	case o.ID == who.OfficerID:
		return Officer{}, refuse(contract.CodeOwnAct)
	case !may:
		return Officer{}, refuse(contract.CodeForbidden)
	}
	return o, nil
}

func (s *Service) invite(ctx context.Context, tx pgx.Tx, who Caller, o Officer) (Invitation, error) {
	v, found, err := invitationOf(ctx, tx, who.District, o.ID)
	if err != nil {
		return Invitation{}, err
	}
	now := s.instant()
	switch {
	case !found || !now.Before(v.begun().Add(approvalLife)):
		return s.askFor(ctx, tx, who, o, now)
	case v.ApprovedAt == nil:
		return v, nil
	case v.AskedBy != who.OfficerID:
		return Invitation{}, refuse(contract.CodeForbidden)
	}
	if used, err := s.endCode(ctx, tx, who.District, v.codeHash, now); err != nil {
		return Invitation{}, err
	} else if used { // that one is done: this begins another
		return s.askFor(ctx, tx, who, o, now)
	}
	c, hash, err := s.newConsoleCode(ctx, tx, who.District, o.ID, v.ApprovedAt.Add(approvalLife))
	if err != nil {
		return Invitation{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE invitations SET code_hash = $3 WHERE district_id = $1 AND officer_id = $2`, who.District, o.ID, hash)
	v.Code = &c
	return v, wrap(err, "note code of invitation")
}

// begun is when what is under way began: the asking, or then the agreeing.
func (v *Invitation) begun() time.Time {
	if v.ApprovedAt != nil {
		return *v.ApprovedAt
	}
	return v.AskedAt
}

// askFor begins an invitation, anew if an earlier one is over.
func (s *Service) askFor(ctx context.Context, tx pgx.Tx, who Caller, o Officer, now time.Time) (Invitation, error) {
	_, err := tx.Exec(ctx, `INSERT INTO invitations (district_id, officer_id, asked_by, asked_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (district_id, officer_id) DO UPDATE SET asked_by = excluded.asked_by, asked_at = excluded.asked_at,
			approved_by = NULL, approved_at = NULL, code_hash = NULL`, who.District, o.ID, who.OfficerID, now)
	if err != nil {
		return Invitation{}, fmt.Errorf("ask for console: %w", err)
	}
	posts, err := postsOf(ctx, tx, who.District, o.ID)
	if err != nil {
		return Invitation{}, err
	}
	posts = current(posts, now)
	at := slices.IndexFunc(posts, func(p Post) bool { return p.Centre != HQ })
	centre := HQ
	if at >= 0 {
		centre = posts[at].Centre
	}
	a := alarm{kind: alarmConsoleAsked, centre: centre, subject: o.ID, about: who.OfficerID}
	return Invitation{OfficerID: o.ID, AskedBy: who.OfficerID, AskedAt: now}, s.raise(ctx, tx, who.District, a)
}

func (s *Service) approveInvitation(ctx context.Context, tx pgx.Tx, who Caller, o Officer) (Invitation, error) {
	v, found, err := invitationOf(ctx, tx, who.District, o.ID)
	now := s.instant()
	switch {
	case err != nil:
		return Invitation{}, err
	case !found || v.ApprovedAt == nil && !now.Before(v.AskedAt.Add(approvalLife)):
		return Invitation{}, refuse(contract.CodeWrongState)
	case v.AskedBy == who.OfficerID:
		return Invitation{}, refuse(contract.CodeOwnAct)
	case v.ApprovedAt != nil:
		return v, nil
	}
	v.ApprovedBy, v.ApprovedAt = &who.OfficerID, &now
	_, err = tx.Exec(ctx, `UPDATE invitations SET approved_by = $3, approved_at = $4 WHERE district_id = $1 AND officer_id = $2`,
		who.District, o.ID, who.OfficerID, now)
	return v, wrap(err, "approve invitation")
}

func invitationOf(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID) (v Invitation, found bool, err error) {
	err = tx.QueryRow(ctx, `SELECT officer_id, asked_by, asked_at, approved_by, approved_at, code_hash FROM invitations
		WHERE district_id = $1 AND officer_id = $2 FOR UPDATE`, district, officer).
		Scan(&v.OfficerID, &v.AskedBy, &v.AskedAt, &v.ApprovedBy, &v.ApprovedAt, &v.codeHash)
	if errors.Is(err, pgx.ErrNoRows) {
		return Invitation{}, false, nil
	}
	return v, err == nil, wrap(err, "find invitation")
}
