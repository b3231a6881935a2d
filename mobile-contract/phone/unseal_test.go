package phone_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// plainText is what each sealed field holds.
const plainText = "9450012345"

// unseal answers one read. A refused one leaves nothing.
func (f *fake) unseal(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.fate(w, &f.answers) {
		return
	}
	item, err := contract.SplitItem(sent(r))
	if err != nil {
		f.refuse(w, contract.CodeBadJSON)
		return
	}
	op, _, err := contract.DecodeOp(item.Raw)
	if err != nil || op.Kind != contract.KindIdentityRead {
		f.refuse(w, contract.CodeBadKind, contract.WithPointer("/op/kind"))
		return
	}
	f.batches = append(f.batches, []string{op.ID.String()})
	receipt := f.enter(op, item.Sig)
	if f.fate(w, &f.after) {
		f.say(w, map[string]any{"receipt": receipt, "fields": map[string]string{"/body/mobile": plainText}})
	}
}

func aRead() contract.IdentityRead {
	return contract.IdentityRead{SubjectID: uuid.Must(uuid.NewV7()), Fields: []string{"/body/mobile"}, Reason: "call_her"}
}

// keptNowhere demands that no file of the handset holds the plain text.
func keptNowhere(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), plainText) {
			t.Errorf("%s holds the plain text", filepath.Base(name))
		}
	}
}

func TestAReadThatIsCutIsAskedForAgainEntersOnceAndItsTextIsKeptNowhere(t *testing.T) {
	t.Parallel()
	f, dir := newFake(t), t.TempDir()
	p := f.handset(dir)
	o := f.logInOn(p)
	before := record(t, o, 2)
	sent := func() error { return nil } // the batch of what waited
	f.answers = []func() error{sent, cut}
	f.after = []func() error{sent, cut, cut}
	u, err := o.Unseal(t.Context(), "KRW", aRead())
	if err != nil || string(u.Fields["/body/mobile"]) != `"`+plainText+`"` || u.Receipt.OpID == nil || *u.Receipt.OpID != u.OpID {
		t.Fatalf("%v, %s", err, u)
	}
	if f.tree.Size() != 3 || p.Waiting() != 0 || f.batches[0][0] != before[0].String() {
		t.Errorf("%d entries, %d waiting, %v", f.tree.Size(), p.Waiting(), f.batches)
	}
	for _, shown := range []string{fmt.Sprint(u), fmt.Sprintf("%+v", u), fmt.Sprintf("%#v", u)} {
		if strings.Contains(shown, plainText) {
			t.Errorf("shown as %s", shown)
		}
	}
	// Once more, as for a screen that went dark: the same receipt, no other entry.
	again, err := o.UnsealAgain(t.Context(), u.OpID)
	if err != nil || len(again.Fields) != 1 || *again.Receipt.Seq != *u.Receipt.Seq || f.tree.Size() != 3 {
		t.Errorf("%v, %+v, %d entries", err, again.Receipt, f.tree.Size())
	}
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Entered != 3 || s.ProofsVerified != 3 || s.ProofsFailed != 0 {
		t.Errorf("%+v", s)
	}
	keptNowhere(t, dir)
}

func TestAReadWithoutAnyAnswerStaysInTheOutboxAndIsInTheBookOnceWhoeverBringsIt(t *testing.T) {
	t.Parallel()
	for name, entered := range map[string]bool{"it never arrived": false, "only its answers were lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, dir := newFake(t), t.TempDir()
			p := f.handset(dir)
			o := f.logInOn(p)
			fate := &f.answers
			if entered {
				fate = &f.after
			}
			for range 5 {
				*fate = append(*fate, cut)
			}
			u, err := o.Unseal(t.Context(), "KRW", aRead())
			if !errors.Is(err, phone.ErrNoAnswer) || u.OpID == uuid.Nil || len(u.Fields) != 0 || p.Waiting() != 1 {
				t.Fatalf("%v, %s, %d waiting", err, u, p.Waiting())
			}
			if err := p.Close(); err != nil { // and the battery is flat
				t.Fatal(err)
			}
			p = f.handset(dir)
			if o, err = p.Unlock("101", "271828"); err != nil {
				t.Fatal(err)
			}
			if err := p.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if f.tree.Size() != 1 || p.Waiting() != 0 {
				t.Errorf("%d entries, %d waiting", f.tree.Size(), p.Waiting())
			}
			again, err := o.UnsealAgain(t.Context(), u.OpID)
			if err != nil || len(again.Fields) != 1 || f.tree.Size() != 1 {
				t.Errorf("%v, %s, %d entries", err, again, f.tree.Size())
			}
			if err := p.Sync(t.Context()); err != nil || p.Stats().ProofsFailed != 0 {
				t.Errorf("%v, %+v", err, p.Stats())
			}
			keptNowhere(t, dir)
		})
	}
}

func TestARefusedReadIsToldAtOnceAndNotSentAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	f.answers = []func() error{func() error {
		return contract.NewProblem(contract.CodeReadBudget, contract.WithPointer("/op/kind"), contract.WithRetryAfter(40*time.Minute))
	}}
	u, err := o.Unseal(t.Context(), "KRW", aRead())
	if !phone.Refused(err, contract.CodeReadBudget) || len(u.Fields) != 0 || p.Stats().Tries != 0 {
		t.Errorf("%v, %+v", err, p.Stats())
	}
	if err := p.Sync(t.Context()); err != nil || f.tree.Size() != 0 || p.Waiting() != 0 || p.Stats().Refused != 1 {
		t.Errorf("%v, %d entries, %+v", err, f.tree.Size(), p.Stats())
	}
	// A refusal of the call is none of the op: it waits.
	f.mu.Lock()
	f.revoked = true
	f.mu.Unlock()
	if _, err := o.Unseal(t.Context(), "KRW", aRead()); err == nil || p.Waiting() != 1 || p.Stats().Refused != 1 {
		t.Errorf("%v, %d waiting, %+v", err, p.Waiting(), p.Stats())
	}
}
