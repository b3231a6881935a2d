package book

import (
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
)

// rows is one projection table as far as a batch needs it: what was loaded and
// what apply changed. Changed keys keep the order of their first change, so
// that a flush is the same each time.
type rows[K comparable, V any] struct {
	m      map[K]*V
	order  []K
	dirty  map[K]bool
	stored map[K]bool // those that the database has
}

func newRows[K comparable, V any]() *rows[K, V] {
	return &rows[K, V]{m: map[K]*V{}, dirty: map[K]bool{}, stored: map[K]bool{}}
}

// get returns a row, or nil when there is none.
func (r *rows[K, V]) get(k K) *V { return r.m[k] }

// load puts a row that the database already has.
func (r *rows[K, V]) load(k K, v *V) {
	if r.m[k] == nil {
		r.m[k] = v
	}
	r.stored[k] = true
}

// put stores a changed or new row, to be flushed.
func (r *rows[K, V]) put(k K, v *V) {
	r.m[k] = v
	if !r.dirty[k] {
		r.dirty[k] = true
		r.order = append(r.order, k)
	}
}

// waiting is how many rows are changed and not flushed.
func (r *rows[K, V]) waiting() int { return len(r.order) }

// changed lists the changed rows and forgets that they were.
func (r *rows[K, V]) changed() []*V {
	out := make([]*V, len(r.order))
	for i, k := range r.order {
		out[i] = r.m[k]
	}
	r.order, r.dirty = nil, map[K]bool{}
	return out
}

// flush has the changed rows written: the new ones by a plain insert, which
// need not look for a row first, and fails when there is one that nobody had
// loaded; then those that the database has, with onConflict.
func (r *rows[K, V]) flush(onConflict string, write func(rows []*V, onConflict string)) {
	var fresh, old []*V
	for _, k := range r.order {
		if r.stored[k] {
			old = append(old, r.m[k])
		} else {
			fresh = append(fresh, r.m[k])
		}
		r.stored[k] = true
	}
	r.order, r.dirty = nil, map[K]bool{}
	if len(fresh) > 0 {
		write(fresh, "")
	}
	if len(old) > 0 {
		write(old, onConflict)
	}
}

// State is what one transaction knows of one centre: the rows that its ops
// asked for. Apply functions read and change it and nothing else.
type State struct {
	District int32
	Centre   string
	now      time.Time // for how far back rows are read, never for apply

	serials  *rows[serialKey, serialRow]
	lines    *rows[lineKey, Line]
	posts    *rows[uuid.UUID, postRow]
	duties   *rows[uuid.UUID, Duty]
	briefs   *rows[briefKey, Briefing]
	tasks    *rows[uuid.UUID, Task]
	traces   *rows[uuid.UUID, traceRow]
	entries  map[uuid.UUID]*entryRef
	rules    *ruleView // those that the op at hand is judged by
	officers map[uuid.UUID]bool
	squads   map[uuid.UUID]string // squad -> centre
	beats    map[uuid.UUID]string // beat -> centre
	centres  map[string]bool
	entered  map[uuid.UUID]bool      // ids that ops name and that nothing new can have
	seen     map[string]seenNumber   // by keyed hash
	alike    map[string][]seenPerson // by keyed hash: persons that squads spoke to

	complaints *rows[uuid.UUID, Complaint]
	custody    *rows[custodyKey, Custody]
	matters    *rows[uuid.UUID, Matter]
	clocks     *clockLists
	reviews    *rows[reviewKey, Review]
	days       *rows[string, Day]
	returns    *rows[returnKey, Return]
	tallied    *tallies
	slipsDue   []uuid.UUID // complaints and persons whose slip the op at hand gives
	shredDue   []caseClass // keys that the op at hand ends
	lookAt     []lookAt    // squads whose work is to be looked at
	steps      []stepRow
	kinds      map[string]*kindRow
	newRules   []ruleChange
	heard      []ruleChange // changes of the rules that this process may not know
	reads      *rows[int64, Read]
	allows     *rows[uuid.UUID, readAllow]
	handovers  *rows[uuid.UUID, Handover]
	rosters    *rows[string, Roster] // by Monday
	soses      *rows[uuid.UUID, SOS]

	beatVersions  *versions[BeatVersion]
	placeVersions *versions[PlaceVersion]
	centreBeats   map[uuid.UUID]string // beats of the centre, with the days on which they end; nil where nobody asks
	newGround     bool                 // beats or places changed
	placeVisits   *rows[placeVisitKey, placeVisit]
	beatMonths    *rows[placeVisitKey, beatMonthRow]

	spotProposals *rows[uuid.UUID, SpotProposal]
	spotLists     *rows[uuid.UUID, SpotList]
	spotReviews   *rows[spotReviewKey, SpotReview]
	spotVisits    *rows[lineKey, spotVisit]
	markers       *rows[markerKey, Marker]
}

func newState(district int32, centre string, v *ruleView) *State {
	return &State{
		District: district, Centre: centre, rules: v, centres: map[string]bool{}, entered: map[uuid.UUID]bool{}, seen: map[string]seenNumber{},
		alike:      map[string][]seenPerson{},
		complaints: newRows[uuid.UUID, Complaint](), custody: newRows[custodyKey, Custody](),
		matters: newRows[uuid.UUID, Matter](), clocks: newClockLists(), reviews: newRows[reviewKey, Review](),
		days: newRows[string, Day](), returns: newRows[returnKey, Return](), tallied: newTallies(), kinds: kinds,
		reads: newRows[int64, Read](), allows: newRows[uuid.UUID, readAllow](),
		handovers: newRows[uuid.UUID, Handover](), rosters: newRows[string, Roster](),
		beatVersions: newVersions[BeatVersion](), placeVersions: newVersions[PlaceVersion](),
		placeVisits: newRows[placeVisitKey, placeVisit](), beatMonths: newRows[placeVisitKey, beatMonthRow](),
		spotProposals: newRows[uuid.UUID, SpotProposal](), spotLists: newRows[uuid.UUID, SpotList](),
		spotReviews: newRows[spotReviewKey, SpotReview](), spotVisits: newRows[lineKey, spotVisit](),
		markers: newRows[markerKey, Marker](),
		soses:   newRows[uuid.UUID, SOS](),
		serials: newRows[serialKey, serialRow](), lines: newRows[lineKey, Line](),
		posts: newRows[uuid.UUID, postRow](), duties: newRows[uuid.UUID, Duty](),
		briefs: newRows[briefKey, Briefing](), tasks: newRows[uuid.UUID, Task](),
		traces: newRows[uuid.UUID, traceRow](), entries: map[uuid.UUID]*entryRef{},
		officers: map[uuid.UUID]bool{}, squads: map[uuid.UUID]string{}, beats: map[uuid.UUID]string{},
	}
}

type serialKey struct {
	Register string
	Year     int
}

// serialRow counts the lines of a register in a year: the last serial given, how
// many were struck, the sums of the number columns of the others.
type serialRow struct {
	Register string
	Year     int
	Last     int64
	Struck   int64
	Sums     map[string]int64
}

// last is the last serial given in a register and year.
func (s *State) last(register string, year int) int64 {
	if r := s.serials.get(serialKey{register, year}); r != nil {
		return r.Last
	}
	return 0
}

// count notes that a serial was given.
func (s *State) count(l LineRef) {
	r := serialRow{Register: l.Register, Year: l.Year}
	if old := s.serials.get(serialKey{l.Register, l.Year}); old != nil {
		r = *old
	}
	r.Last = l.Serial
	s.serials.put(serialKey{l.Register, l.Year}, &r)
}

// ladder is the ladders of tasks as the op at hand is judged by them.
func (s *State) ladder() ladder { return s.rules.rungsAll() }

type postRow struct {
	staff.Post
	Seq int64
}

// Duty is one spell of duty of an officer; no position is kept outside one.
type Duty struct {
	DutyID    uuid.UUID
	OfficerID uuid.UUID
	PostID    uuid.UUID
	Role      string
	SquadID   *uuid.UUID
	DeviceID  uuid.UUID
	StartedAt time.Time
	EndedAt   *time.Time
}

// covers tells whether at falls into the duty.
func (d *Duty) covers(at time.Time) bool {
	return !at.Before(d.StartedAt) && (d.EndedAt == nil || !at.After(*d.EndedAt))
}

// dutyAt finds the duty of an officer at a time, or nil.
func (s *State) dutyAt(officer uuid.UUID, at time.Time) *Duty {
	var best *Duty
	for _, d := range s.duties.m {
		if d.OfficerID == officer && d.covers(at) && (best == nil || d.StartedAt.After(best.StartedAt)) {
			best = d
		}
	}
	return best
}

type briefKey struct {
	Squad uuid.UUID
	Day   string // IST, 2006-01-02
}

// Briefing is what a squad was told before it went out on a day.
type Briefing struct {
	SquadID   uuid.UUID
	Day       string
	BriefID   uuid.UUID
	LeaderID  uuid.UUID
	Members   []uuid.UUID
	BriefedBy uuid.UUID
	BriefedAt time.Time
}

// traceRow is the last place an officer recorded in this book.
type traceRow struct {
	OfficerID uuid.UUID
	geo.Trace
}

// entryRef is what later ops may need of an earlier entry.
type entryRef struct {
	Seq       int64
	OpID      uuid.UUID
	CaseID    uuid.UUID
	Kind      string
	OfficerID uuid.UUID
	At        time.Time
	SeenBy    []uuid.UUID
	Guarded   bool
	Of        string // of a correction: the kind of the line it put in place
	Lines     []LineRef
}

// ist is India's one time zone; without daylight saving an offset is exact.
var ist = time.FixedZone("IST", 5*3600+1800)

// day is the calendar day of a time in India.
func day(t time.Time) string { return t.In(ist).Format(time.DateOnly) }
