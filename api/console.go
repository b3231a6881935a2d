package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetConsoleChallenge makes a challenge for a passkey.
func (s *server) GetConsoleChallenge(context.Context, GetConsoleChallengeRequestObject) (GetConsoleChallengeResponseObject, error) {
	id := s.Staff.RPID()
	if id == "" {
		return nil, contract.NewProblem(contract.CodeNotFound)
	}
	return GetConsoleChallenge200JSONResponse{Challenge: s.Staff.Nonce(), RpID: id}, nil
}

// BeginActivation takes a code and a passphrase.
func (s *server) BeginActivation(ctx context.Context, in BeginActivationRequestObject) (BeginActivationResponseObject, error) {
	b := in.Body
	out, err := s.Staff.BeginActivation(ctx, staff.Secret(b.Code), staff.Secret(b.Passphrase), prefixOf(of(ctx).address))
	if err != nil {
		return nil, err
	}
	return BeginActivation200JSONResponse(begun(out)), nil
}

func begun(a staff.Activation) contract.ActivationBegun {
	return contract.ActivationBegun{
		Setup: string(a.Setup), TotpSecret: string(a.TOTPSecret), TotpURI: string(a.TOTPURI),
		UserHandle: contract.Encode(a.UserHandle), RpID: a.RPID, Challenge: a.Challenge,
	}
}

// ConfirmActivation takes the second factor, and puts both in force.
func (s *server) ConfirmActivation(ctx context.Context, in ConfirmActivationRequestObject) (ConfirmActivationResponseObject, error) {
	c, err := shown(in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Staff.ConfirmActivation(ctx, c); err != nil {
		return nil, err
	}
	return ConfirmActivation204Response{}, nil
}

// shown reads a second factor that is set up.
func shown(b *contract.ActivationConfirm) (staff.ConfirmIn, error) {
	c := staff.ConfirmIn{Setup: staff.Secret(b.Setup), TOTP: secret(b.Totp)}
	p := b.Passkey
	if p == nil {
		return c, nil
	}
	c.Passkey = &staff.NewPasskey{}
	return c, decodeAll("/passkey", bytesAt{"/id", p.ID, &c.Passkey.ID}, bytesAt{"/client_data", p.ClientData, &c.Passkey.ClientData},
		bytesAt{"/attestation_object", p.AttestationObject, &c.Passkey.AttestationObject})
}

// bytesAt is a member of base64url and where its bytes go.
type bytesAt struct {
	pointer, text string
	into          *[]byte
}

func decodeAll(at string, members ...bytesAt) error {
	for _, m := range members {
		raw, err := contract.Decode(m.text)
		if err != nil {
			return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer(at+m.pointer))
		}
		*m.into = raw
	}
	return nil
}

// factor reads a second factor.
func factor(totp *string, p *contract.Passkey) (staff.Factor, error) {
	f := staff.Factor{TOTP: secret(totp)}
	if p == nil {
		return f, nil
	}
	f.Passkey = &staff.PasskeyShown{}
	return f, decodeAll("/passkey", bytesAt{"/id", p.ID, &f.Passkey.ID}, bytesAt{"/client_data", p.ClientData, &f.Passkey.ClientData},
		bytesAt{"/authenticator_data", p.AuthenticatorData, &f.Passkey.AuthenticatorData},
		bytesAt{"/signature", p.Signature, &f.Passkey.Signature}, bytesAt{"/user_handle", p.UserHandle, &f.Passkey.UserHandle})
}

// OpenConsole logs an officer in at a browser.
func (s *server) OpenConsole(ctx context.Context, in OpenConsoleRequestObject) (OpenConsoleResponseObject, error) {
	r, b := of(ctx), in.Body
	f, err := factor(b.Totp, b.Passkey)
	if err != nil {
		return nil, err
	}
	out, err := s.Staff.OpenConsole(ctx, staff.ConsoleLogInIn{
		District: b.District, OfficerNo: b.OfficerNo, Passphrase: staff.Secret(b.Passphrase), Factor: f,
		Address: prefixOf(r.address), Browser: r.browser, Earlier: r.cookie,
	})
	if err != nil {
		return nil, err
	}
	return consoleOpened{status: http.StatusCreated, session: out}, nil
}

// StepUpConsole takes the second factor again.
func (s *server) StepUpConsole(ctx context.Context, in StepUpConsoleRequestObject) (StepUpConsoleResponseObject, error) {
	f, err := factor(in.Body.Totp, in.Body.Passkey)
	if err != nil {
		return nil, err
	}
	out, err := s.Staff.StepUp(ctx, of(ctx).caller, f)
	if err != nil {
		return nil, err
	}
	return consoleOpened{status: http.StatusOK, session: out}, nil
}

// The cookies of a console: its session, and by what its browser is known.
const (
	sessionCookie = "__Host-kendra"
	browserCookie = "__Host-kendra-browser"
	browserKept   = 180 * 24 * time.Hour
	headCSRF      = "X-Kendra-CSRF"
	headSite      = "Sec-Fetch-Site"
)

// consoleOpened puts the token into its cookie, and into nothing else.
type consoleOpened struct {
	status  int
	session staff.Console
}

// VisitOpenConsoleResponse writes the answer to a log-in.
func (o consoleOpened) VisitOpenConsoleResponse(c *fiber.Ctx) error { return o.write(c) }

// VisitStepUpConsoleResponse writes the answer to a step-up.
func (o consoleOpened) VisitStepUpConsoleResponse(c *fiber.Ctx) error { return o.write(c) }

func (o consoleOpened) write(c *fiber.Ctx) error {
	opened(c, &o.session)
	return c.Status(o.status).JSON(consoleSession(&o.session))
}

// setCookie sets a cookie that no script and no other page gets hold of. Without a life it ends with the browser.
func setCookie(c *fiber.Ctx, name, value string, life time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		MaxAge: int(life / time.Second),
	})
}

func consoleSession(c *staff.Console) contract.ConsoleSession {
	return contract.ConsoleSession{
		SessionID: c.SessionID, Officer: officer(c.Officer), Posts: posts(c.Posts), Csrf: c.CSRF, Factor: c.Factor,
		FactorAt: contract.At(c.FactorAt), FreshUntil: contract.At(c.FreshUntil()), IdleAt: contract.At(c.IdleAt()),
		ExpiresAt: contract.At(c.ExpiresAt),
	}
}

// GetConsole tells who is logged in.
func (s *server) GetConsole(ctx context.Context, _ GetConsoleRequestObject) (GetConsoleResponseObject, error) {
	out, err := s.Staff.ConsoleOf(ctx, of(ctx).cookie)
	if err != nil {
		return nil, err
	}
	return GetConsole200JSONResponse(consoleSession(&out)), nil
}

// CloseConsole logs out.
func (s *server) CloseConsole(ctx context.Context, _ CloseConsoleRequestObject) (CloseConsoleResponseObject, error) {
	if err := s.Staff.LogOut(ctx, of(ctx).caller); err != nil {
		return nil, err
	}
	return consoleClosed{}, nil
}

// consoleClosed clears what the browser has of the session. By what it is known it keeps.
type consoleClosed struct{}

// VisitCloseConsoleResponse writes the answer.
func (consoleClosed) VisitCloseConsoleResponse(c *fiber.Ctx) error {
	closed(c)
	c.Status(http.StatusNoContent)
	return nil
}

// opened puts the token of a session into its cookie.
func opened(c *fiber.Ctx, session *staff.Console) {
	setCookie(c, sessionCookie, string(session.Token), 0)
	if session.Browser != "" {
		setCookie(c, browserCookie, string(session.Browser), browserKept)
	}
}

// closed takes it away, and what the browser keeps of pages.
func closed(c *fiber.Ctx) {
	c.Cookie(&fiber.Cookie{
		Name: sessionCookie, Path: "/", Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		Expires: time.Unix(1, 0),
	})
	c.Set("Clear-Site-Data", `"cache", "storage"`)
}

// SignOp signs an op of a console.
func (s *server) SignOp(ctx context.Context, in SignOpRequestObject) (SignOpResponseObject, error) {
	op, _, err := contract.DecodeOp([]byte(in.Body.Op))
	var v *contract.Violation
	if errors.As(err, &v) {
		p := inOp(v.Problem())
		if p.Pointer == "" {
			p.Pointer = "/op"
		}
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	sig, err := s.Staff.SignOp(ctx, of(ctx).caller, op)
	if err != nil {
		return nil, err
	}
	return SignOp200JSONResponse{Sig: sig}, nil
}

// InviteToConsole asks for a console for an officer, or gives its code.
func (s *server) InviteToConsole(ctx context.Context, in InviteToConsoleRequestObject) (InviteToConsoleResponseObject, error) {
	v, err := s.Staff.Invite(ctx, of(ctx).caller, in.Body.OfficerNo)
	if err != nil {
		return nil, err
	}
	return InviteToConsole200JSONResponse(invitation(v)), nil
}

// ApproveInvitation agrees as the second officer.
func (s *server) ApproveInvitation(ctx context.Context, in ApproveInvitationRequestObject) (ApproveInvitationResponseObject, error) {
	v, err := s.Staff.ApproveInvitation(ctx, of(ctx).caller, in.Body.OfficerNo)
	if err != nil {
		return nil, err
	}
	return ApproveInvitation200JSONResponse(invitation(v)), nil
}

func invitation(v staff.Invitation) contract.Invitation {
	out := contract.Invitation{OfficerID: v.OfficerID, AskedBy: v.AskedBy, AskedAt: contract.At(v.AskedAt), ApprovedBy: v.ApprovedBy}
	if v.ApprovedAt != nil {
		out.ApprovedAt = contract.AtPtr(*v.ApprovedAt)
	}
	if v.Code != nil {
		text := string(v.Code.Text)
		out.Code, out.ExpiresAt = &text, contract.AtPtr(v.Code.ExpiresAt)
	}
	return out
}
