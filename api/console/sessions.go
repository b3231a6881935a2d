package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
)

// sessionsBody is who of a centre is logged in, officer by officer.
type sessionsBody struct {
	Officers []sessionsOf
	Back     string
}

type sessionsOf struct {
	Name     string
	Own      bool
	Sessions []sessionRow
}

type sessionRow struct {
	Kind        string
	Since, Used time.Time
	End         string // where it is ended; empty: at one's own page
}

// sessions shows them to who is in charge.
func (p *Pages) sessions(x *exchange) error {
	list, err := p.Staff.Sessions(x.ctx, x.who, x.centre)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	at := "?centre=" + url.QueryEscape(x.centre)
	b := sessionsBody{Back: Root + "/staff" + at}
	heads := slices.ContainsFunc(x.who.Posts, func(post staff.Post) bool { return post.Role == staff.SHO && post.Centre == x.centre })
	by := map[uuid.UUID]int{}
	for i := range list {
		s := &list[i]
		n, known := by[s.OfficerID]
		if !known {
			n = len(b.Officers)
			by[s.OfficerID] = n
			b.Officers = append(b.Officers, sessionsOf{Name: v.By(s.OfficerID), Own: s.OfficerID == x.who.OfficerID})
		}
		row := sessionRow{Kind: s.Kind, Since: s.CreatedAt, Used: s.UsedAt}
		if s.OfficerID != x.who.OfficerID && (heads || !p.isHead(x, s.OfficerID)) {
			row.End = Root + "/staff/sessions/" + s.SessionID.String() + "/end" + at
		}
		b.Officers[n].Sessions = append(b.Officers[n].Sessions, row)
	}
	return p.send(x, http.StatusOK, "sessions", "page.sessions", b)
}

// isHead tells whether an officer is head of the station: his sessions no in-charge ends.
func (p *Pages) isHead(x *exchange, officer uuid.UUID) bool {
	return slices.ContainsFunc(p.rollOf(x), func(o staff.OnRoll) bool {
		return o.ID == officer && slices.ContainsFunc(o.Posts, func(post staff.Post) bool { return post.Role == staff.SHO })
	})
}
