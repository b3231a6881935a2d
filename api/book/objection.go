package book

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// Objection is what a person who was warned, or whoever found his slip, says.
type Objection struct {
	SlipQuestion
	Text string
}

// Objected is all that he is told: when his objection came into the book.
type Objected struct {
	District int32
	At       time.Time
}

// warnedPerson is the entry that a slip is about.
type warnedPerson struct {
	id     uuid.UUID
	centre string
	state  string
	data   MatterData
}

// Object enters the objection of a person who was warned; the circle officer is
// told and decides. As with the status of a complaint, whatever is wrong with
// number and secret is answered alike, by the same work, and each try counts. Who
// objected already is told when, and his first words stand.
func (b *Book) Object(ctx context.Context, o Objection) (*Objected, error) {
	var found *warnedPerson
	district, err := b.withSlip(ctx, o.SlipQuestion, func(ctx context.Context, tx pgx.Tx, district int32, lock []byte) (known bool, err error) {
		found, err = readWarned(ctx, tx, district, lock)
		return found != nil, err
	})
	if err != nil {
		return nil, err
	}
	switch at, objected := found.data.Times[matterObjected]; {
	case found.state == matterObjected && objected:
		return &Objected{District: district, At: at}, nil
	case found.state != matterOpen && found.state != matterReviewed:
		return nil, contract.NewProblem(contract.CodeObjectionClosed)
	}
	receipts, err := b.AppendServer(ctx, district, found.centre, rolePublic, []ServerOp{{
		Kind: "warning.object", Subject: found.id, Rule: "slip", At: b.now(),
		Body: contract.WarningObject{PersonID: found.id, Objection: o.Text},
	}})
	switch {
	case err != nil:
		return nil, fmt.Errorf("enter objection: %w", err)
	case receipts[0].Problem != nil:
		return nil, contract.NewProblem(receipts[0].Problem.Code)
	case receipts[0].Entry == nil:
		return nil, errors.New("enter objection: it was not entered")
	}
	return &Objected{District: district, At: receipts[0].Entry.At}, nil
}

// readWarned finds, by the lock alone, the entry about a person.
func readWarned(ctx context.Context, tx pgx.Tx, district int32, lock []byte) (*warnedPerson, error) {
	var p warnedPerson
	var data string
	err := tx.QueryRow(ctx, `SELECT m.matter_id, m.centre, m.state, m.data FROM slips s
		JOIN matters m ON m.district_id = $1 AND m.matter_id = s.complaint_id
		WHERE s.district_id = $1 AND s.keyed_hash = $2 AND m.kind = $3 AND m.state <> $4`,
		district, lock, matterPerson, struck).Scan(&p.id, &p.centre, &p.state, &data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read slip: %w", err)
	}
	return &p, unjson(data, &p.data)
}
