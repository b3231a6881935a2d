package contract

import (
	"bytes"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// MaxDepth is how deep objects and arrays may nest. No schema of the contract comes near it, so the checker meets
// something else that is wrong first; it is then told by its own name.
const MaxDepth = 32

// SealPrefix begins the text that stands in a stored op where a sealed value was.
const SealPrefix = "kendra:seal:"

// Violation is why a document was refused. It holds no value of the document.
type Violation struct {
	Code    Code
	Pointer string // JSON pointer into what was checked; a query parameter's name
	Detail  string // a bound or a kind of value, from the contract and never from the document
}

func (v *Violation) Error() string {
	s := "contract: " + string(v.Code)
	if v.Pointer != "" {
		s += " at " + v.Pointer
	}
	return s
}

// Problem is the violation as a phone is told it.
func (v *Violation) Problem(opts ...Option) *Problem {
	p := NewProblem(v.Code, WithPointer(v.Pointer), WithDetail(v.Detail))
	for _, o := range opts {
		o(p)
	}
	return p
}

// Span is where the raw JSON of one value stands.
type Span struct {
	Pointer    string
	Class      byte // 'V' or 'X'; 'S' is the op's salt
	Start, End int
}

// CodeRef is a code that must be in a list of the reference data.
type CodeRef struct{ List, Code, Pointer string }

// TextRef is free text that stays open.
type TextRef struct{ Pointer, Text string }

// Report is what a check saw on its way.
type Report struct {
	Sealed    []Span // in the order of the document, never overlapping
	Codes     []CodeRef
	OpenTexts []TextRef
	Salt      Span // of an op
}

// Schema checks documents of one shape. It may be used by many goroutines at once.
type Schema struct{ root *node }

// Check walks raw once. The error is a *Violation.
func (s *Schema) Check(raw []byte) (Report, error) { return s.check(raw, false) }

// CheckSealed is Check for what is stored: at places that are sealed it takes a sealed text, too.
func (s *Schema) CheckSealed(raw []byte) (Report, error) { return s.check(raw, true) }

func (s *Schema) check(raw []byte, sealed bool) (Report, error) {
	w := newWalker(raw, sealed)
	defer w.free()
	if err := w.document(s.root); err != nil {
		return Report{}, err
	}
	return w.report, nil
}

// walker goes over one document. Strings it hands to nobody: what leaves is copied.
type walker struct {
	dec     *jsontext.Decoder
	buf     bytes.Buffer
	raw     []byte
	sealed  bool
	path    []step
	report  Report
	scratch []byte
	op      *Op

	// The last scalar: its place in raw, and what it was.
	start, end int
	text       []byte
	integer    int64
	number     float64
	flag       bool
	at         time.Time
	id         uuid.UUID
}

// step is a member or, with name "", an index.
type step struct {
	name  string
	index int
}

var walkers = sync.Pool{New: func() any {
	return &walker{dec: new(jsontext.Decoder), path: make([]step, 0, 8), scratch: make([]byte, 0, 512)}
}}

func newWalker(raw []byte, sealed bool) *walker {
	w := walkers.Get().(*walker)
	w.raw, w.sealed, w.report, w.path, w.op = raw, sealed, Report{}, w.path[:0], nil
	w.reset()
	return w
}

// reset begins to read raw. Duplicates are found by the bit set of seen members, which is cheaper than the decoder's
// own way and knows the pointer.
func (w *walker) reset() {
	w.buf = *bytes.NewBuffer(w.raw)
	w.dec.Reset(&w.buf, jsontext.AllowDuplicateNames(true))
}

func (w *walker) free() {
	w.raw, w.text, w.op, w.report = nil, nil, nil, Report{}
	w.buf = bytes.Buffer{}
	walkers.Put(w)
}

// document checks a whole text: one value and nothing after it.
func (w *walker) document(n *node) error {
	if n.spans > 0 {
		w.report.Sealed = make([]Span, 0, n.spans)
	}
	if err := w.value(n); err != nil {
		return w.deep(err)
	}
	for _, c := range w.raw[w.dec.InputOffset():] {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return &Violation{Code: CodeBadJSON}
		}
	}
	return nil
}

func (w *walker) value(n *node) error {
	kind := w.dec.PeekKind()
	switch kind {
	case '{':
		if n.shape == shapeObject {
			return w.object(n)
		}
	case '[':
		if n.shape == shapeArray {
			return w.array(n)
		}
	case jsontext.KindInvalid:
		_, err := w.dec.ReadValue()
		return w.syntax(err)
	default:
		return w.scalar(n, kind)
	}
	return w.wrongType(n)
}

func (w *walker) object(n *node) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return w.syntax(err)
	}
	start := int(w.dec.InputOffset()) - 1
	var seen uint64
	count := 0
	w.path = append(w.path, step{})
	top := len(w.path) - 1
	for w.dec.PeekKind() == '"' {
		i, err := w.member(n, seen)
		if err != nil {
			return err
		}
		seen |= 1 << i
		count++
		w.path[top].name = n.names[i]
		if err := w.value(n.nodes[i]); err != nil {
			return err
		}
		if n.capture != nil {
			n.capture(w, i)
		}
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return w.syntax(err)
	}
	w.path = w.path[:top]
	w.start, w.end = start, int(w.dec.InputOffset())
	if missing := n.required &^ seen; missing != 0 {
		return w.missing(n, missing)
	}
	switch {
	case count < n.minN:
		return w.fail(CodeTooFew, strconv.Itoa(n.minN))
	case count > n.maxN:
		return w.fail(CodeTooMany, strconv.Itoa(n.maxN))
	}
	if n.class != 0 { // sealed as a whole
		w.span(n)
	}
	return nil
}

// member reads a member's name: one the schema has, not seen before, spelled exactly.
func (w *walker) member(n *node, seen uint64) (int, error) {
	quoted, err := w.dec.ReadValue()
	if err != nil {
		return 0, w.syntax(err)
	}
	name := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		if name, err = jsontext.AppendUnquote(w.scratch[:0], quoted); err != nil {
			return 0, w.fail(CodeBadText, "")
		}
	}
	i, ok := n.index[string(name)]
	if !ok {
		w.path = w.path[:len(w.path)-1] // the name is the sender's: not told
		return 0, w.fail(CodeUnknownField, "")
	}
	if seen&(1<<i) != 0 {
		w.path[len(w.path)-1].name = n.names[i]
		return 0, w.fail(CodeDuplicateKey, "")
	}
	return i, nil
}

func (w *walker) missing(n *node, missing uint64) error {
	for i, name := range n.names {
		if missing&(1<<i) != 0 {
			w.path = append(w.path, step{name: name})
			return w.fail(CodeMissingField, "")
		}
	}
	return nil
}

func (w *walker) array(n *node) error {
	if _, err := w.dec.ReadToken(); err != nil {
		return w.syntax(err)
	}
	start := int(w.dec.InputOffset()) - 1
	w.path = append(w.path, step{})
	top := len(w.path) - 1
	count := 0
	for ; ; count++ {
		kind := w.dec.PeekKind()
		if kind == ']' {
			break
		}
		if count == n.maxN && kind != jsontext.KindInvalid {
			w.path = w.path[:top]
			return w.fail(CodeTooMany, strconv.Itoa(n.maxN))
		}
		w.path[top].index = count
		if err := w.value(n.item); err != nil {
			return err
		}
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return w.syntax(err)
	}
	w.path = w.path[:top]
	w.start, w.end = start, int(w.dec.InputOffset())
	if count < n.minN {
		return w.fail(CodeTooFew, strconv.Itoa(n.minN))
	}
	if n.class != 0 { // sealed as a whole
		w.span(n)
	}
	return nil
}

func (w *walker) fail(code Code, detail string) *Violation {
	return &Violation{Code: code, Pointer: w.pointer(), Detail: detail}
}

func (w *walker) pointer() string {
	b := make([]byte, 0, 64)
	for _, s := range w.path {
		b = append(b, '/')
		if s.name == "" {
			b = strconv.AppendInt(b, int64(s.index), 10)
			continue
		}
		b = append(b, s.name...) // the contract's names need no escape
	}
	return string(b)
}

// place is the pointer of n, known beforehand unless it is inside an array.
func (w *walker) place(n *node) string {
	if n.inArray {
		return w.pointer()
	}
	return n.pointer
}

// syntax says what is wrong with a text that is not JSON: bad text inside a string, else bad JSON.
func (w *walker) syntax(err error) error {
	if utf8.Valid(w.raw) && !brokenString(w.raw, err) {
		return &Violation{Code: CodeBadJSON} // where it broke is seldom where the fault is
	}
	return w.fail(CodeBadText, "")
}

// brokenString reports whether reading stopped inside a string, at a control character or half a surrogate pair.
func brokenString(raw []byte, err error) bool {
	var se *jsontext.SyntacticError
	if !asSyntactic(err, &se) || se.ByteOffset < 0 || se.ByteOffset >= int64(len(raw)) {
		return false
	}
	if !insideString(raw[:se.ByteOffset]) {
		return false
	}
	rest := raw[se.ByteOffset:]
	return rest[0] < 0x20 || len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' && isHex(rest[2:6])
}

func insideString(before []byte) bool {
	in := false
	for i := 0; i < len(before); i++ {
		switch {
		case before[i] == '"':
			in = !in
		case before[i] == '\\' && in:
			i++
		}
	}
	return in
}

func isHex(b []byte) bool {
	for _, c := range b {
		if hexDigit(c) > 15 {
			return false
		}
	}
	return true
}

// deep gives a violation its proper name when the text nests too deep.
func (w *walker) deep(err error) error {
	if tooDeep(w.raw) {
		return &Violation{Code: CodeTooDeep, Detail: strconv.Itoa(MaxDepth)}
	}
	return err
}

func tooDeep(raw []byte) bool {
	depth, in := 0, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '"':
			in = !in
		case in:
			if c == '\\' {
				i++
			}
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
