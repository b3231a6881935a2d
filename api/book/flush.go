package book

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kendra/migrations"
)

// The flush writes what apply changed: one statement a table, rows as arrays.
// COPY does not pass row-level security, so the arrays go through unnest.

// Ids go as [16]byte: pgx would ask a uuid.UUID for its driver value, a text.

// columns collects rows column by column.
type columns []any

// column is a FlatArray, which pgx walks without reflection.
func column[R, C any](rows []*R, of func(*R) C) pgtype.FlatArray[C] {
	out := make(pgtype.FlatArray[C], len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out
}

// each has the arrays from parameter n on, of these types, give a row after the
// other. In FROM each array would first be copied into a store of its own.
func each(n int, types string) string {
	var b strings.Builder
	for i, t := range strings.Fields(types) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("unnest($" + strconv.Itoa(n+i) + "::" + t + "[])")
	}
	return b.String()
}

// queueFlush puts the writes of all changed projections into a pipeline.
func (s *State) queueFlush(b *pgx.Batch) {
	s.flushSerials(b)
	s.flushLines(b)
	s.flushPosts(b)
	s.flushDuties(b)
	s.flushBriefs(b)
	s.flushTasks(b)
	s.flushTraces(b)
	s.flushComplaints(b)
	s.flushCustody(b)
	s.flushMatters(b)
	s.flushClocks(b)
	s.flushSteps(b)
	s.flushTallies(b)
	s.flushDays(b)
	s.flushRules(b)
	s.flushReads(b)
	s.flushHandovers(b)
	s.flushRosters(b)
	s.flushGround(b)
	s.flushPlaceVisits(b)
	s.flushBeatMonths(b)
	s.flushSpots(b)
	s.flushMarkers(b)
	s.flushSOS(b)
}

func (s *State) flushSerials(b *pgx.Batch) {
	rows := s.serials.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO serials (district_id, centre, register, year, last, struck, sums)
		SELECT $1, $2, `+each(3, "text int bigint bigint text")+`
		ON CONFLICT (district_id, centre, register, year) DO UPDATE SET last = excluded.last, struck = excluded.struck,
			sums = excluded.sums`,
		s.District, s.Centre,
		column(rows, func(r *serialRow) string { return r.Register }),
		column(rows, func(r *serialRow) int { return r.Year }),
		column(rows, func(r *serialRow) int64 { return r.Last }),
		column(rows, func(r *serialRow) int64 { return r.Struck }),
		column(rows, func(r *serialRow) string { return objectText(r.Sums) }))
}

func (s *State) flushPosts(b *pgx.Batch) {
	rows := s.posts.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO posts (district_id, centre, post_id, officer_id, role, squad_id, beat_id, circle, from_at, until_at, covers_id, seq)
		SELECT $1, $2, p, o, r, s, t, nullif(c, ''), f, u, v, q FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[],
			$7::uuid[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::bigint[]) AS x (p, o, r, s, t, c, f, u, v, q)
		ON CONFLICT (district_id, post_id) DO UPDATE SET until_at = excluded.until_at`,
		s.District, s.Centre,
		column(rows, func(r *postRow) [16]byte { return r.PostID }),
		column(rows, func(r *postRow) [16]byte { return r.OfficerID }),
		column(rows, func(r *postRow) string { return r.Role }),
		column(rows, func(r *postRow) *[16]byte { return (*[16]byte)(r.SquadID) }),
		column(rows, func(r *postRow) *[16]byte { return (*[16]byte)(r.BeatID) }),
		column(rows, func(r *postRow) string { return r.Circle }),
		column(rows, func(r *postRow) time.Time { return r.From }),
		column(rows, func(r *postRow) *time.Time { return r.Until }),
		column(rows, func(r *postRow) *[16]byte { return (*[16]byte)(r.CoversID) }),
		column(rows, func(r *postRow) int64 { return r.Seq }))
}

func (s *State) flushDuties(b *pgx.Batch) {
	rows := s.duties.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO duties (district_id, centre, `+dutyColumns+`)
		SELECT $1, $2, `+each(3, "uuid uuid uuid text uuid uuid timestamptz timestamptz")+`
		ON CONFLICT (district_id, duty_id) DO UPDATE SET ended_at = excluded.ended_at`,
		s.District, s.Centre,
		column(rows, func(r *Duty) [16]byte { return r.DutyID }),
		column(rows, func(r *Duty) [16]byte { return r.OfficerID }),
		column(rows, func(r *Duty) [16]byte { return r.PostID }),
		column(rows, func(r *Duty) string { return r.Role }),
		column(rows, func(r *Duty) *[16]byte { return (*[16]byte)(r.SquadID) }),
		column(rows, func(r *Duty) [16]byte { return r.DeviceID }),
		column(rows, func(r *Duty) time.Time { return r.StartedAt }),
		column(rows, func(r *Duty) *time.Time { return r.EndedAt }))
}

func (s *State) flushBriefs(b *pgx.Batch) {
	rows := s.briefs.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO briefings (district_id, centre, squad_id, day, brief_id, leader_id, members, briefed_by, briefed_at)
		SELECT $1, $2, s, d::date, b, l, m::uuid[], o, t FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[],
			$7::text[], $8::uuid[], $9::timestamptz[]) AS x (s, d, b, l, m, o, t)
		ON CONFLICT (district_id, squad_id, day) DO UPDATE SET brief_id = excluded.brief_id,
			leader_id = excluded.leader_id, members = excluded.members,
			briefed_by = excluded.briefed_by, briefed_at = excluded.briefed_at`,
		s.District, s.Centre,
		column(rows, func(r *Briefing) [16]byte { return r.SquadID }),
		column(rows, func(r *Briefing) string { return r.Day }),
		column(rows, func(r *Briefing) [16]byte { return r.BriefID }),
		column(rows, func(r *Briefing) [16]byte { return r.LeaderID }),
		column(rows, func(r *Briefing) string { return idArray(r.Members) }),
		column(rows, func(r *Briefing) [16]byte { return r.BriefedBy }),
		column(rows, func(r *Briefing) time.Time { return r.BriefedAt }))
}

func (s *State) flushTasks(b *pgx.Batch) {
	rows := s.tasks.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO tasks (district_id, `+taskColumns+`)
		SELECT $1, `+each(2, "uuid text bigint text text text uuid uuid text uuid uuid timestamptz timestamptz int timestamptz"+
		" int text uuid")+`
		ON CONFLICT (district_id, task_id) DO UPDATE SET state = excluded.state, to_role = excluded.to_role,
			holder_id = excluded.holder_id, rung = excluded.rung, next_at = excluded.next_at,
			notices = excluded.notices, steps = excluded.steps`,
		s.District,
		column(rows, func(r *Task) [16]byte { return r.TaskID }),
		column(rows, func(r *Task) string { return r.Centre }),
		column(rows, func(r *Task) int64 { return r.Seq }),
		column(rows, func(r *Task) string { return r.TaskKind }),
		column(rows, func(r *Task) string { return r.Urgency }),
		column(rows, func(r *Task) string { return r.State }),
		column(rows, func(r *Task) *[16]byte { return (*[16]byte)(r.ToOfficer) }),
		column(rows, func(r *Task) *[16]byte { return (*[16]byte)(r.ToSquad) }),
		column(rows, func(r *Task) *string { return r.ToRole }),
		column(rows, func(r *Task) *[16]byte { return (*[16]byte)(r.Holder) }),
		column(rows, func(r *Task) [16]byte { return r.SentBy }),
		column(rows, func(r *Task) time.Time { return r.SentAt }),
		column(rows, func(r *Task) *time.Time { return r.DueAt }),
		column(rows, func(r *Task) int { return r.Rung }),
		column(rows, func(r *Task) *time.Time { return r.NextAt }),
		column(rows, func(r *Task) int { return r.Notices }),
		column(rows, func(r *Task) string { return jsonText(r.Steps) }),
		column(rows, func(r *Task) *[16]byte { return (*[16]byte)(r.CaseID) }))
}

func (s *State) flushTraces(b *pgx.Batch) {
	rows := s.traces.changed()
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO traces (district_id, centre, officer_id, lat, lon, accuracy_m, at, repeats, since)
		SELECT $1, $2, `+each(3, "uuid float8 float8 float8 timestamptz int timestamptz")+`
		ON CONFLICT (district_id, centre, officer_id) DO UPDATE SET lat = excluded.lat, lon = excluded.lon,
			accuracy_m = excluded.accuracy_m, at = excluded.at, repeats = excluded.repeats, since = excluded.since`,
		s.District, s.Centre,
		column(rows, func(r *traceRow) [16]byte { return r.OfficerID }),
		column(rows, func(r *traceRow) float64 { return r.Lat }),
		column(rows, func(r *traceRow) float64 { return r.Lon }),
		column(rows, func(r *traceRow) float64 { return r.AccuracyM }),
		column(rows, func(r *traceRow) time.Time { return r.At }),
		column(rows, func(r *traceRow) int { return r.Repeats }),
		column(rows, func(r *traceRow) time.Time { return r.Since }))
}

const entryColumns = `seq, op_id, kind, case_id, officer_id, post_id, role, device_id, session_id, device_seq, device_at,
	at, received_at, rules_seq, seen_by, guarded, cells, facts, flags, lines, op_hash, sig, sealed, leaf_hash, wire`

// queueEntries writes new entries and makes their op_ids known.
func queueEntries(b *pgx.Batch, district int32, centre string, rows []*Entry, fromHeld []uuid.UUID) {
	if len(rows) == 0 {
		return
	}
	b.Queue(`INSERT INTO entries (district_id, centre, `+entryColumns+`)
		SELECT $1, $2, `+each(3, "bigint uuid text uuid uuid uuid text uuid uuid bigint timestamptz timestamptz timestamptz bigint")+`,
			unnest($17::text[])::uuid[], unnest($18::bool[]), unnest($19::text[])::bigint[],
			`+each(20, "text text text bytea bytea bytea bytea bytea"),
		entryArrays(district, centre, rows)...)
	var fresh, held []*Entry
	for _, e := range rows {
		if slices.Contains(fromHeld, e.OpID) {
			held = append(held, e)
		} else {
			fresh = append(fresh, e)
		}
	}
	// A plain insert: an op_id that another centre takes at the same moment
	// fails here and is found known when its op is tried again.
	b.Queue(`INSERT INTO ops (district_id, op_id, centre, seq, op_hash)
		SELECT $1, unnest($3::uuid[]), $2, `+each(4, "bigint bytea"), district, centre,
		column(fresh, func(e *Entry) [16]byte { return e.OpID }),
		column(fresh, func(e *Entry) int64 { return e.Seq }),
		column(fresh, func(e *Entry) []byte { return e.OpHash[:] }))
	for _, e := range held {
		b.Queue(`UPDATE ops SET seq = $3 WHERE district_id = $1 AND op_id = $2`, district, e.OpID, e.Seq)
	}
}

func entryArrays(district int32, centre string, rows []*Entry) columns {
	return columns{
		district, centre,
		migrations.Ahead[int64]{Rows: column(rows, func(e *Entry) int64 { return e.Seq }), Room: roomOf(rows, entryFrame)},
		column(rows, func(e *Entry) [16]byte { return e.OpID }),
		column(rows, func(e *Entry) string { return e.Kind }),
		column(rows, func(e *Entry) [16]byte { return e.CaseID }),
		column(rows, func(e *Entry) [16]byte { return e.OfficerID }),
		column(rows, func(e *Entry) [16]byte { return e.PostID }),
		column(rows, func(e *Entry) string { return e.Role }),
		column(rows, func(e *Entry) [16]byte { return e.DeviceID }),
		column(rows, func(e *Entry) [16]byte { return e.SessionID }),
		column(rows, func(e *Entry) int64 { return e.DeviceSeq }),
		column(rows, func(e *Entry) time.Time { return e.DeviceAt }),
		column(rows, func(e *Entry) time.Time { return e.At }),
		column(rows, func(e *Entry) time.Time { return e.ReceivedAt }),
		column(rows, func(e *Entry) int64 { return e.RulesSeq }),
		column(rows, func(e *Entry) string { return idArray(e.SeenBy) }),
		column(rows, func(e *Entry) bool { return e.Guarded }),
		column(rows, func(e *Entry) string { return cellArray(e.Cells) }),
		column(rows, (*Entry).factsText),
		column(rows, (*Entry).flagsText),
		column(rows, (*Entry).linesText),
		column(rows, func(e *Entry) []byte { return e.OpHash[:] }),
		column(rows, func(e *Entry) []byte { return e.Sig }),
		column(rows, func(e *Entry) []byte { return e.Sealed }),
		column(rows, func(e *Entry) []byte { return e.LeafHash }),
		column(rows, func(e *Entry) []byte { return e.Wire }),
	}
}

// How long an entry is besides its two texts, in its own statement and in all
// that a flush writes, and what a flush writes of a complaint, about. To be wrong costs memory, not truth.
const (
	entryFrame     = 700
	entryWrite     = 900
	complaintWrite = 2600
)

// roomOf is how many bytes entries take, about.
func roomOf(rows []*Entry, each int) int {
	n := 0
	for _, e := range rows {
		n += len(e.Sealed) + len(e.Wire) + each
	}
	return n
}

// room is a message of no bytes: before those that carry much it makes the
// buffer of a connection as long as they are, once, which would grow under them
// many times.
type room int

// Encode makes the room.
func (r room) Encode(buf []byte) ([]byte, error) { return slices.Grow(buf, int(r)), nil }

// Decode is never asked for.
func (room) Decode([]byte) error { return errors.ErrUnsupported }

// Frontend says that the message is the client's.
func (room) Frontend() {}

// idArray writes ids as an array literal: arrays of arrays do not go through unnest.
func idArray(ids []uuid.UUID) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(id.String())
	}
	b.WriteByte('}')
	return b.String()
}

func cellArray(cells []int64) string {
	b := []byte{'{'}
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, "%d", c)
	}
	return string(append(b, '}'))
}

// unjson reads a stored text. What is read row by row is most of what a sheet or
// a list costs, so it goes by the reader that the contract's bodies go by.
func unjson(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read stored json: %w", err)
	}
	return nil
}

// send runs a pipeline and returns its first error.
func send(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, b).Close()
}
