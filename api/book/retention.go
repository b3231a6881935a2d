package book

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// How long what is kept is a rule, and no officer shreds: two persons of the
// district office change the rule, one who asks and another who allows, and the
// clock does what is due by it.

// What there is a rule for.
const (
	ruleIdentity    = "identity"    // who she is and who the other side is
	ruleCounselling = "counselling" // what was told there
	ruleWarned      = "warned"      // the person of a squad's entry
	ruleVisits      = "visits"      // what visits and rounds say of anybody
	ruleTasks       = "tasks"       // what was reported of a task
	ruleFIRs        = "firs"        // of FIRs and preventive action without a complaint
	ruleInspections = "inspections" // remarks of inspections
	ruleOther       = "other"       // remarks, answers, numbers that were searched for
	rulePositions   = "positions"   // raw, on duty
	ruleTracks      = "tracks"      // the cells of a day
	ruleAudit       = "audit"       // log-ins and alarms
)

const (
	kindRetentionAllow = "retention.allow"

	matterRetention = "retention_ask"
	matterDeclined  = "declined"
)

// RetentionRule says how long something is kept, from when on.
type RetentionRule struct {
	Code   string
	Months int
	Days   int
	Basis  string
	From   time.Time
}

// until is the end of the time of what began at from. A rule ends nothing before
// it is in force.
func (r *RetentionRule) until(from time.Time) time.Time {
	return later(from.In(ist).AddDate(0, r.Months, r.Days), r.From).UTC()
}

// before is the time from before which what began is over at a time. A rule that
// is not in force yet ends nothing.
func (r *RetentionRule) before(at time.Time) time.Time {
	if at.Before(r.From) {
		return time.Time{}
	}
	return at.In(ist).AddDate(0, -r.Months, -r.Days).UTC()
}

func (r *rules) loadRetention(ctx context.Context, b *Book) error {
	rows, err := b.Pool.Query(ctx, `SELECT code, months, days, basis, valid_from FROM retention_rules ORDER BY valid_from, code`)
	if err != nil {
		return fmt.Errorf("load rules of retention: %w", err)
	}
	r.retention, err = pgx.CollectRows(rows, pgx.RowToStructByPos[RetentionRule])
	return wrap(err, "load rules of retention")
}

// keeping are the rules of retention, those that HQ set after those of the
// schema, in the order in which they come into force.
func (v *ruleView) keeping() []RetentionRule {
	out := append([]RetentionRule{}, v.r.retention...)
	for _, c := range v.changes(kindRetentionAllow) {
		b := c.read.(*contract.RetentionAsk)
		out = append(out, RetentionRule{Code: b.Rule, Months: b.Months, Days: b.Days, Basis: b.Basis, From: c.From})
	}
	return out
}

// keeps is the rule of a code that is in force at a time; nil: there is none,
// and all is kept.
func (v *ruleView) keeps(code string, at time.Time) *RetentionRule {
	var best *RetentionRule
	list := v.keeping()
	for i := range list {
		if r := &list[i]; r.Code == code && !r.From.After(at) && (best == nil || !r.From.Before(best.From)) {
			best = r
		}
	}
	return best
}

// keptUntil is how long what began at from is kept by the rules of a time.
func (v *ruleView) keptUntil(code string, from, at time.Time) time.Time {
	r := v.keeps(code, at)
	if r == nil {
		return farOff
	}
	return r.until(from)
}

// farOff is the end of what is kept for ever.
var farOff = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Keep is a change of a rule that was asked for.
type Keep struct {
	Rule   string     `json:"rule"`
	Months int        `json:"months"`
	Days   int        `json:"days"`
	Basis  string     `json:"basis"`
	From   *time.Time `json:"from,omitempty"`
}

// leastKept are times that no rule goes below: logs are kept for 180 days
// (CERT-In), a warning as long as its person may object, a visit until its return is
// signed, who was searched for and what inspections say as long as logs.
var leastKept = map[string]int{ruleAudit: 180, ruleWarned: 30, ruleVisits: 30, ruleTasks: 30, ruleFIRs: 365, ruleInspections: 180, ruleOther: 180}

// mostPlaces bounds in days how long places of officers may be kept.
var mostPlaces = map[string]int{rulePositions: 31, ruleTracks: 366}

func needsRetentionAsk(d *draft, _ *contract.RetentionAsk, n *needs) { needsChanges(d, n) }

// checkRetentionAsk takes a change that somebody else is to allow.
func checkRetentionAsk(s *State, d *draft, b *contract.RetentionAsk) error {
	days := 30*b.Months + b.Days
	switch {
	case s.Centre != HQ:
		return refuse(contract.CodeWrongCentre, "/centre")
	case b.ValidFrom != nil && b.ValidFrom.Before(d.at):
		return refuse(contract.CodeTooOld, d.ptr("/valid_from"))
	case s.rules.keeps(b.Rule, d.at) == nil:
		return refuse(contract.CodeUnknownReference, d.ptr("/rule"))
	case days == 0, days < leastKept[b.Rule], mostPlaces[b.Rule] > 0 && days > mostPlaces[b.Rule]:
		return refuse(contract.CodeOutOfRange, d.ptr("/days"))
	}
	return nil
}

func applyRetentionAsk(s *State, e *Entry, b *contract.RetentionAsk) []push.Notice {
	m := s.newMatter(e, matterRetention, "")
	m.OwnerID = &e.OfficerID
	m.Data.Keep = &Keep{Rule: b.Rule, Months: b.Months, Days: b.Days, Basis: b.Basis}
	if b.ValidFrom != nil {
		at := b.ValidFrom.UTC()
		m.Data.Keep.From = &at
	}
	m.at(stepAsked, e.At)
	s.keepMatter(e, m, nil)
	return nil
}

func needsRetentionAllow(d *draft, b *contract.RetentionAllow, n *needs) {
	n.matter(b.AskID)
	needsChanges(d, n)
}

// checkRetentionAllow wants a second person.
func checkRetentionAllow(s *State, d *draft, b *contract.RetentionAllow) error {
	if s.Centre != HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	return s.second(d, b.AskID, matterRetention)
}

// second finds what was asked for and wants another person than the one who did.
func (s *State) second(d *draft, id uuid.UUID, kind string) error {
	m, err := s.matterNamed(d, id, "/ask_id", kind)
	switch {
	case err != nil:
		return err
	case m.Data.OpenedBy == d.officer:
		return refuse(contract.CodeOwnAct, d.ptr("/ask_id"))
	case m.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/ask_id"))
	}
	return nil
}

// applyRetentionAllow makes a rule of what was asked for. It holds from the time
// named, or from now: never from before it was allowed.
func applyRetentionAllow(s *State, e *Entry, b *contract.RetentionAllow) []push.Notice {
	m := s.matterAt(b.AskID)
	m.State, m.Data.ReviewedBy = matterDeclined, &e.OfficerID
	if k := m.Data.Keep; b.Allowed {
		from := e.At
		if k.From != nil {
			from = later(*k.From, e.At)
		}
		m.State = matterOver
		s.newRules = append(s.newRules, ruleChange{Seq: e.Seq, Kind: e.Kind, From: from, Body: []byte(jsonText(contract.RetentionAsk{
			Rule: k.Rule, Months: k.Months, Days: k.Days, Basis: k.Basis,
		}))})
	}
	m.at("decided", e.At)
	s.keepMatter(e, m, nil)
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, m.Data.OpenedBy)}
}
