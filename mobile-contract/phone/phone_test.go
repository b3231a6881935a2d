package phone_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

func TestWhatWasRecordedArrivesOnceInItsOrderAndIsProven(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	ids := record(t, o, 450)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range ids {
		want = append(want, id.String())
	}
	if !slices.Equal(f.order(), want) {
		t.Error("the ops came in another order")
	}
	if len(f.batches) != 3 {
		t.Errorf("%d batches, want 3 of at most 200", len(f.batches))
	}
	s := p.Stats()
	if s.Entered != 450 || s.ProofsVerified != 450 || s.ProofsFailed != 0 || s.CheckpointsVerified == 0 || p.Waiting() != 0 {
		t.Errorf("stats %+v, %d waiting", s, p.Waiting())
	}
	if receipts, err := p.Receipts(); err != nil || len(receipts) != 450 {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
}

func TestALostAnswerIsAskedForAgainAndTheRepeatIsAbsorbed(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	record(t, o, 3)
	f.answers = []func() error{cut}
	f.after = []func() error{cut, cut}
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := p.Stats()
	if f.tree.Size() != 3 || s.Entered != 3 || s.Repeated != 3 || s.Tries != 3 || s.ProofsVerified != 3 {
		t.Errorf("tree %d, stats %+v", f.tree.Size(), s)
	}
}

func TestWaitsDoubleAtRandomAndObeyRetryAfter(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var waits []time.Duration
	p := f.handset(t.TempDir(), func(o *phone.Options) {
		o.Jitter = rand.New(rand.NewPCG(1, 2))
		o.Sleep = func(_ context.Context, d time.Duration) error {
			waits = append(waits, d)
			return nil
		}
	})
	o := f.logInOn(p)
	record(t, o, 1)
	busy := func() error {
		return contract.NewProblem(contract.CodeOverloaded, contract.WithRetryAfter(7*time.Second))
	}
	f.answers = []func() error{busy, cut, cut, cut, cut}
	if err := p.Sync(t.Context()); !errors.Is(err, phone.ErrNoAnswer) {
		t.Fatalf("after five tries: %v", err)
	}
	if len(waits) != 4 || waits[0] < 7*time.Second || waits[0] > 7500*time.Millisecond {
		t.Fatalf("waits %v", waits)
	}
	for i, bound := range []time.Duration{1, 2, 4} {
		if w := waits[i+1]; w < 0 || w > bound*time.Second {
			t.Errorf("wait %d is %v, more than %d s", i+1, w, bound)
		}
	}
	if p.Waiting() != 1 {
		t.Error("the op is lost")
	}
	if err := p.Sync(t.Context()); err != nil || p.Waiting() != 0 {
		t.Errorf("the next sync: %v, %d waiting", err, p.Waiting())
	}
}

func TestABatchTooLargeIsHalvedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.most = 13
	p := f.handset(t.TempDir())
	record(t, f.logInOn(p), 40)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Entered != 40 || p.Waiting() != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestOneOpTheServerCannotReadDoesNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.poison = contract.KindDutyStart
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	record(t, o, 5)
	bad, err := o.Record(contract.KindDutyStart, contract.DutyStart{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	record(t, o, 5)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := p.Refused()
	if len(refused) != 1 || *refused[0].Receipt.OpID != bad || refused[0].Receipt.Problem.Title == "" {
		t.Fatalf("refused %+v", refused)
	}
	if s := p.Stats(); s.Entered != 10 || s.Refused != 1 {
		t.Errorf("stats %+v", s)
	}
	if err := p.Dismiss(bad); err != nil || len(p.Refused()) != 0 {
		t.Errorf("dismiss: %v, %d left", err, len(p.Refused()))
	}
}

func TestTheContractRefusesAnOpBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	_, err := f.logInOn(p).Record(contract.KindVisitRecord, map[string]any{"religion": "any"}, nil)
	var v *contract.Violation
	if !errors.As(err, &v) || v.Code != contract.CodeUnknownField || p.Waiting() != 0 {
		t.Errorf("%v, %d waiting", err, p.Waiting())
	}
}

func TestAnOutboxSurvivesARestartAndATornLine(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	p := f.handset(dir)
	ids := record(t, f.logInOn(p), 4)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "journal.log")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	p = f.handset(dir)
	if p.Waiting() != 3 {
		t.Fatalf("%d ops after a torn line, want 3", p.Waiting())
	}
	o, err := p.Unlock("101", "271828")
	if err != nil {
		t.Fatal(err)
	}
	record(t, o, 1)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.order(); len(got) != 4 || got[0] != ids[0].String() {
		t.Errorf("%d ops came", len(got))
	}
	if s := p.Stats(); s.ProofsVerified != 4 {
		t.Errorf("stats %+v", s)
	}
}

func TestADamagedOpIsToldAndNotSkipped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	p := f.handset(dir)
	record(t, f.logInOn(p), 3)
	_ = p.Close()
	path := filepath.Join(dir, "journal.log")
	text, _ := os.ReadFile(path)
	text[40] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Open(phone.Options{Dir: dir, Server: f.url}); !errors.Is(err, phone.ErrJournalDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestAJournalIsTidiedAndNumbersGoOn(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	p := f.handset(dir)
	o := f.logInOn(p)
	record(t, o, 400)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "journal.log"))
	if err != nil || info.Size() > 1000 {
		t.Errorf("journal of %d bytes, %v", info.Size(), err)
	}
	_ = p.Close()
	p = f.handset(dir)
	if receipts, err := p.Receipts(); err != nil || len(receipts) != 400 {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
	o, err = p.Unlock("101", "271828")
	if err != nil {
		t.Fatal(err)
	}
	id := record(t, o, 1)
	text, _ := os.ReadFile(filepath.Join(dir, "journal.log"))
	if !contains(text, id[0].String()) || !contains(text, `"device_seq":401`) {
		t.Error("the count began anew")
	}
}

func TestAWrongPINOpensNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	f.logInOn(p)
	if _, err := p.Unlock("101", "000000"); !errors.Is(err, phone.ErrWrongPIN) {
		t.Errorf("got %v", err)
	}
}

func TestTheOutboxOfOneWhoLoggedOutLeavesWithTheNext(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	first := f.logInOn(p)
	record(t, first, 2)
	if err := first.LogOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Record(contract.KindDutyStart, contract.DutyStart{}, nil); !phone.IsLoggedOut(err) {
		t.Errorf("recorded after log-out: %v", err)
	}
	if err := p.Sync(t.Context()); !phone.IsLoggedOut(err) {
		t.Errorf("sent by nobody: %v", err)
	}
	second, err := p.LogIn(t.Context(), "102", "271828")
	if err != nil {
		t.Fatal(err)
	}
	record(t, second, 1)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Entered != 3 || s.Refused != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestAnExpiredTokenAndAWrongClockAreMended(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	wrong := -3 * time.Hour
	p := f.handset(t.TempDir(), func(o *phone.Options) {
		o.Now = func() time.Time { return time.Now().Add(wrong) }
	})
	o := f.logInOn(p)
	f.expire, f.tooEarly = true, time.Minute
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off := p.ClockOffset() - 3*time.Hour; off.Abs() > 5*time.Second {
		t.Errorf("offset %v", p.ClockOffset())
	}
	wrong = 2 * time.Hour // somebody set the clock
	record(t, o, 1)
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Entered != 1 || f.refresh == 0 {
		t.Errorf("stats %+v, %d refreshes", s, f.refresh)
	}
}

func TestAHeldOpIsAskedForWhenTheFeedTellsOfIt(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.hold = contract.KindDutyEnd
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	id, err := o.Record(contract.KindDutyEnd, contract.DutyEnd{StartID: uuid.New()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(t.Context()); err != nil || len(p.Held()) != 1 {
		t.Fatalf("%v, %d held", err, len(p.Held()))
	}
	f.hold = ""
	f.mu.Lock()
	f.lines = append(f.lines, contract.FeedLine{Seq: 1, OpID: id, Body: []byte(`{}`)})
	f.tree.AppendData([]byte("x"))
	f.mu.Unlock()
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); len(p.Held()) != 0 || s.Entered != 1 || s.Held != 1 {
		t.Errorf("stats %+v, held %d", s, len(p.Held()))
	}
}

func TestStepsOfTasksOvertake(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	record(t, o, 2)
	if err := o.Receive("KRW", uuid.New()); err != nil {
		t.Fatal(err)
	}
	if err := p.Hurry(t.Context()); err != nil || len(f.order()) != 1 || p.Waiting() != 2 {
		t.Errorf("%v, %d came, %d wait", err, len(f.order()), p.Waiting())
	}
}

func TestACallForHelpIsSentAloneAndBeforeAllElse(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	record(t, o, 3)
	id, err := o.Record(contract.KindSosRaise, contract.SosRaise{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Hurry(t.Context()); err != nil || len(f.order()) != 1 || f.order()[0] != id.String() || p.Waiting() != 3 {
		t.Errorf("in a hurry: %v, %v came, %d wait", err, f.order(), p.Waiting())
	}
	record(t, o, 1)
	if id, err = o.Record(contract.KindSosRaise, contract.SosRaise{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(t.Context()); err != nil || len(f.order()) != 6 || f.order()[1] != id.String() {
		t.Errorf("in a sync: %v, %v came", err, f.order())
	}
}

// downUp is a line that can be dead.
type downUp struct{ dead bool }

func (d *downUp) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.dead {
		return nil, io.ErrUnexpectedEOF
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestDaysWithoutANetworkLoseNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	line := &downUp{}
	p := f.handset(t.TempDir(), func(o *phone.Options) { o.Client = &http.Client{Transport: line} })
	o := f.logInOn(p)
	line.dead = true
	for range 3 {
		record(t, o, 10)
		if err := p.Sync(t.Context()); err == nil {
			t.Fatal("a dead line answered")
		}
	}
	line.dead = false
	if err := p.Sync(t.Context()); err != nil || p.Stats().Entered != 30 {
		t.Errorf("%v, %+v", err, p.Stats())
	}
}
