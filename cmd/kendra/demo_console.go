package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"kendra/api/console"
	"kendra/api/staff"
)

// consoleGuest is an officer of the demo whose console the reader may use: her
// passphrase and the secret of her one-time codes are this process's.
type consoleGuest struct {
	guest

	passphrase, secret staff.Secret
	token              string // of the link that logs in as her
}

// consoleGuests are those guests who work at a console.
func consoleGuests() []string { return []string{"221900002", "221900003", "221900005", "221900006"} }

// openConsoles sets up the consoles of the guests, as each would by the code
// that she is given.
func (d *demo) openConsoles(ctx context.Context) error {
	for _, g := range d.world.guests {
		for _, number := range consoleGuests() {
			if g.number != number {
				continue
			}
			c, err := d.openConsole(ctx, g)
			if err != nil {
				return fmt.Errorf("console of %s: %w", g.number, err)
			}
			d.world.consoles = append(d.world.consoles, c)
		}
	}
	return nil
}

func (d *demo) openConsole(ctx context.Context, g guest) (consoleGuest, error) {
	c := consoleGuest{guest: g, passphrase: staff.Secret(randomText()), token: randomText()}
	code, err := d.node.staff.IssueConsoleCode(ctx, defaultDistrict, g.number)
	if err != nil {
		return c, err
	}
	a, err := d.node.staff.BeginActivation(ctx, code.Text, c.passphrase, "127.0.0.1")
	if err != nil {
		return c, err
	}
	c.secret = a.TOTPSecret
	now, err := staff.OneTimeCode(c.secret, d.clock.now())
	if err != nil {
		return c, err
	}
	return c, d.node.staff.ConfirmActivation(ctx, staff.ConfirmIn{Setup: a.Setup, TOTP: staff.Secret(now)})
}

func randomText() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// serveDoor serves, on a port of its own, a page for each of the guests: it logs
// the reader in as her, which a cookie of this host does for every port, and
// shows the one-time code that her phone would. There is no such page in a
// server in service.
func (d *demo) serveDoor() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	for i := range d.world.consoles {
		g := &d.world.consoles[i]
		mux.HandleFunc("GET /"+g.token, func(w http.ResponseWriter, r *http.Request) { d.showGuest(w, r, g) })
		mux.HandleFunc("POST /"+g.token, func(w http.ResponseWriter, r *http.Request) { d.admit(w, r, g) })
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := srv.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			d.say.head("door of the consoles: %v", err)
		}
	}()
	d.later(func() { _ = srv.Close() })
	return "http://localhost:" + port + "/", nil
}

const guestPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">
<title>Kendra demo: {name}</title><h1>{name}</h1><p>{role}, {number}</p>
<form method="post"><button>Log in at the console</button></form>
<p>What her authenticator app shows now, for acts that ask for it again: <b>{code}</b><br>A code serves once; a new one comes every 30 seconds. Keep this page open beside the console.</p>`

// showGuest shows who it is and her code.
func (d *demo) showGuest(w http.ResponseWriter, _ *http.Request, g *consoleGuest) {
	code, err := staff.OneTimeCode(g.secret, d.clock.now())
	if err != nil {
		http.Error(w, "no code", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	//nolint:gosec // every value is escaped
	_, _ = io.WriteString(w, strings.NewReplacer("{name}", html.EscapeString(g.nameEn), "{role}", html.EscapeString(string(g.role)),
		"{number}", html.EscapeString(g.number), "{code}", code).Replace(guestPage))
}

// admit opens a session and gives its cookie.
func (d *demo) admit(w http.ResponseWriter, r *http.Request, g *consoleGuest) {
	code, err := staff.OneTimeCode(g.secret, d.clock.now())
	if err == nil {
		var session staff.Console
		session, err = d.node.staff.OpenConsole(r.Context(), staff.ConsoleLogInIn{
			District: defaultDistrict, OfficerNo: g.number, Passphrase: g.passphrase, Factor: staff.Factor{TOTP: staff.Secret(code)}, Address: "127.0.0.1",
		})
		if err == nil {
			http.SetCookie(w, &http.Cookie{
				Name: "__Host-kendra", Value: string(session.Token), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
			http.Redirect(w, r, d.console+console.Root+"/", http.StatusSeeOther)
			return
		}
	}
	http.Error(w, "The code was used a moment ago. Wait half a minute and try again.", http.StatusTooManyRequests)
}

// tellConsoles prints where the consoles are.
func (d *demo) tellConsoles(out io.Writer) error {
	door, err := d.serveDoor()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  console     %s%s/   (each link below logs you in as one officer)\n\n", d.console, console.Root)
	for _, g := range d.world.consoles {
		fmt.Fprintf(out, "  %-16s %-16s %s%s\n", g.role, g.nameEn, door, g.token)
	}
	_, err = io.WriteString(out, "\n")
	return err
}
