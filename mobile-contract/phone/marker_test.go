package phone_test

import (
	"strings"
	"testing"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

func TestOnlyWhatLooksLikeTheCodeOfASheetGoesWithAVisit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"KM1.06CSZ.2.ABCD": "KM1.06CSZ.2.ABCD", " km1.06csz.2.abcd\n": "km1.06csz.2.abcd",
		"https://example.org": "", "": "", "KM1.कोड": "", "KM1." + strings.Repeat("A", 97): "", "KM1.A\x00B": "",
	} {
		var v contract.VisitRecord
		if ok := phone.Marked(&v, text); ok != (want != "") || ok && *v.Marker != want || !ok && v.Marker != nil {
			t.Errorf("%q: %v %v", text, ok, v.Marker)
		}
	}
}
