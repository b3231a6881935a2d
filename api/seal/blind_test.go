package seal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"kendra/api/seal"
)

func blinder(t testing.TB, b byte) *seal.Blinder {
	t.Helper()
	out, err := seal.NewBlinder(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestANumberIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	b := blinder(t, 1)
	want := b.Hash(chitrakoot, "mobile", "9876543210")
	for _, written := range []string{"+919876543210", "+91 98765 43210", "09876543210", "91-98765-43210", "0091 9876543210",
		" 98765\u00a043210 ", "(098765) 43210", "९८७६५४३२१०", "\u202a+919876543210\u202c", "+91 09876543210"} {
		if !bytes.Equal(b.Hash(chitrakoot, "mobile", written), want) {
			t.Errorf("%q is another number", written)
		}
	}
	for name, other := range map[string][]byte{
		"another number":    b.Hash(chitrakoot, "mobile", "9876543211"),
		"another field":     b.Hash(chitrakoot, "helper", "9876543210"),
		"another district":  b.Hash(8, "mobile", "9876543210"),
		"another key":       blinder(t, 2).Hash(chitrakoot, "mobile", "9876543210"),
		"a number in words": b.Hash(chitrakoot, "mobile", "mobile 9876543210"),
		"two numbers":       b.Hash(chitrakoot, "mobile", "9876543210/9876543210"),
		"nothing":           b.Hash(chitrakoot, "mobile", ""),
	} {
		if bytes.Equal(other, want) || len(other) != 32 {
			t.Errorf("%s hashes the same", name)
		}
	}
	if !bytes.Equal(b.Hash(chitrakoot, "card", " KRW-7 "), b.Hash(chitrakoot, "card", "KRW-7")) {
		t.Error("spaces around a word count")
	}
}

func TestAMaskShowsFourDigitsAtMost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"9876543210": "••••••3210", "+91 98765 43210": "••••••3210", "०९८७६५४३२१०": "••••••3210",
		"05198-235500": "••••••5500", "112": "••••", "1234567": "••••", "": "••••", "राकेश": "••••", "+": "••••",
		"9876543210 or 112": "••••", "12345678": "••••5678",
	} {
		if got := seal.MaskPhone(in); got != want {
			t.Errorf("%q masks to %q, want %q", in, got, want)
		}
	}
}

func TestABlindKeyIsAFileOfItsOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "blind.key")
	if err := seal.CreateBlind(path); err != nil {
		t.Fatal(err)
	}
	if err := seal.CreateBlind(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made twice: %v", err)
	}
	a, err := seal.LoadBlind(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := seal.LoadBlind(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Hash(chitrakoot, "mobile", "9876543210"), b.Hash(chitrakoot, "mobile", "9876543210")) {
		t.Error("loaded twice, two keys")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadBlind(path); !errors.Is(err, seal.ErrExposed) {
		t.Errorf("open to all: %v", err)
	}
	for _, text := range []string{"", "AAAA", "not base64url!"} {
		bad := filepath.Join(t.TempDir(), "bad.key")
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.LoadBlind(bad); err == nil {
			t.Errorf("took %q for a key", text)
		}
	}
}
