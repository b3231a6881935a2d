package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"kendra/api/seal"
)

const chitrakoot = 7

func newKeyset(t testing.TB) (*seal.Keyset, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seal.keyset")
	if err := seal.Create(path); err != nil {
		t.Fatal(err)
	}
	return openKeyset(t, path), path
}

func openKeyset(t testing.TB, path string) *seal.Keyset {
	t.Helper()
	k, err := seal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newKey(t testing.TB, k *seal.Keyset, id uuid.UUID, class byte) (seal.Key, seal.Wrapped) {
	t.Helper()
	key, w, err := k.NewKey(chitrakoot, id, class)
	if err != nil {
		t.Fatal(err)
	}
	return key, w
}

// same fails unless b opens what a sealed.
func same(t testing.TB, a, b seal.Key) {
	t.Helper()
	w := seal.Where{District: chitrakoot, Centre: "KRW"}
	blob, err := seal.SealBlob(a, []byte("वही"), w)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := seal.OpenBlob(b, blob, w); err != nil || string(plain) != "वही" {
		t.Errorf("opened %q: %v", plain, err)
	}
}

func TestAnUnwrappedKeyIsTheOneThatWasMade(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	for _, class := range []byte{seal.Victim, seal.Suspect, seal.Told, seal.HeldOp} {
		key, w := newKey(t, k, uuid.New(), class)
		again, err := openKeyset(t, path).Unwrap(chitrakoot, w)
		if err != nil {
			t.Fatal(err)
		}
		same(t, key, again)
	}
	if _, _, err := k.NewKey(chitrakoot, uuid.New(), 'S'); err == nil {
		t.Error("a key of a class that does not exist")
	}
}

func TestAWrappedKeyOpensOnlyInItsOwnRow(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	_, w := newKey(t, k, uuid.New(), seal.Victim)
	change := func(f func(*seal.Wrapped)) seal.Wrapped {
		c := w
		c.Bytes = slices.Clone(w.Bytes)
		f(&c)
		return c
	}
	for name, c := range map[string]seal.Wrapped{
		"another case":  change(func(w *seal.Wrapped) { w.CaseID = uuid.New() }),
		"another class": change(func(w *seal.Wrapped) { w.Class = seal.Suspect }),
		"a flipped bit": change(func(w *seal.Wrapped) { w.Bytes[len(w.Bytes)-1] ^= 1 }),
		"cut":           change(func(w *seal.Wrapped) { w.Bytes = w.Bytes[:7] }),
		"empty":         change(func(w *seal.Wrapped) { w.Bytes = nil }),
	} {
		if _, err := k.Unwrap(chitrakoot, c); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := k.Unwrap(8, w); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("another district: %v", err)
	}
	other, _ := newKeyset(t)
	if _, err := other.Unwrap(chitrakoot, w); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("another keyset: %v", err)
	}
}

func TestAfterRotationOldKeysAreReadAndNewOnesAreWrappedByTheNewest(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	other := openKeyset(t, path) // another process
	first := k.Primary()
	key, old := newKey(t, k, uuid.New(), seal.Victim)
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	if k.Primary() == first || !slices.Equal(k.IDs(), []string{first, k.Primary()}) {
		t.Fatalf("ids %v, newest %s, was %s", k.IDs(), k.Primary(), first)
	}
	key2, young := newKey(t, k, uuid.New(), seal.Suspect)
	if old.KEK != first || young.KEK != k.Primary() {
		t.Errorf("wrapped by %s and %s", old.KEK, young.KEK)
	}
	for who, k := range map[string]*seal.Keyset{"the rotator": k, "one opened later": openKeyset(t, path), "one opened before": other} {
		for want, w := range map[*seal.Key]seal.Wrapped{&key: old, &key2: young} {
			got, err := k.Unwrap(chitrakoot, w)
			if err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			same(t, *want, got)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("after rotation the file is %v: %v", info.Mode(), err)
	}
}

func TestADestroyedKeyOpensOnlyWhatWasWrappedAgain(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	first := k.Primary()
	key, kept := newKey(t, k, uuid.New(), seal.Victim)
	_, lost := newKey(t, k, uuid.New(), seal.Victim)
	if err := k.Destroy(first); err == nil {
		t.Fatal("destroyed the newest key")
	}
	if err := k.Rotate(); err != nil {
		t.Fatal(err)
	}
	kept, err := k.Rewrap(chitrakoot, kept)
	if err != nil || kept.KEK != k.Primary() {
		t.Fatalf("wrapped again by %s: %v", kept.KEK, err)
	}
	if err := k.Destroy(first); err != nil {
		t.Fatal(err)
	}
	if err := k.Destroy(first); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("destroyed twice: %v", err)
	}
	k = openKeyset(t, path)
	again, err := k.Unwrap(chitrakoot, kept)
	if err != nil {
		t.Fatal(err)
	}
	same(t, key, again)
	if _, err := k.Unwrap(chitrakoot, lost); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("opened a key whose wrapping key is destroyed: %v", err)
	}
}

func TestAKeysetFileThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	_, path := newKeyset(t)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("made as %v: %v", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(path); !errors.Is(err, seal.ErrExposed) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	openKeyset(t, path)
}

func TestAKeysetIsNeverOverwrittenNorGuessed(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	if err := seal.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made twice: %v", err)
	}
	if again := openKeyset(t, path); again.Primary() != k.Primary() {
		t.Error("the second making changed the keyset")
	}
	if _, err := seal.Open(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened nothing: %v", err)
	}
	if _, err := seal.Open(filepath.Dir(path)); err == nil {
		t.Error("opened a folder")
	}
	bad := path + ".bad"
	if err := os.WriteFile(bad, []byte(`{"primaryKeyId":1,"key":[]} secret`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(bad); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("opened nonsense: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOfManyMakersOfAKeysetOneWins(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seal.keyset")
	var wg sync.WaitGroup
	made := make(chan error, 8)
	for range cap(made) {
		wg.Go(func() { made <- seal.Create(path) })
	}
	wg.Wait()
	won := 0
	for range cap(made) {
		if err := <-made; err == nil {
			won++
		} else if !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
	openKeyset(t, path)
}

func TestTwoWhoRotateAtOnceLoseNoKey(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	others := []*seal.Keyset{k, openKeyset(t, path), openKeyset(t, path), openKeyset(t, path)}
	var wg sync.WaitGroup
	for _, k := range others {
		wg.Go(func() {
			for range 5 {
				if err := k.Rotate(); err != nil && !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	final := openKeyset(t, path).IDs()
	for _, k := range others {
		if !slices.Contains(final, k.Primary()) {
			t.Errorf("key %s is lost: %v", k.Primary(), final)
		}
	}
}
