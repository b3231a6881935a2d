package book_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// dependent is one op whose fields depend on one another, with what the rules
// say of it: the pointer of the refusal, or none.
type dependent struct {
	item    contract.Item
	refused string
}

// draw makes a visit by chance: its span, the time of the op beside it, its
// centre and its beat. The oracle is written out here and shares nothing with
// the book.
func drawDependent(r *rand.Rand, w *booktest.World) dependent {
	now := w.Now()
	at := now.Add(-time.Duration(r.IntN(90)) * time.Minute)
	// Around the edges more often than far from them.
	started := at.Add(time.Duration(r.IntN(41)-20) * time.Minute)
	ended := started.Add(time.Duration(r.IntN(21)-10) * time.Minute)
	centre, beat := booktest.Centre, w.BeatID
	var refused string
	switch r.IntN(10) {
	case 0:
		centre = booktest.OtherCentre
	case 1:
		centre = "ZZZ"
	case 2:
		beat = uuid.Must(uuid.NewV7())
	}
	const slack = 5 * time.Minute
	switch {
	case centre != booktest.Centre:
		refused = "/centre"
	case ended.Before(started), ended.After(at.Add(slack)):
		refused = "/body/ended_at"
	case beat != w.BeatID:
		refused = "/body/beat_id"
	}
	body := contract.VisitRecord{
		BeatID: &beat, StartedAt: contract.At(started), EndedAt: contract.At(ended), PlaceType: "village", Women: 3, Girls: 1,
	}
	return dependent{w.Beat.Item("visit.record", body, booktest.With("centre", centre), booktest.With("device_at", contract.At(at))), refused}
}

func TestTenThousandOpsOverFieldsThatDependOnOneAnotherAreJudgedAsTheRulesSay(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	r := rand.New(rand.NewPCG(20261118, 3))
	const batches, size = 50, 200
	entered, refused := 0, map[string]int{}
	for range batches {
		var drawn []dependent
		var items []contract.Item
		for range size {
			d := drawDependent(r, w)
			drawn, items = append(drawn, d), append(items, d.item)
		}
		for i, receipt := range w.Beat.Send(items...) {
			got := ""
			if receipt.Outcome == book.Refused {
				got = receipt.Problem.Pointer
			}
			if got != drawn[i].refused || receipt.Outcome == book.Held {
				t.Errorf("%s: %s at %q, want %q", items[i].Raw, receipt.Outcome, got, drawn[i].refused)
			}
			if got == "" {
				entered++
				if receipt.Entry.At.After(receipt.Entry.ReceivedAt) {
					t.Errorf("entered at %v, received at %v", receipt.Entry.At, receipt.Entry.ReceivedAt)
				}
			}
			refused[got]++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d ops, %d entered, refused %v", batches*size, entered, refused)
	if entered < 1000 || refused["/centre"] < 1000 || refused["/body/ended_at"] < 1000 || refused["/body/beat_id"] < 200 {
		t.Errorf("the ops are not spread over the rules: %v", refused)
	}
}
