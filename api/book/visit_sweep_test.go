package book_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// file has the beat officer's phone file so many visits, so far apart in time and
// place; each of them is entered.
func file(w *booktest.World, n int, apart time.Duration, north float64) {
	for i := range n {
		w.Pass(apart)
		v := w.Visit()
		v.StartedAt, v.EndedAt = contract.At(w.Now().Add(-time.Minute)), contract.At(w.Now())
		w.Beat.Enter("visit.record", v, booktest.At(25.2+north*float64(i), 80.9, 10))
	}
}

// looked lets the clock look, and look again.
func looked(t *testing.T, w *booktest.World) {
	t.Helper()
	for range 3 {
		tick(t, w)
		w.Pass(10 * time.Minute)
	}
}

func TestAPhoneThatFilesVisitsByTheDozenOrAtOnePlaceIsFlaggedOnceAndNothingIsDropped(t *testing.T) {
	t.Parallel()
	const aKilometre = 0.01 // degrees of latitude
	for name, c := range map[string]struct {
		n       int
		apart   time.Duration
		north   float64
		pattern string
		counted int
	}{
		"eleven in an hour":             {11, 5 * time.Minute, aKilometre, "", 0},
		"twelve in an hour":             {12, 5 * time.Minute, aKilometre, "many_visits", 12},
		"twelve in some more":           {12, 6 * time.Minute, aKilometre, "", 0},
		"nine at one place in a day":    {9, 20 * time.Minute, 0, "", 0},
		"ten at one place in a day":     {10, 20 * time.Minute, 0, "one_spot", 10},
		"ten at one place in two days":  {10, 2 * time.Hour, 0, "", 0},
		"a bot, one visit each minute":  {60, time.Minute, aKilometre, "many_visits", 60},
		"a bot that stays where it was": {40, 10 * time.Minute, 0, "one_spot", 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := booktest.New(t)
			tick(t, w) // the books are known
			file(w, c.n, c.apart, c.north)
			looked(t, w)
			if n := count(t, w, `SELECT count(*) FROM lines WHERE register = 'women_beat' AND struck_seq IS NULL`); int(n) != c.n {
				t.Errorf("%d of %d visits are entered", n, c.n)
			}
			flags := flagsRaised(t, w)
			got, raised := flags[c.pattern]
			if (c.pattern == "") != (len(flags) == 0) || raised && len(flags) != 1 {
				t.Fatalf("raised: %+v", flags)
			}
			if !raised {
				return
			}
			if got.N != c.counted || got.SquadID != nil || *got.DeviceID != w.Beat.Device || !slices.Contains(got.Officers, w.Beat.ID) {
				t.Errorf("%+v", got)
			}
			file(w, 3, time.Minute, c.north) // it goes on: the day is flagged already
			looked(t, w)
			if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'conduct.flag'`); n != 1 {
				t.Errorf("%d flags", n)
			}
			if n := count(t, w, `SELECT count(*) FROM lines WHERE register = 'women_beat' AND struck_seq IS NULL`); int(n) != c.n+3 {
				t.Errorf("%d of %d visits are entered", n, c.n+3)
			}
		})
	}
}

func TestTwoProcessesThatLookAtVisitsAtOnceFlagAPhoneOnceAndASeniorAnswers(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	tick(t, w)
	file(w, 12, time.Minute, 0.01)
	w.Pass(10 * time.Minute)
	tickAtOnce(t, w)
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'conduct.flag'`); n != 1 {
		t.Fatalf("%d entries", n)
	}
	var flag uuid.UUID
	if err := w.Superuser().QueryRow(t.Context(), `SELECT op_id FROM entries WHERE kind = 'conduct.flag'`).Scan(&flag); err != nil {
		t.Fatal(err)
	}
	answer := contract.ConductAnswer{FlagID: flag, Answer: "in_order"}
	if r := w.Beat.Do("conduct.answer", answer); r.Outcome != book.Refused {
		t.Errorf("answered by whose visits they are: %+v", r)
	}
	w.SHO.Enter("conduct.answer", answer)
}

func TestAFlagIsOfASquadOrOfAPhone(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	for name, c := range map[string]struct {
		squad, device bool
		code          contract.Code
		pointer       string
	}{
		"of neither": {false, false, contract.CodeMissingField, "/body/squad_id"},
		"of both":    {true, true, contract.CodeUnknownField, "/body/device_id"},
	} {
		body := contract.ConductFlag{Pattern: "many_visits", Span: "day", From: theDay(w), N: 12, Total: 12, Threshold: 12, Officers: []contract.UUID{}}
		if c.squad {
			body.SquadID = &w.SquadID
		}
		if c.device {
			body.DeviceID = &w.Beat.Device
		}
		out, err := w.Book.AppendServer(t.Context(), booktest.District, booktest.Centre, "clock", []book.ServerOp{
			{Kind: "conduct.flag", Subject: w.Beat.Device, Rule: "many_visits/day", At: w.Now(), Body: body},
		})
		if err != nil {
			t.Fatal(err)
		}
		refusedOp(t, name, out[0], c.code, c.pointer)
	}
}
