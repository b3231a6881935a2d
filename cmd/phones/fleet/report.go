package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// Report is what the phones know of a run.
type Report struct {
	Phones              int `json:"phones"`
	OpsSent             int `json:"ops_sent"` // ops recorded and sent, each once
	Entered             int `json:"entered"`
	Repeated            int `json:"repeated"` // receipts for ops the server knew already
	Held                int `json:"held"`     // still waiting at the end
	Refused             int `json:"refused"`
	TasksSent           int `json:"tasks_sent"`
	TasksReceived       int `json:"tasks_received"`
	TasksDone           int `json:"tasks_done"`
	PushesDelivered     int `json:"pushes_delivered"`
	CheckpointsVerified int `json:"checkpoints_verified"`
	ProofsVerified      int `json:"proofs_verified"`
	ProofsFailed        int `json:"proofs_failed"`

	HeldOnce         int            `json:"held_once"` // waited for something, and entered or not
	PositionsStored  int            `json:"positions_stored"`
	PositionsDropped int            `json:"positions_dropped"`
	Refusals         map[string]int `json:"refusals"` // by code
	Troubles         map[string]int `json:"troubles"` // what the lines did
	Failures         map[string]int `json:"failures"` // syncs that did not go through
	Alarms           []string       `json:"alarms,omitempty"`
	// Medians from sending, in the world's time; 0 when there was none.
	ToReceived time.Duration `json:"to_received"`
	ToDone     time.Duration `json:"to_done"`
	Acked      []Acked       `json:"-"`
	Told       *Told         `json:"told,omitempty"`
}

// Acked is an op for which a handset holds the server's word.
type Acked struct {
	OpID     uuid.UUID
	Kind     contract.Kind
	Centre   string
	Held     bool
	Seq      int64
	OpHash   string
	LeafHash string
	Lines    []contract.LineRef
}

func compareAcked(a, b Acked) int {
	return cmp.Or(strings.Compare(a.Centre, b.Centre), cmp.Compare(a.Seq, b.Seq), strings.Compare(a.OpID.String(), b.OpID.String()))
}

// taskTimes are when a task was sent and how far it came, by the entries.
type taskTimes struct{ sent, received, done time.Time }

// keep takes a receipt, and tells which task the op is about, if any.
func (f *Fleet) keep(kind contract.Kind, r contract.Receipt) (task uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.OpID == nil {
		return uuid.Nil
	}
	switch r.Outcome {
	case contract.OutcomeRefused:
		code := "unknown"
		if r.Problem != nil {
			code = r.Problem.Code
		}
		f.report.Refusals[code]++
		f.refused[*r.OpID] = code
		delete(f.acked, *r.OpID)
	case contract.OutcomeHeld:
		f.acked[*r.OpID] = &Acked{OpID: *r.OpID, Kind: kind, Held: true, Centre: deref(r.Centre)}
	case contract.OutcomeEntered:
		f.acked[*r.OpID] = &Acked{
			OpID: *r.OpID, Kind: kind, Centre: deref(r.Centre), Seq: deref(r.Seq),
			OpHash: deref(r.OpHash), LeafHash: deref(r.LeafHash), Lines: r.Lines,
		}
		f.follow(kind, r)
	}
	return f.about[*r.OpID]
}

// ack is the server's word for an op, or nil.
func (f *Fleet) ack(id uuid.UUID) *Acked {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.acked[id]
	if a == nil {
		return nil
	}
	c := *a
	return &c
}

// refusal is the code by which an op was refused, or nothing.
func (f *Fleet) refusal(id uuid.UUID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused[id]
}

// follow notes how far a task has come. The caller holds the lock.
func (f *Fleet) follow(kind contract.Kind, r contract.Receipt) {
	task, ok := f.about[*r.OpID]
	if !ok || r.At == nil {
		return
	}
	t := f.tasks[task]
	if t == nil {
		t = &taskTimes{}
		f.tasks[task] = t
	}
	first := func(at *time.Time) {
		if at.IsZero() || r.At.Before(*at) {
			*at = r.At.Time
		}
	}
	switch kind {
	case contract.KindTaskSend:
		first(&t.sent)
	case contract.KindTaskReceive:
		first(&t.received)
	case contract.KindTaskDone:
		first(&t.done)
	}
}

func (r *Report) fill(s phone.Stats, alarms []string) {
	r.OpsSent, r.Entered, r.Repeated, r.Refused = s.Recorded, s.Entered, s.Repeated, s.Refused
	r.CheckpointsVerified, r.ProofsVerified, r.ProofsFailed = s.CheckpointsVerified, s.ProofsVerified, s.ProofsFailed
	r.HeldOnce, r.Alarms = s.Held, alarms
}

func (r *Report) fillTasks(tasks []*taskTimes) {
	var received, done []time.Duration
	for _, t := range tasks {
		if t.sent.IsZero() {
			continue
		}
		r.TasksSent++
		if !t.received.IsZero() {
			received = append(received, t.received.Sub(t.sent))
		}
		if !t.done.IsZero() {
			done = append(done, t.done.Sub(t.sent))
		}
	}
	r.TasksReceived, r.TasksDone = len(received), len(done)
	r.ToReceived, r.ToDone = median(received), median(done)
}

func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[len(d)/2]
}

func add(to *phone.Stats, s phone.Stats) {
	to.Recorded += s.Recorded
	to.Sent += s.Sent
	to.Entered += s.Entered
	to.Held += s.Held
	to.Refused += s.Refused
	to.Repeated += s.Repeated
	to.Syncs += s.Syncs
	to.Tries += s.Tries
	to.Lines += s.Lines
	to.CheckpointsVerified += s.CheckpointsVerified
	to.ProofsVerified += s.ProofsVerified
	to.ProofsFailed += s.ProofsFailed
}

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}
