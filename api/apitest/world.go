package apitest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"kendra/api"
	"kendra/api/book"
	"kendra/api/seal"
	"kendra/api/staff"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
)

// District is the district of the tests.
const District = 7

// The two centres in which officers of the tests serve.
const (
	Karwi   = "KRW"
	Rajapur = "RJP"
)

// Start is the time at which every world begins: a Wednesday, 10:00 IST.
var Start = time.Date(2026, 11, 18, 4, 30, 0, 0, time.UTC)

// Limits of the servers of a world; zero takes their defaults.
type Limits struct {
	QueueOps int
	Deadline time.Duration
	Patience time.Duration
	MaxConns int32
	Rates    api.Rates
	Proxies  []netip.Prefix
	// NoConsole leaves the console's origin out.
	NoConsole bool
	// RealBrowser serves the console's pages under a name of this machine that a
	// browser takes for safe, and tells open pages what moves.
	RealBrowser bool
	// FileWithin is how long a file of a page may take to come.
	FileWithin time.Duration
}

// World is a district and its servers.
type World struct {
	*Server // the first one

	T  testing.TB
	DB *dbtest.DB
	// SquadID and BeatID are of Karwi.
	SquadID, BeatID uuid.UUID
	// Log holds what the servers have logged, Seen all their answers.
	Log, Seen *Buffer
	// Broken says that errors in the log are the point of the test.
	Broken bool

	secrets secrets
	limits  Limits
	origin  string // of the console, where a real browser comes
	prove   func() // that all books are right, at the end; once

	mu      sync.Mutex
	told    []staff.Notice
	now     time.Time
	numbers int
}

// secrets are shared by all servers of a district, as files are.
type secrets struct {
	signer      ed25519.PrivateKey
	signing     *staff.SigningKeys
	keyset      *seal.Keyset
	keysetPath  string
	blindKey    []byte
	blind       *seal.Blinder
	skey, vkey  string
	one, second []byte
}

// New makes a world with one server.
func New(t testing.TB) *World {
	t.Helper()
	return NewWith(t, Limits{})
}

// NewWith makes a world whose servers have limits of their own.
func NewWith(t testing.TB, limits Limits) *World {
	t.Helper()
	w := &World{T: t, DB: dbtest.New(t), now: Start, limits: limits, Log: &Buffer{}, Seen: &Buffer{}}
	w.makeSecrets()
	w.SquadID, w.BeatID = newID(), newID()
	w.place()
	w.Server = w.Another()
	w.prove = sync.OnceFunc(w.replay)
	t.Cleanup(w.prove)
	return w
}

// replay verifies and rebuilds all books at the end of a test, and looks for
// errors of the server's own.
func (w *World) replay() {
	ctx := context.Background()
	centres, err := w.Book.Centres(ctx, District)
	if err != nil {
		w.T.Errorf("list books: %v", err)
		return
	}
	for _, c := range centres {
		if v, err := w.Book.VerifyBook(ctx, District, c); err != nil || !v.OK() {
			w.T.Errorf("verify %s: %v, %+v", c, err, v)
		}
		if r, err := w.Book.Rebuild(ctx, District, c, false); err != nil || !r.Equal() {
			w.T.Errorf("rebuild %s: %v, %+v", c, err, r)
		}
	}
	for line := range strings.Lines(w.Log.String()) {
		if strings.Contains(line, `"level":"ERROR"`) && !w.Broken {
			w.T.Errorf("in the log: %s", line)
		}
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// Now is the time of servers and phones.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *World) tell(_ context.Context, _ pgx.Tx, n staff.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, n)
	return nil
}

// Told lists whom alarms have woken, in their order.
func (w *World) Told() []staff.Notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *World) makeSecrets() {
	w.T.Helper()
	_, signer, err := ed25519.GenerateKey(rand.Reader)
	w.must(err)
	path := filepath.Join(w.T.TempDir(), "seal.keyset")
	w.must(seal.Create(path))
	keyset, err := seal.Open(path)
	w.must(err)
	skey, vkey, err := note.GenerateKey(rand.Reader, "kendra")
	w.must(err)
	blindKey := bytes.Repeat([]byte{3}, 32)
	blind, err := seal.NewBlinder(blindKey)
	w.must(err)
	w.secrets = secrets{
		blind: blind, blindKey: blindKey, keysetPath: path, signer: signer, signing: staff.NewSigningKeys(signer), keyset: keyset, skey: skey, vkey: vkey,
		one: bytes.Repeat([]byte{1}, 32), second: bytes.Repeat([]byte{2}, 32),
	}
}

// Signer is the key that access tokens are signed with, for tests that forge
// them.
func (w *World) Signer() ed25519.PrivateKey { return w.secrets.signer }

// place loads the stations, a squad and a beat.
func (w *World) place() {
	w.T.Helper()
	pool := w.DB.Pool(w.T)
	defer pool.Close()
	s, err := staff.New(pool, w.staffOptions())
	w.must(err)
	var files []staff.Import
	for _, kind := range []string{staff.KindStations, staff.KindCircles} {
		text, err := staff.Chitrakoot.ReadFile("chitrakoot/" + kind + ".csv")
		w.must(err)
		f, wrong := staff.ParseImport(kind, bytes.NewReader(text))
		if len(wrong) > 0 {
			w.T.Fatal(wrong)
		}
		files = append(files, f)
	}
	if _, wrong, err := s.Load(context.Background(), District, files, false); err != nil || len(wrong) > 0 {
		w.T.Fatal(err, wrong)
	}
	area := `{"type":"Polygon","coordinates":[[[80.90,25.20],[80.95,25.20],[80.95,25.25],[80.90,25.25],[80.90,25.20]]]}`
	w.SQL(`INSERT INTO squads (district_id, squad_id, centre, hi, en) VALUES ($1, $2, 'KRW', 'स्क्वाड १', 'Squad 1')`, District, w.SquadID)
	w.SQL(`INSERT INTO beats (district_id, beat_id, centre, hi, en, area) VALUES ($1, $2, 'KRW', 'बीट १', 'Beat 1', $3)`,
		District, w.BeatID, area)
}

// SQL runs one statement in the district as the superuser.
func (w *World) SQL(statement string, args ...any) {
	w.T.Helper()
	w.within(func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), statement, args...)
		return err
	})
}

// Count asks the database one number.
func (w *World) Count(query string, args ...any) int64 {
	w.T.Helper()
	var n int64
	w.within(func(tx pgx.Tx) error { return tx.QueryRow(context.Background(), query, args...).Scan(&n) })
	return n
}

func (w *World) within(do func(tx pgx.Tx) error) {
	w.T.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.DB.URL)
	w.must(err)
	defer func() { _ = conn.Close(ctx) }()
	w.must(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", District)); err != nil {
			return err
		}
		return do(tx)
	}))
}

// Hire makes an officer with a post, by the registrar's op. He has no PIN yet.
func (w *World) Hire(centre string, role contract.Role) *Officer {
	w.T.Helper()
	o := w.Recruit()
	w.Appoint(o, centre, role)
	return o
}

// Recruit makes an officer without any post.
func (w *World) Recruit() *Officer {
	w.T.Helper()
	w.mu.Lock()
	w.numbers++
	o := &Officer{Number: fmt.Sprintf("CTK%04d", w.numbers)}
	w.mu.Unlock()
	ctx := context.Background()
	pool := w.Pool
	w.must(pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", District)); err != nil {
			return err
		}
		var err error
		o.ID, err = w.Staff.AddOfficer(ctx, tx, District, staff.Officer{
			Number: o.Number, NameHi: "सीता देवी", NameEn: "Sita Devi", Rank: "constable", IsWoman: true,
		})
		return err
	}))
	return o
}

// Appoint gives an officer a post.
func (w *World) Appoint(o *Officer, centre string, role contract.Role) {
	w.T.Helper()
	w.AppointTo(o, centre, contract.PostTake{PostID: newID(), OfficerID: o.ID, Role: role})
}

// AppointTo is Appoint to a post that says more, such as the circle of its
// officer.
func (w *World) AppointTo(o *Officer, centre string, body contract.PostTake) {
	w.T.Helper()
	role := body.Role
	if (role == contract.RoleSquadLeader || role == contract.RoleSquadMember) && centre == Karwi {
		body.SquadID = &w.SquadID
	}
	receipts, err := w.Book.AppendServer(context.Background(), District, centre, book.RoleRegistrar, []book.ServerOp{
		{Kind: "post.take", Subject: body.PostID, Rule: "import", At: w.Now().Add(-24 * time.Hour), Body: body},
	})
	w.must(err)
	if receipts[0].Outcome != book.Entered {
		w.T.Fatalf("post: %v", receipts[0].Problem)
	}
	o.PostID, o.Centre = body.PostID, centre
}

// Enlist makes an officer with a post who is logged in on a handset of his own.
func (w *World) Enlist(centre string, role contract.Role) *Shift {
	w.T.Helper()
	return w.Handset(centre).LogIn(w.Hire(centre, role))
}
