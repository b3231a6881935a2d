package phone_test

import (
	"errors"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

func TestEveryRunOfLeavesIsProvenFromItsTwoEnds(t *testing.T) {
	t.Parallel()
	tree := testonly.New(rfc6962.DefaultHasher)
	var leaves [][]byte
	for i := range 40 {
		leaf := rfc6962.DefaultHasher.HashLeaf([]byte{byte(i)})
		leaves = append(leaves, leaf)
		tree.Append(leaf)
	}
	for size := uint64(1); size <= 40; size++ {
		for from := range size {
			for to := from + 1; to <= size; to++ {
				first, _ := tree.InclusionProof(from, size)
				last, _ := tree.InclusionProof(to-1, size)
				run := append([][]byte(nil), leaves[from:to]...)
				if err := phone.CheckRun(run, from, size, first, last, tree.HashAt(size)); err != nil {
					t.Fatalf("[%d,%d) of %d: %v", from, to, size, err)
				}
				run[len(run)/2] = rfc6962.DefaultHasher.HashLeaf([]byte("other"))
				if phone.CheckRun(run, from, size, first, last, tree.HashAt(size)) == nil {
					t.Fatalf("[%d,%d) of %d: a changed leaf passed", from, to, size)
				}
				if phone.CheckRun(leaves[from:to], from, size, append(first, leaves[0]), last, tree.HashAt(size)) == nil {
					t.Fatalf("[%d,%d) of %d: a longer path passed", from, to, size)
				}
			}
		}
	}
}

func TestAWitnessSeesWhatAServerMustNotDo(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(*fake){
		"a book of another past":           func(f *fake) { f.fork = true },
		"a book that became shorter":       func(f *fake) { f.tree = testonly.New(rfc6962.DefaultHasher); f.lines = nil },
		"an entry rewritten in the tree":   rewritten,
		"a receipt with another flag":      func(f *fake) { f.lie = func(r *contract.Receipt) { r.Flags = nil } },
		"a receipt with a number not its":  func(f *fake) { f.lie = func(r *contract.Receipt) { *r.Seq += 5 } },
		"a receipt for other bytes":        func(f *fake) { f.lie = func(r *contract.Receipt) { *r.OpHash = *r.LeafHash } },
		"a checkpoint by a key not its":    func(f *fake) { f.signer = newFake(f.t).signer },
		"a receipt that hides who made it": func(f *fake) { f.lie = func(r *contract.Receipt) { r.OfficerID = nil } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			p := f.handset(t.TempDir())
			o := f.logInOn(p)
			record(t, o, 3)
			if err := p.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, _ := p.Witnessed("KRW")
			f.mu.Lock()
			break_(f)
			f.mu.Unlock()
			record(t, o, 1)
			err := p.Sync(t.Context())
			f.others(20)
			again := p.Sync(t.Context())
			if p.Stats().ProofsFailed == 0 || len(p.Alarms()) == 0 {
				t.Errorf("nothing noticed: %v, %v, %+v", err, again, p.Stats())
			}
			if errors.Is(err, phone.ErrNotTheSameBook) {
				if after, _ := p.Witnessed("KRW"); after.Note != before.Note {
					t.Error("the newest checkpoint moved to the false one")
				}
			}
		})
	}
}

// rewritten changes the second entry and rebuilds the tree.
func rewritten(f *fake) {
	next := testonly.New(rfc6962.DefaultHasher)
	for i := range f.tree.Size() {
		leaf := f.tree.LeafHash(i)
		if i == 1 {
			leaf = rfc6962.DefaultHasher.HashLeaf([]byte("another officer"))
		}
		next.Append(leaf)
	}
	f.tree = next
}

func TestABookThatGrowsWhileWeLookIsStillOneBook(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := f.handset(t.TempDir())
	o := f.logInOn(p)
	for n := range 6 {
		record(t, o, n+1)
		f.others(n * 3)
		f.after = append(f.after, func() error {
			f.tree.AppendData([]byte("somebody"))
			return nil
		})
		if err := p.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := p.Stats()
	if s.ProofsFailed != 0 || s.ProofsVerified != 21 || s.CheckpointsVerified < 12 {
		t.Errorf("stats %+v, alarms %+v", s, p.Alarms())
	}
}
