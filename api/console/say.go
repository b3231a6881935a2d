package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// say writes a value of an entry in words: codes by their list, times as
// officers write them, officers by name, yes and no.
func (p *Pages) say(x *exchange, list string, value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return p.look.texts["yes"].in(x.lang)
		}
		return p.look.texts["no"].in(x.lang)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			if s := p.say(x, list, one); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return p.sayObject(x, v)
	case string:
		return p.sayText(x, list, v)
	case nil:
		return ""
	}
	return fmt.Sprint(value)
}

func (p *Pages) sayText(x *exchange, list, s string) string {
	if list != "" {
		return p.label(x, list, s)
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return timeText(t, x.lang)
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return dateText(t, x.lang)
	}
	if id, err := uuid.Parse(s); err == nil {
		return (&view{p: p, x: x}).By(id)
	}
	return s
}

func (p *Pages) sayObject(x *exchange, m map[string]any) string {
	if lat, ok := m["lat"].(float64); ok {
		lon, _ := m["lon"].(float64)
		return fmt.Sprintf("%.4f, %.4f", lat, lon)
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	parts := make([]string, 0, len(m))
	for _, name := range names {
		if s := p.say(x, "", m[name]); s != "" {
			parts = append(parts, p.word(x.lang, "field", name)+": "+s)
		}
	}
	return strings.Join(parts, "; ")
}

// entryLine is what a page reads of an entry's line on the wire.
type entryLine struct {
	Seq       int64          `json:"seq"`
	OpID      uuid.UUID      `json:"op_id"`
	Sealed    []string       `json:"sealed"`
	Kind      contract.Kind  `json:"kind"`
	At        contract.Time  `json:"at"`
	OfficerID uuid.UUID      `json:"officer_id"`
	Role      string         `json:"role"`
	Body      map[string]any `json:"body"`
}

// event is an entry as a step of a story.
func (p *Pages) event(x *exchange, raw json.RawMessage) event {
	var e entryLine
	if json.Unmarshal(raw, &e) != nil {
		return event{}
	}
	out := event{Kind: string(e.Kind), At: e.At, Seq: e.Seq}
	out.Actor = p.actor(x, e.OfficerID, e.Role)
	if e.Kind == contract.KindVisitAssess { // its reasons are said by their measures, at the line
		delete(e.Body, "items")
	}
	out.Said = p.factsOf(x, e.Kind, e.Body)
	return out
}

// factsOf says the open fields of a body, each by its name.
func (p *Pages) factsOf(x *exchange, kind contract.Kind, body map[string]any) []fact {
	var out []fact
	for _, f := range contract.BodyFields(kind) {
		v, ok := body[f.Name]
		if !ok || f.Class != 0 || f.Format == "uuid" && !strings.Contains(f.Name, "owner") && !strings.Contains(f.Name, "officer") {
			continue
		}
		if f.Name == "extra" {
			out = append(out, p.addedFacts(x, kind, body)...)
			continue
		}
		if s := p.sayField(x, kind, &f, v); s != "" {
			out = append(out, fact{p.fieldLabel(x, kind, f.Name), s})
		}
	}
	return out
}

// addedFacts says what stands in the columns that the district office added.
func (p *Pages) addedFacts(x *exchange, kind contract.Kind, body map[string]any) []fact {
	added := addedValues(body)
	var out []fact
	for _, c := range p.Book.Columns(x.who.District) {
		if v, ok := added[c.Name]; ok && c.Added && c.Register == registerOf(kind) {
			out = append(out, fact{p.columnLabel(x, &c), p.say(x, c.List, v)})
		}
	}
	return out
}

// sayField says a value of a field as the contract describes it.
func (p *Pages) sayField(x *exchange, kind contract.Kind, f *contract.Field, v any) string {
	if isRows(f) {
		list, _ := v.([]any)
		rows := make([]string, 0, len(list))
		for _, one := range list {
			row, _ := one.(map[string]any)
			var parts []string
			for _, m := range f.Item.Fields {
				if s := p.sayField(x, kind, &m, row[m.Name]); s != "" {
					parts = append(parts, s)
				}
			}
			rows = append(rows, strings.Join(parts, ", "))
		}
		return strings.Join(rows, "; ")
	}
	if n, ok := v.(float64); ok && (f.Name == "seconds" || strings.HasSuffix(f.Name, "_s")) {
		if n == 0 {
			return ""
		}
		return spanText(time.Duration(n)*time.Second, x.lang)
	}
	switch name, _ := v.(string); {
	case name != "" && f.Name == "limit":
		return p.word(x.lang, "limit", name)
	case name != "" && f.Name == villageField:
		return p.villageName(x, x.centre, name)
	case name != "" && f.Name == listField:
		if label := p.listName(x, name); label != "" {
			return label
		}
	}
	list := f.List
	if f.Item != nil && list == "" {
		list = f.Item.List
	}
	if list == "" && len(f.Enum) > 0 {
		list = f.Name
	}
	return p.say(x, list, v)
}

// listName is what a list of codes is called: by its own name, or by the column that
// was added with it; empty when it is for no eye.
func (p *Pages) listName(x *exchange, list string) string {
	if t, ok := p.look.texts["fieldlist."+list]; ok {
		return t.in(x.lang)
	}
	if centre := book.VillageCentre(list); centre != "" {
		v := &view{p: p, x: x}
		return p.look.texts["rules.villages"].in(x.lang) + ": " + v.CentreName(centre)
	}
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Added && c.List == list {
			return p.columnLabel(x, &c)
		}
	}
	return ""
}
