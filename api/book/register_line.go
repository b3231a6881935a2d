package book

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// RegisterLine is one line of a register with the stored lines of its steps.
type RegisterLine struct {
	Row   RegisterRow
	Steps []json.RawMessage
}

// RegisterLine returns one line of a register: to who sees the register, to who
// wrote it, and that of a complaint to who has a part in it. A guarded one is
// number and date to all others who see the register.
func (b *Book) RegisterLine(
	ctx context.Context, who staff.Caller, centre, register string, year int, serial int64,
) (*RegisterLine, error) {
	out := &RegisterLine{}
	none := refusal(contract.CodeNotFound, "serial")
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		lines, err := readLines(ctx, tx, ` WHERE l.district_id = $1 AND l.centre = $2 AND l.register = $3 AND l.year = $4 AND l.serial = $5
			AND NOT coalesce((SELECT `+accused("m.data", 6)+` FROM matters m
				WHERE m.district_id = l.district_id AND m.matter_id = l.subject_id), false)`,
			who.District, centre, register, year, serial, who.OfficerID.String())
		if err != nil {
			return err
		}
		rows, err := rowsOf(ctx, tx, who.District, centre, lines)
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].of != nil && rows[0].of.accuses(who.OfficerID) {
			return none
		}
		row := rows[0]
		own := row.OfficerID == who.OfficerID || register == registerHelpDesk && row.of != nil && row.of.part(who.OfficerID)
		if !v.rows && !own {
			return none
		}
		out.Row = row
		out.Row.Overdue = row.DueAt != nil && row.DueAt.Before(b.now())
		if row.guarded && !v.all && !own {
			out.Row.reduce()
			return nil
		}
		if err := unmask(ctx, tx, who, v, []*RegisterRow{&out.Row}); err != nil {
			return err
		}
		subject := row.OpID
		if row.SubjectID != nil {
			subject = *row.SubjectID
		}
		out.Steps, err = stepsOf(ctx, tx, who, centre, subject, row.SubjectID != nil, v.all || own)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
