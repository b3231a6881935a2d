package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const (
	tokenHead = `"` + contract.SealPrefix + "1:" // then the classes, a colon, base64url and a quote
	block     = 32                               // tokens are filled up to whole blocks
	maxLayers = 3
)

// Where is the op that sealed fields belong to.
type Where struct {
	District int32
	Centre   string
	OpID     uuid.UUID
}

// SealDoc replaces the tokens of raw at spans by sealed ones, and the salt with
// them. Spans and salt are as a check of raw reported them. Without spans the
// op has nothing to hide: raw comes back as it is, salt and all.
//
//nolint:revive // seal.SealDoc stammers, but it and UnsealDoc are a pair
func SealDoc(raw []byte, spans []contract.Span, salt contract.Span, keys Keys, w Where) ([]byte, error) {
	if len(spans) == 0 {
		return slices.Clone(raw), nil
	}
	all, size, err := inOrder(raw, spans, &salt)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	c := newCrypt(keys, w)
	c.scratch = make([]byte, 0, maxLayers*(nonceSize+tagSize)+padded(size))
	saltWord := classes(spans)
	out := make([]byte, 0, len(raw)+len(all)*(len(tokenHead)+4+maxLayers*40)+2*size+len(all)*block)
	from := 0
	for _, s := range all {
		word := saltWord
		if s.Class != saltClass {
			word = string(s.Class)
		}
		out = append(out, raw[from:s.Start]...)
		if out, err = c.seal(out, word, s.Pointer, raw[s.Start:s.End]); err != nil {
			return nil, fmt.Errorf("seal %s: %w", s.Pointer, err)
		}
		from = s.End
	}
	return append(out, raw[from:]...), nil
}

// UnsealDoc is the way back: the exact bytes. Spans and salt are as a check of
// the sealed text reported them; fewer spans, or no salt, leave the others
// sealed.
func UnsealDoc(sealed []byte, spans []contract.Span, salt *contract.Span, keys Keys, w Where) ([]byte, error) {
	if salt != nil && !isSealed(sealed, *salt) {
		salt = nil // nothing in the op was sealed
	}
	all, size, err := inOrder(sealed, spans, salt)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	c := newCrypt(keys, w)
	c.scratch = make([]byte, 0, size)
	out := make([]byte, 0, len(sealed))
	from := 0
	for _, s := range all {
		out = append(out, sealed[from:s.Start]...)
		if out, err = c.unseal(out, s, sealed[s.Start:s.End]); err != nil {
			return nil, fmt.Errorf("unseal %s: %w", s.Pointer, err)
		}
		from = s.End
	}
	return append(out, sealed[from:]...), nil
}

// saltClass is the class that a check gives the span of the salt.
const saltClass = 'S'

// inOrder is all spans as they follow in raw, and the length of the longest.
func inOrder(raw []byte, spans []contract.Span, salt *contract.Span) ([]contract.Span, int, error) {
	all := make([]contract.Span, 0, len(spans)+1)
	for _, s := range spans {
		if salt != nil && salt.Start < s.Start {
			all, salt = append(all, *salt), nil
		}
		all = append(all, s)
	}
	if salt != nil {
		all = append(all, *salt)
	}
	from, size := 0, 0
	for _, s := range all {
		if s.Start < from || s.End <= s.Start || s.End > len(raw) || raw[s.End-1] == ' ' {
			return nil, 0, fmt.Errorf("%s is no token of this text", s.Pointer)
		}
		from, size = s.End, max(size, s.End-s.Start)
	}
	return all, size, nil
}

// words are the classes that an op may have fields of, in the order of their
// layers.
const words = "VXN"

// classes are those of the spans, victim first: the layers of the salt.
func classes(spans []contract.Span) string {
	word := make([]byte, 0, maxLayers)
	for i := range len(words) {
		if slices.ContainsFunc(spans, func(s contract.Span) bool { return s.Class == words[i] }) {
			word = append(word, words[i])
		}
	}
	return string(word)
}

// crypt seals and unseals the tokens of one op. A word names the classes of a
// token's layers, innermost first.
type crypt struct {
	keys    Keys
	data    []byte // associated data; the first part is the same for all tokens
	fixed   int
	scratch []byte
}

func newCrypt(keys Keys, w Where) crypt {
	b := make([]byte, 0, 160)
	b = append(b, "kendra seal 1\n"...)
	b = append(strconv.AppendInt(b, int64(w.District), 10), '\n')
	b = append(append(b, w.Centre...), '\n')
	b = append(append(b, w.OpID[:]...), '\n')
	return crypt{keys: keys, data: b, fixed: len(b)}
}

// about is the associated data of one layer of a token.
func (c *crypt) about(word string, class byte, pointer string) []byte {
	c.data = append(append(c.data[:c.fixed], word...), '\n', class, '\n')
	c.data = append(c.data, pointer...)
	return c.data
}

func (c *crypt) key(class byte) (Key, error) {
	k := c.keys[class]
	if k.aead == nil || k.class != class {
		return Key{}, fmt.Errorf("class %c: %w", class, ErrNoKey)
	}
	return k, nil
}

// seal appends the sealed form of a token. All layers are sealed in place:
// outer nonce, inner nonce, ciphertext, inner tag, outer tag.
func (c *crypt) seal(out []byte, word, pointer string, token []byte) ([]byte, error) {
	lo := nonceSize * len(word)
	b := c.scratch[:lo+padded(len(token))]
	rand.Read(b[:lo])
	for i := lo + copy(b[lo:], token); i < len(b); i++ {
		b[i] = ' '
	}
	for i := range len(word) {
		k, err := c.key(word[i])
		if err != nil {
			return nil, err
		}
		b = k.aead.Seal(b[:lo], b[lo-nonceSize:lo], b[lo:], c.about(word, word[i], pointer))
		lo -= nonceSize
	}
	out = append(append(append(out, tokenHead...), word...), ':')
	return append(base64.RawURLEncoding.AppendEncode(out, b), '"'), nil
}

// unseal appends the token that was sealed.
func (c *crypt) unseal(out []byte, s contract.Span, sealed []byte) ([]byte, error) {
	word, text, err := parse(sealed, s.Class)
	if err != nil {
		return nil, err
	}
	b, err := base64.RawURLEncoding.Strict().AppendDecode(c.scratch[:0], text)
	if err != nil || len(b) < len(word)*(nonceSize+tagSize) {
		return nil, ErrBroken
	}
	for i := len(word) - 1; i >= 0; i-- {
		k, err := c.key(word[i])
		if err != nil {
			return nil, err
		}
		nonce, rest := b[:nonceSize], b[nonceSize:]
		if b, err = k.aead.Open(rest[:0], nonce, rest, c.about(word, word[i], s.Pointer)); err != nil {
			return nil, ErrBroken
		}
	}
	n := len(b)
	for n > 0 && b[n-1] == ' ' {
		n--
	}
	return append(out, b[:n]...), nil
}

var errNotSealed = errors.New("not a sealed text")

// parse cuts a sealed token into the classes of its layers and its base64url.
func parse(sealed []byte, class byte) (word string, text []byte, err error) {
	if len(sealed) < len(tokenHead)+2 || string(sealed[:len(tokenHead)]) != tokenHead || sealed[len(sealed)-1] != '"' {
		return "", nil, errNotSealed
	}
	rest := sealed[len(tokenHead) : len(sealed)-1]
	n := bytes.IndexByte(rest[:min(len(rest), maxLayers+1)], ':')
	if n < 1 || n > maxLayers || !inWords(rest[:n]) || class != saltClass && (n != 1 || rest[0] != class) {
		return "", nil, errNotSealed
	}
	word, text = string(rest[:n]), rest[n+1:]
	return word, text, nil
}

// inWords tells whether a word names classes in their order, each once.
func inWords(word []byte) bool {
	at := -1
	for _, c := range word {
		i := strings.IndexByte(words, c)
		if i <= at {
			return false
		}
		at = i
	}
	return true
}

func isSealed(raw []byte, s contract.Span) bool {
	return s.Start >= 0 && s.End <= len(raw) && s.End-s.Start > len(tokenHead) &&
		string(raw[s.Start:s.Start+len(tokenHead)]) == tokenHead
}

// padded is n filled up to whole blocks.
func padded(n int) int { return (n + block - 1) / block * block }

// SealBlob seals a whole op, or anything else that is one piece, under key.
//
//nolint:revive // seal.SealBlob stammers, but it and OpenBlob are a pair
func SealBlob(key Key, plain []byte, w Where) ([]byte, error) {
	if key.aead == nil {
		return nil, fmt.Errorf("seal blob: %w", ErrNoKey)
	}
	c := newCrypt(nil, w)
	b := make([]byte, nonceSize, nonceSize+len(plain)+tagSize)
	rand.Read(b)
	return key.aead.Seal(b, b, plain, c.about("blob", key.class, "")), nil
}

// OpenBlob is SealBlob's way back.
func OpenBlob(key Key, sealed []byte, w Where) ([]byte, error) {
	if key.aead == nil {
		return nil, fmt.Errorf("open blob: %w", ErrNoKey)
	}
	if len(sealed) < nonceSize {
		return nil, fmt.Errorf("open blob: %w", ErrBroken)
	}
	c := newCrypt(nil, w)
	plain, err := key.aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], c.about("blob", key.class, ""))
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", ErrBroken)
	}
	return plain, nil
}
