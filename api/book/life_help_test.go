package book_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// complaintOf is a complaint that a woman brings now; change may alter it.
func complaintOf(w *booktest.World, change ...func(c *contract.ComplaintOpen)) contract.ComplaintOpen {
	mobile := "9450012345"
	c := contract.ComplaintOpen{
		ArrivedAt: contract.At(w.Now()), Channel: "walk_in", ComplainantName: "कमला देवी", Mobile: &mobile, SafeToCall: true,
		Category: "domestic_violence", RiskLevel: "medium", WomanRecorded: true,
		Account: "आवेदिका ने बताया कि उसका पति शराब पीकर मारपीट करता है",
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

// registered makes the complaint one that is registered in the same op.
func registered(c *contract.ComplaintOpen) { c.RegisteredAt = ptr(c.ArrivedAt) }

// unsafe makes it one of a woman who must not be called, so that it can be
// closed without a call.
func unsafeToCall(c *contract.ComplaintOpen) { c.SafeToCall = false }

func highRisk(c *contract.ComplaintOpen) { c.RiskLevel = "high" }

// lifeRow is a complaint as it stands in the database.
type lifeRow struct {
	ID, Correlation   uuid.UUID
	Centre            string
	State             string
	Owner, Post       *uuid.UUID
	Role              string
	Arrived           time.Time
	RegisteredAt      *time.Time
	ClosedAt          *time.Time
	Data              book.ComplaintData
	Serial, LastSeq   int64
	CaseID            uuid.UUID
	Category, Channel string
}

// asked runs reads in the district.
func asked(w *booktest.World, f func(tx pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, w.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL app.district_id = '%d'", booktest.District)); err != nil {
			return err
		}
		return f(tx)
	})
}

// lives reads complaints by a condition.
func lives(t testing.TB, w *booktest.World, where string, args ...any) []lifeRow {
	t.Helper()
	var out []lifeRow
	err := asked(w, func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT complaint_id, correlation_id, centre, state, owner_id, owner_post,
			owner_role, arrived_at, registered_at, closed_at, data, serial, last_seq, case_id, category, channel FROM complaints
			WHERE `+where+` ORDER BY arrived_at, complaint_id`, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r lifeRow, err error) {
			var data string
			if err := row.Scan(&r.ID, &r.Correlation, &r.Centre, &r.State, &r.Owner, &r.Post, &r.Role, &r.Arrived, &r.RegisteredAt,
				&r.ClosedAt, &data, &r.Serial, &r.LastSeq, &r.CaseID, &r.Category, &r.Channel); err != nil {
				return r, err
			}
			return r, json.Unmarshal([]byte(data), &r.Data)
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lifeOf reads one complaint.
func lifeOf(t testing.TB, w *booktest.World, id uuid.UUID) lifeRow {
	t.Helper()
	list := lives(t, w, "complaint_id = $1", id)
	if len(list) != 1 {
		t.Fatalf("%d complaints %s", len(list), id)
	}
	return list[0]
}

// runRow is a clock as it stands in the database.
type runRow struct {
	Code               string
	N, Rung            int
	Starts, Due        time.Time
	Paused, Stop, Next *time.Time
	PausedS            int64
	Role               string
}

// runs reads the clocks of a subject by code and number.
func runs(t testing.TB, w *booktest.World, subject uuid.UUID) []runRow {
	t.Helper()
	var out []runRow
	err := asked(w, func(tx pgx.Tx) error {
		rows, err := tx.Query(context.Background(), `SELECT code, n, rung, starts_at, due_at, paused_at, stopped_at, next_at,
			paused_s, owner_role FROM clocks WHERE subject_id = $1 ORDER BY code, n`, subject)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[runRow])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// clockOf is the last clock of a code.
func clockOf(t testing.TB, w *booktest.World, subject uuid.UUID, code string) runRow {
	t.Helper()
	var out *runRow
	for _, r := range runs(t, w, subject) {
		if r.Code == code {
			out = &r
		}
	}
	if out == nil {
		t.Fatalf("no clock %s", code)
	}
	return *out
}

// refusedBy is the code of a refusal, or what became of the op instead.
func refusedBy(r book.Receipt) contract.Code {
	if r.Outcome == book.Refused {
		return r.Problem.Code
	}
	return contract.Code(r.Outcome)
}

// ptr is a pointer to a value.
func ptr[T any](v T) *T { return &v }

// everywhere lists the tables of the database in which a text stands: as it is,
// escaped, in base64, or in the bytes of a bytea. It reads as the superuser.
func everywhere(t testing.TB, w *booktest.World, text string) []string {
	t.Helper()
	ctx, conn := context.Background(), w.Superuser()
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT table_schema || '.' || table_name FROM information_schema.tables
		WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{text}
	for shift := range 3 { // wherever it begins among three bytes
		whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		inner := whole[[]int{0, 2, 3}[shift] : len(whole)-2]
		forms = append(forms, inner, strings.NewReplacer("+", "-", "/", "_").Replace(inner))
	}
	var patterns []string
	for _, f := range forms {
		patterns = append(patterns, "%"+f+"%", "%"+hex.EncodeToString([]byte(f))+"%")
	}
	if ascii := strings.Trim(fmt.Sprintf("%+q", text), `"`); ascii != text {
		patterns = append(patterns, "%"+strings.ReplaceAll(ascii, `\`, "%")+"%") // however often the row's text doubles it
	}
	var out []string
	for _, table := range tables {
		var n int64
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM `+table+` x WHERE x::text LIKE ANY($1)`, patterns).Scan(&n); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		if n > 0 {
			out = append(out, table)
		}
	}
	return out
}
