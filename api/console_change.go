package api

import (
	"context"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// ChangePassphrase takes another passphrase.
func (s *server) ChangePassphrase(ctx context.Context, in ChangePassphraseRequestObject) (ChangePassphraseResponseObject, error) {
	if err := s.Staff.ChangePassphrase(ctx, of(ctx).caller, staff.Secret(in.Body.Passphrase), staff.Secret(in.Body.NewPassphrase)); err != nil {
		return nil, err
	}
	return ChangePassphrase204Response{}, nil
}

// GetFactors tells which second factors one has, and what another is made of.
func (s *server) GetFactors(ctx context.Context, _ GetFactorsRequestObject) (GetFactorsResponseObject, error) {
	f, err := s.Staff.Factors(ctx, of(ctx).caller)
	if err != nil {
		return nil, err
	}
	out := GetFactors200JSONResponse{Totp: f.TOTP, Passkeys: []contract.PasskeyHeld{}, Another: begun(f.Another)}
	for _, k := range f.Passkeys {
		out.Passkeys = append(out.Passkeys, contract.PasskeyHeld{ID: contract.Encode(k.ID), AddedAt: contract.At(k.AddedAt)})
	}
	return out, nil
}

// AddFactor takes another second factor.
func (s *server) AddFactor(ctx context.Context, in AddFactorRequestObject) (AddFactorResponseObject, error) {
	c, err := shown(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Staff.AddFactor(ctx, of(ctx).caller, c); err != nil {
		return nil, err
	}
	return AddFactor204Response{}, nil
}

// RemoveFactor takes a second factor away.
func (s *server) RemoveFactor(ctx context.Context, in RemoveFactorRequestObject) (RemoveFactorResponseObject, error) {
	var passkey []byte
	if p := in.Body.Passkey; p != nil {
		if err := decodeAll("", bytesAt{"/passkey", *p, &passkey}); err != nil {
			return nil, err
		}
	}
	if err := s.Staff.RemoveFactor(ctx, of(ctx).caller, passkey); err != nil {
		return nil, err
	}
	return RemoveFactor204Response{}, nil
}
