package staff_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestAnOfficerEnrolsSetsAPINLogsInAndIsTheCaller(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	who, err := h.Authenticate(t.Context(), x.call())
	h.must(err)
	if who.IsZero() || who.District != district || who.OfficerID != x.Officer.ID || who.DeviceID != x.phone.id || who.SessionID != x.SessionID {
		t.Fatalf("caller %+v", who)
	}
	if len(who.Posts) != 1 || who.Posts[0].Role != staff.BeatOfficer || !slices.Equal(who.Centres(), []string{"KRW"}) {
		t.Fatalf("posts %+v", who.Posts)
	}
	if !who.AuthAt.Equal(h.clock.now()) {
		t.Fatalf("gave the PIN at %s", who.AuthAt)
	}
	if got := x.RefreshExpiresAt.Sub(h.clock.now()); got != 7*24*time.Hour {
		t.Fatalf("refresh token lives %s", got)
	}
	home, err := h.Home(t.Context(), who)
	h.must(err)
	if home.Officer.ID != who.OfficerID || len(home.Colleagues) != 1 {
		t.Fatalf("home %+v", home)
	}
}

func TestSeveralOfficersShareAHandset(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.newPhone()
	var shifts []*shift
	for i := range 3 {
		h.officer(number(i))
		p.activate(number(i))
		shifts = append(shifts, p.begin(number(i)))
	}
	for _, x := range shifts {
		h.must(x.works(h.Service))
	}
	who, err := h.Authenticate(t.Context(), shifts[1].call())
	h.must(err)
	h.must(h.LogOut(t.Context(), who))
	wants(t, shifts[1].works(h.Service), contract.CodeSessionEnded)
	h.must(shifts[0].works(h.Service))
	h.must(shifts[2].works(h.Service))
	again := p.begin(number(0))
	wants(t, shifts[0].works(h.Service), contract.CodeSessionEnded)
	h.must(again.works(h.Service))
}

func TestALogInIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	spoil := func(change func(*staff.LogInIn)) staff.LogInIn {
		in := p.logIn(number(1), goodPIN, newKey(t))
		change(&in)
		return in
	}
	resign := func(in *staff.LogInIn) {
		in.Sig = sign(t, p.key, contract.SessionMessage(in.District, in.DeviceID.String(), in.OfficerNo, string(in.PIN), in.SessionKey.Thumbprint(), in.Nonce))
	}
	for _, c := range []struct {
		name   string
		change func(*staff.LogInIn)
		code   contract.Code
	}{
		{"with a wrong PIN", func(in *staff.LogInIn) { in.PIN = "739106"; resign(in) }, contract.CodeWrongCredentials},
		{"of an officer that does not exist", func(in *staff.LogInIn) { in.OfficerNo = "NOBODY"; resign(in) }, contract.CodeWrongCredentials},
		{"signed by another key", func(in *staff.LogInIn) { in.Sig = sign(t, newKey(t), []byte("x")) }, contract.CodeBadSignature},
		{"signed for another PIN", func(in *staff.LogInIn) { in.PIN = "739106" }, contract.CodeBadSignature},
		{"signed for another session key", func(in *staff.LogInIn) { in.SessionKey = jwk(t, newKey(t)) }, contract.CodeBadSignature},
		{"from a handset that is not enrolled", func(in *staff.LogInIn) { in.DeviceID = uuid.New(); resign(in) }, contract.CodeUnknownDevice},
		{"of another district", func(in *staff.LogInIn) { in.District = 8; resign(in) }, contract.CodeUnknownDevice},
		{"with a nonce that nobody gave", func(in *staff.LogInIn) { in.Nonce = contract.Encode(key(9)); resign(in) }, contract.CodeBadNonce},
		{"with a session key off the curve", func(in *staff.LogInIn) { in.SessionKey.X = in.SessionKey.Y }, contract.CodeBadFormat},
	} {
		_, err := h.LogIn(t.Context(), spoil(c.change))
		if codeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	in := p.logIn(number(1), goodPIN, newKey(t))
	_, err := h.LogIn(t.Context(), in)
	h.must(err)
	_, err = h.LogIn(t.Context(), in)
	wants(t, err, contract.CodeDPoPReplayed)
	in.Proof = p.vouch("POST", "/v1/sessions", in.Nonce)
	_, err = h.LogIn(t.Context(), in)
	wants(t, err, contract.CodeBadNonce)
	late := p.logIn(number(1), goodPIN, newKey(t))
	h.clock.move(2*time.Minute + time.Second)
	_, err = h.LogIn(t.Context(), late)
	wants(t, err, contract.CodeUseDPoPNonce)
}

func TestALogInWithoutPostOrActiveStateIsRefusedAfterTheRightPIN(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	h.exec(`UPDATE posts SET until_at = $1 WHERE district_id = 7`, h.clock.now())
	_, err := h.LogIn(t.Context(), p.logIn(number(1), goodPIN, newKey(t)))
	wants(t, err, contract.CodeNoPost)
	h.must(h.SetOfficerState(t.Context(), district, id, staff.Suspended))
	_, err = h.LogIn(t.Context(), p.logIn(number(1), goodPIN, newKey(t)))
	wants(t, err, contract.CodeForbidden)
}

func TestAThousandGuessesInAQuarterHourAreNotJudged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	phones := []*phone{h.newPhone(), h.newPhone(), h.newPhone()}
	phones[0].activate(number(1))
	judged, told := 0, 0
	for i := range 1000 {
		pin := fmt.Sprintf("%06d", 100000+i)
		_, err := h.LogIn(t.Context(), phones[i%len(phones)].logIn(number(1), pin, newKey(t)))
		switch codeOf(err) {
		case contract.CodeWrongCredentials:
			judged++
		case contract.CodeTooManyTries:
			told++
		default:
			t.Fatal(err)
		}
		h.clock.move(900 * time.Millisecond)
	}
	t.Logf("judged %d of 1000", judged)
	if judged > 10 || judged < 5 || judged+told != 1000 {
		t.Fatalf("judged %d, told to wait %d", judged, told)
	}
	_, err := h.LogIn(t.Context(), phones[0].logIn(number(1), goodPIN, newKey(t)))
	wants(t, err, contract.CodeTooManyTries) // the right PIN neither
	h.clock.move(15 * time.Minute)
	_, err = h.LogIn(t.Context(), phones[0].logIn(number(1), goodPIN, newKey(t)))
	h.must(err)
	events := one[int](h, `SELECT count(*) FROM auth_events WHERE kind = 'log_in'`)
	if events != 1002 {
		t.Fatalf("%d events for 1002 attempts", events)
	}
	if one[int](h, `SELECT count(*) FROM alarms WHERE kind = 'lock_out'`) == 0 {
		t.Fatal("no alarm")
	}
}

func TestGuessesAtOnceAreNoCheaperThanOneAfterTheOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	services := []*staff.Service{h.Service, h.another()}
	var wg sync.WaitGroup
	codes := make([]contract.Code, 30)
	for i := range codes {
		in := p.logIn(number(1), fmt.Sprintf("%06d", 200000+i), newKey(t))
		wg.Go(func() {
			_, err := services[i%2].LogIn(t.Context(), in)
			codes[i] = codeOf(err)
		})
	}
	wg.Wait()
	judged := 0
	for _, c := range codes {
		if c == contract.CodeWrongCredentials {
			judged++
		}
	}
	if judged != 5 {
		t.Fatalf("%d of 30 judged: %v", judged, codes)
	}
}

func TestTheDelayDoublesAndIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	wrong := func() error {
		_, err := h.LogIn(t.Context(), p.logIn(number(1), "111999", newKey(t)))
		return err
	}
	for range 5 {
		wants(t, wrong(), contract.CodeWrongCredentials)
	}
	for _, delay := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute} {
		err := wrong()
		wants(t, err, contract.CodeTooManyTries)
		var p *contract.Problem
		if !asProblem(err, &p) || p.RetryAfter < delay || p.RetryAfter > delay+time.Second || p.Render(contract.Hindi).Detail == "" {
			t.Fatalf("told to wait %s, want %s", p.RetryAfter, delay)
		}
		h.clock.move(delay)
		wants(t, wrong(), contract.CodeWrongCredentials)
	}
}

func TestAHandsetAndAnAddressHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.newPhone()
	for i := range 20 {
		_, err := h.LogIn(t.Context(), p.logIn(number(100+i), goodPIN, newKey(t)))
		wants(t, err, contract.CodeWrongCredentials)
	}
	_, err := h.LogIn(t.Context(), p.logIn(number(200), goodPIN, newKey(t)))
	wants(t, err, contract.CodeTooManyTries)
	h.clock.move(time.Hour)
	_, err = h.LogIn(t.Context(), p.logIn(number(200), goodPIN, newKey(t)))
	wants(t, err, contract.CodeWrongCredentials)

	h.exec(`DELETE FROM tries`)
	q := &phone{h: h, key: newKey(t)}
	for range 50 {
		in := q.enrolment("7.0123456789ABCDEFGHJKMNPQRS")
		in.Address = "192.0.2.7"
		_, err := h.Enrol(t.Context(), in)
		wants(t, err, contract.CodeCodeInvalid)
	}
	in := q.enrolment("7.0123456789ABCDEFGHJKMNPQRS")
	in.Address = "192.0.2.7"
	_, err = h.Enrol(t.Context(), in)
	wants(t, err, contract.CodeTooManyTries)
}

func TestWhoIsRightGetsHisTriesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	for range 4 {
		_, err := h.LogIn(t.Context(), p.logIn(number(1), "111999", newKey(t)))
		wants(t, err, contract.CodeWrongCredentials)
	}
	p.begin(number(1))
	for range 4 {
		_, err := h.LogIn(t.Context(), p.logIn(number(1), "111999", newKey(t)))
		wants(t, err, contract.CodeWrongCredentials)
	}
	p.begin(number(1))
	if n := one[int](h, `SELECT max(failures) FROM tries`); n != 8 { // of the handset
		t.Fatalf("%d failures are left", n)
	}
}

func TestAnUnknownOfficerGetsTheSameAnswerForTheSameWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	p.activate(number(1))
	took := map[string][]time.Duration{}
	for range 5 {
		for _, who := range []string{number(1), "NOBODY"} {
			h.exec(`DELETE FROM tries`)
			in := p.logIn(who, "111999", newKey(t))
			start := time.Now()
			_, err := h.LogIn(t.Context(), in)
			took[who] = append(took[who], time.Since(start))
			wants(t, err, contract.CodeWrongCredentials)
		}
	}
	for who, all := range took {
		slices.Sort(all)
		t.Logf("%s: median %s", who, all[len(all)/2])
	}
	h.exec(`DELETE FROM tries`)
	for _, who := range []string{number(1), "NOBODY"} { // and is counted alike
		for range 5 {
			_, err := h.LogIn(t.Context(), p.logIn(who, "111999", newKey(t)))
			wants(t, err, contract.CodeWrongCredentials)
		}
		_, err := h.LogIn(t.Context(), p.logIn(who, "111999", newKey(t)))
		wants(t, err, contract.CodeTooManyTries)
	}
}
