package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// zero is an FIR of now that belongs to the other station's area.
func (c *care) zero(change func(b *contract.FIRRegister)) contract.FIRRegister {
	return c.fir(func(b *contract.FIRRegister) {
		b.IsZero, b.TransferredTo, b.Sections = true, new(booktest.OtherCentre), []string{"bns_64"}
		if change != nil {
			change(b)
		}
	})
}

// firThere is a line of the FIR register of the other station, as its head reads
// it.
func (c *care) firThere(sho *booktest.Officer, serial int) (book.RegisterRow, map[string]any) {
	c.t.Helper()
	page, err := c.Book.Register(context.Background(), sho.Caller(), book.RegisterQuery{
		Centre: booktest.OtherCentre, Register: "fir", Year: 2026, Limit: 50,
	})
	if err != nil || len(page.Rows) < serial {
		c.t.Fatalf("%d lines there, %v", len(page.Rows), err)
	}
	cols := map[string]any{}
	if err := json.Unmarshal(page.Rows[serial-1].Columns, &cols); err != nil {
		c.t.Fatal(err)
	}
	return page.Rows[serial-1], cols
}

func TestAZeroFIRGoesOnInTheBookOfTheStationOfTheAreaFromItsRegistration(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	registered := c.Now()
	c.Pass(time.Hour)
	e := c.SHO.Enter("fir.register", c.zero(func(b *contract.FIRRegister) {
		b.RegisteredAt, b.IsChild, b.IsElectronic = contract.At(registered), true, new(true)
		b.VictimID, b.Accused = new("कमला देवी"), new("रामू")
	}))
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE subject_id = '`+e.OpID.String()+`'`); n != 0 {
		t.Errorf("%d limits of the investigation count here", n)
	}
	c.Pass(time.Hour)
	tick(t, c.World)
	tick(t, c.World)
	here, cols := c.line("fir", 1)
	there, copied := c.firThere(sho, 1)
	if here.State != "transferred" || here.DueAt != nil || cols["to_id"] != there.OpID.String() || cols["transferred_to"] != booktest.OtherCentre {
		t.Errorf("the first line: %s, due %v, %v", here.State, here.DueAt, cols)
	}
	if there.State != "open" || copied["from_id"] != e.OpID.String() || copied["from_line"] != here.No || copied["from_centre"] != booktest.Centre ||
		copied["fir_no"] != "214/2026" || copied["registered_at"] != contract.At(registered).String() {
		t.Errorf("the other line: %s, %v", there.State, copied)
	}
	if !linksTo(here, there.No) || !linksTo(there, here.No) {
		t.Errorf("links from here %v, from there %v", here.Links, there.Links)
	}
	received := &book.Entry{OpID: there.OpID}
	for code, due := range map[string]string{
		"medical": "2026-11-19 10:00", "cwc": "2026-11-19 10:00", "investigation": "2027-01-18 10:00", "progress": "2027-02-16 10:00",
		"efir_sign": "2026-11-21 10:00", "fir_enquiry": "",
	} {
		if got := c.runs(received, code); got != due {
			t.Errorf("%s is due there %q, want %q", code, got, due)
		}
	}
	if got := careText(t, c.World, `SELECT guarded::text || ' ' || case_id::text FROM entries WHERE kind = 'fir.receive'`); got != "true "+c.id.String() {
		t.Errorf("there it is %s", got)
	}
	if n := count(t, c.World, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%|`+booktest.OtherCentre+`|%|sho|%'`); n != 1 {
		t.Errorf("the head of the station is woken %d times", n)
	}
	for _, name := range []string{"कमला देवी", "रामू"} {
		if found := everywhere(t, c.World, name); len(found) != 0 {
			t.Errorf("a name stands open in %v", found)
		}
	}
}

func linksTo(row book.RegisterRow, no string) bool {
	for _, l := range row.Links {
		if l.No == no {
			return true
		}
	}
	return false
}

func TestTheStationOfTheAreaInvestigatesAZeroFIRAndGivesItItsNumber(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	e := c.SHO.Enter("fir.register", c.zero(func(b *contract.FIRRegister) {
		b.MedicalAt, b.VictimID = new(contract.At(c.Now())), new("कमला देवी")
	}))
	c.refused(c.SHO, "fir.step", c.step(e, "statement", nil), contract.CodeFIRElsewhere, "/body/fir_id")
	c.refused(c.SHO, "fir.sign", contract.FIRSign{FIRID: e.OpID, SignedAt: contract.At(c.Now())}, contract.CodeFIRElsewhere, "/body/fir_id")
	c.Pass(time.Hour)
	tick(t, c.World)
	row, _ := c.firThere(sho, 1)
	received := &book.Entry{OpID: row.OpID}
	if c.runs(received, "medical") != "" || c.runs(received, "medical_report") != "2026-11-25 10:00" {
		t.Errorf("examined before it came: %q, %q", c.runs(received, "medical"), c.runs(received, "medical_report"))
	}
	read := func(o *booktest.Officer, subject uuid.UUID, field string) contract.Code {
		u, err := unseal(o, c.World, o.Item("identity.read", wish(subject, field), booktest.With("centre", booktest.OtherCentre)))
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Fields) > 0 {
			return contract.Code(u.Fields[0].Value.Reveal())
		}
		return refusedBy(u.Receipt)
	}
	// What the first station took down in the FIR, and no more of the case, once he is named on it.
	if got := read(sho, e.OpID, "/body/victim_id"); got != contract.CodeNotNamed {
		t.Errorf("before he is named the head of the station reads %s", got)
	}
	sho.Enter("case.name", naming(row.OpID, sho.ID))
	if got := read(sho, e.OpID, "/body/victim_id"); got != `"कमला देवी"` {
		t.Errorf("the head of the station reads %s", got)
	}
	if got := read(sho, c.id, "/body/complainant_name"); got != contract.CodeUnknownReference {
		t.Errorf("of the complaint he reads %s", got)
	}
	if got := read(c.Enlist(booktest.OtherCentre, staff.BeatOfficer), e.OpID, "/body/victim_id"); got != contract.CodeNotNamed {
		t.Errorf("a beat officer reads %s", got)
	}
	right := c.fir(func(b *contract.FIRRegister) {
		b.ComplaintID, b.FIRNo, b.Sections = nil, "77/2026", []string{"bns_64", "bns_351"}
	})
	sho.Enter("entry.correct", contract.EntryCorrect{CorrectsID: row.OpID, Reason: "इस थाने का मु.अ.सं. अंकित", FIR: &right})
	if row, cols := c.firThere(sho, 2); cols["fir_no"] != "77/2026" || cols["from_id"] != e.OpID.String() || row.Corrects == nil || len(row.Links) != 1 {
		t.Errorf("its own number: %v, links %v", cols, row.Links)
	}
	if got := c.runs(received, "investigation"); got != "2027-01-18 10:00" {
		t.Errorf("by its own number it is due %q", got)
	}
	done := contract.FIRStep{FIRID: row.OpID, Step: "chargesheet", DoneAt: contract.At(c.Now())}
	c.refused(c.Beat, "fir.step", done, contract.CodeForbidden, "/kind")
	if e := sho.Enter("fir.step", done); e.CaseID != c.id {
		t.Errorf("sealed under %s", e.CaseID)
	}
	if n := count(t, c.World, `SELECT count(*) FROM clocks WHERE subject_id = '`+row.OpID.String()+`' AND stopped_at IS NULL`); n != 0 {
		t.Errorf("%d limits go on", n)
	}
}

// firsOf are the figures "registered received" of today at both stations and of
// the district.
func (c *care) firsOf() (here, there, district string) {
	c.t.Helper()
	r := returns(c.t, c.World, c.SP, "", today(c.World).Time, today(c.World).Time)
	text := func(f map[string]int64) string { return fmt.Sprint(f["firs"], f["firs_received"]) }
	for _, x := range r.Centres {
		switch x.Centre {
		case booktest.Centre:
			here = text(x.Figures)
		case booktest.OtherCentre:
			there = text(x.Figures)
		}
	}
	return here, there, text(r.Total)
}

func TestTheDistrictCountsAZeroFIROnceWhicheverOfItsLinesIsPutRightOrStruck(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	is := func(when, here, there, district string) {
		t.Helper()
		if a, b, all := c.firsOf(); a != here || b != there || all != district {
			t.Errorf("%s: %s here, %s there, %s in all; want %s, %s, %s", when, a, b, all, here, there, district)
		}
	}
	first := c.SHO.Enter("fir.register", c.zero(nil))
	is("registered", "1 0", "0 0", "1 0")
	tick(t, c.World)
	is("received", "1 0", "0 1", "1 1")
	row, _ := c.firThere(sho, 1)
	number := c.fir(func(b *contract.FIRRegister) {
		b.ComplaintID, b.FIRNo, b.Sections = nil, "77/2026", []string{"bns_64"}
	})
	received := sho.Enter("entry.correct", contract.EntryCorrect{CorrectsID: row.OpID, Reason: "इस थाने का मु.अ.सं. अंकित", FIR: &number})
	is("put right there", "1 0", "0 1", "1 1")
	right := c.zero(func(b *contract.FIRRegister) { b.FIRNo = "0/215/2026" })
	last := c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	is("put right here", "1 0", "0 1", "1 1")
	sho.Enter("fir.register", number)
	is("another there", "1 0", "1 1", "2 1")
	sho.Enter("entry.correct", contract.EntryCorrect{CorrectsID: received.OpID, Reason: "क्षेत्र इस थाने का नहीं", Strike: new(true)})
	is("struck there", "1 0", "1 0", "2 0")
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last.OpID, Reason: "गलत थाने को भेजी", Strike: new(true)})
	is("struck here", "0 0", "1 0", "1 0")
}

func TestACorrectionSendsNoFIRElsewhereAndTakesNoneBack(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	zero := c.SHO.Enter("fir.register", c.zero(nil))
	own := c.SHO.Enter("fir.register", c.fir(nil))
	for _, x := range []struct {
		of      *book.Entry
		body    contract.FIRRegister
		pointer string
	}{
		{zero, c.fir(nil), "/body/fir/is_zero"},
		{own, c.zero(nil), "/body/fir/is_zero"},
	} {
		c.refused(c.SHO, "entry.correct", contract.EntryCorrect{CorrectsID: x.of.OpID, Reason: "थाना गलत लिखा", FIR: &x.body},
			contract.CodeWrongCorrection, x.pointer)
	}
	right := c.zero(func(b *contract.FIRRegister) { b.FIRNo = "0/215/2026" })
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: zero.OpID, Reason: "संख्या गलत लिखी", FIR: &right})
	tick(t, c.World)
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'fir.receive'`); n != 1 {
		t.Errorf("received %d times", n)
	}
	row, cols := c.line("fir", 3)
	if row.State != "transferred" || cols["to_id"] == nil || cols["fir_no"] != "0/215/2026" || len(row.Links) != 3 {
		t.Errorf("%s, %v, %v", row.State, cols, row.Links)
	}
}

func TestAnOfficerComplainedOfDoesNotMeetTheZeroFIRInHisOwnBook(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	at := contract.At(w.Now())
	c := &care{World: w, t: t, desk: w.Enlist(booktest.Centre, staff.DeskOfficer)}
	sho, accused := w.Enlist(booktest.OtherCentre, staff.SHO), w.Other
	b := c.intake()
	b.ArrivedAt, b.AboutBy = at, []uuid.UUID{accused.ID}
	c.id = c.desk.Enter("complaint.open", b).OpID
	e := c.SHO.Enter("fir.register", c.zero(func(b *contract.FIRRegister) { b.VictimID = new("कमला देवी") }))
	tick(t, w)
	row, _ := c.firThere(sho, 1)
	page, err := w.Book.Register(context.Background(), accused.Caller(), book.RegisterQuery{
		Centre: booktest.OtherCentre, Register: "fir", Year: 2026, Limit: 50,
	})
	if err != nil || len(page.Rows) != 0 {
		t.Errorf("%d lines, %v", len(page.Rows), err)
	}
	if l, err := w.Book.RegisterLine(context.Background(), accused.Caller(), booktest.OtherCentre, "fir", 2026, 1); err == nil {
		t.Errorf("the line: %+v", l)
	}
	if l, err := w.Book.RegisterLine(context.Background(), sho.Caller(), booktest.OtherCentre, "fir", 2026, 1); err != nil || len(l.Steps) != 1 {
		t.Errorf("the head of the station: %+v, %v", l, err)
	}
	c.refused(accused, "fir.step", contract.FIRStep{FIRID: row.OpID, Step: "statement", DoneAt: at}, contract.CodeUnknownReference, "/body/fir_id")
	c.refused(accused, "entry.correct", contract.EntryCorrect{CorrectsID: row.OpID, Reason: "गलत प्रविष्टि", Strike: new(true)},
		contract.CodeUnknownReference, "/body/corrects_id")
	u, err := unseal(accused, w, accused.Item("identity.read", wish(e.OpID, "/body/victim_id"), booktest.With("centre", booktest.OtherCentre)))
	if err != nil || refusedBy(u.Receipt) != contract.CodeUnknownReference {
		t.Errorf("he reads %+v, %v", u, err)
	}
}

func TestTheStationThatHoldsTheOtherLineOfAStruckZeroFIRIsTold(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho, io := c.Enlist(booktest.OtherCentre, staff.SHO), c.Enlist(booktest.OtherCentre, staff.DeskOfficer)
	woken := func(centre, who string) int64 {
		return count(t, c.World, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%|`+centre+`|%|`+who+`|%'`)
	}
	strike := func(o *booktest.Officer, id uuid.UUID) {
		t.Helper()
		o.Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "गलत थाने को भेजी गयी", Strike: new(true)})
		tick(t, c.World)
	}
	first := c.SHO.Enter("fir.register", c.zero(nil))
	tick(t, c.World)
	row, _ := c.firThere(sho, 1)
	sho.Enter("fir.step", contract.FIRStep{FIRID: row.OpID, Step: "statement", DoneAt: contract.At(c.Now()), IoBy: &io.ID})
	if l := row.Links; len(l) != 1 || l[0].Struck {
		t.Errorf("before: %+v", l)
	}
	before := woken(booktest.OtherCentre, "sho")
	strike(c.SHO, first.OpID)
	row, _ = c.firThere(sho, 1)
	if len(row.Links) != 1 || !row.Links[0].Struck || row.StruckBy != nil || row.State != "open" || row.DueAt == nil {
		t.Errorf("there: %+v, struck by %v, %s, due %v", row.Links, row.StruckBy, row.State, row.DueAt)
	}
	line, err := c.Book.RegisterLine(context.Background(), sho.Caller(), booktest.OtherCentre, "fir", 2026, 1)
	if err != nil || len(line.Steps) != 3 {
		t.Fatalf("%d steps, %v", len(line.Steps), err)
	}
	var told struct {
		Kind string
		Body contract.FIRStruck
	}
	if err := json.Unmarshal(line.Steps[2], &told); err != nil || told.Kind != "fir.struck" || told.Body.FromLine != row.Links[0].No ||
		told.Body.FromID != first.OpID || told.Body.FromCentre != booktest.Centre {
		t.Errorf("the step there: %s, %v", line.Steps[2], err)
	}
	if n, i := woken(booktest.OtherCentre, "sho")-before, woken(booktest.OtherCentre, "centre_incharge"); n != 1 || i != 1 {
		t.Errorf("the head of the station is woken %d times, the in-charge %d", n, i)
	}
	if n := count(t, c.World, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%`+io.ID.String()+`%'`); n != 2 {
		t.Errorf("the investigating officer is woken %d times", n)
	}

	strike(sho, row.OpID) // as its station must decide; the first is not told what it began
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'fir.struck'`); n != 1 {
		t.Errorf("told %d times", n)
	}
	if here, _ := c.line("fir", 1); len(here.Links) == 0 || !here.Links[0].Struck {
		t.Errorf("here: %+v", here.Links)
	}
}

func TestAFirstStationIsToldThatTheOtherStruckItsZeroFIR(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	first := c.SHO.Enter("fir.register", c.zero(nil))
	tick(t, c.World)
	row, _ := c.firThere(sho, 1)
	right := c.fir(func(b *contract.FIRRegister) {
		b.ComplaintID, b.FIRNo, b.Sections = nil, "77/2026", []string{"bns_64"}
	})
	last := sho.Enter("entry.correct", contract.EntryCorrect{CorrectsID: row.OpID, Reason: "इस थाने का मु.अ.सं. अंकित", FIR: &right})
	tick(t, c.World)
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'fir.struck'`); n != 0 {
		t.Errorf("what was put right is told as struck %d times", n)
	}
	sho.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last.OpID, Reason: "क्षेत्र इस थाने का नहीं", Strike: new(true)})
	tick(t, c.World)
	line, err := c.Book.RegisterLine(context.Background(), c.SHO.Caller(), booktest.Centre, "fir", 2026, 1)
	if err != nil || len(line.Steps) != 2 || line.Row.State != "transferred" {
		t.Fatalf("%s, %d steps, %v", line.Row.State, len(line.Steps), err)
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'fir.struck' AND centre = '`+booktest.Centre+`'`); n != 1 {
		t.Errorf("told %d times", n)
	}
	if !line.Row.Links[0].Struck {
		t.Errorf("its link: %+v", line.Row.Links)
	}
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "नये सिरे से दर्ज होगी", Strike: new(true)})
}

func TestAZeroFIRThatIsStruckInTheSameSendingArrivesAndIsToldStruck(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	for range 6 { // ids are random: the order is not theirs
		id := uuid.Must(uuid.NewV7())
		zero := c.SHO.Item("fir.register", c.zero(nil), booktest.With("op_id", id))
		c.Pass(time.Second)
		c.SHO.Send(zero, c.SHO.Item("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "गलत थाने को भेजी", Strike: new(true)}))
	}
	if _, err := c.Book.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind IN ('fir.receive', 'fir.struck') AND centre = '`+booktest.OtherCentre+`'`); n != 12 {
		t.Errorf("%d entries there, want 12", n)
	}
	if n := count(t, c.World, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d wait for another round", n)
	}
}
