package geo

import (
	"math/rand/v2"
	"testing"
)

func TestWhatIsNearerThanTheReachOfARingLiesInItsSpans(t *testing.T) {
	t.Parallel()
	const seed = 20261118
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	inside := map[int]int{}
	for range 3000 {
		from := Point{Lat: 24.8 + r.Float64()*0.8, Lon: 80.6 + r.Float64()*1.2}
		for _, res := range RingSteps() {
			ring, err := RingAt(from, res)
			if err != nil {
				t.Fatal(err)
			}
			if ring.Reach <= 0 {
				t.Fatalf("ring %d of %v reaches %f m", res, from, ring.Reach)
			}
			// A point about as far away as the ring reaches, where it matters.
			d := ring.Reach / 111_000 * 1.2
			p := Point{Lat: from.Lat + (r.Float64()*2-1)*d, Lon: from.Lon + (r.Float64()*2-1)*d}
			cell, err := CellAt(p)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, s := range ring.Spans {
				found = found || s.First <= cell && cell <= s.Last
			}
			if Distance(from, p) < ring.Reach {
				inside[res]++
				if !found {
					t.Fatalf("%v is %f m from %v, which ring %d with %f m does not hold", p, Distance(from, p), from, res, ring.Reach)
				}
			}
		}
	}
	for _, res := range RingSteps() {
		if inside[res] < 500 {
			t.Errorf("ring %d was tried with %d points only", res, inside[res])
		}
	}
}

func TestTheSpanOfACellIsItsDescendantsAndNoOther(t *testing.T) {
	t.Parallel()
	from := Point{Lat: 25.2, Lon: 80.9}
	ring, err := RingAt(from, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(ring.Spans) != 7 {
		t.Fatalf("%d cells in a ring", len(ring.Spans))
	}
	for _, s := range ring.Spans {
		if !s.First.Valid() || !s.Last.Valid() || s.First.Parent(8) != s.Last.Parent(8) || s.First.Res() != Resolution {
			t.Errorf("span %v to %v", s.First, s.Last)
		}
	}
	middle, _ := CellAt(from)
	disk, err := GridDisk(middle, 20)
	if err != nil {
		t.Fatal(err)
	}
	own := map[Cell]bool{}
	for _, s := range ring.Spans {
		own[s.First.Parent(8)] = true
	}
	for _, c := range disk {
		in := false
		for _, s := range ring.Spans {
			in = in || s.First <= c && c <= s.Last
		}
		if in != own[c.Parent(8)] {
			t.Errorf("%v lies in a span: %v; its parent is of the ring: %v", c, in, own[c.Parent(8)])
		}
	}
}
