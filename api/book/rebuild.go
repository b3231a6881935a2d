package book

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// projections are the tables that are folded from the book and can be folded
// again.
var projections = []string{
	"posts", "serials", "lines", "duties", "briefings", "tasks", "traces", "complaints", "spans", "matters", "clock_lists", "steps",
	"tallies", "reviews", "days", "returns", "rule_changes", "reads", "read_allows", "handovers", "rosters",
	"beat_versions", "place_versions", "place_visits", "place_markers", "beat_months", "sos",
	"spot_proposals", "spot_lists", "spot_reviews", "spot_visits",
}

// rebuildChunk is how many entries are folded between two flushes: it bounds
// the memory of a rebuild whatever the size of the book.
const rebuildChunk = 500

// Rebuilt tells what folding a book again came to.
type Rebuilt struct {
	Centre  string
	Entries int64
	// Differs counts the rows of each projection that are not the same; only
	// tables that differ are named.
	Differs map[string]int64
}

// Equal tells whether all projections were as they should be.
func (r *Rebuilt) Equal() bool { return len(r.Differs) == 0 }

// Rebuild folds the book of a centre again, from its first entry, into
// temporary tables that stand before the real ones on the search path: the same
// code runs as at append. It compares the two and, when replace is set, puts
// the new rows in place of the old.
func (b *Book) Rebuild(ctx context.Context, district int32, centre string, replace bool) (*Rebuilt, error) {
	out := &Rebuilt{Centre: centre, Differs: map[string]int64{}}
	// Other processes may have judged by rules that this one has not heard of.
	if err := b.LoadRules(ctx); err != nil {
		return nil, err
	}
	tx, err := b.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("begin rebuild: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := rebuildTables(ctx, tx, district, centre, replace); err != nil {
		return nil, err
	}
	var shredded []caseClass
	if out.Entries, shredded, err = b.refold(ctx, tx, district, centre); err != nil {
		return nil, err
	}
	for _, table := range projections {
		n, err := differences(ctx, tx, district, centre, table)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out.Differs[table] = n
		}
	}
	// Keys stand beside the book; one that it says is destroyed came back by an old copy.
	back, err := putBack(ctx, tx, district, shredded)
	if err != nil {
		return nil, err
	}
	if len(back) > 0 {
		out.Differs["case_keys"] = int64(len(back))
	}
	if !replace {
		return out, nil
	}
	p := &pgx.Batch{}
	for _, k := range back {
		seal.QueueDeleteKeys(p, district, []uuid.UUID{k.Case}, k.Class, b.now())
	}
	if err := send(ctx, tx, p); err != nil {
		return nil, fmt.Errorf("shred again: %w", err)
	}
	return out, replaceRows(ctx, tx, district, centre)
}

// putBack finds keys that are there though the book says that they were destroyed.
func putBack(ctx context.Context, tx pgx.Tx, district int32, shredded []caseClass) ([]caseClass, error) {
	var out []caseClass
	for list := range slices.Chunk(shredded, rebuildChunk) {
		cases, classes := make([]uuid.UUID, len(list)), make([]string, len(list))
		for i, k := range list {
			cases[i], classes[i] = k.Case, string(k.Class)
		}
		rows, err := tx.Query(ctx, `SELECT k.case_id, k.class FROM unnest($2::uuid[], $3::text[]) AS u (id, class),
			LATERAL (SELECT case_id, class FROM case_keys WHERE district_id = $1 AND case_id = u.id AND class = u.class
				AND wrapped <> '' LIMIT 1) k`, district, cases, classes)
		if err != nil {
			return nil, fmt.Errorf("look for destroyed keys: %w", err)
		}
		var k caseClass
		var class string
		if _, err := pgx.ForEachRow(rows, []any{&k.Case, &class}, func() error {
			k.Class = class[0]
			out = append(out, k)
			return nil
		}); err != nil {
			return nil, fmt.Errorf("look for destroyed keys: %w", err)
		}
	}
	return out, nil
}

// rebuildTables makes the temporary tables. A rebuild that replaces locks the
// head, so that nothing is appended meanwhile; one that only compares reads a
// snapshot and holds up nobody.
func rebuildTables(ctx context.Context, tx pgx.Tx, district int32, centre string, lock bool) error {
	p := &pgx.Batch{}
	p.Queue(setDistrict(district))
	if lock {
		p.Queue(`SELECT size FROM heads WHERE district_id = $1 AND centre = $2 FOR UPDATE`, district, centre)
	}
	if err := send(ctx, tx, p); err != nil {
		return fmt.Errorf("begin rebuild: %w", err)
	}
	for _, table := range projections {
		name := pgx.Identifier{table}.Sanitize()
		if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE "+name+" (LIKE public."+name+" INCLUDING ALL) ON COMMIT DROP"); err != nil {
			return fmt.Errorf("make temporary %s: %w", table, err)
		}
	}
	if _, err := tx.Exec(ctx, `SET LOCAL search_path = pg_temp, public`); err != nil {
		return fmt.Errorf("set search path: %w", err)
	}
	return nil
}

// refold folds all entries of a centre and returns how many there were, and which
// keys they ended.
func (b *Book) refold(ctx context.Context, tx pgx.Tx, district int32, centre string) (done int64, shredded []caseClass, err error) {
	now := b.rules.Load().of(district)
	for {
		entries, err := readSealed(ctx, tx, district, centre, done, rebuildChunk)
		if err != nil {
			return done, shredded, err
		}
		if len(entries) == 0 {
			return done, shredded, nil
		}
		s := newState(district, centre, now)
		// Rows are read as far back as at the time of the first of them.
		s.now = entries[0].ReceivedAt
		if err := s.refoldChunk(ctx, tx, entries); err != nil {
			return done, shredded, err
		}
		shredded = append(shredded, s.shredDue...)
		done = entries[len(entries)-1].Seq
	}
}

func (s *State) refoldChunk(ctx context.Context, tx pgx.Tx, entries []*Entry) error {
	n := &needs{serials: true, kinds: kinds}
	bodies := make([]any, len(entries))
	for i, e := range entries {
		d, err := redraft(e)
		if err != nil {
			return fmt.Errorf("entry %d of %s: %w", e.Seq, e.Centre, err)
		}
		bodies[i] = d.body
		d.kind.needs(d, n)
		n.traces = append(n.traces, e.OfficerID)
		e.Place = d.op.Place
	}
	p := &pgx.Batch{}
	s.queueNeeds(p, n)
	if err := send(ctx, tx, p); err != nil {
		return fmt.Errorf("read for rebuild: %w", err)
	}
	if err := s.loadEntries(ctx, tx, n); err != nil {
		return err
	}
	now := s.rules
	for i, e := range entries {
		s.rules = now.asOf(e.RulesSeq)
		s.fold(e, kinds[e.Kind], bodies[i])
		s.entries[e.OpID] = e.ref()
	}
	p = &pgx.Batch{}
	s.queueFlush(p)
	return wrap(send(ctx, tx, p), "write rebuilt rows")
}

// redraft reads a stored entry as far as folding needs it.
func redraft(e *Entry) (*draft, error) {
	if e.damage != nil {
		return nil, e.damage
	}
	k := kinds[e.Kind]
	if k == nil {
		return nil, fmt.Errorf("kind %s is not known to this release", e.Kind)
	}
	op, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return nil, fmt.Errorf("read op: %w", err)
	}
	open, err := openBody(op, report)
	if err != nil {
		return nil, err
	}
	d := &draft{op: op, report: report, kind: k, officer: e.OfficerID, at: e.At, base: "/body"}
	d.body, err = k.parse(open)
	return d, err
}

// readSealed reads whole entries after a seq, in order.
func readSealed(ctx context.Context, tx pgx.Tx, district int32, centre string, after int64, limit int) ([]*Entry, error) {
	rows, err := tx.Query(ctx, `SELECT `+entryColumns+` FROM entries
		WHERE district_id = $1 AND centre = $2 AND seq > $3 ORDER BY seq LIMIT $4`, district, centre, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Entry, error) {
		e := &Entry{District: district, Centre: centre}
		var opHash []byte
		err := row.Scan(&e.Seq, &e.OpID, &e.Kind, &e.CaseID, &e.OfficerID, &e.PostID, &e.Role, &e.DeviceID, &e.SessionID,
			&e.DeviceSeq, &e.DeviceAt, &e.At, &e.ReceivedAt, &e.RulesSeq, &e.SeenBy, &e.Guarded, &e.Cells,
			&e.storedFacts, &e.storedFlags, &e.storedLines, &opHash, &e.Sig, &e.Sealed, &e.LeafHash, &e.Wire)
		if err != nil {
			return nil, err
		}
		copy(e.OpHash[:], opHash)
		e.damage = e.unpack(e.storedFacts, e.storedFlags, e.storedLines)
		return e, nil
	})
	return list, wrap(err, "read entries")
}

// differences counts the rows that stand in only one of a projection and its
// rebuilt copy.
func differences(ctx context.Context, tx pgx.Tx, district int32, centre, table string) (int64, error) {
	name := pgx.Identifier{table}.Sanitize()
	old := "SELECT * FROM public." + name + " WHERE district_id = $1 AND centre = $2"
	fresh := "SELECT * FROM pg_temp." + name
	var n int64
	err := tx.QueryRow(ctx, `SELECT count(*) FROM (
		(`+old+` EXCEPT `+fresh+`) UNION ALL (`+fresh+` EXCEPT `+old+`)) d`, district, centre).Scan(&n)
	return n, wrap(err, "compare "+table)
}

func replaceRows(ctx context.Context, tx pgx.Tx, district int32, centre string) error {
	for _, table := range projections {
		name := pgx.Identifier{table}.Sanitize()
		_, err := tx.Exec(ctx, `DELETE FROM public.`+name+` WHERE district_id = $1 AND centre = $2`, district, centre)
		if err != nil {
			return fmt.Errorf("clear %s: %w", table, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO public.`+name+` SELECT * FROM pg_temp.`+name); err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
	}
	return wrap(tx.Commit(ctx), "commit rebuild")
}

// Centres lists the books of a district.
func (b *Book) Centres(ctx context.Context, district int32) ([]string, error) {
	var out []string
	err := b.read(ctx, district, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT centre FROM heads WHERE district_id = $1 ORDER BY centre`, district)
		if err != nil {
			return fmt.Errorf("list books: %w", err)
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return wrap(err, "list books")
	})
	return out, err
}

// serverOfficer is the id in whose name the server's own ops stand.
func serverOfficer(role string) uuid.UUID {
	return derivedID(uuid.Nil, "officer "+role, 0)
}
