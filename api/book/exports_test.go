package book_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// lastWeek asks for the lines of a register of the last days.
func lastWeek(w *booktest.World, register contract.Register) contract.ExportAsk {
	today := theDay(w)
	return contract.ExportAsk{
		Register: register, From: openapi_types.Date{Time: today.AddDate(0, 0, -7)}, To: today, Reason: "monthly_meeting",
		Text: "मासिक अपराध गोष्ठी हेतु",
	}
}

// allowed is an export of the in-charge's that the head of the station allowed.
func allowed(w *booktest.World, register contract.Register) *book.Entry {
	ask := w.Incharge.Enter("export.ask", lastWeek(w, register))
	w.SHO.Enter("export.allow", contract.ExportAllow{AskID: ask.OpID, Allowed: true})
	return ask
}

// takes has an officer take an export by an op of his.
func takes(w *booktest.World, o *booktest.Officer, id uuid.UUID, item contract.Item) (*book.ExportRead, *contract.Problem) {
	r, err := w.Book.ReadExport(context.Background(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}, id)
	if p := (*contract.Problem)(nil); errors.As(err, &p) {
		return nil, p
	}
	if err != nil {
		w.T.Fatal(err)
	}
	return r, r.Receipt.Problem
}

func exportRead(o *booktest.Officer, id uuid.UUID) contract.Item {
	return o.Item("export.read", contract.ExportRead{AskID: id}, atKarwi)
}

// given takes an export that must be given.
func given(t *testing.T, w *booktest.World, o *booktest.Officer, id uuid.UUID) *book.ExportRead {
	t.Helper()
	r, p := takes(w, o, id, exportRead(o, id))
	if p != nil || r.Receipt.Outcome != book.Entered || r.Text == "" {
		t.Fatalf("not given: %v", p)
	}
	return r
}

// notGiven takes one that must not be.
func notGiven(t *testing.T, what string, w *booktest.World, o *booktest.Officer, id uuid.UUID, code contract.Code, ptr string) {
	t.Helper()
	r, p := takes(w, o, id, exportRead(o, id))
	if p == nil || p.Code != code || p.Pointer != ptr || r != nil && r.Text != "" {
		t.Errorf("%s: %v, want %s at %s", what, p, code, ptr)
	}
}

// table reads a file as a spreadsheet does: the watermark, the columns by their
// names, the lines.
func table(t *testing.T, text string) (mark, columns []string, rows [][]string) {
	t.Helper()
	body, marked := strings.CutPrefix(text, "\ufeff")
	if !marked {
		t.Error("the file does not say that it is UTF-8")
	}
	all, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%v: %s", err, text)
	}
	for _, c := range all[1] {
		_, name, ok := strings.Cut(strings.TrimSuffix(c, "]"), " [")
		if !ok {
			t.Errorf("the column %q is not in Hindi with its name", c)
		}
		columns = append(columns, name)
	}
	return all[0], columns, all[2:]
}

// cellOf is the cell of a row.
func cellOf(t *testing.T, columns, row []string, name string) string {
	t.Helper()
	i := slices.Index(columns, name)
	if i < 0 {
		t.Fatalf("there is no column %s: %v", name, columns)
	}
	return row[i]
}

func TestAnExportShowsWhatTheRegisterShowsAndItsEntryHasItsSum(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	hq := booktest.With("centre", book.HQ)
	for name, class := range map[string]string{"shelter": "open", "scar": "V"} {
		w.SP.Enter("column.add", contract.ColumnAdd{Register: "help_desk", Column: name, Type: "text", Class: class, Hi: "अतिरिक्त", En: name}, hq)
	}
	first := w.Beat.Enter("complaint.open", complaintOf(w, registered, func(c *contract.ComplaintOpen) {
		c.Address, c.OppositeParty = ptr("ग्राम कैनरी"), ptr("देवर कैनरी")
		c.Extra = &contract.Extra{Open: []contract.ExtraValue{{Column: "shelter", Text: ptr("वन स्टॉप सेन्टर")}},
			V: &[]contract.ExtraValue{{Column: "scar", Text: ptr("कैनरी का निशान")}}}
	}))
	w.Beat.Enter("complaint.open", complaintOf(w, registered, guardedOne))
	right := complaintOf(w, registered, func(c *contract.ComplaintOpen) { c.Category = "street_harassment" })
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "प्रकार गलत", Complaint: &right})
	w.Pass(time.Minute)

	ask := allowed(w, "help_desk")
	r := given(t, w, w.Incharge, ask.OpID)
	mark, columns, rows := table(t, r.Text)
	no := fmt.Sprintf("KRW/%d", ask.Seq)
	for _, want := range []string{no, w.Incharge.ID.String(), "2026-11-18 10:01", "KRW"} {
		if !slices.Contains(mark, want) {
			t.Errorf("the watermark has no %s: %v", want, mark)
		}
	}
	page := register(t, w, w.Incharge, book.RegisterQuery{Register: "help_desk"}, 100)
	if len(rows) != len(page.Rows) || len(rows) != 3 {
		t.Fatalf("%d lines of %d", len(rows), len(page.Rows))
	}
	for i, row := range rows {
		of := page.Rows[i]
		if row[0] != no || cellOf(t, columns, row, "serial_no") != of.No || cellOf(t, columns, row, "alias") != of.Alias ||
			cellOf(t, columns, row, "state") != of.State || cellOf(t, columns, row, "complainant_name") != of.Alias {
			t.Errorf("line %d is %v", i+1, row)
		}
		if struck := cellOf(t, columns, row, "struck") == "हाँ"; struck != (i == 0) {
			t.Errorf("line %d is struck: %t", i+1, struck)
		}
	}
	if v := cellOf(t, columns, rows[0], "shelter"); v != "वन स्टॉप सेन्टर" || slices.Contains(columns, "scar") {
		t.Errorf("the added columns: %q, %v", v, columns)
	}
	if v := cellOf(t, columns, rows[0], "category"); !strings.HasSuffix(v, " [domestic_violence]") {
		t.Errorf("a word of a list is %q", v)
	}
	for _, secret := range []string{"कैनरी", "कमला", "9450012345", "•", "2345", "मारपीट", w.Incharge.Number} {
		if strings.Contains(r.Text, secret) {
			t.Errorf("the file tells %s", secret)
		}
	}
	facts := r.Receipt.Entry.Facts
	if facts["rows"] != "3" || facts["sha256"] != fmt.Sprintf("%x", sha256.Sum256([]byte(r.Text))) {
		t.Errorf("the entry says %v", facts)
	}
	if r.Receipt.Entry.OfficerID != w.Incharge.ID || !slices.Contains(r.Receipt.Entry.SeenBy, w.SHO.ID) {
		t.Errorf("%+v", r.Receipt.Entry)
	}
}

func TestAnExportShowsToEachWhatHisRegisterShowsHim(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("complaint.open", complaintOf(w, registered, guardedOne))
	co := circleOfficer(t, w)
	w.Beat.Enter("complaint.open", complaintOf(w, registered, func(c *contract.ComplaintOpen) { c.AboutBy = []contract.UUID{co.ID} }))
	ask := co.Enter("export.ask", lastWeek(w, "help_desk"), atKarwi).OpID
	w.SP.Enter("export.allow", contract.ExportAllow{AskID: ask, Allowed: true}, atKarwi)
	_, columns, rows := table(t, given(t, w, co, ask).Text)
	if len(rows) != 1 { // not the one about himself
		t.Fatalf("%d lines", len(rows))
	}
	for _, name := range []string{"category", "alias", "state", "complainant_name", "risk_level"} {
		if v := cellOf(t, columns, rows[0], name); v != "" {
			t.Errorf("%s of a guarded line is %q", name, v)
		}
	}
}

func TestAnExportIsAskedByOneAndAllowedByAnotherOfAPostAbove(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	co, addl := circleOfficer(t, w), w.Enlist(book.HQ, staff.AddlSP)
	allow := func(id uuid.UUID) contract.ExportAllow { return contract.ExportAllow{AskID: id, Allowed: true} }
	asks := func(o *booktest.Officer) uuid.UUID { return o.Enter("export.ask", lastWeek(w, "squad"), atKarwi).OpID }
	for name, c := range map[string]struct {
		by, to *booktest.Officer
		code   contract.Code
	}{
		"himself":                        {w.SHO, w.SHO, contract.CodeOwnAct},
		"himself, of the office":         {w.SP, w.SP, contract.CodeOwnAct},
		"another of the same post":       {w.SHO, w.Enlist(booktest.Centre, staff.SHO), contract.CodeNeedsAbove},
		"another SP":                     {w.SP, w.Enlist(book.HQ, staff.SP), contract.CodeNeedsAbove},
		"one below":                      {co, w.SHO, contract.CodeNeedsAbove},
		"a circle officer, for the SP":   {w.SP, co, contract.CodeNeedsAbove},
		"the head, for the in-charge":    {w.Incharge, w.SHO, ""},
		"the circle officer":             {w.SHO, co, ""},
		"the SP, for the additional one": {addl, w.SP, ""},
		"the additional SP, for the SP":  {w.SP, addl, ""},
	} {
		id := asks(c.by)
		r := c.to.Do("export.allow", allow(id), atKarwi)
		if c.code != "" {
			refusedOp(t, name, r, c.code, "/body/ask_id")
			notGiven(t, name, w, c.by, id, contract.CodeWrongState, "/body/ask_id")
			continue
		}
		if r.Outcome != book.Entered {
			t.Errorf("%s: %v", name, r.Problem)
			continue
		}
		given(t, w, c.by, id)
		refusedOp(t, name+" again", c.to.Do("export.allow", allow(id), atKarwi), contract.CodeWrongState, "/body/ask_id")
	}
	refusedOp(t, "the in-charge", w.Incharge.Do("export.allow", allow(asks(w.SHO))), contract.CodeForbidden, "/kind")
	refusedOp(t, "a desk officer", w.Enlist(booktest.Centre, staff.DeskOfficer).Do("export.ask", lastWeek(w, "squad")), contract.CodeForbidden, "/kind")
	refusedOp(t, "who sees no rows", w.Enlist(book.HQ, staff.Nodal).Do("export.ask", lastWeek(w, "squad"), atKarwi), contract.CodeForbidden, "/kind")
	refusedOp(t, "of another circle", w.Enlist(book.HQ, staff.CO, func(p *contract.PostTake) { p.Circle = ptr("Rajapur") }).
		Do("export.allow", allow(asks(w.SHO)), atKarwi), contract.CodeNotYourPost, "/centre")
	declined := asks(w.Incharge)
	w.SHO.Enter("export.allow", contract.ExportAllow{AskID: declined, Note: ptr("कारण स्पष्ट नहीं")})
	notGiven(t, "declined", w, w.Incharge, declined, contract.CodeWrongState, "/body/ask_id")
	late := asks(w.Incharge)
	w.Pass(72*time.Hour + time.Minute)
	refusedOp(t, "after three days", w.SHO.Do("export.allow", allow(late)), contract.CodeTooOld, "/body/ask_id")
}

func TestAnExportIsTakenByWhoAskedForAnHourAndThreeTimes(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("visit.record", w.Visit())
	ask := allowed(w, "women_beat").OpID
	notGiven(t, "who allowed it", w, w.SHO, ask, contract.CodeForbidden, "/body/ask_id")
	notGiven(t, "a beat officer", w, w.Beat, ask, contract.CodeForbidden, "/kind")
	notGiven(t, "of another centre", w, w.Other, ask, contract.CodeNotFound, "export_id")
	notGiven(t, "what is no export", w, w.Incharge, uuid.Must(uuid.NewV7()), contract.CodeNotFound, "export_id")
	another := allowed(w, "squad").OpID // the file of one, and an entry of the other
	if _, p := takes(w, w.Incharge, ask, exportRead(w.Incharge, another)); p == nil || p.Code != contract.CodeUnknownReference {
		t.Errorf("another export than the address names: %v", p)
	}
	refusedOp(t, "in a batch", w.Incharge.Do("export.read", contract.ExportRead{AskID: ask}), contract.CodeBadKind, "/kind")
	who := elsewhere(w)
	if _, err := w.Book.ReadExport(t.Context(), who, book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{exportRead(w.Incharge, ask)}}, ask); !isCode(err, contract.CodeNotFound) {
		t.Errorf("of another district: %v", err)
	}

	item := exportRead(w.Incharge, ask)
	first, p := takes(w, w.Incharge, ask, item)
	if p != nil {
		t.Fatal(p)
	}
	w.Pass(5 * time.Minute)
	w.Beat.Enter("visit.record", w.Visit()) // a line more, for the next
	again, p := takes(w, w.Incharge, ask, item)
	if p != nil || !again.Receipt.Repeated || again.Text != first.Text || again.Receipt.Entry.Seq != first.Receipt.Entry.Seq {
		t.Errorf("the same op gets another file: %v", p)
	}
	if second := given(t, w, w.Incharge, ask); second.Text == first.Text || strings.Count(second.Text, "\n") != 4 {
		t.Error("another op does not get the register of its time")
	}
	w.Pass(6 * time.Minute)
	if _, p := takes(w, w.Incharge, ask, item); p == nil || p.Code != contract.CodeExportOver {
		t.Errorf("after ten minutes the same op: %v", p)
	}
	tick(t, w)
	if n := count(t, w, `SELECT count(*) FROM exports`); n != 1 {
		t.Errorf("%d files are kept of those whose minutes are over and one that is young", n)
	}
	given(t, w, w.Incharge, ask)
	notGiven(t, "a fourth time", w, w.Incharge, ask, contract.CodeExportOver, "/body/ask_id")
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'export.read'`); n != 3 {
		t.Errorf("%d entries", n)
	}

	ask = allowed(w, "women_beat").OpID
	w.Pass(59 * time.Minute)
	given(t, w, w.Incharge, ask)
	w.Pass(time.Minute)
	notGiven(t, "after the hour", w, w.Incharge, ask, contract.CodeExportOver, "/body/ask_id")
	if n := count(t, w, `SELECT count(*) FROM read_denials WHERE kind = 'export.read' AND subject_id IS NOT NULL`); n < 5 {
		t.Errorf("%d refusals are noted", n)
	}
}

func TestWhoHasNoPostAnyMoreTakesNoExport(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ask := allowed(w, "women_beat").OpID
	item := exportRead(w.Incharge, ask) // made while she has the post
	w.Pass(time.Minute)
	w.SHO.Enter("post.leave", contract.PostLeave{PostID: w.Incharge.Posts[0].PostID, Reason: "transfer"})
	until := w.Now()
	w.Incharge.Posts[0].Until = &until
	w.Pass(time.Minute)
	if _, p := takes(w, w.Incharge, ask, item); p == nil || p.Code != contract.CodeNotFound {
		t.Errorf("without any post: %v", p)
	}
	beat := w.Beat.Posts[0]
	w.Incharge.Posts = []staff.Post{{PostID: beat.PostID, OfficerID: w.Incharge.ID, Centre: booktest.Centre, Role: staff.BeatOfficer, From: booktest.Start}}
	if r, p := takes(w, w.Incharge, ask, item); p == nil || p.Code != contract.CodeForbidden || r.Text != "" {
		t.Errorf("under a post that sees no rows: %v", p)
	}
}

func TestAnExportIsOfThePlainDaysAndStateAndHasItsBounds(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	small := w.Process(func(o *book.Options) { o.ExportRows = 3 })
	take := func(b contract.ExportAsk) (*book.ExportRead, error) {
		id := w.Incharge.Enter("export.ask", b).OpID
		w.SHO.Enter("export.allow", contract.ExportAllow{AskID: id, Allowed: true})
		return small.ReadExport(t.Context(), w.Incharge.Caller(),
			book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{exportRead(w.Incharge, id)}}, id)
	}
	lines := func(b contract.ExportAsk) int {
		r, err := take(b)
		if err != nil || r.Receipt.Problem != nil {
			t.Fatal(err, r)
		}
		_, _, rows := table(t, r.Text)
		return len(rows)
	}
	w.Beat.Enter("complaint.open", complaintOf(w, registered))
	w.Pass(24 * time.Hour)
	w.Beat.Enter("complaint.open", complaintOf(w))
	w.Beat.Enter("complaint.open", complaintOf(w, registered))
	today := lastWeek(w, "help_desk")
	today.From = today.To
	late := lastWeek(w, "help_desk")
	late.State = ptr("received")
	if all, day, state := lines(lastWeek(w, "help_desk")), lines(today), lines(late); all != 3 || day != 2 || state != 1 {
		t.Errorf("%d lines of the week, %d of the day, %d of the state", all, day, state)
	}
	w.Beat.Enter("complaint.open", complaintOf(w))
	if _, err := take(lastWeek(w, "help_desk")); !isCode(err, contract.CodeExportTooLarge) {
		t.Errorf("a line too many: %v", err)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'export.read'`); n != 3 {
		t.Errorf("%d entries", n)
	}
	// Lines of the turn of the year are numbered by the year in which they came.
	w.Pass(time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC).Sub(w.Now()))
	for _, o := range []*booktest.Officer{w.Beat, w.Incharge, w.SHO, w.SP} {
		o.SignIn()
	}
	visit := w.Beat.Item("visit.record", w.Visit())
	w.Beat.Enter("visit.record", w.Visit())
	w.Pass(24 * time.Hour)
	if r := w.Beat.Send(visit)[0]; r.Outcome != book.Entered {
		t.Fatal(r.Problem)
	}
	last := lastWeek(w, "women_beat")
	last.To = openapi_types.Date{Time: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
	if n := lines(last); n != 2 {
		t.Errorf("%d lines of the last days of the year", n)
	}
	refused := func(what string, change func(b *contract.ExportAsk), code contract.Code, ptr string, o ...booktest.Option) {
		t.Helper()
		b := lastWeek(w, "squad")
		change(&b)
		refusedOp(t, what, w.SP.Do("export.ask", b, append([]booktest.Option{atKarwi}, o...)...), code, ptr)
	}
	refused("an end before the beginning", func(b *contract.ExportAsk) { b.From, b.To = b.To, b.From }, contract.CodeEndedBeforeStarted, "/body/to")
	refused("more than a year", func(b *contract.ExportAsk) { b.From.Time = b.To.AddDate(0, 0, -366) }, contract.CodeSpanTooLong, "/body/to")
	refused("HQ's", func(*contract.ExportAsk) {}, contract.CodeWrongCentre, "/centre", booktest.With("centre", book.HQ))
	refused("a number in the text", func(b *contract.ExportAsk) { b.Text = "9876543210 को भेजें" }, contract.CodeIdentityInText, "/body/text")
	refused("an unknown reason", func(b *contract.ExportAsk) { b.Reason = "curiosity" }, contract.CodeUnknownCode, "/body/reason")
}

func TestExportsAreListedForThoseWhoSeeTheRows(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ask := allowed(w, "squad")
	given(t, w, w.Incharge, ask.OpID)
	w.SHO.Enter("export.ask", lastWeek(w, "fir"))
	for _, o := range []*booktest.Officer{w.Incharge, w.SHO, circleOfficer(t, w), w.SP} {
		list, err := w.Book.Exports(t.Context(), o.Caller(), booktest.Centre)
		if err != nil || len(list) != 2 || list[0].Stands != "open" || list[0].Register != "fir" {
			t.Fatalf("%v, %+v", err, list)
		}
		if l := list[1]; l.ID != ask.OpID || l.Stands != "allowed" || l.Taken != 1 || l.DecidedBy == nil || *l.DecidedBy != w.SHO.ID ||
			l.Until == nil || !l.Until.Equal(booktest.Start.Add(time.Hour)) || l.Reason != "monthly_meeting" {
			t.Errorf("%+v", l)
		}
	}
	for o, code := range map[*booktest.Officer]contract.Code{w.Beat: contract.CodeForbidden, w.Other: contract.CodeNotFound} {
		if _, err := w.Book.Exports(t.Context(), o.Caller(), booktest.Centre); !isCode(err, code) {
			t.Errorf("%v, want %s", err, code)
		}
	}
}
