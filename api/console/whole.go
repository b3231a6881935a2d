package console

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// enterWhole enters deeds by ops of the officer, all or none. The last is told at the top
// of the page that follows.
func (p *Pages) enterWhole(x *exchange, deeds []book.GroundDeed) (last uuid.UUID, err error) {
	at := contract.At(x.now)
	if len(deeds) == 0 || len(deeds) > book.WholeMost {
		return last, contract.NewProblem(contract.CodePlanChanged)
	}
	raws, ops := make([][]byte, len(deeds)), make([]*contract.Op, len(deeds))
	for i, d := range deeds {
		id, err := uuid.NewV7()
		if err != nil {
			return last, fmt.Errorf("id of an op: %w", err)
		}
		last = id
		raws[i], err = json.Marshal(deedWire{
			OpID: id.String(), Kind: d.Kind, Centre: x.centre, SessionID: x.who.SessionID, DeviceSeq: at.UnixMilli() + int64(i), DeviceAt: at,
			Salt: contract.Encode(randomBytes(saltBytes)), Body: d.Body,
		})
		if err != nil {
			return last, fmt.Errorf("write op: %w", err)
		}
		if ops[i], _, err = contract.DecodeOp(raws[i]); err != nil {
			return last, err
		}
	}
	sigs, err := p.Staff.SignOps(x.ctx, x.who, ops...)
	if err != nil {
		return last, err
	}
	in := book.Incoming{ReceivedAt: x.now}
	for i := range raws {
		in.Items = append(in.Items, contract.Item{Raw: raws[i], Sig: sigs[i]})
	}
	answer, err := p.Book.AppendWhole(x.ctx, x.who, in)
	var parted *book.Parted
	switch {
	case errors.As(err, &parted) && parted.Problem == nil:
		return last, contract.NewProblem(contract.CodePlanChanged)
	case err != nil:
		return last, err
	}
	p.Door.Note(x.c, &answer.Receipts[len(answer.Receipts)-1])
	return last, nil
}

// deedWire is an op whose body is typed.
type deedWire struct {
	OpID      string        `json:"op_id"`
	Kind      contract.Kind `json:"kind"`
	Centre    string        `json:"centre"`
	SessionID uuid.UUID     `json:"session_id"`
	DeviceSeq int64         `json:"device_seq"`
	DeviceAt  contract.Time `json:"device_at"`
	Salt      string        `json:"salt"`
	Body      any           `json:"body"`
}
