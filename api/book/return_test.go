package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

var inIndia = time.FixedZone("IST", 19800)

// station is a centre of a generated month with its people.
type station struct {
	w                     *booktest.World
	centre                string
	squad                 uuid.UUID
	beat, incharge, sho   *booktest.Officer
	leader                *booktest.Officer // nil: no entries about persons
	visits, fresh, listed []uuid.UUID       // lines to put right; complaints to register, to dispose of
}

func stations(w *booktest.World) []*station {
	squad := uuid.Must(uuid.NewV7())
	w.SQL(`INSERT INTO squads (district_id, squad_id, centre, hi, en) VALUES ($1, $2, 'RJP', 'स्क्वाड २', 'Squad 2')`,
		[]any{booktest.District, squad})
	return []*station{
		{w: w, centre: booktest.Centre, squad: w.SquadID, beat: w.Beat, incharge: w.Incharge, sho: w.SHO, leader: w.Leader},
		{
			w: w, centre: booktest.OtherCentre, squad: squad, beat: w.Enlist(booktest.OtherCentre, staff.BeatOfficer), incharge: w.Other,
			sho: w.Enlist(booktest.OtherCentre, staff.SHO),
		},
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (s *station) visit(r *rand.Rand) contract.VisitRecord {
	v := s.w.Visit()
	materials, settled := r.IntN(30), r.IntN(3)
	v.BeatID, v.Women, v.Girls, v.IsChaupal = nil, r.IntN(40), r.IntN(20), r.IntN(3) == 0
	if r.IntN(2) == 0 {
		v.Materials, v.Settled = &materials, &settled
	}
	v.PlaceType = pick(r, "village", "school", "ward")
	return v
}

// deeds are what a station does on a day, in some order.
func (s *station) deeds(r *rand.Rand) {
	for range r.IntN(4) {
		s.visits = append(s.visits, s.beat.Enter("visit.record", s.visit(r)).OpID)
	}
	for range r.IntN(3) {
		b := s.w.Round()
		b.SquadID, b.PlaceType, b.PersonsObserved = s.squad, pick(r, "market", "school", "bus_stand"), 6+r.IntN(50)
		s.incharge.Enter("squad.round", b)
	}
	if s.leader != nil {
		s.leader.Enter("duty.start", contract.DutyStart{})
		s.leader.Enter("squad.brief", s.w.Brief())
		for range r.IntN(3) {
			p, card := s.w.Person(), "101"
			if p.Outcome = pick(r, "warned", "warning_card", "advised", "arrested"); p.Outcome == "warning_card" {
				p.CardNo = &card
			}
			s.leader.Enter("squad.person", p)
		}
	}
	for range r.IntN(3) {
		c := aComplaint(s.w)
		if r.IntN(2) == 0 {
			at := contract.At(s.w.Now())
			c.RegisteredAt = &at
			s.listed = append(s.listed, s.sho.Enter("complaint.open", c).OpID)
		} else {
			s.fresh = append(s.fresh, s.sho.Enter("complaint.open", c).OpID)
		}
	}
	s.w.Pass(time.Minute)
	for len(s.fresh) > 0 && r.IntN(3) > 0 {
		s.sho.Enter("complaint.register", contract.ComplaintRegister{ComplaintID: s.fresh[0]})
		s.listed, s.fresh = append(s.listed, s.fresh[0]), s.fresh[1:]
	}
	for len(s.listed) > 1 && r.IntN(3) > 0 {
		s.sho.Enter("complaint.dispose", contract.ComplaintDispose{
			ComplaintID: s.listed[0], Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true,
		})
		s.listed = s.listed[1:]
	}
	s.corrections(r)
}

// corrections put earlier visits right, or strike them, and bring in one that
// waited on a phone for days.
func (s *station) corrections(r *rand.Rand) {
	if len(s.visits) > 4 && r.IntN(3) == 0 {
		i, strike := r.IntN(len(s.visits)), true
		fix := contract.EntryCorrect{CorrectsID: s.visits[i], Reason: "संख्या गलत अंकित"}
		if v := s.visit(r); r.IntN(2) == 0 {
			fix.Visit = &v
		} else {
			fix.Strike = &strike
		}
		s.visits[i] = s.beat.Enter("entry.correct", fix).OpID
		if fix.Strike != nil {
			s.visits = append(s.visits[:i], s.visits[i+1:]...)
		}
	}
	if s.w.Now().Sub(booktest.Start) > 4*24*time.Hour && r.IntN(4) == 0 {
		made := s.w.Now().AddDate(0, 0, -1-r.IntN(3))
		v := s.visit(r)
		v.StartedAt, v.EndedAt = contract.At(made.Add(-time.Hour)), contract.At(made)
		s.beat.Enter("visit.record", v, booktest.With("device_at", contract.At(made)))
	}
}

// evening is what the in-charge does before she goes: she looks at what is
// pending, signs the day and its return.
func (s *station) evening(t *testing.T) {
	t.Helper()
	for _, list := range [][]uuid.UUID{s.fresh, s.listed} {
		for _, id := range list {
			s.incharge.Enter("day.review", contract.DayReview{ComplaintID: id, Verdict: "seen"})
		}
	}
	s.incharge.Enter("day.sign", contract.DaySign{Date: today(s.w)})
	s.incharge.Enter("return.sign", contract.ReturnSign{Date: today(s.w)})
}

// said is an entry as phones are told of it: all that the recount knows.
type said struct {
	Seq  int64           `json:"seq"`
	OpID uuid.UUID       `json:"op_id"`
	Kind string          `json:"kind"`
	At   time.Time       `json:"at"`
	Body json.RawMessage `json:"body"`
}

func allSaid(t *testing.T, w *booktest.World, centre string) (out []said) {
	t.Helper()
	rows, err := w.Superuser().Query(context.Background(), `SELECT wire FROM entries WHERE centre = $1 ORDER BY seq`, centre)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		var e said
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// standing is a line that was not struck: its kind and body, and its day.
type standing struct {
	kind string
	day  string
	body map[string]any
}

// counted is a figure that the recount found on a day.
type counted map[string]map[string]int64

func (c counted) add(day, figure string, n int64) {
	if c[day] == nil {
		c[day] = map[string]int64{}
	}
	c[day][figure] += n
}

func dayIn(at time.Time) string { return at.In(inIndia).Format(time.DateOnly) }

// countSaid counts entries by itself: it knows their wire text and nothing of the
// book's projections.
func countSaid(t *testing.T, list []said) counted {
	t.Helper()
	out, lines := counted{}, map[string]standing{}
	for _, e := range list {
		body := map[string]any{}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		at := dayIn(e.At)
		switch e.Kind {
		case "visit.record", "squad.round", "squad.person":
			lines[e.OpID.String()] = standing{e.Kind, at, body}
		case "entry.correct":
			of := body["corrects_id"].(string)
			old := lines[of]
			delete(lines, of)
			if v, ok := body["visit"].(map[string]any); ok {
				lines[e.OpID.String()] = standing{old.kind, old.day, v}
			}
		case "complaint.open":
			out.add(at, "complaints_received", 1)
			if text, ok := body["registered_at"].(string); ok {
				registered, _ := time.Parse(time.RFC3339, text)
				out.add(dayIn(registered), "complaints_registered", 1)
			}
		case "complaint.register":
			out.add(at, "complaints_registered", 1)
		case "complaint.dispose":
			out.add(at, "complaints_disposed", 1)
		case "escalation.raise":
			out.add(at, "escalations", 1)
		}
	}
	for _, l := range lines {
		l.count(out)
	}
	return out
}

func (l standing) count(out counted) {
	number := func(name string) int64 { n, _ := l.body[name].(float64); return int64(n) }
	switch l.kind {
	case "visit.record":
		out.add(l.day, "visits", 1)
		for figure, name := range map[string]string{"women": "women", "girls": "girls", "leaflets": "materials", "settled_on_spot": "settled"} {
			out.add(l.day, figure, number(name))
		}
		if l.body["is_chaupal"] == true {
			out.add(l.day, "programmes", 1)
		}
	case "squad.round":
		out.add(l.day, "persons_counted", number("persons_observed"))
		out.add(l.day, "persons_spoken", number("persons_spoken"))
		out.add(l.day, "places_checked."+l.body["place_type"].(string), 1)
	case "squad.person":
		if o := l.body["outcome"]; o == "warned" || o == "warning_card" {
			out.add(l.day, "persons_warned", 1)
		}
	}
}

// pendingAt counts by age what was pending in the evening of a day, as the
// entries before one knew it.
func pendingAt(t *testing.T, list []said, before int64, end time.Time) map[string]int64 {
	t.Helper()
	open := map[string]time.Time{}
	for _, e := range list {
		var b struct {
			ComplaintID string    `json:"complaint_id"`
			ArrivedAt   time.Time `json:"arrived_at"`
		}
		if e.Seq >= before {
			break
		}
		if err := json.Unmarshal(e.Body, &b); err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case "complaint.open":
			open[e.OpID.String()] = b.ArrivedAt
		case "complaint.dispose":
			delete(open, b.ComplaintID)
		}
	}
	out := map[string]int64{"pending_under_1d": 0, "pending_1_3d": 0, "pending_3_7d": 0, "pending_over_7d": 0}
	for _, arrived := range open {
		switch days := end.Sub(arrived).Hours() / 24; {
		case days < 1:
			out["pending_under_1d"]++
		case days < 3:
			out["pending_1_3d"]++
		case days < 7:
			out["pending_3_7d"]++
		default:
			out["pending_over_7d"]++
		}
	}
	return out
}

// sameFigures compares figures, where one that is missing is zero.
func sameFigures(t *testing.T, name string, got, want map[string]int64, pending bool) {
	t.Helper()
	var wrong []string
	for _, m := range []map[string]int64{got, want} {
		for figure := range m {
			if got[figure] != want[figure] && strings.HasPrefix(figure, "pending_") == pending {
				wrong = append(wrong, fmt.Sprintf("%s %d, counted %d", figure, got[figure], want[figure]))
			}
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%s: %s", name, strings.Join(wrong, "; "))
	}
}

func returns(t *testing.T, w *booktest.World, by *booktest.Officer, centre string, from, to time.Time) *book.Returns {
	t.Helper()
	r, err := w.Book.Returns(context.Background(), by.Caller(), centre, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheReturnsOfAMonthEqualAnIndependentCountOfItsEntries(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	r := rand.New(rand.NewPCG(20261118, 7))
	list := stations(w)
	first := today(w)
	for range 30 {
		for _, s := range list {
			s.deeds(r)
		}
		until(w, 0, 20)
		tick(t, w)
		for _, s := range list {
			s.evening(t)
		}
		until(w, 1, 10)
		for _, o := range []*booktest.Officer{w.Beat, w.Incharge, w.SHO, w.Leader, w.Other, list[1].beat, list[1].sho} {
			o.SignIn()
		}
	}
	last := dateOf(w.Now(), -1)
	month := returns(t, w, w.SP, "", first.Time, last.Time)
	if len(month.Centres) != 2 {
		t.Fatalf("%d centres", len(month.Centres))
	}
	total := map[string]int64{}
	for i, s := range list {
		entries := allSaid(t, w, s.centre)
		counts := countSaid(t, entries)
		all := map[string]int64{}
		for d := range counts {
			for figure, n := range counts[d] {
				all[figure] += n
				total[figure] += n
			}
		}
		sameFigures(t, s.centre, month.Centres[i].Figures, all, false)
		now := pendingAt(t, entries, 1<<40, w.Now())
		sameFigures(t, s.centre, month.Centres[i].Figures, now, true)
		for figure, n := range now {
			total[figure] += n
		}
		own := returns(t, w, s.incharge, "", first.Time, last.Time)
		if len(own.Centres) != 1 || own.Centres[0].Centre != s.centre || !maps.Equal(own.Centres[0].Figures, month.Centres[i].Figures) {
			t.Errorf("%s sees %d centres", s.centre, len(own.Centres))
		}
		s.asSigned(t, month.Centres[i].Signed, entries, counts)
	}
	sameFigures(t, "the district", month.Total, total, false)
	sameFigures(t, "the district", month.Total, total, true)
}

// asSigned checks what was signed in the evenings against the entries that there
// were, and that a supplement is possible where something came late, and there
// alone.
func (s *station) asSigned(t *testing.T, signed []book.Return, entries []said, counts counted) {
	t.Helper()
	supplements := 0
	for _, x := range signed {
		date, _ := time.ParseInLocation(time.DateOnly, x.Day, inIndia)
		var then []said
		for _, e := range entries {
			if e.Seq < x.Seq {
				then = append(then, e)
			}
		}
		name := s.centre + " " + x.Day
		sameFigures(t, name, x.Figures, countSaid(t, then)[x.Day], false)
		sameFigures(t, name, x.Figures, pendingAt(t, entries, x.Seq, date.AddDate(0, 0, 1)), true)

		again := contract.ReturnSign{Date: dateOf(date, 0)}
		refusedOp(t, name+" again", s.incharge.Do("return.sign", again), contract.CodeSupplementReason, "/body/reason")
		reason := "विलम्ब से प्राप्त प्रविष्टियाँ जोड़ी गयीं"
		again.Reason = &reason
		answer := s.incharge.Do("return.sign", again)
		changed := false
		for figure, n := range x.Figures {
			changed = changed || counts[x.Day][figure] != n && !strings.HasPrefix(figure, "pending_")
		}
		if !changed {
			refusedOp(t, name, answer, contract.CodeNothingNew, "/body/date")
			continue
		}
		if answer.Outcome != book.Entered {
			t.Errorf("%s: no supplement: %v", name, answer.Problem)
			continue
		}
		supplements++
		both := returns(t, s.w, s.incharge, s.centre, again.Date.Time, again.Date.Time).Centres[0].Signed
		if len(both) != 2 || both[0].N != 1 || both[1].N != 2 || !maps.Equal(both[0].Figures, x.Figures) {
			t.Errorf("%s: what was signed has changed: %+v", name, both)
			continue
		}
		sameFigures(t, name+" supplement", both[1].Figures, counts[x.Day], false)
		sameFigures(t, name+" supplement", both[1].Figures, x.Figures, true)
		refusedOp(t, name+" twice", s.incharge.Do("return.sign", again), contract.CodeNothingNew, "/body/date")
	}
	if supplements < 3 || supplements > 25 {
		t.Errorf("%s: %d supplements; the month proves little", s.centre, supplements)
	}
}

func TestWhatComesLateOnTheDayItselfMakesASupplementWithWhatIsPending(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	date := today(w)
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: date})
	reason := "रात्रि में एक शिकायत प्राप्त हुई"
	again := contract.ReturnSign{Date: date, Reason: &reason}
	refusedOp(t, "nothing came", w.Incharge.Do("return.sign", again), contract.CodeNothingNew, "/body/date")
	until(w, 0, 22)
	w.Incharge.Enter("complaint.open", aComplaint(w))
	w.Incharge.Enter("return.sign", again)
	refusedOp(t, "tomorrow's", w.Incharge.Do("return.sign", contract.ReturnSign{Date: dateOf(w.Now(), 1)}), contract.CodeInFuture, "/body/date")
	refusedOp(t, "by the head of the station", w.SHO.Do("return.sign", again), contract.CodeForbidden, "/kind")
	signed := returns(t, w, w.SHO, booktest.Centre, date.Time, date.Time).Centres[0].Signed
	if len(signed) != 2 || signed[0].Figures["complaints_received"] != 0 || signed[1].Figures["complaints_received"] != 1 ||
		signed[1].Figures["pending_under_1d"] != 1 || signed[0].Figures["pending_under_1d"] != 0 {
		t.Errorf("%+v", signed)
	}
	until(w, 3, 10) // and a day that nobody signed in time
	w.Incharge.Enter("return.sign", contract.ReturnSign{Date: dateOf(w.Now(), -1)})
	signed = returns(t, w, w.SHO, booktest.Centre, date.Time, w.Now()).Centres[0].Signed
	if len(signed) != 3 || signed[2].N != 1 || signed[2].Figures["pending_1_3d"]+signed[2].Figures["pending_3_7d"] != 1 {
		t.Errorf("signed late: %+v", signed[2:])
	}
}

func TestReturnsAreReadByWhoSeesTheRowsAndForAQuarterAtMost(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("visit.record", w.Visit())
	w.Other.Enter("visit.record", otherVisit(w))
	read := func(by *booktest.Officer, centre string, days int) error {
		_, err := w.Book.Returns(context.Background(), by.Caller(), centre, today(w).Time, dateOf(w.Now(), days-1).Time)
		return err
	}
	for name, x := range map[string]struct {
		err  error
		code contract.Code
	}{
		"a beat officer":                {read(w.Beat, "", 1), contract.CodeForbidden},
		"a beat officer of his centre":  {read(w.Beat, booktest.Centre, 1), contract.CodeForbidden},
		"an analyst":                    {read(w.Enlist(book.HQ, staff.Analyst), "", 1), contract.CodeForbidden},
		"a dispatcher":                  {read(w.Dispatcher, "", 1), contract.CodeForbidden},
		"an in-charge of another's":     {read(w.Incharge, booktest.OtherCentre, 1), contract.CodeNotFound},
		"a centre that is none":         {read(w.SP, "XYZ", 1), contract.CodeNotFound},
		"more than a quarter":           {read(w.SP, "", 93), contract.CodeSpanTooLong},
		"the last day before the first": {read(w.SP, "", 0), contract.CodeEndedBeforeStarted},
	} {
		if !isCode(x.err, x.code) {
			t.Errorf("%s: %v, want %s", name, x.err, x.code)
		}
	}
	if err := read(w.SP, "", 92); err != nil {
		t.Errorf("a quarter: %v", err)
	}
	co := circleOfficer(t, w)
	if r := returns(t, w, co, "", today(w).Time, today(w).Time); len(r.Centres) != 1 || r.Centres[0].Centre != booktest.Centre || r.Total["visits"] != 1 {
		t.Errorf("the circle: %+v", r)
	}
	if r := returns(t, w, w.Enlist(book.HQ, staff.WomenCell), "", today(w).Time, today(w).Time); len(r.Centres) != 2 {
		t.Errorf("the women cell: %+v", r)
	}
	if r := returns(t, w, w.SP, "", today(w).Time, today(w).Time); len(r.Centres) != 2 || r.Total["visits"] != 2 || r.Total["women"] != 24 {
		t.Errorf("the district: %+v", r)
	}
}
