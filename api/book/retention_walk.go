package book

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// What is sealed in neither a complaint nor an entry about a person stands in a
// case of its own: that of the entry which began it. Each has a rule by the kind of
// that entry, and the clock finds what is due by walking the books, some entries a
// time, from end to end and again: an index by time would be paid for by every visit,
// and what is walked misses no key that is there.

// keptBy names the rule by which what a kind seals goes; empty: that of the case
// which the entry joins. A kind that seals something and does not stand here stops the
// start.
//
//nolint:gochecknoglobals // a static table, never written after start
var keptBy = map[string]string{
	kindComplaint: ruleIdentity, "complaint.assign": ruleIdentity, "complaint.act": ruleIdentity, "complaint.intervene": ruleIdentity,
	"complaint.dispose": ruleIdentity, "complaint.reopen": ruleIdentity, "complaint.close": ruleIdentity, "pause.ask": ruleIdentity,
	"referral.send": ruleIdentity, "referral.answer": ruleIdentity, "counselling.session": ruleIdentity, "feedback.call": ruleIdentity,
	"follow_up.done": ruleIdentity, "follow_up.close": ruleIdentity, "fir.request": ruleIdentity,

	"squad.person": ruleWarned, "squad.review": "", "warning.object": ruleWarned, "warning.decide": ruleOther,

	"visit.record": ruleVisits, "squad.round": ruleVisits, kindBeatMonth: ruleVisits,
	"task.send": ruleTasks, "task.done": ruleTasks,
	kindFIR: ruleFIRs, "fir.receive": ruleFIRs, "fir.step": ruleFIRs, "preventive.report": ruleFIRs, "preventive.step": ruleFIRs,
	"inspection.record": ruleInspections,

	kindSearch: ruleOther, "conduct.answer": ruleOther, "day.review": ruleOther, "escalation.answer": "",

	"note.add": "", "entry.correct": "", kindAttach: "",
}

// unkept lists what kinds seal though no rule of those that there are says how long
// it is kept, or the rule does not end the keys of its class.
func unkept(by map[string]string, rules []RetentionRule) (out []string) {
	for _, kind := range contract.Kinds() {
		rule, stands := by[string(kind)]
		is := func(r RetentionRule) bool { return r.Code == rule }
		for field, class := range contract.SealedFields(kind) {
			joins := stands && rule == ""
			if !joins && (!slices.ContainsFunc(rules, is) || strings.IndexByte(shredClasses[rule], class) < 0) {
				out = append(out, string(kind)+field)
			}
		}
	}
	slices.Sort(out)
	return out
}

// notOwn are the kinds whose cases have rows of their own that say when they are due.
var notOwn = []string{kindComplaint, "squad.person"}

// bornElsewhere are kinds of entries that stand for a case whose first entry is in
// another book, or was struck while it waited.
var bornElsewhere = []string{"fir.receive", "held.strike"}

// ruleOf is the rule of a case by the kind of the entry that began it, where that is
// neither a complaint nor one about a person.
func ruleOf(kind string) string {
	if r := keptBy[kind]; slices.Contains(ownRules, r) {
		return r
	}
	return ruleOther // words that somebody added to an entry which seals nothing itself
}

// ownRules are the rules of cases that are walked for.
var ownRules = []string{ruleVisits, ruleTasks, ruleFIRs, ruleInspections, ruleOther}

// beginsOwn tells whether an entry is the one by which a walked case is known.
func (e *entryRef) beginsOwn() bool {
	return !slices.Contains(notOwn, e.Kind) && (e.OpID == e.CaseID || slices.Contains(bornElsewhere, e.Kind))
}

// untilOver are matters that wait until they have ended, whatever their age.
var untilOver = []string{matterFIR, matterPreventive, matterInspection}

// waits tells whether what a matter has sealed is kept though its time is over: by an
// order, or because it is not over itself. What went to another station waits for that
// one's line, which has the same key.
func (m *Matter) waits() bool {
	_, struckThere := m.Data.Times[stepOtherStruck]
	return m.Data.Hold != nil || slices.Contains(untilOver, m.Kind) && !slices.Contains(endedMatters, m.State) ||
		m.State == matterTransferred && !struckThere
}

// matterKept is the matter that an order makes of an entry that is none: a visit, a task.
const matterKept = "kept"

const (
	// walkSize is how many entries of a district one sweep looks at.
	walkSize = 500
	// walkRest is how long a walk that has come to its end waits before the next begins.
	walkRest = 6 * time.Hour
)

// walk is how far the clock has come in the books of a district.
type walk struct {
	centre string    // whose book it is in
	seq    int64     // the last entry that it has seen there
	ended  time.Time // when it had seen all; zero while it goes on
}

// ownOnes are the entries of walked cases of which a key is there.
const ownOnes = ` AND (e.op_id = e.case_id OR e.kind IN ('fir.receive', 'held.strike')) AND e.kind NOT IN ('complaint.open', 'squad.person')
	AND EXISTS (SELECT FROM case_keys k WHERE k.district_id = $1 AND k.case_id = e.case_id AND k.class IN ('V', 'X') AND k.wrapped <> '')
	AND NOT EXISTS (SELECT FROM complaints c WHERE c.district_id = $1 AND c.complaint_id = e.case_id)`

// ownRow is the entry of a walked case that has a key.
type ownRow struct {
	keptRow

	Kind  string
	Waits bool
}

func scanOwn(row pgx.CollectableRow) (*ownRow, error) {
	r, of := &ownRow{}, matterRow{}
	if err := row.Scan(&r.Centre, &r.ID, &r.Since, &r.Kind, &of.kind, &of.state, &of.data); err != nil {
		return nil, err
	}
	var err error
	r.Waits, err = of.waits()
	return r, err
}

// sweepOwn has the clock look at the next entries of a district, and shred what of
// them is due. What could not be entered is met again by the next walk.
func (b *Book) sweepOwn(ctx context.Context, district int32, v *ruleView, now time.Time) (int, error) {
	b.walking.Lock()
	defer b.walking.Unlock()
	w := b.walks[district]
	if !w.ended.IsZero() && now.Sub(w.ended) < walkRest {
		return 0, nil
	}
	centres, err := b.Centres(ctx, district)
	if err != nil {
		return 0, err
	}
	w.ended = time.Time{}
	due, of := map[string][]ServerOp{}, []string{}
	at, _ := slices.BinarySearch(centres, w.centre)
	for left := int64(walkSize); at < len(centres) && left > 0; at++ {
		if centres[at] != w.centre {
			w.centre, w.seq = centres[at], 0
		}
		from := w.seq
		rows, over, err := b.walkOn(ctx, district, &w, left, v.lastDue(now))
		if err != nil {
			return 0, err
		}
		left -= min(w.seq-from, left)
		for _, r := range rows {
			rule := v.keeps(ruleOf(r.Kind), now)
			if rule == nil || !r.Since.Before(rule.before(now)) || r.Waits {
				continue
			}
			if due[r.Centre] == nil {
				of = append(of, r.Centre)
			}
			due[r.Centre] = append(due[r.Centre], shredOp(rule, r.keptRow))
		}
		if !over {
			break
		}
	}
	if at == len(centres) {
		w = walk{ended: now}
	}
	b.walks[district] = w
	return b.enterAll(ctx, district, of, due)
}

// lastDue is the time before which an entry can be due by any rule of a walked case.
func (v *ruleView) lastDue(now time.Time) (last time.Time) {
	for _, code := range ownRules {
		if r := v.keeps(code, now); r != nil {
			last = later(last, r.before(now))
		}
	}
	return last
}

// walkOn reads the next entries of a book, up to as many as are left, and tells
// whether it has come to its end, or to where nothing has come yet whose time is over:
// entries stand in the order in which they came. One of an older time that came late
// goes as much later.
func (b *Book) walkOn(ctx context.Context, district int32, w *walk, left int64, lastDue time.Time) (rows []*ownRow, over bool, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		var size int64
		var came *time.Time
		err := tx.QueryRow(ctx, `SELECT h.size, (SELECT received_at FROM entries WHERE district_id = $1 AND centre = $2 AND seq = $3)
			FROM heads h WHERE h.district_id = $1 AND h.centre = $2`, district, w.centre, w.seq+1).Scan(&size, &came)
		if err != nil {
			return fmt.Errorf("read head of %s: %w", w.centre, err)
		}
		if over = came == nil || !came.Before(lastDue); over {
			return nil
		}
		until := min(w.seq+left, size)
		found, err := tx.Query(ctx, `SELECT e.centre, e.op_id, e.at, e.kind, m.kind, m.state, m.data FROM entries e
			LEFT JOIN matters m ON m.district_id = $1 AND m.matter_id = e.op_id
			WHERE e.district_id = $1 AND e.centre = $2 AND e.seq > $3 AND e.seq <= $4`+ownOnes+` ORDER BY e.seq`,
			district, w.centre, w.seq, until)
		if err != nil {
			return fmt.Errorf("walk the book of %s: %w", w.centre, err)
		}
		w.seq, over = until, until == size
		rows, err = pgx.CollectRows(found, scanOwn)
		return wrap(err, "walk the book of "+w.centre)
	})
	return rows, over, err
}

// goesOwn counts what of walked cases is due by a rule.
func goesOwn(ctx context.Context, tx pgx.Tx, district int32, code string, before time.Time) (n int, err error) {
	rows, err := tx.Query(ctx, `SELECT e.kind, m.kind, m.state, m.data, count(*) FROM entries e
		LEFT JOIN matters m ON m.district_id = $1 AND m.matter_id = e.op_id
		WHERE e.district_id = $1 AND e.at < $2`+ownOnes+` GROUP BY 1, 2, 3, 4`, district, before)
	if err != nil {
		return 0, fmt.Errorf("count cases: %w", err)
	}
	var kind string
	var of matterRow
	var some int
	_, err = pgx.ForEachRow(rows, []any{&kind, &of.kind, &of.state, &of.data, &some}, func() error {
		waits, err := of.waits()
		if err == nil && ruleOf(kind) == code && !waits {
			n += some
		}
		return err
	})
	return n, wrap(err, "count cases")
}

// matterRow is the matter of an entry that may have none.
type matterRow struct{ kind, state, data *string }

// waits tells whether there is one that waits.
func (r matterRow) waits() (bool, error) {
	if r.kind == nil {
		return false, nil
	}
	m := &Matter{Kind: *r.kind, State: *r.state}
	err := unjson(*r.data, &m.Data)
	return m.waits(), err
}
