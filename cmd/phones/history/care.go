package history

import (
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// counsel has a session arranged and held; what it comes to may change the
// route.
func (l *life) counsel() error {
	if l.sexual || l.child {
		l.route = "not_substantiated"
		return l.dispose()
	}
	head, with := l.st.head(), l.st.the(staff.Counsellor)
	when := inHours(l.d, l.s.at.Add(l.d.between(4*time.Hour, 40*time.Hour)))
	l.step(head, contract.KindCounsellingPlan, contract.CounsellingPlan{
		ComplaintID: l.id, SessionAt: head.says(when), CounsellorBy: with.id, Issue: ptr(l.issue()), WomanConsents: true,
	}, func(e *book.Entry) error {
		l.s.agenda.add(when.Add(time.Hour), func() error {
			if l.over {
				return nil
			}
			return l.sit(with, &e.OpID, when)
		})
		return nil
	})
	return nil
}

// issue is what the counselling is about.
func (l *life) issue() string {
	switch l.category {
	case "domestic_violence", "dowry":
		return l.category
	}
	return pick(l.d, "maintenance", "addiction", "in_laws", "children", "other")
}

func (l *life) sit(with *officer, plan *uuid.UUID, when time.Time) error {
	result := choose(l.d, []weighted{
		{"settled", 62}, {"next_session", 12}, {"not_settled", 9}, {"fir_wanted", 6}, {"other_party_absent", 7}, {"woman_declined", 2}, {"referred", 2},
	})
	b := contract.CounsellingSession{
		ComplaintID: l.id, PlanID: plan, SessionAt: with.says(when), Issue: l.issue(), WomanConsents: result != "woman_declined", SeenAlone: true,
		Woman: ptr("परीक्षण महिला"), OtherParties: ptr("परीक्षण पति, परीक्षण सास"), Relationship: ptr(pick(l.d, "husband", "in_laws", "son")),
		Summary: ptr("महिला को अकेले सुना गया; दोनों पक्षों से बात हुई।"), Result: result, Extra: l.s.extra(l.d, contract.RegisterCounselling),
	}
	if result == "settled" {
		b.Terms = ptr("दोनों पक्ष शान्ति से रहेंगे।")
	}
	l.step(with, contract.KindCounsellingSession, b, func(e *book.Entry) error {
		l.touched(with)
		switch result {
		case "settled":
			l.session = &e.OpID
			l.soon(30*time.Minute, 10*time.Hour, l.dispose)
		case "next_session", "other_party_absent", "not_settled":
			l.soon(24*time.Hour, 72*time.Hour, l.counsel)
		case "fir_wanted":
			l.route = "fir"
			if err := l.wants(); err != nil {
				return err
			}
			l.soon(3*time.Hour, 20*time.Hour, func() error { return l.awaitFIR(12) })
		default:
			l.route = "withdrawn_by_her"
			l.soon(time.Hour, 20*time.Hour, l.dispose)
		}
		return nil
	})
	return nil
}

// refer sends her to an institution, which answers or does not.
func (l *life) refer() error {
	o := l.owner
	to := pick(l.d, "one_stop_centre", "DLSA", "protection_officer", "social_welfare", "family_court", "hospital")
	if l.category == "phone_online" {
		to = "cyber_cell"
	}
	l.step(o, contract.KindReferralSend, contract.ReferralSend{ComplaintID: l.id, Referral: to}, func(e *book.Entry) error {
		l.referral = &e.OpID
		l.touched(o)
		if l.d.chance(80) {
			l.s.working(l.d, l.d.between(20*time.Hour, 9*24*time.Hour), func() error {
				head := l.st.head()
				l.s.do(act{by: head, at: l.st.code, kind: contract.KindReferralAnswer, body: contract.ReferralAnswer{
					ReferralID: e.OpID, Answer: choose(l.d, []weighted{{"service_given", 60}, {"accepted", 26}, {"not_available", 8}, {"declined", 6}}),
					AnsweredAt: head.saysPtr(l.s.at.Add(-time.Hour)),
				}})
				return nil
			})
		}
		l.soon(2*time.Hour, 30*time.Hour, l.by(o, l.dispose))
		return nil
	})
	return nil
}

// notes are what a disposal says.
var notes = map[string]string{
	"fir": "प्रथम सूचना रिपोर्ट दर्ज की गयी, विवेचना प्रचलित है।", "ncr": "असंज्ञेय अपराध, एन.सी.आर. पंजीकृत की गयी।",
	"preventive": "निरोधात्मक कार्यवाही की गयी।", "counselling_settled": "दोनों पक्षों में सहमति हुई, महिला साथ रहना चाहती है।",
	"referred": "महिला को सम्बन्धित संस्था भेजा गया।", "advised": "महिला को विधिक जानकारी दी गयी, वह संतुष्ट है।",
	"not_substantiated": "जाँच में आरोप की पुष्टि नहीं हुई।", "withdrawn_by_her": "महिला कोई कार्यवाही नहीं चाहती।",
}

// dispose says what it came to.
func (l *life) dispose() error {
	o := l.owner
	if o == nil || o.role == staff.DeskOfficer && o == l.opener {
		o = l.st.head()
	}
	what := l.route
	switch {
	case l.wished && l.fir == nil && !l.declined: // she waits for an FIR: nothing else comes first
		return l.awaitFIR(12)
	case what == "ncr" && !l.declined, what == "fir" && l.fir == nil, what == "transferred":
		what = "not_substantiated"
	}
	b := contract.ComplaintDispose{ComplaintID: l.id, Disposal: what, DisposalNote: notes[what], ToldHer: l.d.chance(95)}
	switch what {
	case "fir":
		b.FIRID = l.fir
	case "counselling_settled":
		b.CounsellingID = l.session
	case "preventive":
		b.PreventiveID = l.preventive
	case "referred":
		b.ReferralID = l.referral
	}
	l.step(o, contract.KindComplaintDispose, b, func(e *book.Entry) error {
		l.decider, l.disposedAt = o, e.At
		l.touched(o)
		l.calls, l.asked = 0, !l.safe
		return l.after(what)
	})
	return nil
}

// after the disposal she is asked whether it was right, and looked in on where
// that may be needed.
func (l *life) after(what string) error {
	if l.followed && l.needsCare() {
		l.soon(20*time.Minute, 5*time.Hour, func() error { return l.planCare(what) })
	}
	if l.d.chance(90) {
		l.soon(5*time.Hour, 50*time.Hour, l.ask)
	} else {
		l.soon(3*24*time.Hour, 5*24*time.Hour, l.ask)
	}
	return nil
}

func (l *life) needsCare() bool {
	switch l.category {
	case "domestic_violence", "dowry", "marital_dispute":
		return l.d.chance(60)
	case "stalking", "sexual_assault", "child_offence", "acid_threat":
		return l.d.chance(75)
	}
	return l.child || l.d.chance(8)
}

// caller is somebody who had no part in it.
func (l *life) caller() *officer {
	for _, role := range []string{staff.DeskOfficer, staff.Counsellor, staff.BeatOfficer} {
		for _, o := range l.st.of(role) {
			if o.away || o == l.owner || o == l.decider || o == l.about || contains(l.hands, o) {
				continue
			}
			return o
		}
	}
	return nil
}

func contains(of []*officer, o *officer) bool {
	for _, x := range of {
		if x == o {
			return true
		}
	}
	return false
}

// ask calls her, three times at most.
func (l *life) ask() error {
	o := l.caller()
	if o == nil {
		l.soon(20*time.Hour, 28*time.Hour, l.ask)
		return nil
	}
	b := contract.FeedbackCall{ComplaintID: l.id, CalledAt: o.says(l.s.at), Reached: "unsafe", Extra: l.s.extra(l.d, contract.RegisterFeedback)}
	if l.safe {
		b.Reached = choose(l.d, []weighted{{"spoke", 74}, {"no_answer", 20}, {"wrong_no", 3}, {"refused", 3}})
	}
	unhappy := false
	if b.Reached == "spoke" {
		unhappy = l.answer(&b)
	}
	l.step(o, contract.KindFeedbackCall, b, func(*book.Entry) error {
		l.calls++
		switch {
		case unhappy:
			return l.again()
		case b.Reached == "no_answer" || b.Reached == "wrong_no":
			if l.calls < 3 {
				l.soon(16*time.Hour, 30*time.Hour, l.ask)
				return nil
			}
		case b.Wants != nil && *b.Wants == "fir" && l.fir == nil && !l.declined:
			if err := l.wants(); err != nil {
				return err
			}
		}
		l.asked = true
		return l.close()
	})
	return nil
}

// answer is what she says; true: that takes the complaint up again.
func (l *life) answer(b *contract.FeedbackCall) bool {
	b.Polite, b.RegisteredAtOnce, b.ToldAction = ptr(l.d.chance(94)), ptr(l.d.chance(92)), ptr(l.d.chance(90))
	b.Satisfied = ptr(choose(l.d, []weighted{{"yes", 72}, {"partly", 15}, {"no", 9}, {"not_said", 4}}))
	if l.reopened >= 2 {
		b.Satisfied = ptr("yes")
	}
	if *b.Satisfied == "no" {
		b.Reason, b.Wants = ptr("विपक्षी अब भी परेशान करता है।"), ptr("more_action")
		return true
	}
	if *b.Satisfied == "partly" {
		b.Wants = ptr(choose(l.d, []weighted{{"protection", 40}, {"counselling", 30}, {"nothing", 25}, {"fir", 5}}))
		if *b.Wants == "fir" && (l.fir != nil || l.declined) {
			b.Wants = ptr("protection")
		}
	}
	return false
}

// again takes it up from the beginning.
func (l *life) again() error {
	l.reopened++
	l.owner, l.asked, l.session, l.preventive, l.referral = nil, false, nil, nil, nil
	l.registeredAt = l.s.at
	l.route = choose(l.d, []weighted{{"advised", 40}, {"referred", 30}, {"preventive", 20}, {"not_substantiated", 10}})
	if (l.sexual || l.child) && l.route == "advised" {
		l.route = "referred"
	}
	if l.d.chance(50) {
		l.soon(20*time.Minute, 6*time.Hour, l.intervene)
	} else {
		l.soon(20*time.Minute, 6*time.Hour, l.assign)
	}
	return nil
}

func date(t time.Time) openapi_types.Date {
	return openapi_types.Date{Time: midnight(t)}
}

// planCare plans when she is looked in on: by the rule, or on days of its own.
func (l *life) planCare(what string) error {
	by, b := l.st.the(staff.DeskOfficer), contract.FollowUpPlan{ComplaintID: l.id}
	var days []time.Time
	first := midnight(l.s.at)
	switch {
	case l.d.chance(25):
		days = []time.Time{first.AddDate(0, 0, 5), first.AddDate(0, 0, 12)}
		for _, day := range days {
			b.DueOn = append(b.DueOn, date(day))
		}
	case what == "counselling_settled" && (l.category == "domestic_violence" || l.category == "dowry" || l.category == "marital_dispute"):
		for n := 1; n <= 6; n++ {
			days = append(days, midnight(l.disposedAt).AddDate(0, n, 0))
		}
	default:
		for _, n := range []int{7, 15, 30} {
			days = append(days, midnight(l.disposedAt).AddDate(0, 0, n))
		}
	}
	l.step(by, contract.KindFollowUpPlan, b, func(*book.Entry) error {
		l.followed = false
		l.visits(days)
		return nil
	})
	return nil
}

// visits looks in on her on the days of the plan, some days late.
func (l *life) visits(days []time.Time) {
	for i, day := range days {
		at := day.Add(10*time.Hour + l.d.between(0, 7*time.Hour))
		if l.d.chance(12) {
			at = at.AddDate(0, 0, 1+l.d.IntN(3))
		}
		if at.Before(l.s.at) {
			at = l.s.at.Add(time.Hour)
		}
		last := i == len(days)-1
		l.s.agenda.add(inHours(l.d, at), func() error {
			if l.over {
				return nil
			}
			return l.lookIn(last)
		})
	}
}

func (l *life) lookIn(last bool) error {
	o := pick(l.d, pick(l.d, l.st.beats...).pair...)
	if o.away || o == l.about {
		o = l.st.the(staff.DeskOfficer)
	}
	b := contract.FollowUpDone{
		ComplaintID: l.id, DoneAt: o.says(l.s.at), Mode: pick(l.d, "visit", "visit", "call", "at_centre"),
		SafeNow:    choose(l.d, []weighted{{"safe", 80}, {"partly", 14}, {"unsafe", 3}, {"unknown", 3}}),
		Protection: ptr(pick(l.d, "none", "police_visits", "helpline")), Note: ptr("महिला से मिलकर हाल जाना गया।"),
		Extra: l.s.extra(l.d, contract.RegisterFollowUp),
	}
	if l.d.chance(3) {
		b.NewIncident = true
		b.Incident = &contract.NewIncident{
			Category: "domestic_violence", RiskLevel: pick(l.d, "medium", "high"), Account: "पुनः मारपीट की गयी, महिला भयभीत है।", WomanRecorded: true,
		}
	}
	l.step(o, contract.KindFollowUpDone, b, func(e *book.Entry) error {
		if b.Incident != nil {
			if err := l.anew(e, o); err != nil {
				return err
			}
		}
		if last {
			l.followed = true
			return l.close()
		}
		if l.d.chance(6) {
			l.soon(2*time.Hour, 24*time.Hour, l.endCare)
		}
		return nil
	})
	return nil
}

// endCare ends the following up before its last day.
func (l *life) endCare() error {
	if l.followed {
		return nil
	}
	l.s.do(act{by: l.st.head(), at: l.st.code, kind: contract.KindFollowUpClose, body: contract.FollowUpClose{
		ComplaintID: l.id, CloseReason: pick(l.d, "moved_away", "she_asked", "not_reachable"),
	}, yes: func(*book.Entry) error {
		l.followed = true
		return l.close()
	}})
	return nil
}

// anew lets the complaint live that a follow-up opened.
func (l *life) anew(e *book.Entry, o *officer) error {
	ids, err := l.s.site.ids(l.s.ctx, `SELECT complaint_id FROM complaints WHERE district_id = $1 AND centre = $2 AND seq = $3`,
		l.s.site.District, l.st.code, e.Seq)
	if err != nil || len(ids) == 0 {
		return err
	}
	next := l.s.begin(l.st, o)
	next.id, next.category, next.risk, next.safe, next.child = ids[0], "domestic_violence", "high", l.safe, l.child
	next.learn(e)
	return next.registered()
}

// close ends it when she was asked and nothing is planned for her; not by who
// disposed of it.
func (l *life) close() error {
	if !l.asked || !l.followed {
		return nil
	}
	l.soon(2*time.Hour, 40*time.Hour, l.closeNow)
	return nil
}

func (l *life) closeNow() error {
	if !l.asked || !l.followed {
		return nil
	}
	by := l.st.the(staff.CentreIncharge)
	if by == l.decider || by.away {
		by = l.st.the(staff.SHO)
	}
	if by == l.decider || l.owed || l.wished && l.fir == nil && !l.declined {
		l.soon(20*time.Hour, 30*time.Hour, l.closeNow)
		return nil
	}
	reason := "satisfied"
	switch {
	case !l.safe:
		reason = "unsafe_to_call"
	case l.fir != nil:
		reason = "fir_goes_on"
	case l.calls >= 3:
		reason = "not_reachable"
	}
	l.step(by, contract.KindComplaintClose, contract.ComplaintClose{ComplaintID: l.id, CloseReason: reason}, func(*book.Entry) error {
		l.over = true
		if l.d.chance(1) {
			l.s.working(l.d, l.d.between(24*time.Hour, 6*24*time.Hour), l.reopen)
		}
		return nil
	})
	return nil
}

// reopen has the head take a closed complaint up again.
func (l *life) reopen() error {
	head := l.st.head()
	l.step(head, contract.KindComplaintReopen, contract.ComplaintReopen{ComplaintID: l.id, Reason: pick(l.d, "new_facts", "order_of_senior")},
		func(*book.Entry) error {
			l.over = false
			return l.again()
		})
	return nil
}
