package api

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetBundle gives all that a phone needs to start a shift, in one answer.
func (s *server) GetBundle(ctx context.Context, _ GetBundleRequestObject) (GetBundleResponseObject, error) {
	who := of(ctx).caller
	home, err := s.Staff.Home(ctx, who)
	if err != nil {
		return nil, err
	}
	ref, err := s.reference(ctx, who.District)
	if err != nil {
		return nil, err
	}
	out := GetBundle200JSONResponse{
		ServerTime: contract.At(s.Now()), Officer: officer(home.Officer), Posts: posts(who.Posts), ReferenceEtag: ref.etag,
		Centres: []contract.CentreCursor{}, Tasks: []contract.Task{}, Squads: []contract.Squad{}, Beats: []contract.Beat{},
		Officers: []contract.Colleague{}, Ladder: s.ladder(who.District),
	}
	if err := s.bundleBook(ctx, who, &out); err != nil {
		return nil, err
	}
	if err := s.bundleComplaints(ctx, who, home.Officer.IsWoman, &out); err != nil {
		return nil, err
	}
	if err := s.bundleRoster(ctx, who, &out); err != nil {
		return nil, err
	}
	if err := s.bundleCoverage(ctx, who, &out); err != nil {
		return nil, err
	}
	if err := s.bundleHotspots(ctx, who, &out); err != nil {
		return nil, err
	}
	for _, q := range home.Squads {
		out.Squads = append(out.Squads, contract.Squad{
			ID: q.ID, Centre: q.Centre, NameHi: q.NameHi, NameEn: q.NameEn, LeaderID: q.Leader, Members: append([]uuid.UUID{}, q.Members...),
		})
	}
	for _, b := range home.Beats {
		beat := contract.Beat{ID: b.ID, Centre: b.Centre, NameHi: b.NameHi, NameEn: b.NameEn, Cells9: s.Book.BeatCells(who.District, b.ID)}
		if b.Area != "" {
			area := contract.GeoJSON(json.RawMessage(b.Area))
			beat.Polygon = &area
		}
		out.Beats = append(out.Beats, beat)
	}
	for _, o := range home.Colleagues {
		out.Officers = append(out.Officers, contract.Colleague{ID: o.ID, NameHi: o.NameHi, NameEn: o.NameEn, Rank: o.Rank})
	}
	return out, nil
}

// bundleBook adds what the book says: cursors, open tasks, the open duty.
func (s *server) bundleBook(ctx context.Context, who staff.Caller, out *GetBundle200JSONResponse) error {
	cursors, err := s.Book.Cursors(ctx, who)
	if err != nil {
		return err
	}
	for _, c := range cursors {
		out.Centres = append(out.Centres, contract.CentreCursor{Centre: c.Centre, Cursor: c.Size, Checkpoint: c.Checkpoint})
		views, _, err := s.Book.Tasks(ctx, who, book.TaskQuery{Centre: c.Centre, Limit: defaultLimit, Open: true, Mine: true})
		if err != nil {
			return err
		}
		for i := range views {
			out.Tasks = append(out.Tasks, task(&views[i]))
		}
	}
	duty, err := s.Book.DutyNow(ctx, who)
	if err != nil {
		return err
	}
	if duty != nil {
		out.Duty = &contract.Duty{StartID: duty.DutyID, At: contract.At(duty.StartedAt), PostID: &duty.PostID, SquadID: duty.SquadID}
	}
	return nil
}

// bundleComplaints adds what is in the caller's hand, and whom she is to call
// and to look in on.
func (s *server) bundleComplaints(ctx context.Context, who staff.Caller, woman bool, out *GetBundle200JSONResponse) error {
	hand, err := s.Book.InHand(ctx, who)
	if err != nil {
		return err
	}
	calls, err := s.Book.CallsDue(ctx, who, woman)
	if err != nil {
		return err
	}
	due, err := s.Book.FollowUpsDue(ctx, who)
	if err != nil {
		return err
	}
	now := s.Now()
	out.Complaints, out.CallsDue = complaintBriefs(most(hand), now), complaintBriefs(most(calls), now)
	out.FollowUpsDue = followUps(most(due))
	return nil
}

// mostOfAShift is how much of each kind a bundle may hold.
const mostOfAShift = 500

func most[T any](list []T) []T { return list[:min(len(list), mostOfAShift)] }

func followUps(list []book.FollowUpDue) []contract.FollowUpDue {
	out := make([]contract.FollowUpDue, len(list))
	for i, f := range list {
		out[i] = contract.FollowUpDue{ComplaintID: f.ComplaintID, No: f.No, DueOn: dateOf(f.DueOn), StepNo: f.Step}
	}
	return out
}

func (s *server) ladder(district int32) []contract.Rung {
	out := []contract.Rung{}
	for _, r := range s.Book.Ladder(district) {
		rung := contract.Rung{Urgency: contract.Urgency(r.Urgency), Rung: r.Rung, AfterS: r.AfterS, Action: contract.RungAction(r.Action)}
		if r.ToRole != nil {
			role := contract.Role(*r.ToRole)
			rung.ToRole = &role
		}
		out = append(out, rung)
	}
	return out
}
