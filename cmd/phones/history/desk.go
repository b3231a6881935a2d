package history

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// complaintsADay is how many complaints a station gets at scale 1, in all ways.
const complaintsADay = 7.0

// complaintShare says how often a visit or a round ends with a complaint: the
// more happens in all, the same share of it.
func (s *sim) complaintShare() float64 { return 1 }

// planDesk has women come to the desk, call, write.
func (s *sim) planDesk(d draw, st *station, day time.Time) {
	for range d.count((complaintsADay - 1.3) * s.plan.Scale) {
		at := day.Add(9*time.Hour + 20*time.Minute + d.between(0, 9*time.Hour))
		if d.chance(7) { // at night
			at = day.Add(19*time.Hour + d.between(0, 4*time.Hour))
		}
		s.agenda.add(at, func() error { return s.come(d, st) })
	}
}

// categories as women bring them.
var categories = []weighted{
	{"domestic_violence", 26}, {"dowry", 8}, {"marital_dispute", 12}, {"street_harassment", 11}, {"stalking", 5}, {"phone_online", 8},
	{"sexual_assault", 2}, {"child_offence", 2}, {"kidnapping_missing", 2}, {"adult_left_home", 3}, {"child_marriage", 1},
	{"acid_threat", 1}, {"workplace", 2}, {"threat_assault", 9}, {"property", 4}, {"elder_neglect", 3}, {"trafficking", 1}, {"other", 2},
}

var channels = []weighted{
	{"walk_in", 66}, {"112", 9}, {"1090", 8}, {"181", 5}, {"1098", 1}, {"1076", 3}, {"sp_office", 3}, {"complaint_box", 3}, {"online", 2},
}

var accounts = []string{
	"पति द्वारा आये दिन मारपीट की जाती है, मायके जाने नहीं दिया जाता।",
	"बाजार जाते समय एक व्यक्ति प्रतिदिन पीछा करता है और टिप्पणी करता है।",
	"फोन पर अज्ञात व्यक्ति द्वारा बार बार अश्लील संदेश भेजे जा रहे हैं।",
	"ससुराल पक्ष द्वारा धन की माँग की जा रही है, न देने पर निकाल दिया गया।",
	"पड़ोसी द्वारा लगातार धमकी दी जा रही है, परिवार भयभीत है।",
}

// intake is a complaint as it is told at a time; the life it will have stands in
// the life.
func (s *sim) intake(d draw, st *station, o *officer, arrived time.Time, l *life) contract.ComplaintOpen {
	l.category = choose(d, categories)
	if len(s.added) > 0 && d.chance(3) {
		if at, ok := s.added["category"]; ok && arrived.After(at) {
			l.category = newCategory
		}
	}
	l.risk = choose(d, []weighted{{"low", 40}, {"medium", 48}, {"high", 12}})
	l.safe = !d.chance(12)
	l.child = l.category == "child_offence" || l.category == "child_marriage" || d.chance(2)
	age := 18 + d.IntN(50)
	if l.child {
		age = 9 + d.IntN(9)
	}
	b := contract.ComplaintOpen{
		ArrivedAt: o.says(arrived), Channel: choose(d, channels), ComplainantName: fmt.Sprintf("परीक्षण महिला %d", d.IntN(100000)),
		GuardianName: ptr("परीक्षण पिता"), Age: &age, IsMinor: l.child, Mobile: ptr(s.number(d)), SafeToCall: l.safe,
		Address: ptr("परीक्षण ग्राम, वार्ड 4"), VillageCode: ptr(villageOf(d, st)), Category: l.category, RiskLevel: l.risk,
		Account: pick(d, accounts...), WomanRecorded: !d.chance(2), OppositeParty: ptr(fmt.Sprintf("परीक्षण विपक्षी %d", d.IntN(10000))),
	}
	if d.chance(40) {
		b.BeatID = &pick(d, st.beats...).id
	}
	if d.chance(25) {
		b.ImmediateNeed = []string{pick(d, "counselling", "medical", "legal_aid", "escort", "shelter")}
	}
	if d.chance(20) {
		b.OppositeMobile = ptr(mobile(d))
	}
	if d.chance(50) {
		b.IncidentAt = o.saysPtr(arrived.Add(-d.between(time.Hour, 20*24*time.Hour)))
	}
	if d.chance(1.5) {
		b.Alerts = []string{pick(d, "media", "suicide_threat")}
	}
	if d.chance(1) {
		l.about = pick(d, pick(d, st.beats...).pair...)
		if l.about != o {
			b.AboutBy = []uuid.UUID{l.about.id}
		}
	}
	b.Extra = s.extra(d, contract.RegisterHelpDesk)
	return b
}

// number is her number; one woman in twenty has come before.
func (s *sim) number(d draw) string {
	if len(s.numbers) > 0 && d.chance(5) {
		return pick(d, s.numbers...)
	}
	n := mobile(d)
	s.numbers = append(s.numbers, n)
	return n
}

// come has a woman come to the desk now. Most complaints are registered when the
// desk has written them down; some wait.
func (s *sim) come(d draw, st *station) error {
	o, arrived := st.the("desk_officer"), s.at
	l := s.begin(st, o)
	b := s.intake(d, st, o, arrived, l)
	heard := arrived.Add(d.between(3*time.Minute, 12*time.Minute))
	done := heard.Add(d.between(5*time.Minute, 16*time.Minute))
	b.HeardAt, b.TokenNo = o.saysPtr(heard), ptr(fmt.Sprintf("%d", 1+d.IntN(60)))
	if d.chance(93) {
		b.RegisteredAt = o.saysPtr(done)
	}
	s.agenda.add(done, func() error {
		s.open(l, o, b, nil)
		return nil
	})
	return nil
}

// hear takes a complaint on a beat or in a round, with or without a network.
func (s *sim) hear(d draw, st *station, o *officer, channel string, visit, round *uuid.UUID) {
	l := s.begin(st, o)
	b := s.intake(d, st, o, s.at.Add(-5*time.Minute), l)
	b.Channel, b.VisitID, b.RoundID, b.BeatID = channel, visit, round, nil
	if o.beat != nil {
		b.BeatID = &o.beat.id
	}
	if d.chance(70) {
		b.RegisteredAt = o.saysPtr(s.at)
	}
	s.open(l, o, b, s.fix(d, st.lat, st.lon, 4))
}

// begin begins the life of a complaint.
func (s *sim) begin(st *station, o *officer) *life {
	s.lives++
	l := &life{s: s, st: st, d: draw{seeded(s.plan.Seed, "life "+st.code, s.lives)}, opener: o}
	s.living = append(s.living, l)
	return l
}

// open records a complaint and lets its life go on from there.
func (s *sim) open(l *life, o *officer, b contract.ComplaintOpen, place *contract.Place) {
	l.id = s.do(act{by: o, kind: contract.KindComplaintOpen, body: b, place: place, yes: func(e *book.Entry) error {
		l.learn(e)
		if l.d.chance(1.2) {
			l.putRight(e, b)
		}
		if b.RegisteredAt != nil {
			return l.registered()
		}
		s.working(l.d, l.d.between(5*time.Minute, 100*time.Minute), l.register)
		return nil
	}})
}

// putRight corrects what was written down wrongly, or strikes what was written
// twice.
func (l *life) putRight(e *book.Entry, b contract.ComplaintOpen) {
	strike := l.d.chance(15)
	l.s.working(l.d, l.d.between(20*time.Minute, 8*time.Hour), func() error {
		if l.over {
			return nil
		}
		c := contract.EntryCorrect{CorrectsID: e.OpID, Reason: "पता एवं विवरण ठीक किया गया"}
		if strike {
			c.Strike, c.Reason = ptr(true), "एक ही प्रार्थना पत्र दो बार अंकित हुआ"
		} else {
			b.Address, b.Account = ptr("परीक्षण ग्राम, वार्ड 7"), b.Account+" पूरक कथन अंकित किया गया।"
			c.Complaint = &b
		}
		l.step(l.opener, contract.KindEntryCorrect, c, func(*book.Entry) error {
			l.over = l.over || strike
			return nil
		})
		return nil
	})
}
