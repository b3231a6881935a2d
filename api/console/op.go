package console

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// opPage is the form of a kind by itself.
func (p *Pages) opPage(x *exchange) error {
	kind := contract.Kind(x.c.Params("kind"))
	if contract.BodySchema(kind) == nil || !mayMake(x.who, kind) || answers[kind] {
		return contract.NewProblem(contract.CodeNotFound)
	}
	if to := ownPages[kind]; to != "" {
		return seeOther(x.c, Root+to+"?centre="+url.QueryEscape(x.centre))
	}
	given, values := map[string]string{}, map[string][]string{}
	x.c.Context().QueryArgs().VisitAll(func(name, value []byte) {
		path, ok := strings.CutPrefix(string(name), fieldPrefix)
		switch {
		case ok && (isID(string(value)) || path == fixedCodes[kind] && isCode(string(value))):
			given[path] = string(value)
		case ok && isCode(string(value)):
			values[path] = []string{string(value)}
		}
	})
	a := ask{kind: kind, centre: x.centre, back: within(x.c.Query("back")), given: given, values: values}
	if fill := present[kind]; fill != nil {
		fill(p, x, &a)
	}
	f, err := p.formOf(x, a)
	if err != nil {
		return err
	}
	if kind == contract.KindDaySign {
		if err := p.beforeSign(x, f, given["date"]); err != nil {
			return err
		}
	}
	return p.send(x, http.StatusOK, "op", "kind."+string(kind), f)
}

// ownPages are where the forms are that are tables: a list of fields would send an empty one.
var ownPages = map[contract.Kind]string{ //nolint:gochecknoglobals // a static table
	contract.KindRosterSet: "/staff/roster", contract.KindHotspotsSet: "/hotspots", contract.KindHotspotsReview: "/hotspots",
}

// isID tells whether a page may give a value of a form in its address: an id, a
// day or a month says nothing of anybody.
func isID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil || monthPattern.MatchString(s) || len(s) == len("2006-01-02") && strings.Count(s, "-") == 2
}

// fixedCodes are the codes that a page gives and no officer chooses: which limit
// he answers for.
var fixedCodes = map[contract.Kind]string{contract.KindEscalationAnswer: "limit"} //nolint:gochecknoglobals // a constant

// present are the kinds whose form begins with what holds now.
//
//nolint:gochecknoglobals // a static table
var present = map[contract.Kind]func(p *Pages, x *exchange, a *ask){
	contract.KindLadderSet: presentLadder, contract.KindNumberSet: presentNumber, contract.KindBeatMonth: presentMonth,
}

var monthPattern = regexp.MustCompile(`^20[0-9]{2}-[01][0-9]$`)

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// isCode tells whether a page may fill in a value of a form by its address: a
// word of a list says nothing of anybody, and can be chosen again.
func isCode(s string) bool { return codePattern.MatchString(s) }

// said is a form as it came back.
type said struct {
	form

	values map[string][]string
	now    map[string]bool // fields that mean the time of the sending
}

// read takes the form of a request apart, and refuses one that no page gave to
// this officer.
func (p *Pages) read(x *exchange, kind contract.Kind) (*said, error) {
	s := &said{values: map[string][]string{}, now: map[string]bool{}}
	s.Kind, s.Centre, s.Back = kind, x.c.FormValue("centre"), x.c.FormValue("back")
	s.OpID, s.Salt, s.Stamp = x.c.FormValue("op_id"), x.c.FormValue("salt"), x.c.FormValue("stamp")
	if !p.Staff.RightStamp(x.who, s.stamped(), s.Stamp) {
		return nil, contract.NewProblem(contract.CodeNotThePage)
	}
	x.c.Context().PostArgs().VisitAll(func(name, value []byte) {
		if path, ok := strings.CutPrefix(string(name), fieldPrefix); ok {
			s.values[path] = append(s.values[path], string(value))
		}
	})
	for _, path := range nowFields[kind] {
		s.now[path] = x.c.FormValue("now."+path) != ""
	}
	return s, nil
}

// byNumber finds the officers who are named by number.
func (p *Pages) byNumber(x *exchange, s *said) error {
	for _, path := range numberFields[s.Kind] {
		typed := strings.ToUpper(strings.TrimSpace(strings.Join(s.values[numberField(path)], "")))
		if typed == "" || strings.Join(s.values[path], "") != "" {
			continue
		}
		o, err := p.Staff.FindOfficer(x.ctx, x.who.District, typed)
		switch {
		case errors.Is(err, staff.ErrNotKnown):
			return contract.NewProblem(contract.CodeUnknownReference, contract.WithPointer("/op/body/"+path))
		case err != nil:
			return err
		}
		s.values[path] = []string{o.ID.String()}
	}
	return nil
}

// op makes the op of a form and appends it. What is refused comes back as the
// form with all that was typed.
func (p *Pages) op(x *exchange) error {
	s, err := p.read(x, contract.Kind(x.c.Params("kind")))
	if err != nil {
		return err
	}
	if answers[s.Kind] { // its answer is a page of its own, and so is its form
		return contract.NewProblem(contract.CodeNotFound)
	}
	if err := p.stepUp(x); err != nil {
		return p.again(x, s, err)
	}
	if err := p.byNumber(x, s); err != nil {
		return p.again(x, s, err)
	}
	r, err := p.append(x, s)
	if err != nil {
		return p.again(x, s, err)
	}
	p.Door.Note(x.c, r)
	if drafted[s.Kind] { // one that stays is gone in a week, and makes no second entry
		_ = p.Staff.DropDraft(x.ctx, x.who, r.OpID)
	}
	if r.Slip != nil {
		return p.slip(x, s, r)
	}
	return seeOther(x.c, withDone(s.Back, s.OpID))
}

// answers are the kinds whose op is answered with more than that it is entered.
var answers = map[contract.Kind]bool{ //nolint:gochecknoglobals // a static table
	contract.KindIdentityRead: true, contract.KindPhoneSearch: true, contract.KindExportRead: true,
}

// stepUp shows the second factor again, if the form has a code.
func (p *Pages) stepUp(x *exchange) error {
	code := digits(x.c.FormValue("code"))
	if code == "" {
		return nil
	}
	session, err := p.Staff.StepUp(x.ctx, x.who, staff.Factor{TOTP: staff.Secret(code)})
	if err != nil {
		return err
	}
	p.Door.Opened(x.c, &session)
	x.session, x.who.FactorAt = session, session.FactorAt
	return nil
}

// append signs the op and puts it into the book. One that was entered before is
// not entered again: its receipt is the first one's, if it says the same.
func (p *Pages) append(x *exchange, s *said) (*book.Receipt, error) {
	into := func(in book.Incoming) (*book.Receipt, error) {
		answer, err := p.Book.Append(x.ctx, x.who, in)
		if err != nil {
			return nil, err
		}
		return &answer.Receipts[0], nil
	}
	r, err := p.put(x, s, contract.At(x.now), into)
	if !isConflict(err) {
		return r, err
	}
	first, wrong := p.repeated(x, s) // the same at another time, if not another
	switch {
	case wrong != nil:
		return nil, wrong
	case first == nil:
		return nil, err
	case first.Entry == nil || first.Entry.SessionID != x.who.SessionID:
		return first, nil
	}
	// A browser shows the answer to the second click. The book gives a receipt
	// whole to who hands in the same op: her slip is in it, and nowhere else.
	if whole, err := p.put(x, s, contract.At(first.Entry.DeviceAt), into); err == nil {
		return whole, nil
	}
	return first, nil
}

// answered makes an op whose answer is for its officer alone. One that was
// entered before is handed in as it was: the book gives its answer again for a
// while.
func (p *Pages) answered(x *exchange, s *said, into func(in book.Incoming) (*book.Receipt, error)) (*book.Receipt, error) {
	at := contract.At(x.now)
	first, err := p.repeated(x, s)
	if err == nil && first == nil {
		r, err := p.put(x, s, at, into)
		if !isConflict(err) {
			return r, err
		}
		first, err = p.repeated(x, s)
		if err != nil {
			return nil, err
		}
	}
	switch {
	case err != nil:
		return nil, err
	case first == nil || first.Entry == nil || first.Entry.SessionID != x.who.SessionID:
		return nil, contract.NewProblem(contract.CodeOpIDConflict) // that session has ended, and its answer with it
	}
	return p.put(x, s, contract.At(first.Entry.DeviceAt), into)
}

func isConflict(err error) bool {
	var problem *contract.Problem
	return errors.As(err, &problem) && problem.Code == contract.CodeOpIDConflict
}

// put makes the op of a form as of a time, signs it and hands it to the book.
func (p *Pages) put(x *exchange, s *said, at contract.Time, into func(in book.Incoming) (*book.Receipt, error)) (*book.Receipt, error) {
	raw, err := p.text(x, s, at)
	if err != nil {
		return nil, err
	}
	op, _, err := contract.DecodeOp(raw)
	if err != nil {
		return nil, err
	}
	sig, err := p.Staff.SignOp(x.ctx, x.who, op)
	if err != nil {
		return nil, err
	}
	r, err := into(book.Incoming{ReceivedAt: x.now, Items: []contract.Item{{Raw: raw, Sig: sig}}})
	if err != nil {
		return nil, err
	}
	if r.Problem != nil {
		return nil, r.Problem
	}
	return r, nil
}

// repeated is the receipt of a form that was entered before; nil when it was
// not. The time of an op is that at which it first came, so the text is made
// again with that.
func (p *Pages) repeated(x *exchange, s *said) (*book.Receipt, error) {
	id, err := uuid.Parse(s.OpID)
	if err != nil {
		return nil, contract.NewProblem(contract.CodeNotThePage)
	}
	r, err := p.Book.Own(x.ctx, x.who, id)
	var problem *contract.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == contract.CodeNotFound:
		return nil, nil //nolint:nilnil // there is none, and that is no error
	case err != nil || r.Entry == nil:
		return r, err
	}
	first := *x
	first.who.SessionID = r.Entry.SessionID
	raw, err := p.text(&first, s, contract.At(r.Entry.DeviceAt))
	if err == nil && contract.HashOp(raw) != r.OpHash {
		err = contract.NewProblem(contract.CodeOpIDConflict)
	}
	return r, err
}

// wire is an op as it is signed.
type wire struct {
	OpID      string         `json:"op_id"`
	Kind      contract.Kind  `json:"kind"`
	Centre    string         `json:"centre"`
	SessionID uuid.UUID      `json:"session_id"`
	DeviceSeq int64          `json:"device_seq"`
	DeviceAt  contract.Time  `json:"device_at"`
	Salt      string         `json:"salt"`
	Body      map[string]any `json:"body"`
}

// text writes the op of a form: the same form at the same time gives the same
// bytes.
func (p *Pages) text(x *exchange, s *said, at contract.Time) ([]byte, error) {
	values := maps.Clone(s.values)
	for path, now := range s.now {
		if now && strings.Join(values[path], "") == "" {
			values[path] = []string{at.String()}
		}
	}
	return json.Marshal(wire{
		OpID: s.OpID, Kind: s.Kind, Centre: s.Centre, SessionID: x.who.SessionID, DeviceSeq: at.UnixMilli(), DeviceAt: at,
		Salt: s.Salt, Body: bodyFrom(s.Kind, values),
	})
}

// bodyFrom is the body that a form says: of a table by its cells, else field by field.
func bodyFrom(kind contract.Kind, values map[string][]string) map[string]any {
	switch kind {
	case contract.KindRosterSet:
		return rosterSaid(values)
	case contract.KindHotspotsSet:
		return spotsSaid(values)
	case contract.KindHotspotsReview:
		return reviewSaid(values)
	}
	return bodyOf(contract.BodyFields(kind), "", values)
}

// again shows the form once more, as it was filled in, with what is wrong at its
// field. The id stays: if it did go in after all, it goes in once.
func (p *Pages) again(x *exchange, s *said, err error) error {
	f, status, err := p.refill(x, s, err)
	if err != nil {
		return err
	}
	if own := ownForms[s.Kind]; own != nil {
		return own(p, x, s, f)
	}
	return p.send(x, status, "op", "kind."+string(s.Kind), f)
}

// refill makes a form that was refused anew.
func (p *Pages) refill(x *exchange, s *said, err error) (*form, int, error) {
	problem, id := p.Door.Problem(x.c, err)
	if problem.Status == http.StatusUnauthorized {
		return nil, 0, err
	}
	given := map[string]string{}
	for _, name := range strings.Fields(x.c.FormValue("given")) {
		if v := s.values[name]; len(v) > 0 {
			given[name] = v[0]
		}
	}
	f, err := p.formOf(x, ask{
		kind: s.Kind, centre: s.Centre, back: s.Back, given: given, values: s.values, now: s.now, opID: s.OpID, salt: s.Salt,
	})
	if err != nil {
		return nil, 0, err
	}
	f.Problem = p.tell(x, problem)
	f.Problem.RequestID = id
	f.Code = f.Code || problem.Code == contract.CodeStepUp
	f.Problem.at = problem.Pointer
	f.point(problem, s.values)
	return f, http.StatusUnprocessableEntity, nil
}

// point says at the field what is wrong with it.
func (f *form) point(problem *contract.Problem, said map[string][]string) {
	pointer := strings.TrimPrefix(strings.TrimPrefix(problem.Pointer, "/op"), "/body")
	at := fieldPrefix + pointedAt(contract.BodyFields(f.Kind), said, pointer)
	mark := func(in *input) bool {
		if in.Name != at && !strings.HasPrefix(at, in.Name+".") {
			return false
		}
		in.Wrong, f.Problem.Field = f.Problem.Title, in.Name
		return true
	}
	each(f.Inputs, mark)
	for i := range f.Sections {
		each(f.Sections[i].Inputs, mark)
	}
}

// ownForms are the kinds whose form has a page of its own, to which a refused
// one comes back.
//
//nolint:gochecknoglobals // a static table, never written after start
var ownForms map[contract.Kind]func(p *Pages, x *exchange, s *said, f *form) error

func init() { //nolint:gochecknoinits // the table names functions that read it
	ownForms = map[contract.Kind]func(*Pages, *exchange, *said, *form) error{
		contract.KindTaskSend: (*Pages).dispatchAgain, contract.KindRosterSet: (*Pages).rosterAgain,
		contract.KindHotspotsSet: (*Pages).hotspotsAgain, contract.KindHotspotsAgree: (*Pages).hotspotsAgain, contract.KindHotspotsReview: (*Pages).hotspotsAgain,
	}
}

// withDone adds to a path which op has been made.
func withDone(path, op string) string {
	u, err := url.Parse(within(path))
	if err != nil {
		return Root + "/"
	}
	q := u.Query()
	q.Set("done", op)
	u.RawQuery = q.Encode()
	return u.String()
}

// doneNote says what became of the form that led to a page.
type doneNote struct {
	Kind, Line, Register, Centre string
	Seq                          int64
	Held, Repeated               bool
}

// doneOf reads it from the book: the address says the id of the op and no more.
func (p *Pages) doneOf(x *exchange) *doneNote {
	id, err := uuid.Parse(x.c.Query("done"))
	if err != nil {
		return nil
	}
	r, err := p.Book.Own(x.ctx, x.who, id)
	if err != nil {
		return nil
	}
	n := &doneNote{Centre: r.Centre, Held: r.Entry == nil}
	if r.Entry != nil {
		n.Kind, n.Seq = r.Entry.Kind, r.Entry.Seq
		if len(r.Entry.Lines) > 0 {
			n.Register, n.Line = string(r.Entry.Lines[0].Register), r.Entry.Lines[0].No
		}
	}
	return n
}
