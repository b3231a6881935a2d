package push

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestEveryQuestionGetsItsOwnAnswerInFewCalls(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	calls := 0
	b := batcher[int, int]{call: func(_ context.Context, district int32, batch []int) ([]int, error) {
		mu.Lock()
		calls++
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		out := make([]int, len(batch))
		for i, in := range batch {
			out[i] = in * int(district)
		}
		return out, nil
	}}
	var wg sync.WaitGroup
	for i := range 300 {
		district := int32(i%3 + 1)
		wg.Go(func() {
			if got, err := b.do(t.Context(), district, i); err != nil || got != i*int(district) {
				t.Errorf("%d in district %d: %d, %v", i, district, got, err)
			}
		})
	}
	wg.Wait()
	if calls > 30 {
		t.Errorf("%d calls", calls)
	}
}

func TestABrokenCallFailsItsBatchAndNotTheProcess(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, int32, []int) ([]int, error){
		"an error":          func(context.Context, int32, []int) ([]int, error) { return nil, errTicket },
		"a panic":           func(context.Context, int32, []int) ([]int, error) { panic("canary") },
		"too few answers":   func(context.Context, int32, []int) ([]int, error) { return nil, nil },
		"a call that hangs": func(ctx context.Context, _ int32, _ []int) ([]int, error) { <-ctx.Done(); return nil, ctx.Err() },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			b := batcher[int, int]{call: call}
			if _, err := b.do(ctx, 7, 1); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestTwoAttemptsForOneRowBecomeOneAndHandedWins(t *testing.T) {
	t.Parallel()
	a := attempt{district: 7, notice: uuid.New(), device: uuid.New(), subject: uuid.New(), state: stateHanded}
	later, other := a, a
	later.state, later.code = stateQueued, codeTemporary
	other.device, other.state, other.code = uuid.New(), stateFailed, codeInvalid
	for name, batch := range map[string][]attempt{"handed first": {a, later, other}, "handed last": {later, a, other}} {
		c := rowsOf(batch)
		if len(c.notice) != 2 || c.state[0] != stateHanded || c.attempts[0] != 2 || c.handedAt[0] == nil || c.code[0] != nil {
			t.Errorf("%s: %+v", name, c)
		}
		if c.state[1] != stateFailed || c.handedAt[1] != nil || *c.code[1] != codeInvalid {
			t.Errorf("%s: the other row: %+v", name, c)
		}
	}
}

func TestATicketComesBackAsItWent(t *testing.T) {
	t.Parallel()
	made := time.Now().Truncate(time.Microsecond)
	n := Notice{
		DistrictID: 7, ID: uuid.New(), Centre: "KRW", Squad: uuid.New(), Kind: KindTask, Subject: uuid.New(),
		Urgency: Soon, TTL: 1500 * time.Millisecond, Seq: 1 << 40,
	}
	byRole := n
	byRole.Squad, byRole.Role, byRole.TTL = uuid.Nil, "sho", 0
	for name, want := range map[string]ticket{
		"by squad":    {Notice: n, queued: made},
		"by role":     {Notice: byRole, queued: made},
		"of a device": {Notice: n, device: uuid.New(), queued: made.Add(-time.Hour)},
	} {
		got, err := ticketOf(want.args(), made)
		if err != nil || got.Notice != want.Notice || got.device != want.device || !got.queued.Equal(want.queued) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, text := range []string{"", "|||||||||||", "7|x|KRW||||task|||0:0||0"} {
		if _, err := ticketOf(jobArgs{Ticket: text}, time.Time{}); !errors.Is(err, errTicket) {
			t.Errorf("ticket %q: error %v", text, err)
		}
	}
}
