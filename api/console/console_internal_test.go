package console

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func devanagari(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x900 && r <= 0x97f })
}

// TestEveryTextThatAPageUsesIsInTheCatalogueInBothLanguages looks for the keys
// in the templates, and for those that are made of codes.
func TestEveryTextThatAPageUsesIsInTheCatalogueInBothLanguages(t *testing.T) {
	t.Parallel()
	texts, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]string{}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal("no templates", err)
	}
	uses := regexp.MustCompile(`\.T "([a-z0-9_.]+)"`)
	for _, name := range names {
		raw, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range uses.FindAllStringSubmatch(string(raw), -1) {
			wanted[m[1]] = name
		}
	}
	for i := range table {
		wanted["page."+table[i].name] = "pages.go"
	}
	for _, k := range book.Kinds() {
		wanted["kind."+k], wanted["did."+k] = "kinds.go", "kinds.go"
		for _, f := range contract.BodyFields(contract.Kind(k)) {
			wanted["field."+f.Name] = k
		}
	}
	for _, r := range staff.Roles {
		wanted["enum.role."+string(r)] = "roles"
	}
	for _, s := range complaintStates() {
		wanted["state."+s] = "states"
	}
	for _, s := range ladder {
		wanted["step."+s] = "steps of a task"
	}
	for key, by := range wanted {
		if _, ok := texts[key]; !ok {
			t.Errorf("%s, of %s, is not in the catalogue", key, by)
		}
	}
	for key, x := range texts {
		if devanagari(x.En) && key != "other_language" {
			t.Errorf("%s: the English text is Hindi: %s", key, x.En)
		}
		if strings.ContainsAny(x.Hi, "०१२३४५६७८९") {
			t.Errorf("%s: digits are Latin: %s", key, x.Hi)
		}
	}
}

// TestAFormLeadsNobodyAway tries addresses that lead out of the console.
func TestAFormLeadsNobodyAway(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/", "//evil.example", "https://evil.example", "/console//evil.example", "/console/\\evil", "/v1/hello", "javascript:alert(1)", "/console/a\r\nSet-Cookie: x=1"} {
		if got := within(path); got != Root+"/" {
			t.Errorf("%q leads to %q", path, got)
		}
	}
	if got := within("/console/complaints?centre=KRW"); got != "/console/complaints?centre=KRW" {
		t.Errorf("the own page leads to %q", got)
	}
}
