package book

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// view is what a caller may see of one centre's book.
type view struct {
	all   bool // every line
	tasks bool // tasks and duties of all, without anybody's matters
	rows  bool // register rows, guarded ones reduced
	io    bool // of one complaint: an FIR of it is the caller's to investigate
}

// viewOf finds what the caller's present posts let him see of a centre. One
// without any post there is told that there is no such centre.
func (b *Book) viewOf(ctx context.Context, tx pgx.Tx, who staff.Caller, centre string) (view, error) {
	var circle string
	err := tx.QueryRow(ctx, `SELECT coalesce(circle, '') FROM centres WHERE district_id = $1 AND centre = $2`,
		who.District, centre).Scan(&circle)
	if errors.Is(err, pgx.ErrNoRows) {
		return view{}, refusal(contract.CodeNotFound, "centre")
	}
	if err != nil {
		return view{}, fmt.Errorf("read centre: %w", err)
	}
	return b.viewAs(who, centre, circle)
}

// Circle tells the circle of a centre; empty if it has none, or is none.
func (b *Book) Circle(ctx context.Context, district int32, centre string) (circle string, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT coalesce(circle, '') FROM centres WHERE district_id = $1 AND centre = $2`, district, centre).Scan(&circle)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return wrap(err, "read circle")
	})
	return circle, err
}

// look is viewOf in a transaction of its own.
func (b *Book) look(ctx context.Context, who staff.Caller, centre string) (v view, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err = b.viewOf(ctx, tx, who, centre)
		return err
	})
	return v, err
}

// glance reads a page in one round trip if it can: who serves at the centre and
// nowhere else proves by it that there is one, unless its book is empty.
func (b *Book) glance(ctx context.Context, p *FeedPage, who staff.Caller, after int64, limit int) ([]byte, error) {
	if !b.fromOutside(who, p.Centre) {
		v, err := b.viewAs(who, p.Centre, "")
		if err != nil {
			return nil, err
		}
		root, err := b.readPage(ctx, p, who, v, after, limit)
		if err != nil || p.Size > 0 {
			return root, err
		}
	}
	v, err := b.look(ctx, who, p.Centre)
	if err != nil {
		return nil, err
	}
	return b.readPage(ctx, p, who, v, after, limit)
}

// fromOutside tells whether a post of the caller looks in from another book.
func (b *Book) fromOutside(who staff.Caller, centre string) bool {
	here, now := false, b.now()
	for _, p := range who.Posts {
		if !p.Covers(now) {
			continue
		}
		if p.Centre != centre {
			return true
		}
		here = true
	}
	return !here
}

// viewAs is the view of the caller's present posts on a centre of a circle.
func (b *Book) viewAs(who staff.Caller, centre, circle string) (view, error) {
	var v view
	here, now := false, b.now()
	reach := &batch{centre: centre, circle: circle}
	for _, p := range who.Posts {
		if !p.Covers(now) || !reach.reaches(p) {
			continue
		}
		here = true
		switch p.Role {
		case staff.CentreIncharge, staff.SHO:
			return view{all: true, tasks: true, rows: true}, nil
		case staff.Dispatcher:
			v.tasks = true
		case staff.SP, staff.AddlSP, staff.CO:
			v.rows = true
		}
	}
	if !here {
		return view{}, refusal(contract.CodeNotFound, "centre")
	}
	return v, nil
}

// FeedPage is one page of a centre's book as a caller may see it. Lines holds
// the Count stored wire lines as they stand, with commas between them.
type FeedPage struct {
	Centre      string
	Lines       []byte
	Count       int
	Next        int64
	More        bool
	Size        int64
	Checkpoint  string
	Consistency [][]byte
}

// add puts a stored line into the page.
func (p *FeedPage) add(line []byte) {
	if p.Count > 0 {
		p.Lines = append(p.Lines, ',')
	}
	p.Lines = append(p.Lines, line...)
	p.Count++
}

// scanAhead is how many entries one page looks at for lines that a caller with
// a narrow view may see; the cursor moves over the others.
const scanAhead = 5000

// pageSize is about what a page of the usual length takes, in bytes.
const pageSize = 96 << 10

// Feed returns the entries of a centre after a cursor that the caller may see,
// the newest checkpoint, and proof that the book still begins with the fromSize
// entries the phone last saw.
func (b *Book) Feed(ctx context.Context, who staff.Caller, centre string, after int64, limit int, fromSize int64) (*FeedPage, error) {
	p := &FeedPage{Centre: centre}
	root, err := b.glance(ctx, p, who, after, limit)
	if err != nil {
		return nil, err
	}
	if after > p.Size || fromSize > p.Size {
		return nil, refusal(contract.CodeBadCursor, "after")
	}
	if p.Checkpoint, err = b.Witness.Sign(who.District, centre, p.Size, root); err != nil {
		return nil, err
	}
	if fromSize == 0 || fromSize == p.Size {
		return p, nil
	}
	// Leaves and subtrees never change, so the proof may be read after the page.
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		n := nodes{ctx: ctx, tx: tx, district: who.District, centre: centre}
		p.Consistency, err = n.consistency(fromSize, p.Size)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

const headSQL = `SELECT size, root FROM heads WHERE district_id = $1 AND centre = $2`

// readHead reads size and root of a book; one that holds nothing yet is empty.
func readHead(ctx context.Context, tx pgx.Tx, district int32, centre string, size *int64) ([]byte, error) {
	return scanHead(tx.QueryRow(ctx, headSQL, district, centre), size)
}

func scanHead(row pgx.Row, size *int64) ([]byte, error) {
	var root []byte
	err := row.Scan(size, &root)
	if errors.Is(err, pgx.ErrNoRows) {
		empty, err := openTree(0, nil)
		if err != nil {
			return nil, err
		}
		return empty.root()
	}
	if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	return root, nil
}

// readPage reads the head and the lines after the cursor, in one round trip.
func (b *Book) readPage(ctx context.Context, p *FeedPage, who staff.Caller, v view, after int64, limit int) (root []byte, err error) {
	upto := int64(math.MaxInt64)
	if !v.all {
		upto = after + scanAhead
	}
	q := &pgx.Batch{}
	q.Queue(headSQL, who.District, p.Centre)
	q.Queue(`SELECT seq, wire FROM entries
		WHERE district_id = $1 AND centre = $2 AND seq > $3 AND seq <= $4
		AND ($5 OR officer_id = $6 OR $6 = ANY(seen_by) OR $7 AND (kind LIKE 'task.%' OR kind LIKE 'duty.%'))
		AND (NOT $5 OR officer_id = $6 OR kind LIKE 'task.%' OR kind LIKE 'duty.%' OR kind LIKE 'visit.%' OR NOT `+accusedIn("entries", 9)+`)
		ORDER BY seq LIMIT $8`, who.District, p.Centre, after, upto, v.all, who.OfficerID, v.tasks, limit, who.OfficerID.String())
	err = b.trip(ctx, who.District, q, func(r pgx.BatchResults) error {
		if root, err = scanHead(r.QueryRow(), &p.Size); err != nil {
			return err
		}
		rows, err := r.Query()
		if err != nil {
			return fmt.Errorf("read feed: %w", err)
		}
		return p.fill(rows, min(upto, p.Size), limit)
	})
	return root, err
}

// fill takes the lines up to the size that the head had.
func (p *FeedPage) fill(rows pgx.Rows, upto int64, limit int) error {
	defer rows.Close()
	p.Lines = make([]byte, 0, pageSize)
	var seq int64
	var line pgtype.DriverBytes // not copied: goes straight into the page
	for rows.Next() {
		if err := rows.Scan(&seq, &line); err != nil {
			return fmt.Errorf("read feed: %w", err)
		}
		if seq > upto { // entered between the two statements
			break
		}
		p.add(line)
		p.Next = seq
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read feed: %w", err)
	}
	if p.Count < limit {
		p.Next = upto
	}
	p.More = p.Next < p.Size
	return nil
}

// Proof is the inclusion proof of an entry in the book of a size.
type Proof struct {
	Seq, Size int64
	LeafHash  []byte
	Path      [][]byte
}

// Prove returns the inclusion proof of an entry.
func (b *Book) Prove(ctx context.Context, who staff.Caller, centre string, seq, size int64) (*Proof, error) {
	out := &Proof{Seq: seq, Size: size}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		if _, err := b.viewOf(ctx, tx, who, centre); err != nil {
			return err
		}
		var now int64
		if _, err := readHead(ctx, tx, who.District, centre, &now); err != nil {
			return err
		}
		if seq < 1 || seq > size || size > now {
			return refusal(contract.CodeBadCursor, "seq")
		}
		n := nodes{ctx: ctx, tx: tx, district: who.District, centre: centre}
		leaves, err := n.row(0, uint64(seq-1), uint64(seq))
		if err != nil {
			return err
		}
		out.LeafHash = leaves[0]
		out.Path, err = n.inclusion(seq, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Checkpoint signs the newest state of a centre's book.
func (b *Book) Checkpoint(ctx context.Context, district int32, centre string) (note string, size int64, err error) {
	err = b.read(ctx, district, func(tx pgx.Tx) error {
		root, err := readHead(ctx, tx, district, centre, &size)
		if err != nil {
			return err
		}
		note, err = b.Witness.Sign(district, centre, size, root)
		return err
	})
	return note, size, err
}

// Cursor is where a caller's copy of a centre's book may begin.
type Cursor struct {
	Centre     string
	Size       int64
	Checkpoint string
}

// Cursors lists the books that the caller's posts let him follow.
func (b *Book) Cursors(ctx context.Context, who staff.Caller) ([]Cursor, error) {
	var centres []string
	now := b.now()
	for _, p := range who.Posts {
		if p.Covers(now) && !slices.Contains(centres, p.Centre) {
			centres = append(centres, p.Centre)
		}
	}
	slices.Sort(centres)
	out := make([]Cursor, 0, len(centres))
	for _, c := range centres {
		note, size, err := b.Checkpoint(ctx, who.District, c)
		if err != nil {
			return nil, err
		}
		out = append(out, Cursor{Centre: c, Size: size, Checkpoint: note})
	}
	return out, nil
}

// HeldOp is an op that waits, as the in-charge sees it.
type HeldOp struct {
	OpID      uuid.UUID
	Kind      string
	WaitsFor  string
	Since     time.Time
	OfficerID uuid.UUID
}

// Held lists what waits in a centre's book by op_id, which is about its age:
// all of it for the in-charge, his own for anyone else.
func (b *Book) Held(ctx context.Context, who staff.Caller, centre string, after *uuid.UUID, limit int) (out []HeldOp, more bool, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT op_id, kind, waits_for, received_at, officer_id FROM held
			WHERE district_id = $1 AND centre = $2 AND waits_for <> $3 AND ($4 OR officer_id = $5)
			AND op_id > $6 ORDER BY op_id LIMIT $7`, who.District, centre, struck, v.all, who.OfficerID, orNil(after), limit+1)
		if err != nil {
			return fmt.Errorf("read held ops: %w", err)
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[HeldOp])
		return wrap(err, "read held ops")
	})
	if len(out) > limit {
		out, more = out[:limit], true
	}
	return out, more, err
}
