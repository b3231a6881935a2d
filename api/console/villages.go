package console

import (
	"slices"
	"strings"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// villageField is the field that says a village, by its code.
const villageField = "village_code"

// listField is the field of a change of rules that says which list.
const listField = "list"

// villages is the list of the villages of the page's centre; empty when the district
// keeps none: then the code is typed.
func (p *Pages) villages(x *exchange) string {
	list := book.VillageList(x.centre)
	if len(p.Book.Lists(x.who.District)[list]) == 0 {
		return ""
	}
	return list
}

// villageName is what a village is called; one that is in no list is called by its
// code, as it was said.
func (p *Pages) villageName(x *exchange, centre, code string) string {
	if l, ok := p.Book.Label(x.who.District, book.VillageList(centre), code); ok {
		return (&view{p: p, x: x}).either(l.Hi, l.En)
	}
	return code
}

// keepVillage puts the villages into the order of their names, and leaves a code that
// is in no list where it is.
func (in *input) keepVillage(f *contract.Field) {
	if f.Name != villageField || in.Widget != "select" {
		return
	}
	slices.SortStableFunc(in.Options, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	if in.Value != "" && !slices.ContainsFunc(in.Options, func(o option) bool { return o.Value == in.Value }) {
		in.Options = append(in.Options, option{Value: in.Value, Label: in.Value})
	}
}

// listOptions are the lists to which codes can be added: those of the rules, those of
// columns that were added, and the villages of each station.
func (p *Pages) listOptions(x *exchange) []option {
	names := map[string]bool{}
	for name := range p.Book.Lists(x.who.District) {
		names[name] = true
	}
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Added && c.List != "" {
			names[c.List] = true
		}
	}
	for _, c := range x.centres {
		if c.Centre != staff.HQ {
			names[book.VillageList(c.Centre)] = true
		}
	}
	var out []option
	for _, name := range sortedKeys(names) {
		if label := p.listName(x, name); label != "" {
			out = append(out, option{Value: name, Label: label})
		}
	}
	return out
}
