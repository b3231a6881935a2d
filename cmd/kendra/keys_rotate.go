package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const keysUsage = `kendra keys rotate KEY: a new key while the servers run; they take it up within seconds

  jwt          access tokens: the key that was ready signs, a new one is made ready
  seal         wraps the keys of cases: a new one, and all are wrapped again
  index        keyed hashes of numbers: a new one, and all are made anew meanwhile
  checkpoint   checkpoints: a new key, and the bodies of the two ops that allow it
  marker       codes of the sheets at places: a new key for new sheets, older ones prove theirs
`

// runKeys is the verb keys.
func runKeys(ctx context.Context, c config, args []string, out io.Writer) error {
	if len(args) != 2 || args[0] != "rotate" {
		fmt.Fprint(out, keysUsage)
		if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
			return nil
		}
		return errUsage
	}
	return withNode(ctx, c, func(n *node) error { return n.rotateKey(ctx, args[1], out) })
}

// rotateKey makes a new key of a sort.
func (n *node) rotateKey(ctx context.Context, which string, out io.Writer) error {
	switch which {
	case "jwt":
		return n.rotateJWT(out)
	case "seal":
		if err := n.rotateSeal(); err != nil {
			return err
		}
		wrapped, _, err := n.book.Rewrap(ctx)
		if err != nil {
			return err
		}
		if _, err := n.retireSeal(ctx); err != nil {
			return err
		}
		fmt.Fprintf(out, "seal.keyset: key %s wraps, %d keys of cases wrapped again; older ones go %d days after they wrap nothing\n",
			n.secrets.keyset.Primary(), wrapped, int(sealIdle.Hours())/24)
		return nil
	case "index":
		return n.rotateIndex(ctx, out)
	case "checkpoint":
		return n.rotateCheckpoint(out)
	case "marker":
		return n.rotateMarker(ctx, out)
	}
	fmt.Fprint(out, keysUsage)
	return errUsage
}

// tokenKeysKept is how long a key stays after the last token that it signed: far
// longer than a token lives.
const tokenKeysKept = time.Hour

// rotateJWT makes a key ready, so that the one before signs, and removes what has
// signed nothing for an hour.
func (n *node) rotateJWT(out io.Writer) error {
	path, err := staff.AddSigningKey(n.secrets.dir)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(n.secrets.dir, "signing-*.key"))
	if err != nil {
		return fmt.Errorf("list signing keys: %w", err)
	}
	removed := 0
	for i := range len(files) - 2 { // Glob sorts; a key signs until the second after it is there
		age, err := ageOf(files[i+2])
		if err != nil {
			return err
		}
		if age < tokenKeysKept {
			break
		}
		if err := os.Remove(files[i]); err != nil {
			return fmt.Errorf("remove signing key: %w", err)
		}
		removed++
	}
	fmt.Fprintf(out, "%s is ready, the one before signs; %d removed\n", filepath.Base(path), removed)
	return n.signing.Rotate()
}

// rotateIndex makes a key by which numbers are hashed from the moment on at which
// every process knows it. The servers hash the rest again.
func (n *node) rotateIndex(ctx context.Context, out io.Writer) error {
	files, err := numbered(n.secrets.dir, "blind")
	if err != nil {
		return err
	}
	if len(files) > 1 {
		r, err := n.book.Rehash(ctx, rehashCases)
		if err != nil {
			return err
		}
		return fmt.Errorf("a key is being followed already: hashes of %d officers' numbers are by the older one; import the list of officers again", r.Officers)
	}
	path, err := nextNumbered(n.secrets.dir, "blind")
	if err != nil {
		return err
	}
	if _, err := randomFile(path, n.log); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: writes in %s; numbers are hashed again by the servers. Officers' own numbers are kept nowhere: import their list again\n",
		filepath.Base(path), n.secrets.ripe)
	return n.secrets.loadBlind()
}

// rotateMarker makes a key for the sheets that are made from now on. The older ones stay,
// for they prove the sheets that hang; it tells of how many each still does.
func (n *node) rotateMarker(ctx context.Context, out io.Writer) error {
	path, err := nextNumbered(n.secrets.dir, "marker")
	if err != nil {
		return err
	}
	if _, err := randomFile(path, n.log); err != nil {
		return err
	}
	if err := n.secrets.loadMarkers(); err != nil {
		return err
	}
	counts, err := n.book.MarkersByKey(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: makes sheets in %s; older keys prove theirs until these are made anew. A file goes by hand when its key has none:\n",
		filepath.Base(path), n.secrets.ripe)
	files, err := numbered(n.secrets.dir, "marker")
	if err != nil {
		return err
	}
	for _, f := range files {
		key, err := readSecret(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %s: %d sheets in force\n", filepath.Base(f), counts[book.MarkerKeyID(key)])
	}
	return nil
}

// rotateCheckpoint makes a key that counts when two persons have allowed it, and
// writes the body of the op by which the first of them asks.
func (n *node) rotateCheckpoint(out io.Writer) error {
	files, err := numbered(n.secrets.dir, "checkpoint")
	if err != nil {
		return err
	}
	last, err := readWitness(files[len(files)-1])
	if err != nil {
		return err
	}
	if n.secrets.witness.Key() != last.Vkey {
		return fmt.Errorf("%s waits for two persons to allow it", filepath.Base(files[len(files)-1]))
	}
	path, err := nextNumbered(n.secrets.dir, "checkpoint")
	if err != nil {
		return err
	}
	next, err := makeWitness(path)
	if err != nil {
		return err
	}
	proof, err := book.WitnessProof(last.Skey, last.Vkey, next.Vkey)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(contract.WitnessAsk{Vkey: next.Vkey, Proof: proof}, "", "  ")
	if err != nil {
		return fmt.Errorf("write op: %w", err)
	}
	fmt.Fprintf(out, "%s signs when it is allowed. One officer of the district office enters witness.ask in HQ's book:\n\n%s\n\nand another witness.allow with the op_id of that.\n",
		filepath.Base(path), body)
	return nil
}
