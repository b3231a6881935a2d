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

// Each rule of law that software can hold, with its section, by its own test.

// fir is an FIR of the complaint, registered now.
func (c *care) fir(change func(b *contract.FIRRegister)) contract.FIRRegister {
	b := contract.FIRRegister{
		ComplaintID: &c.id, FIRNo: "214/2026", RegisteredAt: contract.At(c.Now()), Sections: []string{"bns_85"}, IoBy: &c.SHO.ID,
	}
	if change != nil {
		change(&b)
	}
	return b
}

// prevents is a report for preventive action of now.
func (c *care) prevents(change func(b *contract.PreventiveReport)) contract.PreventiveReport {
	b := contract.PreventiveReport{
		ComplaintID: &c.id, Section: "bnss_126", Person: "रामू", Ground: "शान्ति भंग होने की प्रबल आशंका है", ReportedAt: contract.At(c.Now()),
	}
	if change != nil {
		change(&b)
	}
	return b
}

func flagged(e *book.Entry, code string) bool {
	for _, f := range e.Flags {
		if f.Code == code {
			return true
		}
	}
	return false
}

// BNSS 173(1), 180: in offences of BNS 64-71, 74-79 and 124 a woman officer
// records.
func TestLawAWomanOfficerRecordsBNSS173And180(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.intake()
	b.Category, b.WomanRecorded = "street_harassment", false
	if e := c.desk.Enter("complaint.open", b); !flagged(e, "woman_officer") {
		t.Errorf("nobody is told that no woman officer recorded it: %v", e.Flags)
	}
	b.WomanRecorded = true
	if e := c.desk.Enter("complaint.open", b); flagged(e, "woman_officer") {
		t.Errorf("flagged though a woman officer recorded it: %v", e.Flags)
	}
	c.Order(`UPDATE officers SET is_woman = false WHERE officer_id = $1`, c.desk.ID)
	if e := c.desk.Enter("complaint.open", b); !flagged(e, "woman_officer") {
		t.Error("a man's word that a woman recorded it is taken")
	}
}

// intake is a complaint as the desk takes it now.
func (c *care) intake() contract.ComplaintOpen {
	at := contract.At(c.Now())
	return contract.ComplaintOpen{
		ArrivedAt: at, RegisteredAt: &at, Channel: "walk_in", ComplainantName: "सरिता", SafeToCall: true, Category: "threat_assault",
		Account: "पड़ोसी द्वारा लगातार धमकी दी जाती है", RiskLevel: "low", WomanRecorded: true,
	}
}

// BNSS 179: a woman is not summoned; officers go to her or call.
func TestLawAWomanIsNeverSummonedBNSS179(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for _, code := range w.Book.Lists(booktest.District)["task_kind"] {
		if strings.Contains(code.Code+code.En, "summon") || strings.Contains(code.Hi, "तलब") || strings.Contains(code.Hi, "समन") {
			t.Errorf("task kind %s is a summons", code.Code)
		}
	}
	task := w.Task(w.Beat)
	task.TaskKind = "summon"
	if r := w.Dispatcher.Do("task.send", task); r.Outcome != book.Refused || r.Problem.Code != contract.CodeUnknownCode {
		t.Errorf("a summons is %s %v", r.Outcome, r.Problem)
	}
}

// BNSS 43(5): no arrest of a woman at night without the magistrate's leave.
func TestLawNoArrestOfAWomanAtNightWithoutLeaveBNSS43(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	fir := c.SHO.Enter("fir.register", c.fir(nil))
	c.Pass(10 * time.Hour) // 20:00 IST
	arrest := contract.FIRStep{FIRID: fir.OpID, Step: "arrest", DoneAt: contract.At(c.Now()), OfWoman: new(true)}
	c.refused(c.SHO, "fir.step", arrest, contract.CodeNightLeave, "/body/leave_no")
	night := c.prevents(func(b *contract.PreventiveReport) {
		b.ArrestedAt, b.WomanArrested = new(contract.At(c.Now())), new(true)
	})
	c.refused(c.SHO, "preventive.report", night, contract.CodeNightLeave, "/body/leave_no")
	arrest.LeaveNo = new("JM/41/2026")
	c.SHO.Enter("fir.step", arrest)
	arrest.LeaveNo, arrest.OfWoman = nil, new(false)
	c.SHO.Enter("fir.step", arrest)
	if n := count(t, c.World, `SELECT n FROM tallies WHERE code = 'arrests'`); n != 2 {
		t.Errorf("%d arrests are counted", n)
	}
}

// BNSS 173(1): an FIR is taken by any station, whatever the area.
func TestLawAnyStationTakesAnFIRBNSS173(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.IsZero = true }), contract.CodeZeroStation, "/body/transferred_to")
	for _, to := range []string{booktest.Centre, "HQ", "NON"} {
		c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.IsZero, b.TransferredTo = true, &to }),
			contract.CodeUnknownReference, "/body/transferred_to")
	}
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IsZero, b.TransferredTo = true, new(booktest.OtherCentre) }))
	c.refused(c.SHO, "fir.step", contract.FIRStep{FIRID: e.OpID, Step: "transferred", DoneAt: contract.At(c.Now()), ToCentre: new(booktest.OtherCentre)},
		contract.CodeFIRElsewhere, "/body/fir_id") // it went with its registration
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE stopped_at IS NULL AND code IN ('progress', 'medical', 'investigation')`); n != 0 {
		t.Errorf("%d clocks of an FIR that went elsewhere run here", n)
	}
}

// BNSS 173(1), 174: what she wants is decided by the head of the station, soon,
// and only in a non-cognizable matter against her.
func TestLawSheWantsAnFIRAndOnlyTheHeadOfTheStationDeclinesBNSS173(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Beat.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	if due := c.clock("fir_decision"); due != "2026-11-18 11:00" {
		t.Errorf("the decision is due %q", due)
	}
	c.refused(c.desk, "fir.request", contract.FIRRequest{ComplaintID: c.id}, contract.CodeWrongState, "/body/complaint_id")
	no := contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण, मारपीट का कोई तथ्य नहीं", NCRNo: new("12/2026"), ToldWayToSp: true}
	c.refused(c.Incharge, "fir.decline", no, contract.CodeForbidden, "/kind")
	note := contract.ComplaintDispose{ComplaintID: c.id, Disposal: "advised", DisposalNote: "समझाया गया, शान्ति से रहें", ToldHer: true}
	c.refused(c.Beat, "complaint.dispose", note, contract.CodeFIRPending, "/body/disposal")
	c.SHO.Enter("fir.decline", no)
	if c.clock("fir_decision") != "" || c.clock("ncr_magistrate") != "2026-12-03 10:00" {
		t.Errorf("after declining: %q, %q", c.clock("fir_decision"), c.clock("ncr_magistrate"))
	}
	c.refused(c.SHO, "fir.decline", no, contract.CodeWrongState, "/body/complaint_id")
	c.SHO.Enter("ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())})
	c.refused(c.SHO, "ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())}, contract.CodeWrongState, "/body/complaint_id")
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id}) // she may ask again

	s := careOf(t, func(b *contract.ComplaintOpen) { b.Category = "sexual_assault" })
	s.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: s.id})
	no.ComplaintID = s.id
	s.refused(s.SHO, "fir.decline", no, contract.CodeForbidden, "/body/complaint_id")
}

// BNSS 174(1): the report of what is not cognizable goes to the magistrate,
// whatever else is over.
func TestLawAComplaintDoesNotEndBeforeItsNCRWentToTheMagistrateBNSS174(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.SHO.Enter("fir.decline", contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण का मामला है", NCRNo: new("13/2026"), ToldWayToSp: true})
	away := contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: booktest.OtherCentre, Reason: "घटनास्थल वहाँ का है"}
	c.refused(c.SHO, "complaint.transfer", away, contract.CodeNCRPending, "/body/complaint_id")
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "ncr", DisposalNote: "एन.सी.आर. पंजीकृत की गयी", ToldHer: true,
	})
	c.desk.Enter("feedback.call", c.spoke())
	closing := contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"}
	c.refused(c.Incharge, "complaint.close", closing, contract.CodeNCRPending, "/body/complaint_id")
	c.SHO.Enter("ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())})
	c.Incharge.Enter("complaint.close", closing)
}

// BNSS 173: counselling never delays an FIR.
func TestLawCounsellingNeverDelaysAnFIRBNSS173(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	due := c.clock("fir_decision")
	c.Incharge.Enter("counselling.plan", c.plans())
	c.counsellor.Enter("counselling.session", c.session())
	c.Beat.Enter("pause.ask", contract.PauseAsk{ComplaintID: c.id, Reason: "she_asked"})
	c.Incharge.Enter("pause.allow", contract.PauseAllow{ComplaintID: c.id, Allowed: true})
	if got := c.clock("fir_decision"); got != due || due == "" {
		t.Errorf("the decision was due %q, is due %q", due, got)
	}
	c.SHO.Enter("fir.register", c.fir(nil))
	if got := c.clock("fir_decision"); got != "" {
		t.Errorf("the decision is still due %q", got)
	}
}

// BNSS 359: what can't be compounded is not settled among the parties.
func TestLawNoCompromiseInASexualOffenceBNSS359(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Category = "sexual_assault" })
	for _, disposal := range []string{"advised", "counselling_settled"} {
		c.refused(c.Beat, "complaint.dispose", contract.ComplaintDispose{
			ComplaintID: c.id, Disposal: disposal, DisposalNote: "दोनों पक्षों में समझौता हो गया", ToldHer: true,
		}, contract.CodeNoCompromise, "/body/disposal")
	}
	child := careOf(t, func(b *contract.ComplaintOpen) { b.IsMinor, b.Age = true, new(15) })
	child.refused(child.Beat, "complaint.dispose", contract.ComplaintDispose{
		ComplaintID: child.id, Disposal: "advised", DisposalNote: "दोनों पक्षों में समझौता हो गया", ToldHer: true,
	}, contract.CodeNoCompromise, "/body/disposal")
}

// JJ Act 2015: a child gets no card and no photo. Photos only on arrest,
// conviction or a security order.
func TestLawPhotosOnlyOnTheThreeGroundsAndNoneOfAChild(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	hash := strings.Repeat("A", 43)
	p := w.Person()
	p.Photo = &hash
	refuses := func(why string, pointer string) {
		t.Helper()
		if r := w.Leader.Do("squad.person", p); r.Outcome != book.Refused || r.Problem.Pointer != pointer {
			t.Errorf("%s: %s %v", why, r.Outcome, r.Problem)
		}
	}
	refuses("no ground", "/body/photo")
	p.PhotoGround = new("looked_odd")
	refuses("a ground of their own", "/body/photo_ground")
	p.PhotoGround = new("arrest")
	w.Leader.Enter("squad.person", p)
	p.IsChild, p.Age, p.Outcome, p.GuardianToldAt = true, new(15), "guardian_told", new(contract.At(w.Now()))
	refuses("a child", "/body/photo")
	if n := len(w.Book.Lists(booktest.District)["photo_ground"]); n != 3 {
		t.Errorf("%d grounds", n)
	}
}

// BNSS 170, 172: an arrest to prevent an offence needs the recorded design, and
// ends or is before the magistrate within 24 hours.
func TestLawAPreventiveArrestNeedsTheRecordedDesignBNSS170(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	arrest := func(b *contract.PreventiveReport) { b.Section, b.ArrestedAt = "bnss_170", new(contract.At(c.Now())) }
	c.refused(c.SHO, "preventive.report", c.prevents(arrest), contract.CodeDesignRequired, "/body/design")
	b := c.prevents(arrest)
	b.Design = new("हथियार लेकर घर के बाहर घात लगाकर बैठा था")
	e := c.SHO.Enter("preventive.report", b)
	if c.clock("detention_alarm") != "2026-11-19 06:00" || c.clock("detention") != "2026-11-19 10:00" {
		t.Errorf("alarm %q, end %q", c.clock("detention_alarm"), c.clock("detention"))
	}
	step := func(name string) contract.PreventiveStep {
		return contract.PreventiveStep{PreventiveID: e.OpID, Step: name, DoneAt: contract.At(c.Now())}
	}
	again := step("arrested")
	again.Design = b.Design
	c.refused(c.SHO, "preventive.step", again, contract.CodeWrongState, "/body/step")
	closing := step("closed")
	closing.Result = new("released")
	c.refused(c.SHO, "preventive.step", closing, contract.CodeWrongState, "/body/step")
	c.refused(c.SHO, "preventive.step", step("bond"), contract.CodeMissingField, "/body/bond_amount")
	c.Pass(3 * time.Hour)
	c.SHO.Enter("preventive.step", step("produced"))
	c.refused(c.SHO, "preventive.step", step("released"), contract.CodeWrongState, "/body/step")
	c.refused(c.SHO, "preventive.step", step("closed"), contract.CodeMissingField, "/body/result")
	bond := step("bond")
	bond.BondAmount, bond.Magistrate = new(50000), new("sdm")
	c.SHO.Enter("preventive.step", bond)
	c.SHO.Enter("preventive.step", closing)
	c.refused(c.SHO, "preventive.step", bond, contract.CodeWrongState, "/body/preventive_id")
	if c.clock("detention") != "" {
		t.Error("the detention runs on")
	}
	_, cols := c.line("preventive", 1)
	if cols["produced_at"] == nil || cols["bond_amount"] != 50000.0 || cols["result"] != "released" || cols["person"] != nil {
		t.Errorf("columns %v", cols)
	}
}

// BNS from 1 July 2024, the IPC for what happened before.
func TestLawSectionsAreThoseOfTheDayOfTheIncident(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	before, after := time.Date(2024, 6, 30, 12, 0, 0, 0, time.UTC), time.Date(2024, 7, 2, 12, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		on      time.Time
		section string
		flag    bool
	}{{before, "ipc_354", false}, {before, "bns_74", true}, {after, "bns_74", false}, {after, "ipc_354", true}} {
		e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
			b.ComplaintID, b.Sections, b.IncidentAt = nil, []string{x.section}, new(contract.At(x.on))
		}))
		if flagged(e, "section_out_of_force") != x.flag {
			t.Errorf("%s on %s: %v", x.section, x.on.Format(time.DateOnly), e.Flags)
		}
		if !e.Guarded {
			t.Errorf("%s is not guarded", x.section)
		}
	}
	c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections = []string{"bns_9999"} }),
		contract.CodeUnknownCode, "/body/sections/0")
}

// BNSS 184: a medical examination only with her consent, within 24 hours.
func TestLawAMedicalExaminationIsWithHerConsentBNSS184(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections, b.IsChild = []string{"bns_64", "pocso_4"}, true }))
	for code, due := range map[string]string{
		"medical": "2026-11-19 10:00", "cwc": "2026-11-19 10:00", "investigation": "2027-01-18 10:00", "progress": "2027-02-16 10:00",
	} {
		if got := c.clock(code); got != due {
			t.Errorf("%s is due %q, want %q", code, got, due)
		}
	}
	step := func(name string, consented *bool) contract.FIRStep {
		return contract.FIRStep{FIRID: e.OpID, Step: name, DoneAt: contract.At(c.Now()), Consented: consented}
	}
	c.refused(c.SHO, "fir.step", step("medical", nil), contract.CodeConsentRequired, "/body/consented")
	c.refused(c.SHO, "fir.step", step("medical", new(false)), contract.CodeConsentRequired, "/body/consented")
	c.Pass(time.Hour)
	c.SHO.Enter("fir.step", step("medical", new(true)))
	c.SHO.Enter("fir.step", step("cwc_told", nil))
	if c.clock("medical") != "" || c.clock("cwc") != "" || c.clock("medical_report") != "2026-11-25 11:00" {
		t.Errorf("medical %q, cwc %q, report %q", c.clock("medical"), c.clock("cwc"), c.clock("medical_report"))
	}
	c.SHO.Enter("fir.step", step("progress_told", nil))
	if got := c.clock("progress"); got != "2027-02-16 11:00" {
		t.Errorf("progress is next due %q", got)
	}
	c.SHO.Enter("fir.step", step("chargesheet", nil))
	c.refused(c.SHO, "fir.step", step("statement", nil), contract.CodeWrongState, "/body/fir_id")
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE stopped_at IS NULL AND subject_id = '`+e.OpID.String()+`'`); n != 0 {
		t.Errorf("%d clocks of a closed FIR run", n)
	}
}

// BNSS 184: what she does not consent to is not late, and she may still change
// her mind.
func TestLawAnExaminationThatSheDeclinedIsNotOverdueBNSS184(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections = []string{"bns_64"} }))
	declined := func(b *contract.FIRStep) { b.Consented = new(false) }
	c.refused(c.SHO, "fir.step", c.step(e, "medical_declined", func(b *contract.FIRStep) { b.Consented = new(true) }),
		contract.CodeOutcomeNotAllowed, "/body/consented")
	c.Pass(time.Hour)
	at := contract.At(c.Now())
	c.SHO.Enter("fir.step", c.step(e, "medical_declined", declined))
	if _, cols := c.line("fir", 1); c.clock("medical") != "" || cols["medical_declined_at"] != at.String() || cols["medical_at"] != nil {
		t.Errorf("medical is due %q, columns %v", c.clock("medical"), cols)
	}
	right := c.fir(func(b *contract.FIRRegister) {
		b.Sections, b.RegisteredAt = []string{"bns_64"}, contract.At(booktest.Start.Add(-time.Hour))
	})
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "समय गलत लिखा", FIR: &right})
	if got := c.clock("medical"); got != "" {
		t.Errorf("put right, medical is due %q", got)
	}
	c.Pass(48 * time.Hour)
	c.sweep()
	if n := c.raises(e, "medical"); n != 0 {
		t.Errorf("raised %d times", n)
	}
	c.SHO.Enter("fir.step", c.step(e, "medical", func(b *contract.FIRStep) { b.Consented = new(true) }))
	if c.clock("medical_report") == "" {
		t.Error("no report is owed of the examination that she came to want")
	}
	c.refused(c.SHO, "fir.step", c.step(e, "medical_declined", declined), contract.CodeWrongState, "/body/step")
}

func TestEachStatutoryAlarmIsRaisedOnceAtItsTimeUnlessMet(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	fir := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
		b.Sections, b.IsChild, b.IsElectronic, b.Enquiry = []string{"bns_64"}, true, new(true), new(true)
	})).OpID
	b := c.prevents(func(b *contract.PreventiveReport) { b.ArrestedAt = new(contract.At(c.Now())) })
	arrest := c.SHO.Enter("preventive.report", b).OpID
	begin := c.Now()
	raised := func(subject uuid.UUID, code string) int64 {
		return count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'escalation.raise' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'limit' = '`+
			code+`' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'subject_id' = '`+subject.String()+`' AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'rung' = '1'`)
	}
	for _, x := range []struct {
		code    string
		subject uuid.UUID
		after   time.Duration
	}{
		{"detention_alarm", arrest, 20 * time.Hour}, {"detention", arrest, 24 * time.Hour}, {"medical", fir, 24 * time.Hour},
		{"cwc", fir, 24 * time.Hour}, {"efir_sign", fir, 72 * time.Hour}, {"fir_enquiry", fir, 14 * 24 * time.Hour},
		{"investigation", fir, 61 * 24 * time.Hour}, {"progress", fir, 90 * 24 * time.Hour},
	} {
		if before := begin.Add(x.after - time.Minute); before.After(c.Now()) {
			c.Pass(before.Sub(c.Now()))
			c.sweep()
			if n := raised(x.subject, x.code); n != 0 {
				t.Errorf("%s was raised %d times before its time", x.code, n)
			}
			c.Pass(2 * time.Minute)
		}
		c.sweep()
		c.sweep()
		if n := raised(x.subject, x.code); n != 1 {
			t.Errorf("%s was raised %d times at its time", x.code, n)
		}
	}
}

// sweep lets the clock do all that is due.
func (c *care) sweep() {
	c.t.Helper()
	for {
		n, err := c.Book.Tick(context.Background())
		if err != nil {
			c.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestAnFIRRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	later := contract.At(c.Now().Add(time.Hour))
	c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.RegisteredAt = later }), contract.CodeInFuture, "/body/registered_at")
	c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.IncidentAt = &later }), contract.CodeInFuture, "/body/incident_at")
	c.refused(c.SHO, "fir.register", c.fir(func(b *contract.FIRRegister) { b.IoBy = new(uuid.New()) }), contract.CodeUnknownReference, "/body/io_by")
	c.refused(c.Beat, "fir.register", c.fir(nil), contract.CodeForbidden, "/kind")
	e := c.SHO.Enter("fir.register", c.fir(nil))
	c.refused(c.SHO, "fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())}, contract.CodeWrongState, "/body/fir_id")
	c.refused(c.SHO, "fir.step", contract.FIRStep{FIRID: c.id, Step: "statement", DoneAt: contract.At(c.Now())}, contract.CodeUnknownReference, "/body/fir_id")
	c.refused(c.SHO, "fir.step", contract.FIRStep{FIRID: e.OpID, Step: "statement", DoneAt: later}, contract.CodeInFuture, "/body/done_at")
	right := c.fir(func(b *contract.FIRRegister) { b.FIRNo = "215/2026" })
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	c.SHO.Enter("fir.step", contract.FIRStep{FIRID: e.OpID, Step: "statement", DoneAt: contract.At(c.Now())})
	row, cols := c.line("fir", 2)
	if cols["fir_no"] != "215/2026" || cols["statement_at"] == nil || row.Corrects == nil {
		t.Errorf("the line put right: %v", cols)
	}
	if n := count(t, c.World, `SELECT (sums::json ->> 'firs')::bigint FROM serials WHERE register = 'fir'`); n != 1 {
		t.Errorf("%d FIRs in the year", n)
	}
}
