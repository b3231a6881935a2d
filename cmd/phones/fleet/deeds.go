package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

func pick[T any](h *handset, of ...T) T { return of[h.rng.IntN(len(of))] }

func (h *handset) startDuty(context.Context) error {
	if h.officer == nil {
		return nil
	}
	how := pick(h, contract.VehicleFoot, contract.VehicleTwoWheeler, contract.VehicleVan)
	id, err := h.record(contract.KindDutyStart, contract.DutyStart{Vehicle: &how, SquadID: h.who.SquadID})
	h.duty = &id
	return err
}

func (h *handset) endDuty(ctx context.Context) error {
	if h.officer == nil || h.duty == nil {
		return nil
	}
	h.sendFixes(ctx)
	_, err := h.record(contract.KindDutyEnd, contract.DutyEnd{StartID: *h.duty})
	h.duty = nil // fixes that found no network wait for one
	return err
}

// visit records a stay of the women's beat that has just ended, and goes on.
func (h *handset) visit(ctx context.Context, stay time.Duration) error {
	err := h.visited(ctx, stay)
	h.next(ctx)
	return err
}

// visited records a stay, of several officers if there were.
func (h *handset) visited(_ context.Context, stay time.Duration, officers ...uuid.UUID) error {
	if h.officer == nil {
		return nil
	}
	h.walk(3)
	kind := h.seen()
	if kind == "" {
		kind = pick(h, "village", "school", "market", "panchayat_bhawan", "college", "bus_stand")
	}
	now := h.clock.now()
	chaupal := h.rng.IntN(4) == 0
	women := 2 + h.rng.IntN(12)
	if chaupal {
		women += 15 + h.rng.IntN(30)
	}
	v := contract.VisitRecord{
		BeatID: h.who.BeatID, StartedAt: contract.At(now.Add(-stay)), EndedAt: contract.At(now),
		PlaceType: kind, OfficersBy: officers, IsChaupal: chaupal, Women: women, Girls: h.rng.IntN(12),
	}
	if h.rng.IntN(2) == 0 {
		v.Observation = ptr(pick(h,
			"महिलाओं को हेल्पलाइन 1090 और 112 की जानकारी दी गयी।",
			"विद्यालय के रास्ते पर प्रकाश की व्यवस्था की माँग की गयी।",
			"पंचायत भवन पर बैठक हुई, साइबर अपराध पर चर्चा हुई।"))
	}
	if h.rng.IntN(3) == 0 {
		v.Materials = ptr(10 + h.rng.IntN(60))
	}
	if codes := h.f.world.Markers[h.who.Centre]; len(codes) > 0 && h.rng.IntN(2) == 0 {
		phone.Marked(&v, codes[h.rng.IntN(len(codes))])
	}
	id, err := h.record(contract.KindVisitRecord, v)
	if err == nil && h.rng.IntN(9) == 0 {
		return h.hear(id)
	}
	return err
}

// hear takes a complaint on the beat, with or without a network: its line and
// that of the visit will name each other. The names are made up.
func (h *handset) hear(visit uuid.UUID) error {
	_, err := h.record(contract.KindComplaintOpen, contract.ComplaintOpen{
		ArrivedAt: contract.At(h.clock.now()), Channel: "beat", ComplainantName: fmt.Sprintf("परीक्षण महिला %d", h.rng.IntN(1000)),
		SafeToCall: h.rng.IntN(4) > 0, Category: pick(h, "domestic_violence", "street_harassment", "phone_online", "property"),
		RiskLevel: pick(h, "low", "medium"), Account: "भ्रमण के समय महिला ने अपनी शिकायत बतायी।", WomanRecorded: true, VisitID: &visit,
		Mobile: ptr(fmt.Sprintf("94500%05d", h.rng.IntN(100000))),
	})
	return err
}

// mates are the squad's people as far as the fleet knows them.
func (h *handset) mates() (leader uuid.UUID, members []uuid.UUID) {
	leader = h.who.ID
	for _, o := range h.f.world.Officers {
		if o.SquadID == nil || h.who.SquadID == nil || *o.SquadID != *h.who.SquadID {
			continue
		}
		if o.Role == contract.RoleSquadLeader {
			leader = o.ID
		}
		members = append(members, o.ID)
	}
	return leader, members[:min(len(members), 12)]
}

func (h *handset) brief(context.Context) error {
	if h.officer == nil || h.who.SquadID == nil {
		return nil
	}
	leader, members := h.mates()
	now := h.clock.now()
	id, err := h.record(contract.KindSquadBrief, contract.SquadBrief{
		SquadID: *h.who.SquadID, LeaderBy: leader, MembersBy: members, BodyCamera: true, PlainClothes: 1,
		From: contract.At(now), To: contract.At(now.Add(8 * time.Hour)),
	})
	h.briefed = &id
	return err
}

func (h *handset) round(context.Context) error {
	if h.officer == nil || h.who.SquadID == nil {
		return nil
	}
	h.walk(4)
	leader, members := h.mates()
	now := h.clock.now()
	seen := 10 + h.rng.IntN(40)
	spoken := h.rng.IntN(10)
	_, err := h.record(contract.KindSquadRound, contract.SquadRound{
		SquadID: *h.who.SquadID, BriefID: h.briefed, LeaderBy: leader, MembersBy: members, PlainClothes: 1,
		BodyCamera: true, PlaceType: pick(h, "school", "college", "market", "bus_stand", "park", "crossing"),
		StartedAt: contract.At(now.Add(-2 * time.Minute)), EndedAt: contract.At(now),
		Reason:          pick(h, "hotspot_round", "complaint", "school_request"),
		PersonsObserved: seen, PersonsSpoken: spoken, WomenSpoken: h.rng.IntN(15), Advised: ptr(spoken / 2),
	})
	return err
}

// person records one who was warned. The names are made up.
func (h *handset) person(context.Context) error {
	if h.officer == nil || h.who.SquadID == nil {
		return nil
	}
	child := h.rng.IntN(6) == 0
	now := contract.At(h.clock.now())
	p := contract.SquadPerson{
		SquadID: *h.who.SquadID, BriefID: h.briefed, PlaceType: pick(h, "market", "bus_stand", "college"), SeenAt: now,
		Ground:  pick(h, "seen_following", "seen_obscene_word_gesture", "pointed_out_by_woman"),
		Facts:   "छात्राओं का पीछा करते हुए देखा गया, रोकने पर भी नहीं माना।",
		IsChild: child, Outcome: "warned", Age: ptr(19 + h.rng.IntN(20)),
		Name: ptr(fmt.Sprintf("परीक्षण व्यक्ति %d", h.rng.IntN(1000))),
	}
	if child {
		p.Age, p.Outcome, p.GuardianToldAt = ptr(14+h.rng.IntN(4)), "guardian_told", contract.AtPtr(now.Time)
	}
	_, err := h.record(contract.KindSquadPerson, p)
	return err
}

func ptr[T any](v T) *T { return &v }
