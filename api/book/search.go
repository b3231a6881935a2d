package book

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// kindSearch is the kind of op by which an officer asks where a number stands.
const kindSearch = "phone.search"

// searchesAnHour is how often an officer may ask in any hour: as often as a
// desk has callers, too seldom to try numbers one after the other.
const searchesAnHour = 20

const whyBudgetSearch = "budget_search"

// FoundCase is a case in which a number stands.
type FoundCase struct {
	ComplaintID uuid.UUID
	No          string
}

// Found is what became of a search: its receipt and, if it is entered, the cases
// that the officer may see and how many others there are.
type Found struct {
	Receipt Receipt
	Cases   []FoundCase
	Others  int
}

// SearchPhone appends one op of the kind phone.search and tells in which cases
// its number stands. The number is sealed in the entry, looked for by its keyed
// hash and found nowhere else.
func (b *Book) SearchPhone(ctx context.Context, who staff.Caller, in Incoming) (*Found, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	d, err := b.single(ctx, who, in, kindSearch)
	if err != nil {
		return nil, err
	}
	return &Found{Receipt: d.receipt, Cases: d.found, Others: d.others}, nil
}

func needsPhoneSearch(d *draft, _ *contract.PhoneSearch, n *needs) {
	if d.batch != nil { // not when a book is folded again
		n.readers = append(n.readers, d.officer)
	}
}

// checkPhoneSearch refuses an officer his own number, which would tell him who
// complains of him, and more searches than an hour allows.
func checkPhoneSearch(_ *State, d *draft, b *contract.PhoneSearch) error {
	t := d.batch
	hashes := NumberHashes(t.book.Blind, t.district, b.Phone)
	if r := t.readers[d.officer]; r != nil && slices.ContainsFunc(r.numbers, func(h []byte) bool {
		return slices.ContainsFunc(hashes, func(own []byte) bool { return bytes.Equal(h, own) })
	}) {
		t.raise(d, whyOwnNumber, nil)
		return refuse(contract.CodeConflictOfInterest, "/body/phone")
	}
	n, oldest := countSince(t.spentBy(d.officer), kindSearch, d.receivedAt.Add(-time.Hour), searchesAnHour)
	if n >= searchesAnHour {
		t.raise(d, whyBudgetSearch, nil)
		return overBudget(contract.CodeSearchBudget, oldest.Add(time.Hour).Sub(d.receivedAt))
	}
	return nil
}

func applyPhoneSearch(s *State, e *Entry, b *contract.PhoneSearch) []push.Notice {
	s.keepRead(e, e.OpID, nil, b.Reason)
	return nil
}

// search answers the searches of this transaction, once they are numbered. One
// that was entered before is answered again for a while.
func (t *batch) search(ctx context.Context, drafts []*draft) error {
	for _, d := range drafts {
		b, ok := d.body.(*contract.PhoneSearch)
		if !ok || !d.reads || d.receipt.Outcome != Entered {
			continue
		}
		if d.receipt.Repeated && d.receivedAt.Sub(d.receipt.Entry.ReceivedAt) > readAgain {
			continue
		}
		if err := t.find(ctx, d, b.Phone); err != nil {
			return &fault{fmt.Errorf("search: %w", err)}
		}
	}
	return nil
}

// find tells of the cases of a number those that the officer may see, and counts
// the others. A case that is about himself does not exist for him.
func (t *batch) find(ctx context.Context, d *draft, phone string) error {
	type place struct {
		centre string
		c      *Complaint
	}
	// As in queueSeen: one look into the index for each hash, and for each case.
	rows, err := t.tx.Query(ctx, `SELECT c.centre, `+complaintColumns+` FROM (SELECT DISTINCT m.case_id AS id FROM unnest($2::bytea[]) AS u (hash),
			LATERAL (SELECT keyed_hash, case_id FROM case_marks WHERE district_id = $1 AND keyed_hash >= u.hash AND keyed_hash <= u.hash
				ORDER BY keyed_hash DESC, case_id DESC LIMIT $3) m) k,
		LATERAL (SELECT * FROM complaints WHERE district_id = $1 AND complaint_id = k.id AND case_id = k.id UNION ALL
			SELECT * FROM complaints WHERE district_id = $1 AND case_id = k.id AND case_id <> complaint_id) c`,
		t.district, NumberHashes(t.book.Blind, t.district, phone), seenCases)
	if err != nil {
		return fmt.Errorf("find cases: %w", err)
	}
	cases := map[uuid.UUID][]place{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		p := place{}
		p.c, err = scanComplaint(after{row, &p.centre})
		if err == nil {
			cases[p.c.CaseID] = append(cases[p.c.CaseID], p)
		}
		return struct{}{}, err
	})
	if err != nil {
		return fmt.Errorf("find cases: %w", err)
	}
	var seen []place
	for _, list := range cases {
		if slices.ContainsFunc(list, func(p place) bool { return p.c.accuses(d.officer) }) {
			continue
		}
		mine := slices.DeleteFunc(list, func(p place) bool { return !d.mayList(p.centre, p.c) })
		if len(mine) == 0 {
			d.others++
		}
		seen = append(seen, mine...)
	}
	slices.SortFunc(seen, func(a, b place) int {
		if n := b.c.ArrivedAt.Compare(a.c.ArrivedAt); n != 0 {
			return n
		}
		return compareIDs(a.c.ComplaintID, b.c.ComplaintID)
	})
	for _, p := range seen {
		d.found = append(d.found, FoundCase{p.c.ComplaintID, p.c.No(p.centre)})
	}
	return nil
}

// mayList tells whether an officer may learn that a number stands in a complaint
// of a centre: he heads the centre or the station, or has a part in it. That her
// number stands in a guarded one says who she is: it is for who is named on it, or
// took it down.
func (d *draft) mayList(centre string, c *Complaint) bool {
	if c.hidesFrom(d.officer) {
		return c.Data.OpenedBy == d.officer
	}
	return c.part(d.officer) || slices.ContainsFunc(d.posts, func(p staff.Post) bool {
		return p.Centre == centre && p.Covers(d.receivedAt) && slices.Contains(incharges, p.Role)
	})
}

// after is a row whose first column is taken apart.
type after struct {
	pgx.CollectableRow

	first any
}

// Scan reads the first column and the others.
func (a after) Scan(others ...any) error {
	return a.CollectableRow.Scan(append([]any{a.first}, others...)...)
}
