package book

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The file of an export: comma-separated (RFC 4180), the first line its watermark, the
// second the columns, then a line of the register a line, each with the number of the
// export. It is opened in a spreadsheet by who takes it, and by whom it is passed on to.

// byteOrderMark begins the file: without it a spreadsheet on Windows reads UTF-8 as the
// code page of the machine, and Hindi as nonsense. Whatever else reads such files skips
// it, or can be told to.
const byteOrderMark = "\ufeff"

// sheetTime is how times are written: of India, to the minute, so that a spreadsheet
// takes them for what they are.
const sheetTime = "2006-01-02 15:04"

// sheetColumns stand before those of the register. What is no column of a
// register has its Hindi here.
var sheetColumns = []struct{ name, hi string }{
	{"export_no", "निर्यात क्रमांक"}, {"serial_no", ""}, {"entered_at", ""}, {"entered_by", ""}, {"seq", "पुस्तक में क्रमांक"},
	{"struck", "निरस्त"}, {"corrects_id", ""}, {"corrected_by", "सुधार प्रविष्टि"}, {"alias", "छद्म नाम"}, {"state", "स्थिति"},
	{"due_at", ""}, {"overdue", "विलम्बित"}, {"flags", "सन्देह"}, {"links", "सम्बन्धित पंक्तियाँ"},
}

// sheetWriter writes the file of one export.
type sheetWriter struct {
	strings.Builder

	rules   *ruleView
	now     time.Time
	no      string
	columns []Column
}

// newSheetWriter begins a file with its watermark and its columns. Of the register's
// those are shown that are not hidden; who a line is about is its alias, and what the
// district office added is there if it is open.
func newSheetWriter(rules *ruleView, m *Matter, centre string, now time.Time) *sheetWriter {
	x := m.Data.Export
	w := &sheetWriter{rules: rules, now: now, no: exportNo(centre, m.Seq)}
	register, _, _ := rules.code("register", x.Register, now)
	head := make([]string, 0, len(sheetColumns))
	for _, c := range sheetColumns {
		if c.hi == "" {
			label, _, _ := rules.code("label", c.name, now)
			c.hi = label.Hi
		}
		head = append(head, label(c.hi, c.name))
	}
	for _, c := range rules.columns(x.Register, now) {
		own := slices.ContainsFunc(sheetColumns, func(s struct{ name, hi string }) bool { return s.name == c.Name })
		if !c.Hidden && !own && (c.Class == "open" || !c.Added) {
			w.columns = append(w.columns, c)
			head = append(head, label(c.Hi, c.Name))
		}
	}
	mark := []string{
		"निर्यात", w.no, "लेने वाले अधिकारी", m.OwnerID.String(), "समय", w.time(now), "केन्द्र", centre,
		"रजिस्टर", label(register.Hi, x.Register), "दिनांक", x.From, x.To, x.State,
	}
	w.WriteString(byteOrderMark)
	w.line(append(mark, make([]string, len(head)-len(mark))...)) // as long as the others, which strict readers want
	w.line(head)
	return w
}

// label is a word for officers with the code that programs know it by.
func label(hi, code string) string {
	if hi == "" {
		return code
	}
	return hi + " [" + code + "]"
}

// row writes a line of the register.
func (w *sheetWriter) row(r *RegisterRow) {
	cells := []string{
		w.no, r.No, w.time(r.At), r.OfficerID.String(), strconv.FormatInt(r.Seq, 10), yes(r.StruckBy != nil), idText(r.Corrects),
		idText(r.CorrectedBy), r.Alias, r.State, "", yes(r.Overdue), w.flags(r.Flags), links(r.Links),
	}
	if r.DueAt != nil {
		cells[10] = w.time(*r.DueAt)
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(r.Columns, &values) != nil { // what the book has as columns is an object
		values = nil
	}
	added := addedOf(values["extra"])
	for _, c := range w.columns {
		switch {
		case c.Added:
			cells = append(cells, w.value(c, added[c.Name]))
		case c.Class == "open":
			cells = append(cells, w.value(c, values[c.Name]))
		case slices.Contains(r.Sealed, "/"+c.Name):
			cells = append(cells, w.alias(r))
		default:
			cells = append(cells, "")
		}
	}
	w.line(cells)
}

// alias stands in place of what is sealed.
func (w *sheetWriter) alias(r *RegisterRow) string {
	if r.Alias == "" {
		return Alias(r.Seq)
	}
	return r.Alias
}

// addedOf are the open values of added columns, by their column.
func addedOf(extra json.RawMessage) map[string]json.RawMessage {
	var x struct {
		Open []map[string]json.RawMessage `json:"open"`
	}
	out := map[string]json.RawMessage{}
	if len(extra) == 0 || json.Unmarshal(extra, &x) != nil {
		return out
	}
	for _, one := range x.Open {
		var name string
		if json.Unmarshal(one["column"], &name) != nil {
			continue
		}
		for key, value := range one {
			if key != "column" {
				out[name] = value
			}
		}
	}
	return out
}

// value writes a value of a column as an officer reads it.
func (w *sheetWriter) value(c Column, raw json.RawMessage) string {
	var text string
	var list []json.RawMessage
	switch string(raw) {
	case "", "null":
		return ""
	case "true":
		return "हाँ"
	case "false":
		return "नहीं"
	}
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return w.text(c, text)
	case json.Unmarshal(raw, &list) == nil:
		parts := make([]string, len(list))
		for i, one := range list {
			parts[i] = w.value(c, one)
		}
		return strings.Join(parts, " | ")
	}
	return string(raw) // a number or an object as it was sent
}

// text writes a word of a code list with its Hindi, a time as that of India.
func (w *sheetWriter) text(c Column, text string) string {
	if c.List != "" {
		if code, known, _ := w.rules.code(c.List, text, w.now); known {
			return label(code.Hi, text)
		}
	}
	if c.Type == "time" {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return w.time(at)
		}
	}
	return text
}

func (w *sheetWriter) time(t time.Time) string { return t.In(ist).Format(sheetTime) }

func (w *sheetWriter) flags(list []flag) string {
	out := make([]string, len(list))
	for i, f := range list {
		code, _, _ := w.rules.code("flag", f.Code, w.now)
		out[i] = label(code.Hi, f.Code)
	}
	return strings.Join(out, " | ")
}

func links(list []LineLink) string {
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = l.No
	}
	return strings.Join(out, " | ")
}

func yes(b bool) string {
	if b {
		return "हाँ"
	}
	return ""
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// line ends a line.
func (w *sheetWriter) line(cells []string) {
	for i, c := range cells {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(cell(c))
	}
	w.WriteString("\r\n")
}

// formulas are what a spreadsheet begins a formula with, also as wide as those of the
// keyboards of East Asia, which some take for the same.
const formulas = "=+-@＝＋－＠"

// cell writes one value so that it is text wherever the file is opened: a value that a
// spreadsheet would take for a formula has an apostrophe before it, the one sign that all
// of them take for "this is text" (ASVS 1.2.10). Lines and tabs in a text become spaces:
// a row stays one line, which has the number of the export.
func cell(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " \u00a0"))
	if text != "" && (strings.ContainsRune(formulas, first) || strings.ContainsRune("\t\r\n\x00", first)) {
		text = "'" + text
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if !strings.ContainsAny(text, `",;|`) && strings.TrimSpace(text) == text {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}
