package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
)

func TestWhatIsOwedIsPrintedForAnyMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "2026-11-23T04:30:00Z", "2026-11-18": "2026-11-18T18:29:59.999Z", "2026-11-18T18:00:00+05:30": "2026-11-18T12:30:00Z",
	} {
		at, err := momentOf(text, time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC))
		if err != nil || at.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v, %v", text, at, err)
		}
	}
	if _, err := momentOf("yesterday", time.Now()); err == nil {
		t.Error("yesterday is a moment")
	}
	beat, sums := uuid.New(), book.Sums{Places: 3, Overdue: 1, Never: 1, Debt: 7500}
	c := &book.Coverage{At: time.Date(2026, 11, 18, 12, 30, 0, 0, time.UTC), Sums: sums, Circles: []book.CircleDebt{{Circle: "SADAR", Sums: sums, Stations: []book.StationDebt{
		{Centre: "KRW", Sums: sums, Beats: []book.BeatDebt{{BeatID: &beat, Code: "b3", PerWeek: 3, Owed: 2, ChaupalsOwed: 1, Sums: sums}, {}}},
	}}}, Owed: []book.PlaceDebt{{Centre: "KRW", Code: "bharatpur", NameEn: "Bharatpur", Weight: 3, Overdue: 2500, Debt: 7500}, {Code: "second"}}}
	var out strings.Builder
	if err := printCoverage(c, 1, &out); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"owed at 2026-11-18 18:00 IST", "circle SADAR 3 1 1 7.5", "b3 3 1 1 7.5 2 of 3 1", "(no beat)", "most owed, 1 of 2", "KRW bharatpur Bharatpur 2.5 3 7.5 never"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(got, "second") {
		t.Error("more than the most")
	}
}
