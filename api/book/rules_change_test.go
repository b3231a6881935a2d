package book_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// order enters a change of the rules in HQ's book, and lets this process hear of it.
func order(w *booktest.World, kind string, body any) *book.Entry {
	w.T.Helper()
	e := w.SP.Enter(kind, body, booktest.With("centre", book.HQ))
	reload(w)
	return e
}

func reload(w *booktest.World) {
	w.T.Helper()
	if err := w.Book.LoadRules(context.Background()); err != nil {
		w.T.Fatal(err)
	}
}

func visitTo(w *booktest.World, place string) contract.VisitRecord {
	v := w.Visit()
	v.PlaceType = place
	return v
}

func TestACodeHoldsFromItsDayUntilItIsRetiredAndWhatWasMadeBeforeIsNotDoubted(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now().Add(time.Hour)
	if r := w.Beat.Do("visit.record", visitTo(w, "metro_station")); refusedBy(r) != contract.CodeUnknownCode || r.Problem.Pointer != "/body/place_type" {
		t.Errorf("a code that nobody knows: %+v", r)
	}
	order(w, "code.add", contract.CodeAdd{List: "place_type", Code: "metro_station", Hi: "मेट्रो स्टेशन", En: "Metro station", ValidFrom: contract.AtPtr(from)})
	if r := w.Beat.Do("visit.record", visitTo(w, "metro_station")); refusedBy(r) != contract.CodeUnknownCode {
		t.Errorf("before its day: %+v", r)
	}
	w.Pass(time.Hour)
	if e := w.Beat.Enter("visit.record", visitTo(w, "metro_station")); len(e.Flags) > 1 || hasFlag(e, "retired_code") {
		t.Errorf("%v", e.Flags)
	}
	order(w, "code.rename", contract.CodeRename{List: "place_type", Code: "metro_station", Hi: "मेट्रो", En: "Metro"})
	if c, ok := w.Book.Label(booktest.District, "place_type", "metro_station"); !ok || c.En != "Metro" {
		t.Errorf("%+v", c)
	}
	early := w.Beat.Item("visit.record", visitTo(w, "metro_station"))
	w.Pass(time.Hour)
	order(w, "code.retire", contract.CodeRetire{List: "place_type", Code: "metro_station"})
	w.Pass(time.Minute)
	if e := w.Beat.Send(early)[0].Entry; e == nil || hasFlag(e, "retired_code") {
		t.Errorf("made before it was retired: %+v", e)
	}
	late := w.Beat.Enter("visit.record", visitTo(w, "metro_station"))
	if !hasFlag(late, "retired_code") {
		t.Errorf("made after it was retired: %v", late.Flags)
	}
	if _, ok := w.Book.Lists(booktest.District)["place_type"]; !ok || slices.ContainsFunc(w.Book.Lists(booktest.District)["place_type"], func(c book.Code) bool {
		return c.Code == "metro_station"
	}) {
		t.Error("phones are still told the retired code")
	}
	if c, ok := w.Book.Label(booktest.District, "place_type", "metro_station"); !ok || c.Hi != "मेट्रो" {
		t.Errorf("what was written can no longer be read: %+v", c)
	}
	page, err := w.Book.Register(context.Background(), w.Incharge.Caller(), book.RegisterQuery{Centre: "KRW", Register: "women_beat", Year: 2026, Limit: 10})
	if err != nil || len(page.Rows) != 3 || !bytes.Contains(page.Rows[2].Columns, []byte("metro_station")) || page.Year.Sums["women"] != 36 {
		t.Errorf("%v, %+v", err, page)
	}
	order(w, "code.add", contract.CodeAdd{List: "place_type", Code: "metro_station", Hi: "मेट्रो", En: "Metro"})
	if e := w.Beat.Enter("visit.record", visitTo(w, "metro_station")); hasFlag(e, "retired_code") {
		t.Errorf("taken up again: %v", e.Flags)
	}
}

func TestARetiredWordOfTheListSensitiveNoLongerMakesAComplaintOne(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	before := w.Beat.Enter("complaint.open", complaintOf(w, registered, highRisk))
	order(w, "code.retire", contract.CodeRetire{List: "sensitive", Code: "high_risk"})
	after := w.Beat.Enter("complaint.open", complaintOf(w, registered, highRisk))
	if got := lifeOf(t, w, before.OpID).Data.Sensitive; !slices.Equal(got, []string{"high_risk"}) {
		t.Errorf("before: %v", got)
	}
	if got := lifeOf(t, w, after.OpID).Data.Sensitive; !slices.Equal(got, []string{"repeat"}) {
		t.Errorf("after: %v", got)
	}
	if before.RulesSeq >= after.RulesSeq {
		t.Errorf("judged by rules %d and %d", before.RulesSeq, after.RulesSeq)
	}
}

func TestAProcessThatHasNotReloadedTakesWordsThatWereAddedAMomentAgo(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	other := w.Process(nil)
	beat := w.Beat.Via(other)
	hq := booktest.With("centre", book.HQ)
	for i, code := range []string{"metro_station", "ropeway", "river_ghat"} {
		if r := beat.Do("visit.record", visitTo(w, code)); refusedBy(r) != contract.CodeUnknownCode {
			t.Errorf("%s before it is added: %+v", code, r) // and it looked for it just now
		}
		w.SP.Enter("code.add", contract.CodeAdd{List: "place_type", Code: code, Hi: "स्थान", En: "Place"}, hq)
		if e := beat.Enter("visit.record", visitTo(w, code)); e.RulesSeq == 0 || len(e.Flags) > 1 {
			t.Errorf("%d: judged by rules %d, flags %v", i, e.RulesSeq, e.Flags)
		}
	}
	w.SP.Enter("column.add", contract.ColumnAdd{Register: "women_beat", Column: "weather", Type: "code", List: ptr("weather"), Class: "open", Hi: "मौसम", En: "Weather"}, hq)
	w.SP.Enter("code.add", contract.CodeAdd{List: "weather", Code: "rain", Hi: "वर्षा", En: "Rain"}, hq)
	v := w.Visit()
	v.Extra = &contract.Extra{Open: []contract.ExtraValue{{Column: "weather", Code: ptr("rain")}}}
	beat.Enter("visit.record", v)
	w.SP.Enter("code.add", contract.CodeAdd{List: "weather", Code: "fog", Hi: "कोहरा", En: "Fog"}, hq)
	v.Extra = &contract.Extra{Open: []contract.ExtraValue{{Column: "weather", Code: ptr("fog")}}}
	e := beat.Enter("visit.record", v)
	v.Extra = &contract.Extra{Open: []contract.ExtraValue{{Column: "weather", Code: ptr("hail")}}}
	if r := beat.Do("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "मौसम गलत", Visit: &v}); refusedBy(r) != contract.CodeUnknownCode {
		t.Errorf("%+v", r)
	}
	w.SP.Enter("code.add", contract.CodeAdd{List: "weather", Code: "hail", Hi: "ओला", En: "Hail"}, hq)
	beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "मौसम गलत", Visit: &v})
}

func TestRulesAreChangedInHeadquartersBookAloneAndNotBackwards(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	past := contract.AtPtr(w.Now().Add(-time.Second))
	sho := contract.Role(staff.SHO)
	rung := []contract.LadderRung{{Action: "raise", AfterS: 60, ToRole: &sho}}
	changes := map[string]func(from *contract.Time) any{
		"code.add": func(at *contract.Time) any {
			return contract.CodeAdd{List: "place_type", Code: "x", Hi: "क", En: "x", ValidFrom: at}
		},
		"code.rename": func(at *contract.Time) any {
			return contract.CodeRename{List: "place_type", Code: "village", Hi: "क", En: "x", ValidFrom: at}
		},
		"code.retire": func(at *contract.Time) any {
			return contract.CodeRetire{List: "place_type", Code: "ward", ValidTo: at}
		},
		"column.add": func(at *contract.Time) any {
			return contract.ColumnAdd{Register: "squad", Column: "x", Type: "text", Class: "open", Hi: "क", En: "x", ValidFrom: at}
		},
		"column.rename": func(at *contract.Time) any {
			return contract.ColumnRename{Register: "squad", Column: "reason", Hi: "क", En: "x", ValidFrom: at}
		},
		"column.hide": func(at *contract.Time) any {
			return contract.ColumnHide{Register: "squad", Column: "reason", ValidFrom: at}
		},
		"column.order": func(at *contract.Time) any {
			return contract.ColumnOrder{Register: "squad", Columns: []string{"outcome", "ground"}, ValidFrom: at}
		},
		"limit.set": func(at *contract.Time) any {
			return contract.LimitSet{Limit: "assign", Seconds: 60, Basis: "D", ValidFrom: at}
		},
		"ladder.set": func(at *contract.Time) any { return contract.LadderSet{Ladder: "overdue", Rungs: rung, ValidFrom: at} },
	}
	if err := w.Book.LoadRules(context.Background()); err != nil {
		t.Fatal(err)
	}
	for kind, change := range changes {
		r := w.SP.Do(kind, change(past), booktest.With("centre", book.HQ))
		pointer := "/body/valid_from"
		if kind == "code.retire" {
			pointer = "/body/valid_to"
		}
		if refusedBy(r) != contract.CodeTooOld || r.Problem.Pointer != pointer {
			t.Errorf("%s backwards: %+v", kind, r.Problem)
		}
		if r := w.SP.Do(kind, change(nil), booktest.With("centre", "KRW")); refusedBy(r) != contract.CodeWrongCentre {
			t.Errorf("%s in a centre's book: %+v", kind, r)
		}
		for _, o := range []*booktest.Officer{w.Incharge, w.SHO} {
			if code := refusedBy(o.Do(kind, change(nil))); code != contract.CodeForbidden {
				t.Errorf("%s by an officer of a centre: %s", kind, code)
			}
			if code := refusedBy(o.Do(kind, change(nil), booktest.With("centre", book.HQ))); code != contract.CodeNotYourPost {
				t.Errorf("%s by an officer of a centre in HQ's book: %s", kind, code)
			}
		}
		order(w, kind, change(nil))
	}
}

func TestAChangeOfRulesThatMakesNoSenseIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	sho, member := contract.Role(staff.SHO), contract.Role(staff.SquadMember)
	order(w, "column.add", contract.ColumnAdd{Register: "squad", Column: "weather", Type: "text", Class: "open", Hi: "मौसम", En: "Weather"})
	order(w, "column.hide", contract.ColumnHide{Register: "squad", Column: "weather"})
	rungs := func(list ...contract.LadderRung) contract.LadderSet {
		return contract.LadderSet{Ladder: "overdue", Rungs: list}
	}
	for _, c := range []struct {
		why, kind string
		body      any
		code      contract.Code
		pointer   string
	}{
		{"a code that is there", "code.add", contract.CodeAdd{List: "place_type", Code: "village", Hi: "क", En: "x"}, contract.CodeAlreadyThere, "/body/code"},
		{"a list that nobody has", "code.add", contract.CodeAdd{List: "nothing", Code: "x", Hi: "क", En: "x"}, contract.CodeUnknownReference, "/body/list"},
		{"a code that nobody has", "code.rename", contract.CodeRename{List: "place_type", Code: "moon", Hi: "क", En: "x"}, contract.CodeUnknownReference, "/body/code"},
		{"a code that nobody has", "code.retire", contract.CodeRetire{List: "place_type", Code: "moon"}, contract.CodeUnknownReference, "/body/code"},
		{"a column that is there", "column.add", contract.ColumnAdd{Register: "squad", Column: "reason", Type: "text", Class: "open", Hi: "क", En: "x"}, contract.CodeAlreadyThere, "/body/column"},
		{"a column that was added", "column.add", contract.ColumnAdd{Register: "squad", Column: "weather", Type: "text", Class: "open", Hi: "क", En: "x"}, contract.CodeAlreadyThere, "/body/column"},
		{"a code column without a list", "column.add", contract.ColumnAdd{Register: "squad", Column: "x", Type: "code", Class: "open", Hi: "क", En: "x"}, contract.CodeMissingField, "/body/list"},
		{"a text with a list", "column.add", contract.ColumnAdd{Register: "squad", Column: "x", Type: "text", List: ptr("place_type"), Class: "open", Hi: "क", En: "x"}, contract.CodeMissingField, "/body/list"},
		{"another register's column", "column.rename", contract.ColumnRename{Register: "fir", Column: "weather", Hi: "क", En: "x"}, contract.CodeUnknownReference, "/body/column"},
		{"a column that is hidden", "column.hide", contract.ColumnHide{Register: "squad", Column: "weather"}, contract.CodeWrongState, "/body/column"},
		{"the number of the line", "column.hide", contract.ColumnHide{Register: "squad", Column: "serial_no"}, contract.CodeUnknownReference, "/body/column"},
		{"a column twice", "column.order", contract.ColumnOrder{Register: "squad", Columns: []string{"reason", "reason"}}, contract.CodeUnknownReference, "/body/columns/1"},
		{"a column that nobody has", "column.order", contract.ColumnOrder{Register: "squad", Columns: []string{"moon"}}, contract.CodeUnknownReference, "/body/columns/0"},
		{"no time at all", "limit.set", contract.LimitSet{Limit: "assign", Basis: "D"}, contract.CodeOutOfRange, "/body/seconds"},
		{"a rung before the last one", "ladder.set", rungs(contract.LadderRung{Action: "raise", AfterS: 60, ToRole: &sho}, contract.LadderRung{Action: "raise", AfterS: 59, ToRole: &sho}), contract.CodeOutOfRange, "/body/rungs/1/after_s"},
		{"what tasks do", "ladder.set", rungs(contract.LadderRung{Action: "remind", AfterS: 60}), contract.CodeBadEnum, "/body/rungs/0/action"},
		{"nobody to tell", "ladder.set", rungs(contract.LadderRung{Action: "raise", AfterS: 60}), contract.CodeMissingField, "/body/rungs/0/to_role"},
		{"nobody above", "ladder.set", rungs(contract.LadderRung{Action: "raise", AfterS: 60, ToRole: &member}), contract.CodeBadEnum, "/body/rungs/0/to_role"},
		{"a section that ends before it begins", "offence.set", contract.OffenceSet{
			Code: "x", Act: "BNS", Section: "1", Hi: "क", En: "x", ValidFrom: contract.AtPtr(w.Now()), ValidTo: contract.AtPtr(w.Now()),
		}, contract.CodeEndedBeforeStarted, "/body/valid_to"},
	} {
		r := w.SP.Do(c.kind, c.body, booktest.With("centre", book.HQ))
		if refusedBy(r) != c.code || r.Problem.Pointer != c.pointer {
			t.Errorf("%s: %s says %s %+v, want %s at %s", c.why, c.kind, r.Outcome, r.Problem, c.code, c.pointer)
		}
	}
}

func TestOfTwoProcessesThatAddTheSameAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	other := w.Enlist(book.HQ, staff.AddlSP).Via(w.Process(nil))
	hq := booktest.With("centre", book.HQ)
	for _, code := range []string{"metro_station", "ropeway", "river_ghat", "toll_plaza"} {
		add := contract.CodeAdd{List: "place_type", Code: code, Hi: "स्थान", En: "Place"}
		var wg sync.WaitGroup
		var codes [2]contract.Code
		for i, o := range []*booktest.Officer{w.SP, other} {
			item := o.Item("code.add", add, hq)
			wg.Go(func() { codes[i] = refusedBy(o.Send(item)[0]) })
		}
		wg.Wait()
		slices.Sort(codes[:])
		if codes != [2]contract.Code{contract.CodeAlreadyThere, "entered"} {
			t.Errorf("%s: %v", code, codes)
		}
	}
}

func TestTwoChangesInOneBatchSeeEachOther(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	add := contract.CodeAdd{List: "place_type", Code: "metro_station", Hi: "मेट्रो", En: "Metro"}
	hq := booktest.With("centre", book.HQ)
	receipts := w.SP.Send(
		w.SP.Item("code.add", add, hq), w.SP.Item("code.add", add, hq),
		w.SP.Item("code.retire", contract.CodeRetire{List: "place_type", Code: "metro_station"}, hq),
		w.SP.Item("code.retire", contract.CodeRetire{List: "place_type", Code: "metro_station"}, hq),
	)
	for i, want := range []contract.Code{"entered", contract.CodeAlreadyThere, "entered", contract.CodeUnknownReference} {
		if got := refusedBy(receipts[i]); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
}

func TestANewLimitHoldsForClocksThatStartLaterAndANewLadderToo(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	old := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	sho := contract.Role(staff.SHO)
	w.Pass(time.Minute)
	day := "first_action"
	order(w, "limit.set", contract.LimitSet{Limit: "assign", Seconds: 600, Basis: "आदेश"})
	order(w, "limit.set", contract.LimitSet{Limit: contract.LimitCode(day), Seconds: 60, RiskLevel: ptr("medium"), Category: ptr("dowry"), Basis: "आदेश"})
	order(w, "limit.set", contract.LimitSet{Limit: "disposal", Months: 1, Basis: "आदेश"})
	order(w, "ladder.set", contract.LadderSet{Ladder: "overdue", Rungs: []contract.LadderRung{{Action: "raise", AfterS: 60, ToRole: &sho}}})
	later := w.Now()
	fresh := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	dowry := w.Beat.Enter("complaint.open", complaintOf(w, registered, func(c *contract.ComplaintOpen) { c.Category = "dowry" })).OpID
	high := w.Beat.Enter("complaint.open", complaintOf(w, registered, highRisk)).OpID
	for _, c := range []struct {
		why  string
		id   uuid.UUID
		code string
		due  time.Time
		next time.Duration
	}{
		{"a clock that ran already", old, "assign", from.Add(2 * time.Hour), 2 * time.Hour},
		{"a new clock", fresh, "assign", later.Add(10 * time.Minute), time.Minute},
		{"one of high risk, whose own row is more exact", high, "assign", later.Add(30 * time.Minute), time.Minute},
		{"of another category", fresh, day, later.Add(24 * time.Hour), time.Minute},
		{"of the category", dowry, day, later.Add(time.Minute), time.Minute},
		{"a month of the calendar", fresh, "disposal", later.AddDate(0, 1, 0), time.Minute},
	} {
		if k := clockOf(t, w, c.id, c.code); !k.Due.Equal(c.due) || k.Next == nil || !k.Next.Equal(c.due.Add(c.next)) {
			t.Errorf("%s: %+v, want due %s", c.why, k, c.due)
		}
	}
	// The one that ran goes on by its old ladder; the new ones have one rung.
	w.Pass(40 * 24 * time.Hour)
	for range 8 {
		tick(t, w)
	}
	n := map[uuid.UUID]int{}
	for _, r := range raises(t, w) {
		if r.Limit == "assign" {
			n[r.Subject]++
		}
	}
	if n[old] != 5 || n[fresh] != 1 {
		t.Errorf("%d rungs of the old ladder, %d of the new", n[old], n[fresh])
	}
	// Two ladders from the same moment: the later one counts.
	w.Beat.SignIn()
	w.SP.SignIn()
	at := contract.AtPtr(w.Now().Add(time.Hour))
	for _, s := range []int{10, 20} {
		order(w, "ladder.set", contract.LadderSet{Ladder: "overdue", Rungs: []contract.LadderRung{{Action: "raise", AfterS: s, ToRole: &sho}}, ValidFrom: at})
	}
	w.Pass(2 * time.Hour)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	if k := clockOf(t, w, id, "assign"); !k.Next.Equal(k.Due.Add(20 * time.Second)) {
		t.Errorf("%+v", k)
	}
	w.Pass(24 * time.Hour)
	tick(t, w)
	if k := clockOf(t, w, id, "assign"); k.Rung != 1 || k.Next != nil {
		t.Errorf("%+v", k)
	}
}

// extraOf is a visit with values of added columns.
func extraOf(w *booktest.World, x contract.Extra) contract.VisitRecord {
	v := w.Visit()
	v.Extra = &x
	return v
}

func TestValuesOfAnAddedColumnAreCheckedByItsTypeClassAndList(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	column := func(name, kind, class string, list *string) {
		order(w, "column.add", contract.ColumnAdd{Register: "women_beat", Column: name, Type: kind, Class: class, List: list, Hi: "क", En: name})
	}
	column("weather", "code", "open", ptr("weather"))
	order(w, "code.add", contract.CodeAdd{List: "weather", Code: "rain", Hi: "वर्षा", En: "Rain"})
	column("lamps", "number", "open", nil)
	column("note_open", "text", "open", nil)
	column("neighbour", "text", "V", nil)
	column("suspect", "text", "X", nil)
	column("told", "yes_no", "V", nil)
	column("seen_on", "date", "open", nil)
	order(w, "column.add", contract.ColumnAdd{Register: "squad", Column: "lathi", Type: "yes_no", Class: "open", Hi: "क", En: "x"})
	one := func(v contract.ExtraValue) contract.Extra { return contract.Extra{Open: []contract.ExtraValue{v}} }
	for _, c := range []struct {
		why     string
		extra   contract.Extra
		code    contract.Code
		pointer string
	}{
		{"a column that nobody has", one(contract.ExtraValue{Column: "moon", Text: ptr("x")}), contract.CodeUnknownColumn, "/body/extra/open/0/column"},
		{"a column of the register itself", one(contract.ExtraValue{Column: "women", Number: ptr(int64(3))}), contract.CodeUnknownColumn, "/body/extra/open/0/column"},
		{"a column of another register", one(contract.ExtraValue{Column: "lathi", YesNo: ptr(true)}), contract.CodeUnknownColumn, "/body/extra/open/0/column"},
		{"a value twice", contract.Extra{Open: []contract.ExtraValue{{Column: "lamps", Number: ptr(int64(1))}, {Column: "lamps", Number: ptr(int64(2))}}}, contract.CodeUnknownColumn, "/body/extra/open/1/column"},
		{"a woman's value among the open ones", one(contract.ExtraValue{Column: "neighbour", Text: ptr("सुनीता")}), contract.CodeColumnClass, "/body/extra/open/0/column"},
		{"a suspect's value among the woman's", contract.Extra{V: &contract.ExtraV{{Column: "suspect", Text: ptr("रमेश")}}}, contract.CodeColumnClass, "/body/extra/v/0/column"},
		{"an open value among the suspect's", contract.Extra{X: &contract.ExtraX{{Column: "lamps", Number: ptr(int64(1))}}}, contract.CodeColumnClass, "/body/extra/x/0/column"},
		{"a text for a number", one(contract.ExtraValue{Column: "lamps", Text: ptr("चार")}), contract.CodeWrongType, "/body/extra/open/0"},
		{"a number for a yes or no", contract.Extra{V: &contract.ExtraV{{Column: "told", Number: ptr(int64(1))}}}, contract.CodeWrongType, "/body/extra/v/0"},
		{"a code that is not in the list", one(contract.ExtraValue{Column: "weather", Code: ptr("snow")}), contract.CodeUnknownCode, "/body/extra/open/0/code"},
		{"a phone number in an open text", one(contract.ExtraValue{Column: "note_open", Text: ptr("फोन 9450012345")}), contract.CodeIdentityInText, "/body/extra/open/0/text"},
	} {
		r := w.Beat.Do("visit.record", extraOf(w, c.extra))
		if refusedBy(r) != c.code || r.Problem.Pointer != c.pointer {
			t.Errorf("%s: %s %+v, want %s at %s", c.why, r.Outcome, r.Problem, c.code, c.pointer)
		}
	}
	good := contract.Extra{
		Open: []contract.ExtraValue{{Column: "weather", Code: ptr("rain")}, {Column: "lamps", Number: ptr(int64(4))}, {Column: "note_open", Text: ptr("मार्ग कच्चा है")}},
		V:    &contract.ExtraV{{Column: "neighbour", Text: ptr("सुनीता कैनरी")}, {Column: "told", YesNo: ptr(true)}},
		X:    &contract.ExtraX{{Column: "suspect", Text: ptr("रमेश कैनरी")}},
	}
	e := w.Beat.Enter("visit.record", extraOf(w, good))
	if hasFlag(e, "old_columns") || !bytes.Contains(e.Wire, []byte("मार्ग कच्चा है")) {
		t.Errorf("%v %s", e.Flags, e.Wire)
	}
	if raw := unsealed(t, w, e); !bytes.Contains(raw, []byte("सुनीता कैनरी")) || !bytes.Contains(raw, []byte("रमेश कैनरी")) {
		t.Errorf("unsealed it is %s", raw)
	}
	for _, name := range []string{"सुनीता कैनरी", "रमेश कैनरी", "कैनरी"} {
		if found := everywhere(t, w, name); len(found) > 0 {
			t.Errorf("%q stands in %v", name, found)
		}
	}
}

func TestAPhoneWithOlderColumnsIsFlaggedAndNotRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	made := w.Beat.Item("visit.record", w.Visit())
	w.Pass(time.Hour)
	order(w, "column.add", contract.ColumnAdd{Register: "women_beat", Column: "lamps", Type: "number", Class: "open", Required: true, Hi: "बत्ती", En: "Lamps"})
	order(w, "column.add", contract.ColumnAdd{Register: "women_beat", Column: "shops", Type: "number", Class: "open", Hi: "दुकान", En: "Shops"})
	if e := w.Beat.Send(made)[0].Entry; hasFlag(e, "old_columns") {
		t.Errorf("made before the column was there: %v", e.Flags)
	}
	if e := w.Beat.Enter("visit.record", w.Visit()); !hasFlag(e, "old_columns") {
		t.Errorf("without a column that must be filled: %v", e.Flags)
	}
	full := contract.Extra{Open: []contract.ExtraValue{{Column: "lamps", Number: ptr(int64(4))}, {Column: "shops", Number: ptr(int64(2))}}}
	if e := w.Beat.Enter("visit.record", extraOf(w, full)); hasFlag(e, "old_columns") {
		t.Errorf("with it: %v", e.Flags)
	}
	for _, column := range []string{"shops", "lamps"} {
		order(w, "column.hide", contract.ColumnHide{Register: "women_beat", Column: column})
	}
	if e := w.Beat.Enter("visit.record", w.Visit()); hasFlag(e, "old_columns") {
		t.Errorf("without a column that is hidden: %v", e.Flags)
	}
	e := w.Beat.Enter("visit.record", extraOf(w, full))
	n := 0
	for _, f := range e.Flags {
		if f.Code == "old_columns" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("with values of two hidden columns: %v", e.Flags)
	}
}

func TestASectionOfLawIsAddedByHeadquarters(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	set := contract.OffenceSet{Code: "bns_111", Act: "BNS", Section: "111", Hi: "संगठित अपराध", En: "Organised crime", Cognizable: true}
	order(w, "offence.set", set)
	if c, ok := w.Book.Label(booktest.District, "offence", "bns_111"); !ok || c.Hi != set.Hi {
		t.Errorf("%+v", c)
	}
	var bodies int64
	err := asked(w, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT count(*) FROM rule_changes WHERE kind = 'offence.set'`).Scan(&bodies)
	})
	if err != nil || bodies != 1 {
		t.Errorf("%d, %v", bodies, err)
	}
}

func TestHeadquartersSaysWhichSectionsAreGrave(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	owed := func(section string) bool {
		t.Helper()
		e := c.SHO.Enter("fir.register", c.fir(func(b *contract.FIRRegister) { b.ComplaintID, b.Sections = nil, []string{section} }))
		medical := c.runs(e, "medical") != ""
		if months := c.runs(e, "investigation") != ""; months != medical {
			t.Errorf("%s: medical %t, two months %t", section, medical, months)
		}
		return medical
	}
	if owed("bns_69") || !owed("bns_64") {
		t.Error("the law as it stands is not the table's")
	}
	c.Pass(time.Minute)
	for section, grave := range map[string]bool{"69": true, "64": false} {
		order(c.World, "offence.set", contract.OffenceSet{
			Code: "bns_" + section, Act: "BNS", Section: section, Hi: "धारा " + section, En: "Section " + section, IsSexual: true, Cognizable: true,
			IsGrave: grave, ValidFrom: new(contract.At(time.Date(2024, 7, 1, 0, 0, 0, 0, careIST))),
		})
	}
	if !owed("bns_69") || owed("bns_64") {
		t.Error("what headquarters set does not hold")
	}
}
