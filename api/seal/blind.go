package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
)

// Blinder makes the keyed hashes by which a number is found without being
// stored. It may be used by many goroutines at once. While one key follows
// another both are asked.
type Blinder struct {
	mute
	ring atomic.Pointer[[]blindKey] // the one that writes first
}

type blindKey struct {
	id  string
	key [keySize]byte
}

// NewBlinder takes a key of 32 bytes.
func NewBlinder(key []byte) (*Blinder, error) {
	b := &Blinder{}
	return b, b.Use(key)
}

// Use has these keys asked from now on, at most two; new hashes are made by the first.
func (b *Blinder) Use(keys ...[]byte) error {
	if len(keys) == 0 || len(keys) > 2 {
		return fmt.Errorf("%d blind keys, want one or two", len(keys))
	}
	ring := make([]blindKey, len(keys))
	for i, key := range keys {
		if len(key) != keySize {
			return fmt.Errorf("blind key of %d bytes, want %d", len(key), keySize)
		}
		copy(ring[i].key[:], key)
		ring[i].id = BlindID(key)
	}
	b.ring.Store(&ring)
	return nil
}

// BlindID is the id of a key: it tells nothing of it.
func BlindID(key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("kendra blind id"))
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// IDs are those of the keys that are asked, the one that writes first.
func (b *Blinder) IDs() []string {
	var out []string
	for _, k := range *b.ring.Load() {
		out = append(out, k.id)
	}
	return out
}

// CreateBlind makes a key in a new file: base64url, one line. It never
// overwrites.
func CreateBlind(path string) error {
	key := make([]byte, keySize)
	defer clear(key)
	rand.Read(key)
	text := append(base64.RawURLEncoding.AppendEncode(nil, key), '\n')
	defer clear(text)
	if err := createSecret(path, text); err != nil {
		return fmt.Errorf("create blind key: %w", err)
	}
	return nil
}

// LoadBlind reads what CreateBlind made. A file that others than its owner may
// read is refused.
func LoadBlind(path string) (*Blinder, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, fmt.Errorf("load blind key: %w", err)
	}
	defer clear(text)
	key, err := base64.RawURLEncoding.Strict().AppendDecode(nil, bytes.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("load blind key: %s is not base64url", path)
	}
	defer clear(key)
	return NewBlinder(key)
}

// Hash is the same for the same value of the same field in the same district,
// and says nothing without the key. A phone number is the same number however
// it is written: with +91, 91 or 0 in front, with spaces or dashes, with
// Devanagari digits.
func (b *Blinder) Hash(district int32, field, value string) []byte {
	return (*b.ring.Load())[0].hash(district, field, value)
}

// Hashes are the hashes by all keys that are asked, that of the one that writes
// first.
func (b *Blinder) Hashes(district int32, field, value string) [][]byte {
	var out [][]byte
	for _, k := range *b.ring.Load() {
		out = append(out, k.hash(district, field, value))
	}
	return out
}

// Mark makes the mark of a value, by the key that writes and by the other.
func (b *Blinder) Mark(district int32, field, value string) Mark {
	ring := *b.ring.Load()
	m := Mark{By: ring[0].id, Hash: ring[0].hash(district, field, value)}
	if len(ring) > 1 {
		m.Other = ring[1].hash(district, field, value)
	}
	return m
}

func (k *blindKey) hash(district int32, field, value string) []byte {
	if n, ok := phoneDigits(value); ok {
		value = n
	} else {
		value = strings.TrimSpace(value)
	}
	h := hmac.New(sha256.New, k.key[:])
	text := make([]byte, 0, 128)
	text = append(text, "kendra blind 1\n"...)
	text = append(strconv.AppendInt(text, int64(district), 10), '\n')
	text = append(append(text, field...), '\n')
	h.Write(append(text, value...))
	return h.Sum(nil)
}

// MaskPhone shows the last four digits of a number and hides the rest. What is
// too short for that, or no number, is hidden whole.
func MaskPhone(value string) string {
	const shown, hidden = 4, "••••"
	n, ok := phoneDigits(value)
	if !ok || len(n) < 2*shown {
		return hidden
	}
	return strings.Repeat("•", len(n)-shown) + n[len(n)-shown:]
}

// phoneDigits is a number as dialled inside India, if value is one.
func phoneDigits(value string) (string, bool) {
	digits := make([]byte, 0, 16)
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case r >= '०' && r <= '९':
			digits = append(digits, byte('0'+r-'०'))
		case r == '+' && len(digits) == 0:
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("-‐‑–().", r):
			// written for the eye; Cf are the marks that a copied number brings along
		default:
			return "", false
		}
	}
	n := string(digits)
	if len(n) == 0 {
		return "", false
	}
	if n = strings.TrimPrefix(n, "00"); len(n) >= 12 {
		n = strings.TrimPrefix(n, "91")
	}
	if len(n) == 11 {
		n = strings.TrimPrefix(n, "0")
	}
	return n, true
}
