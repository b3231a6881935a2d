package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// TrailQuery says whose doings are asked for: those of a span, of all, or of one officer or one handset.
type TrailQuery struct {
	District    int32
	From, Until time.Time
	Officer     *uuid.UUID
	Device      *uuid.UUID
}

// Trail is what phones and sessions did in a span, by ids.
type Trail struct {
	Sessions []TrailSession `json:"sessions"`
	Devices  []TrailDevice  `json:"devices"`
	Events   []TrailEvent   `json:"events"`
	Alarms   []TrailAlarm   `json:"alarms"`
}

// TrailSession is a session that lived in the span.
type TrailSession struct {
	SessionID uuid.UUID  `json:"session_id"`
	OfficerID uuid.UUID  `json:"officer_id"`
	OfficerNo string     `json:"officer_no"`
	DeviceID  uuid.UUID  `json:"device_id"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	EndReason *string    `json:"end_reason,omitempty"`
}

// TrailDevice is a handset of one of the sessions, or of one of the events.
type TrailDevice struct {
	DeviceID   uuid.UUID  `json:"device_id"`
	Centre     string     `json:"centre"`
	EnrolledAt time.Time  `json:"enrolled_at"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	Reason     *string    `json:"revoked_reason,omitempty"`
}

// TrailEvent is an attempt, good or bad.
type TrailEvent struct {
	At        time.Time  `json:"at"`
	Kind      string     `json:"kind"`
	OK        bool       `json:"ok"`
	Code      *string    `json:"code,omitempty"`
	OfficerID *uuid.UUID `json:"officer_id,omitempty"`
	DeviceID  *uuid.UUID `json:"device_id,omitempty"`
	SessionID *uuid.UUID `json:"session_id,omitempty"`
}

// TrailAlarm is an alarm.
type TrailAlarm struct {
	At       time.Time  `json:"at"`
	Kind     string     `json:"kind"`
	Centre   *string    `json:"centre,omitempty"`
	DeviceID *uuid.UUID `json:"device_id,omitempty"`
	AboutID  *uuid.UUID `json:"about_id,omitempty"`
}

// trailMost bounds each list of a trail.
const trailMost = 100_000

// Trail reads what phones and sessions did in a span. That it was asked for is an event itself, entered before anything is
// read: there is no pack without its trace.
func (s *Service) Trail(ctx context.Context, q TrailQuery) (*Trail, error) {
	e := event{kind: eventIncident}
	if q.Officer != nil {
		e.officer = *q.Officer
	}
	if q.Device != nil {
		e.device = *q.Device
	}
	err := s.write(ctx, q.District, func(tx pgx.Tx) error { return s.settle(ctx, tx, q.District, &e, nil) })
	if err != nil {
		return nil, fmt.Errorf("note incident pack: %w", err)
	}
	out := &Trail{}
	err = s.read(ctx, q.District, func(tx pgx.Tx) (err error) {
		args := []any{q.District, q.From, q.Until, q.Officer, q.Device, trailMost}
		if out.Sessions, err = rowsOf[TrailSession](ctx, tx, `SELECT s.session_id, s.officer_id, o.number, s.device_id, s.created_at, s.ended_at, s.end_reason
			FROM sessions s JOIN officers o ON o.district_id = s.district_id AND o.officer_id = s.officer_id
			WHERE s.district_id = $1 AND s.created_at < $3 AND coalesce(s.ended_at, s.expires_at) >= $2
				AND ($4::uuid IS NULL OR s.officer_id = $4) AND ($5::uuid IS NULL OR s.device_id = $5)
			ORDER BY s.created_at, s.session_id LIMIT $6`, args...); err != nil {
			return err
		}
		if out.Events, err = rowsOf[TrailEvent](ctx, tx, `SELECT at, kind, ok, code, officer_id, device_id, session_id FROM auth_events
			WHERE district_id = $1 AND at >= $2 AND at < $3 AND ($4::uuid IS NULL OR officer_id = $4) AND ($5::uuid IS NULL OR device_id = $5)
			ORDER BY at, event_id LIMIT $6`, args...); err != nil {
			return err
		}
		if out.Alarms, err = rowsOf[TrailAlarm](ctx, tx, `SELECT at, kind, centre, device_id, about_id FROM alarms
			WHERE district_id = $1 AND at >= $2 AND at < $3
				AND ($4::uuid IS NULL OR about_id = $4 OR officer_id = $4) AND ($5::uuid IS NULL OR device_id = $5)
			ORDER BY at, alarm_id LIMIT $6`, args...); err != nil {
			return err
		}
		out.Devices, err = rowsOf[TrailDevice](ctx, tx, `SELECT device_id, centre, enrolled_at, revoked_at, revoked_reason FROM devices
			WHERE district_id = $1 AND device_id = ANY($2) ORDER BY centre, device_id`, q.District, out.devices())
		return err
	})
	return out, wrap(err, "read trail")
}

// devices are the handsets that the trail names.
func (t *Trail) devices() []uuid.UUID {
	seen, list := map[uuid.UUID]bool{}, []uuid.UUID{}
	add := func(id *uuid.UUID) {
		if id != nil && !seen[*id] {
			seen[*id] = true
			list = append(list, *id)
		}
	}
	for i := range t.Sessions {
		add(&t.Sessions[i].DeviceID)
	}
	for i := range t.Events {
		add(t.Events[i].DeviceID)
	}
	for i := range t.Alarms {
		add(t.Alarms[i].DeviceID)
	}
	return list
}

func rowsOf[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
