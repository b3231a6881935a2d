// Package booktest gives tests a district with two centres, officers with
// posts and signed-in handsets, and a clock that stands until it is moved. When
// a test ends, every book is verified, and every projection folded again and
// compared: so each book test proves replay.
package booktest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"kendra/api/book"
	"kendra/api/seal"
	"kendra/api/staff"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// District is the district of the tests.
const District = 7

// World is a district at a moment.
type World struct {
	T    testing.TB
	Book *book.Book
	Pool *pgxpool.Pool // the app's role
	DB   *dbtest.DB
	Keys *seal.Keyset
	// KeyPath is the file of Keys, Witness the key that signs checkpoints.
	KeyPath string
	Witness book.WitnessKey

	MarkerKeys *book.MarkerKeys

	SquadID, BeatID uuid.UUID
	Incharge, SHO   *Officer
	Leader, Member  *Officer
	Beat, Second    *Officer
	Dispatcher      *Officer
	Other           *Officer // in-charge of the other centre
	SP              *Officer

	mu       sync.Mutex
	now      time.Time
	sessions map[uuid.UUID]session
	numbers  int
}

type session struct {
	key             *ecdsa.PublicKey
	officer, device uuid.UUID
}

// Officer is an officer with a session on a handset.
type Officer struct {
	w       *World
	book    *book.Book // nil: the world's
	ID      uuid.UUID
	Number  string
	Posts   []staff.Post
	Device  uuid.UUID
	Session uuid.UUID
	Key     *ecdsa.PrivateKey
	Offset  time.Duration // what must be added to the handset's clock
	seq     int64
}

// The two centres: in Karwi everybody serves, in Rajapur one.
const (
	Centre      = "KRW"
	OtherCentre = "RJP"
)

// Start is the time at which every world begins: a Wednesday, 10:00 IST.
var Start = time.Date(2026, 11, 18, 4, 30, 0, 0, time.UTC)

// New makes a world.
func New(t testing.TB) *World {
	t.Helper()
	db := dbtest.New(t)
	w := &World{T: t, DB: db, Pool: db.Pool(t), now: Start, sessions: map[uuid.UUID]session{}}
	w.place()
	w.open()
	w.people()
	t.Cleanup(w.replay)
	return w
}

func (w *World) open() {
	w.T.Helper()
	w.KeyPath = filepath.Join(w.T.TempDir(), "seal.keyset")
	w.must(seal.Create(w.KeyPath))
	var err error
	w.Keys, err = seal.Open(w.KeyPath)
	w.must(err)
	w.Witness.Skey, w.Witness.Vkey, err = note.GenerateKey(rand.Reader, "kendra")
	w.must(err)
	witness, err := book.NewWitness(w.Witness.Skey, w.Witness.Vkey)
	w.must(err)
	enqueue, err := push.New()
	w.must(err)
	w.MarkerKeys, err = book.NewMarkerKeys([]byte("thirty-two bytes to make markers!"))
	w.must(err)
	w.Book, err = book.New(context.Background(), book.Options{
		Pool: w.Pool, Keys: w.Keys, Sessions: w.session, Witness: witness, Enqueue: enqueue,
		Blind: w.blinder(), SaltKey: make([]byte, 32), SlipKey: make([]byte, 32), MarkerKeys: w.MarkerKeys, Now: w.Now, Deadline: 20 * time.Second, Patience: 20 * time.Second,
	})
	w.must(err)
}

func (w *World) blinder() *seal.Blinder {
	b, err := seal.NewBlinder([]byte("thirty-two bytes to test blinding"[:32]))
	w.must(err)
	return b
}

// session answers for the sessions that the world made.
func (w *World) session(_ context.Context, _ int32, id uuid.UUID) (*ecdsa.PublicKey, uuid.UUID, uuid.UUID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.sessions[id]
	if !ok {
		return nil, uuid.Nil, uuid.Nil, contract.NewProblem(contract.CodeUnknownSession)
	}
	return s.key, s.officer, s.device, nil
}

// Now is the server's clock.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// SQL runs statements in the district as the app's role.
func (w *World) SQL(statements ...any) {
	w.T.Helper()
	w.must(pgx.BeginFunc(context.Background(), w.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), fmt.Sprintf("SET LOCAL app.district_id = '%d'", District)); err != nil {
			return err
		}
		for i := 0; i < len(statements); i += 2 {
			if _, err := tx.Exec(context.Background(), statements[i].(string), statements[i+1].([]any)...); err != nil {
				return fmt.Errorf("%s: %w", statements[i], err)
			}
		}
		return nil
	}))
}

func (w *World) place() {
	w.SquadID, w.BeatID = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	area := `{"type":"Polygon","coordinates":[[[80.90,25.20],[80.95,25.20],[80.95,25.25],[80.90,25.25],[80.90,25.20]]]}`
	w.SQL(
		`INSERT INTO circles (district_id, circle, hi, en) VALUES ($1, 'City', 'नगर', 'City'), ($1, 'Rajapur', 'राजापुर', 'Rajapur')`,
		[]any{District},
		`INSERT INTO centres (district_id, centre, circle, hi, en, lat, lon) VALUES ($1, 'KRW', 'City', 'कर्वी', 'Karwi', 25.218, 80.923),
			($1, 'RJP', 'Rajapur', 'राजापुर', 'Rajapur', 25.383, 81.150), ($1, 'HQ', NULL, 'मुख्यालय', 'Headquarters', NULL, NULL)`,
		[]any{District},
		`INSERT INTO squads (district_id, squad_id, centre, hi, en) VALUES ($1, $2, 'KRW', 'स्क्वाड १', 'Squad 1')`,
		[]any{District, w.SquadID},
		`INSERT INTO beats (district_id, beat_id, centre, hi, en, area) VALUES ($1, $2, 'KRW', 'बीट १', 'Beat 1', $3)`,
		[]any{District, w.BeatID, area})
}

func (w *World) people() {
	w.Incharge = w.Enlist(Centre, staff.CentreIncharge)
	w.SHO = w.Enlist(Centre, staff.SHO)
	w.Leader = w.Enlist(Centre, staff.SquadLeader)
	w.Member = w.Enlist(Centre, staff.SquadMember)
	w.Beat = w.Enlist(Centre, staff.BeatOfficer)
	w.Second = w.Enlist(Centre, staff.BeatOfficer)
	w.Dispatcher = w.Enlist(Centre, staff.Dispatcher)
	w.Other = w.Enlist(OtherCentre, staff.CentreIncharge)
	w.SP = w.Enlist(book.HQ, staff.SP)
}

// Enlist makes an officer with a post at a centre, by the registrar's op, and
// signs him in on a handset of his own. Change may alter the post.
func (w *World) Enlist(centre, role string, change ...func(*contract.PostTake)) *Officer {
	w.T.Helper()
	o := w.Recruit()
	post := staff.Post{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Centre: centre, Role: role, From: Start.Add(-24 * time.Hour)}
	body := contract.PostTake{PostID: post.PostID, OfficerID: o.ID, Role: contract.Role(role)}
	if role == staff.SquadLeader || role == staff.SquadMember {
		post.SquadID, body.SquadID = &w.SquadID, &w.SquadID
	}
	for _, f := range change {
		f(&body)
	}
	if body.Circle != nil {
		post.Circle = *body.Circle
	}
	receipts, err := w.Book.AppendServer(context.Background(), District, centre, book.RoleRegistrar, []book.ServerOp{
		{Kind: "post.take", Subject: post.PostID, Rule: "import", At: post.From, Body: body},
	})
	w.must(err)
	if receipts[0].Outcome != book.Entered {
		w.T.Fatalf("post of %s: %+v", role, receipts[0].Problem)
	}
	o.Posts = append(o.Posts, post)
	return o
}

// Recruit makes an officer without any post, signed in on a handset.
func (w *World) Recruit() *Officer {
	w.T.Helper()
	w.numbers++
	o := &Officer{w: w, ID: uuid.Must(uuid.NewV7()), Number: fmt.Sprintf("CTK%04d", w.numbers), Device: uuid.Must(uuid.NewV7())}
	w.SQL(`INSERT INTO officers (district_id, officer_id, number, name_hi, name_en, rank, is_woman, state_at)
			VALUES ($1, $2, $3, 'अधिकारी', 'Officer', 'constable', true, $4)`, []any{District, o.ID, o.Number, Start},
		`INSERT INTO devices (district_id, device_id, centre, public_key, thumbprint, enrolled_at)
			VALUES ($1, $2, 'KRW', '', $3, $4)`, []any{District, o.Device, o.Device.String(), Start})
	o.SignIn()
	return o
}

// SignIn begins a session of the officer on his handset.
func (o *Officer) SignIn() {
	w := o.w
	w.T.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	point, err := key.PublicKey.Bytes()
	w.must(err)
	o.Key, o.Session = key, uuid.Must(uuid.NewV7())
	from := w.Now().Add(-48 * time.Hour)
	w.SQL(`INSERT INTO sessions (district_id, session_id, officer_id, device_id, public_key, thumbprint, created_at, expires_at,
		idle_at, refresh_n, refresh_hash, rotated_at) VALUES ($1, $2, $3, $4, $5, 'x', $6, $7, $7, 0, '', $6)`,
		[]any{District, o.Session, o.ID, o.Device, point, from, from.Add(30 * 24 * time.Hour)})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[o.Session] = session{key: &key.PublicKey, officer: o.ID, device: o.Device}
}

// Caller is the officer as the API would pass him on.
func (o *Officer) Caller() staff.Caller {
	return staff.Caller{District: District, OfficerID: o.ID, DeviceID: o.Device, SessionID: o.Session, Posts: o.Posts}
}

// Option changes an op before it is signed.
type Option func(op map[string]any)

// Item signs an op of the officer, made now by his handset's clock.
func (o *Officer) Item(kind string, body any, opts ...Option) contract.Item {
	o.w.T.Helper()
	o.seq++
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	op := map[string]any{
		"op_id": uuid.Must(uuid.NewV7()), "kind": kind, "centre": Centre, "session_id": o.Session, "device_seq": o.seq,
		"device_at": contract.At(o.w.Now().Add(-o.Offset)), "salt": contract.Encode(salt), "body": body,
	}
	if len(o.Posts) > 0 && o.Posts[0].Centre != book.HQ {
		op["centre"] = o.Posts[0].Centre
	}
	for _, f := range opts {
		f(op)
	}
	raw, err := json.Marshal(op)
	o.w.must(err)
	return o.Sign(raw)
}

// Sign signs the bytes of an op.
func (o *Officer) Sign(raw []byte) contract.Item {
	sig, err := contract.SignES256(o.Key, contract.OpMessage(contract.HashOp(raw)))
	o.w.must(err)
	return contract.Item{Raw: raw, Sig: contract.Encode(sig)}
}

// Send appends a batch and returns its receipts.
func (o *Officer) Send(items ...contract.Item) []book.Receipt {
	o.w.T.Helper()
	out, err := o.TrySend(items...)
	o.w.must(err)
	return out
}

// TrySend is Send for batches that may be turned away.
func (o *Officer) TrySend(items ...contract.Item) ([]book.Receipt, error) {
	to := o.w.Book
	if o.book != nil {
		to = o.book
	}
	answer, err := to.Append(context.Background(), o.Caller(), book.Incoming{
		ReceivedAt: o.w.Now(), Offset: o.Offset, Items: items,
	})
	if err != nil {
		return nil, err
	}
	return answer.Receipts, nil
}

// Do appends one op.
func (o *Officer) Do(kind string, body any, opts ...Option) book.Receipt {
	o.w.T.Helper()
	return o.Send(o.Item(kind, body, opts...))[0]
}

// Enter is Do for an op that must be entered.
func (o *Officer) Enter(kind string, body any, opts ...Option) *book.Entry {
	o.w.T.Helper()
	r := o.Do(kind, body, opts...)
	if r.Outcome != book.Entered {
		o.w.T.Fatalf("%s: %s (waits for %q, problem %v)", kind, r.Outcome, r.WaitsFor, r.Problem)
	}
	return r.Entry
}

// At places an op.
func At(lat, lon, accuracy float64) Option {
	return With("place", contract.Place{Lat: lat, Lon: lon, AccuracyM: accuracy})
}

// FixedAt places an op by a fix of another moment.
func FixedAt(lat, lon, accuracy float64, at time.Time) Option {
	fix := contract.At(at)
	return With("place", contract.Place{Lat: lat, Lon: lon, AccuracyM: accuracy, FixAt: &fix})
}

// With sets a member of the op.
func With(name string, value any) Option {
	return func(op map[string]any) { op[name] = value }
}

// replay verifies and rebuilds all books at the end of a test.
func (w *World) replay() {
	ctx := context.Background()
	centres, err := w.Book.Centres(ctx, District)
	if err != nil {
		w.T.Errorf("list books: %v", err)
		return
	}
	for _, c := range centres {
		v, err := w.Book.VerifyBook(ctx, District, c)
		if err != nil || !v.OK() {
			w.T.Errorf("verify %s: %v, first bad %d: %s", c, err, v.FirstBad, v.Why)
		}
		r, err := w.Book.Rebuild(ctx, District, c, false)
		if err != nil || !r.Equal() {
			w.T.Errorf("rebuild %s: %v", c, err)
			if r != nil {
				w.T.Errorf("rebuild %s differs: %v", c, r.Differs)
			}
		}
	}
}
