package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const feedLimit = 200

// readFeeds brings the officer up to date in every centre of hers.
func (o *Officer) readFeeds(ctx context.Context) error {
	s, err := o.session()
	if err != nil {
		return err
	}
	for _, centre := range s.centres() {
		err := o.readFeed(ctx, centre)
		if Refused(err, contract.CodeNotFound, contract.CodeForbidden) {
			continue // the post is hers no more
		}
		if err != nil {
			return fmt.Errorf("read feed of %s: %w", centre, err)
		}
	}
	return nil
}

func (o *Officer) readFeed(ctx context.Context, centre string) error {
	for more := true; more; {
		after, seen := o.cursor(centre)
		page, err := o.page(ctx, centre, after, seen.Size, feedLimit)
		if err != nil {
			return err
		}
		if err := o.p.advance(page, seen); err != nil {
			return err
		}
		if err := o.takePage(page, after); err != nil {
			return err
		}
		more = page.More
	}
	return o.settleOwed(ctx, centre)
}

func (o *Officer) cursor(centre string) (int64, Checkpoint) {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	var after int64
	if s, ok := o.p.state.Sessions[o.number]; ok {
		after = s.Cursors[centre]
	}
	return after, o.p.witness(centre).checkpoint(centre)
}

func (o *Officer) page(ctx context.Context, centre string, after, from int64, limit int) (contract.FeedPage, error) {
	q := url.Values{
		"centre": {centre}, "after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(limit)},
	}
	if from > 0 {
		q.Set("from_size", strconv.FormatInt(from, 10))
	}
	var page contract.FeedPage
	err := o.call(ctx, request{method: http.MethodGet, path: "/v1/feed", query: q}, &page)
	return page, err
}

// takePage moves the cursor, after the lines have been told.
func (o *Officer) takePage(page contract.FeedPage, after int64) error {
	s, err := o.session()
	if err != nil {
		return err
	}
	last := after
	for _, line := range page.Entries {
		if line.Seq <= last || line.Seq > page.Next {
			return fmt.Errorf("line %d does not belong between %d and %d", line.Seq, last, page.Next)
		}
		last = line.Seq
		o.p.noticeHeld(line)
		o.p.o.OnLine(s.Officer.ID, line)
	}
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	o.p.stats.Lines += len(page.Entries)
	now, ok := o.p.state.Sessions[o.number]
	if !ok {
		return ErrLoggedOut
	}
	now.Cursors[page.Centre] = page.Next
	return o.p.state.write(o.p.o.Dir)
}

// noticeHeld sees from the feed that a held op of the handset has entered or
// was struck; it is sent again for its new receipt.
func (p *Phone) noticeHeld(line contract.FeedLine) {
	about := []uuid.UUID{line.OpID}
	var body struct {
		HeldID uuid.UUID `json:"held_id"`
	}
	if json.Unmarshal(line.Body, &body) == nil {
		about = append(about, body.HeldID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range about {
		if it, ok := p.journal.byID[id]; ok && it.state == held {
			it.asking = true
		}
	}
}

// AskHeld has every held op sent again at the next sync, to learn how it
// stands.
func (p *Phone) AskHeld() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range p.journal.in(held) {
		it.asking = true
	}
}

// settleOwed shows that the checkpoints that came with receipts are of the same
// book as the newest one.
func (o *Officer) settleOwed(ctx context.Context, centre string) error {
	p := o.p
	p.mu.Lock()
	w := p.witness(centre)
	owed, seen := w.Owed, w.checkpoint(centre)
	w.Owed = nil
	p.mu.Unlock()
	if len(owed) == 0 {
		return nil
	}
	var later []string
	for i, text := range owed {
		again, err := o.settle(ctx, text, seen)
		if err != nil && !errors.Is(err, ErrNotTheSameBook) {
			return errors.Join(err, p.keepOwed(centre, append(later, owed[i:]...)))
		}
		later = append(later, again...)
	}
	return p.keepOwed(centre, later)
}

func (p *Phone) keepOwed(centre string, notes []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.witness(centre)
	w.Owed = append(notes[:len(notes):len(notes)], w.Owed...)
	w.Owed = w.Owed[:min(len(w.Owed), mostOwed)]
	return p.state.write(p.o.Dir)
}

// settle proves one owed checkpoint to be a beginning of the newest. When the
// book has grown meanwhile, the one it was proven against is owed in its place.
func (o *Officer) settle(ctx context.Context, text string, seen Checkpoint) ([]string, error) {
	p := o.p
	p.mu.Lock()
	c, err := OpenCheckpoint(text, p.state.District, seen.Centre, p.state.Verifiers)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if c.Size > seen.Size {
		return []string{text}, nil // its turn is after the next page
	}
	next, path := seen, [][]byte(nil)
	var owed []string
	if c.Size < seen.Size {
		page, err := o.page(ctx, seen.Centre, seen.Size, c.Size, 1)
		if err != nil {
			return nil, err
		}
		if path, err = decodeHashes(page.Consistency); err != nil {
			return nil, err
		}
		p.mu.Lock()
		next, err = OpenCheckpoint(page.Checkpoint, p.state.District, seen.Centre, p.state.Verifiers)
		p.mu.Unlock()
		if err != nil {
			return nil, p.disagree(seen.Centre, err, text, page.Checkpoint)
		}
		if next.Size != seen.Size {
			owed = []string{page.Checkpoint}
		} else if err := seen.follows(next, nil); err != nil {
			return nil, p.disagree(seen.Centre, err, seen.Note, page.Checkpoint)
		}
	}
	if err := c.follows(next, path); err != nil {
		return nil, p.disagree(seen.Centre, err, text, next.Note)
	}
	p.count(func(s *Stats) { s.CheckpointsVerified++ })
	return owed, nil
}

// disagree raises an alarm and keeps it.
func (p *Phone) disagree(centre string, why error, notes ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alarm(centre, 0, why.Error(), notes...)
	return errors.Join(ErrNotTheSameBook, p.state.write(p.o.Dir))
}
