package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// meBody is where the officer has logged in, and by what.
type meBody struct {
	Devices []staff.OwnDevice
	Factors *staff.Factors // nil: not shown before the second factor is
}

// me shows the officer's own devices and sessions.
func (p *Pages) me(x *exchange) error {
	list, err := p.Staff.OwnDevices(x.ctx, x.who)
	if err != nil {
		return err
	}
	b := meBody{Devices: list}
	if x.who.Fresh(x.now) {
		f, err := p.Staff.Factors(x.ctx, x.who)
		if err != nil {
			return err
		}
		b.Factors = &f
	}
	return p.send(x, http.StatusOK, "me", "page.me", b)
}

type alarmRow struct {
	staff.Alarm

	Place, About, Approve string
}

// alarms lists what somebody must look at.
func (p *Pages) alarms(x *exchange) error {
	list, err := p.Staff.Alarms(x.ctx, x.who)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	out := make([]alarmRow, len(list))
	for i := range list {
		a := alarmRow{Alarm: list[i]}
		if a.Centre != nil {
			a.Place = v.CentreName(*a.Centre)
		}
		if a.AboutID != nil {
			a.About = v.By(*a.AboutID)
		}
		if a.Kind == "replacement_asked" && a.Centre != nil && a.DeviceID != nil && (a.AboutID == nil || *a.AboutID != x.who.OfficerID) &&
			p.Door.May(x.ctx, x.who, "approveReplacement", *a.Centre) == nil {
			a.Approve = Root + "/staff/phones/" + a.DeviceID.String() + "/approve?centre=" + url.QueryEscape(*a.Centre)
		}
		out[i] = a
	}
	return p.send(x, http.StatusOK, "alarms", "page.alarms", out)
}

// readsBody is who read what in a span of days: counts first, then each read.
type readsBody struct {
	From, To time.Time
	Readers  []book.Reader
	Reads    []readRow
	More     string
}

type readRow struct {
	book.ReadView

	What string
}

// readsShown is how many reads are on a page, readsSpan how many days back it
// begins.
const (
	readsShown = 100
	readsSpan  = 7
)

// reads shows who read sealed particulars: when, of which number, which fields and
// why; never what stood there.
func (p *Pages) reads(x *exchange) error {
	today := midnight(x.now)
	b := readsBody{From: today.AddDate(0, 0, 1-readsSpan), To: today}
	if err := daysOf(x, &b.From, &b.To); err != nil {
		return err
	}
	of := x.centre
	if x.asked == "" && of == staff.HQ {
		of = ""
	}
	var err error
	if b.Readers, err = p.Book.Readers(x.ctx, x.who, of, b.From, b.To); err != nil {
		return err
	}
	if of != "" {
		after := int64(x.c.QueryInt("after"))
		page, err := p.Book.Reads(x.ctx, x.who, of, b.From, b.To, after, readsShown)
		if err != nil {
			return err
		}
		for i := range page.Views {
			b.Reads = append(b.Reads, p.readRow(x, &page.Views[i]))
		}
		if page.More {
			b.More = Root + "/reads?" + url.Values{
				"centre": {of}, "from": {b.From.Format(time.DateOnly)}, "to": {b.To.Format(time.DateOnly)}, "after": {strconv.FormatInt(page.Next, 10)},
			}.Encode()
		}
	}
	return p.send(x, http.StatusOK, "reads", "page.reads", b)
}

func (p *Pages) readRow(x *exchange, r *book.ReadView) readRow {
	var names []string
	for _, f := range r.Fields {
		name := strings.TrimRight(f, "/0123456789")
		names = append(names, p.fieldLabel(x, contract.KindComplaintOpen, name[strings.LastIndexByte(name, '/')+1:]))
	}
	return readRow{*r, strings.Join(names, ", ")}
}

// daysOf reads the days that a page is asked for.
func daysOf(x *exchange, from, to *time.Time) error {
	for _, d := range []struct {
		name string
		into *time.Time
	}{{"from", from}, {"to", to}} {
		if s := x.c.Query(d.name); s != "" {
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(d.name))
			}
			*d.into = t
		}
	}
	return nil
}

// Asked is the centre that the address names.
func (v *view) Asked() string { return v.x.asked }
