package book

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
)

// Witness signs checkpoints: C2SP signed notes with the origin, size and root
// of one centre's book. It remembers the last note of each book, since a size
// has one root and is asked for by every phone that syncs.
type Witness struct {
	signer note.Signer
	vkey   string

	mu   sync.Mutex
	last map[string]signed
}

type signed struct {
	size int64
	root string
	note string
}

// NewWitness returns a Witness that signs with a note signer key and tells
// phones the verifier key.
func NewWitness(skey, vkey string) (*Witness, error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, fmt.Errorf("checkpoint key: %w", err)
	}
	if _, err := note.NewVerifier(vkey); err != nil {
		return nil, fmt.Errorf("checkpoint verifier key: %w", err)
	}
	return &Witness{signer: s, vkey: vkey, last: map[string]signed{}}, nil
}

// Key is the verifier key that phones check checkpoints with.
func (w *Witness) Key() string { return w.vkey }

// Origin is the first line of the checkpoints of one book.
func Origin(district int32, centre string) string {
	return fmt.Sprintf("kendra/%d/%s", district, centre)
}

// Sign returns the checkpoint of a book of size entries with root.
func (w *Witness) Sign(district int32, centre string, size int64, root []byte) (string, error) {
	origin, b64 := Origin(district, centre), base64.StdEncoding.EncodeToString(root)
	w.mu.Lock()
	known, ok := w.last[origin]
	w.mu.Unlock()
	if ok && known.size == size && known.root == b64 {
		return known.note, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", origin, size, b64)
	out, err := note.Sign(&note.Note{Text: b.String()}, w.signer)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	w.mu.Lock()
	w.last[origin] = signed{size: size, root: b64, note: string(out)}
	w.mu.Unlock()
	return string(out), nil
}
