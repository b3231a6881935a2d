package book_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// written is what an append writes, and how much of it there is.
const written = `SELECT concat_ws(', ', 'entries ' || (SELECT count(*) FROM entries), 'ops ' || (SELECT count(*) FROM ops),
	'lines ' || (SELECT count(*) FROM lines), 'serials ' || (SELECT coalesce(sum(last), 0) FROM serials),
	'complaints ' || (SELECT count(*) FROM complaints), 'custody ' || (SELECT count(*) FROM custody),
	'clocks ' || (SELECT count(*) FROM clocks), 'tasks ' || (SELECT count(*) FROM tasks), 'keys ' || (SELECT count(*) FROM case_keys),
	'jobs ' || (SELECT count(*) FROM river.river_job), 'head ' || (SELECT size || ' ' || encode(root, 'hex') FROM heads WHERE centre = 'KRW'))`

// commitsOf counts the commits that it does not cut.
type commitsOf struct {
	breaker
	commits int
}

func (b *commitsOf) TraceQueryStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if d.SQL == "commit" && b.once == nil {
		b.commits++
	}
	return b.breaker.TraceQueryStart(ctx, conn, d)
}

func TestABookIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("duty.start", contract.DutyStart{})
	cut := &commitsOf{breaker: breaker{w: w}}
	b := w.Process(nil)
	b.Pool = w.TracedPool(cut)
	for _, op := range []struct {
		by     *booktest.Officer
		item   contract.Item
		writes string
	}{
		{w.Dispatcher, w.Dispatcher.Item("task.send", w.Task(w.Beat)), "entries ops tasks jobs head"},
		{w.Beat, w.Beat.Item("complaint.open", complaintOf(w, registered)), "entries ops lines serials complaints custody clocks keys head"},
	} {
		sends := func() (*book.Answer, error) {
			return b.Append(context.Background(), op.by.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{op.item}})
		}
		before, broken := careText(t, w, written), 0
		cut.once = func() { broken++ }
		if _, err := sends(); broken != 1 || !isCode(err, contract.CodeUnknownOutcome) {
			t.Errorf("a commit that broke (%d): %v", broken, err)
		}
		if after := careText(t, w, written); after != before {
			t.Errorf("nothing is committed, and there are\n%s, not\n%s", after, before)
		}
		cut.commits = 0
		a, err := sends()
		if err != nil || a.Receipts[0].Outcome != book.Entered || a.Receipts[0].Repeated || cut.commits != 1 {
			t.Fatalf("sent again: %v, %+v, in %d transactions", err, a, cut.commits)
		}
		var writes []string
		was := strings.Split(before, ", ")
		for i, now := range strings.Split(careText(t, w, written), ", ") {
			if now != was[i] {
				writes = append(writes, strings.Fields(now)[0])
			}
		}
		if !slices.Equal(writes, strings.Fields(op.writes)) {
			t.Errorf("one transaction writes %v, want %s", writes, op.writes)
		}
	}
}
