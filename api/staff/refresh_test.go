package staff_test

import (
	"strings"
	"testing"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestARefreshTokenIsSpentAndItsSuccessorWorks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.clock.move(11 * time.Minute)
	token := x.Refresh
	for range 3 {
		out, err := h.Refresh(t.Context(), x.refresh(token))
		h.must(err)
		if out.Refresh == token {
			t.Fatal("the same token again")
		}
		x.Tokens = out
		h.must(x.works(h.Service))
		token = out.Refresh
		h.clock.move(11 * time.Minute)
	}
}

func TestALostAnswerIsForgivenForHalfAMinuteToTheSameHandset(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	first, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	h.must(err)
	h.clock.move(5 * time.Second)
	again, err := h.another().Refresh(t.Context(), x.refresh(x.Refresh))
	h.must(err)
	if again.Refresh != first.Refresh || !again.RefreshExpiresAt.Equal(first.RefreshExpiresAt) {
		t.Fatal("another successor")
	}
	h.clock.move(26 * time.Second)
	_, err = h.Refresh(t.Context(), x.refresh(x.Refresh))
	wants(t, err, contract.CodeRefreshInvalid)
	_, err = h.Refresh(t.Context(), x.refresh(first.Refresh)) // the whole family is dead
	wants(t, err, contract.CodeSessionEnded)
	x.Tokens = again
	wants(t, x.works(h.Service), contract.CodeSessionEnded)
	if n := one[int](h, `SELECT count(*) FROM alarms WHERE kind = 'refresh_reuse' AND subject_id = $1`, x.SessionID); n != 1 {
		t.Fatalf("%d alarms", n)
	}
}

func TestASpentTokenFromAnotherHandKillsTheFamilyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	_, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	h.must(err)
	in := x.refresh(x.Refresh)
	in.Sig = sign(t, newKey(t), contract.RefreshMessage(string(in.Token), in.Nonce))
	_, err = h.Refresh(t.Context(), in)
	wants(t, err, contract.CodeRefreshInvalid)
	wants(t, x.works(h.Service), contract.CodeSessionEnded)
}

func TestATokenTwoStepsOldIsNeverForgiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	second, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	h.must(err)
	_, err = h.Refresh(t.Context(), x.refresh(second.Refresh))
	h.must(err)
	_, err = h.Refresh(t.Context(), x.refresh(x.Refresh))
	wants(t, err, contract.CodeRefreshInvalid)
	wants(t, x.works(h.Service), contract.CodeSessionEnded)
}

func TestARefreshIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	token := string(x.Refresh)
	swap := func(from, to string) string { return strings.Replace(token, from, to, 1) }
	for name, spoiled := range map[string]string{
		"with another secret":         token[:len(token)-2] + "AA",
		"with another number":         swap(".1.", ".2."),
		"with another district":       swap("rt.7.", "rt.8."),
		"that is an access token":     string(x.Access),
		"that is nothing":             "rt",
		"that is longer than allowed": token + strings.Repeat("A", 512),
	} {
		_, err := h.Refresh(t.Context(), x.refresh(staff.Secret(spoiled)))
		if codeOf(err) != contract.CodeRefreshInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := x.refresh(x.Refresh)
	foreign.Sig = sign(t, x.key, contract.RefreshMessage(token, foreign.Nonce)) // the session's key is not the handset's
	_, err := h.Refresh(t.Context(), foreign)
	wants(t, err, contract.CodeBadSignature)
	good := x.refresh(x.Refresh)
	_, err = h.Refresh(t.Context(), good)
	h.must(err)
	_, err = h.Refresh(t.Context(), good) // nonce, proof and signature serve once
	wants(t, err, contract.CodeDPoPReplayed)
	good.Proof = x.phone.vouch("POST", "/v1/sessions/refresh", good.Nonce)
	_, err = h.Refresh(t.Context(), good)
	wants(t, err, contract.CodeBadNonce)
	h.must(x.works(h.Service))
}

func TestASessionEndsWhenIdleForAWeekOrThirtyDaysOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.clock.move(7*24*time.Hour + time.Second)
	_, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	wants(t, err, contract.CodeSessionEnded)
	y := h.newShift(number(2))
	token := y.Refresh
	for range 5 {
		h.clock.move(6 * 24 * time.Hour)
		out, err := h.Refresh(t.Context(), y.refresh(token))
		if err != nil {
			break
		}
		token, y.Tokens = out.Refresh, out
	}
	if left := y.RefreshExpiresAt.Sub(h.clock.now()); left > 0 {
		t.Fatalf("%s are left after thirty days", left)
	}
	_, err = h.Refresh(t.Context(), y.refresh(token))
	wants(t, err, contract.CodeSessionEnded)
}

func TestWhoHasNoPostAnyMoreIsOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.must(x.works(h.Service))
	h.exec(`UPDATE posts SET until_at = $1 WHERE district_id = 7`, h.clock.now().Add(time.Second))
	h.clock.move(10 * time.Second)
	wants(t, x.works(h.Service), contract.CodeSessionEnded)
	_, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	wants(t, err, contract.CodeSessionEnded)
}

func TestRevocationReachesEveryProcessWithinAMinute(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]func(h *house, x *shift) error{
		"of the handset": func(h *house, x *shift) error {
			return h.RevokeDevice(t.Context(), district, x.phone.id, "lost")
		},
		"of the officer's sessions": func(h *house, x *shift) error {
			_, err := h.EndSessions(t.Context(), district, staff.OfOfficer(x.Officer.ID), "test")
			return err
		},
		"of the centre's sessions": func(h *house, _ *shift) error {
			_, err := h.EndSessions(t.Context(), district, staff.OfCentre("KRW"), "test")
			return err
		},
		"of all sessions": func(h *house, _ *shift) error {
			_, err := h.EndSessions(t.Context(), district, staff.OfAll(), "test")
			return err
		},
		"by suspension": func(h *house, x *shift) error {
			return h.SetOfficerState(t.Context(), district, x.Officer.ID, staff.Suspended)
		},
		"by log-out": func(h *house, x *shift) error {
			who, err := h.Authenticate(t.Context(), x.call())
			if err != nil {
				return err
			}
			return h.LogOut(t.Context(), who)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			x := h.newShift(number(1))
			other := h.another()
			h.must(x.works(h.Service))
			h.must(x.works(other))
			h.must(revoke(h, x))
			if x.works(h.Service) == nil {
				t.Fatal("the process itself still lets him in")
			}
			h.clock.move(60 * time.Second)
			if x.works(other) == nil {
				t.Fatal("another process still lets him in")
			}
			if _, err := other.Refresh(t.Context(), x.refresh(x.Refresh)); err == nil {
				t.Fatal("refreshed")
			}
			if n := one[int](h, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 0 {
				t.Fatalf("%d sessions are open", n)
			}
		})
	}
}

func TestARevokedHandsetCannotComeBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.must(h.RevokeDevice(t.Context(), district, x.phone.id, "lost"))
	wants(t, x.works(h.Service), contract.CodeDeviceRevoked)
	_, err := h.LogIn(t.Context(), x.phone.logIn(number(1), goodPIN, newKey(t)))
	wants(t, err, contract.CodeDeviceRevoked)
	code, err := h.IssueEnrolCode(t.Context(), district, "KRW")
	h.must(err)
	_, err = h.Enrol(t.Context(), x.phone.enrolment(string(code.Text)))
	wants(t, err, contract.CodeDeviceRevoked)
	key, officer, device, err := h.SessionKey(t.Context(), district, x.SessionID) // what he signed before can still be read
	if err != nil || !key.Equal(&x.key.PublicKey) || device != x.phone.id || officer != x.Officer.ID {
		t.Fatalf("session key: %v", err)
	}
}
