package contract

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// classSalt is the class of an op's salt: sealed with the V and X fields, but not one of them.
const classSalt = 'S'

// Op is one act of an officer as it was read. Raw is what op_hash and the signature are taken of; Raw and Body are
// slices of what was decoded, and the spans of its Report are offsets in Raw.
type Op struct {
	ID        uuid.UUID
	Kind      Kind
	Centre    string
	SessionID uuid.UUID
	DeviceSeq int64
	DeviceAt  time.Time // UTC
	Place     *Place
	Salt      string
	Raw       []byte
	Body      []byte
	BodyAt    int // where Body begins in Raw
}

// opShape is the checker of one kind.
type opShape struct {
	kind Kind
	node *node
	body *Schema
}

func compileOp(kind Kind, ref *openapi3.SchemaRef) (*opShape, error) {
	n, err := compileNode(ref, "")
	if err != nil {
		return nil, err
	}
	n.capture = captureHead(n.names)
	place := n.nodes[n.index["place"]]
	place.capture = capturePlace(place.names)
	n.nodes[n.index["salt"]].class = classSalt
	body, err := compileNode(ref.Value.Properties["body"], "")
	if err != nil {
		return nil, err
	}
	return &opShape{kind: kind, node: n, body: &Schema{root: body}}, nil
}

// BodySchema checks the body of a kind alone; nil when there is no such kind.
func BodySchema(kind Kind) *Schema {
	s, ok := load().kinds[string(kind)]
	if !ok {
		return nil
	}
	return s.body
}

// SealedFields are the places in the body of a kind that are sealed, each with its class.
func SealedFields(kind Kind) map[string]byte {
	out := map[string]byte{}
	if s := BodySchema(kind); s != nil {
		s.root.sealedInto(out, "")
	}
	return out
}

// DecodeOp reads one op as a phone sent it. The error is a *Violation with a pointer into the op.
func DecodeOp(raw []byte) (*Op, Report, error) { return decodeOp(raw, false) }

// DecodeSealedOp reads an op as it is stored, sealed.
func DecodeSealedOp(raw []byte) (*Op, Report, error) { return decodeOp(raw, true) }

func decodeOp(raw []byte, sealed bool) (*Op, Report, error) {
	raw = bytes.Trim(raw, " \t\r\n")
	w := newWalker(raw, sealed)
	defer w.free()
	s, err := w.kindOf()
	if err != nil {
		return nil, Report{}, w.deep(err)
	}
	op := &Op{Kind: s.kind, Raw: raw}
	w.op = op
	w.reset()
	if err := w.document(s.node); err != nil {
		return nil, Report{}, err
	}
	return op, w.report, nil
}

// ReadOpID reads the op_id alone, so that an op that cannot be read otherwise can still be answered by its name.
func ReadOpID(raw []byte) (uuid.UUID, bool) {
	w := newWalker(raw, false)
	defer w.free()
	quoted, err := w.find("op_id")
	if err != nil || len(quoted) < 2 || quoted[0] != '"' {
		return uuid.UUID{}, false
	}
	return parseUUID(quoted[1 : len(quoted)-1])
}

// kindOf finds which kind the op is, since every other member is checked by it. Ops are written with the kind near the
// front, which makes this short.
func (w *walker) kindOf() (*opShape, error) {
	w.path = w.path[:0]
	if k := w.dec.PeekKind(); k != '{' && k != jsontext.KindInvalid {
		return nil, &Violation{Code: CodeWrongType, Detail: "object"}
	}
	val, err := w.find("kind")
	if err != nil {
		return nil, err
	}
	at := &Violation{Pointer: "/kind"}
	switch {
	case val == nil:
		at.Code = CodeMissingField
		return nil, at
	case val[0] != '"':
		at.Code, at.Detail = CodeWrongType, "string"
		return nil, at
	}
	s, ok := load().kinds[string(unquoted(val))]
	if !ok {
		at.Code = CodeBadKind
		return nil, at
	}
	return s, nil
}

// find gives the raw value of the first top-level member of that name; nil when there is none. Broken text on the way
// does not stop it: the check that follows tells where that is.
func (w *walker) find(name string) (jsontext.Value, error) {
	w.buf = *bytes.NewBuffer(w.raw)
	w.dec.Reset(&w.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := w.dec.ReadToken(); err != nil {
		return nil, w.syntax(err)
	}
	for w.dec.PeekKind() == '"' {
		member, err := w.dec.ReadValue()
		if err != nil {
			return nil, w.syntax(err)
		}
		found := string(unquoted(member)) == name
		val, err := w.dec.ReadValue()
		if err != nil {
			return nil, w.syntax(err)
		}
		if found {
			return val, nil
		}
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return nil, w.syntax(err)
	}
	return nil, nil
}

// unquoted is what a string says; nil when it says nothing that is text.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	out, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return nil
	}
	return out
}

func captureHead(names []string) captureFunc {
	return func(w *walker, member int) {
		op := w.op
		if op == nil {
			return
		}
		switch names[member] {
		case "op_id":
			op.ID = w.id
		case "centre":
			op.Centre = string(w.text)
		case "session_id":
			op.SessionID = w.id
		case "device_seq":
			op.DeviceSeq = w.integer
		case "device_at":
			op.DeviceAt = w.at
		case "salt":
			op.Salt = string(w.text) // "" when it is sealed
		case "body":
			op.Body, op.BodyAt = w.raw[w.start:w.end:w.end], w.start
		}
	}
}

func capturePlace(names []string) captureFunc {
	return func(w *walker, member int) {
		if w.op == nil {
			return
		}
		if w.op.Place == nil {
			w.op.Place = new(Place)
		}
		p := w.op.Place
		switch names[member] {
		case "lat":
			p.Lat = w.number
		case "lon":
			p.Lon = w.number
		case "accuracy_m":
			p.AccuracyM = w.number
		case "fix_at":
			p.FixAt = &Time{w.at}
		case "mock":
			mock := w.flag
			p.Mock = &mock
		case "provider":
			provider := Provider(w.text)
			p.Provider = &provider
		case "speed_mps":
			speed := w.number
			p.SpeedMps = &speed
		case "heading":
			heading := w.number
			p.Heading = &heading
		}
	}
}

// DecodeBody reads a checked body, or an open view of one, into its type. A null leaves the zero value.
func DecodeBody[T any](raw []byte) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("decode body: %w", err)
	}
	return v, nil
}

// OpenView is raw with null in the place of every span: what rules and projections may see. Spans must be those a
// check reported of raw.
func OpenView(raw []byte, spans []Span) []byte {
	if len(spans) == 0 {
		return slices.Clone(raw)
	}
	out := make([]byte, 0, len(raw))
	from := 0
	for _, s := range spans {
		out = append(append(out, raw[from:s.Start]...), "null"...)
		from = s.End
	}
	return append(out, raw[from:]...)
}

// BodySpans gives an op's spans as a check of its body alone would have reported them.
func (op *Op) BodySpans(spans []Span) []Span {
	out := make([]Span, len(spans))
	for i, s := range spans {
		s.Pointer = strings.TrimPrefix(s.Pointer, "/body")
		s.Start -= op.BodyAt
		s.End -= op.BodyAt
		out[i] = s
	}
	return out
}
