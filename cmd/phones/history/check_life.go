package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// sorted lists complaints in the order in which they came into the book.
func (c *checker) sorted() []*complaint {
	return slices.SortedFunc(maps.Values(c.complaints), func(a, b *complaint) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), slices.Compare(a.id[:], b.id[:]))
	})
}

// custodies looks whether somebody or some post had each complaint in hand at
// every moment from its arrival in the book to its end.
func (c *checker) custodies() {
	for _, x := range c.sorted() {
		spans := c.custody[x.id]
		if len(spans) == 0 {
			c.note(x.seq, "complaint %s was never in anybody's hand", x.id)
			continue
		}
		c.contiguous(x, spans)
		first, last := spans[0], spans[len(spans)-1]
		if arrived := c.cameHere(x); !first.from.Equal(arrived) {
			c.note(first.seq, "complaint %s arrived at %s and was first in hand at %s", x.id, told(arrived), told(first.from))
		}
		var held time.Duration
		for _, s := range spans[:len(spans)-1] {
			if s.until != nil {
				held += s.until.Sub(s.from)
			}
		}
		switch {
		case x.closed == nil && last.role == "":
			c.note(last.seq, "complaint %s is open and in nobody's hand", x.id)
		case x.closed != nil && (last.role != "" || last.officer != nil):
			c.note(last.seq, "complaint %s is closed and still in the hand of %s", x.id, last.role)
		case x.closed != nil && held != x.closed.Sub(first.from):
			c.note(last.seq, "complaint %s lived %s, its spans sum to %s", x.id, x.closed.Sub(first.from), held)
		}
	}
	for id, spans := range c.custody {
		if c.complaints[id] == nil {
			c.note(spans[0].seq, "custody of %s, which is no complaint", id)
		}
	}
}

func (c *checker) contiguous(x *complaint, spans []span) {
	for i, s := range spans {
		switch {
		case s.n != i+1:
			c.note(s.seq, "custody of complaint %s: span %d is missing", x.id, i+1)
			return
		case i == len(spans)-1:
			if s.until != nil {
				c.note(s.seq, "custody of complaint %s ends at %s with nobody after it", x.id, told(*s.until))
			}
		case s.until == nil || !s.until.Equal(spans[i+1].from):
			c.note(s.seq, "custody of complaint %s: span %d does not end where span %d begins", x.id, s.n, spans[i+1].n)
		case s.until.Before(s.from):
			c.note(s.seq, "custody of complaint %s: span %d ends before it begins", x.id, s.n)
		}
	}
}

// cameHere is when a complaint came into this book.
func (c *checker) cameHere(x *complaint) time.Time {
	if e := c.byOp[x.id]; x.fromCentre != "" && e != nil {
		return e.at
	}
	return x.arrived
}

func told(t time.Time) string { return t.In(ist).Format("2006-01-02 15:04:05.000") }

// closed looks for limits that run over complaints that are over.
func (c *checker) closed() {
	for _, k := range c.sortedClocks() {
		x := c.complaints[k.subject]
		if x == nil || x.closed == nil {
			continue
		}
		for _, clock := range c.clocks[k] {
			if clock.stopAt == nil {
				c.note(x.seq, "the limit %s runs over complaint %s, which is %s", k.limit, x.id, x.state)
			}
		}
	}
}

func (c *checker) sortedClocks() []subjectLimit {
	return slices.SortedFunc(maps.Keys(c.clocks), func(a, b subjectLimit) int {
		return cmp.Or(slices.Compare(a.subject[:], b.subject[:]), cmp.Compare(a.limit, b.limit))
	})
}

// told to a rung.
type raise struct {
	*entry
	rung int
}

// rungs looks whether each rung was told once, one after the other and at its
// time: that of its limit's due time and ladder.
func (c *checker) rungs() {
	by := map[subjectLimit][]raise{}
	anew := map[subjectLimit]int{} // how often a ladder began again under the same clock
	for _, e := range c.entries {
		switch contract.Kind(e.kind) {
		case contract.KindEscalationRaise:
			var b contract.EscalationRaise
			if err := e.body(&b); err != nil {
				c.note(e.seq, "its body can't be read: %v", err)
				continue
			}
			k := subjectLimit{b.SubjectID, b.Limit}
			by[k] = append(by[k], raise{e, b.Rung})
		case contract.KindComplaintExtend:
			var b contract.ComplaintExtend
			if err := e.body(&b); err == nil {
				anew[subjectLimit{b.ComplaintID, "disposal"}]++
			}
		}
	}
	for _, k := range c.sortedClocks() {
		if len(by[k]) > 0 || slices.ContainsFunc(c.clocks[k], func(x *limitClock) bool { return x.rung > 0 }) {
			c.climbs(k, by[k], anew[k])
		}
		delete(by, k)
	}
	for k, list := range by {
		c.note(list[0].seq, "a rung of %s was told over %s, which has no such limit", k.limit, k.subject)
	}
}

// climbs looks at the rungs of one limit over one subject.
func (c *checker) climbs(k subjectLimit, told []raise, anew int) {
	last := 0
	type once struct {
		rung int
		at   time.Time
	}
	seen := map[once]int{} // a limit that runs anew from the same beginning tells its rungs anew
	for _, r := range told {
		if seen[once{r.rung, r.deviceAt}]++; seen[once{r.rung, r.deviceAt}] > len(c.clocks[k]) {
			c.note(r.seq, "rung %d of %s over %s was told twice", r.rung, k.limit, k.subject)
		}
		if r.rung != last+1 && r.rung != 1 {
			c.note(r.seq, "rung %d of %s over %s follows rung %d", r.rung, k.limit, k.subject, last)
		}
		last = r.rung
	}
	climbed, before := 0, 0
	for _, clock := range c.clocks[k] {
		climbed += clock.rung - before
		if k.limit == "overall" { // it only goes on: who was told of it before is not told again
			before = clock.rung
		}
	}
	switch {
	case anew == 0 && climbed != len(told), climbed > len(told):
		var seq int64
		if len(told) > 0 {
			seq = told[len(told)-1].seq
		}
		c.note(seq, "the clocks of %s over %s stand at %d rungs, %d were told", k.limit, k.subject, climbed, len(told))
		return
	case anew > 0:
		return // what was told before the extension no longer shows in the clock
	}
	before = 0
	for _, clock := range c.clocks[k] {
		n := clock.rung - before
		c.inTime(k, clock, told[:n])
		told = told[n:]
		if k.limit == "overall" {
			before = clock.rung
		}
	}
}

// inTime looks whether the rungs of one clock were told when they were due. A
// pause moves the due time, so before it they were told earlier.
func (c *checker) inTime(k subjectLimit, clock *limitClock, rungs []raise) {
	for _, r := range rungs {
		after, ok := c.ladders.after(k.limit, r.rung, clock.starts)
		want := clock.due.Add(after)
		switch {
		case !ok:
			c.note(r.seq, "%s has no rung %d", k.limit, r.rung)
		case clock.pausedS == 0 && clock.pausedAt == nil && !r.deviceAt.Equal(want), r.deviceAt.After(want):
			c.note(r.seq, "rung %d of %s over %s was due at %s, told as of %s", r.rung, k.limit, k.subject, toldAt(want), toldAt(r.deviceAt))
		}
	}
}

func toldAt(t time.Time) string { return told(t) }

// grace is how long after its time a rung may still be untold: the clock looks
// every so often.
const grace = quarter + time.Minute

// owed looks for rungs that should have been told by now.
func (c *checker) owed() {
	for _, k := range c.sortedClocks() {
		for _, clock := range c.clocks[k] {
			if clock.next != nil && clock.next.Before(c.now.Add(-grace)) {
				c.note(0, "rung %d of %s over %s is owed since %s", clock.rung+1, k.limit, k.subject, told(*clock.next))
			}
		}
	}
}

// pending is a complaint on its way through the entries.
type pending struct {
	open  bool
	since time.Time
}

// signedDays looks whether, when a day was signed, each complaint that had come
// by that evening and waited for its disposal had been looked at: that day, or
// after it and before the signature.
func (c *checker) signedDays() {
	signs := map[int64]string{}
	for _, d := range c.days {
		signs[d.seq] = d.day
	}
	waiting := map[uuid.UUID]pending{}
	reopening := map[int64]bool{}
	opened := map[int64][]*complaint{}
	for _, l := range c.lines {
		reopening[l.seq] = reopening[l.seq] || l.isReopened
	}
	for _, x := range c.complaints {
		seq := x.seq
		if e := c.byOp[x.id]; e != nil { // a correction moves a complaint to its own line
			seq = e.seq
		}
		opened[seq] = append(opened[seq], x)
	}
	for _, e := range c.entries {
		for _, x := range opened[e.seq] {
			waiting[x.id] = pending{open: true, since: c.cameHere(x)}
		}
		if day, ok := signs[e.seq]; ok {
			c.lookedAt(e, day, waiting)
		}
		c.move(e, waiting, reopening[e.seq])
	}
}

// move follows what an entry does to a complaint.
func (c *checker) move(e *entry, waiting map[uuid.UUID]pending, reopens bool) {
	var b struct {
		ComplaintID uuid.UUID `json:"complaint_id"`
		CorrectsID  uuid.UUID `json:"corrects_id"`
		Strike      bool      `json:"strike"`
	}
	set := func(id uuid.UUID, open bool) {
		if w, ok := waiting[id]; ok {
			w.open = open
			waiting[id] = w
		}
	}
	switch contract.Kind(e.kind) {
	case contract.KindComplaintDispose, contract.KindComplaintTransfer, contract.KindComplaintClose:
		if e.body(&b) == nil {
			set(b.ComplaintID, false)
		}
	case contract.KindComplaintReopen:
		if e.body(&b) == nil {
			set(b.ComplaintID, true)
		}
	case contract.KindFeedbackCall:
		if reopens && e.body(&b) == nil {
			set(b.ComplaintID, true)
		}
	case contract.KindEntryCorrect:
		if e.body(&b) == nil && b.Strike {
			set(b.CorrectsID, false)
		}
	}
}

// held tells whether a complaint was in the hand of the officer of an entry, who
// cannot look at it herself: that is flagged, and another's to do.
func (c *checker) held(x *complaint, e *entry) bool {
	for _, s := range c.custody[x.id] {
		if s.officer != nil && *s.officer == e.officer && !s.from.After(e.at) && (s.until == nil || s.until.After(e.at)) {
			return true
		}
	}
	return false
}

func (c *checker) lookedAt(e *entry, day string, waiting map[uuid.UUID]pending) {
	for _, x := range c.sorted() {
		w := waiting[x.id]
		if !w.open || dayOf(w.since) > day || slices.Contains(x.about, e.officer) {
			continue
		}
		seen := slices.ContainsFunc(c.reviewed[x.id], func(d string) bool { return d >= day && d <= dayOf(e.at) })
		if own := c.held(x, e) && e.flagged("own_not_reviewed"); !seen && !own {
			c.note(e.seq, "%s was signed and complaint %s had not been looked at", day, x.id)
		}
	}
}
