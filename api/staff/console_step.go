package staff

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// StepUp shows the second factor again. The token until now is dead with it; the fifth wrong one ends the session.
func (s *Service) StepUp(ctx context.Context, who Caller, f Factor) (Console, error) {
	if who.IsZero() || !who.Console {
		return Console{}, refuse(contract.CodeUnauthorized)
	}
	token := newConsoleToken(who.District)
	err := s.write(ctx, who.District, func(tx pgx.Tx) error {
		e := event{kind: eventStepUp, officer: who.OfficerID, device: who.DeviceID, session: who.SessionID}
		return s.settle(ctx, tx, who.District, &e, s.stepUp(ctx, tx, who, f, token))
	})
	if err != nil {
		return Console{}, inside(err, "step up")
	}
	c, err := s.ConsoleOf(ctx, token)
	c.Token = token
	return c, err
}

func (s *Service) stepUp(ctx context.Context, tx pgx.Tx, who Caller, f Factor, token Secret) error {
	mine := s.stepUpTries(who)
	full, err := s.take(ctx, tx, who.District, mine)
	if err != nil {
		return err
	}
	p, err := s.showAgain(ctx, tx, who, f)
	if err != nil {
		return err
	}
	if !p.right {
		return s.wrongStepUp(ctx, tx, who, full)
	}
	if err := s.giveBack(ctx, tx, who.District, mine); err != nil {
		return err
	}
	now := s.instant()
	tag, err := tx.Exec(ctx, `UPDATE console_sessions SET token_hash = $3, factor = $4, factor_at = $5, seen_at = $5
		WHERE district_id = $1 AND session_id = $2`, who.District, who.SessionID, hashToken(token), p.factor, now)
	if err != nil {
		return fmt.Errorf("rotate token: %w", err)
	}
	return refuseUnless(tag.RowsAffected() == 1, contract.CodeSessionEnded)
}

// stepUpTries are what wrong tries of who is logged in are counted by.
func (s *Service) stepUpTries(who Caller) []subject {
	return []subject{{
		hash:  s.subjectHash("console step-up", who.District, who.OfficerID.String()),
		limit: officerTries, window: officerWindow, doubles: true,
	}}
}

// showAgain judges a second factor of who is logged in, and marks it as used.
func (s *Service) showAgain(ctx context.Context, tx pgx.Tx, who Caller, f Factor) (proof, error) {
	a, err := s.accountBy(ctx, tx, who)
	if err != nil {
		return proof{}, err
	}
	challenge, err := s.spendChallenge(ctx, tx, who.District, f.Passkey)
	if err != nil {
		return proof{}, err
	}
	p, err := s.checkFactor(&a, who.District, f, challenge)
	if err == nil && p.right {
		p.right, err = p.use(ctx, tx, who.District, who.OfficerID)
	}
	return p, err
}

// wrongStepUp refuses; who has tried for the last time is logged out, and the officer is told.
func (s *Service) wrongStepUp(ctx context.Context, tx pgx.Tx, who Caller, last bool) error {
	if !last {
		return refuse(contract.CodeWrongLogIn)
	}
	if _, err := s.end(ctx, tx, who.District, Scope{session: who.SessionID}, "guessed"); err != nil {
		return err
	}
	return orRefuse(s.raise(ctx, tx, who.District, alarm{
		kind: alarmGuessed, subject: who.OfficerID, device: who.DeviceID, officer: who.OfficerID, about: who.OfficerID, wakes: true,
	}), refuse(contract.CodeWrongLogIn))
}
