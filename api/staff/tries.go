package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// How often one may be wrong.
const (
	officerTries  = 5 // then each further one is delayed
	officerWindow = 15 * time.Minute
	firstDelay    = 30 * time.Second
	longestDelay  = 15 * time.Minute
	deviceTries   = 20
	addressTries  = 50
	hourWindow    = time.Hour

	triesKept = 24 * time.Hour
)

// subject is what tries are counted by: a keyed hash of an officer's number (whether he exists or not), of a handset or
// of an address.
type subject struct {
	hash    string
	limit   int
	window  time.Duration
	doubles bool // delay grows by doubling; else it lasts to the window's end
}

func (s *Service) subjectHash(kind string, district int32, of string) string {
	mac := hmac.New(sha256.New, s.keys.tries)
	mac.Write([]byte(kind + "\n" + strconv.Itoa(int(district)) + "\n" + of))
	return hex.EncodeToString(mac.Sum(nil))
}

func (s *Service) officerSubject(district int32, number string) subject {
	return subject{hash: s.subjectHash("officer", district, number), limit: officerTries, window: officerWindow, doubles: true}
}

// placeSubjects are the handset and the address of an attempt.
func (s *Service) placeSubjects(district int32, device uuid.UUID, address string) []subject {
	var list []subject
	if device != uuid.Nil {
		list = append(list, subject{hash: s.subjectHash("device", district, device.String()), limit: deviceTries, window: hourWindow})
	}
	if address != "" {
		list = append(list, subject{hash: s.subjectHash("address", district, address), limit: addressTries, window: hourWindow})
	}
	return list
}

// count is a row of tries.
type count struct {
	Subject  string
	Failures int
	WindowAt time.Time
	NextAt   time.Time
}

// fail counts one more failure.
func (c *count) fail(by subject, now time.Time) {
	quiet := c.WindowAt
	if c.NextAt.After(quiet) {
		quiet = c.NextAt // a delay that has been sat out does not make the next guess a first one
	}
	if !by.doubles {
		quiet = c.WindowAt
	}
	if c.Failures == 0 || !now.Before(quiet.Add(by.window)) {
		c.Failures, c.WindowAt = 0, now
	}
	c.Failures++
	c.NextAt = now
	if c.Failures < by.limit {
		return
	}
	if !by.doubles {
		c.NextAt = c.WindowAt.Add(by.window)
		return
	}
	delay := firstDelay
	for range min(c.Failures-by.limit, 10) {
		delay *= 2
	}
	c.NextAt = now.Add(min(delay, longestDelay))
}

// take counts an attempt as failed before it is judged, so that a thousand at once are no more than a thousand one
// after the other. Who was right gets it back. A subject that must wait is not judged at all.
// It reports which subject ran into its limit by this attempt.
func (s *Service) take(ctx context.Context, tx pgx.Tx, district int32, subjects []subject) (full bool, err error) {
	by := map[string]subject{}
	var hashes []string
	for _, x := range subjects {
		by[x.hash] = x
		hashes = append(hashes, x.hash)
	}
	counts, err := lockCounts(ctx, tx, district, hashes, s.now())
	if err != nil {
		return false, err
	}
	now := s.now() // after the lock: another's attempt may have set NextAt while this one waited for it
	var wait time.Duration
	for _, c := range counts {
		wait = max(wait, c.NextAt.Sub(now))
	}
	if wait > 0 {
		wait = wait.Truncate(time.Second) + time.Second
		return false, refuse(contract.CodeTooManyTries, contract.WithRetryAfter(wait),
			contract.WithDetail(strconv.Itoa(int(wait/time.Second))))
	}
	for i := range counts {
		counts[i].fail(by[counts[i].Subject], now)
		full = full || counts[i].Failures == by[counts[i].Subject].limit
	}
	return full, storeCounts(ctx, tx, district, counts)
}

// lockCounts locks the rows in one order, made where missing, so that two attempts never wait for each other in a ring.
func lockCounts(ctx context.Context, tx pgx.Tx, district int32, hashes []string, now time.Time) ([]count, error) {
	slices.Sort(hashes)
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO tries (district_id, subject, failures, window_at, next_at)
		SELECT $1, x, 0, $3, $3 FROM unnest($2::text[]) x ORDER BY x COLLATE "C" ON CONFLICT DO NOTHING`, district, hashes, now)
	var counts []count
	b.Queue(`SELECT subject, failures, window_at, next_at FROM tries WHERE district_id = $1 AND subject = ANY($2)
		ORDER BY subject COLLATE "C" FOR UPDATE`, district, hashes).Query(func(rows pgx.Rows) (err error) {
		counts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[count])
		return err
	})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("lock tries: %w", err)
	}
	return counts, nil
}

func storeCounts(ctx context.Context, tx pgx.Tx, district int32, counts []count) error {
	b := &pgx.Batch{}
	for _, c := range counts {
		b.Queue(`UPDATE tries SET failures = $3, window_at = $4, next_at = $5 WHERE district_id = $1 AND subject = $2`,
			district, c.Subject, c.Failures, c.WindowAt, c.NextAt)
	}
	return wrap(tx.SendBatch(ctx, b).Close(), "count tries")
}

// giveBack undoes take for who was right: the officer starts anew, handset and address have one failure less.
func (s *Service) giveBack(ctx context.Context, tx pgx.Tx, district int32, subjects []subject) error {
	by := map[string]subject{}
	var hashes []string
	for _, x := range subjects {
		by[x.hash] = x
		hashes = append(hashes, x.hash)
	}
	now := s.now()
	counts, err := lockCounts(ctx, tx, district, hashes, now)
	if err != nil {
		return err
	}
	for i := range counts {
		c := &counts[i]
		switch x := by[c.Subject]; {
		case x.doubles:
			c.Failures, c.NextAt = 0, now
		default:
			c.Failures = max(c.Failures-1, 0)
			if c.Failures < x.limit {
				c.NextAt = now
			}
		}
	}
	return storeCounts(ctx, tx, district, counts)
}

// canonicalNumber is how an officer's number is kept and looked for.
func canonicalNumber(number string) string { return strings.ToUpper(strings.TrimSpace(number)) }
