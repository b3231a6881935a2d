package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	contract "kendra/mobile-contract"
)

// complaint makes and signs one intake of the desk: all that is usually filled,
// eight fields of it sealed, registered in the same op.
func (p *benchPhone) complaint(i int) (string, error) {
	now := time.Now()
	hers := fnv.New32a() // a number of her own, as nearly every woman has one
	_, _ = hers.Write(binary.LittleEndian.AppendUint64(p.deviceID[:], uint64(p.seq)))
	name, guardian, age, mobile, address := "परीक्षण महिला "+strconv.Itoa(i), "परीक्षण पिता", 29, fmt.Sprintf("945%07d", hers.Sum32()%10_000_000), "ग्राम परीक्षण"
	opposite, registered := "परीक्षण विपक्षी", contract.At(now.Add(-time.Minute))
	return p.signed(contract.KindComplaintOpen, contract.ComplaintOpen{
		ArrivedAt: contract.At(now.Add(-10 * time.Minute)), RegisteredAt: &registered, Channel: "walk_in", ComplainantName: name,
		GuardianName: &guardian, Age: &age, Mobile: &mobile, SafeToCall: true, Address: &address, Category: "domestic_violence",
		Account: "पति द्वारा मारपीट की जाती है, मायके जाने नहीं दिया जाता।", OppositeParty: &opposite, RiskLevel: "medium", WomanRecorded: true,
	}, nil)
}

// intakeBatches is how many batches of 50 each phone sends in one round.
const intakeBatches = 4

// benchOpen is how many complaints are open at a station at once: a busy one's.
const benchOpen = 200

// registers takes the figures of complaints and of reads. Intake has a district
// of its own, for it leaves more complaints open than a station ever has.
func (b *bencher) registers(ctx context.Context, large, small []*benchPhone, million int) error {
	nine, err := b.district(ctx, 9, benchConns)
	if err != nil {
		return err
	}
	if err := b.intakes(ctx, nine); err != nil {
		return err
	}
	if err := b.unseals(ctx, nine); err != nil {
		return err
	}
	if err := b.fillRegisters(ctx, 7, "KRW", million/10); err != nil {
		return err
	}
	if err := b.fillRegisters(ctx, 8, "KRW", million/1000); err != nil {
		return err
	}
	if _, err := b.admin.Exec(ctx, `ANALYZE`); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	if err := b.registerPage(ctx, nine[0]); err != nil {
		return err
	}
	if err := b.daySheet(ctx, large[0]); err != nil {
		return err
	}
	return b.flat(ctx, large[0], small[0])
}

// intakeAlone takes the figures of complaints alone, on empty books.
func (b *bencher) intakeAlone(ctx context.Context, _ int) error {
	phones, err := b.district(ctx, 9, benchConns)
	if err != nil {
		return err
	}
	if err := b.intakes(ctx, phones); err != nil {
		return err
	}
	return b.unseals(ctx, phones)
}

// intakes compares registering complaints with recording visits.
func (b *bencher) intakes(ctx context.Context, phones []*benchPhone) error {
	b.say("intake beside visits")
	if err := b.again(ctx, phones); err != nil {
		return err
	}
	s := &series{name: "intake of complaints, batch 50", unit: "ops/s", against: "visits, batch 50", bar: 0.6}
	url := b.path("/v1/ops")
	for range b.rounds {
		var rate [2]float64
		for i, op := range []func(*benchPhone, int) (string, error){(*benchPhone).complaint, (*benchPhone).op} {
			loads, err := prepareOf(phones, intakeBatches, 50, url, op)
			if err != nil {
				return err
			}
			f, err := b.stored(ctx, loads, url)
			if err != nil {
				return err
			}
			rate[i] = f.perSecond()
		}
		s.add(rate[0], rate[1])
	}
	b.rows = append(b.rows, s.figure())
	return nil
}

// readPages is how many answers one measure of a read takes.
const readPages = 400

// get reads a path many times over 8 connections and returns answers a second.
func (b *bencher) get(p *benchPhone, path, query string) (float64, error) {
	proof, err := p.proof(http.MethodGet, b.path(path))
	if err != nil {
		return 0, err
	}
	client := &fasthttp.HostClient{Addr: b.addr, MaxConns: feedConns, ReadTimeout: 30 * time.Second}
	return parallel(feedConns, readPages, func(int) error {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		for range readPages / feedConns {
			req.SetRequestURI(b.path(path) + "?" + query)
			req.Header.Set("Authorization", "DPoP "+p.token)
			req.Header.Set("DPoP", proof)
			if err := client.Do(req, resp); err != nil {
				return fmt.Errorf("read %s: %w", path, err)
			}
			if resp.StatusCode() != http.StatusOK {
				return fmt.Errorf("read %s: %d %.200s", path, resp.StatusCode(), resp.Body())
			}
		}
		return nil
	})
}

// registerPage compares a page of a register with a bare SELECT of its lines.
func (b *bencher) registerPage(ctx context.Context, p *benchPhone) error {
	b.say("a page of a register")
	if err := p.logIn(ctx, b.node.staff); err != nil {
		return err
	}
	year := strconv.Itoa(time.Now().In(istZone).Year())
	s := &series{name: "register page of 100 lines", unit: "pages/s", against: "bare SELECT of the lines and their entries", bar: 0.3}
	for range b.rounds {
		bare, err := b.bareSelect(ctx, `SELECT l.*, e.wire FROM lines l JOIN entries e ON e.district_id = l.district_id
			AND e.centre = l.centre AND e.seq = l.seq WHERE l.district_id = $1 AND l.centre = $2 AND l.register = 'help_desk'
			ORDER BY l.serial LIMIT $3`, p, 100)
		if err != nil {
			return err
		}
		got, err := b.get(p, "/v1/registers/help_desk", "centre="+p.centre+"&year="+year+"&limit=100")
		if err != nil {
			return err
		}
		s.add(got, bare)
	}
	b.rows = append(b.rows, s.figure())
	return nil
}

// daySheet compares the day sheet with a bare SELECT of as many rows.
func (b *bencher) daySheet(ctx context.Context, p *benchPhone) error {
	b.say("day sheet")
	if err := p.logIn(ctx, b.node.staff); err != nil {
		return err
	}
	today := time.Now().In(istZone).Format(time.DateOnly)
	s := &series{name: "day sheet", unit: "sheets/s", against: "bare SELECT of as many rows", bar: 0.3}
	n, err := b.sheetRows(p, today)
	if err != nil {
		return err
	}
	for range b.rounds {
		bare, err := b.bareSelect(ctx, `SELECT c.*, k.* FROM complaints c JOIN clock_lists k ON k.district_id = c.district_id
			AND k.subject_id = c.complaint_id WHERE c.district_id = $1 AND c.centre = $2 AND c.closed_at IS NULL LIMIT $3`, p, n)
		if err != nil {
			return err
		}
		got, err := b.get(p, "/v1/days/"+today, "centre="+p.centre)
		if err != nil {
			return err
		}
		s.add(got, bare)
	}
	b.rows = append(b.rows, s.figure())
	return nil
}

// sheetRows counts the complaints with their clocks that a day sheet lists.
func (b *bencher) sheetRows(p *benchPhone, day string) (int, error) {
	proof, err := p.proof(http.MethodGet, b.path("/v1/days/"+day))
	if err != nil {
		return 0, err
	}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(b.path("/v1/days/"+day) + "?centre=" + p.centre)
	req.Header.Set("Authorization", "DPoP "+p.token)
	req.Header.Set("DPoP", proof)
	if err := p.http.Do(req, resp); err != nil {
		return 0, fmt.Errorf("read day sheet: %w", err)
	}
	var sheet contract.DaySheet
	if err := json.Unmarshal(resp.Body(), &sheet); err != nil {
		return 0, fmt.Errorf("read day sheet: %w", err)
	}
	n := len(sheet.MissingReviews)
	for _, list := range [][]contract.ComplaintBrief{sheet.Overdue, sheet.Sensitive, sheet.Unregistered, sheet.FeedbackDue} {
		for _, c := range list {
			n += 1 + len(c.Clocks)
		}
	}
	return max(n, 1), nil
}

// bareSelect runs a query of rows and nothing else, as often as get reads.
func (b *bencher) bareSelect(ctx context.Context, sql string, p *benchPhone, limit int) (float64, error) {
	return parallel(feedConns, readPages, func(int) error {
		conn, err := b.admin.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		for range readPages / feedConns {
			rows, err := conn.Query(ctx, sql, p.district, p.centre, limit)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			if rows.Err() != nil {
				return rows.Err()
			}
		}
		return nil
	})
}

// flat compares every read on a small book with the same read on a large one.
func (b *bencher) flat(ctx context.Context, large, small *benchPhone) error {
	b.say("reads on a large book beside a small one")
	year, today := strconv.Itoa(time.Now().In(istZone).Year()), time.Now().In(istZone).Format(time.DateOnly)
	for _, r := range []struct{ name, path, query string }{
		{"register page", "/v1/registers/women_beat", "year=" + year + "&limit=100&order=newest&"},
		{"complaints in hand", "/v1/complaints", "open=true&limit=100&"},
		{"day sheet", "/v1/days/" + today, ""},
		{"returns of a month", "/v1/returns", "from=" + time.Now().In(istZone).AddDate(0, -1, 0).Format(time.DateOnly) + "&to=" + today + "&"},
	} {
		s := &series{name: r.name + ", large book", unit: "answers/s", against: "small book", bar: 1 / 1.5}
		for range b.rounds {
			for _, p := range []*benchPhone{large, small} {
				if err := p.logIn(ctx, b.node.staff); err != nil {
					return err
				}
			}
			at, err := b.get(large, r.path, r.query+"centre="+large.centre)
			if err != nil {
				return err
			}
			with, err := b.get(small, r.path, r.query+"centre="+small.centre)
			if err != nil {
				return err
			}
			s.add(at, with)
		}
		b.rows = append(b.rows, s.figure())
	}
	return nil
}

// fillRegisters gives the filled book's copies their lines, and as many
// complaints, of which those that a busy station has open are so, with their
// clocks.
func (b *bencher) fillRegisters(ctx context.Context, district int, centre string, complaints int) error {
	for _, sql := range []string{
		`INSERT INTO lines (district_id, centre, register, year, serial, seq, at, officer_id, sums)
			SELECT district_id, centre, 'women_beat', 2026, (SELECT coalesce(max(serial), 0) FROM lines WHERE district_id = $1
				AND centre = $2 AND register = 'women_beat' AND year = 2026) + row_number() OVER (ORDER BY seq), seq, at, officer_id, '{"women":12}'
			FROM entries e WHERE district_id = $1 AND centre = $2 AND kind = 'visit.record'
			AND NOT EXISTS (SELECT FROM lines l WHERE l.district_id = $1 AND l.centre = $2 AND l.seq = e.seq) AND $3 > 0 AND $4 > 0`,
		`INSERT INTO serials (district_id, centre, register, year, last)
			SELECT $1, $2, 'women_beat', 2026, coalesce(max(serial), 0) FROM lines WHERE district_id = $1 AND centre = $2
				AND register = 'women_beat' AND year = 2026 AND $3 > 0 AND $4 > 0
			ON CONFLICT (district_id, centre, register, year) DO UPDATE SET last = excluded.last`,
		`INSERT INTO complaints (district_id, centre, complaint_id, case_id, correlation_id, seq, year, serial, state, category, risk_level,
				channel, owner_role, held_n, held_from, held_seq, arrived_at, closed_at, state_at, last_seq, data)
			SELECT $1, $2, id, id, id, 1 + n, 2026, 10000000 + n, CASE WHEN n <= $4 THEN 'assigned' ELSE 'closed' END, 'dowry', 'low',
				'walk_in', 'beat_officer', 1, now(), 1 + n, now() - interval '40 days', CASE WHEN n <= $4 THEN NULL ELSE now() END, now(), 3, '{}'
			FROM (SELECT n, md5('bench ' || n)::uuid AS id FROM generate_series(1, $3) n) x`,
		`INSERT INTO clock_lists (district_id, centre, subject_id, complaint_id, next_at, list)
			SELECT $1, $2, id, id, CASE WHEN n <= $4 THEN now() + interval '40 days' END,
				jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('code', 'disposal', 'n', 1, 'starts', us - 3456000000000, 'due', us + 3456000000000,
					'owner', 'beat_officer', 'stopped', CASE WHEN n > $4 THEN us END, 'next', CASE WHEN n <= $4 THEN us + 3456000000000 END)))::text
			FROM (SELECT n, md5('bench ' || n)::uuid AS id, (extract(epoch FROM now()) * 1000000)::bigint AS us FROM generate_series(1, $3) n) x`,
	} {
		if _, err := b.admin.Exec(ctx, sql, district, centre, complaints, benchOpen); err != nil {
			return fmt.Errorf("fill registers: %w", err)
		}
	}
	return nil
}

// signed makes and signs one op.
func (p *benchPhone) signed(kind contract.Kind, body any, place *contract.Place) (string, error) {
	p.seq++
	salt := make([]byte, 16)
	randomInto(salt)
	op := struct {
		OpID      uuid.UUID       `json:"op_id"`
		Kind      contract.Kind   `json:"kind"`
		Centre    string          `json:"centre"`
		SessionID uuid.UUID       `json:"session_id"`
		DeviceSeq int64           `json:"device_seq"`
		DeviceAt  contract.Time   `json:"device_at"`
		Place     *contract.Place `json:"place,omitempty"`
		Salt      string          `json:"salt"`
		Body      any             `json:"body"`
	}{uuid.Must(uuid.NewV7()), kind, p.centre, p.session, p.seq, contract.At(time.Now()), place, contract.Encode(salt), body}
	raw, err := json.Marshal(op)
	if err != nil {
		return "", fmt.Errorf("write op: %w", err)
	}
	sig, err := contract.SignES256(p.key, contract.OpMessage(contract.HashOp(raw)))
	if err != nil {
		return "", err
	}
	return `{"op":` + string(raw) + `,"sig":"` + contract.Encode(sig) + `"}`, nil
}
