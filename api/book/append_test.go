package book_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestAVisitGetsANumberInTheBookAndALineInItsRegister(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Beat.Enter("visit.record", w.Visit(), booktest.At(25.218, 80.923, 12))
	second := w.Beat.Enter("visit.record", w.Visit())
	if second.Seq != first.Seq+1 {
		t.Errorf("seq %d follows %d", second.Seq, first.Seq)
	}
	if got := first.Lines[0].No + " " + second.Lines[0].No; got != "KRW/WB/2026/00001 KRW/WB/2026/00002" {
		t.Errorf("lines %s", got)
	}
	if len(first.Cells) != 1 || len(second.Cells) != 0 {
		t.Errorf("cells %v, %v", first.Cells, second.Cells)
	}
}

func TestTheSameOpTwiceIsOneEntryAndAChangedOneAConflict(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := w.Beat.Item("visit.record", w.Visit())
	first := w.Beat.Send(item)[0]
	inOneBatch := w.Beat.Send(item, item)
	for _, again := range inOneBatch {
		if !again.Repeated || again.Outcome != book.Entered || again.Entry.Seq != first.Entry.Seq ||
			!bytes.Equal(again.Entry.LeafHash, first.Entry.LeafHash) || again.Entry.SealedHash != first.Entry.SealedHash {
			t.Errorf("sent again: %+v", again)
		}
	}
	changed := w.Beat.Sign(bytes.Replace(item.Raw, []byte(`"women":12`), []byte(`"women":13`), 1))
	if r := w.Beat.Send(changed)[0]; r.Outcome != book.Refused || r.Problem.Code != contract.CodeOpIDConflict {
		t.Errorf("changed: %+v", r)
	}
	if elsewhere := w.Other.Send(w.Other.Item("visit.record", w.Visit(), booktest.With("op_id", first.OpID),
		booktest.With("body", otherVisit(w))))[0]; elsewhere.Problem == nil || elsewhere.Problem.Code != contract.CodeOpIDConflict {
		t.Errorf("same op_id in another book: %+v", elsewhere)
	}
}

func otherVisit(w *booktest.World) contract.VisitRecord {
	v := w.Visit()
	v.BeatID = nil
	return v
}

// refusals are ops that must be refused, with the code and the pointer of the
// refusal.
func refusals(w *booktest.World) map[string]struct {
	item contract.Item
	by   *booktest.Officer
	code contract.Code
	ptr  string
} {
	type row = struct {
		item contract.Item
		by   *booktest.Officer
		code contract.Code
		ptr  string
	}
	visit := func(change func(*contract.VisitRecord)) contract.Item {
		v := w.Visit()
		change(&v)
		return w.Beat.Item("visit.record", v)
	}
	person := func(change func(*contract.SquadPerson)) contract.Item {
		p := w.Person()
		change(&p)
		return w.Leader.Item("squad.person", p)
	}
	nobody := uuid.Must(uuid.NewV7())
	forged := w.Beat.Item("visit.record", w.Visit())
	forged.Raw = bytes.Replace(forged.Raw, []byte(`"women":12`), []byte(`"women":99`), 1)
	text := "आवेदिका का नम्बर 98765 43210 है"
	task := w.Task(w.Beat)
	task.Text = &text
	two := w.Task(w.Beat)
	two.To.SquadID = &w.SquadID
	return map[string]row{
		"a signature that is not the op's":         {forged, w.Beat, contract.CodeBadSignature, "/sig"},
		"a session nobody has":                     {w.Beat.Item("visit.record", w.Visit(), booktest.With("session_id", nobody)), w.Beat, contract.CodeUnknownSession, "/session_id"},
		"a session of another handset":             {w.Second.Item("visit.record", w.Visit()), w.Beat, contract.CodeDeviceMismatch, "/session_id"},
		"a kind nobody knows":                      {w.Beat.Item("visit.erase", w.Visit()), w.Beat, contract.CodeBadKind, "/kind"},
		"a kind of the clock":                      {w.Beat.Item("task.expire", contract.TaskExpire{TaskID: nobody}), w.Beat, contract.CodeClockOnly, "/kind"},
		"a centre nobody knows":                    {w.Beat.Item("visit.record", w.Visit(), booktest.With("centre", "XYZ")), w.Beat, contract.CodeUnknownCentre, "/centre"},
		"a centre where he has no post":            {w.Beat.Item("visit.record", otherVisit(w), booktest.With("centre", "RJP")), w.Beat, contract.CodeNotYourPost, "/centre"},
		"a kind his post has no right to":          {w.Beat.Item("task.send", w.Task(w.Second)), w.Beat, contract.CodeForbidden, "/kind"},
		"a person entered by a member":             {w.Member.Item("squad.person", w.Person()), w.Member, contract.CodeForbidden, "/kind"},
		"a visit that ended before it began":       {visit(func(v *contract.VisitRecord) { v.EndedAt = contract.At(v.StartedAt.Add(-time.Minute)) }), w.Beat, contract.CodeEndedBeforeStarted, "/body/ended_at"},
		"a visit that has not ended yet":           {visit(func(v *contract.VisitRecord) { v.EndedAt = contract.At(w.Now().Add(time.Hour)) }), w.Beat, contract.CodeInFuture, "/body/ended_at"},
		"a place type that is in no list":          {visit(func(v *contract.VisitRecord) { v.PlaceType = "moon" }), w.Beat, contract.CodeUnknownCode, "/body/place_type"},
		"a topic that is in no list":               {visit(func(v *contract.VisitRecord) { v.Topics = []string{"cyber_safety", "gossip"} }), w.Beat, contract.CodeUnknownCode, "/body/topics/1"},
		"an officer nobody knows":                  {visit(func(v *contract.VisitRecord) { v.OfficersBy = []uuid.UUID{nobody} }), w.Beat, contract.CodeUnknownReference, "/body/officers_by/0"},
		"a beat nobody knows":                      {visit(func(v *contract.VisitRecord) { v.BeatID = &nobody }), w.Beat, contract.CodeUnknownReference, "/body/beat_id"},
		"a ground that is not one":                 {person(func(p *contract.SquadPerson) { p.Ground = "couple" }), w.Leader, contract.CodeUnknownCode, "/body/ground"},
		"a child with an adult's age":              {person(func(p *contract.SquadPerson) { p.IsChild = true }), w.Leader, contract.CodeChildAgeMismatch, "/body/is_child"},
		"a card without its number":                {person(func(p *contract.SquadPerson) { p.Outcome = "warning_card" }), w.Leader, contract.CodeCardNoRequired, "/body/card_no"},
		"a repeated card without the earlier one":  {person(func(p *contract.SquadPerson) { p.Ground, p.Mobile = "repeat_after_card", nil }), w.Leader, contract.CodePreviousCardRequired, "/body/previous_card_id"},
		"an adult handed to the child officer":     {person(func(p *contract.SquadPerson) { p.Outcome = "child_to_cwpo" }), w.Leader, contract.CodeChildAgeMismatch, "/body/outcome"},
		"a child warned":                           {person(func(p *contract.SquadPerson) { child(p); p.Outcome = "warned" }), w.Leader, contract.CodeChildNoCard, "/body/outcome"},
		"a child given a card":                     {person(func(p *contract.SquadPerson) { child(p); no := "7"; p.CardNo = &no }), w.Leader, contract.CodeChildNoCard, "/body/card_no"},
		"a child whose guardian was not told":      {person(func(p *contract.SquadPerson) { child(p); p.Outcome = "advised"; p.GuardianToldAt = nil }), w.Leader, contract.CodeChildGuardian, "/body/guardian_told_at"},
		"more spoken to than seen":                 {w.Leader.Item("squad.round", func() contract.SquadRound { r := w.Round(); r.PersonsSpoken = 41; return r }()), w.Leader, contract.CodeCountsDisagree, "/body/persons_spoken"},
		"a task to nobody":                         {w.Dispatcher.Item("task.send", contract.TaskSend{TaskKind: "visit", Urgency: "soon"}), w.Dispatcher, contract.CodeTooFew, "/body/to"},
		"a task to two":                            {w.Dispatcher.Item("task.send", two), w.Dispatcher, contract.CodeTooMany, "/body/to"},
		"a telephone number in the text of a task": {w.Dispatcher.Item("task.send", task), w.Dispatcher, contract.CodeIdentityInText, "/body/text"},
		"religion":                            {w.Leader.Item("squad.person", with(w.Person(), "religion", "x")), w.Leader, contract.CodeUnknownField, "/body"},
		"caste":                               {w.Leader.Item("squad.person", with(w.Person(), "caste", "x")), w.Leader, contract.CodeUnknownField, "/body"},
		"a companion":                         {w.Leader.Item("squad.person", with(w.Person(), "companion", "x")), w.Leader, contract.CodeUnknownField, "/body"},
		"an Aadhaar number":                   {w.Leader.Item("squad.person", with(w.Person(), "aadhaar", "x")), w.Leader, contract.CodeUnknownField, "/body"},
		"a name in a round":                   {w.Leader.Item("squad.round", with(w.Round(), "name", "x")), w.Leader, contract.CodeUnknownField, "/body"},
		"a serial of his own":                 {w.Beat.Item("visit.record", with(w.Visit(), "serial", 7)), w.Beat, contract.CodeUnknownField, "/body"},
		"a post given to himself":             {w.Incharge.Item("post.take", contract.PostTake{PostID: nobody, OfficerID: w.Incharge.ID, Role: "beat_officer"}), w.Incharge, contract.CodeOwnAct, "/body/officer_id"},
		"a post above his own":                {w.Incharge.Item("post.take", contract.PostTake{PostID: nobody, OfficerID: w.Beat.ID, Role: "sho"}), w.Incharge, contract.CodeForbidden, "/body/role"},
		"a district post in a station's book": {w.SHO.Item("post.take", contract.PostTake{PostID: nobody, OfficerID: w.Beat.ID, Role: "sp"}), w.SHO, contract.CodeWrongCentre, "/body/role"},
		"something held that is not":          {w.Incharge.Item("held.enter", contract.HeldEnter{HeldID: nobody, Reason: "देर हो गयी"}), w.Incharge, contract.CodeNotHeld, "/body/held_id"},
	}
}

func child(p *contract.SquadPerson) {
	age, told := 15, p.SeenAt
	p.IsChild, p.Age, p.GuardianToldAt, p.Outcome, p.Name, p.Mobile = true, &age, &told, "guardian_told", nil, nil
}

// with adds a member to a body.
func with(body any, name string, value any) map[string]any {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		panic(err)
	}
	m[name] = value
	return m
}

func TestEachRefusalNamesItsCodeAndItsPlaceInBothLanguages(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	size := bookSize(t, w)
	for name, row := range refusals(w) {
		r := row.by.Send(row.item)[0]
		if r.Outcome != book.Refused {
			t.Errorf("%s: %s %v", name, r.Outcome, r.WaitsFor)
			continue
		}
		hi, en := r.Problem.Render(contract.Hindi), r.Problem.Render(contract.English)
		if r.Problem.Code != row.code || r.Problem.Pointer != row.ptr {
			t.Errorf("%s: %s at %s, want %s at %s", name, r.Problem.Code, r.Problem.Pointer, row.code, row.ptr)
		}
		if hi.Status < 400 || hi.Title == "" || en.Title == "" || hi.Title == en.Title || hi.Advice == en.Advice {
			t.Errorf("%s: status %d, %q, %q", name, hi.Status, hi.Title, en.Title)
		}
	}
	if now := bookSize(t, w); now != size {
		t.Errorf("the book grew from %d to %d", size, now)
	}
}

func bookSize(t *testing.T, w *booktest.World) int64 {
	t.Helper()
	_, size, err := w.Book.Checkpoint(context.Background(), booktest.District, booktest.Centre)
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func TestOneBadOpOfABatchIsItsOwnRefusalAndTheOthersAreEntered(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	bad := w.Beat.Item("visit.record", with(w.Visit(), "women", "twelve"))
	got := w.Beat.Send(w.Beat.Item("visit.record", w.Visit()), bad, w.Beat.Item("visit.record", w.Visit()))
	outcomes := got[0].Outcome + " " + got[1].Outcome + " " + got[2].Outcome
	if outcomes != "entered refused entered" || got[1].Problem.Code != contract.CodeWrongType || got[1].Problem.Pointer != "/body/women" {
		t.Errorf("%s, %v", outcomes, got[1].Problem)
	}
	if got[1].OpID == uuid.Nil {
		t.Error("the refusal does not name its op")
	}
}

func TestAPersonEntryWaitsForTheBriefingOfItsDay(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := w.Leader.Item("squad.person", w.Person())
	held := w.Leader.Send(item)[0]
	if held.Outcome != book.Held || !strings.HasPrefix(held.WaitsFor, "brief:") {
		t.Fatalf("without a briefing: %+v", held)
	}
	if again := w.Leader.Send(item)[0]; again.Outcome != book.Held || !again.Repeated {
		t.Errorf("sent again: %+v", again)
	}
	w.OnDuty(w.Leader)
	brief := w.SHO.Enter("squad.brief", w.Brief())
	now := w.Leader.Send(item)[0]
	if now.Outcome != book.Entered || !now.Repeated || now.Entry.Seq != brief.Seq+1 {
		t.Fatalf("after the briefing: %+v", now)
	}
	if now.Entry.Facts["is_child"] != false || now.Entry.Lines[0].No != "KRW/SQ/2026/00001" {
		t.Errorf("entry: %+v", now.Entry)
	}
}

func TestAnOpHeldAndReleasedInOneBatchLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.OnDuty(w.Leader)
	person, brief := w.Leader.Item("squad.person", w.Person()), w.Leader.Item("squad.brief", w.Brief())
	got := w.Leader.Send(person, brief)
	if got[0].Outcome != book.Held || got[1].Outcome != book.Entered {
		t.Fatalf("%+v, %+v", got[0], got[1])
	}
	if now := w.Leader.Send(person)[0]; now.Outcome != book.Entered || now.Entry.Seq != got[1].Entry.Seq+1 {
		t.Errorf("%+v", now)
	}
	held, _, err := w.Book.Held(context.Background(), w.Incharge.Caller(), booktest.Centre, nil, 10)
	if err != nil || len(held) != 0 {
		t.Errorf("%v, still held: %v", err, held)
	}
	if keys := count(t, w, `SELECT count(*) FROM case_keys WHERE class = 'H'`); keys != 0 {
		t.Errorf("%d keys of held ops are left", keys)
	}
}

func TestTheInchargeEntersOrStrikesWhatWaits(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	enter, strike := w.Leader.Item("squad.person", w.Person()), w.Leader.Item("squad.person", w.Person())
	held := w.Leader.Send(enter, strike)
	w.Incharge.Enter("held.enter", contract.HeldEnter{HeldID: held[0].OpID, Reason: "ब्रीफिंग मौखिक हुई थी"})
	w.Incharge.Enter("held.strike", contract.HeldStrike{HeldID: held[1].OpID, Reason: "दो बार लिखा गया"})
	now := w.Leader.Send(enter, strike)
	if now[0].Outcome != book.Entered || !hasFlag(now[0].Entry, "entered_by_incharge") || !hasFlag(now[0].Entry, "not_briefed") {
		t.Errorf("entered: %+v", now[0])
	}
	if now[1].Outcome != book.Refused || !now[1].Repeated || now[1].Problem.Code != contract.CodeSetAside {
		t.Errorf("struck: %+v", now[1])
	}
	if r := w.Incharge.Do("held.enter", contract.HeldEnter{HeldID: held[1].OpID, Reason: "फिर से"}); r.Problem == nil || r.Problem.Code != contract.CodeNotHeld {
		t.Errorf("a struck op can't be entered: %+v", r)
	}
}

func hasFlag(e *book.Entry, code string) bool {
	for _, f := range e.Flags {
		if f.Code == code {
			return true
		}
	}
	return false
}

func TestDoubtIsRecordedWithItsMeasureAndNeverRefused(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Offset = 10 * time.Minute
	v := w.Visit() // by the handset's clock, like the op itself
	v.StartedAt, v.EndedAt = contract.At(v.StartedAt.Add(-w.Beat.Offset)), contract.At(v.EndedAt.Add(-w.Beat.Offset))
	first := w.Beat.Enter("visit.record", v, booktest.At(25.218, 80.923, 400))
	w.Pass(time.Minute)
	mock := true
	second := w.Beat.Enter("visit.record", v, booktest.With("place", contract.Place{Lat: 26.4, Lon: 81.9, AccuracyM: 5, Mock: &mock}))
	for _, code := range []string{"poor_fix", "clock_off", "no_duty"} {
		if !hasFlag(first, code) {
			t.Errorf("first lacks %s: %v", code, first.Flags)
		}
	}
	for _, code := range []string{"mock", "impossible_speed", "outside_beat"} {
		if !hasFlag(second, code) {
			t.Errorf("second lacks %s: %v", code, second.Flags)
		}
	}
	if !first.At.Equal(booktest.Start) {
		t.Errorf("at %s is not the corrected time %s", first.At, booktest.Start)
	}
}

func TestSealedFieldsStandNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	e := w.Leader.Enter("squad.person", w.Person())
	note := "सुनीता देवी पत्नी रामलाल"
	v := w.Visit()
	v.Observation = &note
	w.Beat.Enter("visit.record", v)
	held := w.Person()
	held.SeenAt = contract.At(w.Now().Add(-72 * time.Hour))
	w.Leader.Do("squad.person", held)
	dump := dumpAll(t, w)
	if !strings.Contains(dump, "seen_following") || !strings.Contains(dump, "kendra:seal:1:X:") {
		t.Fatal("the dump does not show what is open")
	}
	for _, canary := range []string{"रमेश", "9876543210", "सुनीता", "दो सौ मीटर", `\u0930\u092e`} {
		if strings.Contains(dump, canary) {
			t.Errorf("the database holds %q", canary)
		}
	}
	if !strings.Contains(string(e.Wire), `"name":null`) || !strings.Contains(string(e.Wire), `"alias":"A-`) {
		t.Errorf("wire: %s", e.Wire)
	}
}

// dumpAll is the text of all rows of all tables, read as the superuser.
func dumpAll(t *testing.T, w *booktest.World) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname IN ('public', 'river')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(err, len(tables))
	}
	var b strings.Builder
	for _, table := range tables {
		if table == "codes" {
			continue
		}
		rows, err := conn.Query(ctx, `SELECT x::text FROM `+table+` x`)
		if err != nil {
			t.Fatal(table, err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(table, err)
		}
		for _, text := range texts {
			b.WriteString(text)
			for _, m := range hexBytes.FindAllStringSubmatch(text, -1) {
				raw, err := hex.DecodeString(m[1])
				if err != nil {
					t.Fatal(err)
				}
				b.Write(raw)
			}
		}
	}
	return b.String()
}

var hexBytes = regexp.MustCompile(`\\\\?x((?:[0-9a-f]{2})+)`)

func TestACorrectionStrikesTheOldLineAndNamesIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	old := w.Beat.Enter("visit.record", w.Visit())
	v := w.Visit()
	v.Women = 21
	fixed := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: old.OpID, Reason: "महिलाओं की संख्या गलत लिखी", Visit: &v})
	page, err := w.Book.Register(context.Background(), w.Incharge.Caller(), book.RegisterQuery{Centre: "KRW", Register: "women_beat", Year: 2026, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Rows) != 2 || page.Page.Struck != 1 || page.Page.Sums["women"] != 21 {
		t.Fatalf("page %+v", page)
	}
	if r := page.Rows[0]; *r.StruckBy != fixed.OpID || *r.CorrectedBy != fixed.OpID || !strings.Contains(string(r.Columns), `"women":12`) {
		t.Errorf("old line %+v", r)
	}
	if r := page.Rows[1]; *r.Corrects != old.OpID || !strings.Contains(string(r.Columns), `"women":21`) {
		t.Errorf("new line %+v", r)
	}
	again := w.Beat.Do("entry.correct", contract.EntryCorrect{CorrectsID: old.OpID, Reason: "फिर से", Visit: &v})
	if again.Problem == nil || again.Problem.Code != contract.CodeAlreadyCorrected {
		t.Errorf("struck twice: %+v", again)
	}
	if r := w.Second.Do("entry.correct", contract.EntryCorrect{CorrectsID: fixed.OpID, Reason: "दूसरे का", Visit: &v}); r.Problem == nil || r.Problem.Code != contract.CodeUnknownReference {
		t.Errorf("another's line: %+v", r)
	}
	strike := true
	w.Incharge.Enter("entry.correct", contract.EntryCorrect{CorrectsID: fixed.OpID, Reason: "भ्रमण हुआ ही नहीं", Strike: &strike})
}

func TestOneOfAHundredWhoAcceptATaskAtOnceHasIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	role := contract.Role("beat_officer")
	task := w.Dispatcher.Enter("task.send", contract.TaskSend{To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: "urgent"})
	officers := []*booktest.Officer{w.Beat, w.Second}
	for len(officers) < 10 {
		officers = append(officers, w.Enlist(booktest.Centre, "beat_officer"))
	}
	var won, taken atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		o := officers[i%len(officers)]
		item := o.Item("task.accept", contract.TaskAccept{TaskID: task.OpID})
		wg.Go(func() {
			got, err := o.TrySend(item)
			switch {
			case err != nil:
				t.Error(err)
			case got[0].Outcome == book.Entered:
				won.Add(1)
			case got[0].Problem.Code == contract.CodeTaskTaken || got[0].Problem.Code == contract.CodeWrongState:
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || taken.Load() != 99 {
		t.Errorf("%d won, %d were told it is taken", won.Load(), taken.Load())
	}
}

func TestProofsOfTheBookHoldByIndependentCode(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	var sizes []int64
	var roots [][]byte
	for i := range 12 {
		var items []contract.Item
		for range 50 {
			items = append(items, w.Beat.Item("visit.record", w.Visit()))
		}
		w.Beat.Send(items...)
		note, size, err := w.Book.Checkpoint(context.Background(), booktest.District, booktest.Centre)
		if err != nil || !strings.Contains(note, fmt.Sprintf("kendra/7/KRW\n%d\n", size)) {
			t.Fatal(i, err, note)
		}
		sizes, roots = append(sizes, size), append(roots, rootOf(t, note))
	}
	last := len(sizes) - 1
	for i, size := range sizes {
		page, err := w.Book.Feed(context.Background(), w.Incharge.Caller(), booktest.Centre, size, 1, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(size), uint64(sizes[last]), page.Consistency, roots[i], roots[last]); err != nil {
			t.Errorf("consistency from %d: %v", size, err)
		}
	}
	for _, seq := range []int64{1, 2, 255, 256, 257, 300, sizes[last]} {
		for i, size := range sizes {
			if seq > size {
				continue
			}
			p, err := w.Book.Prove(context.Background(), w.Incharge.Caller(), booktest.Centre, seq, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(seq-1), uint64(size), p.LeafHash, p.Path, roots[i]); err != nil {
				t.Errorf("inclusion of %d in %d: %v", seq, size, err)
			}
		}
	}
}
