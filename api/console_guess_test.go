package api_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// guess is a log-in of a stranger, from an address.
func guess(b *apitest.Browser, number, passphrase, code, address string) apitest.Request {
	r := apitest.Post(consoleLogIn, contract.ConsoleLogIn{District: apitest.District, OfficerNo: number, Passphrase: passphrase, Totp: &code})
	return r.With("Origin", apitest.Console).With("X-Forwarded-For", address).With("Cookie", "")
}

func TestWhateverIsWrongAtAConsoleIsToldAlike(t *testing.T) {
	t.Parallel()
	w := apitest.NewWith(t, apitest.Limits{})
	b, other := w.Browser(w.Hire(apitest.Karwi, "centre_incharge")), w.Browser(w.Hire(apitest.Karwi, "sho"))
	without := w.Hire(apitest.Karwi, "desk_officer")
	b.LogIn()
	used := b.CodeAt(b.Step())
	body := func(change func(in *contract.ConsoleLogIn)) contract.ConsoleLogIn {
		code := b.CodeAt(b.Step() + 1)
		in := contract.ConsoleLogIn{District: apitest.District, OfficerNo: b.Number, Passphrase: apitest.GoodPassphrase, Totp: &code}
		change(&in)
		return in
	}
	totp := func(code string) func(in *contract.ConsoleLogIn) {
		return func(in *contract.ConsoleLogIn) { in.Totp = &code }
	}
	passkey := func(p *contract.Passkey) func(in *contract.ConsoleLogIn) {
		return func(in *contract.ConsoleLogIn) { in.Totp, in.Passkey = nil, p }
	}
	var answers [][]byte
	for name, change := range map[string]func(in *contract.ConsoleLogIn){
		"an unknown number":             func(in *contract.ConsoleLogIn) { in.OfficerNo = "CTK9999" },
		"an officer without a console":  func(in *contract.ConsoleLogIn) { in.OfficerNo = without.Number },
		"another officer's number":      func(in *contract.ConsoleLogIn) { in.OfficerNo = other.Number },
		"a district that is not served": func(in *contract.ConsoleLogIn) { in.District = 9998 },
		"a wrong passphrase": func(in *contract.ConsoleLogIn) {
			in.Passphrase = "नदी किनारे आठ बगुले शाम को उतरे"
		},
		"a passphrase with a blank behind": func(in *contract.ConsoleLogIn) { in.Passphrase += " " },
		"a wrong code":                     totp("000000"),
		"a used code":                      totp(used),
		"a code of a minute ago":           totp(b.CodeAt(b.Step() - 2)),
		"a code of a minute ahead":         totp(b.CodeAt(b.Step() + 2)),
		"another officer's code":           totp(other.CodeAt(other.Step() + 1)),
		"another officer's passkey":        passkey(other.Passkey.Show(other.Challenge())),
		"a passkey without its key":        passkey(b.Passkey.Another().Show(b.Challenge())),
	} {
		stranger := &apitest.Browser{Officer: b.Officer, On: w.Server}
		a := w.Do(stranger.Dressed(apitest.Post(consoleLogIn, body(change))).With("X-Forwarded-For", "203.0.113.1"))
		if a.Status == http.StatusTooManyRequests {
			t.Fatalf("%s: not judged", name)
		}
		a.Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
		answers = append(answers, bytes.ReplaceAll(a.Body, []byte(a.Header.Get("X-Request-Id")), nil))
		if len(a.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s: a cookie is set", name)
		}
		w.Pass(30 * time.Minute) // so that none of them is told to wait
	}
	for _, a := range answers {
		if !bytes.Equal(a, answers[0]) {
			t.Errorf("%s\n%s", answers[0], a)
		}
	}
	for _, in := range []string{
		`{"district":7,"officer_no":"CTK0001","passphrase":"` + apitest.GoodPassphrase + `"}`,
		`{"district":7,"officer_no":"CTK0001","totp":"123456"}`,
	} {
		if a := b.Page(apitest.Post(consoleLogIn, in)); a.Status < http.StatusBadRequest || a.Status == http.StatusUnauthorized {
			t.Errorf("one factor alone: %d %s", a.Status, a.Body)
		}
	}
}

func TestAnUnknownOfficerAtAConsoleCostsTheSameWork(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.Browser(w.Hire(apitest.Karwi, "centre_incharge"))
	const rounds = 10
	var known, unknown []time.Duration
	for range rounds {
		for _, x := range []struct {
			number string
			took   *[]time.Duration
		}{{b.Number, &known}, {"CTK9999", &unknown}} {
			began := time.Now()
			w.Do(guess(b, x.number, "whatever it may be", "000000", "")).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
			*x.took = append(*x.took, time.Since(began))
			w.Pass(30 * time.Minute)
		}
	}
	least := func(list []time.Duration) time.Duration { return slices.Min(list) }
	ratio := float64(least(known)) / float64(least(unknown))
	t.Logf("the quickest of %d: known %s, unknown %s, ratio %.2f", rounds, least(known), least(unknown), ratio)
	if ratio < 0.25 || ratio > 4 { // without the hash for nobody it is ten and more; a busy machine makes two of one
		t.Errorf("known and unknown differ: %.2f", ratio)
	}
}

func TestAThousandGuessesAtAConsoleAreHardlyJudgedAndKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := world(t, (apitest.Limits{}).Rates, "127.0.0.0/8")
	b := w.Browser(w.Hire(apitest.Karwi, "centre_incharge"))
	b.LogIn() // from now on this browser is known
	judged := func(address func(i int) string) (n int) {
		for i := range 1000 {
			switch a := w.Do(guess(b, b.Number, fmt.Sprintf("guess number %06d", i), "000000", address(i))); a.Status {
			case http.StatusUnauthorized:
				n++
			case http.StatusTooManyRequests:
				if a.Problem().Code != string(contract.CodeTooManyTries) {
					t.Fatalf("%s", a.Body)
				}
			default:
				t.Fatalf("answer %d %s", a.Status, a.Body)
			}
			if i%100 == 99 {
				b.LogIn() // she is not kept out of the browser that she knows
			}
			w.Pass(900 * time.Millisecond)
		}
		return n
	}
	one := judged(func(int) string { return "203.0.113.7" })
	w.Pass(16 * time.Minute)
	many := judged(func(i int) string { return fmt.Sprintf("198.51.%d.%d", 100+i/250, i%250) })
	t.Logf("of 1,000 guesses in 15 minutes %d are judged from one address, %d from 1,000 addresses", one, many)
	if one > 30 || many > 30 || one < 5 || many < 5 {
		t.Errorf("%d, %d are judged", one, many)
	}
	// At a browser that is not known she waits for a quarter of an hour at most.
	fresh := *b
	fresh.Known, fresh.Cookie = "", ""
	w.Pass(15 * time.Minute)
	fresh.LogIn()
	// Nor does one stranger use up what others have: he is alone with his address.
	w.Pass(time.Hour)
	for i := range 30 {
		w.Do(guess(b, b.Number, fmt.Sprintf("guess number %06d", i), "000000", "203.0.113.7"))
	}
	fresh.Known, fresh.Cookie = "", ""
	fresh.LogIn()
	// An address that has tried too often tries nobody, and makes no rows for numbers.
	w.Pass(time.Hour)
	rows := w.Count(`SELECT count(*) FROM tries`)
	told := map[int]int{}
	for i := range 100 {
		told[w.Do(guess(b, fmt.Sprintf("X%05d", i), "guess number one two", "000000", "203.0.113.9")).Status]++
	}
	if told[http.StatusUnauthorized] != 12 || w.Count(`SELECT count(*) FROM tries`) > rows+1+2*12 {
		t.Errorf("of 100 numbers from one address %v, %d rows", told, w.Count(`SELECT count(*) FROM tries`)-rows)
	}
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = 'console_log_in' AND NOT ok`); n > int64(one+many+30+12) {
		t.Errorf("%d events: a stranger fills the table", n)
	}
}

func TestFiveWrongStepUpsEndTheSessionAndTheOfficerIsTold(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	wrong := "000000"
	for range 5 {
		b.Do(apitest.Post(consoleStepUp, contract.ConsoleFactor{Totp: &wrong})).Refused(http.StatusUnauthorized, contract.CodeWrongLogIn, "")
	}
	b.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	if told := w.Told(); !slices.ContainsFunc(told, func(n staff.Notice) bool { return n.Officer == b.ID }) {
		t.Errorf("told %+v", told)
	}
	b.LogIn()
	var list contract.AlarmList
	b.Do(apitest.Get("/v1/alarms")).Into(http.StatusOK, &list)
	if !slices.ContainsFunc(list.Alarms, func(a contract.Alarm) bool { return a.Kind == "console_guessed" }) {
		t.Errorf("%+v", list.Alarms)
	}
}

func TestTenTimesTheUsualFailuresAreAnAlarmOfTheDistrictOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	sp, incharge := w.Enlist("HQ", "sp"), w.Enlist(apitest.Karwi, "centre_incharge")
	fail := func(n int, ago time.Duration) {
		for range n {
			w.SQL(`INSERT INTO auth_events (district_id, event_id, at, kind, ok, code) VALUES (7, $1, $2, 'log_in', false, 'wrong_credentials')`,
				uuid.New(), w.Now().Add(-ago))
		}
	}
	watch := func() (n int) {
		for _, s := range []*apitest.Server{w.Server, second, w.Server} {
			if err := s.Staff.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		return int(w.Count(`SELECT count(*) FROM alarms WHERE kind = 'many_failures'`))
	}
	fail(49, time.Minute)
	if n := watch(); n != 0 {
		t.Errorf("%d alarms for 49 failures", n)
	}
	fail(1, time.Minute)
	if n := watch(); n != 1 {
		t.Errorf("%d alarms for 50 failures in a quiet district", n)
	}
	w.Pass(2 * time.Hour)
	for i := range 168 { // six an hour for a week
		fail(6, time.Hour+time.Duration(i)*time.Hour+time.Minute)
	}
	fail(55, time.Minute)
	if n := watch(); n != 1 {
		t.Errorf("%d alarms for nine times the usual", n)
	}
	fail(20, time.Minute)
	if n := watch(); n != 2 {
		t.Errorf("%d alarms for more than ten times the usual", n)
	}
	kinds := func(x *apitest.Shift) (out []string) {
		var list contract.AlarmList
		x.Refresh()
		x.Do(apitest.Get("/v1/alarms")).Into(http.StatusOK, &list)
		for _, a := range list.Alarms {
			out = append(out, a.Kind)
		}
		return out
	}
	if got := kinds(sp); !slices.Contains(got, "many_failures") {
		t.Errorf("the SP sees %v", got)
	}
	if got := kinds(incharge); slices.Contains(got, "many_failures") {
		t.Errorf("an in-charge sees %v", got)
	}
	woken := slices.DeleteFunc(w.Told(), func(n staff.Notice) bool { return n.Centre != staff.HQ || n.Role != staff.SP })
	if len(woken) != 2 {
		t.Errorf("the SP is woken %d times", len(woken))
	}
}
