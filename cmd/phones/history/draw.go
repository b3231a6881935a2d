package history

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// seeded is the randomness of one thing of the history.
func seeded(seed int64, what string, n ...int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // never fails
	for _, i := range n {
		_, _ = h.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)})
	}
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// draw is a source with the few distributions that a history needs.
type draw struct{ *rand.Rand }

// chance is true in so many of a hundred cases.
func (d draw) chance(percent float64) bool { return d.Float64()*100 < percent }

// between is a time from a to b.
func (d draw) between(a, b time.Duration) time.Duration {
	return a + time.Duration(d.Int64N(int64(b-a)+1))
}

// count is how often something happens that happens mean times on average.
func (d draw) count(mean float64) int {
	limit, p, n := math.Exp(-mean), 1.0, 0
	for {
		if p *= d.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// pick draws one of a list.
func pick[T any](d draw, of ...T) T { return of[d.IntN(len(of))] }

// weighted is a word that comes up as often as its weight says.
type weighted struct {
	word   string
	weight int
}

func choose(d draw, of []weighted) string {
	sum := 0
	for _, w := range of {
		sum += w.weight
	}
	at := d.IntN(sum)
	for _, w := range of {
		if at -= w.weight; at < 0 {
			return w.word
		}
	}
	return of[0].word
}

func ptr[T any](v T) *T { return &v }
