package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSecret is far more than a keyset of many years.
const maxSecret = 1 << 20

// ErrExposed means that others than its owner may read a file of secrets.
var ErrExposed = errors.New("others may read or write the file: chmod 600")

// readSecret reads a file that only its owner may read.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrExposed)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(text) > maxSecret {
		err = fmt.Errorf("%s: too large", path)
	}
	return text, err
}

// createSecret makes a file that nobody sees half written. It fails with
// fs.ErrExist when there is one already.
func createSecret(path string, text []byte) error {
	draft, err := writeDraft(path, text)
	if err != nil {
		return err
	}
	defer os.Remove(draft)
	if err := os.Link(draft, path); err != nil { // a rename would overwrite
		return err
	}
	return syncFolder(path)
}

// replaceSecret makes a new file of the old one. The draft beside it is also
// the lock: of two processes that rotate at once, one would otherwise lose a
// key that already wraps.
func replaceSecret(path string, next func([]byte) ([]byte, error), done func([]byte) error) error {
	draft, err := writeDraft(path, nil)
	if err != nil {
		return err
	}
	text, err := nextSecret(path, draft, next)
	defer clear(text)
	if err != nil {
		os.Remove(draft)
		return err
	}
	// From the rename on, a draft of this name is somebody else's.
	if err := syncFolder(path); err != nil {
		return err
	}
	return done(text)
}

func nextSecret(path, draft string, next func([]byte) ([]byte, error)) ([]byte, error) {
	old, err := readSecret(path)
	defer clear(old)
	if err != nil {
		return nil, err
	}
	text, err := next(old)
	if err != nil {
		return nil, err
	}
	if err := fill(draft, os.O_WRONLY, text); err != nil {
		return nil, err
	}
	return text, os.Rename(draft, path)
}

// writeDraft makes path.new, which must not exist.
func writeDraft(path string, text []byte) (string, error) {
	draft := path + ".new"
	err := fill(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, text)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%w: another process is at it, or was cut off and left it behind", err)
	}
	return draft, err
}

func fill(path string, flags int, text []byte) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the name itself durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
