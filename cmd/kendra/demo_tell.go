package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// teller writes a demo's progress: steps that are done on lines of their own
// and, on a terminal, what is going on in a last line that changes.
type teller struct {
	mu   sync.Mutex
	w    io.Writer
	live bool
	open bool // the last line is the changing one
	last time.Time
}

// quietFor is how often progress is told where lines can't be changed.
const quietFor = 5 * time.Second

func newTeller(w io.Writer) *teller {
	t := &teller{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		t.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

// Write lets a log share the screen with the progress.
func (t *teller) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	return t.w.Write(b)
}

func (t *teller) erase() {
	if t.open {
		fmt.Fprint(t.w, "\r\x1b[K")
		t.open = false
	}
}

// clear takes the changing line away.
func (t *teller) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
}

func (t *teller) head(format string, args ...any) {
	_, _ = fmt.Fprintf(t, format+"\n", args...)
}

// step says what is done, and how long it took.
func (t *teller) step(what string, took time.Duration) {
	dots := strings.Repeat(".", max(3, 48-len([]rune(what))))
	_, _ = fmt.Fprintf(t, "  %s %s %5.1f s\n", what, dots, took.Seconds())
}

// progress says what is going on.
func (t *teller) progress(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := "  " + fmt.Sprintf(format, args...)
	if t.live {
		fmt.Fprint(t.w, "\r\x1b[K"+text)
		t.open = true
		return
	}
	if now := time.Now(); now.Sub(t.last) >= quietFor {
		t.last = now
		fmt.Fprintln(t.w, text)
	}
}
