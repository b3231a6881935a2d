package book_test

import (
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

func transferTo(centre string, id uuid.UUID) contract.ComplaintTransfer {
	return contract.ComplaintTransfer{ComplaintID: id, ToCentre: centre, Reason: "घटना दूसरे थाने की है"}
}

func TestATransferredComplaintClosesItsLineHereAndOpensOneThereWithAllThatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	from := w.Now()
	accused := w.Enlist(booktest.OtherCentre, staff.BeatOfficer)
	w.Pass(time.Hour)
	old := complaintOf(w, registered)
	old.ArrivedAt = contract.At(from)
	w.Beat.Enter("complaint.open", old) // the same number before
	said := complaintOf(w, registered, highRisk)
	said.ArrivedAt, said.Alerts, said.AboutBy, said.StatusSafe = contract.At(from), []string{"media", "suicide_threat"}, []uuid.UUID{accused.ID}, ptr(true)
	open := w.Beat.Enter("complaint.open", said)
	id := open.OpID
	w.Beat.Enter("pause.ask", contract.PauseAsk{ComplaintID: id, Reason: "medical"})
	w.Incharge.Enter("pause.allow", contract.PauseAllow{ComplaintID: id, Allowed: true})
	w.Pass(time.Hour)
	for centre, why := range map[string]string{"KRW": "its own", book.HQ: "no centre", "NON": "unknown"} {
		if r := w.Incharge.Do("complaint.transfer", transferTo(centre, id)); refusedBy(r) != contract.CodeUnknownReference {
			t.Errorf("to %s, %s: %+v", centre, why, r)
		}
	}
	moved := w.Now()
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	here := lifeOf(t, w, id)
	if here.State != "transferred" || here.ClosedAt == nil || here.Data.ToCentre != "RJP" || here.Data.PausedAt != nil || here.Owner != nil {
		t.Errorf("here: %+v", here)
	}
	for _, k := range runs(t, w, id) {
		if k.Stop == nil || k.Next != nil {
			t.Errorf("a clock goes on here: %+v", k)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM outbox`); n != 1 {
		t.Fatalf("%d in the outbox", n)
	}
	w.Pass(time.Minute)
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	if there.Correlation != id || there.CaseID != id || there.State != "registered" || !there.Arrived.Equal(from) || there.Serial != 1 ||
		there.Data.FromCentre != "KRW" || there.Data.FromID == nil || *there.Data.FromID != id || there.Data.Earlier != 1 ||
		!slices.Equal(there.Data.Alerts, said.Alerts) || !slices.Equal(there.Data.About, said.AboutBy) ||
		!there.Data.WomanSafe || !there.Data.StatusSafe ||
		!slices.Equal(there.Data.Sensitive, []string{"repeat", "high_risk", "police", "media", "suicide_threat"}) {
		t.Errorf("there: %+v", there)
	}
	if k := clockOf(t, w, there.ID, "overall"); !k.Starts.Equal(from) || !k.Due.Equal(from.Add(7*day)) {
		t.Errorf("the overall clock: %+v", k)
	}
	if k := clockOf(t, w, there.ID, "assign"); !k.Starts.Equal(moved) {
		t.Errorf("the clock of the state: %+v", k)
	}
	var span time.Time
	err := asked(w, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT from_at FROM custody WHERE complaint_id = $1`, there.ID).Scan(&span)
	})
	if err != nil || !span.Equal(moved) {
		t.Errorf("in the other centre's hand from %s, %v", span, err)
	}
	// The officer complained of serves there: for him there is no complaint.
	if r := accused.Do("complaint.act", contract.ComplaintAct{ComplaintID: there.ID, Action: "visited"}); refusedBy(r) != contract.CodeUnknownReference {
		t.Errorf("%+v", r)
	}
	// What they write there is sealed under the key of her case.
	w.Other.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: there.ID, Note: "स्वयं जाँच की जायेगी"})
	if e := w.Other.Enter("complaint.act", contract.ComplaintAct{ComplaintID: there.ID, Action: "called", Note: ptr("वार्ता हुई")}); e.CaseID != id {
		t.Errorf("sealed under %s", e.CaseID)
	}
	if got := keysOf(t, w, there.ID); got != "" {
		t.Errorf("keys of its own: %s", got)
	}
	// And back again: a line of its own in the first book, the same correlation.
	w.Other.Enter("complaint.transfer", transferTo("KRW", there.ID))
	tick(t, w)
	list := lives(t, w, "centre = 'KRW' AND correlation_id = $1", id)
	if len(list) != 2 || list[1].CaseID != id || !list[1].Arrived.Equal(from) {
		t.Errorf("%+v", list)
	}
}

func TestATransferTakesWithItWhatWasPlannedAndTheDecisionOnAnFIRIsDueThereAtItsTime(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Pass(10 * time.Minute)
	wanted := c.Now()
	subjects := []uuid.UUID{
		c.id,
		c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "one_stop_centre"}).OpID,
		c.Incharge.Enter("counselling.plan", c.plans()).OpID,
		c.desk.Enter("follow_up.plan", contract.FollowUpPlan{ComplaintID: c.id}).OpID,
	}
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.Pass(30 * time.Minute)
	c.Incharge.Enter("complaint.transfer", transferTo(booktest.OtherCentre, c.id))
	if got := careText(t, c.World, `SELECT string_agg(DISTINCT state || ' ' || (data::json ->> 'result'), ', ') FROM matters
		WHERE complaint_id = '`+c.id.String()+`'`); got != "transferred transferred" {
		t.Errorf("what was planned is %s", got)
	}
	c.refused(c.Beat, "referral.answer", contract.ReferralAnswer{ReferralID: subjects[1], Answer: "accepted"},
		contract.CodeWrongState, "/body/referral_id")
	tick(t, c.World)
	there := lives(t, c.World, "centre = $1", booktest.OtherCentre)[0]
	if k := clockOf(t, c.World, there.ID, "fir_decision"); !k.Starts.Equal(wanted) || !k.Due.Equal(wanted.Add(time.Hour)) || there.Data.FIRWantedAt == nil ||
		!there.Data.FIRWantedAt.Equal(wanted) {
		t.Errorf("the decision there: %+v", k)
	}
	decision := `SELECT count(*) FROM entries WHERE kind = 'escalation.raise' AND centre = '` + booktest.OtherCentre + `'
		AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'limit' = 'fir_decision'`
	c.Pass(wanted.Add(time.Hour).Sub(c.Now()) - time.Second)
	c.sweep()
	if n := count(t, c.World, decision); n != 0 {
		t.Errorf("%d rungs before the time", n)
	}
	c.Pass(2 * time.Second)
	c.sweep()
	if n := count(t, c.World, decision); n != 1 {
		t.Errorf("%d rungs at the time", n)
	}
	c.Pass(120 * day)
	c.sweep()
	for i, id := range subjects {
		if n := count(t, c.World, `SELECT count(*) FROM entries WHERE kind = 'escalation.raise' AND centre = '`+booktest.Centre+`'
			AND convert_from(wire, 'UTF8')::json -> 'body' ->> 'subject_id' = '`+id.String()+`'`); n != 0 {
			t.Errorf("subject %d was told %d times here", i, n)
		}
	}
}

func TestADecisionOrAnFIRThatSheHasGoesNowhereWithATransfer(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.SHO.Enter("fir.decline", contract.FIRDecline{ComplaintID: c.id, Reason: "असंज्ञेय प्रकरण का मामला है", ToldWayToSp: true})
	c.Incharge.Enter("complaint.transfer", transferTo(booktest.OtherCentre, c.id))
	c.id = careOfWorld(c, nil)
	c.desk.Enter("fir.request", contract.FIRRequest{ComplaintID: c.id})
	c.SHO.Enter("fir.register", c.fir(nil))
	c.Incharge.Enter("complaint.transfer", transferTo(booktest.OtherCentre, c.id))
	tick(t, c.World)
	for _, there := range lives(t, c.World, "centre = $1", booktest.OtherCentre) {
		for _, k := range runs(t, c.World, there.ID) {
			if k.Code == "fir_decision" {
				t.Errorf("a decision is owed there: %+v", k)
			}
		}
	}
}

func TestWhatOneBookOwesAnotherArrivesOnceHoweverManyDeliver(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const complaints = 30
	for range complaints {
		id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
		w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	}
	w.Order(`CREATE TABLE kept AS SELECT * FROM outbox`)
	processes := []*book.Book{w.Book, w.Process(nil)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for i := range 8 {
		wg.Go(func() {
			n, err := processes[i%2].Tick(context.Background())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			done += n
			mu.Unlock()
		})
	}
	wg.Wait()
	check := func(when string) {
		t.Helper()
		owed, there := count(t, w, `SELECT count(*) FROM outbox`), count(t, w, `SELECT count(*) FROM complaints WHERE centre = 'RJP'`)
		if owed != 0 || there != complaints {
			t.Errorf("%s: %d owed, %d there", when, owed, there)
		}
	}
	check("delivered")
	if done != complaints {
		t.Errorf("%d said to be delivered", done)
	}
	// A process that was killed after it appended and before it forgot.
	w.Order(`INSERT INTO outbox SELECT * FROM kept`)
	if n := tick(t, w); n != 0 {
		t.Errorf("%d delivered again", n)
	}
	check("sent again")
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'complaint.receive'`); n != complaints {
		t.Errorf("%d received", n)
	}
}

func TestWhoLeavesAPostLeavesItsComplaintsWithItAndTheRungAboveIsTold(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	desk := w.Enlist(booktest.Centre, staff.DeskOfficer)
	from := w.Now()
	told := map[*booktest.Officer]string{desk: staff.CentreIncharge, w.Beat: staff.CentreIncharge, w.Incharge: staff.SHO, w.SHO: staff.CO}
	ids := map[*booktest.Officer][]uuid.UUID{}
	for o := range told {
		for range 3 {
			ids[o] = append(ids[o], o.Enter("complaint.open", complaintOf(w, registered)).OpID)
		}
		done := ids[o][2]
		w.SHO.Enter("complaint.intervene", contract.ComplaintIntervene{ComplaintID: done, Note: "स्वयं जाँच"})
	}
	w.Order(`TRUNCATE river.river_job`)
	w.Pass(time.Hour)
	left := w.Now()
	for _, o := range []*booktest.Officer{desk, w.Beat, w.Incharge, w.SHO} {
		o.Enter("post.leave", contract.PostLeave{PostID: o.Posts[0].PostID, Reason: "transfer"})
		want := int64(3) // the two, and that there is no sheet
		switch o {
		case w.Beat: // and those of the desk
			want = 6
		case w.SHO: // his own three, and those that he took over
			want = 7
		}
		if n := count(t, w, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%|`+told[o]+`|%'`); n != want {
			t.Errorf("%d notices to %s, want %d", n, told[o], want)
		}
		for _, id := range ids[o][:2] {
			c := lifeOf(t, w, id)
			if c.Owner != nil || c.Post == nil || *c.Post != o.Posts[0].PostID || c.Role == "" {
				t.Errorf("%+v", c)
			}
			if err := custodyWhole(w, []uuid.UUID{id}); err != nil {
				t.Error(err)
			}
		}
	}
	var spans []struct {
		Officer     *uuid.UUID
		From, Until *time.Time
	}
	err := asked(w, func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT officer_id, from_at, until_at FROM custody WHERE complaint_id = $1 ORDER BY n`, ids[w.Beat][0])
		if err != nil {
			return err
		}
		spans, err = pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			Officer     *uuid.UUID
			From, Until *time.Time
		}])
		return err
	})
	if err != nil || len(spans) != 2 || spans[0].Officer == nil || !spans[0].From.Equal(from) || !spans[0].Until.Equal(left) ||
		spans[1].Officer != nil || !spans[1].From.Equal(left) || spans[1].Until != nil {
		t.Errorf("%+v, %v", spans, err)
	}
	// It does not lie: the clock tells the next rung of a vacant post's complaint, too.
	w.Pass(3 * time.Hour)
	tick(t, w)
	if len(raises(t, w)) == 0 {
		t.Error("nobody is told of what nobody has in hand")
	}
}

// readThere is what an officer of another centre reads of an entry: the text, or
// the code of the refusal.
func readThere(t *testing.T, w *booktest.World, o *booktest.Officer, entry uuid.UUID, field string) string {
	t.Helper()
	u, err := w.Book.Unseal(context.Background(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{
		o.Item("identity.read", contract.IdentityRead{SubjectID: entry, Fields: []string{field}, Reason: "inquiry"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Fields) == 0 {
		return string(refusedBy(u.Receipt))
	}
	return u.Fields[0].Value.Reveal()
}

func TestWhereAComplaintWentReadsWhatTheFirstStationPutsRightBeforeAndAfter(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := complaintOf(w, registered)
	id := w.Beat.Enter("complaint.open", said).OpID
	put := func(of uuid.UUID, number string, change func(*contract.ComplaintOpen)) uuid.UUID {
		said.Mobile = &number
		return w.Incharge.Enter("entry.correct", again(of, said, change)).OpID
	}
	fix := put(id, "9450099999", func(*contract.ComplaintOpen) {})
	w.Incharge.Enter("complaint.transfer", transferTo("RJP", id))
	tick(t, w)
	there := lives(t, w, "centre = 'RJP'")[0]
	read := func(when, number string) {
		t.Helper()
		page, err := w.Book.Complaint(context.Background(), w.Other.Caller(), there.ID)
		if err != nil || page.OpenedByOp == nil || !slices.Contains(page.Sealed, "/mobile") {
			t.Fatalf("%s: %v, %+v", when, err, page)
		}
		if got := readThere(t, w, w.Other, *page.OpenedByOp, "/body/complaint/mobile"); got != `"`+number+`"` {
			t.Errorf("%s: %s reads %s", when, page.OpenedByOp, got)
		}
	}
	read("as it was transferred", "9450099999")
	accused := w.Enlist("RJP", staff.BeatOfficer)
	fix = put(fix, "9450011111", func(c *contract.ComplaintOpen) {
		c.Category, c.SafeToCall, c.AboutBy = "dowry", false, []uuid.UUID{accused.ID}
	})
	tick(t, w)
	read("put right after it went", "9450011111")
	now := lifeOf(t, w, there.ID)
	if now.Data.WomanSafe || !slices.Equal(now.Data.About, []uuid.UUID{accused.ID}) || now.Category != there.Category || now.Serial != there.Serial {
		t.Errorf("what protects her holds there, and the line is theirs: %+v", now)
	}
	// It went on from there: the third station is told too, the second reads no more.
	w.SQL(`INSERT INTO centres (district_id, centre, circle, hi, en) VALUES ($1, 'MNK', 'City', 'मानिकपुर', 'Manikpur')`, []any{booktest.District})
	third := w.Enlist("MNK", staff.CentreIncharge)
	w.Other.Enter("complaint.transfer", transferTo("MNK", there.ID))
	tick(t, w)
	put(fix, "9450022222", func(c *contract.ComplaintOpen) { c.SafeToCall = true })
	for range 3 {
		tick(t, w)
	}
	last := lives(t, w, "centre = 'MNK'")[0]
	if last.Data.EntryID == nil || last.Data.WomanSafe || len(last.Data.About) != 1 {
		t.Fatalf("%+v", last.Data)
	}
	if got := readThere(t, w, third, *last.Data.EntryID, "/body/complaint/mobile"); got != `"9450022222"` {
		t.Errorf("the third station reads %s", got)
	}
	if got := readThere(t, w, w.Other, *last.Data.EntryID, "/body/complaint/mobile"); got != string(contract.CodeUnknownReference) {
		t.Errorf("the second station reads %s", got)
	}
	if n := count(t, w, `SELECT count(*) FROM outbox`); n != 0 {
		t.Errorf("%d are still owed", n)
	}
}

func TestWhereAZeroFIRWentReadsWhatItsFirstStationPutsRight(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	body := c.zero(func(f *contract.FIRRegister) { f.Sections, f.Accused = []string{"bns_85"}, ptr("अज्ञात") })
	e := c.SHO.Enter("fir.register", body)
	tick(t, c.World)
	body.Accused = ptr("रामलाल")
	fix := c.SHO.Enter("entry.correct", contract.EntryCorrect{CorrectsID: e.OpID, Reason: "नाम ज्ञात हुआ", FIR: &body})
	if got := readThere(t, c.World, c.Other, fix.OpID, "/body/fir/accused"); got != string(contract.CodeUnknownReference) {
		t.Errorf("before the other book has heard of it: %s", got)
	}
	tick(t, c.World)
	if got := readThere(t, c.World, c.Other, fix.OpID, "/body/fir/accused"); got != `"रामलाल"` {
		t.Errorf("put right: %s", got)
	}
	if got := readThere(t, c.World, c.Other, e.OpID, "/body/accused"); got != `"अज्ञात"` {
		t.Errorf("as it was: %s", got)
	}
}
