package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"

	"kendra/api/seal"
)

func TestAPieceOfAFileOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	one, other := uuid.New(), uuid.New()
	key, _, err := k.NewKey(7, one, seal.Victim)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := k.NewKey(7, one, seal.Suspect)
	if err != nil {
		t.Fatal(err)
	}
	at := seal.Part{District: 7, CaseID: one, FileID: other, What: seal.FileData, N: 3, Offset: 4096}
	plain := []byte("a piece of a picture")
	sealed, err := seal.SealPart(key, plain, at)
	if err != nil || bytes.Contains(sealed, plain) {
		t.Fatal(err)
	}
	if out, err := seal.OpenPart([]byte("before "), key, sealed, at); err != nil || string(out) != "before a piece of a picture" {
		t.Errorf("%q, %v", out, err)
	}
	for name, move := range map[string]func(*seal.Part){
		"another district": func(p *seal.Part) { p.District = 8 }, "another case": func(p *seal.Part) { p.CaseID = other },
		"another file": func(p *seal.Part) { p.FileID = one }, "another part": func(p *seal.Part) { p.What = seal.FileThumb },
		"another number": func(p *seal.Part) { p.N = 4 }, "another offset": func(p *seal.Part) { p.Offset = 0 },
	} {
		p := at
		move(&p)
		if _, err := seal.OpenPart(nil, key, sealed, p); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, x := range map[string][]byte{"cut": sealed[:len(sealed)-1], "longer": append(bytes.Clone(sealed), 0), "nothing": nil} {
		if _, err := seal.OpenPart(nil, key, x, at); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := seal.OpenPart(nil, second, sealed, at); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("another class: %v", err)
	}
	if _, err := seal.OpenPart(nil, seal.Key{}, sealed, at); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
}
