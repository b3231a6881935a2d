package book

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
)

// Slip is what a woman is given when her complaint is registered: by number and
// secret together she learns, from any telephone, what became of it.
type Slip struct {
	Number string
	Secret seal.Text
}

// slipShown is how long receipts show a slip after it was made, to the handset
// that made the op: for a receipt that was lost on the way.
const slipShown = 24 * time.Hour

// slipKinds are the kinds of op that may register a complaint, or put right that
// her slip is safe for her.
var slipKinds = []string{"complaint.open", "complaint.register", "follow_up.done", "entry.correct", "squad.person"}

// slip is a row of slips. It stands beside the book, like the marks of numbers:
// it holds no secret, and nothing that is folded rests on it.
type slip struct {
	Number      string
	ComplaintID uuid.UUID // or the person who was warned
	OpID        uuid.UUID
	Hash        []byte
}

// slipHash is a keyed hash for one purpose.
func (b *Book) slipHash(purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, b.SlipKey)
	mac.Write([]byte(purpose + "\n" + strings.Join(parts, "\n")))
	return mac.Sum(nil)
}

// crockford has no I, L, O and U, so that a hand-written secret can be read.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// slipSecret is the secret of a complaint's slip: the same each time it is
// asked for, and stored nowhere.
func (b *Book) slipSecret(district int32, complaint uuid.UUID) string {
	return crockford.EncodeToString(b.slipHash("slip 1", strconv.Itoa(int(district)), complaint.String())[:5])
}

// slipNumber is the number on a slip: that of the complaint's line, with a check
// character.
func slipNumber(district int32, centre string, year int, serial int64) string {
	number := fmt.Sprintf("%d-%s-%02d-%d", district, centre, year%100, serial)
	return number + "-" + string(checkCharacter(typed(number)))
}

// typed brings what somebody typed, and what was printed, to one form: capital
// letters without spaces and dashes, letters that look like digits as digits.
func typed(text string) string { return alike.Replace(strings.ToUpper(text)) }

var alike = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1")

const checkAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// checkCharacter is that of ISO 7064, MOD 37,36: it tells every wrong character
// and nearly every two that changed places.
func checkCharacter(text string) byte {
	const m = len(checkAlphabet)
	p := m
	for i := range len(text) {
		p = (p + strings.IndexByte(checkAlphabet, text[i])) % m
		if p == 0 {
			p = m
		}
		p = p * 2 % (m + 1)
	}
	return checkAlphabet[(m+1-p)%m]
}

// isSlipNumber tells whether a typed number ends with its check character.
func isSlipNumber(number string) bool {
	last := len(number) - 1
	return last > 0 && typed(string(checkCharacter(number[:last]))) == number[last:]
}

// warnedNumber is the number on the slip of a person who was warned: that of his
// line in the squad register, told from those of women by its letter.
func warnedNumber(district int32, centre string, year int, serial int64) string {
	number := fmt.Sprintf("%d-%s-%02d-S%d", district, centre, year%100, serial)
	return number + "-" + string(checkCharacter(typed(number)))
}

// slipLock is what is stored of number and secret.
func (b *Book) slipLock(number, secret string) []byte {
	return b.slipHash("slip lock 1", typed(number), typed(secret))
}

// slipDue has her given the slip of a registered complaint, once, if it is safe
// for her to have one. One that another centre transferred has its slip.
func (s *State) slipDue(c *Complaint) {
	if c.RegisteredAt == nil || c.Data.FromID != nil || c.Data.SlipGiven || !c.Data.StatusSafe {
		return
	}
	c.Data.SlipGiven = true
	s.slipsDue = append(s.slipsDue, c.ComplaintID)
}

// warnedDue has a person who was warned given the slip by which he may object.
func (s *State) warnedDue(m *Matter) {
	if slices.Contains(warnings, m.Data.Result) && !m.Data.IsChild {
		s.slipsDue = append(s.slipsDue, m.MatterID)
	}
}

// numberOfSlip is the number of the slip of a complaint or of a person who was
// warned.
func (t *batch) numberOfSlip(id uuid.UUID) string {
	if c := t.state.complaints.get(id); c != nil {
		return slipNumber(t.district, t.centre, c.Year, c.Serial)
	}
	m := t.state.matters.get(id)
	return warnedNumber(t.district, t.centre, m.Year, m.Serial)
}

// giveSlips makes the slips that an op gives and shows them in its receipt.
func (t *batch) giveSlips(d *draft, e *Entry) {
	due := t.state.slipsDue
	t.state.slipsDue = nil
	if len(due) == 0 {
		return
	}
	for _, id := range due {
		row, secret := slip{Number: t.numberOfSlip(id), ComplaintID: id, OpID: e.OpID}, t.book.slipSecret(t.district, id)
		row.Hash = t.book.slipLock(row.Number, secret)
		t.newSlips = append(t.newSlips, row)
		if d.receipt.Slip == nil {
			d.receipt.Slip = &Slip{Number: row.Number, Secret: seal.NewText(secret)}
		}
	}
}

// slipOf is the slip of an op that this transaction entered.
func (t *batch) slipOf(op uuid.UUID) *Slip {
	for _, s := range t.newSlips {
		if s.OpID == op {
			return &Slip{Number: s.Number, Secret: seal.NewText(t.book.slipSecret(t.district, s.ComplaintID))}
		}
	}
	return nil
}

// oldSlips shows slips again in the receipts of ops sent again: of the very op,
// and to the handset that made it.
func (t *batch) oldSlips(ctx context.Context, drafts []*draft) error {
	var ids []uuid.UUID
	for _, d := range drafts {
		if d.old != nil && d.old.OpHash == d.hash && d.old.DeviceID == d.device && slices.Contains(slipKinds, d.old.Kind) {
			ids = append(ids, d.op.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	// The op that opens a complaint has its id; those that give a slip later stand in an index of their own.
	rows, err := t.tx.Query(ctx, `SELECT s.op_id, s.number, s.complaint_id, c.data FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT * FROM slips WHERE district_id = $1 AND complaint_id = u.id AND op_id = u.id UNION ALL
			SELECT * FROM slips WHERE district_id = $1 AND op_id = u.id AND op_id <> complaint_id) s
		LEFT JOIN complaints c ON c.district_id = $1 AND c.complaint_id = s.complaint_id
		WHERE s.made_at > $3`, t.district, ids, t.now.Add(-slipShown))
	if err != nil {
		return fmt.Errorf("read slips: %w", err)
	}
	slips := map[uuid.UUID]*Slip{}
	var op, complaint uuid.UUID
	var number string
	var text *string // nil: of a person who was warned
	_, err = pgx.ForEachRow(rows, []any{&op, &number, &complaint, &text}, func() error {
		if text != nil {
			var data ComplaintData
			if err := unjson(*text, &data); err != nil || !data.told() {
				return err
			}
		}
		slips[op] = &Slip{Number: number, Secret: seal.NewText(t.book.slipSecret(t.district, complaint))}
		return nil
	})
	for _, d := range drafts {
		if d.old != nil && d.old.OpHash == d.hash && d.old.DeviceID == d.device {
			d.receipt.Slip = slips[d.op.ID]
		}
	}
	return wrap(err, "read slips")
}

// told tells whether she may be told by her slip what became of her complaint.
func (d *ComplaintData) told() bool { return d.StatusSafe && d.CloseReason != struck }

func (t *batch) flushSlips(p *pgx.Batch) {
	if len(t.newSlips) == 0 {
		return
	}
	rows := pointers(t.newSlips)
	p.Queue(`INSERT INTO slips (district_id, centre, made_at, number, complaint_id, op_id, keyed_hash)
		SELECT $1, $2, $3, `+each(4, "text uuid uuid bytea"),
		t.district, t.centre, t.now,
		column(rows, func(r *slip) string { return r.Number }),
		column(rows, func(r *slip) [16]byte { return r.ComplaintID }),
		column(rows, func(r *slip) [16]byte { return r.OpID }),
		column(rows, func(r *slip) []byte { return r.Hash }))
}
