package console

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// sosBrief is a call for help as lists and its own page show it.
type sosBrief struct {
	ID                   uuid.UUID
	Name, Role, State    string
	RaisedAt             any
	Loud, Late           bool // nobody comes yet; it came too late to wake anybody
	OnDuty, Silent, Over bool
	Coming               []string
	Ladder               []sosRung
	Place                string // where she was, in degrees
	Gone                 bool   // it is not shown any more
	Exact                string // to how many metres
	Steps                []step

	lat, lon float64
}

// sosRung is one thing that happened to a call.
type sosRung struct {
	Step, By, To, Role, Reason string
	At                         any
}

// sosBody is the list of calls for help.
type sosBody struct{ List []sosBrief }

// sosList shows the calls for help of a centre, those that are open first.
func (p *Pages) sosList(x *exchange) error {
	list, err := p.calling(x, false)
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "sos_list", "page.sos", sosBody{List: list})
}

// calling are the calls for help, or only those that have not ended, for who may
// see them.
func (p *Pages) calling(x *exchange, open bool) ([]sosBrief, error) {
	list, err := p.Book.SOSList(x.ctx, x.who, book.SOSQuery{Centre: x.centre, Open: open})
	if err != nil {
		return nil, err
	}
	out := make([]sosBrief, len(list))
	for i := range list {
		out[i] = p.sosBrief(x, &list[i])
	}
	return out, nil
}

func (p *Pages) sosBrief(x *exchange, s *book.SOSView) sosBrief {
	v := &view{p: p, x: x}
	out := sosBrief{
		ID: s.SOSID, Name: v.By(s.OfficerID), Role: p.word(x.lang, "enum.role", s.Role), State: s.State, RaisedAt: s.RaisedAt,
		Loud: s.State == "open", Late: s.Late, OnDuty: s.OnDuty, Silent: s.Silent, Over: s.State == "ended", Gone: s.Gone,
	}
	if s.Place != nil {
		out.lat, out.lon = s.Place.Lat, s.Place.Lon
		out.Place = strconv.FormatFloat(s.Place.Lat, 'f', 5, 64) + ", " + strconv.FormatFloat(s.Place.Lon, 'f', 5, 64)
		out.Exact = strconv.FormatFloat(s.Place.AccuracyM, 'f', 0, 64)
	}
	coming := map[uuid.UUID]bool{}
	for i := range s.Steps {
		one := &s.Steps[i]
		r := sosRung{Step: one.Step, By: v.By(one.By), At: one.At}
		for _, id := range one.To {
			if r.To != "" {
				r.To += ", "
			}
			r.To += v.By(id)
		}
		if one.Role != "" {
			r.Role = p.word(x.lang, "enum.role", one.Role)
		}
		if one.Reason != "" {
			r.Reason = p.label(x, "sos_end", one.Reason)
		}
		if one.Step == "answered" && !coming[*one.By] { // two of one name are two who come
			coming[*one.By] = true
			out.Coming = append(out.Coming, r.By)
		}
		out.Ladder = append(out.Ladder, r)
	}
	return out
}

// sosPage shows one call for help as it moves: where she was, who was woken and
// when, who comes.
func (p *Pages) sosPage(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	s, err := p.Book.SOSOf(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = s.Centre
	b := p.sosBrief(x, s)
	if !b.Over {
		here, given := Root+"/sos/"+id.String(), map[string]string{"sos_id": id.String()}
		own := s.OfficerID == x.who.OfficerID
		if !own {
			b.Steps = p.steps(x, here, given, contract.KindSosAnswer)
		}
		if own || p.answersFor(x, s.Centre) {
			b.Steps = append(b.Steps, p.steps(x, here, given, contract.KindSosEnd)...)
		}
		for i := range b.Steps {
			b.Steps[i].Main = i == 0
		}
	}
	return p.send(x, http.StatusOK, "sos", "page.sos_one", b)
}

// answersFor tells whether the officer is in-charge or head of a station.
func (p *Pages) answersFor(x *exchange, centre string) bool {
	return slices.ContainsFunc(x.who.Posts, func(post staff.Post) bool {
		return post.Centre == centre && post.Covers(x.now) && (post.Role == staff.CentreIncharge || post.Role == staff.SHO)
	})
}

// sosFeatures draws the open calls of officers on duty. Where one was who is off
// duty is on no map.
func (p *Pages) sosFeatures(x *exchange, list []sosBrief) []feature {
	v := &view{p: p, x: x}
	var out []feature
	for i := range list {
		s := &list[i]
		if s.Place == "" || !s.OnDuty {
			continue
		}
		w := featureWords{
			Layer: "sos", State: s.State, Name: s.Name, Link: Root + "/sos/" + s.ID.String(), Do: p.look.texts["page.sos_one"].in(x.lang),
			Note: p.look.texts["sos.calls"].in(x.lang) + " " + v.Since(s.RaisedAt),
		}
		out = append(out, feature{"Feature", pointShape(s.lat, s.lon), w})
	}
	return out
}
