package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// The kinds of alarm.
const (
	alarmRefreshReuse = "refresh_reuse"
	alarmSignature    = "bad_device_signature"
	alarmLockOut      = "lock_out"
	alarmCode         = "activation_code_guessed"
	alarmNewDevice    = "new_device"
	alarmLost         = "device_lost"
	alarmReplace      = "replacement_asked"
	alarmNewPhone     = "device_invited" // a code for a new phone was given
	alarmConsoleAsked = "console_asked"
	alarmConsoleCode  = "console_code" // by the operator, at the command line
	alarmConsole      = "console_activated"
	alarmChanged      = "console_changed" // her passphrase, or a second factor
	alarmGuessed      = "console_guessed"
	alarmCopied       = "passkey_copied"
	alarmFailures     = "many_failures"
	alarmEnded        = "session_ended" // by the head of her station
)

// alarm is what somebody must look at: ids and nothing else. It is for one officer, or for the in-charge and the head
// of the station where the handset belongs; of HQ, for SP, Additional SP and nodal officer.
type alarm struct {
	kind            string
	centre          string // where no handset says it
	subject, device uuid.UUID
	officer         uuid.UUID // whom alone it is for
	about           uuid.UUID // whose session or act it is
	wakes           bool      // the phones of whom it is for
}

// Notice is the wish to wake somebody for an alarm: an officer, or who has the post of a role at a centre.
type Notice struct {
	District int32
	AlarmID  uuid.UUID
	Centre   string
	Officer  uuid.UUID
	Role     Role
}

// raise stores an alarm and, in the same transaction, asks for those to be woken whom it is for.
func (s *Service) raise(ctx context.Context, tx pgx.Tx, district int32, a alarm) error {
	id, err := newID()
	if err != nil {
		return err
	}
	var centre string
	err = tx.QueryRow(ctx, `INSERT INTO alarms (district_id, alarm_id, at, kind, centre, subject_id, device_id, officer_id, about_id)
		VALUES ($1, $2, $3, $4, coalesce(nullif($9, ''), (SELECT centre FROM devices WHERE district_id = $1 AND device_id = $6)), $5, $6, $7, $8)
		RETURNING coalesce(centre, '')`,
		district, id, s.now(), a.kind, orNull(a.subject), orNull(a.device), orNull(a.officer), orNull(a.about), a.centre).Scan(&centre)
	if err != nil {
		return fmt.Errorf("raise alarm: %w", err)
	}
	if !a.wakes || s.tell == nil {
		return nil
	}
	n := Notice{District: district, AlarmID: id, Centre: centre, Officer: a.officer}
	switch {
	case a.officer != uuid.Nil:
	case centre == HQ:
		n.Role = SP
	default:
		n.Role = CentreIncharge
	}
	return wrap(s.tell(ctx, tx, n), "tell of an alarm")
}

// Alarm is an alarm as those read it whom it is for.
type Alarm struct {
	AlarmID  uuid.UUID
	At       time.Time
	Kind     string
	Centre   *string
	DeviceID *uuid.UUID
	AboutID  *uuid.UUID
}

// How far back alarms are shown, and how many.
const (
	alarmsShown = 30 * 24 * time.Hour
	alarmsMost  = 200
)

// seenAbove are the kinds of alarm that the posts above see of the centres under them: what is read beyond its bounds.
// The book raises them.
var seenAbove = []string{"read_budget", "glass_broken", "file_changed"}

// Alarms lists, newest first, the caller's own alarms, those of the centres that he is in charge of or heads, and of those
// under him what was read beyond its bounds.
func (s *Service) Alarms(ctx context.Context, who Caller) ([]Alarm, error) {
	if who.IsZero() {
		return nil, refuse(contract.CodeUnauthorized)
	}
	centres, circles := []string{}, []string{}
	for _, p := range who.Posts {
		switch {
		case p.Centre == HQ && slices.Contains([]Role{SP, AddlSP, Nodal}, p.Role), p.Role == CentreIncharge, p.Role == SHO:
			centres = append(centres, p.Centre)
		case p.Role == CO && p.Circle != "":
			circles = append(circles, p.Circle)
		}
	}
	var out []Alarm
	err := s.read(ctx, who.District, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT alarm_id, at, kind, centre, device_id, about_id FROM alarms
			WHERE district_id = $1 AND at > $2 AND (officer_id = $3 OR officer_id IS NULL AND (centre = ANY($4)
				OR kind = ANY($6) AND ($7 OR centre IN (SELECT centre FROM centres WHERE district_id = $1 AND circle = ANY($8)))))
			ORDER BY at DESC, alarm_id DESC LIMIT $5`, who.District, s.now().Add(-alarmsShown), who.OfficerID, centres, alarmsMost,
			seenAbove, who.has(HQ, SP, AddlSP, WomenCell, Nodal), circles)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Alarm])
		return err
	})
	return out, wrap(err, "read alarms")
}

// has tells whether the caller has a post at the centre, of one of the roles if any are named.
func (c Caller) has(centre string, roles ...Role) bool {
	return slices.ContainsFunc(c.Posts, func(p Post) bool {
		return p.Centre == centre && (len(roles) == 0 || slices.Contains(roles, p.Role))
	})
}

// noteDevice remembers on which handsets an officer has logged in, and tells her of one that is new: she learns of it
// on those she had before.
func (s *Service) noteDevice(ctx context.Context, tx pgx.Tx, district int32, officer, device uuid.UUID, at time.Time) error {
	tag, err := tx.Exec(ctx, `INSERT INTO officer_devices (district_id, officer_id, device_id, first_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, district, officer, device, at)
	if err != nil {
		return fmt.Errorf("note device: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	var others bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM officer_devices WHERE district_id = $1 AND officer_id = $2 AND device_id <> $3)`,
		district, officer, device).Scan(&others)
	if err != nil {
		return fmt.Errorf("look for other devices: %w", err)
	}
	return s.raise(ctx, tx, district, alarm{
		kind: alarmNewDevice, subject: device, device: device, officer: officer, about: officer, wakes: others,
	})
}
