package chaostest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/staff"
	"kendra/cmd/phones/fleet"
	"kendra/migrations"
	"kendra/push/fcmtest"
)

const number = 7 // of the district, Chitrakoot

// publicURL is where phones believe the server to be. Nothing listens there.
const publicURL = "http://127.0.0.1:1"

// program is the path of the built kendra; TestMain sets it before any test.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kendra-chaos-bin-")
	if err == nil {
		err = readSources()
	}
	if err == nil {
		program = filepath.Join(dir, "kendra")
		build := exec.Command("go", "build", "-o", program, "kendra/cmd/kendra")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "build kendra:", err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// readSources looks at the program's sources, so that go test does not take the
// result of an older program for that of this one.
func readSources() error {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}", "kendra/cmd/kendra").Output()
	if err != nil {
		return fmt.Errorf("list sources: %w", err)
	}
	for _, dir := range strings.Fields(string(out)) {
		files, err := filepath.Glob(filepath.Join(dir, "*.*"))
		if err != nil {
			return err
		}
		for _, f := range files {
			if _, err := os.Stat(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// place is a district with people in it and a push service around it.
type place struct {
	t     *testing.T
	dir   string
	url   string // of the database, as superuser
	push  *fcmtest.Server
	world fleet.World
	fleet atomic.Pointer[fleet.Fleet]
}

func newPlace(t *testing.T, databaseURL string, centres ...fleet.Centre) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), url: databaseURL}
	p.push = must[*fcmtest.Server](t)(fcmtest.Start(fcmtest.Options{OnMessage: func(m fcmtest.Message) {
		if f := p.fleet.Load(); f != nil {
			f.OnWake(m.Token, m.Data["id"])
		}
	}}))
	t.Cleanup(p.push.Close)
	homes := p.importPeople(centres)
	pool := must[*pgxpool.Pool](t)(pgxpool.New(t.Context(), migrations.AppURL(databaseURL)))
	t.Cleanup(pool.Close)
	people := p.staff(pool)
	p.world = fleet.World{District: number, Centres: centres, EnrolCode: func(ctx context.Context, centre string) (string, error) {
		code, err := people.IssueEnrolCode(ctx, number, centre)
		return string(code.Text), err
	}}
	p.readPosts(people, homes)
	return p
}

// importPeople loads a made-up roster with the program itself.
func (p *place) importPeople(centres []fleet.Centre) (homes map[string][2]float64) {
	p.t.Helper()
	roster := fleet.MakeUp(1, centres, time.Now().Add(-24*time.Hour))
	args := []string{"import", "--chitrakoot"}
	for _, f := range []struct{ kind, text string }{
		{staff.KindOfficers, roster.Officers}, {staff.KindSquads, roster.Squads},
		{staff.KindBeats, roster.Beats}, {staff.KindPosts, roster.Posts},
	} {
		path := filepath.Join(p.dir, f.kind+".csv")
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			p.t.Fatal(err)
		}
		args = append(args, path)
	}
	p.run(args...)
	return roster.Homes
}

// staff is the service that gives out codes, with the server's own keys.
func (p *place) staff(pool *pgxpool.Pool) *staff.Service {
	p.t.Helper()
	keys := filepath.Join(p.dir, "keys")
	key := func(name string) []byte { return must[[]byte](p.t)(os.ReadFile(filepath.Join(keys, name+".key"))) }
	return must[*staff.Service](p.t)(staff.New(pool, staff.Options{
		Now: time.Now, Pepper: key("pepper"), CodeKey: key("code"), NonceKey: key("nonce"),
		Signing: must[*staff.SigningKeys](p.t)(staff.LoadSigningKeys(keys)), Issuer: "kendra", Audience: "kendra-phone",
	}))
}

func (p *place) readPosts(people *staff.Service, homes map[string][2]float64) {
	p.t.Helper()
	conn := p.connect()
	rows := must[pgx.Rows](p.t)(conn.Query(p.t.Context(), `SELECT o.officer_id, o.number, p.role, p.centre, p.squad_id, p.beat_id
		FROM posts p JOIN officers o USING (district_id, officer_id) WHERE district_id = $1 ORDER BY o.number`, number))
	var o fleet.Officer
	_, err := pgx.ForEachRow(rows, []any{&o.ID, &o.Number, &o.Role, &o.Centre, &o.SquadID, &o.BeatID}, func() error {
		code, err := people.IssueActivationCode(p.t.Context(), number, o.Number)
		o.Activation, o.Lat, o.Lon = string(code.Text), homes[o.Number][0], homes[o.Number][1]
		p.world.Officers = append(p.world.Officers, o)
		o.SquadID, o.BeatID = nil, nil
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) connect() *pgx.Conn {
	p.t.Helper()
	conn := must[*pgx.Conn](p.t)(pgx.Connect(p.t.Context(), p.url))
	p.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// env configures the program, with nothing of the environment of the tests
// that could mean another database or other keys.
func (p *place) env(more ...string) []string {
	env := []string{
		"DATABASE_URL=" + p.url, "KENDRA_KEYS=" + filepath.Join(p.dir, "keys"), "KENDRA_DATA=" + p.dir,
		"KENDRA_LISTEN=127.0.0.1:0", "KENDRA_PRIVATE_LISTEN=127.0.0.1:0", "KENDRA_BASE_URL=" + publicURL,
		"KENDRA_FCM_ENDPOINT=" + p.push.URL(), "KENDRA_FCM_PROJECT=" + p.push.Project(),
		"KENDRA_TICK=200ms", "KENDRA_RATES=off", "KENDRA_POOL=12", "PATH=" + os.Getenv("PATH"), "HOME=" + p.dir,
	}
	return append(env, more...)
}

// run does one verb of the program to its end.
func (p *place) run(args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), program, args...)
	cmd.Env = p.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("kendra %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// work lets a fleet do its shift, which meets what hinder does meanwhile: it
// is called when the shift begins and ended when hinder has returned and all
// that the phones recorded has arrived.
func (p *place) work(plan fleet.Plan, hinder func(context.Context)) fleet.Report {
	p.t.Helper()
	begun, over := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	plan.Dir, plan.Server = filepath.Join(p.dir, "phones"), publicURL
	plan.Progress = func(fleet.Report) {
		select {
		case <-begun:
		default:
			close(begun)
		}
	}
	f := must[*fleet.Fleet](p.t)(fleet.New(p.world, plan))
	p.fleet.Store(f)
	go func() {
		defer close(over)
		select {
		case <-begun:
			hinder(ctx)
		case <-ctx.Done():
		}
	}()
	report, err := f.Run(ctx)
	if err != nil {
		cancel()
	}
	<-over
	if err != nil {
		report.Acked = nil
		p.t.Fatalf("%v\n%+v", err, report)
	}
	return report
}

// text is a report in one line.
func text(r fleet.Report) string {
	r.Acked = nil
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
