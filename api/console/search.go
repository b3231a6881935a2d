package console

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// searchBody is the form by which an officer asks where a number stands, and the
// answer: numbers of cases, nobody's name.
type searchBody struct {
	Form   *form
	Found  bool
	Cases  []book.FoundCase
	Others int
}

// searchPage shows the form.
func (p *Pages) searchPage(x *exchange) error {
	if !mayMake(x.who, contract.KindPhoneSearch) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	f, err := p.formOf(x, ask{kind: contract.KindPhoneSearch, centre: x.centre, back: Root + "/complaints"})
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "search", "page.search", searchBody{Form: f})
}

// search asks. The number stands in no address, and in the answer neither.
func (p *Pages) search(x *exchange) error {
	s, err := p.read(x, contract.KindPhoneSearch)
	if err != nil {
		return err
	}
	b := searchBody{Found: true}
	err = p.stepUp(x)
	if err == nil {
		var receipt *book.Receipt
		receipt, err = p.answered(x, s, func(in book.Incoming) (*book.Receipt, error) {
			out, err := p.Book.SearchPhone(x.ctx, x.who, in)
			if err != nil {
				return nil, err
			}
			b.Cases, b.Others = out.Cases, out.Others
			return &out.Receipt, nil
		})
		if err == nil {
			p.Door.Note(x.c, receipt)
			return p.send(x, http.StatusOK, "search", "page.search", b)
		}
	}
	f, status, err := p.refill(x, s, err)
	if err != nil {
		return err
	}
	return p.send(x, status, "search", "page.search", searchBody{Form: f})
}

// findBody is what the box in the head of the page found. It knows numbers,
// officers, beats, centres and pages; of a woman it knows nothing.
type findBody struct {
	Asked    bool
	Links    []foundLink
	Officers []foundOfficer
}

type foundLink struct{ Kind, Text, Path string }

type foundOfficer struct{ Name, Number string }

// findPage shows the box by itself, or what an address asks for.
func (p *Pages) findPage(x *exchange) error { return p.findFor(x, x.c.Query("q")) }

// find answers the box. It is sent, not asked for by an address: whatever is
// typed there stands in no history and no log.
func (p *Pages) find(x *exchange) error { return p.findFor(x, x.c.FormValue("q")) }

const findLen = 60

func (p *Pages) findFor(x *exchange, q string) error {
	q = strings.Join(strings.Fields(q), " ")
	if r := []rune(q); len(r) > findLen {
		q = string(r[:findLen])
	}
	b := findBody{Asked: q != ""}
	if q == "" {
		return p.send(x, http.StatusOK, "find", "page.find", b)
	}
	link, err := p.findNumber(x, q)
	if err != nil {
		return err
	}
	if link != nil && link.Path != "" && strings.Contains(q, "/") {
		return seeOther(x.c, link.Path)
	}
	if link != nil {
		b.Links = append(b.Links, *link)
	}
	if err := p.findNames(x, strings.ToLower(q), &b); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "find", "page.find", b)
}

// findNames looks among officers, beats, centres and the pages of the menu.
func (p *Pages) findNames(x *exchange, q string, b *findBody) error {
	v := &view{p: p, x: x}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), q) })
	}
	home, err := p.around(x)
	if err != nil {
		return err
	}
	for i := range home.Colleagues {
		if o := &home.Colleagues[i]; has(o.NameHi, o.NameEn) || strings.HasPrefix(strings.ToLower(o.Number), q) {
			b.Officers = append(b.Officers, foundOfficer{v.OfficerName(o), o.Number})
		}
	}
	for _, beat := range home.Beats {
		if has(beat.NameHi, beat.NameEn) {
			b.Links = append(b.Links, foundLink{"beat", v.either(beat.NameHi, beat.NameEn), Root + "/registers/women_beat?centre=" + beat.Centre})
		}
	}
	for _, c := range x.centres {
		if has(c.NameHi, c.NameEn, c.Centre) && p.Door.May(x.ctx, x.who, "listComplaints", c.Centre) == nil {
			b.Links = append(b.Links, foundLink{"centre", v.either(c.NameHi, c.NameEn), Root + "/complaints?centre=" + c.Centre})
		}
	}
	for _, g := range v.Menu() {
		for _, pg := range g.Pages {
			if t := p.look.texts["page."+pg.Name]; has(t.Hi, t.En) {
				b.Links = append(b.Links, foundLink{"page", t.in(x.lang), pg.Path})
			}
		}
	}
	return nil
}

// findNumber reads a number of a register, as KRW/HD/2026/00012, or of a
// complaint of the page's centre, as 12. What there is not, or not for him, is
// not found.
func (p *Pages) findNumber(x *exchange, q string) (*foundLink, error) {
	centre, register, year, serial := x.centre, "help_desk", 0, int64(0)
	if parts := strings.Split(strings.ToUpper(q), "/"); len(parts) == 4 {
		centre = parts[0]
		register = book.RegisterOf(parts[1])
		year, _ = strconv.Atoi(parts[2])
		serial, _ = strconv.ParseInt(parts[3], 10, 64)
	} else if n, err := strconv.ParseInt(q, 10, 32); err == nil {
		serial = n
	}
	if serial < 1 || register == "" || !slices.ContainsFunc(x.centres, func(c staff.Centre) bool { return c.Centre == centre }) {
		return nil, nil //nolint:nilnil // it is no number, and that is no error
	}
	if register != "help_desk" {
		if p.Door.May(x.ctx, x.who, "getRegisterLine", centre) != nil {
			return nil, nil //nolint:nilnil // as above
		}
		path := Root + "/registers/" + register + "/" + strconv.Itoa(year) + "/" + strconv.FormatInt(serial, 10) + "?centre=" + centre
		return &foundLink{"line", strings.ToUpper(q), path}, nil
	}
	c, err := p.Book.ComplaintNo(x.ctx, x.who, centre, year, serial)
	var problem *contract.Problem
	switch {
	case errors.As(err, &problem):
		return nil, nil //nolint:nilnil // not there for him
	case err != nil:
		return nil, err
	case c.Reduced:
		return &foundLink{Kind: "complaint", Text: c.No}, nil
	}
	return &foundLink{"complaint", c.No, complaintPath(c.ComplaintID)}, nil
}
