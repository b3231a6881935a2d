package book

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// IncidentQuery says what an incident pack is about: a span of time, and of it
// all, or what one officer or one handset did.
type IncidentQuery struct {
	District    int32
	From, Until time.Time
	Officer     *uuid.UUID
	Device      *uuid.UUID
}

// Incident is what the books know of a span: what was read, what else of
// weight was entered, and which cases are affected, by number and never by
// name.
type Incident struct {
	Reads   []IncidentRead   `json:"reads"`
	Exports []IncidentExport `json:"exports"`
	Weighty []IncidentEntry  `json:"weighty"`
	Counts  []IncidentCount  `json:"entries"`
	Cases   []string         `json:"affected_cases"`
}

// IncidentRead is one read of sealed fields, or one search by a number.
type IncidentRead struct {
	Centre    string    `json:"centre"`
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	OfficerID uuid.UUID `json:"officer_id"`
	Role      string    `json:"role"`
	DeviceID  uuid.UUID `json:"device_id"`
	SessionID uuid.UUID `json:"session_id"`
	CaseNo    string    `json:"case_no"` // empty of a search
	Fields    int       `json:"fields"`
	Reason    string    `json:"reason"`
	Guarded   bool      `json:"guarded"`
}

// IncidentExport is one file that was taken out: what of, who asked and took it, who
// allowed it, and which bytes it was, so that a file that turns up is known again.
type IncidentExport struct {
	Centre    string    `json:"centre"`
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	No        string    `json:"no"`
	OfficerID uuid.UUID `json:"officer_id"`
	Role      string    `json:"role"`
	DeviceID  uuid.UUID `json:"device_id"`
	SessionID uuid.UUID `json:"session_id"`
	AllowedBy uuid.UUID `json:"allowed_by"`
	Register  string    `json:"register"`
	From      string    `json:"from"`
	To        string    `json:"to"`
	State     string    `json:"state,omitempty"`
	Reason    string    `json:"reason"`
	Rows      int       `json:"rows"`
	SHA256    string    `json:"sha256"`
}

// IncidentEntry is one entry that somebody looks at in an incident.
type IncidentEntry struct {
	Centre    string    `json:"centre"`
	Seq       int64     `json:"seq"`
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	OfficerID uuid.UUID `json:"officer_id"`
	Role      string    `json:"role"`
	DeviceID  uuid.UUID `json:"device_id"`
}

// IncidentCount is how many entries of a kind a book got, and between which
// numbers they stand.
type IncidentCount struct {
	Centre string `json:"centre"`
	Kind   string `json:"kind"`
	Count  int64  `json:"count"`
	First  int64  `json:"first_seq"`
	Last   int64  `json:"last_seq"`
}

// weighty are the kinds besides reads that are listed one by one: refusals
// above the budget and leaves beyond it, break-glass, exports, who is named on
// a guarded case, posts.
const weighty = `(kind LIKE 'read.%' OR kind LIKE 'glass.%' OR kind LIKE 'export.%' OR kind LIKE 'case.%' OR kind LIKE 'post.%'
	OR kind LIKE 'interest.%')`

// mostListed bounds each list of a pack.
const mostListed = 100_000

// Incident reads what the books know of a span.
func (b *Book) Incident(ctx context.Context, q IncidentQuery) (*Incident, error) {
	out := &Incident{Reads: []IncidentRead{}, Exports: []IncidentExport{}, Weighty: []IncidentEntry{}, Counts: []IncidentCount{}, Cases: []string{}}
	centres, err := b.Centres(ctx, q.District)
	if err != nil {
		return nil, err
	}
	err = b.read(ctx, q.District, func(tx pgx.Tx) error {
		if err := out.reads(ctx, tx, q, centres); err != nil {
			return err
		}
		return out.entries(ctx, tx, q, centres)
	})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range out.Reads {
		if r.CaseNo != "" && !seen[r.CaseNo] {
			seen[r.CaseNo] = true
			out.Cases = append(out.Cases, r.CaseNo)
		}
	}
	sort.Strings(out.Cases)
	return out, nil
}

// reads lists the reads, by the index of centre and time.
func (out *Incident) reads(ctx context.Context, tx pgx.Tx, q IncidentQuery, centres []string) error {
	rows, err := tx.Query(ctx, `SELECT r.centre, r.seq, r.at, r.kind, r.officer_id, r.role, e.device_id, e.session_id, r.fields, r.reason, r.guarded,
			coalesce(c.centre, m.centre, ''), coalesce(m.register, $7), coalesce(c.year, m.year, 0), coalesce(c.serial, m.serial, 0)
		FROM reads r
		JOIN entries e ON e.district_id = r.district_id AND e.centre = r.centre AND e.seq = r.seq
		LEFT JOIN LATERAL (SELECT centre, year, serial FROM complaints WHERE district_id = $1 AND complaint_id = r.case_id LIMIT 1) c ON true
		LEFT JOIN LATERAL (SELECT centre, register, year, serial FROM matters WHERE district_id = $1 AND matter_id = r.case_id
			AND c.serial IS NULL LIMIT 1) m ON true
		WHERE r.district_id = $1 AND r.centre = ANY($2) AND r.at >= $3 AND r.at < $4
			AND ($5::uuid IS NULL OR r.officer_id = $5) AND ($6::uuid IS NULL OR e.device_id = $6)
		ORDER BY r.at, r.centre, r.seq LIMIT $8`,
		q.District, centres, q.From, q.Until, q.Officer, q.Device, registerHelpDesk, mostListed)
	if err != nil {
		return fmt.Errorf("list reads: %w", err)
	}
	out.Reads, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (IncidentRead, error) {
		var r IncidentRead
		var fields, at, register string
		var year int
		var serial int64
		err := row.Scan(&r.Centre, &r.Seq, &r.At, &r.Kind, &r.OfficerID, &r.Role, &r.DeviceID, &r.SessionID, &fields, &r.Reason, &r.Guarded,
			&at, &register, &year, &serial)
		if err != nil {
			return r, err
		}
		if serial > 0 {
			r.CaseNo = lineRef(at, register, year, serial).No
		}
		var list []string
		err = unjson(fields, &list)
		r.Fields = len(list)
		return r, err
	})
	return wrap(err, "list reads")
}

// entries counts what the books got in the span, and lists what has weight. The numbers of a
// book do not tell when its entries came: one that waited for another stands behind those
// that were received after it. So the span is looked for by that time, in all books at once.
func (out *Incident) entries(ctx context.Context, tx pgx.Tx, q IncidentQuery, centres []string) error {
	const span = ` FROM entries WHERE district_id = $1 AND centre = ANY($2) AND received_at >= $3 AND received_at < $4
		AND ($5::uuid IS NULL OR officer_id = $5) AND ($6::uuid IS NULL OR device_id = $6)`
	args := []any{q.District, centres, q.From, q.Until, q.Officer, q.Device}
	rows, err := tx.Query(ctx, `SELECT centre, kind, count(*), min(seq), max(seq)`+span+` GROUP BY centre, kind ORDER BY centre, kind`, args...)
	if err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	counts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[IncidentCount])
	if err != nil {
		return fmt.Errorf("count entries: %w", err)
	}
	out.Counts = append(out.Counts, counts...)
	rows, err = tx.Query(ctx, `SELECT centre, seq, at, kind, officer_id, role, device_id`+span+` AND `+weighty+` ORDER BY centre, seq LIMIT $7`,
		append(args, mostListed)...)
	if err != nil {
		return fmt.Errorf("list entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[IncidentEntry])
	if err != nil {
		return fmt.Errorf("list entries: %w", err)
	}
	out.Weighty = append(out.Weighty, list...)
	return out.exports(ctx, tx, span, args)
}

// exports lists the files that were taken in the span, each with what was asked for.
func (out *Incident) exports(ctx context.Context, tx pgx.Tx, span string, args []any) error {
	rows, err := tx.Query(ctx, `SELECT e.centre, e.seq, e.at, e.officer_id, e.role, e.device_id, e.session_id, e.facts::json ->> 'rows', e.facts::json ->> 'sha256',
			m.seq, m.data
		FROM (SELECT *`+span+` AND kind = $7 ORDER BY centre, seq LIMIT $8) e
		JOIN matters m ON m.district_id = $1 AND m.matter_id = (convert_from(e.wire, 'UTF8')::json -> 'body' ->> 'ask_id')::uuid
		ORDER BY e.centre, e.seq`, append(args, kindExportRead, mostListed)...)
	if err != nil {
		return fmt.Errorf("list exports: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (IncidentExport, error) {
		var x IncidentExport
		var n, data string
		var asked int64
		if err := row.Scan(&x.Centre, &x.Seq, &x.At, &x.OfficerID, &x.Role, &x.DeviceID, &x.SessionID, &n, &x.SHA256, &asked, &data); err != nil {
			return x, err
		}
		var m MatterData
		if err := unjson(data, &m); err != nil {
			return x, err
		}
		x.No, x.AllowedBy, x.Reason = exportNo(x.Centre, asked), *m.ReviewedBy, m.Code
		x.Register, x.From, x.To, x.State = m.Export.Register, m.Export.From, m.Export.To, m.Export.State
		x.Rows, err = strconv.Atoi(n)
		return x, err
	})
	out.Exports = append(out.Exports, list...)
	return wrap(err, "list exports")
}
