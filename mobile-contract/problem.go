package contract

import (
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v4"
)

// Code names a problem. Codes are permanent words: apps react to them.
type Code string

// Lang is a language the server speaks.
type Lang string

// The two languages. Hindi is what is spoken at the stations, so it is the default.
const (
	Hindi   Lang = "hi"
	English Lang = "en"
)

//go:embed problems.yaml
var problemsYAML []byte

type problemRow struct {
	Status int    `yaml:"status"`
	Title  Label  `yaml:"title"`
	Advice Label  `yaml:"advice"`
	Detail *Label `yaml:"detail"`
}

type problemTable struct {
	Problems map[Code]problemRow `yaml:"problems"`
	Flags    map[string]Label    `yaml:"flags"`
}

var problems = sync.OnceValue(func() problemTable {
	var t problemTable
	if err := yaml.Unmarshal(problemsYAML, &t); err != nil {
		panic(fmt.Sprintf("contract: problems.yaml: %v", err)) // a broken static table
	}
	return t
})

// in gives the label's text in lang.
func (l Label) in(lang Lang) string {
	if lang == English {
		return l.En
	}
	return l.Hi
}

// ProblemTexts gives title and advice of every code, for the reference data.
func ProblemTexts() map[string]ProblemText {
	out := make(map[string]ProblemText)
	for code, row := range problems().Problems {
		out[string(code)] = ProblemText{Title: row.Title, Advice: row.Advice}
	}
	return out
}

// FlagLabels gives what each flag is called, for the reference data.
func FlagLabels() map[string]Label { return maps.Clone(problems().Flags) }

// Codes lists every code, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(problems().Problems)) }

// Problem is a refusal that the phone is told. Inside, it is an error like any other; at the edge it is rendered.
type Problem struct {
	Code       Code
	Pointer    string        // JSON pointer, or the name of a parameter
	Arg        string        // fills {arg} of the code's detail; never what the phone sent
	Status     int           // the code's, unless WithStatus said otherwise
	RetryAfter time.Duration // 0 is none
	cause      error
}

// Option adds to a problem.
type Option func(*Problem)

// WithPointer says where in the message the problem is.
func WithPointer(pointer string) Option { return func(p *Problem) { p.Pointer = pointer } }

// WithDetail fills {arg} in the code's detail: a bound or a word of the contract, never what the phone sent. A code
// without a detail in problems.yaml shows none.
func WithDetail(arg string) Option { return func(p *Problem) { p.Arg = arg } }

// WithStatus overrides the HTTP status.
func WithStatus(status int) Option { return func(p *Problem) { p.Status = status } }

// WithRetryAfter says when to try again.
func WithRetryAfter(d time.Duration) Option { return func(p *Problem) { p.RetryAfter = d } }

// WithCause keeps the error behind the problem for the log. It is never shown.
func WithCause(err error) Option { return func(p *Problem) { p.cause = err } }

// NewProblem makes a problem. A code that problems.yaml lacks is shown as internal.
func NewProblem(code Code, opts ...Option) *Problem {
	p := &Problem{Code: code, Status: http.StatusInternalServerError}
	if row, ok := problems().Problems[code]; ok {
		p.Status = row.Status
	}
	for _, o := range opts {
		o(p)
	}
	return p
}

// Error is for the log: the code and the cause, and no text for the phone.
func (p *Problem) Error() string {
	s := "problem " + string(p.Code)
	if p.Pointer != "" {
		s += " at " + p.Pointer
	}
	if p.cause != nil {
		s += ": " + p.cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.cause }

// Is matches any problem of the same code: errors.Is(err, contract.NewProblem(contract.CodeNotFound)).
func (p *Problem) Is(target error) bool {
	t, ok := target.(*Problem)
	return ok && t.Code == p.Code
}

// Render is the problem as it goes on the wire.
func (p *Problem) Render(lang Lang) ProblemJSON {
	code := p.Code
	row, ok := problems().Problems[code]
	if !ok {
		code = CodeInternal
		row = problems().Problems[code]
	}
	out := ProblemJSON{
		Code: string(code), Status: p.Status, Pointer: p.Pointer,
		Title: row.Title.in(lang), Advice: row.Advice.in(lang),
	}
	if row.Detail != nil && p.Arg != "" {
		out.Detail = strings.ReplaceAll(row.Detail.in(lang), "{arg}", p.Arg)
	}
	return out
}

// ProblemJSON is a problem as it goes on the wire (RFC 9457, `type` about:blank left out).
type ProblemJSON struct {
	Code      string `json:"code"`
	Status    int    `json:"status"`
	Title     string `json:"title"`
	Detail    string `json:"detail,omitempty"`
	Advice    string `json:"advice"`
	Pointer   string `json:"pointer,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// LangOf reads Accept-Language: Hindi, unless the header wants English more.
func LangOf(acceptLanguage string) Lang {
	var hi, en float64
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(part, ";")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || v < 0 || v > 1 {
				continue
			}
			q = v
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		switch primary {
		case "hi":
			hi = max(hi, q)
		case "en":
			en = max(en, q)
		}
	}
	if en > hi {
		return English
	}
	return Hindi
}
