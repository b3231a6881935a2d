package phone_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

func TestTheNonceThatTheServerHandsOverIsSigned(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.wants = "handed-over-handed-over"
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	if err := o.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	record(t, o, 2)
	if err := p.Sync(t.Context()); err != nil || p.Waiting() != 0 {
		t.Errorf("%v, %d waiting", err, p.Waiting())
	}
}

func TestAHandsetThatWasWithdrawnForgetsEverybodyAndKeepsItsOutbox(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	p := f.handset(dir)
	o := f.logInOn(p)
	record(t, o, 3)
	f.mu.Lock()
	f.revoked = true
	f.mu.Unlock()
	if err := p.Sync(t.Context()); !phone.Refused(err, contract.CodeDeviceRevoked) || !errors.Is(err, phone.ErrLoggedOut) {
		t.Fatalf("sync: %v", err)
	}
	if p.Waiting() != 3 {
		t.Errorf("%d ops are left", p.Waiting())
	}
	state, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(state), `"sealed_key":"`) || strings.Contains(string(state), `"first"`) {
		t.Errorf("it remembers a session: %s", state)
	}
	if _, err := p.Unlock(o.Number(), "271828"); !errors.Is(err, phone.ErrLoggedOut) {
		t.Errorf("unlock: %v", err)
	}
}
