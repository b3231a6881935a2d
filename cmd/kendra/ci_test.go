package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// ciJobs are the steps of CI that a release stands on, and what the Makefile
// must do for each.
var ciJobs = map[string]string{
	"make race": `go test -race [^\n]*\./\.\.\.`,
	"make vuln": `govulncheck@\$\(GOVULNCHECK_VERSION\) \./\.\.\.`,
	"make sbom": `cyclonedx-gomod@\$\(CYCLONEDX_VERSION\) mod -json`,
	".ci/run":   ``,
}

// runsOf lists what the jobs of a workflow run; a step or a job that may fail
// without being seen, or that only runs now and then, does not count.
func runsOf(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	type step struct {
		Run      string
		If       string
		Continue bool `yaml:"continue-on-error"`
	}
	var w struct {
		Jobs map[string]struct {
			If       string
			Continue bool `yaml:"continue-on-error"`
			Steps    []step
		}
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	runs := map[string]bool{}
	for _, j := range w.Jobs {
		for _, s := range j.Steps {
			if s.Run != "" && j.If == "" && s.If == "" && !j.Continue && !s.Continue {
				runs[strings.TrimSpace(s.Run)] = true
			}
		}
	}
	return runs
}

func TestCITestsForRacesLooksForVulnerabilitiesAndListsWhatABuildIsMadeOf(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	runs := runsOf(t, text)
	for step, does := range ciJobs {
		if !runs[step] {
			t.Errorf("CI does not run %s, or may pass without it", step)
		}
		if !regexp.MustCompile(does).Match(makefile) {
			t.Errorf("%s: the Makefile has nothing like %s", step, does)
		}
	}
	for _, step := range []string{"\nstep make check\n", "\nstep make test\n"} {
		if !strings.Contains(string(script), step) {
			t.Errorf(".ci/run lacks %q", step)
		}
	}
	check := regexp.MustCompile(`(?ms)^check: setup\n(.*?)\n\n`).FindString(string(makefile))
	for _, target := range []string{"lint", "sbom", "races"} {
		if !regexp.MustCompile(`\$\(MAKE\)[^\n]* ` + target + `\b`).MatchString(check) {
			t.Errorf("make check does without %s", target)
		}
	}
	if !regexp.MustCompile(`(?ms)^races: setup\n.*-race .*\./push/\.\.\. \./api/staff/\.\.\.\n.*-race .*\./api \./api/book`).Match(makefile) {
		t.Error("make races lacks one of book, api, push and staff")
	}
	linters, err := os.ReadFile("../../.golangci.yml")
	if err != nil || !regexp.MustCompile(`(?m)^ +- gosec\b`).Match(linters) {
		t.Errorf("the linters are without gosec: %v", err)
	}
	if !strings.Contains(string(text), "path: sbom.json") {
		t.Error("CI does not keep the SBOM")
	}
	weak := strings.Replace(string(text), "- run: make race", "- run: make race\n        continue-on-error: true", 1)
	if runsOf(t, []byte(weak))["make race"] {
		t.Error("a step that may fail is counted")
	}
}
