package fleet_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"kendra/cmd/phones/fleet"
	"kendra/migrations/dbtest"
	contract "kendra/mobile-contract"
)

const district = 7

// shelf is a database with a book that nobody has touched.
type shelf struct {
	t     *testing.T
	conn  *pgx.Conn
	acked []fleet.Acked
	ids   []uuid.UUID
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	s := &shelf{t: t, conn: conn}
	s.do(`SET app.district_id = '7'`)
	s.do(`INSERT INTO districts VALUES (7, 'CKT', 'चित्रकूट', 'Chitrakoot') ON CONFLICT DO NOTHING`)
	s.do(`INSERT INTO centres (district_id, centre, hi, en) VALUES (7, 'KRW', 'कर्वी', 'Karwi') ON CONFLICT DO NOTHING`)
	for seq := int64(1); seq <= 9; seq++ {
		s.enter(seq)
	}
	s.do(`INSERT INTO heads VALUES (7, 'KRW', 9, '', '')`)
	s.rootAnew()
	s.do(`INSERT INTO serials VALUES (7, 'KRW', 'women_beat', 2026, 4)`)
	held := uuid.New()
	s.do(`INSERT INTO ops VALUES (7, $1, 'KRW', 0, 'h')`, held)
	s.do(`INSERT INTO held VALUES (7, $1, 'KRW', 'squad.person', 'w', $1, $1, $1, 0, $2, 'h', 's', 's')`, held, time.Now())
	s.acked = append(s.acked, fleet.Acked{OpID: held, Centre: "KRW", Held: true})
	return s
}

func (s *shelf) do(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// rootAnew puts the root of the leaves as they now stand into the head.
func (s *shelf) rootAnew() {
	s.t.Helper()
	rows, err := s.conn.Query(s.t.Context(), `SELECT leaf_hash FROM entries ORDER BY seq`)
	if err != nil {
		s.t.Fatal(err)
	}
	leaves, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		s.t.Fatal(err)
	}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, leaf := range leaves {
		if err := tree.Append(leaf, nil); err != nil {
			s.t.Fatal(err)
		}
	}
	root, err := tree.GetRootHash(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.do(`UPDATE heads SET root = $1`, root)
}

// enter puts an entry down as a server would; every second opens a line.
func (s *shelf) enter(seq int64) {
	id := uuid.New()
	hash := sha256.Sum256(id[:])
	leaf := rfc6962.DefaultHasher.HashLeaf(hash[:])
	a := fleet.Acked{OpID: id, Centre: "KRW", Seq: seq, OpHash: contract.Encode(hash[:]), LeafHash: contract.Encode(leaf)}
	lines := "[]"
	if seq%2 == 0 {
		l := contract.LineRef{Register: "women_beat", Year: 2026, Serial: seq / 2, No: fmt.Sprintf("KRW/WB/2026/%05d", seq/2)}
		a.Lines = []contract.LineRef{l}
		lines = fmt.Sprintf(`[{"register":"women_beat","year":2026,"serial":%d,"no":%q}]`, l.Serial, l.No)
	}
	s.do(`INSERT INTO ops VALUES (7, $1, 'KRW', $2, $3)`, id, seq, hash[:])
	s.do(`INSERT INTO entries (district_id, centre, seq, op_id, kind, case_id, officer_id, post_id, role, device_id, session_id,
		device_seq, device_at, at, received_at, rules_seq, seen_by, guarded, cells, facts, flags, lines, op_hash, sig, sealed,
		leaf_hash, wire) VALUES (7, 'KRW', $1, $2, 'visit.record', $2, $2, $2, 'beat_officer', $2, $2, $1, $3, $3, $3, 0, '{}',
		false, '{}', '{}', '[]', $4, $5, 's', 's', $6, 'w')`, seq, id, time.Now(), lines, hash[:], leaf)
	s.acked, s.ids = append(s.acked, a), append(s.ids, id)
}

func (s *shelf) check() fleet.Found {
	s.t.Helper()
	tx, err := s.conn.BeginTx(s.t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	f, err := fleet.Check(s.t.Context(), tx, district, s.acked)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

func TestTheCheckerFindsNothingInAGoodBook(t *testing.T) {
	t.Parallel()
	if f := newShelf(t).check(); !f.OK() {
		t.Errorf("%+v", f)
	}
}

func TestTheCheckerSeesEachPlantedFaultAndNamesItsNumber(t *testing.T) {
	t.Parallel()
	const gone = `DELETE FROM entries WHERE district_id = 7 AND seq = $1`
	for _, c := range []struct {
		name  string
		fault func(s *shelf)
		saw   func(f fleet.Found) int
		names string
	}{
		{"an entry dropped", func(s *shelf) { s.do(gone, 5) }, func(f fleet.Found) int { return min(f.Lost, f.Gaps) }, "KRW 5:"},
		{"the last entry dropped", func(s *shelf) { s.do(gone, 9) }, func(f fleet.Found) int { return min(f.Lost, f.Gaps) }, "KRW 9:"},
		{"the last entry and its traces dropped", func(s *shelf) {
			s.do(gone, 9)
			s.do(`DELETE FROM ops WHERE seq = 9`)
			s.do(`UPDATE heads SET size = 8`)
		}, func(f fleet.Found) int { return f.Lost }, "KRW 9:"},
		{"an op that stands twice", func(s *shelf) { s.do(`UPDATE entries SET op_id = $1 WHERE seq = 6`, s.ids[2]) },
			func(f fleet.Found) int { return min(f.Doubled, f.Lost) }, "KRW 6:"},
		{"an op entered again at the end", func(s *shelf) {
			s.enter(10)
			s.do(`UPDATE entries SET op_id = $1 WHERE seq = 10`, s.ids[2])
			s.do(`UPDATE heads SET size = 10`)
			s.acked = s.acked[:9]
		}, func(f fleet.Found) int { return f.Doubled }, "KRW 10:"},
		{"two entries swapped", func(s *shelf) {
			s.do(`UPDATE entries SET seq = 100 WHERE seq = 3`)
			s.do(`UPDATE entries SET seq = 3 WHERE seq = 4`)
			s.do(`UPDATE entries SET seq = 4 WHERE seq = 100`)
		}, func(f fleet.Found) int { return min(f.Lost, f.Altered) }, "KRW 3:"},
		{"two entries and their traces swapped", func(s *shelf) {
			s.do(`UPDATE entries SET seq = 100 WHERE seq = 3`)
			s.do(`UPDATE entries SET seq = 3 WHERE seq = 4`)
			s.do(`UPDATE entries SET seq = 4 WHERE seq = 100`)
			s.do(`UPDATE ops SET seq = 7 - seq WHERE seq IN (3, 4)`)
		}, func(f fleet.Found) int { return min(f.Lost, f.Altered) }, "KRW 4:"},
		{"an entry hashed anew", func(s *shelf) { s.do(`UPDATE entries SET op_hash = sha256('x') WHERE seq = 7`) },
			func(f fleet.Found) int { return f.Altered }, "KRW 7:"},
		{"an entry and its trace hashed anew", func(s *shelf) {
			s.do(`UPDATE entries SET op_hash = sha256('x') WHERE seq = 7`)
			s.do(`UPDATE ops SET op_hash = sha256('x') WHERE seq = 7`)
		}, func(f fleet.Found) int { return f.Altered }, "KRW 7:"},
		{"an entry hashed anew up to the root", func(s *shelf) {
			s.do(`UPDATE entries SET op_hash = sha256('x'), leaf_hash = sha256('y') WHERE seq = 7`)
			s.do(`UPDATE ops SET op_hash = sha256('x') WHERE seq = 7`)
			s.rootAnew()
		}, func(f fleet.Found) int { return f.Altered }, "KRW 7:"},
		{"a leaf exchanged", func(s *shelf) { s.do(`UPDATE entries SET leaf_hash = sha256('x') WHERE seq = 2`) },
			func(f fleet.Found) int { return f.Altered }, "KRW 2:"},
		{"another root", func(s *shelf) { s.do(`UPDATE heads SET root = sha256('x')`) },
			func(f fleet.Found) int { return f.Altered }, "KRW:"},
		{"a serial left out", func(s *shelf) { s.do(`UPDATE entries SET lines = '[]' WHERE seq = 4`) },
			func(f fleet.Found) int { return min(f.Gaps, f.Altered) }, "serial 2"},
		{"a serial given twice", func(s *shelf) {
			s.do(`UPDATE entries SET lines = (SELECT lines FROM entries WHERE seq = 4) WHERE seq = 6`)
		}, func(f fleet.Found) int { return min(f.Doubled, f.Gaps) }, "KRW 6:"},
		{"a held op forgotten", func(s *shelf) { s.do(`DELETE FROM held`) },
			func(f fleet.Found) int { return f.Lost }, "waits nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			c.fault(s)
			f := s.check()
			if c.saw(f) == 0 || !strings.Contains(strings.Join(f.Details, "\n"), c.names) {
				t.Errorf("want %q named: %+v", c.names, f)
			}
		})
	}
}
