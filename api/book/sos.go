package book

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/geo"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// An officer in danger calls for help by one tap. The entry wakes the nearest units
// on duty, the in-charge and the head of the station in the transaction that
// enters it; who was nearest is found then and stands in its facts. From there the
// clock climbs the ladder until somebody says that he comes. Danger knows no duty:
// one who is off duty is heard as well.

func needsSOSRaise(d *draft, _ *contract.SosRaise, n *needs) {
	n.sosOf = append(n.sosOf, d.officer)
	n.duty(d.officer)
	n.wakes = append(n.wakes, d)
}

// checkSOSRaise takes every call. What comes hours late, out of a phone that had
// no network, is entered and shown, and wakes nobody; what is raised again while
// the first is open is that one, and wakes who is near by now: she may have been
// taken along.
func checkSOSRaise(s *State, d *draft, _ *contract.SosRaise) error {
	if d.receivedAt.Sub(d.at) > s.rules.unitRule(d.receivedAt).late() {
		d.flag(flag{Code: flagLateSOS, Value: d.receivedAt.Sub(d.at).Seconds()})
	}
	d.facts["on_duty"] = s.dutyOn(d.officer, d.at) != nil
	if open := s.openSOS(d.officer); open != nil {
		d.caseID = open.SOSID
		d.seenBy = append(d.seenBy, open.Called...)
	}
	if d.hasFlag(flagLateSOS) {
		return nil
	}
	d.facts.setNear(d.wakes)
	d.seenBy = append(d.seenBy, d.wakes...)
	return nil
}

func (d *draft) hasFlag(code string) bool {
	return slices.ContainsFunc(d.flags, func(f flag) bool { return f.Code == code })
}

func applySOSRaise(s *State, e *Entry, _ *contract.SosRaise) []push.Notice {
	if old := s.soses.get(e.CaseID); old != nil && !old.over() {
		x := *old
		x.step(e, SOSStep{Step: "again"})
		if e.hasFlag(flagLateSOS) {
			s.soses.put(x.SOSID, &x)
			return nil
		}
		near := e.Facts.near()
		switch more := slices.DeleteFunc(slices.Clone(near), func(id uuid.UUID) bool { return slices.Contains(x.Called, id) }); {
		case x.Late: // what had lain too long is heard now
			x.Late, x.CalledAt = false, e.ReceivedAt
			x.climb(s.ladder())
		case len(more) > 0:
			x.Steps = append(x.Steps, SOSStep{Step: "called_next", At: e.At, To: more, Seq: e.Seq})
		}
		x.call(near)
		if x.State == sosAnswered { // whoever said that he comes has not come
			x.State, x.CalledAt, x.Rung = sosOpen, e.ReceivedAt, 0
			x.climb(s.ladder())
		}
		return s.cry(e, &x, x.Called, staff.CentreIncharge, staff.SHO)
	}
	x := &SOS{
		SOSID: e.OpID, Centre: s.Centre, Seq: e.Seq, OfficerID: e.OfficerID, Role: e.Role, RaisedAt: e.At,
		CalledAt: e.ReceivedAt, State: sosOpen,
		OnDuty: e.Facts.isTrue("on_duty"), Late: e.hasFlag(flagLateSOS),
	}
	x.step(e, SOSStep{Step: "raised"})
	if x.Late {
		s.soses.put(x.SOSID, x)
		return nil
	}
	near := e.Facts.near()
	x.call(near)
	x.Steps = append(x.Steps, SOSStep{Step: "called", At: e.At, To: near, Role: staff.CentreIncharge, Seq: e.Seq})
	x.climb(s.ladder())
	return s.cry(e, x, near, staff.CentreIncharge, staff.SHO)
}

// cry makes a notice for each of those who are to be woken, and stores the call.
func (s *State) cry(e *Entry, x *SOS, officers []uuid.UUID, roles ...string) []push.Notice {
	var out []push.Notice
	add := func(set func(n *push.Notice)) {
		n := push.Notice{
			DistrictID: s.District, ID: derivedID(e.OpID, "notice", len(out)), Centre: s.Centre, Kind: push.KindSOS, Subject: x.SOSID,
			Urgency: push.Urgent, Seq: e.Seq,
		}
		set(&n)
		out = append(out, n)
	}
	for _, id := range officers {
		add(func(n *push.Notice) { n.Officer = id })
	}
	for _, role := range roles {
		add(func(n *push.Notice) { n.Role = role })
	}
	s.soses.put(x.SOSID, x)
	return out
}

func needsSOSAnswer(_ *draft, b *contract.SosAnswer, n *needs) { n.sos(b.SosID) }

func checkSOSAnswer(s *State, d *draft, b *contract.SosAnswer) error {
	x, err := s.sos(b.SosID)
	switch {
	case err != nil:
		return err
	case x.over(), x.OfficerID == d.officer:
		return refuse(contract.CodeWrongState, "/body/sos_id")
	}
	d.aboutSOS(x)
	d.notePress(s, x, b.SosID)
	return nil
}

// notePress notes of an answer or an end whether it was made before the last press.
func (d *draft) notePress(s *State, x *SOS, named uuid.UUID) {
	if s.beforePress(x, named, d.at) {
		d.facts[factBeforePress] = true
	}
}

// woken tells whether an officer was called by this very call: one of another station
// answers it too, under his post there.
func woken(s *State, d *draft, b *contract.SosAnswer) bool {
	x := s.sosAt(b.SosID)
	return x != nil && slices.Contains(x.Called, d.officer)
}

// aboutSOS makes the entry one of the call, for all who have to do with it.
func (d *draft) aboutSOS(x *SOS) {
	d.caseID = x.SOSID
	d.seenBy = append(append(d.seenBy, x.OfficerID), x.Called...)
}

// applySOSAnswer ends the ladder: somebody comes. Others may come as well. She is
// woken, so that she knows; if her phone must be silent it is. Who said so before she
// pressed again has not come: the ladder goes on, and he is told that she did.
func applySOSAnswer(s *State, e *Entry, b *contract.SosAnswer) []push.Notice {
	x := *s.sosAt(b.SosID)
	x.step(e, SOSStep{Step: "answered"})
	x.call([]uuid.UUID{e.OfficerID})
	if e.Facts.isTrue(factBeforePress) {
		return s.cry(e, &x, []uuid.UUID{x.OfficerID, e.OfficerID})
	}
	if x.State == sosOpen {
		x.State = sosAnswered
	}
	x.climb(s.ladder())
	return s.cry(e, &x, []uuid.UUID{x.OfficerID})
}

func needsSOSEnd(_ *draft, b *contract.SosEnd, n *needs) { n.sos(b.SosID) }

// checkSOSEnd lets her who called end it, and who answers for the station.
func checkSOSEnd(s *State, d *draft, b *contract.SosEnd) error {
	x, err := s.sos(b.SosID)
	switch {
	case err != nil:
		return err
	case x.OfficerID != d.officer && !slices.Contains(incharges, d.post.Role):
		return refuse(contract.CodeForbidden, "/body/sos_id")
	case x.over():
		return refuse(contract.CodeWrongState, "/body/sos_id")
	}
	d.aboutSOS(x)
	d.notePress(s, x, b.SosID)
	return nil
}

// applySOSEnd tells those who were called that they need not come. An end that was
// made before she pressed again ends nothing: it stands among the steps.
func applySOSEnd(s *State, e *Entry, b *contract.SosEnd) []push.Notice {
	x := *s.sosAt(b.SosID)
	if e.Facts.isTrue(factBeforePress) {
		x.step(e, SOSStep{Step: "ended_before", Reason: b.Reason})
		s.soses.put(x.SOSID, &x)
		return nil
	}
	x.State = sosEnded
	x.step(e, SOSStep{Step: "ended", Reason: b.Reason})
	x.climb(s.ladder())
	if x.Late {
		s.soses.put(x.SOSID, &x)
		return nil
	}
	return s.cry(e, &x, x.Called, staff.CentreIncharge, staff.SHO)
}

func needsSOSCall(d *draft, b *contract.SosCall, n *needs) {
	n.soses = append(n.soses, b.SosID)
	if b.To != nil { // a rung that only calls again looks for nobody
		n.wakes = append(n.wakes, d)
	}
}

// checkSOSCall lets the clock do what the ladder says is due, once.
func checkSOSCall(s *State, d *draft, b *contract.SosCall) error {
	x := s.soses.get(b.SosID)
	if x == nil || x.Centre != s.Centre {
		return refuse(contract.CodeUnknownReference, "/body/sos_id")
	}
	r := x.due(s.ladder())
	if r == nil || r.Rung != b.Attempt || !x.NextAt.Equal(d.op.DeviceAt) {
		return refuse(contract.CodeWrongState, "/body/sos_id")
	}
	d.aboutSOS(x)
	if r.Action == actPass {
		d.facts.setNear(d.wakes)
		d.seenBy = append(d.seenBy, d.wakes...)
	}
	return nil
}

// applySOSCall calls those who were called again, or the next nearest with them
// and the rung's post.
func applySOSCall(s *State, e *Entry, b *contract.SosCall) []push.Notice {
	x := *s.soses.get(b.SosID)
	x.Rung = b.Attempt
	roles := []string{staff.CentreIncharge, staff.SHO}
	step := SOSStep{Step: "called_again", To: x.Called}
	if near := e.Facts.near(); b.To != nil || len(near) > 0 {
		step = SOSStep{Step: "called_next", To: near}
		x.call(near)
	}
	if b.To != nil {
		step.Role = string(*b.To)
		roles = append(roles, step.Role)
	}
	x.step(e, step)
	x.climb(s.ladder())
	return s.cry(e, &x, x.Called, roles...)
}

// loadWakes finds for each op that wakes who is near: from where she called, else
// from where she last said that she is.
func (t *batch) loadWakes(ctx context.Context, n *needs) error {
	for _, d := range n.wakes {
		officer, not, x := d.officer, []uuid.UUID{d.officer}, t.state.openSOS(d.officer)
		if b, ok := d.body.(*contract.SosCall); ok {
			if x = t.state.soses.get(b.SosID); x == nil {
				continue
			}
			officer, not = x.OfficerID, append([]uuid.UUID{x.OfficerID}, x.Called...)
		}
		from, err := t.whereSheIs(ctx, d, officer, x)
		if err != nil {
			return err
		}
		if d.wakes, err = t.whomToWake(ctx, from, not); err != nil {
			return err
		}
	}
	return nil
}

// whereSheIs is the place from which the nearest are looked for. What the op says goes
// before all; when the ladder climbs, what she said at her last press. A press without a
// place goes by where her phone was on duty, and then by her last press as well.
func (t *batch) whereSheIs(ctx context.Context, d *draft, officer uuid.UUID, x *SOS) (*geo.Point, error) {
	from, err := placeOf(d.op.Place)
	if from != nil || err != nil {
		return from, err
	}
	pressed := func() (*geo.Point, error) { return t.placeOfPresses(ctx, x) }
	last := func() (*geo.Point, error) { return t.lastPlace(ctx, officer) }
	ways := []func() (*geo.Point, error){last, pressed}
	if d.server == roleClock {
		ways = []func() (*geo.Point, error){pressed, last}
	}
	for _, way := range ways {
		if from, err = way(); from != nil || err != nil {
			return from, err
		}
	}
	return nil, nil //nolint:nilnil // nobody knows, and that is no error
}

// placeOf is the point of an op's place; nil if there is none, or none on earth.
func placeOf(p *contract.Place) (*geo.Point, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // no place, and no error
	}
	at, err := geo.NewPoint(p.Lat, p.Lon)
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // the op is refused for it, by its own check
	}
	return &at, nil
}
