package book

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Moved tells that a centre's book has grown to a size. It names nobody.
type Moved struct {
	District int32  `json:"d"`
	Centre   string `json:"c"`
	Size     int64  `json:"n"`
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
	some  chan struct{}
}

const (
	newsChannel = "kendra_moved"
	// newsEvery is the span in which moves are gathered.
	newsEvery = 40 * time.Millisecond
	// newsAgain is how long a broken line waits before it is laid again.
	newsAgain = time.Second
	newsLimit = 3 * time.Second
)

// NewNews makes it over the pool of the app.
func NewNews(pool *pgxpool.Pool) *News {
	return &News{pool: pool, every: newsEvery, sizes: map[bookID]int64{}, some: make(chan struct{}, 1)}
}

// Say is cheap and never waits: it is called after each commit.
func (n *News) Say(m Moved) {
	id := bookID{m.District, m.Centre}
	n.mu.Lock()
	n.sizes[id] = max(n.sizes[id], m.Size)
	n.mu.Unlock()
	select {
	case n.some <- struct{}{}:
	default:
	}
}

// Send passes on what is said, until the context ends. What cannot be sent is
// lost: the next move of the book says more.
func (n *News) Send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.some:
		}
		n.mu.Lock()
		sizes := n.sizes
		n.sizes = map[bookID]int64{}
		n.mu.Unlock()
		n.send(ctx, sizes)
		select {
		case <-ctx.Done():
			return
		case <-time.After(n.every):
		}
	}
}

func (n *News) send(ctx context.Context, sizes map[bookID]int64) {
	list := make([]Moved, 0, len(sizes))
	for id := range maps.Keys(sizes) {
		list = append(list, Moved{District: id.district, Centre: id.centre, Size: sizes[id]})
	}
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
