package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"kendra/api/book"
	"kendra/api/seal"
)

// What a server does about its keys while it runs: it takes up new files, wraps
// and hashes again, and destroys what is not needed any more. Every process does.

const (
	// sealLife is how long a key of the keyset wraps, sealIdle how long it stays when it wraps nothing any more: a copy of
	// the database opens nothing by the keyset of today when it is older than both together.
	sealLife = 30 * 24 * time.Hour
	sealIdle = 5 * 24 * time.Hour

	rehashCases = 50              // a transaction
	rehashSpan  = 5 * time.Second // a round
	sealEvery   = time.Hour
)

// keepKeys looks at the folder of keys every few seconds, and at once when it is
// told to (SIGHUP).
func (n *node) keepKeys(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	every := n.secrets.ripe / 3
	tick := time.NewTicker(every)
	defer tick.Stop()
	var sealed time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		case <-tick.C:
		}
		n.try(ctx, "keys", func() error { return n.reloadKeys(ctx) })
		n.try(ctx, "keyed hashes", func() error { return n.rehash(ctx) })
		n.every(ctx, time.Now(), &sealed, sealEvery, "wrapping keys", func() error { return n.keepSeal(ctx) })
	}
}

// reloadKeys reads all keys that may have changed. One that can't be read leaves
// those until now, and keeps no other from being read.
func (n *node) reloadKeys(ctx context.Context) error {
	return errors.Join(n.signing.Rotate(), n.secrets.keyset.Reload(), n.secrets.loadBlind(), n.secrets.loadMarkers(), n.loadWitness(ctx))
}

// loadWitness has checkpoints signed by the first key and by those that followed
// it, once two persons have allowed them.
func (n *node) loadWitness(ctx context.Context) error {
	files, err := numbered(n.secrets.dir, "checkpoint")
	if err != nil {
		return err
	}
	var keys []book.WitnessKey
	known := n.secrets.witness.Keys()
	for i, f := range files {
		k, err := readWitness(f)
		if err != nil {
			return err
		}
		if i > 0 && !slices.Contains(known, k.Vkey) {
			allowed, err := n.book.WitnessAllowed(ctx, k.Vkey)
			if err != nil {
				return err
			}
			if !allowed {
				continue
			}
		}
		keys = append([]book.WitnessKey{k}, keys...)
	}
	if len(keys) == len(known) {
		return nil
	}
	return n.secrets.witness.Use(keys)
}

// rehash makes keyed hashes anew while a key follows another, a few at a time, and
// lets the older one go when nothing is by it.
func (n *node) rehash(ctx context.Context) error {
	for end := time.Now().Add(rehashSpan); time.Now().Before(end) && ctx.Err() == nil; {
		files, err := numbered(n.secrets.dir, "blind")
		if err != nil || len(files) < 2 {
			return err
		}
		newest, err := readSecret(files[1])
		if err != nil {
			return err
		}
		if n.secrets.blind.IDs()[0] != seal.BlindID(newest) {
			return nil // not every process may know it
		}
		r, err := n.book.Rehash(ctx, rehashCases)
		if err != nil {
			return err
		}
		if r.Done > 0 {
			continue
		}
		if age, err := ageOf(files[1]); err != nil || !r.Over() || age < 2*n.secrets.ripe {
			return err
		}
		if err := os.Remove(files[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("let an old key go: %w", err)
		}
		n.log.Warn("an old key has gone", "file", filepath.Base(files[0]))
		return errors.Join(n.secrets.loadBlind(), n.book.ForgetOther(ctx))
	}
	return nil
}

// keepSeal lets a new key wrap when the newest is a month old, wraps all keys of
// cases by it, and destroys those that have wrapped nothing for some days.
func (n *node) keepSeal(ctx context.Context) error {
	now, life, set := n.now(), n.secrets.life(), n.secrets.keyset
	made, err := life.since("seal", set.Primary(), keyMade)
	if err != nil {
		return err
	}
	switch {
	case made.IsZero(): // nobody knows how old it is: its month begins now
		if err := life.note(now, "seal", set.Primary(), keyMade); err != nil {
			return err
		}
	case now.Sub(made) >= sealLife:
		if err := n.rotateSeal(); err != nil {
			return err
		}
	}
	_, err = n.retireSeal(ctx)
	return err
}

// rotateSeal adds a key that wraps from now on, unless another process did.
func (n *node) rotateSeal() error {
	set := n.secrets.keyset
	err := set.RotateFrom(set.Primary())
	if errors.Is(err, seal.ErrFollowed) || errors.Is(err, fs.ErrExist) {
		return set.Reload()
	}
	if err != nil {
		return err
	}
	return n.secrets.life().note(n.now(), "seal", set.Primary(), keyMade)
}

// retireSeal wraps again what older keys wrap, and destroys those that have
// wrapped nothing for some days. It returns the ids of what it destroyed.
func (n *node) retireSeal(ctx context.Context) (gone []string, err error) {
	now, life, set := n.now(), n.secrets.life(), n.secrets.keyset
	_, older, err := n.book.Rewrap(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range set.IDs() {
		if id == set.Primary() || slices.Contains(older, id) {
			continue
		}
		idle, err := life.since("seal", id, keyIdle)
		switch {
		case err != nil:
			return gone, err
		case idle.IsZero():
			err = life.note(now, "seal", id, keyIdle)
		case now.Sub(idle) >= sealIdle:
			if err = set.Destroy(id); errors.Is(err, seal.ErrNoKey) || errors.Is(err, fs.ErrExist) {
				err = nil // another process did, or is at it
				break
			}
			gone = append(gone, id)
			err = errors.Join(err, life.note(now, "seal", id, keyDestroyed))
		}
		if err != nil {
			return gone, err
		}
	}
	return gone, nil
}
