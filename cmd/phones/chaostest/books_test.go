package chaostest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"kendra/cmd/phones/fleet"
)

// sound looks at everything once nobody writes any more: the phones' receipts
// against the books, the books by verify, the projections by rebuild, and the
// job of every task. It returns how many tasks and notices there are.
func (p *place) sound(r fleet.Report) (found fleet.Found, tasks, notices int) {
	p.t.Helper()
	conn := p.connect()
	tx := must[pgx.Tx](p.t)(conn.BeginTx(p.t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}))
	found, err := fleet.Check(p.t.Context(), tx, number, r.Acked)
	if err != nil {
		p.t.Fatal(err)
	}
	if !found.OK() {
		p.t.Errorf("%+v", found)
	}
	_ = tx.Rollback(context.Background())
	if all := r.Entered + r.Held + r.Refused; all != r.OpsSent || len(r.Acked) != r.Entered+r.Held {
		p.t.Errorf("%d ops recorded, %d answered; %d receipts", r.OpsSent, all, len(r.Acked))
	}
	if r.ProofsFailed > 0 || len(r.Alarms) > 0 {
		p.t.Errorf("%d proofs failed: %v", r.ProofsFailed, r.Alarms)
	}
	p.run("verify")
	if out := p.run("rebuild"); strings.Contains(out, "differ") {
		p.t.Error(out)
	}
	return found, p.jobs(conn), p.count(conn, `SELECT sum(notices) FROM tasks`)
}

// jobs checks that each task that was sent has a job, waiting or done, for each
// of its notices, and gives the number of tasks.
func (p *place) jobs(conn *pgx.Conn) int {
	p.t.Helper()
	rows := must[pgx.Rows](p.t)(conn.Query(p.t.Context(), `
		WITH known AS (
			SELECT split_part(args ->> 'ticket', '|', 2)::uuid AS notice, split_part(args ->> 'ticket', '|', 8)::uuid AS task
			FROM river.river_job WHERE kind = 'push.notice'
			UNION SELECT notice_id, subject_id FROM push_sends WHERE district_id = $1
		), per_task AS (SELECT task, count(*) AS n FROM known GROUP BY task)
		SELECT e.centre, e.seq, coalesce(t.notices, 0), coalesce(k.n, 0)
		FROM entries e
		LEFT JOIN tasks t ON t.district_id = e.district_id AND t.task_id = e.op_id
		LEFT JOIN per_task k ON k.task = e.op_id
		WHERE e.district_id = $1 AND e.kind = 'task.send'
		ORDER BY e.centre, e.seq`, number))
	var centre string
	var seq int64
	var want, have, tasks int
	_, err := pgx.ForEachRow(rows, []any{&centre, &seq, &want, &have}, func() error {
		if tasks++; want == 0 || have != want {
			p.t.Errorf("%s %d: the task has %d notices, and jobs for %d", centre, seq, want, have)
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return tasks
}

// count reads one number as the superuser, who sees every district.
func (p *place) count(conn *pgx.Conn, sql string, args ...any) int {
	p.t.Helper()
	var n *int
	if err := conn.QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
	if n == nil {
		return 0
	}
	return *n
}
