package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
)

// mostDue is how much of each kind a shift starts with for each centre: more
// than an officer can do in a day.
const mostDue = 100

// The ops by which she is asked what she thinks of the disposal, and by which
// she is looked in on.
const (
	feedbackKind = "feedback.call"
	followUpKind = "follow_up.done"
)

// postsOf lists the posts that the caller now has, those at centres.
func (b *Book) postsOf(who staff.Caller) []staff.Post {
	now := b.now()
	return slices.DeleteFunc(slices.Clone(who.Posts), func(p staff.Post) bool { return !p.Covers(now) || p.Centre == HQ })
}

// centresWhere lists the centres at which the caller has a post that may make
// ops of a kind.
func (b *Book) centresWhere(who staff.Caller, kind string) []string {
	var out []string
	for _, p := range b.postsOf(who) {
		if May(p.Role, kind) {
			out = append(out, p.Centre)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// InHand lists the open complaints that the caller has in hand, in all books.
func (b *Book) InHand(ctx context.Context, who staff.Caller) ([]ComplaintView, error) {
	var out []ComplaintView
	for _, centre := range b.centresOf(who) {
		page, err := b.Complaints(ctx, who, ComplaintQuery{Centre: centre, Open: true, Mine: true, Limit: mostDue})
		if err != nil {
			return nil, err
		}
		out = append(out, page.Views...)
	}
	return out, nil
}

func (b *Book) centresOf(who staff.Caller) []string {
	var out []string
	for _, p := range b.postsOf(who) {
		out = append(out, p.Centre)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// CallsDue lists the complaints after whose disposal the caller may call her:
// none that he acted on himself, and one about a sexual offence only if the
// officer is a woman. Guarded ones are for those who see them whole.
func (b *Book) CallsDue(ctx context.Context, who staff.Caller, woman bool) ([]ComplaintView, error) {
	var out []ComplaintView
	for _, centre := range b.centresWhere(who, feedbackKind) {
		err := b.read(ctx, who.District, func(tx pgx.Tx) error {
			v, err := b.viewOf(ctx, tx, who, centre)
			if err != nil {
				return err
			}
			list, err := callsDue(ctx, tx, who.District, centre)
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(c *Complaint) bool {
				return c.accuses(who.OfficerID) || c.Data.IsSexual && !woman ||
					c.Data.Guarded && !v.all && !c.part(who.OfficerID)
			})
			views, err := b.complaintViews(ctx, tx, who, centre, v, list)
			for _, c := range views {
				if b.owesCall(who, centre, c.Complaint, c.Clocks) {
					out = append(out, c)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// callsDue reads the complaints of a centre that were disposed of and whose
// women were not asked yet, the oldest first.
func callsDue(ctx context.Context, tx pgx.Tx, district int32, centre string) ([]*Complaint, error) {
	rows, err := tx.Query(ctx, `SELECT `+complaintColumns+` FROM complaints c WHERE district_id = $1 AND centre = $2
		AND closed_at IS NULL AND state IN ($3, $4) AND (SELECT max(k.due_at) FROM clocks k WHERE k.district_id = c.district_id
			AND k.subject_id = c.complaint_id AND k.code = $5 AND k.stopped_at IS NULL) IS NOT NULL
		ORDER BY disposed_at, seq LIMIT $6`, district, centre, stateDisposed, stateFeedback, limitFeedback, listMost)
	if err != nil {
		return nil, fmt.Errorf("find calls due: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanComplaint)
	return list, wrap(err, "find calls due")
}

// FollowUpDue is a step of a follow-up plan that is due: a day (IST) on which a
// woman is to be looked in on.
type FollowUpDue struct {
	ComplaintID uuid.UUID
	No          string
	DueOn       string
	Step        int

	of *Complaint
}

// FollowUpsDue lists what the caller is to look in on until tomorrow: at the
// centres where his post is for it; a beat officer on her own beat, or where
// she had a part.
func (b *Book) FollowUpsDue(ctx context.Context, who staff.Caller) ([]FollowUpDue, error) {
	var out []FollowUpDue
	tomorrow := day(b.now().AddDate(0, 0, 1))
	for _, centre := range b.centresWhere(who, followUpKind) {
		err := b.read(ctx, who.District, func(tx pgx.Tx) error {
			v, err := b.viewOf(ctx, tx, who, centre)
			if err != nil {
				return err
			}
			list, err := followUpsDue(ctx, tx, who.District, centre, tomorrow, listMost)
			for _, f := range list {
				if b.looksIn(who, centre, v, f.of) {
					out = append(out, f)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// looksIn tells whether a follow-up is the caller's to do.
func (b *Book) looksIn(who staff.Caller, centre string, v view, c *Complaint) bool {
	switch {
	case c.accuses(who.OfficerID):
		return false
	case v.all || c.part(who.OfficerID):
		return true
	case c.Data.Guarded:
		return false
	}
	return b.isFor(who, centre, followUpKind, c)
}

// isFor tells whether a post of the caller at the centre is for an op about a
// complaint: a beat officer's on her own beat only.
func (b *Book) isFor(who staff.Caller, centre, kind string, c *Complaint) bool {
	return slices.ContainsFunc(b.postsOf(who), func(p staff.Post) bool {
		if p.Centre != centre || !May(p.Role, kind) {
			return false
		}
		return p.Role != staff.BeatOfficer || c.Data.BeatID != nil && is(p.BeatID, *c.Data.BeatID)
	})
}

// owesCall tells whether the caller is one who may ask her now what she thinks
// of the disposal: a post for it at the centre, and no part in what was done.
// Whom it is not safe to call nobody calls.
func (b *Book) owesCall(who staff.Caller, centre string, c *Complaint, clocks []*Clock) bool {
	if c.State != stateDisposed && c.State != stateFeedback || !c.Data.WomanSafe || c.accuses(who.OfficerID) ||
		slices.Contains(c.Data.Handlers, who.OfficerID) || is(c.Data.DisposedBy, who.OfficerID) || is(c.OwnerID, who.OfficerID) {
		return false
	}
	return b.isFor(who, centre, feedbackKind, c) && slices.ContainsFunc(clocks, func(k *Clock) bool {
		return k.Code == limitFeedback && k.StoppedAt == nil
	})
}

// followUpsDue reads the steps of the open plans of a centre that are due by the
// end of a day, the earliest first. A plan is due at the end of its next day.
func followUpsDue(ctx context.Context, tx pgx.Tx, district int32, centre, until string, limit int) ([]FollowUpDue, error) {
	date, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return nil, fmt.Errorf("find follow-ups: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT `+matterColumns+` FROM matters WHERE district_id = $1 AND centre = $2 AND kind = $3
		AND state = $4 AND due_at <= $5 ORDER BY due_at, seq LIMIT $6`,
		district, centre, matterFollowPlan, matterOpen, endOfDay(date), limit)
	if err != nil {
		return nil, fmt.Errorf("find follow-ups: %w", err)
	}
	plans, err := pgx.CollectRows(rows, scanMatter)
	if err != nil {
		return nil, fmt.Errorf("find follow-ups: %w", err)
	}
	lines := make([]*Line, len(plans))
	for i, m := range plans {
		lines[i] = &Line{ComplaintID: m.ComplaintID}
	}
	complaints, err := complaintsOf(ctx, tx, district, lines)
	if err != nil {
		return nil, err
	}
	out := make([]FollowUpDue, 0, len(plans))
	for _, m := range plans {
		if m.ComplaintID == nil || complaints[*m.ComplaintID] == nil {
			continue
		}
		c := complaints[*m.ComplaintID]
		out = append(out, FollowUpDue{
			ComplaintID: c.ComplaintID, No: c.No(centre), DueOn: day(m.DueAt.Add(-1)), Step: m.Data.Done + 1, of: c,
		})
	}
	return out, nil
}
