package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// A list of objects is asked for in rows. The name of a field of a row has the key
// of the row in it, f.rungs.0.after_s: rows are numbered as the page had them, and one
// in which nothing stands is not said. Of the columns that the district office added
// the key is the name of the column, f.extra.open.weather.text: each is one value.

// rowsMore is how many empty rows a form has at the end of a list.
const rowsMore = 3

// rowKeys are the keys of the rows of a list in which something is said, in their
// order: the n-th of them is the n-th of the body.
func rowKeys(said map[string][]string, path string) []string {
	var out []string
	for name, values := range said {
		rest, of := strings.CutPrefix(name, path+".")
		key, _, in := strings.Cut(rest, ".")
		if of && in && strings.TrimSpace(strings.Join(values, "")) != "" {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// isRows tells whether a field is a list of objects.
func isRows(f *contract.Field) bool {
	return f.Type == "array" && f.Item != nil && f.Item.Type == "object"
}

// columnMember is the member of a value of an added column that says of which: the
// key of its row.
const columnMember = "column"

func isOfColumn(f *contract.Field) bool {
	return slices.ContainsFunc(f.Item.Fields, func(m contract.Field) bool { return m.Name == columnMember })
}

// rowsOf writes what the rows of a list say.
func rowsOf(f *contract.Field, path string, said map[string][]string) []any {
	var out []any
	for _, key := range rowKeys(said, path) {
		row := bodyOf(f.Item.Fields, path+"."+key+".", said)
		if isOfColumn(f) {
			row[columnMember] = key
		}
		out = append(out, row)
	}
	return out
}

// addRows appends a list of objects: the rows that there are, and some empty ones.
func (p *Pages) addRows(x *exchange, a *ask, out *[]input, path string, f contract.Field) error {
	rows := rowsMore
	for _, key := range rowKeys(a.values, path) {
		if n, err := strconv.Atoi(key); err == nil {
			rows = max(rows, n+1+rowsMore)
		}
	}
	kind := partKind(a.kind, path)
	in := input{
		Widget: "rows", Name: fieldPrefix + path, Label: p.fieldLabel(x, kind, f.Name), Required: f.Required, Sealed: f.Class != 0,
		RowLabel: p.word(x.lang, "rows", f.Name),
	}
	for i := range min(rows, f.MaxLen) {
		var row []input
		for _, m := range f.Item.Fields {
			m.Required = false // an empty row is none
			if err := p.add(x, a, &row, path+"."+strconv.Itoa(i)+".", m); err != nil {
				return err
			}
		}
		in.Rows = append(in.Rows, row)
	}
	*out = append(*out, in)
	return nil
}

// addExtra appends the columns that the district office added to the register of a
// kind. What stands in one that is hidden since goes with the form as it is.
func (p *Pages) addExtra(x *exchange, a *ask, out *[]input, path string, kind contract.Kind, f contract.Field) error {
	register := registerOf(kind)
	for _, c := range p.Book.Columns(x.who.District) {
		if c.Register != register || !c.Added {
			continue
		}
		class := strings.ToLower(c.Class)
		at := slices.IndexFunc(f.Fields, func(m contract.Field) bool { return m.Name == class })
		if at < 0 {
			continue
		}
		value := slices.IndexFunc(f.Fields[at].Item.Fields, func(m contract.Field) bool { return m.Name == c.Type })
		if value < 0 {
			continue
		}
		m := f.Fields[at].Item.Fields[value]
		m.List, m.Required, m.Class = c.List, c.Required, f.Fields[at].Class
		full := path + "." + class + "." + c.Name + "." + m.Name
		in := inputOf(a, full, m)
		in.Label = p.columnLabel(x, &c)
		ok, err := p.widget(x, &in, m)
		if err != nil {
			return err
		}
		if ok {
			*out = append(*out, in)
		}
	}
	return nil
}

// registerOf is the register in which the ops of a kind open lines; empty: in none.
func registerOf(kind contract.Kind) string {
	for _, register := range book.Registers {
		if partKinds[parts[register]] == kind {
			return register
		}
	}
	if kind == contract.KindSquadPerson { // beside the rounds
		return "squad"
	}
	return ""
}

// pointedAt is the path of the field of a form at which a pointer into its body points:
// rows that said nothing are not in the body, and count in the form.
func pointedAt(fields []contract.Field, said map[string][]string, pointer string) string {
	var path []string
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i := 0; i < len(parts); i++ {
		path = append(path, parts[i])
		at := slices.IndexFunc(fields, func(f contract.Field) bool { return f.Name == parts[i] })
		if at < 0 {
			fields = nil
			continue
		}
		f := &fields[at]
		fields = f.Fields
		if !isRows(f) || i+1 == len(parts) {
			continue
		}
		i++
		keys := rowKeys(said, strings.Join(path, "."))
		if n, err := strconv.Atoi(parts[i]); err == nil && n >= 0 && n < len(keys) {
			path, fields = append(path, keys[n]), f.Item.Fields
		}
	}
	return strings.Join(path, ".")
}

// each calls f with every input of a list that carries a value, those of rows too,
// until f has seen enough.
func each(list []input, f func(in *input) (enough bool)) bool {
	for i := range list {
		for _, row := range list[i].Rows {
			if each(row, f) {
				return true
			}
		}
		if f(&list[i]) {
			return true
		}
	}
	return false
}
