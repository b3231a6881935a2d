package phone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	contract "kendra/mobile-contract"
)

// early is how long before its end an access token is changed for a new one.
const early = 30 * time.Second

// Refresh changes the tokens for new ones.
func (o *Officer) Refresh(ctx context.Context) error {
	if err := o.p.retry(ctx, func() error { return o.refresh(ctx) }); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	return nil
}

// refresh is one try. After a lost answer the same token is sent again, which
// the server forgives for 30 seconds.
func (o *Officer) refresh(ctx context.Context) error {
	s, err := o.session()
	if err != nil {
		return err
	}
	var t contract.Tokens
	err = o.p.tryNonce(ctx, func(nonce string) (request, error) {
		sig, err := contract.SignES256(o.p.key, contract.RefreshMessage(s.Refresh, nonce))
		return request{method: http.MethodPost, path: "/v1/sessions/refresh", body: contract.Refresh{
			RefreshToken: s.Refresh, Nonce: nonce, Sig: contract.Encode(sig),
		}}, err
	}, &t)
	if err != nil {
		return o.endIfOver(err)
	}
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	now, ok := o.p.state.Sessions[o.number]
	if !ok || now.ID != s.ID {
		return ErrLoggedOut
	}
	now.Access, now.AccessEnds, now.Refresh, now.RefreshEnds = t.AccessToken, t.ExpiresAt, t.RefreshToken, t.RefreshExpiresAt
	return o.p.state.write(o.p.o.Dir)
}

// endIfOver forgets a session that the server says is over.
func (o *Officer) endIfOver(err error) error {
	if !Refused(err, contract.CodeSessionEnded, contract.CodeRefreshInvalid, contract.CodeDeviceRevoked) {
		return err
	}
	if Refused(err, contract.CodeDeviceRevoked) {
		return errors.Join(err, ErrLoggedOut, o.p.wipe())
	}
	return errors.Join(err, ErrLoggedOut, o.forget())
}

// wipe forgets everybody on a handset that was withdrawn. The outbox goes with
// the handset to the in-charge.
func (p *Phone) wipe() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.state.Sessions {
		s.Access, s.Refresh, s.SealedKey, s.Salt, s.Posts = "", "", nil, nil, nil
	}
	clear(p.officers)
	p.state.Current = ""
	return p.state.write(p.o.Dir)
}

// call makes an authorised call, with retries.
func (o *Officer) call(ctx context.Context, r request, out any) error {
	return o.p.retry(ctx, func() error {
		a, err := o.authorised(ctx, r)
		if err != nil {
			return err
		}
		return a.into(out)
	})
}

// authorised makes one try, with a new token, time or nonce where the server
// says that only those were wrong.
func (o *Officer) authorised(ctx context.Context, r request) (*answer, error) {
	if err := o.freshen(ctx); err != nil {
		return nil, err
	}
	for mended := map[contract.Code]bool{}; ; {
		a, err := o.proven(ctx, r)
		if err == nil {
			return a, nil
		}
		code := codeOf(err)
		if mended[code] {
			return nil, o.endIfOver(err)
		}
		mended[code] = true
		var asked *nonceAsked
		switch {
		case code == contract.CodeTokenExpired:
			err = o.refresh(ctx)
		case code == contract.CodeUseDPoPNonce && errors.As(err, &asked):
			o.p.mu.Lock()
			o.p.nonce, err = asked.nonce, nil
			o.p.mu.Unlock()
		case code == contract.CodeDPoPInvalid:
			_, err = o.p.hello(ctx)
		case code == contract.CodeDPoPReplayed:
			err = nil // the next proof has a new jti
		case code == contract.CodeBadEncoding || code == contract.CodeBadContentType:
			o.p.mu.Lock()
			o.p.plain, err = true, nil
			o.p.mu.Unlock()
		}
		if err != nil {
			return nil, o.endIfOver(err)
		}
	}
}

func codeOf(err error) contract.Code {
	var r *Refusal
	if errors.As(err, &r) {
		return contract.Code(r.Code)
	}
	return ""
}

// freshen measures the clock if nobody has yet, and refreshes a token that is
// about to end.
func (o *Officer) freshen(ctx context.Context) error {
	o.p.mu.Lock()
	measured := o.p.measured
	o.p.mu.Unlock()
	if !measured {
		if _, err := o.p.hello(ctx); err != nil {
			return err
		}
	}
	s, err := o.session()
	if err != nil {
		return err
	}
	if o.p.serverNow().Add(early).After(s.AccessEnds.Time) {
		return o.refresh(ctx)
	}
	return nil
}

// proven sends a request with its token and proof.
func (o *Officer) proven(ctx context.Context, r request) (*answer, error) {
	s, err := o.session()
	if err != nil {
		return nil, err
	}
	now := o.p.serverNow()
	jti, err := NewID(now, o.p.o.Random)
	if err != nil {
		return nil, err
	}
	o.p.mu.Lock()
	nonce := o.p.nonce
	o.p.mu.Unlock()
	proof, err := Proof(o.key, Claims{
		Method: r.method, URL: o.p.o.Server + r.path, Token: s.Access, Nonce: nonce, ID: jti.String(), At: now,
	})
	if err != nil {
		return nil, err
	}
	header := map[string]string{"Authorization": "DPoP " + s.Access, "DPoP": proof}
	for k, v := range r.header {
		header[k] = v
	}
	r.header = header
	return o.p.once(ctx, r)
}
