package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// sealedPart is what of an entry is sealed: names and no values, and for who may
// read it the form that asks for them. The values stand there in the answer that
// reads them, and in no other.
type sealedPart struct {
	Fields []sealedField
	Form   *form // nil: not by this officer
	Path   string
	N      int // of the parts of a page, for the ids of its fields
	Reason []option
	Text   string
	Open   bool
}

// sealedField is one of them.
type sealedField struct {
	Pointer, Label, Mask string
	Plain                string
	Read, Chosen         bool
}

// reading is what an answer reads.
type reading struct {
	Subject uuid.UUID
	Seq     int64 // of the entry that says so
	Gone    bool  // it was read before, and is not given again
	Problem *told
	Code    bool

	said  *said
	plain map[string]string // JSON by pointer
}

// readDesk makes the parts of a page.
type readDesk struct {
	pages     *Pages
	x         *exchange
	complaint *book.ComplaintDetail
	reading   *reading
	reads     bool
	n         int
}

// mostRead is how many parts of a page have a form; the story of a complaint that
// has more is long over.
const mostRead = 40

// part is that of an entry; nil when nothing of it is sealed.
func (k *readDesk) part(subject uuid.UUID, kind contract.Kind, by uuid.UUID, pointers []string) (*sealedPart, error) {
	if len(pointers) == 0 || kind == contract.KindFileAttach { // a file has its own way
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	part := &sealedPart{Path: complaintPath(k.complaint.ComplaintID) + "/read", N: k.n}
	k.n++
	mine := k.reading != nil && k.reading.Subject == subject
	for _, pointer := range asAsked(kind, pointers) {
		f := sealedField{Pointer: pointer, Label: k.pages.pointerLabel(k.x, kind, pointer)}
		f.Mask = k.complaint.Masks[strings.TrimPrefix(pointer, "/body/")]
		if mine {
			var raw string
			if raw, f.Read = k.reading.plain[pointer]; f.Read {
				f.Plain = k.pages.plainText(k.x, kind, pointer, raw)
			}
			f.Chosen = !f.Read && k.reading.Problem != nil && slices.Contains(k.reading.said.values["fields"], pointer)
		}
		part.Fields = append(part.Fields, f)
	}
	if !k.mayRead(by) || k.n > mostRead && !mine {
		return part, nil
	}
	return part, k.form(part, subject, mine)
}

// asAsked puts pointers into the order in which the form of the kind asks for
// their fields.
func asAsked(kind contract.Kind, pointers []string) []string {
	fields := ordered(kind, contract.BodyFields(kind))
	place := func(pointer string) int {
		name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/body/"), "/")
		return slices.IndexFunc(fields, func(f contract.Field) bool { return f.Name == name })
	}
	out := slices.Clone(pointers)
	slices.SortStableFunc(out, func(a, b string) int { return place(a) - place(b) })
	return out
}

// mayRead tells whether the form is worth offering; who reads the book judges.
func (k *readDesk) mayRead(by uuid.UUID) bool {
	if !k.reads {
		return false
	}
	return !k.complaint.Hidden || by == k.x.who.OfficerID || slices.ContainsFunc(k.complaint.Glass, func(g book.GlassAsk) bool {
		return g.OfficerID == k.x.who.OfficerID && g.Opens(k.x.now)
	})
}

// form adds the form; one that was refused as it came.
func (k *readDesk) form(part *sealedPart, subject uuid.UUID, mine bool) error {
	a := ask{
		kind: contract.KindIdentityRead, centre: k.x.centre, back: complaintPath(k.complaint.ComplaintID),
		given: map[string]string{"subject_id": subject.String()},
	}
	var refused *told
	if mine && k.reading.Problem != nil {
		s := k.reading.said
		a.opID, a.salt, a.values, refused = s.OpID, s.Salt, s.values, k.reading.Problem
	}
	f, err := k.pages.formOf(k.x, a)
	if err != nil {
		return err
	}
	f.Problem, f.Code = refused, f.Code || refused != nil && k.reading.Code
	part.Form, part.Open = f, mine
	part.Reason = k.pages.options(k.x, contract.Field{List: "read_reason"})
	for i := range part.Reason {
		part.Reason[i].Chosen = slices.Contains(a.values["reason"], part.Reason[i].Value)
	}
	part.Text = strings.Join(a.values["text"], "")
	return nil
}

// readSealed reads sealed fields of an entry: an op of its own, whose answer is
// the page with the values at their places. It leads nowhere, so that no address
// has them.
func (p *Pages) readSealed(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	s, err := p.read(x, contract.KindIdentityRead)
	if err != nil {
		return err
	}
	r := &reading{said: s, plain: map[string]string{}}
	r.Subject, _ = uuid.Parse(strings.Join(s.values["subject_id"], ""))
	if len(s.values["fields"]) == 0 {
		err = contract.NewProblem(contract.CodeMissingField, contract.WithPointer("/body/fields"))
	} else {
		err = p.openFields(x, s, r)
	}
	if err == nil {
		return p.showComplaint(x, id, r, http.StatusOK)
	}
	problem, request := p.Door.Problem(x.c, err)
	if problem.Status == http.StatusUnauthorized {
		return err
	}
	r.Problem, r.Code = p.tell(x, problem), problem.Code == contract.CodeStepUp
	r.Problem.RequestID = request
	return p.showComplaint(x, id, r, http.StatusUnprocessableEntity)
}

// openFields makes the op and takes the values.
func (p *Pages) openFields(x *exchange, s *said, r *reading) error {
	if err := p.stepUp(x); err != nil {
		return err
	}
	receipt, err := p.answered(x, s, func(in book.Incoming) (*book.Receipt, error) {
		out, err := p.Book.Unseal(x.ctx, x.who, in)
		if err != nil {
			return nil, err
		}
		for _, f := range out.Fields {
			r.plain[f.Pointer] = f.Value.Reveal()
		}
		return &out.Receipt, nil
	})
	if err != nil {
		return err
	}
	p.Door.Note(x.c, receipt)
	r.Gone = len(r.plain) == 0
	if receipt.Entry != nil {
		r.Seq = receipt.Entry.Seq
	}
	return nil
}

// readAway leads from the address of a reading to the complaint itself.
func (p *Pages) readAway(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	return seeOther(x.c, complaintPath(id))
}

// fieldAt finds a field of a kind by its pointer; of a list it is the item.
func fieldAt(kind contract.Kind, pointer string) (contract.Field, bool) {
	fields := contract.BodyFields(kind)
	var at contract.Field
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/body/"), "/") {
		if _, err := strconv.Atoi(name); err == nil && at.Item != nil {
			at = *at.Item
			fields = at.Fields
			continue
		}
		i := slices.IndexFunc(fields, func(f contract.Field) bool { return f.Name == name })
		if i < 0 {
			return at, false
		}
		at = fields[i]
		fields = at.Fields
	}
	return at, at.Name != "" || at.Type != ""
}

// pointerLabel is what a sealed field is called.
func (p *Pages) pointerLabel(x *exchange, kind contract.Kind, pointer string) string {
	names := strings.Split(strings.TrimPrefix(pointer, "/body/"), "/")
	label := ""
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			label += " " + strconv.Itoa(n+1)
			continue
		}
		label = p.fieldLabel(x, kind, name)
	}
	return label
}

// plainText writes a value in words: codes by their list, yes and no, times.
// What she said stays as it was written down.
func (p *Pages) plainText(x *exchange, kind contract.Kind, pointer, raw string) string {
	var v any
	if json.Unmarshal([]byte(raw), &v) != nil {
		return raw
	}
	f, _ := fieldAt(kind, pointer)
	list := f.List
	if f.Item != nil && list == "" {
		list = f.Item.List
	}
	if list == "" && len(f.Enum) > 0 {
		list = f.Name
	}
	if s, ok := v.(string); ok && list == "" && f.Format == "" {
		return s
	}
	return p.say(x, list, v)
}
