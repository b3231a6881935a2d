package console

import (
	"slices"
	"strings"

	contract "kendra/mobile-contract"
)

// notAsked are fields that no form asks for: the phone's, and what a page gives.
var notAsked = map[string]bool{ //nolint:gochecknoglobals // a static table
	"place": true, "incident_place": true, "scan": true, "companions": true, "marker": true,
}

// large are the codes that are chosen from buttons, not from a list that opens.
var large = map[string]bool{ //nolint:gochecknoglobals // a static table
	"reached": true, "satisfied": true, "wants": true, "safe_now": true, "mode": true, "verdict": true, "answer": true,
}

// fieldOrder is the order in which the fields of a kind are asked for, where
// that is not the required ones first. What is not named comes after.
var fieldOrder = map[contract.Kind]string{ //nolint:gochecknoglobals // a static table
	"complaint.open": "arrived_at heard_at token_no channel complainant_name guardian_name age is_minor disability mobile safe_to_call status_safe address " +
		"village_code beat_id category account incident_at opposite_party opposite_mobile risk_level immediate_need alerts woman_recorded registered_at gd_no remarks",
	"complaint.act":     "action acted_at note",
	"complaint.assign":  "owner_id",
	"complaint.dispose": "disposal note",
	"task.send":         "task_kind urgency to.officer_id to.squad_id to.role place_type village_code text due_at",
	"day.sign":          "date",
	"feedback.call":     "reached satisfied wants polite registered_at_once told_action reason called_at remarks gd_no",
	"follow_up.done":    "safe_now new_incident mode note protection next_due_on done_at remarks gd_no",
	"day.review":        "verdict direction",
	"limit.set":         "limit category risk_level months seconds valid_from basis",
	"inspection.record": "kind inspected_at registers_seen line_nos findings direction assigned_to due_at remarks gd_no",
	"phone.search":      "phone reason",
	"glass.review":      "verdict text",
	"ladder.set":        "ladder rungs valid_from",
	"beat.set":          "code name_hi name_en from rounds area",
	"beat.end":          "on reason",
	"place.set":         "code name_hi name_en kind beat_id lat lon every_days weight hours_from hours_to tags from area",
	"place.end":         "on reason",
}

// nowFields are times that are those of the sending unless another is typed.
var nowFields = map[contract.Kind][]string{contract.KindComplaintOpen: {"registered_at"}} //nolint:gochecknoglobals // a static table

// numberFields are officers who may be of any centre: those of this one are in a
// list, another is named by number.
var numberFields = map[contract.Kind][]string{contract.KindPostTake: {"officer_id"}} //nolint:gochecknoglobals // a constant

// numberField is what the number beside a list of officers is called in a form.
func numberField(path string) string { return path + ".number" }

// drafted are the kinds whose forms are kept while they are filled in.
var drafted = map[contract.Kind]bool{contract.KindComplaintOpen: true} //nolint:gochecknoglobals // a static table

// actions are where forms are sent whose answer is a page of its own.
var actions = map[contract.Kind]string{contract.KindPhoneSearch: Root + "/search"} //nolint:gochecknoglobals // a static table

func actionOf(kind contract.Kind) string {
	if path := actions[kind]; path != "" {
		return path
	}
	return Root + "/ops/" + string(kind)
}

// section is a part of a long form with its heading.
type section struct {
	Name   string // key of its heading: section.<name>
	Inputs []input
}

// sections say which fields stand together; what is not named stands in the last.
var sections = map[contract.Kind][][2]string{ //nolint:gochecknoglobals // a static table
	contract.KindComplaintOpen: {
		{"arrival", "arrived_at heard_at channel token_no woman_recorded"},
		{"who", "complainant_name guardian_name age is_minor disability"},
		{"reach", "mobile safe_to_call status_safe address village_code beat_id"},
		{"what", "category account incident_at"},
		{"whom", "opposite_party opposite_mobile about_by"},
		{"need", "risk_level immediate_need alerts"},
		{"registration", "registered_at gd_no remarks"},
	},
}

func sectionsOf(kind contract.Kind, inputs []input) []section {
	rows := sections[kind]
	if rows == nil {
		return nil
	}
	out := make([]section, len(rows))
	for i, row := range rows {
		out[i].Name = row[0]
		for _, name := range strings.Fields(row[1]) {
			if at := slices.IndexFunc(inputs, func(in input) bool { return in.Name == fieldPrefix+name }); at >= 0 {
				out[i].Inputs = append(out[i].Inputs, inputs[at])
			}
		}
	}
	for _, in := range inputs {
		if !slices.ContainsFunc(out, func(s section) bool {
			return slices.ContainsFunc(s.Inputs, func(o input) bool { return o.Name == in.Name })
		}) {
			out[len(out)-1].Inputs = append(out[len(out)-1].Inputs, in)
		}
	}
	return slices.DeleteFunc(out, func(s section) bool { return len(s.Inputs) == 0 })
}

// optionGroup is codes of a list that stand together.
type optionGroup struct {
	Label   string
	Options []option
}

// groups say which codes of a long list stand together, for the eye only.
var groups = map[string][][2]string{ //nolint:gochecknoglobals // a static table
	"category": {
		{"home", "domestic_violence dowry marital_dispute elder_neglect adult_left_home property"},
		{"outside", "street_harassment stalking phone_online workplace threat_assault acid_threat"},
		{"grave", "sexual_assault child_offence kidnapping_missing child_marriage trafficking"},
	},
}

// grouped puts the options of a long list into groups; nil when it has none.
func (p *Pages) grouped(x *exchange, list string, options []option) []optionGroup {
	rows := groups[list]
	if rows == nil {
		return nil
	}
	out := make([]optionGroup, len(rows)+1)
	for i, row := range rows {
		out[i].Label = p.word(x.lang, "group."+list, row[0])
	}
	out[len(rows)].Label = p.word(x.lang, "group."+list, "other")
	for _, o := range options {
		at := slices.IndexFunc(rows, func(row [2]string) bool { return slices.Contains(strings.Fields(row[1]), o.Value) })
		if at < 0 {
			at = len(rows)
		}
		out[at].Options = append(out[at].Options, o)
	}
	return slices.DeleteFunc(out, func(g optionGroup) bool { return len(g.Options) == 0 })
}

// ordered puts the fields of a kind into the order of its form.
func ordered(kind contract.Kind, fields []contract.Field) []contract.Field {
	names := strings.Fields(fieldOrder[kind])
	place := func(f contract.Field) int {
		for i, n := range names {
			if head, _, _ := strings.Cut(n, "."); head == f.Name {
				return i
			}
		}
		if f.Required {
			return len(names)
		}
		return len(names) + 1
	}
	out := slices.Clone(fields)
	slices.SortStableFunc(out, func(a, b contract.Field) int { return place(a) - place(b) })
	return out
}
