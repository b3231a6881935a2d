package console

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// logInBody is the form of a log-in. Kept is a form that was sent when the
// session had ended: it goes on after the log-in, and nothing of it is lost.
type logInBody struct {
	Problem *told
	Number  string
	Kept    *keptForm
}

// logInPage shows the form.
func (p *Pages) logInPage(x *exchange) error {
	return p.send(x, http.StatusOK, "log_in", "page.log_in", logInBody{})
}

// logIn opens a session by officer number, passphrase and one-time code.
func (p *Pages) logIn(x *exchange) error {
	kept := keptOf(x)
	district, err := districtOf(x.c.FormValue("district"))
	if err == nil {
		var session staff.Console
		session, err = p.Staff.OpenConsole(x.ctx, staff.ConsoleLogInIn{
			District: district, OfficerNo: strings.TrimSpace(x.c.FormValue("officer_no")),
			Passphrase: staff.Secret(x.c.FormValue("passphrase")), Factor: staff.Factor{TOTP: staff.Secret(digits(x.c.FormValue("code")))},
			Address: p.Door.Address(x.c), Browser: p.Door.Known(x.c), Earlier: p.Door.Session(x.c),
		})
		if err == nil {
			p.Door.Opened(x.c, &session)
			return p.goOn(x, district, &session, kept)
		}
	}
	problem, _ := p.Door.Problem(x.c, err)
	return p.send(x, problem.Status, "log_in", "page.log_in", logInBody{
		Problem: p.tell(x, problem), Number: x.c.FormValue("officer_no"), Kept: kept,
	})
}

// goOn leads to the first page, or on with the form that was kept.
func (p *Pages) goOn(x *exchange, district int32, session *staff.Console, kept *keptForm) error {
	if kept == nil {
		return seeOther(x.c, Root+"/")
	}
	x.session = *session
	x.who = staff.Caller{District: district, OfficerID: session.Officer.ID, SessionID: session.SessionID, Posts: session.Posts}
	return p.send(x, http.StatusOK, "resume", "page.resume", kept)
}

// logOut ends the session.
func (p *Pages) logOut(x *exchange) error {
	if err := p.Staff.LogOut(x.ctx, x.who); err != nil {
		return err
	}
	p.Door.Closed(x.c)
	return seeOther(x.c, Root+"/log-in")
}

// language changes the language of this browser.
func (p *Pages) language(x *exchange) error {
	lang := "hi"
	if x.c.FormValue("lang") == "en" {
		lang = "en"
	}
	x.c.Cookie(&fiber.Cookie{
		Name: langCookie, Value: lang, Path: "/", Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		MaxAge: 365 * 24 * 3600,
	})
	return seeOther(x.c, within(x.c.FormValue("back")))
}

// away answers who asks for a page that is only sent to.
func (p *Pages) away(x *exchange) error { return seeOther(x.c, Root+"/") }

// within is a path of the console, whatever was asked for: nobody is led away.
func within(path string) string {
	if !strings.HasPrefix(path, Root+"/") || strings.ContainsAny(path, "\\\r\n") || strings.Contains(path, "//") {
		return Root + "/"
	}
	return path
}

func seeOther(c *fiber.Ctx, path string) error { return c.Redirect(path, http.StatusSeeOther) }

// told is a problem as a page shows it.
type told struct {
	Title, Detail, Code, RequestID, Field string
	RetryAfterS                           int

	at string // where in the op
}

func (p *Pages) tell(x *exchange, problem *contract.Problem) *told {
	j := problem.Render(x.lang)
	return &told{Title: j.Title, Detail: j.Detail, Code: string(problem.Code), RetryAfterS: int(problem.RetryAfter.Seconds())}
}

// fail shows what went wrong. Who is not logged in is asked to; a form that he
// sent is kept in the page.
func (p *Pages) fail(c *fiber.Ctx, x *exchange, err error) error {
	if x == nil {
		p.dress(c)
		x = p.exchange(c.UserContext(), c, &page{})
	}
	problem, id := p.Door.Problem(c, err)
	t := p.tell(x, problem)
	t.RequestID = id
	if problem.Status == http.StatusUnauthorized {
		if problem.Code == contract.CodeUnauthorized && c.Method() == fiber.MethodGet {
			t = nil // he has simply not logged in yet
		}
		var kept *keptForm
		if p.Door.FromPage(c) == nil { // what another site sends is not hers to go on with
			kept = keptOf(x)
		}
		return p.send(x, problem.Status, "log_in", "page.log_in", logInBody{Problem: t, Kept: kept})
	}
	if problem.Code == contract.CodeNotThePage && p.resume(x) {
		return p.send(x, problem.Status, "resume", "page.resume", keptOf(x))
	}
	return p.send(x, problem.Status, "problem", "page.problem", t)
}

// resume tells whether a form came from a page of the console whose token is
// older than the session's: another page has shown the second factor since. It
// goes on by the officer's own hand.
func (p *Pages) resume(x *exchange) bool {
	if keptOf(x) == nil || p.Door.FromPage(x.c) != nil {
		return false
	}
	session, err := p.Staff.ConsoleOf(x.ctx, p.Door.Session(x.c))
	if err != nil {
		return false
	}
	x.session = session
	x.who.OfficerID = session.Officer.ID
	return true
}
