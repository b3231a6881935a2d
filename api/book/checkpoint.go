package book

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
)

// Witness signs checkpoints: C2SP signed notes with the origin, size and root
// of one centre's book. It remembers the last note of each book, since a size
// has one root and is asked for by every phone that syncs. While one key follows
// another a note has the signatures of both.
type Witness struct {
	mu      sync.Mutex
	signers []note.Signer // the newest first
	vkeys   []string
	last    map[string]signed
}

// WitnessKey is a key of a witness as texts.
type WitnessKey struct{ Skey, Vkey string }

type signed struct {
	size int64
	root string
	note string
}

// NewWitness returns a Witness that signs with a note signer key and tells
// phones the verifier key.
func NewWitness(skey, vkey string) (*Witness, error) {
	w := &Witness{}
	return w, w.Use([]WitnessKey{{skey, vkey}})
}

// Use has the witness sign with these keys from now on, the newest first.
func (w *Witness) Use(keys []WitnessKey) error {
	var signers []note.Signer
	var vkeys []string
	for _, k := range keys {
		s, err := note.NewSigner(k.Skey)
		if err != nil {
			return fmt.Errorf("checkpoint key: %w", err)
		}
		if _, err := note.NewVerifier(k.Vkey); err != nil {
			return fmt.Errorf("checkpoint verifier key: %w", err)
		}
		signers, vkeys = append(signers, s), append(vkeys, k.Vkey)
	}
	if len(signers) == 0 {
		return errors.New("checkpoint key: none")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.signers, w.vkeys, w.last = signers, vkeys, map[string]signed{}
	return nil
}

// Keys are the verifier keys that phones check checkpoints with, the newest first.
func (w *Witness) Keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.vkeys)
}

// Key is the newest of them.
func (w *Witness) Key() string { return w.Keys()[0] }

func (w *Witness) knows(vkey string) bool { return slices.Contains(w.Keys(), vkey) }

// Origin is the first line of the checkpoints of one book.
func Origin(district int32, centre string) string {
	return fmt.Sprintf("kendra/%d/%s", district, centre)
}

// Sign returns the checkpoint of a book of size entries with root.
func (w *Witness) Sign(district int32, centre string, size int64, root []byte) (string, error) {
	origin, b64 := Origin(district, centre), base64.StdEncoding.EncodeToString(root)
	w.mu.Lock()
	known, ok := w.last[origin]
	signers := w.signers
	w.mu.Unlock()
	if ok && known.size == size && known.root == b64 {
		return known.note, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", origin, size, b64)
	out, err := note.Sign(&note.Note{Text: b.String()}, signers...)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Equal(signers, w.signers) { // not one of a key that has been followed meanwhile
		w.last[origin] = signed{size: size, root: b64, note: string(out)}
	}
	return string(out), nil
}
