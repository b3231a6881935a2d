package seal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keyset wraps case keys. It stands in a file, and may be used by many
// goroutines at once.
type Keyset struct {
	mute
	path string
	file sync.Mutex // held over a change of the file, or a look at it
	now  atomic.Pointer[ring]
}

// ring is a keyset as read once.
type ring struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary string
	all     []string // ids
}

func (k *ring) has(id string) bool { return slices.Contains(k.all, id) }

// Create makes a keyset of one key in a new file. It never overwrites: a lost
// keyset is every sealed field lost.
func Create(path string) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("create keyset: %w", err)
	}
	text, err := clearText(handle)
	if err != nil {
		return fmt.Errorf("create keyset: %w", err)
	}
	defer clear(text)
	if err := createSecret(path, text); err != nil {
		return fmt.Errorf("create keyset: %w", err)
	}
	return nil
}

// Open reads a keyset. A file that others than its owner may read is refused.
func Open(path string) (*Keyset, error) {
	k := &Keyset{path: path}
	if _, err := k.reload(); err != nil {
		return nil, fmt.Errorf("open keyset: %w", err)
	}
	return k, nil
}

// Primary is the id of the key that wraps new case keys.
func (k *Keyset) Primary() string { return k.now.Load().primary }

// IDs are the ids of all keys, oldest first.
func (k *Keyset) IDs() []string { return slices.Clone(k.now.Load().all) }

// Rotate adds a key and wraps by it from now on; the older ones still unwrap.
func (k *Keyset) Rotate() error { return k.RotateFrom("") }

// ErrFollowed means that another key than the one named wraps by now.
var ErrFollowed = errors.New("another key wraps by now")

// RotateFrom is Rotate unless somebody has done it before: only the key of that
// id is followed by a new one. Without an id the newest is, whichever it is.
func (k *Keyset) RotateFrom(id string) error {
	err := k.change(func(m *keyset.Manager, now *ring) error {
		if id != "" && now.primary != id {
			return ErrFollowed
		}
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
	if err != nil {
		return fmt.Errorf("rotate keyset: %w", err)
	}
	return nil
}

// Reload reads the file again. If that fails, the keys until now stay.
func (k *Keyset) Reload() error {
	if _, err := k.reload(); err != nil {
		return fmt.Errorf("reload keyset: %w", err)
	}
	return nil
}

// Destroy removes an older key for ever. Case keys it wraps can't be read any
// more: first Rewrap in every district.
func (k *Keyset) Destroy(id string) error {
	err := k.change(func(m *keyset.Manager, now *ring) error {
		switch {
		case !now.has(id):
			return fmt.Errorf("key %q: %w", id, ErrNoKey)
		case id == now.primary:
			return errors.New("the newest key stays")
		}
		n, err := strconv.ParseUint(id, 16, 32)
		if err != nil {
			return fmt.Errorf("key %q: %w", id, ErrNoKey)
		}
		return m.Delete(uint32(n))
	})
	if err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return nil
}

// change edits the file as it now is, whoever wrote it last.
func (k *Keyset) change(edit func(*keyset.Manager, *ring) error) error {
	k.file.Lock()
	defer k.file.Unlock()
	return replaceSecret(k.path, func(old []byte) ([]byte, error) {
		now, err := parseRing(old)
		if err != nil {
			return nil, err
		}
		m := keyset.NewManagerFromHandle(now.handle)
		if err := edit(m, now); err != nil {
			return nil, err
		}
		handle, err := m.Handle()
		if err != nil {
			return nil, err
		}
		return clearText(handle)
	}, func(text []byte) error {
		now, err := parseRing(text)
		if err == nil {
			k.now.Store(now)
		}
		return err
	})
}

// reload reads the file again.
func (k *Keyset) reload() (*ring, error) {
	k.file.Lock()
	defer k.file.Unlock()
	text, err := readSecret(k.path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	now, err := parseRing(text)
	if err != nil {
		return nil, err
	}
	k.now.Store(now)
	return now, nil
}

func parseRing(text []byte) (*ring, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errors.New("not a keyset") // the cause may quote the file
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("not a keyset for sealing")
	}
	k := &ring{handle: handle, aead: primitive}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("read keyset: %w", err)
		}
		id := fmt.Sprintf("%08x", entry.KeyID())
		k.all = append(k.all, id)
		if entry.IsPrimary() {
			k.primary = id
		}
	}
	return k, nil
}

func clearText(handle *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return b.Bytes(), nil
}
