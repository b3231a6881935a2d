package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

func aWorld() World {
	w := World{
		District: 7, EnrolCode: func(context.Context, string) (string, error) { return "", errors.New("none") },
		Centres: []Centre{{Code: "KRW", Lat: 25.218, Lon: 80.923}, {Code: "RJP", Lat: 25.383, Lon: 81.150}},
	}
	squad := uuid.New()
	for _, c := range w.Centres {
		for i, role := range []contract.Role{
			contract.RoleSho, contract.RoleSquadLeader, contract.RoleSquadMember, contract.RoleDispatcher,
			contract.RoleBeatOfficer, contract.RoleBeatOfficer, contract.RoleBeatOfficer, contract.RoleBeatOfficer,
		} {
			w.Officers = append(w.Officers, Officer{
				ID: uuid.New(), Number: fmt.Sprintf("%s%d", c.Code, i), Role: role, Centre: c.Code, SquadID: &squad,
			})
		}
	}
	return w
}

// timetable is what a fleet means to do, as text.
func timetable(t *testing.T, seed int64) string {
	t.Helper()
	now := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC)
	f, err := New(aWorld(), Plan{Seed: seed, Phones: 20, Now: func() time.Time { return now }, Dir: "-", Server: "-"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, h := range f.handsets {
		h.planTroubles(f.begin, 30*time.Minute)
		h.planShift(30 * time.Minute)
		fmt.Fprintf(&b, "%v %v %v:", h.clock.offset, h.clock.drift, h.line.dead)
		for d, ok := h.agenda.next(); ok; d, ok = h.agenda.next() {
			fmt.Fprintf(&b, " %v", d.at)
			h.agenda.pop()
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestOneSeedIsOnePlan(t *testing.T) {
	t.Parallel()
	one := timetable(t, 1)
	if again := timetable(t, 1); again != one {
		t.Error("the same seed planned two different shifts")
	}
	if timetable(t, 2) == one {
		t.Error("two seeds planned the same shift")
	}
}

func TestASmallFleetStillSendsAndWorksTasks(t *testing.T) {
	t.Parallel()
	list, err := crews(aWorld(), 3)
	if err != nil {
		t.Fatal(err)
	}
	var roles []contract.Role
	for _, c := range list {
		for _, o := range c.officers {
			roles = append(roles, o.Role)
		}
	}
	if !slices.Contains(roles, contract.RoleDispatcher) || !slices.Contains(roles, contract.RoleBeatOfficer) {
		t.Errorf("roles %v", roles)
	}
	list, _ = crews(aWorld(), 20)
	if !slices.ContainsFunc(list, func(c crew) bool { return len(c.officers) == 2 }) {
		t.Error("no handset is shared")
	}
}

func TestPINsAreNotSimple(t *testing.T) {
	t.Parallel()
	good := regexp.MustCompile(`^[2-4][78][0-9]{4}$`)
	seen := map[string]bool{}
	for i := range 200 {
		pin := PINOf(fmt.Sprint("KRW", i))
		seen[pin] = true
		if !good.MatchString(pin) {
			t.Errorf("pin %s", pin)
		}
	}
	if len(seen) < 150 {
		t.Errorf("%d different PINs of 200", len(seen))
	}
}

func TestALineDoesWhatItDrew(t *testing.T) {
	t.Parallel()
	var calls, bytes atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		bytes.Add(n)
		calls.Add(1)
	}))
	t.Cleanup(s.Close)
	now := time.Now()
	l := &line{next: http.DefaultTransport, now: func() time.Time { return now }, rng: seeded(1, "line", 0), did: map[string]int{}}
	failed := 0
	for range 600 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/ops", strings.NewReader(strings.Repeat("x", 1000)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := l.RoundTrip(r)
		if err != nil {
			failed++
			continue
		}
		_ = res.Body.Close()
	}
	for _, what := range []string{"before", "midway", "lost", "twice", "slow"} {
		if l.did[what] == 0 {
			t.Errorf("never %s: %v", what, l.did)
		}
	}
	if failed != l.did["before"]+l.did["midway"]+l.did["lost"] {
		t.Errorf("%d failed, %v", failed, l.did)
	}
	least := int64(600 - l.did["before"] - l.did["midway"] + l.did["twice"])
	if calls.Load() < least || calls.Load() > least+int64(l.did["midway"]) {
		t.Errorf("%d calls came, %v", calls.Load(), l.did)
	}
	l.dead = []span{{now.Add(-time.Second), now.Add(time.Second)}}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if res, err := l.RoundTrip(r); !errors.Is(err, errDeadZone) {
		_ = res.Body.Close()
		t.Errorf("in a dead zone: %v", err)
	}
}

func TestAHandsetsClockIsOffAndDrifts(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC)
	c := clock{offset: -time.Hour, drift: 1e-3, begin: begin, world: func() time.Time { return begin.Add(1000 * time.Second) }}
	if got := c.now().Sub(begin); got != -time.Hour+1001*time.Second {
		t.Errorf("the clock says %v after the beginning", got)
	}
}
