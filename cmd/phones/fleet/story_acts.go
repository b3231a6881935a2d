package fleet

import (
	"context"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	contract "kendra/mobile-contract"
)

// Short names of the posts in the story.
const (
	desk       = contract.RoleDeskOfficer
	incharge   = contract.RoleCentreIncharge
	sho        = contract.RoleSho
	counsellor = contract.RoleCounsellor
	beat       = contract.RoleBeatOfficer
	circle     = contract.RoleCo
)

func date(t time.Time) openapi_types.Date { return openapi_types.Date{Time: t} }

// herNumber is the number that the desk calls.
const herNumber = "9450012345"

// intake is a complaint as the desk takes it. The names are made up.
func (s *story) intake(category, risk, account string) contract.ComplaintOpen {
	return contract.ComplaintOpen{
		ArrivedAt: s.ago(desk, 20*time.Minute), HeardAt: ptr(s.ago(desk, 15*time.Minute)), RegisteredAt: ptr(s.ago(desk, 8*time.Minute)),
		Channel: "walk_in", ComplainantName: "परीक्षण महिला", GuardianName: ptr("परीक्षण पिता"), Age: ptr(29),
		Mobile: ptr(herNumber), SafeToCall: true, Address: ptr("परीक्षण ग्राम, वार्ड 4"), Category: category, RiskLevel: risk,
		Account: account, WomanRecorded: true, ImmediateNeed: []string{"counselling"},
	}
}

// violence is the complaint that goes through help desk, counselling, FIR,
// feedback and follow-up.
func (s *story) violence(ctx context.Context) error {
	var c, plan, session, fir uuid.UUID
	err := s.steps(ctx,
		step{desk, contract.KindComplaintOpen, func() any {
			return s.intake("domestic_violence", "medium", "पति द्वारा मारपीट की जाती है, मायके जाने नहीं दिया जाता।")
		}, func(id uuid.UUID) { c = id }},
		step{incharge, contract.KindComplaintAssign, func() any {
			return contract.ComplaintAssign{ComplaintID: c, OfficerID: s.id(beat), Direction: ptr("आज ही घर जाकर मिलें।")}
		}, nil},
		step{beat, contract.KindComplaintAccept, func() any { return contract.ComplaintAccept{ComplaintID: c} }, nil},
		step{beat, contract.KindComplaintAct, func() any {
			return contract.ComplaintAct{ComplaintID: c, Action: "visited", ActedAt: ptr(s.ago(beat, time.Minute)), Note: ptr("घर जाकर बात की गयी।")}
		}, nil},
		step{incharge, contract.KindCounsellingPlan, func() any {
			return contract.CounsellingPlan{
				ComplaintID: c, SessionAt: contract.At(s.by[incharge].clock.now().Add(time.Hour)), CounsellorBy: s.id(counsellor),
				Issue: ptr("domestic_violence"), WomanConsents: true,
			}
		}, func(id uuid.UUID) { plan = id }},
		step{counsellor, contract.KindCounsellingSession, func() any {
			return contract.CounsellingSession{
				ComplaintID: c, PlanID: &plan, SessionAt: s.ago(counsellor, time.Minute), Issue: "domestic_violence", WomanConsents: true,
				SeenAlone: true, Summary: ptr("महिला को अकेले सुना गया; दोनों पक्षों से बात हुई।"), Result: "settled",
				Relationship: ptr("husband"),
			}
		}, func(id uuid.UUID) { session = id }},
		step{desk, contract.KindFIRRequest, func() any { return contract.FIRRequest{ComplaintID: c} }, nil},
		step{sho, contract.KindFIRRegister, func() any {
			return contract.FIRRegister{
				ComplaintID: &c, FIRNo: "214/2026", RegisteredAt: s.now(sho), Sections: []string{"bns_85", "bns_115_2"}, IoBy: ptr(s.id(sho)),
			}
		}, func(id uuid.UUID) { fir = id }},
		step{sho, contract.KindFIRStep, func() any {
			return contract.FIRStep{FIRID: fir, Step: "statement", DoneAt: s.now(sho)}
		}, nil},
		step{beat, contract.KindComplaintDispose, func() any {
			return contract.ComplaintDispose{
				ComplaintID: c, Disposal: "fir", DisposalNote: "प्रथम सूचना रिपोर्ट दर्ज की गयी, विवेचना प्रचलित है।", ToldHer: true,
				FIRID: &fir, CounsellingID: &session,
			}
		}, nil},
		step{desk, contract.KindFollowUpPlan, func() any { return contract.FollowUpPlan{ComplaintID: c} }, nil},
	)
	if err == nil {
		err = s.number(ctx, desk, c)
	}
	if err == nil {
		err = s.asked(ctx, c)
	}
	s.result.Complaint = c
	if a := s.f.ack(c); a != nil && len(a.Lines) > 0 {
		s.result.No = a.Lines[0].No
	}
	return err
}

// asked is what follows the disposal of the first complaint: the desk calls her,
// the beat looks in on her, the in-charge closes it.
func (s *story) asked(ctx context.Context, c uuid.UUID) error {
	return s.steps(ctx,
		step{desk, contract.KindFeedbackCall, func() any {
			return contract.FeedbackCall{
				ComplaintID: c, CalledAt: s.now(desk), Reached: "spoke", Polite: ptr(true), RegisteredAtOnce: ptr(true), ToldAction: ptr(true),
				Satisfied: ptr("yes"), Wants: ptr("nothing"),
			}
		}, nil},
		step{beat, contract.KindFollowUpDone, func() any {
			return contract.FollowUpDone{ComplaintID: c, DoneAt: s.now(beat), Mode: "visit", SafeNow: "safe", Protection: ptr("police_visits")}
		}, nil},
		step{incharge, contract.KindFollowUpClose, func() any {
			return contract.FollowUpClose{ComplaintID: c, CloseReason: "fir_goes_on"}
		}, nil},
		step{incharge, contract.KindComplaintClose, func() any {
			return contract.ComplaintClose{ComplaintID: c, CloseReason: "satisfied"}
		}, nil},
	)
}

// stalking is sensitive: the in-charge steps in herself; it is left open for
// the day's review.
func (s *story) stalking(ctx context.Context) error {
	var c, referral uuid.UUID
	return s.steps(ctx,
		step{desk, contract.KindComplaintOpen, func() any {
			b := s.intake("stalking", "high", "प्रतिदिन विद्यालय जाते समय एक व्यक्ति पीछा करता है।")
			b.Mobile, b.OppositeParty = ptr("9450012346"), ptr("परीक्षण व्यक्ति")
			return b
		}, func(id uuid.UUID) { c = id }},
		step{incharge, contract.KindComplaintIntervene, func() any {
			return contract.ComplaintIntervene{ComplaintID: c, Note: "स्वयं महिला से मिलकर बयान लिया।"}
		}, nil},
		step{incharge, contract.KindReferralSend, func() any {
			return contract.ReferralSend{ComplaintID: c, Referral: "one_stop_centre"}
		}, func(id uuid.UUID) { referral = id }},
		step{incharge, contract.KindReferralAnswer, func() any {
			return contract.ReferralAnswer{ReferralID: referral, Answer: "service_given", AnsweredAt: ptr(s.now(incharge))}
		}, nil},
		step{incharge, contract.KindDayReview, func() any {
			return contract.DayReview{ComplaintID: c, Verdict: "stepped_in"}
		}, nil},
	)
}

// trouble is a quarrel that needs preventive action, disposed of by it.
func (s *story) trouble(ctx context.Context) error {
	var c, p uuid.UUID
	return s.steps(ctx,
		step{desk, contract.KindComplaintOpen, func() any {
			b := s.intake("threat_assault", "low", "पड़ोसी द्वारा लगातार धमकी दी जाती है।")
			b.Mobile = ptr("9450012347")
			return b
		}, func(id uuid.UUID) { c = id }},
		step{sho, contract.KindPreventiveReport, func() any {
			return contract.PreventiveReport{
				ComplaintID: &c, Section: "bnss_126", Person: "परीक्षण पड़ोसी", Age: ptr(41),
				Ground: "शान्ति भंग होने की प्रबल आशंका है, दोनों पक्षों में तनाव है।", ReportedAt: s.now(sho),
			}
		}, func(id uuid.UUID) { p = id }},
		step{sho, contract.KindComplaintDispose, func() any {
			return contract.ComplaintDispose{
				ComplaintID: c, Disposal: "preventive", DisposalNote: "निरोधात्मक कार्यवाही की गयी।", ToldHer: true, PreventiveID: &p,
			}
		}, nil},
	)
}

// spotsMost is how many hot-spots the story's list has.
const spotsMost = 6

// spots is the month's list of hot-spots, of public places that are owed a visit, and the
// circle officer who agrees to it. A station without a list of places has none.
func (s *story) spots(ctx context.Context) error {
	b, err := s.by[incharge].officer.Bundle(ctx)
	if err != nil {
		s.f.failed(s.by[incharge], err)
		return nil
	}
	var list []contract.HotspotSet
	for i := range b.DueNear {
		p := &b.DueNear[i]
		hours := map[string][2]string{"college": {"13:00", "16:00"}, "market": {"16:00", "20:00"}, "bus_stand": {"08:00", "20:00"}}
		if h, public := hours[p.Kind]; public && p.Centre == s.centre && len(list) < spotsMost {
			list = append(list, contract.HotspotSet{PlaceID: p.PlaceID, HoursFrom: ptr(h[0]), HoursTo: ptr(h[1]), EveryDays: 2, Weight: 3, Sources: []string{"girls_feedback"}})
		}
	}
	if len(list) == 0 {
		return nil
	}
	var id uuid.UUID
	return s.steps(ctx,
		step{incharge, contract.KindHotspotsSet, func() any {
			return contract.HotspotsSet{Month: s.today().Format("2006-01"), Spots: list}
		}, func(op uuid.UUID) { id = op }},
		step{circle, contract.KindHotspotsAgree, func() any { return contract.HotspotsAgree{ListID: id, Agreed: true} }, nil},
	)
}

// office is the inspection, the signed day and the signed return.
func (s *story) office(ctx context.Context) error {
	var inspection uuid.UUID
	today := date(s.today())
	return s.steps(ctx,
		step{circle, contract.KindInspectionRecord, func() any {
			return contract.InspectionRecord{
				Kind: "monthly", InspectedAt: s.now(circle), RegistersSeen: []contract.Register{"help_desk", "women_beat"},
				Findings: "रजिस्टर अद्यतन पाये गये; फीडबैक समय से लिया जाये।", Direction: ptr("तीन दिन में फीडबैक पूर्ण करें।"),
				DueAt: ptr(contract.At(s.by[circle].clock.now().Add(72 * time.Hour))), AssignedTo: ptr("centre_incharge"),
			}
		}, func(id uuid.UUID) { inspection = id }},
		step{incharge, contract.KindInspectionComply, func() any {
			return contract.InspectionComply{InspectionID: inspection, Compliance: "फीडबैक पूर्ण किया गया।"}
		}, nil},
		step{circle, contract.KindInspectionClose, func() any {
			return contract.InspectionClose{InspectionID: inspection, Accepted: true}
		}, nil},
		step{incharge, contract.KindDaySign, func() any { return contract.DaySign{Date: today} }, nil},
		step{incharge, contract.KindReturnSign, func() any { return contract.ReturnSign{Date: today} }, nil},
	)
}
