package fleet_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"kendra/api"
	"kendra/api/book"
	"kendra/api/seal"
	"kendra/api/staff"
	"kendra/cmd/phones/fleet"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// station is a whole server on loopback with made-up people.
type station struct {
	t     *testing.T
	url   string
	db    *dbtest.DB
	pool  *pgxpool.Pool
	book  *book.Book
	staff *staff.Service
	now   func() time.Time
	world fleet.World
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

func newStation(t *testing.T, speed float64, centres ...fleet.Centre) *station {
	t.Helper()
	began := time.Now()
	s := &station{t: t, db: dbtest.New(t), now: func() time.Time {
		return began.Add(time.Duration(float64(time.Since(began)) * speed))
	}}
	s.pool = s.db.Pool(t)
	s.openStaff()
	s.openBook()
	s.people(centres)
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	app := api.New(api.Options{Book: s.book, Staff: s.staff, Now: s.now, Log: log})
	ln := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	s.url = "http://" + ln.Addr().String()
	s.serve(app, ln)
	return s
}

func (s *station) serve(app *fiber.App, ln net.Listener) {
	go func() { _ = app.Listener(ln) }()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for ctx.Err() == nil {
			_, _ = s.book.Tick(ctx)
			time.Sleep(200 * time.Millisecond)
		}
	}()
	s.t.Cleanup(func() {
		cancel()
		_ = ln.Close() // nobody is calling any more
	})
}

func random32() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

func (s *station) openStaff() {
	_, one, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.staff = must[*staff.Service](s.t)(staff.New(s.pool, staff.Options{
		Now: s.now, Pepper: random32(), CodeKey: random32(), NonceKey: random32(), Signing: staff.NewSigningKeys(one),
		Issuer: "kendra", Audience: "kendra-phone",
	}))
}

func (s *station) openBook() {
	path := filepath.Join(s.t.TempDir(), "seal.keyset")
	if err := seal.Create(path); err != nil {
		s.t.Fatal(err)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, "kendra")
	if err != nil {
		s.t.Fatal(err)
	}
	s.book = must[*book.Book](s.t)(book.New(s.t.Context(), book.Options{
		Pool: s.pool, Keys: must[*seal.Keyset](s.t)(seal.Open(path)), Sessions: s.staff.SessionKey,
		Witness: must[*book.Witness](s.t)(book.NewWitness(skey, vkey)), Enqueue: must[*push.Enqueuer](s.t)(push.New()),
		Blind: must[*seal.Blinder](s.t)(seal.NewBlinder(random32())), SaltKey: random32(), SlipKey: random32(), MarkerKeys: must[*book.MarkerKeys](s.t)(book.NewMarkerKeys(random32())), Now: s.now,
	}))
}

// people loads the district and a made-up roster, and gives each her post.
func (s *station) people(centres []fleet.Centre) {
	s.t.Helper()
	roster := fleet.MakeUp(1, centres, s.now().Add(-24*time.Hour))
	var files []staff.Import
	for _, kind := range []string{staff.KindCircles, staff.KindStations} {
		text := must[[]byte](s.t)(staff.Chitrakoot.ReadFile("chitrakoot/" + kind + ".csv"))
		files = append(files, s.parse(kind, string(text)))
	}
	for kind, text := range map[string]string{
		staff.KindOfficers: roster.Officers, staff.KindSquads: roster.Squads, staff.KindBeats: roster.Beats, staff.KindPosts: roster.Posts,
	} {
		files = append(files, s.parse(kind, text))
	}
	loaded, wrong, err := s.staff.Load(s.t.Context(), district, files, false)
	if err != nil || len(wrong) > 0 {
		s.t.Fatal(err, wrong)
	}
	s.world = fleet.World{District: district, Centres: centres, EnrolCode: func(ctx context.Context, centre string) (string, error) {
		c, err := s.staff.IssueEnrolCode(ctx, district, centre)
		return string(c.Text), err
	}}
	for _, p := range loaded.Posts {
		body := contract.PostTake{PostID: p.PostID, OfficerID: p.OfficerID, Role: contract.Role(p.Role), SquadID: p.SquadID, BeatID: p.BeatID}
		receipts := must[[]book.Receipt](s.t)(s.book.AppendServer(s.t.Context(), district, p.Centre, book.RoleRegistrar,
			[]book.ServerOp{{Kind: "post.take", Subject: p.PostID, Rule: "import", At: p.From, Body: body}}))
		if receipts[0].Problem != nil {
			s.t.Fatal(receipts[0].Problem)
		}
		code := must[staff.Code](s.t)(s.staff.IssueActivationCode(s.t.Context(), district, p.OfficerNumber))
		home := roster.Homes[p.OfficerNumber]
		s.world.Officers = append(s.world.Officers, fleet.Officer{
			ID: p.OfficerID, Number: p.OfficerNumber, Activation: string(code.Text), Role: contract.Role(p.Role), Centre: p.Centre,
			SquadID: p.SquadID, BeatID: p.BeatID, Lat: home[0], Lon: home[1],
		})
	}
	if err := s.book.LoadRules(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) parse(kind, text string) staff.Import {
	s.t.Helper()
	in, wrong := staff.ParseImport(kind, strings.NewReader(text))
	if len(wrong) > 0 {
		s.t.Fatal(wrong)
	}
	return in
}

func (s *station) check(acked []fleet.Acked) fleet.Found {
	s.t.Helper()
	conn := must[*pgx.Conn](s.t)(pgx.Connect(s.t.Context(), s.db.AppURL))
	defer func() { _ = conn.Close(context.Background()) }()
	tx := must[pgx.Tx](s.t)(conn.BeginTx(s.t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}))
	defer func() { _ = tx.Rollback(context.Background()) }()
	return must[fleet.Found](s.t)(fleet.Check(s.t.Context(), tx, district, acked))
}

func TestAShiftWithEveryTroubleLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := newStation(t, 120, fleet.Centre{Code: "KRW", Lat: 25.218, Lon: 80.923}, fleet.Centre{Code: "RJP", Lat: 25.383, Lon: 81.150})
	s.world.Markers = map[string][]string{"KRW": {"KM1.00000000000000000000000000.1.0000000000000000"}} // of no place: a visit enters all the same
	r, err := fleet.Run(t.Context(), s.world, fleet.Plan{
		Seed: 7, Phones: 16, Minutes: 20, Speed: 120, Now: s.now, Server: s.url, Dir: t.TempDir(), Settle: 40 * time.Second,
	})
	t.Logf("%+v", summary(r))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.check(r.Acked); !f.OK() {
		t.Errorf("%+v", f)
	}
	if r.ProofsFailed > 0 || len(r.Alarms) > 0 {
		t.Errorf("%d proofs failed: %v", r.ProofsFailed, r.Alarms)
	}
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), s.db.URL))
	defer func() { _ = conn.Close(context.Background()) }()
	var read int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM entries WHERE kind = 'visit.record' AND facts::json ->> 'marker' = 'bad'`).Scan(&read); err != nil || read == 0 {
		t.Errorf("%d visits read a code: %v", read, err)
	}
	if r.Entered == 0 || r.ProofsVerified != r.Entered || r.TasksDone == 0 || r.Repeated == 0 || r.Troubles["lost"] == 0 {
		t.Error("too little happened")
	}
}

// summary is a report without its long list.
func summary(r fleet.Report) fleet.Report {
	r.Acked = nil
	return r
}

// TestAFleetThatStaysTakesUpItsHandsetsAndAnswersTasks has a shift end and the
// same handsets go on: they know who they are, and who is sent a task does it.
func TestAFleetThatStaysTakesUpItsHandsetsAndAnswersTasks(t *testing.T) {
	t.Parallel()
	s := newStation(t, 1, fleet.Centre{Code: "KRW", Lat: 25.218, Lon: 80.923})
	plan := fleet.Plan{Seed: 3, Phones: 4, Minutes: 2, Pace: 30, Calm: true, Now: s.now, Server: s.url, Dir: t.TempDir()}
	if _, err := fleet.Run(t.Context(), s.world, plan); err != nil {
		t.Fatal(err)
	}
	handsets := func() (n int) {
		conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), s.db.URL)) // sees every district
		defer func() { _ = conn.Close(context.Background()) }()
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM devices`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := handsets()
	if before == 0 {
		t.Fatal("no handset was enrolled")
	}
	plan.Pace = 1000
	f := must[*fleet.Fleet](t)(fleet.New(s.world, plan))
	ctx, leave := context.WithCancel(t.Context())
	stayed := make(chan error, 1)
	go func() { stayed <- f.Stay(ctx) }()
	for f.Report().TasksDone == 0 {
		select {
		case err := <-stayed:
			t.Fatalf("it did not stay: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	leave()
	if err := <-stayed; err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	if n := handsets(); n != before {
		t.Errorf("%d handsets, there were %d", n, before)
	}
}
