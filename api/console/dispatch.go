package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// dispatchPath is the address of the form of a new task, with what is known of
// it already.
func dispatchPath(centre string, pairs ...string) string {
	q := url.Values{"centre": {centre}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return Root + "/tasks/new?" + q.Encode()
}

// dispatchBody is the form of a new task, and whom it can go to.
type dispatchBody struct {
	*form

	Keep     []keptField // what the choice of a place leaves as it is
	Stations []station
	Station  string // that the task is at
	From     string // what distances count from
	Place    [3]string
	Units    []unitRow
	Others   []option // of the centre, not on duty
	ToWrong  string
	Repeats  bool // an earlier task, sent again
}

// station is a station of the district as a place to choose.
type station struct {
	Code, Name, Lat, Lon string
	Chosen               bool
}

// unitRow is an officer on duty: how far, and as of when.
type unitRow struct {
	ID                 uuid.UUID
	Name, Role, Squad  string
	Km                 string
	Since, At          any
	Fixed, Fresh, Mock bool
	Chosen             bool
	Send               string // where a task to him is sent

	lat, lon float64
}

// In is an input of the form by its path in the body.
func (b *dispatchBody) In(path string) *input {
	for i := range b.Inputs {
		if b.Inputs[i].Name == fieldPrefix+path {
			return &b.Inputs[i]
		}
	}
	return nil
}

// toRoles are the roles that a task is sent to: those that work at a centre.
//
//nolint:gochecknoglobals // a constant
var toRoles = []string{
	staff.BeatOfficer, staff.SquadLeader, staff.SquadMember, staff.DeskOfficer, staff.Counsellor, staff.Dispatcher,
	staff.CentreIncharge, staff.SHO,
}

// The paths in the body of a task that the page fills in by itself.
const (
	toOfficer = "to.officer_id"
	placeLat  = "place.lat"
	placeLon  = "place.lon"
	placeM    = "place.accuracy_m"
	chosenM   = "100" // how exact a point chosen by hand is, in metres
)

// dispatch is the form of a new task: what, to whom, where. The address may say
// whom, a station, a village, a case or an earlier task; never a text, and of a
// point only what distances need.
func (p *Pages) dispatch(x *exchange) error {
	a := ask{
		kind: contract.KindTaskSend, centre: x.centre, back: Root + "/tasks?centre=" + x.centre, given: map[string]string{},
		values: map[string][]string{"urgency": {"soon"}},
	}
	var passed []uuid.UUID
	if id, err := uuid.Parse(x.c.Query("from")); err == nil {
		t, err := p.Book.Task(x.ctx, x.who, id)
		if err != nil {
			return err
		}
		x.centre, a.centre = t.Centre, t.Centre
		passed = repeat(&a, t)
	}
	if id := x.c.Query("case"); isUUID(id) {
		a.given["case_id"] = id
	}
	if id := x.c.Query("to"); isUUID(id) {
		a.values[toOfficer] = []string{id}
	}
	if id := x.c.Query("squad"); isUUID(id) {
		a.values["to.squad_id"] = []string{id}
	}
	if v := x.c.Query("village"); v != "" {
		a.values["village_code"] = []string{v}
	}
	if ids := x.c.Query("place"); ids != "" {
		if err := p.toPlaces(x, &a, ids); err != nil {
			return err
		}
		if kind := x.c.Query("task"); isCode(kind) { // what for, where it is no visit; one of the list
			a.values["task_kind"] = []string{kind}
		}
	}
	for _, c := range x.centres {
		if c.Centre == x.c.Query("station") && c.Lat != nil && c.Lon != nil {
			a.values[placeLat], a.values[placeLon], a.values[placeM] = []string{degrees(*c.Lat)}, []string{degrees(*c.Lon)}, []string{chosenM}
		}
	}
	f, err := p.formOf(x, a)
	if err != nil {
		return err
	}
	b := &dispatchBody{form: f, Repeats: len(passed) > 0}
	for _, name := range []string{"from", "next", "to", "case", "place", "squad", "task", "village"} {
		if v := x.c.Query(name); v != "" {
			b.Keep = append(b.Keep, keptField{name, v})
		}
	}
	if x.c.Query("next") == "" {
		passed = nil
	} else {
		a.values[toOfficer] = nil
	}
	if err := p.whom(x, b, a.values); err != nil {
		return err
	}
	if passed != nil {
		b.chooseNext(passed)
	}
	return p.send(x, http.StatusOK, "dispatch", "page.dispatch", b)
}

// repeat fills a form with an earlier task, and tells who had that one.
func repeat(a *ask, t *book.TaskView) (passed []uuid.UUID) {
	set := func(path string, v *string) {
		if v != nil {
			a.values[path] = []string{*v}
		}
	}
	a.values["task_kind"], a.values["urgency"] = []string{t.TaskKind}, []string{t.Urgency}
	set("text", t.Said.Text)
	set("village_code", t.Said.VillageCode)
	set("place_type", t.Said.PlaceType)
	if pl := t.Said.Place; pl != nil {
		a.values[placeLat], a.values[placeLon] = []string{degrees(pl.Lat)}, []string{degrees(pl.Lon)}
		a.values[placeM] = []string{strconv.FormatFloat(pl.AccuracyM, 'f', -1, 64)}
	}
	if t.Said.CaseID != nil {
		a.given["case_id"] = t.Said.CaseID.String()
	}
	if t.ToOfficer != nil {
		a.values[toOfficer] = []string{t.ToOfficer.String()}
		passed = append(passed, *t.ToOfficer)
	}
	for _, s := range t.Steps {
		if s.By != nil && s.Step != "queued" {
			passed = append(passed, *s.By)
		}
	}
	if t.ToSquad != nil {
		a.values["to.squad_id"] = []string{t.ToSquad.String()}
	}
	if to := t.Said.To.Role; to != nil {
		a.values["to.role"] = []string{string(*to)}
	}
	return append(passed, t.SentBy)
}

// chooseNext marks the nearest who has not had the task.
func (b *dispatchBody) chooseNext(passed []uuid.UUID) {
	for _, path := range []string{"to.squad_id", "to.role"} {
		if in := b.In(path); in != nil {
			in.Value = ""
			for i := range in.Options {
				in.Options[i].Chosen = false
			}
		}
	}
	for i := range b.Units {
		if u := &b.Units[i]; !slices.Contains(passed, u.ID) {
			u.Chosen = true
			return
		}
	}
}

// dispatchAgain is the form of a task that was refused, with all that was typed.
func (p *Pages) dispatchAgain(x *exchange, s *said, f *form) error {
	x.centre = s.Centre
	b := &dispatchBody{form: f}
	if err := p.whom(x, b, s.values); err != nil {
		return err
	}
	if strings.Contains(f.Problem.at, "/body/to") {
		b.ToWrong, f.Problem.Field = f.Problem.Title, fieldPrefix+"to"
	}
	return p.send(x, http.StatusUnprocessableEntity, "dispatch", "page.dispatch", b)
}

// whom adds the places to choose from, and who is on duty, the nearest first.
func (p *Pages) whom(x *exchange, b *dispatchBody, values map[string][]string) error {
	first := func(path string) string {
		if v := values[path]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	b.Place = [3]string{first(placeLat), first(placeLon), first(placeM)}
	b.Stations = p.stations(x, func(s *station) bool { return s.Lat == b.Place[0] && s.Lon == b.Place[1] })
	q := p.countFrom(x, b)
	units, err := p.Book.Units(x.ctx, x.who, q)
	if err != nil {
		return err
	}
	if b.Units, err = p.unitRows(x, units, q.Lat != nil); err != nil {
		return err
	}
	on := map[string]bool{}
	for i := range b.Units {
		id := b.Units[i].ID.String()
		on[id], b.Units[i].Chosen = true, id == first(toOfficer)
	}
	everybody, err := p.persons(x, "officer_id")
	for _, o := range everybody {
		if o.Chosen = o.Value == first(toOfficer); !on[o.Value] {
			b.Others = append(b.Others, o)
		}
	}
	if in := b.In("to.role"); in != nil {
		in.Options = slices.DeleteFunc(in.Options, func(o option) bool { return !slices.Contains(toRoles, o.Value) })
	}
	return err
}

// countFrom says from where distances count: the point that the script asks
// about, the place of the task, or the centre.
func (p *Pages) countFrom(x *exchange, b *dispatchBody) book.UnitQuery {
	q := book.UnitQuery{Centre: x.centre}
	v := &view{p: p, x: x}
	if lat, lon, ok := pointOf(x.c.Query("near")); ok {
		q.Lat, q.Lon, b.From = &lat, &lon, p.look.texts["dispatch.from_point"].in(x.lang)
		return q
	}
	if lat, lon, ok := pointOf(b.Place[0] + "," + b.Place[1]); ok {
		q.Lat, q.Lon, b.From = &lat, &lon, p.look.texts["dispatch.from_place"].in(x.lang)
		for _, s := range b.Stations {
			if s.Chosen {
				b.Station, b.From = s.Code, s.Name
			}
		}
		return q
	}
	for _, c := range x.centres {
		if c.Centre == x.centre && c.Lat != nil && c.Lon != nil {
			q.Lat, q.Lon, b.From = c.Lat, c.Lon, v.CentreName(c.Centre)
		}
	}
	return q
}

// stations are those of the district whose place is known.
func (p *Pages) stations(x *exchange, chosen func(*station) bool) []station {
	v := &view{p: p, x: x}
	var out []station
	for _, c := range x.centres {
		if c.Lat == nil || c.Lon == nil {
			continue
		}
		s := station{Code: c.Centre, Name: v.either(c.NameHi, c.NameEn), Lat: degrees(*c.Lat), Lon: degrees(*c.Lon)}
		s.Chosen = chosen(&s)
		out = append(out, s)
	}
	return out
}

// unitRows says units in words.
func (p *Pages) unitRows(x *exchange, units []book.Unit, measured bool) ([]unitRow, error) {
	v := &view{p: p, x: x}
	if _, err := p.around(x); err != nil {
		return nil, err
	}
	out := make([]unitRow, len(units))
	for i, u := range units {
		r := unitRow{
			ID: u.OfficerID, Name: v.By(u.OfficerID), Role: p.word(x.lang, "enum.role", u.Role), Since: u.Since, Fresh: u.Fresh,
			Send: dispatchPath(x.centre, "to", u.OfficerID.String()),
		}
		if u.SquadID != nil {
			r.Squad = p.unitName(x, "squad_id", *u.SquadID)
		}
		if f := u.Fix; f != nil {
			r.Fixed, r.At, r.Mock, r.lat, r.lon = true, f.At, f.Mock, f.Lat, f.Lon
			if measured {
				r.Km = strconv.FormatFloat(u.Km, 'f', 1, 64)
			}
		}
		out[i] = r
	}
	return out, nil
}

// pointOf reads "lat,lon".
func pointOf(s string) (lat, lon float64, ok bool) {
	a, b, _ := strings.Cut(s, ",")
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(a), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
	return lat, lon, err1 == nil && err2 == nil
}

// degrees writes a coordinate as a form has it.
func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func isUUID(s string) bool { _, err := uuid.Parse(s); return err == nil }
