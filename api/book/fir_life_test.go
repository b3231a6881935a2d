package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAnFIREndsTheNonCognizableReportOfItsComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.SHO.Enter("fir.decline", contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण का मामला है", NCRNo: new("14/2026"), ToldWayToSp: true})
	due := c.clock("ncr_magistrate")
	c.Pass(24 * time.Hour)
	e := c.SHO.Enter("fir.register", c.fir(nil))
	if got := c.clock("ncr_magistrate"); got != "" || due == "" {
		t.Errorf("the report was due %q, is due %q", due, got)
	}
	c.refused(c.SHO, "ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())}, contract.CodeWrongState, "/body/complaint_id")
	c.Pass(24 * time.Hour)
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "गलत शिकायत पर दर्ज", Strike: new(true)})
	if got := c.clock("ncr_magistrate"); got != due {
		t.Errorf("without the FIR the report is due %q, want %q", got, due)
	}
	if got := c.clock("fir_decision"); got != "" {
		t.Errorf("what was decided is due %q", got)
	}
	c.SHO.Enter("ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())})
	e = c.SHO.Enter("fir.register", c.fir(nil))
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "गलत शिकायत पर दर्ज", Strike: new(true)})
	if got := c.clock("ncr_magistrate"); got != "" {
		t.Errorf("what was sent is due %q", got)
	}
}

func TestAStruckFIRTakesBackWhatItMadeAndGivesWayToAnother(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	arrests := func() int64 {
		return count(t, c.World, `SELECT coalesce(sum(n), 0)::bigint FROM tallies WHERE code IN ('arrests', 'preventive.arrests')`)
	}
	firID := func() any {
		_, cols := c.line("help_desk", 1)
		return cols["fir_id"]
	}
	strike := func(id uuid.UUID) {
		t.Helper()
		c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "गलत शिकायत पर दर्ज", Strike: new(true)})
	}
	first := c.SHO.Enter("fir.register", c.fir(nil))
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.FIRNo = "215/2026" }))
	arrest := func(b *contract.FIRStep) { b.OfWoman = new(false) }
	c.SHO.Enter("fir.step", c.step(first, "arrest", arrest))
	c.SHO.Enter("fir.step", c.step(e, "arrest", arrest))
	c.Pass(24 * time.Hour)
	c.SHO.Enter("fir.step", c.step(e, "arrest", arrest))
	right := c.fir(func(b *contract.FIRRegister) { b.FIRNo = "216/2026" })
	last := c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	if n := arrests(); n != 3 || firID() != e.OpID.String() {
		t.Errorf("put right: %d arrests, FIR %v", n, firID())
	}
	strike(last.OpID)
	if n := arrests(); n != 1 || firID() != first.OpID.String() {
		t.Errorf("struck: %d arrests, FIR %v, want that of %s", n, firID(), first.OpID)
	}
	strike(first.OpID)
	if n := count(t, c.World, `SELECT coalesce(sum(abs(n)), 0)::bigint FROM tallies WHERE code IN ('arrests', 'fir.firs')`); n != 0 || firID() != nil {
		t.Errorf("none left: %d counted, FIR %v", n, firID())
	}
	c.refused(c.Beat, "complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "fir", DisposalNote: "मु.अ.सं. 214/2026 पंजीकृत", ToldHer: true, FIRID: &first.OpID,
	}, contract.CodeUnknownReference, "/body/fir_id")
	again := c.SHO.Enter("fir.register", c.fir(nil))
	if firID() != again.OpID.String() {
		t.Errorf("the new FIR is %v", firID())
	}
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "fir", DisposalNote: "मु.अ.सं. 214/2026 पंजीकृत", ToldHer: true, FIRID: &again.OpID,
	})
}

func TestStepsOfAnFIRAndOfPreventiveActionStandInTheLifeOfTheComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IsElectronic = new(true) }))
	c.SHO.Enter("fir.step", c.step(e, "statement", nil))
	c.SHO.Enter("fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())})
	p := c.SHO.Enter("preventive.report", c.prevents(nil))
	c.SHO.Enter("preventive.step", contract.PreventiveStep{PreventiveID: p.OpID, Step: "order", DoneAt: contract.At(c.Now())})
	kinds := func(steps []json.RawMessage) (out []string) {
		for _, s := range steps {
			var e struct{ Kind string }
			if err := json.Unmarshal(s, &e); err != nil {
				t.Fatal(err)
			}
			out = append(out, e.Kind)
		}
		return out
	}
	detail, err := c.Book.Complaint(context.Background(), c.Incharge.Caller(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	life := []string{"complaint.open", "complaint.assign", "fir.register", "fir.step", "fir.sign", "preventive.report", "preventive.step"}
	if got := kinds(detail.Steps); !slices.Equal(got, life) {
		t.Errorf("the life of the complaint is %v", got)
	}
	for register, want := range map[string][]string{"help_desk": life, "fir": life[2:5], "preventive": life[5:]} {
		l, err := c.Book.RegisterLine(context.Background(), c.Incharge.Caller(), booktest.Centre, register, 2026, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(l.Steps); !slices.Equal(got, want) {
			t.Errorf("the steps of the line of %s are %v", register, got)
		}
	}
}

func TestWhatIsToldOfTheLimitOfAnFIRStandsInTheLifeOfTheComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IsElectronic = new(true) }))
	c.Pass(3*day + time.Minute)
	c.sweep()
	told := func(by *booktest.Officer) (out []string) {
		t.Helper()
		d, err := c.Book.Complaint(context.Background(), by.Caller(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range d.Steps {
			var e struct {
				Kind string
				Body struct {
					SubjectID uuid.UUID `json:"subject_id"`
					Limit     string
				}
			}
			if err := json.Unmarshal(s, &e); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(e.Kind, "escalation.") && e.Body.Limit == "efir_sign" {
				out = append(out, e.Kind+" "+e.Body.SubjectID.String())
			}
		}
		return out
	}
	raise, answer := "escalation.raise "+e.OpID.String(), "escalation.answer "+e.OpID.String()
	if got := told(c.Incharge); len(got) == 0 || got[0] != raise {
		t.Errorf("the in-charge reads %v", got)
	}
	co := circleOfficer(t, c.World)
	co.Enter("escalation.answer", contract.EscalationAnswer{SubjectID: e.OpID, Limit: "efir_sign", Answer: "आज ही हस्ताक्षर कराये जायें"}, booktest.With("centre", booktest.Centre))
	for name, by := range map[string]*booktest.Officer{"the in-charge": c.Incharge, "who has it in hand": c.Beat, "the SP": c.SP} {
		if got := told(by); len(got) < 2 || got[0] != raise || got[len(got)-1] != answer {
			t.Errorf("%s reads %v", name, got)
		}
	}
	// It turns out to be a case that is guarded: from then on what is told is for
	// those with a part in it.
	worse := contract.ComplaintOpen{
		ArrivedAt: contract.At(c.Now()), Channel: "walk_in", ComplainantName: "कमला देवी", SafeToCall: true, Category: "sexual_assault",
		Account: "घर में उसके साथ दुष्कर्म हुआ", RiskLevel: "medium", WomanRecorded: true,
	}
	c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "महिला ने बाद में बताया", Complaint: &worse})
	seq := count(t, c.World, `SELECT max(seq) FROM entries WHERE centre = 'KRW'`)
	c.Pass(10 * day)
	c.sweep()
	after := `SELECT count(*) FROM entries WHERE centre = 'KRW' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'subject_id' = '` +
		e.OpID.String() + `' AND kind = 'escalation.raise' AND seq > ` + fmt.Sprint(seq)
	if all, open := count(t, c.World, after), count(t, c.World, after+` AND NOT guarded`); all == 0 || open != 0 {
		t.Errorf("%d of %d are for everybody", open, all)
	}
}
