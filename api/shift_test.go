package api_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// witness checks signed checkpoints by the key that hello gave.
type witness struct {
	t    *testing.T
	keys note.Verifiers
}

func newWitness(t *testing.T, w *apitest.World) witness {
	t.Helper()
	var h contract.Hello
	w.Do(apitest.Get("/v1/hello")).Into(http.StatusOK, &h)
	if h.ContractVersion != contract.Version || len(h.CheckpointKeys) != 1 || !strings.HasPrefix(h.CheckpointKeys[0].Vkey, "kendra+") {
		t.Fatalf("hello: %+v", h)
	}
	key, err := note.NewVerifier(h.CheckpointKeys[0].Vkey)
	if err != nil {
		t.Fatal(err)
	}
	return witness{t, note.VerifierList(key)}
}

// open checks a checkpoint and returns its root, given the size it must have.
func (x witness) open(text, centre string, size int64) []byte {
	x.t.Helper()
	n, err := note.Open([]byte(text), x.keys)
	if err != nil {
		x.t.Fatal(err)
	}
	lines := strings.Split(n.Text, "\n")
	if want := "kendra/7/" + centre; lines[0] != want || lines[1] != itoa(size) {
		x.t.Fatalf("checkpoint of %s with %s entries, want %s with %d", lines[0], lines[1], want, size)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		x.t.Fatal(err)
	}
	return root
}

func path(t *testing.T, list []contract.Hash) [][]byte {
	t.Helper()
	out := make([][]byte, len(list))
	for i, h := range list {
		var err error
		if out[i], err = contract.Decode(h); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestAShiftFromEnrolmentToTheTaskThatIsDone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat, sender := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "dispatcher")
	if s := beat.Session; s.Officer.ID != beat.ID || len(s.Posts) != 1 || s.Posts[0].Centre != apitest.Karwi || s.Posts[0].Role != "beat_officer" {
		t.Errorf("session %+v", s)
	}
	duty := beat.Enter("duty.start", contract.DutyStart{PostID: &beat.PostID})
	visit := beat.Enter("visit.record", w.Visit(), apitest.At(25.21, 80.92, 8))
	if len(visit.Lines) != 1 || visit.Lines[0].No != "KRW/WB/2026/00001" || len(visit.Cells) != 1 || *visit.OfficerID != beat.ID {
		t.Errorf("receipt %+v", visit)
	}
	task := sender.Enter("task.send", w.Task(beat))
	var feed contract.FeedPage
	beat.Read("/v1/feed?centre=KRW", &feed)
	if !slices.ContainsFunc(feed.Entries, func(l contract.FeedLine) bool { return l.OpID == *task.OpID }) {
		t.Error("the task is not in the officer's feed")
	}
	var bundle contract.Bundle
	beat.Read("/v1/bundle", &bundle)
	if len(bundle.Tasks) != 1 || bundle.Tasks[0].ID != *task.OpID || bundle.Duty == nil || bundle.Duty.StartID != *duty.OpID {
		t.Errorf("bundle: tasks %+v, duty %+v", bundle.Tasks, bundle.Duty)
	}
	if len(bundle.Officers) != 2 || len(bundle.Squads)+len(bundle.Beats) == 0 || len(bundle.Ladder) == 0 {
		t.Errorf("bundle: %+v", bundle)
	}
	workThrough(t, w, beat, task)
	beat.Enter("duty.end", contract.DutyEnd{StartID: *duty.OpID})
	var after contract.Bundle
	beat.Read("/v1/bundle", &after)
	if len(after.Tasks) != 0 || after.Duty != nil {
		t.Errorf("after the shift: tasks %+v, duty %+v", after.Tasks, after.Duty)
	}
}

// workThrough takes a task through all its steps, a minute each.
func workThrough(t *testing.T, w *apitest.World, by *apitest.Shift, task contract.Receipt) {
	t.Helper()
	id := *task.OpID
	steps := []struct {
		kind  contract.Kind
		body  any
		state contract.TaskState
	}{
		{"task.receive", contract.TaskReceive{TaskID: id}, "received"},
		{"task.see", contract.TaskSee{TaskID: id}, "seen"},
		{"task.accept", contract.TaskAccept{TaskID: id}, "accepted"},
		{"task.depart", contract.TaskDepart{TaskID: id}, "departed"},
		{"task.arrive", contract.TaskArrive{TaskID: id}, "arrived"},
		{"task.done", contract.TaskDone{TaskID: id, Result: "done"}, "done"},
	}
	var v contract.Task
	for _, s := range steps {
		w.Pass(time.Minute)
		by.Enter(s.kind, s.body)
		by.Read("/v1/tasks/"+id.String(), &v)
		if v.State != s.state {
			t.Errorf("after %s the task is %s", s.kind, v.State)
		}
	}
	var names []string
	for _, s := range v.Steps {
		names = append(names, string(s.Step))
	}
	if got := strings.Join(names, " "); got != "queued received seen accepted departed arrived done" {
		t.Errorf("steps %s", got)
	}
	if v.Holder == nil || *v.Holder != by.ID {
		t.Errorf("holder %v", v.Holder)
	}
	var page contract.TaskPage
	by.Read("/v1/tasks?centre=KRW&state=done", &page)
	if len(page.Tasks) != 1 || page.Tasks[0].ID != id {
		t.Errorf("tasks that are done: %+v", page.Tasks)
	}
}

func TestASquadsDayStandsInItsRegisterWithNamesSealed(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader, member := w.Enlist(apitest.Karwi, "squad_leader"), w.Enlist(apitest.Karwi, "squad_member")
	incharge := w.Enlist(apitest.Karwi, "centre_incharge")
	held := leader.Try("squad.person", w.Person())
	if held.Outcome != contract.OutcomeHeld || held.WaitsFor == nil {
		t.Fatalf("before the briefing: %+v", held)
	}
	var waiting contract.HeldPage
	incharge.Read("/v1/held?centre=KRW", &waiting)
	if len(waiting.Held) != 1 || waiting.Held[0].OpID != *held.OpID || waiting.Held[0].Kind != "squad.person" {
		t.Errorf("held: %+v", waiting)
	}
	leader.Enter("duty.start", contract.DutyStart{})
	brief := leader.Enter("squad.brief", w.Brief(leader, member))
	round := w.Round(leader, member)
	round.BriefID = brief.OpID
	leader.Enter("squad.round", round)
	incharge.Read("/v1/held?centre=KRW", &waiting)
	if len(waiting.Held) != 0 {
		t.Errorf("still held: %+v", waiting)
	}
	var page contract.RegisterPage
	incharge.Read("/v1/registers/squad?centre=KRW&year=2026", &page)
	if len(page.Rows) != 2 || page.Totals.Rows != 2 {
		t.Fatalf("register: %+v", page)
	}
	person := page.Rows[0]
	if person.OpID != *held.OpID || person.No != "KRW/SQ/2026/00001" || person.Alias == nil ||
		!slices.Contains(person.Sealed, "/name") || !slices.Contains(person.Sealed, "/facts") {
		t.Errorf("line of the person: %+v", person)
	}
	if page.Totals.Sums["persons_observed"] != 40 {
		t.Errorf("sums %+v", page.Totals.Sums)
	}
	var first contract.RegisterPage
	incharge.Read("/v1/registers/squad?centre=KRW&year=2026&limit=1", &first)
	if len(first.Rows) != 1 || !first.More {
		t.Errorf("first page %+v", first)
	}
	incharge.Read("/v1/registers/squad?centre=KRW&year=2026&limit=1&after="+itoa(first.Next), &first)
	if len(first.Rows) != 1 || first.Rows[0].Serial != 2 || first.More {
		t.Errorf("second page %+v", first)
	}
}

func TestTheFeedMissesNothingAndProvesThatTheBookOnlyGrew(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat, incharge := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	eye := newWitness(t, w)
	var seen int64
	var root []byte
	for range 3 {
		var items []apitest.Item
		for range 30 {
			items = append(items, beat.Op("visit.record", w.Visit()))
		}
		answer := beat.Sync(items...)
		if len(answer.Checkpoints) != 1 || answer.NextSyncAfterS < 240 || answer.NextSyncAfterS > 360 {
			t.Errorf("answer: %+v, next sync %d", answer.Checkpoints, answer.NextSyncAfterS)
		}
		size := *answer.Receipts[29].Seq
		eye.open(answer.Checkpoints[0].Note, "KRW", size)
		after, more := seen, true
		for more {
			var page contract.FeedPage
			incharge.Read("/v1/feed?centre=KRW&limit=7&after="+itoa(after)+"&from_size="+itoa(seen), &page)
			now := eye.open(page.Checkpoint, "KRW", page.Size)
			if seen > 0 {
				if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(seen), uint64(page.Size), path(t, page.Consistency), root, now); err != nil {
					t.Fatal(err)
				}
			}
			for _, l := range page.Entries {
				if after++; l.Seq != after {
					t.Fatalf("entry %d where %d was due", l.Seq, after)
				}
			}
			if page.Next != after {
				t.Errorf("cursor %d after entry %d", page.Next, after)
			}
			if more = page.More; !more {
				seen, root = page.Size, now
			}
		}
		if seen != size {
			t.Errorf("the feed ends at %d of %d", seen, size)
		}
		for _, r := range []contract.Receipt{answer.Receipts[0], answer.Receipts[29]} {
			var p contract.Proof
			incharge.Read("/v1/proofs?centre=KRW&seq="+itoa(*r.Seq)+"&size="+itoa(seen), &p)
			if p.LeafHash != *r.LeafHash {
				t.Errorf("leaf of %d differs from its receipt", *r.Seq)
			}
			leaf := path(t, []contract.Hash{p.LeafHash})[0]
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(*r.Seq-1), uint64(seen), leaf, path(t, p.Path), root); err != nil {
				t.Error(err)
			}
		}
	}
	incharge.Do(apitest.Get("/v1/feed?centre=KRW&after="+itoa(seen+1))).Refused(400, contract.CodeBadCursor, "after")
	incharge.Do(apitest.Get("/v1/proofs?centre=KRW&seq=1&size="+itoa(seen+1))).Refused(400, contract.CodeBadCursor, "seq")
}

func TestPositionsAreKeptOnDutyOnly(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, "beat_officer")
	fix := func(ago time.Duration) contract.Fix {
		return contract.Fix{At: contract.At(w.Now().Add(-ago)), Lat: 25.21, Lon: 80.92, AccuracyM: 9}
	}
	two := contract.Positions{Fixes: []contract.Fix{fix(0), fix(time.Hour)}}
	beat.Do(apitest.Post("/v1/positions", two)).Refused(409, contract.CodeOffDuty, "")
	stored := func() int64 { return w.Count(`SELECT count(*) FROM positions WHERE district_id = 7`) }
	if n := stored(); n != 0 {
		t.Errorf("%d positions of an officer off duty are stored", n)
	}
	duty := beat.Enter("duty.start", contract.DutyStart{})
	var got contract.PositionsAnswer
	beat.Do(apitest.Post("/v1/positions", two)).Into(200, &got)
	if got.Stored != 1 || got.Dropped != 1 || stored() != 1 {
		t.Errorf("%+v with %d rows", got, stored())
	}
	w.Pass(time.Minute)
	beat.Enter("duty.end", contract.DutyEnd{StartID: *duty.OpID})
	w.Pass(time.Minute)
	beat.Do(apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{fix(0)}})).Refused(409, contract.CodeOffDuty, "")
	if n := stored(); n != 1 {
		t.Errorf("%d positions", n)
	}
}

func TestReferenceDataIsSentOnceAndThenOnlyWhenItChanges(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, "beat_officer")
	first := beat.Do(apitest.Get("/v1/reference"))
	var ref contract.Reference
	first.Into(200, &ref)
	if len(ref.Stations) != 13 || len(ref.Lists["ground"]) == 0 || len(ref.Helplines) == 0 || len(ref.Labels) == 0 || len(ref.Problems) < 50 {
		t.Errorf("reference: %d stations, %d lists, %d labels", len(ref.Stations), len(ref.Lists), len(ref.Labels))
	}
	tag := first.Header.Get("ETag")
	var bundle contract.Bundle
	beat.Read("/v1/bundle", &bundle)
	if bundle.ReferenceEtag != tag {
		t.Errorf("bundle names %s, reference %s", bundle.ReferenceEtag, tag)
	}
	for _, known := range []string{tag, "W/" + tag} {
		if a := beat.Do(apitest.Get("/v1/reference").With("If-None-Match", known)); a.Status != http.StatusNotModified || len(a.Body) != 0 {
			t.Errorf("known as %s: %d with %d bytes", known, a.Status, len(a.Body))
		}
	}
	w.SQL(`UPDATE codes SET en = en || '!' WHERE list = 'ground'`)
	if err := w.Book.LoadRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := beat.Do(apitest.Get("/v1/reference").With("If-None-Match", tag)); a.Status != http.StatusOK || a.Header.Get("ETag") == tag {
		t.Errorf("changed: %d %s", a.Status, a.Header.Get("ETag"))
	}
}

func TestTheReferenceFollowsTheStationsAndARuleThatBeginsLater(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat, sp := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist("HQ", "sp")
	read := func() (string, string) {
		a := beat.Do(apitest.Get("/v1/reference"))
		a.Into(http.StatusOK, &contract.Reference{})
		return a.Header.Get("ETag"), string(a.Body)
	}
	tag, text := read()
	if again, same := read(); again != tag || same != text {
		t.Error("asked twice, it is not the same")
	}
	w.SQL(`UPDATE centres SET en = 'Karwi Kotwali' WHERE centre = 'KRW'`)
	if soon, _ := read(); soon != tag {
		t.Error("the stations are read again for each call")
	}
	w.Pass(10 * time.Second)
	moved, text := read()
	if moved == tag || !strings.Contains(text, "Karwi Kotwali") {
		t.Error("it does not follow the stations")
	}
	from := contract.At(w.Now().Add(5 * time.Minute))
	sp.Enter("limit.set", contract.LimitSet{Limit: "disposal", Seconds: 172800, Basis: "जनपद का आदेश", ValidFrom: &from}, apitest.With("centre", "HQ"))
	if before, _ := read(); before != moved {
		t.Error("a rule that does not hold yet changes the tag")
	}
	w.Pass(6 * time.Minute)
	if after, text := read(); after == moved || !strings.Contains(text, "172800") {
		t.Error("it does not follow a rule that began")
	}
}
