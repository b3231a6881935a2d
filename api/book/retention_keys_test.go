package book_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/seal"
	"kendra/api/staff"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
)

func TestACopyOfBeforeTheShreddingOpensNothingByTheKeysOfToday(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	shorter(w)
	gone, open := closed(w, withNumbers), w.Beat.Enter("complaint.open", complaintOf(w, registered, withNumbers)).OpID
	copied := keyRows(t, w) // as a backup of the database has them
	months(w, 3, w.SHO)
	tick(t, w)
	old := w.Keys.Primary()
	if err := w.Keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	done, older, err := w.Book.Rewrap(t.Context())
	if err != nil || done == 0 || len(older) != 0 {
		t.Fatalf("%d wrapped again, older ones left: %v, %v", done, older, err)
	}
	wrapped := keyRows(t, w) // a backup of after
	if err := w.Keys.Destroy(old); err != nil {
		t.Fatal(err)
	}
	today, err := seal.Open(w.KeyPath)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(rows []seal.Wrapped, id uuid.UUID) (n int) {
		for _, r := range rows {
			if _, err := today.Unwrap(booktest.District, r); r.CaseID == id && err == nil {
				n++
			}
		}
		return n
	}
	if n := opens(copied, gone) + opens(wrapped, gone); n != 0 {
		t.Errorf("%d keys of the shredded case open", n)
	}
	if n := opens(copied, open); n != 0 {
		t.Errorf("the copy of before opens %d keys by the file of today", n)
	}
	if n := opens(wrapped, open); n != 2 {
		t.Errorf("of the case that is open %d keys of 2 open", n)
	}
	months(w, 0, w.SHO)
	reads(t, w, w.SHO, open, "/body/complainant_name")
	// The copy put back into the database of today opens nothing either.
	w.SQL(`UPDATE case_keys SET wrapped = $3, kek = $4 WHERE district_id = $1 AND case_id = $2 AND class = 'V'`,
		[]any{booktest.District, gone, copied[0].Bytes, old})
	if u, err := unseal(w.SHO, w, w.SHO.Item("identity.read", wish(gone, "/body/complainant_name"))); err == nil && len(u.Fields) > 0 {
		t.Error("a key that was put back opens the shredded case")
	}
	w.SQL(`UPDATE case_keys SET wrapped = '', kek = '' WHERE district_id = $1 AND case_id = $2`, []any{booktest.District, gone})
}

// keyRows are all keys of cases as they stand in the database.
func keyRows(t *testing.T, w *booktest.World) []seal.Wrapped {
	t.Helper()
	rows, err := dbtest.Pool(t, w.DB.URL).Query(t.Context(), `SELECT case_id, class, wrapped, kek FROM case_keys WHERE wrapped <> '' ORDER BY made_at, class`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w seal.Wrapped, err error) {
		var class string
		err = row.Scan(&w.CaseID, &class, &w.Bytes, &w.KEK)
		w.Class = class[0]
		return w, err
	})
	if err != nil || len(list) == 0 {
		t.Fatal(err, len(list))
	}
	return list
}

func TestACheckpointKeyIsFollowedWhenTwoPersonsAllowIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	second := w.Enlist(book.HQ, staff.AddlSP)
	body := nextWitness(t, w)
	allowed := func() bool {
		ok, err := w.Book.WitnessAllowed(t.Context(), body.Vkey)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	forged := body
	other, vkey, err := note.GenerateKey(rand.Reader, "kendra")
	if err != nil {
		t.Fatal(err)
	}
	if forged.Proof, err = book.WitnessProof(other, vkey, body.Vkey); err != nil {
		t.Fatal(err)
	}
	if r := w.SP.Do("witness.ask", forged, atHQ); refusedBy(r) != contract.CodeWrongReference {
		t.Errorf("a key that another key than ours has signed: %+v", r)
	}
	if forged.Proof, err = book.WitnessProof(other, w.Witness.Vkey, body.Vkey); err != nil {
		t.Fatal(err)
	}
	if r := w.SP.Do("witness.ask", forged, atHQ); refusedBy(r) != contract.CodeWrongReference {
		t.Errorf("a key that another key has signed in the name of ours: %+v", r)
	}
	ask := w.SP.Enter("witness.ask", body, atHQ)
	if r := w.SP.Do("witness.allow", contract.WitnessAllow{AskID: ask.OpID}, atHQ); refusedBy(r) != contract.CodeOwnAct || allowed() {
		t.Errorf("who asked allows it: %+v", r)
	}
	second.Enter("witness.allow", contract.WitnessAllow{AskID: ask.OpID}, atHQ)
	if !allowed() {
		t.Error("two persons allowed it")
	}
	if old, next, err := book.OpenWitnessProof(body.Proof); err != nil || old != w.Witness.Vkey || next != body.Vkey {
		t.Errorf("the line leads from %s to %s: %v", old, next, err)
	}
}

func TestNumbersAreFoundWhileTheyAreHashedAgain(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	card := c.Person()
	c.GoOut()
	c.Leader.Enter("squad.person", card)
	first, second := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	copy(first, "thirty-two bytes to test blinding")
	finds := func(when string) {
		t.Helper()
		c.Pass(time.Hour)
		found, err := c.Book.SearchPhone(t.Context(), c.Incharge.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{
			c.Incharge.Item("phone.search", contract.PhoneSearch{Phone: *c.intakeOf(withNumbers).Mobile, Reason: "call_back"}),
		}})
		if err != nil || len(found.Cases) == 0 {
			t.Errorf("%s: %+v, %v", when, found, err)
		}
	}
	use := func(keys ...[]byte) {
		t.Helper()
		if err := c.Book.Blind.Use(keys...); err != nil {
			t.Fatal(err)
		}
	}
	finds("before")
	use(first, second)
	finds("when the new key is known")
	use(second, first)
	finds("when the new key writes")
	before := count(t, c.World, `SELECT count(*) FROM case_marks`)
	for n := 1; n > 0; {
		r, err := c.Book.Rehash(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		n = r.Done
		finds("while they are hashed again")
		if n == 0 && !r.Over() {
			t.Errorf("left behind: %+v", r)
		}
	}
	use(second)
	if err := c.Book.ForgetOther(t.Context()); err != nil {
		t.Fatal(err)
	}
	finds("when the old key is gone")
	if n := count(t, c.World, `SELECT count(*) FROM case_marks WHERE hashed_by = '`+seal.BlindID(second)+`' AND other_hash IS NULL`); n != before || n < 4 {
		t.Errorf("%d marks of %d are by the new key", n, before)
	}
}

func (c *care) intakeOf(change func(*contract.ComplaintOpen)) contract.ComplaintOpen {
	b := c.intake()
	change(&b)
	return b
}

func TestAnOfficersOwnNumberIsKnownWhileKeysOfHashesChange(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	first, second := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	copy(first, "thirty-two bytes to test blinding")
	b := c.intake()
	withNumbers(&b)
	c.hasNumber(c.Second, *b.Mobile) // by the first key
	if err := c.Book.Blind.Use(second, first); err != nil {
		t.Fatal(err)
	}
	id := c.Second.Enter("complaint.open", b).OpID // by the second
	mayNot(t, c.World, c.Second, contract.CodeConflictOfInterest, "/body/subject_id", id, "/body/complainant_name")
	// So is a number that stands in an earlier complaint, which is by the first key.
	third := bytes.Repeat([]byte{3}, 32)
	if err := c.Book.Blind.Use(third, second); err != nil {
		t.Fatal(err)
	}
	if e := c.Second.Enter("complaint.open", b); e.Facts["earlier"] != "1" {
		t.Errorf("an earlier complaint is not found: %v", e.Facts)
	}
	if err := c.Book.Blind.Use(second, first); err != nil {
		t.Fatal(err)
	}
	item := c.Second.Item("phone.search", contract.PhoneSearch{Phone: *b.Mobile, Reason: "call_back"})
	if r, err := c.Book.SearchPhone(t.Context(), c.Second.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{item}}); err != nil || r.Receipt.Outcome == book.Entered {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := c.Book.Rehash(t.Context(), 10); err != nil || r.Over() {
		t.Errorf("over though an officer's number is by the old key: %+v, %v", r, err)
	}
}
