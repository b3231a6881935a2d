package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Nobody approves, reviews or disposes alone of what is his own act. Which act keeps
// an officer from which op is this table and nothing else: the door looks into it
// for every op, after the kind's own rules, which keep no such check of their own.
// Two pairs stand elsewhere, since they are no ops: who asks for a new handset does
// not agree to it (staff), and a sheet is signed by two, for each has one place on it.
//
// One thing an in-charge may do alone and is seen doing: name herself on a guarded
// case of her own centre, of which the post above is told (named.go).

// pair is an act of an officer, and the op that is then not his to make.
type pair struct {
	done  string // the act, in the words of the table that the test prints
	then  string // the kind of the op
	field string // what of its body names the act
	code  contract.Code
	own   func(s *State, d *draft) bool
}

// Pair tells of a row of the table: who did one thing does not make the other.
type Pair struct {
	Done, Then, Pointer string
	Code                contract.Code
}

// Pairs lists the table.
func Pairs() []Pair {
	out := make([]Pair, len(pairs))
	for i, p := range pairs {
		out[i] = Pair{Done: p.done, Then: p.then, Pointer: "/body" + p.field, Code: p.code}
	}
	return out
}

// alone refuses an officer what he must not do alone.
func (s *State) alone(d *draft) error {
	if d.server != "" {
		return nil
	}
	for _, p := range pairs {
		if p.then == d.kind.name && p.own(s, d) {
			return refuse(p.code, d.ptr("%s", p.field))
		}
	}
	return nil
}

// never makes a row of a typed function. B is the contract's body of the op.
func never[B any](done, then, field string, own func(s *State, d *draft, b *B) bool) pair {
	return pair{done: done, then: then, field: field, code: contract.CodeOwnAct, own: func(s *State, d *draft) bool {
		return own(s, d, d.body.(*B))
	}}
}

// saying is a row that is told by a code of its own.
func saying(code contract.Code, p pair) pair {
	p.code = code
	return p
}

// pairs is the table.
//
//nolint:gochecknoglobals // a static table, never written after start
var pairs = []pair{
	never("would hold the post", "post.take", "/officer_id",
		func(_ *State, d *draft, b *contract.PostTake) bool { return b.OfficerID == d.officer }),
	never("would cover the post", "post.cover", "/officer_id",
		func(_ *State, d *draft, b *contract.PostCover) bool { return b.OfficerID == d.officer }),
	never("holds the post that is covered", "post.cover", "/officer_id",
		func(s *State, _ *draft, b *contract.PostCover) bool {
			return s.posts.get(b.PostID).OfficerID == b.OfficerID
		}),
	never("leaves the post", "handover.open", "/taker_by",
		func(s *State, _ *draft, b *contract.HandoverOpen) bool {
			return s.posts.get(b.PostID).OfficerID == b.TakerBy
		}),

	never("made the op that waits", "held.enter", "/held_id",
		func(_ *State, d *draft, b *contract.HeldEnter) bool {
			return d.batch.held[b.HeldID].OfficerID == d.officer
		}),
	never("made the op that waits", "held.strike", "/held_id",
		func(_ *State, d *draft, b *contract.HeldStrike) bool {
			return d.batch.held[b.HeldID].OfficerID == d.officer
		}),
	never("made a line that another has reviewed", "entry.correct", "/corrects_id", ownReviewed),

	never("has the complaint in hand", "complaint.extend", "/complaint_id",
		onComplaint(func(c *Complaint, d *draft) bool { return is(c.OwnerID, d.officer) }, func(b *contract.ComplaintExtend) uuid.UUID { return b.ComplaintID })),
	never("asked for the pause", "pause.allow", "/complaint_id",
		onComplaint(func(c *Complaint, d *draft) bool { return is(c.Data.PauseAskedBy, d.officer) }, func(b *contract.PauseAllow) uuid.UUID { return b.ComplaintID })),
	never("took the complaint in at the desk", "complaint.dispose", "/complaint_id",
		onComplaint(func(c *Complaint, d *draft) bool {
			return d.post.Role == staff.DeskOfficer && c.Data.OpenedBy == d.officer
		}, func(b *contract.ComplaintDispose) uuid.UUID { return b.ComplaintID })),
	never("disposed of the complaint", "complaint.close", "/complaint_id",
		onComplaint(func(c *Complaint, d *draft) bool { return is(c.Data.DisposedBy, d.officer) }, func(b *contract.ComplaintClose) uuid.UUID { return b.ComplaintID })),
	saying(contract.CodeCallerHandled, never("handled the complaint", "feedback.call", "/complaint_id",
		onComplaint(func(c *Complaint, d *draft) bool {
			return slices.Contains(c.Data.Handlers, d.officer) || is(c.Data.DisposedBy, d.officer) || is(c.OwnerID, d.officer)
		}, func(b *contract.FeedbackCall) uuid.UUID { return b.ComplaintID }))),
	never("has the complaint in hand", "day.review", "/complaint_id",
		func(s *State, d *draft, b *contract.DayReview) bool { // that she stepped in is what she did, and passes nothing
			c := s.complaints.get(b.ComplaintID)
			return c != nil && is(c.OwnerID, d.officer) && b.Verdict != verdictSteppedIn
		}),
	never("signed the day", "day.reopen", "/date", func(s *State, d *draft, b *contract.DayReopen) bool {
		return is(s.days.get(b.Date.Format(time.DateOnly)).SignedBy, d.officer)
	}),
	never("acts for who was told, and has in hand what is late", "escalation.answer", "/subject_id", func(s *State, d *draft, b *contract.EscalationAnswer) bool {
		c, m := s.complaints.get(b.SubjectID), s.matters.get(b.SubjectID)
		if d.post.CoversID == nil { // who was told by her own post says what she does
			return false
		}
		return c != nil && is(c.OwnerID, d.officer) || m != nil && is(m.OwnerID, d.officer)
	}),

	never("made the visit, or was there", "visit.accept", "/visit_id", ownVisit),
	never("set the list of hot-spots", "hotspots.agree", "/list_id", func(s *State, d *draft, b *contract.HotspotsAgree) bool {
		return s.spotLists.get(b.ListID).SetBy == d.officer
	}),
	never("made or led the squad's entry", "squad.review", "/line_id", func(s *State, d *draft, b *contract.SquadReview) bool {
		return s.squadsWork(s.matters.get(b.LineID), d.officer)
	}),
	never("is whose work the question is about", "conduct.answer", "/flag_id", func(s *State, d *draft, b *contract.ConductAnswer) bool {
		m := s.matters.get(b.FlagID)
		return slices.Contains(m.Data.About, d.officer) || d.leads(m.Data.Act)
	}),
	never("gave or reviewed the warning", "warning.decide", "/person_id", func(s *State, d *draft, b *contract.WarningDecide) bool {
		m := s.matters.get(b.PersonID)
		return s.squadsWork(m, d.officer) || is(m.Data.ReviewedBy, d.officer)
	}),

	never("has the post that is directed", "inspection.record", "/assigned_to",
		func(_ *State, d *draft, b *contract.InspectionRecord) bool {
			return b.AssignedTo != nil && *b.AssignedTo == d.post.Role
		}),
	never("inspected", "inspection.comply", "/inspection_id", func(s *State, d *draft, b *contract.InspectionComply) bool {
		return s.matters.get(b.InspectionID).Data.OpenedBy == d.officer
	}),
	never("said that it was complied with", "inspection.close", "/inspection_id", func(s *State, d *draft, b *contract.InspectionClose) bool {
		return is(s.matters.get(b.InspectionID).Data.CompliedBy, d.officer)
	}),

	never("asked to break the glass", "glass.allow", "/ask_id", func(s *State, d *draft, b *contract.GlassAllow) bool {
		return is(s.matters.get(b.AskID).OwnerID, d.officer)
	}),
	never("asked to break the glass, or allowed it", "glass.review", "/ask_id", func(s *State, d *draft, b *contract.GlassReview) bool {
		m := s.matters.get(b.AskID)
		return is(m.OwnerID, d.officer) || is(m.Data.ReviewedBy, d.officer)
	}),
	never("asked for the export", "export.allow", "/ask_id", func(s *State, d *draft, b *contract.ExportAllow) bool {
		return is(s.matters.get(b.AskID).OwnerID, d.officer)
	}),
	never("would read beyond the budget", "read.allow", "/officer_id",
		func(_ *State, d *draft, b *contract.ReadAllow) bool { return b.OfficerID == d.officer }),
}

// onComplaint is an act on the complaint that an op names; of a correction, which
// puts right what was said of it, there is none.
func onComplaint[B any](own func(c *Complaint, d *draft) bool, id func(b *B) uuid.UUID) func(*State, *draft, *B) bool {
	return func(s *State, d *draft, b *B) bool {
		c := s.complaints.get(id(b))
		return c != nil && own(c, d)
	}
}

// squadsWork tells whether a line of the squad register is an officer's own: he made
// it, led the round, or corrected it.
func (s *State) squadsWork(m *Matter, officer uuid.UUID) bool {
	line := s.lines.get(m.line())
	return m.Data.OpenedBy == officer || is(m.OwnerID, officer) || line != nil && line.OfficerID == officer
}

// ownReviewed tells whether an op corrects a line of the officer's own that another
// has reviewed: it is no longer his to change.
func ownReviewed(s *State, d *draft, b *contract.EntryCorrect) bool {
	old := s.entries[b.CorrectsID]
	if old == nil || old.OfficerID != d.officer {
		return false
	}
	r, _ := replacements(b)
	return slices.ContainsFunc(r.lines(old), func(l LineRef) bool {
		line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
		return line != nil && line.reviewed()
	})
}
