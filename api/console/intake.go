package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// intake is the form of a new complaint, in the order in which a woman tells it;
// or one that was begun, as it was left.
func (p *Pages) intake(x *exchange) error {
	if !mayMake(x.who, contract.KindComplaintOpen) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	now := x.now.In(ist).Format("2006-01-02T15:04")
	a := ask{
		kind: contract.KindComplaintOpen, centre: x.centre, back: Root + "/complaints",
		values: map[string][]string{"arrived_at": {now}, "heard_at": {now}, "channel": {"walk_in"}},
	}
	if id := x.c.Query("draft"); id != "" {
		var err error
		if a, err = p.begun(x, id, contract.KindComplaintOpen); err != nil {
			return p.ended(x, id, err)
		}
	}
	f, err := p.formOf(x, a)
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "op", "page.intake", f)
}

// draftText is a form that was begun, as it is sealed.
type draftText struct {
	Salt   string              `json:"salt"`
	Back   string              `json:"back"`
	Values map[string][]string `json:"values"`
	Now    map[string]bool     `json:"now"`
}

// begun is a form of a kind as the officer left it.
func (p *Pages) begun(x *exchange, id string, kind contract.Kind) (ask, error) {
	op, err := uuid.Parse(id)
	if err != nil {
		return ask{}, contract.NewProblem(contract.CodeNotFound)
	}
	d, err := p.Staff.Draft(x.ctx, x.who, op)
	if err != nil {
		return ask{}, err
	}
	var t draftText
	if err := json.Unmarshal(d.Text, &t); err != nil || d.Form != string(kind) {
		return ask{}, errors.Join(contract.NewProblem(contract.CodeNotFound), err)
	}
	x.centre = d.Centre
	return ask{kind: kind, centre: d.Centre, back: t.Back, values: t.Values, now: t.Now, opID: op.String(), salt: t.Salt}, nil
}

// ended answers who comes back to a form that is no draft any more: what became of
// it, if it was entered.
func (p *Pages) ended(x *exchange, id string, wrong error) error {
	op, err := uuid.Parse(id)
	if err != nil {
		return wrong
	}
	if r, err := p.Book.Own(x.ctx, x.who, op); err != nil || r.Entry == nil || r.Entry.Kind != string(contract.KindComplaintOpen) {
		return wrong
	}
	return seeOther(x.c, withDone(complaintPath(op), id))
}

// saveDraft keeps what stands in a form while it is filled in; nothing of it is
// judged yet. One whose op is entered meanwhile is not kept any more.
func (p *Pages) saveDraft(x *exchange) error {
	kind := contract.Kind(x.c.Params("kind"))
	if !drafted[kind] || !mayMake(x.who, kind) {
		return contract.NewProblem(contract.CodeNotFound)
	}
	if x.c.FormValue("drop") != "" {
		return p.dropDraft(x)
	}
	s, err := p.read(x, kind)
	if err != nil {
		return err
	}
	op, err := uuid.Parse(s.OpID)
	if err != nil {
		return contract.NewProblem(contract.CodeNotThePage)
	}
	if _, err := p.Book.Own(x.ctx, x.who, op); err == nil {
		return p.dropDraft(x)
	}
	text, err := json.Marshal(draftText{Salt: s.Salt, Back: s.Back, Values: s.values, Now: s.now})
	if err != nil {
		return err
	}
	if err := p.Staff.SaveDraft(x.ctx, x.who, &staff.Draft{OpID: op, Form: string(kind), Centre: s.Centre, Text: text}); err != nil {
		return err
	}
	return x.c.SendStatus(http.StatusNoContent)
}

// dropDraft forgets one that nobody wants any more.
func (p *Pages) dropDraft(x *exchange) error {
	op, err := uuid.Parse(x.c.FormValue("op_id"))
	if err != nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	if err := p.Staff.DropDraft(x.ctx, x.who, op); err != nil {
		return err
	}
	return seeOther(x.c, Root+"/complaints?centre="+x.centre)
}

// unfinished is a form that was begun.
type unfinished struct {
	Kind, OpID, Path string
	SavedAt          time.Time
}

// unfinished lists the officer's own.
func (p *Pages) unfinished(x *exchange) ([]unfinished, error) {
	list, err := p.Staff.Drafts(x.ctx, x.who)
	if err != nil {
		return nil, err
	}
	out := make([]unfinished, len(list))
	for i, d := range list {
		out[i] = unfinished{Kind: d.Form, OpID: d.OpID.String(), SavedAt: d.SavedAt, Path: Root + "/complaints/new?draft=" + d.OpID.String()}
	}
	return out, nil
}

// slipBody is the slip that a woman takes home: number and secret, nothing of
// her and nothing of what she said.
type slipBody struct {
	Number, Secret, GoOn string
	At                   any
	Line                 string
	Helplines            []helpline
}

type helpline struct{ Number, Name string }

// slip shows it, once: it is not kept anywhere else.
func (p *Pages) slip(x *exchange, s *said, r *book.Receipt) error {
	b := slipBody{Number: r.Slip.Number, Secret: r.Slip.Secret.Reveal(), GoOn: withDone(s.Back, s.OpID), At: x.now}
	if r.Entry != nil {
		b.At = r.Entry.At
		if len(r.Entry.Lines) > 0 {
			b.Line = r.Entry.Lines[0].No
		}
		if r.Entry.Kind == string(contract.KindComplaintOpen) {
			b.GoOn = withDone(Root+"/complaints/"+r.OpID.String(), s.OpID)
		}
	}
	b.Helplines = p.helplines(x, "112", "1090", "181")
	return p.send(x, http.StatusOK, "slip", "page.slip", b)
}
