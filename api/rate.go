package api

import (
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Rate is how many requests one may make: so many a second for long, so many
// at once. The zero Rate bounds nothing.
type Rate struct {
	PerSecond float64
	AtOnce    int
}

// Rates bound the requests that one process takes from a handset, an officer,
// an address and the officers of a centre together.
type Rates struct {
	Device, Officer, Address, Centre Rate
}

// DefaultRates are far above what honest phones do: one syncs every five
// minutes, and after days away reads its feed by pages of a hundred. Whole
// towns share an address of their mobile network; a centre has some thirty
// phones.
func DefaultRates() Rates {
	return Rates{
		Device: Rate{10, 200}, Officer: Rate{10, 200}, Address: Rate{200, 2000}, Centre: Rate{100, 1000},
	}
}

// bucket is what is left to somebody, as of a time.
type bucket struct {
	left float64
	at   time.Time
}

// limiter counts requests by who makes them. It remembers at most twice most
// of them: who has not come for long begins anew, which is what would have
// become of his bucket by then.
type limiter struct {
	mu         sync.Mutex
	now        func() time.Time
	most       int
	young, old map[string]bucket
}

// counted is one who is counted, under his rate.
type counted struct {
	who  string
	rate Rate
}

const limiterMost = 50_000

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, most: limiterMost, young: map[string]bucket{}, old: map[string]bucket{}}
}

// over tells how long those who are over their bounds have to wait, and counts
// nothing.
func (l *limiter) over(all ...counted) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for _, c := range all {
		if c.rate == (Rate{}) {
			continue
		}
		if left := l.left(c, now); left < 1 {
			wait = max(wait, time.Duration((1-left)/c.rate.PerSecond*float64(time.Second)))
		}
	}
	return wait
}

// take counts one request for all of them, or for none: then it tells how long
// to wait. So a phone that storms does not use up what its centre has.
func (l *limiter) take(all ...counted) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	left := make([]float64, len(all))
	for i, c := range all {
		if c.rate == (Rate{}) {
			continue
		}
		left[i] = l.left(c, now)
		if left[i] < 1 {
			wait = max(wait, time.Duration((1-left[i])/c.rate.PerSecond*float64(time.Second)))
		}
	}
	if wait > 0 {
		return wait
	}
	for i, c := range all {
		if c.rate != (Rate{}) {
			l.keep(c.who, bucket{left: left[i] - 1, at: now})
		}
	}
	return 0
}

func (l *limiter) left(c counted, now time.Time) float64 {
	b, ok := l.young[c.who]
	if !ok {
		b, ok = l.old[c.who]
	}
	if !ok {
		return float64(c.rate.AtOnce)
	}
	return min(b.left+max(now.Sub(b.at), 0).Seconds()*c.rate.PerSecond, float64(c.rate.AtOnce))
}

func (l *limiter) keep(who string, b bucket) {
	if _, ok := l.young[who]; !ok && len(l.young) >= l.most {
		l.young, l.old = map[string]bucket{}, l.young
	}
	l.young[who] = b
}

// limitAddress counts a request for the address that it comes from, before
// anything is read of it.
func (s *server) limitAddress(c *fiber.Ctx) error {
	if err := s.within(counted{"address " + prefixOf(requestOf(c).address), s.Rates.Address}); err != nil {
		return err
	}
	return c.Next()
}

// limitClaimed turns away who is over the bounds of handset or officer before
// the proof is checked, which is the dear part of a call: so a phone that storms
// takes little from the others.
func (s *server) limitClaimed(authorization string) error {
	if s.Rates.Device == (Rate{}) && s.Rates.Officer == (Rate{}) {
		return nil
	}
	device, officer, ok := s.Staff.Claimed(authorization)
	if !ok {
		return nil // is refused for that
	}
	wait := s.limiter.over(counted{"device " + device.String(), s.Rates.Device}, counted{"officer " + officer.String(), s.Rates.Officer})
	if wait > 0 {
		return contract.NewProblem(contract.CodeRateLimited, contract.WithRetryAfter(max(wait, time.Second)))
	}
	return nil
}

// limitCaller counts a request for who makes it.
func (s *server) limitCaller(who staff.Caller) error {
	all := []counted{
		{"device " + who.DeviceID.String(), s.Rates.Device},
		{"officer " + who.OfficerID.String(), s.Rates.Officer},
	}
	for _, centre := range who.Centres() {
		all = append(all, counted{"centre " + strconv.Itoa(int(who.District)) + " " + centre, s.Rates.Centre})
	}
	return s.within(all...)
}

func (s *server) within(all ...counted) error {
	if wait := s.limiter.take(all...); wait > 0 {
		return contract.NewProblem(contract.CodeRateLimited, contract.WithRetryAfter(max(wait, time.Second)))
	}
	return nil
}

// prefixOf is an address as it is counted: who has IPv6 has a whole /64 of
// them.
func prefixOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() {
		return address
	}
	const network = 64
	p, err := a.WithZone("").Prefix(network)
	if err != nil {
		return address
	}
	return p.String()
}
