package book

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// linkRows adds to rows the lines of other registers that belong to the same
// complaint, the line of the complaint before it, those that the same entry
// opened, a follow-up and the new incident that was told at it, and the line of
// a zero FIR in the other station's book.
func linkRows(ctx context.Context, tx pgx.Tx, district int32, centre string, rows []RegisterRow, complaints map[uuid.UUID]*Complaint) error {
	byComplaint, err := linesOfMatters(ctx, tx, district, centre, slices.Collect(maps.Keys(complaints)))
	if err != nil {
		return err
	}
	before, err := earlierOnes(ctx, tx, district, complaints)
	if err != nil {
		return err
	}
	if err := siblings(ctx, tx, district, centre, rows); err != nil {
		return err
	}
	if err := twins(ctx, tx, district, rows); err != nil {
		return err
	}
	for i := range rows {
		row := &rows[i]
		if c := row.of; c != nil {
			row.Links = append(row.Links, byComplaint[c.ComplaintID]...)
			row.Links = append(row.Links, linkTo(centre, c))
			if c.Data.ParentID != nil && before[*c.Data.ParentID] != nil {
				row.Links = append(row.Links, linkTo(centre, before[*c.Data.ParentID]))
			}
		}
		row.Links = slices.DeleteFunc(row.Links, func(l LineLink) bool { return l.No == row.No })
		slices.SortFunc(row.Links, func(a, b LineLink) int {
			return cmp.Or(compareText(a.Register, b.Register), a.Year-b.Year, cmp.Compare(a.Serial, b.Serial))
		})
		row.Links = slices.Compact(row.Links)
	}
	return nil
}

func linkTo(centre string, c *Complaint) LineLink {
	return LineLink{LineRef: lineRef(centre, registerHelpDesk, c.Year, c.Serial), Subject: c.ComplaintID}
}

// linesOfMatters finds the lines of the matters that hang on complaints.
func linesOfMatters(ctx context.Context, tx pgx.Tx, district int32, centre string, ids []uuid.UUID) (map[uuid.UUID][]LineLink, error) {
	out := map[uuid.UUID][]LineLink{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, `SELECT complaint_id, matter_id, register, year, serial FROM matters
		WHERE district_id = $1 AND centre = $2 AND complaint_id = ANY($3) AND serial > 0`, district, centre, ids)
	if err != nil {
		return nil, fmt.Errorf("find linked lines: %w", err)
	}
	var complaint uuid.UUID
	var l LineLink
	_, err = pgx.ForEachRow(rows, []any{&complaint, &l.Subject, &l.Register, &l.Year, &l.Serial}, func() error {
		l.LineRef = lineRef(centre, l.Register, l.Year, l.Serial)
		out[complaint] = append(out[complaint], l)
		return nil
	})
	return out, wrap(err, "find linked lines")
}

// earlierOnes reads the complaints of which others are a new incident.
func earlierOnes(ctx context.Context, tx pgx.Tx, district int32, complaints map[uuid.UUID]*Complaint) (map[uuid.UUID]*Complaint, error) {
	var parents []*Line
	for _, c := range complaints {
		if c.Data.ParentID != nil {
			parents = append(parents, &Line{ComplaintID: c.Data.ParentID})
		}
	}
	return complaintsOf(ctx, tx, district, parents)
}

// siblings adds the lines that the entries of rows opened beside theirs. Each is
// one look into the primary key of lines.
func siblings(ctx context.Context, tx pgx.Tx, district int32, centre string, rows []RegisterRow) error {
	var of []int
	var registers []string
	var years []int
	var serials []int64
	for i := range rows {
		for _, l := range rows[i].siblings {
			of, registers, years, serials = append(of, i), append(registers, l.Register), append(years, l.Year), append(serials, l.Serial)
		}
	}
	if len(of) == 0 {
		return nil
	}
	list, err := tx.Query(ctx, `SELECT k.i, k.register, k.year, k.serial, (SELECT l.subject_id FROM lines l WHERE l.district_id = $1
			AND l.centre = $2 AND l.register = k.register AND l.year = k.year AND l.serial = k.serial)
		FROM unnest($3::int[], $4::text[], $5::int[], $6::bigint[]) AS k (i, register, year, serial)`,
		district, centre, of, registers, years, serials)
	if err != nil {
		return fmt.Errorf("find lines of the same entries: %w", err)
	}
	var i int
	var l LineLink
	var subject *uuid.UUID
	_, err = pgx.ForEachRow(list, []any{&i, &l.Register, &l.Year, &l.Serial, &subject}, func() error {
		l.LineRef, l.Subject = lineRef(centre, l.Register, l.Year, l.Serial), rows[i].OpID
		if subject != nil {
			l.Subject = *subject
		}
		rows[i].Links = append(rows[i].Links, l)
		return nil
	})
	return wrap(err, "find lines of the same entries")
}

// twins adds the lines that zero FIRs have in another book. Each is one look
// into the primary key of matters.
func twins(ctx context.Context, tx pgx.Tx, district int32, rows []RegisterRow) error {
	of := map[uuid.UUID][]int{} // a line that was put right and the one in its place have the same
	var ids []uuid.UUID
	for i := range rows {
		if id, ok := rows[i].twinOf(); ok {
			of[id], ids = append(of[id], i), append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := tx.Query(ctx, `SELECT m.matter_id, m.centre, m.register, m.year, m.serial, m.state = $3 FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT * FROM matters WHERE district_id = $1 AND matter_id = u.id LIMIT 1) m WHERE m.serial > 0`, district, ids, struck)
	if err != nil {
		return fmt.Errorf("find lines of zero FIRs: %w", err)
	}
	var l LineLink
	var centre string
	_, err = pgx.ForEachRow(list, []any{&l.Subject, &centre, &l.Register, &l.Year, &l.Serial, &l.Struck}, func() error {
		l.LineRef = lineRef(centre, l.Register, l.Year, l.Serial)
		for _, i := range of[l.Subject] {
			rows[i].Links = append(rows[i].Links, l)
		}
		return nil
	})
	return wrap(err, "find lines of zero FIRs")
}
