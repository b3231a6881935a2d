package api

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
)

func TestAReferenceIsMadeOnceForAllReadingsOfTheSameRulesAndAnewForAChange(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	secret := bytes.Repeat([]byte{2}, 32)
	people, err := staff.New(w.Pool, staff.Options{
		Now: w.Now, Pepper: secret, CodeKey: secret, NonceKey: secret, Signing: staff.NewSigningKeys(signer), Issuer: "kendra", Audience: "phone",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Options: Options{Book: w.Book, Staff: people, Now: w.Now}, references: references{of: map[int32]*reference{}}}
	read := func() *reference {
		t.Helper()
		r, err := s.reference(t.Context(), booktest.District)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := read()
	for range 2 {
		if err := w.Book.LoadRules(t.Context()); err != nil {
			t.Fatal(err)
		}
		if read() != first {
			t.Error("the same rules, read again, are made into the same text again")
		}
	}
	w.SP.Enter("code.add", contract.CodeAdd{List: "place_type", Code: "metro_station", Hi: "मेट्रो", En: "Metro"}, booktest.With("centre", book.HQ))
	changed := read()
	if changed == first || !strings.Contains(string(changed.text), "metro_station") {
		t.Error("a change of the rules is not in it at once")
	}
	if _, err := dbtest.Pool(t, w.DB.OwnerURL).Exec(t.Context(), `UPDATE limits SET seconds = seconds + 1 WHERE code = 'disposal'`); err != nil {
		t.Fatal(err)
	}
	if err := w.Book.LoadRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	if read() == changed {
		t.Error("a list of the schema that a release has changed is not in it")
	}
}
