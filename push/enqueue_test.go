package push_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"kendra/push"
)

func TestTheJobExistsIfAndOnlyIfTheTransactionCommits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e, err := push.New()
	if err != nil {
		t.Fatal(err)
	}
	changed := errors.New("the book changed its mind")
	err = pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if err := e.Enqueue(t.Context(), tx, []push.Notice{notice(), notice()}); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) {
		t.Fatal(err)
	}
	if n := h.count("true"); n != 0 {
		t.Errorf("%d jobs after a rollback", n)
	}
	h.enqueue(notice(), notice(), notice())
	if n := h.count("state = 'available'"); n != 3 {
		t.Errorf("%d jobs after a commit, want 3", n)
	}
	h.enqueue() // nothing to say is no error
}

func TestOneMalformedNoticeInsertsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e, err := push.New()
	if err != nil {
		t.Fatal(err)
	}
	bad := notice()
	bad.Subject = uuid.Nil
	err = pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		if err := e.Enqueue(t.Context(), tx, []push.Notice{notice(), bad}); !errors.Is(err, push.ErrNotice) {
			t.Errorf("error %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := h.count("true"); n != 0 {
		t.Errorf("%d jobs", n)
	}
}

func TestJobArgumentsAreIdsAndNumbers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	byRole, bySquad := notice(), notice()
	byRole.Officer, byRole.Role, byRole.Urgency = uuid.Nil, "centre_incharge", push.Routine
	bySquad.Officer, bySquad.Squad, bySquad.Urgency = uuid.Nil, uuid.New(), "unheard of"
	h.enqueue(notice(), byRole, bySquad)

	rows, err := h.pool.Query(t.Context(), "SELECT args, priority FROM river.river_job ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	type job struct {
		Args     map[string]string
		Priority int
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[job])
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 3 || jobs[0].Priority != 1 || jobs[1].Priority != 3 {
		t.Errorf("jobs %+v", jobs)
	}
	words := []string{"", "KRW", "centre_incharge", "task", "urgent", "routine", "unheard of"}
	for _, j := range jobs {
		if len(j.Args) != 1 {
			t.Errorf("arguments %v", j.Args)
		}
		for _, value := range strings.FieldsFunc(j.Args["ticket"], func(r rune) bool { return r == '|' || r == ':' }) {
			_, notID := uuid.Parse(value)
			_, notNumber := strconv.ParseInt(value, 10, 64)
			if notID != nil && notNumber != nil && !slices.Contains(words, value) {
				t.Errorf("argument %q is neither id nor number nor word of the plan", value)
			}
		}
	}
}

// The control proves that the listener would hear a NOTIFY.
func TestInsertingDoesNotNotify(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	conn, err := h.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `LISTEN "river.river_insert"`); err != nil {
		t.Fatal(err)
	}
	heard := func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := conn.Conn().WaitForNotification(ctx)
		return err == nil
	}
	h.enqueue(notice())
	if heard() {
		t.Error("the inserting transaction notified")
	}
	usual, err := river.NewClient(riverpgxv5.New(h.pool), &river.Config{Schema: "river"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := usual.InsertManyFast(t.Context(), []river.InsertManyParams{{Args: otherArgs{}}}); err != nil {
		t.Fatal(err)
	}
	if !heard() {
		t.Error("the control was not heard")
	}
}

type otherArgs struct{}

func (otherArgs) Kind() string { return "other" }
