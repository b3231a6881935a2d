package book

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Bounds of one file, as the usual Options have the first. Over them it is refused: a
// longer one is asked for in parts.
const (
	defaultExportRows = 20_000

	exportBytes = 32 << 20
	exportPage  = 500
)

// sheet is a file that was made: for an entry that is to tell of it.
type sheet struct {
	text string
	rows int
	sum  [sha256.Size]byte
}

// keptSheet is a sheet that stands if its transaction does.
type keptSheet struct {
	op    uuid.UUID
	until time.Time
	text  string
}

// ExportRead is what became of the taking of an export: its receipt and, if it is
// entered, the bytes.
type ExportRead struct {
	Receipt Receipt
	Text    string
}

// ReadExport appends one op of the kind export.read and gives the file. That is made
// before, in a transaction that only reads: the book's own would keep the phones of
// the centre waiting for it. It is given when it is committed that its entry stands,
// which has the SHA-256 of the very bytes; they are kept for some minutes, so that
// the same op gets the same file again.
func (b *Book) ReadExport(ctx context.Context, who staff.Caller, in Incoming, id uuid.UUID) (*ExportRead, error) {
	drafts, err := b.one(ctx, who, in, kindExportRead)
	if err != nil {
		return nil, err
	}
	d := drafts[0]
	if d.settled() {
		return &ExportRead{Receipt: d.receipt}, nil
	}
	if err := b.makeSheet(ctx, who, d, id); err != nil {
		return nil, err
	}
	write, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	if err := b.append(write, who.District, drafts); err != nil {
		return nil, err
	}
	out := &ExportRead{Receipt: d.receipt}
	switch {
	case d.receipt.Outcome == Refused:
		return out, nil
	case d.receipt.Outcome != Entered:
		return nil, refusal(contract.CodeWrongState, "")
	case !d.receipt.Repeated:
		out.Text = d.sheet.text
		return out, nil
	}
	out.Text, err = b.sheetAgain(ctx, who.District, d)
	return out, err
}

// makeSheet makes the file of an op that is new and may have it. Whatever else is
// wrong with the op the book's own check says. An export of a book that the caller
// does not see is not there.
func (b *Book) makeSheet(ctx context.Context, who staff.Caller, d *draft, id uuid.UUID) error {
	if body := d.body.(*contract.ExportRead); body.AskID != id {
		d.refused(refusal(contract.CodeUnknownReference, "/body/ask_id"))
		return nil
	}
	return b.read(ctx, who.District, func(tx pgx.Tx) error {
		// One picture of the register, whatever is entered meanwhile.
		if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
			return fmt.Errorf("make export: %w", err)
		}
		v, err := b.viewOf(ctx, tx, who, d.op.Centre)
		if isProblem(err) != nil {
			return refusal(contract.CodeNotFound, "export_id")
		}
		if err != nil {
			return err
		}
		m, err := exportAsked(ctx, tx, who.District, d.op.Centre, id)
		if err != nil {
			return err
		}
		var known bool
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ops WHERE district_id = $1 AND op_id = $2)`, who.District, d.op.ID).Scan(&known)
		if err != nil {
			return fmt.Errorf("find op: %w", err)
		}
		switch {
		case known, m.given(d.officer, d.receivedAt) != "":
			return nil
		case !v.rows: // by a post of now, not by that of the time which the phone names
			d.refused(refusal(contract.CodeForbidden, "/kind"))
			return nil
		}
		d.sheet, err = b.sheetOf(ctx, tx, who, v, d.op.Centre, m)
		return err
	})
}

// exportAsked finds an export of a centre.
func exportAsked(ctx context.Context, tx pgx.Tx, district int32, centre string, id uuid.UUID) (*Matter, error) {
	rows, err := tx.Query(ctx, `SELECT `+matterColumns+` FROM matters
		WHERE district_id = $1 AND matter_id = $2 AND centre = $3 AND kind = $4`, district, id, centre, matterExport)
	if err != nil {
		return nil, fmt.Errorf("find export: %w", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMatter)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal(contract.CodeNotFound, "export_id")
	}
	return m, wrap(err, "find export")
}

// sheetOf reads what was asked for page by page and writes it down. Lines are
// numbered by the year in which they came, those of the last days of a year perhaps
// in the next.
func (b *Book) sheetOf(ctx context.Context, tx pgx.Tx, who staff.Caller, v view, centre string, m *Matter) (*sheet, error) {
	x, now := m.Data.Export, b.now()
	from, err := time.Parse(time.DateOnly, x.From)
	if err != nil {
		return nil, fmt.Errorf("make export: %w", err)
	}
	to, err := time.Parse(time.DateOnly, x.To)
	if err != nil {
		return nil, fmt.Errorf("make export: %w", err)
	}
	q := RegisterQuery{Centre: centre, Register: x.Register, Limit: exportPage, From: &from, To: &to}
	if x.State != "" {
		q.State = &x.State
	}
	w := newSheetWriter(b.rules.Load().of(who.District), m, centre, now)
	rows := 0
	for q.Year = from.Year(); q.Year <= min(to.Year()+1, now.In(ist).Year()); q.Year++ {
		for q.After = 0; ; {
			page := &RegisterPage{Page: Totals{Sums: map[string]int64{}}}
			if _, err := page.rows(ctx, tx, who, q, v, now); err != nil {
				return nil, err
			}
			for i := range page.Rows {
				w.row(&page.Rows[i])
			}
			if rows += len(page.Rows); rows > b.ExportRows || w.Len() > exportBytes {
				return nil, contract.NewProblem(contract.CodeExportTooLarge, contract.WithPointer("export_id"), contract.WithDetail(strconv.Itoa(b.ExportRows)))
			}
			if q.After = page.Next; !page.More {
				break
			}
		}
	}
	text := w.String()
	return &sheet{text: text, rows: rows, sum: sha256.Sum256([]byte(text))}, nil
}

// keepSheet keeps the file of an entry that tells of one.
func (t *batch) keepSheet(d *draft, e *Entry) {
	if d.sheet != nil {
		t.sheets = append(t.sheets, keptSheet{op: e.OpID, until: e.ReceivedAt.Add(readAgain), text: d.sheet.text})
	}
}

func (t *batch) flushSheets(p *pgx.Batch) {
	for _, s := range t.sheets {
		p.Queue(`INSERT INTO exports (district_id, op_id, centre, expires_at, sheet) VALUES ($1, $2, $3, $4, $5)`,
			t.district, s.op, t.centre, s.until, s.text)
	}
}

// sheetAgain finds the file of an op that was entered before; it is that of the entry
// or none.
func (b *Book) sheetAgain(ctx context.Context, district int32, d *draft) (text string, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT sheet FROM exports WHERE district_id = $1 AND op_id = $2 AND expires_at > $3`,
			district, d.op.ID, d.receivedAt).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			return refusal(contract.CodeExportOver, "")
		}
		return wrap(err, "read export again")
	})
	if err == nil && fmt.Sprintf("%x", sha256.Sum256([]byte(text))) != d.receipt.Entry.Facts[factSHA256] {
		return "", errors.New("read export again: the file is not that of its entry")
	}
	return text, err
}

// sweepExports deletes the files whose minutes are over.
func (b *Book) sweepExports(ctx context.Context, district int32) (done int, err error) {
	err = within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM exports WHERE district_id = $1 AND expires_at <= $2`, district, b.now())
		done = int(tag.RowsAffected())
		return wrap(err, "sweep exports")
	})
	return done, err
}
