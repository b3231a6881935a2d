package fleet

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"time"

	contract "kendra/mobile-contract"
)

// deed is something a handset does at a time of the world.
type deed struct {
	at time.Duration // from the beginning of the shift
	do func(context.Context) error
	n  int // keeps deeds of one time in the order they were planned
}

// agenda is what a handset has before it, soonest first.
type agenda struct {
	deeds deeds
	n     int
}

func (a *agenda) add(at time.Duration, do func(context.Context) error) {
	a.n++
	heap.Push(&a.deeds, deed{at: at, do: do, n: a.n})
}

func (a *agenda) next() (deed, bool) {
	if len(a.deeds) == 0 {
		return deed{}, false
	}
	return a.deeds[0], true
}

func (a *agenda) pop() { heap.Pop(&a.deeds) }

type deeds []deed

func (d deeds) Len() int { return len(d) }
func (d deeds) Less(i, j int) bool {
	if d[i].at != d[j].at {
		return d[i].at < d[j].at
	}
	return d[i].n < d[j].n
}
func (d deeds) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deeds) Push(x any)   { *d = append(*d, x.(deed)) }
func (d *deeds) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	*d = (*d)[:last]
	return x
}

// between is a time from a to b.
func between(r *rand.Rand, a, b time.Duration) time.Duration {
	return a + time.Duration(r.Int64N(int64(b-a)+1))
}

// planShift fills the agenda of a handset. All that is drawn here depends on
// the seed alone.
func (h *handset) planShift(length time.Duration) {
	part := length / time.Duration(len(h.crew.officers))
	for i, o := range h.crew.officers {
		from, to := part*time.Duration(i), part*time.Duration(i+1)
		if i > 0 {
			h.planTurn(i, from)
		}
		h.agenda.add(from, h.startDuty)
		begin := from + between(h.rng, 20*time.Second, time.Minute)
		if i == 0 {
			begin = h.planMeetings(begin, to-time.Minute, length)
		}
		h.planWork(o, begin, to-time.Minute)
		h.agenda.add(to-30*time.Second, h.endDuty)
	}
	for at := between(h.rng, 5*time.Second, time.Minute); at < length; at += between(h.rng, 70*time.Second, 3*time.Minute) {
		h.agenda.add(at, h.sync)
	}
	for at := 30 * time.Second; at < length; at += time.Minute {
		h.agenda.add(at, h.noteFix)
	}
}

// planTurn has the handset change hands.
func (h *handset) planTurn(next int, at time.Duration) {
	h.agenda.add(at-15*time.Second, func(ctx context.Context) error { return h.handOver(ctx, next) })
}

func (h *handset) planWork(o Officer, from, to time.Duration) {
	switch o.Role {
	case contract.RoleDispatcher:
		h.planTasks(from, to-6*time.Minute)
	case contract.RoleSquadLeader:
		h.planSquad(from, to)
	case contract.RoleSquadMember:
		for at := from + between(h.rng, 3*time.Minute, 8*time.Minute); at < to; at += between(h.rng, 6*time.Minute, 12*time.Minute) {
			h.agenda.add(at, h.round)
		}
	case contract.RoleBeatOfficer:
		for at := from; ; {
			stay := between(h.rng, 2*time.Minute, 6*time.Minute)
			if at += stay; at >= to {
				return
			}
			h.agenda.add(at, func(ctx context.Context) error { return h.visit(ctx, stay) })
			at += between(h.rng, 30*time.Second, 2*time.Minute)
		}
	}
}

// planTasks sends none at the end, so that each can be worked to its own.
func (h *handset) planTasks(from, to time.Duration) {
	for at := from + time.Minute; at < to; at += between(h.rng, 70*time.Second, 150*time.Second) {
		h.agenda.add(at, h.sendTask)
	}
}

// planSquad briefs first; one squad in three meets somebody before the
// briefing has been written down, so that the entry has to wait for it.
func (h *handset) planSquad(from, to time.Duration) {
	brief := from
	if h.rng.IntN(3) == 0 {
		h.agenda.add(from, h.person)
		h.agenda.add(from+5*time.Second, h.sync)
		brief = from + 4*time.Minute
	}
	h.agenda.add(brief, h.brief)
	for at := brief + between(h.rng, 2*time.Minute, 4*time.Minute); at < to; at += between(h.rng, 3*time.Minute, 6*time.Minute) {
		h.agenda.add(at, h.round)
		if h.rng.IntN(3) == 0 {
			h.agenda.add(at, h.person)
		}
	}
}

// planTroubles draws where there is no network and how wrong the clock is.
func (h *handset) planTroubles(begin time.Time, length time.Duration) {
	r := h.rng
	world := func(planned time.Duration) time.Duration { return time.Duration(float64(planned) / h.f.plan.Pace) }
	for range r.IntN(3) {
		at := begin.Add(world(between(r, 0, length*8/10)))
		h.line.dead = append(h.line.dead, span{at, at.Add(world(between(r, time.Minute, length/4+2*time.Minute)))})
	}
	switch r.IntN(4) {
	case 0: // somebody set it by hand
		h.clock.offset = between(r, -3*time.Hour, 3*time.Hour)
	case 1:
		h.clock.offset = between(r, -2*time.Minute, 2*time.Minute)
	}
	h.clock.drift = (r.Float64()*2 - 1) * 200e-6
	if h.crew.officers[0].Role == contract.RoleSquadLeader {
		// A day off by the clock would be another day's briefing.
		h.clock.offset = max(min(h.clock.offset, 30*time.Minute), -30*time.Minute)
	}
}
