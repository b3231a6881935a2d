package contract_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
)

// visit is an op without whitespace, so that its text can be changed by replacement.
const visit = `{"op_id":"0199f2a0-4c04-7a31-8b5e-005d1c010000","kind":"visit.record","centre":"KRW",` +
	`"session_id":"0199f29f-1000-7b40-9d40-3c3d3e3f4001","device_seq":17,"device_at":"2026-10-05T12:14:40.120+05:30",` +
	`"place":{"lat":25.2043,"lon":80.9517,"accuracy_m":14},"salt":"AAAAAAAAAAAAAAAAAAAAAA",` +
	`"body":{"started_at":"2026-10-05T11:20:00Z","ended_at":"2026-10-05T12:10:00Z","place_type":"village","is_chaupal":true,` +
	`"women":34,"girls":12,"topics":["cyber","dowry"],"sensitive_places":["गली"],"key_contacts":"सुनीता","observation":"दो महिलायें"}}`

// person is the same for the kind with the most sealed fields.
const person = `{"op_id":"0199f2a0-4c04-7a31-8b5e-005d1c010001","kind":"squad.person","centre":"KRW",` +
	`"session_id":"0199f29f-1000-7b40-9d40-3c3d3e3f4001","device_seq":18,"device_at":"2026-10-05T12:14:40.120Z",` +
	`"salt":"AAAAAAAAAAAAAAAAAAAAAA","body":{"squad_id":"0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001","place_type":"school",` +
	`"seen_at":"2026-10-05T11:20:00Z","ground":"seen_following","facts":"followed two girls from the gate","name":"राकेश",` +
	`"age":23,"is_child":false,"mobile":"9450000000","complainant_id":"प्राचार्या","outcome":"warned"}}`

func nested(depth int) string {
	return strings.Repeat("[", depth) + strings.Repeat("]", depth)
}

func TestEveryFaultOfAnOpHasItsCodeAndPlace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string
		code           contract.Code
		pointer        string
	}{
		{"a member nobody knows", `"women":34`, `"women":34,"caste":"x"`, contract.CodeUnknownField, "/body"},
		{"a member the server sets", `"salt"`, `"seq":5,"salt"`, contract.CodeUnknownField, ""},
		{"a name in the wrong case", `"women"`, `"Women"`, contract.CodeUnknownField, "/body"},
		{"a member given twice", `"women":34`, `"women":34,"women":35`, contract.CodeDuplicateKey, "/body/women"},
		{"a member given twice under an escaped name", `"women":34`, `"women":34,"\u0077omen":35`, contract.CodeDuplicateKey, "/body/women"},
		{"a head member given twice", `"centre":"KRW"`, `"centre":"KRW","centre":"BRK"`, contract.CodeDuplicateKey, "/centre"},
		{"the kind given twice", `"centre":"KRW"`, `"kind":"duty.end","centre":"KRW"`, contract.CodeDuplicateKey, "/kind"},
		{"a member left out", `"women":34,`, ``, contract.CodeMissingField, "/body/women"},
		{"the kind left out", `"kind":"visit.record",`, ``, contract.CodeMissingField, "/kind"},
		{"the salt left out", `"salt":"AAAAAAAAAAAAAAAAAAAAAA",`, ``, contract.CodeMissingField, "/salt"},
		{"an unknown kind", `visit.record`, `visit.erase`, contract.CodeBadKind, "/kind"},
		{"a kind that is no text", `"visit.record"`, `7`, contract.CodeWrongType, "/kind"},
		{"a number as text", `"women":34`, `"women":"34"`, contract.CodeWrongType, "/body/women"},
		{"text as a number", `"KRW"`, `7`, contract.CodeWrongType, "/centre"},
		{"null for a number", `"women":34`, `"women":null`, contract.CodeWrongType, "/body/women"},
		{"null for text", `"observation":"दो महिलायें"`, `"observation":null`, contract.CodeWrongType, "/body/observation"},
		{"a list for an object", `"place":{"lat":25.2043,"lon":80.9517,"accuracy_m":14}`, `"place":[]`, contract.CodeWrongType, "/place"},
		{"an object for a list", `["cyber","dowry"]`, `{}`, contract.CodeWrongType, "/body/topics"},
		{"a number for a yes", `"is_chaupal":true`, `"is_chaupal":1`, contract.CodeWrongType, "/body/is_chaupal"},
		{"a yes for a number", `"women":34`, `"women":true`, contract.CodeWrongType, "/body/women"},
		{"a fraction of a woman", `"women":34`, `"women":34.0`, contract.CodeWrongType, "/body/women"},
		{"an integer with an exponent", `"women":34`, `"women":3e1`, contract.CodeWrongType, "/body/women"},
		{"an integer past the double", `"device_seq":17`, `"device_seq":9007199254740993`, contract.CodeOutOfRange, "/device_seq"},
		{"an integer past 64 bits", `"device_seq":17`, `"device_seq":99999999999999999999`, contract.CodeOutOfRange, "/device_seq"},
		{"an integer below", `"device_seq":17`, `"device_seq":0`, contract.CodeOutOfRange, "/device_seq"},
		{"one woman too many", `"women":34`, `"women":5001`, contract.CodeOutOfRange, "/body/women"},
		{"less than nobody", `"women":34`, `"women":-1`, contract.CodeOutOfRange, "/body/women"},
		{"north of the pole", `25.2043`, `90.0001`, contract.CodeOutOfRange, "/place/lat"},
		{"a number past the double", `25.2043`, `1e400`, contract.CodeOutOfRange, "/place/lat"},
		{"a body that is null", visit[strings.Index(visit, `"body":`)+7 : len(visit)-1], `null`, contract.CodeWrongType, "/body"},
		{"an id in another form", `0199f29f-1000-7b40-9d40-3c3d3e3f4001`, `{0199f29f10007b409d403c3d3e3f400123}`, contract.CodeBadFormat, "/session_id"},
		{"an op_id of version 4", `4c04-7a31`, `4c04-4a31`, contract.CodeBadFormat, "/op_id"},
		{"an op_id in capitals", `0199f2a0`, `0199F2A0`, contract.CodeBadFormat, "/op_id"},
		{"a centre in small letters", `"KRW"`, `"krw"`, contract.CodeBadFormat, "/centre"},
		{"a time without an offset", `2026-10-05T12:14:40.120+05:30`, `2026-10-05T12:14:40.120`, contract.CodeBadFormat, "/device_at"},
		{"a day the calendar lacks", `2026-10-05T11:20:00Z`, `2026-02-30T11:20:00Z`, contract.CodeBadFormat, "/body/started_at"},
		{"a short salt", `AAAAAAAAAAAAAAAAAAAAAA`, `AAAA`, contract.CodeTooShort, "/salt"},
		{"a long code", `"village"`, `"` + strings.Repeat("v", 41) + `"`, contract.CodeTooLong, "/body/place_type"},
		{"a code with a space", `"cyber"`, `"cyber crime"`, contract.CodeBadFormat, "/body/topics/0"},
		{"an empty text", `"observation":"दो महिलायें"`, `"observation":""`, contract.CodeTooShort, "/body/observation"},
		{"a text one letter too long", `दो महिलायें`, strings.Repeat("क", 2001), contract.CodeTooLong, "/body/observation"},
		{"a provider nobody knows", `"accuracy_m":14`, `"accuracy_m":14,"provider":"stars"`, contract.CodeBadEnum, "/place/provider"},
		{"too many in a list", `["गली"]`, `["क"` + strings.Repeat(`,"क"`, 10) + `]`, contract.CodeTooMany, "/body/sensitive_places"},
		{"NUL", `दो महिलायें`, `दो\u0000`, contract.CodeBadText, "/body/observation"},
		{"a control character", `दो महिलायें`, `दो\u0007`, contract.CodeBadText, "/body/observation"},
		{"a carriage return", `दो महिलायें`, `दो\r\n`, contract.CodeBadText, "/body/observation"},
		{"a raw control character", `दो महिलायें`, "दो\x01", contract.CodeBadText, "/body/observation"},
		{"DEL", `दो महिलायें`, "दो\x7f", contract.CodeBadText, "/body/observation"},
		{"C1", `दो महिलायें`, "दो\u0085", contract.CodeBadText, "/body/observation"},
		{"half a surrogate pair", `दो महिलायें`, `दो\ud800`, contract.CodeBadText, "/body/observation"},
		{"the other half", `दो महिलायें`, `दो\udc00x`, contract.CodeBadText, "/body/observation"},
		{"bytes that are not UTF-8", `दो महिलायें`, "दो\xff", contract.CodeBadText, "/body/observation"},
		{"an escape JSON lacks", `दो महिलायें`, `दो\x41`, contract.CodeBadJSON, ""},
		{"a second document", visit, visit + visit, contract.CodeBadJSON, ""},
		{"bytes after the end", visit, visit + "x", contract.CodeBadJSON, ""},
		{"a cut text", visit, visit[:len(visit)-2], contract.CodeBadJSON, ""},
		{"a comma too many", `"girls":12,`, `"girls":12,,`, contract.CodeBadJSON, ""},
		{"a leading zero", `"women":34`, `"women":034`, contract.CodeBadJSON, ""},
		{"not a number", `"women":34`, `"women":NaN`, contract.CodeBadJSON, ""},
		{"nothing", visit, ``, contract.CodeBadJSON, ""},
		{"null", visit, `null`, contract.CodeWrongType, ""},
		{"a list", visit, `[]`, contract.CodeWrongType, ""},
		{"33 levels", `["cyber","dowry"]`, nested(31), contract.CodeTooDeep, ""},
		{"100,000 levels", `["cyber","dowry"]`, nested(100000), contract.CodeTooDeep, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := strings.Replace(visit, tt.from, tt.to, 1)
			if raw == visit {
				t.Fatal("nothing was changed")
			}
			_, _, err := contract.DecodeOp([]byte(raw))
			expectViolation(t, err, tt.code, tt.pointer)
		})
	}
}

func expectViolation(t *testing.T, err error, code contract.Code, pointer string) {
	t.Helper()
	var v *contract.Violation
	if !errors.As(err, &v) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if v.Code != code || v.Pointer != pointer {
		t.Errorf("got %s at %q, want %s at %q", v.Code, v.Pointer, code, pointer)
	}
	for _, c := range v.Error() + v.Detail {
		if c > 0x7e {
			t.Errorf("the violation tells what was sent: %v %q", v, v.Detail)
		}
	}
}

func TestWhatAPhoneMayWellSendIsTaken(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, to string }{
		{"as it is", "", ""},
		{"members in another order", `"kind":"visit.record",`, ``},
		{"white space", `,"place"`, ",\n\t \"place\""},
		{"minus zero", `"lat":25.2043`, `"lat":-0`},
		{"an exponent in a coordinate", `"lat":25.2043`, `"lat":2.52043e1`},
		{"the pole", `"lat":25.2043`, `"lat":90`},
		{"line feed and tab", `दो महिलायें`, `दो\n\tमहिलायें`},
		{"a whole surrogate pair", `दो महिलायें`, `\ud83d\ude00`},
		{"text of the greatest length", `दो महिलायें`, strings.Repeat("क", 2000)},
		{"an escaped kind", `visit.record`, `visit\u002erecord`},
		{"an empty list", `["cyber","dowry"]`, `[]`},
		{"a nanosecond", `11:20:00Z`, `11:20:00.123456789-03:30`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := visit
			if tt.from != "" {
				raw = strings.Replace(visit, tt.from, tt.to, 1)
			}
			if tt.to == "" && tt.from != "" {
				raw = strings.TrimSuffix(raw, "}") + `,"kind":"visit.record"}`
			}
			before := strings.Clone(raw)
			b := []byte(raw)
			op, report, err := contract.DecodeOp(b)
			if err != nil {
				t.Fatal(err)
			}
			if string(b) != before {
				t.Error("the bytes that were signed have been changed")
			}
			if _, err := contract.DecodeBody[contract.VisitRecord](op.Body); err != nil {
				t.Errorf("passed, but its type cannot take it: %v", err)
			}
			if len(report.Sealed) != 2 {
				t.Errorf("sealed fields: %v", report.Sealed)
			}
		})
	}
}

func TestTheHeadIsReadWithTheOp(t *testing.T) {
	t.Parallel()
	op, report, err := contract.DecodeOp([]byte("\n " + visit + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(op.ID, op.Kind, op.Centre, op.SessionID, op.DeviceSeq, op.DeviceAt.Format(contract.TimeLayout), op.Salt, op.Place.Lat, op.Place.Lon, op.Place.AccuracyM, op.Place.Mock == nil)
	want := "0199f2a0-4c04-7a31-8b5e-005d1c010000 visit.record KRW 0199f29f-1000-7b40-9d40-3c3d3e3f4001 17 2026-10-05T06:44:40.120Z AAAAAAAAAAAAAAAAAAAAAA 25.2043 80.9517 14 true\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if string(op.Raw) != visit || string(op.Raw[op.BodyAt:op.BodyAt+len(op.Body)]) != string(op.Body) {
		t.Error("Raw or Body is not what was sent")
	}
	if !slices.Equal(report.Codes, []contract.CodeRef{
		{List: "place_type", Code: "village", Pointer: "/body/place_type"},
		{List: "topic", Code: "cyber", Pointer: "/body/topics/0"},
		{List: "topic", Code: "dowry", Pointer: "/body/topics/1"},
	}) {
		t.Errorf("codes: %v", report.Codes)
	}
	if !slices.Equal(report.OpenTexts, []contract.TextRef{{Pointer: "/body/sensitive_places/0", Text: "गली"}}) {
		t.Errorf("open texts: %v", report.OpenTexts)
	}
}

func TestSealedSpansAreTheExactBytesOfTheirValues(t *testing.T) {
	t.Parallel()
	op, report, err := contract.DecodeOp([]byte(person))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range append(report.Sealed, report.Salt) {
		got = append(got, fmt.Sprintf("%c %s %s", s.Class, s.Pointer, op.Raw[s.Start:s.End]))
	}
	want := []string{
		`X /body/facts "followed two girls from the gate"`,
		`X /body/name "राकेश"`,
		`X /body/age 23`,
		`X /body/is_child false`,
		`X /body/mobile "9450000000"`,
		`V /body/complainant_id "प्राचार्या"`,
		`S /salt "AAAAAAAAAAAAAAAAAAAAAA"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	open := string(contract.OpenView(op.Raw, report.Sealed))
	for _, secret := range []string{"followed", "राकेश", "9450000000", "प्राचार्या", "23"} {
		if strings.Contains(strings.ReplaceAll(open, "2026", ""), `"`+secret) {
			t.Errorf("the open view shows %s: %s", secret, open)
		}
	}
	body, err := contract.DecodeBody[contract.SquadPerson](contract.OpenView(op.Body, op.BodySpans(report.Sealed)))
	if err != nil || body.Name != nil || body.Age != nil || body.Facts != "" || body.Ground != "seen_following" {
		t.Errorf("open body: %+v, %v", body, err)
	}
}

func TestASealedOpIsReadLikeAnOpenOne(t *testing.T) {
	t.Parallel()
	op, report, err := contract.DecodeOp([]byte(person))
	if err != nil {
		t.Fatal(err)
	}
	sealed := replaceSpans(op.Raw, append([]contract.Span{report.Salt}, report.Sealed...), `"`+contract.SealPrefix+`c2VhbGVk"`)
	if _, _, err := contract.DecodeOp(sealed); err == nil {
		t.Error("a phone sent sealed values and was heard")
	}
	again, report2, err := contract.DecodeSealedOp(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != op.ID || again.Salt != "" || len(report2.Sealed) != len(report.Sealed) || report2.Salt.Start == 0 {
		t.Errorf("read %+v %+v", again, report2)
	}
	for i := range report.Sealed {
		if report.Sealed[i].Pointer != report2.Sealed[i].Pointer || report.Sealed[i].Class != report2.Sealed[i].Class {
			t.Errorf("span %d is %v, was %v", i, report2.Sealed[i], report.Sealed[i])
		}
	}
	elsewhere := bytes.Replace([]byte(person), []byte(`"warned"`), []byte(`"`+contract.SealPrefix+`x"`), 1)
	_, _, err = contract.DecodeSealedOp(elsewhere)
	expectViolation(t, err, contract.CodeBadFormat, "/body/outcome")
}

func replaceSpans(raw []byte, spans []contract.Span, with string) []byte {
	var out []byte
	from := 0
	for _, s := range spans {
		out = append(append(out, raw[from:s.Start]...), with...)
		from = s.End
	}
	return append(out, raw[from:]...)
}

func TestExactlyOneIsHeld(t *testing.T) {
	t.Parallel()
	s := contract.BodySchema(contract.KindEntryCorrect)
	head := `{"corrects_id":"0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001","reason":"भूल से"`
	_, err := s.Check([]byte(head + `,"strike":true}`))
	if err != nil {
		t.Error(err)
	}
	_, err = s.Check([]byte(head + `}`))
	expectViolation(t, err, contract.CodeTooFew, "")
	_, err = s.Check([]byte(head + `,"strike":false}`))
	expectViolation(t, err, contract.CodeBadEnum, "/strike")
	_, err = contract.BodySchema(contract.KindTaskSend).Check([]byte(`{"to":{"role":"sho","officer_id":"0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001"},"task_kind":"visit","urgency":"soon"}`))
	expectViolation(t, err, contract.CodeTooMany, "/to")
	if contract.BodySchema("visit.erase") != nil {
		t.Error("a kind that does not exist has a schema")
	}
}

func TestAnOpThatCannotBeReadCanStillBeNamed(t *testing.T) {
	t.Parallel()
	id, ok := contract.ReadOpID([]byte(strings.Replace(visit, `"KRW"`, `"`+"\xff"+`"`, 1)))
	if !ok || id.String() != "0199f2a0-4c04-7a31-8b5e-005d1c010000" {
		t.Errorf("got %v %v", id, ok)
	}
	for _, raw := range []string{``, `{}`, `null`, `{"op_id":7}`, `{"op_id":"x"}`} {
		if id, ok := contract.ReadOpID([]byte(raw)); ok {
			t.Errorf("%s is named %v", raw, id)
		}
	}
}
