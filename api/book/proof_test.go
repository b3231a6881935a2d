package book_test

import (
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/geo/evidence"
	contract "kendra/mobile-contract"
)

const assessed = `SELECT count(*) FROM entries WHERE kind = 'visit.assess'`

// made has the beat officer make a visit of twenty minutes, with positions there.
func made(t *testing.T, w *booktest.World, mock bool) (contract.UUID, contract.VisitRecord) {
	t.Helper()
	w.Beat.Enter("duty.start", contract.DutyStart{})
	began := w.Now()
	var fixes []book.Fix
	for i := range 20 {
		w.Pass(time.Minute)
		fixes = append(fixes, book.Fix{At: w.Now(), Lat: 25.2 + float64(i%7)*0.00004, Lon: 80.9, AccuracyM: 8, Mock: mock})
	}
	if n, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, fixes); err != nil || n != len(fixes) {
		t.Fatal(n, err)
	}
	v := w.Visit()
	v.StartedAt, v.EndedAt = contract.At(began), contract.At(w.Now())
	return w.Beat.Enter("visit.record", v, booktest.At(25.2, 80.9, 8)).OpID, v
}

func proofOf(t *testing.T, w *booktest.World, serial int64) (string, map[string]string) {
	t.Helper()
	_, cols := lineOf(t, w, "women_beat", serial)
	items := map[string]string{}
	list, _ := cols["proof"].([]any)
	for _, x := range list {
		m := x.(map[string]any)
		items[m["code"].(string)] = m["sign"].(string)
	}
	return cols["proof_state"].(string), items
}

func TestAVisitIsAssessedOnceWhenItsPositionsHadTheirTimeToArrive(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	made(t, w, false)
	w.Pass(5 * time.Hour)
	tick(t, w)
	if state, items := proofOf(t, w, 1); state != "unknown" || len(items) != 0 || count(t, w, assessed) != 0 {
		t.Fatal("assessed before its time", state, items)
	}
	w.Pass(2 * time.Hour)
	for range 3 {
		tick(t, w)
	}
	state, items := proofOf(t, w, 1)
	if n := count(t, w, assessed); n != 1 || state != "unknown" || items["fix"] != "for" || items["dwell"] != "for" {
		t.Fatal(n, state, items)
	}
	if n := count(t, w, `SELECT seq FROM proof_watch`); n == 0 {
		t.Fatal("the clock does not know how far it went")
	}
}

// The time of a fix is told by the phone's clock, too.
func TestAClockThatIsWrongMakesNoFixOld(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		w := booktest.New(t)
		w.Beat.Offset = offset
		began := w.Now().Add(-offset)
		w.Pass(time.Minute)
		v := w.Visit()
		v.StartedAt, v.EndedAt = contract.At(began), contract.At(w.Now().Add(-offset))
		fixed := func(old time.Duration) booktest.Option {
			return booktest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 8, FixAt: contract.AtPtr(w.Now().Add(-offset - old))})
		}
		w.Beat.Enter("visit.record", v, fixed(time.Second))
		w.Beat.Enter("visit.record", v, fixed(5*time.Minute))
		w.Pass(7 * time.Hour)
		tick(t, w)
		if state, items := proofOf(t, w, 1); items["fix"] != "for" || items["fix_age"] != "" {
			t.Errorf("%v off, a fix of now: %s %v", offset, state, items)
		}
		if state, items := proofOf(t, w, 2); items["fix"] != "unknown" || items["fix_age"] != "unknown" {
			t.Errorf("%v off, an old fix: %s %v", offset, state, items)
		}
	}
}

func TestAWeakVisitSaysWhyIsAcceptedByTheInchargeAndStaysWeak(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id, v := made(t, w, true)
	refusedOp(t, "before it is assessed", w.Incharge.Do("visit.accept", contract.VisitAccept{VisitID: id}), contract.CodeWrongState, "/body/visit_id")
	w.Pass(7 * time.Hour)
	tick(t, w)
	if state, items := proofOf(t, w, 1); state != "weak" || items["mock"] != "against" {
		t.Fatal(state, items)
	}
	day := v.StartedAt.Time
	sheet, err := w.Book.DaySheet(t.Context(), w.Incharge.Caller(), booktest.Centre, day.In(time.FixedZone("IST", 19800)))
	if err != nil || sheet.Weak != 1 || sheet.WeakFor["mock"] != 1 {
		t.Fatal(err, sheet.Weak, sheet.WeakFor)
	}
	w.Incharge.Enter("visit.accept", contract.VisitAccept{VisitID: id})
	_, cols := lineOf(t, w, "women_beat", 1)
	if cols["proof_state"] != "weak" || cols["proof_accepted_by"] != w.Incharge.ID.String() {
		t.Fatal(cols)
	}
	refusedOp(t, "twice", w.Incharge.Do("visit.accept", contract.VisitAccept{VisitID: id}), contract.CodeWrongState, "/body/visit_id")
}

func TestACorrectedVisitIsAssessedAnewAndAStruckOneCountsNoMore(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id, v := made(t, w, true)
	w.Pass(7 * time.Hour)
	tick(t, w)
	v.Women++
	right := w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: id, Reason: "संख्या गलत लिखी गयी", Visit: &v})
	if state, items := proofOf(t, w, 2); state != "unknown" || len(items) != 0 {
		t.Fatal("the new line has the old one's proof", state, items)
	}
	const weak = `SELECT coalesce(sum(n), 0) FROM tallies WHERE code = 'women_beat.proof_weak'`
	if n := count(t, w, weak); n != 0 {
		t.Fatalf("%d weak visits are counted, and the line is struck", n)
	}
	w.Pass(7 * time.Hour)
	tick(t, w)
	if state, items := proofOf(t, w, 2); state != "weak" || items["mock"] != "against" || count(t, w, weak) != 1 {
		t.Fatal("the fix of the first entry is that of its correction", state, items)
	}
	strike := true
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: right.OpID, Reason: "दो बार लिखा गया", Strike: &strike})
	w.Pass(7 * time.Hour)
	tick(t, w)
	if n := count(t, w, weak); n != 0 {
		t.Fatal(n)
	}
	if n := count(t, w, assessed); n != 2 {
		t.Fatalf("%d assessments", n)
	}
}

func TestTheRowsOfEvidenceAreTheNumbersThatWereTriedOnCheats(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	want := evidence.Default()
	rows, err := w.Superuser().Query(t.Context(), `SELECT substr(number, 10), value FROM numbers WHERE number LIKE 'evidence.%'`)
	if err != nil {
		t.Fatal(err)
	}
	got := evidence.Rules{}
	var rule string
	var value float64
	if _, err := pgx.ForEachRow(rows, []any{&rule, &value}, func() error { got[rule] = value; return nil }); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("the rows are\n%v\nand what was tried is\n%v", got, want)
	}
}
