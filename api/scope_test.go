package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestNothingOfAnotherCentreIsThere asks every call that takes an id or a
// centre for those of another centre: the answer is that of things that are
// not there at all.
func TestNothingOfAnotherCentreIsThere(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat, sender := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "dispatcher")
	visit := beat.Enter("visit.record", w.Visit())
	task := sender.Enter("task.send", w.Task(beat))
	complaint := beat.Enter("complaint.open", came(w))
	stranger := w.Enlist(apitest.Rajapur, "centre_incharge")
	sameCentre := w.Enlist(apitest.Karwi, "beat_officer")
	handover := beat.Enter("handover.open", contract.HandoverOpen{PostID: beat.PostID, TakerBy: sameCentre.ID})
	paths := func(centre string, id uuid.UUID) []string {
		return []string{
			"/v1/feed?centre=" + centre, "/v1/feed?centre=" + centre + "&after=0&from_size=1", "/v1/proofs?centre=" + centre + "&seq=1&size=1",
			"/v1/tasks?centre=" + centre, "/v1/tasks/" + id.String(), "/v1/held?centre=" + centre,
			"/v1/registers/women_beat?centre=" + centre + "&year=2026", "/v1/registers/squad?centre=" + centre + "&year=2026",
			"/v1/registers/help_desk?centre=" + centre + "&year=2026&overdue=true", "/v1/registers/help_desk/1?centre=" + centre + "&year=2026",
			"/v1/registers/women_beat/1?centre=" + centre + "&year=2026", "/v1/complaints?centre=" + centre,
			"/v1/complaints?centre=" + centre + "&open=true&mine=true", "/v1/complaints/" + id.String(), "/v1/complaints/" + id.String() + "/custody",
			"/v1/days/2026-11-18?centre=" + centre, "/v1/reads?centre=" + centre + "&from=2026-11-16&to=2026-11-22",
			"/v1/reads/officers?centre=" + centre + "&from=2026-11-16&to=2026-11-22", "/v1/handovers?centre=" + centre, "/v1/handovers/" + id.String(),
		}
	}
	answers := map[string]bool{}
	for _, p := range slices.Concat(paths("KRW", *task.OpID), paths("KRW", *complaint.OpID), paths("KRW", *handover.OpID), paths("ZZZ", uuid.New()), paths("HQ", *visit.OpID)) {
		a := stranger.Do(apitest.Get(p))
		if a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %.300s", p, a.Status, a.Body)
			continue
		}
		told := a.Problem()
		told.RequestID, told.Pointer = "", ""
		answers[text(t, told)] = true
	}
	if len(answers) != 1 {
		t.Errorf("what is not his and what is not there differ: %v", answers)
	}
	var theirs, nobodys contract.ProblemJSON
	theirs = stranger.Do(apitest.Get("/v1/tasks/" + task.OpID.String())).Problem()
	nobodys = stranger.Do(apitest.Get("/v1/tasks/" + uuid.NewString())).Problem()
	if theirs.Pointer != nobodys.Pointer {
		t.Errorf("a task of others is at %q, one that is none at %q", theirs.Pointer, nobodys.Pointer)
	}
	for _, tail := range []string{"", "/custody"} {
		theirs = stranger.Do(apitest.Get("/v1/complaints/" + complaint.OpID.String() + tail)).Problem()
		mine := sameCentre.Do(apitest.Get("/v1/complaints/" + complaint.OpID.String() + tail)).Problem()
		other := stranger.Do(apitest.Get("/v1/complaints/" + task.OpID.String() + tail)).Problem()
		nobodys = stranger.Do(apitest.Get("/v1/complaints/" + uuid.NewString() + tail)).Problem()
		if theirs.Pointer != nobodys.Pointer || mine.Pointer != nobodys.Pointer || other.Pointer != nobodys.Pointer {
			t.Errorf("complaints%s: %q, %q, %q, one that is none at %q", tail, theirs.Pointer, mine.Pointer, other.Pointer, nobodys.Pointer)
		}
	}
	theirs = stranger.Do(apitest.Get("/v1/tasks/" + task.OpID.String())).Problem()
	sameCentre.Do(apitest.Get("/v1/tasks/"+task.OpID.String())).Refused(http.StatusNotFound, contract.CodeNotFound, theirs.Pointer)
	var page contract.FeedPage
	sameCentre.Read("/v1/feed?centre=KRW", &page)
	for _, l := range page.Entries {
		if l.OpID == *task.OpID || l.OpID == *visit.OpID {
			t.Errorf("a colleague sees %s", l.Kind)
		}
	}
	var bundle contract.Bundle
	stranger.Read("/v1/bundle", &bundle)
	if len(bundle.Centres) != 1 || bundle.Centres[0].Centre != "RJP" || len(bundle.Tasks)+len(bundle.Squads)+len(bundle.Beats)+
		len(bundle.Complaints)+len(bundle.CallsDue)+len(bundle.FollowUpsDue) != 0 || len(bundle.Officers) != 1 {
		t.Errorf("bundle of another centre: %+v", bundle)
	}
}

func TestNoOpReachesIntoAnotherCentre(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat, sender := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "dispatcher")
	leader := w.Enlist(apitest.Karwi, "squad_leader")
	visit := beat.Enter("visit.record", w.Visit())
	task := sender.Enter("task.send", w.Task(beat))
	complaint := beat.Enter("complaint.open", came(w))
	held := leader.Try("squad.person", w.Person())
	stranger := w.Enlist(apitest.Rajapur, "centre_incharge")
	size := entries(w)
	strike := true
	ops := []struct {
		kind contract.Kind
		body any
	}{
		{"task.accept", contract.TaskAccept{TaskID: *task.OpID}},
		{"task.see", contract.TaskSee{TaskID: *task.OpID}},
		{"task.recall", contract.TaskRecall{TaskID: *task.OpID, Reason: "mistake"}},
		{"note.add", contract.NoteAdd{SubjectID: *visit.OpID, Text: "देखा"}},
		{"entry.correct", contract.EntryCorrect{CorrectsID: *visit.OpID, Reason: "गलत लिखा", Strike: &strike}},
		{"held.enter", contract.HeldEnter{HeldID: *held.OpID, Reason: "ठीक है"}},
		{"held.strike", contract.HeldStrike{HeldID: *held.OpID, Reason: "ठीक है"}},
		{"squad.brief", w.Brief(leader, leader)},
		{"visit.record", w.Visit()},
		{"task.send", w.Task(beat)},
		{"complaint.open", with(t, came(w), "beat_id", w.BeatID)},
		{"complaint.register", contract.ComplaintRegister{ComplaintID: *complaint.OpID}},
		{"complaint.assign", contract.ComplaintAssign{ComplaintID: *complaint.OpID, OfficerID: stranger.ID}},
		{"complaint.act", contract.ComplaintAct{ComplaintID: *complaint.OpID, Action: "called"}},
		{"complaint.transfer", contract.ComplaintTransfer{ComplaintID: *complaint.OpID, ToCentre: "RJP", Reason: "घटना राजापुर की"}},
		{"feedback.call", contract.FeedbackCall{ComplaintID: *complaint.OpID, CalledAt: contract.At(w.Now()), Reached: "no_answer"}},
		{"post.leave", contract.PostLeave{PostID: beat.PostID, Reason: "other"}},
	}
	for _, centre := range []string{"RJP", "KRW"} {
		for _, o := range ops {
			r := stranger.Try(o.kind, o.body, apitest.With("centre", centre))
			if centre == "KRW" {
				refusedAs(t, string(o.kind), r, contract.CodeNotYourPost, "/centre")
			}
			if r.Outcome == contract.OutcomeEntered {
				t.Errorf("%s in the book of %s is entered", o.kind, centre)
			}
		}
	}
	if n := entries(w); n != size {
		t.Errorf("the books grew by %d", n-size)
	}
	var v contract.Task
	beat.Read("/v1/tasks/"+task.OpID.String(), &v)
	if v.State != "sent" || len(v.Steps) != 1 {
		t.Errorf("the task is %s, %+v", v.State, v.Steps)
	}
}
