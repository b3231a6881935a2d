package console

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Paths of the officer's own second factors.
const (
	factorsPath = Root + "/me/factors"
	addPath     = factorsPath + "/add"
)

// factorsBody is the officer's second factors, once she has shown one of them, and
// what another is made of.
type factorsBody struct {
	Problem *told
	Code    bool   // it is asked for first
	Action  string // where the first form is sent
	Added   bool

	TOTP     bool
	Remove   string // where the one-time codes are taken away; empty: they are the last
	Passkeys []passkeyRow

	Number             string // by which an authenticator names the account
	Setup, Secret, URI string
	QR                 *qrCode
}

type passkeyRow struct {
	AddedAt time.Time
	Remove  string
}

// factorKey names a passkey in an address: its id may be of a thousand letters.
func factorKey(id []byte) string {
	sum := sha256.Sum256(id)
	return contract.Encode(sum[:16])
}

// totpKey names the one-time codes.
const totpKey = "totp"

// factors shows them; before, the officer shows that it is she.
func (p *Pages) factors(x *exchange) error {
	if p.wantsFactor(x) {
		return p.send(x, http.StatusOK, "factors", "page.factors", factorsBody{Code: true, Action: factorsPath})
	}
	return p.showFactors(x, http.StatusOK, factorsBody{Added: x.c.Query("added") != ""})
}

// showFactors fills in what she has and, unless the form has come back with it,
// what another is made of.
func (p *Pages) showFactors(x *exchange, status int, b factorsBody) error {
	f, err := p.Staff.Factors(x.ctx, x.who)
	if err != nil {
		return err
	}
	b.TOTP, b.Number = f.TOTP, x.session.Officer.Number
	last := len(f.Passkeys) == 0 || len(f.Passkeys) == 1 && !f.TOTP
	if f.TOTP && !last {
		b.Remove = removePath(totpKey)
	}
	for _, k := range f.Passkeys {
		row := passkeyRow{AddedAt: k.AddedAt}
		if !last {
			row.Remove = removePath(factorKey(k.ID))
		}
		b.Passkeys = append(b.Passkeys, row)
	}
	if b.Setup == "" {
		b.Setup, b.Secret, b.URI = string(f.Another.Setup), string(f.Another.TOTPSecret), string(f.Another.TOTPURI)
	}
	if b.QR, err = qrOf(b.URI); err != nil {
		return contract.NewProblem(contract.CodeBadFormat) // a form that no page made
	}
	x.c.Set("Cache-Control", "no-store")
	return p.send(x, status, "factors", "page.factors", b)
}

func removePath(key string) string { return factorsPath + "/" + url.PathEscape(key) + "/remove" }

// openFactors takes the second factor that is shown first.
func (p *Pages) openFactors(x *exchange) error {
	err := p.stepUp(x)
	if err == nil && p.wantsFactor(x) {
		err = contract.NewProblem(contract.CodeStepUp)
	}
	if err == nil {
		return seeOther(x.c, factorsPath)
	}
	problem, err := p.factorProblem(x, err)
	if err != nil {
		return err
	}
	return p.send(x, problem.status, "factors", "page.factors", factorsBody{Code: true, Action: factorsPath, Problem: problem.told})
}

type factorProblem struct {
	*told

	status int
}

// factorProblem is what is wrong; an end of the session is the error that it is.
func (p *Pages) factorProblem(x *exchange, err error) (factorProblem, error) {
	problem, id := p.Door.Problem(x.c, err)
	if problem.Status == http.StatusUnauthorized && problem.Code != contract.CodeWrongLogIn {
		return factorProblem{}, err
	}
	t := p.tell(x, problem)
	t.RequestID = id
	return factorProblem{t, problem.Status}, nil
}

// factorsAway leads to where factors are added.
func (p *Pages) factorsAway(x *exchange) error { return seeOther(x.c, factorsPath) }

// addFactor takes the first code of another authenticator app, whose secret is in
// force from then on. A passkey is made by the browser (passkey.js).
func (p *Pages) addFactor(x *exchange) error {
	if p.wantsFactor(x) {
		return seeOther(x.c, factorsPath) // she was away; the secret that was shown is thrown away
	}
	b := factorsBody{Setup: x.c.FormValue("setup"), Secret: x.c.FormValue("secret"), URI: x.c.FormValue("uri")}
	code := staff.Secret(digits(x.c.FormValue("totp")))
	var err error
	if code == "" {
		err = contract.NewProblem(contract.CodeMissingField, contract.WithPointer("/totp"))
	} else {
		err = p.Staff.AddFactor(x.ctx, x.who, staff.ConfirmIn{Setup: staff.Secret(b.Setup), TOTP: code})
	}
	if err == nil {
		return seeOther(x.c, factorsPath+"?added=1")
	}
	problem, err := p.factorProblem(x, err)
	if err != nil {
		return err
	}
	if b.Problem = problem.told; problem.status == http.StatusForbidden { // what was shown is too old: anew
		b.Setup = ""
	}
	return p.showFactors(x, problem.status, b)
}

// doRemoveFactor takes one away, never the last.
func (p *Pages) doRemoveFactor(x *exchange) (*deedDone, error) {
	done := &deedDone{Text: "deed.remove_factor.done"}
	key := x.c.Params("id")
	if key == totpKey {
		return done, p.Staff.RemoveFactor(x.ctx, x.who, nil)
	}
	f, err := p.Staff.Factors(x.ctx, x.who)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(f.Passkeys, func(k staff.Held) bool { return factorKey(k.ID) == key })
	if at < 0 {
		return nil, contract.NewProblem(contract.CodeNotFound)
	}
	return done, p.Staff.RemoveFactor(x.ctx, x.who, f.Passkeys[at].ID)
}
