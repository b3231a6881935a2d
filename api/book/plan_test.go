package book_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// listener hears the statements of the app that read.
type listener struct {
	mu   sync.Mutex
	said map[string][]any
}

func (l *listener) hear(sql string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasPrefix(strings.TrimSpace(sql), "SELECT") && l.said[sql] == nil {
		l.said[sql] = args
	}
}

func (l *listener) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	l.hear(d.SQL, d.Args)
	return ctx
}
func (l *listener) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (l *listener) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (l *listener) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	l.hear(d.SQL, d.Args)
}
func (l *listener) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// heard lets a world append ops of many kinds and returns the reads they made.
func heard(t *testing.T, w *booktest.World) map[string][]any {
	t.Helper()
	l := &listener{said: map[string][]any{}}
	b := w.Process(nil)
	b.Pool = w.TracedPool(l)
	beat, leader, incharge, dispatcher := w.Beat.Via(b), w.Leader.Via(b), w.Incharge.Via(b), w.Dispatcher.Via(b)
	place := booktest.At(25.22, 80.92, 10)
	start := beat.Enter("duty.start", contract.DutyStart{})
	visit := beat.Enter("visit.record", w.Visit(), place)
	leader.Enter("duty.start", contract.DutyStart{SquadID: &w.SquadID})
	held := leader.Do("squad.person", w.Person())
	leader.Enter("squad.brief", w.Brief())
	leader.Enter("squad.round", w.Round())
	task := dispatcher.Enter("task.send", w.Task(w.Beat))
	beat.Enter("task.accept", contract.TaskAccept{TaskID: task.OpID})
	about := w.Task(w.Beat)
	about.CaseID, about.Text = &incharge.Enter("complaint.open", (&care{World: w}).intake()).OpID, ptr("थाने के पास मिलें")
	dispatcher.Enter("task.send", about)
	beat.Enter("note.add", contract.NoteAdd{SubjectID: visit.OpID, Text: "टिप्पणी"})
	v := w.Visit()
	beat.Enter("entry.correct", contract.EntryCorrect{CorrectsID: visit.OpID, Reason: "संख्या गलत", Visit: &v})
	incharge.Do("held.strike", contract.HeldStrike{HeldID: held.OpID, Reason: "दो बार"})
	beat.Enter("duty.end", contract.DutyEnd{StartID: start.OpID})
	return l.said
}

// grown are the tables that grow for as long as a book is kept: none may be
// read from end to end by an append.
var grown = []string{
	"ops", "entries", "lines", "duties", "tasks", "case_keys", "complaints", "clock_lists", "steps", "matters", "spans", "case_marks", "slips",
	"spot_visits", "spot_proposals",
}

// plans explains statements and returns those that read a table that grows
// from end to end. Generic plans are what a prepared statement is run by after
// its first uses, as long as its connection lives.
func plans(t *testing.T, w *booktest.World, said map[string][]any, generic bool) []string {
	t.Helper()
	ctx := context.Background()
	var wrong []string
	err := pgx.BeginFunc(ctx, w.Pool, func(tx pgx.Tx) error {
		for _, s := range []string{"SET LOCAL app.district_id = '7'", "SET LOCAL plan_cache_mode = force_generic_plan"} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		n := 0
		for sql, args := range said {
			explain := "EXPLAIN " + sql
			if n++; generic {
				if _, err := tx.Exec(ctx, fmt.Sprintf("PREPARE p%d AS %s", n, sql)); err != nil {
					return fmt.Errorf("%s: %w", sql, err)
				}
				explain, args = fmt.Sprintf("EXPLAIN EXECUTE p%d (%s)", n, literals(args)), nil
			}
			rows, err := tx.Query(ctx, explain, args...)
			if err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			if generic {
				if _, err := tx.Exec(ctx, fmt.Sprintf("DEALLOCATE p%d", n)); err != nil {
					return err
				}
			}
			for _, table := range grown {
				for _, line := range lines {
					if strings.Contains(line, "Seq Scan on "+table+" ") {
						wrong = append(wrong, fmt.Sprintf("%s\n\t%s", sql, strings.Join(lines, "\n\t")))
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return wrong
}

// literals writes the numbers and ids of a statement's arguments.
func literals(args []any) string {
	out := make([]string, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case [][16]byte:
			ids := make([]string, len(v))
			for i, id := range v {
				ids[i] = uuid.UUID(id).String()
			}
			out[i] = "'{" + strings.Join(ids, ",") + "}'"
		case []uuid.UUID:
			ids := make([]string, len(v))
			for i, id := range v {
				ids[i] = id.String()
			}
			out[i] = "'{" + strings.Join(ids, ",") + "}'"
		case []int64:
			out[i] = "'{" + strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]") + "}'"
		case []string:
			out[i] = "'{" + strings.Join(v, ",") + "}'"
		case [][]byte:
			texts := make([]string, len(v))
			for i, b := range v {
				texts[i] = fmt.Sprintf(`"\\x%x"`, b)
			}
			out[i] = "'{" + strings.Join(texts, ",") + "}'"
		case []byte:
			out[i] = fmt.Sprintf(`'\x%x'`, v)
		case time.Time:
			out[i] = v.Format("'2006-01-02T15:04:05Z07:00'")
		default:
			out[i] = fmt.Sprintf("'%v'", v)
		}
	}
	return strings.Join(out, ", ")
}

// known is the one statement that looks up op_ids: it is the first to go wrong.
func known(said map[string][]any) map[string][]any {
	out := map[string][]any{}
	for sql, args := range said {
		if strings.Contains(sql, "ops") && strings.Contains(sql, "op_hash") {
			out[sql] = args
		}
	}
	return out
}

// fill puts rows of a district into the tables that grow, without an analysis.
func fill(w *booktest.World, district, n int) {
	for _, s := range []string{
		`INSERT INTO ops SELECT $1, gen_random_uuid(), 'KRW', i + 100000, sha256('x') FROM generate_series(1, $2::int) i`,
		`INSERT INTO entries (district_id, centre, seq, op_id, kind, case_id, officer_id, post_id, role, device_id, session_id, device_seq,
			device_at, at, received_at, rules_seq, seen_by, guarded, cells, facts, flags, lines, op_hash, sig, sealed, leaf_hash, wire)
			SELECT $1, 'ZZZ', i, gen_random_uuid(), 'visit.record', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x',
			gen_random_uuid(), gen_random_uuid(), 1, now(), now(), now(), 0, '{}', false, '{}', '{}', '[]', '[]', '', '', '', '', ''
			FROM generate_series(1, $2::int) i`,
		`INSERT INTO lines SELECT $1, 'ZZZ', 'squad', 2026, i, i, now(), gen_random_uuid() FROM generate_series(1, $2::int) i`,
		`INSERT INTO duties SELECT $1, 'ZZZ', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', NULL, gen_random_uuid(), now(), now()
			FROM generate_series(1, $2::int) i`,
		`INSERT INTO tasks SELECT $1, 'ZZZ', gen_random_uuid(), i, 'visit', 'soon', 'done', NULL, NULL, NULL, NULL, gen_random_uuid(), now(),
			NULL, 0, NULL, 0, '[]' FROM generate_series(1, $2::int) i`,
		`INSERT INTO place_visits SELECT $1, 'ZZZ', 2026, i, gen_random_uuid(), gen_random_uuid(), now(), now(), NULL FROM generate_series(1, $2::int) i`,
		`INSERT INTO spot_visits SELECT $1, 'ZZZ', 'squad', 2026, i, gen_random_uuid(), gen_random_uuid(), now(), now(), now(), NULL FROM generate_series(1, $2::int) i`,
		`INSERT INTO spot_proposals SELECT $1, 'ZZZ', gen_random_uuid(), i, gen_random_uuid(), 'beat', '', '', '{}', '{}', 1, now() FROM generate_series(1, $2::int) i`,
		`INSERT INTO place_versions SELECT $1, 'ZZZ', gen_random_uuid(), now()::date, NULL, 'p' || i, 'x', 'x', 'village', NULL, 25, 80, i, '', '{}', 7, '', '', 1, '{}', 1
			FROM generate_series(1, $2::int) i`,
		`INSERT INTO case_keys SELECT $1, gen_random_uuid(), 'V', '', 'x', now() FROM generate_series(1, $2::int) i`,
		`INSERT INTO complaints SELECT $1, 'ZZZ', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), i, 2026, i, 'closed', 'x', 'low',
			'walk_in', gen_random_uuid(), NULL, '', now(), now(), now(), now(), now(), i, '{}', NULL, NULL, 1, now(), i FROM generate_series(1, $2::int) i`,
		`INSERT INTO clock_lists SELECT $1, 'ZZZ', gen_random_uuid(), gen_random_uuid(), NULL, NULL, '[]'
			FROM generate_series(1, $2::int) i`,
		`INSERT INTO steps SELECT $1, 'ZZZ', gen_random_uuid(), i FROM generate_series(1, $2::int) i`,
		`INSERT INTO matters SELECT $1, 'ZZZ', gen_random_uuid(), 'follow_up_plan', gen_random_uuid(), i, '', 0, 0, 'over', NULL, NULL, '{}'
			FROM generate_series(1, $2::int) i`,
		`INSERT INTO spans SELECT $1, 'ZZZ', gen_random_uuid(), 1, NULL, NULL, '', now(), now(), i FROM generate_series(1, $2::int) i`,
		`INSERT INTO case_marks SELECT $1, gen_random_uuid(), '/body/x', 'V', 'x', sha256(i::text::bytea) FROM generate_series(1, $2::int) i`,
		`INSERT INTO slips SELECT $1, 'x' || i, 'ZZZ', gen_random_uuid(), gen_random_uuid(), decode(md5(i::text), 'hex'), now() FROM generate_series(1, $2::int) i`,
	} {
		w.Order(s, district, n)
	}
}

// unfill takes them away again, so that the books are what they say.
func unfill(w *booktest.World) {
	w.Order(`DELETE FROM ops WHERE seq > 100000`)
	for _, table := range []string{"entries", "lines", "duties", "tasks", "complaints", "clock_lists", "steps", "matters", "spans", "slips", "place_visits", "place_versions", "spot_visits", "spot_proposals"} {
		w.Order(`DELETE FROM ` + table + ` WHERE centre = 'ZZZ'`)
	}
	w.Order(`DELETE FROM case_keys WHERE kek = 'x'`)
	w.Order(`DELETE FROM case_marks WHERE mask = 'x'`)
}

func TestAKnownOpIsFoundByIndexFromAFreshTableOn(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := known(heard(t, w))
	if len(said) == 0 {
		t.Fatal("no statement looks up op_ids")
	}
	try := func(state string) {
		for _, generic := range []bool{false, true} {
			for _, wrong := range plans(t, w, said, generic) {
				t.Errorf("%s, generic %v: %s", state, generic, wrong)
			}
		}
	}
	try("a fresh table")
	fill(w, booktest.District, 8_000)
	try("a table that grew and was never analysed")
	w.Order(`INSERT INTO districts (district_id, code, hi, en) VALUES (8, 'BND', 'बाँदा', 'Banda')`)
	unfill(w)
	fill(w, 8, 8_000)
	w.Order(`ANALYZE`)
	try("a new district in an analysed table")
	unfill(w)
	fill(w, booktest.District, 8_000)
	w.Order(`ANALYZE`)
	try("a filled table")
	unfill(w)
}

func TestNoReadOfAnAppendGoesThroughAWholeTable(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	said := heard(t, w)
	fill(w, booktest.District, 8_000)
	w.Order(`ANALYZE`)
	for _, wrong := range plans(t, w, said, false) {
		t.Error(wrong)
	}
	t.Logf("%d statements explained", len(said))
	unfill(w)
}
