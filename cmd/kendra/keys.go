package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kendra/api/book"
	"kendra/api/seal"
)

// secrets are the keys of one server, each in a file of its own that only the
// server may read.
type secrets struct {
	dir     string
	pepper  []byte
	code    []byte
	nonce   []byte
	salt    []byte
	slip    []byte
	blind   *seal.Blinder
	markers *book.MarkerKeys
	keyset  *seal.Keyset
	witness *book.Witness
	ripe    time.Duration // after which every process knows a new file
}

// openSecrets reads the keys and makes those that are missing, saying so: on a
// real server they are put there, and a new one means that old ones were lost.
func openSecrets(dir string, log *slog.Logger) (*secrets, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make key directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at key directory: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("key directory %s may be written by others: chmod 700", filepath.Base(dir))
	}
	s := &secrets{dir: dir, ripe: keysRipe}
	for name, into := range map[string]*[]byte{
		"pepper.key": &s.pepper, "code.key": &s.code, "nonce.key": &s.nonce, "salt.key": &s.salt,
		"slip.key": &s.slip,
	} {
		if *into, err = randomFile(filepath.Join(dir, name), log); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, "seal.keyset")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		log.Warn("made a new key", "file", "seal.keyset")
		if err := seal.Create(path); err != nil {
			return nil, err
		}
	}
	if s.keyset, err = seal.Open(path); err != nil {
		return nil, err
	}
	if err := s.openBlind(log); err != nil {
		return nil, err
	}
	if err := s.openMarkers(log); err != nil {
		return nil, err
	}
	if err := s.openWitness(log); err != nil {
		return nil, err
	}
	return s, nil
}

// randomFile reads a file of 32 random bytes, or makes it.
func randomFile(path string, log *slog.Logger) ([]byte, error) {
	key, err := readSecret(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	log.Warn("made a new key", "file", filepath.Base(path))
	return key, writeSecret(path, key)
}

// readSecret reads a key file and refuses one that others can read.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s may be read by others: chmod 600", filepath.Base(path))
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if len(key) < 32 {
		return nil, fmt.Errorf("key file %s is too short", filepath.Base(path))
	}
	return key, nil
}

// writeSecret writes a key file whole or not at all: a second process that
// starts at the same moment must not read half of it.
func writeSecret(path string, key []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, werr := f.Write(key)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}
