package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// spotsBody is the hot-spots of a station in a month: the list in force, what waits, what
// is told, the squad's plan of the day, and the forms of who may fill them in.
type spotsBody struct {
	Month, Name    string // 2026-11, and as it is called
	Other, OtherIs string // the other month that can be looked at, and what it is called
	Next           bool   // it is the month to come
	InForce        *spotListView
	Carried        bool
	Draft          *spotListView
	Problem        *told // of the form that came back
	Propose        string
	Set            *spotSetForm    // nil: who looks does not set it
	Decide         []*form         // the agreement, and the other; none: he does not decide, or nothing waits
	Review         *spotReviewForm // nil: who looks does not look at it with the squad, or there is nothing to look at
	Plan           *spotPlanView
	Reviews        []spotReviewView
	Told           []toldRow // for who may tell, and does not set
}

type spotListView struct {
	Month, State, Reason string
	SetBy                uuid.UUID
	SetAt                time.Time
	DecidedBy            uuid.UUID
	From                 *time.Time
	Spots                []spotView
}

// spotView is a place of a list in words.
type spotView struct {
	Name, Kind, Hours, Days, Sources, Late string
	Every, Weight                          int
	LastAt                                 *time.Time
	Gone                                   bool
	Step                                   debtStep
}

// toldRow is what is told of a place.
type toldRow struct{ Name, Kind, Told, Signs string }

type spotReviewView struct {
	Week  time.Time
	By    uuid.UUID
	Spots []spotResult
}

type spotResult struct {
	Name, Result string
	Worse, Keep  bool
}

// spotPlanView is the draft of a day.
type spotPlanView struct {
	Date, Km string
	KmH      int
	Left     int
	Squads   []option
	Squad    string
	Send     []roundTask
	Stops    []spotStopView
	Vehicles []option
}

type spotStopView struct {
	Name, Hours, Km, Send string
	At                    time.Time
	LastAt                *time.Time
	Why                   []string
}

func spotsPath(centre, month string) string {
	q := url.Values{"centre": {centre}}
	if month != "" {
		q.Set("month", month)
	}
	return Root + "/hotspots?" + q.Encode()
}

// hotspots shows a month; to who is above the stations and asks for none, how far each is.
func (p *Pages) hotspots(x *exchange) error {
	if leadsDistrict(x) {
		return p.spotStations(x)
	}
	b, _, err := p.spotsBody(x, x.c.Query("month"), nil, nil)
	if err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "hotspots", "page.hotspots", b)
}

// spotStation is how far a station is with its lists.
type spotStation struct {
	Centre, Path   string
	InForce, Waits string // months by name; empty: none
	WaitsPath      string
	Carried        bool
	Spots          int
}

func (p *Pages) spotStations(x *exchange) error {
	list, err := p.Book.SpotStations(x.ctx, x.who)
	if err != nil {
		return err
	}
	v := &view{p: p, x: x}
	out := make([]spotStation, len(list))
	for i, s := range list {
		out[i] = spotStation{Centre: s.Centre, Path: spotsPath(s.Centre, ""), Carried: s.InForce != "" && s.InForce < x.now.In(ist).Format(monthLayout), Spots: s.Spots}
		if s.InForce != "" {
			out[i].InForce = v.monthName(s.InForce)
		}
		if s.Waits != "" {
			out[i].Waits, out[i].WaitsPath = v.monthName(s.Waits), spotsPath(s.Centre, s.Waits)
		}
	}
	return p.send(x, http.StatusOK, "hotspots_all", "page.hotspots", out)
}

// hotspotsAgain is the page to which a form of it that was refused comes back, as it was
// filled in.
func (p *Pages) hotspotsAgain(x *exchange, s *said, f *form) error {
	x.centre = s.Centre
	month := first(s.values["month"])
	if back, err := url.Parse(s.Back); month == "" && err == nil { // a decision names its list, and no month
		month = back.Query().Get("month")
	}
	b, h, err := p.spotsBody(x, month, s, f)
	if err != nil {
		return err
	}
	b.Problem = f.Problem
	if b.Set != nil && s.Kind == contract.KindHotspotsSet {
		b.Set.wrong(f.Problem)
	}
	if b.Review != nil && s.Kind == contract.KindHotspotsReview {
		p.reviewAgain(x, b.Review, h, s)
	}
	return p.send(x, http.StatusUnprocessableEntity, "hotspots", "page.hotspots", b)
}

// spotsBody reads a month, the present one if it is none. A form that came back stands in
// its place of the page.
func (p *Pages) spotsBody(x *exchange, month string, back *said, f *form) (*spotsBody, *book.Hotspots, error) {
	if _, err := time.Parse(monthLayout, month); err != nil {
		month = ""
	}
	h, err := p.Book.Hotspots(x.ctx, x.who, x.centre, month)
	if err != nil {
		return nil, nil, err
	}
	v := &view{p: p, x: x}
	this, next := x.now.In(ist).Format(monthLayout), nextMonth(x)
	b := &spotsBody{Month: h.Month, Name: v.monthName(h.Month), Next: h.Month == next, Carried: h.CarriedOver}
	other := next
	if h.Month != this {
		other = this
	}
	b.Other, b.OtherIs = spotsPath(x.centre, other), v.monthName(other)
	b.InForce = p.spotListView(x, h.InForce, h.Spots)
	b.Draft = p.spotListView(x, h.Draft, h.DraftSpots)
	here := spotsPath(x.centre, h.Month)
	if mayMake(x.who, contract.KindHotspotPropose) && slices.Contains(x.who.Centres(), x.centre) {
		b.Propose = formPath(contract.KindHotspotPropose, x.centre, here, nil)
	}
	ground, err := p.Book.Ground(x.ctx, x.who, book.GroundQuery{Centre: x.centre, Limit: spotPlacesMost})
	if err != nil {
		return nil, nil, err
	}
	names := spotNames(v, h, ground.Places)
	if err := p.spotForms(x, b, h, here, back, f, names, ground.Places); err != nil {
		return nil, nil, err
	}
	if b.Set == nil {
		for i := range h.Proposals {
			b.Told = append(b.Told, p.toldRow(x, &h.Proposals[i]))
		}
	}
	for _, r := range h.Reviews {
		b.Reviews = append(b.Reviews, p.spotReviewView(x, r, names))
	}
	if b.InForce != nil && h.Month == this {
		b.Plan, err = p.spotPlan(x)
	}
	return b, h, err
}

const monthLayout = "2006-01"

// nextMonth is the one after the present.
func nextMonth(x *exchange) string {
	now := x.now.In(ist)
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, ist).Format(monthLayout)
}

// monthName is नवम्बर 2026.
func (v *view) monthName(month string) string {
	t, err := time.Parse(monthLayout, month)
	if err != nil {
		return month
	}
	return v.Month(int(t.Month())) + " " + strconv.Itoa(t.Year())
}

// spotNames are the names of the places that a page tells of.
func spotNames(v *view, h *book.Hotspots, places []book.PlaceVersion) map[uuid.UUID]string {
	names := map[uuid.UUID]string{}
	for i := range places {
		names[places[i].PlaceID] = v.either(places[i].NameHi, places[i].NameEn)
	}
	for _, s := range slices.Concat(h.Spots, h.DraftSpots) {
		names[s.PlaceID] = v.either(s.NameHi, s.NameEn)
	}
	return names
}

// spotPlacesMost is how many places of the list can be chosen from.
const spotPlacesMost = 500

func (p *Pages) spotListView(x *exchange, l *book.SpotList, spots []book.SpotDebt) *spotListView {
	if l == nil {
		return nil
	}
	v := &view{p: p, x: x}
	out := &spotListView{Month: v.monthName(l.Month), State: l.State, SetBy: l.SetBy, SetAt: l.SetAt, From: l.FromAt}
	if l.DecidedBy != nil {
		out.DecidedBy = *l.DecidedBy
	}
	if l.Reason != "" {
		out.Reason = p.label(x, "hotspot_return", l.Reason)
	}
	for i := range spots {
		s := &spots[i]
		one := spotView{
			Name: v.either(s.NameHi, s.NameEn), Kind: p.label(x, "place_type", s.Kind), Hours: hoursText(s.HoursFrom, s.HoursTo), Days: p.daysText(x, s.Days),
			Sources: p.labels(x, "hotspot_source", s.Sources), Every: s.EveryDays, Weight: s.Weight, LastAt: s.LastAt, Gone: s.Gone, Step: p.debtStep(x, s.Debt),
		}
		if s.Overdue > 0 {
			one.Late = daysOwed(s.Overdue)
		}
		out.Spots = append(out.Spots, one)
	}
	return out
}

func hoursText(from, to string) string {
	if from == "" {
		return ""
	}
	return from + "–" + to
}

// daysText names days of the week; all of them are none.
func (p *Pages) daysText(x *exchange, days []string) string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = p.word(x.lang, "enum.days", d)
	}
	return strings.Join(out, ", ")
}

func (p *Pages) labels(x *exchange, list string, codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = p.label(x, list, c)
	}
	return strings.Join(out, ", ")
}

// toldRow says in words what is told of a place.
func (p *Pages) toldRow(x *exchange, t *book.SpotTold) toldRow {
	v := &view{p: p, x: x}
	var told []string
	for _, m := range t.Mentions {
		told = append(told, p.label(x, "hotspot_source", m.Source)+": "+strconv.Itoa(m.N))
	}
	if t.Rounds > 0 {
		told = append(told, p.look.texts["hotspots.rounds"].in(x.lang)+": "+strconv.Itoa(t.Rounds))
	}
	if t.Heat {
		told = append(told, p.look.texts["hotspots.heat"].in(x.lang))
	}
	return toldRow{
		Name: v.either(t.NameHi, t.NameEn), Kind: p.label(x, "place_type", t.Kind), Told: strings.Join(told, " · "), Signs: p.labels(x, "hotspot_sign", t.Signs),
	}
}

func (p *Pages) spotReviewView(x *exchange, r *book.SpotReview, names map[uuid.UUID]string) spotReviewView {
	out := spotReviewView{By: r.ReviewedBy}
	out.Week, _ = time.ParseInLocation(time.DateOnly, r.Week, ist)
	for _, s := range r.Spots {
		name := names[s.PlaceID]
		if name == "" {
			name = p.look.texts["hotspots.gone"].in(x.lang)
		}
		out.Spots = append(out.Spots, spotResult{Name: name, Result: p.label(x, "hotspot_result", s.Result), Worse: s.Result == "worse", Keep: s.Keep})
	}
	return out
}

// spotPlan is the draft of today, or of the day that is asked for, for the squad that is asked
// for or the first of the station. Its buttons lead to the form of a task, filled in.
func (p *Pages) spotPlan(x *exchange) (*spotPlanView, error) {
	home, err := p.around(x)
	if err != nil {
		return nil, err
	}
	v := &view{p: p, x: x}
	q := book.SpotPlanQuery{Centre: x.centre}
	out := &spotPlanView{}
	for _, s := range home.Squads {
		if s.Centre != x.centre {
			continue
		}
		o := option{Value: s.ID.String(), Label: v.either(s.NameHi, s.NameEn)}
		if o.Chosen = x.c.Query("squad") == o.Value; o.Chosen || q.SquadID == nil && x.c.Query("squad") == "" {
			id := s.ID
			q.SquadID, o.Chosen, out.Squad = &id, true, o.Label
		}
		out.Squads = append(out.Squads, o)
	}
	for _, c := range p.Book.Lists(x.who.District)["vehicle"] {
		o := option{Value: c.Code, Label: p.label(x, "vehicle", c.Code), Chosen: c.Code == x.c.Query("vehicle") || x.c.Query("vehicle") == "" && c.Code == "two_wheeler"}
		if o.Chosen {
			q.Vehicle = c.Code
		}
		out.Vehicles = append(out.Vehicles, o)
	}
	if _, err := time.Parse(time.DateOnly, x.c.Query("date")); err == nil {
		q.Date = x.c.Query("date")
	}
	plan, err := p.Book.SpotPlan(x.ctx, x.who, q)
	var problem *contract.Problem
	if errors.As(err, &problem) && q.Date != "" { // a day of the address that no plan is made for: today's
		q.Date = ""
		plan, err = p.Book.SpotPlan(x.ctx, x.who, q)
	}
	if err != nil {
		return nil, err
	}
	out.Date, out.KmH, out.Left, out.Km = plan.Date, plan.KmH, plan.Left, km(plan.Metres)
	send := mayMake(x.who, contract.KindTaskSend) && p.Door.May(x.ctx, x.who, "getRounds", x.centre) == nil
	pairs := []string{"task", "hotspot_round"}
	if q.SquadID != nil {
		pairs = append(pairs, "squad", q.SquadID.String())
	}
	var ids []string
	for i := range plan.Stops {
		s := &plan.Stops[i]
		one := spotStopView{
			Name: v.either(s.Spot.NameHi, s.Spot.NameEn), Hours: hoursText(s.Spot.HoursFrom, s.Spot.HoursTo), Km: km(s.Metres), At: s.At, LastAt: s.Spot.LastAt,
		}
		for _, w := range s.Why {
			one.Why = append(one.Why, p.look.texts["hotspots.why_"+w].in(x.lang))
		}
		id := s.Spot.PlaceID.String()
		if ids = append(ids, id); send {
			one.Send = dispatchPath(x.centre, append(slices.Clone(pairs), "place", id)...)
		}
		out.Stops = append(out.Stops, one)
	}
	if send {
		out.Send = tasksOf(ids, func(places string) string {
			return dispatchPath(x.centre, append(slices.Clone(pairs), "place", places)...)
		})
	}
	return out, nil
}

// spotFeatures are the hot-spots of the list in force of the station, by the cell around each.
func (p *Pages) spotFeatures(x *exchange, v *view) ([]feature, error) {
	if p.Door.May(x.ctx, x.who, "getHotspots", x.centre) != nil {
		return nil, nil
	}
	spots, err := p.Book.OwnSpots(x.ctx, x.who, x.centre)
	if err != nil {
		return nil, err
	}
	var out []feature
	for i := range spots {
		s := &spots[i]
		cell, err := geo.CellAt(geo.Point{Lat: s.Lat, Lon: s.Lon})
		if err != nil || s.Gone {
			continue
		}
		corners, err := cell.Boundary()
		if err != nil {
			continue
		}
		note := hoursText(s.HoursFrom, s.HoursTo)
		if note == "" {
			note = p.look.texts["hotspots.all_day"].in(x.lang)
		}
		out = append(out, feature{"Feature", shape{"Polygon", [][][2]float64{ring(corners)}}, featureWords{
			Layer: "spot", Name: v.either(s.NameHi, s.NameEn), Note: p.look.texts["map.spots"].in(x.lang) + ", " + note,
			Link: spotsPath(x.centre, ""), Do: p.look.texts["page.hotspots"].in(x.lang),
		}})
	}
	return out, nil
}

// spotsOwed are the lines of the sheet of today about the list of hot-spots.
func (p *Pages) spotsOwed(x *exchange, o *book.SpotsOwed) []spotOwed {
	v := &view{p: p, x: x}
	var out []spotOwed
	add := func(late bool, text, month string, role contract.Role) {
		if late {
			one := spotOwed{Text: "today.spots_" + text, Role: p.word(x.lang, "enum.role", string(role)), Path: spotsPath(x.centre, month)}
			if month != "" {
				one.Month = v.monthName(month)
			}
			out = append(out, one)
		}
	}
	add(o.NoList, "no_list", nextMonth(x), contract.RoleCentreIncharge)
	add(o.Waits != "", "waits", o.Waits, contract.RoleCo)
	add(o.Unseen, "unseen", "", contract.RoleSquadLeader)
	add(o.Carried && o.Waits == "", "carried", "", contract.RoleCentreIncharge)
	return out
}
