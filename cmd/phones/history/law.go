package history

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// wish has her want an FIR, whatever else goes on; the head of the station
// decides, mostly within the hour.
func (l *life) wish() error {
	by := l.st.the(staff.DeskOfficer)
	if l.owner != nil && l.d.chance(50) {
		by = l.owner
	}
	l.step(by, contract.KindFIRRequest, contract.FIRRequest{ComplaintID: l.id}, func(*book.Entry) error {
		return l.wants()
	})
	return nil
}

// wants lets the head of the station decide on a wish that stands in the book.
func (l *life) wants() error {
	l.wished = true
	if l.d.chance(85) {
		l.soon(5*time.Minute, 40*time.Minute, l.decide)
	} else {
		l.soon(time.Hour, 20*time.Hour, l.decide)
	}
	return nil
}

// offences by category, those that are cognizable first.
var offences = map[string][]string{
	"domestic_violence": {"bns_85", "bns_115_2"}, "dowry": {"bns_85", "dowry_4"}, "stalking": {"bns_78"},
	"street_harassment": {"bns_79", "bns_296"}, "phone_online": {"it_66e", "it_67"}, "sexual_assault": {"bns_64"},
	"child_offence": {"pocso_8", "bns_74"}, "kidnapping_missing": {"bns_137"}, "acid_threat": {"bns_124"},
	"trafficking": {"bns_143"}, "threat_assault": {"bns_126_2", "bns_351"},
}

func (l *life) decide() error {
	if l.route == "ncr" {
		return l.decline()
	}
	sho := l.st.the(staff.SHO)
	sections, ok := offences[l.category]
	if !ok {
		sections = []string{"bns_126_2"}
	}
	if l.child && l.category != "child_offence" {
		sections = append([]string{"pocso_12"}, sections...)
	}
	l.st.firs++
	b := contract.FIRRegister{
		ComplaintID: &l.id, FIRNo: fmt.Sprintf("%d/%d", l.st.firs, l.s.at.In(ist).Year()), RegisteredAt: sho.says(l.s.at),
		Sections: sections, IsChild: l.child, IoBy: &sho.id, Accused: ptr("परीक्षण अभियुक्त"), VictimAlias: ptr("X"),
		Extra: l.s.extra(l.d, contract.RegisterFIR),
	}
	if l.d.chance(8) {
		b.IsElectronic = ptr(true)
	}
	to := l.elsewhere(4)
	if to != nil { // it happened in another station's area, and she came here
		b.IsZero, b.TransferredTo, b.FIRNo = true, &to.code, "0/"+b.FIRNo
	}
	l.step(sho, contract.KindFIRRegister, b, func(e *book.Entry) error {
		l.fir, l.route = &e.OpID, "fir"
		if to != nil {
			l.s.later(quarter, func() error { return l.received(to, b, 8) })
			return nil
		}
		l.investigate(l.st, e.OpID, b)
		return nil
	})
	return nil
}

// elsewhere is another station in so many of a hundred cases, or nil.
func (l *life) elsewhere(percent float64) *station {
	if len(l.s.stations) < 2 || !l.d.chance(percent) {
		return nil
	}
	for {
		if st := pick(l.d, l.s.stations...); st != l.st {
			return st
		}
	}
}

// received finds a zero FIR in the book of the station that it went to, has it
// given the number of that station, and lets it be investigated there.
func (l *life) received(at *station, b contract.FIRRegister, tries int) error {
	ids, err := l.s.site.ids(l.s.ctx, `SELECT t.matter_id FROM matters m JOIN matters t ON t.district_id = m.district_id
		AND t.matter_id = (m.data::json ->> 'twin_id')::uuid WHERE m.district_id = $1 AND m.matter_id = $2`, l.s.site.District, l.fir)
	switch {
	case err != nil:
		return err
	case len(ids) == 0 && tries > 0:
		l.s.later(quarter, func() error { return l.received(at, b, tries-1) })
		return nil
	case len(ids) == 0:
		return nil
	}
	sho := at.the(staff.SHO)
	at.firs++
	b.ComplaintID, b.IsZero, b.TransferredTo, b.IoBy = nil, false, nil, &sho.id
	b.FIRNo = fmt.Sprintf("%d/%d", at.firs, l.s.at.In(ist).Year())
	l.s.do(act{by: sho, kind: contract.KindEntryCorrect, body: contract.EntryCorrect{
		CorrectsID: ids[0], Reason: "इस थाने का मु.अ.सं. अंकित किया गया", FIR: &b,
	}, yes: func(*book.Entry) error {
		l.investigate(at, ids[0], b)
		return nil
	}})
	return nil
}

// investigate lets the steps of the investigation follow, each a step of the FIR
// in the book of the station that has it.
func (l *life) investigate(at *station, fir uuid.UUID, b contract.FIRRegister) {
	sho := at.the(staff.SHO)
	step := func(from, to time.Duration, fill func(x *contract.FIRStep)) {
		l.s.working(l.d, l.d.between(from, to), func() error {
			x := contract.FIRStep{FIRID: fir, DoneAt: sho.says(l.s.at.Add(-5 * time.Minute))}
			fill(&x)
			l.s.do(act{by: sho, at: at.code, kind: contract.KindFIRStep, body: x})
			return nil
		})
	}
	named := func(step string) func(x *contract.FIRStep) { return func(x *contract.FIRStep) { x.Step = step } }
	step(time.Hour, 6*time.Hour, named("statement"))
	if l.sexual || l.child || l.category == "stalking" || l.category == "street_harassment" {
		step(2*time.Hour, 20*time.Hour, func(x *contract.FIRStep) { x.Step, x.Consented = "medical", ptr(true) })
		step(26*time.Hour, 8*24*time.Hour, named("medical_report"))
	}
	if l.child {
		step(2*time.Hour, 26*time.Hour, named("cwc_told"))
	}
	if l.d.chance(35) {
		l.arrest(at, fir, l.d.chance(l.s.plan.WomenArrested))
	}
	if b.IsElectronic != nil {
		l.s.working(l.d, l.d.between(3*time.Hour, 3*24*time.Hour), func() error {
			l.s.do(act{by: sho, at: at.code, kind: contract.KindFIRSign, body: contract.FIRSign{FIRID: fir, SignedAt: sho.says(l.s.at)}})
			return nil
		})
	}
	step(12*24*time.Hour, 40*24*time.Hour, named("progress_told"))
	step(41*24*time.Hour, 58*24*time.Hour, func(x *contract.FIRStep) { x.Step, x.Result = "chargesheet", ptr("chargesheeted") })
}

// decline has the head of the station decline what is not cognizable, and the
// report go to the magistrate.
func (l *life) decline() error {
	sho := l.st.the(staff.SHO)
	l.st.ncrs++
	l.step(sho, contract.KindFIRDecline, contract.FIRDecline{
		ComplaintID: l.id, Reason: "प्रकरण असंज्ञेय अपराध का है", NCRNo: ptr(fmt.Sprintf("NCR %d/%d", l.st.ncrs, l.s.at.In(ist).Year())), ToldWayToSp: true,
	}, func(*book.Entry) error {
		l.declined, l.owed = true, true
		l.s.working(l.d, l.d.between(2*24*time.Hour, 16*24*time.Hour), func() error {
			l.step(sho, contract.KindNCRSend, contract.NCRSend{ComplaintID: l.id, SentAt: sho.says(l.s.at)}, func(*book.Entry) error {
				l.owed = false
				return nil
			})
			return nil
		})
		return nil
	})
	return nil
}

// awaitFIR disposes of it once the head of the station has decided.
func (l *life) awaitFIR(tries int) error {
	switch {
	case l.fir != nil || l.declined:
		return l.dispose()
	case !l.wished:
		if err := l.wish(); err != nil {
			return err
		}
		fallthrough
	case tries > 0:
		l.soon(3*time.Hour, 20*time.Hour, l.by(l.owner, func() error { return l.awaitFIR(tries - 1) }))
	}
	return nil
}

// prevent has the head of the station act before the peace is broken.
func (l *life) prevent() error {
	sho := l.st.the(staff.SHO)
	b := contract.PreventiveReport{
		ComplaintID: &l.id, Section: choose(l.d, []weighted{{"bnss_126", 60}, {"bnss_129", 14}, {"bnss_135", 10}, {"bnss_170", 16}}),
		Person: "परीक्षण विपक्षी", Age: ptr(19 + l.d.IntN(40)), Ground: "शान्ति भंग होने की प्रबल आशंका है, दोनों पक्षों में तनाव है।",
		ReportedAt: sho.says(l.s.at), Extra: l.s.extra(l.d, contract.RegisterPreventive),
	}
	arrested := b.Section == "bnss_170"
	if arrested {
		woman, when := l.d.chance(l.s.plan.WomenArrested), l.s.at.Add(-30*time.Minute)
		if woman && isNight(when) {
			b.LeaveNo = ptr(leaveNo)
		}
		b.ArrestedAt, b.WomanArrested = sho.saysPtr(when), &woman
		b.Design = ptr("संज्ञेय अपराध करने की परिकल्पना का अभिलेख तैयार किया गया।")
	}
	l.step(sho, contract.KindPreventiveReport, b, func(e *book.Entry) error {
		l.preventive = &e.OpID
		l.bind(e.OpID, arrested)
		l.soon(time.Hour, 20*time.Hour, l.dispose)
		return nil
	})
	return nil
}

// bind lets the steps before the magistrate follow.
func (l *life) bind(id uuid.UUID, arrested bool) {
	sho := l.st.the(staff.SHO)
	step := func(after time.Duration, fill func(x *contract.PreventiveStep)) {
		l.s.later(after, func() error {
			x := contract.PreventiveStep{PreventiveID: id, DoneAt: sho.says(l.s.at.Add(-5 * time.Minute))}
			fill(&x)
			l.s.do(act{by: sho, at: l.st.code, kind: contract.KindPreventiveStep, body: x})
			return nil
		})
	}
	if arrested {
		step(l.d.between(3*time.Hour, 23*time.Hour), func(x *contract.PreventiveStep) {
			x.Step, x.Magistrate = "produced", ptr("sdm")
		})
	}
	bound := l.d.between(3*24*time.Hour, 9*24*time.Hour)
	until := l.s.at.Add(bound).AddDate(0, 6, 0)
	step(bound, func(x *contract.PreventiveStep) {
		x.Step, x.Magistrate, x.BondAmount, x.BondUntilAt = "bond", ptr("sdm"), ptr(50000), sho.saysPtr(until)
	})
	step(bound+l.d.between(24*time.Hour, 6*24*time.Hour), func(x *contract.PreventiveStep) {
		x.Step, x.Result = "closed", ptr("bound_over")
	})
}
