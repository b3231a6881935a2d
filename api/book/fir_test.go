package book_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// raises counts how often the first rung of a limit was told for a subject.
func (c *care) raises(e *book.Entry, limit string) int64 {
	c.t.Helper()
	return count(c.t, c.World, `SELECT count(*) FROM (SELECT convert_from(wire, 'UTF8')::json -> 'body' AS b FROM entries
		WHERE kind = 'escalation.raise') x WHERE b ->> 'limit' = '`+limit+`' AND b ->> 'subject_id' = '`+e.OpID.String()+`' AND b ->> 'rung' = '1'`)
}

// step is a step of an FIR, taken now.
func (c *care) step(fir *book.Entry, name string, change func(b *contract.FIRStep)) contract.FIRStep {
	b := contract.FIRStep{FIRID: fir.OpID, Step: name, DoneAt: contract.At(c.Now())}
	if change != nil {
		change(&b)
	}
	return b
}

// runs is the due time of the clock of a code that runs for an entry's matter.
func (c *care) runs(e *book.Entry, code string) string {
	c.t.Helper()
	return careText(c.t, c.World, `SELECT coalesce(string_agg(to_char(due_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI'), ', '), '')
		FROM clocks WHERE subject_id = '`+e.OpID.String()+`' AND stopped_at IS NULL AND code = '`+code+`'`)
}

func TestALimitThatBeginsWithinAMillisecondIsRaised(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	body := c.fir(func(b *contract.FIRRegister) { b.ComplaintID, b.IsElectronic = nil, new(true) })
	e := c.SHO.Enter("fir.register", finer{body, "registered_at"})
	c.Pass(72*time.Hour + time.Second)
	c.sweep()
	if n := c.raises(e, "efir_sign"); n != 1 {
		t.Errorf("the signature was called in %d times", n)
	}
}

// finer is a body of which one time is written to the nanosecond, as some
// phones do.
type finer struct {
	body any
	name string
}

func (f finer) MarshalJSON() ([]byte, error) {
	raw, err := json.Marshal(f.body)
	if err != nil {
		return nil, err
	}
	all := map[string]any{}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	all[f.name] = strings.TrimSuffix(all[f.name].(string), "000Z") + "000123456Z"
	return json.Marshal(all)
}

func TestAnFIRShowsItsComplaintForWhatItIs(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil) // taken in as domestic violence
	c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections = []string{"bns_85", "bns_64"} }))
	if got := c.row(`data::json ->> 'guarded'`) + c.row(`data::json ->> 'is_sexual'`) + c.row(`data::json ->> 'sensitive'`); got != `truetrue["sexual_offence"]` {
		t.Errorf("the complaint is %s", got)
	}
	if list := complaints(t, c.World, c.SP, book.ComplaintQuery{}); len(list) != 1 || !list[0].Reduced {
		t.Errorf("above the centre the complaint is told whole: %+v", list)
	}
	c.refused(c.Incharge, "counselling.plan", c.plans(), contract.CodeCounsellingBlocked, "/body/complaint_id")
	c.refused(c.Beat, "complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "advised", DisposalNote: "दोनों पक्षों को समझाया गया", ToldHer: true,
	}, contract.CodeNoCompromise, "/body/disposal")
}

func TestAnFIRIsAnActionAndRegistersItsComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.SHO.Enter("fir.register", c.fir(nil))
	if c.clock("first_action") != "" || c.row("state") != "in_action" {
		t.Errorf("state %s, first action due %q", c.row("state"), c.clock("first_action"))
	}
	c.id = careOfWorld(c, func(b *contract.ComplaintOpen) { b.RegisteredAt = nil })
	e := c.SHO.Enter("fir.register", c.fir(nil))
	if c.clock("register") != "" || c.row("state") != "in_action" {
		t.Errorf("state %s, registration due %q", c.row("state"), c.clock("register"))
	}
	if _, cols := c.line("help_desk", 2); cols["fir_id"] != e.OpID.String() || cols["registered_at"] == nil {
		t.Errorf("columns %v", cols)
	}
}

func TestWhatIsRegisteredAnswersHer(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(nil))
	c.refused(c.desk, "fir.request", contract.FIRRequest{ComplaintID: c.id}, contract.CodeWrongState, "/body/complaint_id")
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "गलत शिकायत पर दर्ज", Strike: new(true)})
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	if c.clock("fir_decision") == "" {
		t.Error("nobody is owed a decision")
	}
}

func TestHerWishWakesTheHeadOfTheStationAndAnFIRItsInvestigator(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	if got := c.told(c.Beat.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})); got != "sho" {
		t.Errorf("%q is told that she wants an FIR", got)
	}
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IoBy = &c.Incharge.ID }))
	if got := c.told(e); got != "officer" {
		t.Errorf("%q is told of the FIR", got)
	}
	if got := c.told(c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = &c.Second.ID }))); got != "officer" {
		t.Errorf("%q is told of the change", got)
	}
	if got := c.told(c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = &c.Second.ID }))); got != "" {
		t.Errorf("%q is told of no change", got)
	}
	if _, cols := c.line("fir", 1); cols["io_by"] != c.Second.ID.String() {
		t.Errorf("the register has %v", cols["io_by"])
	}
	right := c.fir(func(b *contract.FIRRegister) { b.FIRNo, b.IoBy = "9/2026", &c.Incharge.ID })
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	if got := careText(t, c.World, `SELECT owner_id::text FROM matters WHERE kind = 'fir'`); got != c.Second.ID.String() {
		t.Error("putting the number right gives the FIR back to the first investigator")
	}
}

func TestOnlyTheGravestSectionsAreOwedAnExaminationAndTwoMonths(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	for _, x := range []struct {
		section         string
		incident        time.Time
		gravest, guards bool
		cwc             bool
	}{
		{section: "bns_64", gravest: true, guards: true}, {section: "bns_70", gravest: true, guards: true},
		{section: "bns_69", guards: true}, {section: "bns_72"}, {section: "bns_74", guards: true},
		{section: "bns_78", guards: true}, {section: "bns_85"}, {section: "bns_124"},
		{section: "pocso_8", gravest: true, guards: true, cwc: true}, {section: "pocso_12", guards: true, cwc: true},
		{section: "bns_65", gravest: true, guards: true, cwc: true},
		{section: "ipc_376d", incident: time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC), gravest: true, guards: true},
	} {
		e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
			b.ComplaintID, b.Sections = nil, []string{x.section}
			if !x.incident.IsZero() {
				b.IncidentAt = new(contract.At(x.incident))
			}
		}))
		if flagged(e, "section_out_of_force") || e.Guarded != x.guards {
			t.Errorf("%s: guarded %t, flags %v", x.section, e.Guarded, e.Flags)
		}
		medical, months, cwc := c.runs(e, "medical") != "", c.runs(e, "investigation") != "", c.runs(e, "cwc") != ""
		if medical != x.gravest || months != x.gravest || cwc != x.cwc || c.runs(e, "progress") == "" {
			t.Errorf("%s: medical %t, two months %t, CWC %t", x.section, medical, months, cwc)
		}
	}
}

func TestAnFIRPutRightCountsAnewFromItsRegistration(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(nil))
	last := e.OpID
	correct := func(change func(b *contract.FIRRegister)) {
		t.Helper()
		right := c.fir(func(b *contract.FIRRegister) { b.RegisteredAt = contract.At(booktest.Start) })
		change(&right)
		last = c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last, Reason: "विवरण सुधारा गया", FIR: &right}).OpID
	}
	wants := func(why string, want map[string]string) {
		t.Helper()
		for _, code := range []string{"medical", "medical_report", "cwc", "investigation", "progress", "efir_sign", "fir_enquiry"} {
			if got := c.runs(e, code); got != want[code] {
				t.Errorf("%s: %s is due %q, want %q", why, code, got, want[code])
			}
		}
	}
	c.Pass(time.Hour)
	wants("at first", map[string]string{"progress": "2027-02-16 10:00"})
	correct(func(b *contract.FIRRegister) { b.Sections, b.IsChild = []string{"bns_64"}, true })
	wants("a child, raped", map[string]string{
		"medical": "2026-11-19 10:00", "cwc": "2026-11-19 10:00", "investigation": "2027-01-18 10:00", "progress": "2027-02-16 10:00",
	})
	row, cols := c.line("fir", 2)
	if cols["chargesheet_due_at"] != "2027-01-18T04:30:00.000Z" || row.DueAt == nil || !row.DueAt.Equal(booktest.Start.Add(24*time.Hour)) {
		t.Errorf("charge sheet due %v, line due %v", cols["chargesheet_due_at"], row.DueAt)
	}
	c.SHO.Enter("fir.step", c.step(e, "cwc_told", nil))
	c.SHO.Enter("fir.step", c.step(e, "medical", func(b *contract.FIRStep) { b.Consented = new(true) }))
	correct(func(b *contract.FIRRegister) {
		b.Sections, b.IsChild, b.RegisteredAt = []string{"bns_64"}, true, contract.At(booktest.Start.Add(-2*time.Hour))
	})
	wants("registered before, steps taken", map[string]string{
		"medical_report": "2026-11-25 11:00", "investigation": "2027-01-18 08:00", "progress": "2027-02-16 08:00",
	})
	correct(func(b *contract.FIRRegister) {
		b.Sections, b.IsElectronic, b.Enquiry = []string{"bns_85"}, new(true), new(true)
	})
	wants("cruelty, by the portal", map[string]string{
		"progress": "2027-02-16 10:00", "efir_sign": "2026-11-21 10:00", "fir_enquiry": "2026-12-02 10:00",
	})
	if _, cols := c.line("fir", 4); cols["chargesheet_due_at"] != nil || cols["cwc_told_at"] == nil {
		t.Errorf("columns %v", cols)
	}
	c.SHO.Enter("fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())})
	c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.Result = new("under_investigation") }))
	correct(func(b *contract.FIRRegister) { b.IsElectronic, b.Enquiry = new(true), new(true) })
	wants("signed and enquired", map[string]string{"progress": "2027-02-16 10:00"})
	if n := count(t, c.World, `SELECT n FROM tallies WHERE code = 'fir.lines'`); n != 1 {
		t.Errorf("%d FIRs of the day", n)
	}
}

func TestACorrectionOfAnFIRStaysWithItsComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(nil))
	alone := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = nil }))
	other := careOfWorld(c, nil)
	for _, x := range []struct {
		of   *book.Entry
		body contract.FIRRegister
	}{
		{e, c.fir(func(b *contract.FIRRegister) { b.ComplaintID = &other })},
		{e, c.fir(func(b *contract.FIRRegister) { b.ComplaintID = nil })},
		{alone, c.fir(nil)},
	} {
		c.refused(c.SHO, "entry.correct", contract.EntryCorrect{CorrectsID: x.of.OpID, Reason: "शिकायत बदली", FIR: &x.body},
			contract.CodeWrongCorrection, "/body/fir/complaint_id")
	}
}

func TestStepsFillTheirColumnsAndTheLastOneEndsIt(t *testing.T) {
	t.Parallel()
	for last, want := range map[string]struct{ result, state string }{
		"chargesheet": {"chargesheeted", "over"}, "final_report": {"final_report", "over"}, "transferred": {"transferred", "transferred"},
		"other": {"cancelled", "over"},
	} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, nil)
			e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections, b.IsChild = []string{"pocso_4"}, true }))
			columns := map[string]string{
				"statement": "statement_at", "medical": "medical_at", "cwc_told": "cwc_told_at", "arrest": "arrest_at", "progress_told": "progress_told_at",
			}
			for _, name := range []string{"statement", "medical", "medical_report", "cwc_told", "arrest", "progress_told"} {
				c.Pass(time.Minute)
				c.Incharge.Enter("fir.step", c.step(e, name, func(b *contract.FIRStep) { b.Consented = new(true) }))
				if _, cols := c.line("fir", 1); columns[name] != "" && cols[columns[name]] != contract.At(c.Now()).String() {
					t.Errorf("%s fills %v", name, cols[columns[name]])
				}
			}
			due := contract.At(c.Now().Add(30 * 24 * time.Hour))
			c.SHO.Enter("fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.ChargesheetDueAt = &due }))
			c.SHO.Enter("fir.step", c.step(e, last, func(b *contract.FIRStep) {
				switch last {
				case "transferred":
					b.ToCentre = new(booktest.OtherCentre)
				case "other":
					b.Result = new("cancelled")
				}
			}))
			row, cols := c.line("fir", 1)
			if cols["result"] != want.result || row.State != want.state || cols["chargesheet_due_at"] != due.String() || row.DueAt != nil {
				t.Errorf("%s, %s, %v", row.State, cols["result"], cols["chargesheet_due_at"])
			}
			if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE subject_id = '`+e.OpID.String()+`' AND stopped_at IS NULL`); n != 0 {
				t.Errorf("%d clocks run on", n)
			}
			code := contract.CodeWrongState
			if last == "transferred" {
				code = contract.CodeFIRElsewhere
			}
			c.refused(c.SHO, "fir.step", c.step(e, "statement", nil), code, "/body/fir_id")
		})
	}
}

func TestAnAlarmOfTheLawIsNotRaisedWhenItWasMetInTime(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
		b.ComplaintID, b.Sections, b.IsChild, b.IsElectronic, b.Enquiry = nil, []string{"bns_64"}, true, new(true), new(true)
	}))
	c.Pass(20 * time.Hour)
	c.SHO.Enter("fir.step", c.step(e, "medical", func(b *contract.FIRStep) { b.Consented = new(true) }))
	c.SHO.Enter("fir.step", c.step(e, "cwc_told", nil))
	c.Pass(30 * time.Hour)
	c.SHO.Enter("fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())})
	c.Pass(3 * 24 * time.Hour)
	c.SHO.Enter("fir.step", c.step(e, "medical_report", nil))
	c.SHO.Enter("fir.step", c.step(e, "statement", func(b *contract.FIRStep) { b.Result = new("under_investigation") }))
	c.loginAfter(50 * 24 * time.Hour)
	c.SHO.Enter("fir.step", c.step(e, "progress_told", nil))
	c.SHO.Enter("fir.step", c.step(e, "chargesheet", nil))
	c.Pass(200 * 24 * time.Hour)
	c.sweep()
	for _, code := range []string{"medical", "medical_report", "cwc", "efir_sign", "fir_enquiry", "investigation", "progress"} {
		if n := c.raises(e, code); n != 0 {
			t.Errorf("%s was raised %d times", code, n)
		}
	}
}

// loginAfter lets so much time pass that the head of the station must log in
// again.
func (c *care) loginAfter(d time.Duration) {
	c.Pass(d)
	c.SHO.SignIn()
}

func TestAnOfficerComplainedOfNeitherSeesNorMovesTheFIR(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	at := contract.At(w.Now())
	desk := w.Enlist(booktest.Centre, "desk_officer")
	c := &care{World: w, t: t, desk: desk}
	b := c.intake()
	b.ArrivedAt, b.AboutBy = at, []uuid.UUID{w.Incharge.ID}
	c.id = desk.Enter("complaint.open", b).OpID
	e := c.SHO.Enter("fir.register", c.fir(nil))
	p := c.SHO.Enter("preventive.report", c.prevents(nil))
	c.refused(c.Incharge, "fir.register", c.fir(nil), contract.CodeUnknownReference, "/body/complaint_id")
	c.refused(c.Incharge, "fir.request", contract.FIRRequest{ComplaintID: c.id}, contract.CodeUnknownReference, "/body/complaint_id")
	c.refused(c.Incharge, "fir.step", c.step(e, "statement", nil), contract.CodeUnknownReference, "/body/fir_id")
	c.refused(c.Incharge, "fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: at}, contract.CodeUnknownReference, "/body/fir_id")
	c.refused(c.Incharge, "preventive.step", contract.PreventiveStep{PreventiveID: p.OpID, Step: "order", DoneAt: at},
		contract.CodeUnknownReference, "/body/preventive_id")
}

func TestAnFIRWaitsForItsComplaintAndStandsWithoutOne(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	later := uuid.Must(uuid.NewV7())
	fir := c.SHO.Do("fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = &later }))
	step := c.SHO.Do("fir.step", contract.FIRStep{FIRID: fir.OpID, Step: "statement", DoneAt: contract.At(c.Now())})
	if fir.Outcome != book.Held || step.Outcome != book.Held {
		t.Fatalf("FIR %s, step %s", fir.Outcome, step.Outcome)
	}
	c.desk.Enter("complaint.open", c.intake(), booktest.With("op_id", later))
	if n := count(t, c.World, `SELECT count(*) FROM lines WHERE register = 'fir' AND complaint_id = '`+later.String()+`' AND cols::json ->> 'statement_at' > ''`); n != 1 {
		t.Error("neither FIR nor step went on when the complaint came")
	}
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = nil }))
	if row, _ := c.line("fir", 2); row.ComplaintID != nil || row.OpID != e.OpID {
		t.Errorf("line %+v", row)
	}
}

func TestWhatIsRefusedOfAnFIRSaysWhere(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	now, later, before := contract.At(c.Now()), contract.At(c.Now().Add(time.Hour)), contract.At(c.Now().Add(-time.Hour))
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.IsElectronic = new(true) }))
	p := c.SHO.Enter("preventive.report", c.prevents(nil))
	gone := careOfWorld(c, nil)
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: gone, ToCentre: booktest.OtherCentre, Reason: "घटना राजापुर की"})
	abroad := c.Other.Enter("complaint.open", c.intake()).OpID
	no := contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण, मारपीट का कोई तथ्य नहीं", ToldWayToSp: true}
	for name, x := range map[string]struct {
		kind    string
		body    any
		code    contract.Code
		pointer string
	}{
		"signed tomorrow":          {"fir.register", c.fir(func(b *contract.FIRRegister) { b.SignedAt = &later }), contract.CodeInFuture, "/body/signed_at"},
		"a statement to come":      {"fir.register", c.fir(func(b *contract.FIRRegister) { b.StatementAt = &later }), contract.CodeInFuture, "/body/statement_at"},
		"an examination to come":   {"fir.register", c.fir(func(b *contract.FIRRegister) { b.MedicalAt = &later }), contract.CodeInFuture, "/body/medical_at"},
		"registered before it was": {"fir.register", c.fir(func(b *contract.FIRRegister) { b.RegisteredAt, b.IncidentAt = before, &now }), contract.CodeEndedBeforeStarted, "/body/registered_at"},
		"sent, though not a zero":  {"fir.register", c.fir(func(b *contract.FIRRegister) { b.TransferredTo = new(booktest.OtherCentre) }), contract.CodeOutcomeNotAllowed, "/body/transferred_to"},
		"sent to nowhere":          {"fir.register", c.fir(func(b *contract.FIRRegister) { b.TransferredTo = new("ZZZ") }), contract.CodeUnknownReference, "/body/transferred_to"},
		"an unknown section":       {"fir.register", c.fir(func(b *contract.FIRRegister) { b.Sections = []string{"bns_85", "bns_1"} }), contract.CodeUnknownCode, "/body/sections/1"},
		"a column nobody added": {"fir.register", c.fir(func(b *contract.FIRRegister) {
			b.Extra = &contract.Extra{Open: []contract.ExtraValue{{Column: "caste", Text: new("अन्य")}}}
		}), contract.CodeUnknownColumn, "/body/extra/open/0/column"},
		"a complaint that went":      {"fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = &gone }), contract.CodeWrongState, "/body/complaint_id"},
		"a complaint of elsewhere":   {"fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = &abroad }), contract.CodeUnknownReference, "/body/complaint_id"},
		"no complaint":               {"fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID = &e.OpID }), contract.CodeUnknownReference, "/body/complaint_id"},
		"preventive action, no FIR":  {"fir.step", c.step(p, "statement", nil), contract.CodeWrongReference, "/body/fir_id"},
		"an unknown step":            {"fir.step", c.step(e, "tortured", nil), contract.CodeUnknownCode, "/body/step"},
		"an unknown investigator":    {"fir.step", c.step(e, "other", func(b *contract.FIRStep) { b.IoBy = new(uuid.New()) }), contract.CodeUnknownReference, "/body/io_by"},
		"gone without a station":     {"fir.step", c.step(e, "transferred", nil), contract.CodeZeroStation, "/body/to_centre"},
		"gone to itself":             {"fir.step", c.step(e, "transferred", func(b *contract.FIRStep) { b.ToCentre = new(booktest.Centre) }), contract.CodeUnknownReference, "/body/to_centre"},
		"gone to headquarters":       {"fir.step", c.step(e, "transferred", func(b *contract.FIRStep) { b.ToCentre = new(book.HQ) }), contract.CodeUnknownReference, "/body/to_centre"},
		"a statement to a station":   {"fir.step", c.step(e, "statement", func(b *contract.FIRStep) { b.ToCentre = new(booktest.OtherCentre) }), contract.CodeOutcomeNotAllowed, "/body/to_centre"},
		"signed before she sent it":  {"fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: before}, contract.CodeEndedBeforeStarted, "/body/signed_at"},
		"signed in the future":       {"fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: later}, contract.CodeInFuture, "/body/signed_at"},
		"signed, preventive action":  {"fir.sign", contract.FIRSign{FIRID: p.OpID, SignedAt: now}, contract.CodeWrongReference, "/body/fir_id"},
		"declined what nobody wants": {"fir.decline", no, contract.CodeWrongState, "/body/complaint_id"},
		"declined without the way":   {"fir.decline", map[string]any{"complaint_id": c.id, "reason": no.Reason, "told_way_to_sp": false}, contract.CodeBadEnum, "/body/told_way_to_sp"},
		"declined without a reason":  {"fir.decline", map[string]any{"complaint_id": c.id, "told_way_to_sp": true}, contract.CodeMissingField, "/body/reason"},
		"no NCR to send":             {"ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: now}, contract.CodeWrongState, "/body/complaint_id"},
		"an NCR of tomorrow":         {"ncr.send", contract.NCRSend{ComplaintID: c.id, SentAt: later}, contract.CodeInFuture, "/body/sent_at"},
	} {
		r := c.SHO.Do(x.kind, x.body)
		if r.Outcome != book.Refused || r.Problem.Code != x.code || r.Problem.Pointer != x.pointer {
			t.Errorf("%s is %s (%v), want %s at %s", name, r.Outcome, r.Problem, x.code, x.pointer)
		}
	}
}

func TestWhoMayWhatOfAnFIR(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	for _, o := range []*booktest.Officer{c.Beat, c.Member, c.Leader, c.desk, c.counsellor, c.Dispatcher} {
		for kind, body := range map[string]any{
			"fir.register": c.fir(nil), "preventive.report": c.prevents(nil), "ncr.send": contract.NCRSend{ComplaintID: c.id, SentAt: contract.At(c.Now())},
		} {
			c.refused(o, kind, body, contract.CodeForbidden, "/kind")
		}
	}
	c.refused(c.Dispatcher, "fir.request", contract.FIRRequest{ComplaintID: c.id}, contract.CodeForbidden, "/kind")
	for i, o := range []*booktest.Officer{c.Beat, c.Member, c.Leader, c.desk, c.counsellor, c.Incharge, c.SHO} {
		id := careOfWorld(c, nil)
		if e := o.Enter("fir.request", contract.FIRRequest{ComplaintID: id}); e.CaseID != id {
			t.Errorf("the wish to officer %d is of another case", i)
		}
	}
	for _, o := range []*booktest.Officer{c.Incharge, c.Beat, c.desk} {
		c.refused(o, "fir.decline", contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण, कोई तथ्य नहीं", ToldWayToSp: true},
			contract.CodeForbidden, "/kind")
	}
}
