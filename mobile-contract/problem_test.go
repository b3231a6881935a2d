package contract_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	contract "kendra/mobile-contract"
)

// constants reads codes.go: the constants are not a list one could range over.
func constants(t *testing.T) []contract.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []contract.Code
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			text, _ := strconv.Unquote(lit.Value)
			out = append(out, contract.Code(text))
		}
		return true
	})
	slices.Sort(out)
	return out
}

func TestEveryCodeHasARowAndEveryRowACode(t *testing.T) {
	t.Parallel()
	if got, want := contract.Codes(), constants(t); !slices.Equal(got, want) {
		t.Errorf("problems.yaml has %v, codes.go has %v", got, want)
	}
}

func TestEveryProblemSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	for _, code := range contract.Codes() {
		p := contract.NewProblem(code, contract.WithDetail("7"))
		hi, en := p.Render(contract.Hindi), p.Render(contract.English)
		if hi.Status < 400 || hi.Status > 599 || hi.Status != en.Status || hi.Code != string(code) {
			t.Errorf("%s: %+v", code, hi)
		}
		if (hi.Detail == "") != (en.Detail == "") || strings.Contains(hi.Detail+en.Detail, "{") {
			t.Errorf("%s: detail %q, %q", code, hi.Detail, en.Detail)
		}
		for _, s := range []string{hi.Title, hi.Advice} {
			speaks(t, string(code), s, true)
		}
		for _, s := range []string{en.Title, en.Advice} {
			speaks(t, string(code), s, false)
		}
	}
	for code, l := range contract.FlagLabels() {
		speaks(t, code, l.Hi, true)
		speaks(t, code, l.En, false)
	}
}

// speaks wants Hindi in Devanagari, but for words like JSON, and English without.
func speaks(t *testing.T, code, text string, hindi bool) {
	t.Helper()
	deva, latin := 0, 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Devanagari, r):
			deva++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	if text == "" || len([]rune(text)) > 120 || strings.TrimSpace(text) != text || strings.HasSuffix(text, ".") ||
		hindi && (deva == 0 || latin > 4) || !hindi && (deva > 0 || latin == 0) {
		t.Errorf("%s: %q", code, text)
	}
}

func TestAProblemHidesItsCauseFromThePhone(t *testing.T) {
	t.Parallel()
	p := contract.NewProblem(contract.CodeOverloaded, contract.WithCause(io.ErrUnexpectedEOF), contract.WithPointer("/body/women"))
	if !errors.Is(p, io.ErrUnexpectedEOF) || !errors.Is(p, contract.NewProblem(contract.CodeOverloaded)) || errors.Is(p, contract.NewProblem(contract.CodeInternal)) {
		t.Error("the problem does not know its kind or cause")
	}
	if !strings.Contains(p.Error(), "EOF") || !strings.Contains(p.Error(), "overloaded at /body/women") {
		t.Errorf("the log would say %q", p)
	}
	if got := p.Render(contract.English); strings.Contains(got.Title+got.Detail+got.Advice, "EOF") {
		t.Errorf("the phone would read %+v", got)
	}
}

func TestAViolationBecomesAProblem(t *testing.T) {
	t.Parallel()
	_, _, err := contract.DecodeOp([]byte(strings.Replace(visit, `"women":34`, `"women":5001`, 1)))
	var v *contract.Violation
	if !errors.As(err, &v) {
		t.Fatal(err)
	}
	got := v.Problem().Render(contract.Hindi)
	if got.Code != "out_of_range" || got.Status != 422 || got.Pointer != "/body/women" || got.Title != "संख्या सीमा से बाहर है" || got.Detail != "मान्य: 0 - 5000" {
		t.Errorf("%+v", got)
	}
	if got := v.Problem(contract.WithStatus(400)).Render(contract.English); got.Status != 400 || got.Detail != "Allowed: 0 - 5000" {
		t.Errorf("%+v", got)
	}
}

func TestACodeWithoutARowIsInternal(t *testing.T) {
	t.Parallel()
	if got := contract.NewProblem("no_such").Render(contract.Hindi); got.Code != "internal" || got.Status != 500 {
		t.Errorf("%+v", got)
	}
}

func TestTheLanguageIsHindiUnlessEnglishIsWantedMore(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]contract.Lang{
		"": contract.Hindi, "hi": contract.Hindi, "en": contract.English, "en-IN": contract.English, "EN-in,hi;q=0.8": contract.English,
		"hi-IN,en;q=0.9": contract.Hindi, "en;q=0.5,hi;q=0.7": contract.Hindi, "fr": contract.Hindi, "*": contract.Hindi,
		"en;q=0": contract.Hindi, "en;q=x": contract.Hindi, "en, hi": contract.Hindi, ";;,": contract.Hindi, "fr, en;q=0.1": contract.English,
	} {
		if got := contract.LangOf(header); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}
