package book_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// slipOf sends the op that registered a complaint again and returns its slip.
func (c *care) slipOf(o *booktest.Officer, item contract.Item) *book.Slip {
	c.t.Helper()
	return o.Send(item)[0].Slip
}

// ask asks by number and secret, from an address of its own each time.
func (c *care) ask(number, secret string) (*book.SlipStatus, error) {
	return c.Book.Slip(context.Background(), book.SlipQuestion{Number: number, Secret: secret, Address: uuid.NewString()})
}

// unknown wants the answer that tells nothing.
func (c *care) unknown(what, number, secret string) {
	c.t.Helper()
	if s, err := c.ask(number, secret); s != nil || !isCode(err, contract.CodeSlipUnknown) {
		c.t.Errorf("%s: %v, %+v", what, err, s)
	}
}

func TestTheReceiptThatRegistersAComplaintShowsItsSlip(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	if slip == nil || !strings.HasPrefix(slip.Number, "7-KRW-26-1-") || len(slip.Secret.Reveal()) != 8 {
		t.Fatalf("%+v", slip)
	}
	if strings.ContainsAny(slip.Secret.Reveal(), "ILOU") {
		t.Errorf("secret %s", slip.Secret.Reveal())
	}
	if fmt.Sprintf("%v %+v", slip, *slip) == "" || strings.Contains(fmt.Sprintf("%+v", *slip), slip.Secret.Reveal()) {
		t.Error("the secret prints")
	}
	b := c.intake()
	b.RegisteredAt = nil
	later := c.Beat.Item("complaint.open", b)
	r := c.Beat.Send(later)[0]
	if r.Slip != nil {
		t.Error("a complaint that is not registered has a slip")
	}
	item := c.desk.Item("complaint.register", contract.ComplaintRegister{ComplaintID: r.OpID})
	first := c.desk.Send(item)[0]
	if first.Slip == nil || first.Repeated || !strings.HasPrefix(first.Slip.Number, "7-KRW-26-2-") {
		t.Fatalf("registered later: %+v", first.Slip)
	}
	if again := c.slipOf(c.desk, item); again == nil || again.Secret.Reveal() != first.Slip.Secret.Reveal() || again.Number != first.Slip.Number {
		t.Errorf("sent again: %+v", again)
	}
	if c.slipOf(c.Beat, later) != nil {
		t.Error("who only opened it has the slip")
	}
}

func TestAnIncidentHeardAtAFollowUpHasASlipOfItsOwn(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	seen := c.seen()
	seen.NewIncident = true
	seen.Incident = &contract.NewIncident{Account: "कल फिर मारपीट की गयी", Category: "domestic_violence", RiskLevel: "high", WomanRecorded: true}
	r := c.Beat.Send(c.Beat.Item("follow_up.done", seen))[0]
	if r.Outcome != book.Entered || r.Slip == nil || !strings.HasPrefix(r.Slip.Number, "7-KRW-26-2-") {
		t.Fatalf("%v, %+v", r.Problem, r.Slip)
	}
	if s, err := c.ask(r.Slip.Number, r.Slip.Secret.Reveal()); err != nil || s.State != "registered" {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestASlipThatWasNotSafeIsGivenOnceWhenThatIsPutRight(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	safe := func(is *bool) contract.ComplaintOpen {
		b := c.intake()
		b.StatusSafe = is
		return b
	}
	first := c.desk.Send(c.desk.Item("complaint.open", safe(ptr(false))))[0]
	if first.Outcome != book.Entered || first.Slip != nil {
		t.Fatalf("%v %+v", first.Problem, first.Slip)
	}
	of := first.OpID
	correct := func(o *booktest.Officer, is *bool) (contract.Item, book.Receipt) {
		c.Pass(time.Minute)
		b := safe(is)
		item := o.Item("entry.correct", contract.EntryCorrect{CorrectsID: of, Reason: "भूल से अंकित", Complaint: &b})
		r := o.Send(item)[0]
		if r.Outcome != book.Entered {
			t.Fatalf("%+v", r.Problem)
		}
		of = r.OpID
		return item, r
	}
	if _, r := correct(c.desk, nil); r.Slip != nil {
		t.Error("a correction that says nothing of it gives a slip")
	}
	item, r := correct(c.Incharge, ptr(true))
	if r.Slip == nil {
		t.Fatal("no slip")
	}
	if again := c.slipOf(c.Incharge, item); again == nil || again.Number != r.Slip.Number || again.Secret.Reveal() != r.Slip.Secret.Reveal() {
		t.Errorf("sent again: %+v", again)
	}
	number, secret := r.Slip.Number, r.Slip.Secret.Reveal()
	if s, err := c.ask(number, secret); err != nil || s.State != "registered" {
		t.Errorf("%v, %+v", err, s)
	}
	if _, r := correct(c.Incharge, ptr(false)); r.Slip != nil {
		t.Error("not safe, and a slip")
	}
	c.unknown("not safe any more", number, secret)
	if _, r := correct(c.Incharge, ptr(true)); r.Slip != nil {
		t.Error("it was given before")
	}
	if s, err := c.ask(number, secret); err != nil || s.State != "registered" {
		t.Errorf("safe again: %v, %+v", err, s)
	}
	if n := count(t, c.World, `SELECT count(*) FROM slips WHERE number LIKE '7-KRW-26-%' AND op_id <> '`+c.id.String()+`'`); n != 1 {
		t.Errorf("%d slips", n)
	}
}

func TestASlipIsShownForADayToTheHandsetThatMadeTheOp(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Pass(24*time.Hour - time.Millisecond)
	if c.slipOf(c.desk, c.opening) == nil {
		t.Error("not within the day")
	}
	// Another op under the same id, from another handset: it conflicts, and tells nothing.
	forged := c.Second.Item("complaint.open", c.intake(), booktest.With("op_id", c.id))
	if r := c.Second.Send(forged)[0]; r.Problem == nil || r.Problem.Code != contract.CodeOpIDConflict || r.Slip != nil {
		t.Errorf("%+v", r)
	}
	c.Pass(time.Millisecond)
	if c.slipOf(c.desk, c.opening) != nil {
		t.Error("after the day")
	}
}

func TestAnOpThatWaitedShowsItsSlipWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	visit := c.Beat.Item("visit.record", c.Visit())
	id, _ := contract.ReadOpID(visit.Raw)
	b := c.intake()
	b.VisitID = &id
	item := c.Beat.Item("complaint.open", b)
	if r := c.Beat.Send(item)[0]; r.Outcome != book.Held || r.Slip != nil {
		t.Fatalf("%+v", r)
	}
	c.Pass(30 * time.Hour)
	c.Beat.Send(visit)
	if c.slipOf(c.Beat, item) == nil {
		t.Error("no slip")
	}
}

func TestASlipTellsTheStepThePostAndTheNextDayAndNothingElse(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { withNumbers(b); b.Category = "dowry" })
	c.SQL(`UPDATE centres SET phone = '05198-235555' WHERE centre = 'KRW' AND district_id = $1`, []any{booktest.District})
	slip := c.slipOf(c.desk, c.opening)
	number, secret := slip.Number, slip.Secret.Reveal()
	s, err := c.ask(number, secret)
	if err != nil {
		t.Fatal(err)
	}
	want := book.SlipStatus{
		District: booktest.District, State: "assigned", At: c.Now(), Role: "beat_officer", Centre: book.Code{Hi: "कर्वी", En: "Karwi"},
		Phone: "05198-235555", NextOn: "2026-11-19",
	}
	if !s.At.Equal(want.At) {
		t.Errorf("since %s", s.At)
	}
	if s.At = want.At; *s != want {
		t.Errorf("told %+v, want %+v", *s, want)
	}
	c.Pass(300 * 24 * time.Hour)
	if s, err := c.ask(number, secret); err != nil || s.NextOn != "" {
		t.Errorf("all that was due has passed: %v, %+v", err, s)
	}
}

func TestASlipTellsOfTheRemedyWhereAnFIRWasDeclined(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	c.Beat.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.SHO.Enter("fir.decline", contract.FIRDecline{
		ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण, मारपीट का कोई तथ्य नहीं", NCRNo: new("12/2026"), ToldWayToSp: true,
	})
	if s, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil || !s.Declined {
		t.Errorf("%v, %+v", err, s)
	}
}

func TestWhatIsReadOffASlipInHandwritingIsUnderstood(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	secret := slip.Secret.Reveal()
	worse := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(secret))
	number := slip.Number
	for _, n := range []string{
		number, strings.ToLower(number), strings.ReplaceAll(number, "-", ""), strings.ReplaceAll(number, "-", " "),
		" " + strings.ReplaceAll(number, "-", " - ") + " ", strings.Replace(number, "-1-", "-I-", 1), strings.Replace(number, "-1-", "-l-", 1),
	} {
		for _, x := range []string{secret, worse, secret[:4] + "-" + secret[4:], secret[:4] + " " + secret[4:]} {
			c.Pass(time.Hour) // so that no try is one too many
			if _, err := c.ask(n, x); err != nil {
				t.Errorf("%q with %q: %v", n, x, err)
			}
		}
	}
}

func TestTheCheckCharacterTellsEveryWrongCharacter(t *testing.T) {
	t.Parallel()
	number := book.SlipNumber(7, "MHL", 2026, 1048)
	if !book.IsSlipNumber(number) {
		t.Fatalf("%s is no number", number)
	}
	wrong := 0
	for i, was := range number {
		for _, r := range "0123456789ABCDEFGHJKMNPQRSTUVWXYZ" {
			other := number[:i] + string(r) + number[i+1:]
			if was == '-' || strings.NewReplacer("L", "1", "O", "0").Replace(other) == strings.NewReplacer("L", "1", "O", "0").Replace(number) {
				continue
			}
			if wrong++; book.IsSlipNumber(other) {
				t.Errorf("%s passes for %s", other, number)
			}
		}
	}
	if wrong < 300 {
		t.Errorf("%d tried", wrong)
	}
}

// tally counts what the app says to the database.
type tally struct {
	mu   sync.Mutex
	said []string
}

func (l *tally) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, d.SQL)
	return ctx
}
func (l *tally) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestWhatIsNotToldIsNotToldByTheSameWork(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	hidden := c.intake()
	no := false
	hidden.StatusSafe = &no
	id := c.desk.Send(c.desk.Item("complaint.open", hidden))[0]
	if id.Outcome != book.Entered || id.Slip != nil {
		t.Fatalf("not safe for her: %+v", id.Slip)
	}
	shown := c.desk.Item("complaint.open", c.intake())
	third := c.slipOf(c.desk, shown)
	struckOut, strike := c.desk.Item("complaint.open", c.intake()), true
	fourth := c.slipOf(c.desk, struckOut)
	unsafe := c.intake()
	unsafe.StatusSafe = &no
	of := func(item contract.Item) uuid.UUID { id, _ := contract.ReadOpID(item.Raw); return id }
	c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: of(shown), Reason: "उसके लिए सुरक्षित नहीं", Complaint: &unsafe})
	c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: of(struckOut), Reason: "दो बार दर्ज", Strike: &strike})
	for _, item := range []contract.Item{shown, struckOut} {
		if c.slipOf(c.desk, item) != nil {
			t.Error("a slip that tells nothing is still shown")
		}
	}
	wrongCheck := slip.Number[:len(slip.Number)-1] + "0"
	if book.IsSlipNumber(wrongCheck) {
		wrongCheck = slip.Number[:len(slip.Number)-1] + "2"
	}
	l := &tally{}
	b := c.Process(nil)
	b.Pool = c.TracedPool(l)
	var work string
	for _, q := range []struct{ what, number, secret string }{
		{"a first try of the hour", "7-KRW-26-999-1", "00000000"},
		{"an unknown number", book.SlipNumber(7, "KRW", 2026, 999), "00000000"},
		{"a wrong secret", slip.Number, "00000000"},
		{"a wrong check character", wrongCheck, slip.Secret.Reveal()},
		{"another district", "9" + slip.Number[1:], slip.Secret.Reveal()},
		{"no number at all", "----", "--------"},
		{"not safe for her, from the start", book.SlipNumber(7, "KRW", 2026, 2), c.Book.SlipSecret(booktest.District, id.OpID)},
		{"not safe for her, put right since", third.Number, third.Secret.Reveal()},
		{"struck", fourth.Number, fourth.Secret.Reveal()},
	} {
		l.said = nil
		s, err := b.Slip(context.Background(), book.SlipQuestion{Number: q.number, Secret: q.secret, Address: uuid.NewString()})
		if s != nil || !isCode(err, contract.CodeSlipUnknown) {
			t.Errorf("%s: %v, %+v", q.what, err, s)
		}
		said := strings.Join(l.said, "\n")
		switch {
		case q.what == "a first try of the hour":
		case work == "":
			work = said
		case said != work:
			t.Errorf("%s is told by other work:\n%s\n\nthan\n%s", q.what, said, work)
		}
	}
	if _, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil {
		t.Error(err)
	}
}

func TestTheSixthTryOfAnHourIsOneTooManyEvenWithTheRightSecret(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	c.Pass(20 * time.Minute)
	for range 4 {
		c.unknown("wrong", slip.Number, "00000000")
	}
	if _, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil {
		t.Errorf("fifth: %v", err)
	}
	_, err := c.ask(strings.ToLower(slip.Number), slip.Secret.Reveal())
	var p *contract.Problem
	if !errors.As(err, &p) || p.Code != contract.CodeSlipTries || p.RetryAfter != 10*time.Minute {
		t.Errorf("sixth: %+v", p)
	}
	c.unknown("another number", book.SlipNumber(7, "KRW", 2026, 77), "00000000")
	c.Pass(10 * time.Minute)
	if _, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil {
		t.Errorf("in the next hour: %v", err)
	}
	if n := count(t, c.World, `SELECT count(DISTINCT hour) FROM slip_tries`); n != 1 {
		t.Errorf("tries of %d hours are kept", n)
	}
}

func TestAnAddressAndADistrictHaveSoManyTriesAnHour(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	from := func(address string, n int) error {
		_, err := c.Book.Slip(context.Background(), book.SlipQuestion{
			Number: book.SlipNumber(7, "KRW", 2026, int64(n)), Secret: "00000000", Address: address,
		})
		return err
	}
	n := 1000
	for range 50 {
		n++
		if err := from("10.0.0.1", n); !isCode(err, contract.CodeSlipUnknown) {
			t.Fatal(err)
		}
	}
	if _, err := c.Book.Slip(context.Background(), book.SlipQuestion{
		Number: slip.Number, Secret: slip.Secret.Reveal(), Address: "10.0.0.1",
	}); !isCode(err, contract.CodeSlipTries) {
		t.Errorf("the fifty-first: %v", err)
	}
	// Who has used up his tries does not use up those of her number.
	for range 10 {
		_, _ = c.Book.Slip(context.Background(), book.SlipQuestion{Number: slip.Number, Secret: "00000000", Address: "10.0.0.1"})
	}
	if _, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	c.Order(`UPDATE slip_tries SET n = 600 WHERE n > 60`)
	if err := from("10.0.0.2", 1); !isCode(err, contract.CodeSlipTries) {
		t.Errorf("the six hundred and first: %v", err)
	}
}

func TestASlipFollowsTheComplaintToTheBookWhereItIs(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	number, secret := slip.Number, slip.Secret.Reveal()
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: booktest.OtherCentre, Reason: "घटनास्थल राजापुर में है"})
	if s, err := c.ask(number, secret); err != nil || s.State != "transferred" || s.Role != "centre_incharge" || s.Centre.En != "Karwi" {
		t.Errorf("on its way: %v, %+v", err, s)
	}
	tick(t, c.World)
	if s, err := c.ask(number, secret); err != nil || s.State != "registered" || s.Role != "centre_incharge" || s.Centre.En != "Rajapur" {
		t.Errorf("there: %v, %+v", err, s)
	}
	if n := count(t, c.World, `SELECT count(*) FROM slips`); n != 1 {
		t.Errorf("%d slips: one that is received has no other", n)
	}
	received := uuid.MustParse(careText(t, c.World, `SELECT complaint_id::text FROM complaints WHERE centre = 'RJP'`))
	c.Other.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: received, ToCentre: booktest.Centre, Reason: "वापस, घटनास्थल कर्वी में"})
	tick(t, c.World)
	if s, err := c.ask(number, secret); err != nil || s.State != "registered" || s.Centre.En != "Karwi" {
		t.Errorf("back again: %v, %+v", err, s)
	}
}

func TestTheSecretStandsNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	slip := c.slipOf(c.desk, c.opening)
	if _, err := c.ask(slip.Number, slip.Secret.Reveal()); err != nil {
		t.Fatal(err)
	}
	dump := dumpAll(t, c.World)
	if !strings.Contains(dump, slip.Number) {
		t.Fatal("the dump does not show what is open")
	}
	for _, form := range []string{slip.Secret.Reveal(), strings.ToLower(slip.Secret.Reveal()), fmt.Sprintf("%x", slip.Secret.Reveal())} {
		if strings.Contains(dump, form) {
			t.Errorf("the database holds %s", form)
		}
	}
}
