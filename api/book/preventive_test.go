package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// design is what was known of an offence before an arrest.
const design = "हथियार लेकर घर के बाहर घात लगाकर बैठा था"

// arrests is a report on somebody arrested now to prevent an offence.
func (c *care) arrests(b *contract.PreventiveReport) {
	b.ComplaintID, b.Section, b.Design, b.ArrestedAt = nil, "bnss_170", new(design), new(contract.At(c.Now()))
}

// did is a step of preventive action, taken now.
func (c *care) did(of *book.Entry, name string, change func(b *contract.PreventiveStep)) contract.PreventiveStep {
	b := contract.PreventiveStep{PreventiveID: of.OpID, Step: name, DoneAt: contract.At(c.Now())}
	if change != nil {
		change(&b)
	}
	return b
}

func TestWhoIsHeldToPreventAnOffenceIsOutOrProducedInADay(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"released", "produced"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, nil)
			kept := c.SHO.Enter("preventive.report", c.prevents(c.arrests))
			forgotten := c.SHO.Enter("preventive.report", c.prevents(c.arrests))
			c.Pass(20*time.Hour - time.Minute)
			c.sweep()
			if n := c.raises(kept, "detention_alarm") + c.raises(forgotten, "detention_alarm"); n != 0 {
				t.Errorf("%d alarms before 20 hours", n)
			}
			c.SHO.Enter("preventive.step", c.did(kept, step, nil))
			c.Pass(2 * time.Minute)
			c.sweep()
			c.Pass(4*time.Hour - 2*time.Minute)
			c.sweep()
			if c.raises(forgotten, "detention_alarm") != 1 || c.raises(forgotten, "detention") != 0 {
				t.Error("not one alarm at 20 hours, or the end before its time")
			}
			c.Pass(time.Minute)
			c.sweep()
			c.sweep()
			if c.raises(forgotten, "detention_alarm") != 1 || c.raises(forgotten, "detention") != 1 {
				t.Error("not one alarm each")
			}
			c.Pass(100 * time.Hour)
			c.sweep()
			if n := c.raises(kept, "detention_alarm") + c.raises(kept, "detention"); n != 0 {
				t.Errorf("%d alarms about one who is out", n)
			}
			row, cols := c.line("preventive", 1)
			if cols[step+"_at"] != contract.At(booktest.Start.Add(20*time.Hour-time.Minute)).String() || row.DueAt != nil {
				t.Errorf("columns %v, due %v", cols, row.DueAt)
			}
		})
	}
}

func TestAnArrestPutRightCountsFromTheArrest(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	first := c.SHO.Enter("preventive.report", c.prevents(c.arrests))
	last := first.OpID
	ends := func(why, alarm, end string, arrests int64) {
		t.Helper()
		if got := c.runs(first, "detention_alarm"); got != alarm {
			t.Errorf("%s: alarm at %q, want %q", why, got, alarm)
		}
		if got := c.runs(first, "detention"); got != end {
			t.Errorf("%s: end at %q, want %q", why, got, end)
		}
		if n := count(t, c.World, `SELECT coalesce(sum(n), 0)::bigint FROM tallies WHERE code IN ('arrests', 'preventive.arrests')`); n != arrests {
			t.Errorf("%s: %d arrests", why, n)
		}
	}
	correct := func(change func(b *contract.PreventiveReport)) {
		t.Helper()
		right := c.prevents(c.arrests)
		change(&right)
		last = c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last, Reason: "विवरण सुधारा गया", Preventive: &right}).OpID
	}
	ends("at first", "2026-11-19 06:00", "2026-11-19 10:00", 1)
	c.Pass(time.Hour)
	correct(func(b *contract.PreventiveReport) {
		b.ArrestedAt = new(contract.At(booktest.Start.Add(-4 * time.Hour)))
	})
	ends("arrested before", "2026-11-19 02:00", "2026-11-19 06:00", 1)
	correct(func(b *contract.PreventiveReport) { b.ArrestedAt, b.Design, b.Section = nil, nil, "bnss_126" })
	ends("never arrested", "", "", 0)
	correct(func(*contract.PreventiveReport) {})
	ends("arrested after all", "2026-11-19 07:00", "2026-11-19 11:00", 1)
	c.SHO.Enter("preventive.step", c.did(first, "released", nil))
	correct(func(b *contract.PreventiveReport) { b.ArrestedAt = new(contract.At(booktest.Start)) })
	ends("put right when he was out", "", "", 1)
	c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: last, Reason: "दो बार दर्ज", Strike: new(true)})
	ends("struck", "", "", 0)
}

func TestAnArrestAfterTheReportNeedsTheSameAsOneWithIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.Section = "bnss_170" }))
	if c.runs(e, "detention") != "" {
		t.Error("nobody is arrested and the detention runs")
	}
	c.refused(c.SHO, "preventive.step", c.did(e, "produced", nil), contract.CodeWrongState, "/body/step")
	c.refused(c.SHO, "preventive.step", c.did(e, "arrested", nil), contract.CodeDesignRequired, "/body/design")
	c.Pass(8 * time.Hour) // 18:00 IST
	c.refused(c.SHO, "preventive.step", c.did(e, "arrested", func(b *contract.PreventiveStep) {
		b.Design, b.WomanArrested = new(design), new(true)
	}), contract.CodeNightLeave, "/body/leave_no")
	c.SHO.Enter("preventive.step", c.did(e, "arrested", func(b *contract.PreventiveStep) {
		b.Design, b.WomanArrested, b.LeaveNo = new(design), new(true), new("JM/41/2026")
	}))
	if got := c.runs(e, "detention"); got != "2026-11-19 18:00" {
		t.Errorf("out or produced by %q", got)
	}
	if row, cols := c.line("preventive", 1); cols["arrested_at"] != contract.At(c.Now()).String() || row.DueAt == nil {
		t.Errorf("columns %v, due %v", cols, row.DueAt)
	}
	if n := count(t, c.World, `SELECT n FROM tallies WHERE code = 'arrests'`); n != 1 {
		t.Errorf("%d arrests", n)
	}
	c.Pass(time.Hour)
	c.SHO.Enter("preventive.step", c.did(e, "released", nil))
	c.SHO.Enter("preventive.step", c.did(e, "arrested", func(b *contract.PreventiveStep) { b.Design = new(design) }))
	if got := c.runs(e, "detention"); got != "2026-11-19 19:00" {
		t.Errorf("arrested again, out by %q", got)
	}
}

func TestTheNightOfTheLawIsFromSixToSix(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("fir.register", c.fir(nil))
	for _, x := range []struct {
		after time.Duration // from 10:00 IST
		night bool
	}{
		{8*time.Hour - time.Minute, false}, {8 * time.Hour, true}, {14 * time.Hour, true}, {20*time.Hour - time.Minute, true}, {20 * time.Hour, false},
	} {
		c.Pass(booktest.Start.Add(x.after).Sub(c.Now()))
		r := c.SHO.Do("fir.step", c.step(e, "arrest", func(b *contract.FIRStep) { b.OfWoman = new(true) }))
		if (r.Outcome == book.Refused) != x.night {
			t.Errorf("at %s: %s %v", c.Now().In(careIST).Format(time.TimeOnly), r.Outcome, r.Problem)
		}
	}
}

func TestStepsOfPreventiveActionFillTheirColumns(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	e := c.SHO.Enter("preventive.report", c.prevents(nil))
	if c.row("state") != "in_action" || c.clock("first_action") != "" {
		t.Errorf("state %s, first action due %q", c.row("state"), c.clock("first_action"))
	}
	until := contract.At(c.Now().AddDate(1, 0, 0))
	c.Incharge.Enter("preventive.step", c.did(e, "order", func(b *contract.PreventiveStep) { b.Magistrate = new("sdm") }))
	c.Incharge.Enter("preventive.step", c.did(e, "bond", func(b *contract.PreventiveStep) { b.BondAmount, b.BondUntilAt = new(50000), &until }))
	c.SHO.Enter("preventive.step", c.did(e, "closed", func(b *contract.PreventiveStep) { b.Result = new("bound_over") }))
	row, cols := c.line("preventive", 1)
	for name, want := range map[string]any{
		"magistrate": "sdm", "bond_amount": 50000.0, "bond_until_at": until.String(), "result": "bound_over", "person": nil, "ground": nil,
	} {
		if cols[name] != want {
			t.Errorf("%s is %v", name, cols[name])
		}
	}
	if row.State != "over" {
		t.Errorf("the line is %s", row.State)
	}
	if _, cols := c.line("help_desk", 1); cols["preventive_id"] != e.OpID.String() {
		t.Errorf("the complaint does not name it: %v", cols)
	}
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "preventive", DisposalNote: "विपक्षी को मुचलके पर पाबन्द कराया गया", ToldHer: true, PreventiveID: &e.OpID,
	})
}

func TestActionOfAGuardedSourceIsGuarded(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	hers := careOfWorld(c, guardedOne)
	e := c.SHO.Enter("preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.ComplaintID, b.SourceID = nil, &hers }))
	open := c.SHO.Enter("preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.ComplaintID, b.SourceID = nil, &c.id }))
	step := c.SHO.Enter("preventive.step", c.did(e, "order", nil))
	if !e.Guarded || open.Guarded || !step.Guarded {
		t.Errorf("guarded %t, open %t, its step %t", e.Guarded, open.Guarded, step.Guarded)
	}
}

func TestWhatIsRefusedOfPreventiveActionSaysWhere(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	later, before := contract.At(c.Now().Add(time.Hour)), contract.At(c.Now().Add(-time.Hour))
	held := c.SHO.Enter("preventive.report", c.prevents(c.arrests))
	e := c.SHO.Enter("preventive.report", c.prevents(nil))
	fir := c.SHO.Enter("fir.register", c.fir(nil))
	abroad := c.Other.Enter("complaint.open", c.intake()).OpID
	with := func(change func(b *contract.PreventiveReport)) contract.PreventiveReport {
		return c.prevents(func(b *contract.PreventiveReport) { c.arrests(b); change(b) })
	}
	for name, x := range map[string]struct {
		kind    string
		body    any
		code    contract.Code
		pointer string
	}{
		"reported tomorrow":          {"preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.ReportedAt = later }), contract.CodeInFuture, "/body/reported_at"},
		"arrested tomorrow":          {"preventive.report", with(func(b *contract.PreventiveReport) { b.ArrestedAt = &later }), contract.CodeInFuture, "/body/arrested_at"},
		"no design":                  {"preventive.report", with(func(b *contract.PreventiveReport) { b.Design = nil }), contract.CodeDesignRequired, "/body/design"},
		"a design of a word":         {"preventive.report", with(func(b *contract.PreventiveReport) { b.Design = new("शंका") }), contract.CodeTooShort, "/body/design"},
		"a child":                    {"preventive.report", with(func(b *contract.PreventiveReport) { b.Age = new(16) }), contract.CodeOutOfRange, "/body/age"},
		"a section of their own":     {"preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.Section = "crpc_151" }), contract.CodeUnknownCode, "/body/section"},
		"a complaint of elsewhere":   {"preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.ComplaintID = &abroad }), contract.CodeUnknownReference, "/body/complaint_id"},
		"a source of elsewhere":      {"preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.SourceID = &abroad }), contract.CodeUnknownReference, "/body/source_id"},
		"an unknown step":            {"preventive.step", c.did(e, "beaten", nil), contract.CodeUnknownCode, "/body/step"},
		"a step to come":             {"preventive.step", c.did(e, "order", func(b *contract.PreventiveStep) { b.DoneAt = later }), contract.CodeInFuture, "/body/done_at"},
		"a step of an FIR":           {"preventive.step", c.did(fir, "order", nil), contract.CodeWrongReference, "/body/preventive_id"},
		"out, who was never in":      {"preventive.step", c.did(e, "released", nil), contract.CodeWrongState, "/body/step"},
		"out before he was in":       {"preventive.step", c.did(held, "released", func(b *contract.PreventiveStep) { b.DoneAt = before }), contract.CodeEndedBeforeStarted, "/body/done_at"},
		"produced before the arrest": {"preventive.step", c.did(held, "produced", func(b *contract.PreventiveStep) { b.DoneAt = before }), contract.CodeEndedBeforeStarted, "/body/done_at"},
		"arrested twice":             {"preventive.step", c.did(held, "arrested", func(b *contract.PreventiveStep) { b.Design = new(design) }), contract.CodeWrongState, "/body/step"},
		"closed with him inside":     {"preventive.step", c.did(held, "closed", func(b *contract.PreventiveStep) { b.Result = new("dropped") }), contract.CodeWrongState, "/body/step"},
		"closed without a result":    {"preventive.step", c.did(e, "closed", nil), contract.CodeMissingField, "/body/result"},
		"a bond of nothing":          {"preventive.step", c.did(e, "bond", nil), contract.CodeMissingField, "/body/bond_amount"},
		"a bond that is over": {"preventive.step", c.did(e, "bond", func(b *contract.PreventiveStep) {
			b.BondAmount, b.BondUntilAt = new(1), &before
		}), contract.CodeEndedBeforeStarted, "/body/bond_until_at"},
		"a magistrate of their own": {"preventive.step", c.did(e, "order", func(b *contract.PreventiveStep) { b.Magistrate = new("thana") }), contract.CodeUnknownCode, "/body/magistrate"},
	} {
		r := c.SHO.Do(x.kind, x.body)
		if r.Outcome != book.Refused || r.Problem.Code != x.code || r.Problem.Pointer != x.pointer {
			t.Errorf("%s is %s (%v), want %s at %s", name, r.Outcome, r.Problem, x.code, x.pointer)
		}
	}
	ahead := uuid.Must(uuid.NewV7())
	if r := c.SHO.Do("preventive.report", c.prevents(func(b *contract.PreventiveReport) { b.SourceID = &ahead })); r.Outcome != book.Held {
		t.Errorf("a source that has not come: %s %v", r.Outcome, r.Problem)
	}
}
