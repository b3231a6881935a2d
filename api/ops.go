package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// PostOps takes a batch and answers each op by position.
func (s *server) PostOps(ctx context.Context, in PostOpsRequestObject) (PostOpsResponseObject, error) {
	r := of(ctx)
	batch, err := contract.SplitBatch(*in.Body)
	var v *contract.Violation
	if errors.As(err, &v) { // a malformed batch is a 400, whatever is wrong with it
		return nil, v.Problem(contract.WithStatus(http.StatusBadRequest))
	}
	if err != nil {
		return nil, err
	}
	offset := r.receivedAt.Sub(batch.SentAt).Truncate(time.Millisecond)
	answer, err := s.Book.Append(ctx, r.caller, book.Incoming{ReceivedAt: r.receivedAt, Offset: offset, Items: batch.Items})
	if err != nil {
		return nil, err
	}
	if err := s.Staff.NoteClock(ctx, r.caller, offset, r.receivedAt); err != nil {
		// The ops are entered, and that is what the phone must hear.
		s.Log.Error("note clock", "request_id", r.id, "err", err.Error())
	}
	out := PostOps200JSONResponse{
		Receipts: make([]contract.Receipt, len(answer.Receipts)), ServerTime: contract.At(s.Now()),
		ClockOffsetMs: offset.Milliseconds(), NextSyncAfterS: s.nextSync(), Checkpoints: []contract.CentreCheckpoint{},
	}
	for i := range answer.Receipts {
		out.Receipts[i] = s.receipt(&answer.Receipts[i], r)
		r.note(&answer.Receipts[i])
	}
	for _, h := range answer.Heads {
		note, err := s.Book.Witness.Sign(r.caller.District, h.Centre, h.Size, h.Root)
		if err != nil {
			return nil, err
		}
		out.Checkpoints = append(out.Checkpoints, contract.CentreCheckpoint{Centre: h.Centre, Note: note})
	}
	return out, nil
}

// note keeps for the log what a batch was about: codes, nothing that was said.
func (r *request) note(receipt *book.Receipt) {
	if c := receipt.Centre; c != "" && !slices.Contains(r.centres, c) {
		r.centres = append(r.centres, c)
	}
	if e := receipt.Entry; e != nil && !slices.Contains(r.kinds, e.Kind) {
		r.kinds = append(r.kinds, e.Kind)
	}
}

// nextSync spreads the phones over a span of 40 % around the middle, so that
// those that came back together do not come again together.
func (s *server) nextSync() int {
	middle := int64(s.SyncEvery / time.Second)
	n, err := rand.Int(rand.Reader, big.NewInt(middle*2/5+1))
	if err != nil {
		return int(middle)
	}
	return int(middle*4/5 + n.Int64())
}

// receipt gives a receipt its form on the wire.
func (s *server) receipt(r *book.Receipt, req *request) contract.Receipt {
	out := contract.Receipt{Outcome: contract.Outcome(r.Outcome), Repeated: r.Repeated}
	if r.OpID != uuid.Nil {
		out.OpID = &r.OpID
	}
	if r.Centre != "" {
		out.Centre = &r.Centre
	}
	if r.WaitsFor != "" {
		out.WaitsFor = &r.WaitsFor
	}
	if r.OpHash != [32]byte{} {
		out.OpHash = hash(r.OpHash[:])
	}
	if r.Problem != nil {
		p := r.Problem.Render(req.lang)
		p.RequestID = req.id
		out.Problem = &p
	}
	if e := r.Entry; e != nil {
		entered(&out, e)
	}
	if r.Slip != nil {
		out.Slip = &contract.Slip{Number: r.Slip.Number, Secret: r.Slip.Secret.Reveal()}
	}
	if c := r.PreviousCard; c != nil {
		out.PreviousCard = &contract.PreviousCard{Found: c.Found}
		if c.Found {
			on := dateOf(c.On)
			out.PreviousCard.On = &on
		}
	}
	if title := s.title(r, req); title != "" {
		out.Title = &title
	}
	return out
}

// title says in the officer's words what became of an op.
func (s *server) title(r *book.Receipt, req *request) string {
	english := req.lang == contract.English
	switch {
	case r.Problem != nil:
		return r.Problem.Render(req.lang).Title
	case r.Outcome == book.Held && english:
		return "Kept; it will be entered when what it waits for arrives"
	case r.Outcome == book.Held:
		return "सुरक्षित है; जिसकी प्रतीक्षा है उसके आने पर दर्ज होगा"
	case len(r.Entry.Lines) == 0 && english:
		return fmt.Sprintf("Entered as no. %d of the book of %s", r.Entry.Seq, r.Centre)
	case len(r.Entry.Lines) == 0:
		return fmt.Sprintf("%s की पुस्तक में क्रमांक %d पर दर्ज", r.Centre, r.Entry.Seq)
	}
	line := r.Entry.Lines[0]
	register, ok := s.Book.Label(req.caller.District, "register", line.Register)
	if !ok {
		register = book.Code{Hi: line.Register, En: line.Register}
	}
	if english {
		return fmt.Sprintf("Entered in the register %s as %s", register.En, line.No)
	}
	return fmt.Sprintf("%s रजिस्टर में क्रमांक %s पर दर्ज", register.Hi, line.No)
}

// entered adds what a phone needs to prove that its op stands in the book.
func entered(out *contract.Receipt, e *book.Entry) {
	facts := contract.Facts(e.FactsText())
	out.Seq, out.RulesSeq = &e.Seq, &e.RulesSeq
	out.At, out.ReceivedAt = contract.AtPtr(e.At), contract.AtPtr(e.ReceivedAt)
	out.OfficerID, out.PostID, out.DeviceID, out.CaseID = &e.OfficerID, &e.PostID, &e.DeviceID, &e.CaseID
	out.Role, out.Guarded = &e.Role, &e.Guarded
	out.SeenBy = append([]uuid.UUID{}, e.SeenBy...)
	out.SealedHash, out.LeafHash = hash(e.SealedHash[:]), hash(e.LeafHash)
	out.Cells = make([]contract.Cell, len(e.Cells))
	for i, c := range e.Cells {
		out.Cells[i] = fmt.Sprintf("%x", c)
	}
	out.Facts, out.Flags, out.Lines = &facts, flagsOf(e.Flags), linesOf(e.Lines)
}

func hash(b []byte) *contract.Hash {
	h := contract.Encode(b)
	return &h
}

func hashes(list [][]byte) []contract.Hash {
	out := make([]contract.Hash, len(list))
	for i, h := range list {
		out[i] = contract.Encode(h)
	}
	return out
}

// cutKey takes a verifier key apart: name, key id, key.
func cutKey(vkey string) (name, id, key string) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, key, _ = strings.Cut(rest, "+")
	return name, id, key
}

func flagsOf(list []geo.Flag) []contract.Flag {
	out := make([]contract.Flag, len(list))
	for i, f := range list {
		out[i] = contract.Flag{Code: f.Code, Value: f.Value}
	}
	return out
}

func linesOf(list []book.LineRef) []contract.LineRef {
	out := make([]contract.LineRef, len(list))
	for i, l := range list {
		out[i] = contract.LineRef{Register: contract.Register(l.Register), Year: l.Year, Serial: l.Serial, No: l.No}
	}
	return out
}
