package staff

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	contract "kendra/mobile-contract"
)

// SigningKeys sign access tokens. Each key is a file signing-NNNN.key, of the owner alone, with an Ed25519 seed in
// base64url. All of them verify; the last but one signs, so that a new key is known to every process before the first
// token is signed by it. To rotate: AddSigningKey, then Rotate in each process; a file that is two keys old may go after
// the life of a token.
type SigningKeys struct {
	dir  string
	ring atomic.Pointer[ring]
}

type ring struct {
	signer string
	keys   map[string]ed25519.PrivateKey // by key id
}

const (
	signingPattern = "signing-*.key"
	onlyOwner      = 0o600
)

// LoadSigningKeys reads the keys of a folder.
func LoadSigningKeys(dir string) (*SigningKeys, error) {
	k := &SigningKeys{dir: dir}
	return k, k.Rotate()
}

// NewSigningKeys takes keys that are in no file, oldest first.
func NewSigningKeys(list ...ed25519.PrivateKey) *SigningKeys {
	k := &SigningKeys{}
	k.ring.Store(newRing(list))
	return k
}

// AddSigningKey makes a new key file in the folder and returns its path.
func AddSigningKey(dir string) (string, error) {
	files, err := signingFiles(dir)
	if err != nil {
		return "", err
	}
	next := 1
	if len(files) > 0 {
		if _, err := fmt.Sscanf(filepath.Base(files[len(files)-1]), "signing-%d.key", &next); err != nil {
			return "", fmt.Errorf("add signing key: name of the last one: %w", err)
		}
		next++
	}
	path := filepath.Join(dir, fmt.Sprintf("signing-%04d.key", next))
	text := contract.Encode(randomBytes(ed25519.SeedSize)) + "\n"
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, onlyOwner)
	if err != nil {
		return "", fmt.Errorf("add signing key: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("add signing key: %w", err)
	}
	return path, nil
}

func signingFiles(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, signingPattern))
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	slices.Sort(files)
	return files, nil
}

// Rotate reads the folder again. If that fails, the keys until now stay.
func (k *SigningKeys) Rotate() error {
	if k.dir == "" {
		return nil
	}
	files, err := signingFiles(k.dir)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("load signing keys: no %s: %w", signingPattern, fs.ErrNotExist)
	}
	var list []ed25519.PrivateKey
	for _, path := range files {
		key, err := readSigningKey(path)
		if err != nil {
			return fmt.Errorf("load signing keys: %s: %w", filepath.Base(path), err)
		}
		list = append(list, key)
	}
	k.ring.Store(newRing(list))
	return nil
}

func readSigningKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&^onlyOwner != 0 {
		return nil, errors.New("others may read it: chmod 600")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	seed, err := contract.Decode(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("not an Ed25519 seed in base64url") // and nothing of its text
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func newRing(list []ed25519.PrivateKey) *ring {
	r := &ring{keys: map[string]ed25519.PrivateKey{}}
	for i, key := range list {
		id := keyID(key)
		r.keys[id] = key
		if i == max(len(list)-2, 0) {
			r.signer = id
		}
	}
	return r
}

func keyID(key ed25519.PrivateKey) string {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		panic("staff: an Ed25519 key without its public half") // the library's own promise
	}
	sum := sha256.Sum256(pub)
	return contract.Encode(sum[:9])
}
