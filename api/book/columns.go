package book

import (
	"slices"
	"time"

	contract "kendra/mobile-contract"
)

// Column is one column of a register as it stands at a time.
type Column struct {
	Register string
	Name     string
	Pos      int
	Type     string
	Class    string // open, V or X
	List     string
	Hi, En   string
	Added    bool // by the district office; its values travel in extra
	Required bool
	Hidden   bool
	From     time.Time `json:"-"` // of one that was added
}

// columns are the columns of a register at a time, hidden ones too, in their
// order.
func (v *ruleView) columns(register string, at time.Time) []Column {
	out := slices.Clone(v.r.columns[register])
	for _, c := range v.changes("column.add", "column.rename", "column.hide", "column.order") {
		if c.From.After(at) {
			continue
		}
		find := func(name string) *Column {
			if i := slices.IndexFunc(out, func(x Column) bool { return x.Name == name }); i >= 0 {
				return &out[i]
			}
			return new(Column)
		}
		switch b := c.read.(type) {
		case *contract.ColumnAdd:
			if string(b.Register) == register {
				col := Column{
					Register: register, Name: b.Column, Pos: 10000 + len(out), Type: b.Type, Class: b.Class, Hi: b.Hi, En: b.En,
					Added: true, Required: b.Required, From: c.From,
				}
				if b.List != nil {
					col.List = *b.List
				}
				out = append(out, col)
			}
		case *contract.ColumnRename:
			if string(b.Register) == register {
				col := find(b.Column)
				col.Hi, col.En = b.Hi, b.En
			}
		case *contract.ColumnHide:
			if string(b.Register) == register {
				find(b.Column).Hidden = true
			}
		case *contract.ColumnOrder:
			if string(b.Register) == register {
				for i, name := range b.Columns {
					find(name).Pos = i - len(b.Columns)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Column) int { return a.Pos - b.Pos })
	return out
}

// column finds a column of a register at a time.
func (v *ruleView) column(register, name string, at time.Time) (Column, bool) {
	list := v.columns(register, at)
	i := slices.IndexFunc(list, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return list[i], true
}

// listOfColumn tells whether a code list is that of an added column.
func (v *ruleView) listOfColumn(list string) bool {
	return slices.ContainsFunc(v.changes("column.add"), func(c ruleChange) bool {
		b := c.read.(*contract.ColumnAdd)
		return b.List != nil && *b.List == list
	})
}

func checkColumnAdd(v *ruleView, d *draft, b *contract.ColumnAdd) error {
	if _, there := v.column(string(b.Register), b.Column, ruleFrom(b, d.at)); there {
		return refuse(contract.CodeAlreadyThere, "/body/column")
	}
	if (b.Type == "code") != (b.List != nil) {
		return refuse(contract.CodeMissingField, "/body/list")
	}
	return nil
}

func checkColumnRename(v *ruleView, d *draft, b *contract.ColumnRename) error {
	if _, there := v.column(string(b.Register), b.Column, d.at); !there {
		return refuse(contract.CodeUnknownReference, "/body/column")
	}
	return nil
}

// neverHidden are columns without which a line proves nothing.
var neverHidden = []string{"serial_no", "entered_at", "entered_by", "station_code", "corrects_id"}

func checkColumnHide(v *ruleView, d *draft, b *contract.ColumnHide) error {
	col, there := v.column(string(b.Register), b.Column, d.at)
	if !there || slices.Contains(neverHidden, b.Column) {
		return refuse(contract.CodeUnknownReference, "/body/column")
	}
	if col.Hidden {
		return refuse(contract.CodeWrongState, "/body/column")
	}
	return nil
}

func checkColumnOrder(v *ruleView, d *draft, b *contract.ColumnOrder) error {
	seen := map[string]bool{}
	for i, name := range b.Columns {
		if _, there := v.column(string(b.Register), name, d.at); !there || seen[name] {
			return refuse(contract.CodeUnknownReference, d.ptr("/columns/%d", i))
		}
		seen[name] = true
	}
	return nil
}

// extra checks the values of columns that the district office added, by the
// list in force when the entry was made. What a phone with an older list could
// not know is flagged and kept.
func (d *draft) extra(v *ruleView, register string, x *contract.Extra) error {
	if x == nil && len(v.changes("column.add")) == 0 { // no column is owed either
		return nil
	}
	at := d.op.DeviceAt
	given := map[string]bool{}
	if x != nil {
		for _, part := range []struct {
			class, name string
			values      []contract.ExtraValue
		}{{"open", "open", x.Open}, {"V", "v", orNone(x.V)}, {"X", "x", orNone(x.X)}} {
			for i, value := range part.values {
				ptr := d.ptr("/extra/%s/%d", part.name, i)
				col, there := v.column(register, value.Column, at)
				if !there {
					col, there = v.column(register, value.Column, d.receivedAt)
				}
				switch {
				case !there || !col.Added || given[value.Column]:
					return refuse(contract.CodeUnknownColumn, ptr+"/column")
				case col.Class != part.class:
					return refuse(contract.CodeColumnClass, ptr+"/column")
				case col.Hidden:
					d.flag(flag{Code: flagOldColumns, Value: 1})
				}
				if err := d.extraValue(v, col, value, ptr, part.class == "open"); err != nil {
					return err
				}
				given[value.Column] = true
			}
		}
	}
	for _, col := range v.columns(register, at) {
		if col.Added && col.Required && !col.Hidden && !given[col.Name] {
			d.flag(flag{Code: flagOldColumns, Value: 1})
			break
		}
	}
	return nil
}

// knownExtra tells whether the rules know the columns that values are of, and
// the codes among the values.
func (v *ruleView) knownExtra(d *draft, x *contract.Extra) bool {
	if x == nil {
		return true
	}
	for _, value := range slices.Concat(x.Open, orNone(x.V), orNone(x.X)) {
		i := slices.IndexFunc(v.changes("column.add"), func(c ruleChange) bool {
			return c.read.(*contract.ColumnAdd).Column == value.Column
		})
		if i < 0 {
			return false
		}
		col := v.changes("column.add")[i].read.(*contract.ColumnAdd)
		if value.Code == nil || col.List == nil {
			continue
		}
		if known, _ := v.codeOf(d, *col.List, *value.Code); !known {
			return false
		}
	}
	return true
}

func orNone(list *[]contract.ExtraValue) []contract.ExtraValue {
	if list == nil {
		return nil
	}
	return *list
}

func (d *draft) extraValue(v *ruleView, col Column, x contract.ExtraValue, ptr string, open bool) error {
	types := map[string]bool{
		"text": x.Text != nil, "code": x.Code != nil, "number": x.Number != nil, "date": x.Date != nil, "yes_no": x.YesNo != nil,
	}
	if !types[col.Type] {
		return refuse(contract.CodeWrongType, ptr)
	}
	if x.Code != nil {
		known, retired := v.codeOf(d, col.List, *x.Code)
		if !known {
			return refuse(contract.CodeUnknownCode, ptr+"/code")
		}
		if retired {
			d.flag(flag{Code: flagRetiredCode, Value: 1})
		}
	}
	if x.Text != nil && open && phoneLike(*x.Text) {
		return refuse(contract.CodeIdentityInText, ptr+"/text")
	}
	return nil
}
