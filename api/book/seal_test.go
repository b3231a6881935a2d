package book_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// keysOf lists the classes of the keys of a case.
func keysOf(t *testing.T, w *booktest.World, id uuid.UUID) string {
	t.Helper()
	var classes string
	err := w.Superuser().QueryRow(context.Background(),
		`SELECT coalesce(string_agg(class, '' ORDER BY class), '') FROM case_keys WHERE case_id = $1 AND wrapped <> ''`, id).Scan(&classes)
	if err != nil {
		t.Fatal(err)
	}
	return classes
}

// unsealed opens a stored op with the keys of its case.
func unsealed(t *testing.T, w *booktest.World, e *book.Entry) []byte {
	t.Helper()
	ctx := context.Background()
	var text []byte
	wrapped := map[uuid.UUID][]seal.Wrapped{}
	err := pgx.BeginFunc(ctx, w.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL app.district_id = '7'"); err != nil {
			return err
		}
		p := &pgx.Batch{}
		seal.QueueLoadKeys(p, booktest.District, []uuid.UUID{e.CaseID}, wrapped)
		if err := tx.SendBatch(ctx, p).Close(); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT sealed FROM entries WHERE district_id = 7 AND centre = $1 AND seq = $2`, e.Centre, e.Seq).Scan(&text)
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := seal.Keys{}
	for _, k := range wrapped[e.CaseID] {
		key, err := w.Keys.Unwrap(booktest.District, k)
		if err != nil {
			t.Fatal(err)
		}
		keys[k.Class] = key
	}
	_, report, err := contract.DecodeSealedOp(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := seal.UnsealDoc(text, report.Sealed, &report.Salt, keys, seal.Where{District: booktest.District, Centre: e.Centre, OpID: e.OpID})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestACaseHasOneKeyForEachClassAndNotesAreSealedUnderIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	p := w.Person()
	she := "सुनीता देवी"
	p.ComplainantID = &she
	person := w.Leader.Enter("squad.person", p)
	plain := w.Beat.Enter("visit.record", w.Visit())
	if got := keysOf(t, w, person.OpID); got != "VX" {
		t.Errorf("the person entry has keys %q", got)
	}
	if got := keysOf(t, w, plain.OpID); got != "" {
		t.Errorf("a visit that seals nothing has keys %q", got)
	}
	for range 3 {
		note := w.Incharge.Enter("note.add", contract.NoteAdd{SubjectID: person.OpID, Text: "परिजन आज आये थे"})
		if note.CaseID != person.OpID || keysOf(t, w, note.OpID) != "" {
			t.Errorf("the note is of case %s with keys %q of its own", note.CaseID, keysOf(t, w, note.OpID))
		}
	}
	first := w.Beat.Enter("note.add", contract.NoteAdd{SubjectID: plain.OpID, Text: "बाद की सूचना"})
	if first.CaseID != plain.OpID || keysOf(t, w, plain.OpID) != "V" {
		t.Errorf("a note makes the key of its subject: %q", keysOf(t, w, plain.OpID))
	}
	if n := count(t, w, `SELECT count(*) FROM case_keys`); n != 3 {
		t.Errorf("%d keys in all", n)
	}
	task := send(w, w.Beat, "soon")
	w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: task.OpID})
	said := "वह घर पर नहीं मिली"
	if e := w.Beat.Enter("task.done", contract.TaskDone{TaskID: task.OpID, Result: "not_found", Note: &said}); e.CaseID != task.OpID ||
		keysOf(t, w, task.OpID) != "V" {
		t.Errorf("the note of a task is of case %s, which has keys %q", e.CaseID, keysOf(t, w, task.OpID))
	}
}

func TestUnsealingRestoresTheVeryBytesThatWereSigned(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	p := w.Person()
	she := "सुनीता"
	p.ComplainantID = &she
	items := []contract.Item{w.Leader.Item("squad.person", p), w.Leader.Item("squad.person", w.Person())}
	items = append(items, w.Leader.Sign(escaped(w.Leader.Item("squad.person", p).Raw)))
	for i, r := range w.Leader.Send(items...) {
		if raw := unsealed(t, w, r.Entry); !bytes.Equal(raw, items[i].Raw) || contract.HashOp(raw) != r.Entry.OpHash {
			t.Errorf("op %d comes back as %s", i, raw)
		}
	}
}

func TestAHeldOpIsSealedAgainUnderItsCaseWhenItEnters(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := w.Leader.Item("squad.person", w.Person())
	held := w.Leader.Send(item)[0]
	if got := keysOf(t, w, held.OpID); got != "H" {
		t.Errorf("while it waits it has keys %q", got)
	}
	for _, canary := range []string{"रमेश", "9876543210", "seen_following"} {
		if bytes.Contains(heldText(t, w), []byte(canary)) {
			t.Errorf("the op that waits shows %q", canary)
		}
	}
	w.OnDuty(w.Leader)
	w.SHO.Enter("squad.brief", w.Brief())
	e := w.Leader.Send(item)[0].Entry
	if got := keysOf(t, w, held.OpID); got != "X" {
		t.Errorf("when it has entered it has keys %q", got)
	}
	if raw := unsealed(t, w, e); !bytes.Equal(raw, item.Raw) {
		t.Errorf("it comes back as %s", raw)
	}
}

func heldText(t *testing.T, w *booktest.World) []byte {
	t.Helper()
	var text []byte
	if err := w.Superuser().QueryRow(context.Background(), `SELECT sealed FROM held`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestShreddingACaseLeavesTheBookWhole(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.GoOut()
	shredded := w.Leader.Enter("squad.person", w.Person())
	kept := w.Leader.Enter("squad.person", w.Person())
	w.Incharge.Enter("note.add", contract.NoteAdd{SubjectID: shredded.OpID, Text: "परिजन आये"})
	w.SQL(`DELETE FROM case_keys WHERE district_id = $1 AND case_id = $2`, []any{booktest.District, shredded.OpID})
	v, err := w.Book.VerifyBook(context.Background(), booktest.District, booktest.Centre)
	if err != nil || !v.OK() {
		t.Errorf("verify: %v, %+v", err, v)
	}
	r, err := w.Book.Rebuild(context.Background(), booktest.District, booktest.Centre, false)
	if err != nil || !r.Equal() {
		t.Errorf("rebuild: %v, %+v", err, r)
	}
	if raw := unsealed(t, w, kept); !bytes.Contains(raw, []byte("रमेश")) {
		t.Errorf("another case: %s", raw)
	}
	lines, _ := follow(t, w.Book, w.Incharge, booktest.Centre, 0, 100)
	if err := gapless(seqsOf(lines), 1); err != nil {
		t.Error(err)
	}
}

func seqsOf(lines []feedLine) []int64 {
	out := make([]int64, len(lines))
	for i, l := range lines {
		out[i] = l.Seq
	}
	return out
}
