package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

//go:embed templates/*.html
var templateFiles embed.FS

// look is the texts and the templates: all of them in one set, for what pages share would
// else be kept once for each. A page is called as its file, a part of it page/part.
type look struct {
	texts     map[string]text
	templates *template.Template
}

// mustLook reads what is embedded.
func mustLook() *look {
	l, err := readLook()
	if err != nil {
		panic(err)
	}
	return l
}

func readLook() (*look, error) {
	texts, err := loadTexts()
	if err != nil {
		return nil, err
	}
	templates, err := template.ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return &look{texts: texts, templates: templates}, nil
}

// exchange is one request for a page and what is known of who makes it.
type exchange struct {
	c       *fiber.Ctx
	ctx     context.Context //nolint:containedctx // it lives as long as the request
	page    *page
	lang    contract.Lang
	now     time.Time
	nonce   string
	who     staff.Caller
	session staff.Console
	asked   string // the centre that the request names
	centre  string // the one that the page is about
	size    int64  // of its book, before anything of the page was read; 0: not known
	home    *staff.Home
	centres []staff.Centre
	roll    []staff.OnRoll // of the centre, for who has no post there
	rolled  bool
}

const langCookie = "__Host-kendra-lang"

func (p *Pages) exchange(ctx context.Context, c *fiber.Ctx, pg *page) *exchange {
	lang := contract.Hindi
	if c.Cookies(langCookie) == "en" {
		lang = contract.English
	}
	nonce, _ := c.Locals(nonceLocal).(string)
	return &exchange{c: c, ctx: ctx, page: pg, lang: lang, now: p.Now(), nonce: nonce}
}

const nonceLocal = "nonce"

// dress sets what a page may do: run the scripts that carry its nonce, take
// styles, fonts and answers from where it came from, send its forms there.
func (p *Pages) dress(c *fiber.Ctx) {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	nonce := base64.RawURLEncoding.EncodeToString(raw)
	c.Locals(nonceLocal, nonce)
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'nonce-"+nonce+"'; style-src 'self'; font-src 'self'; "+
		"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	// With no-referrer a browser says of its own forms that they come from nowhere
	// (Origin: null); so the own pages hear where one comes from, nobody else does.
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
}

// settle finds what the page is about: the centre that was asked for, or that of
// the officer's first post.
func (p *Pages) settle(x *exchange) error {
	var err error
	if x.centres, err = p.Staff.Centres(x.ctx, x.who.District); err != nil {
		return err
	}
	x.asked = x.c.Query("centre", x.c.FormValue("centre"))
	x.centre = x.asked
	if x.asked == "" && len(x.who.Posts) > 0 {
		x.centre = x.who.Posts[0].Centre
	}
	if x.asked != "" && !slices.ContainsFunc(x.centres, func(c staff.Centre) bool { return c.Centre == x.asked }) {
		return contract.NewProblem(contract.CodeNotFound, contract.WithPointer("centre"))
	}
	if p.Live != nil {
		x.size, _ = p.Live.state(bookKey{x.who.District, x.centre})
	}
	return nil
}

// idOf is the id in the address of a page.
func idOf(x *exchange) (uuid.UUID, error) {
	id, err := uuid.Parse(x.c.Params("id"))
	if err != nil {
		return uuid.Nil, contract.NewProblem(contract.CodeNotFound)
	}
	return id, nil
}

// around is the officer's home, read when a page first wants it.
func (p *Pages) around(x *exchange) (*staff.Home, error) {
	if x.home == nil {
		h, err := p.Staff.Home(x.ctx, x.who)
		if err != nil {
			return nil, err
		}
		x.home = &h
	}
	return x.home, nil
}

// view is what a template gets: the page's own Body, and words.
type view struct {
	p *Pages
	x *exchange

	Title string
	Body  any
	Done  *doneNote
}

// With is the view with another body, for a part of a page.
func (v *view) With(body any) *view {
	w := *v
	w.Body = body
	return &w
}

// send renders a page.
func (p *Pages) send(x *exchange, status int, name, title string, body any) error {
	v := &view{p: p, x: x, Title: p.look.texts[title].in(x.lang), Body: body}
	if title != "" && v.Title == "" {
		return fmt.Errorf("text %s is not there", title)
	}
	if x.who.OfficerID != uuid.Nil && x.c.Method() == fiber.MethodGet {
		v.Done = p.doneOf(x)
	}
	blocks := []string{"head", name, "foot"}
	if part := name + "/" + x.c.Get("HX-Target"); p.look.templates.Lookup(part) != nil {
		blocks = []string{part}
	}
	var out bytes.Buffer
	for _, block := range blocks {
		if err := p.look.templates.ExecuteTemplate(&out, block, v); err != nil {
			return fmt.Errorf("render %s: %w", name, err)
		}
	}
	x.c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	x.c.Set(fiber.HeaderVary, "HX-Target, Cookie")
	return x.c.Status(status).Send(out.Bytes())
}

// T is a text of the catalogue.
func (v *view) T(key string) (string, error) {
	t, ok := v.p.look.texts[key]
	if !ok {
		return "", fmt.Errorf("text %s is not there", key)
	}
	return t.in(v.x.lang), nil
}

// Word is the text of a code. One that is missing is told of, and stands for itself.
func (v *view) Word(section, code string) string { return v.p.word(v.x.lang, section, code) }

func (p *Pages) word(lang contract.Lang, section, code string) string {
	if t, ok := p.look.texts[section+"."+code]; ok {
		return t.in(lang)
	}
	p.Door.Missing(section + "." + code)
	return strings.ReplaceAll(code, "_", " ")
}

// Label is a code of a list of the rules.
func (v *view) Label(list, code string) string { return v.p.label(v.x, list, code) }

func (p *Pages) label(x *exchange, list, code string) string {
	if code == "" {
		return ""
	}
	l, ok := p.Book.Label(x.who.District, list, code)
	switch {
	case !ok:
		return p.word(x.lang, "enum."+list, code)
	case x.lang == contract.English:
		return l.En
	}
	return l.Hi
}

// Date, At and Clock say times of India.
func (v *view) Date(t any) string {
	return eachTime(t, func(t time.Time) string { return dateText(t, v.x.lang) })
}
func (v *view) At(t any) string {
	return eachTime(t, func(t time.Time) string { return timeText(t, v.x.lang) })
}
func (v *view) Clock(t any) string {
	return eachTime(t, func(t time.Time) string { return t.In(ist).Format("15:04") })
}

// ISO is a time as <time datetime> has it.
func (v *view) ISO(t any) string {
	return eachTime(t, func(t time.Time) string { return t.In(ist).Format(time.RFC3339) })
}

// Since is how long ago a time was, or how long until it comes.
func (v *view) Since(t any) string {
	return eachTime(t, func(t time.Time) string { return spanText(v.x.now.Sub(t), v.x.lang) })
}

func eachTime(t any, say func(time.Time) string) string {
	switch t := t.(type) {
	case time.Time:
		return say(t)
	case *time.Time:
		if t != nil {
			return say(*t)
		}
	case contract.Time:
		return say(t.Time)
	case *contract.Time:
		if t != nil {
			return say(t.Time)
		}
	}
	return ""
}

// Hindi tells the language of the page.
func (v *view) Hindi() bool { return v.x.lang == contract.Hindi }

// Lang is it as <html lang> has it.
func (v *view) Lang() string { return string(v.x.lang) }

// Nonce is what the page's scripts carry.
func (v *view) Nonce() string { return v.x.nonce }

// CSRF is what the page's forms carry.
func (v *view) CSRF() string { return v.x.session.CSRF }

// Here is the path of the page with its query, for the switch of language; of a form that
// came back, that of the page on which it stood.
func (v *view) Here() string {
	if back := v.x.c.FormValue("back"); v.x.c.Method() == http.MethodPost && back != "" {
		return within(back)
	}
	return string(v.x.c.Request().URI().RequestURI())
}

// Root is where the pages are.
func (v *view) Root() string { return Root }

// Asset is the address of a script or a style.
func (v *view) Asset(name string) string { return v.p.assets.url(name) }

// Sketched tells that maps show an outline of the district that is drawn from its stations.
func (v *view) Sketched() bool {
	text, drawn := v.p.Book.Outline(v.x.who.District)
	return drawn && text != ""
}

// Built tells whether there are assets.
func (v *view) Built() bool { return v.p.assets.built() }

// Live is where the page hears what moves at its centre, if the officer may.
func (v *view) Live() string {
	if v.p.Live == nil || v.x.centre == "" || v.p.may(v.x, pageAt("/live"), v.x.centre) != nil {
		return ""
	}
	path := LivePath + "?centre=" + url.QueryEscape(v.x.centre)
	if v.x.size > 0 { // as of before the page was read
		path += "&after=" + strconv.FormatInt(v.x.size, 10)
	}
	return path
}

// Known tells whether somebody is logged in.
func (v *view) Known() bool { return v.x.who.OfficerID != uuid.Nil }

// Officer is her name.
func (v *view) Officer() string { return v.OfficerName(&v.x.session.Officer) }

// OfficerName is the name of an officer in the page's language.
func (v *view) OfficerName(o *staff.Officer) string {
	return v.either(o.NameHi, o.NameEn)
}

// either is the name in the page's language.
func (v *view) either(hi, en string) string {
	if v.x.lang == contract.English && en != "" {
		return en
	}
	return hi
}

// Posts are hers, in words.
func (v *view) Posts() []string {
	out := make([]string, len(v.x.session.Posts))
	for i, post := range v.x.session.Posts {
		out[i] = v.Word("enum.role", string(post.Role)) + ", " + v.CentreName(post.Centre)
	}
	return out
}

// Centre is what the page is about.
func (v *view) Centre() string { return v.x.centre }

// CentreName is the name of a centre.
func (v *view) CentreName(code string) string {
	for _, c := range v.x.centres {
		if c.Centre != code {
			continue
		}
		return v.either(c.NameHi, c.NameEn)
	}
	return code
}

// By is the name of an officer of the centre, by id.
func (v *view) By(id any) string {
	var want uuid.UUID
	switch id := id.(type) {
	case uuid.UUID:
		want = id
	case *uuid.UUID:
		if id == nil {
			return ""
		}
		want = *id
	}
	home, err := v.p.around(v.x)
	if err != nil {
		return ""
	}
	for i := range home.Colleagues {
		if home.Colleagues[i].ID == want {
			return v.OfficerName(&home.Colleagues[i])
		}
	}
	roll := v.p.rollOf(v.x)
	for i := range roll {
		if roll[i].ID == want {
			return v.OfficerName(&roll[i].Officer)
		}
	}
	return v.p.look.texts["somebody"].in(v.x.lang)
}

// InHindi is the view in Hindi, for what is given to her, whichever language the
// officer reads.
func (v *view) InHindi() *view {
	w, x := *v, *v.x
	x.lang = contract.Hindi
	w.x = &x
	return &w
}

// Ticked is what a box says that there may be none of.
func (v *view) Ticked(on *bool) bool { return on != nil && *on }

// Nth is the number of what stands at an index.
func (v *view) Nth(i int) int { return i + 1 }

// Now is the time at which the page was made.
func (v *view) Now() time.Time { return v.x.now }

// DistrictNo is what the log-in form begins with: the district, where there is
// one only.
func (v *view) DistrictNo() string {
	if d := v.x.c.FormValue("district"); d != "" {
		return d
	}
	list, err := v.p.Book.Districts(v.x.ctx)
	if err != nil || len(list) != 1 {
		return ""
	}
	return strconv.Itoa(int(list[0]))
}
