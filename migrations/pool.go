package migrations

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
)

// AppConfig reads a connection string into the configuration that every pool of
// the app has.
//
// Every statement finds its rows by a key, for which one plan is right whatever
// the values: planning anew each time costs more than running it. Without
// sequential scans that plan is also right when it is made on an empty table,
// and kept for the connection's life. UUIDs travel as their sixteen bytes: by
// themselves pgx and google/uuid meet only in text.
func AppConfig(url string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap())
		return nil
	}
	return c, nil
}
