package book

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/seal"
	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// draft is an op on its way into the book.
type draft struct {
	// as it came
	raw    []byte
	sig    []byte
	hash   [32]byte
	op     *contract.Op
	report contract.Report
	kind   *kindRow
	body   any

	// who, when
	server     string // role of the server's own ops, else empty
	device     uuid.UUID
	officer    uuid.UUID
	session    *staff.Session
	posts      []staff.Post
	post       staff.Post
	receivedAt time.Time
	offset     time.Duration
	at         time.Time
	rules      *rules
	forced     bool // entered by the in-charge though what it waited for is missing

	// what the check found
	base      string
	facts     Facts
	flags     []geo.Flag
	registers []string
	seenBy    []uuid.UUID
	guarded   bool
	caseID    uuid.UUID
	beat      *uuid.UUID
	marks     []seal.Mark // numbers to be found again by their keyed hash
	cells     []int64     // of a place that is sealed, resolution 7
	corrects  *uuid.UUID  // the complaint or matter whose line is put right
	enters    uuid.UUID
	strikes   uuid.UUID

	wakes   []uuid.UUID // who is near, of a call for help
	month   *BeatMonth  // what the book has of a month that is closed
	batch   *batch
	old     *Entry // of an op sent again
	reads   bool   // its answer is wanted: the plain text that it names (unseal.go), the cases of a number (search.go)
	plain   []PlainField
	file    uuid.UUID // the file whose bytes are wanted (attached_read.go)
	opened  *openedFile
	found   []FoundCase // search.go
	sheet   *sheet      // the file that it takes (exports_read.go)
	others  int
	receipt Receipt
	head    *Head
	err     error
}

// flag records a doubt, once.
func (d *draft) flag(f geo.Flag) {
	if !slices.Contains(d.flags, f) {
		d.flags = append(d.flags, f)
	}
}

// opens makes the entry open a line in a register.
func (d *draft) opens(register string) { d.registers = append(d.registers, register) }

// takePost chooses the post that the officer named, if it is his.
func (d *draft) takePost(id uuid.UUID) bool {
	for _, p := range d.posts {
		if p.PostID == id && p.Covers(d.at) {
			d.post = p
			return true
		}
	}
	return false
}

// refused ends the draft with a problem.
func (d *draft) refused(p *contract.Problem) {
	d.receipt.Outcome, d.receipt.Problem = Refused, p
}

// settled tells whether the draft has its answer.
func (d *draft) settled() bool { return d.receipt.Outcome != "" }

// prepare does all of an op that needs no lock: decode, validate, hash, verify
// the signature by the session's key.
func (b *Book) prepare(ctx context.Context, who staff.Caller, in Incoming, item contract.Item) *draft {
	d := &draft{raw: item.Raw, device: who.DeviceID, receivedAt: in.ReceivedAt, offset: in.Offset}
	if err := b.decode(ctx, who.District, d, item); err != nil {
		d.fail(err)
		return d
	}
	key, officer, device, err := b.Sessions(ctx, who.District, d.op.SessionID)
	d.officer = officer
	switch {
	case err != nil && isProblem(err) == nil:
		d.err = err
	case err != nil:
		d.refused(refusal(contract.CodeUnknownSession, "/session_id"))
	case device != who.DeviceID:
		d.refused(refusal(contract.CodeDeviceMismatch, "/session_id"))
	case !contract.VerifyES256(key, contract.OpMessage(d.hash), d.sig):
		d.refused(refusal(contract.CodeBadSignature, "/sig"))
	}
	return d
}

// fail settles a draft by an error: a problem is a refusal, all else is ours.
func (d *draft) fail(err error) {
	if p := isProblem(err); p != nil {
		d.refused(p)
		return
	}
	d.err = err
}

// decode reads the op strictly and finds its kind.
func (b *Book) decode(ctx context.Context, district int32, d *draft, item contract.Item) error {
	if item.Err != nil {
		d.receipt.OpID, _ = contract.ReadOpID(item.Raw)
		return item.Err
	}
	op, report, err := contract.DecodeOp(item.Raw)
	if err != nil {
		d.receipt.OpID, _ = contract.ReadOpID(item.Raw)
		return err
	}
	d.op, d.report, d.raw = op, report, op.Raw
	d.hash = contract.HashOp(op.Raw)
	d.receipt.OpID, d.receipt.Centre, d.receipt.OpHash = op.ID, op.Centre, d.hash
	if d.sig, err = contract.Decode(item.Sig); err != nil {
		return refuse(contract.CodeBadSignature, "/sig")
	}
	d.kind = kinds[string(op.Kind)]
	if d.kind == nil {
		return refuse(contract.CodeBadKind, "/kind")
	}
	if slices.Equal(d.kind.roles, clockOnly) {
		return refuse(contract.CodeClockOnly, "/kind")
	}
	if d.body, err = d.kind.parse(op.Body); err != nil {
		return err
	}
	if d.rules = b.rules.Load(); !d.knownWords(district) { // perhaps another process has heard of them
		if d.rules, err = b.freshRules(ctx, district); err != nil {
			return err
		}
	}
	return b.texts(district, d)
}

// knownWords tells whether the rules know all codes and added columns that the
// op names.
func (d *draft) knownWords(district int32) bool {
	v := d.rules.of(district)
	for _, c := range d.report.Codes {
		if known, _ := v.codeOf(d, c.List, c.Code); !known {
			return false
		}
	}
	body := d.body
	if c, ok := body.(*contract.EntryCorrect); ok {
		r, _ := replacements(c)
		if body = r.body; body == nil {
			return true
		}
	}
	field := reflect.Indirect(reflect.ValueOf(body)).FieldByName("Extra")
	if !field.IsValid() {
		return true
	}
	x, _ := field.Interface().(*contract.Extra)
	return v.knownExtra(d, x)
}

// codeOf finds a code as it stood when the op was made, or at least when it
// came: the clocks of phones are wrong by minutes.
func (v *ruleView) codeOf(d *draft, list, code string) (known, retired bool) {
	if _, known, retired = v.code(list, code, d.op.DeviceAt); !known {
		_, known, retired = v.code(list, code, d.receivedAt)
	}
	return known, retired
}

// texts checks codes against their lists as they stood when the op was made,
// and open texts against what must not stand in them, and flags numbers that
// look like Aadhaar's. A code that was retired since is flagged, not refused.
func (b *Book) texts(district int32, d *draft) error {
	v := d.rules.of(district)
	for _, c := range d.report.Codes {
		known, retired := v.codeOf(d, c.List, c.Code)
		if !known {
			return refuse(contract.CodeUnknownCode, c.Pointer)
		}
		if retired {
			d.flag(flag{Code: flagRetiredCode, Value: 1})
		}
	}
	like := 0
	for _, t := range d.report.OpenTexts {
		if phoneLike(t.Text) {
			return refuse(contract.CodeIdentityInText, t.Pointer)
		}
		like += aadhaarLike(t.Text)
	}
	for _, s := range d.report.Sealed {
		like += aadhaarLike(plain(d.raw[s.Start:s.End]))
	}
	if like > 0 {
		d.flag(geo.Flag{Code: flagAadhaarLike, Value: float64(like)})
	}
	return nil
}

// derivedID makes an id that is the same each time the same thing is derived
// from the same op: a UUIDv8 of a hash.
func derivedID(from uuid.UUID, what string, n int) uuid.UUID {
	h := sha256.New()
	h.Write(from[:])
	h.Write([]byte(what))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	var id uuid.UUID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// timely sets the time of the entry: the phone's, corrected by the measured
// offset of its clock, never after the time of receipt.
func (d *draft) timely() {
	d.at = d.op.DeviceAt.UTC().Truncate(time.Millisecond)
	if d.server == "" {
		d.at = d.at.Add(d.offset).Truncate(time.Millisecond)
	}
	if d.at.After(d.receivedAt) {
		d.at = d.receivedAt
	}
}

// openBody is the body with its sealed fields made null: what apply sees.
func openBody(op *contract.Op, report contract.Report) ([]byte, error) {
	var inside []contract.Span
	for _, s := range report.Sealed {
		if s.Start >= op.BodyAt && s.End <= op.BodyAt+len(op.Body) {
			inside = append(inside, s)
		}
	}
	if len(inside) != len(report.Sealed) {
		return nil, fmt.Errorf("op %s seals what is not in its body", op.ID)
	}
	if len(inside) == 0 {
		return op.Body, nil
	}
	return contract.OpenView(op.Body, op.BodySpans(inside)), nil
}

// sealedPointers are the sealed fields that somebody may have a reason to read.
func (d *draft) sealedPointers() []string {
	out := make([]string, 0, len(d.report.Sealed))
	for _, s := range d.report.Sealed {
		if !slices.Contains(codeFields, s.Pointer) {
			out = append(out, s.Pointer)
		}
	}
	return out
}
