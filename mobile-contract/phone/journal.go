package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const (
	journalFile  = "journal.log"
	receiptsFile = "receipts.log"
	// compactBytes is when it pays to write the journal anew.
	compactBytes = 256 << 10
)

// What a line of the journal says. A line is a checksum, this, and a text.
const (
	lineNext    = 'n' // the next device_seq, first line of a compacted journal
	lineOp      = 'o' // <sig> <op>
	lineReceipt = 'r' // <op_id> <receipt>
	lineProven  = 'p' // <op_id>
	lineGone    = 'g' // <op_id> of a refusal the officer has seen
)

// ErrJournalDamaged says that ops which were saved can't be read any more.
var ErrJournalDamaged = errors.New("the journal is damaged before its last line")

// itemState is where an op stands, as far as the handset knows.
type itemState int

const (
	pending itemState = iota
	held
	entered
	refused
	proven
	disputed
)

// item is one op in the journal.
type item struct {
	id      uuid.UUID
	seq     int64 // device_seq
	kind    contract.Kind
	raw     []byte
	sig     string
	state   itemState
	receipt *receipt
	asking  bool // a held op to be sent again, since something happened to it
}

// receipt is a receipt with the texts that the leaf has byte for byte.
type receipt struct {
	contract.Receipt
	raw                 []byte
	facts, flags, lines []byte
}

func parseReceipt(raw []byte) (*receipt, error) {
	r := &receipt{raw: raw}
	if err := json.Unmarshal(raw, &r.Receipt); err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	var texts struct{ Facts, Flags, Lines json.RawMessage }
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	r.facts, r.flags, r.lines = texts.Facts, texts.Flags, texts.Lines
	return r, nil
}

// journal is the durable outbox. Its caller keeps it from being used by two at
// a time.
type journal struct {
	dir   string
	file  *os.File
	size  int64
	next  int64 // device_seq
	items []*item
	byID  map[uuid.UUID]*item
	done  int // proven items whose lines are still in the file
}

func openJournal(dir string) (*journal, error) {
	j := &journal{dir: dir, next: 1, byID: map[uuid.UUID]*item{}}
	path := filepath.Join(dir, journalFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	good, err := j.replay(text)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.size = int64(good)
	if err := j.cut(); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, syncDir(dir)
}

// replay reads lines until one does not hold and says how far that is. What
// follows is what a crash tore, unless a saved op stands in it.
func (j *journal) replay(text []byte) (int, error) {
	good := 0
	for n := 1; good < len(text); n++ {
		line, _, whole := bytes.Cut(text[good:], []byte{'\n'})
		what, payload, ok := parseLine(line)
		if !whole || !ok {
			if hasOp(text[good+len(line):]) {
				return 0, fmt.Errorf("line %d: %w", n, ErrJournalDamaged)
			}
			return good, nil
		}
		if err := j.apply(what, payload); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		good += len(line) + 1
	}
	return good, nil
}

func hasOp(text []byte) bool {
	for line := range bytes.Lines(text) {
		if what, _, ok := parseLine(bytes.TrimSuffix(line, []byte{'\n'})); ok && what == lineOp {
			return true
		}
	}
	return false
}

func appendLine(b []byte, what byte, payload string) []byte {
	text := string(what) + " " + payload
	return fmt.Appendf(b, "%08x %s\n", crc32.ChecksumIEEE([]byte(text)), text)
}

func parseLine(line []byte) (what byte, payload []byte, ok bool) {
	const head = len("01234567 x ")
	if len(line) < head || line[8] != ' ' || line[10] != ' ' {
		return 0, nil, false
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || uint32(sum) != crc32.ChecksumIEEE(line[9:]) {
		return 0, nil, false
	}
	return line[9], line[head:], true
}

func (j *journal) apply(what byte, payload []byte) error {
	switch what {
	case lineNext:
		n, err := strconv.ParseInt(string(payload), 10, 64)
		if err != nil {
			return fmt.Errorf("device_seq: %w", err)
		}
		j.next = max(j.next, n)
		return nil
	case lineOp:
		sig, raw, _ := bytes.Cut(payload, []byte{' '})
		it, err := newItem(slices.Clone(raw), string(sig))
		if err != nil {
			return err
		}
		j.add(it)
		return nil
	}
	name, raw, _ := bytes.Cut(payload, []byte{' '})
	id, err := uuid.ParseBytes(name)
	if err != nil {
		return fmt.Errorf("op_id: %w", err)
	}
	it, ok := j.byID[id]
	if !ok {
		return nil // compacted away
	}
	switch what {
	case lineReceipt:
		r, err := parseReceipt(slices.Clone(raw))
		if err != nil {
			return err
		}
		it.settle(r)
	case lineProven:
		j.prove(it)
	case lineGone:
		j.forget(it)
	}
	return nil
}

func newItem(raw []byte, sig string) (*item, error) {
	var head struct {
		OpID      uuid.UUID     `json:"op_id"`
		Kind      contract.Kind `json:"kind"`
		DeviceSeq int64         `json:"device_seq"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("read op: %w", err)
	}
	return &item{id: head.OpID, seq: head.DeviceSeq, kind: head.Kind, raw: raw, sig: sig}, nil
}

func (j *journal) add(it *item) {
	j.items = append(j.items, it)
	j.byID[it.id] = it
	j.next = max(j.next, it.seq+1)
}

func (it *item) settle(r *receipt) {
	it.receipt, it.asking = r, false
	switch r.Outcome {
	case contract.OutcomeEntered:
		it.state = entered
	case contract.OutcomeHeld:
		it.state = held
	default:
		it.state = refused
	}
}

func (j *journal) prove(it *item) {
	if it.state != proven {
		it.state = proven
		j.done++
	}
}

func (j *journal) forget(it *item) {
	delete(j.byID, it.id)
	j.items = slices.DeleteFunc(j.items, func(x *item) bool { return x == it })
}

// write adds lines and returns when they are on disk. A write that went wrong
// half-way is taken back, so that the next line does not stand in its ruins.
func (j *journal) write(lines []byte) error {
	_, err := j.file.WriteAt(lines, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", errors.Join(err, j.cut()))
	}
	j.size += int64(len(lines))
	return nil
}

func (j *journal) cut() error { return j.file.Truncate(j.size) }

// save keeps a new op.
func (j *journal) save(it *item) error {
	if err := j.write(appendLine(nil, lineOp, it.sig+" "+string(it.raw))); err != nil {
		return err
	}
	j.add(it)
	return nil
}

// settle keeps what became of ops.
func (j *journal) settle(answers map[*item]*receipt) error {
	var lines []byte
	for it, r := range answers {
		lines = appendLine(lines, lineReceipt, it.id.String()+" "+string(r.raw))
	}
	if err := j.write(lines); err != nil {
		return err
	}
	for it, r := range answers {
		it.settle(r)
	}
	return nil
}

// proven marks ops as found in the tree, and tidies when there is enough of
// them.
func (j *journal) proven(items []*item) error {
	var lines []byte
	for _, it := range items {
		lines = appendLine(lines, lineProven, it.id.String())
	}
	if err := j.write(lines); err != nil {
		return err
	}
	for _, it := range items {
		j.prove(it)
	}
	if j.size < compactBytes || j.done*2 < len(j.items) {
		return nil
	}
	return j.compact()
}

// compact moves the receipts of proven ops to their own file and writes the
// journal without them.
func (j *journal) compact() error {
	var archive []byte
	lines := appendLine(nil, lineNext, strconv.FormatInt(j.next, 10))
	rest := make([]*item, 0, len(j.items)-j.done)
	for _, it := range j.items {
		if it.state == proven {
			archive = append(append(archive, it.receipt.raw...), '\n')
			continue
		}
		rest = append(rest, it)
		lines = appendLine(lines, lineOp, it.sig+" "+string(it.raw))
		if it.receipt != nil {
			lines = appendLine(lines, lineReceipt, it.id.String()+" "+string(it.receipt.raw))
		}
	}
	if err := appendFile(filepath.Join(j.dir, receiptsFile), archive); err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	path := filepath.Join(j.dir, journalFile)
	if err := replaceFile(path, lines); err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("compact journal: %w", err)
	}
	closed := j.file.Close()
	j.file, j.size, j.items, j.done = f, int64(len(lines)), rest, 0
	j.byID = make(map[uuid.UUID]*item, len(rest))
	for _, it := range rest {
		j.byID[it.id] = it
	}
	return closed
}

func appendFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// waiting gives the ops to send, in their order.
func (j *journal) waiting(which func(*item) bool) []*item {
	var out []*item
	for _, it := range j.items {
		if (it.state == pending || it.asking) && which(it) {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b *item) int { return int(a.seq - b.seq) })
	return out
}

func (j *journal) in(s itemState) []*item {
	var out []*item
	for _, it := range j.items {
		if it.state == s {
			out = append(out, it)
		}
	}
	return out
}
