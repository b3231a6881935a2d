package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// mostDependencies is how many direct dependencies the house allows itself.
const mostDependencies = 28

func TestEveryDirectDependencyHasItsReasonInCONTRIBUTING(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	known, direct := map[string]bool{}, 0
	for _, r := range mod.Require {
		known[r.Path] = true
		if r.Indirect {
			continue
		}
		direct++
		if !strings.Contains(string(text), "\n| `"+r.Path+"` | ") {
			t.Errorf("%s has no row", r.Path)
		}
	}
	if direct > mostDependencies {
		t.Errorf("%d direct dependencies, at most %d", direct, mostDependencies)
	}
	_, table, _ := strings.Cut(string(text), "\n## Dependencies\n")
	for line := range strings.Lines(table) {
		path, _, found := strings.Cut(strings.TrimPrefix(line, "| `"), "` | ")
		if found && strings.HasPrefix(line, "| `") && !known[path] {
			t.Errorf("%s has a row and is not in go.mod", path)
		}
	}
}
