package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// Classes of key.
const (
	Victim  = 'V'
	Suspect = 'X' // and third parties
	Told    = 'N' // what was told in counselling, kept for a shorter time
	HeldOp  = 'H' // a whole op that waits
)

const (
	keySize   = 32
	nonceSize = 12
	tagSize   = 16
)

// ErrNoKey means that the key was not given or has been deleted.
var ErrNoKey = errors.New("no key")

// ErrBroken means that a sealed text does not open: another key, another
// place, or changed.
var ErrBroken = errors.New("sealed text does not open")

// Key seals the fields of one class in one case. It may be used by many
// goroutines at once.
type Key struct {
	mute
	class byte
	aead  cipher.AEAD
}

// Keys are a case's keys by class.
type Keys map[byte]Key

// Wrapped is a key as the database keeps it.
type Wrapped struct {
	CaseID uuid.UUID
	Class  byte
	Bytes  []byte
	KEK    string // id of the keyset's key that wraps it
}

// IsGone tells whether the key was destroyed.
func (w Wrapped) IsGone() bool { return len(w.Bytes) == 0 }

// newKey prepares a key and wipes the bytes it was made of.
func newKey(class byte, secret []byte) (Key, error) {
	defer clear(secret)
	if len(secret) != keySize {
		return Key{}, fmt.Errorf("case key of %d bytes", len(secret))
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return Key{}, fmt.Errorf("prepare case key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return Key{}, fmt.Errorf("prepare case key: %w", err)
	}
	return Key{class: class, aead: aead}, nil
}

// NewKey makes the key of a case and class.
func (k *Keyset) NewKey(district int32, caseID uuid.UUID, class byte) (Key, Wrapped, error) {
	if class != Victim && class != Suspect && class != Told && class != HeldOp {
		return Key{}, Wrapped{}, fmt.Errorf("make case key: class %q", class)
	}
	secret := make([]byte, keySize)
	rand.Read(secret)
	w, err := k.wrap(district, Wrapped{CaseID: caseID, Class: class}, secret)
	if err != nil {
		return Key{}, Wrapped{}, err
	}
	key, err := newKey(class, secret)
	return key, w, err
}

// Unwrap opens a key that NewKey made for this district, case and class.
func (k *Keyset) Unwrap(district int32, w Wrapped) (Key, error) {
	secret, err := k.unwrap(district, w)
	if err != nil {
		return Key{}, err
	}
	return newKey(w.Class, secret)
}

// Rewrap wraps a key again by the keyset's newest key. The key itself stays.
func (k *Keyset) Rewrap(district int32, w Wrapped) (Wrapped, error) {
	secret, err := k.unwrap(district, w)
	if err != nil {
		return Wrapped{}, err
	}
	defer clear(secret)
	return k.wrap(district, w, secret)
}

func (k *Keyset) wrap(district int32, w Wrapped, secret []byte) (Wrapped, error) {
	now := k.now.Load()
	bytes, err := now.aead.Encrypt(secret, wrapData(district, w))
	if err != nil {
		return Wrapped{}, fmt.Errorf("wrap case key: %w", err)
	}
	return Wrapped{CaseID: w.CaseID, Class: w.Class, Bytes: bytes, KEK: now.primary}, nil
}

func (k *Keyset) unwrap(district int32, w Wrapped) ([]byte, error) {
	now := k.now.Load()
	if !now.has(w.KEK) { // perhaps another process has rotated
		var err error
		if now, err = k.reload(); err != nil {
			return nil, fmt.Errorf("unwrap case key: %w", err)
		}
		if !now.has(w.KEK) {
			return nil, fmt.Errorf("unwrap case key: keyset has no key %q: %w", w.KEK, ErrNoKey)
		}
	}
	secret, err := now.aead.Decrypt(w.Bytes, wrapData(district, w))
	if err != nil {
		return nil, fmt.Errorf("unwrap case key: %w", ErrBroken)
	}
	return secret, nil
}

// wrapData binds a wrapped key to its row.
func wrapData(district int32, w Wrapped) []byte {
	b := make([]byte, 0, 64)
	b = append(b, "kendra case key 1\n"...)
	b = append(strconv.AppendInt(b, int64(district), 10), '\n')
	b = append(append(b, w.CaseID[:]...), '\n', w.Class)
	return b
}
