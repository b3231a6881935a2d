package staff

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// The kinds of event: each attempt leaves one, good or bad.
const (
	eventEnrol     = "enrol"
	eventPIN       = "pin"
	eventLogIn     = "log_in"
	eventRefresh   = "refresh"
	eventLogOut    = "log_out"
	eventReplay    = "replay"
	eventRevoke    = "revoke_device"
	eventLost      = "report_lost"
	eventReplace   = "replace_device"
	eventNewPhone  = "invite_device"
	eventEnd       = "end_sessions"
	eventEndOwn    = "end_own_device"
	eventEndOther  = "end_session"
	eventState     = "officer_state"
	eventCode      = "issue_code"
	eventBootstrap = "bootstrap"
	eventConsole   = "console_log_in"
	eventStepUp    = "console_step_up"
	eventActivate  = "console_activate"
	eventInvite    = "console_invite"
	eventPhrase    = "console_passphrase"
	eventFactor    = "console_factor"
	eventIncident  = "incident_pack"
)

// event is what an attempt is remembered by: ids, never what was typed.
type event struct {
	kind                     string
	officer, device, session uuid.UUID
}

// orNull stores the zero id as no id.
func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// settle records how an attempt ended and hands its error on.
func (s *Service) settle(ctx context.Context, tx pgx.Tx, district int32, e *event, told error) error {
	var p *contract.Problem
	if told != nil && !errors.As(told, &p) {
		return told
	}
	var code *string
	if p != nil {
		text := string(p.Code)
		code = &text
	}
	id, err := newID()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO auth_events (district_id, event_id, at, kind, ok, code, officer_id, device_id, session_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, district, id, s.now(), e.kind, told == nil, code,
		orNull(e.officer), orNull(e.device), orNull(e.session))
	if err != nil {
		return fmt.Errorf("record event: %w", err)
	}
	return told
}

// refusal records an attempt that ended early; one that goes on is recorded at its end.
func (s *Service) refusal(ctx context.Context, tx pgx.Tx, district int32, e *event, told error) error {
	if told == nil {
		return nil
	}
	return s.settle(ctx, tx, district, e, told)
}
