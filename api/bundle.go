package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

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
		views, _, err := s.Book.Tasks(ctx, who, book.TaskQuery{Centre: c.Centre, Limit: defaultLimit, Open: true})
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

// reference is the reference data of a district as it is sent, with the ETag
// of its text.
type reference struct {
	body contract.Reference
	etag string
}

func (s *server) reference(ctx context.Context, district int32) (*reference, error) {
	centres, err := s.Staff.Centres(ctx, district)
	if err != nil {
		return nil, err
	}
	r := &reference{body: contract.Reference{
		Lists: map[string][]contract.CodeRow{}, Labels: map[string]contract.Label{}, Helplines: []contract.Helpline{},
		Stations: []contract.Station{}, Problems: contract.ProblemTexts(),
	}}
	for name, rows := range s.Book.Lists(district) {
		for _, c := range rows {
			switch name {
			case "label":
				r.body.Labels[c.Code] = contract.Label{Hi: c.Hi, En: c.En}
			case "helpline":
				r.body.Helplines = append(r.body.Helplines, contract.Helpline{Number: c.Code, Hi: c.Hi, En: c.En})
			default:
				r.body.Lists[name] = append(r.body.Lists[name], contract.CodeRow{Code: c.Code, Hi: c.Hi, En: c.En})
			}
		}
	}
	for code, label := range contract.FlagLabels() {
		r.body.Labels["flag."+code] = label
	}
	for _, c := range centres {
		st := contract.Station{Code: c.Centre, NameHi: c.NameHi, NameEn: c.NameEn, Lat: c.Lat, Lon: c.Lon}
		if c.Circle != "" {
			st.Circle = &c.Circle
		}
		r.body.Stations = append(r.body.Stations, st)
	}
	s.rules(district, &r.body)
	text, err := json.Marshal(r.body)
	if err != nil {
		return nil, fmt.Errorf("write reference: %w", err)
	}
	sum := contract.HashOp(text)
	r.etag = `"` + contract.Encode(sum[:12]) + `"`
	return r, nil
}

// rules adds limits, columns and sections of law.
func (s *server) rules(district int32, out *contract.Reference) {
	for _, l := range s.Book.Limits(district) {
		out.Limits = append(out.Limits, contract.LimitRow{
			Limit: l.Code, Register: contract.Register(l.Register), Category: orNone(l.Category), RiskLevel: orNone(l.RiskLevel),
			Starts: orNone(l.Starts), Ends: orNone(l.Ends), Months: l.Months, Seconds: l.Seconds, Ladder: l.Ladder,
			Hi: l.Hi, En: l.En, Basis: l.Basis,
		})
	}
	for _, c := range s.Book.Columns(district) {
		row := contract.ColumnRow{
			Register: contract.Register(c.Register), Column: c.Name, Type: c.Type, Class: c.Class, List: orNone(c.List), Hi: c.Hi, En: c.En,
		}
		if c.Added {
			row.Added, row.Required = &c.Added, &c.Required
		}
		out.Columns = append(out.Columns, row)
	}
	for _, o := range s.Book.Offences(district) {
		out.Offences = append(out.Offences, contract.OffenceRow{
			Code: o.Code, Act: o.Act, Section: o.Section, OldSection: orNone(o.OldSection), Hi: o.Hi, En: o.En, IsSexual: o.IsSexual,
			IsChild: o.IsChild, Cognizable: o.Cognizable, IsGrave: o.IsGrave, ValidFrom: contract.At(o.From), ValidTo: atOrNil(o.To),
		})
	}
}

// GetReference gives code lists, stations, helplines and labels.
func (s *server) GetReference(ctx context.Context, in GetReferenceRequestObject) (GetReferenceResponseObject, error) {
	ref, err := s.reference(ctx, of(ctx).caller.District)
	if err != nil {
		return nil, err
	}
	if known := in.Params.IfNoneMatch; known != nil && strings.TrimPrefix(*known, "W/") == ref.etag {
		return GetReference304Response{}, nil
	}
	return GetReference200JSONResponse{Body: ref.body, Headers: GetReference200ResponseHeaders{ETag: ref.etag}}, nil
}
