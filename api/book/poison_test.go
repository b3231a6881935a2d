package book_test

import (
	"context"
	"testing"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// faults are ways in which an op can break the door, with how the fault goes
// away: a statement that the database refuses, and a panic.
func faults(t *testing.T) map[string]struct {
	plant func(w *booktest.World)
	mend  func(w *booktest.World)
	broke func(w *booktest.World) contract.Item
} {
	t.Helper()
	visit := func(women int) func(w *booktest.World) contract.Item {
		return func(w *booktest.World) contract.Item {
			v := w.Visit()
			v.Women = women
			return w.Beat.Item("visit.record", v)
		}
	}
	return map[string]struct {
		plant func(w *booktest.World)
		mend  func(w *booktest.World)
		broke func(w *booktest.World) contract.Item
	}{
		"a statement fails": {
			func(w *booktest.World) {
				w.Order(`ALTER TABLE entries ADD CONSTRAINT fault CHECK (position('"women":4999' in convert_from(wire, 'UTF8')) = 0)`)
			},
			func(w *booktest.World) { w.Order(`ALTER TABLE entries DROP CONSTRAINT fault`) },
			visit(4999),
		},
		"a right is missing": {
			func(w *booktest.World) { w.Order(`REVOKE INSERT ON traces FROM kendra_app`) },
			func(w *booktest.World) { w.Order(`GRANT INSERT ON traces TO kendra_app`) },
			func(w *booktest.World) contract.Item {
				return w.Beat.Item("visit.record", w.Visit(), booktest.At(25.22, 80.92, 10))
			},
		},
		"the code panics": {
			func(w *booktest.World) { w.Book.Enqueue = new(push.Enqueuer) }, // a nil client
			func(w *booktest.World) {
				enqueue, err := push.New()
				if err != nil {
					w.T.Fatal(err)
				}
				w.Book.Enqueue = enqueue
			},
			func(w *booktest.World) contract.Item { return w.Incharge.Item("task.send", w.Task(w.Second)) },
		},
	}
}

func TestAPoisonOpIsHeldWithAnAlarmAndTheOthersOfItsBatchAreEntered(t *testing.T) {
	t.Parallel()
	for name, f := range faults(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := booktest.New(t)
			f.plant(w)
			broke := f.broke(w)
			v := w.Visit()
			v.BeatID = nil
			batch := []contract.Item{
				w.Second.Item("visit.record", v), w.Second.Item("visit.record", v), w.Second.Item("duty.start", contract.DutyStart{}),
			}
			before := bookSize(t, w)
			by := w.Beat
			if name == "the code panics" {
				by = w.Incharge
			}
			mixed := by.Send(by.Item("duty.start", contract.DutyStart{}), broke, by.Item("visit.record", v))
			if mixed[0].Outcome != book.Entered || mixed[2].Outcome != book.Entered {
				t.Errorf("beside it: %s, %s", mixed[0].Outcome, mixed[2].Outcome)
			}
			if mixed[1].Outcome != book.Held || mixed[1].WaitsFor != "poison" {
				t.Fatalf("%+v", mixed[1])
			}
			for _, r := range w.Second.Send(batch...) {
				if r.Outcome != book.Entered {
					t.Errorf("after it: %+v", r)
				}
			}
			if r := by.Send(broke)[0]; r.Outcome != book.Held || !r.Repeated {
				t.Errorf("sent again: %+v", r)
			}
			if grown := bookSize(t, w) - before; grown != 5 {
				t.Errorf("the book grew by %d", grown)
			}
			if n := count(t, w, `SELECT count(*) FROM alarms WHERE kind = 'poison_op' AND centre = 'KRW'`); n != 1 {
				t.Errorf("%d alarms", n)
			}
			if err := w.Book.RetryPoison(context.Background()); err != nil {
				t.Fatal(err)
			}
			if r := by.Send(broke)[0]; r.Outcome != book.Held {
				t.Errorf("tried again with the fault there: %+v", r)
			}
			f.mend(w)
			if err := w.Book.RetryPoison(context.Background()); err != nil {
				t.Fatal(err)
			}
			if r := by.Send(broke)[0]; r.Outcome != book.Entered {
				t.Errorf("tried again after the fault: %+v", r)
			}
		})
	}
}

func TestAnOpThatWaitedAndBreaksDoesNotHoldUpWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	breaks, fine := w.Leader.Item("squad.person", w.Person()), w.Leader.Item("squad.person", func() contract.SquadPerson {
		p := w.Person()
		p.Outcome = "advised"
		return p
	}())
	w.Leader.Send(breaks, fine)
	w.Order(`ALTER TABLE entries ADD CONSTRAINT fault CHECK (position('"outcome":"warned"' in convert_from(wire, 'UTF8')) = 0)`)
	w.OnDuty(w.Leader)
	if r := w.SHO.Do("squad.brief", w.Brief()); r.Outcome != book.Entered {
		t.Errorf("the briefing: %+v", r)
	}
	if r := w.Leader.Send(breaks, fine); r[0].Outcome != book.Held || r[0].WaitsFor != "poison" || r[1].Outcome != book.Entered {
		t.Errorf("%s %s, %s", r[0].Outcome, r[0].WaitsFor, r[1].Outcome)
	}
	if n := count(t, w, `SELECT count(*) FROM alarms WHERE kind = 'poison_op'`); n != 1 {
		t.Errorf("%d alarms", n)
	}
	w.Order(`ALTER TABLE entries DROP CONSTRAINT fault`)
	if err := w.Book.RetryPoison(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r := w.Leader.Send(breaks)[0]; r.Outcome != book.Entered {
		t.Errorf("after the fault: %+v", r)
	}
}

func TestOnePoisonOpDoesNotKeepAnotherFromBeingTriedAgain(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	item := func(women int) contract.Item {
		v := w.Visit()
		v.Women = women
		return w.Beat.Item("visit.record", v)
	}
	w.Order(`ALTER TABLE entries ADD CONSTRAINT one CHECK (position('"women":4001' in convert_from(wire, 'UTF8')) = 0)`)
	w.Order(`ALTER TABLE entries ADD CONSTRAINT two CHECK (position('"women":4002' in convert_from(wire, 'UTF8')) = 0)`)
	one, two := item(4001), item(4002)
	for _, r := range w.Beat.Send(one, two) {
		if r.Outcome != book.Held {
			t.Fatalf("%+v", r)
		}
	}
	w.Order(`ALTER TABLE entries DROP CONSTRAINT two`)
	if err := w.Book.RetryPoison(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r := w.Beat.Send(one, two); r[0].Outcome != book.Held || r[1].Outcome != book.Entered {
		t.Errorf("%s, %s", r[0].Outcome, r[1].Outcome)
	}
}
