package book_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// plannedOp is an op of a random day, with whose phone made it.
type plannedOp struct {
	by   int
	item contract.Item
	id   uuid.UUID
}

// phones is who takes part: officers of both centres, on both processes.
type phones struct {
	w        *booktest.World
	officers []*booktest.Officer
	readers  map[string]*booktest.Officer
}

func newPhones(t *testing.T) *phones {
	w := booktest.New(t)
	// A process that gives up early, so that some outcomes are unknown.
	hasty := w.Process(func(o *book.Options) { o.Deadline = 400 * time.Millisecond })
	p := &phones{w: w, readers: map[string]*booktest.Officer{booktest.Centre: w.Incharge, booktest.OtherCentre: w.Other}}
	for i := range 3 {
		for _, centre := range []string{booktest.Centre, booktest.OtherCentre} {
			o := w.Enlist(centre, staff.BeatOfficer)
			if i == 1 {
				o = o.Via(hasty)
			}
			p.officers = append(p.officers, o)
		}
	}
	return p
}

// day draws the ops of a random day. Some name earlier ones, which may arrive
// later or from another phone of the centre: those are held meanwhile.
func (p *phones) day(t *rapid.T) []plannedOp {
	var ops []plannedOp
	type made struct {
		kind string
		by   int
		id   uuid.UUID
	}
	var before []made
	n := rapid.IntRange(1, 40).Draw(t, "ops")
	for range n {
		by := rapid.IntRange(0, len(p.officers)-1).Draw(t, "officer")
		kind, body := "visit.record", any(func() contract.VisitRecord { v := p.w.Visit(); v.BeatID = nil; return v }())
		own := slices.DeleteFunc(slices.Clone(before), func(m made) bool { return m.by != by })
		pick := func(kind string) *made {
			var fit []made
			for _, m := range own {
				if m.kind == kind {
					fit = append(fit, m)
				}
			}
			if len(fit) == 0 {
				return nil
			}
			return &fit[rapid.IntRange(0, len(fit)-1).Draw(t, "parent")]
		}
		switch rapid.SampledFrom([]string{"visit", "start", "end", "note", "correct", "note of note"}).Draw(t, "kind") {
		case "start":
			kind, body = "duty.start", contract.DutyStart{}
		case "end":
			if m := pick("duty.start"); m != nil {
				kind, body = "duty.end", contract.DutyEnd{StartID: m.id}
			}
		case "note":
			if m := pick("visit.record"); m != nil {
				kind, body = "note.add", contract.NoteAdd{SubjectID: m.id, Text: "बाद में लिखा गया"}
			}
		case "note of note":
			if m := pick("note.add"); m != nil {
				kind, body = "note.add", contract.NoteAdd{SubjectID: m.id, Text: "और बाद में लिखा गया"}
			}
		case "correct":
			if m := pick("visit.record"); m != nil && !rapid.Bool().Draw(t, "leave") {
				strike := true
				kind, body = "entry.correct", contract.EntryCorrect{CorrectsID: m.id, Reason: "भ्रमण नहीं हुआ", Strike: &strike}
			}
		}
		item := p.officers[by].Item(kind, body)
		id, _ := contract.ReadOpID(item.Raw)
		ops, before = append(ops, plannedOp{by, item, id}), append(before, made{kind, by, id})
	}
	return ops
}

// deliver uploads a day from all phones at once, each in batches cut anyhow, out
// of order, some twice, some given up on; then each phone sends until all its
// ops have an answer.
func (p *phones) deliver(t *rapid.T, ops []plannedOp) (repeats, held int) {
	seed := rapid.Uint64().Draw(t, "chaos")
	var mu sync.Mutex
	var wg sync.WaitGroup
	for by, o := range p.officers {
		var outbox []contract.Item
		for _, op := range ops {
			if op.by == by {
				outbox = append(outbox, op.item)
			}
		}
		if len(outbox) == 0 {
			continue
		}
		wg.Go(func() {
			chaos := rand.New(rand.NewPCG(seed, uint64(by)))
			chaos.Shuffle(len(outbox), func(i, j int) { outbox[i], outbox[j] = outbox[j], outbox[i] })
			sendAll := func(o *booktest.Officer, lose bool) {
				for i := 0; i < len(outbox); {
					n := 1 + chaos.IntN(len(outbox)-i)
					batch := slices.Clone(outbox[i : i+n])
					if i += n; chaos.IntN(3) == 0 { // one of them twice
						batch = append(batch, batch[chaos.IntN(len(batch))])
					}
					if lose && chaos.IntN(4) == 0 {
						continue // lost on the way
					}
					receipts, err := o.TrySend(batch...)
					for tries := 0; err != nil && !lose && tries < 50; tries++ {
						p.w.T.Logf("sent again after: %v", err)
						receipts, err = o.TrySend(batch...)
					}
					if err != nil {
						continue // overloaded or unknown: it is sent again later
					}
					mu.Lock()
					for _, r := range receipts {
						if r.Repeated {
							repeats++
						}
						if r.Outcome == book.Held && !r.Repeated {
							held++
						}
					}
					mu.Unlock()
				}
			}
			sendAll(o, true)
			sendAll(o, true)
			sendAll(o.Via(p.w.Book), false)
		})
	}
	wg.Wait()
	return repeats, held
}

// sizes is how long the books are before a day: a day that failed may have left
// some of its ops behind.
func (p *phones) sizes() map[string]int64 {
	out := map[string]int64{}
	for centre := range p.readers {
		_, size, err := p.w.Book.Checkpoint(context.Background(), booktest.District, centre)
		if err != nil {
			p.w.T.Fatal(err)
		}
		out[centre] = size
	}
	return out
}

// check demands of each op one entry or one refusal by its own rules, and of
// each book numbers without gaps and a feed without a miss.
func (p *phones) check(t *rapid.T, ops []plannedOp, from map[string]int64) (entered, refused int) {
	seqOf := map[uuid.UUID]int64{}
	for _, op := range ops {
		r := p.officers[op.by].Via(p.w.Book).Send(op.item)[0]
		switch {
		case r.Outcome == book.Entered && r.Repeated:
			seqOf[r.OpID], entered = r.Entry.Seq, entered+1
		case r.Outcome == book.Refused && r.Problem.Code == contract.CodeAlreadyCorrected,
			r.Outcome == book.Held && r.WaitsFor == "refused:"+string(contract.CodeAlreadyCorrected):
			refused++ // a line struck twice; the second may have waited for the line
		default:
			t.Fatalf("op %s: %s, repeated %v, waits for %s, %v", op.id, r.Outcome, r.Repeated, r.WaitsFor, r.Problem)
		}
	}
	found := 0
	for centre, reader := range p.readers {
		lines, _ := follow(p.w.T, p.w.Book, reader, centre, from[centre], rapid.IntRange(1, 50).Draw(t, "page"))
		if err := gapless(seqsOf(lines), from[centre]+1); err != nil {
			t.Fatalf("%s: %v", centre, err)
		}
		for _, l := range lines {
			if seqOf[l.OpID] != l.Seq {
				t.Fatalf("%s: entry %d is op %s, whose receipt says %d", centre, l.Seq, l.OpID, seqOf[l.OpID])
			}
		}
		found += len(lines)
	}
	if found != entered {
		t.Fatalf("%d entries for %d ops", found, entered)
	}
	return entered, refused
}

func TestHoweverOpsTravelEachIsOneEntry(t *testing.T) {
	t.Parallel()
	p := newPhones(t)
	checks, ops, entered, refused, repeats, held := 0, 0, 0, 0, 0, 0
	fuzztest.Check(t, func(rt *rapid.T) {
		from, day := p.sizes(), p.day(rt)
		again, waited := p.deliver(rt, day)
		e, r := p.check(rt, day, from)
		if checks%10 == 0 { // and once more when the test ends
			for centre := range p.readers {
				whole(rt, p.w, centre)
			}
		}
		p.w.Pass(time.Minute)
		checks, ops, entered, refused = checks+1, ops+len(day), entered+e, refused+r
		repeats, held = repeats+again, held+waited
	})
	t.Logf("%d checks: %d ops, %d entered, %d refused, %d held on the way, %d repeats absorbed",
		checks, ops, entered, refused, held, repeats)
}

// whole verifies a book, and folds it again and compares.
func whole(t *rapid.T, w *booktest.World, centre string) {
	v, err := w.Book.VerifyBook(context.Background(), booktest.District, centre)
	if err != nil || !v.OK() {
		t.Fatalf("verify %s: %v, %+v", centre, err, v)
	}
	r, err := w.Book.Rebuild(context.Background(), booktest.District, centre, false)
	if err != nil || !r.Equal() {
		t.Fatalf("rebuild %s: %v, %v", centre, err, fmt.Sprint(r))
	}
}
