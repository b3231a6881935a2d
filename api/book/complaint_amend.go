package book

import (
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// amendComplaint puts right what a complaint said; its life goes on.
func amendComplaint(s *State, e *Entry, old *Line, b *contract.ComplaintOpen) []push.Notice {
	if old.SubjectID == nil || s.complaints.get(*old.SubjectID) == nil {
		return nil
	}
	c := s.complaintAt(*old.SubjectID)
	was := c.about()
	c.Seq, c.Data.EntryID = e.Seq, &e.OpID
	if k, ok := e.lineOf(registerHelpDesk); ok {
		c.Year, c.Serial = k.Year, k.Serial
	}
	c.Category, c.RiskLevel, c.Channel = b.Category, b.RiskLevel, b.Channel
	c.Data.Guarded = c.Data.Guarded || e.Guarded
	c.Data.IsChild, c.Data.IsSexual = e.Facts.isTrue("is_child"), e.Facts.isTrue("is_sexual")
	c.Data.WomanSafe, c.Data.StatusSafe = e.Facts.isTrue("safe_to_call"), e.Facts.isTrue("status_safe")
	c.Data.Sensitive, c.Data.Alerts, c.Data.About, c.Data.BeatID = e.Facts.sensitive(), b.Alerts, b.AboutBy, b.BeatID
	c.Data.VillageCode = ""
	if b.VillageCode != nil {
		c.Data.VillageCode = *b.VillageCode
	}
	s.decideAnew(c, was)
	cols := s.came(e, c, old, b)
	s.addRegistered(e, c, b)
	s.slipDue(c)
	s.openLine(e, c, cols)
	return nil
}

// decideAnew gives what runs over a complaint the limits of its category and
// risk as they now are, from where each clock began: what was told stays told.
// What was given an end by name keeps it.
func (s *State) decideAnew(c *Complaint, was about) {
	is := c.about()
	for _, subject := range append([]uuid.UUID{c.ComplaintID}, c.Data.Referrals...) {
		for _, k := range s.clocksOf(subject) {
			before, now := s.rules.limit(k.Code, was.Category, was.RiskLevel, k.StartsAt), s.rules.limit(k.Code, is.Category, is.RiskLevel, k.StartsAt)
			if k.StoppedAt != nil || before == nil || now == nil || !k.DueAt.Equal(k.dueBy(before)) {
				continue
			}
			k.DueAt = k.dueBy(now)
			k.climb(s.rules)
			s.putClock(k, nil)
		}
		if m := s.matters.get(subject); m != nil && m.State == matterOpen {
			m := *m
			m.DueAt = s.dueOf(m.MatterID)
			s.matters.put(m.MatterID, &m)
		}
	}
}

// addRegistered registers a complaint that waited for it, when a correction says
// that it was registered: at that time, which does not lie ahead.
func (s *State) addRegistered(e *Entry, c *Complaint, b *contract.ComplaintOpen) {
	if c.State == stateReceived && b.RegisteredAt != nil {
		c.Data.LateEntry = true
		s.register(c, earliest(b.RegisteredAt.UTC(), e.At))
	}
}

// came puts right when she came and when she was registered with it: what counts
// from there counts from the right time. She never came after she was taken in,
// nor after the complaint went on to another hand. The columns it returns are
// those in which the line would say otherwise.
func (s *State) came(e *Entry, c *Complaint, old *Line, b *contract.ComplaintOpen) map[string]any {
	was, at := c.ArrivedAt, earliest(b.ArrivedAt.UTC(), old.At)
	_, stepped := old.Cols["registered_at"] // by a step of its own, or at once
	stands := stepped || c.Data.FromID != nil || b.RegisteredAt == nil
	if c.RegisteredAt != nil && stands {
		at = earliest(at, *c.RegisteredAt)
	}
	if c.Data.FromID == nil {
		at = s.firstHeld(c, at)
	}
	c.ArrivedAt = at
	if c.StateAt.Equal(was) {
		c.StateAt = at
	}
	s.moveStart(c.about(), limitOverall, was, at)
	s.moveStart(c.about(), limitRegister, was, at)
	if c.RegisteredAt != nil && !stands {
		last := old.At // it was registered as it was taken in
		if c.Data.LateEntry {
			last = e.At
		}
		s.registeredAt(c, earliest(*timeOf(b.RegisteredAt), last))
	}
	if _, told := old.Cols["arrived_at"]; told || !at.Equal(b.ArrivedAt.Time) {
		return map[string]any{"arrived_at": wireAt(at)}
	}
	return nil
}

// registeredAt puts right when the entry that opened a complaint, or one that put
// it right, registered it.
func (s *State) registeredAt(c *Complaint, at time.Time) {
	was := *c.RegisteredAt
	at = later(c.ArrivedAt, at)
	c.RegisteredAt = &at
	if c.StateAt.Equal(was) {
		c.StateAt = at
	}
	for _, code := range []string{limitAssign, limitAction, limitDisposal} {
		if code != limitDisposal || c.Data.Extended == nil { // its end was named
			s.moveStart(c.about(), code, was, at)
		}
	}
	s.bump(was, "complaint.registered", -1)
	s.bump(at, "complaint.registered", 1)
}
