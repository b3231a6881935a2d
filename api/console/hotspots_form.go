package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// spotSetForm is the list of a month as it is put together: what stood on the last one, what
// is told, and places that were added by hand, each with a tick.
type spotSetForm struct {
	*form

	Rows   []spotRow
	Others []option // places that are not in it, to be added
	Added  []string // those that were added by hand
}

// spotRow is a place that may be taken onto the list.
type spotRow struct {
	toldRow

	ID            string
	Taken         bool
	From, To      string
	Days          []option
	Every, Weight string
	Sources       []option
	Wrong         bool
}

// The names of the fields of a place, each with its id behind.
const (
	spotTaken   = "t."
	spotFrom    = "hf."
	spotTo      = "ht."
	spotDays    = "d."
	spotEvery   = "e."
	spotWeight  = "w."
	spotSources = "s."
	spotResults = "r."
	spotKeep    = "k."
)

// spotReviewForm is the weekly look.
type spotReviewForm struct {
	*form

	Weeks   []option
	Rows    []spotReviewRow
	Results []option
	Present []option
}

type spotReviewRow struct {
	ID, Name, Result string
	Keep             bool
}

// spotForms adds the forms that the officer may fill in: of the list, of the agreement, of the
// weekly look.
func (p *Pages) spotForms(x *exchange, b *spotsBody, h *book.Hotspots, here string, back *said, f *form, names map[uuid.UUID]string, places []book.PlaceVersion) (err error) {
	serves := slices.Contains(x.who.Centres(), x.centre)
	again := func(kind contract.Kind, a ask) (*form, error) {
		if back != nil && back.Kind == kind {
			return f, nil
		}
		a.kind, a.centre, a.back = kind, x.centre, here
		return p.formOf(x, a)
	}
	if this := midnight(x.now).Format(monthLayout); mayMake(x.who, contract.KindHotspotsSet) && serves && h.Month >= this {
		b.Set = &spotSetForm{}
		if b.Set.form, err = again(contract.KindHotspotsSet, ask{given: map[string]string{"month": h.Month}}); err != nil {
			return err
		}
		p.spotRows(x, b.Set, h, back, places)
	}
	if mayMake(x.who, contract.KindHotspotsAgree) && h.MayDecide && h.Draft != nil && h.Draft.State == "draft" {
		for _, agreed := range []string{"true", "false"} {
			one, err := p.formOf(x, ask{
				kind: contract.KindHotspotsAgree, centre: x.centre, back: here, given: map[string]string{"list_id": h.Draft.ListID.String(), "agreed": agreed},
			})
			if err != nil {
				return err
			}
			if back != nil && back.Kind == contract.KindHotspotsAgree && first(back.values["agreed"]) == agreed {
				one = f
			}
			for i := range one.Inputs { // whoever sends it back says why
				one.Inputs[i].Required = agreed == "false"
			}
			b.Decide = append(b.Decide, one)
		}
	}
	weeks := p.reviewWeeks(x, h)
	if mayMake(x.who, contract.KindHotspotsReview) && serves && len(weeks) > 0 {
		b.Review = &spotReviewForm{Weeks: weeks, Results: p.options(x, contract.Field{Name: "result", List: "hotspot_result"})}
		if b.Review.form, err = again(contract.KindHotspotsReview, ask{given: map[string]string{"list_id": h.InForce.ListID.String()}}); err != nil {
			return err
		}
		if b.Review.Present, err = p.persons(x, "officer"); err != nil {
			return err
		}
		for i := range b.Review.Present {
			b.Review.Present[i].Chosen = b.Review.Present[i].Value == x.who.OfficerID.String()
		}
		for i := range h.InForce.Spots {
			id := h.InForce.Spots[i].PlaceID
			b.Review.Rows = append(b.Review.Rows, spotReviewRow{ID: id.String(), Name: names[id], Keep: true})
		}
	}
	return nil
}

// reviewWeeks are this week and the last, as far as the list in force was so then and nobody has
// looked at it.
func (p *Pages) reviewWeeks(x *exchange, h *book.Hotspots) []option {
	if h.InForce == nil || len(h.InForce.Spots) == 0 || h.InForce.FromAt.After(x.now) {
		return nil
	}
	today := midnight(x.now)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	var out []option
	for _, week := range []time.Time{monday.AddDate(0, 0, -7), monday} {
		text := week.Format(time.DateOnly)
		done := slices.ContainsFunc(h.Reviews, func(r *book.SpotReview) bool { return r.ListID == h.InForce.ListID && r.Week == text })
		end := time.Date(week.Year(), week.Month(), week.Day()+7, 0, 0, 0, 0, ist)
		if !done && h.InForce.FromAt.Before(end) {
			out = append(out, option{Value: text, Label: dateText(week, x.lang), Chosen: len(out) == 0})
		}
	}
	return out
}

// reviewAgain puts back what was said of each place.
func (p *Pages) reviewAgain(x *exchange, f *spotReviewForm, h *book.Hotspots, s *said) {
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Result, r.Keep = first(s.values[spotResults+r.ID]), first(s.values[spotKeep+r.ID]) != ""
	}
	for i := range f.Present {
		f.Present[i].Chosen = slices.Contains(s.values["present_by"], f.Present[i].Value)
	}
	for i := range f.Weeks {
		f.Weeks[i].Chosen = f.Weeks[i].Value == first(s.values["week"])
	}
}

// spotRows puts the places of the form together.
func (p *Pages) spotRows(x *exchange, f *spotSetForm, h *book.Hotspots, back *said, places []book.PlaceVersion) {
	v := &view{p: p, x: x}
	base, told := h.DraftSpots, map[uuid.UUID]*book.SpotTold{}
	if h.Draft == nil {
		base = h.Spots
	}
	for i := range h.Proposals {
		told[h.Proposals[i].PlaceID] = &h.Proposals[i]
	}
	in := map[uuid.UUID]bool{}
	add := func(r spotRow, id uuid.UUID, days, sources []string) {
		r.ID, in[id] = id.String(), true
		if t := told[id]; t != nil {
			r.toldRow = p.toldRow(x, t)
		}
		for _, d := range book.Weekdays() {
			r.Days = append(r.Days, option{Value: d, Label: p.word(x.lang, "enum.days", d), Chosen: len(days) == 0 || slices.Contains(days, d)})
		}
		for _, o := range p.options(x, contract.Field{Name: "sources", List: "hotspot_source"}) {
			o.Chosen = slices.Contains(sources, o.Value)
			r.Sources = append(r.Sources, o)
		}
		f.Rows = append(f.Rows, r)
	}
	for i := range base {
		s := &base[i]
		if s.Gone {
			continue
		}
		r := spotRow{Taken: true, From: s.HoursFrom, To: s.HoursTo, Every: strconv.Itoa(s.EveryDays), Weight: strconv.Itoa(s.Weight)}
		r.Name, r.Kind = v.either(s.NameHi, s.NameEn), p.label(x, "place_type", s.Kind)
		add(r, s.PlaceID, s.Days, s.Sources)
	}
	for i := range h.Proposals {
		if t := &h.Proposals[i]; !in[t.PlaceID] {
			add(spotRow{From: t.HoursFrom, To: t.HoursTo, Every: usualEvery, Weight: usualWeight}, t.PlaceID, t.Days, sourcesOf(t))
		}
	}
	var added []string
	for _, id := range x.c.Context().QueryArgs().PeekMulti("add") {
		added = append(added, string(id))
	}
	for i := range places {
		place := &places[i]
		id := place.PlaceID.String()
		if in[place.PlaceID] || !p.Book.MaySpot(x.who.District, place.Kind) {
			continue
		}
		if slices.Contains(added, id) || back != nil && len(back.values[spotWeight+id]) > 0 {
			r := spotRow{Taken: true, From: place.HoursFrom, To: place.HoursTo, Every: usualEvery, Weight: usualWeight}
			r.Name, r.Kind = v.either(place.NameHi, place.NameEn), p.label(x, "place_type", place.Kind)
			add(r, place.PlaceID, nil, nil)
			f.Added = append(f.Added, id)
			continue
		}
		f.Others = append(f.Others, option{Value: id, Label: v.either(place.NameHi, place.NameEn)})
	}
	if back != nil && back.Kind == contract.KindHotspotsSet {
		f.refill(back.values)
	}
}

// What a place that is new on the list begins with.
const (
	usualEvery  = "2"
	usualWeight = "3"
)

// sourcesOf are from where a place is told of.
func sourcesOf(t *book.SpotTold) []string {
	var out []string
	for _, m := range t.Mentions {
		out = append(out, m.Source)
	}
	if t.Rounds > 0 {
		out = append(out, "squad_round")
	}
	if t.Heat {
		out = append(out, "complaints")
	}
	return out
}

// refill puts back what was typed.
func (f *spotSetForm) refill(values map[string][]string) {
	for i := range f.Rows {
		r := &f.Rows[i]
		if len(values[spotWeight+r.ID]) == 0 {
			continue
		}
		r.Taken, r.From, r.To = first(values[spotTaken+r.ID]) != "", first(values[spotFrom+r.ID]), first(values[spotTo+r.ID])
		r.Every, r.Weight = first(values[spotEvery+r.ID]), first(values[spotWeight+r.ID])
		for j := range r.Days {
			r.Days[j].Chosen = slices.Contains(values[spotDays+r.ID], r.Days[j].Value)
		}
		for j := range r.Sources {
			r.Sources[j].Chosen = slices.Contains(values[spotSources+r.ID], r.Sources[j].Value)
		}
	}
}

var spotPattern = regexp.MustCompile(`/spots/([0-9]+)`)

// wrong marks the place that a refusal points at: those that are taken went in the order of
// their ids.
func (f *spotSetForm) wrong(problem *told) {
	m := spotPattern.FindStringSubmatch(problem.at)
	if m == nil {
		return
	}
	n, err := strconv.Atoi(m[1])
	var ids []string
	for i := range f.Rows {
		if f.Rows[i].Taken {
			ids = append(ids, f.Rows[i].ID)
		}
	}
	slices.Sort(ids)
	if err != nil || n >= len(ids) {
		return
	}
	for i := range f.Rows {
		if f.Rows[i].ID == ids[n] {
			f.Rows[i].Wrong, problem.Field = true, fieldPrefix+spotTaken+ids[n]
		}
	}
}

// spotsSaid is the body of the op that the form of a list makes.
func spotsSaid(values map[string][]string) map[string]any {
	spots := []any{}
	for _, path := range sortedKeys(values) {
		id, ok := strings.CutPrefix(path, spotTaken)
		if !ok || first(values[path]) == "" {
			continue
		}
		s := map[string]any{"place_id": id, "sources": anyOf(values[spotSources+id]), "every_days": wholeOr(first(values[spotEvery+id])), "weight": wholeOr(first(values[spotWeight+id]))}
		for name, v := range map[string]string{"hours_from": first(values[spotFrom+id]), "hours_to": first(values[spotTo+id])} {
			if v != "" {
				s[name] = v
			}
		}
		if days := values[spotDays+id]; len(days) > 0 && len(days) < len(book.Weekdays()) {
			s["days"] = anyOf(days)
		}
		spots = append(spots, s)
	}
	return map[string]any{"month": first(values["month"]), "spots": spots}
}

// reviewSaid is the body of the op that the form of the weekly look makes. A place of which
// nothing is said was not looked at.
func reviewSaid(values map[string][]string) map[string]any {
	spots := []any{}
	for _, path := range sortedKeys(values) {
		id, ok := strings.CutPrefix(path, spotResults)
		if result := first(values[path]); ok && result != "" {
			spots = append(spots, map[string]any{"place_id": id, "result": result, "keep": first(values[spotKeep+id]) != ""})
		}
	}
	return map[string]any{"list_id": first(values["list_id"]), "week": first(values["week"]), "spots": spots, "present_by": anyOf(values["present_by"])}
}

func anyOf(list []string) []any {
	out := []any{}
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// wholeOr is a whole number, or what was typed, for the contract to refuse.
func wholeOr(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return s
}
