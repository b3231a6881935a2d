// Package fuzztest makes the short share of fuzzing that every run of the tests has: inputs of known ones, and draws of
// property tests, by chance that is always the same. The long share is `make fuzz`, which goes on from there.
package fuzztest

import (
	"flag"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"
)

// Short is how many inputs a target is given in the tests.
const Short = 2000

// init is before the command line is read: -rapid.seed=0 draws by chance, -rapid.seed=N what rapid has told.
func init() {
	if err := flag.Set("rapid.seed", "20261118"); err != nil {
		panic(err)
	}
}

// Check is rapid.Check whose draws are the same each time, so that what CI says of a tree it says again.
func Check(t rapid.TB, prop func(*rapid.T)) { rapid.Check(t, prop) }

// pieces are what parsers stumble over.
var pieces = []string{
	"", "\x00", "\xff", "\n", "\r\n", "\"", "\\", "\\ud800", "\\u0000", "{", "}", "[", "]", ",", ":", ".", "-", "+", "=", "=A", "'",
	"null", "true", "NaN", "1e400", "-0", "9007199254740993", "9223372036854775808", "180.0001", "ओम", "\u2028", "%00", "../",
}

// few is how many a target gets when it is fuzzed: the fuzzer first runs all it
// is given, one at a time, and finds its own then.
const few = 8

func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

// Inputs makes n inputs of the seeds, the same ones each time.
func Inputs(n int, seeds ...string) []string {
	if fuzzing() {
		n = min(n, few)
	}
	r := rand.New(rand.NewPCG(20261118, uint64(len(seeds)))) //nolint:gosec // the same each time is the point
	out := make([]string, n)
	for i := range out {
		b := []byte(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(4) {
			b = change(r, b, seeds)
		}
		out[i] = string(b)
	}
	return out
}

// change makes one change of an input.
func change(r *rand.Rand, b []byte, seeds []string) []byte {
	at := r.IntN(len(b) + 1)
	end := min(len(b), at+r.IntN(8))
	switch r.IntN(6) {
	case 0: // a bit
		if at < len(b) {
			b[at] ^= 1 << r.IntN(8)
		}
	case 1: // less
		b = slices.Delete(b, at, end)
	case 2: // more
		b = slices.Insert(b, at, []byte(pieces[r.IntN(len(pieces))])...)
	case 3: // the same again
		b = slices.Insert(b, at, b[at:end:end]...)
	case 4: // something else there
		b = slices.Replace(b, at, end, []byte(pieces[r.IntN(len(pieces))])...)
	case 5: // the head of this, the tail of another
		other := seeds[r.IntN(len(seeds))]
		b = append(b[:at:at], other[r.IntN(len(other)+1):]...)
	}
	return b
}

// Fuzz is a fuzz target of text, as testing.F has it.
type Fuzz interface{ Add(args ...any) }

// Texts gives a target of one string its seeds, and Short inputs made of them.
func Texts(f Fuzz, seeds ...string) {
	for _, s := range append(slices.Clone(seeds), Inputs(Short, seeds...)...) {
		f.Add(s)
	}
}

// Bytes is Texts for a target of bytes.
func Bytes(f Fuzz, seeds ...string) {
	for _, s := range append(slices.Clone(seeds), Inputs(Short, seeds...)...) {
		f.Add([]byte(s))
	}
}
