package console

import (
	"slices"
	"strings"

	contract "kendra/mobile-contract"
)

// notAsked are fields that no form asks for: the phone's, and what a page gives.
var notAsked = map[string]bool{ //nolint:gochecknoglobals // a static table
	"place": true, "incident_place": true, "extra": true, "scan": true, "companions": true,
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
	"inspection.record": "kind inspected_at registers_seen line_nos findings direction assigned_to due_at remarks gd_no",
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
