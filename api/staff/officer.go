package staff

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Officer is a member of the force or of its staff.
type Officer struct {
	ID      uuid.UUID
	Number  string
	NameHi  string
	NameEn  string
	Rank    string
	IsWoman bool
	State   string
}

const officerColumns = `o.officer_id, o.number, o.name_hi, o.name_en, o.rank, o.is_woman, o.state`

func (o *Officer) fields() []any {
	return []any{&o.ID, &o.Number, &o.NameHi, &o.NameEn, &o.Rank, &o.IsWoman, &o.State}
}

func scanOfficer(row pgx.CollectableRow) (Officer, error) {
	var o Officer
	err := row.Scan(o.fields()...)
	return o, err
}

// officerWithPIN finds an officer and the hash of his PIN by one look, whoever asks for whom.
func officerWithPIN(ctx context.Context, tx pgx.Tx, district int32, number string) (o Officer, hash string, err error) {
	err = tx.QueryRow(ctx, `SELECT `+officerColumns+`, coalesce(p.hash, '') FROM officers o
		LEFT JOIN pins p ON p.district_id = o.district_id AND p.officer_id = o.officer_id
		WHERE o.district_id = $1 AND o.number = $2`, district, number).Scan(append(o.fields(), &hash)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Officer{}, "", nil
	}
	return o, hash, wrap(err, "find officer")
}

// findOfficer finds an officer by his number.
func findOfficer(ctx context.Context, tx pgx.Tx, district int32, number string) (Officer, error) {
	rows, err := tx.Query(ctx, `SELECT `+officerColumns+` FROM officers o WHERE o.district_id = $1 AND o.number = $2`,
		district, canonicalNumber(number))
	if err != nil {
		return Officer{}, fmt.Errorf("find officer: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, scanOfficer)
	if errors.Is(err, pgx.ErrNoRows) {
		return Officer{}, fmt.Errorf("officer %s: %w", number, ErrNotKnown)
	}
	return o, wrap(err, "find officer")
}

// FindOfficer finds an officer by his number, for commands of the operator.
func (s *Service) FindOfficer(ctx context.Context, district int32, number string) (Officer, error) {
	var o Officer
	err := s.read(ctx, district, func(tx pgx.Tx) (err error) {
		o, err = findOfficer(ctx, tx, district, number)
		return err
	})
	return o, err
}

var numberPattern = regexp.MustCompile(`^[A-Z0-9/-]{1,20}$`)

// check tells what is wrong with an officer's data.
func (o *Officer) check() error {
	switch {
	case !numberPattern.MatchString(o.Number):
		return errors.New("number: up to 20 letters, digits, / and -")
	case !isName(o.NameHi, 120) || !isName(o.NameEn, 120):
		return errors.New("name: 1 to 120 characters in Hindi and in English")
	case !isName(o.Rank, 40):
		return errors.New("rank: 1 to 40 characters")
	}
	return nil
}

// AddOfficer enters an officer, active, without post or PIN. The ID is made.
func (s *Service) AddOfficer(ctx context.Context, tx pgx.Tx, district int32, o Officer) (uuid.UUID, error) {
	o.Number = canonicalNumber(o.Number)
	if err := o.check(); err != nil {
		return uuid.Nil, fmt.Errorf("add officer: %w", err)
	}
	id, err := newID()
	if err != nil {
		return uuid.Nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO officers (district_id, officer_id, number, name_hi, name_en, rank, is_woman, state_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, district, id, o.Number, o.NameHi, o.NameEn, o.Rank, o.IsWoman, s.now())
	return id, wrap(err, "add officer")
}

// Bootstrapped is what the first administrator begins with. Both codes die together.
type Bootstrapped struct {
	OfficerID      uuid.UUID
	EnrolCode      Secret
	ActivationCode Secret
	ExpiresAt      time.Time
}

// ErrBootstrapped says that somebody has a PIN already: from then on codes come from him.
var ErrBootstrapped = errors.New("the district has an officer with a PIN already")

// Bootstrap makes the first administrator's codes, for a handset of HQ. It may be called again until somebody in the
// district has a PIN; earlier codes die then. His post is an op of the book like every post.
func (s *Service) Bootstrap(ctx context.Context, district int32, o Officer) (Bootstrapped, error) {
	var out Bootstrapped
	err := s.write(ctx, district, func(tx pgx.Tx) error {
		var begun bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pins WHERE district_id = $1)`, district).Scan(&begun); err != nil {
			return fmt.Errorf("look for PINs: %w", err)
		}
		if begun {
			return ErrBootstrapped
		}
		if err := ensureHQ(ctx, tx, district); err != nil {
			return err
		}
		known, err := findOfficer(ctx, tx, district, o.Number)
		if out.OfficerID = known.ID; errors.Is(err, ErrNotKnown) {
			out.OfficerID, err = s.AddOfficer(ctx, tx, district, o)
		}
		if err != nil {
			return err
		}
		return s.bootstrapCodes(ctx, tx, district, &out)
	})
	if err != nil {
		return Bootstrapped{}, fmt.Errorf("bootstrap: %w", err)
	}
	return out, nil
}

func (s *Service) bootstrapCodes(ctx context.Context, tx pgx.Tx, district int32, out *Bootstrapped) error {
	out.ExpiresAt = s.now().Add(bootstrapLife)
	_, err := tx.Exec(ctx, `UPDATE once_codes SET expires_at = $2 WHERE district_id = $1 AND expires_at > $2`, district, s.now())
	if err != nil {
		return fmt.Errorf("end earlier codes: %w", err)
	}
	code, err := s.activation(ctx, tx, district, out.OfficerID, bootstrapLife)
	if err != nil {
		return err
	}
	out.ActivationCode, out.EnrolCode = code.Text, Secret(newEnrolCode(district))
	err = s.storeCode(ctx, tx, district, purposeEnrol, HQ, uuid.Nil, s.hashLongCode(string(out.EnrolCode)), out.ExpiresAt)
	if err != nil {
		return err
	}
	return s.settle(ctx, tx, district, &event{kind: eventBootstrap, officer: out.OfficerID}, nil)
}

// ensureHQ makes the book of the district office, where the first post is entered.
func ensureHQ(ctx context.Context, tx pgx.Tx, district int32) error {
	_, err := tx.Exec(ctx, `INSERT INTO centres (district_id, centre, hi, en) VALUES ($1, $2, 'जनपद मुख्यालय', 'District headquarters')
		ON CONFLICT DO NOTHING`, district, HQ)
	return wrap(err, "make "+HQ)
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
