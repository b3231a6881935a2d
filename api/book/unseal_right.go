package book

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Who may read what, by post and link. Nobody else may, and an officer complained
// of never.
//
//	named on a guarded case          all of it (named.go); who broke the glass the same, for an hour; nobody else, but for her own entry
//	in-charge, head of the station   all of the centre's own, of what was transferred to it, a zero FIR that it investigates
//	who made the entry               that entry, but for the squad's leader
//	who has the complaint, or acted  all of its case
//	who has an open matter of it     the same; who investigates an open FIR of it, whatever her post and wherever it is
//	who accepted a task of the case  what its visit needs, as long as he has it (unseal_task.go)
//	desk officer, counsellor         number and name, while a feedback call is due and safe for her
//	squad's leader, circle officer   third parties in a person entry: his own; those of the circle

// reach is how much of a case's sealed fields a post may read; each covers
// those before it.
type reach int

const (
	reachNone  reach = iota
	reachCall        // her number and name, while a feedback call is due
	reachThird       // suspects and third parties
	reachAll
)

// callFields are what it takes to call her.
var callFields = []string{"/mobile", "/complainant_name"}

// covers tells whether a reach goes as far as a field.
func (r reach) covers(s contract.Span) bool {
	switch r {
	case reachAll:
		return true
	case reachThird:
		return s.Class == seal.Suspect
	case reachCall:
		name := strings.TrimPrefix(strings.TrimPrefix(s.Pointer, "/body"), "/complaint") // of a corrected complaint, too
		return s.Class == seal.Victim && slices.Contains(callFields, name)
	}
	return false
}

// file is what this book knows of a case: its complaints, and the matters that
// hang on them or stand by themselves.
type file struct {
	state      *State
	complaints []*Complaint
	matters    []*Matter
}

// fileOf gathers what belongs to the case of an entry.
func (s *State) fileOf(e *sealedEntry) *file {
	f := &file{state: s}
	mine := map[uuid.UUID]bool{}
	for _, c := range s.complaints.m {
		if c.CaseID == e.CaseID {
			f.complaints = append(f.complaints, c)
			mine[c.ComplaintID] = true
		}
	}
	for _, m := range s.matters.m {
		if m.Data.CaseID == e.CaseID || m.ComplaintID != nil && mine[*m.ComplaintID] {
			f.matters = append(f.matters, m)
		}
	}
	return f
}

// came tells whether the case is with this centre now, whichever book it began
// in: one that a complaint was transferred to reads what the other took down.
func (f *file) came() bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool { return c.State != stateTransferred })
}

// received tells whether an entry is that of an FIR of another station which this
// one investigates, or the one that last put it right: of the rest of the case it
// reads nothing.
func (f *file) received(e *sealedEntry) bool {
	return slices.ContainsFunc(f.matters, func(m *Matter) bool {
		return m.Data.FromCentre != "" && (is(m.Data.TwinID, e.OpID) || is(m.Data.EntryID, e.OpID)) && m.State != struck
	})
}

// isAbout tells whether a complaint of the case is about an officer.
func (f *file) isAbout(officer uuid.UUID) bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool { return slices.Contains(c.Data.About, officer) }) ||
		slices.ContainsFunc(f.matters, func(m *Matter) bool { return slices.Contains(m.Data.About, officer) })
}

// people are the officers named on the case: they see who read.
func (f *file) people() []uuid.UUID {
	var out []uuid.UUID
	for _, c := range f.complaints {
		out = append(append(append(out, c.Data.OpenedBy), c.Data.Handlers...), c.names()...)
		if c.OwnerID != nil {
			out = append(out, *c.OwnerID)
		}
	}
	return out
}

// covering tells which fields the officer of the draft reaches: by his posts, or for
// the visit of a task.
func (f *file) covering(d *draft, e *sealedEntry, b *contract.IdentityRead) (covering, error) {
	if b.TaskID != nil {
		return f.forTask(d, e, *b.TaskID)
	}
	may, err := f.choose(d, e)
	return may.covers, err
}

// choose takes, of the posts that the officer has now, the one that reaches
// furthest, and refuses who has none that reaches this case.
func (f *file) choose(d *draft, e *sealedEntry) (reach, error) {
	best, serves := reachNone, false
	if f.investigates(d.officer) && d.post.Covers(d.at) && d.post.Covers(d.receivedAt) &&
		(d.post.Role != staff.Counsellor || !e.Guarded && !f.guarded()) {
		return reachAll, nil // under the post that the door has found: any that she has
	}
	for _, p := range d.posts {
		if !p.Covers(d.at) || !p.Covers(d.receivedAt) || !d.batch.reaches(p) || !d.kind.may(p.Role) {
			continue
		}
		serves = true
		if r := f.reach(d, p.Role, e); r > best {
			best, d.post = r, p
		}
	}
	switch {
	case !serves:
		return reachNone, refuse(contract.CodeNotYourPost, "/centre")
	case best == reachNone && (e.Guarded || f.guarded()):
		return reachNone, refuse(contract.CodeNotNamed, d.ptr("/subject_id"))
	case best == reachNone:
		return reachNone, refuse(contract.CodeCaseNotYours, d.ptr("/subject_id"))
	}
	return best, nil
}

// reach is how far an officer under a post of his reaches into a case.
func (f *file) reach(d *draft, role string, e *sealedEntry) reach {
	officer := d.officer
	// The squad takes complaints down and hands them in: of those that its leader
	// has not in hand he reads nothing of the woman.
	own := e.OfficerID == officer && role != staff.SquadLeader
	switch {
	case f.isSquads() && (role == staff.CO || role == staff.SquadLeader && e.OfficerID == officer):
		return reachThird
	case e.Guarded || f.guarded():
		if role != staff.Counsellor && (own || f.names(officer) || f.broken(officer, d.receivedAt)) {
			return reachAll
		}
		return reachNone
	case slices.Contains(incharges, role):
		return reachAll
	case f.isSquads(), role == staff.CO:
		return reachNone
	case own, f.isIn(officer):
		return reachAll
	case (role == staff.DeskOfficer || role == staff.Counsellor) && f.callIsDue():
		return reachCall
	}
	return reachNone
}

// isSquads tells whether the case is that of a person whom the squad spoke to.
func (f *file) isSquads() bool {
	return slices.ContainsFunc(f.matters, func(m *Matter) bool { return m.Kind == matterPerson })
}

// isIn tells whether an officer has the case in hand: a complaint of it, one
// that he acted on, or a matter that is not over, such as a planned session.
func (f *file) isIn(officer uuid.UUID) bool {
	for _, c := range f.complaints {
		if c.OwnerID != nil && *c.OwnerID == officer || slices.Contains(c.Data.Handlers, officer) {
			return true
		}
	}
	return slices.ContainsFunc(f.matters, func(m *Matter) bool {
		return m.OwnerID != nil && *m.OwnerID == officer && !slices.Contains(endedMatters, m.State)
	})
}

// investigates tells whether an open FIR of the case is the officer's.
func (f *file) investigates(officer uuid.UUID) bool {
	return slices.ContainsFunc(f.matters, func(m *Matter) bool {
		return m.Kind == matterFIR && is(m.OwnerID, officer) && !slices.Contains(endedMatters, m.State)
	})
}

// investigatesCase names whom an FIR is given to: she may have any post of the
// station, or sit at another.
func investigatesCase(s *State, d *draft, b *contract.IdentityRead) bool {
	e := d.batch.sealedOf(b.SubjectID)
	return e != nil && s.fileOf(e).investigates(d.officer)
}

// endedMatters are the states in which a matter is in nobody's hand any more.
var endedMatters = []string{matterOver, matterTransferred, struck}

// callIsDue tells whether she is to be called, and may be.
func (f *file) callIsDue() bool {
	return slices.ContainsFunc(f.complaints, func(c *Complaint) bool {
		return c.Data.WomanSafe && f.state.running(c.ComplaintID, limitFeedback) != nil
	})
}
