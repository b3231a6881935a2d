package history

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// life is what becomes of a complaint. It knows what its officers know; the book
// may know better, and then says no.
type life struct {
	s  *sim
	st *station
	d  draw
	id uuid.UUID

	category, risk         string
	child, sexual          bool
	sensitive, safe        bool
	about                  *officer // complained of
	opener, owner, decider *officer // decider: who disposed of it
	hands                  []*officer
	route                  string // what it will come to

	registeredAt, disposedAt time.Time
	fir, session             *uuid.UUID
	preventive, referral     *uuid.UUID
	wished, declined, owed   bool // owed: the NCR has not gone to the magistrate
	calls, reopened, rescues int
	asked, followed          bool // she was asked; nothing is planned for her any more
	over                     bool
}

// head is the in-charge, or the head of the station when she is away.
func (st *station) head() *officer {
	if o := st.the(staff.CentreIncharge); !o.away {
		return o
	}
	return st.the(staff.SHO)
}

// step takes a step of the complaint unless it is over. What is refused is taken
// up again from where the book has it.
func (l *life) step(by *officer, kind contract.Kind, body any, yes func(e *book.Entry) error) uuid.UUID {
	return l.s.do(act{by: by, kind: kind, body: body, at: l.st.code, yes: yes, no: func(contract.Code) error { return l.rescue() }})
}

// soon goes on after a time, in working hours.
func (l *life) soon(from, to time.Duration, do func() error) {
	l.s.working(l.d, l.d.between(from, to), func() error {
		if l.over {
			return nil
		}
		return do()
	})
}

// learn takes from the entry what the officers are shown of it.
func (l *life) learn(e *book.Entry) {
	for fact := range e.Facts {
		l.sensitive = l.sensitive || strings.HasPrefix(fact, "sensitive_")
	}
	l.sexual = e.Facts["is_sexual"] == true
	if l.about == l.opener {
		l.about = nil
	}
}

// register has the desk register what came unregistered.
func (l *life) register() error {
	if l.over {
		return nil
	}
	l.step(l.st.the(staff.DeskOfficer), contract.KindComplaintRegister, contract.ComplaintRegister{ComplaintID: l.id},
		func(*book.Entry) error { return l.registered() })
	return nil
}

// registered draws what it will come to and gives it to the in-charge.
func (l *life) registered() error {
	l.registeredAt, l.followed = l.s.at, true
	l.route = l.drawRoute()
	if l.route == "transferred" {
		l.soon(30*time.Minute, 20*time.Hour, l.transfer)
		return nil
	}
	if l.route == "fir" || l.route == "ncr" {
		l.soon(10*time.Minute, 4*time.Hour, l.wish)
	}
	switch {
	case l.sensitive && l.d.chance(75):
		l.soon(5*time.Minute, 35*time.Minute, l.intervene)
	case l.sensitive || l.d.chance(15):
		l.soon(time.Hour, 16*time.Hour, l.assign)
	default:
		l.soon(8*time.Minute, 110*time.Minute, l.assign)
	}
	return nil
}

// routes by category; what is not named goes by "".
var routes = map[string][]weighted{
	"domestic_violence": {{"counselling_settled", 46}, {"fir", 20}, {"preventive", 10}, {"referred", 12}, {"advised", 8}, {"withdrawn_by_her", 4}},
	"dowry":             {{"counselling_settled", 34}, {"fir", 46}, {"referred", 10}, {"not_substantiated", 10}},
	"marital_dispute":   {{"counselling_settled", 64}, {"referred", 18}, {"advised", 12}, {"withdrawn_by_her", 6}},
	"street_harassment": {{"preventive", 34}, {"fir", 26}, {"advised", 20}, {"not_substantiated", 16}, {"transferred", 4}},
	"stalking":          {{"fir", 60}, {"preventive", 24}, {"advised", 10}, {"not_substantiated", 6}},
	"phone_online":      {{"referred", 52}, {"fir", 24}, {"advised", 16}, {"transferred", 8}},
	"threat_assault":    {{"ncr", 40}, {"preventive", 36}, {"fir", 8}, {"not_substantiated", 16}},
	"property":          {{"advised", 38}, {"ncr", 18}, {"not_substantiated", 26}, {"referred", 18}},
	"":                  {{"referred", 32}, {"advised", 28}, {"fir", 12}, {"not_substantiated", 16}, {"transferred", 8}, {"withdrawn_by_her", 4}},
}

// drawRoute draws what it will come to. In a sexual offence and for a child
// there is no settling.
func (l *life) drawRoute() string {
	if l.sexual || l.child {
		return choose(l.d, []weighted{{"fir", 84}, {"referred", 8}, {"not_substantiated", 6}, {"transferred", 2}})
	}
	if of, ok := routes[l.category]; ok {
		return choose(l.d, of)
	}
	return choose(l.d, routes[""])
}

// hand picks who inquires: mostly the beat, not who is complained of.
func (l *life) hand() *officer {
	var of []*officer
	for _, o := range l.st.all {
		weight := map[string]int{staff.BeatOfficer: 4, staff.SquadLeader: 3, staff.DeskOfficer: 2}[o.role]
		if o == l.about || o.away || o == l.owner || o == l.opener && o.role == staff.DeskOfficer {
			continue
		}
		for range weight {
			of = append(of, o)
		}
	}
	if len(of) == 0 {
		return l.st.the(staff.SHO)
	}
	return pick(l.d, of...)
}

func (l *life) assign() error {
	to := l.hand()
	l.step(l.st.head(), contract.KindComplaintAssign, contract.ComplaintAssign{
		ComplaintID: l.id, OfficerID: to.id, Direction: ptr("आज ही सम्पर्क कर आख्या दें।"),
	}, func(*book.Entry) error {
		l.owner = to
		first := l.d.between(time.Hour, 20*time.Hour)
		if l.d.chance(10) {
			first += 24 * time.Hour
		}
		act := l.by(to, l.act(1+l.d.IntN(2)))
		if l.d.chance(12) { // he sets to work and never says that he took it on
			l.soon(first, first, act)
			return nil
		}
		l.soon(first/8, first/2, l.by(to, func() error {
			l.accept()
			l.soon(first/2, first/2+time.Hour, act)
			return nil
		}))
		return nil
	})
	return nil
}

// by takes a step only if the complaint is still in the officer's hand.
func (l *life) by(o *officer, do func() error) func() error {
	return func() error {
		if l.owner != o {
			return nil
		}
		return do()
	}
}

// accept has the owner say that he takes it on.
func (l *life) accept() {
	l.s.do(act{by: l.owner, at: l.st.code, kind: contract.KindComplaintAccept, body: contract.ComplaintAccept{ComplaintID: l.id}})
}

// intervene takes it into the head's own hand.
func (l *life) intervene() error {
	o := l.st.head()
	l.step(o, contract.KindComplaintIntervene, contract.ComplaintIntervene{ComplaintID: l.id, Note: "स्वयं महिला से मिलकर बात सुनी गयी।"},
		func(*book.Entry) error {
			l.owner = o
			l.touched(o)
			l.soon(2*time.Hour, 22*time.Hour, l.by(o, l.act(l.d.IntN(2))))
			return nil
		})
	return nil
}

// touched notes who had a part in it: he will not be the one who asks her.
func (l *life) touched(o *officer) {
	if !slices.Contains(l.hands, o) {
		l.hands = append(l.hands, o)
	}
}

// act has the owner do something about it, and so many things more.
func (l *life) act(more int) func() error {
	return func() error {
		o := l.owner
		l.step(o, contract.KindComplaintAct, contract.ComplaintAct{
			ComplaintID: l.id, Action: pick(l.d, "visited", "called", "statement", "place_seen", "parties_heard", "evidence_taken"),
			ActedAt: o.saysPtr(l.s.at.Add(-5 * time.Minute)), Note: ptr("महिला से मिलकर विवरण लिया गया।"),
		}, func(*book.Entry) error {
			l.touched(o)
			switch {
			case more > 0:
				l.soon(3*time.Hour, 22*time.Hour, l.by(o, l.act(more-1)))
			case l.reopened == 0 && l.d.chance(7):
				l.soon(time.Hour, 20*time.Hour, l.by(o, l.pause))
			case l.reopened == 0 && l.d.chance(9):
				l.soon(time.Hour, 12*time.Hour, l.by(o, l.extend))
			default:
				l.soon(3*time.Hour, 20*time.Hour, l.by(o, l.conclude))
			}
			return nil
		})
		return nil
	}
}

// extend has the head give more time, and takes it.
func (l *life) extend() error {
	o, head := l.owner, l.st.head()
	if o == head || l.s.at.Sub(l.registeredAt) > 3*24*time.Hour {
		return l.conclude()
	}
	more := l.d.between(2*24*time.Hour, 9*24*time.Hour)
	l.step(head, contract.KindComplaintExtend, contract.ComplaintExtend{
		ComplaintID: l.id, UntilAt: head.says(l.registeredAt.Add(4*24*time.Hour + more)), Reason: "विपक्षी बाहर है, कथन शेष है",
	}, func(*book.Entry) error {
		l.soon(more/2, more, l.by(o, l.conclude))
		return nil
	})
	return nil
}

// pause has the owner ask that the clock be stopped, and a second officer
// decide.
func (l *life) pause() error {
	o, head := l.owner, l.st.head()
	if o == head {
		return l.conclude()
	}
	l.step(o, contract.KindPauseAsk, contract.PauseAsk{ComplaintID: l.id, Reason: pick(l.d, "out_of_station", "awaiting_report", "she_asked", "medical")},
		func(*book.Entry) error {
			l.soon(30*time.Minute, 8*time.Hour, l.by(o, func() error {
				allowed := l.d.chance(80)
				l.step(head, contract.KindPauseAllow, contract.PauseAllow{ComplaintID: l.id, Allowed: allowed}, func(*book.Entry) error {
					if !allowed {
						l.soon(2*time.Hour, 20*time.Hour, l.by(o, l.conclude))
						return nil
					}
					l.soon(20*time.Hour, 5*24*time.Hour, l.by(o, l.resume))
					return nil
				})
				return nil
			}))
			return nil
		})
	return nil
}

func (l *life) resume() error {
	o := l.owner
	l.step(o, contract.KindComplaintResume, contract.ComplaintResume{ComplaintID: l.id}, func(*book.Entry) error {
		l.soon(2*time.Hour, 24*time.Hour, l.by(o, l.conclude))
		return nil
	})
	return nil
}

// conclude does what the route rests on, then disposes of it.
func (l *life) conclude() error {
	switch l.route {
	case "counselling_settled":
		return l.counsel()
	case "preventive":
		return l.prevent()
	case "referred":
		return l.refer()
	case "fir", "ncr":
		return l.awaitFIR(12)
	}
	return l.dispose()
}

// rescue goes on after a refusal from where the book has the complaint. After
// some of them it lies as it is, for the in-charge's evening.
func (l *life) rescue() error {
	if l.rescues++; l.over || l.rescues > 4 {
		return nil
	}
	l.soon(2*time.Hour, 20*time.Hour, func() error {
		now, err := l.s.stands(l.id)
		if err != nil {
			return err
		}
		switch now.state {
		case "closed", "transferred":
			l.over = true
		case "received":
			return l.register()
		case "registered", "assigned", "in_action":
			if now.paused {
				l.owner = l.s.find(now.owner)
				if l.owner == nil {
					l.owner = l.st.head()
				}
				return l.resume()
			}
			return l.intervene()
		case "disposed", "feedback":
			return l.ask()
		}
		return nil
	})
	return nil
}

// transfer passes it to a neighbouring station, where it goes on.
func (l *life) transfer() error {
	if len(l.s.stations) < 2 {
		l.route = "advised"
		return l.assign()
	}
	to := pick(l.d, l.s.stations...)
	for to == l.st {
		to = pick(l.d, l.s.stations...)
	}
	l.step(l.st.head(), contract.KindComplaintTransfer, contract.ComplaintTransfer{
		ComplaintID: l.id, ToCentre: to.code, Reason: "घटनास्थल दूसरे थाने के क्षेत्र में है",
	}, func(*book.Entry) error {
		l.over = true
		l.s.later(quarter, func() error { return l.arrive(to, 8) })
		return nil
	})
	return nil
}

// arrive finds the complaint in the other book and lets it live there.
func (l *life) arrive(at *station, tries int) error {
	ids, err := l.s.site.ids(l.s.ctx, `SELECT complaint_id FROM complaints WHERE district_id = $1 AND centre = $2
		AND correlation_id = (SELECT correlation_id FROM complaints WHERE district_id = $1 AND complaint_id = $3)
		ORDER BY seq DESC LIMIT 1`, l.s.site.District, at.code, l.id)
	switch {
	case err != nil:
		return err
	case len(ids) == 0 && tries > 0:
		l.s.later(quarter, func() error { return l.arrive(at, tries-1) })
		return nil
	case len(ids) == 0:
		return nil
	}
	there := l.s.begin(at, nil)
	there.id, there.category, there.risk, there.child, there.sexual = ids[0], l.category, l.risk, l.child, l.sexual
	there.sensitive, there.safe = l.sensitive, l.safe
	return there.registered()
}
