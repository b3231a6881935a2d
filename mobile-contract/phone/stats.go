package phone

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// Stats counts what a handset did since it was switched on.
type Stats struct {
	Recorded int // ops saved
	Sent     int // ops sent, those sent again counted again
	Entered  int
	Held     int
	Refused  int
	Repeated int // receipts of ops the server knew already
	Syncs    int
	Tries    int // calls made again after a failure
	Lines    int // lines of feeds

	CheckpointsVerified int
	ProofsVerified      int // own ops found in the tree
	ProofsFailed        int
}

// Alarm is something the server said that does not fit what it said before.
// Notes are the signed texts that show it.
type Alarm struct {
	Centre string        `json:"centre"`
	What   string        `json:"what"`
	Seq    int64         `json:"seq,omitempty"`
	At     contract.Time `json:"at"`
	Notes  []string      `json:"notes,omitempty"`
}

// Stats gives the counts.
func (p *Phone) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Alarms gives what did not fit; kept over restarts.
func (p *Phone) Alarms() []Alarm {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Alarm(nil), p.state.Alarms...)
}

// Waiting is how many ops have no receipt yet.
func (p *Phone) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.journal.in(pending))
}

// Standing is an op of this handset and its receipt.
type Standing struct {
	Kind    contract.Kind
	Receipt contract.Receipt
}

// Held gives the ops that wait at the server for something.
func (p *Phone) Held() []Standing { return p.standing(held) }

// Refused gives the refusals to show, until they are dismissed.
func (p *Phone) Refused() []Standing { return p.standing(refused) }

func (p *Phone) standing(s itemState) []Standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Standing
	for _, it := range p.journal.in(s) {
		out = append(out, Standing{Kind: it.kind, Receipt: it.receipt.Receipt})
	}
	return out
}

// Dismiss forgets a refusal that the officer has seen.
func (p *Phone) Dismiss(op uuid.UUID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	it, ok := p.journal.byID[op]
	if !ok || it.state != refused {
		return fmt.Errorf("dismiss: no refusal of op %s", op)
	}
	if err := p.journal.write(appendLine(nil, lineGone, op.String())); err != nil {
		return fmt.Errorf("dismiss: %w", err)
	}
	p.journal.forget(it)
	return nil
}

// Receipts gives every receipt the handset has, old ones first. One may come
// twice after a crash.
func (p *Phone) Receipts() ([]contract.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, err := readReceipts(filepath.Join(p.o.Dir, receiptsFile))
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	for _, it := range p.journal.items {
		if it.receipt != nil {
			out = append(out, it.receipt.Receipt)
		}
	}
	return out, nil
}

func readReceipts(path string) ([]contract.Receipt, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []contract.Receipt
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r, err := parseReceipt(append([]byte(nil), lines.Bytes()...))
		if err != nil {
			return nil, err
		}
		out = append(out, r.Receipt)
	}
	return out, lines.Err()
}
