package console

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// form is a form that makes one op: its fields are those of the body of a kind.
type form struct {
	Kind     contract.Kind
	Action   string // where it is sent
	Centre   string
	Back     string // where it leads
	OpID     string
	Salt     string
	Stamp    string
	Given    []keptField // what the page fills in and nobody sees
	Inputs   []input
	Sections []section // the same, where the form is long
	Draft    bool      // what is typed is kept while it is filled in
	Problem  *told
	Code     bool      // it asks for the second factor
	Day      time.Time // that is signed; zero: none
	Todo     []todo    // what is still open on it
}

// input is one field of a form.
type input struct {
	Name     string // f.<path in the body>
	Label    string
	Widget   string // select, choices, checks, yes_no, text, area, number, date, time, tick, lines, rows
	Type     string // of an <input> of the widget lines
	Lines    []string
	Value    string
	Values   []string
	Options  []option
	Required bool
	MaxLen   int
	Min, Max int64
	Sealed   bool // what is typed is sealed
	Hint     string
	Number   *string // an officer of another centre may be named by number: what was typed
	Now      *bool   // empty, it is the time at which the form is sent, if this is ticked
	Groups   []optionGroup
	Any      bool   // a number with a fraction
	Wrong    string // what is wrong with it
	Rows     [][]input
	RowLabel string // what one of the rows is called
}

type option struct {
	Value, Label string
	Chosen       bool
}

// fieldPrefix begins the names of fields that go into the body.
const fieldPrefix = "f."

// ask says which form a page wants.
type ask struct {
	kind   contract.Kind
	centre string
	back   string
	given  map[string]string   // by path in the body
	values map[string][]string // what stands in it already
	now    map[string]bool     // of which fields the time of sending is meant; nil: as a new form has it
	opID   string              // of a form that came back; empty: a new one
	salt   string
}

// formOf makes a form.
func (p *Pages) formOf(x *exchange, a ask) (*form, error) {
	f := &form{
		Kind: a.kind, Action: actionOf(a.kind), Centre: a.centre, Back: a.back, OpID: a.opID, Salt: a.salt, Draft: drafted[a.kind],
		Code: !x.who.Fresh(x.now) && book.Fresh(string(a.kind)),
	}
	if f.OpID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		f.OpID, f.Salt = id.String(), contract.Encode(randomBytes(saltBytes))
	}
	f.Stamp = p.Staff.StampForm(x.who, f.stamped())
	for _, name := range sortedKeys(a.given) {
		f.Given = append(f.Given, keptField{fieldPrefix + name, a.given[name]})
	}
	var err error
	f.Inputs, err = p.inputs(x, a)
	f.Given = append(f.Given, a.carried(f.Inputs)...)
	f.Sections = sectionsOf(a.kind, f.Inputs)
	return f, err
}

// GivenNames lists what the page filled in, so that a form which comes back
// knows it from what was typed.
func (f *form) GivenNames() string {
	names := make([]string, len(f.Given))
	for i, g := range f.Given {
		names[i] = strings.TrimPrefix(g.Name, fieldPrefix)
	}
	return strings.Join(slices.Compact(names), " ")
}

// stamped is what the stamp is over.
func (f *form) stamped() string {
	return strings.Join([]string{string(f.Kind), f.Centre, f.OpID, f.Salt, f.Back}, "\n")
}

const saltBytes = 16

// inputs are the fields of a form in their order, without what is given.
func (p *Pages) inputs(x *exchange, a ask) ([]input, error) {
	var out []input
	for _, f := range ordered(a.kind, contract.BodyFields(a.kind)) {
		if !a.wanted(&f) {
			continue
		}
		if err := p.add(x, &a, &out, "", f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add appends the inputs of a field; of an object those of its members.
func (p *Pages) add(x *exchange, a *ask, out *[]input, prefix string, f contract.Field) error {
	path := prefix + f.Name
	if _, given := a.given[path]; given || notAsked[f.Name] {
		return nil
	}
	kind := a.kind
	if prefix != "" {
		kind = partKind(a.kind, prefix)
	}
	switch {
	case f.Name == "extra":
		return p.addExtra(x, a, out, path, kind, f)
	case isRows(&f):
		return p.addRows(x, a, out, path, f)
	case f.Type == "object":
		for _, m := range ordered(partKind(a.kind, path+"."), f.Fields) {
			m.Required = m.Required && f.Required
			if err := p.add(x, a, out, path+".", m); err != nil {
				return err
			}
		}
		return nil
	}
	in := inputOf(a, path, f)
	in.Label = p.fieldLabel(x, kind, f.Name)
	if t, ok := p.look.texts["hint."+string(a.kind)+"."+path]; ok {
		in.Hint = t.in(x.lang)
	}
	if slices.Contains(nowFields[a.kind], path) {
		on := a.now == nil && in.Value == "" || a.now[path]
		in.Now = &on
	}
	if slices.Contains(numberFields[a.kind], path) {
		number := ""
		if v := a.values[numberField(path)]; len(v) > 0 {
			number = v[0]
		}
		in.Number, in.Required = &number, false
	}
	ok, err := p.widget(x, &in, f)
	if ok && err == nil {
		*out = append(*out, in)
	}
	return err
}

// inputOf is the input of a field at a path, with what stands in it.
func inputOf(a *ask, path string, f contract.Field) input {
	in := input{
		Type: "text", Name: fieldPrefix + path, Required: f.Required, MaxLen: f.MaxLen, Min: f.Min, Max: f.Max, Sealed: f.Class != 0,
		Values: a.values[path],
	}
	if len(in.Values) > 0 {
		in.Value = in.Values[0]
	}
	return in
}

// linesMore is how many empty fields a list that is typed has.
const linesMore = 3

// areaFrom is from how many characters on a text has several lines.
const areaFrom = 161

// widget chooses how a field is asked for; one that a page cannot ask for is
// left out.
func (p *Pages) widget(x *exchange, in *input, f contract.Field) (bool, error) {
	if f.Name == villageField {
		f.List = p.villages(x)
	}
	switch {
	case f.Name == listField && f.Required: // of a column that is added it is a new one
		in.Widget, in.Options = "select", p.listOptions(x)
	case f.Name == ruleNumber && f.Type == "string":
		in.Widget, in.Options = "select", p.numberOptions(x)
	case f.List != "" || len(f.Enum) > 0:
		in.Widget, in.Options = "select", p.options(x, f)
		if large[f.Name] {
			in.Widget = "choices"
		}
	case f.Type == "array" && f.Item != nil && (f.Item.List != "" || len(f.Item.Enum) > 0):
		in.Widget, in.Options = "checks", p.options(x, contract.Field{Name: f.Name, List: f.Item.List, Enum: f.Item.Enum})
	case f.Type == "array" && f.Item != nil && f.Item.Format == "uuid":
		in.Widget = "checks"
		var err error
		if in.Options, err = p.persons(x, f.Name); err != nil || len(in.Options) == 0 {
			return false, err
		}
	case f.Type == "array" && f.Item != nil && f.Item.Type == "string" && f.Item.Format != "uuid":
		in.Widget = "lines"
		in.Lines = append(slices.DeleteFunc(slices.Clone(in.Values), func(s string) bool { return s == "" }), make([]string, linesMore)...)
		in.MaxLen = f.Item.MaxLen
		if f.Item.Format == "date" {
			in.Type = "date"
		}
	case f.Type == "boolean" && f.OnlyTrue:
		in.Widget = "tick"
	case f.Type == "boolean":
		in.Widget = "yes_no"
	case f.Type == "integer", f.Type == "number":
		in.Widget, in.Any = "number", f.Type == "number"
	case f.Format == "date-time":
		in.Widget = "time"
	case f.Format == "date":
		in.Widget = "date"
	case f.Format == "uuid":
		in.Widget = "select"
		var err error
		if in.Options, err = p.persons(x, f.Name); err != nil || len(in.Options) == 0 {
			return false, err
		}
	case f.Type == "string" && f.MaxLen >= areaFrom:
		in.Widget = "area"
	case f.Type == "string":
		in.Widget = "text"
	default:
		return false, nil
	}
	in.keepVillage(&f)
	for i := range in.Options {
		in.Options[i].Chosen = slices.Contains(in.Values, in.Options[i].Value)
	}
	if in.Widget == "select" {
		in.Groups = p.grouped(x, f.List, in.Options)
	}
	return true, nil
}

// options are the codes of a list that may be used now, or the words of an enum.
func (p *Pages) options(x *exchange, f contract.Field) []option {
	var out []option
	for _, e := range f.Enum {
		out = append(out, option{Value: e, Label: p.word(x.lang, "enum."+f.Name, e)})
	}
	for _, c := range p.Book.Lists(x.who.District)[f.List] {
		if c.To != nil && !c.To.After(x.now) || c.From.After(x.now) {
			continue
		}
		o := option{Value: c.Code, Label: c.Hi}
		if x.lang == contract.English {
			o.Label = c.En
		}
		out = append(out, o)
	}
	return out
}

// persons are whom or what an id may name: officers, squads or beats of the
// centre.
func (p *Pages) persons(x *exchange, name string) ([]option, error) {
	home, err := p.around(x)
	if err != nil {
		return nil, err
	}
	v := &view{p: p, x: x}
	var out []option
	switch {
	case strings.Contains(name, "officer"), strings.HasSuffix(name, "owner_id"), name == "to_id", name == "counsellor_id", name == "io_id",
		name == "about_by", name == "taker_by":
		for i := range home.Colleagues {
			o := &home.Colleagues[i]
			out = append(out, option{Value: o.ID.String(), Label: v.OfficerName(o) + " (" + o.Number + ")"})
		}
		if !slices.Contains(x.who.Centres(), x.centre) { // of a post above: those of the centre too
			for _, o := range p.rollOf(x) {
				out = append(out, option{Value: o.ID.String(), Label: v.OfficerName(&o.Officer) + " (" + o.Number + ")"})
			}
		}
	case name == "place_id": // of the list, where everybody comes
		page, err := p.Book.Ground(x.ctx, x.who, book.GroundQuery{Centre: x.centre, Limit: spotPlacesMost})
		if err != nil {
			return nil, err
		}
		for i := range page.Places {
			if place := &page.Places[i]; p.Book.MaySpot(x.who.District, place.Kind) {
				out = append(out, option{Value: place.PlaceID.String(), Label: v.either(place.NameHi, place.NameEn)})
			}
		}
	case strings.HasPrefix(name, "squad"):
		for _, s := range home.Squads {
			out = append(out, option{Value: s.ID.String(), Label: v.either(s.NameHi, s.NameEn)})
		}
	case strings.HasPrefix(name, "beat"):
		for _, b := range home.Beats {
			out = append(out, option{Value: b.ID.String(), Label: v.either(b.NameHi, b.NameEn)})
		}
	}
	return out, nil
}

// fieldLabel is what a field is called: in its kind, or wherever it stands.
func (p *Pages) fieldLabel(x *exchange, kind contract.Kind, name string) string {
	if t, ok := p.look.texts["field."+string(kind)+"."+name]; ok {
		return t.in(x.lang)
	}
	return p.word(x.lang, "field", name)
}

// bodyOf writes what a form says as the body of its op. What is empty was not
// said; what is not of its type goes as it is, for the contract to refuse.
func bodyOf(fields []contract.Field, prefix string, said map[string][]string) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		path := prefix + f.Name
		if f.Type == "object" {
			if m := bodyOf(f.Fields, path+".", said); len(m) > 0 {
				out[f.Name] = m
			}
			continue
		}
		if isRows(&f) {
			if list := rowsOf(&f, path, said); list != nil {
				out[f.Name] = list
			}
			continue
		}
		if v := valueOf(f, said[path]); v != nil {
			out[f.Name] = v
		}
	}
	return out
}

func valueOf(f contract.Field, said []string) any {
	if f.Type == "array" {
		var list []any
		for _, s := range said {
			if s != "" && f.Item != nil {
				list = append(list, scalar(*f.Item, s))
			}
		}
		if list == nil {
			return nil
		}
		return list
	}
	if len(said) == 0 || strings.TrimSpace(said[0]) == "" {
		return nil
	}
	return scalar(f, said[0])
}

func scalar(f contract.Field, s string) any {
	switch {
	case f.Type == "boolean" && (s == "true" || s == "false"):
		return s == "true"
	case f.Type == "integer":
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
			return n
		}
	case f.Type == "number":
		if n, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return n
		}
	case f.Format == "date-time":
		if t, err := time.ParseInLocation("2006-01-02T15:04", s, ist); err == nil {
			return contract.At(t).String()
		}
	case f.Type == "string":
		return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	}
	return s
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// mayMake tells whether one of the caller's posts may make ops of a kind.
func mayMake(who staff.Caller, kind contract.Kind) bool {
	return slices.ContainsFunc(who.Posts, func(post staff.Post) bool { return book.May(string(post.Role), string(kind)) })
}
