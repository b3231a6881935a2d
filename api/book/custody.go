package book

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Custody is one span in which a complaint was in somebody's hand. Spans of a
// complaint follow each other without gap or overlap from its arrival in the
// book on; OfficerID is nil while a post is vacant, and Role is empty when the
// complaint is over in this book.
type Custody struct {
	ComplaintID uuid.UUID
	N           int
	OfficerID   *uuid.UUID
	PostID      *uuid.UUID
	Role        string
	From        time.Time
	Until       *time.Time
	Seq         int64
}

type custodyKey struct {
	Complaint uuid.UUID
	N         int
}

const custodyColumns = `complaint_id, n, officer_id, post_id, role, from_at, until_at, seq`

// The span that runs stands in the complaint's own row, those that ended in
// spans; the view custody shows both.

func scanCustody(row pgx.CollectableRow) (*Custody, error) {
	c := &Custody{}
	return c, row.Scan(&c.ComplaintID, &c.N, &c.OfficerID, &c.PostID, &c.Role, &c.From, &c.Until, &c.Seq)
}

// queueFirstSpans reads in whose hand complaints first were, of those that went
// on to another: when a correction says that she came at another time, that
// begins there.
func (s *State) queueFirstSpans(b *pgx.Batch, complaints []uuid.UUID) {
	b.Queue(`SELECT k.* FROM unnest($3::uuid[]) AS u (id), LATERAL (SELECT `+custodyColumns+` FROM spans
		WHERE district_id = $1 AND complaint_id = u.id AND n = 1 AND centre = $2 OFFSET 0) k`,
		s.District, s.Centre, complaints).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanCustody)
		for _, c := range list {
			s.custody.load(custodyKey{c.ComplaintID, c.N}, c)
		}
		return wrap(err, "read custody")
	})
}

// hand gives a complaint into somebody's hand from the time of the entry on. A
// span begins where the last one ends, however late word of it came.
func (s *State) hand(e *Entry, c *Complaint, officer, post *uuid.UUID, role string) {
	at := c.ArrivedAt
	if c.HeldN > 0 {
		at = later(c.HeldFrom, e.At)
		s.custody.put(custodyKey{c.ComplaintID, c.HeldN}, &Custody{
			ComplaintID: c.ComplaintID, N: c.HeldN, OfficerID: c.OwnerID, PostID: c.OwnerPost, Role: c.OwnerRole,
			From: c.HeldFrom, Until: &at, Seq: c.HeldSeq,
		})
	}
	c.OwnerID, c.OwnerPost, c.OwnerRole = officer, post, role
	c.HeldN, c.HeldFrom, c.HeldSeq = c.HeldN+1, at, e.Seq
	c.Data.Assigned = nil
	for _, k := range s.clocksOf(c.ComplaintID) {
		if k.StoppedAt == nil && k.OwnerRole != role {
			k.OwnerRole = role
			s.putClock(k, nil)
		}
	}
}

// firstHeld has the first span begin at another time, but not after its end, and
// tells which it is.
func (s *State) firstHeld(c *Complaint, at time.Time) time.Time {
	if c.HeldN == 1 {
		c.HeldFrom = at
		return at
	}
	k := custodyKey{c.ComplaintID, 1}
	span := *s.custody.get(k)
	at = earliest(at, *span.Until)
	span.From = at
	s.custody.put(k, &span)
	return at
}

func (s *State) flushCustody(b *pgx.Batch) {
	s.custody.flush(`ON CONFLICT (district_id, complaint_id, n) DO UPDATE SET from_at = excluded.from_at`, func(rows []*Custody, onConflict string) {
		b.Queue(`INSERT INTO spans (district_id, centre, `+custodyColumns+`)
			SELECT $1, $2, `+each(3, "uuid int uuid uuid text timestamptz timestamptz bigint")+` `+onConflict,
			s.District, s.Centre,
			column(rows, func(r *Custody) [16]byte { return r.ComplaintID }),
			column(rows, func(r *Custody) int { return r.N }),
			column(rows, func(r *Custody) *[16]byte { return (*[16]byte)(r.OfficerID) }),
			column(rows, func(r *Custody) *[16]byte { return (*[16]byte)(r.PostID) }),
			column(rows, func(r *Custody) string { return r.Role }),
			column(rows, func(r *Custody) time.Time { return r.From }),
			column(rows, func(r *Custody) *time.Time { return r.Until }),
			column(rows, func(r *Custody) int64 { return r.Seq }))
	})
}
