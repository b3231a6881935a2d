package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// walk makes every call of the contract as an officer: with what stands in the
// book named where a call names something, and every register for that of one.
func walk(t *testing.T, x *apitest.Shift, persons []uuid.UUID, reads bool) (calls int, said string) {
	t.Helper()
	var all strings.Builder
	try := func(req apitest.Request) {
		a := x.Do(req)
		all.Write(a.Body)
		calls++
	}
	for _, r := range contract.Routes() {
		switch r.OperationID {
		case "logOut", "logIn", "refreshSession", "enrolDevice", "putPin", "putPushToken", "deletePushToken":
			continue // they end or change who asks
		}
		req := sample(t, r)
		switch {
		case r.OperationID == "unseal":
			for _, id := range persons {
				if !reads {
					break
				}
				item := x.Op("identity.read", contract.IdentityRead{SubjectID: id, Fields: []string{"/body/name", "/body/mobile"}, Reason: "inquiry"})
				try(apitest.Post(req.Path, single(item)))
			}
		case strings.Contains(r.Path, "{register}"):
			for _, register := range book.Registers {
				try(apitest.Request{Method: r.Method, Path: strings.Replace(req.Path, "/squad", "/"+register, 1), Query: req.Query})
			}
		case strings.Contains(r.Path, "_id}"):
			for _, id := range persons {
				try(apitest.Request{Method: r.Method, Path: strings.NewReplacer("{task_id}", id.String(), "{complaint_id}", id.String()).Replace(r.Path), Query: req.Query})
			}
		}
		try(req)
	}
	return calls, all.String()
}

func TestNoCallGivesTheSquadAListOfPersons(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	author, leader := w.Enlist(apitest.Karwi, "squad_leader"), w.Enlist(apitest.Karwi, "squad_leader")
	member := w.Enlist(apitest.Karwi, "squad_member")
	author.Enter("duty.start", contract.DutyStart{})
	author.Enter("squad.brief", w.Brief(author, member))
	author.Enter("squad.round", w.Round(author, member))
	var canaries []string
	var ids []uuid.UUID
	for n := range 6 {
		p := w.Person()
		hide := func(format string) *string {
			text := fmt.Sprintf(format, n)
			canaries = append(canaries, text)
			return &text
		}
		p.Name, p.ParentName, p.Address = hide("व्यक्ति कैनरी %d"), hide("पिता कैनरी %d"), hide("मकान कैनरी %d")
		p.Mobile, p.Facts = hide("912345670%d"), *hide("तथ्य कैनरी %d: चौराहे तक पीछा किया गया")
		p.Outcome, p.CardNo = "warning_card", hide("KANARI/26/%d")
		r := author.Enter("squad.person", p)
		ids, canaries = append(ids, *r.OpID), append(canaries, r.Slip.Secret)
	}
	for who, x := range map[string]*apitest.Shift{"another leader": leader, "a member": member, "the author": author} {
		calls, said := walk(t, x, ids, who != "the author") // who reads one that he wrote, by an entry
		for _, c := range canaries {
			if who == "the author" && strings.HasPrefix(c, "KANARI") {
				continue // his own lines, with the number that he wrote
			}
			if contains(said, c) {
				t.Errorf("%s is told %q", who, c)
			}
		}
		listed := 0
		for _, id := range ids {
			if who != "the author" && contains(said, id.String()) {
				listed++
			}
		}
		if listed > 0 {
			t.Errorf("%s is told of %d persons", who, listed)
		}
		t.Logf("%s: %d calls, none names one of %d persons", who, calls, len(ids))
	}
}

func TestAnEarlierCardIsToldAsYesOrNoWithItsDay(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader, member := w.Enlist(apitest.Karwi, "squad_leader"), w.Enlist(apitest.Karwi, "squad_member")
	leader.Enter("duty.start", contract.DutyStart{})
	leader.Enter("squad.brief", w.Brief(leader, member))
	p := w.Person()
	p.Outcome, p.CardNo = "warning_card", new("KRW/26/114")
	if c := leader.Enter("squad.person", p).PreviousCard; c == nil || c.Found || c.On != nil {
		t.Errorf("%+v", c)
	}
	if c := leader.Enter("squad.person", w.Person()).PreviousCard; c == nil || !c.Found || c.On == nil || c.On.Format(time.DateOnly) != "2026-11-18" {
		t.Errorf("%+v", c)
	}
}

func TestNoCallTellsWhereAnOfficerWasWhoIsOffDuty(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	beat := w.Enlist(apitest.Karwi, "beat_officer")
	start := beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(10 * time.Minute)
	fix := contract.Fix{At: contract.At(w.Now()), Lat: 25.2199871, Lon: 80.9244473, AccuracyM: 8}
	beat.Do(apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{fix}})).Into(http.StatusOK, nil)
	beat.Enter("duty.end", contract.DutyEnd{StartID: *start.OpID})
	w.Pass(time.Hour)
	beat.Refresh()
	beat.Do(apitest.Post("/v1/positions", contract.Positions{Fixes: []contract.Fix{{At: contract.At(w.Now()), Lat: 25.2199872, Lon: 80.9244474, AccuracyM: 8}}})).
		Refused(http.StatusConflict, contract.CodeOffDuty, "")
	if n := w.Count(`SELECT count(*) FROM positions`); n != 1 {
		t.Fatalf("%d positions are stored", n)
	}
	cell := itoa16(w.Count(`SELECT cell FROM positions`))
	total := 0
	for _, post := range [][2]string{
		{apitest.Karwi, "dispatcher"}, {apitest.Karwi, "centre_incharge"}, {apitest.Karwi, "sho"}, {apitest.Karwi, "squad_leader"},
		{apitest.Karwi, "desk_officer"}, {"HQ", "sp"}, {"HQ", "addl_sp"}, {"HQ", "analyst"}, {"HQ", "auditor"},
	} {
		calls, said := walk(t, w.Enlist(post[0], contract.Role(post[1])), nil, false)
		total += calls
		for _, c := range []string{"25.2199871", "80.9244473", cell, "last_seen"} {
			if contains(said, c) {
				t.Errorf("%s is told %s", post[1], c)
			}
		}
	}
	t.Logf("%d calls by nine posts, none tells where", total)
}

func TestAWarnedPersonObjectsByHisSlipWithoutALogIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	leader, member := w.Enlist(apitest.Karwi, "squad_leader"), w.Enlist(apitest.Karwi, "squad_member")
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	leader.Enter("duty.start", contract.DutyStart{})
	leader.Enter("squad.brief", w.Brief(leader, member))
	slip := leader.Enter("squad.person", w.Person()).Slip
	hers := desk.Enter("complaint.open", came(w)).Slip
	says := func(number, secret string) *apitest.Answer {
		return w.Do(apitest.Post("/public/objection", contract.Objection{Number: number, Secret: secret, Text: "मैं मौसी के घर कैनरी जा रहा था"}))
	}
	var bodies []string
	for _, q := range [][2]string{{slip.Number, "00000000"}, {"7-KRW-26-S9-9", slip.Secret}, {hers.Number, hers.Secret}, {"----", "--------"}} {
		a := says(q[0], q[1])
		a.Refused(http.StatusNotFound, contract.CodeSlipUnknown, "")
		p := a.Problem()
		p.RequestID = ""
		bodies = append(bodies, fmt.Sprintf("%+v", p))
	}
	for _, b := range bodies {
		if b != bodies[0] {
			t.Errorf("answers differ: %v", bodies)
		}
	}
	var out contract.ObjectionAnswer
	says(strings.ToLower(slip.Number), strings.ToLower(slip.Secret)).Into(http.StatusOK, &out)
	if !out.At.Equal(w.Now()) || out.Post != "क्षेत्राधिकारी" {
		t.Errorf("%+v", out)
	}
	says(slip.Number, slip.Secret).Into(http.StatusOK, &out)
	if n := w.Count(`SELECT count(*) FROM entries WHERE kind = 'warning.object'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if contains(w.Log.String(), slip.Secret) || contains(w.Log.String(), "कैनरी") || contains(w.Log.String(), slip.Number) {
		t.Error("the log holds what was said")
	}
}
