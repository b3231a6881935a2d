package api

import (
	"context"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// ListDevices lists the phones of a centre.
func (s *server) ListDevices(ctx context.Context, in ListDevicesRequestObject) (ListDevicesResponseObject, error) {
	list, err := s.Staff.Handsets(ctx, of(ctx).caller, in.Params.Centre)
	if err != nil {
		return nil, err
	}
	out := ListDevices200JSONResponse{Centre: in.Params.Centre, Devices: make([]contract.DeviceLine, len(list))}
	for i := range list {
		h := &list[i]
		out.Devices[i] = contract.DeviceLine{DeviceID: h.DeviceID, EnrolledAt: contract.At(h.EnrolledAt), Officers: h.Officers}
		if h.Label != "" {
			out.Devices[i].Label = &h.Label
		}
		if h.RevokedAt != nil {
			out.Devices[i].RevokedAt = contract.AtPtr(*h.RevokedAt)
		}
	}
	return out, nil
}

// ListOwnDevices lists where the caller has logged in.
func (s *server) ListOwnDevices(ctx context.Context, _ ListOwnDevicesRequestObject) (ListOwnDevicesResponseObject, error) {
	list, err := s.Staff.OwnDevices(ctx, of(ctx).caller)
	if err != nil {
		return nil, err
	}
	out := ListOwnDevices200JSONResponse{Devices: make([]contract.OwnDevice, len(list))}
	for i := range list {
		d := &list[i]
		line := contract.OwnDevice{
			DeviceID: d.DeviceID, Kind: d.Kind, Centre: d.Centre, EnrolledAt: contract.At(d.EnrolledAt), Current: d.Current,
			Sessions: make([]contract.OwnSession, len(d.Sessions)),
		}
		if d.Label != "" {
			line.Label = &d.Label
		}
		if d.RevokedAt != nil {
			line.RevokedAt = contract.AtPtr(*d.RevokedAt)
		}
		for j, x := range d.Sessions {
			line.Sessions[j] = contract.OwnSession{
				SessionID: x.SessionID, CreatedAt: contract.At(x.CreatedAt), ExpiresAt: contract.At(x.ExpiresAt), UsedAt: contract.At(x.UsedAt),
			}
		}
		out.Devices[i] = line
	}
	return out, nil
}

// EndOwnDevice ends the caller's sessions on a device.
func (s *server) EndOwnDevice(ctx context.Context, in EndOwnDeviceRequestObject) (EndOwnDeviceResponseObject, error) {
	if err := s.Staff.EndOwnDevice(ctx, of(ctx).caller, in.DeviceID); err != nil {
		return nil, err
	}
	return EndOwnDevice204Response{}, nil
}

// ListSessions lists the open sessions of a centre's officers.
func (s *server) ListSessions(ctx context.Context, in ListSessionsRequestObject) (ListSessionsResponseObject, error) {
	list, err := s.Staff.Sessions(ctx, of(ctx).caller, in.Params.Centre)
	if err != nil {
		return nil, err
	}
	out := ListSessions200JSONResponse{Centre: in.Params.Centre, Sessions: make([]contract.SessionLine, len(list))}
	for i := range list {
		x := &list[i]
		out.Sessions[i] = contract.SessionLine{
			SessionID: x.SessionID, OfficerID: x.OfficerID, Kind: x.Kind, CreatedAt: contract.At(x.CreatedAt), UsedAt: contract.At(x.UsedAt),
		}
	}
	return out, nil
}

// EndSession ends a session of another officer.
func (s *server) EndSession(ctx context.Context, in EndSessionRequestObject) (EndSessionResponseObject, error) {
	if err := s.Staff.EndSession(ctx, of(ctx).caller, in.Params.Centre, in.SessionID); err != nil {
		return nil, err
	}
	return EndSession204Response{}, nil
}

// ReportLost withdraws a phone.
func (s *server) ReportLost(ctx context.Context, in ReportLostRequestObject) (ReportLostResponseObject, error) {
	if err := s.Staff.ReportLost(ctx, of(ctx).caller, in.DeviceID); err != nil {
		return nil, err
	}
	return ReportLost204Response{}, nil
}

// InviteDevice gives the code of a new phone.
func (s *server) InviteDevice(ctx context.Context, in InviteDeviceRequestObject) (InviteDeviceResponseObject, error) {
	code, err := s.Staff.InviteDevice(ctx, of(ctx).caller, in.Params.Centre)
	if err != nil {
		return nil, err
	}
	return InviteDevice201JSONResponse{Centre: in.Params.Centre, Code: string(code.Text), ExpiresAt: contract.At(code.ExpiresAt)}, nil
}

// ReplaceDevice asks for a phone in the place of a lost one, or gives its code.
func (s *server) ReplaceDevice(ctx context.Context, in ReplaceDeviceRequestObject) (ReplaceDeviceResponseObject, error) {
	r, err := s.Staff.Replace(ctx, of(ctx).caller, in.DeviceID)
	if err != nil {
		return nil, err
	}
	return ReplaceDevice200JSONResponse(replacement(r)), nil
}

// ApproveReplacement agrees as the second officer.
func (s *server) ApproveReplacement(ctx context.Context, in ApproveReplacementRequestObject) (ApproveReplacementResponseObject, error) {
	r, err := s.Staff.Approve(ctx, of(ctx).caller, in.DeviceID)
	if err != nil {
		return nil, err
	}
	return ApproveReplacement200JSONResponse(replacement(r)), nil
}

func replacement(r staff.Replacement) contract.Replacement {
	out := contract.Replacement{AskedBy: r.AskedBy, AskedAt: contract.At(r.AskedAt), ApprovedBy: r.ApprovedBy}
	if r.ApprovedAt != nil {
		out.ApprovedAt = contract.AtPtr(*r.ApprovedAt)
	}
	if r.Code != nil {
		text := string(r.Code.Text)
		out.Code, out.ExpiresAt = &text, contract.AtPtr(r.Code.ExpiresAt)
	}
	return out
}

// ListAlarms lists what the caller must know of phones and sessions.
func (s *server) ListAlarms(ctx context.Context, _ ListAlarmsRequestObject) (ListAlarmsResponseObject, error) {
	list, err := s.Staff.Alarms(ctx, of(ctx).caller)
	if err != nil {
		return nil, err
	}
	out := ListAlarms200JSONResponse{Alarms: make([]contract.Alarm, len(list))}
	for i, a := range list {
		out.Alarms[i] = contract.Alarm{
			AlarmID: a.AlarmID, At: contract.At(a.At), Kind: a.Kind, Centre: a.Centre, DeviceID: a.DeviceID, OfficerID: a.AboutID,
		}
	}
	return out, nil
}
