package history

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Summary is what a history came to.
type Summary struct {
	Entries     int64            `json:"entries"`    // of all books, the clock's among them
	Lines       map[string]int64 `json:"lines"`      // by register
	Complaints  map[string]int64 `json:"complaints"` // by state
	Escalations int64            `json:"escalations"`
	DaysSigned  int64            `json:"days_signed"`
	Returns     int64            `json:"returns"`
	Entered     int              `json:"entered"` // ops of officers
	Held        int              `json:"held"`    // that had to wait first
	Waiting     int64            `json:"waiting"` // that wait still
	Refused     int              `json:"refused"`
	// Refusals are counted by "kind code pointer".
	Refusals map[string]int `json:"refusals"`
	Seconds  float64        `json:"seconds"`
}

func (m *Summary) refused(kind, code, pointer string) {
	m.Refusals[strings.TrimSpace(kind+" "+code+" "+pointer)]++
}

// Codes counts the refusals by their code alone.
func (m *Summary) Codes() map[string]int {
	out := map[string]int{}
	for what, n := range m.Refusals {
		out[strings.Fields(what)[1]] += n
	}
	return out
}

// Tell writes the summary for a reader.
func (m *Summary) Tell(w io.Writer) {
	fmt.Fprintf(w, "entries      %d\n", m.Entries)
	fmt.Fprintf(w, "lines       %s\n", counts(m.Lines))
	fmt.Fprintf(w, "complaints  %s\n", counts(m.Complaints))
	fmt.Fprintf(w, "escalations  %d\n", m.Escalations)
	fmt.Fprintf(w, "days signed  %d, returns %d\n", m.DaysSigned, m.Returns)
	fmt.Fprintf(w, "ops          %d entered, %d held first, %d wait, %d refused%s\n", m.Entered, m.Held, m.Waiting, m.Refused, counts(m.Codes()))
	fmt.Fprintf(w, "seconds      %.1f\n", m.Seconds)
}

func counts[N int | int64](m map[string]N) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, " %s %d", k, m[k])
	}
	return b.String()
}
