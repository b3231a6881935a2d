package book

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// SlipQuestion is what a woman, or whoever found her slip, asks.
type SlipQuestion struct {
	Number  string
	Secret  string
	Address string // where the question comes from
}

// SlipStatus is all that a slip tells: nothing of what she said, of what kind
// it is, or of who she is.
type SlipStatus struct {
	District int32
	State    string
	At       time.Time
	Role     string // of the officer responsible
	Centre   Code   // whose Hi and En name it
	Phone    string
	NextOn   string // day (IST) on which something is next due; empty: nothing is
	Declined bool   // an FIR was, and she has a remedy
}

// Limits of tries by the hour. A correct try counts, too: who has the slip needs
// no five.
const (
	slipTries    = 5  // for a number
	addressTries = 50 // from an address
	allTries     = 600
)

// Slip answers what became of a complaint. A number that there is not, a wrong
// secret, a wrong check character and a complaint that is not to be told of get
// the same answer by the same work, so that nothing is learnt from asking. It is
// a read: no entry, but each try counts.
func (b *Book) Slip(ctx context.Context, q SlipQuestion) (*SlipStatus, error) {
	var s *SlipStatus
	district, err := b.withSlip(ctx, q, func(ctx context.Context, tx pgx.Tx, district int32, lock []byte) (known bool, err error) {
		found, err := readSlip(ctx, tx, district, lock, b.now())
		s = statusOf(found)
		return s != nil, err
	})
	if err != nil {
		return nil, err
	}
	s.District = district
	return s, nil
}

// withSlip counts a try and has what a slip is about read, by its lock. What
// there is not, or is not to be told of, is one answer.
func (b *Book) withSlip(
	ctx context.Context, q SlipQuestion, read func(ctx context.Context, tx pgx.Tx, district int32, lock []byte) (known bool, err error),
) (int32, error) {
	number := typed(q.Number)
	district, known := b.slipDistrict(q.Number)
	lock := b.slipLock(number, q.Secret)
	now, tooMany, found := b.now(), false, false
	err := within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) (err error) {
		if tooMany, err = b.slipTry(ctx, tx, district, number, q.Address, now); err != nil || tooMany {
			return err
		}
		found, err = read(ctx, tx, district, lock)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case tooMany:
		return 0, contract.NewProblem(contract.CodeSlipTries,
			contract.WithRetryAfter(now.Truncate(time.Hour).Add(time.Hour).Sub(now)))
	case !known, !found, !isSlipNumber(number):
		return 0, contract.NewProblem(contract.CodeSlipUnknown)
	}
	return district, nil
}

// slipDistrict reads the district at the front of a number. For one that there
// is not, another is asked, in vain.
func (b *Book) slipDistrict(number string) (district int32, known bool) {
	parts := strings.FieldsFunc(number, func(r rune) bool { return r == ' ' || r == '-' })
	if len(parts) == 0 {
		parts = []string{""}
	}
	first := typed(parts[0])
	if n := strings.IndexFunc(first, func(r rune) bool { return r < '0' || r > '9' }); n >= 0 {
		// Typed in one piece; a centre's code begins with a letter.
		first = first[:n]
	}
	n, err := strconv.ParseInt(first, 10, 32)
	all := b.rules.Load().districts
	if _, ok := all[int32(n)]; ok && err == nil {
		return int32(n), true
	}
	for d := range all {
		if district == 0 || d < district {
			district = d
		}
	}
	return district, false
}

// slipTry counts a try: by the address and in all first, so that who has used
// up his tries cannot use up those of a number, too.
func (b *Book) slipTry(ctx context.Context, tx pgx.Tx, district int32, number, address string, now time.Time) (tooMany bool, err error) {
	hour := now.Truncate(time.Hour)
	all, from := b.slipHash("slip tries 1", "all"), b.slipHash("slip tries 1", "address", address)
	of := b.slipHash("slip tries 1", "number", number)
	for _, round := range [][]struct {
		subject []byte
		limit   int
	}{{{all, allTries}, {from, addressTries}}, {{of, slipTries}}} {
		for _, r := range round {
			var n int
			err := tx.QueryRow(ctx, `INSERT INTO slip_tries (district_id, subject, hour, n) VALUES ($1, $2, $3, 1)
				ON CONFLICT (district_id, subject, hour) DO UPDATE SET n = slip_tries.n + 1 RETURNING n`,
				district, r.subject, hour).Scan(&n)
			if err != nil {
				return false, fmt.Errorf("count tries: %w", err)
			}
			tooMany = tooMany || n > r.limit
			if slices.Equal(r.subject, all) && n == 1 { // the first of an hour clears up
				if _, err := tx.Exec(ctx, `DELETE FROM slip_tries WHERE district_id = $1 AND hour < $2`, district, hour); err != nil {
					return false, fmt.Errorf("forget tries: %w", err)
				}
			}
		}
		if tooMany {
			break
		}
	}
	return tooMany, nil
}

// slipComplaint is a complaint of the correlation that a slip is about.
type slipComplaint struct {
	First     bool // the one that the slip was given for
	State     string
	StateAt   time.Time
	OwnerRole string
	Data      ComplaintData
	Hi, En    string
	Phone     string
	NextDue   *time.Time
}

// readSlip finds, by the lock alone, the complaint of a slip in all the books
// that it has been in. A slip is given where she came first, so its complaint is
// the one that the others are correlated with.
func readSlip(ctx context.Context, tx pgx.Tx, district int32, lock []byte, now time.Time) ([]*slipComplaint, error) {
	rows, err := tx.Query(ctx, `SELECT c.complaint_id = s.complaint_id, c.state, c.state_at, c.owner_role, c.data, e.hi, e.en,
			coalesce(e.phone, ''), (SELECT min(k.due_at) FROM clocks k WHERE k.district_id = $1 AND k.subject_id = c.complaint_id
				AND k.stopped_at IS NULL AND k.paused_at IS NULL AND k.due_at >= $3)
		FROM slips s
		JOIN LATERAL (SELECT * FROM complaints WHERE district_id = $1 AND complaint_id = s.complaint_id UNION ALL
			SELECT * FROM complaints WHERE district_id = $1 AND correlation_id = s.complaint_id AND correlation_id <> complaint_id) c ON true
		JOIN centres e ON e.district_id = $1 AND e.centre = c.centre
		WHERE s.district_id = $1 AND s.keyed_hash = $2`, district, lock, now)
	if err != nil {
		return nil, fmt.Errorf("read slip: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*slipComplaint, error) {
		c, data := &slipComplaint{}, ""
		err := row.Scan(&c.First, &c.State, &c.StateAt, &c.OwnerRole, &data, &c.Hi, &c.En, &c.Phone, &c.NextDue)
		if err != nil {
			return nil, err
		}
		return c, unjson(data, &c.Data)
	})
	return list, wrap(err, "read slip")
}

// statusOf is what may be told of a complaint where it now is: the one that was
// not transferred further. While it is between two books the first is still
// responsible. Nil: nothing may be told.
func statusOf(list []*slipComplaint) *SlipStatus {
	var now *slipComplaint
	for _, c := range list {
		if c.First && !c.Data.told() || c.Data.CloseReason == struck {
			return nil
		}
		if now == nil || cmp.Or(rank(c)-rank(now), c.StateAt.Compare(now.StateAt)) > 0 {
			now = c
		}
	}
	if now == nil {
		return nil
	}
	s := &SlipStatus{
		State: now.State, At: now.StateAt, Role: now.OwnerRole, Centre: Code{Hi: now.Hi, En: now.En}, Phone: now.Phone,
		Declined: now.Data.FIRDeclined != nil && len(now.Data.FIRs) == 0,
	}
	if s.Role == "" { // nobody has it in hand
		s.Role = staff.CentreIncharge
	}
	if now.NextDue != nil {
		s.NextOn = day(*now.NextDue)
	}
	return s
}

// rank puts a complaint that is somewhere before those that left.
func rank(c *slipComplaint) int {
	if c.State == stateTransferred {
		return 0
	}
	return 1
}
