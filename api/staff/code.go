package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// How long codes live.
const (
	codeLife      = 24 * time.Hour
	bootstrapLife = 15 * time.Minute
	codesKept     = 30 * 24 * time.Hour
	codeFailures  = 5 // an activation code dies of as many wrong ones
)

const (
	purposeEnrol    = "enrol"
	purposeActivate = "activate"
	purposeConsole  = "console"
)

const (
	enrolBytes     = 16 // 128 bits
	activateLength = 10 // letters, 50 bits
)

// letters are those nobody takes for another: no I, L, O, U.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Code is a one-time code, shown once and kept nowhere.
type Code struct {
	Text      Secret
	ExpiresAt time.Time
}

// ErrNotKnown is an officer, centre, device or session that does not exist.
var ErrNotKnown = errors.New("not known")

// canonicalCode forgives what a hand gets wrong: case, hyphens, and the letters that look like digits.
func canonicalCode(text string) string {
	return strings.NewReplacer("-", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text))
}

func newEnrolCode(district int32) string {
	random := base32.NewEncoding(letters).WithPadding(base32.NoPadding).EncodeToString(randomBytes(enrolBytes))
	return strconv.Itoa(int(district)) + "." + random
}

// newActivationCode is ABCDE-12345.
func newActivationCode() string {
	b := randomBytes(activateLength)
	for i, x := range b {
		b[i] = letters[x%byte(len(letters))] // 256 is a multiple of 32
	}
	return string(b[:activateLength/2]) + "-" + string(b[activateLength/2:])
}

// splitEnrolCode finds the district that the code says it is of.
func splitEnrolCode(text string) (district int32, canonical string, ok bool) {
	head, tail, found := strings.Cut(text, ".")
	n, err := strconv.ParseInt(head, 10, 32)
	if !found || err != nil || n < 1 || strconv.FormatInt(n, 10) != head {
		return 0, "", false
	}
	return int32(n), head + "." + canonicalCode(tail), true
}

// hashLongCode suffices for 128 bits.
func (s *Service) hashLongCode(canonical string) []byte {
	mac := hmac.New(sha256.New, s.keys.enrol)
	mac.Write([]byte(canonical))
	return mac.Sum(nil)
}

// IssueEnrolCode makes a code with which one handset is enrolled for the centre within a day.
func (s *Service) IssueEnrolCode(ctx context.Context, district int32, centre string) (Code, error) {
	c := Code{Text: Secret(newEnrolCode(district)), ExpiresAt: s.now().Add(codeLife)}
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		var exists bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM centres WHERE district_id = $1 AND centre = $2)`,
			district, centre).Scan(&exists)
		if err != nil {
			return fmt.Errorf("look for centre: %w", err)
		}
		if !exists {
			return fmt.Errorf("centre %s: %w", centre, ErrNotKnown)
		}
		if err := s.storeCode(ctx, tx, district, purposeEnrol, centre, uuid.Nil, s.hashLongCode(string(c.Text)), c.ExpiresAt); err != nil {
			return err
		}
		return s.settle(ctx, tx, district, &event{kind: eventCode}, nil)
	})
	if err != nil {
		return Code{}, fmt.Errorf("issue enrolment code: %w", err)
	}
	return c, nil
}

// IssueActivationCode makes a code with which the officer sets a PIN within a day. Earlier codes of his die.
func (s *Service) IssueActivationCode(ctx context.Context, district int32, officerNumber string) (Code, error) {
	var c Code
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		o, err := findOfficer(ctx, tx, district, officerNumber)
		if err != nil {
			return err
		}
		if c, err = s.activation(ctx, tx, district, o.ID, codeLife); err != nil {
			return err
		}
		return s.settle(ctx, tx, district, &event{kind: eventCode, officer: o.ID}, nil)
	})
	if err != nil {
		return Code{}, fmt.Errorf("issue activation code: %w", err)
	}
	return c, nil
}

func (s *Service) activation(ctx context.Context, tx pgx.Tx, district int32, officer uuid.UUID, life time.Duration) (Code, error) {
	c := Code{Text: Secret(newActivationCode()), ExpiresAt: s.now().Add(life)}
	_, err := tx.Exec(ctx, `UPDATE once_codes SET expires_at = $3 WHERE district_id = $1 AND officer_id = $2
		AND purpose = 'activate' AND expires_at > $3`, district, officer, s.now())
	if err != nil {
		return Code{}, fmt.Errorf("end earlier codes: %w", err)
	}
	hash := s.hashShortCode(officer.String(), canonicalCode(string(c.Text)))
	return c, s.storeCode(ctx, tx, district, purposeActivate, HQ, officer, hash, c.ExpiresAt)
}

func (s *Service) storeCode(ctx context.Context, tx pgx.Tx, district int32, purpose, centre string, officer uuid.UUID,
	hash []byte, expires time.Time,
) error {
	_, err := tx.Exec(ctx, `INSERT INTO once_codes (district_id, code_hash, purpose, centre, officer_id, issued_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, district, hash, purpose, centre, orNull(officer), s.now(), expires)
	return wrap(err, "store code")
}

// onceCode is a row of once_codes.
type onceCode struct {
	Hash      []byte
	Centre    string
	IssuedAt  time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
	Failures  int
}

const codeColumns = `code_hash, centre, issued_at, expires_at, used_at, failures`

func useCode(ctx context.Context, tx pgx.Tx, district int32, hash []byte, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE once_codes SET used_at = $3 WHERE district_id = $1 AND code_hash = $2`,
		district, hash, at)
	return wrap(err, "use code")
}
