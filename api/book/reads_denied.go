package book

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// A read that is refused leaves no entry: nothing was done in the book, and whoever
// can make ops would fill it. It leaves a row beside it, before the answer is given:
// who tried, on which entry, and why not, by id and code. Those above see how many
// there were of each officer, and what climbs (the budget, his own case) is told them
// at once.

// isRead tells whether an op reads what is sealed, or takes lines out.
func (d *draft) isRead() bool {
	return d.kind != nil && (d.kind.name == kindRead || d.kind.name == kindSearch || d.kind.name == kindExportRead)
}

// isGuess tells whether a text was refused because a name stands in it (task_names.go).
func (d *draft) isGuess() bool {
	return d.receipt.Problem != nil && d.receipt.Problem.Code == contract.CodeNameInText
}

// noteDenied keeps what was refused to readers. An op that is sent again is one row
// with a count. What is no op of a known session says nothing of anybody.
func (b *Book) noteDenied(ctx context.Context, district int32, drafts []*draft) error {
	p := &pgx.Batch{}
	for _, d := range drafts {
		if !d.isRead() && !d.isGuess() || d.receipt.Outcome != Refused || d.officer == uuid.Nil {
			continue
		}
		var subject *uuid.UUID
		switch r := d.body.(type) {
		case *contract.IdentityRead:
			subject = &r.SubjectID
		case *contract.ExportRead:
			subject = &r.AskID
		case *contract.TaskSend:
			subject = r.CaseID
		}
		p.Queue(`INSERT INTO read_denials (district_id, op_id, centre, officer_id, kind, role, subject_id, code, tries, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
			ON CONFLICT (district_id, op_id) DO UPDATE SET tries = read_denials.tries + 1`,
			district, d.op.ID, d.op.Centre, d.officer, d.kind.name, d.post.Role, subject, string(d.receipt.Problem.Code), d.receivedAt)
	}
	if p.Len() == 0 {
		return nil
	}
	err := within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		return wrap(send(ctx, tx, p), "note refused reads")
	})
	if err != nil { // what was appended beside it stands; sent again it is a repeat
		b.Log.Error("note refused reads", "district", district, "err", err)
		return contract.NewProblem(contract.CodeUnknownOutcome)
	}
	return nil
}

// Kinds of alarm that the book raises of reads, for those in charge of the centre and
// for the posts above.
const (
	alarmBudget = "read_budget"
	alarmGlass  = "glass_broken"
)

// bookAlarm is an alarm that stands if its transaction does.
type bookAlarm struct {
	id      uuid.UUID
	kind    string
	subject uuid.UUID
	about   uuid.UUID // nil: nobody's act
}

// alarmOf has those in charge look at what an officer did. Of one id there is one.
func (t *batch) alarmOf(kind string, id, subject, about uuid.UUID) {
	t.alarms = append(t.alarms, bookAlarm{id: derivedID(id, "alarm "+kind, 0), kind: kind, subject: subject, about: about})
}

func (t *batch) queueAlarms(p *pgx.Batch) {
	for _, a := range t.alarms {
		var about *uuid.UUID
		if a.about != uuid.Nil {
			about = &a.about
		}
		p.Queue(`INSERT INTO alarms (district_id, alarm_id, at, kind, centre, subject_id, about_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING`, t.district, a.id, t.now, a.kind, t.centre, a.subject, about)
	}
}
