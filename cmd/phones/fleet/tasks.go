package fleet

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// job is a task that this handset works on.
type job struct {
	over     bool
	shared   bool // a squad's or a role's: whoever accepts first has it
	accepted bool
}

// read takes a line of the feed; it is thought about after the sync.
func (h *handset) read(officer uuid.UUID, line contract.FeedLine) {
	if officer != h.who.ID && h.who.ID != uuid.Nil {
		return
	}
	h.newsMu.Lock()
	defer h.newsMu.Unlock()
	h.news = append(h.news, line)
}

// answered takes a receipt. A step that was refused ends the task for this
// handset: somebody else has it, or it is over.
func (h *handset) answered(kind contract.Kind, r contract.Receipt) {
	task := h.f.keep(kind, r)
	if j := h.jobs[task]; j != nil && r.Outcome == contract.OutcomeRefused {
		j.over = true
	}
}

// takeNews finds in the lines what this officer has to do, and what she need
// not do any more.
func (h *handset) takeNews(context.Context) error {
	h.newsMu.Lock()
	news := h.news
	h.news = nil
	h.newsMu.Unlock()
	fresh := map[uuid.UUID]bool{}
	for _, line := range news {
		var b struct {
			TaskID uuid.UUID           `json:"task_id"`
			To     contract.TaskTarget `json:"to"`
		}
		if json.Unmarshal(line.Body, &b) != nil {
			continue
		}
		switch contract.Kind(line.Kind) {
		case contract.KindTaskSend:
			if h.meant(b.To) {
				h.jobs[line.OpID] = &job{shared: b.To.OfficerID == nil}
				fresh[line.OpID] = true
			}
		case contract.KindTaskPass:
			if _, known := h.jobs[b.TaskID]; !known && h.meant(b.To) {
				h.jobs[b.TaskID] = &job{shared: b.To.OfficerID == nil}
				fresh[b.TaskID] = true
			}
		case contract.KindTaskAccept:
			if j := h.jobs[b.TaskID]; j != nil && line.OfficerID != h.who.ID {
				j.over = true
			}
		case contract.KindTaskRecall, contract.KindTaskExpire, contract.KindTaskDone:
			if j := h.jobs[b.TaskID]; j != nil {
				j.over = true
			}
		}
	}
	for _, line := range news {
		for _, id := range []uuid.UUID{line.OpID, taskOf(line)} {
			if fresh[id] && !h.jobs[id].over {
				delete(fresh, id)
				h.begin(id, h.jobs[id])
			}
		}
	}
	return nil
}

func taskOf(line contract.FeedLine) uuid.UUID {
	var b struct {
		TaskID uuid.UUID `json:"task_id"`
	}
	if json.Unmarshal(line.Body, &b) != nil {
		return uuid.Nil
	}
	return b.TaskID
}

func (h *handset) meant(to contract.TaskTarget) bool {
	switch {
	case to.OfficerID != nil:
		return *to.OfficerID == h.who.ID
	case to.SquadID != nil:
		return h.who.SquadID != nil && *to.SquadID == *h.who.SquadID
	case to.Role != nil:
		return *to.Role == h.who.Role
	}
	return false
}

// begin plans the steps of a task. One in twenty is declined.
func (h *handset) begin(task uuid.UUID, j *job) {
	r := h.rng
	who := h.who.Number
	at := between(r, 0, 5*time.Second)
	add := func(wait time.Duration, kind contract.Kind, body any) {
		at += wait
		h.later(at, func(ctx context.Context) error { return h.step(ctx, who, task, j, kind, body) })
	}
	add(0, contract.KindTaskReceive, contract.TaskReceive{TaskID: task})
	add(between(r, 10*time.Second, 40*time.Second), contract.KindTaskSee, contract.TaskSee{TaskID: task})
	wait := between(r, 5*time.Second, 30*time.Second)
	if r.IntN(20) == 0 {
		add(wait, contract.KindTaskDecline, contract.TaskDecline{TaskID: task, Reason: pick(h, "busy", "too_far")})
		return
	}
	add(wait, contract.KindTaskAccept, contract.TaskAccept{TaskID: task})
	add(between(r, 10*time.Second, 30*time.Second), contract.KindTaskDepart, contract.TaskDepart{TaskID: task})
	add(between(r, 40*time.Second, 100*time.Second), contract.KindTaskArrive, contract.TaskArrive{TaskID: task})
	add(between(r, 30*time.Second, 80*time.Second), contract.KindTaskDone,
		contract.TaskDone{TaskID: task, Result: pick(h, "done", "done", "done", "partly", "not_found")})
}

// step records one step and sends it ahead of what else waits.
func (h *handset) step(ctx context.Context, who string, task uuid.UUID, j *job, kind contract.Kind, body any) error {
	if h.officer == nil || h.who.Number != who {
		return nil // she has gone home
	}
	switch {
	case j.over:
		return nil
	case kind == contract.KindTaskAccept && j.shared && h.line.alive():
		// Somebody may have been quicker.
		h.f.failed(h, h.phone.Sync(ctx))
		if err := h.takeNews(ctx); err != nil || j.over {
			return err
		}
	}
	if kind == contract.KindTaskAccept {
		j.accepted = true
	}
	if kind == contract.KindTaskArrive {
		h.walk(4)
	}
	if _, err := h.f.recordTask(h, kind, task, body); err != nil {
		return err
	}
	if h.line.alive() {
		h.f.failed(h, h.phone.Hurry(ctx))
	}
	return nil
}

// sendTask gives somebody of the centre something to do.
func (h *handset) sendTask(ctx context.Context) error {
	if h.officer == nil {
		return nil
	}
	to, ok := h.target()
	if !ok {
		return nil
	}
	place := h.place()
	place.Lat, place.Lon = pointNear(h.rng, h.crew.centre.Lat, h.crew.centre.Lon, 5)
	place.Lat, place.Lon, place.FixAt = round6(place.Lat), round6(place.Lon), nil
	id, err := h.f.recordTask(h, contract.KindTaskSend, uuid.Nil, contract.TaskSend{
		To: to, TaskKind: pick(h, "visit", "call", "hotspot_round", "school_request"),
		Urgency: pick(h, contract.UrgencyUrgent, contract.UrgencySoon, contract.UrgencyRoutine), Place: place,
		Text: ptr(pick(h, "कन्या विद्यालय के पास भ्रमण करें", "बाजार में गश्त करें", "पंचायत भवन पर बैठक में उपस्थित रहें")),
	})
	if err != nil {
		return err
	}
	h.sent = append(h.sent, id)
	if h.rng.IntN(15) == 0 {
		h.later(between(h.rng, 30*time.Second, 2*time.Minute), func(context.Context) error {
			if h.officer == nil {
				return nil
			}
			_, err := h.record(contract.KindTaskRecall, contract.TaskRecall{TaskID: id, Reason: "no_longer_needed"})
			return err
		})
	}
	return h.sync(ctx)
}

// target is an officer of the fleet at this centre, a squad, or whoever is on
// the beat.
func (h *handset) target() (contract.TaskTarget, bool) {
	var people, squads []contract.TaskTarget
	for _, c := range h.f.handsets {
		o := c.crew.officers[0]
		if c == h || o.Centre != h.who.Centre || usefulness(o.Role) == 0 || usefulness(o.Role) > 3 {
			continue
		}
		people = append(people, contract.TaskTarget{OfficerID: ptr(o.ID)})
		if o.SquadID != nil {
			squads = append(squads, contract.TaskTarget{SquadID: o.SquadID})
		}
	}
	switch n := h.rng.IntN(10); {
	case len(people) == 0:
		return contract.TaskTarget{}, false
	case n < 2 && len(squads) > 0:
		return squads[h.rng.IntN(len(squads))], true
	case n < 4:
		return contract.TaskTarget{Role: ptr(contract.RoleBeatOfficer)}, true
	default:
		return people[h.rng.IntN(len(people))], true
	}
}
