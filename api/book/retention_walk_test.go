package book_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestEachSealedFieldOfEachKindHasARuleThatEndsItsKeys(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	if left := w.Book.Unkept("", ""); len(left) > 0 {
		t.Errorf("no rule says how long is kept: %s", strings.Join(left, ", "))
	}
	sealing := 0
	for _, kind := range contract.Kinds() {
		fields := contract.SealedFields(kind)
		if len(fields) == 0 {
			continue
		}
		sealing++
		if left := w.Book.Unkept(string(kind), ""); len(left) != len(fields) {
			t.Errorf("%s without a rule: %v, of %d fields", kind, left, len(fields))
		}
	}
	if sealing < 30 {
		t.Errorf("only %d kinds seal anything", sealing)
	}
	for rule, field := range map[string]string{
		"identity": "complaint.open/mobile", "warned": "squad.person/name", "visits": "visit.record/care_list", "tasks": "task.done/note",
		"firs": "preventive.report/person", "inspections": "inspection.record/remarks", "other": "phone.search/phone",
	} {
		if left := w.Book.Unkept("", rule); !slices.Contains(left, field) {
			t.Errorf("without the rule %s: %v", rule, left)
		}
	}
	w.Order(`DELETE FROM retention_rules WHERE code = 'tasks'`)
	if _, err := book.New(t.Context(), w.Book.Options); err == nil || !strings.Contains(err.Error(), "task.done/note") {
		t.Errorf("a server starts without a rule for tasks: %v", err)
	}
}

// quick has the rules of what is walked for as short as they may be.
func quick(w *booktest.World) {
	w.SP.SignIn()
	second := w.Enlist(book.HQ, staff.AddlSP)
	for rule, days := range map[string]int{"visits": 30, "tasks": 30, "firs": 365, "inspections": 180, "other": 180} {
		if r := w.SP.Do("retention.ask", contract.RetentionAsk{Rule: rule, Days: days - 1, Basis: "आदेश"}, atHQ); refusedBy(r) != contract.CodeOutOfRange {
			w.T.Errorf("%s for %d days: %+v", rule, days-1, r)
		}
		ask := w.SP.Enter("retention.ask", contract.RetentionAsk{Rule: rule, Days: days, Basis: "आदेश"}, atHQ)
		second.Enter("retention.allow", contract.RetentionAllow{AskID: ask.OpID, Allowed: true}, atHQ)
	}
	if err := w.Book.LoadRules(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// sealedAlone enters what seals something in no complaint and of no person; by name.
func sealedAlone(t *testing.T, c *care) map[string]uuid.UUID {
	t.Helper()
	co, remarks := circleOfficer(t, c.World), "गोपनीय टिप्पणी"
	visit, round, inspection := c.Visit(), c.Round(), anInspection(c.World)
	visit.CareList, visit.KeyContacts, round.Remarks = &remarks, &remarks, &remarks
	inspection.Remarks, inspection.Direction, inspection.AssignedTo, inspection.DueAt = &remarks, nil, nil, nil
	c.GoOut()
	out := map[string]uuid.UUID{
		"visit": c.Beat.Enter("visit.record", visit).OpID,
		"round": c.Leader.Enter("squad.round", round).OpID,
		"FIR": c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) {
			b.ComplaintID, b.Accused = nil, &remarks
		})).OpID,
		"report":     c.SHO.Enter("preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.ComplaintID = nil })).OpID,
		"inspection": co.Enter("inspection.record", inspection, atKarwi).OpID,
		"task":       send(c.World, c.Beat, "routine").OpID,
		"duty":       c.OnDuty(c.Beat).OpID,
	}
	for step, body := range orderedSteps(out["task"], &remarks) {
		c.Beat.Enter(step, body)
	}
	out["noted"] = out["duty"]
	c.Beat.Enter("note.add", contract.NoteAdd{SubjectID: out["duty"], Text: remarks})
	found, err := c.Book.SearchPhone(t.Context(), c.Incharge.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{
		c.Incharge.Item("phone.search", contract.PhoneSearch{Phone: "9812345670", Reason: "call_back"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	out["search"] = found.Receipt.OpID
	delete(out, "duty")
	for name, id := range out {
		if liveKeys(t, c.World, id) == 0 {
			t.Fatalf("nothing of the %s is sealed", name)
		}
	}
	return out
}

func TestWhatIsSealedInNoComplaintIsShreddedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	quick(c.World)
	of := sealedAlone(t, c)
	left := func(when string, want ...string) {
		t.Helper()
		tick(t, c.World)
		var got []string
		for name, id := range of {
			if liveKeys(t, c.World, id) > 0 {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v have keys, want %v", when, got, want)
		}
	}
	pass := func(days int) {
		c.Pass(time.Duration(days) * day)
		for _, o := range []*booktest.Officer{c.SHO, c.Incharge, c.Beat, c.SP} {
			o.SignIn()
		}
	}
	pass(29)
	left("before any time is over", "FIR", "inspection", "noted", "report", "round", "search", "task", "visit")
	reads(t, c.World, c.Incharge, of["visit"], "/body/care_list")
	c.SHO.Enter("hold.set", holdOn(of["round"]))
	second := c.Beat.Enter("visit.record", func() contract.VisitRecord {
		v := c.Visit()
		v.CareList = new("दूसरी सूची")
		return v
	}()).OpID
	c.SHO.Enter("hold.set", holdOn(second))
	if r := c.SHO.Do("hold.set", holdOn(second)); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("held twice: %+v", r)
	}
	c.Beat.Enter("note.add", contract.NoteAdd{SubjectID: of["visit"], Text: "एक और टिप्पणी"}) // of the same case: it goes with it
	v, err := c.Book.Retention(t.Context(), c.SP.Caller(), &book.Keep{Rule: "visits", Days: 1})
	if err != nil || v.WouldGo == nil || *v.WouldGo != 1 {
		t.Fatalf("of a visit, a visit and a round that orders keep there would go: %+v, %v", v, err)
	}
	if v, err = c.Book.Retention(t.Context(), c.SP.Caller(), &book.Keep{Rule: "other", Days: 1}); err != nil || v.WouldGo == nil || *v.WouldGo != 2 {
		t.Fatalf("of a search and a duty with a note there would go: %+v, %v", v, err)
	}
	pass(2)
	left("after a month", "FIR", "inspection", "noted", "report", "round", "search")
	mayNot(t, c.World, c.Incharge, contract.CodeKeyGone, "/body/subject_id", of["visit"], "/body/care_list")
	if r := c.Beat.Do("note.add", contract.NoteAdd{SubjectID: of["visit"], Text: "बाद में"}); refusedBy(r) != contract.CodeKeyGone {
		t.Errorf("sealed under a new key: %+v", r)
	}
	if r := c.SHO.Do("hold.set", holdOn(of["visit"])); refusedBy(r) != contract.CodeKeyGone {
		t.Errorf("held when it was gone: %+v", r)
	}
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'key.shred' AND case_id = '`+of["visit"].String()+`'`); n != 1 {
		t.Errorf("%d entries say so", n)
	}
	pass(160)
	left("after half a year", "FIR", "report", "round")
	pass(200)
	left("after a year, while they are open", "FIR", "report", "round")
	if liveKeys(t, c.World, second) == 0 {
		t.Error("a visit that an order keeps is shredded")
	}
	c.end(of["FIR"], of["report"])
	c.Enlist(book.HQ, staff.CO, func(p *contract.PostTake) { p.Circle = ptr("City") }).Enter("hold.lift",
		contract.HoldLift{SubjectID: of["round"], Basis: "आदेश 63/2026"}, atKarwi)
	pass(1)
	left("when they have ended and the order is lifted")
	if liveKeys(t, c.World, c.id) == 0 {
		t.Error("a complaint that is open is shredded")
	}
	verifyAll(t, c.World)
}

func TestWhatIsSealedInACaseThatBeganElsewhereOrWasStruckIsShreddedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	quick(c.World)
	sho := c.Enlist(booktest.OtherCentre, staff.SHO)
	of := map[string]uuid.UUID{}
	for _, name := range []string{"ended", "open"} { // both go on at the other station
		of[name] = c.SHO.Enter("fir.register", c.zero(func(b *contract.FIRRegister) { b.ComplaintID, b.Accused = nil, new("रामू") })).OpID
		tick(t, c.World)
	}
	over := func(serial int) {
		there, _ := c.firThere(sho, serial)
		sho.Enter("fir.step", contract.FIRStep{FIRID: there.OpID, Step: "final_report", DoneAt: contract.At(c.Now())})
	}
	over(1)
	of["struck"] = c.Leader.Do("squad.person", c.Person()).OpID // there was no briefing: it waits
	strike := c.Incharge.Enter("held.strike", contract.HeldStrike{HeldID: of["struck"], Reason: "दो बार लिखा गया"})
	c.Incharge.Enter("note.add", contract.NoteAdd{SubjectID: strike.OpID, Text: "रमेश को दो बार लिखा गया"})
	left := func(when string, want ...string) {
		t.Helper()
		tick(t, c.World)
		var got []string
		for name, id := range of {
			if count(t, c.World, `SELECT count(*) FROM case_keys WHERE wrapped <> '' AND class IN ('V', 'X') AND case_id = '`+id.String()+`'`) > 0 {
				got = append(got, name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v have keys, want %v", when, got, want)
		}
	}
	pass := func(days int) {
		c.Pass(time.Duration(days) * day)
		for _, o := range []*booktest.Officer{c.SHO, c.Incharge, sho} {
			o.SignIn()
		}
	}
	pass(179)
	left("before any time is over", "ended", "open", "struck")
	pass(2)
	left("after half a year", "ended", "open")
	pass(190)
	left("after a year", "open")
	over(2)
	pass(1)
	left("when the other has ended, too")
	if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'key.shred' AND centre = '`+booktest.OtherCentre+`'`); n != 2 {
		t.Errorf("%d entries there say so", n)
	}
	verifyAll(t, c.World)
}

// end ends an FIR and a report.
func (c *care) end(fir, report uuid.UUID) {
	c.SHO.Enter("fir.step", contract.FIRStep{FIRID: fir, Step: "final_report", DoneAt: contract.At(c.Now())})
	c.SHO.Enter("preventive.step", contract.PreventiveStep{PreventiveID: report, Step: "closed", DoneAt: contract.At(c.Now()), Result: ptr("dropped")})
}

func TestTheClockShredsNothingByItsOwnWord(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	of := sealedAlone(t, c)
	shreds := func(subject uuid.UUID, rule string) contract.Code { // what the clock says it found
		t.Helper()
		r, err := c.Book.AppendServer(t.Context(), booktest.District, booktest.Centre, staff.Clock, []book.ServerOp{{
			Kind: "key.shred", Subject: subject, Rule: rule, At: c.Now(),
			Body: contract.KeyShred{SubjectID: subject, Rule: rule, Classes: []string{"V", "X"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return refusedBy(r[0])
	}
	note := c.Incharge.Enter("note.add", contract.NoteAdd{SubjectID: c.id, Text: "परिवार से बात हुई"}).OpID
	c.Pass(20 * 31 * day)
	if code := shreds(of["search"], "other"); code != contract.CodeWrongState {
		t.Errorf("a search of less than two years ago: %q", code)
	}
	c.Pass(20 * 31 * day)
	c.SHO.SignIn()
	for name, got := range map[string]contract.Code{
		"shredded": shreds(note, "other"), "held": refusedBy(c.SHO.Do("hold.set", holdOn(note))),
	} {
		if got != contract.CodeWrongReference {
			t.Errorf("a note to a complaint is %s for itself: %q", name, got)
		}
	}
	for name, rule := range map[string]string{"FIR": "firs", "report": "firs"} {
		if code := shreds(of[name], rule); code != contract.CodeWrongState {
			t.Errorf("the %s before its time: %q", name, code)
		}
	}
	if code := shreds(of["inspection"], "visits"); code != contract.CodeWrongState {
		t.Errorf("by the rule of another: %q", code)
	}
	if code := shreds(c.id, "visits"); code != contract.CodeWrongState {
		t.Errorf("a complaint by the rule of visits: %q", code)
	}
	if code := shreds(of["search"], "other"); code != contract.Code(book.Entered) {
		t.Errorf("a search of more than three years ago: %q", code)
	}
	if code := shreds(of["visit"], "visits"); code != contract.Code(book.Entered) {
		t.Errorf("when its time is over: %q", code)
	}
	if liveKeys(t, c.World, of["visit"]) != 0 || liveKeys(t, c.World, of["report"]) == 0 || liveKeys(t, c.World, c.id) == 0 {
		t.Error("the keys are not as the entries say")
	}
}
