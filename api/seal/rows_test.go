package seal_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/seal"
	"kendra/migrations/dbtest"
)

// morning is when the keys of these tests were made.
func morning() time.Time { return time.Date(2026, 10, 5, 4, 30, 0, 0, time.UTC) }

// within sends a batch in a transaction of the district.
func within(t *testing.T, pool *pgxpool.Pool, district string, queue func(*pgx.Batch)) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL app.district_id = '"+district+"'"); err != nil {
			return err
		}
		b := &pgx.Batch{}
		queue(b)
		return tx.SendBatch(t.Context(), b).Close()
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, pool *pgxpool.Pool, district string, cases ...uuid.UUID) map[uuid.UUID][]seal.Wrapped {
	t.Helper()
	into := map[uuid.UUID][]seal.Wrapped{}
	must(t, within(t, pool, district, func(b *pgx.Batch) { seal.QueueLoadKeys(b, chitrakoot, cases, into) }))
	return into
}

func TestKeysGoToTheDatabaseAndComeBack(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	k, _ := newKeyset(t)
	one, two := uuid.New(), uuid.New()
	victim, v := newKey(t, k, one, seal.Victim)
	suspect, x := newKey(t, k, one, seal.Suspect)
	held, h := newKey(t, k, two, seal.HeldOp)
	must(t, within(t, pool, "7", func(b *pgx.Batch) {
		seal.QueueInsertKeys(b, chitrakoot, []seal.Wrapped{v, x, h}, morning())
		seal.QueueInsertKeys(b, chitrakoot, nil, morning())
	}))
	got := load(t, pool, "7", one, two, uuid.New())
	if len(got) != 2 || len(got[one]) != 2 || len(got[two]) != 1 {
		t.Fatalf("loaded %v", got)
	}
	want := map[byte]seal.Key{'V': victim, 'X': suspect, 'H': held}
	for _, w := range slices.Concat(got[one], got[two]) {
		key, err := k.Unwrap(chitrakoot, w)
		must(t, err)
		same(t, want[w.Class], key)
	}
	if got := load(t, pool, "8", one, two); len(got) != 0 {
		t.Errorf("another district sees %v", got)
	}
}

func TestLoadingTwiceGivesEachKeyOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	k, _ := newKeyset(t)
	id := uuid.New()
	_, v := newKey(t, k, id, seal.Victim)
	into := map[uuid.UUID][]seal.Wrapped{}
	must(t, within(t, pool, "7", func(b *pgx.Batch) {
		seal.QueueInsertKeys(b, chitrakoot, []seal.Wrapped{v}, morning())
		seal.QueueLoadKeys(b, chitrakoot, []uuid.UUID{id, id}, into)
		seal.QueueLoadKeys(b, chitrakoot, []uuid.UUID{id}, into)
		seal.QueueLoadKeys(b, chitrakoot, nil, into)
	}))
	if len(into[id]) != 1 {
		t.Errorf("loaded %v", into[id])
	}
}

func TestAKeyIsNeverReplacedNorWrittenForAnotherDistrict(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	k, _ := newKeyset(t)
	id := uuid.New()
	_, first := newKey(t, k, id, seal.Victim)
	_, second := newKey(t, k, id, seal.Victim)
	insert := func(district string, w seal.Wrapped) error {
		return within(t, pool, district, func(b *pgx.Batch) {
			seal.QueueInsertKeys(b, chitrakoot, []seal.Wrapped{w}, morning())
		})
	}
	must(t, insert("7", first))
	var pg *pgconn.PgError
	if err := insert("7", second); !errors.As(err, &pg) || pg.ConstraintName != "case_keys_pkey" {
		t.Errorf("a second key of the case: %v", err)
	}
	if got := load(t, pool, "7", id)[id]; len(got) != 1 || !slices.Equal(got[0].Bytes, first.Bytes) {
		t.Error("the first key is not as it was")
	}
	_, other := newKey(t, k, uuid.New(), seal.Victim)
	if err := insert("8", other); !errors.As(err, &pg) || pg.Code != "42501" {
		t.Errorf("written from another district: %v", err)
	}
}

func TestDeletingAKeyShredsItsClassAndItsMarks(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	k, _ := newKeyset(t)
	gone, stays := uuid.New(), uuid.New()
	var ws []seal.Wrapped
	for _, id := range []uuid.UUID{gone, stays} {
		for _, class := range []byte{seal.Victim, seal.Suspect} {
			_, w := newKey(t, k, id, class)
			ws = append(ws, w)
		}
	}
	mark := func(id uuid.UUID, field string, class byte, mask string) seal.Mark {
		return seal.Mark{CaseID: id, Field: field, Class: class, Mask: mask, Hash: []byte(mask)}
	}
	must(t, within(t, pool, "7", func(b *pgx.Batch) {
		seal.QueueInsertKeys(b, chitrakoot, ws, morning())
		seal.QueueInsertMarks(b, chitrakoot, []seal.Mark{
			mark(gone, "/body/mobile", seal.Suspect, "••••••1111"), mark(gone, "/body/helper", seal.Victim, "••••••2222"),
			mark(stays, "/body/mobile", seal.Suspect, "••••••3333"), mark(gone, "/body/mobile", seal.Suspect, "••••••4444"),
		}, true)
		seal.QueueInsertMarks(b, chitrakoot, []seal.Mark{mark(stays, "/body/mobile", seal.Suspect, "••••••5555")}, false)
		seal.QueueInsertMarks(b, chitrakoot, nil, false)
	}))
	marks := func() map[uuid.UUID][]seal.Mark {
		into := map[uuid.UUID][]seal.Mark{}
		must(t, within(t, pool, "7", func(b *pgx.Batch) {
			seal.QueueLoadMarks(b, chitrakoot, []uuid.UUID{gone, stays}, into)
			seal.QueueLoadMarks(b, chitrakoot, nil, into)
		}))
		return into
	}
	before := marks()
	if len(before[gone]) != 2 || before[gone][1].Mask != "••••••4444" || before[stays][0].Mask != "••••••5555" {
		t.Fatalf("marks %v", before)
	}
	must(t, within(t, pool, "7", func(b *pgx.Batch) {
		seal.QueueDeleteKeys(b, chitrakoot, []uuid.UUID{gone}, seal.Suspect, morning())
		seal.QueueDeleteKeys(b, chitrakoot, nil, seal.Suspect, morning())
	}))
	keys := load(t, pool, "7", gone, stays)
	if len(keys[gone]) != 2 || keys[gone][0].IsGone() || !keys[gone][1].IsGone() || len(keys[stays]) != 2 {
		t.Errorf("keys left: %v", keys)
	}
	after := marks()
	if len(after[gone]) != 1 || after[gone][0].Class != seal.Victim || len(after[stays]) != 1 {
		t.Errorf("marks left: %v", after)
	}
}

func TestAfterRewrappingADistrictTheOldKeyCanGo(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t).Pool(t)
	k, _ := newKeyset(t)
	want := map[uuid.UUID]seal.Key{}
	var ws []seal.Wrapped
	for range 5 {
		id := uuid.New()
		key, w := newKey(t, k, id, seal.Victim)
		want[id], ws = key, append(ws, w)
	}
	must(t, within(t, pool, "7", func(b *pgx.Batch) { seal.QueueInsertKeys(b, chitrakoot, ws, morning()) }))
	old := k.Primary()
	must(t, k.Rotate())
	var steps []int
	for n := -1; n != 0 && len(steps) < 9; steps = append(steps, n) {
		must(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
			n, err = rewrap(t.Context(), tx, k)
			return err
		}))
	}
	if !slices.Equal(steps, []int{2, 2, 1, 0}) {
		t.Errorf("wrapped again in steps of %v", steps)
	}
	must(t, k.Destroy(old))
	for _, w := range ws {
		got := load(t, pool, "7", w.CaseID)[w.CaseID]
		if len(got) != 1 || got[0].KEK != k.Primary() {
			t.Fatalf("stored %v", got)
		}
		key, err := k.Unwrap(chitrakoot, got[0])
		must(t, err)
		same(t, want[w.CaseID], key)
	}
}

func rewrap(ctx context.Context, tx pgx.Tx, k *seal.Keyset) (int, error) {
	if _, err := tx.Exec(ctx, "SET LOCAL app.district_id = '7'"); err != nil {
		return 0, err
	}
	n, _, err := seal.Rewrap(ctx, tx, k, chitrakoot, uuid.Nil, 2)
	return n, err
}
