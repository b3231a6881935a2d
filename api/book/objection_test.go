package book_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// warned is a person who was warned, with the slip of the receipt.
func warned(t *testing.T, w *booktest.World, change func(p *contract.SquadPerson)) (contract.Item, book.Receipt) {
	t.Helper()
	item := w.Leader.Item("squad.person", somebody(w, change))
	r := w.Leader.Send(item)[0]
	if r.Outcome != book.Entered {
		t.Fatalf("%+v", r)
	}
	return item, r
}

// object says an objection, from an address of its own each time.
func object(w *booktest.World, number, secret string) (*book.Objected, error) {
	return w.Book.Object(context.Background(), book.Objection{
		SlipQuestion: book.SlipQuestion{Number: number, Secret: secret, Address: uuid.NewString()},
		Text:         "मैं अपनी मौसी के घर जा रहा था, मैंने किसी का पीछा नहीं किया",
	})
}

func TestWhoWasWarnedIsGivenASlipByWhichHeObjectsOnce(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	co := circleOfficer(t, w)
	item, r := warned(t, w, nil)
	if r.Slip == nil || !strings.HasPrefix(r.Slip.Number, "7-KRW-26-S1-") || !book.IsSlipNumber(r.Slip.Number) {
		t.Fatalf("%+v", r.Slip)
	}
	if again := w.Leader.Send(item)[0].Slip; again == nil || again.Number != r.Slip.Number || again.Secret.Reveal() != r.Slip.Secret.Reveal() {
		t.Errorf("sent again: %+v", again)
	}
	number, secret := r.Slip.Number, r.Slip.Secret.Reveal()
	before := jobs(t, w)
	w.Pass(time.Hour)
	first, err := object(w, number, secret)
	if err != nil || !first.At.Equal(w.Now()) {
		t.Fatalf("%v %+v", err, first)
	}
	if n := jobs(t, w) - before; n != 1 {
		t.Errorf("%d told", n)
	}
	w.Pass(time.Hour)
	if again, err := object(w, number, secret); err != nil || !again.At.Equal(first.At) {
		t.Errorf("said again: %v %+v", err, again)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'warning.object' AND role = 'public'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE wire LIKE '%मौसी%' OR sealed LIKE '%मौसी%'`); n != 0 {
		t.Error("the objection stands open")
	}
	if row, _ := lineOf(t, w, "squad", 1); row.State != "objected" {
		t.Errorf("the line is %s", row.State)
	}
	co.Enter("warning.decide", contract.WarningDecide{PersonID: r.OpID, Decision: "dismissed", Reason: "आपत्तिकर्ता को सुना गया"}, atKarwi)
	if _, err := object(w, number, secret); !isCode(err, contract.CodeObjectionClosed) {
		t.Errorf("when it is decided: %v", err)
	}
}

func TestWhatIsWrongWithASlipOfAWarningIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	hers := c.slipOf(c.desk, c.opening)
	w := c.World
	w.GoOut()
	_, r := warned(t, w, nil)
	number, secret := r.Slip.Number, r.Slip.Secret.Reveal()
	for what, q := range map[string][2]string{
		"a wrong secret":               {number, "00000000"},
		"a wrong number":               {"7-KRW-26-S2-0", secret},
		"a wrong check character":      {number[:len(number)-1] + "?", secret},
		"a district that there is not": {"8" + number[1:], secret},
		"the slip of a woman":          {hers.Number, hers.Secret.Reveal()},
		"nothing":                      {"----", "--------"},
	} {
		if o, err := object(w, q[0], q[1]); o != nil || !isCode(err, contract.CodeSlipUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.unknown("his slip, asked for the status of a complaint", number, secret)
	strike := true
	w.Leader.Enter("entry.correct", contract.EntryCorrect{CorrectsID: r.OpID, Reason: "प्रविष्टि भूल से", Strike: &strike})
	if o, err := object(w, number, secret); o != nil || !isCode(err, contract.CodeSlipUnknown) {
		t.Errorf("of a line that was struck: %v", err)
	}
}

func TestTriesAtTheSlipOfAWarningCountAsThoseOfAComplaint(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	_, r := warned(t, w, nil)
	for range 5 {
		if _, err := object(w, r.Slip.Number, "00000000"); !isCode(err, contract.CodeSlipUnknown) {
			t.Fatal(err)
		}
	}
	if _, err := object(w, r.Slip.Number, r.Slip.Secret.Reveal()); !isCode(err, contract.CodeSlipTries) {
		t.Errorf("the sixth try: %v", err)
	}
	w.Pass(time.Hour)
	if _, err := object(w, r.Slip.Number, r.Slip.Secret.Reveal()); err != nil {
		t.Error(err)
	}
}

func TestWhoWasNotWarnedHasNoSlip(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	told := contract.At(w.Now())
	for what, change := range map[string]func(p *contract.SquadPerson){
		"no action": func(p *contract.SquadPerson) { p.Outcome = "no_action" },
		"a child": func(p *contract.SquadPerson) {
			p.Age, p.IsChild, p.Outcome, p.GuardianToldAt = new(15), true, "guardian_told", &told
		},
	} {
		if _, r := warned(t, w, change); r.Slip != nil {
			t.Errorf("%s: %+v", what, r.Slip)
		}
	}
}

func TestAnObjectionThatIsUpheldShredsWhoItWasAndTheBookSaysSo(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	co := circleOfficer(t, w)
	_, r := warned(t, w, func(p *contract.SquadPerson) { p.ComplainantID = new("सुनीता देवी") })
	_, kept := warned(t, w, nil)
	for _, x := range []book.Receipt{r, kept} {
		if _, err := object(w, x.Slip.Number, x.Slip.Secret.Reveal()); err != nil {
			t.Fatal(err)
		}
	}
	decide := func(id uuid.UUID, decision string) *book.Entry {
		return co.Enter("warning.decide", contract.WarningDecide{PersonID: id, Decision: decision, Reason: "सुना गया, साक्ष्य नहीं पाया गया"}, atKarwi)
	}
	if e := decide(kept.OpID, "dismissed"); e.Facts["shredded"] != nil || keysOf(t, w, kept.OpID) != "X" {
		t.Errorf("dismissed: %v, keys %q", e.Facts, keysOf(t, w, kept.OpID))
	}
	e := decide(r.OpID, "upheld")
	if e.Facts["shredded"] != true {
		t.Errorf("facts %v", e.Facts)
	}
	if got := keysOf(t, w, r.OpID); got != "V" {
		t.Errorf("keys %q are left", got)
	}
	if got := keysOf(t, w, e.OpID); got != "X" {
		t.Errorf("the reason is sealed under %q", got)
	}
	if n := count(t, w, `SELECT count(*) FROM case_marks WHERE case_id = '`+r.OpID.String()+`' AND class = 'X'`); n != 0 {
		t.Errorf("%d marks are left", n)
	}
	read := w.Incharge.Item("identity.read", wish(r.OpID, "/body/name"))
	answer, err := w.Book.Unseal(t.Context(), w.Incharge.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{read}})
	if p := answer.Receipt.Problem; err != nil || p == nil || p.Code != contract.CodeKeyGone {
		t.Errorf("read: %v %+v", err, answer.Receipt)
	}
	right := somebody(w, nil)
	refusedOp(t, "written again", w.Incharge.Do("entry.correct", contract.EntryCorrect{CorrectsID: r.OpID, Reason: "सुधार", Person: &right}),
		contract.CodeWrongState, "/body/corrects_id")
	refusedOp(t, "reviewed", w.Incharge.Do("squad.review", contract.SquadReview{LineID: r.OpID, Verdict: "in_order"}), contract.CodeReviewedAlready, "/body/line_id")
}
