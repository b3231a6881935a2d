package book

import (
	"slices"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// limitConduct is how soon a pattern in the work of a squad is answered.
const limitConduct = "conduct_answer"

// mostOfficers bounds the officers that a flag names.
const mostOfficers = 100

func needsConductFlag(_ *draft, b *contract.ConductFlag, n *needs) { n.squad(b.SquadID) }

// checkConductFlag lets the clock raise a pattern: the id of its op follows from
// squad or phone, pattern and span, so that it stands in the book once. The squad
// is not shown it.
func checkConductFlag(s *State, _ *draft, b *contract.ConductFlag) error {
	switch {
	case b.SquadID == nil && b.DeviceID == nil:
		return refuse(contract.CodeMissingField, "/body/squad_id")
	case b.SquadID != nil && b.DeviceID != nil:
		return refuse(contract.CodeUnknownField, "/body/device_id")
	}
	return s.refs(b.SquadID, "/body/squad_id", nil, "")
}

// applyConductFlag begins to wait for the answer from when the pattern was
// found; what it was found in may be a week old.
func applyConductFlag(s *State, e *Entry, b *contract.ConductFlag) []push.Notice {
	m := s.newMatter(e, matterConduct, "")
	m.Data.Code, m.Data.About = b.Pattern, b.Officers
	if b.SquadID != nil {
		m.Data.Act = &Act{SquadID: *b.SquadID, At: e.At, Made: e.At}
	}
	s.start(m.about(staff.CentreIncharge), limitConduct, e.ReceivedAt)
	m.DueAt = s.dueOf(m.MatterID)
	s.keepMatter(e, m, nil)
	s.bump(e.ReceivedAt, "conduct."+b.Pattern, 1)
	return []push.Notice{s.tell(e, m.MatterID, 0, staff.CentreIncharge), s.tell(e, m.MatterID, 1, staff.CO)}
}

func needsConductAnswer(_ *draft, b *contract.ConductAnswer, n *needs) { n.matter(b.FlagID) }

// checkConductAnswer takes the answer of a senior, once; not of who did it, nor of
// who leads the squad (alone.go).
func checkConductAnswer(s *State, d *draft, b *contract.ConductAnswer) error {
	m, err := s.matterNamed(d, b.FlagID, "/flag_id", matterConduct)
	switch {
	case err != nil:
		return err
	case m.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/flag_id"))
	}
	return nil
}

// leads tells whether a post that the officer has is that of the squad's leader.
func (d *draft) leads(a *Act) bool {
	return slices.ContainsFunc(d.posts, func(p staff.Post) bool {
		return p.Role == staff.SquadLeader && p.Covers(d.at) && a != nil && is(p.SquadID, a.SquadID)
	})
}

func applyConductAnswer(s *State, e *Entry, b *contract.ConductAnswer) []push.Notice {
	m := s.matterAt(b.FlagID)
	m.State, m.Data.Result, m.DueAt = matterOver, b.Answer, nil
	m.at("answered", e.At)
	s.stop(m.MatterID, e.At, limitConduct)
	s.keepMatter(e, m, nil)
	s.bump(e.At, "conduct_answer."+b.Answer, 1)
	return nil
}

// ConductRule says from how many on a pattern is raised, over which span. The
// other numbers are those of the patterns that need them.
type ConductRule struct {
	Pattern string
	Span    string
	N       int
	WithinS int64
	Metres  int
	Percent int
	From    time.Time
}

// conductRules are the rules of all patterns that are in force at a time, in the
// order of their codes.
func (v *ruleView) conductRules(at time.Time) []ConductRule {
	var out []ConductRule
	take := func(r ConductRule) {
		if i := slices.IndexFunc(out, func(x ConductRule) bool { return x.Pattern == r.Pattern }); i >= 0 {
			out[i] = r
			return
		}
		out = append(out, r)
	}
	for _, r := range v.r.conduct {
		if !r.From.After(at) {
			take(r)
		}
	}
	for _, c := range v.changes("conduct.set") {
		b := c.read.(*contract.ConductSet)
		i := slices.IndexFunc(out, func(x ConductRule) bool { return x.Pattern == b.Pattern })
		if i < 0 || c.From.After(at) {
			continue
		}
		r := out[i]
		r.N, r.From = b.N, c.From
		if b.WithinS != nil {
			r.WithinS = int64(*b.WithinS)
		}
		if b.Metres != nil {
			r.Metres = *b.Metres
		}
		if b.Percent != nil {
			r.Percent = *b.Percent
		}
		out[i] = r
	}
	return out
}

func checkConductSet(v *ruleView, _ *draft, b *contract.ConductSet) error {
	if !slices.ContainsFunc(v.r.conduct, func(r ConductRule) bool { return r.Pattern == b.Pattern }) {
		return refuse(contract.CodeUnknownReference, "/body/pattern")
	}
	return nil
}
