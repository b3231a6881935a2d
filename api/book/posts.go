package book

import (
	"slices"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// HQ is the book of the district office: posts above a centre stand there.
const HQ = "HQ"

// atHQ are the roles whose posts belong to the district office.
var atHQ = []string{
	staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Analyst, staff.Auditor, staff.Sysadmin,
}

// appoints says which roles a post may give to others. Nobody gives himself a post.
var appoints = map[string][]string{
	staff.CentreIncharge: {
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor, staff.Dispatcher,
	},
	staff.SHO: {
		staff.BeatOfficer, staff.SquadMember, staff.SquadLeader, staff.DeskOfficer, staff.Counsellor, staff.Dispatcher,
		staff.CentreIncharge,
	},
	staff.AddlSP:   staff.Roles,
	staff.SP:       staff.Roles,
	staff.Sysadmin: staff.Roles,
	roleRegistrar:  staff.Roles,
}

// Appoints tells whether a post gives another and takes it, as far as the posts
// alone say so.
func Appoints(role, other string) bool { return slices.Contains(appoints[role], other) }

func needsPostTake(_ *draft, b *contract.PostTake, n *needs) {
	n.officer(b.OfficerID)
	n.post(b.PostID)
	n.squad(b.SquadID)
	n.beat(b.BeatID)
}

func checkPostTake(s *State, d *draft, b *contract.PostTake) error {
	role := string(b.Role)
	if !s.officers[b.OfficerID] {
		return refuse(contract.CodeUnknownReference, "/body/officer_id")
	}
	if slices.Contains(atHQ, role) != (s.Centre == HQ) {
		return refuse(contract.CodeWrongCentre, "/body/role")
	}
	if !slices.Contains(appoints[d.post.Role], role) {
		return refuse(contract.CodeForbidden, "/body/role")
	}
	if s.posts.get(b.PostID) != nil {
		return refuse(contract.CodeWrongState, "/body/post_id")
	}
	if b.Until != nil && !b.Until.After(d.at) {
		return refuse(contract.CodeEndedBeforeStarted, "/body/until")
	}
	if d.post.CoversID != nil { // who covers a post does not give others
		return refuse(contract.CodeActingOnly, "/kind")
	}
	if err := s.refs(b.SquadID, "/body/squad_id", b.BeatID, "/body/beat_id"); err != nil {
		return err
	}
	d.seenBy = append(d.seenBy, b.OfficerID)
	return nil
}

func applyPostTake(s *State, e *Entry, b *contract.PostTake) []push.Notice {
	p := staff.Post{
		PostID: b.PostID, OfficerID: b.OfficerID, Centre: s.Centre, Role: string(b.Role),
		SquadID: b.SquadID, BeatID: b.BeatID, From: e.At, Until: timeOf(b.Until),
	}
	if b.Circle != nil {
		p.Circle = *b.Circle
	}
	s.posts.put(p.PostID, &postRow{Post: p, Seq: e.Seq})
	return nil
}

func needsPostLeave(_ *draft, b *contract.PostLeave, n *needs) {
	n.post(b.PostID)
	n.ownerPosts = append(n.ownerPosts, b.PostID)
	n.handedPosts = append(n.handedPosts, b.PostID)
}

func checkPostLeave(s *State, d *draft, b *contract.PostLeave) error {
	p := s.posts.get(b.PostID)
	if p == nil || p.Centre != s.Centre {
		return refuse(contract.CodeUnknownReference, "/body/post_id")
	}
	if p.OfficerID != d.officer && !slices.Contains(appoints[d.post.Role], p.Role) {
		return refuse(contract.CodeForbidden, "/body/post_id")
	}
	if !p.Covers(d.at) {
		return refuse(contract.CodeWrongState, "/body/post_id")
	}
	if p.CoversID == nil && !s.handedOver(p) {
		d.flag(flag{Code: flagNoHandover, Value: 1})
	}
	d.seenBy = append(d.seenBy, p.OfficerID)
	return nil
}

// applyPostLeave ends the post. One who dies or is suspended leaves without a sheet;
// whoever is above is told of it then, and of each thing that was left.
func applyPostLeave(s *State, e *Entry, b *contract.PostLeave) []push.Notice {
	p := *s.posts.get(b.PostID)
	at := e.At
	p.Until = &at
	s.posts.put(p.PostID, &p)
	out := s.vacate(e, &p)
	if e.hasFlag(flagNoHandover) {
		out = append(out, s.tell(e, p.PostID, len(out), above(p.Role)))
	}
	return out
}

// vacate leaves what an officer had in hand with the post that he left, where
// it stays in sight, and tells the rung above.
func (s *State) vacate(e *Entry, p *postRow) []push.Notice {
	var left []*Complaint
	for _, c := range s.complaints.m {
		if c.open() && is(c.OwnerPost, p.PostID) {
			left = append(left, c)
		}
	}
	slices.SortFunc(left, func(a, b *Complaint) int { return compareIDs(a.ComplaintID, b.ComplaintID) })
	var out []push.Notice
	for i, old := range left {
		c := s.complaintAt(old.ComplaintID)
		s.hand(e, c, nil, &p.PostID, p.Role)
		s.keep(e, c)
		out = append(out, s.tell(e, c.ComplaintID, i, above(p.Role)))
	}
	return out
}

// above is the role that is told of what a role leaves behind.
func above(role string) string {
	i := slices.Index(chain, role)
	if i < 0 || i+1 >= len(chain) || chain[i+1] == staff.SquadLeader {
		return staff.CentreIncharge
	}
	return chain[i+1]
}

// timeOf is an optional time of the contract.
func timeOf(t *contract.Time) *time.Time {
	if t == nil {
		return nil
	}
	return &t.Time
}
