package book_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func (b *badWorld) hold(id uuid.UUID) contract.HoldSet { return holdOn(id) }

func (b *badWorld) witness(t testing.TB) contract.WitnessAsk { return nextWitness(t, b.World) }

func holdOn(id uuid.UUID) contract.HoldSet {
	return contract.HoldSet{SubjectID: id, Reason: "court", Basis: "आदेश 41/2026"}
}

// nextWitness is a new checkpoint key that the world's key has signed.
func nextWitness(t testing.TB, w *booktest.World) contract.WitnessAsk {
	t.Helper()
	_, vkey, err := note.GenerateKey(rand.Reader, "kendra")
	if err != nil {
		t.Fatal(err)
	}
	proof, err := book.WitnessProof(w.Witness.Skey, w.Witness.Vkey, vkey)
	if err != nil {
		t.Fatal(err)
	}
	return contract.WitnessAsk{Vkey: vkey, Proof: proof}
}

var atHQ = booktest.With("centre", book.HQ)

// months lets whole months pass (of thirty-one days) and signs the officers in
// again, whose sessions have ended.
func months(w *booktest.World, n int, who ...*booktest.Officer) {
	w.Pass(time.Duration(n) * 31 * day)
	for _, o := range who {
		o.SignIn()
	}
}

// closed is a complaint that was closed.
func closed(w *booktest.World, change ...func(*contract.ComplaintOpen)) uuid.UUID {
	id := w.Beat.Enter("complaint.open", complaintOf(w, append(change, registered, unsafeToCall)...)).OpID
	w.SHO.Enter("complaint.dispose", dispose(id))
	w.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: id, CloseReason: "not_reachable"})
	return id
}

// liveKeys counts the keys of a case that are there.
func liveKeys(t *testing.T, w *booktest.World, id uuid.UUID) int64 {
	t.Helper()
	return count(t, w, `SELECT count(*) FROM case_keys WHERE wrapped <> '' AND case_id = '`+id.String()+`'`)
}

func changeRule(w *booktest.World, second *booktest.Officer, rule string, months, days int) {
	ask := w.SP.Enter("retention.ask", contract.RetentionAsk{Rule: rule, Months: months, Days: days, Basis: "आदेश"}, atHQ)
	second.Enter("retention.allow", contract.RetentionAllow{AskID: ask.OpID, Allowed: true}, atHQ)
	if err := w.Book.LoadRules(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

func TestARetentionRuleIsAskedByOneAndAllowedByAnother(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	second := w.Enlist(book.HQ, staff.AddlSP)
	id := closed(w)
	ask := w.SP.Enter("retention.ask", contract.RetentionAsk{Rule: "identity", Months: 1, Basis: "आदेश"}, atHQ)
	months(w, 2, w.SP, second)
	tick(t, w)
	if liveKeys(t, w, id) == 0 {
		t.Fatal("shredded by a rule that one person asked for")
	}
	if r := w.SP.Do("retention.allow", contract.RetentionAllow{AskID: ask.OpID, Allowed: true}, atHQ); refusedBy(r) != contract.CodeOwnAct {
		t.Errorf("who asked allows it: %+v", r)
	}
	v, err := w.Book.Retention(t.Context(), second.Caller(), nil)
	if err != nil || len(v.Asks) != 1 || v.Asks[0].WouldGo != 1 || v.Asks[0].AskedBy != w.SP.ID {
		t.Fatalf("the second person sees %+v, %v", v, err)
	}
	if _, err := w.Book.Retention(t.Context(), w.SHO.Caller(), nil); !isCode(err, contract.CodeForbidden) {
		t.Errorf("the head of a station: %v", err)
	}
	second.Enter("retention.allow", contract.RetentionAllow{AskID: ask.OpID, Allowed: true}, atHQ)
	if r := second.Do("retention.allow", contract.RetentionAllow{AskID: ask.OpID, Allowed: true}, atHQ); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("allowed twice: %+v", r)
	}
	if err := w.Book.LoadRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	tick(t, w)
	if n := liveKeys(t, w, id); n != 0 {
		t.Errorf("%d keys are left of what is due by a rule that two allowed", n)
	}
}

func TestARuleThatWasDeclinedChangesNothing(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	second := w.Enlist(book.HQ, staff.AddlSP)
	id := closed(w)
	ask := w.SP.Enter("retention.ask", contract.RetentionAsk{Rule: "identity", Months: 1, Basis: "आदेश"}, atHQ)
	second.Enter("retention.allow", contract.RetentionAllow{AskID: ask.OpID}, atHQ)
	months(w, 2)
	if err := w.Book.LoadRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	tick(t, w)
	if liveKeys(t, w, id) == 0 {
		t.Error("shredded")
	}
}
