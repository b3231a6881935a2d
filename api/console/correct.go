package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// correctBody is the two ways of putting a line right: another in its place, or
// none.
type correctBody struct {
	Row     registerRow
	Columns []book.Column
	Sealed  []string // what the old line has sealed, by name
	Anew    *form
	Strike  *form
}

// mayCorrect tells whether a page offers to put a line right: to who wrote it, and
// to the heads of the station. What may be done the book judges.
func mayCorrect(x *exchange, r *book.RegisterRow) bool {
	if r.StruckBy != nil || !mayMake(x.who, contract.KindEntryCorrect) {
		return false
	}
	return r.OfficerID == x.who.OfficerID || r.Register != "inspection" && slices.ContainsFunc(x.session.Posts, func(p staff.Post) bool {
		return p.Centre == x.centre && (p.Role == "centre_incharge" || p.Role == "sho")
	})
}

// correct asks for the right line, with what stands in the old one filled in. What
// is sealed there is not shown: what is to stand sealed in the new line is written
// again.
func (p *Pages) correct(x *exchange) error {
	l, err := p.lineNamed(x)
	if err != nil {
		return err
	}
	r := &l.Row
	if !mayCorrect(x, r) {
		return contract.NewProblem(contract.CodeForbidden)
	}
	b := correctBody{Columns: p.columnsOf(x, r.Register)}
	b.Row = p.registerRow(x, b.Columns, r)
	for _, c := range b.Columns {
		if c.Added && slices.Contains(r.Sealed, "/extra/"+strings.ToLower(c.Class)) {
			b.Sealed = append(b.Sealed, p.columnLabel(x, &c))
		}
	}
	for _, pointer := range r.Sealed {
		if name := strings.TrimPrefix(pointer, "/"); !strings.Contains(name, "/") {
			b.Sealed = append(b.Sealed, p.columnName(x, r.Register, name))
		}
	}
	a := ask{
		kind: contract.KindEntryCorrect, centre: x.centre, back: linePath(r.Register, r.Year, r.Serial, x.centre),
		given: map[string]string{"corrects_id": r.OpID.String()},
	}
	if part := partOf(r); part != "" {
		a.values = map[string][]string{}
		for _, f := range contract.BodyFields(a.kind) {
			if f.Name == part {
				fillFrom(a.values, part+".", f.Fields, r.Columns)
			}
		}
		a.values[part+"."] = nil // that it is asked for
		if b.Anew, err = p.formOf(x, a); err != nil {
			return err
		}
	}
	a.values = nil
	a.given = map[string]string{"corrects_id": r.OpID.String(), "strike": "true"}
	if b.Strike, err = p.formOf(x, a); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "correct", "page.correct", b)
}

// parts are the bodies of a correction by register.
//
//nolint:gochecknoglobals // a static table
var parts = map[string]string{
	"help_desk": "complaint", "counselling": "session", "squad": "round", "women_beat": "visit", "inspection": "inspection",
	"fir": "fir", "preventive": "preventive", "feedback": "feedback", "follow_up": "follow_up",
}

// partKinds are the kinds whose bodies stand within another.
//
//nolint:gochecknoglobals // a static table
var partKinds = map[string]contract.Kind{
	"visit": contract.KindVisitRecord, "round": contract.KindSquadRound, "person": contract.KindSquadPerson, "complaint": contract.KindComplaintOpen,
	"session": contract.KindCounsellingSession, "fir": contract.KindFIRRegister, "preventive": contract.KindPreventiveReport,
	"feedback": contract.KindFeedbackCall, "follow_up": contract.KindFollowUpDone, "inspection": contract.KindInspectionRecord,
}

// partKind is the kind by which the fields at a path are ordered and named.
func partKind(kind contract.Kind, path string) contract.Kind {
	head, _, _ := strings.Cut(path, ".")
	if part, ok := partKinds[head]; ok && kind == contract.KindEntryCorrect {
		return part
	}
	return kind
}

// partOf is the body by which a line is put right. In the register of the squad a
// line is a round or a person.
func partOf(r *book.RegisterRow) string {
	var values map[string]any
	_ = json.Unmarshal(r.Columns, &values)
	if _, person := values["ground"]; person && r.Register == "squad" {
		return "person"
	}
	if _, month := values["month"]; month && r.Register == "women_beat" {
		return "" // it is struck, and the month closed anew
	}
	return parts[r.Register]
}

// fillFrom fills in what stands in a line: its open fields alone.
func fillFrom(into map[string][]string, prefix string, fields []contract.Field, raw json.RawMessage) {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		return
	}
	for _, f := range fields {
		v, there := values[f.Name]
		if !there || f.Class != 0 {
			continue
		}
		path := prefix + f.Name
		switch f.Type {
		case "object":
			fillFrom(into, path+".", f.Fields, v)
		case "array":
			var list []json.RawMessage
			_ = json.Unmarshal(v, &list)
			for i, one := range list {
				if isRows(&f) {
					fillRow(into, path, &f, i, one)
					continue
				}
				into[path] = append(into[path], plain(f.Item.Format, one))
			}
		default:
			if s := plain(f.Format, v); s != "" {
				into[path] = []string{s}
			}
		}
	}
}

// fillRow fills in a row of a list of objects.
func fillRow(into map[string][]string, path string, f *contract.Field, i int, raw json.RawMessage) {
	key := strconv.Itoa(i)
	if isOfColumn(f) {
		var of struct{ Column string }
		if json.Unmarshal(raw, &of) != nil {
			return
		}
		key = of.Column
	}
	fields := slices.DeleteFunc(slices.Clone(f.Item.Fields), func(m contract.Field) bool { return m.Name == columnMember })
	fillFrom(into, path+"."+key+".", fields, raw)
}

// plain is a value as the field of a form has it.
func plain(format string, raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	if s == "null" {
		return ""
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && format == "date-time" {
		return t.In(ist).Format("2006-01-02T15:04")
	}
	return s
}

// wanted tells whether a form asks for a field. Of a body within a body it asks if
// something in it is said or to be said: a correction has one of ten, and a
// follow-up seldom a new incident.
func (a *ask) wanted(f *contract.Field) bool {
	if isRows(f) && (a.kind == contract.KindRosterSet || a.kind == contract.KindHotspotsSet || a.kind == contract.KindHotspotsReview) {
		return false // it is a table of its own
	}
	within := a.kind == contract.KindFollowUpDone && f.Name == "incident"
	if a.kind == contract.KindEntryCorrect {
		within = f.Type == "object"
		if f.Name == "strike" {
			_, given := a.given["strike"]
			return given
		}
	}
	if !within {
		return true
	}
	for path := range a.values {
		if strings.HasPrefix(path, f.Name+".") {
			f.Required = true
			return true
		}
	}
	return false
}

// carried are the values of a form for which it has no field: what a phone wrote
// and no page asks for stays as it was.
func (a *ask) carried(asked []input) []keptField {
	if a.kind != contract.KindEntryCorrect {
		return nil
	}
	var out []keptField
	for _, path := range sortedKeys(a.values) {
		_, given := a.given[path]
		name := fieldPrefix + path
		if given || each(asked, func(in *input) bool { return in.Name == name }) {
			continue
		}
		for _, v := range a.values[path] {
			out = append(out, keptField{name, v})
		}
	}
	return out
}
