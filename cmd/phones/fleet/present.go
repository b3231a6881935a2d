package fleet

import (
	"context"
	"fmt"
	"time"

	contract "kendra/mobile-contract"
)

// Of a fleet that stays, by the plan: how long until something comes again.
var (
	stayVisit  = [2]time.Duration{20 * time.Minute, 50 * time.Minute}
	stayRound  = [2]time.Duration{15 * time.Minute, 40 * time.Minute}
	stayIntake = [2]time.Duration{20 * time.Minute, 45 * time.Minute}
	stayTask   = [2]time.Duration{25 * time.Minute, 60 * time.Minute}
	staySync   = [2]time.Duration{3 * time.Minute, 7 * time.Minute}
	stayFix    = [2]time.Duration{time.Minute, 2 * time.Minute}
)

// The hours in which a squad is on duty.
const (
	squadFrom  = 8
	squadUntil = 20
)

// Stay lets the fleet work on until the context ends: its officers are on duty,
// record what they do, and answer the tasks that anybody sends them. Handsets
// that a fleet of the same world, seed and directory has set up before are those
// again. There is no story, no trouble, and no report that would be complete.
func (f *Fleet) Stay(ctx context.Context) error {
	if err := f.each(ctx, atOnce, (*handset).setUp); err != nil {
		return fmt.Errorf("let fleet stay: %w", err)
	}
	defer f.close()
	f.begin = f.plan.Now()
	for _, h := range f.handsets {
		h.clock.begin = f.begin
		h.planStay()
	}
	f.setRunning(true)
	defer f.setRunning(false)
	const noEnd = time.Duration(1<<63 - 1)
	return f.each(ctx, len(f.handsets), func(h *handset, ctx context.Context) error { return h.work(ctx, noEnd) })
}

// planStay begins what goes on by itself.
func (h *handset) planStay() {
	if h.who.Role != contract.RoleCo { // who keeps no duty
		h.later(between(h.rng, 0, 30*time.Second), h.startDuty)
		h.keepOn(stayFix, h.noteFix)
	}
	h.keepOn(staySync, h.sync)
	switch h.who.Role {
	case contract.RoleBeatOfficer:
		h.keepOn(stayVisit, func(ctx context.Context) error { return h.visit(ctx, between(h.rng, 2*time.Minute, 6*time.Minute)) })
	case contract.RoleSquadLeader:
		h.keepOn(stayRound, h.roundByDay)
	case contract.RoleDispatcher:
		h.keepOn(stayTask, h.sendTask)
	case contract.RoleDeskOfficer:
		h.later(time.Minute, h.walkIn) // she comes, and nobody has registered it yet
		h.keepOn(stayIntake, h.walkIn)
	}
}

// keepOn does something again and again.
func (h *handset) keepOn(every [2]time.Duration, do func(context.Context) error) {
	h.later(between(h.rng, every[0]/4, every[1]), func(ctx context.Context) error {
		h.keepOn(every, do)
		return do(ctx)
	})
}

// roundByDay makes a round in the hours of squads, after the day's briefing.
func (h *handset) roundByDay(ctx context.Context) error {
	now := h.clock.now().In(ist)
	if now.Hour() < squadFrom || now.Hour() >= squadUntil {
		return nil
	}
	if day := now.Format(time.DateOnly); h.briefedOn != day {
		h.briefedOn = day
		return h.brief(ctx)
	}
	return h.round(ctx)
}

// walkIn takes the complaint of a woman who came to the desk; every second one
// waits to be registered. The names are made up.
func (h *handset) walkIn(ctx context.Context) error {
	now := h.clock.now()
	c := contract.ComplaintOpen{
		ArrivedAt: contract.At(now.Add(-12 * time.Minute)), HeardAt: ptr(contract.At(now.Add(-8 * time.Minute))), Channel: "walk_in",
		ComplainantName: fmt.Sprintf("परीक्षण महिला %d", h.rng.IntN(1000)), Mobile: ptr(fmt.Sprintf("94500%05d", h.rng.IntN(100000))),
		SafeToCall: true, Category: pick(h, "domestic_violence", "stalking", "street_harassment", "phone_online"),
		RiskLevel: pick(h, "low", "medium", "high"), Account: "आवेदिका ने केन्द्र पर आकर अपनी शिकायत बतायी।", WomanRecorded: true,
	}
	if h.taken++; h.taken%2 == 0 {
		c.RegisteredAt = ptr(contract.At(now.Add(-3 * time.Minute)))
	}
	if _, err := h.record(contract.KindComplaintOpen, c); err != nil {
		return err
	}
	return h.sync(ctx)
}
