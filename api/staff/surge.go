package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// An alarm for the whole district when ways in fail ten times as often in an hour as they did on average in the week
// before, and often enough to be more than a bad morning.
const (
	surgeSpan   = time.Hour
	surgeBefore = 7 * 24 * time.Hour
	surgeTimes  = 10
	surgeLeast  = 50
)

// watchFailures compares the last hour with the week before it and raises the alarm, once an hour whichever process
// sees it.
func (s *Service) watchFailures(ctx context.Context, tx pgx.Tx, district int32) error {
	now := s.instant()
	var lately, before int
	err := tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE at > $2), count(*) FILTER (WHERE at <= $2) FROM auth_events
		WHERE district_id = $1 AND NOT ok AND at > $3 AND kind = ANY($4)`, district, now.Add(-surgeSpan), now.Add(-surgeSpan-surgeBefore),
		[]string{eventEnrol, eventPIN, eventLogIn, eventRefresh, eventConsole, eventStepUp, eventActivate}).Scan(&lately, &before)
	if err != nil {
		return fmt.Errorf("count failures: %w", err)
	}
	const hours = int(surgeBefore / surgeSpan)
	if lately < surgeLeast || lately*hours < surgeTimes*before {
		return nil
	}
	// Once an hour, for all processes: who comes second waits here for the first.
	hour := now.Truncate(surgeSpan)
	fresh, err := spend(ctx, tx, district, alarmFailures+"\n"+hour.Format(time.RFC3339), hour.Add(surgeSpan))
	if err != nil || !fresh {
		return wrap(err, "look for alarm")
	}
	return s.raise(ctx, tx, district, alarm{kind: alarmFailures, centre: HQ, wakes: true})
}
