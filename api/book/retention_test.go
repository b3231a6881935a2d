package book_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/media/mediatest"
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

// shorter has identities kept for two months: years of a district are many clocks.
func shorter(w *booktest.World) {
	w.SP.SignIn()
	second := w.Enlist(book.HQ, staff.AddlSP)
	ask := w.SP.Enter("retention.ask", contract.RetentionAsk{Rule: "identity", Months: 2, Basis: "आदेश"}, atHQ)
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

func TestTheClockShredsWhatIsDueAndTheBookStaysProvable(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	shorter(w)
	id := closed(w, withNumbers)
	open := w.Beat.Enter("complaint.open", complaintOf(w, registered, withNumbers)).OpID
	marks := `SELECT count(*) FROM case_marks WHERE case_id = '` + id.String() + `'`
	if liveKeys(t, w, id) != 2 || count(t, w, marks) != 2 {
		t.Fatal("nothing to shred")
	}
	months(w, 1, w.SHO, w.Incharge)
	tick(t, w)
	if liveKeys(t, w, id) != 2 {
		t.Fatal("shredded before its time")
	}
	if u, err := unseal(w.SHO, w, w.SHO.Item("identity.read", wish(id, "/body/complainant_name"))); err != nil || len(u.Fields) != 1 {
		t.Fatal(err, u)
	}
	months(w, 2, w.SHO, w.Incharge)
	if n := tick(t, w); n == 0 {
		t.Error("the clock found nothing")
	}
	if n := liveKeys(t, w, id); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	if n := count(t, w, marks); n != 0 {
		t.Errorf("%d hashes and masks are left", n)
	}
	if liveKeys(t, w, open) != 2 {
		t.Error("an open complaint lost its keys")
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'key.shred' AND facts LIKE '%"shredded":true%'`); n != 1 {
		t.Errorf("%d entries say so", n)
	}
	mayNot(t, w, w.SHO, contract.CodeKeyGone, "/body/subject_id", id, "/body/complainant_name")
	if n := tick(t, w); n != 0 {
		t.Errorf("the clock does it again: %d", n)
	}
	if r := w.Incharge.Do("complaint.reopen", contract.ComplaintReopen{ComplaintID: id, Reason: "new_facts"}); r.Outcome == book.Entered {
		t.Error("reopened, though nobody knows whose it was")
	}
	if r := w.Incharge.Do("note.add", contract.NoteAdd{SubjectID: id, Text: "बाद में जोड़ा गया"}); refusedBy(r) != contract.CodeKeyGone {
		t.Errorf("sealed under a new key: %+v", r)
	}
	verifyAll(t, w)
	// An old copy of the keys is put back: folding the book again destroys them again.
	w.SQL(`UPDATE case_keys k SET wrapped = o.wrapped, kek = o.kek FROM case_keys o
		WHERE k.district_id = $1 AND o.case_id = $2 AND k.case_id = $3 AND k.class = o.class AND k.class = 'V'`, []any{booktest.District, open, id})
	if r, err := w.Book.Rebuild(t.Context(), booktest.District, booktest.Centre, false); err != nil || r.Differs["case_keys"] != 1 {
		t.Errorf("a key that was put back is not seen: %+v, %v", r, err)
	}
	if _, err := w.Book.Rebuild(t.Context(), booktest.District, booktest.Centre, true); err != nil {
		t.Error(err)
	}
	if n := liveKeys(t, w, id); n != 0 {
		t.Error("the shredding did not survive the rebuild")
	}
}

func verifyAll(t *testing.T, w *booktest.World) {
	t.Helper()
	for _, c := range []string{booktest.Centre, book.HQ} {
		if v, err := w.Book.VerifyBook(t.Context(), booktest.District, c); err != nil || !v.OK() {
			t.Errorf("verify %s: %+v, %v", c, v, err)
		}
	}
}

func TestAnOrderAnFIRAndAnObjectionStopTheShredding(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	held, plain := closed(w, withNumbers), closed(w, withNumbers)
	co := w.Enlist(book.HQ, staff.CO, func(p *contract.PostTake) { p.Circle = ptr("City") })
	shreds := func(id uuid.UUID) contract.Code { // what the clock found a moment ago
		t.Helper()
		r, err := w.Book.AppendServer(t.Context(), booktest.District, booktest.Centre, staff.Clock, []book.ServerOp{{
			Kind: "key.shred", Subject: id, Rule: "identity", At: w.Now(),
			Body: contract.KeyShred{SubjectID: id, Rule: "identity", Classes: []string{"V", "X", "N"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return refusedBy(r[0])
	}
	if shreds(plain) != contract.CodeWrongState {
		t.Error("shredded before its time")
	}
	w.SHO.Enter("hold.set", holdOn(held))
	w.GoOut()
	card := func(change func(*contract.SquadPerson)) uuid.UUID {
		p := w.Person()
		p.Outcome, p.CardNo = "warning_card", ptr("KRW-2026-0042")
		change(&p)
		return w.Leader.Enter("squad.person", p).OpID
	}
	none := func(*contract.SquadPerson) {}
	objected, due, kept, led := card(none), card(none), card(none), card(func(p *contract.SquadPerson) { p.Outcome, p.CardNo = "arrested", nil })
	w.Incharge.Enter("warning.object", contract.WarningObject{PersonID: objected, Objection: "मैं वहाँ नहीं था"})
	co.Enter("hold.set", holdOn(kept))
	if r := w.SHO.Do("hold.set", holdOn(kept)); refusedBy(r) != contract.CodeWrongState {
		t.Errorf("held twice: %+v", r)
	}
	months(w, 13, w.SHO, co, w.Incharge)
	tick(t, w)
	for name, id := range map[string]uuid.UUID{"one who objected": objected, "one whom an order keeps": kept, "one who was arrested": led} {
		if liveKeys(t, w, id) == 0 {
			t.Errorf("%s is shredded", name)
		}
	}
	if n := liveKeys(t, w, due); n != 0 {
		t.Errorf("a warning of a year ago has %d keys", n)
	}
	if r := w.SHO.Do("hold.set", holdOn(due)); refusedBy(r) != contract.CodeKeyGone {
		t.Errorf("held when it was gone: %+v", r)
	}
	if r := co.Do("hold.lift", contract.HoldLift{SubjectID: kept, Basis: "आदेश 63/2026"}); refusedBy(r) != contract.CodeOwnAct {
		t.Errorf("who set it lifts it: %+v", r)
	}
	w.SHO.Enter("hold.lift", contract.HoldLift{SubjectID: kept, Basis: "आदेश 63/2026"})
	tick(t, w)
	if n := liveKeys(t, w, kept); n != 0 {
		t.Error("kept after the order was lifted")
	}
	shorter(w)
	months(w, 3, w.SHO, co)
	tick(t, w)
	if shreds(held) != contract.CodeWrongState || liveKeys(t, w, held) == 0 {
		t.Error("a complaint that an order keeps is shredded")
	}
	if n := liveKeys(t, w, plain); n != 0 {
		t.Error("another is not")
	}
	verifyAll(t, w)
}

func TestACaseWithAnFIRIsKept(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	shorter(c.World)
	fir := c.Incharge.Enter("fir.register", c.fir(nil)).OpID
	d := dispose(c.id)
	d.Disposal, d.FIRID = "fir", &fir
	c.SHO.Enter("complaint.dispose", d)
	c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
	months(c.World, 4, c.SHO)
	tick(t, c.World)
	if liveKeys(t, c.World, c.id) == 0 {
		t.Error("a case with an FIR is shredded")
	}
}

func TestWhatIsToldInCounsellingIsShreddedBeforeWhoToldIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	said := c.session()
	said.Woman = ptr("कमला देवी")
	session := c.counsellor.Enter("counselling.session", said).OpID
	c.SHO.Enter("complaint.dispose", dispose(c.id))
	c.desk.Enter("feedback.call", c.spoke())
	c.Incharge.Enter("complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"})
	months(c.World, 13, c.SHO)
	tick(t, c.World)
	mayNot(t, c.World, c.SHO, contract.CodeKeyGone, "/body/subject_id", session, "/body/summary")
	reads(t, c.World, c.SHO, session, "/body/woman")
	reads(t, c.World, c.SHO, c.id, "/body/complainant_name")
	if got := count(t, c.World, `SELECT count(*) FROM case_keys WHERE class = 'N' AND wrapped = ''`); got != 1 {
		t.Errorf("%d keys of what was told are gone", got)
	}
}

func TestOfPositionsCellsAreLeftAndOfTracksTheDistrictsOwn(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(time.Hour)
	if stored, _, err := w.Book.Positions(t.Context(), w.Beat.Caller(), 0, walk(w.Now(), 30)); err != nil || stored == 0 {
		t.Fatal(stored, err)
	}
	forget := func(days int) (positions, tracks, named, cells int64) {
		t.Helper()
		w.Pass(time.Duration(days) * day)
		if err := w.Book.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		return count(t, w, `SELECT count(*) FROM positions`), count(t, w, `SELECT count(*) FROM tracks`),
			count(t, w, `SELECT count(DISTINCT officer_id) FROM tracks`), count(t, w, `SELECT count(*) FROM track_cells`)
	}
	if p, tr, _, c := forget(6); p == 0 || tr != 0 || c != 0 {
		t.Errorf("after six days: %d positions, %d tracks, %d cells", p, tr, c)
	}
	if p, tr, n, c := forget(3); p != 0 || tr == 0 || n != 1 || c != 0 {
		t.Errorf("after nine days: %d positions, %d tracks of %d officers, %d cells", p, tr, n, c)
	}
	if p, tr, _, c := forget(90); p != 0 || tr != 0 || c == 0 {
		t.Errorf("after ninety-nine days: %d positions, %d tracks, %d cells", p, tr, c)
	}
	if n := count(t, w, `SELECT count(*) FROM track_cells WHERE (cell >> 52) & 15 <> 7`); n != 0 {
		t.Errorf("%d cells are finer than they may be", n)
	}
}

// kept enters what the kinds of retention and of the witness name.
func (b *badWorld) kept(set func(kind, field string, id uuid.UUID)) {
	set("hold.set", "subject_id", b.complaint(registered))
	held := b.complaint(registered)
	b.byRole[staff.CO].Enter("hold.set", b.hold(held))
	set("hold.lift", "subject_id", held)
	second, hq := b.byRole[staff.AddlSP], booktest.With("centre", book.HQ)
	set("retention.allow", "ask_id", second.Enter("retention.ask", contract.RetentionAsk{Rule: "identity", Months: 24, Basis: "आदेश"}, hq).OpID)
	ask := b.Incharge.Enter("export.ask", lastWeek(b.World, "squad")).OpID
	set("export.allow", "ask_id", ask)
	set("export.read", "ask_id", ask)
	set("witness.allow", "ask_id", second.Enter("witness.ask", b.witness(b.T), hq).OpID)
}

// sealed enters what the kinds of a guarded case name.
func (b *badWorld) sealed(set func(kind, field string, id uuid.UUID)) {
	guarded := b.complaint(registered, guardedOne)
	b.ofKind["case.name"] = map[string]uuid.UUID{"subject_id": guarded, "officer_id": b.Second.ID}
	b.SHO.Enter("case.name", naming(guarded, b.Leader.ID))
	b.ofKind["case.unname"] = map[string]uuid.UUID{"subject_id": guarded, "officer_id": b.Leader.ID}
	set("glass.ask", "complaint_id", guarded)
	ask := contract.GlassAsk{ComplaintID: guarded, Reason: "medical", Text: "तत्काल चिकित्सा आवश्यक"}
	set("glass.allow", "ask_id", b.Second.Enter("glass.ask", ask).OpID)
	broken := b.Second.Enter("glass.ask", ask).OpID
	b.SHO.Enter("glass.allow", contract.GlassAllow{AskID: broken})
	set("glass.review", "ask_id", broken)
	b.parcel = bringFile(b.T, b.World, b.Incharge, b.complaint(registered), "scan", "", mediatest.JPEG(30, 30))
	b.ofKind["file.attach"] = map[string]uuid.UUID{"file_id": b.parcel.file.FileID, "subject_id": b.parcel.subject}
}

func TestRecordsOfLogInsAlarmsAndRefusedReadsGoByAgeAndByNoOtherDoor(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	// The floor of 180 days is by the clock of the database, which is not the world's.
	for i, table := range []string{
		`auth_events (district_id, event_id, at, kind, ok) SELECT 7, gen_random_uuid(), at, 'log_in', true`,
		`alarms (district_id, alarm_id, at, kind) SELECT 7, gen_random_uuid(), at, 'read_budget'`,
		`read_denials (district_id, op_id, centre, officer_id, kind, role, code, tries, at)
			SELECT 7, gen_random_uuid(), 'KRW', gen_random_uuid(), 'identity.read', 'sho', 'case_not_yours', 1, at`,
	} {
		name := [...]string{"auth_events", "alarms", "read_denials"}[i]
		w.Order(`INSERT INTO `+table+` FROM unnest(ARRAY[$1::timestamptz, $2]) AS x (at)`,
			w.Now().AddDate(0, -37, 0), w.Now().AddDate(0, -35, 0))
		if n := count(t, w, `SELECT count(*) FROM `+name); n != 2 {
			t.Fatalf("%d rows of %s", n, name)
		}
	}
	v, err := w.Book.Retention(t.Context(), w.SP.Caller(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Rules {
		if r.Code == "audit" && r.Due != 3 {
			t.Errorf("%d of three are due", r.Due)
		}
	}
	if err := w.Book.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"auth_events", "alarms", "read_denials"} {
		if n := count(t, w, `SELECT count(*) FROM `+name); n != 1 {
			t.Errorf("%d rows of %s are left, want the one that is younger than three years", n, name)
		}
	}
	err = pgx.BeginFunc(t.Context(), w.Book.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT set_config('app.district_id', '7', true)`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `DELETE FROM read_denials`)
		return err
	})
	if e := (*pgconn.PgError)(nil); !errors.As(err, &e) || e.Code != "42501" {
		t.Errorf("the server's role deletes refused reads by itself: %v", err)
	}
}
