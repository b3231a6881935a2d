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

// OpenSession is an open session of an officer of a centre: at what kind of device, since when, and when it was last
// used. Where from is not told.
type OpenSession struct {
	SessionID uuid.UUID
	OfficerID uuid.UUID
	Kind      string // phone or console
	CreatedAt time.Time
	UsedAt    time.Time
}

// postedNow picks officers with a post at the centre $2 at the time $3.
const postedNow = `EXISTS (SELECT FROM posts p WHERE p.district_id = s.district_id AND p.officer_id = s.officer_id AND p.centre = $2
	AND p.from_at <= $3 AND (p.until_at IS NULL OR p.until_at > $3))`

// Sessions lists the open sessions of those who serve at a centre, for its in-charge and the head of the station, the last
// used first.
func (s *Service) Sessions(ctx context.Context, who Caller, centre string) ([]OpenSession, error) {
	if err := who.heads(centre); err != nil {
		return nil, err
	}
	var out []OpenSession
	now := s.instant()
	err := s.read(ctx, who.District, func(tx pgx.Tx) (err error) {
		out, err = rowsOf[OpenSession](ctx, tx, `SELECT s.session_id, s.officer_id, d.kind, s.created_at, greatest(s.rotated_at, k.seen_at)
			FROM sessions s JOIN devices d ON d.district_id = s.district_id AND d.device_id = s.device_id
			LEFT JOIN console_sessions k ON k.district_id = s.district_id AND k.session_id = s.session_id
			WHERE s.district_id = $1 AND s.ended_at IS NULL AND s.expires_at > $3 AND `+postedNow+`
			AND (k.session_id IS NULL AND s.idle_at > $3 OR k.seen_at > $4)
			ORDER BY greatest(s.rotated_at, k.seen_at) DESC, s.session_id LIMIT $5`, who.District, centre, now, now.Add(-consoleIdle), handsetsMost)
		return err
	})
	return out, wrap(err, "list sessions")
}

// heads refuses who is neither in charge of a centre nor its head; of one where he has no post he learns nothing.
func (c Caller) heads(centre string) error {
	switch {
	case c.IsZero():
		return refuse(contract.CodeUnauthorized)
	case !c.has(centre):
		return refuse(contract.CodeNotFound, contract.WithPointer("centre"))
	case !c.has(centre, CentreIncharge, SHO):
		return refuse(contract.CodeForbidden, contract.WithPointer("centre"))
	}
	return nil
}

// EndSession ends a session of an officer who serves at a centre, at the word of its in-charge or of the head of the
// station, whose own only he himself ends. The officer is told by whom; what was signed before still enters the book. Of
// one that has ended it changes nothing.
func (s *Service) EndSession(ctx context.Context, who Caller, centre string, id uuid.UUID) error {
	if err := who.heads(centre); err != nil {
		return err
	}
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		device, err := s.endSession(ctx, tx, who, centre, id)
		e := event{kind: eventEndOther, officer: who.OfficerID, device: device, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, err)
	})
	s.forget()
	return inside(err, "end session")
}

func (s *Service) endSession(ctx context.Context, tx pgx.Tx, who Caller, centre string, id uuid.UUID) (device uuid.UUID, err error) {
	var officer uuid.UUID
	var ended *time.Time
	err = tx.QueryRow(ctx, `SELECT s.officer_id, s.device_id, s.ended_at FROM sessions s WHERE s.district_id = $1 AND s.session_id = $4
		AND `+postedNow+` FOR UPDATE`, who.District, centre, s.instant(), id).Scan(&officer, &device, &ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, refuse(contract.CodeNotFound, contract.WithPointer("session_id"))
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("find session: %w", err)
	}
	posts, err := postsOf(ctx, tx, who.District, officer)
	if err != nil {
		return uuid.Nil, err
	}
	head := Caller{District: who.District, OfficerID: officer, Posts: current(posts, s.now())}.has(centre, SHO)
	switch {
	case officer == who.OfficerID: // at his own page
		return device, refuse(contract.CodeOwnAct)
	case head && !who.has(centre, SHO):
		return device, refuse(contract.CodeNeedsAbove)
	case ended != nil:
		return device, nil
	}
	if _, err := s.end(ctx, tx, who.District, Scope{session: id}, "ended_by_head"); err != nil {
		return device, err
	}
	return device, s.raise(ctx, tx, who.District, alarm{
		kind: alarmEnded, subject: id, device: device, officer: officer, about: who.OfficerID, wakes: true,
	})
}
