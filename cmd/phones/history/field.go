package history

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// onDuty has an officer begin and end his duty; now and then one forgets to end
// it.
func (s *sim) onDuty(d draw, o *officer, from, to time.Time) {
	s.agenda.add(from, func() error {
		id := s.do(act{by: o, kind: contract.KindDutyStart, body: contract.DutyStart{SquadID: squadOf(o)}})
		o.duty = &id
		return nil
	})
	if d.chance(3) {
		return
	}
	s.agenda.add(to, func() error {
		if o.duty != nil {
			s.do(act{by: o, kind: contract.KindDutyEnd, body: contract.DutyEnd{StartID: *o.duty}})
			o.duty = nil
		}
		return nil
	})
}

func squadOf(o *officer) *uuid.UUID {
	if o.squad == nil {
		return nil
	}
	return &o.squad.id
}

// reach has a handset come into the network now and then: at noon, in the
// afternoon, at night. One in ten times it stays out of reach until the next.
func (s *sim) reach(d draw, h *handset, day time.Time) {
	for _, hour := range []time.Duration{12, 16, 20} {
		if d.chance(10) {
			continue
		}
		s.agenda.add(day.Add(hour*time.Hour+d.between(0, 75*time.Minute)), func() error {
			h.reach = true
			return nil
		})
	}
}

// planBeat has the pair of a beat go on its visits.
func (s *sim) planBeat(d draw, st *station, b *beat, day time.Time) {
	pair := present(b.pair)
	if len(pair) == 0 {
		return
	}
	for _, o := range pair {
		s.onDuty(d, o, day.Add(9*time.Hour+d.between(0, 40*time.Minute)), day.Add(19*time.Hour+d.between(0, 40*time.Minute)))
	}
	s.reach(d, b.handset, day)
	visits := d.count(s.visitsOfBeat())
	at := day.Add(10 * time.Hour)
	for range visits {
		at = at.Add(d.between(35*time.Minute, 100*time.Minute))
		if at.In(ist).Hour() >= 19 {
			return
		}
		stay := d.between(8*time.Minute, 30*time.Minute)
		s.agenda.add(at, func() error { return s.visit(d, st, b, stay) })
	}
}

// visitsOfBeat is how many visits the pair of a beat makes in a day.
func (s *sim) visitsOfBeat() float64 { return 4.7 * s.plan.Scale }

func present(of []*officer) []*officer {
	var out []*officer
	for _, o := range of {
		if !o.away {
			out = append(out, o)
		}
	}
	return out
}

// visit records a stay that has just ended; one in sixteen ends with a complaint.
func (s *sim) visit(d draw, st *station, b *beat, stay time.Duration) error {
	pair := present(b.pair)
	if len(pair) == 0 {
		return nil
	}
	o := pick(d, pair...)
	v := contract.VisitRecord{
		BeatID: &b.id, StartedAt: o.says(s.at.Add(-stay)), EndedAt: o.says(s.at), VillageCode: ptr(villageOf(d, st)),
		PlaceType: pick(d, "village", "village", "school", "market", "panchayat_bhawan", "college", "hostel", "hospital", "ward"),
		Women:     d.IntN(14), Girls: d.IntN(12),
	}
	for _, x := range pair {
		if x != o {
			v.OfficersBy = append(v.OfficersBy, x.id)
		}
	}
	if d.chance(22) {
		v.IsChaupal, v.Women = true, v.Women+15+d.IntN(40)
		v.Topics = []string{pick(d, "helplines", "rights", "cyber_safety"), pick(d, "schemes", "child_marriage", "domestic_violence")}
		v.SchemesHelped = ptr(d.IntN(5))
	}
	if d.chance(35) {
		v.Observation = ptr(pick(d, observations...))
	}
	if d.chance(30) {
		v.Materials = ptr(10 + d.IntN(60))
	}
	if d.chance(10) {
		v.Settled = ptr(1)
	}
	if d.chance(8) {
		v.Hazards = []string{pick(d, "no_street_light", "lonely_path", "no_toilet", "liquor_shop")}
	}
	v.Extra = s.extra(d, contract.RegisterWomenBeat)
	id := s.do(act{by: o, kind: contract.KindVisitRecord, body: v, place: s.fix(d, b.lat, b.lon, 4), yes: func(e *book.Entry) error {
		s.putVisitRight(d, o, e, v)
		return nil
	}})
	if d.chance(6 * s.complaintShare()) {
		s.hear(d, st, o, "beat", &id, nil)
	}
	return nil
}

var observations = []string{
	"महिलाओं को हेल्पलाइन 1090 और 112 की जानकारी दी गयी।",
	"विद्यालय के रास्ते पर प्रकाश की व्यवस्था की माँग की गयी।",
	"पंचायत भवन पर बैठक हुई, साइबर अपराध पर चर्चा हुई।",
	"छात्राओं ने बस स्टैण्ड पर भीड़ की शिकायत की।",
	"वृद्ध महिला का हाल जाना गया, सब कुशल है।",
}

// putVisitRight strikes a visit now and then, or puts right what was miscounted.
func (s *sim) putVisitRight(d draw, o *officer, e *book.Entry, v contract.VisitRecord) {
	strike, right := d.chance(0.4), d.chance(1.5)
	if !strike && !right {
		return
	}
	s.working(d, d.between(20*time.Minute, 6*time.Hour), func() error {
		c := contract.EntryCorrect{CorrectsID: e.OpID, Reason: "संख्या गलत अंकित हो गयी थी"}
		if strike {
			c.Strike, c.Reason = ptr(true), "भूलवश दो बार अंकित हुआ"
		} else {
			v.Women += 1 + d.IntN(5)
			c.Visit = &v
		}
		s.do(act{by: o, kind: contract.KindEntryCorrect, body: c, at: e.Centre})
		return nil
	})
}

// villageOf is one of the station's villages; the codes are made up.
func villageOf(d draw, st *station) string { return fmt.Sprintf("%s%03d", st.code, 1+d.IntN(54)) }

// fix is a place within some kilometres; some are poor, a few made up by the
// handset.
func (s *sim) fix(d draw, lat, lon, km float64) *contract.Place {
	if d.chance(4) {
		return nil
	}
	const degree = 111.0
	p := &contract.Place{
		Lat: lat + (d.Float64()*2-1)*km/degree, Lon: lon + (d.Float64()*2-1)*km/(degree*0.9), AccuracyM: 4 + d.Float64()*50,
	}
	if d.chance(7) {
		p.AccuracyM += 120 + d.Float64()*400
	}
	if d.chance(0.5) {
		p.Mock = ptr(true)
	}
	return p
}

// planSquad briefs a squad and sends it on its rounds.
func (s *sim) planSquad(d draw, st *station, q *squad, day time.Time) {
	here := present(q.members)
	if len(here) < 2 || here[0] != q.members[0] { // no leader, no rounds
		return
	}
	for _, o := range here {
		s.onDuty(d, o, day.Add(8*time.Hour+30*time.Minute+d.between(0, 30*time.Minute)), day.Add(19*time.Hour+30*time.Minute+d.between(0, 20*time.Minute)))
	}
	s.reach(d, q.handset, day)
	q.briefed = nil
	brief := day.Add(9*time.Hour + 10*time.Minute + d.between(0, 20*time.Minute))
	if d.chance(2) { // told by word of mouth, written down late: what needs it waits
		brief = day.Add(19 * time.Hour)
	}
	s.agenda.add(brief, func() error { return s.brief(q, here, day) })
	at := day.Add(9*time.Hour + 45*time.Minute)
	for range d.count(5 * s.plan.Scale) {
		at = at.Add(d.between(40*time.Minute, 110*time.Minute))
		if at.In(ist).Hour() >= 19 {
			return
		}
		s.agenda.add(at, func() error { return s.round(d, st, q, here) })
	}
}

func (s *sim) brief(q *squad, here []*officer, day time.Time) error {
	leader := here[0]
	id := s.do(act{by: leader, kind: contract.KindSquadBrief, body: contract.SquadBrief{
		SquadID: q.id, LeaderBy: leader.id, MembersBy: idsOf(here[1:]), BodyCamera: true, PlainClothes: 1,
		Points: []string{"rules_of_conduct", "no_couples", "hotspots"},
		From:   leader.says(day.Add(9*time.Hour + 30*time.Minute)), To: leader.says(day.Add(19*time.Hour + 30*time.Minute)),
	}})
	q.briefed = &id
	return nil
}

func idsOf(of []*officer) []uuid.UUID {
	out := make([]uuid.UUID, len(of))
	for i, o := range of {
		out[i] = o.id
	}
	return out
}

// round records a round that has just ended, and now and then a person.
func (s *sim) round(d draw, st *station, q *squad, here []*officer) error {
	o := here[0]
	if d.chance(25) {
		o = pick(d, here...)
	}
	seen := 8 + d.IntN(60)
	spoken := d.IntN(min(seen, 12))
	b := contract.SquadRound{
		SquadID: q.id, BriefID: q.briefed, LeaderBy: here[0].id, MembersBy: idsOf(here[1:]), PlainClothes: 1, BodyCamera: true,
		PlaceType: pick(d, "school", "college", "market", "bus_stand", "park", "crossing", "temple_ghat", "coaching"),
		StartedAt: o.says(s.at.Add(-d.between(12*time.Minute, 35*time.Minute))), EndedAt: o.says(s.at),
		Reason:          pick(d, "hotspot_round", "hotspot_round", "school_request", "complaint"),
		PersonsObserved: seen, PersonsSpoken: spoken, WomenSpoken: d.IntN(15), Advised: ptr(spoken / 2),
	}
	b.Extra = s.extra(d, contract.RegisterSquad)
	id := s.do(act{by: o, kind: contract.KindSquadRound, body: b, place: s.fix(d, st.lat, st.lon, 3)})
	if d.chance(28) {
		s.person(d, st, q, here[0], id)
	}
	if d.chance(2 * s.complaintShare()) {
		s.hear(d, st, here[0], "squad", nil, &id)
	}
	return nil
}

// person records one whom the squad dealt with, on a ground of conduct.
func (s *sim) person(d draw, st *station, q *squad, leader *officer, round uuid.UUID) {
	p := contract.SquadPerson{
		SquadID: q.id, BriefID: q.briefed, RoundID: &round, PlaceType: pick(d, "market", "bus_stand", "college", "crossing"),
		SeenAt: leader.says(s.at.Add(-5 * time.Minute)),
		Ground: pick(d, "seen_following", "seen_obscene_word_gesture", "pointed_out_by_woman", "seen_touch_or_block", "seen_filming"),
		Facts:  pick(d, "छात्राओं का पीछा करते हुए देखा गया, रोकने पर भी नहीं माना।", "बस स्टैण्ड पर महिला को रोककर अभद्र टिप्पणी करते देखा गया।"),
		Name:   ptr(fmt.Sprintf("परीक्षण व्यक्ति %d", d.IntN(100000))), ParentName: ptr("परीक्षण पिता"), Address: ptr("परीक्षण ग्राम"),
		Mobile: ptr(mobile(d)),
	}
	if d.chance(10) {
		p.IsChild, p.Age, p.Mobile = true, ptr(13+d.IntN(5)), nil
		p.Outcome, p.GuardianToldAt = pick(d, "guardian_told", "advised"), leader.saysPtr(s.at)
	} else {
		p.Age, p.Outcome = ptr(18+d.IntN(25)), choose(d, []weighted{{"warned", 60}, {"advised", 22}, {"warning_card", 12}, {"no_action", 6}})
	}
	if p.Outcome == "warning_card" {
		q.cards++
		p.CardNo = ptr(fmt.Sprintf("%s-%s-%d", st.code, q.id.String()[:4], q.cards))
	}
	s.do(act{by: leader, kind: contract.KindSquadPerson, body: p, place: s.fix(d, st.lat, st.lon, 3), yes: func(e *book.Entry) error {
		if p.Outcome != "no_action" && d.chance(3) {
			s.working(d, d.between(24*time.Hour, 9*24*time.Hour), func() error { return s.object(d, st, e.OpID) })
		}
		return nil
	}})
}

func mobile(d draw) string { return fmt.Sprintf("94500%05d", d.IntN(100000)) }

// object brings a person's objection to the desk; the circle officer decides.
func (s *sim) object(d draw, st *station, person uuid.UUID) error {
	s.do(act{
		by: st.the("desk_officer"), kind: contract.KindWarningObject,
		body: contract.WarningObject{PersonID: person, Objection: "मैं उस समय वहाँ नहीं था, चेतावनी वापस ली जाये।"},
		yes: func(*book.Entry) error {
			s.working(d, d.between(20*time.Hour, 4*24*time.Hour), func() error {
				s.do(act{by: s.circle[st.circle], at: st.code, kind: contract.KindWarningDecide, body: contract.WarningDecide{
					PersonID: person, Decision: choose(d, []weighted{{"dismissed", 65}, {"upheld", 35}}), Reason: "पक्षों को सुना गया।",
				}})
				return nil
			})
			return nil
		},
	})
	return nil
}

// planTasks has the dispatcher send some tasks; most are done, some are not even
// received, so that the clock passes them on.
func (s *sim) planTasks(d draw, st *station, day time.Time) {
	for range d.count(1.5 * s.plan.Scale) {
		s.agenda.add(day.Add(10*time.Hour+d.between(0, 8*time.Hour)), func() error { return s.task(d, st) })
	}
}

func (s *sim) task(d draw, st *station) error {
	to := pick(d, pick(d, st.beats...).pair...)
	id := s.do(act{by: st.the("dispatcher"), kind: contract.KindTaskSend, body: contract.TaskSend{
		To: contract.TaskTarget{OfficerID: &to.id}, TaskKind: pick(d, "visit", "call", "school_request"),
		Urgency: contract.Urgency(pick(d, "soon", "soon", "routine", "urgent")), VillageCode: ptr(villageOf(d, st)),
	}})
	if to.away || d.chance(20) {
		return nil
	}
	body := func(kind contract.Kind) any {
		switch kind {
		case contract.KindTaskReceive:
			return contract.TaskReceive{TaskID: id}
		case contract.KindTaskSee:
			return contract.TaskSee{TaskID: id}
		case contract.KindTaskAccept:
			return contract.TaskAccept{TaskID: id}
		case contract.KindTaskDepart:
			return contract.TaskDepart{TaskID: id}
		case contract.KindTaskArrive:
			return contract.TaskArrive{TaskID: id}
		}
		return contract.TaskDone{TaskID: id, Result: choose(d, []weighted{{"done", 85}, {"partly", 8}, {"not_found", 7}})}
	}
	to.handset.reach = true // the push woke it
	at := 15 * time.Minute
	for _, kind := range []contract.Kind{
		contract.KindTaskReceive, contract.KindTaskSee, contract.KindTaskAccept, contract.KindTaskDepart, contract.KindTaskArrive, contract.KindTaskDone,
	} {
		at += d.between(time.Minute, 14*time.Minute)
		s.later(at, func() error {
			s.do(act{by: to, at: st.code, kind: kind, body: body(kind)})
			to.handset.reach = true
			return nil
		})
	}
	return nil
}
