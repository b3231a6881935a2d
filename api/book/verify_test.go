package book_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// filled is a world whose book has entries of many sorts, more than 256, and
// the numbers of three that the faults are planted in.
func filled(t *testing.T) (w *booktest.World, plain, sealed, last int64) {
	t.Helper()
	w = booktest.New(t)
	w.GoOut()
	plain = w.Beat.Enter("visit.record", w.Visit(), booktest.At(25.218, 80.923, 12)).Seq
	for range 6 {
		var items []contract.Item
		for range 50 {
			items = append(items, w.Beat.Item("visit.record", w.Visit()))
		}
		w.Beat.Send(items...)
	}
	sealed = w.Leader.Enter("squad.person", w.Person()).Seq
	task := w.Dispatcher.Enter("task.send", w.Task(w.Beat))
	last = w.Beat.Enter("task.accept", contract.TaskAccept{TaskID: task.OpID}).Seq
	return w, plain, sealed, last
}

// planted changes the book in a transaction of the superuser, verifies it
// there, and takes the change back. No key is at hand: Verify asks for none.
func planted(t *testing.T, conn *pgx.Conn, fault func(tx pgx.Tx) error) *book.Verified {
	t.Helper()
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if err := fault(tx); err != nil {
		t.Fatal(err)
	}
	v, err := book.Verify(ctx, tx, booktest.District, booktest.Centre)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// statements is a fault made of statements about one entry, $1.
func statements(seq int64, list ...string) func(tx pgx.Tx) error {
	return func(tx pgx.Tx) error {
		for _, s := range list {
			s = strings.ReplaceAll(s, "@book", "district_id = 7 AND centre = 'KRW'")
			tag, err := tx.Exec(context.Background(), strings.ReplaceAll(s, "$1", fmt.Sprint(seq)))
			if err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			if tag.RowsAffected() == 0 {
				return fmt.Errorf("%s: changed nothing", s)
			}
		}
		return nil
	}
}

func TestVerifyNamesTheFirstEntryThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	w, plain, sealed, last := filled(t)
	conn := w.Superuser()
	if v := planted(t, conn, func(pgx.Tx) error { return nil }); !v.OK() || v.Size != last || v.Signatures < 300 {
		t.Fatalf("untouched: %+v", v)
	}
	allColumns := `district_id, centre, seq, op_id, kind, case_id, officer_id, post_id, role, device_id, session_id, device_seq,
		device_at, at, received_at, rules_seq, seen_by, guarded, cells, facts, flags, lines, op_hash, sig, sealed, leaf_hash, wire`
	shifted := strings.Replace(allColumns, "seq,", "seq + 1,", 1)
	faults := map[string]struct {
		want int64
		do   func(tx pgx.Tx) error
	}{
		"an entry dropped":      {plain, statements(plain, `DELETE FROM entries WHERE @book AND seq = $1`)},
		"the last one dropped":  {last, statements(last, `DELETE FROM entries WHERE @book AND seq = $1`)},
		"an entry out of place": {plain, statements(plain, `UPDATE entries SET seq = seq + 100000 WHERE @book AND seq = $1`)},
		"a copy at the end": {last + 1, statements(plain, `INSERT INTO entries (`+allColumns+`) SELECT `+
			strings.Replace(allColumns, "seq,", fmt.Sprintf("%d,", last+1), 1)+` FROM entries WHERE @book AND seq = $1`)},
		"a copy in between": {plain + 1, statements(plain,
			`UPDATE entries SET seq = seq + 100000 WHERE @book AND seq > $1`,
			`UPDATE entries SET seq = seq - 99999 WHERE @book AND seq > 100000`,
			`INSERT INTO entries (`+allColumns+`) SELECT `+shifted+` FROM entries WHERE @book AND seq = $1`)},
		"two swapped": {plain, statements(plain,
			`UPDATE entries SET seq = seq + 100000 WHERE @book AND seq IN ($1, $1 + 1)`,
			`UPDATE entries SET seq = CASE seq - 100000 WHEN $1 THEN $1 + 1 ELSE $1 END WHERE @book AND seq > 100000`)},
		"two swapped, known so": {plain, statements(plain,
			`UPDATE entries SET seq = seq + 100000 WHERE @book AND seq IN ($1, $1 + 1)`,
			`UPDATE entries SET seq = CASE seq - 100000 WHEN $1 THEN $1 + 1 ELSE $1 END WHERE @book AND seq > 100000`,
			`UPDATE ops o SET seq = e.seq FROM entries e WHERE e.op_id = o.op_id AND e.seq IN ($1, $1 + 1)`)},
		"facts that are no JSON":     {plain, statements(plain, `UPDATE entries SET facts = '{' WHERE @book AND seq = $1`)},
		"facts of a sealed one":      {sealed, statements(sealed, `UPDATE entries SET facts = replace(facts, 'false', 'true') WHERE @book AND seq = $1`)},
		"an op known by other bytes": {plain, statements(plain, `UPDATE ops SET op_hash = sha256(op_hash) WHERE @book AND seq = $1`)},
		"an op known as held":        {plain, statements(plain, `UPDATE ops SET seq = 0 WHERE @book AND seq = $1`)},
		"an op known elsewhere":      {plain, statements(plain, `UPDATE ops SET centre = 'RJP' WHERE @book AND seq = $1`)},
		"an op not known":            {plain, statements(plain, `DELETE FROM ops WHERE @book AND seq = $1`)},
		"an op known beside another": {plain, statements(plain, `INSERT INTO ops SELECT district_id, gen_random_uuid(), centre, seq, op_hash FROM ops WHERE @book AND seq = $1`)},
		"a head that counts more":    {last + 1, statements(0, `UPDATE heads SET size = size + 1 WHERE @book`)},
		"a head that counts less":    {last, statements(0, `UPDATE heads SET size = size - 1 WHERE @book`)},
		"a head with another root":   {last, statements(0, `UPDATE heads SET root = sha256(root) WHERE @book`)},
		"a head with another frontier": {last, statements(0,
			`UPDATE heads SET frontier = set_byte(frontier, 3, 255 - get_byte(frontier, 3)) WHERE @book`)},
		"no head":           {1, statements(0, `DELETE FROM heads WHERE @book`)},
		"a subtree removed": {256, statements(0, `DELETE FROM tiles WHERE @book`)},
		"a subtree changed": {256, statements(0, `UPDATE tiles SET hash = sha256(hash) WHERE @book`)},
		"a subtree too many": {512, statements(0,
			`INSERT INTO tiles SELECT district_id, centre, level, 1, hash FROM tiles WHERE @book`)},
		"another key of the session": {plain, func(tx pgx.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE sessions SET public_key = (SELECT public_key FROM sessions WHERE session_id = $2)
				WHERE session_id = $1`, w.Beat.Session, w.Second.Session)
			return err
		}},
	}
	for name, f := range faults {
		if v := planted(t, conn, f.do); v.OK() || v.FirstBad != f.want {
			t.Errorf("%s: named %d (%s), want %d", name, v.FirstBad, v.Why, f.want)
		}
	}
	t.Logf("%d faults planted and named", len(faults))
}

// TestVerifyNoticesAChangeInEveryColumn plants a change of each column there
// is, so that one added later can't be forgotten.
func TestVerifyNoticesAChangeInEveryColumn(t *testing.T) {
	t.Parallel()
	w, plain, sealed, _ := filled(t)
	conn := w.Superuser()
	rows, err := conn.Query(context.Background(), `SELECT column_name::text, udt_name::text FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = 'entries' AND column_name NOT IN ('district_id', 'centre')`)
	if err != nil {
		t.Fatal(err)
	}
	type column struct{ Name, Type string }
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil || len(columns) != 25 {
		t.Fatal(err, len(columns))
	}
	changes := map[string]string{
		"int8": "% + 1000", "uuid": "gen_random_uuid()", "timestamptz": "% + interval '1 second'", "bool": "NOT %",
		"_uuid": "% || gen_random_uuid()", "_int8": "% || 5::bigint", "text": "% || 'x'",
		"bytea": "set_byte(%, length(%) / 2, (get_byte(%, length(%) / 2) + 1) % 256)",
	}
	byName := map[string]string{
		"facts": `'{"x":1}'`, "flags": `'[{"code":"mock","value":1}]'`,
		"lines": `'[{"register":"squad","year":2026,"serial":900,"no":"KRW/SQ/2026/00900"}]'`,
	}
	for _, seq := range []int64{plain, sealed} {
		for _, c := range columns {
			change := strings.ReplaceAll(strings.ReplaceAll(changes[c.Type], "% 256", "# 256"), "%", c.Name)
			change = strings.ReplaceAll(change, "# 256", "% 256")
			if byName[c.Name] != "" {
				change = byName[c.Name]
			}
			v := planted(t, conn, statements(seq, `UPDATE entries SET `+c.Name+` = `+change+` WHERE @book AND seq = $1`))
			if v.FirstBad != seq {
				t.Errorf("%s of %d: named %d (%s)", c.Name, seq, v.FirstBad, v.Why)
			}
		}
	}
}

func TestVerifyFindsAForgeryThatAgreesWithItself(t *testing.T) {
	t.Parallel()
	w, plain, sealed, _ := filled(t)
	conn := w.Superuser()
	forge := func(seq int64, change func(e *book.Entry)) func(tx pgx.Tx) error {
		return func(tx pgx.Tx) error {
			return book.Forge(context.Background(), tx, booktest.District, booktest.Centre, seq, change)
		}
	}
	if v := planted(t, conn, forge(plain, func(*book.Entry) {})); !v.OK() {
		t.Fatalf("made anew without a change: %d %s", v.FirstBad, v.Why)
	}
	for name, f := range map[string]struct {
		seq    int64
		change func(e *book.Entry)
		why    string
	}{
		"another number of women": {plain, func(e *book.Entry) {
			e.Sealed = bytes.Replace(e.Sealed, []byte(`"women":12`), []byte(`"women":99`), 1)
		}, "signature"},
		"a signature of another entry": {sealed, func(e *book.Entry) { e.Sig = append([]byte{e.Sig[0] ^ 1}, e.Sig[1:]...) }, "signature"},
		"another op_hash":              {sealed, func(e *book.Entry) { e.OpHash[0] ^= 1 }, "signature"},
		"another officer":              {plain, func(e *book.Entry) { e.OfficerID = w.Second.ID }, "officer"},
		"said to be the clock's": {plain, func(e *book.Entry) {
			e.Role, e.Sig, e.OfficerID = "clock", []byte{}, uuid.Nil
		}, "server"},
		"said to be the registrar's": {plain, func(e *book.Entry) {
			e.Role, e.Sig, e.OfficerID = book.RoleRegistrar, []byte{}, book.ServerOfficer(book.RoleRegistrar)
		}, "server"},
	} {
		if v := planted(t, conn, forge(f.seq, f.change)); v.FirstBad != f.seq || !strings.Contains(v.Why, f.why) {
			t.Errorf("%s: named %d (%s), want %d for its %s", name, v.FirstBad, v.Why, f.seq, f.why)
		}
	}
}

func TestABookCutShortIsKnownByTheOpsItForgot(t *testing.T) {
	t.Parallel()
	w, _, _, last := filled(t)
	v := planted(t, w.Superuser(), func(tx pgx.Tx) error {
		if err := statements(last, `DELETE FROM entries WHERE @book AND seq = $1`)(tx); err != nil {
			return err
		}
		return book.Forge(context.Background(), tx, booktest.District, booktest.Centre, 1, func(*book.Entry) {})
	})
	if v.FirstBad != last {
		t.Errorf("named %d (%s), want %d", v.FirstBad, v.Why, last)
	}
}
