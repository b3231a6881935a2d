package book_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// everything puts a line of each sort into the book of Karwi: corrections,
// held ops, forced ones, tasks on all rungs.
func everything(t *testing.T, w *booktest.World) {
	t.Helper()
	duty := w.Beat.Enter("duty.start", contract.DutyStart{})
	visit := w.Beat.Enter("visit.record", w.Visit(), booktest.At(25.218, 80.923, 12))
	fixed := w.Visit()
	fixed.Women = 3
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: visit.OpID, Reason: "संख्या गलत", Visit: &fixed})
	w.Beat.Enter("note.add", contract.NoteAdd{SubjectID: visit.OpID, Text: "बाद में सूचना मिली"})
	late, forced := w.Leader.Item("squad.person", w.Person()), w.Person()
	forced.SeenAt = contract.At(w.Now().Add(-48 * time.Hour))
	held := w.Leader.Send(late, w.Leader.Item("squad.person", forced))
	w.OnDuty(w.Leader)
	w.SHO.Enter("squad.brief", w.Brief())
	w.Incharge.Enter("held.enter", contract.HeldEnter{HeldID: held[1].OpID, Reason: "ब्रीफिंग मौखिक"})
	w.Leader.Enter("squad.round", w.Round())
	send(w, w.Second, "urgent")
	done := send(w, w.Beat, "soon").OpID
	w.Pass(3 * time.Minute)
	tick(t, w)
	for kind, body := range orderedSteps(done, nil) {
		w.Beat.Enter(kind, body)
	}
	w.Pass(time.Hour)
	tick(t, w)
	w.Beat.Enter("duty.end", contract.DutyEnd{StartID: duty.OpID})
	w.Incharge.Enter("post.leave", contract.PostLeave{PostID: w.Second.Posts[0].PostID, Reason: "transfer"})
}

func TestRebuildCountsTheRowsThatDifferAndReplacePutsThemRight(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	everything(t, w)
	ctx := context.Background()
	for _, s := range []string{
		`UPDATE posts SET role = 'sho' WHERE centre = 'KRW' AND role = 'beat_officer'`,
		`UPDATE serials SET last = last + 1 WHERE centre = 'KRW' AND register = 'squad'`,
		`DELETE FROM lines WHERE centre = 'KRW' AND register = 'women_beat' AND serial = 1`,
		`UPDATE duties SET ended_at = NULL WHERE centre = 'KRW'`,
		`UPDATE briefings SET members = '{}' WHERE centre = 'KRW'`,
		`UPDATE tasks SET state = 'done', steps = '[]' WHERE centre = 'KRW' AND state = 'passed' OR rung > 0`,
		`INSERT INTO traces SELECT district_id, centre, gen_random_uuid(), lat, lon, accuracy_m, at, repeats, since FROM traces WHERE centre = 'KRW'`,
	} {
		w.Order(s)
	}
	want := map[string]int64{"posts": 4, "serials": 2, "lines": 1, "duties": 2, "briefings": 2, "tasks": 2, "traces": 1}
	r, err := w.Book.Rebuild(ctx, booktest.District, booktest.Centre, false)
	if err != nil || !maps.Equal(r.Differs, want) {
		t.Errorf("compared only: %v, %v, want %v", err, r, want)
	}
	r, err = w.Book.Rebuild(ctx, booktest.District, booktest.Centre, true)
	if err != nil || !maps.Equal(r.Differs, want) || r.Entries != bookSize(t, w) {
		t.Fatalf("replaced: %v, %+v", err, r)
	}
	if r, err = w.Book.Rebuild(ctx, booktest.District, booktest.Centre, false); err != nil || !r.Equal() {
		t.Errorf("after it was put right: %v, %+v", err, r)
	}
	if e := w.Beat.Enter("visit.record", w.Visit()); e.Lines[0].Serial != 3 {
		t.Errorf("the next line is %s", e.Lines[0].No)
	}
}

func TestRebuildFoldsABookOfMoreThanOneChunkWithCorrectionsAcrossThem(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	everything(t, w)
	first := w.Beat.Enter("visit.record", w.Visit())
	task := send(w, w.Beat, "routine")
	for range 6 {
		var items []contract.Item
		for range 100 {
			items = append(items, w.Beat.Item("visit.record", w.Visit(), booktest.At(25.21, 80.92, 10)))
		}
		w.Beat.Send(items...)
	}
	strike := true
	w.Beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: first.OpID, Reason: "यह भ्रमण नहीं हुआ", Strike: &strike})
	w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: task.OpID})
	r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, true)
	if err != nil || !r.Equal() || r.Entries < 600 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestADutyForgottenForMonthsEndsWithTheNextOne(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(60 * 24 * time.Hour)
	w.Beat.SignIn()
	e := w.Beat.Enter("duty.start", contract.DutyStart{})
	if !hasFlag(e, "duty_unended") {
		t.Errorf("flags %v", e.Flags)
	}
	if n := count(t, w, `SELECT count(*) FROM duties WHERE ended_at IS NULL`); n != 1 {
		t.Errorf("%d duties are open", n)
	}
}

func TestARebuildThatComparesHoldsUpNoAppend(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	everything(t, w)
	release := w.Lock(booktest.Centre)
	defer release()
	r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, false)
	if err != nil || !r.Equal() {
		t.Errorf("%v %+v", err, r)
	}
	if v, err := w.Process(nil).VerifyBook(context.Background(), booktest.District, booktest.Centre); err != nil || !v.OK() {
		t.Errorf("%v %+v", err, v)
	}
}
