package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// staffBody is who serves at a centre, what goes from one to the next, and the
// phones.
type staffBody struct {
	Roll      []rollRow
	Steps     []step       // a new posting
	Planned   []plannedRow // today
	Roster    string       // where the week is
	Sessions  string       // where those of the officers are; empty: not for him
	Handovers []handoverRow
	Phones    []phoneRow
	SeesPhone bool
	Enrol     string // where a new phone is taken in; empty: not by him
	Invite    string // where a console is asked for; empty: not by him
	Approve   string
}

type rollRow struct {
	ID           uuid.UUID
	Name, Number string
	Posts        []postRow
}

type postRow struct {
	Role   string
	Until  *time.Time
	Covers bool
	Steps  []step
}

type handoverRow struct {
	Path, Role, From, To string
	OpenedAt             time.Time
	Left, Taken          *time.Time
	Mine                 bool // it waits for who looks
}

type phoneRow struct {
	staff.Handset

	Users                  []string
	Lost, Replace, Approve string // where it is done; empty: not now
}

// rollOf is the roll of the centre that the page is about, read when a page first
// wants it; empty for who may not read it.
func (p *Pages) rollOf(x *exchange) []staff.OnRoll {
	if !x.rolled {
		x.rolled = true
		x.roll, _ = p.Staff.Roll(x.ctx, x.who, x.centre)
	}
	return x.roll
}

// staffPage shows the officers of a centre.
func (p *Pages) staffPage(x *exchange) error {
	roll, err := p.Staff.Roll(x.ctx, x.who, x.centre)
	if err != nil {
		return err
	}
	x.roll, x.rolled = roll, true
	here := Root + "/staff?centre=" + url.QueryEscape(x.centre)
	b := staffBody{}
	if id, err := uuid.NewV7(); err == nil {
		b.Steps = p.steps(x, here, map[string]string{"post_id": id.String()}, contract.KindPostTake)
	}
	for i := range roll {
		b.Roll = append(b.Roll, p.rollRow(x, &roll[i], here))
	}
	b.Roster = Root + "/staff/roster?centre=" + url.QueryEscape(x.centre)
	if b.Planned, err = p.plannedToday(x); err != nil {
		return err
	}
	if b.Handovers, err = p.handovers(x); err != nil {
		return err
	}
	if p.Door.May(x.ctx, x.who, "listDevices", x.centre) == nil {
		b.SeesPhone = true
		if b.Phones, err = p.phones(x); err != nil {
			return err
		}
	}
	if p.Door.May(x.ctx, x.who, "listSessions", x.centre) == nil {
		b.Sessions = Root + "/staff/sessions?centre=" + url.QueryEscape(x.centre)
	}
	if p.Door.May(x.ctx, x.who, "inviteDevice", x.centre) == nil {
		b.Enrol = Root + "/staff/enrol?centre=" + url.QueryEscape(x.centre)
	}
	if p.Door.May(x.ctx, x.who, "inviteToConsole", "") == nil {
		at := "?centre=" + url.QueryEscape(x.centre)
		b.Invite, b.Approve = Root+"/staff/invite"+at, Root+"/staff/invite/approve"+at
	}
	return p.send(x, http.StatusOK, "staff", "page.staff", b)
}

func (p *Pages) rollRow(x *exchange, o *staff.OnRoll, here string) rollRow {
	v := &view{p: p, x: x}
	row := rollRow{ID: o.ID, Name: v.OfficerName(&o.Officer), Number: o.Number}
	for _, post := range o.Posts {
		pr := postRow{Role: post.Role, Until: post.Until, Covers: post.CoversID != nil}
		given := map[string]string{"post_id": post.PostID.String()}
		if o.ID != x.who.OfficerID && !slices.ContainsFunc(x.who.Posts, func(own staff.Post) bool { return book.Appoints(own.Role, post.Role) }) {
			row.Posts = append(row.Posts, pr)
			continue
		}
		if post.CoversID == nil {
			pr.Steps = p.steps(x, here, given, contract.KindHandoverOpen)
			if cover, err := uuid.NewV7(); err == nil && o.ID != x.who.OfficerID {
				pr.Steps = append(pr.Steps, p.steps(x, here, map[string]string{
					"post_id": post.PostID.String(), "cover_id": cover.String(),
				}, contract.KindPostCover)...)
			}
		}
		pr.Steps = append(pr.Steps, p.steps(x, here, given, contract.KindPostLeave)...)
		for i := range pr.Steps {
			pr.Steps[i].Main = false
		}
		row.Posts = append(row.Posts, pr)
	}
	return row
}

func (p *Pages) handovers(x *exchange) ([]handoverRow, error) {
	list, err := p.Book.Handovers(x.ctx, x.who, x.centre)
	if err != nil {
		return nil, err
	}
	out := make([]handoverRow, len(list))
	for i := range list {
		out[i] = p.handoverRow(x, &list[i])
	}
	return out, nil
}

func (p *Pages) handoverRow(x *exchange, h *book.Handover) handoverRow {
	v := &view{p: p, x: x}
	me := x.who.OfficerID
	return handoverRow{
		Path: Root + "/staff/handovers/" + h.HandoverID.String() + "?centre=" + url.QueryEscape(x.centre),
		Role: h.Role, From: v.By(h.LeaverID), To: v.By(h.TakerID), OpenedAt: h.OpenedAt, Left: h.LeaverSignedAt, Taken: h.TakerSignedAt,
		Mine: h.LeaverID == me && h.LeaverSignedAt == nil || h.TakerID == me && h.TakerSignedAt == nil,
	}
}

// phones are those of the centre, each with what may be done about it.
func (p *Pages) phones(x *exchange) ([]phoneRow, error) {
	list, err := p.Staff.Handsets(x.ctx, x.who, x.centre)
	if err != nil {
		return nil, err
	}
	v := &view{p: p, x: x}
	may := func(call string) bool { return p.Door.May(x.ctx, x.who, call, x.centre) == nil }
	lost, replace, approve := may("reportLost"), may("replaceDevice"), may("approveReplacement")
	var out []phoneRow
	for i := range list {
		row := phoneRow{Handset: list[i]}
		for _, id := range row.Officers {
			row.Users = append(row.Users, v.By(id))
		}
		at := Root + "/staff/phones/" + row.DeviceID.String()
		q := "?centre=" + url.QueryEscape(x.centre)
		switch {
		case row.RevokedAt == nil && lost:
			row.Lost = at + "/lost" + q
		case row.RevokedAt != nil:
			if replace {
				row.Replace = at + "/replace" + q
			}
			if approve {
				row.Approve = at + "/approve" + q
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// handoverBody is one sheet, with the form by which it is signed.
type handoverBody struct {
	handoverRow

	Parts []sheetPart
	Days  []string
	Hash  string
	Form  *form
}

type sheetPart struct {
	Name  string
	Items []sheetItem
}

type sheetItem struct {
	No, Code, State, Path string
	DueAt                 time.Time
}

// handover shows what is open under a post, for both to sign.
func (p *Pages) handover(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	h, err := p.Book.Handover(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	var s book.Sheet
	if err := json.Unmarshal([]byte(h.Sheet), &s); err != nil {
		return err
	}
	b := handoverBody{handoverRow: p.handoverRow(x, h), Days: s.Days, Hash: contract.Encode(h.SheetHash)}
	for _, part := range []struct {
		name string
		list []book.SheetItem
	}{
		{"complaints", s.Complaints}, {"tasks", s.Tasks}, {"clocks", s.Clocks}, {"objections", s.Objections}, {"flags", s.Flags},
	} {
		b.Parts = append(b.Parts, p.sheetPart(x, part.name, part.list))
	}
	if b.Mine {
		b.Form, err = p.formOf(x, ask{
			kind: contract.KindHandoverSign, centre: x.centre, back: Root + "/staff?centre=" + url.QueryEscape(x.centre),
			given: map[string]string{"handover_id": id.String(), "sheet_hash": b.Hash},
		})
		if err != nil {
			return err
		}
	}
	return p.send(x, http.StatusOK, "handover", "page.handover", b)
}

func (p *Pages) sheetPart(x *exchange, name string, list []book.SheetItem) sheetPart {
	out := sheetPart{Name: name}
	for _, i := range list {
		item := sheetItem{No: i.No}
		switch name {
		case "complaints":
			item.Path, item.State = Root+"/complaints/"+i.ID.String(), i.State
		case "tasks":
			item.Path = Root + "/tasks/" + i.ID.String()
			if i.Code != "" {
				item.Code = p.label(x, "task_kind", i.Code)
			}
		case "clocks":
			item.Code = p.word(x.lang, "limit", strings.TrimPrefix(i.Code, "limit."))
		}
		if t, err := time.Parse(time.RFC3339, i.DueAt); err == nil {
			item.DueAt = t
		}
		out.Items = append(out.Items, item)
	}
	return out
}
