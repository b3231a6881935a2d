package book_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// within a second a full queue must say so: a phone waits, and comes again.
const atOnce = time.Second

func TestAFullQueueSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	b := w.Process(func(o *book.Options) { o.QueueOps = 10 })
	o := w.Beat.Via(b)
	five := func() (items []contract.Item) {
		for range 5 {
			items = append(items, o.Item("visit.record", w.Visit()))
		}
		return items
	}
	// One batch is being committed; the call comes before the two that wait.
	cryBefore := bookSize(t, w) + 6
	release := w.Lock(booktest.Centre)
	var wg sync.WaitGroup
	for range 3 { // one is being committed, two fill the queue
		items := five()
		wg.Go(func() {
			if got, err := o.TrySend(items...); err != nil || got[4].Outcome != book.Entered {
				t.Errorf("%v, %+v", err, got)
			}
		})
		time.Sleep(100 * time.Millisecond)
	}
	began := time.Now()
	turnedAway := five()
	if _, err := o.TrySend(turnedAway...); !isCode(err, contract.CodeOverloaded) {
		t.Errorf("the fourth: %v", err)
	}
	if took := time.Since(began); took > atOnce {
		t.Errorf("turned away after %s", took)
	}
	// A call for help waits behind nothing, and no queue is too long for it.
	cry := make(chan error, 1)
	item := o.Item("sos.raise", contract.SosRaise{})
	go func() {
		got, err := o.TrySend(item)
		if err == nil && (got[0].Outcome != book.Entered || got[0].Entry.Seq > cryBefore) {
			t.Errorf("a call for help behind a full queue: %+v", got[0])
		}
		cry <- err
	}()
	time.Sleep(100 * time.Millisecond)
	// Another centre's queue is its own.
	if _, err := w.Other.Via(b).TrySend(w.Other.Item("duty.start", contract.DutyStart{})); err != nil {
		t.Errorf("another centre: %v", err)
	}
	release()
	wg.Wait()
	if err := <-cry; err != nil {
		t.Errorf("a call for help: %v", err)
	}
	for _, r := range o.Send(turnedAway...) {
		if r.Outcome != book.Entered || r.Repeated {
			t.Errorf("turned away means nothing was stored: %+v", r)
		}
	}
}

func TestABatchLargerThanTheQueueIsTakenWhenNothingWaits(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	o := w.Beat.Via(w.Process(func(o *book.Options) { o.QueueOps = 2 }))
	var items []contract.Item
	for range 20 {
		items = append(items, o.Item("visit.record", w.Visit()))
	}
	for _, r := range o.Send(items...) {
		if r.Outcome != book.Entered {
			t.Errorf("%+v", r)
		}
	}
}

func TestPastItsDeadlineTheOutcomeIsUnknownAndTheRepeatOneEntry(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	b := w.Process(func(o *book.Options) { o.Deadline = 300 * time.Millisecond })
	o := w.Beat.Via(b)
	items := []contract.Item{o.Item("visit.record", w.Visit()), o.Item("visit.record", w.Visit())}
	before := bookSize(t, w)
	release := w.Lock(booktest.Centre)
	began := time.Now()
	if _, err := o.TrySend(items...); !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("answered after %s", took)
	}
	release()
	slow := w.Beat.Via(w.Process(nil)) // of a process with time enough, whatever runs beside
	for range 3 {
		for _, r := range slow.Send(items...) {
			if r.Outcome != book.Entered {
				t.Errorf("%+v", r)
			}
		}
	}
	if grown := bookSize(t, w) - before; grown != 2 {
		t.Errorf("the book grew by %d", grown)
	}
}

func TestARequestThatGoesAwayLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	item := w.Beat.Item("visit.record", w.Visit())
	before := bookSize(t, w)
	release := w.Lock(booktest.Centre)
	done := make(chan error, 1)
	go func() {
		_, err := w.Book.Append(ctx, w.Beat.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}})
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	cancel()
	if err := <-done; !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("%v", err)
	}
	release()
	if r := w.Beat.Send(item)[0]; r.Outcome != book.Entered {
		t.Errorf("%+v", r)
	}
	if grown := bookSize(t, w) - before; grown != 1 {
		t.Errorf("the book grew by %d", grown)
	}
}

func TestNobodyAppendsWithoutSayingWho(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := w.Beat.Item("visit.record", w.Visit())
	who := w.Beat.Caller()
	who.OfficerID = [16]byte{}
	if _, err := w.Book.Append(context.Background(), who, book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}); !isCode(err, contract.CodeForbidden) {
		t.Errorf("%v", err)
	}
	if _, err := w.Book.AppendServer(context.Background(), booktest.District, booktest.Centre, "sho", nil); err == nil {
		t.Error("an officer's role appends as the server")
	}
}
