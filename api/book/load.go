package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// needs collects which rows the ops of a batch ask for, so that each table is
// read once for all of them.
type needs struct {
	tasks, dutyIDs, dutyOf, posts, officers, squads, beats []uuid.UUID
	entries, lines, heldIDs, traces                        []uuid.UUID
	reads                                                  []uuid.UUID // entries whose sealed fields are asked for
	readers                                                []uuid.UUID // officers who read now, and have a budget
	named                                                  []uuid.UUID // entries of cases whose names a text must not hold
	files                                                  []uuid.UUID // files that are attached
	briefs                                                 []briefKey
	keys                                                   []string
	serials                                                bool
	centrePosts                                            bool

	complaints, ownerPosts, matters, clocks []uuid.UUID
	centres, days, tallyDays                []string
	handovers, handedPosts                  []uuid.UUID
	weeks                                   []string    // of rosters, by their Mondays
	spots                                   bool        // lists of hot-spots that count now
	spotLists                               []uuid.UUID // and those of these ids, with what was seen of them
	spotWeeks                               []time.Time // beginnings of weeks of which somebody tells
	soses, sosOf                            []uuid.UUID // calls for help, and officers whose open ones are wanted
	wakes                                   []*draft    // ops that wake who is near
	months                                  []monthKey  // of beats, that ops close
	monthsOf                                []*draft    // these ops
	marks                                   []seal.Mark
	alike                                   []seal.Mark // of persons that squads spoke to
	kinds                                   map[string]*kindRow
	allOpen                                 bool // every complaint that is open, to be looked at
	handed                                  bool // with their clocks, and what else is open, to be handed over
	dayClocks                               bool
	rulesAfter                              *int64 // changes of the rules after this number

	groundBeats, groundPlaces []uuid.UUID // with all their versions
	beatCodes, placeCodes     []string    // whoever has them
	centreBeats               bool        // all beats of the centre, and when they end
	markers                   []uuid.UUID // places whose sheets are wanted
}

func (n *needs) task(id uuid.UUID)    { n.tasks = append(n.tasks, id) }
func (n *needs) dutyID(id uuid.UUID)  { n.dutyIDs = append(n.dutyIDs, id) }
func (n *needs) duty(of uuid.UUID)    { n.dutyOf = append(n.dutyOf, of) }
func (n *needs) post(id uuid.UUID)    { n.posts = append(n.posts, id) }
func (n *needs) officer(id uuid.UUID) { n.officers = append(n.officers, id) }
func (n *needs) entry(id uuid.UUID)   { n.entries = append(n.entries, id) }
func (n *needs) held(id uuid.UUID)    { n.heldIDs = append(n.heldIDs, id) }
func (n *needs) clock(of uuid.UUID)   { n.clocks = append(n.clocks, of) }
func (n *needs) matter(id uuid.UUID)  { n.matters = append(n.matters, id) }

// complaint asks for a complaint with its line, its clocks, its custody and the
// matters that hang on it.
func (n *needs) complaint(id uuid.UUID) { n.complaints = append(n.complaints, id) }

// subjects are those, but complaints, whose clocks are wanted.
func (n *needs) subjects() []uuid.UUID {
	return slices.Concat(n.matters, n.clocks)
}

func (n *needs) squad(id *uuid.UUID) {
	if id != nil {
		n.squads = append(n.squads, *id)
	}
}

func (n *needs) beat(id *uuid.UUID) {
	if id != nil {
		n.beats = append(n.beats, *id)
	}
}

func (n *needs) brief(squad uuid.UUID, day string) {
	n.briefs = append(n.briefs, briefKey{squad, day})
}

// refs checks that a squad and a beat exist and belong to the centre.
func (s *State) refs(squad *uuid.UUID, squadPtr string, beat *uuid.UUID, beatPtr string) error {
	if squad != nil && s.squads[*squad] != s.Centre {
		return refuse(contract.CodeUnknownReference, squadPtr)
	}
	if beat != nil && s.beats[*beat] != s.Centre {
		return refuse(contract.CodeUnknownReference, beatPtr)
	}
	return nil
}

// queueNeeds puts the reads of the projections into a pipeline.
func (s *State) queueNeeds(b *pgx.Batch, n *needs) {
	if n.serials {
		s.queueSerials(b)
	}
	if len(n.tasks) > 0 {
		s.queueTasks(b, n.tasks)
	}
	if len(n.dutyIDs)+len(n.dutyOf) > 0 {
		s.queueDuties(b, n)
	}
	if len(n.briefs) > 0 {
		s.queueBriefs(b, n.briefs)
	}
	if len(n.posts) > 0 || n.centrePosts {
		s.queuePosts(b, n)
	}
	if len(n.traces) > 0 {
		s.queueTraces(b, n.traces)
	}
	if len(n.complaints)+len(n.matters)+len(n.ownerPosts) > 0 {
		s.queueComplaints(b, n)
	}
	if n.allOpen {
		s.queueOpen(b)
	}
	if n.handed {
		s.queueOpenClocks(b)
		s.queueHanded(b)
	}
	if len(n.handovers)+len(n.handedPosts) > 0 {
		s.queueHandovers(b, n)
	}
	if len(n.soses)+len(n.sosOf) > 0 {
		s.queueSOS(b, n.soses, n.sosOf)
	}
	if len(n.weeks) > 0 {
		s.queueRosters(b, n.weeks)
	}
	if len(n.months) > 0 {
		s.queueMonths(b, n.months)
	}
	if n.spots {
		s.queueSpots(b, n.spotLists, n.spotWeeks)
	}
	if len(n.complaints)+len(n.matters) > 0 {
		s.queueMatters(b, n)
	}
	if len(n.subjects())+len(n.complaints) > 0 {
		s.queueClocks(b, n)
	}
	if ids := slices.Concat(n.complaints, n.matters, n.entries, n.tasks, n.dutyIDs, n.handovers, n.soses, n.spotLists); len(ids) > 0 {
		s.queueEntered(b, ids)
	}
	s.queueGround(b, n)
	if len(n.markers) > 0 {
		s.queueMarkers(b, n.markers)
	}
	s.queueDays(b, n)
	if n.rulesAfter != nil {
		s.queueHeard(b, *n.rulesAfter)
	}
	if len(n.readers) > 0 {
		s.queueAllows(b, n.readers)
	}
	if len(n.centres) > 0 {
		s.queueCentres(b, n.centres)
	}
	if len(n.marks) > 0 {
		s.queueSeen(b, n.marks)
	}
	if len(n.alike) > 0 {
		s.queueAlike(b, n.alike)
	}
	staff.QueueKnown(b, s.District, n.officers, n.squads, n.beats, s.officers, s.squads, s.beats)
}

func (s *State) queueSerials(b *pgx.Batch) {
	b.Queue(`SELECT register, year, last, struck, sums FROM serials WHERE district_id = $1 AND centre = $2`,
		s.District, s.Centre).Query(func(rows pgx.Rows) error {
		var r serialRow
		var sums string
		_, err := pgx.ForEachRow(rows, []any{&r.Register, &r.Year, &r.Last, &r.Struck, &sums}, func() error {
			row := r
			s.serials.load(serialKey{r.Register, r.Year}, &row)
			return unjson(sums, &row.Sums)
		})
		return wrap(err, "read serials")
	})
}

const taskColumns = `task_id, centre, seq, task_kind, urgency, state, to_officer, to_squad, to_role, holder_id, sent_by,
	sent_at, due_at, rung, next_at, notices, steps, case_id`

func scanTask(row pgx.CollectableRow) (*Task, error) {
	t, steps := &Task{}, ""
	err := row.Scan(&t.TaskID, &t.Centre, &t.Seq, &t.TaskKind, &t.Urgency, &t.State, &t.ToOfficer, &t.ToSquad, &t.ToRole,
		&t.Holder, &t.SentBy, &t.SentAt, &t.DueAt, &t.Rung, &t.NextAt, &t.Notices, &steps, &t.CaseID)
	if err != nil {
		return nil, err
	}
	return t, unjson(steps, &t.Steps)
}

func (s *State) queueTasks(b *pgx.Batch, ids []uuid.UUID) {
	b.Queue(`SELECT `+taskColumns+` FROM tasks WHERE district_id = $1 AND task_id = ANY($2)`,
		s.District, ids).Query(func(rows pgx.Rows) error {
		tasks, err := pgx.CollectRows(rows, scanTask)
		for _, t := range tasks {
			s.tasks.load(t.TaskID, t)
		}
		return wrap(err, "read tasks")
	})
}

// dutyReach is how far back an ended duty is looked for: a phone may have been
// without network for days. One that was never ended is found however old it
// is, because the next start ends it, at append as at rebuild.
const dutyReach = 45 * 24 * time.Hour

const dutyColumns = `duty_id, officer_id, post_id, role, squad_id, device_id, started_at, ended_at`

func scanDuty(row pgx.CollectableRow) (*Duty, error) {
	d := &Duty{}
	return d, row.Scan(&d.DutyID, &d.OfficerID, &d.PostID, &d.Role, &d.SquadID, &d.DeviceID, &d.StartedAt, &d.EndedAt)
}

func (s *State) queueDuties(b *pgx.Batch, n *needs) {
	take := func(rows pgx.Rows) error {
		duties, err := pgx.CollectRows(rows, scanDuty)
		for _, d := range duties {
			s.duties.load(d.DutyID, d)
		}
		return wrap(err, "read duties")
	}
	if len(n.dutyIDs) > 0 {
		b.Queue(`SELECT `+dutyColumns+` FROM duties WHERE district_id = $1 AND centre = $2 AND duty_id = ANY($3)`,
			s.District, s.Centre, n.dutyIDs).Query(take)
	}
	if len(n.dutyOf) > 0 {
		b.Queue(`SELECT `+dutyColumns+` FROM duties WHERE district_id = $1 AND centre = $2 AND officer_id = ANY($3)
			AND (started_at > $4 OR ended_at IS NULL)`, s.District, s.Centre, n.dutyOf, s.now.Add(-dutyReach)).Query(take)
	}
}

func (s *State) queueBriefs(b *pgx.Batch, keys []briefKey) {
	squads, days := make([]uuid.UUID, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		squads[i], days[i] = k.Squad, k.Day
	}
	b.Queue(`SELECT squad_id, to_char(day, 'YYYY-MM-DD'), brief_id, leader_id, members, briefed_by, briefed_at
		FROM briefings WHERE district_id = $1 AND centre = $2 AND squad_id = ANY($3) AND day = ANY($4::text[]::date[])`,
		s.District, s.Centre, squads, days).Query(func(rows pgx.Rows) error {
		briefs, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[Briefing])
		for _, r := range briefs {
			s.briefs.load(briefKey{r.SquadID, r.Day}, r)
		}
		return wrap(err, "read briefings")
	})
}

func (s *State) queuePosts(b *pgx.Batch, n *needs) {
	b.Queue(`SELECT post_id, centre, officer_id, role, squad_id, beat_id, coalesce(circle, ''), from_at, until_at, covers_id, seq
		FROM posts WHERE district_id = $1 AND (post_id = ANY($2) OR $3 AND centre = $4 AND (until_at IS NULL OR until_at > $5))`,
		s.District, n.posts, n.centrePosts, s.Centre, s.now.Add(-dutyReach)).Query(func(rows pgx.Rows) error {
		posts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*postRow, error) {
			p := &postRow{}
			return p, row.Scan(&p.PostID, &p.Centre, &p.OfficerID, &p.Role, &p.SquadID, &p.BeatID, &p.Circle,
				&p.From, &p.Until, &p.CoversID, &p.Seq)
		})
		for _, p := range posts {
			s.posts.load(p.PostID, p)
		}
		return wrap(err, "read posts")
	})
}

func (s *State) queueTraces(b *pgx.Batch, officers []uuid.UUID) {
	b.Queue(`SELECT officer_id, lat, lon, accuracy_m, at, repeats, since FROM traces
		WHERE district_id = $1 AND centre = $2 AND officer_id = ANY($3)`,
		s.District, s.Centre, officers).Query(func(rows pgx.Rows) error {
		traces, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*traceRow, error) {
			t := &traceRow{}
			return t, row.Scan(&t.OfficerID, &t.Lat, &t.Lon, &t.AccuracyM, &t.At, &t.Repeats, &t.Since)
		})
		for _, t := range traces {
			s.traces.load(t.OfficerID, t)
		}
		return wrap(err, "read traces")
	})
}

// loadEntries reads earlier entries that ops of the batch name, and the lines
// they opened where those may be struck. Few kinds ask for this, so it is a
// read of its own.
func (s *State) loadEntries(ctx context.Context, tx pgx.Tx, n *needs) error {
	if len(n.entries) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT seq FROM ops WHERE district_id = $1 AND op_id = ANY($2) AND centre = $3 AND seq > 0`,
		s.District, n.entries, s.Centre)
	if err != nil {
		return fmt.Errorf("find entries: %w", err)
	}
	seqs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find entries: %w", err)
	}
	rows, err = tx.Query(ctx, `SELECT seq, op_id, case_id, kind, officer_id, at, seen_by, guarded, facts, lines
		FROM entries WHERE district_id = $1 AND centre = $2 AND seq = ANY($3)`, s.District, s.Centre, seqs)
	if err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	refs, err := pgx.CollectRows(rows, scanRef)
	if err != nil {
		return fmt.Errorf("read entries: %w", err)
	}
	for _, r := range refs {
		s.entries[r.OpID] = r
	}
	if err := s.loadPressed(ctx, tx, n); err != nil {
		return err
	}
	return s.loadLines(ctx, tx, n.lines)
}

func scanRef(row pgx.CollectableRow) (*entryRef, error) {
	r, facts, lines := &entryRef{}, "", ""
	err := row.Scan(&r.Seq, &r.OpID, &r.CaseID, &r.Kind, &r.OfficerID, &r.At, &r.SeenBy, &r.Guarded, &facts, &lines)
	if err != nil {
		return nil, err
	}
	var f Facts
	if err := unjson(facts, &f); err != nil {
		return nil, err
	}
	r.Of, _ = f[factOf].(string)
	return r, unjson(lines, &r.Lines)
}

// loadLines reads the lines that entries opened. At rebuild those of entries of
// the same chunk are not there yet: they are in the state already.
func (s *State) loadLines(ctx context.Context, tx pgx.Tx, ofEntries []uuid.UUID) error {
	var registers []string
	var years []int
	var serials []int64
	for _, id := range ofEntries {
		if e := s.entries[id]; e != nil {
			for _, l := range e.Lines {
				registers, years, serials = append(registers, l.Register), append(years, l.Year), append(serials, l.Serial)
			}
		}
	}
	if len(serials) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT `+lineColumns+` FROM lines WHERE district_id = $1 AND centre = $2
		AND (register, year, serial) IN (SELECT * FROM unnest($3::text[], $4::int[], $5::bigint[]))`,
		s.District, s.Centre, registers, years, serials)
	if err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	if err := s.takeLines(rows); err != nil {
		return err
	}
	if slices.Contains(registers, registerWomenBeat) || slices.Contains(registers, registerSquad) {
		p := &pgx.Batch{}
		s.queuePlaceVisits(p, years, serials)
		s.queueBeatMonths(p, `(year, serial) IN (SELECT * FROM unnest($3::int[], $4::bigint[]))`, years, serials)
		s.queueSpotVisits(p, registers, years, serials)
		if err := send(ctx, tx, p); err != nil {
			return err
		}
	}
	return s.loadSubjects(ctx, tx, ofEntries)
}

// loadSubjects reads the complaints and matters that lines belong to: a
// correction of the line puts them right, too.
func (s *State) loadSubjects(ctx context.Context, tx pgx.Tx, ofEntries []uuid.UUID) error {
	n := &needs{}
	for _, id := range ofEntries {
		if e := s.entries[id]; e != nil {
			for _, l := range e.Lines {
				line := s.lines.get(lineKey{l.Register, l.Year, l.Serial})
				if line == nil || line.SubjectID == nil {
					continue
				}
				n.complaint(*line.SubjectID)
				n.matter(*line.SubjectID)
				if line.ComplaintID != nil {
					n.complaint(*line.ComplaintID)
				}
			}
		}
	}
	if len(n.complaints) == 0 {
		return nil
	}
	p := &pgx.Batch{}
	s.queueComplaints(p, n)
	s.queueMatters(p, n)
	s.queueClocks(p, n)
	s.queueFirstSpans(p, n.complaints)
	return wrap(send(ctx, tx, p), "read what lines belong to")
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
