package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// refresh asks a server for the next pair.
func refresh(w *apitest.World, s *apitest.Server, x *apitest.Shift, token string) *apitest.Answer {
	nonce := w.Nonce()
	return s.Do(x.Handset.Vouch(s, apitest.Post("/v1/sessions/refresh", contract.Refresh{
		RefreshToken: token, Nonce: nonce, Sig: w.Sign(x.Handset.Key, contract.RefreshMessage(token, nonce)),
	})))
}

// alarms lists the kinds of alarm that an officer sees, and the newest of all.
func alarms(t *testing.T, x *apitest.Shift) (kinds map[string]int, newest contract.Alarm) {
	t.Helper()
	var list contract.AlarmList
	x.Read("/v1/alarms", &list)
	kinds = map[string]int{}
	for _, a := range list.Alarms {
		kinds[a.Kind]++
	}
	if len(list.Alarms) > 0 {
		newest = list.Alarms[0]
	}
	return kinds, newest
}

func TestALostAnswerIsGivenAgainWordForWordOnAnyServer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, second := w.Enlist(apitest.Karwi, "beat_officer"), w.Another()
	old := x.Session.RefreshToken
	w.Pass(9 * time.Minute)
	first := refresh(w, w.Server, x, old)
	first.Into(http.StatusOK, nil)
	w.Pass(29*time.Second + 500*time.Millisecond)
	again := refresh(w, second, x, old)
	if again.Status != http.StatusOK || string(again.Body) != string(first.Body) {
		t.Errorf("another answer:\n%s\n%s", first.Body, again.Body)
	}
	w.Pass(time.Second)
	refresh(w, second, x, old).Refused(http.StatusUnauthorized, contract.CodeRefreshInvalid, "")
}

func TestAReusedRefreshTokenEndsTheSessionAndWakesTheInCharge(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, incharge := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	elsewhere, second := w.Enlist(apitest.Rajapur, "centre_incharge"), w.Another()
	old := x.Session.RefreshToken
	x.Refresh()
	before := len(w.Told())
	thief := &apitest.Shift{Officer: x.Officer, Handset: w.Handset(apitest.Karwi)}
	refresh(w, second, thief, old).Refused(http.StatusUnauthorized, contract.CodeRefreshInvalid, "") // within the half minute, from another key
	refresh(w, w.Server, x, x.Session.RefreshToken).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	w.Pass(10 * time.Second)
	for _, s := range []*apitest.Server{w.Server, second} {
		x.At(s, apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	}
	told := w.Told()[before:]
	if len(told) != 1 || told[0].Role != staff.CentreIncharge || told[0].Centre != apitest.Karwi {
		t.Fatalf("woken: %+v", told)
	}
	kinds, newest := alarms(t, incharge)
	if kinds["refresh_reuse"] != 1 || newest.AlarmID != told[0].AlarmID || *newest.OfficerID != x.ID || *newest.DeviceID != x.Handset.ID {
		t.Errorf("the in-charge sees %v, %+v", kinds, newest)
	}
	if kinds, _ := alarms(t, elsewhere); kinds["refresh_reuse"] != 0 {
		t.Errorf("another centre sees %v", kinds)
	}
}

func TestAPhoneThatAColleagueReportsAsLostIsDeadOnTwoServersWithinAMinute(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, colleague := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "squad_member")
	incharge, stranger := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Rajapur, "centre_incharge")
	second := w.Another()
	for _, s := range []*apitest.Server{w.Server, second} {
		x.At(s, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	}
	lost := apitest.Request{Method: http.MethodPost, Path: "/v1/devices/" + x.Handset.ID.String() + "/lost"}
	stranger.Do(lost).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	none := lost
	none.Path = "/v1/devices/" + uuid.NewString() + "/lost"
	colleague.Do(none).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	x.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	stranger.Do(apitest.Get("/v1/devices?centre=KRW")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	var list contract.DeviceList
	colleague.Read("/v1/devices?centre=KRW", &list)
	if len(list.Devices) != 3 {
		t.Fatalf("phones: %+v", list.Devices)
	}
	before := len(w.Told())
	colleague.Do(lost).Into(http.StatusNoContent, nil)
	reported := w.Now()
	dead := map[*apitest.Server]time.Duration{}
	for len(dead) < 2 && w.Now().Sub(reported) <= time.Minute {
		for _, s := range []*apitest.Server{w.Server, second} {
			if _, ok := dead[s]; !ok && x.At(s, apitest.Get("/v1/bundle")).Status == http.StatusUnauthorized {
				dead[s] = w.Now().Sub(reported)
			}
		}
		w.Pass(time.Second)
	}
	if len(dead) < 2 {
		t.Fatalf("alive after a minute: %v", dead)
	}
	t.Logf("a lost phone is dead after %v on the server that was told, after %v on the other", dead[w.Server], dead[second])
	for _, s := range []*apitest.Server{w.Server, second} {
		refresh(w, s, x, x.Session.RefreshToken).Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
		x.At(s, apitest.Post("/v1/ops", w.Batch(x.Op("visit.record", w.Visit())))).Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
		s.Do(x.Handset.Vouch(s, apitest.Post("/v1/sessions", x.Handset.LogInBody(x.Officer, apitest.GoodPIN, x.Key)))).
			Refused(http.StatusUnauthorized, contract.CodeDeviceRevoked, "")
	}
	colleague.Do(lost).Into(http.StatusNoContent, nil) // said twice
	if told := w.Told()[before:]; len(told) != 1 || told[0].Role != staff.CentreIncharge || told[0].Centre != apitest.Karwi {
		t.Errorf("woken: %+v", told)
	}
	if kinds, newest := alarms(t, incharge); kinds["device_lost"] != 1 || *newest.OfficerID != colleague.ID || *newest.DeviceID != x.Handset.ID {
		t.Errorf("the in-charge sees %v, %+v", kinds, newest)
	}
	if kinds, _ := alarms(t, colleague); kinds["device_lost"] != 0 {
		t.Errorf("a squad member sees the centre's alarms: %v", kinds)
	}
}

func TestALostPhoneIsReplacedByTwoOfficersAndByNoneAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, incharge, sho := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	stranger, sp, analyst := w.Enlist(apitest.Rajapur, "sho"), w.Enlist("HQ", "sp"), w.Enlist("HQ", "analyst")
	path := "/v1/devices/" + x.Handset.ID.String()
	do := func(who *apitest.Shift, tail string) *apitest.Answer {
		return who.Do(apitest.Request{Method: http.MethodPost, Path: path + tail})
	}
	const ask, approve = "/replacement", "/replacement/approval"
	do(incharge, ask).Refused(http.StatusConflict, contract.CodeWrongState, "") // it is not lost
	do(x, "/lost").Into(http.StatusNoContent, nil)
	do(sho, approve).Refused(http.StatusConflict, contract.CodeWrongState, "") // nobody has asked
	colleague := w.Enlist(apitest.Karwi, "beat_officer")
	for _, tail := range []string{ask, approve} {
		do(colleague, tail).Refused(http.StatusForbidden, contract.CodeForbidden, "")
		do(stranger, tail).Refused(http.StatusNotFound, contract.CodeNotFound, "")
		do(analyst, tail).Refused(http.StatusForbidden, contract.CodeForbidden, "") // whatever it names
	}
	do(sp, ask).Refused(http.StatusForbidden, contract.CodeForbidden, "")
	var r contract.Replacement
	do(incharge, ask).Into(http.StatusOK, &r)
	do(incharge, ask).Into(http.StatusOK, &r)
	if r.Code != nil || r.ApprovedBy != nil || r.AskedBy != incharge.ID {
		t.Fatalf("one officer alone: %+v", r)
	}
	do(incharge, approve).Refused(http.StatusForbidden, contract.CodeOwnAct, "")
	w.Pass(25 * time.Hour)
	for _, y := range []*apitest.Shift{incharge, sho, sp} {
		y.Refresh()
	}
	do(sho, approve).Refused(http.StatusConflict, contract.CodeWrongState, "") // it has run out
	do(incharge, ask).Into(http.StatusOK, &r)
	do(sp, approve).Into(http.StatusOK, &r)
	if r.Code != nil || *r.ApprovedBy != sp.ID {
		t.Errorf("who agrees is shown the code: %+v", r)
	}
	do(sho, ask).Refused(http.StatusForbidden, contract.CodeForbidden, "") // another asked
	do(incharge, ask).Into(http.StatusOK, &r)
	first := *r.Code
	do(incharge, ask).Into(http.StatusOK, &r) // the answer was lost
	enrol := func(code string) *apitest.Answer {
		h := w.Handset(apitest.Karwi)
		return w.Do(h.Vouch(w.Server, apitest.Post("/v1/devices", w.Enrolment(h.Key, code))))
	}
	enrol(first).Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	enrol(*r.Code).Into(http.StatusCreated, nil)
	do(incharge, ask).Refused(http.StatusConflict, contract.CodeWrongState, "") // it is replaced
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = 'replace_device' AND ok`); n < 5 {
		t.Errorf("%d events", n)
	}
}

func TestAnOfficerIsToldOfEachPhoneThatIsNewToHer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, other := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	if kinds, newest := alarms(t, x); kinds["new_device"] != 1 || *newest.DeviceID != x.Handset.ID {
		t.Errorf("her first phone: %v, %+v", kinds, newest)
	}
	before := len(w.Told())
	x = x.Handset.LogIn(x.Officer) // the same phone again
	if kinds, _ := alarms(t, x); kinds["new_device"] != 1 || len(w.Told()) != before {
		t.Errorf("the same phone: %v", kinds)
	}
	w.Pass(time.Minute)
	second := w.Handset(apitest.Karwi)
	second.LogIn(x.Officer)
	kinds, newest := alarms(t, x)
	if kinds["new_device"] != 2 || *newest.DeviceID != second.ID || newest.Centre == nil || *newest.Centre != apitest.Karwi {
		t.Errorf("another phone: %v, %+v", kinds, newest)
	}
	told := w.Told()[before:]
	if len(told) != 1 || told[0].Officer != x.ID || told[0].Role != "" || told[0].AlarmID != newest.AlarmID {
		t.Errorf("woken: %+v", told)
	}
	if kinds, _ := alarms(t, other); kinds["new_device"] != 1 {
		t.Errorf("another officer sees %v", kinds)
	}
	if n, err := w.Staff.EndSessions(context.Background(), apitest.District, staff.OfOfficer(x.ID), "test"); err != nil || n != 2 {
		t.Errorf("%d sessions, %v", n, err)
	}
}

// takeIn tries to take a new phone in with a code.
func takeIn(w *apitest.World, code string) (*apitest.Handset, *apitest.Answer) {
	h := w.NewHandset()
	return h, w.Do(h.Vouch(w.Server, apitest.Post("/v1/devices", w.Enrolment(h.Key, code))))
}

func TestANewPhoneIsTakenInByACodeOfTheInChargeThatServesOnceForADay(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho, beat := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	stranger, sp := w.Enlist(apitest.Rajapur, "centre_incharge"), w.Enlist("HQ", "sp")
	ask := func(x *apitest.Shift, centre string) *apitest.Answer {
		return x.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/devices/invitations?centre=" + centre})
	}
	given := func(x *apitest.Shift) (out contract.DeviceInvitation) {
		ask(x, apitest.Karwi).Into(http.StatusCreated, &out)
		return out
	}
	ask(beat, apitest.Karwi).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	ask(sp, apitest.Karwi).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	ask(stranger, apitest.Karwi).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	ask(incharge, apitest.Rajapur).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")

	before := len(w.Told())
	lost, code, other := given(incharge), given(incharge), given(sho)
	if told := w.Told()[before:]; len(told) != 3 || told[0].Role != staff.CentreIncharge || told[0].Centre != apitest.Karwi {
		t.Errorf("woken: %+v", told)
	}
	for _, x := range []*apitest.Shift{incharge, sho} {
		if kinds, _ := alarms(t, x); kinds["device_invited"] != 3 {
			t.Errorf("a head of the station sees %v", kinds)
		}
	}
	if code.ExpiresAt.Sub(w.Now()) != 24*time.Hour || len(code.Code) < 26+2 { // base 32: 26 letters are 128 bits
		t.Errorf("%+v", code)
	}
	_, late := takeIn(w, lost.Code)
	late.Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code") // the next one ended it
	h, first := takeIn(w, code.Code)
	var in contract.EnrolledDevice
	first.Into(http.StatusCreated, &in)
	if in.Centre != apitest.Karwi {
		t.Errorf("enrolled at %s", in.Centre)
	}
	h.ID = in.DeviceID
	h.Activate(w.Hire(apitest.Karwi, "beat_officer"))
	_, second := takeIn(w, code.Code)
	second.Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	w.Pass(24 * time.Hour)
	_, old := takeIn(w, other.Code)
	old.Refused(http.StatusForbidden, contract.CodeCodeInvalid, "/code")
	for _, c := range []string{lost.Code, code.Code, other.Code} {
		if contains(w.Log.String(), c) || len(w.Holding(c)) > 0 {
			t.Error("a code stands in the log or in a table")
		}
	}
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = 'invite_device' AND ok`); n != 3 {
		t.Errorf("%d events", n)
	}
}

func TestACentreGivesFortyCodesForNewPhonesADay(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge := w.Enlist(apitest.Karwi, "centre_incharge")
	ask := func() *apitest.Answer {
		return incharge.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/devices/invitations?centre=KRW"})
	}
	for range 40 {
		ask().Into(http.StatusCreated, nil)
		w.Pass(10 * time.Second)
	}
	ask().Refused(http.StatusUnprocessableEntity, contract.CodeTooMany, "")
	if n := w.Count(`SELECT count(*) FROM once_codes WHERE purpose = 'enrol' AND used_at IS NULL AND expires_at > $1`, w.Now()); n != 1 {
		t.Errorf("%d codes are open", n)
	}
}

func TestTheHeadsOfAStationSeeTheSessionsOfTheirOfficersAndEndOne(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	incharge, sho, beat := w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho"), w.Enlist(apitest.Karwi, "beat_officer")
	stranger, sp := w.Enlist(apitest.Rajapur, "centre_incharge"), w.Enlist("HQ", "sp")
	desk := w.AtConsole(apitest.Karwi, contract.RoleDeskOfficer)
	const list = "/v1/officers/sessions?centre=KRW"
	end := func(x *apitest.Shift, id uuid.UUID) *apitest.Answer {
		return x.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/officers/sessions/" + id.String() + "/end?centre=KRW"})
	}
	for _, x := range []*apitest.Shift{beat, sp} {
		x.Do(apitest.Get(list)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
		end(x, sho.Session.SessionID).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	}
	stranger.Do(apitest.Get(list)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	end(stranger, beat.Session.SessionID).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")

	// Not by the table of access alone.
	who := staff.Caller{District: apitest.District, OfficerID: beat.ID, DeviceID: beat.Handset.ID, SessionID: beat.Session.SessionID, Posts: []staff.Post{{Centre: apitest.Karwi, Role: staff.BeatOfficer}}}
	if _, err := w.Staff.Sessions(t.Context(), who, apitest.Karwi); !problemIs(err, contract.CodeForbidden) {
		t.Error("the list is given to whoever asks behind the door")
	}
	if _, err := w.Staff.InviteDevice(t.Context(), who, apitest.Karwi); !problemIs(err, contract.CodeForbidden) {
		t.Error("a code is given to whoever asks behind the door")
	}
	seen := func() map[uuid.UUID]contract.SessionLine {
		out := map[uuid.UUID]contract.SessionLine{}
		var l contract.SessionList
		incharge.Read(list, &l)
		for _, s := range l.Sessions {
			out[s.SessionID] = s
		}
		return out
	}
	got := seen()
	if len(got) != 4 || got[beat.Session.SessionID].Kind != "phone" || got[beat.Session.SessionID].OfficerID != beat.ID || got[desk.Session.SessionID].Kind != "console" {
		t.Fatalf("%+v", got)
	}
	if _, there := got[stranger.Session.SessionID]; there {
		t.Error("one of another station is among them")
	}
	w.Pass(16 * time.Minute)
	for _, x := range []*apitest.Shift{incharge, sho, beat, stranger} {
		x.Refresh()
	}
	if _, there := seen()[desk.Session.SessionID]; there {
		t.Error("a console that nobody has used for a quarter of an hour counts as open")
	}

	end(incharge, uuid.New()).Refused(http.StatusNotFound, contract.CodeNotFound, "session_id")
	end(incharge, stranger.Session.SessionID).Refused(http.StatusNotFound, contract.CodeNotFound, "session_id")
	end(incharge, incharge.Session.SessionID).Refused(http.StatusForbidden, contract.CodeOwnAct, "")
	end(incharge, sho.Session.SessionID).Refused(http.StatusForbidden, contract.CodeNeedsAbove, "")
	item := beat.Op("visit.record", w.Visit())
	before := len(w.Told())
	end(incharge, beat.Session.SessionID).Into(http.StatusNoContent, nil)
	end(incharge, beat.Session.SessionID).Into(http.StatusNoContent, nil) // the answer was lost
	beat.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	if told := w.Told()[before:]; len(told) != 1 || told[0].Officer != beat.ID {
		t.Errorf("woken: %+v", told)
	}
	if _, there := seen()[beat.Session.SessionID]; there {
		t.Error("it is still open")
	}
	again := beat.Handset.LogIn(beat.Officer)
	if kinds, newest := alarms(t, again); kinds["session_ended"] != 1 || *newest.OfficerID != incharge.ID {
		t.Errorf("she sees %v, %+v", kinds, newest)
	}
	if kinds, _ := alarms(t, sho); kinds["session_ended"] != 0 {
		t.Errorf("another sees %v", kinds)
	}
	if r := again.Send(item); r[0].Outcome != contract.OutcomeEntered {
		t.Errorf("what she had signed before: %+v", r[0])
	}
	end(sho, incharge.Session.SessionID).Into(http.StatusNoContent, nil)
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = 'end_session' AND ok`); n != 3 {
		t.Errorf("%d events", n)
	}
}

// problemIs tells whether an error is a refusal by a code.
func problemIs(err error, code contract.Code) bool {
	var p *contract.Problem
	return errors.As(err, &p) && p.Code == code
}
