package book_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// withNumbers gives a complaint her number and the other side's.
func withNumbers(b *contract.ComplaintOpen) {
	b.Mobile, b.OppositeParty, b.OppositeMobile = new("9812345670"), new("राजू, पति"), new("9876500001")
}

// wish is the body of a read.
func wish(subject uuid.UUID, fields ...string) contract.IdentityRead {
	return contract.IdentityRead{SubjectID: subject, Fields: fields, Reason: "inquiry"}
}

// unseal sends one op to be unsealed, received now.
func unseal(o *booktest.Officer, w *booktest.World, item contract.Item) (*book.Unsealed, error) {
	return w.Book.Unseal(context.Background(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}})
}

// plainText is what a read gave, by pointer.
func plainText(u *book.Unsealed) map[string]string {
	out := map[string]string{}
	for _, f := range u.Fields {
		out[f.Pointer] = f.Value.Reveal()
	}
	return out
}

// reads wants a read to be entered with the fields that it asked for.
func reads(t *testing.T, w *booktest.World, o *booktest.Officer, subject uuid.UUID, fields ...string) *book.Unsealed {
	t.Helper()
	u, err := unseal(o, w, o.Item("identity.read", wish(subject, fields...), booktest.With("centre", booktest.Centre)))
	if err != nil || u.Receipt.Outcome != book.Entered {
		t.Fatalf("read of %v: %v, %+v", fields, err, u)
	}
	if got := plainText(u); len(got) != len(fields) {
		t.Errorf("asked for %v, given %d", fields, len(got))
	}
	return u
}

// mayNot wants a read to be refused, and nothing given or entered.
func mayNot(
	t *testing.T, w *booktest.World, o *booktest.Officer, code contract.Code, pointer string, subject uuid.UUID, fields ...string,
) {
	t.Helper()
	u, err := unseal(o, w, o.Item("identity.read", wish(subject, fields...), booktest.With("centre", booktest.Centre)))
	if err != nil {
		t.Fatal(err)
	}
	if u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != code || u.Receipt.Problem.Pointer != pointer {
		t.Errorf("read of %v: %s (%v), want %s at %s", fields, u.Receipt.Outcome, u.Receipt.Problem, code, pointer)
	}
	if u.Fields != nil {
		t.Errorf("read of %v: refused, and %d fields given", fields, len(u.Fields))
	}
}

func TestAReadIsAnEntryOfItsCaseAndGivesTheVeryTokensThatWereSigned(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	raw := c.desk.Item("complaint.open", c.intake()).Raw
	raw = bytes.Replace(raw, []byte(`"account":"`), []byte(`"account":"\u0041 <b>&amp; `), 1)
	subject := c.desk.Send(c.desk.Sign(raw))[0].Entry
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: subject.OpID, OfficerID: c.Beat.ID})
	u := reads(t, c.World, c.Beat, subject.OpID, "/body/account", "/body/complainant_name", "/body/is_minor")
	got := plainText(u)
	if !strings.HasPrefix(got["/body/account"], `"\u0041 <b>&amp; `) || got["/body/is_minor"] != "false" {
		t.Errorf("given: %v", got)
	}
	for pointer, token := range got {
		if !bytes.Contains(raw, []byte(`"`+strings.TrimPrefix(pointer, "/body/")+`":`+token)) {
			t.Errorf("%s is not given as it was signed", pointer)
		}
	}
	e := u.Receipt.Entry
	if e.Kind != "identity.read" || e.CaseID != subject.CaseID || e.OfficerID != c.Beat.ID || e.Guarded || len(e.Lines) != 0 {
		t.Errorf("entry %+v", e)
	}
	if !slices.Contains(e.SeenBy, c.desk.ID) {
		t.Errorf("who took it down does not see who read: %v", e.SeenBy)
	}
	lines, _ := follow(t, c.Book, c.Incharge, booktest.Centre, e.Seq-1, 10)
	if len(lines) != 1 {
		t.Fatalf("the in-charge sees %d lines of it", len(lines))
	}
	wire := careText(t, c.World, `SELECT convert_from(wire, 'UTF8') || convert_from(sealed, 'UTF8') FROM entries WHERE op_id = '`+e.OpID.String()+`'`)
	for _, secret := range got {
		if secret != "false" && strings.Contains(wire, strings.Trim(secret, `"`)) {
			t.Errorf("the entry holds %s", secret)
		}
	}
	if !strings.Contains(wire, `"/body/account"`) || !strings.Contains(wire, `"inquiry"`) {
		t.Errorf("the entry does not say what was read and why: %s", wire)
	}
}

func TestSentInABatchAReadIsEnteredAndNothingIsGiven(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile"))
	r := c.Beat.Send(item)[0]
	if r.Outcome != book.Entered {
		t.Fatalf("%+v", r.Problem)
	}
	u, err := unseal(c.Beat, c.World, item)
	if err != nil || !u.Receipt.Repeated || plainText(u)["/body/mobile"] != `"9812345670"` {
		t.Errorf("sent to be unsealed at once: %v, %+v", err, u)
	}
}

func TestTheSameReadIsGivenAgainForTenMinutesAndThenOnlyItsReceipt(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile"))
	first, err := unseal(c.Beat, c.World, item)
	if err != nil || len(first.Fields) != 1 {
		t.Fatal(err, first)
	}
	for _, after := range []struct {
		time.Duration
		given int
	}{{10 * time.Minute, 1}, {time.Millisecond, 0}} {
		c.Pass(after.Duration)
		u, err := unseal(c.Beat, c.World, item)
		if err != nil || !u.Receipt.Repeated || u.Receipt.Entry.Seq != first.Receipt.Entry.Seq || len(u.Fields) != after.given {
			t.Errorf("after %s more: %v, %+v", after.Duration, err, u)
		}
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 1 {
		t.Errorf("%d entries of one read", n)
	}
}

func TestWhoHasTheCaseReadsAllOfItAndNobodyElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	all := []string{"/body/mobile", "/body/account", "/body/opposite_party", "/body/opposite_mobile", "/body/safe_to_call"}
	for name, o := range map[string]*booktest.Officer{"in-charge": c.Incharge, "head of the station": c.SHO, "its officer": c.Beat, "who took it down": c.desk} {
		t.Run(name, func(t *testing.T) { reads(t, c.World, o, c.id, all...) })
	}
	other := c.Enlist(booktest.Centre, staff.DeskOfficer)
	co := circleOfficer(t, c.World)
	for name, o := range map[string]*booktest.Officer{
		"another beat": c.Second, "the squad": c.Leader, "another desk": other, "a counsellor without a session": c.counsellor, "the circle": co,
	} {
		t.Run(name, func(t *testing.T) {
			mayNot(t, c.World, o, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
		})
	}
	for name, o := range map[string]*booktest.Officer{"dispatcher": c.Dispatcher, "squad member": c.Member, "SP": c.SP} {
		t.Run(name, func(t *testing.T) { mayNot(t, c.World, o, contract.CodeForbidden, "/kind", c.id, "/body/mobile") })
	}
	mayNot(t, c.World, c.Other, contract.CodeNotYourPost, "/centre", c.id, "/body/mobile")
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	reads(t, c.World, c.Second, c.id, all...)
	mayNot(t, c.World, c.Beat, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
}

func TestACounsellorReadsACaseWhileASessionIsPlanned(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	c.Incharge.Enter("counselling.plan", contract.CounsellingPlan{
		ComplaintID: c.id, SessionAt: contract.At(c.Now().Add(24 * time.Hour)), CounsellorBy: c.counsellor.ID, WomanConsents: true,
	})
	reads(t, c.World, c.counsellor, c.id, "/body/mobile", "/body/account", "/body/opposite_party")
	open := c.intake()
	open.Category = "sexual_assault"
	id := c.desk.Enter("complaint.open", open).OpID
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: c.counsellor.ID})
	mayNot(t, c.World, c.counsellor, contract.CodeNotNamed, "/body/subject_id", id, "/body/complainant_name")
}

func TestWhoCallsHerReadsNumberAndNameWhileTheCallIsDue(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	caller := c.Enlist(booktest.Centre, staff.DeskOfficer)
	mayNot(t, c.World, caller, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
	c.dispose()
	reads(t, c.World, caller, c.id, "/body/mobile", "/body/complainant_name")
	for _, field := range []string{"/body/account", "/body/opposite_mobile", "/body/safe_to_call"} {
		mayNot(t, c.World, caller, contract.CodeCaseNotYours, "/body/fields/1", c.id, "/body/mobile", field)
	}
	mayNot(t, c.World, c.Second, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
	caller.Enter("feedback.call", c.spoke())
	mayNot(t, c.World, caller, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")

	unsafe := careOf(t, func(b *contract.ComplaintOpen) { withNumbers(b); b.SafeToCall = false })
	unsafe.dispose()
	other := unsafe.Enlist(booktest.Centre, staff.DeskOfficer)
	mayNot(t, unsafe.World, other, contract.CodeCaseNotYours, "/body/subject_id", unsafe.id, "/body/mobile")
}

func TestAPersonOfTheSquadIsReadByItsLeaderTheInchargeAndTheCircle(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	p := w.Person()
	p.ComplainantID = new("सुनीता")
	id := w.Leader.Enter("squad.person", p).OpID
	for _, o := range []*booktest.Officer{w.Leader, w.Incharge, w.SHO, circleOfficer(t, w)} {
		reads(t, w, o, id, "/body/name", "/body/mobile")
	}
	for _, o := range []*booktest.Officer{w.Leader, circleOfficer(t, w)} {
		mayNot(t, w, o, contract.CodeCaseNotYours, "/body/fields/0", id, "/body/complainant_id")
	}
	reads(t, w, w.Incharge, id, "/body/complainant_id")
	desk := w.Enlist(booktest.Centre, staff.DeskOfficer)
	for _, o := range []*booktest.Officer{w.Beat, desk, w.Enlist(booktest.Centre, staff.SquadLeader)} {
		mayNot(t, w, o, contract.CodeCaseNotYours, "/body/subject_id", id, "/body/name")
	}
	p.Name = new("सुरेश")
	fixed := w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "नाम गलत", Person: &p}).OpID
	if got := plainText(reads(t, w, w.Leader, fixed, "/body/person/name")); got["/body/person/name"] != `"सुरेश"` {
		t.Errorf("corrected: %v", got)
	}
}

func TestTheSquadsLeaderReadsNothingOfAComplaintThatIsNotInHisHand(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	id := c.Leader.Enter("complaint.open", c.intake()).OpID
	reads(t, c.World, c.Leader, id, "/body/complainant_name") // in his hand until it is given to somebody
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: id, OfficerID: c.Beat.ID})
	mayNot(t, c.World, c.Leader, contract.CodeCaseNotYours, "/body/subject_id", id, "/body/complainant_name")
}

func TestAFieldOfACorrectionIsReadFromTheCorrectingEntry(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	b := c.intake()
	b.Mobile = new("9812345699")
	fixed := c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "संख्या गलत", Complaint: &b}).OpID
	if got := plainText(reads(t, c.World, c.Beat, fixed, "/body/complaint/mobile")); got["/body/complaint/mobile"] != `"9812345699"` {
		t.Errorf("%v", got)
	}
	mayNot(t, c.World, c.Beat, contract.CodeUnknownReference, "/body/fields/0", fixed, "/body/mobile")
	reads(t, c.World, c.Beat, c.id, "/body/mobile") // the struck line stays readable
	c.dispose()
	caller := c.Enlist(booktest.Centre, staff.DeskOfficer)
	reads(t, c.World, caller, fixed, "/body/complaint/mobile", "/body/complaint/complainant_name")
	mayNot(t, c.World, caller, contract.CodeCaseNotYours, "/body/fields/0", fixed, "/body/complaint/account")
}

func TestWhatIsAskedForMustBeASealedFieldOfAnEntryOfThisBook(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	for _, field := range []string{"/body/category", "/body", "/salt", "/body/address", "/body/mobile/0", "/body/Mobile", "/op_id"} {
		mayNot(t, c.World, c.Incharge, contract.CodeUnknownReference, "/body/fields/1", c.id, "/body/mobile", field)
	}
	mayNot(t, c.World, c.Incharge, contract.CodeUnknownReference, "/body/subject_id", uuid.Must(uuid.NewV7()), "/body/mobile")
	visit := c.Beat.Enter("visit.record", c.Visit()).OpID
	mayNot(t, c.World, c.Beat, contract.CodeUnknownReference, "/body/fields/0", visit, "/body/observation")
	u, err := unseal(c.Beat, c.World, c.Beat.Item("visit.record", c.Visit()))
	if err != nil || u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != contract.CodeBadKind {
		t.Errorf("another kind: %v, %+v", err, u)
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 0 {
		t.Errorf("%d refused reads are entered", n)
	}
	if n := count(t, c.World, `SELECT count(*) FROM held`); n != 0 {
		t.Errorf("%d reads wait", n)
	}
}

func TestWhoIsComplainedOfNeverReadsWhateverHisPost(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.intake()
	b.AboutBy = []uuid.UUID{c.Incharge.ID, c.Beat.ID}
	id := c.desk.Enter("complaint.open", b).OpID
	for _, o := range []*booktest.Officer{c.Incharge, c.Beat} {
		mayNot(t, c.World, o, contract.CodeUnknownReference, "/body/subject_id", id, "/body/complainant_name")
	}
	reads(t, c.World, c.SHO, id, "/body/complainant_name")
}

func TestWithoutItsKeyACaseIsGoneAndNothingIsEntered(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile", "/body/opposite_mobile"))
	if u, err := unseal(c.Beat, c.World, item); err != nil || len(u.Fields) != 2 {
		t.Fatal(err, u)
	}
	c.SQL(`DELETE FROM case_keys WHERE district_id = $1 AND case_id = $2 AND class = 'V'`, []any{booktest.District, c.id})
	size := count(t, c.World, `SELECT size FROM heads WHERE centre = 'KRW'`)
	mayNot(t, c.World, c.Beat, contract.CodeKeyGone, "/body/subject_id", c.id, "/body/mobile")
	mayNot(t, c.World, c.Second, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/mobile")
	if n := count(t, c.World, `SELECT size FROM heads WHERE centre = 'KRW'`); n != size {
		t.Errorf("the book grew by %d", n-size)
	}
	reads(t, c.World, c.Beat, c.id, "/body/opposite_mobile") // the other key is there
	if u, err := unseal(c.Beat, c.World, item); err != nil || u.Receipt.Outcome != book.Entered || u.Fields != nil {
		t.Errorf("sent again: %v, %+v", err, u)
	}
	if n := count(t, c.World, `SELECT count(*) FROM case_keys WHERE class = 'V'`); n != 0 {
		t.Error("a read made a new key")
	}
}

func TestACentreReadsWhatAnotherTookDownOnceItHasTheComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	theirs := func(subject uuid.UUID, fields ...string) *book.Unsealed {
		t.Helper()
		u, err := unseal(c.Other, c.World, c.Other.Item("identity.read", wish(subject, fields...)))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := theirs(c.id, "/body/mobile"); u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != contract.CodeUnknownReference {
		t.Errorf("before: %+v", u.Receipt)
	}
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: booktest.OtherCentre, Reason: "घटनास्थल राजापुर में है"})
	tick(t, c.World)
	u := theirs(c.id, "/body/mobile", "/body/account")
	if u.Receipt.Outcome != book.Entered || plainText(u)["/body/mobile"] != `"9812345670"` {
		t.Fatalf("after: %+v", u.Receipt.Problem)
	}
	if e := u.Receipt.Entry; e.Centre != booktest.OtherCentre || e.CaseID != c.id {
		t.Errorf("entered in %s, of case %s", e.Centre, e.CaseID)
	}
	received := uuid.MustParse(careText(t, c.World, `SELECT complaint_id::text FROM complaints WHERE centre = 'RJP'`))
	note := c.Other.Enter("note.add", contract.NoteAdd{SubjectID: received, Text: "महिला से बात हुई"}).OpID
	if u := theirs(note, "/body/text"); u.Receipt.Outcome != book.Entered {
		t.Errorf("their own note: %+v", u.Receipt.Problem)
	}
	mayNot(t, c.World, c.Incharge, contract.CodeUnknownReference, "/body/subject_id", note, "/body/text")
	reads(t, c.World, c.Incharge, c.id, "/body/mobile") // what she took down herself
}

func TestAnotherOfficerOnTheHandsetIsNotGivenTheText(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile"))
	if _, err := unseal(c.Beat, c.World, item); err != nil {
		t.Fatal(err)
	}
	next := c.Enlist(booktest.Centre, staff.BeatOfficer)
	next.Device = c.Beat.Device
	next.SignIn()
	u, err := unseal(next, c.World, item)
	if err != nil || u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != contract.CodeForbidden ||
		u.Receipt.Problem.Pointer != "/session_id" || u.Fields != nil {
		t.Errorf("%v, %+v", err, u)
	}
}

func TestAReadGoesByThePostsOfNowWhateverTimeThePhoneNames(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	before := c.Now()
	c.Pass(time.Hour)
	c.Incharge.Enter("post.leave", contract.PostLeave{PostID: c.Beat.Posts[0].PostID, Reason: "transfer"})
	c.Pass(time.Hour)
	u, err := unseal(c.Beat, c.World, c.Beat.Item("identity.read", wish(c.id, "/body/mobile"),
		booktest.With("device_at", contract.At(before.Add(time.Minute)))))
	if err != nil || u.Receipt.Outcome != book.Refused || u.Receipt.Problem.Code != contract.CodeNotYourPost || u.Fields != nil {
		t.Errorf("%v, %+v", err, u)
	}
}

// breaker ends the connection of a transaction that is about to commit.
type breaker struct {
	w    *booktest.World
	once func()
}

func (b *breaker) TraceQueryStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if d.SQL == "commit" && b.once != nil {
		b.once()
		b.once = nil
		b.w.Order(`SELECT pg_terminate_backend($1)`, int64(conn.PgConn().PID()))
	}
	return ctx
}
func (b *breaker) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestNoTextIsGivenWithoutAnEntry(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	broken := 0
	cut := &breaker{w: c.World}
	b := c.Process(nil)
	b.Pool = c.TracedPool(cut)
	cut.once = func() { broken++ }
	item := c.Beat.Item("identity.read", wish(c.id, "/body/mobile"))
	in := book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{item}}
	u, err := b.Unseal(context.Background(), c.Beat.Caller(), in)
	if broken != 1 || u != nil || !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("a commit that broke (%d): %v, %+v", broken, err, u)
	}
	slow := c.Process(func(o *book.Options) { o.Deadline = 300 * time.Millisecond })
	release := c.Lock(booktest.Centre)
	u, err = slow.Unseal(context.Background(), c.Beat.Caller(), in)
	release()
	if u != nil || !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("a book that is locked: %v, %+v", err, u)
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 0 {
		t.Errorf("%d entries", n)
	}
	if u, err := unseal(c.Beat, c.World, item); err != nil || len(u.Fields) != 1 || u.Receipt.Repeated {
		t.Errorf("the same op then: %v, %+v", err, u)
	}
}

func TestASealedTextThatDoesNotOpenHoldsTheReadAndNothingElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	// Somebody puts the number of one case into another.
	second := c.desk.Enter("complaint.open", func() contract.ComplaintOpen { b := c.intake(); withNumbers(&b); return b }())
	c.Order(`UPDATE case_keys SET wrapped = (SELECT wrapped FROM case_keys WHERE case_id = $1 AND class = 'V') WHERE case_id = $2 AND class = 'V'`, c.id, second.OpID)
	u, err := unseal(c.Incharge, c.World, c.Incharge.Item("identity.read", wish(second.OpID, "/body/mobile")))
	if err != nil || u.Receipt.Outcome != book.Held || u.Fields != nil {
		t.Errorf("%v, %+v", err, u)
	}
	reads(t, c.World, c.Incharge, c.id, "/body/mobile")
}

func TestPlainTextPrintsAsSealed(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	u := reads(t, c.World, c.Beat, c.id, "/body/mobile")
	text, err := json.Marshal(u.Fields)
	if err != nil || bytes.Contains(text, []byte("9812345670")) {
		t.Errorf("%v: %s", err, text)
	}
}
