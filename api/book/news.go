package book

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Moved tells that a centre's book has grown to a size, or that units of it say
// where they are. It names nobody.
type Moved struct {
	District int32  `json:"d"`
	Centre   string `json:"c"`
	Size     int64  `json:"n,omitempty"`
	Units    bool   `json:"u,omitempty"`
}

// committed tells, after a transaction, whom it concerns: the worker that sends
// pushes, the rules of this process, the pages that are open.
func (b *Book) committed(ctx context.Context, woken, ruled bool, m Moved) {
	if woken {
		b.Wake()
	}
	if ruled {
		b.ruled(ctx)
	}
	if m.Size > 0 {
		b.Moved(m)
	}
}

type bookID struct {
	district int32
	centre   string
}

// News carries between the processes that books have grown. It is said after the
// commit and outside its transaction, for PostgreSQL lets one such commit at a
// time; what is said in one span goes as one: a book by its newest size. It is
// no promise: who hears a gap looks into the books again.
type News struct {
	pool  *pgxpool.Pool
	every time.Duration

	mu    sync.Mutex
	sizes map[bookID]int64
	units map[bookID]bool
	some  chan struct{}
}

const (
	newsChannel = "kendra_moved"
	// newsEvery is the span in which moves are gathered.
	newsEvery = 40 * time.Millisecond
	// newsUnits is that in which positions are gathered: they come all the time, and
	// a map is looked at by people.
	newsUnits = 3 * time.Second
	// newsAgain is how long a broken line waits before it is laid again.
	newsAgain = time.Second
	newsLimit = 3 * time.Second
)

// NewNews makes it over the pool of the app.
func NewNews(pool *pgxpool.Pool) *News {
	return &News{pool: pool, every: newsEvery, sizes: map[bookID]int64{}, units: map[bookID]bool{}, some: make(chan struct{}, 1)}
}

// Say is cheap and never waits: it is called after each commit.
func (n *News) Say(m Moved) {
	id := bookID{m.District, m.Centre}
	n.mu.Lock()
	if m.Units {
		n.units[id] = true
	}
	if m.Size > 0 {
		n.sizes[id] = max(n.sizes[id], m.Size)
	}
	n.mu.Unlock()
	if m.Size == 0 {
		return // the next of the slow rounds says it
	}
	select {
	case n.some <- struct{}{}:
	default:
	}
}

// Send passes on what is said, until the context ends. What cannot be sent is
// lost: the next move of the book says more.
func (n *News) Send(ctx context.Context) {
	slow := time.NewTicker(newsUnits)
	defer slow.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-slow.C:
			n.send(ctx, n.takeUnits())
			continue
		case <-n.some:
		}
		n.send(ctx, n.takeSizes())
		select {
		case <-ctx.Done():
			return
		case <-time.After(n.every):
		}
	}
}

// takeSizes takes what was said of books.
func (n *News) takeSizes() []Moved {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]Moved, 0, len(n.sizes))
	for id, size := range n.sizes {
		list = append(list, Moved{District: id.district, Centre: id.centre, Size: size})
	}
	clear(n.sizes)
	return list
}

// takeUnits takes what was said of units.
func (n *News) takeUnits() []Moved {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]Moved, 0, len(n.units))
	for id := range n.units {
		list = append(list, Moved{District: id.district, Centre: id.centre, Units: true})
	}
	clear(n.units)
	return list
}

func (n *News) send(ctx context.Context, list []Moved) {
	const most = 100 // of one notice, which may be 8,000 bytes long
	for len(list) > 0 {
		part := list[:min(most, len(list))]
		list = list[len(part):]
		text, err := json.Marshal(part)
		if err != nil {
			return
		}
		limited, done := context.WithTimeout(ctx, newsLimit)
		_, _ = n.pool.Exec(limited, "SELECT pg_notify($1, $2)", newsChannel, string(text))
		done()
	}
}

// Hear listens on one connection of its own until the context ends, and lays the
// line again when it breaks. gap is called each time that it lies anew: what
// moved before that was not heard.
func (n *News) Hear(ctx context.Context, moved func(Moved), gap func()) {
	for ctx.Err() == nil {
		_ = n.hear(ctx, moved, gap)
		select {
		case <-ctx.Done():
		case <-time.After(newsAgain):
		}
	}
}

func (n *News) hear(ctx context.Context, moved func(Moved), gap func()) error {
	held, err := n.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	conn := held.Hijack() // it is not the pool's to give to another
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+newsChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	gap()
	for {
		note, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		var list []Moved
		if json.Unmarshal([]byte(note.Payload), &list) != nil {
			continue
		}
		for _, m := range list {
			moved(m)
		}
	}
}
