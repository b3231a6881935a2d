package contract

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape is the JSON type a node wants.
type shape byte

const (
	shapeObject shape = iota + 1
	shapeArray
	shapeString
	shapeInteger
	shapeNumber
	shapeBoolean
)

// format is a string format the checker knows.
type format byte

const (
	formatNone format = iota
	formatUUID
	formatTime
	formatDate
)

// maxProperties is what the bit set of seen members holds.
const maxProperties = 64

// node checks one value. Nodes are a tree, not a graph: each place in a document has its own, which so knows its
// pointer beforehand. It is never changed after compile.
type node struct {
	shape    shape
	pointer  string // "" when the place is inside an array
	inArray  bool
	class    byte // 'V', 'X' or 0
	list     string
	openText bool

	format     format
	pattern    *pattern
	enum       []string
	minLen     int
	maxLen     int
	onlyTrue   bool
	minI, maxI int64
	minF, maxF float64
	item       *node
	minN, maxN int // items, or members
	index      map[string]int
	names      []string
	nodes      []*node
	required   uint64
	spans      int // x-class nodes at or below
	capture    captureFunc
}

// captureFunc lets the op's head be read while it is checked.
type captureFunc func(w *walker, member int)

var errSchema = errors.New("a schema the checker does not know")

func compileNode(ref *openapi3.SchemaRef, pointer string) (*node, error) {
	return compileAt(ref, pointer, false)
}

func compileAt(ref *openapi3.SchemaRef, pointer string, inArray bool) (*node, error) {
	s := ref.Value
	if s == nil || s.Type == nil || len(*s.Type) != 1 || s.Nullable || s.OneOf != nil || s.AnyOf != nil || s.AllOf != nil || s.Not != nil {
		return nil, fmt.Errorf("%q: %w", pointer, errSchema)
	}
	n := &node{pointer: pointer, inArray: inArray}
	if err := n.extensions(s); err != nil {
		return nil, fmt.Errorf("%q: %w", pointer, err)
	}
	var err error
	switch (*s.Type)[0] {
	case openapi3.TypeObject:
		err = n.object(s)
	case openapi3.TypeArray:
		err = n.array(s)
	case openapi3.TypeString:
		err = n.text(s)
	case openapi3.TypeInteger:
		err = n.integer(s)
	case openapi3.TypeNumber:
		err = n.number(s)
	case openapi3.TypeBoolean:
		n.shape, n.onlyTrue = shapeBoolean, len(s.Enum) == 1 && s.Enum[0] == true
	default:
		err = errSchema
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", pointer, err)
	}
	if n.class != 0 {
		n.spans++
	}
	return n, nil
}

// sealedInto gathers what is sealed at a node or below; items of an array stand as *.
func (n *node) sealedInto(out map[string]byte, at string) {
	if n.class != 0 {
		out[at] = n.class
		return
	}
	for i, of := range n.nodes {
		of.sealedInto(out, at+"/"+n.names[i])
	}
	if n.item != nil {
		n.item.sealedInto(out, at+"/*")
	}
}

func (n *node) extensions(s *openapi3.Schema) error {
	if v, ok := s.Extensions["x-class"]; ok {
		class, _ := v.(string)
		if class != "V" && class != "X" && class != "N" {
			return fmt.Errorf("x-class is none of V, X, N")
		}
		n.class = class[0]
	}
	n.list, _ = s.Extensions["x-list"].(string)
	n.openText, _ = s.Extensions["x-open-text"].(bool)
	return nil
}

func (n *node) object(s *openapi3.Schema) error {
	if s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has || len(s.Properties) > maxProperties {
		return fmt.Errorf("an open object, or one too wide: %w", errSchema)
	}
	n.shape, n.index = shapeObject, make(map[string]int, len(s.Properties))
	for name := range s.Properties {
		n.names = append(n.names, name)
	}
	slices.Sort(n.names)
	for i, name := range n.names {
		n.index[name] = i
		child, err := compileAt(s.Properties[name], n.pointer+"/"+name, n.inArray)
		if err != nil {
			return err
		}
		n.nodes = append(n.nodes, child)
		n.spans += child.spans
		if slices.Contains(s.Required, name) {
			n.required |= 1 << i
		}
	}
	n.minN, n.maxN = int(s.MinProps), math.MaxInt
	if s.MaxProps != nil {
		n.maxN = int(*s.MaxProps)
	}
	return nil
}

func (n *node) array(s *openapi3.Schema) error {
	if s.MaxItems == nil {
		return fmt.Errorf("an array without maxItems")
	}
	n.shape, n.minN, n.maxN = shapeArray, int(s.MinItems), int(*s.MaxItems)
	item, err := compileAt(s.Items, n.pointer, true)
	if err != nil {
		return err
	}
	n.item, n.spans = item, item.spans
	return nil
}

func (n *node) text(s *openapi3.Schema) error {
	n.shape, n.minLen, n.maxLen = shapeString, int(s.MinLength), math.MaxInt
	for _, e := range s.Enum {
		word, ok := e.(string)
		if !ok {
			return fmt.Errorf("an enum that is not text")
		}
		n.enum = append(n.enum, word)
	}
	switch {
	case s.MaxLength != nil:
		n.maxLen = int(*s.MaxLength)
	case n.enum == nil:
		return fmt.Errorf("a string without maxLength")
	}
	switch s.Format {
	case "":
	case "uuid":
		n.format = formatUUID
	case "date-time":
		n.format = formatTime
	case "date":
		n.format = formatDate
	default:
		return fmt.Errorf("format %s: %w", s.Format, errSchema)
	}
	if s.Pattern == "" {
		return nil
	}
	var err error
	n.pattern, err = compilePattern(s.Pattern)
	return err
}

func (n *node) integer(s *openapi3.Schema) error {
	if s.Min == nil || s.Max == nil {
		return fmt.Errorf("an integer without bounds")
	}
	n.shape, n.minI, n.maxI = shapeInteger, int64(*s.Min), int64(*s.Max)
	return nil
}

func (n *node) number(s *openapi3.Schema) error {
	if s.Min == nil || s.Max == nil {
		return fmt.Errorf("a number without bounds")
	}
	n.shape, n.minF, n.maxF = shapeNumber, *s.Min, *s.Max
	return nil
}
