package migrations

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// AppConfig reads a connection string into the configuration that every pool of
// the app has.
//
// Every statement finds its rows by a key, for which one plan is right whatever
// the values: planning anew each time costs more than running it. Without
// sequential scans that plan is also right when it is made on an empty table,
// and kept for the connection's life. To start a parallel worker takes longer than
// any of them. UUIDs travel as their sixteen bytes: by
// themselves pgx and google/uuid meet only in text.
func AppConfig(url string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off", "max_parallel_workers_per_gather": "0",
	} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		t := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
		conn.TypeMap().RegisterType(t)
		for _, a := range arrayTypes(t) {
			conn.TypeMap().RegisterType(a)
		}
		return nil
	}
	return c, nil
}

// uuidCodec is pgx's own, and knows uuid.UUID besides.
type uuidCodec struct{ pgtype.UUIDCodec }

// PlanEncode plans how a value is sent.
func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return uuidPlan{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

// PlanScan plans how a value is received.
func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*uuid.UUID); ok && format == pgtype.BinaryFormatCode {
		return uuidPlan{}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

// uuidPlan copies the sixteen bytes either way.
type uuidPlan struct{}

// Encode appends the bytes of a uuid.UUID.
func (uuidPlan) Encode(value any, buf []byte) ([]byte, error) {
	id, ok := value.(uuid.UUID)
	if !ok {
		return nil, fmt.Errorf("encode uuid: %T", value)
	}
	return append(buf, id[:]...), nil
}

// Scan fills a uuid.UUID.
func (uuidPlan) Scan(src []byte, target any) error {
	id, ok := target.(*uuid.UUID)
	if !ok || len(src) != len(uuid.UUID{}) {
		return fmt.Errorf("scan uuid: %d bytes into %T", len(src), target)
	}
	copy(id[:], src)
	return nil
}
