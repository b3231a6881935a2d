package book

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// Handover is the sheet by which a post goes from one officer to the next: what
// was open under it when it was drawn up, and who signed it. The sheet is folded
// from the book, so that it can be drawn up again; its hash is what both sign.
type Handover struct {
	HandoverID     uuid.UUID
	PostID         uuid.UUID
	Role           string
	LeaverID       uuid.UUID
	TakerID        uuid.UUID
	OpenedBy       uuid.UUID
	OpenedAt       time.Time
	Seq            int64
	Sheet          string
	SheetHash      []byte
	LeaverSignedAt *time.Time
	TakerSignedAt  *time.Time
}

// signed tells whether both have signed.
func (h *Handover) signed() bool { return h.LeaverSignedAt != nil && h.TakerSignedAt != nil }

// Sheet is what a hand-over sheet says: numbers and codes, nobody's name.
type Sheet struct {
	Complaints []SheetItem `json:"complaints"`
	Tasks      []SheetItem `json:"tasks"`
	Clocks     []SheetItem `json:"clocks"`
	Days       []string    `json:"days"`
	Objections []SheetItem `json:"objections"`
	Flags      []SheetItem `json:"flags"`
}

// SheetItem is one thing that is open.
type SheetItem struct {
	ID    uuid.UUID `json:"id"`
	No    string    `json:"no,omitempty"`
	Code  string    `json:"code,omitempty"`
	State string    `json:"state,omitempty"`
	DueAt string    `json:"due_at,omitempty"`
}

func needsHandoverOpen(_ *draft, b *contract.HandoverOpen, n *needs) {
	n.post(b.PostID)
	n.officer(b.TakerBy)
	n.allOpen, n.dayClocks, n.handed = true, true, true
}

func checkHandoverOpen(s *State, d *draft, b *contract.HandoverOpen) error {
	p := s.posts.get(b.PostID)
	switch {
	case p == nil || p.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, "/body/post_id")
	case !s.officers[b.TakerBy]:
		return refuse(contract.CodeUnknownReference, "/body/taker_by")
	case p.CoversID != nil: // it ends by itself, and hands nothing over
		return refuse(contract.CodeWrongReference, "/body/post_id")
	case p.OfficerID != d.officer && !slices.Contains(appoints[d.post.Role], p.Role):
		return refuse(contract.CodeForbidden, "/body/post_id")
	case !p.Covers(d.at):
		return refuse(contract.CodeWrongState, "/body/post_id")
	}
	d.seenBy = append(d.seenBy, p.OfficerID, b.TakerBy)
	return nil
}

func applyHandoverOpen(s *State, e *Entry, b *contract.HandoverOpen) []push.Notice {
	p := s.posts.get(b.PostID)
	text := jsonText(s.sheetOf(p, b.TakerBy))
	hash := sha256.Sum256([]byte(text))
	s.handovers.put(e.OpID, &Handover{
		HandoverID: e.OpID, PostID: p.PostID, Role: p.Role, LeaverID: p.OfficerID, TakerID: b.TakerBy, OpenedBy: e.OfficerID,
		OpenedAt: e.At, Seq: e.Seq, Sheet: text, SheetHash: hash[:],
	})
	out := []push.Notice{s.tellOfficer(e, e.OpID, 0, b.TakerBy)}
	if p.OfficerID != e.OfficerID {
		out = append(out, s.tellOfficer(e, e.OpID, 1, p.OfficerID))
	}
	return out
}

func needsHandoverSign(_ *draft, b *contract.HandoverSign, n *needs) {
	n.handovers = append(n.handovers, b.HandoverID)
}

// signsHandover names who signs a sheet, under whatever post he has by then.
func signsHandover(s *State, d *draft, b *contract.HandoverSign) bool {
	h := s.handovers.get(b.HandoverID)
	return h != nil && (h.LeaverID == d.officer || h.TakerID == d.officer)
}

// checkHandoverSign takes the signatures of who leaves and of who takes over,
// under the sheet that the book has and no other.
func checkHandoverSign(s *State, d *draft, b *contract.HandoverSign) error {
	h := s.handovers.get(b.HandoverID)
	if h == nil {
		return s.absent(d, b.HandoverID, "/handover_id")
	}
	if !signsHandover(s, d, b) {
		return refuse(contract.CodeNotAssigned, "/body/handover_id")
	}
	if h.LeaverID == d.officer && h.LeaverSignedAt != nil || h.TakerID == d.officer && h.TakerSignedAt != nil {
		return refuse(contract.CodeWrongState, "/body/handover_id")
	}
	if hash, err := contract.Decode(b.SheetHash); err != nil || !bytes.Equal(hash, h.SheetHash) {
		return refuse(contract.CodeSheetDiffers, "/body/sheet_hash")
	}
	d.caseID = h.HandoverID
	d.seenBy = append(d.seenBy, h.LeaverID, h.TakerID, h.OpenedBy)
	return nil
}

func applyHandoverSign(s *State, e *Entry, b *contract.HandoverSign) []push.Notice {
	h := *s.handovers.get(b.HandoverID)
	at, other := e.At, h.LeaverID
	if h.LeaverID == e.OfficerID {
		h.LeaverSignedAt, other = &at, h.TakerID
	} else {
		h.TakerSignedAt = &at
	}
	s.handovers.put(h.HandoverID, &h)
	if h.signed() {
		return []push.Notice{s.tell(e, h.HandoverID, 0, above(h.Role))}
	}
	return []push.Notice{s.tellOfficer(e, h.HandoverID, 0, other)}
}

// handedOver tells whether both signed a sheet of what an officer leaves with a post.
func (s *State) handedOver(p *postRow) bool {
	for _, h := range s.handovers.m {
		if h.PostID == p.PostID && h.LeaverID == p.OfficerID && h.signed() {
			return true
		}
	}
	return false
}

// sheetOf draws up what is open under a post. Of a complaint against who leaves or
// who takes over, or in which one declared an interest, it says nothing: whoever is
// above finds it with the post.
func (s *State) sheetOf(p *postRow, taker uuid.UUID) Sheet {
	hides := func(c *Complaint) bool {
		return c.accuses(p.OfficerID) || c.accuses(taker) || c.declared(p.OfficerID) || c.declared(taker)
	}
	senior := slices.Contains(incharges, p.Role)
	out := Sheet{
		Complaints: []SheetItem{}, Tasks: []SheetItem{}, Clocks: []SheetItem{}, Days: []string{}, Objections: []SheetItem{}, Flags: []SheetItem{},
	}
	for _, c := range s.complaints.m {
		if !c.open() || !is(c.OwnerPost, p.PostID) || hides(c) {
			continue
		}
		out.Complaints = append(out.Complaints, SheetItem{ID: c.ComplaintID, No: c.No(s.Centre), State: c.State, DueAt: wireOf(s.dueOf(c.ComplaintID))})
		for _, k := range stillRun(s.clocksOf(c.ComplaintID)) {
			out.Clocks = append(out.Clocks, SheetItem{ID: c.ComplaintID, Code: k.Code, DueAt: wireAt(k.DueAt)})
		}
	}
	for _, t := range s.tasks.m {
		mine := is(t.Holder, p.OfficerID) || t.Holder == nil && (is(t.ToOfficer, p.OfficerID) || t.ToSquad != nil && is(p.SquadID, *t.ToSquad))
		if t.Centre == s.Centre && !t.over() && mine {
			out.Tasks = append(out.Tasks, SheetItem{ID: t.TaskID, Code: t.TaskKind, State: t.State, DueAt: wireOf(t.DueAt)})
		}
	}
	for _, m := range s.matters.m {
		s.sheetMatter(&out, m, p, taker, senior)
	}
	if senior {
		for _, subject := range s.clocks.days {
			for _, k := range stillRun(s.clocksOf(subject)) {
				out.Days = append(out.Days, day(k.StartsAt))
			}
		}
	}
	out.sort()
	return out
}

// sheetMatter puts a matter on the sheet that waits for who has the post.
func (s *State) sheetMatter(out *Sheet, m *Matter, p *postRow, taker uuid.UUID, senior bool) {
	if slices.Contains(m.Data.About, p.OfficerID) || slices.Contains(m.Data.About, taker) || slices.Contains(endedMatters, m.State) {
		return
	}
	if m.ComplaintID != nil {
		if c := s.complaints.get(*m.ComplaintID); c != nil && (c.accuses(p.OfficerID) || c.accuses(taker) || c.declared(p.OfficerID) || c.declared(taker)) {
			return
		}
	}
	item := SheetItem{ID: m.MatterID, Code: m.Kind, State: m.State, DueAt: wireOf(m.DueAt)}
	if m.Serial > 0 {
		item.No = lineRef(s.Centre, m.Register, m.Year, m.Serial).No
	}
	switch {
	case m.Kind == matterConduct:
		if item.Code = m.Data.Code; senior && m.State == matterOpen {
			out.Flags = append(out.Flags, item)
		}
	case m.Kind == matterPerson:
		if senior && m.State == matterObjected {
			out.Objections = append(out.Objections, item)
		}
	case m.DueAt != nil && (is(m.OwnerID, p.OfficerID) || m.Data.To == p.Role):
		out.Clocks = append(out.Clocks, item)
	}
}

// sort puts each list into an order that follows from what it says.
func (h *Sheet) sort() {
	for _, list := range []*[]SheetItem{&h.Complaints, &h.Tasks, &h.Clocks, &h.Objections, &h.Flags} {
		slices.SortFunc(*list, func(a, b SheetItem) int {
			if c := compareIDs(a.ID, b.ID); c != 0 {
				return c
			}
			return compareText(a.Code, b.Code)
		})
	}
	slices.Sort(h.Days)
}

// wireOf is an optional time as it is written.
func wireOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return wireAt(*t)
}
