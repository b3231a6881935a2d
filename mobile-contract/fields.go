package contract

import "slices"

// Field is a member of a body as a form shows it: what it holds, from which
// list, how long it may be, whether it must be there.
type Field struct {
	Name     string
	Type     string // object, array, string, integer, number or boolean
	Format   string // of a string: uuid, date-time, date or none
	List     string // of codes
	Enum     []string
	Class    byte // V, X, or 0: open
	Required bool
	OnlyTrue bool // of a boolean: that it holds is all it can say
	MinLen   int
	MaxLen   int     // of a string in characters, of an array in items
	Min, Max int64   // of an integer
	Fields   []Field // of an object
	Item     *Field  // of an array
}

// BodyFields lists the members of the body of a kind in the contract's order of
// names; nil when there is no such kind.
func BodyFields(kind Kind) []Field {
	s := BodySchema(kind)
	if s == nil {
		return nil
	}
	return s.root.field("", false).Fields
}

// shapeNames are the words of JSON schema.
var shapeNames = map[shape]string{ //nolint:gochecknoglobals // a static table, never written after start
	shapeObject: "object", shapeArray: "array", shapeString: "string",
	shapeInteger: "integer", shapeNumber: "number", shapeBoolean: "boolean",
}

var formatNames = map[format]string{ //nolint:gochecknoglobals // a static table, never written after start
	formatUUID: "uuid", formatTime: "date-time", formatDate: "date",
}

func (n *node) field(name string, required bool) Field {
	f := Field{
		Name: name, Type: shapeNames[n.shape], Format: formatNames[n.format], List: n.list, Enum: slices.Clone(n.enum),
		Class: n.class, Required: required, OnlyTrue: n.onlyTrue, MinLen: n.minLen, MaxLen: n.maxLen, Min: n.minI, Max: n.maxI,
	}
	for i, m := range n.nodes {
		f.Fields = append(f.Fields, m.field(n.names[i], n.required&(1<<i) != 0))
	}
	if n.item != nil {
		item := n.item.field("", true)
		f.Item, f.MinLen, f.MaxLen = &item, n.minN, n.maxN
	}
	return f
}
