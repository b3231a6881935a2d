package history

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// planDay plans a day of a station: who is there, what the beats and squads do,
// who comes to the desk, and the in-charge's evening.
func (s *sim) planDay(st *station, i, n int, day time.Time) {
	d := draw{seeded(s.plan.Seed, "day "+st.code, n)}
	for _, o := range st.all {
		absent := 9.0
		switch o.role {
		case staff.SHO, staff.DeskOfficer, staff.Counsellor, staff.Dispatcher:
			absent = 0 // somebody always sits there
		case staff.CentreIncharge:
			absent = 4
		}
		o.away = d.chance(absent)
		if o.handset == st.office && !o.away {
			s.onDuty(d, o, day.Add(8*time.Hour+45*time.Minute+d.between(0, 15*time.Minute)), day.Add(20*time.Hour+40*time.Minute))
		}
	}
	for _, b := range st.beats {
		s.planBeat(draw{seeded(s.plan.Seed, "beat "+b.id.String(), n)}, st, b, day)
	}
	for _, q := range st.squads {
		s.planSquad(draw{seeded(s.plan.Seed, "squad "+q.id.String(), n)}, st, q, day)
	}
	s.planDesk(draw{seeded(s.plan.Seed, "desk "+st.code, n)}, st, day)
	s.planTasks(draw{seeded(s.plan.Seed, "tasks "+st.code, n)}, st, day)
	s.agenda.add(day.Add(10*time.Hour+40*time.Minute), func() error { return s.answerRungs(d, st) })
	if (n+i)%3 == 1 {
		s.agenda.add(day.Add(11*time.Hour+d.between(0, 4*time.Hour)), func() error { return s.reviewSquads(d, st) })
	}
	if n%9 == 4 && i == n/9%len(s.stations) {
		s.agenda.add(day.Add(11*time.Hour), func() error { return s.movePost(d, st) })
	}
	in := st.the(staff.CentreIncharge)
	if in.away || d.chance(4) { // the day stays unsigned, until she comes to it
		st.unsigned = append(st.unsigned, day)
		return
	}
	s.agenda.add(day.Add(18*time.Hour+5*time.Minute+d.between(0, 50*time.Minute)), func() error { return s.evening(d, st, day) })
	if n > 0 && d.chance(25) {
		s.agenda.add(day.Add(11*time.Hour+30*time.Minute), func() error { return s.supplement(st, day.AddDate(0, 0, -1)) })
	}
	if n > 0 && d.chance(2) {
		s.agenda.add(day.Add(12*time.Hour), func() error { return s.reopenDay(st, day.AddDate(0, 0, -1)) })
	}
}

// standing is how a complaint stands in the book.
type standing struct {
	state  string
	owner  *uuid.UUID
	paused bool
}

func (s *sim) stands(id uuid.UUID) (standing, error) {
	var out standing
	err := s.site.read(s.ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(s.ctx, `SELECT state, owner_id, data::json ->> 'paused_at' IS NOT NULL FROM complaints
			WHERE district_id = $1 AND complaint_id = $2`, s.site.District, id).Scan(&out.state, &out.owner, &out.paused)
	})
	if err != nil {
		return out, fmt.Errorf("look how a complaint stands: %w", err)
	}
	return out, nil
}

// find finds an officer by id.
func (s *sim) find(id *uuid.UUID) *officer {
	for _, st := range s.stations {
		for _, o := range st.all {
			if id != nil && o.id == *id {
				return o
			}
		}
	}
	return nil
}

// evening is the in-charge's: she looks at each complaint that is pending, signs
// the day, and those before that were left, and then the return.
func (s *sim) evening(d draw, st *station, day time.Time) error {
	in := st.the(staff.CentreIncharge)
	type open struct {
		id             uuid.UUID
		sensitive, own bool
	}
	var list []open
	err := s.site.read(s.ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(s.ctx, `SELECT complaint_id, data::json ->> 'sensitive' IS NOT NULL, owner_id::text IS NOT DISTINCT FROM $3 FROM complaints
			WHERE district_id = $1 AND centre = $2 AND closed_at IS NULL AND state NOT IN ('disposed', 'feedback')
			AND NOT coalesce(data::json ->> 'about', '') LIKE '%' || $3 || '%' ORDER BY seq`, s.site.District, st.code, in.id.String())
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (open, error) {
			var o open
			return o, r.Scan(&o.id, &o.sensitive, &o.own)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("look what is pending: %w", err)
	}
	for _, o := range list {
		b := contract.DayReview{ComplaintID: o.id, Verdict: "seen"}
		switch {
		case o.own || o.sensitive && d.chance(50):
			b.Verdict = "stepped_in"
		case o.sensitive || d.chance(12):
			b.Verdict, b.Direction = "directed", ptr("कल तक कार्यवाही पूर्ण करें।")
		}
		s.do(act{by: in, kind: contract.KindDayReview, body: b})
	}
	days := append(st.unsigned, day)
	st.unsigned = nil
	for _, day := range days {
		s.sign(d, st, day)
	}
	return nil
}

// sign signs a day and then its return.
func (s *sim) sign(d draw, st *station, day time.Time) {
	in := st.the(staff.CentreIncharge)
	s.do(act{by: in, kind: contract.KindDaySign, body: contract.DaySign{Date: date(day)}, no: func(contract.Code) error {
		st.unsigned = append(st.unsigned, day) // something came in meanwhile: tomorrow
		return nil
	}, yes: func(*book.Entry) error {
		s.later(d.between(time.Minute, 15*time.Minute), func() error {
			s.do(act{by: in, kind: contract.KindReturnSign, body: contract.ReturnSign{Date: date(day)}})
			return nil
		})
		return nil
	}})
}

// supplement signs the return of a day again when lines of that day came in
// after it was signed.
func (s *sim) supplement(st *station, day time.Time) error {
	var late bool
	err := s.site.read(s.ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(s.ctx, `SELECT EXISTS (SELECT FROM entries e JOIN returns r ON r.district_id = e.district_id AND r.centre = e.centre
			AND r.day = $3::date WHERE e.district_id = $1 AND e.centre = $2 AND e.kind = 'visit.record' AND e.seq > r.seq
			AND e.at >= $4 AND e.at < $5)`, s.site.District, st.code, dayOf(day), day, day.AddDate(0, 0, 1)).Scan(&late)
	})
	if err != nil || !late {
		return err
	}
	s.do(act{by: st.the(staff.CentreIncharge), kind: contract.KindReturnSign, body: contract.ReturnSign{
		Date: date(day), Reason: ptr("बीट से विलम्ब से प्राप्त प्रविष्टियाँ जोड़ी गयीं"),
	}})
	return nil
}

// reopenDay has the head of the station open a signed day again; the in-charge
// signs it with the next.
func (s *sim) reopenDay(st *station, day time.Time) error {
	var signed bool
	err := s.site.read(s.ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(s.ctx, `SELECT EXISTS (SELECT FROM days WHERE district_id = $1 AND centre = $2 AND day = $3::date AND state = 'signed')`,
			s.site.District, st.code, dayOf(day)).Scan(&signed)
	})
	if err != nil || !signed {
		return err
	}
	s.do(act{by: st.the(staff.SHO), kind: contract.KindDayReopen, body: contract.DayReopen{Date: date(day), Reason: "एक प्रकरण की समीक्षा शेष पायी गयी"},
		yes: func(*book.Entry) error {
			in := st.the(staff.CentreIncharge)
			s.agenda.add(midnight(s.at).Add(20*time.Hour), func() error {
				s.do(act{by: in, kind: contract.KindDaySign, body: contract.DaySign{Date: date(day)}})
				return nil
			})
			return nil
		}})
	return nil
}

// reviewSquads has the in-charge look at what the squads wrote; she leaves some
// for the next time.
func (s *sim) reviewSquads(d draw, st *station) error {
	in := st.head()
	ids, err := s.site.ids(s.ctx, `SELECT m.matter_id FROM matters m JOIN clocks k ON k.district_id = m.district_id AND k.subject_id = m.matter_id
		AND k.code = 'squad_review' AND k.stopped_at IS NULL
		WHERE m.district_id = $1 AND m.centre = $2 AND m.kind IN ('squad_round', 'squad_person') AND m.data::json ->> 'opened_by' <> $3
		ORDER BY k.due_at LIMIT 60`, s.site.District, st.code, in.id.String())
	if err != nil {
		return fmt.Errorf("look for squad lines: %w", err)
	}
	for _, id := range ids {
		if d.chance(6) {
			continue
		}
		s.do(act{by: in, kind: contract.KindSquadReview, body: contract.SquadReview{
			LineID: id, Verdict: choose(d, []weighted{{"in_order", 95}, {"needs_correction", 4}, {"misconduct_suspected", 1}}),
		}})
	}
	return nil
}

// answerRungs has those who were told of limits that passed answer some of them.
func (s *sim) answerRungs(d draw, st *station) error {
	type rung struct {
		id    uuid.UUID
		limit string
	}
	var list []rung
	err := s.site.read(s.ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(s.ctx, `SELECT k.subject_id, k.code FROM clocks k WHERE k.district_id = $1 AND k.centre = $2 AND k.rung > 0
			AND k.stopped_at IS NULL AND k.code <> 'day_sign' ORDER BY k.due_at DESC, k.subject_id LIMIT 3`, s.site.District, st.code)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (rung, error) {
			var g rung
			return g, r.Scan(&g.id, &g.limit)
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("look for what is late: %w", err)
	}
	for i, g := range list {
		by := []*officer{st.head(), st.the(staff.SHO), s.circle[st.circle]}[i]
		s.do(act{by: by, at: st.code, kind: contract.KindEscalationAnswer, body: contract.EscalationAnswer{
			SubjectID: g.id, Limit: g.limit, Answer: pick(d, "आज ही कार्यवाही पूर्ण करायी जायेगी।", "जाँच अधिकारी को निर्देशित किया गया।"),
		}})
	}
	return nil
}

// movePost takes an officer from a beat into a squad: what she had in hand stays
// with the post that she left, and is given to others.
func (s *sim) movePost(d draw, st *station) error {
	b := pick(d, st.beats...)
	if len(b.pair) < 2 {
		return nil
	}
	o, head, q := b.pair[1], st.head(), pick(d, st.squads...)
	s.do(act{by: head, kind: contract.KindPostLeave, body: contract.PostLeave{PostID: o.post, Reason: contract.LeaveReasonOther}, yes: func(*book.Entry) error {
		post := sevenAt(s.at)
		s.do(act{by: head, kind: contract.KindPostTake, body: contract.PostTake{
			PostID: post, OfficerID: o.id, Role: contract.RoleSquadMember, SquadID: &q.id,
		}, yes: func(*book.Entry) error {
			o.post, o.role = post, staff.SquadMember
			return nil
		}})
		return nil
	}})
	b.pair, o.beat, o.away = b.pair[:1], nil, true
	for _, l := range s.living {
		if l.owner == o && !l.over {
			l.owner = nil
			if l.disposedAt.IsZero() {
				l.soon(2*time.Hour, 20*time.Hour, l.intervene)
			}
		}
	}
	return nil
}

// count reads what the books came to.
func (m *Summary) count(ctx context.Context, site *Site) error {
	m.Lines, m.Complaints = map[string]int64{}, map[string]int64{}
	return site.read(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT (SELECT coalesce(sum(size), 0) FROM heads WHERE district_id = $1),
			(SELECT count(*) FROM entries WHERE district_id = $1 AND kind = 'escalation.raise'),
			(SELECT count(*) FROM days WHERE district_id = $1 AND state = 'signed'),
			(SELECT count(*) FROM returns WHERE district_id = $1), (SELECT count(*) FROM held WHERE district_id = $1)`, site.District).
			Scan(&m.Entries, &m.Escalations, &m.DaysSigned, &m.Returns, &m.Waiting)
		if err != nil {
			return fmt.Errorf("count entries: %w", err)
		}
		for sql, into := range map[string]map[string]int64{
			`SELECT register, count(*) FROM lines WHERE district_id = $1 GROUP BY 1`:   m.Lines,
			`SELECT state, count(*) FROM complaints WHERE district_id = $1 GROUP BY 1`: m.Complaints,
		} {
			rows, err := tx.Query(ctx, sql, site.District)
			if err != nil {
				return fmt.Errorf("count lines: %w", err)
			}
			var word string
			var n int64
			if _, err := pgx.ForEachRow(rows, []any{&word, &n}, func() error { into[word] = n; return nil }); err != nil {
				return fmt.Errorf("count lines: %w", err)
			}
		}
		return nil
	})
}
