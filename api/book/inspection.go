package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// limitCompliance is the limit of a direction, where it names no day of its own.
const limitCompliance = "compliance"

// inspectorRank orders the posts that inspect: whoever stands above the
// inspector may close in his place.
var inspectorRank = map[string]int{
	staff.SHO: 1, staff.CO: 2, staff.Nodal: 3, staff.WomenCell: 3, staff.AddlSP: 4, staff.SP: 5,
}

func needsInspection(*draft, *contract.InspectionRecord, *needs) {}

// checkInspection checks a visiting officer's findings. A direction names the
// post that has to comply, which is not the inspector's own.
func checkInspection(s *State, d *draft, b *contract.InspectionRecord) error {
	if s.Centre == HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	switch {
	case b.InspectedAt.After(d.op.DeviceAt.Add(spanSlack)):
		return refuse(contract.CodeInFuture, d.ptr("/inspected_at"))
	case b.Direction != nil && b.AssignedTo == nil:
		return refuse(contract.CodeMissingField, d.ptr("/assigned_to"))
	case b.Direction == nil && (b.AssignedTo != nil || b.DueAt != nil):
		return refuse(contract.CodeMissingField, d.ptr("/direction"))
	case b.DueAt != nil && b.DueAt.Before(b.InspectedAt.Time):
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/due_at"))
	}
	if err := d.extra(s.rules, registerInspection, b.Extra); err != nil {
		return err
	}
	d.opens(registerInspection)
	return nil
}

func applyInspection(s *State, e *Entry, b *contract.InspectionRecord) []push.Notice {
	m := s.newMatter(e, matterInspection, registerInspection)
	m.Data.Role = e.Role
	return s.direct(e, m, b)
}

// amendInspection puts right what the inspector wrote. A direction that is not
// over yet is given anew; one that is withdrawn is over.
func amendInspection(s *State, e *Entry, old *Line, b *contract.InspectionRecord) []push.Notice {
	m := s.amendMatter(e, old, registerInspection)
	if m == nil {
		return nil
	}
	return s.direct(e, m, b)
}

// direct lets the time of a direction begin and tells the post that has to
// comply. An inspection without one is over at once.
func (s *State) direct(e *Entry, m *Matter, b *contract.InspectionRecord) []push.Notice {
	m.Data.Code = b.Kind
	var told []push.Notice
	switch {
	case b.Direction == nil && m.State == matterOpen:
		m.State, m.Data.To, m.DueAt = matterOver, "", nil
		s.stop(m.MatterID, e.At, limitCompliance)
	case b.Direction != nil && (m.State == matterOpen || m.Data.To == ""):
		m.State, m.Data.To = matterOpen, *b.AssignedTo
		s.complyBy(e, m, timeOf(b.DueAt))
		told = []push.Notice{s.tell(e, m.MatterID, 0, m.Data.To)}
	}
	s.keepMatter(e, m, map[string]any{"inspector_by": m.Data.OpenedBy.String()})
	k, _ := e.lineOf(registerInspection)
	s.fill(k, func(l *Line) {
		numbers := map[string]int64{"kind." + b.Kind: 1}
		if b.Direction != nil {
			numbers["directions"] = 1
		}
		s.total(l, numbers)
	}, nil)
	return told
}

// complyBy starts the clock of a direction, by the day that it names or by the
// limit.
func (s *State) complyBy(e *Entry, m *Matter, due *time.Time) {
	s.stop(m.MatterID, e.At, limitCompliance)
	if due != nil {
		s.startAt(m.about(m.Data.To), limitCompliance, e.At, *due)
	} else {
		s.start(m.about(m.Data.To), limitCompliance, e.At)
	}
	m.DueAt = s.dueOf(m.MatterID)
}

// matterNamed finds the matter that an op names by its opening op and makes the
// entry one of its case. One that has not arrived is waited for.
func (s *State) matterNamed(d *draft, id uuid.UUID, field string, kinds ...string) (*Matter, error) {
	m := s.matters.get(id)
	if m == nil {
		return nil, s.absent(d, id, field)
	}
	if !slices.Contains(kinds, m.Kind) {
		return nil, refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	}
	d.caseID, d.guarded = m.Data.CaseID, d.guarded || m.Data.Guarded
	return m, nil
}

func needsInspectionComply(_ *draft, b *contract.InspectionComply, n *needs) {
	n.matter(b.InspectionID)
}

// checkInspectionComply lets the post that was directed say what it did, or the
// head of the station for it; nobody complies with himself.
func checkInspectionComply(s *State, d *draft, b *contract.InspectionComply) error {
	m, err := s.matterNamed(d, b.InspectionID, "/inspection_id", matterInspection)
	if err != nil {
		return err
	}
	d.seenBy = append(d.seenBy, m.Data.OpenedBy)
	switch {
	case m.Data.To == staff.SHO && d.post.Role != staff.SHO:
		return refuse(contract.CodeNotAssigned, d.ptr("/inspection_id"))
	case m.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/inspection_id"))
	case b.CompliedAt != nil && b.CompliedAt.After(d.op.DeviceAt.Add(spanSlack)):
		return refuse(contract.CodeInFuture, d.ptr("/complied_at"))
	}
	return nil
}

func applyInspectionComply(s *State, e *Entry, b *contract.InspectionComply) []push.Notice {
	m := s.matterAt(b.InspectionID)
	at := e.At
	if b.CompliedAt != nil && b.CompliedAt.Before(at) {
		at = b.CompliedAt.Time
	}
	m.State, m.DueAt, m.Data.CompliedBy = matterComplied, nil, &e.OfficerID
	m.at(matterComplied, at)
	s.stop(m.MatterID, e.At, limitCompliance)
	s.keepMatter(e, m, map[string]any{"compliance": b.Compliance, "complied_at": wireAt(at)})
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, m.Data.OpenedBy)}
}

func needsInspectionClose(_ *draft, b *contract.InspectionClose, n *needs) { n.matter(b.InspectionID) }

// checkInspectionClose lets the inspector say whether he is content, or a post
// above his.
func checkInspectionClose(s *State, d *draft, b *contract.InspectionClose) error {
	m, err := s.matterNamed(d, b.InspectionID, "/inspection_id", matterInspection)
	if err != nil {
		return err
	}
	d.seenBy = append(d.seenBy, m.Data.OpenedBy)
	if m.Data.OpenedBy != d.officer && inspectorRank[d.post.Role] <= inspectorRank[m.Data.Role] {
		return refuse(contract.CodeInspectorOnly, d.ptr("/inspection_id"))
	}
	if m.State != matterComplied {
		return refuse(contract.CodeWrongState, d.ptr("/inspection_id"))
	}
	return nil
}

// applyInspectionClose ends the inspection, or gives the direction again with
// its time anew.
func applyInspectionClose(s *State, e *Entry, b *contract.InspectionClose) []push.Notice {
	m := s.matterAt(b.InspectionID)
	if b.Accepted {
		m.State = matterOver
		s.keepMatter(e, m, map[string]any{"closed_by": e.OfficerID.String()})
	} else {
		m.State = matterOpen
		s.complyBy(e, m, nil)
		s.keepMatter(e, m, nil)
	}
	return []push.Notice{s.tell(e, m.MatterID, 0, m.Data.To)}
}
