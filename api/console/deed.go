package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// A deed is what an officer does about a phone, a console or himself. It is no
// entry of a book: staff judges it, as the call of the API does that it stands for.

// deedField is what a deed asks for.
type deedField struct {
	Name, Type, Complete, Value string
}

// deed is one row: its fields, and what is done.
type deed struct {
	fields []deedField
	grave  bool // said in red
	do     func(p *Pages, x *exchange) (*deedDone, error)
}

// deedDone is what came of it: a code is shown once.
type deedDone struct {
	Text   string // key
	Code   string
	QR     *qrCode
	Until  time.Time
	AskBy  uuid.UUID
	AskAt  *time.Time
	Waits  bool // for a second officer
	Agreed bool
}

type deedBody struct {
	Name, Action, Back string
	Fields             []deedField
	Grave, Code        bool
	Problem            *told
	Done               *deedDone
}

// deeds are the pages that do something, by the last part of their path.
//
//nolint:gochecknoglobals // a static table, never written after start
var deeds map[string]deed

func init() { //nolint:gochecknoinits // the table names functions that read it
	number := []deedField{{Name: "officer_no", Type: "text", Complete: "off"}}
	deeds = map[string]deed{
		"lost":           {grave: true, do: (*Pages).doLost},
		"enrol":          {do: (*Pages).doEnrol},
		"replace":        {do: (*Pages).doReplace},
		"approve":        {do: (*Pages).doApprove},
		"invite":         {fields: number, do: (*Pages).doInvite},
		"approve_invite": {fields: number, do: (*Pages).doApproveInvite},
		"remove_factor":  {grave: true, do: (*Pages).doRemoveFactor},
		"end_session":    {grave: true, do: (*Pages).doEndSession},
		"end_device":     {grave: true, do: (*Pages).doEndDevice},
		"change_passphrase": {do: (*Pages).doPassphrase, fields: []deedField{
			{Name: "old", Type: "password", Complete: "current-password"}, {Name: "chosen", Type: "password", Complete: "new-password"},
		}},
	}
}

// deedPage asks once more before it is done.
func (p *Pages) deedPage(x *exchange) error {
	return p.send(x, http.StatusOK, "deed", "page."+x.page.name, p.deedBody(x))
}

func (p *Pages) deedBody(x *exchange) deedBody {
	d := deeds[x.page.name]
	b := deedBody{Name: x.page.name, Action: x.c.Path(), Fields: slices.Clone(d.fields), Grave: d.grave, Code: p.wantsFactor(x)}
	b.Back = Root + "/staff?centre=" + url.QueryEscape(x.centre)
	if x.page.name == "end_session" {
		b.Back = Root + "/staff/sessions?centre=" + url.QueryEscape(x.centre)
	}
	if strings.HasPrefix(x.page.path, "/me") {
		b.Back = Root + "/me"
		if x.page.name == "remove_factor" {
			b.Back = factorsPath
		}
	}
	for i := range b.Fields {
		if b.Fields[i].Type == "text" {
			b.Fields[i].Value = x.c.FormValue(b.Fields[i].Name)
		}
	}
	return b
}

// wantsFactor tells whether the call of a page asks for the second factor again.
func (p *Pages) wantsFactor(x *exchange) bool {
	return !x.who.Fresh(x.now) && slices.ContainsFunc(contract.Routes(), func(r *contract.Route) bool {
		return r.OperationID == x.page.call && r.Fresh
	})
}

// doDeed does it. What is refused comes back with what is wrong.
func (p *Pages) doDeed(x *exchange) error {
	err := p.stepUp(x)
	if err == nil && p.wantsFactor(x) {
		err = contract.NewProblem(contract.CodeStepUp)
	}
	var done *deedDone
	if err == nil {
		done, err = deeds[x.page.name].do(p, x)
	}
	b := p.deedBody(x)
	if err != nil {
		problem, id := p.Door.Problem(x.c, err)
		if problem.Status == http.StatusUnauthorized && problem.Code == contract.CodeUnauthorized {
			return err
		}
		b.Problem = p.tell(x, problem)
		b.Problem.RequestID = id
		return p.send(x, problem.Status, "deed", "page."+x.page.name, b)
	}
	b.Done = done
	x.c.Set("Cache-Control", "no-store")
	return p.send(x, http.StatusOK, "deed", "page."+x.page.name, b)
}

func (p *Pages) doLost(x *exchange) (*deedDone, error) {
	id, err := idOf(x)
	if err == nil {
		err = p.Staff.ReportLost(x.ctx, x.who, id)
	}
	return &deedDone{Text: "deed.lost.done"}, err
}

func (p *Pages) doEnrol(x *exchange) (*deedDone, error) {
	code, err := p.Staff.InviteDevice(x.ctx, x.who, x.centre)
	if err != nil {
		return nil, err
	}
	out := &deedDone{Text: "deed.enrol.code", Code: string(code.Text), Until: code.ExpiresAt}
	out.QR, err = qrOf(out.Code)
	return out, err
}

func (p *Pages) doReplace(x *exchange) (*deedDone, error) {
	id, err := idOf(x)
	if err != nil {
		return nil, err
	}
	r, err := p.Staff.Replace(x.ctx, x.who, id)
	if err != nil {
		return nil, err
	}
	return asked("deed.replace", r.AskedBy, r.AskedAt, r.ApprovedBy != nil, r.Code)
}

func (p *Pages) doApprove(x *exchange) (*deedDone, error) {
	id, err := idOf(x)
	if err == nil {
		_, err = p.Staff.Approve(x.ctx, x.who, id)
	}
	return &deedDone{Text: "deed.approve.done", Agreed: true}, err
}

func (p *Pages) doInvite(x *exchange) (*deedDone, error) {
	v, err := p.Staff.Invite(x.ctx, x.who, strings.TrimSpace(x.c.FormValue("officer_no")))
	if err != nil {
		return nil, err
	}
	return asked("deed.invite", v.AskedBy, v.AskedAt, v.ApprovedBy != nil, v.Code)
}

func (p *Pages) doApproveInvite(x *exchange) (*deedDone, error) {
	_, err := p.Staff.ApproveInvitation(x.ctx, x.who, strings.TrimSpace(x.c.FormValue("officer_no")))
	return &deedDone{Text: "deed.approve.done", Agreed: true}, err
}

// asked says how far what two officers do has come: the first one's code is there
// when the second has agreed.
func asked(name string, by uuid.UUID, at time.Time, agreed bool, code *staff.Code) (*deedDone, error) {
	out := &deedDone{Text: name + ".waits", AskBy: by, AskAt: &at, Waits: !agreed, Agreed: agreed}
	if code == nil {
		return out, nil
	}
	out.Text, out.Code, out.Until = name+".code", string(code.Text), code.ExpiresAt
	var err error
	out.QR, err = qrOf(out.Code)
	return out, err
}

func (p *Pages) doEndDevice(x *exchange) (*deedDone, error) {
	id, err := idOf(x)
	if err == nil {
		err = p.Staff.EndOwnDevice(x.ctx, x.who, id)
	}
	return &deedDone{Text: "deed.end_device.done"}, err
}

func (p *Pages) doEndSession(x *exchange) (*deedDone, error) {
	id, err := idOf(x)
	if err == nil {
		err = p.Staff.EndSession(x.ctx, x.who, x.centre, id)
	}
	return &deedDone{Text: "deed.end_session.done"}, err
}

func (p *Pages) doPassphrase(x *exchange) (*deedDone, error) {
	err := p.Staff.ChangePassphrase(x.ctx, x.who, staff.Secret(x.c.FormValue("old")), staff.Secret(x.c.FormValue("chosen")))
	return &deedDone{Text: "deed.change_passphrase.done"}, err
}
