package seal_test

import (
	"testing"

	"github.com/google/uuid"

	"kendra/api/seal"
)

// BenchmarkSealDoc seals the largest example: nine sealed fields and a salt
// under both keys.
func BenchmarkSealDoc(b *testing.B) {
	k, _ := newKeyset(b)
	for _, kind := range []string{"squad.person", "visit.record"} {
		e := read(b, k, kind)
		w := karwi(e.op.ID)
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := seal.SealDoc(e.raw, e.report.Sealed, e.report.Salt, e.keys, w); err != nil {
					b.Fatal(err)
				}
			}
			perField(b, len(e.report.Sealed)+1)
		})
	}
}

func perField(b *testing.B, fields int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(fields), "ns/field")
}

func BenchmarkUnsealDoc(b *testing.B) {
	k, _ := newKeyset(b)
	e := read(b, k, "squad.person")
	sealed := e.seal(b)
	r := spans(b, sealed)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := seal.UnsealDoc(sealed, r.Sealed, &r.Salt, e.keys, karwi(e.op.ID)); err != nil {
			b.Fatal(err)
		}
	}
	perField(b, len(r.Sealed)+1)
}

func BenchmarkNewKey(b *testing.B) {
	k, _ := newKeyset(b)
	id := uuid.New()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := k.NewKey(chitrakoot, id, seal.Victim); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnwrap(b *testing.B) {
	k, _ := newKeyset(b)
	_, w := newKey(b, k, uuid.New(), seal.Victim)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Unwrap(chitrakoot, w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlindHash(b *testing.B) {
	blind := blinder(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		blind.Hash(chitrakoot, "mobile", "+91 98765 43210")
	}
}
