package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"rsc.io/qr"

	"kendra/api/staff"
)

// beginBody is the setting up of a console: first a code and a passphrase, then
// the second factor.
type beginBody struct {
	Problem            *told
	Setup, Secret, URI string
	QR                 *qrCode
}

// beginPage asks for code and passphrase.
func (p *Pages) beginPage(x *exchange) error {
	return p.send(x, http.StatusOK, "begin", "page.begin", beginBody{})
}

// begin takes code and passphrase, and shows what the authenticator app is to
// read.
func (p *Pages) begin(x *exchange) error {
	a, err := p.Staff.BeginActivation(x.ctx, staff.Secret(strings.TrimSpace(x.c.FormValue("activation"))),
		staff.Secret(x.c.FormValue("passphrase")), p.Door.Address(x.c))
	if err != nil {
		return p.beginAgain(x, err, beginBody{})
	}
	b := beginBody{Setup: string(a.Setup), Secret: string(a.TOTPSecret), URI: string(a.TOTPURI)}
	if b.QR, err = qrOf(b.URI); err != nil {
		return err
	}
	return p.send(x, http.StatusOK, "begin", "page.begin", b)
}

// confirm takes the first code of the app, and puts both in force.
func (p *Pages) confirm(x *exchange) error {
	b := beginBody{Setup: x.c.FormValue("setup"), Secret: x.c.FormValue("secret"), URI: x.c.FormValue("uri")}
	err := p.Staff.ConfirmActivation(x.ctx, staff.ConfirmIn{Setup: staff.Secret(b.Setup), TOTP: staff.Secret(digits(x.c.FormValue("code")))})
	if err == nil {
		return seeOther(x.c, Root+"/log-in")
	}
	if b.QR, _ = qrOf(b.URI); b.QR == nil {
		b.Setup = ""
	}
	return p.beginAgain(x, err, b)
}

func (p *Pages) beginAgain(x *exchange, err error, b beginBody) error {
	problem, id := p.Door.Problem(x.c, err)
	b.Problem = p.tell(x, problem)
	b.Problem.RequestID = id
	return p.send(x, problem.Status, "begin", "page.begin", b)
}

// qrCode is a QR code as one path over a square: it prints sharp at any size and
// wants no script and no style of its own.
type qrCode struct {
	Side int
	Path string
}

// qrOf draws a text.
func qrOf(text string) (*qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw code: %w", err)
	}
	const quiet = 4 // modules of white around it, as ISO/IEC 18004 asks
	var d strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				d.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return &qrCode{Side: code.Size + 2*quiet, Path: d.String()}, nil
}
