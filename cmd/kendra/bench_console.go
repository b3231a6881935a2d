package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"kendra/api/console"
	"kendra/api/staff"
)

// Of the consoles: how many are open, and how many pages one measure reads.
const (
	benchConsoles = 500
	pageReads     = 200
)

// benchOrigin is that of the console's pages.
const benchOrigin = "http://localhost:18099"

// console logs an officer of the bench in at a browser and returns the cookie.
func (b *bencher) console(ctx context.Context, p *benchPhone) (string, error) {
	s := b.node.staff
	code, err := s.IssueConsoleCode(ctx, p.district, p.number)
	if err != nil {
		return "", err
	}
	passphrase := staff.Secret("sone ka hiran vagmati") // by chance a random one has a part of his number
	a, err := s.BeginActivation(ctx, code.Text, passphrase, "127.0.0.1")
	if err != nil {
		return "", err
	}
	now := time.Now()
	var session staff.Console
	for i, at := range []time.Time{now, now.Add(30 * time.Second)} { // a step is for once
		totp, err := staff.OneTimeCode(a.TOTPSecret, at)
		if err != nil {
			return "", err
		}
		if i == 0 {
			err = s.ConfirmActivation(ctx, staff.ConfirmIn{Setup: a.Setup, TOTP: staff.Secret(totp)})
		} else {
			session, err = s.OpenConsole(ctx, staff.ConsoleLogInIn{
				District: p.district, OfficerNo: p.number, Passphrase: passphrase, Factor: staff.Factor{TOTP: staff.Secret(totp)}, Address: "127.0.0.1",
			})
		}
		if err != nil {
			return "", err
		}
	}
	return "__Host-kendra=" + string(session.Token), nil
}

// pages measures the pages that are read most, on a large book.
func (b *bencher) pages(ctx context.Context, p *benchPhone) error {
	b.say("pages of the console")
	cookie, err := b.console(ctx, p)
	if err != nil {
		return err
	}
	for _, page := range []struct{ name, path, sql string }{
		{"page Today", console.Root + "/", `SELECT c.*, k.* FROM complaints c JOIN clock_lists k ON k.district_id = c.district_id
			AND k.subject_id = c.complaint_id WHERE c.district_id = $1 AND c.centre = $2 AND c.closed_at IS NULL LIMIT $3`},
		{"page of complaints", console.Root + "/complaints", `SELECT c.*, k.* FROM complaints c JOIN clock_lists k ON k.district_id = c.district_id
			AND k.subject_id = c.complaint_id WHERE c.district_id = $1 AND c.centre = $2 AND c.closed_at IS NULL LIMIT $3`},
		{"page of a register", console.Root + "/registers/women_beat", `SELECT l.*, e.wire FROM lines l JOIN entries e ON e.district_id = l.district_id
			AND e.centre = l.centre AND e.seq = l.seq WHERE l.district_id = $1 AND l.centre = $2 AND l.register = 'women_beat'
			AND l.year = ` + strconv.Itoa(time.Now().In(istZone).Year()) + ` ORDER BY l.serial DESC LIMIT $3`},
	} {
		s := &series{name: page.name + ", large book", unit: "pages/s", against: "bare SELECT of 50 rows"}
		var took []time.Duration
		for range b.rounds {
			bare, err := b.bareSelect(ctx, page.sql, p, 50)
			if err != nil {
				return err
			}
			list, err := b.readPages(page.path+"?centre="+p.centre, cookie)
			if err != nil {
				return err
			}
			var sum time.Duration
			for _, d := range list {
				sum += d
			}
			took = append(took, list...)
			s.add(float64(len(list))/sum.Seconds(), bare)
		}
		slices.Sort(took)
		b.rows = append(b.rows, s.figure(), bound("p99 of "+page.name, ms(took[len(took)*99/100]), "ms", 50))
	}
	return nil
}

// readPages asks for a page again and again on one line.
func (b *bencher) readPages(path, cookie string) ([]time.Duration, error) {
	client := &fasthttp.HostClient{Addr: b.addr, MaxConns: 1, ReadTimeout: 30 * time.Second}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	var out []time.Duration
	for range pageReads {
		req.SetRequestURI(b.path(path))
		req.Header.Set("Cookie", cookie)
		from := time.Now()
		if err := client.Do(req, resp); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if resp.StatusCode() != http.StatusOK {
			return nil, fmt.Errorf("read %s: status %d", path, resp.StatusCode())
		}
		out = append(out, time.Since(from))
	}
	return out, nil
}

// consoles compares how long batches take, and what the server holds, while many
// consoles are open at the centres where they arrive with how it is without them.
// Each is told of each move; what a page then reads is measured by pages.
func (b *bencher) consoles(ctx context.Context, phones []*benchPhone) error {
	b.say("%d consoles open", benchConsoles)
	if err := b.again(ctx, phones[:stormOthers+1]); err != nil {
		return err
	}
	var seats []seat
	busy := phones[1 : stormOthers+1]
	for _, p := range phones[1:] { // several officers, for one has so many lines and no more
		if !slices.ContainsFunc(busy, func(b *benchPhone) bool { return b.centre == p.centre }) {
			continue
		}
		cookie, err := b.console(ctx, p)
		if err != nil {
			return err
		}
		seats = append(seats, seat{p.centre, cookie})
	}
	s := &series{name: fmt.Sprintf("p50 of %d phones while %d consoles are open", stormOthers, benchConsoles), unit: "ms", against: "without them", bar: 1.2, most: true}
	more := 0.0
	var told int64
	for range b.rounds {
		if err := b.again(ctx, phones[1:stormOthers+1]); err != nil {
			return err
		}
		calm, err := b.paced(phones[1 : stormOthers+1])
		if err != nil {
			return err
		}
		before := b.resident()
		lines, err := b.openLines(ctx, seats)
		if err != nil {
			return err
		}
		watched, err := b.paced(phones[1 : stormOthers+1])
		more = max(more, b.resident()-before)
		told += lines.close()
		if err != nil {
			return err
		}
		s.add(ms(watched.quantile(0.5)), ms(calm.quantile(0.5)))
	}
	if told == 0 {
		return errors.New("the consoles were told nothing: what was measured is not what is asked")
	}
	b.rows = append(b.rows, s.figure(), bound(fmt.Sprintf("more resident memory with %d consoles open", benchConsoles), more, "MB", 100),
		figure{Name: "moves told to them", Value: float64(told), Unit: "events"})
	return nil
}

// seat is where a console stands, and by what it is logged in.
type seat struct{ centre, cookie string }

// liveLines are open lines of consoles.
type liveLines struct {
	stop  context.CancelFunc
	all   sync.WaitGroup
	mu    sync.Mutex
	heard int64
}

func (l *liveLines) close() int64 {
	l.stop()
	l.all.Wait()
	return l.heard
}

// openLines opens them in turn at each seat, and returns when each has heard its
// first word.
func (b *bencher) openLines(ctx context.Context, seats []seat) (*liveLines, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &liveLines{stop: cancel}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, DisableCompression: true}}
	ready := make(chan error, benchConsoles)
	for i := range benchConsoles {
		at := seats[i%len(seats)]
		l.all.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.path(console.LivePath)+"?centre="+at.centre, nil)
			if err != nil {
				ready <- err
				return
			}
			req.Header.Set("Cookie", at.cookie)
			res, err := client.Do(req)
			if err != nil {
				ready <- err
				return
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != http.StatusOK {
				ready <- errors.New("a line of a console: status " + strconv.Itoa(res.StatusCode))
				return
			}
			l.listen(bufio.NewScanner(res.Body), ready)
		})
	}
	for range benchConsoles {
		if err := <-ready; err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *liveLines) listen(lines *bufio.Scanner, ready chan<- error) {
	for first := true; lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "event: ") {
			continue
		}
		if first {
			first = false
			ready <- nil
			continue
		}
		if lines.Text() != "event: moved" { // the line says that it stands
			continue
		}
		l.mu.Lock()
		l.heard++
		l.mu.Unlock()
	}
}

// resident is the server's resident memory now, in MB.
func (b *bencher) resident() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.server.Process.Pid))
	if err != nil {
		return 0
	}
	return kilobytes(string(text), "VmRSS:")
}

// consoleAlone takes the figures of the consoles alone, on a filled book.
func (b *bencher) consoleAlone(ctx context.Context, million int) error {
	seven, err := b.district(ctx, 7, benchConns)
	if err != nil {
		return err
	}
	if million > 0 {
		if err := b.fill(ctx, 7, "KRW", million); err != nil {
			return err
		}
		if err := b.fillRegisters(ctx, 7, "KRW", million/10); err != nil {
			return err
		}
		if _, err := b.admin.Exec(ctx, `ANALYZE`); err != nil {
			return fmt.Errorf("analyse: %w", err)
		}
	}
	if err := b.consoles(ctx, seven); err != nil {
		return err
	}
	return b.pages(ctx, seven[0])
}
