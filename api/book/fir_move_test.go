package book_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// moved is an FIR of this station with its first steps, which then went to the
// other station, and its line there.
func (c *care) moved(sho *booktest.Officer) (here, there *book.Entry) {
	c.t.Helper()
	e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
		b.Sections, b.IsChild, b.IsElectronic, b.Enquiry = []string{"pocso_4"}, true, new(true), new(true)
		b.VictimID = new("कमला देवी")
	}))
	for _, name := range []string{"medical", "cwc_told", "progress_told"} {
		c.Pass(time.Hour)
		c.SHO.Enter("fir.step", c.step(e, name, func(b *contract.FIRStep) { b.Consented = new(true) }))
	}
	c.Pass(time.Hour)
	c.SHO.Enter("fir.step", c.step(e, "transferred", func(b *contract.FIRStep) { b.ToCentre = new(booktest.OtherCentre) }))
	tick(c.t, c.World)
	row, _ := c.firThere(sho, 1)
	return e, &book.Entry{OpID: row.OpID}
}

func TestAnFIRThatAStepTransfersGoesOnInTheOtherStationsBookFromWhereItStood(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	e, received := c.moved(sho)
	here, cols := c.line("fir", 1)
	there, copied := c.firThere(sho, 1)
	if here.State != "transferred" || here.DueAt != nil || cols["transferred_to"] != booktest.OtherCentre || cols["to_id"] != there.OpID.String() {
		t.Errorf("the first line: %s, due %v, %v", here.State, here.DueAt, cols)
	}
	if there.State != "open" || copied["from_id"] != e.OpID.String() || copied["fir_no"] != "214/2026" || copied["registered_at"] != cols["registered_at"] {
		t.Errorf("the other line: %s, %v", there.State, copied)
	}
	for _, name := range []string{"medical_at", "cwc_told_at", "progress_told_at"} {
		if copied[name] == nil || copied[name] != cols[name] {
			t.Errorf("%s was %v, is there %v", name, cols[name], copied[name])
		}
	}
	if !linksTo(here, there.No) || !linksTo(there, here.No) {
		t.Errorf("links from here %v, from there %v", here.Links, there.Links)
	}
	// From the registration at 10:00; examined at 11:00, she was told at 13:00.
	for code, due := range map[string]string{
		"medical": "", "medical_report": "2026-11-25 11:00", "cwc": "", "investigation": "2027-01-18 10:00", "progress": "2027-02-16 13:00",
		"efir_sign": "2026-11-21 10:00", "fir_enquiry": "2026-12-02 10:00",
	} {
		if got := c.runs(received, code); got != due {
			t.Errorf("%s is due there %q, want %q", code, got, due)
		}
	}
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE subject_id = '`+e.OpID.String()+`' AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d limits go on here", n)
	}
	if here, there, all := c.firsOf(); here != "1 0" || there != "0 1" || all != "1 1" {
		t.Errorf("counted %s here, %s there, %s in all", here, there, all)
	}
	sho.Enter("case.name", naming(there.OpID, sho.ID))
	u, err := unseal(sho, c.World, sho.Item("identity.read", wish(e.OpID, "/body/victim_id"), booktest.With("centre", booktest.OtherCentre)))
	if err != nil || len(u.Fields) != 1 {
		t.Errorf("the head of the station reads %+v, %v", u, err)
	}
	sho.Enter("fir.sign", contract.FIRSign{FIRID: there.OpID, SignedAt: contract.At(c.Now())})
	sho.Enter("fir.step", contract.FIRStep{FIRID: there.OpID, Step: "chargesheet", DoneAt: contract.At(c.Now())})
}

func TestStepsOfAnFIRBelongToTheStationThatHasItAndItIsNotSentOnFromThere(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	e, received := c.moved(sho)
	c.refused(c.SHO, "fir.step", c.step(e, "statement", nil), contract.CodeFIRElsewhere, "/body/fir_id")
	c.refused(c.SHO, "fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())}, contract.CodeFIRElsewhere, "/body/fir_id")
	on := contract.FIRStep{FIRID: received.OpID, Step: "transferred", DoneAt: contract.At(c.Now()), ToCentre: new(booktest.Centre)}
	c.refused(sho, "fir.step", on, contract.CodeFIRReceived, "/body/step")
	right := c.fir(func(b *contract.FIRRegister) { b.Sections, b.FIRNo = []string{"pocso_4"}, "215/2026" })
	last := c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	if row, cols := c.line("fir", 2); row.State != "transferred" || cols["transferred_to"] != booktest.OtherCentre || cols["to_id"] == nil {
		t.Errorf("put right: %s, %v", row.State, cols)
	}
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last.OpID, Reason: "गलत थाने को भेजी", Strike: new(true)})
	tick(t, c.World)
	line, err := c.Book.RegisterLine(context.Background(), sho.Caller(), booktest.OtherCentre, "fir", 2026, 1)
	if err != nil || len(line.Steps) != 3 || !line.Row.Links[0].Struck {
		t.Fatalf("%d steps, %v, %v", len(line.Steps), line.Row.Links, err)
	}
	for i, kind := range []string{"fir.receive", "line.corrected", "fir.struck"} {
		var told struct{ Kind string }
		if err := json.Unmarshal(line.Steps[i], &told); err != nil || told.Kind != kind {
			t.Errorf("step %d there: %s, %v", i, told.Kind, err)
		}
	}
}
