package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/cmd/phones/fleet"
	"kendra/geo/evidence"
)

// summary is what a demo came to.
type summary struct {
	world    *demoWorld
	from, to time.Time // of the shift, by the demo's clock
	took     time.Duration
	slowed   time.Duration // in which the clock was slow

	report     fleet.Report
	walked     *walked
	pushes     int // that the push service took
	violations []string
	books      int
	entries    int64
	signatures int64
	lines      int
	registers  map[string]int // lines by register
	complaints int
	disposed   int
	raised     int // limits that passed and were told
	signed     int // days
	unequal    int // books whose projections differ
	wrong      []string
	found      fleet.Found
	ground     groundSum
	taskStates map[string]int
	up, down   int64 // bytes
	fault      error
}

// add takes the recorded walk into the counts.
func (s *summary) add(w *walked) {
	s.walked = w
	r := &s.report
	r.Phones++
	r.OpsSent += w.stats.Recorded
	r.Entered += w.stats.Entered
	r.Repeated += w.stats.Repeated
	r.Refused += w.stats.Refused
	r.CheckpointsVerified += w.stats.CheckpointsVerified
	r.ProofsVerified += w.stats.ProofsVerified
	r.ProofsFailed += w.stats.ProofsFailed
	r.PositionsStored += w.Stored
	r.PositionsDropped += w.Dropped
	for _, a := range w.alarms {
		r.Alarms = append(r.Alarms, fmt.Sprintf("walker, %s %d: %s", a.Centre, a.Seq, a.What))
	}
	for _, a := range w.acked {
		if a.Held {
			r.Held++
		}
	}
	r.Acked = append(r.Acked, w.acked...)
}

// disagreements are all that should not be, in words.
func (s *summary) disagreements() []string {
	out := slices.Concat(s.wrong, s.report.Alarms, s.found.Details)
	for _, v := range s.violations {
		out = append(out, "push: "+v)
	}
	if s.report.ProofsFailed > 0 {
		out = append(out, fmt.Sprintf("%d proofs failed", s.report.ProofsFailed))
	}
	if s.fault != nil {
		out = append(out, strings.Split(s.fault.Error(), "\n")...)
	}
	return out
}

func (s *summary) agrees() bool { return s.found.OK() && len(s.disagreements()) == 0 }

// writeJSON writes the summary for programs.
func (s *summary) writeJSON(out io.Writer) error {
	r := s.report
	err := json.NewEncoder(out).Encode(struct {
		Phones              int  `json:"phones"`
		OpsSent             int  `json:"ops_sent"`
		Entered             int  `json:"entered"`
		Repeated            int  `json:"repeated"`
		Held                int  `json:"held"`
		Refused             int  `json:"refused"`
		TasksSent           int  `json:"tasks_sent"`
		TasksReceived       int  `json:"tasks_received"`
		TasksDone           int  `json:"tasks_done"`
		PushesSent          int  `json:"pushes_sent"`
		PushesDelivered     int  `json:"pushes_delivered"`
		CheckpointsVerified int  `json:"checkpoints_verified"`
		ProofsFailed        int  `json:"proofs_failed"`
		Lost                int  `json:"lost"`
		Doubled             int  `json:"doubled"`
		RebuildEqual        bool `json:"rebuild_equal"`

		Complaints  int            `json:"complaints"`
		Disposed    int            `json:"disposed"`
		Escalations int            `json:"escalations"`
		DaysSigned  int            `json:"days_signed"`
		Registers   map[string]int `json:"registers"`

		Places        int   `json:"places"`
		Beats         int   `json:"beats"`
		Cells         int   `json:"cells"`
		DebtBefore    int64 `json:"debt_before"`
		DebtAfter     int64 `json:"debt_after"`
		VisitsStrong  int   `json:"visits_strong"`
		VisitsWeak    int   `json:"visits_weak"`
		VisitsUnknown int   `json:"visits_unknown"`
	}{
		r.Phones, r.OpsSent, r.Entered, r.Repeated, r.Held, r.Refused, r.TasksSent, r.TasksReceived, r.TasksDone,
		s.pushes, r.PushesDelivered, r.CheckpointsVerified, r.ProofsFailed, s.found.Lost, s.found.Doubled, s.unequal == 0,
		s.complaints, s.disposed, s.raised, s.signed, s.registers,
		s.ground.places, s.ground.beats, s.ground.cells, s.ground.debtBefore, s.ground.debtAfter,
		s.ground.visits[evidence.Strong], s.ground.visits[evidence.Weak], s.ground.visits[evidence.Unknown],
	})
	if err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// write writes the summary for people.
func (s *summary) write(out io.Writer) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(out, "  %-13s %s\n", name, strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
	r := s.report
	fmt.Fprintf(out, "\nA shift in Chitrakoot, %s to %s IST, in %.0f seconds\n\n",
		s.from.In(istZone).Format("15:04"), s.to.In(istZone).Format("15:04"), s.took.Seconds())
	row("phones", "%s with %s officers at %s of %d on the staff list", number(r.Phones), number(s.carriers()),
		many(s.world.stations, "station"), s.world.people)
	row("ops", "%s recorded: %s entered, %s waiting, %s refused%s", number(r.OpsSent), number(r.Entered), number(r.Held),
		number(r.Refused), list(r.Refusals))
	if r.HeldOnce > 0 {
		row("", "%s arrived before what they build on, and waited for it", number(r.HeldOnce))
	}
	row("troubles", "calls: %s", strings.Trim(list(troubleWords(r.Troubles)), " ()"))
	row("repeats", "%s receipts for ops sent again; nothing stands twice", number(r.Repeated))
	row("tasks", "%s sent -> %s received%s -> %s done%s", number(r.TasksSent), number(r.TasksReceived),
		after(r.TasksReceived, r.ToReceived), number(r.TasksDone), after(r.TasksDone, r.ToDone))
	if r.TasksSent > 0 {
		row("", "where they stand: %s", strings.Trim(list(taskWords(s.taskStates)), " ()"))
	}
	row("pushes", "%s handed to the push service, %s woke a phone", number(s.pushes), number(r.PushesDelivered))
	row("complaints", "%s taken, %s disposed of; %s limits passed and were told; %s signed", number(s.complaints), number(s.disposed),
		number(s.raised), many(s.signed, "day"))
	if r.Told != nil && r.Told.No != "" {
		row("", "%s went through help desk, counselling, FIR, feedback and follow-up to its end", r.Told.No)
	}
	row("registers", "%s", strings.Trim(list(s.registers), " ()"))
	s.ground.write(row)
	row("positions", "%s stored, %s off duty and dropped", number(r.PositionsStored), number(r.PositionsDropped))
	row("checkpoints", "%s verified by the phones, %s ops found in the tree, %s proofs failed", number(r.CheckpointsVerified),
		number(r.ProofsVerified), number(r.ProofsFailed))
	row("books", "%s verified: %s entries, %s register lines, %s signatures", number(s.books), number(int(s.entries)),
		number(s.lines), number(int(s.signatures)))
	row("receipts", "%s compared: %d lost, %d doubled, %d gaps, %d altered", number(len(r.Acked)), s.found.Lost, s.found.Doubled,
		s.found.Gaps, s.found.Altered)
	row("projections", "folded again from %d books: %s", s.books, equality(s.unequal))
	row("wire", "%s up, %s down: %s and %s a phone, headers included", size(s.up), size(s.down),
		size(s.up/int64(max(r.Phones, 1))), size(s.down/int64(max(r.Phones, 1))))
	if s.walked != nil {
		s.walked.write(row)
	}
	if s.slowed > time.Second {
		row("clock", "slowed down for %.0f s in all: this machine is busy", s.slowed.Seconds())
	}
	fmt.Fprintln(out)
	if s.agrees() {
		fmt.Fprintln(out, "  Phones, books, proofs and projections agree.")
	}
	s.writeFindings(out)
}

// writeFindings writes what disagrees, if anything does.
func (s *summary) writeFindings(out io.Writer) {
	if s.agrees() {
		return
	}
	fmt.Fprintln(out, "  NOT AS IT SHOULD BE:")
	for _, w := range s.disagreements() {
		fmt.Fprintf(out, "    %s\n", w)
	}
}

// countBooks counts what stands in the registers.
func (s *summary) countBooks(ctx context.Context, tx pgx.Tx) error {
	s.registers = map[string]int{}
	for _, r := range book.Registers {
		s.registers[r] = 0
	}
	rows, err := tx.Query(ctx, `SELECT register, count(*) FROM lines WHERE district_id = $1 GROUP BY 1`, int32(defaultDistrict))
	if err != nil {
		return fmt.Errorf("count lines: %w", err)
	}
	var register string
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&register, &n}, func() error { s.registers[register] = n; s.lines += n; return nil }); err != nil {
		return fmt.Errorf("count lines: %w", err)
	}
	for _, r := range slices.Sorted(maps.Keys(s.registers)) {
		if s.registers[r] == 0 && s.report.Told != nil {
			s.wrong = append(s.wrong, "the register "+r+" is empty")
		}
	}
	err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM complaints WHERE district_id = $1),
		(SELECT count(*) FROM complaints WHERE district_id = $1 AND disposed_at IS NOT NULL),
		(SELECT count(*) FROM entries WHERE district_id = $1 AND kind = 'escalation.raise'),
		(SELECT count(*) FROM days WHERE district_id = $1 AND state = 'signed')`, int32(defaultDistrict)).
		Scan(&s.complaints, &s.disposed, &s.raised, &s.signed)
	if err != nil {
		return fmt.Errorf("count complaints: %w", err)
	}
	return nil
}

func (s *summary) carriers() int {
	n := len(s.world.Officers) + len(s.world.Cast)
	if s.walked != nil {
		n++
	}
	return n
}

func (w *walked) write(row func(name, format string, args ...any)) {
	where := "where it was recorded"
	if w.moved {
		where = "moved to the station"
	}
	row("walk", "%s fixes, %s; %s of over 3 minutes, %s", number(w.Fixes), where, many(len(w.Visits), "stop"),
		many(w.Entered(), "visit")+" entered")
	for _, v := range w.Visits {
		what := string(v.Receipt.Outcome)
		if len(v.Receipt.Lines) > 0 {
			what = v.Receipt.Lines[0].No
		}
		if v.Receipt.Problem != nil {
			what += " " + v.Receipt.Problem.Code
		}
		flags := map[string]int{}
		for _, f := range v.Receipt.Flags {
			flags[f.Code]++
		}
		codes := strings.Join(slices.Sorted(maps.Keys(flags)), ", ")
		row("", "%s to %s  %s  %s", v.Stop.From.In(istZone).Format("02.01. 15:04"), v.Stop.To.In(istZone).Format("15:04"), what, codes)
	}
}

// troubleWords are what the lines of the phones did, in words.
func troubleWords(did map[string]int) map[string]int {
	return inWords(did, map[string]string{
		"dead": "in a dead zone", "before": "cut before leaving", "midway": "cut half-way", "lost": "done but the answer lost",
		"slow": "slow", "twice": "sent twice",
	})
}

// taskWords are where tasks stand, for who does not know our states.
func taskWords(states map[string]int) map[string]int {
	return inWords(states, map[string]string{
		"sent": "waiting for somebody", "departed": "on the way", "arrived": "at the place", "accepted": "taken",
	})
}

func inWords(counts map[string]int, words map[string]string) map[string]int {
	out := map[string]int{}
	for k, n := range counts {
		w := words[k]
		or(&w, k)
		out[w] += n
	}
	return out
}

// list writes counts, the largest first, in brackets; nothing for none.
func list(m map[string]int) string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int { return m[b] - m[a] })
	var parts []string
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s %s", number(m[k]), strings.ReplaceAll(k, "_", " ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return number(n) + " " + what
}

func equality(unequal int) string {
	if unequal == 0 {
		return "all equal"
	}
	return fmt.Sprintf("%d NOT EQUAL", unequal)
}

// number writes thousands apart.
func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func size(n int64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}

// after writes how long n tasks took to come that far.
func after(n int, median time.Duration) string {
	if n == 0 {
		return ""
	}
	return " (median " + span(median) + ")"
}

// span writes a time of the shift.
func span(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
}
