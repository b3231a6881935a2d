package book_test

import (
	"fmt"
	"strings"
	"testing"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// devanagari writes the digits of a text in Devanagari.
func devanagari(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '०'
		}
		return r
	}, s)
}

func TestNumbersThatLookLikeATelephoneAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"9876543210":                     true,
		"98765 43210":                    true,
		"98765-43210":                    true,
		"98 76 54 32 10":                 true,
		"+91 98765 43210":                true,
		"+919876543210":                  true,
		"0091 98765 43210":               true,
		"09876543210":                    true,
		"मो0 9876543210 पर":              true,
		"मकान 12 9876543210":             true,
		"9876543210 12 बजे":              true,
		"6000000000":                     true,
		"12345 98765 43210 12345":        true,
		"5876543210":                     false,
		"987654321":                      false,
		"98765432101":                    false,
		"112":                            false,
		"8-11-2026 120 महिलायें":         false,
		"08-11-2026 100":                 false,
		"सन् 2026 में 12 बजे":            false,
		"98765  43210":                   false, // two spaces: two numbers
		"98765, 43210":                   false,
		"":                               false,
		strings.Repeat("1 ", 800) + "1":  false,
		strings.Repeat("12345 ", 3) + "": false,
	} {
		for _, form := range []string{text, devanagari(text)} {
			if got := book.PhoneLike(form); got != want {
				t.Errorf("%q: %v", form, got)
			}
		}
	}
}

func TestNumbersThatLookLikeAadhaarAreCounted(t *testing.T) {
	t.Parallel()
	// 234123412346 passes Verhoeff's check; each of its neighbours fails.
	for text, want := range map[string]int{
		"234123412346":   1,
		"2341 2341 2346": 1,
		"2341-2341-2346": 1,
		"आधार 2341 2341 2346 दिखाया": 1,
		"12 2341 2341 2346":                    1,
		"234123412346 और 234123412346":         2,
		"2341 2341 2346 2341 2341 2346":        2,
		"234123412345":                         0,
		"243123412346":                         0, // two digits exchanged
		"2341 2341 234":                        0,
		"2341 2341 23461":                      0,
		"134123412346":                         0,
		"2341  2341 2346":                      0,
		"":                                     0,
		"कोई अंक नहीं":                         0,
		strings.Repeat("2341 2341 2346, ", 10): 10,
	} {
		for _, form := range []string{text, devanagari(text)} {
			if got := book.AadhaarLike(form); got != want {
				t.Errorf("%q: %d, want %d", form, got, want)
			}
		}
	}
}

// TestVerhoeffFindsEveryWrongDigitAndEveryExchange is what the check digit was
// made for.
func TestVerhoeffFindsEveryWrongDigitAndEveryExchange(t *testing.T) {
	t.Parallel()
	good := []byte("234123412346")
	if !book.Verhoeff(good) {
		t.Fatal("a right number fails")
	}
	for i := range good {
		for d := byte('0'); d <= '9'; d++ {
			bad := append([]byte(nil), good...)
			if bad[i] = d; d != good[i] && book.Verhoeff(bad) {
				t.Errorf("%s passes", bad)
			}
		}
		if i > 0 && good[i] != good[i-1] {
			bad := append([]byte(nil), good...)
			bad[i], bad[i-1] = bad[i-1], bad[i]
			if book.Verhoeff(bad) {
				t.Errorf("%s passes", bad)
			}
		}
	}
}

func FuzzNumbersInTexts(f *testing.F) {
	fuzztest.Texts(f, "9876543210", "2341 2341 2346", "१२ 98765-43210", "- - 0", "\xff9876543210")
	f.Fuzz(func(t *testing.T, text string) {
		if !book.PhoneLike(text + " मो 9876543210") {
			t.Errorf("a number after %q is missed", text)
		}
		if n := book.AadhaarLike(text); book.AadhaarLike(text+" क 234123412346") != n+1 {
			t.Errorf("a number after %q is missed", text)
		}
		if !strings.ContainsAny(text, "०१२३४५६७८९") {
			if book.PhoneLike(text) != book.PhoneLike(devanagari(text)) || book.AadhaarLike(text) != book.AadhaarLike(devanagari(text)) {
				t.Errorf("%q reads otherwise in Devanagari", text)
			}
		}
	})
}

func TestATextWithAnAadhaarLikeNumberIsKeptFlaggedAndShownToTheIncharge(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for name, text := range map[string]string{
		"plain":      "आधार सं. 2341 2341 2346 दिखाया",
		"Devanagari": "आधार सं. २३४१ २३४१ २३४६ दिखाया",
	} {
		v := w.Visit()
		v.Observation = &text
		item := w.Beat.Item("visit.record", v)
		forms := map[string]contract.Item{
			"as it is": item,
			"escaped":  w.Beat.Sign(escaped(w.Beat.Item("visit.record", v).Raw)),
		}
		for form, item := range forms {
			r := w.Beat.Send(item)[0]
			if r.Outcome != book.Entered || !hasFlag(r.Entry, "aadhaar_like") {
				t.Errorf("%s, %s: %s %v", name, form, r.Outcome, r.Entry)
			}
		}
	}
	p := register(t, w, w.Incharge, book.RegisterQuery{}, 10)
	for _, r := range p.Rows {
		if len(r.Flags) == 0 || !strings.Contains(fmt.Sprint(r.Flags), "aadhaar_like") {
			t.Errorf("the in-charge is not shown it: %v", r.Flags)
		}
	}
	reason := contract.HeldStrike{HeldID: w.SquadID, Reason: "आधार 2341 2341 2346 है"}
	if r := w.Incharge.Do("held.strike", reason); r.Problem == nil || r.Problem.Code == contract.CodeIdentityInText {
		t.Errorf("an open text with it: %+v", r)
	}
}

// escaped writes every character beyond ASCII as a JSON escape.
func escaped(raw []byte) []byte {
	var b strings.Builder
	for _, r := range string(raw) {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}

func TestATelephoneNumberInAnOpenTextIsRefusedInAnyScript(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for _, number := range []string{"9876543210", "98765 43210", "मकान 12 98765-43210", "९८७६५ ४३२१०", "+91-9876543210"} {
		task := w.Task(w.Beat)
		task.Text = &number
		item := w.Dispatcher.Item("task.send", task)
		for _, i := range []contract.Item{item, w.Dispatcher.Sign(escaped(item.Raw))} {
			r := w.Dispatcher.Send(i)[0]
			if r.Problem == nil || r.Problem.Code != contract.CodeIdentityInText || r.Problem.Pointer != "/body/text" {
				t.Errorf("%s: %s %+v", number, r.Outcome, r.Problem)
			}
		}
	}
	v := w.Visit()
	v.SensitivePlaces = []string{"बस अड्डा", "सुनीता 9876543210"}
	if r := w.Beat.Do("visit.record", v); r.Problem == nil || r.Problem.Pointer != "/body/sensitive_places/1" {
		t.Errorf("in a list: %+v", r.Problem)
	}
}
