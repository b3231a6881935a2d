package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// feedLine is what the tests read of a line.
type feedLine struct {
	Seq  int64     `json:"seq"`
	OpID uuid.UUID `json:"op_id"`
	Kind string    `json:"kind"`
}

// linesOf reads the lines of a page.
func linesOf(t testing.TB, page *book.FeedPage) []feedLine {
	t.Helper()
	var out []feedLine
	if err := json.Unmarshal([]byte("["+string(page.Lines)+"]"), &out); err != nil {
		t.Fatal(err)
	}
	if len(out) != page.Count {
		t.Fatalf("%d lines, told %d", len(out), page.Count)
	}
	return out
}

// follow reads a book from a cursor to its end as one officer, in pages.
func follow(t testing.TB, b *book.Book, o *booktest.Officer, centre string, after int64, limit int) ([]feedLine, int64) {
	t.Helper()
	var out []feedLine
	for {
		page, err := b.Feed(context.Background(), o.Caller(), centre, after, limit, 0)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, linesOf(t, page)...)
		if page.Next < after || page.More && page.Next == after {
			t.Fatalf("the cursor went from %d to %d", after, page.Next)
		}
		after = page.Next
		if !page.More {
			return out, after
		}
	}
}

func TestEachOfficerIsGivenTheLinesThatAreHisAndNoOthers(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.OnDuty(w.Leader)
	start := bookSize(t, w)
	names := map[uuid.UUID]string{}
	enter := func(name string, by *booktest.Officer, kind string, body any) *book.Entry {
		e := by.Enter(kind, body)
		names[e.OpID] = name
		return e
	}
	enter("duty", w.Beat, "duty.start", contract.DutyStart{})
	enter("visit", w.Beat, "visit.record", w.Visit())
	together := w.Visit()
	together.OfficersBy = []uuid.UUID{w.Second.ID}
	enter("together", w.Beat, "visit.record", together)
	enter("brief", w.SHO, "squad.brief", w.Brief())
	enter("round", w.Leader, "squad.round", w.Round())
	minor := w.Person()
	child(&minor)
	enter("child", w.Leader, "squad.person", minor)
	task := enter("task", w.Dispatcher, "task.send", contract.TaskSend{
		To: contract.TaskTarget{OfficerID: &w.Second.ID}, TaskKind: "visit", Urgency: "soon",
	})
	enter("accept", w.Second, "task.accept", contract.TaskAccept{TaskID: task.OpID})
	stranger := w.Enlist(booktest.Centre, staff.Counsellor)
	for name, row := range map[string]struct {
		by   *booktest.Officer
		want string
	}{
		"the author of a visit":         {w.Beat, "duty visit together"},
		"who went with him":             {w.Second, "together task accept"},
		"the leader of the squad":       {w.Leader, "brief round child"},
		"a member of the squad":         {w.Member, "brief round"},
		"the dispatcher":                {w.Dispatcher, "duty task accept"},
		"the in-charge":                 {w.Incharge, "duty visit together brief round child task accept"},
		"the station head":              {w.SHO, "duty visit together brief round child task accept"},
		"one who has nothing to do":     {stranger, ""},
		"the SP, who reads the returns": {w.SP, ""},
	} {
		for _, limit := range []int{1, 2, 100} {
			lines, next := follow(t, w.Book, row.by, booktest.Centre, start, limit)
			var got []string
			for _, l := range lines {
				if n := names[l.OpID]; n != "" {
					got = append(got, n)
				}
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%s, pages of %d: %v, want %s", name, limit, got, row.want)
			}
			if size := bookSize(t, w); next != size {
				t.Errorf("%s: the cursor stands at %d of %d", name, next, size)
			}
		}
	}
}

func TestAnotherCentresBookIsNotThereForAnOfficer(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	task := w.Dispatcher.Enter("task.send", w.Task(w.Beat))
	ctx := context.Background()
	for name, err := range map[string]error{
		"feed":       second(w.Book.Feed(ctx, w.Other.Caller(), booktest.Centre, 0, 10, 0)),
		"proof":      second(w.Book.Prove(ctx, w.Other.Caller(), booktest.Centre, 1, 1)),
		"task":       second(w.Book.Task(ctx, w.Other.Caller(), task.OpID)),
		"register":   second(w.Book.Register(ctx, w.Other.Caller(), book.RegisterQuery{Centre: booktest.Centre, Register: "squad", Year: 2026, Limit: 1})),
		"no centre":  second(w.Book.Feed(ctx, w.Incharge.Caller(), "XYZ", 0, 10, 0)),
		"no post":    second(w.Book.Feed(ctx, w.Recruit().Caller(), booktest.Centre, 0, 10, 0)),
		"other task": second(w.Book.Task(ctx, w.Second.Caller(), task.OpID)),
		"nobody":     second(w.Book.Feed(ctx, staff.Caller{}, booktest.Centre, 0, 10, 0)),
	} {
		if !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"tasks": third(w.Book.Tasks(ctx, w.Other.Caller(), book.TaskQuery{Centre: booktest.Centre, Limit: 1})),
		"held":  third(w.Book.Held(ctx, w.Other.Caller(), booktest.Centre, nil, 1)),
	} {
		if !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Book.Feed(ctx, w.Incharge.Caller(), booktest.Centre, 1_000_000, 10, 0); !isCode(err, contract.CodeBadCursor) {
		t.Errorf("a cursor beyond the end: %v", err)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

func TestTheCursorMovesOverWhatAnOfficerMayNotSee(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	own := w.Second.Enter("visit.record", w.Visit())
	for range 3 {
		var items []contract.Item
		for range 40 {
			items = append(items, w.Beat.Item("visit.record", w.Visit()))
		}
		w.Beat.Send(items...)
	}
	size := bookSize(t, w)
	page, err := w.Book.Feed(context.Background(), w.Second.Caller(), booktest.Centre, own.Seq, 10, 0)
	if err != nil || len(page.Lines) != 0 || page.Next != size || page.More {
		t.Errorf("%v: %d lines, next %d of %d, more %v", err, len(page.Lines), page.Next, size, page.More)
	}
	last := w.Second.Enter("visit.record", w.Visit())
	lines, _ := follow(t, w.Book, w.Second, booktest.Centre, page.Next, 10)
	if len(lines) != 1 || lines[0].OpID != last.OpID {
		t.Errorf("after the cursor: %v", lines)
	}
}

func TestAFeedFollowedWhileManyAppendMissesNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	other := w.Process(nil)
	start := bookSize(t, w)
	const senders, batches, each = 6, 10, 5
	var writing sync.WaitGroup
	var stop atomic.Bool
	for i := range senders {
		o := w.Enlist(booktest.Centre, staff.BeatOfficer)
		if i%2 == 1 {
			o = o.Via(other)
		}
		writing.Go(func() {
			for range batches {
				var items []contract.Item
				for range each {
					items = append(items, o.Item("visit.record", w.Visit()))
				}
				if _, err := o.TrySend(items...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var reading sync.WaitGroup
	for _, limit := range []int{1, 7, 100} {
		reading.Go(func() {
			var seqs []int64
			after := start
			for {
				last := stop.Load()
				var lines []feedLine
				lines, after = follow(t, other, w.Incharge, booktest.Centre, after, limit)
				for _, l := range lines {
					seqs = append(seqs, l.Seq)
				}
				if last {
					break
				}
			}
			if err := gapless(seqs, start+1); err != nil {
				t.Errorf("pages of %d: %v", limit, err)
			}
			if want := int(bookSize(t, w) - start); len(seqs) != want {
				t.Errorf("pages of %d: %d lines of %d", limit, len(seqs), want)
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	reading.Wait()
}

// gapless checks that numbers run from first on without a gap or a repeat.
func gapless(seqs []int64, first int64) error {
	for i, s := range seqs {
		if s != first+int64(i) {
			return fmt.Errorf("%d stands where %d should", s, first+int64(i))
		}
	}
	return nil
}

func TestTheFeedNeverHoldsASealedValue(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	w.Leader.Enter("squad.person", w.Person())
	page, err := w.Book.Feed(context.Background(), w.Incharge.Caller(), booktest.Centre, 0, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := string(page.Lines)
	for _, canary := range []string{"रमेश", "9876543210", "kendra:seal"} {
		if strings.Contains(all, canary) {
			t.Errorf("the feed holds %q", canary)
		}
	}
	if !strings.Contains(all, `"sealed":["/body/facts"`) && !strings.Contains(all, `/body/facts`) {
		t.Error("the feed does not say what is sealed")
	}
}
