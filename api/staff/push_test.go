package staff_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func (h *house) targets(officers ...uuid.UUID) map[uuid.UUID][]staff.PushTarget {
	h.t.Helper()
	var found map[uuid.UUID][]staff.PushTarget
	h.in(func(tx pgx.Tx) (err error) {
		found, err = h.PushTargets(h.t.Context(), tx, district, officers)
		return err
	})
	return found
}

func (x *shift) caller() staff.Caller {
	x.phone.h.t.Helper()
	who, err := x.phone.h.Authenticate(x.phone.h.t.Context(), x.call())
	x.phone.h.must(err)
	return who
}

func TestAPushTokenIsBoundToHandsetOfficerAndSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.must(h.BindPush(t.Context(), x.caller(), "token-1"))
	got := h.targets(x.Officer.ID)[x.Officer.ID]
	if len(got) != 1 || got[0].DeviceID != x.phone.id || string(got[0].Token) != "token-1" {
		t.Fatalf("targets %v", got)
	}

	h.officer(number(2)) // the next officer on the same handset
	x.phone.activate(number(2))
	y := x.phone.begin(number(2))
	h.must(h.BindPush(t.Context(), y.caller(), "token-1"))
	if got := h.targets(x.Officer.ID, y.Officer.ID); len(got[x.Officer.ID]) != 0 || len(got[y.Officer.ID]) != 1 {
		t.Fatalf("targets %v", got)
	}

	z := h.newShift(number(3)) // the same token on another handset moves
	h.must(h.BindPush(t.Context(), z.caller(), "token-1"))
	if got := h.targets(y.Officer.ID, z.Officer.ID); len(got[y.Officer.ID]) != 0 || len(got[z.Officer.ID]) != 1 {
		t.Fatalf("targets %v", got)
	}
	h.must(h.ForgetPush(t.Context(), district, z.phone.id, "an older token"))
	if len(h.targets(z.Officer.ID)) != 1 {
		t.Fatal("another token was forgotten")
	}
	h.must(h.ForgetPush(t.Context(), district, z.phone.id, "token-1"))
	if len(h.targets(z.Officer.ID)) != 0 {
		t.Fatal("not forgotten")
	}
}

func TestAPushTokenGoesWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, x *shift) error{
		"log-out":    func(h *house, x *shift) error { return h.LogOut(t.Context(), x.caller()) },
		"unbinding":  func(h *house, x *shift) error { return h.UnbindPush(t.Context(), x.caller()) },
		"revocation": func(h *house, x *shift) error { return h.RevokeDevice(t.Context(), district, x.phone.id, "lost") },
		"suspension": func(h *house, x *shift) error {
			return h.SetOfficerState(t.Context(), district, x.Officer.ID, staff.Suspended)
		},
		"a week of silence": func(h *house, _ *shift) error {
			h.clock.move(7 * 24 * time.Hour)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			x := h.newShift(number(1))
			h.must(h.BindPush(t.Context(), x.caller(), "token-1"))
			if len(h.targets(x.Officer.ID)) != 1 {
				t.Fatal("not bound")
			}
			h.must(end(h, x))
			if got := h.targets(x.Officer.ID); len(got) != 0 {
				t.Fatalf("still bound: %v", got)
			}
		})
	}
}

func TestNobodyIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var nobody staff.Caller
	_, home := h.Home(t.Context(), nobody)
	_, offset := h.ClockOffset(t.Context(), nobody)
	for name, err := range map[string]error{
		"log out": h.LogOut(t.Context(), nobody), "bind": h.BindPush(t.Context(), nobody, "x"), "unbind": h.UnbindPush(t.Context(), nobody),
		"note clock": h.NoteClock(t.Context(), nobody, time.Second, h.clock.now()), "home": home, "offset": offset,
	} {
		if codeOf(err) != contract.CodeUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheOffsetOfAClockIsKeptWhenItChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	who := x.caller()
	for _, c := range []struct{ note, want time.Duration }{
		{-5 * time.Minute, -5 * time.Minute},
		{-5*time.Minute + time.Second, -5 * time.Minute}, // the network's noise
		{3 * time.Second, 3 * time.Second},
	} {
		h.must(h.NoteClock(t.Context(), who, c.note, h.clock.now()))
		got, err := h.ClockOffset(t.Context(), who)
		h.must(err)
		stored := one[int64](h, `SELECT clock_offset_ms FROM devices`)
		if got != c.want || stored != c.want.Milliseconds() {
			t.Fatalf("noted %s, got %s, stored %d", c.note, got, stored)
		}
	}
}
