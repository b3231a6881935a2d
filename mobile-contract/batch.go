package contract

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

// Item is one op of a batch, not yet decoded. Raw is a slice of the body.
type Item struct {
	Raw []byte
	Sig string // 86 characters of base64url
	Err error  // a *Violation when this item's signature has not even its form
}

// Batch is the body of postOps, its ops still unread.
type Batch struct {
	SentAt time.Time
	Items  []Item
}

// batchShape is what SplitBatch needs of the contract.
type batchShape struct {
	sentAt, sig      *node
	minItem, maxItem int
}

func compileBatch(batch, item *openapi3.SchemaRef) (batchShape, error) {
	var b batchShape
	var err error
	if b.sentAt, err = compileNode(batch.Value.Properties["sent_at"], "/sent_at"); err != nil {
		return b, err
	}
	if b.sig, err = compileNode(item.Value.Properties["sig"], "/sig"); err != nil {
		return b, err
	}
	items := batch.Value.Properties["items"].Value
	if items.MaxItems == nil || *items.MaxItems > math.MaxInt32 {
		return b, fmt.Errorf("items without bounds")
	}
	b.minItem, b.maxItem = int(items.MinItems), int(*items.MaxItems)
	return b, nil
}

// SplitBatch cuts a batch into its items. It is strict on the envelope: any fault there is a *Violation of the whole,
// with a pointer into the body. What is wrong inside an op is left to DecodeOp, so that it is that op's refusal alone;
// only what breaks JSON itself breaks the batch.
func SplitBatch(body []byte) (Batch, error) {
	w := newWalker(body, false)
	defer w.free()
	w.dec.Reset(&w.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	s := splitter{walker: w, shape: &load().batch}
	if err := s.envelope(); err != nil {
		return Batch{}, s.named(err)
	}
	if len(bytes.Trim(body[w.dec.InputOffset():], " \t\r\n")) != 0 {
		return Batch{}, &Violation{Code: CodeBadJSON}
	}
	return s.batch, nil
}

// SplitItem reads the body of unseal, which is one item of a batch, as strictly as SplitBatch does.
func SplitItem(body []byte) (Item, error) {
	w := newWalker(body, false)
	defer w.free()
	w.dec.Reset(&w.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	s := splitter{walker: w, shape: &load().batch}
	if err := s.item(); err != nil {
		return Item{}, s.named(err)
	}
	if len(bytes.Trim(body[w.dec.InputOffset():], " \t\r\n")) != 0 {
		return Item{}, &Violation{Code: CodeBadJSON}
	}
	return s.batch.Items[0], nil
}

// SplitPair reads the body of acceptTask: the item of the task, then that of the read, whichever stands first.
func SplitPair(body []byte) ([]Item, error) {
	w := newWalker(body, false)
	defer w.free()
	w.dec.Reset(&w.buf, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	s := splitter{walker: w, shape: &load().batch}
	first := 0
	err := s.members([2]string{"accept", "read"}, func(i int) error {
		if len(s.batch.Items) == 0 {
			first = i
		}
		return s.item()
	})
	if err != nil {
		return nil, s.named(err)
	}
	if len(bytes.Trim(body[w.dec.InputOffset():], " \t\r\n")) != 0 {
		return nil, &Violation{Code: CodeBadJSON}
	}
	if first == 1 {
		slices.Reverse(s.batch.Items)
	}
	return s.batch.Items, nil
}

type splitter struct {
	*walker
	shape *batchShape
	batch Batch
}

// named gives a batch that is no JSON because it nests too deep its proper name.
func (s *splitter) named(err error) error {
	var v *Violation
	if errors.As(err, &v) && v.Code == CodeBadJSON && tooDeep(s.raw) {
		return &Violation{Code: CodeTooDeep, Detail: strconv.Itoa(MaxDepth)}
	}
	return err
}

// broken is what is not JSON. Which string of which op it was cannot be told.
func (s *splitter) broken() error { return &Violation{Code: CodeBadJSON} }

// open reads the bracket that begins a value of the wanted type.
func (s *splitter) open(bracket jsontext.Kind, name string) error {
	switch s.dec.PeekKind() {
	case bracket:
	case jsontext.KindInvalid:
		return s.broken()
	default:
		return s.fail(CodeWrongType, name)
	}
	return s.closed()
}

// closed reads one bracket.
func (s *splitter) closed() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return s.broken()
	}
	return nil
}

// members reads an object with exactly these members, in any order, handing each to read.
func (s *splitter) members(names [2]string, read func(i int) error) error {
	if err := s.open('{', "object"); err != nil {
		return err
	}
	var seen [2]bool
	for s.dec.PeekKind() == '"' {
		quoted, err := s.dec.ReadValue()
		if err != nil {
			return s.broken()
		}
		i := slices.Index(names[:], string(unquoted(quoted)))
		if i < 0 {
			return s.fail(CodeUnknownField, "")
		}
		s.path = append(s.path, step{name: names[i]})
		if seen[i] {
			return s.fail(CodeDuplicateKey, "")
		}
		seen[i] = true
		if err := read(i); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
	if err := s.closed(); err != nil {
		return err
	}
	if i := slices.Index(seen[:], false); i >= 0 {
		s.path = append(s.path, step{name: names[i]})
		return s.fail(CodeMissingField, "")
	}
	return nil
}

func (s *splitter) envelope() error {
	return s.members([2]string{"sent_at", "items"}, func(i int) error {
		if i == 1 {
			return s.items()
		}
		if err := s.value(s.shape.sentAt); err != nil {
			return err
		}
		s.batch.SentAt = s.at
		return nil
	})
}

func (s *splitter) items() error {
	if err := s.open('[', "array"); err != nil {
		return err
	}
	s.batch.Items = make([]Item, 0, 16)
	s.path = append(s.path, step{})
	top := len(s.path) - 1
	for n := 0; ; n++ {
		kind := s.dec.PeekKind()
		if kind == ']' {
			break
		}
		if n == s.shape.maxItem && kind != jsontext.KindInvalid {
			s.path = s.path[:top]
			return s.fail(CodeTooMany, strconv.Itoa(s.shape.maxItem))
		}
		s.path[top].index = n
		if err := s.item(); err != nil {
			return err
		}
	}
	if err := s.closed(); err != nil {
		return err
	}
	s.path = s.path[:top]
	if len(s.batch.Items) < s.shape.minItem {
		return s.fail(CodeTooFew, strconv.Itoa(s.shape.minItem))
	}
	return nil
}

func (s *splitter) item() error {
	var it Item
	err := s.members([2]string{"op", "sig"}, func(i int) error {
		if i == 0 {
			return s.op(&it)
		}
		return s.sig(&it)
	})
	s.batch.Items = append(s.batch.Items, it)
	return err
}

func (s *splitter) op(it *Item) error {
	switch s.dec.PeekKind() {
	case '{':
	case jsontext.KindInvalid:
		return s.broken()
	default:
		return s.fail(CodeWrongType, "object")
	}
	val, err := s.dec.ReadValue()
	if err != nil {
		return s.broken()
	}
	end := int(s.dec.InputOffset())
	it.Raw = s.raw[end-len(val) : end : end]
	return nil
}

// sig takes a text of any form: a wrong one is that op's refusal.
func (s *splitter) sig(it *Item) error {
	switch s.dec.PeekKind() {
	case '"':
	case jsontext.KindInvalid:
		return s.broken()
	default:
		return s.fail(CodeWrongType, "string")
	}
	val, err := s.dec.ReadValue()
	if err != nil {
		return s.broken()
	}
	text := unquoted(val)
	if len(text) != s.shape.sig.maxLen || !s.shape.sig.pattern.match(text) {
		it.Err = &Violation{Code: CodeBadSignature, Pointer: "/sig"}
		return nil
	}
	it.Sig = string(text)
	return nil
}
