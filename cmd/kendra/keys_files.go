package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/seal"
)

// A key that is followed by another stands in a file, the next in another beside
// it, numbered: blind.key, blind-0002.key. All processes look at the folder.

const (
	keysEvery = 10 * time.Second // how often a process looks
	keysRipe  = 3 * keysEvery    // by then all know a new file
)

// numbered lists the files of a key, the oldest first.
func numbered(dir, name string) ([]string, error) {
	more, err := filepath.Glob(filepath.Join(dir, name+"-*.key"))
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	slices.Sort(more)
	first := filepath.Join(dir, name+".key")
	if _, err := os.Stat(first); err == nil {
		more = append([]string{first}, more...)
	}
	return more, nil
}

// nextNumbered is the name of the file that follows.
func nextNumbered(dir, name string) (string, error) {
	files, err := numbered(dir, name)
	if err != nil {
		return "", err
	}
	n := 1
	if len(files) > 0 {
		last := strings.TrimSuffix(filepath.Base(files[len(files)-1]), ".key")
		if _, err := fmt.Sscanf(strings.TrimPrefix(last, name), "-%d", &n); err != nil {
			n = 1
		}
	}
	return filepath.Join(dir, fmt.Sprintf("%s-%04d.key", name, n+1)), nil
}

// openBlind reads the keys of the keyed hashes, or makes the first.
func (s *secrets) openBlind(log *slog.Logger) error {
	files, err := numbered(s.dir, "blind")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		if _, err := randomFile(filepath.Join(s.dir, "blind.key"), log); err != nil {
			return err
		}
	}
	first, err := s.blindKeys()
	if err != nil {
		return err
	}
	s.blind, err = seal.NewBlinder(first[0])
	if err != nil {
		return err
	}
	return s.blind.Use(first...)
}

// blindKeys reads one or two keys, the one that writes first: a new one when
// every process has had the time to hear of it.
func (s *secrets) blindKeys() ([][]byte, error) {
	files, err := numbered(s.dir, "blind")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 || len(files) > 2 {
		return nil, fmt.Errorf("%d files blind*.key, want one or two", len(files))
	}
	var keys [][]byte
	for _, f := range files {
		key, err := readSecret(f)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(files) == 2 {
		age, err := ageOf(files[1])
		if err != nil {
			return nil, err
		}
		if age >= s.ripe {
			slices.Reverse(keys)
		}
	}
	return keys, nil
}

// ageOf is how long ago a file was made.
func ageOf(path string) (time.Duration, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("look at key: %w", err)
	}
	return time.Since(info.ModTime()), nil
}

// loadBlind reads the keys again.
func (s *secrets) loadBlind() error {
	keys, err := s.blindKeys()
	if err != nil {
		return err
	}
	ids := s.blind.IDs()
	if len(ids) == len(keys) && ids[0] == seal.BlindID(keys[0]) {
		return nil
	}
	return s.blind.Use(keys...)
}

// openMarkers reads the keys of the codes at places, or makes the first.
func (s *secrets) openMarkers(log *slog.Logger) error {
	files, err := numbered(s.dir, "marker")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		if _, err := randomFile(filepath.Join(s.dir, "marker.key"), log); err != nil {
			return err
		}
	}
	keys, err := s.markerKeys()
	if err != nil {
		return err
	}
	s.markers, err = book.NewMarkerKeys(keys...)
	return err
}

// markerKeys reads the keys of the codes at places, the one that makes new ones first: the
// newest, when every process has had the time to hear of it. The others stay for as long
// as a sheet hangs that they made.
func (s *secrets) markerKeys() ([][]byte, error) {
	files, err := numbered(s.dir, "marker")
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for i, f := range files {
		key, err := readSecret(f)
		if err != nil {
			return nil, err
		}
		age, err := ageOf(f)
		if err != nil {
			return nil, err
		}
		if i > 0 && age < s.ripe {
			keys = append(keys, key)
			continue
		}
		keys = append([][]byte{key}, keys...)
	}
	return keys, nil
}

// loadMarkers reads the keys again.
func (s *secrets) loadMarkers() error {
	keys, err := s.markerKeys()
	if err != nil {
		return err
	}
	return s.markers.Use(keys...)
}

// witnessName is the name in the checkpoints' signature line.
const witnessName = "kendra"

// openWitness reads the key that signs checkpoints, or makes it. One that follows
// counts when two persons have allowed it: see loadWitness.
func (s *secrets) openWitness(log *slog.Logger) error {
	files, err := numbered(s.dir, "checkpoint")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		path := filepath.Join(s.dir, "checkpoint.key")
		if _, err := makeWitness(path); err != nil {
			return err
		}
		log.Warn("made a new key", "file", filepath.Base(path))
		files = []string{path}
	}
	first, err := readWitness(files[0])
	if err != nil {
		return err
	}
	s.witness, err = book.NewWitness(first.Skey, first.Vkey)
	return err
}

// makeWitness writes a new key: the note signer's text on the first line, the
// verifier's on the second.
func makeWitness(path string) (book.WitnessKey, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, witnessName)
	if err != nil {
		return book.WitnessKey{}, fmt.Errorf("make checkpoint key: %w", err)
	}
	return book.WitnessKey{Skey: skey, Vkey: vkey}, writeSecret(path, []byte(skey+"\n"+vkey+"\n"))
}

func readWitness(path string) (book.WitnessKey, error) {
	text, err := readSecret(path)
	if err != nil {
		return book.WitnessKey{}, err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 {
		return book.WitnessKey{}, fmt.Errorf("checkpoint key file must have two lines")
	}
	return book.WitnessKey{Skey: lines[0], Vkey: lines[1]}, nil
}

// keyLog is when which key was made, was found to wrap nothing any more, and was
// destroyed: lines of keys.log, ids only.
type keyLog struct{ path string }

func (s *secrets) life() keyLog { return keyLog{filepath.Join(s.dir, "keys.log")} }

// What is noted of a key.
const (
	keyMade      = "made"
	keyIdle      = "idle"
	keyDestroyed = "destroyed"
)

// note adds a line.
func (l keyLog) note(at time.Time, key, id, event string) error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("note key: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %s %s %s\n", at.UTC().Format(time.RFC3339), key, id, event)
	return errors.Join(err, f.Sync(), f.Close())
}

// since is when an event was first noted of a key; zero: it was not.
func (l keyLog) since(key, id, event string) (time.Time, error) {
	text, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read key log: %w", err)
	}
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) == 4 && f[1] == key && f[2] == id && f[3] == event {
			at, err := time.Parse(time.RFC3339, f[0])
			if err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, nil
}
