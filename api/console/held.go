package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// heldMost is how many entries that wait are shown: more than a centre has.
const heldMost = 100

// heldBody is the entries that wait for something.
type heldBody struct {
	List []heldRow
	More bool
}

type heldRow struct {
	Kind, For, By string
	Since         time.Time
	Steps         []step
}

// held lists them for the in-charge, who may enter what waits in vain, or strike
// it; to everybody else what is his own.
func (p *Pages) held(x *exchange) error {
	list, more, err := p.Book.Held(x.ctx, x.who, x.centre, nil, heldMost)
	if err != nil {
		return err
	}
	here := Root + "/held?centre=" + url.QueryEscape(x.centre)
	b := heldBody{More: more}
	for _, h := range list {
		row := heldRow{Kind: h.Kind, For: heldFor(h.WaitsFor), Since: h.Since, By: (&view{p: p, x: x}).By(h.OfficerID)}
		if h.OfficerID != x.who.OfficerID {
			row.Steps = p.steps(x, here, map[string]string{"held_id": h.OpID.String()}, contract.KindHeldEnter, contract.KindHeldStrike)
		}
		b.List = append(b.List, row)
	}
	return p.send(x, http.StatusOK, "held", "page.held", b)
}

// heldFor is what an entry waits for, as a word of the catalogue.
func heldFor(key string) string {
	head, _, _ := strings.Cut(key, ":")
	switch head {
	case "op", "brief", "duty", "accept", "refused":
		return head
	}
	return "other"
}

// conductBody is the patterns in the work of squads that wait for an answer.
type conductBody struct{ List []conductRow }

type conductRow struct {
	book.ConductView

	Squad, Ground string
	Officers      []string
	From          time.Time
	Steps         []step
}

// conduct lists them, what waits longest first.
func (p *Pages) conduct(x *exchange) error {
	list, err := p.Book.Conduct(x.ctx, x.who, x.centre)
	if err != nil {
		return err
	}
	here := Root + "/conduct?centre=" + url.QueryEscape(x.centre)
	var b conductBody
	for _, c := range list {
		row := conductRow{ConductView: c, From: c.Flag.From.Time}
		if c.Flag.SquadID != nil {
			row.Squad = p.unitName(x, "squad_id", *c.Flag.SquadID)
		}
		if c.Flag.Ground != nil {
			row.Ground = p.label(x, "ground", *c.Flag.Ground)
		}
		for _, id := range c.Flag.Officers {
			row.Officers = append(row.Officers, (&view{p: p, x: x}).By(id))
		}
		row.Steps = p.steps(x, here, map[string]string{"flag_id": c.FlagID.String()}, contract.KindConductAnswer)
		b.List = append(b.List, row)
	}
	return p.send(x, http.StatusOK, "conduct", "page.conduct", b)
}
