package book_test

import (
	"sync"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// madeAt is a visit made at a time and uploaded now.
func madeAt(w *booktest.World, o *booktest.Officer, at time.Time) contract.Item {
	v := w.Visit()
	v.BeatID = nil
	v.StartedAt, v.EndedAt = contract.At(at.Add(-20*time.Minute)), contract.At(at)
	return o.Item("visit.record", v, booktest.With("device_at", contract.At(at)))
}

// upload is what becomes of such a visit: its refusal, its doubt, or entered.
func upload(w *booktest.World, o *booktest.Officer, at time.Time) string {
	r := o.Send(madeAt(w, o, at))[0]
	switch {
	case r.Problem != nil:
		return string(r.Problem.Code)
	case hasFlag(r.Entry, "session_doubt"):
		return "doubtful"
	}
	return r.Outcome
}

func TestWhatWasMadeBeforeAnEndIsEnteredAndWhatWasMadeAfterIsRefused(t *testing.T) {
	t.Parallel()
	end := booktest.Start.Add(time.Hour)
	type row struct {
		before, soon, after string // an hour before the end, a minute after it, an hour after it
		end                 func(w *booktest.World, o *booktest.Officer)
	}
	for name, c := range map[string]row{
		"the session ended": {"entered", "doubtful", "session_ended", func(w *booktest.World, o *booktest.Officer) {
			w.SQL(`UPDATE sessions SET ended_at = $1, end_reason = 'logout' WHERE session_id = $2`, []any{end, o.Session})
		}},
		"the session ran out": {"entered", "doubtful", "session_ended", func(w *booktest.World, o *booktest.Officer) {
			w.SQL(`UPDATE sessions SET expires_at = $1 WHERE session_id = $2`, []any{end, o.Session})
		}},
		"the handset was revoked": {"entered", "device_revoked", "device_revoked", func(w *booktest.World, o *booktest.Officer) {
			w.SQL(`UPDATE devices SET revoked_at = $1 WHERE device_id = $2`, []any{end, o.Device})
		}},
		"the officer was suspended": {"entered", "forbidden", "forbidden", func(w *booktest.World, o *booktest.Officer) {
			w.SQL(`UPDATE officers SET state = 'suspended', state_at = $1 WHERE officer_id = $2`, []any{end, o.ID})
		}},
		"the officer was transferred": {"entered", "not_your_post", "not_your_post", func(w *booktest.World, o *booktest.Officer) {
			w.Pass(end.Sub(w.Now()))
			w.Incharge.Enter("post.leave", contract.PostLeave{PostID: o.Posts[0].PostID, Reason: "transfer"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := booktest.New(t)
			o := w.Enlist(booktest.Centre, staff.BeatOfficer)
			c.end(w, o)
			w.Pass(booktest.Start.Add(12 * time.Hour).Sub(w.Now()))
			for at, want := range map[time.Duration]string{-time.Hour: c.before, time.Minute: c.soon, time.Hour: c.after} {
				if got := upload(w, o, end.Add(at)); got != want {
					t.Errorf("made %s from the end: %s, want %s", at, got, want)
				}
			}
		})
	}
}

func TestAnOpMadeBeforeItsSessionBeganIsDoubtful(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.SQL(`UPDATE sessions SET created_at = $1 WHERE session_id = $2`, []any{booktest.Start, w.Beat.Session})
	w.Pass(time.Hour)
	if got := upload(w, w.Beat, booktest.Start.Add(-2*time.Hour)); got != "doubtful" {
		t.Error(got)
	}
	if got := upload(w, w.Beat, booktest.Start.Add(time.Minute)); got != "entered" {
		t.Error(got)
	}
}

func TestTheOutboxOfAnOfficerWhoLoggedOutIsUploadedByTheNextOnTheHandset(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	first := w.Enlist(booktest.Centre, staff.BeatOfficer)
	item := madeAt(w, first, w.Now())
	w.Pass(time.Hour)
	w.SQL(`UPDATE sessions SET ended_at = $1, end_reason = 'logout' WHERE session_id = $2`, []any{w.Now(), first.Session})
	next := w.Enlist(booktest.Centre, staff.BeatOfficer)
	next.Device = first.Device
	r := next.Send(item)[0]
	if r.Outcome != book.Entered || r.Entry.OfficerID != first.ID {
		t.Errorf("%+v", r)
	}
}

// TestAPostThatChangesInTheSameTransactionCounts sends a post's end and an op
// made after it while the book is locked: both join one transaction.
func TestAPostThatChangesInTheSameTransactionCounts(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	gone, come := w.Enlist(booktest.Centre, staff.BeatOfficer), w.Recruit()
	leave := w.Incharge.Item("post.leave", contract.PostLeave{PostID: gone.Posts[0].PostID, Reason: "transfer"})
	take := w.Incharge.Item("post.take", contract.PostTake{PostID: come.Session, OfficerID: come.ID, Role: "beat_officer"})
	w.Pass(time.Minute)
	late, early := madeAt(w, gone, w.Now()), madeAt(w, come, w.Now())
	release := w.Lock(booktest.Centre)
	results := make([]book.Receipt, 5)
	var wg sync.WaitGroup
	submit := func(i int, o *booktest.Officer, items ...contract.Item) {
		wg.Go(func() {
			got, err := o.TrySend(items...)
			if err != nil {
				t.Error(err)
				return
			}
			copy(results[i:], got)
		})
		time.Sleep(100 * time.Millisecond) // that they queue in this order
	}
	submit(4, w.Second, madeAt(w, w.Second, w.Now())) // waits for the lock; what comes now joins the next
	submit(0, w.Incharge, leave, take)
	submit(2, gone, late)
	submit(3, come, early)
	release()
	wg.Wait()
	if r := results[2]; r.Problem == nil || r.Problem.Code != contract.CodeNotYourPost {
		t.Errorf("who left: %s %v", r.Outcome, r.Problem)
	}
	if r := results[3]; r.Outcome != book.Entered {
		t.Errorf("who came: %s %v", r.Outcome, r.Problem)
	}
}
