package apitest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// The console of the tests, and the passphrase of everybody there.
const (
	Console        = "https://console.kendra.example"
	GoodPassphrase = "नदी किनारे सात बगुले शाम को उतरे" //nolint:gosec // nobody's but the tests'
)

// Browser is a browser with the console's page in it, and the officer before
// it with her authenticator app and passkey.
type Browser struct {
	*Officer
	On      *Server
	Cookie  string // of the session
	Known   string // by which the browser is known
	Session contract.ConsoleSession
	Secret  []byte // of the one-time codes
	Passkey *Authenticator
	Lang    string // of the pages; empty: none was chosen
	// Head is what it says of a page otherwise than a browser would.
	Head map[string]string

	last int64 // the step whose code she used last
	seq  int64
}

// Browser gives an officer a console with one-time codes and a passkey; she is
// not logged in.
func (w *World) Browser(o *Officer) *Browser {
	w.T.Helper()
	b := &Browser{Officer: o, On: w.Server}
	code, err := w.Staff.IssueConsoleCode(context.Background(), District, o.Number)
	w.must(err)
	begun := b.Begin(string(code.Text), GoodPassphrase)
	b.Passkey = w.Authenticator(w.decode(begun.UserHandle))
	totp := b.Code()
	b.Page(Post("/v1/console/activations/confirmation", contract.ActivationConfirm{
		Setup: begun.Setup, Totp: &totp, Passkey: b.Passkey.Make(begun.Challenge),
	})).Into(http.StatusNoContent, nil)
	return b
}

// AtConsole makes an officer with a post who is logged in at a console.
func (w *World) AtConsole(centre string, role contract.Role) *Browser {
	w.T.Helper()
	b := w.Browser(w.Hire(centre, role))
	b.LogIn()
	return b
}

func (w *World) decode(text string) []byte {
	w.T.Helper()
	raw, err := contract.Decode(text)
	w.must(err)
	return raw
}

// Begin shows a code and chooses a passphrase.
func (b *Browser) Begin(code, passphrase string) contract.ActivationBegun {
	b.On.w.T.Helper()
	var out contract.ActivationBegun
	b.Page(Post("/v1/console/activations", contract.ActivationBegin{Code: code, Passphrase: passphrase})).Into(http.StatusOK, &out)
	secret, err := base32.StdEncoding.DecodeString(out.TotpSecret)
	b.On.w.must(err)
	b.Secret = secret
	return out
}

// CodeAt is the one-time code of a step.
func (b *Browser) CodeAt(step int64) string {
	mac := hmac.New(sha1.New, b.Secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[19] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// Step is the step of now.
func (b *Browser) Step() int64 { return b.On.w.Now().Unix() / 30 }

// Code is a one-time code that she has not used; she waits for it if she must.
func (b *Browser) Code() string {
	for b.last > b.Step() {
		b.On.w.Pass(time.Second)
	}
	b.last = max(b.last+1, b.Step())
	return b.CodeAt(b.last)
}

// Page makes a call as the console's page does before log-in.
func (b *Browser) Page(r Request) *Answer {
	b.On.w.T.Helper()
	return b.On.Do(b.Dressed(r))
}

// Dressed adds what a browser says with a call of the page, and its cookies.
func (b *Browser) Dressed(r Request) Request {
	cookies := ""
	if b.Cookie != "" {
		cookies = "__Host-kendra=" + b.Cookie
	}
	if b.Known != "" {
		if cookies != "" {
			cookies += "; "
		}
		cookies += "__Host-kendra-browser=" + b.Known
	}
	if b.Lang != "" {
		cookies += "; __Host-kendra-lang=" + b.Lang
	}
	for name, value := range map[string]string{"Cookie": cookies, "Sec-Fetch-Site": "same-origin", "Origin": "", "X-Kendra-CSRF": ""} {
		if r.Method != http.MethodGet {
			switch name {
			case "Origin":
				value = b.On.w.console()
			case "X-Kendra-CSRF":
				value = b.Session.Csrf
			}
		}
		if _, set := r.Header[name]; !set && value != "" {
			r = r.With(name, value)
		}
	}
	return r
}

// Do makes a call as the officer.
func (b *Browser) Do(r Request) *Answer {
	b.On.w.T.Helper()
	return b.At(b.On, r)
}

// At is Do at another server.
func (b *Browser) At(s *Server, r Request) *Answer {
	b.On.w.T.Helper()
	return s.Do(b.Dressed(r))
}

// LogInBody is the body of a log-in by one-time code.
func (b *Browser) LogInBody() contract.ConsoleLogIn {
	code := b.Code()
	return contract.ConsoleLogIn{District: District, OfficerNo: b.Number, Passphrase: GoodPassphrase, Totp: &code}
}

// LogIn logs in by a one-time code.
func (b *Browser) LogIn() {
	b.On.w.T.Helper()
	b.Take(b.Page(Post("/v1/console/sessions", b.LogInBody())), http.StatusCreated)
}

// StepUp shows a one-time code again.
func (b *Browser) StepUp() {
	b.On.w.T.Helper()
	code := b.Code()
	b.Take(b.Do(Post("/v1/console/sessions/step-up", contract.ConsoleFactor{Totp: &code})), http.StatusOK)
}

// Take keeps what a log-in or step-up gave, as a browser does.
func (b *Browser) Take(a *Answer, status int) {
	b.On.w.T.Helper()
	a.Into(status, &b.Session)
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		switch c.Name {
		case "__Host-kendra":
			b.Cookie = c.Value
		case "__Host-kendra-browser":
			b.Known = c.Value
		}
	}
}

// Challenge asks for one.
func (b *Browser) Challenge() string {
	b.On.w.T.Helper()
	var out contract.ConsoleChallenge
	b.On.Do(Get("/v1/console/challenge")).Into(http.StatusOK, &out)
	return out.Challenge
}

// Text writes an op, made now.
func (b *Browser) Text(kind contract.Kind, body any, opts ...Option) []byte {
	b.On.w.T.Helper()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	b.seq++
	op := map[string]any{
		"op_id": newID(), "kind": kind, "centre": b.Centre, "session_id": b.Session.SessionID, "device_seq": b.seq,
		"device_at": contract.At(b.On.w.Now()), "salt": contract.Encode(salt), "body": body,
	}
	for _, f := range opts {
		f(op)
	}
	raw, err := json.Marshal(op)
	b.On.w.must(err)
	return raw
}

// Op writes an op and has it signed.
func (b *Browser) Op(kind contract.Kind, body any, opts ...Option) Item {
	b.On.w.T.Helper()
	raw := b.Text(kind, body, opts...)
	var out contract.ConsoleSignature
	b.Do(Post("/v1/console/signatures", contract.ConsoleOp{Op: string(raw)})).Into(http.StatusOK, &out)
	return Item{Op: raw, Sig: out.Sig}
}

// Text asks the database for one text.
func (w *World) Text(query string, args ...any) (text string) {
	w.T.Helper()
	w.within(func(tx pgx.Tx) error { return tx.QueryRow(context.Background(), query, args...).Scan(&text) })
	return text
}

// Holding lists the tables in a row of which a text stands, bytes as hex.
func (w *World) Holding(text string) (tables []string) {
	w.T.Helper()
	w.within(func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT oid::regclass::text FROM pg_class
			WHERE relnamespace IN ('public'::regnamespace, 'river'::regnamespace) AND relkind = 'r' ORDER BY 1`)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, name := range names {
			var found bool
			if err == nil {
				err = tx.QueryRow(context.Background(), `SELECT (xpath('/row/n/text()', query_to_xml(format(
					'SELECT count(*) AS n FROM %s t WHERE position(%L IN t::text) > 0', $1::text, $2::text), false, true, '')))[1]::text <> '0'`,
					name, text).Scan(&found)
			}
			if found {
				tables = append(tables, name)
			}
		}
		return err
	})
	return tables
}
