package history

import (
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// newCategory is the category that the district office adds.
const newCategory = "loan_app_threat"

// Columns that the district office adds.
const (
	columnGirls = "girls_out_of_school"
	columnLang  = "spoke_dialect"
)

// planOffice plans a day of the district office: rules on the first days,
// inspections.
func (s *sim) planOffice(n int, day time.Time) {
	d := draw{seeded(s.plan.Seed, "office", n)}
	switch n {
	case 0:
		s.agenda.add(day.Add(10*time.Hour+30*time.Minute), func() error { return s.newRules(day.Add(13 * time.Hour)) })
	case 7:
		s.agenda.add(day.Add(11*time.Hour), func() error { return s.laterRules(day.AddDate(0, 0, 1)) })
	}
	for i, st := range s.stations {
		if (n+i)%7 == 2 {
			s.agenda.add(day.Add(11*time.Hour+d.between(0, 5*time.Hour)), func() error {
				return s.inspect(d, st, s.circle[st.circle], "weekly")
			})
		}
		if (n+3*i)%23 == 5 {
			s.agenda.add(day.Add(12*time.Hour+d.between(0, 4*time.Hour)), func() error {
				return s.inspect(d, st, s.hq.the(staff.SP), "surprise")
			})
		}
		if d.chance(25) {
			s.agenda.add(day.Add(16*time.Hour+d.between(0, 2*time.Hour)), func() error {
				return s.inspect(d, st, st.the(staff.SHO), "daily")
			})
		}
	}
}

// rule changes a rule as the SP.
func (s *sim) rule(kind contract.Kind, body any, name string, from time.Time) {
	s.do(act{by: s.hq.the(staff.SP), kind: kind, body: body, yes: func(*book.Entry) error {
		if name != "" {
			s.added[name] = from
		}
		return nil
	}})
}

// newRules are the first changes: a category, two columns, a limit.
func (s *sim) newRules(from time.Time) error {
	at := ptr(contract.At(from))
	s.rule(contract.KindCodeAdd, contract.CodeAdd{
		List: "category", Code: newCategory, Hi: "ऋण ऐप द्वारा धमकी", En: "Threats by a loan app", ValidFrom: at,
	}, "category", from)
	s.rule(contract.KindColumnAdd, contract.ColumnAdd{
		Register: contract.RegisterWomenBeat, Column: columnGirls, Type: "number", Class: "open", Hi: "विद्यालय न जाने वाली बालिकायें",
		En: "Girls out of school", ValidFrom: at,
	}, string(contract.RegisterWomenBeat), from)
	s.rule(contract.KindColumnAdd, contract.ColumnAdd{
		Register: contract.RegisterHelpDesk, Column: columnLang, Type: "yes_no", Class: "V", Hi: "बोली में कथन", En: "Spoke in dialect",
		ValidFrom: at,
	}, string(contract.RegisterHelpDesk), from)
	s.rule(contract.KindLimitSet, contract.LimitSet{
		Limit: "assign", RiskLevel: ptr("medium"), Seconds: 3 * 3600, Basis: "आदेश 14", ValidFrom: at,
	}, "", from)
	return nil
}

// laterRules are those of the second week: a disposal of serious violence in two
// days, a column that nobody filled.
func (s *sim) laterRules(from time.Time) error {
	at := ptr(contract.At(from))
	s.rule(contract.KindLimitSet, contract.LimitSet{
		Limit: "disposal", RiskLevel: ptr("high"), Seconds: 2 * 86400, Basis: "आदेश 15", ValidFrom: at,
	}, "", from)
	s.rule(contract.KindColumnHide, contract.ColumnHide{Register: contract.RegisterHelpDesk, Column: "token_no", ValidFrom: at}, "", from)
	return nil
}

// extra fills the columns that were added, on handsets that know of them.
func (s *sim) extra(d draw, register contract.Register) *contract.Extra {
	from, ok := s.added[string(register)]
	if !ok || s.at.Before(from.Add(time.Hour)) || !d.chance(40) {
		return nil
	}
	switch register {
	case contract.RegisterWomenBeat:
		return &contract.Extra{Open: []contract.ExtraValue{{Column: columnGirls, Number: ptr(int64(d.IntN(4)))}}}
	case contract.RegisterHelpDesk:
		return &contract.Extra{V: &[]contract.ExtraValue{{Column: columnLang, YesNo: ptr(d.chance(50))}}}
	}
	return nil
}

// inspect has a visiting officer write his findings; what he directs is complied
// with, mostly in time, and he says whether he is content.
func (s *sim) inspect(d draw, st *station, by *officer, kind string) error {
	b := contract.InspectionRecord{
		Kind: kind, InspectedAt: by.says(s.at.Add(-20 * time.Minute)), RegistersSeen: []contract.Register{"help_desk", "women_beat", "squad"},
		Findings: pick(d, "रजिस्टर अद्यतन पाये गये।", "फीडबैक समय से नहीं लिया जा रहा है।", "स्क्वाड की समीक्षा लम्बित पायी गयी।"),
	}
	directed := d.chance(55)
	if directed {
		b.Direction, b.AssignedTo = ptr("तीन दिन में लम्बित कार्य पूर्ण करें।"), ptr("centre_incharge")
		if d.chance(60) {
			b.DueAt = by.saysPtr(s.at.Add(72 * time.Hour))
		}
	}
	s.do(act{by: by, at: st.code, kind: contract.KindInspectionRecord, body: b, yes: func(e *book.Entry) error {
		if directed {
			s.working(d, d.between(5*time.Hour, 4*24*time.Hour), func() error { return s.comply(d, st, by, e, 2) })
		}
		return nil
	}})
	return nil
}

func (s *sim) comply(d draw, st *station, inspector *officer, e *book.Entry, tries int) error {
	in := st.the(staff.CentreIncharge)
	s.do(act{by: in, kind: contract.KindInspectionComply, body: contract.InspectionComply{
		InspectionID: e.OpID, Compliance: "निर्देश का अनुपालन कर दिया गया है।",
	}, yes: func(*book.Entry) error {
		accepted := tries == 0 || d.chance(85)
		s.working(d, d.between(10*time.Hour, 4*24*time.Hour), func() error {
			s.do(act{by: inspector, at: st.code, kind: contract.KindInspectionClose, body: contract.InspectionClose{
				InspectionID: e.OpID, Accepted: accepted,
			}, yes: func(*book.Entry) error {
				if !accepted {
					s.working(d, d.between(10*time.Hour, 3*24*time.Hour), func() error { return s.comply(d, st, inspector, e, tries-1) })
				}
				return nil
			}})
			return nil
		})
		return nil
	}})
	return nil
}
