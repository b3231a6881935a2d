package book_test

import (
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestHQMovesTheNumbersOfTheRules(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	set := contract.NumberSet{Number: "unit.duty_s", Value: 10 * 3600, Basis: "आदेश दिनांक 18 नवम्बर 2026"}
	inHQ := booktest.With("centre", book.HQ)
	refusedOp(t, "in a centre's book", w.SP.Do("number.set", set, atKarwi), contract.CodeWrongCentre, "/centre")
	refusedOp(t, "by the in-charge", w.Incharge.Do("number.set", set), contract.CodeForbidden, "/kind")
	for _, c := range []struct {
		name, number string
		value        int
		code         contract.Code
		pointer      string
	}{
		{"that there is not", "unit.hours", 5, contract.CodeUnknownReference, "/body/number"},
		{"below what it may be", "unit.duty_s", 60, contract.CodeOutOfRange, "/body/value"},
		{"above what it may be", "unit.units", 4, contract.CodeOutOfRange, "/body/value"},
	} {
		wrong := contract.NumberSet{Number: c.number, Value: c.value, Basis: set.Basis}
		refusedOp(t, "a number "+c.name, w.SP.Do("number.set", wrong, inHQ), c.code, c.pointer)
	}
	valueOf := func(name string) int {
		for _, n := range w.Book.Numbers(booktest.District) {
			if n.Name == name {
				return n.Value
			}
		}
		t.Fatalf("no number %s", name)
		return 0
	}
	ended := `SELECT count(*) FROM entries WHERE kind = 'duty.end'`
	tomorrow := contract.At(w.Now().Add(24 * time.Hour))
	set.ValidFrom = &tomorrow
	order(w, "number.set", set)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(11 * time.Hour)
	tick(t, w)
	if n := count(t, w, ended); n != 0 || valueOf("unit.duty_s") != 14*3600 {
		t.Errorf("by a number of the day after: %d ended", n)
	}
	w.Pass(4 * time.Hour)
	tick(t, w)
	if n := count(t, w, ended); n != 1 {
		t.Fatalf("after fifteen hours %d duties are over", n)
	}
	w.Pass(10 * time.Hour)
	w.Beat.SignIn()
	w.Beat.Enter("duty.start", contract.DutyStart{})
	w.Pass(10*time.Hour + time.Minute)
	tick(t, w)
	if n := count(t, w, ended); n != 2 || valueOf("unit.duty_s") != 10*3600 {
		t.Errorf("after ten hours, by the new number: %d duties are over", n)
	}
}
