package console

import (
	"net/http"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// intake is the form of a new complaint, in the order in which a woman tells it.
func (p *Pages) intake(x *exchange) error {
	if !mayMake(x.who, contract.KindComplaintOpen) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	now := x.now.In(ist).Format("2006-01-02T15:04")
	f, err := p.formOf(x, ask{
		kind: contract.KindComplaintOpen, centre: x.centre, back: Root + "/complaints",
		values: map[string][]string{"arrived_at": {now}, "heard_at": {now}},
	})
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "op", "page.intake", f)
}

// slipBody is the slip that a woman takes home: number and secret, nothing of
// her and nothing of what she said.
type slipBody struct {
	Number, Secret, GoOn string
	At                   any
	Line                 string
}

// slip shows it, once: it is not kept anywhere else.
func (p *Pages) slip(x *exchange, s *said, r *book.Receipt) error {
	b := slipBody{Number: r.Slip.Number, Secret: r.Slip.Secret.Reveal(), GoOn: withDone(s.Back, s.OpID), At: x.now}
	if r.Entry != nil {
		b.At = r.Entry.At
		if len(r.Entry.Lines) > 0 {
			b.Line = r.Entry.Lines[0].No
		}
	}
	return p.send(x, http.StatusOK, "slip", "page.slip", b)
}
