package api

import (
	"context"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetHello tells time, a nonce and the keys that checkpoints are checked by.
func (s *server) GetHello(context.Context, GetHelloRequestObject) (GetHelloResponseObject, error) {
	var keys []contract.CheckpointKey
	for _, key := range s.Book.Witness.Keys() {
		name, id, _ := cutKey(key)
		keys = append(keys, contract.CheckpointKey{Name: name, KeyID: id, Vkey: key})
	}
	return GetHello200JSONResponse{
		ServerTime: contract.At(s.Now()), Nonce: s.Staff.Nonce(), ContractVersion: contract.Version, OldestApp: s.OldestApp,
		CheckpointKeys: keys,
	}, nil
}

// EnrolDevice takes a handset in.
func (s *server) EnrolDevice(ctx context.Context, in EnrolDeviceRequestObject) (EnrolDeviceResponseObject, error) {
	b := in.Body
	label := ""
	if b.Label != nil {
		label = *b.Label
	}
	out, err := s.Staff.Enrol(ctx, staff.EnrolIn{
		Code: staff.Secret(b.Code), PublicKey: b.PublicKey, Nonce: b.Nonce, Label: label, Sig: b.Sig, Address: prefixOf(of(ctx).address),
		Proof: of(ctx).proof,
	})
	if err != nil {
		return nil, err
	}
	return EnrolDevice201JSONResponse{
		DeviceID: out.DeviceID, District: out.District, Centre: out.Centre, ServerTime: contract.At(s.Now()),
	}, nil
}

// PutPin sets an officer's PIN.
func (s *server) PutPin(ctx context.Context, in PutPinRequestObject) (PutPinResponseObject, error) {
	b := in.Body
	err := s.Staff.SetPIN(ctx, staff.SetPINIn{
		District: b.District, DeviceID: b.DeviceID, OfficerNo: b.OfficerNo, ActivationCode: secret(b.ActivationCode),
		OldPIN: secret(b.OldPin), NewPIN: staff.Secret(b.NewPin), Nonce: b.Nonce, Sig: b.Sig, Address: prefixOf(of(ctx).address),
		Proof: of(ctx).proof,
	})
	if err != nil {
		return nil, err
	}
	return PutPin204Response{}, nil
}

func secret(s *string) staff.Secret {
	if s == nil {
		return ""
	}
	return staff.Secret(*s)
}

// LogIn begins a session.
func (s *server) LogIn(ctx context.Context, in LogInRequestObject) (LogInResponseObject, error) {
	b := in.Body
	out, err := s.Staff.LogIn(ctx, staff.LogInIn{
		District: b.District, DeviceID: b.DeviceID, OfficerNo: b.OfficerNo, PIN: staff.Secret(b.Pin),
		SessionKey: b.SessionKey, Nonce: b.Nonce, Sig: b.Sig, Address: prefixOf(of(ctx).address),
		Proof: of(ctx).proof,
	})
	if err != nil {
		return nil, err
	}
	return LogIn201JSONResponse{
		SessionID: out.SessionID, Officer: officer(out.Officer), Posts: posts(out.Posts),
		AccessToken: string(out.Access), ExpiresAt: contract.At(out.ExpiresAt),
		RefreshToken: string(out.Refresh), RefreshExpiresAt: contract.At(out.RefreshExpiresAt),
	}, nil
}

// RefreshSession changes a refresh token for the next pair.
func (s *server) RefreshSession(ctx context.Context, in RefreshSessionRequestObject) (RefreshSessionResponseObject, error) {
	b := in.Body
	out, err := s.Staff.Refresh(ctx, staff.RefreshIn{Token: staff.Secret(b.RefreshToken), Nonce: b.Nonce, Sig: b.Sig, Proof: of(ctx).proof})
	if err != nil {
		return nil, err
	}
	return RefreshSession200JSONResponse{
		AccessToken: string(out.Access), ExpiresAt: contract.At(out.ExpiresAt),
		RefreshToken: string(out.Refresh), RefreshExpiresAt: contract.At(out.RefreshExpiresAt),
	}, nil
}

// LogOut ends the session.
func (s *server) LogOut(ctx context.Context, _ LogOutRequestObject) (LogOutResponseObject, error) {
	if err := s.Staff.LogOut(ctx, of(ctx).caller); err != nil {
		return nil, err
	}
	return LogOut204Response{}, nil
}

// PutPushToken binds a push token to handset and officer.
func (s *server) PutPushToken(ctx context.Context, in PutPushTokenRequestObject) (PutPushTokenResponseObject, error) {
	if err := s.Staff.BindPush(ctx, of(ctx).caller, staff.Secret(in.Body.Token)); err != nil {
		return nil, err
	}
	return PutPushToken204Response{}, nil
}

// DeletePushToken forgets the handset's push token.
func (s *server) DeletePushToken(ctx context.Context, _ DeletePushTokenRequestObject) (DeletePushTokenResponseObject, error) {
	if err := s.Staff.UnbindPush(ctx, of(ctx).caller); err != nil {
		return nil, err
	}
	return DeletePushToken204Response{}, nil
}

func officer(o staff.Officer) contract.Officer {
	return contract.Officer{ID: o.ID, Number: o.Number, NameHi: o.NameHi, NameEn: o.NameEn, Rank: o.Rank}
}

func posts(list []staff.Post) []contract.Post {
	out := make([]contract.Post, len(list))
	for i, p := range list {
		out[i] = contract.Post{
			PostID: p.PostID, Role: contract.Role(p.Role), Centre: p.Centre, SquadID: p.SquadID, BeatID: p.BeatID,
			From: contract.At(p.From),
		}
		if p.Circle != "" {
			out[i].Circle = &p.Circle
		}
		if p.Until != nil {
			out[i].Until = contract.AtPtr(*p.Until)
		}
		out[i].CoversID = p.CoversID
	}
	return out
}
