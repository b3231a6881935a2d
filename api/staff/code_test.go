package staff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func TestAnEnrolmentCodeServesOneHandsetOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code, err := h.IssueEnrolCode(t.Context(), district, "MAU")
	h.must(err)
	p := &phone{h: h, key: newKey(t)}
	first, err := h.Enrol(t.Context(), p.enrolment(string(code.Text)))
	h.must(err)
	if first.Centre != "MAU" || first.District != district {
		t.Fatalf("enrolled %+v", first)
	}
	again, err := h.Enrol(t.Context(), p.enrolment(strings.ToLower(string(code.Text)))) // the answer was lost
	h.must(err)
	if again != first {
		t.Fatalf("%+v, then %+v", first, again)
	}
	other := &phone{h: h, key: newKey(t)}
	_, err = h.Enrol(t.Context(), other.enrolment(string(code.Text)))
	wants(t, err, contract.CodeCodeInvalid)
	h.clock.move(24 * time.Hour)
	_, err = h.Enrol(t.Context(), p.enrolment(string(code.Text)))
	wants(t, err, contract.CodeCodeInvalid)
	if n := one[int](h, `SELECT count(*) FROM devices`); n != 1 {
		t.Fatalf("%d handsets", n)
	}
}

func TestAHandsetMovesToAnotherCentreByANewCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.newPhone()
	code, err := h.IssueEnrolCode(t.Context(), district, "MAU")
	h.must(err)
	h.clock.move(time.Minute)
	out, err := h.Enrol(t.Context(), p.enrolment(string(code.Text)))
	h.must(err)
	if out.DeviceID != p.id || out.Centre != "MAU" {
		t.Fatalf("%+v", out)
	}
}

func TestAnEnrolmentIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := &phone{h: h, key: newKey(t)}
	code, err := h.IssueEnrolCode(t.Context(), district, "KRW")
	h.must(err)
	good := string(code.Text)
	for name, c := range map[string]struct {
		in   func() staff.EnrolIn
		code contract.Code
	}{
		"with an unknown code":   {func() staff.EnrolIn { return p.enrolment("7.0123456789ABCDEFGHJKMNPQRS") }, contract.CodeCodeInvalid},
		"of an unknown district": {func() staff.EnrolIn { return p.enrolment("8" + good[1:]) }, contract.CodeCodeInvalid},
		"with no district":       {func() staff.EnrolIn { return p.enrolment(good[2:]) }, contract.CodeCodeInvalid},
		"signed by another key": {func() staff.EnrolIn {
			in := p.enrolment(good)
			in.Sig = sign(t, newKey(t), contract.EnrolMessage(good, in.Nonce, in.PublicKey.Thumbprint()))
			return in
		}, contract.CodeBadSignature},
		"with another's key in the place of its own": {func() staff.EnrolIn {
			in := p.enrolment(good)
			in.PublicKey = jwk(t, newKey(t))
			return in
		}, contract.CodeBadSignature},
		"with a made-up nonce": {func() staff.EnrolIn {
			in := p.enrolment(good)
			in.Nonce = contract.Encode(key(7))
			return in
		}, contract.CodeBadNonce},
	} {
		if _, err := h.Enrol(t.Context(), c.in()); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if _, err := h.IssueEnrolCode(t.Context(), district, "XYZ"); !errors.Is(err, staff.ErrNotKnown) {
		t.Fatalf("a code for no centre: %v", err)
	}
	in := p.enrolment(good)
	_, err = h.Enrol(t.Context(), in)
	h.must(err)
	_, err = h.Enrol(t.Context(), in)
	wants(t, err, contract.CodeDPoPReplayed)
}

func TestAnActivationCodeDiesOfFiveWrongOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	p := h.newPhone()
	code, err := h.IssueActivationCode(t.Context(), district, number(1))
	h.must(err)
	for i := range 5 {
		err := h.SetPIN(t.Context(), p.pinChange(number(1), fmt.Sprintf("AAAAA-0000%d", i), "", goodPIN))
		wants(t, err, contract.CodeCodeInvalid)
	}
	err = h.SetPIN(t.Context(), p.pinChange(number(1), string(code.Text), "", goodPIN))
	wants(t, err, contract.CodeCodeInvalid)
	if n := one[int](h, `SELECT count(*) FROM alarms WHERE kind = 'activation_code_guessed'`); n != 1 {
		t.Fatalf("%d alarms", n)
	}
	p.activate(number(1)) // a new one
	p.begin(number(1))
}

func TestAnActivationCodeServesOnceForADayAndOnlyItsOfficer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.officer(number(1))
	h.officer(number(2))
	p := h.newPhone()
	issue := func() string {
		c, err := h.IssueActivationCode(t.Context(), district, number(1))
		h.must(err)
		return string(c.Text)
	}
	set := func(number, code, pin string) error { return h.SetPIN(t.Context(), p.pinChange(number, code, "", pin)) }
	code := issue()
	wants(t, set(number(2), code, goodPIN), contract.CodeCodeInvalid)
	wants(t, set("NOBODY", code, goodPIN), contract.CodeCodeInvalid)
	typed := strings.ToLower(strings.ReplaceAll(code, "-", ""))
	h.must(set(number(1), typed, goodPIN))
	h.must(set(number(1), code, goodPIN)) // the answer was lost
	wants(t, set(number(1), code, "402816"), contract.CodeCodeInvalid)
	p.begin(number(1))
	old := issue()
	code = issue()
	wants(t, set(number(1), old, "402816"), contract.CodeCodeInvalid) // a newer one was issued
	h.clock.move(24 * time.Hour)
	wants(t, set(number(1), code, "402816"), contract.CodeCodeInvalid)
}

func TestAPINIsChangedByTheOldOneAndEndsSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	wants(t, h.SetPIN(t.Context(), x.phone.pinChange(number(1), "", "402816", "402817")), contract.CodeWrongCredentials)
	wants(t, h.SetPIN(t.Context(), x.phone.pinChange("NOBODY", "", goodPIN, "402817")), contract.CodeWrongCredentials)
	h.must(x.works(h.Service))
	h.must(h.SetPIN(t.Context(), x.phone.pinChange(number(1), "", goodPIN, "402817")))
	wants(t, x.works(h.Service), contract.CodeSessionEnded)
	_, err := h.LogIn(t.Context(), x.phone.logIn(number(1), goodPIN, newKey(t)))
	wants(t, err, contract.CodeWrongCredentials)
	_, err = h.LogIn(t.Context(), x.phone.logIn(number(1), "402817", newKey(t)))
	h.must(err)
	in := x.phone.pinChange(number(1), "", "402817", "402818")
	in.ActivationCode = "AAAAA-00000"
	wants(t, h.SetPIN(t.Context(), in), contract.CodeMissingField)
}

func TestASimplePINIsRefused(t *testing.T) {
	t.Parallel()
	for _, pin := range []string{"000000", "111111", "123456", "234567", "890123", "654321", "098765", "121212", "112211", "123123", "481516"} {
		if !staff.PINTooSimple(pin, "PNO481516") {
			t.Errorf("%s is taken", pin)
		}
	}
	for _, pin := range []string{goodPIN, "402816", "918273", "100384"} {
		if staff.PINTooSimple(pin, "PNO481516") {
			t.Errorf("%s is refused", pin)
		}
	}
	if !staff.PINTooSimple("148159", "PNO4815") || staff.PINTooSimple("738105", "B10") {
		t.Error("digits of the number")
	}
	h := newHouse(t)
	p := h.newPhone()
	wants(t, h.SetPIN(t.Context(), p.pinChange(number(1), "AAAAA-00000", "", "123456")), contract.CodePinTooSimple)
	wants(t, h.SetPIN(t.Context(), p.pinChange(number(1), "AAAAA-00000", "", "12345")), contract.CodeBadFormat)
}

func TestTheFirstAdministratorsCodesDieAfterAQuarterHourAndServeOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := staff.Officer{Number: "adm1", NameHi: "प्रशासक", NameEn: "Administrator", Rank: "inspector"}
	late, err := h.Bootstrap(t.Context(), district, admin)
	h.must(err)
	h.clock.move(15 * time.Minute)
	p := &phone{h: h, key: newKey(t)}
	_, err = h.Enrol(t.Context(), p.enrolment(string(late.EnrolCode)))
	wants(t, err, contract.CodeCodeInvalid)
	replaced, err := h.Bootstrap(t.Context(), district, admin)
	h.must(err)
	now, err := h.Bootstrap(t.Context(), district, admin)
	h.must(err)
	if late.OfficerID != now.OfficerID {
		t.Fatal("a second officer")
	}
	_, err = h.Enrol(t.Context(), p.enrolment(string(replaced.EnrolCode)))
	wants(t, err, contract.CodeCodeInvalid)
	out, err := h.Enrol(t.Context(), p.enrolment(string(now.EnrolCode)))
	h.must(err)
	p.id = out.DeviceID
	if out.Centre != staff.HQ {
		t.Fatalf("enrolled at %s", out.Centre)
	}
	h.post(now.OfficerID, staff.Sysadmin, staff.HQ)
	h.must(h.SetPIN(t.Context(), p.pinChange("ADM1", string(now.ActivationCode), "", goodPIN)))
	p.begin("ADM1")
	if _, err := h.Bootstrap(t.Context(), district, admin); !errors.Is(err, staff.ErrBootstrapped) {
		t.Fatalf("once more: %v", err)
	}
}

func TestNoTableHoldsACodeAPINOrAToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boot, err := h.Bootstrap(t.Context(), district, staff.Officer{Number: "A1", NameHi: "प्रशासक", NameEn: "A", Rank: "si"})
	h.must(err)
	h.officer(number(1))
	enrol, err := h.IssueEnrolCode(t.Context(), district, "KRW")
	h.must(err)
	p := &phone{h: h, key: newKey(t)}
	out, err := h.Enrol(t.Context(), p.enrolment(string(enrol.Text)))
	h.must(err)
	p.id = out.DeviceID
	activation, err := h.IssueActivationCode(t.Context(), district, number(1))
	h.must(err)
	h.must(h.SetPIN(t.Context(), p.pinChange(number(1), string(activation.Text), "", goodPIN)))
	x := p.begin(number(1))
	next, err := h.Refresh(t.Context(), x.refresh(x.Refresh))
	h.must(err)
	canaries := map[string]string{"access token": string(x.Access), "next access token": string(next.Access)}
	for name, text := range map[string]staff.Secret{
		"enrolment code": enrol.Text, "activation code": activation.Text, "first enrolment code": boot.EnrolCode,
		"first activation code": boot.ActivationCode, "refresh token": x.Refresh, "next refresh token": next.Refresh,
	} {
		canaries[name] = string(text)
		part := strings.LastIndexByte(string(text), '.') // what follows may hold a '-' of its own
		if part < 0 {
			part = strings.LastIndexByte(string(text), '-')
		}
		canaries[name+", its last part"] = string(text[part+1:])
		canaries[name+", as typed"] = strings.ReplaceAll(string(text), "-", "")
	}
	dump := h.dump()
	for name, text := range canaries {
		if text != "" && strings.Contains(dump, text) {
			t.Errorf("%s stands in a table", name)
		}
	}
	if regexp.MustCompile(`\b` + goodPIN + `\b`).MatchString(dump) {
		t.Error("the PIN stands in a table")
	}
	if !strings.Contains(dump, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error("no argon2id with the cost that was meant")
	}
}

// dump is every row of every table as text, by a superuser.
func (h *house) dump() string {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.db.URL)
	h.must(err)
	defer conn.Close(h.t.Context())
	rows, err := conn.Query(h.t.Context(), `SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`)
	h.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	h.must(err)
	var all strings.Builder
	for _, table := range tables {
		rows, err := conn.Query(h.t.Context(), `SELECT x::text FROM `+pgx.Identifier{table}.Sanitize()+` x`)
		h.must(err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		h.must(err)
		all.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return all.String()
}

func TestASecretPrintsAsNothing(t *testing.T) {
	t.Parallel()
	in := staff.LogInIn{PIN: goodPIN}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "in", in, "pin", in.PIN)
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(in), fmt.Sprintf("%v %+v %#v %s %q %x", in, in, in, in.PIN, in.PIN, in.PIN), string(text), log.String(),
		fmt.Errorf("pin %s", in.PIN).Error(), //nolint:err113 // what a careless line would do
	} {
		if strings.Contains(s, goodPIN) || strings.Contains(s, "373339313035") {
			t.Errorf("printed: %s", s)
		}
	}
}
