package migrations

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// logRule is a setting of PostgreSQL by which statements, their parameters or
// rows could come into its log, and what it must be.
type logRule struct {
	name  string
	allow []string
	want  string // what to set
	why   string
}

// logRules are those settings. A name of an extension counts where that is
// loaded. Statements of ours hold no values, but their parameters do; a broken
// constraint quotes the row it broke in.
var logRules = []logRule{
	{"log_statement", []string{"none", "ddl"}, "none", "writes every statement"},
	{"log_min_duration_statement", []string{"-1"}, "-1", "writes slow statements with their parameters"},
	{"log_min_duration_sample", []string{"-1"}, "-1", "writes some slow statements with their parameters"},
	{"log_transaction_sample_rate", []string{"0"}, "0", "writes all statements of some transactions"},
	{"log_min_error_statement", []string{"fatal", "panic"}, "panic", "writes statements that failed"},
	{"log_parameter_max_length", []string{"0"}, "0", "writes the parameters of any statement that is logged"},
	{"log_parameter_max_length_on_error", []string{"0"}, "0", "writes the parameters of statements that failed"},
	{"log_error_verbosity", []string{"terse"}, "terse", "writes the row that broke a constraint"},
	{"debug_print_parse", []string{"off"}, "off", "writes statements as trees"},
	{"debug_print_rewritten", []string{"off"}, "off", "writes statements as trees"},
	{"debug_print_plan", []string{"off"}, "off", "writes statements as trees"},
	{"auto_explain.log_min_duration", []string{"-1"}, "-1", "writes the plans of slow statements with their values"},
	{"pgaudit.log", []string{"none", ""}, "none", "writes statements with their parameters"},
}

// Talkative says of each setting of the server by which its log could come to
// hold what is stored what it does and how to set it. Settings may be a
// database's or a role's own, so they are asked for on a connection of the pool.
func Talkative(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	names := make([]string, len(logRules))
	for i, r := range logRules {
		names[i] = r.name
	}
	rows, err := pool.Query(ctx, `SELECT name, setting FROM pg_settings WHERE name = ANY($1)`, names)
	if err != nil {
		return nil, fmt.Errorf("read settings of the log: %w", err)
	}
	settings := map[string]string{}
	var name, setting string
	if _, err := pgx.ForEachRow(rows, []any{&name, &setting}, func() error { settings[name] = setting; return nil }); err != nil {
		return nil, fmt.Errorf("read settings of the log: %w", err)
	}
	return talkative(settings), nil
}

func talkative(settings map[string]string) (told []string) {
	for _, r := range logRules {
		if is, ok := settings[r.name]; ok && !slices.Contains(r.allow, is) {
			told = append(told, fmt.Sprintf("%s is %s, which %s: ALTER SYSTEM SET %s = %s", r.name, strconv.Quote(is), r.why, r.name, r.want))
		}
	}
	return told
}

// asked is what answers one row: a pool, or a connection.
type asked interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Unbound says whether the login behind a connection could put off the server's
// role and be bound by nothing.
func Unbound(ctx context.Context, db asked) (bool, error) {
	var unbound bool
	err := db.QueryRow(ctx, `SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user`).Scan(&unbound)
	if err != nil {
		return false, fmt.Errorf("read rights of the login: %w", err)
	}
	return unbound, nil
}
