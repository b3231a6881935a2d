package history

import (
	"container/heap"
	"time"
)

// event is something that happens at a time.
type event struct {
	at time.Time
	n  int // keeps events of one time in the order they were planned
	do func() error
}

// agenda is what lies ahead, soonest first.
type agenda struct {
	events events
	n      int
}

func (a *agenda) add(at time.Time, do func() error) {
	a.n++
	heap.Push(&a.events, event{at: at, n: a.n, do: do})
}

// before takes the next event that happens before a time.
func (a *agenda) before(end time.Time) (event, bool) {
	if len(a.events) == 0 || !a.events[0].at.Before(end) {
		return event{}, false
	}
	return heap.Pop(&a.events).(event), true
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].n < e[j].n
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
