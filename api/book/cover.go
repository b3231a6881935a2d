package book

import (
	"slices"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Acting in-charge, leave and night: another officer has the rights of a post for
// a time that is named before it begins. The cover is a post of its own, so that
// rights go by the post at the time as they do everywhere, and ends by itself.

const (
	// coverLongest is the longest cover; a post that is vacant for longer is given.
	coverLongest = 62 * 24 * time.Hour
	// coverSlack is how long after its beginning a cover may still be named: a
	// right is not given for what was already done.
	coverSlack = 10 * time.Minute

	// factActing notes that an entry was made under a post that is covered.
	factActing = "acting"
)

// covers tells whether a post may have another one covered: one that it may give,
// those that the circle officer looks after, and the giver's own.
func (d *draft) covers(p *postRow) bool {
	if d.post.Role == staff.CO && slices.Contains(incharges, p.Role) {
		return true
	}
	return p.OfficerID == d.officer || slices.Contains(appoints[d.post.Role], p.Role)
}

func needsPostCover(_ *draft, b *contract.PostCover, n *needs) {
	n.post(b.PostID)
	n.post(b.CoverID)
	n.officer(b.OfficerID)
}

func checkPostCover(s *State, d *draft, b *contract.PostCover) error {
	p := s.posts.get(b.PostID)
	switch {
	case p == nil || p.Centre != s.Centre:
		return refuse(contract.CodeUnknownReference, "/body/post_id")
	case p.CoversID != nil:
		return refuse(contract.CodeWrongReference, "/body/post_id")
	case !s.officers[b.OfficerID]:
		return refuse(contract.CodeUnknownReference, "/body/officer_id")
	case d.post.CoversID != nil:
		return refuse(contract.CodeActingOnly, "/kind")
	case !d.covers(p):
		return refuse(contract.CodeForbidden, "/body/post_id")
	case s.posts.get(b.CoverID) != nil:
		return refuse(contract.CodeWrongState, "/body/cover_id")
	case !b.To.After(b.From.Time):
		return refuse(contract.CodeEndedBeforeStarted, "/body/to")
	case b.To.Sub(b.From.Time) > coverLongest:
		return refuse(contract.CodeOutOfRange, "/body/to")
	case d.at.Sub(b.From.Time) > coverSlack:
		return refuse(contract.CodeTooOld, "/body/from")
	}
	d.seenBy = append(d.seenBy, p.OfficerID, b.OfficerID)
	return nil
}

func applyPostCover(s *State, e *Entry, b *contract.PostCover) []push.Notice {
	held := s.posts.get(b.PostID)
	until := b.To.Time
	p := held.Post
	p.PostID, p.OfficerID, p.From, p.Until, p.CoversID = b.CoverID, b.OfficerID, b.From.Time, &until, &held.PostID
	s.posts.put(p.PostID, &postRow{Post: p, Seq: e.Seq})
	out := []push.Notice{s.tellOfficer(e, b.CoverID, 0, b.OfficerID)}
	if held.OfficerID == e.OfficerID { // who has his own post covered is seen by the post above
		return append(out, s.tell(e, b.CoverID, 1, above(p.Role)))
	}
	return append(out, s.tellOfficer(e, b.CoverID, 1, held.OfficerID))
}
