package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

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
	if e.OfficerID != uuid.Nil {
		out.Actor = (&view{p: p, x: x}).By(e.OfficerID)
	}
	if e.Role != "" {
		role := p.word(x.lang, "enum.role", e.Role)
		if out.Actor == "" {
			out.Actor = role
		} else {
			out.Actor += ", " + role
		}
	}
	for _, f := range contract.BodyFields(e.Kind) {
		v, ok := e.Body[f.Name]
		if !ok || f.Class != 0 || f.Format == "uuid" && !strings.Contains(f.Name, "owner") && !strings.Contains(f.Name, "officer") {
			continue
		}
		list := f.List
		if f.Item != nil && list == "" {
			list = f.Item.List
		}
		if list == "" && len(f.Enum) > 0 {
			list = f.Name
		}
		if s := p.say(x, list, v); s != "" {
			out.Said = append(out.Said, fact{p.fieldLabel(x, e.Kind, f.Name), s})
		}
	}
	return out
}
