package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// LivePath is where an open page hears what moves; it hears one line for at most
// LiveFor and then asks again.
const (
	LivePath = Root + "/live"
	LiveFor  = time.Hour
)

const (
	// liveBeat is how often a quiet line says that it still stands. A page that has
	// heard nothing for much longer takes its line for cut (web/live.js): a cable
	// that is pulled somewhere on the way tells nobody.
	liveBeat = 15 * time.Second
	// liveOften is how often a session is looked at: who is revoked hears nothing
	// after it.
	liveOften = 45 * time.Second
	// liveAgainMs is after how long a page that lost its line asks again.
	liveAgainMs = 1000
	// liveGather is how long a line that has spoken is silent: what moves in the
	// meantime it says at once after it. A station in the middle of a storm costs
	// each open page four words a second and no more.
	liveGather = 250 * time.Millisecond
	// liveLines is how many lines one officer may have open in one process, more
	// than anybody has windows.
	liveLines = 32
)

type bookKey struct {
	district int32
	centre   string
}

// Hub tells the pages that are open what moves. It keeps for each book how far
// it has grown, so that a page which says where it was is told at once what it
// has missed.
type Hub struct {
	mu     sync.Mutex
	sizes  map[bookKey]int64
	units  map[bookKey]int64 // how often units have moved since this process began
	pages  map[*listener]struct{}
	lines  map[uuid.UUID]int // how many an officer has open
	closed bool
}

// listener is one open page. Its channel holds one mark: that there is something
// to look at; how much, the hub knows.
type listener struct {
	key     bookKey
	officer uuid.UUID
	units   bool // it is told when units move
	some    chan struct{}
}

// NewHub returns a hub without pages.
func NewHub() *Hub {
	return &Hub{sizes: map[bookKey]int64{}, units: map[bookKey]int64{}, pages: map[*listener]struct{}{}, lines: map[uuid.UUID]int{}}
}

// Moved is called with each move of a book, of any process.
func (h *Hub) Moved(m book.Moved) {
	k := bookKey{m.District, m.Centre}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.Units {
		h.units[k]++
		for l := range h.pages {
			if l.key == k && l.units {
				l.mark()
			}
		}
	}
	if m.Size <= h.sizes[k] {
		return
	}
	h.sizes[k] = m.Size
	for l := range h.pages {
		if l.key == k {
			l.mark()
		}
	}
}

// Gap is called when moves may have been missed: what was known is forgotten,
// and every page looks again.
func (h *Hub) Gap() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.sizes)
	for l := range h.pages {
		l.mark()
	}
}

// Close ends all lines; the pages ask another process.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for l := range h.pages {
		l.mark()
	}
}

// Open counts the pages that listen.
func (h *Hub) Open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.pages)
}

func (l *listener) mark() {
	select {
	case l.some <- struct{}{}:
	default:
	}
}

// listen gives an officer's page its ears; none if she has too many open.
func (h *Hub) listen(k bookKey, officer uuid.UUID, units bool) *listener {
	l := &listener{key: k, officer: officer, units: units, some: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lines[officer] >= liveLines {
		return nil
	}
	h.lines[officer]++
	h.pages[l] = struct{}{}
	return l
}

func (h *Hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, l)
	if h.lines[l.officer]--; h.lines[l.officer] <= 0 {
		delete(h.lines, l.officer)
	}
}

// state is how far the book of a page has grown as the hub knows it, and whether
// the hub is closed.
func (h *Hub) state(k bookKey) (size int64, closed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sizes[k], h.closed
}

// moves is how often units of a page's centre have moved.
func (h *Hub) moves(k bookKey) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.units[k]
}

// live keeps a line open to a page and says the size of its book whenever it
// grows; to who may see the map also that units have moved, never which or where.
// The size is the event's id: a page that comes back says the last one
// that it heard, and is told at once if the book is beyond it. What moved the
// page asks for itself, by its own address and as itself.
func (p *Pages) live(x *exchange) error {
	if p.Live == nil {
		return contract.NewProblem(contract.CodeNotFound)
	}
	last, err := strconv.ParseInt(x.c.Get("Last-Event-ID", x.c.Query("after", "-1")), 10, 64)
	if err != nil {
		last = -1
	}
	c := x.c
	ears := p.Live.listen(bookKey{x.who.District, x.centre}, x.who.OfficerID, p.Book.SendsTasks(x.who, x.centre))
	if ears == nil {
		return contract.NewProblem(contract.CodeTooManyTries)
	}
	c.Set("Content-Type", "text/event-stream; charset=utf-8")
	c.Set("X-Accel-Buffering", "no")
	line := &liveLine{
		pages: p, ears: ears, key: ears.key, last: last, centre: x.centre,
		session: p.Door.Session(c), posts: x.who.Posts, until: lineTime().Add(LiveFor), units: p.Live.moves(ears.key),
	}
	c.Context().SetBodyStreamWriter(line.write)
	return nil
}

// lineTime is the time of a line, which is the machine's and no rule's.
func lineTime() time.Time { return time.Now() }

// liveLine is one line to a page.
type liveLine struct {
	pages   *Pages
	ears    *listener
	key     bookKey
	centre  string
	last    int64
	units   int64 // how often they had moved when it was last told
	session staff.Secret
	posts   []staff.Post // by which it was allowed
	until   time.Time
}

// write says what moves until the page, the session, the process or the time of
// the line ends.
func (l *liveLine) write(w *bufio.Writer) {
	defer l.pages.Live.leave(l.ears)
	if _, err := fmt.Fprintf(w, "retry: %d\n\n", liveAgainMs); err != nil || w.Flush() != nil {
		return
	}
	beat := time.NewTicker(liveBeat)
	defer beat.Stop()
	looked := lineTime()
	for first := true; ; first = false {
		if err := l.say(w, first); err != nil {
			return
		}
		if !first {
			time.Sleep(liveGather)
		}
		select {
		case <-l.ears.some:
		case <-beat.C:
			if _, err := fmt.Fprintf(w, "event: here\ndata: %d\n\n", l.last); err != nil || w.Flush() != nil {
				return
			}
		}
		if lineTime().After(l.until) {
			return
		}
		if lineTime().Sub(looked) > liveOften {
			if !l.still() {
				return
			}
			looked = lineTime()
		}
	}
}

// still tells whether the session goes on, under the posts by which the line was
// allowed: with others the page asks again. To listen is no sign of life: an officer
// who has gone is logged out, however much moves.
func (l *liveLine) still() bool {
	ctx, done := context.WithTimeout(context.Background(), liveLook)
	defer done()
	c, err := l.pages.Staff.ConsoleOf(ctx, l.session)
	return err == nil && slices.EqualFunc(c.Posts, l.posts, func(a, b staff.Post) bool { return a.PostID == b.PostID })
}

var errOver = errors.New("the line is over")

// say tells the size of the book if it is not the last that was told. What the
// hub does not know it asks the book.
func (l *liveLine) say(w *bufio.Writer, first bool) error {
	size, closed := l.pages.Live.state(l.key)
	if closed {
		return errOver
	}
	if size == 0 {
		ctx, done := context.WithTimeout(context.Background(), liveLook)
		defer done()
		var err error
		if size, err = l.pages.Book.Size(ctx, l.key.district, l.centre); err != nil {
			return err
		}
		l.pages.Live.Moved(book.Moved{District: l.key.district, Centre: l.centre, Size: size})
	}
	if err := l.sayUnits(w); err != nil {
		return err
	}
	if size == l.last && !first {
		return nil
	}
	name := "moved"
	if size == l.last {
		name = "here" // it has missed nothing
	}
	l.last = size
	if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %d\n\n", size, name, size); err != nil {
		return err
	}
	return w.Flush()
}

// sayUnits tells a page with a map that units have moved. It has no id: what a
// line that was cut has missed of it is asked for anyway.
func (l *liveLine) sayUnits(w *bufio.Writer) error {
	n := l.pages.Live.moves(l.key)
	if n == l.units || !l.ears.units {
		return nil
	}
	l.units = n
	if _, err := w.WriteString("event: units\ndata: 1\n\n"); err != nil {
		return err
	}
	return w.Flush()
}

const liveLook = 3 * time.Second
