package history

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/seal"
	"kendra/api/staff"
)

// keys are a server's, each in the file where `kendra serve` looks for it.
type keys struct {
	pepper, code, nonce, salt, slip []byte

	markers *book.MarkerKeys

	blind   *seal.Blinder
	keyset  *seal.Keyset
	witness *book.Witness
	signing *staff.SigningKeys
}

func openKeys(dir string) (*keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make key directory: %w", err)
	}
	k := &keys{}
	var blind, marker []byte
	for _, f := range []struct {
		name string
		into *[]byte
	}{
		{"pepper.key", &k.pepper}, {"code.key", &k.code}, {"nonce.key", &k.nonce}, {"salt.key", &k.salt}, {"slip.key", &k.slip},
		{"blind.key", &blind}, {"marker.key", &marker},
	} {
		var err error
		*f.into, err = keyFile(filepath.Join(dir, f.name), func() ([]byte, error) {
			key := make([]byte, 32)
			_, err := rand.Read(key)
			return key, err
		})
		if err != nil {
			return nil, err
		}
	}
	var err error
	if k.blind, err = seal.NewBlinder(blind); err != nil {
		return nil, err
	}
	if k.markers, err = book.NewMarkerKeys(marker); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "seal.keyset")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := seal.Create(path); err != nil {
			return nil, err
		}
	}
	if k.keyset, err = seal.Open(path); err != nil {
		return nil, err
	}
	return k, k.sign(dir)
}

// sign opens the keys that sign checkpoints and access tokens.
func (k *keys) sign(dir string) error {
	text, err := keyFile(filepath.Join(dir, "checkpoint.key"), func() ([]byte, error) {
		skey, vkey, err := note.GenerateKey(rand.Reader, "kendra")
		return []byte(skey + "\n" + vkey + "\n"), err
	})
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 {
		return errors.New("checkpoint key file must have two lines")
	}
	if k.witness, err = book.NewWitness(lines[0], lines[1]); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if k.signing, err = staff.LoadSigningKeys(dir); err == nil || n == 2 {
			return err
		}
		if _, err := staff.AddSigningKey(dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// keyFile reads a key file, or makes it.
func keyFile(path string, fresh func() ([]byte, error)) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s may be read by others: chmod 600", filepath.Base(path))
	}
	key, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = fresh(); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	return key, os.WriteFile(path, key, 0o600)
}
