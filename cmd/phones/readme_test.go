package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kendra/migrations/dbtest"
)

const readme = "../../README.md"

// step is a block of commands in README.md and what it says is answered.
type step struct {
	commands string
	answers  []string
}

// walk reads the steps between the two marks of README.md.
func readWalk(t *testing.T) []step {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(text), "<!-- walk:begin -->")
	rest, _, ends := strings.Cut(rest, "<!-- walk:end -->")
	if !begins || !ends {
		t.Fatal("README.md has no walk between its marks")
	}
	var steps []step
	for _, fence := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(rest, -1) {
		if fence[1] == "bash" {
			steps = append(steps, step{commands: fence[2]})
			continue
		}
		if len(steps) == 0 {
			t.Fatal("README.md shows an answer before any command")
		}
		last := &steps[len(steps)-1]
		last.answers = append(last.answers, strings.Split(strings.TrimSpace(fence[2]), "\n")...)
	}
	return steps
}

// fits tells whether lines are those shown: … stands for anything in a line, a
// line of it for any lines, a year for any year.
func fits(shown, lines []string) error {
	for i, line := range shown {
		if line == "…" {
			rest := shown[i+1:]
			if len(lines) < len(rest) {
				return fmt.Errorf("ends before %q", rest[0])
			}
			return fits(rest, lines[len(lines)-len(rest):])
		}
		if len(lines) == 0 {
			return fmt.Errorf("ends before %q", line)
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*")
		pattern = regexp.MustCompile(`\b20[0-9]{2}\b`).ReplaceAllString(pattern, `20[0-9]{2}`)
		if !regexp.MustCompile("^" + pattern + "$").MatchString(lines[0]) {
			return fmt.Errorf("README.md shows\n\t%s\nthe answer is\n\t%s", line, lines[0])
		}
		lines = lines[1:]
	}
	if len(lines) > 0 {
		return fmt.Errorf("README.md does not show %q", lines[0])
	}
	return nil
}

func TestAnAnswerFitsWhatTheREADMEShows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shown, lines string
		fits         bool
	}{
		{"204", "204", true},
		{"204", "401", false},
		{"204", "204\nmore", false},
		{"204\n200", "204", false},
		{`{"a":"…"}`, `{"a":"x"}`, true},
		{`{"a":"…"}`, `{"b":"x"}`, false},
		{"one\n…\nend", "one\nend", true},
		{"one\n…\nend", "one\ntwo\nthree\nend", true},
		{"one\n…\nend", "one\ntwo", false},
		{"KRW/WB/2026/00001", "KRW/WB/2031/00001", true},
		{"KRW/WB/2026/00001", "KRW/WB/2026/00002", false},
	} {
		if err := fits(strings.Split(c.shown, "\n"), strings.Split(c.lines, "\n")); (err == nil) != c.fits {
			t.Errorf("%q, %q: %v", c.shown, c.lines, err)
		}
	}
}

// needed says how to get a program that the walk runs.
func needed(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%[1]s is missing: install it (Debian: apt-get install %[1]s)", p)
		}
	}
}

// buildAll builds the two commands into dir/bin, where make build puts them.
func buildAll(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin")+"/", "kendra/cmd/kendra", "kendra/cmd/phones")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

// serve runs the server until the test ends and returns where it listens.
func serve(t *testing.T, dir string, env []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "bin", "kendra"), "serve")
	cmd.Dir, cmd.Env = dir, env
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, told := bufio.NewScanner(log), make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines.Scan() {
			var line struct{ Msg, Listen string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				told <- line.Listen
			}
		}
	}()
	t.Cleanup(func() {
		defer cancel()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-done
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case address := <-told:
		return "http://" + address
	case <-done:
		t.Fatal("the server ended at once")
	case <-time.After(time.Minute):
		t.Fatal("the server does not serve")
	}
	return ""
}

// mark parts the answers of one step from those of the next.
const mark = "--- step ends ---"

func TestTheWalkByCurlInTheREADMEWorksAsPrinted(t *testing.T) {
	t.Parallel()
	needed(t, "bash", "curl", "sed")
	steps := readWalk(t)
	if len(steps) < 8 {
		t.Fatalf("README.md has %d steps only", len(steps))
	}
	dir := t.TempDir()
	buildAll(t, dir)
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "KENDRA_") || strings.HasPrefix(v, "GOOGLE_") || strings.Contains(v, "_proxy=") || strings.Contains(v, "_PROXY=")
	})
	env = append(env, "DATABASE_URL="+dbtest.New(t).URL)
	url := serve(t, dir, append(env, "KENDRA_LISTEN=127.0.0.1:0", "KENDRA_PRIVATE_LISTEN=127.0.0.1:0"))

	var script strings.Builder
	for _, s := range steps {
		script.WriteString(s.commands + "echo '" + mark + "'\n")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, append(env, "KENDRA_URL="+url), strings.NewReader(script.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	if errs.Len() > 0 {
		t.Errorf("complaints: %s", errs.String())
	}
	answers := strings.Split(out.String(), mark+"\n")
	for i, s := range steps {
		var lines []string
		if text := strings.TrimSpace(answers[i]); text != "" {
			lines = strings.Split(text, "\n")
		}
		if err := fits(s.answers, lines); err != nil {
			t.Errorf("step %d: %v", i+1, err)
		}
	}
}

func TestEverySettingIsInTheREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../kendra/config.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`get\("([A-Z_]+)"\)`).FindAllSubmatch(source, -1)
	if len(names) < 10 {
		t.Fatalf("only %d settings found", len(names))
	}
	for _, name := range names {
		if !bytes.Contains(text, []byte("\n| `"+string(name[1])+"` | ")) {
			t.Errorf("README.md does not tell of %s", name[1])
		}
	}
}
