package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// entries counts what the books hold.
func entries(w *apitest.World) int64 {
	return w.Count(`SELECT count(*) FROM entries WHERE district_id = 7`)
}

// observed is a signed visit whose observation is the raw JSON text.
func observed(w *apitest.World, x *apitest.Shift, text string) apitest.Item {
	mark := "@@"
	v := w.Visit()
	v.Observation = &mark
	item := x.Op("visit.record", v)
	sealed := x.Seal(bytes.Replace(item.Op, []byte(mark), []byte(text), 1))
	sealed.ID = item.ID
	return sealed
}

func refusedAs(t *testing.T, name string, r contract.Receipt, code contract.Code, pointer string) {
	t.Helper()
	if r.Outcome != contract.OutcomeRefused || r.Problem == nil {
		t.Errorf("%s: %s %+v", name, r.Outcome, r)
		return
	}
	if r.Problem.Code != string(code) || r.Problem.Pointer != pointer {
		t.Errorf("%s: %s at %q, want %s at %q", name, r.Problem.Code, r.Problem.Pointer, code, pointer)
	}
}

func TestABadOpIsItsOwnRefusalAndTheOthersAreEntered(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	bad := []struct {
		name    string
		item    apitest.Item
		code    contract.Code
		pointer string
	}{
		{"NUL", observed(w, x, `\u0000`), contract.CodeBadText, "/body/observation"},
		{"bytes that are not UTF-8", observed(w, x, "\xff\xfe"), contract.CodeBadText, "/body/observation"},
		{"half a surrogate pair", observed(w, x, `\udead`), contract.CodeBadText, "/body/observation"},
		{"an escape of terminals", observed(w, x, `\u001b[2J`), contract.CodeBadText, "/body/observation"},
		{"a field twice", observed(w, x, `x","women":12,"women":"`), contract.CodeDuplicateKey, "/body/women"},
		{"33 levels", observed(w, x, `","topics":`+strings.Repeat("[", 33)+strings.Repeat("]", 33)+`,"intel":"`), contract.CodeTooDeep, ""},
		{"religion", x.Op("visit.record", with(t, w.Visit(), "religion", "x")), contract.CodeUnknownField, "/body"},
		{"a name in another case", x.Op("visit.record", with(t, w.Visit(), "Women", 1)), contract.CodeUnknownField, "/body"},
		{"a number in quotes", x.Op("visit.record", with(t, w.Visit(), "women", "12")), contract.CodeWrongType, "/body/women"},
		{"too many women", x.Op("visit.record", with(t, w.Visit(), "women", 5001)), contract.CodeOutOfRange, "/body/women"},
		{"an unknown place type", x.Op("visit.record", with(t, w.Visit(), "place_type", "moon")), contract.CodeUnknownCode, "/body/place_type"},
		{"a pole passed", x.Op("visit.record", w.Visit(), apitest.At(90.0001, 0, 1)), contract.CodeOutOfRange, "/place/lat"},
		{"an op that is empty", x.Seal([]byte(`{}`)), contract.CodeMissingField, "/kind"},
		{"a kind nobody knows", x.Op("visit.forget", w.Visit()), contract.CodeBadKind, "/kind"},
		{"the clock's own", x.Op("task.expire", contract.TaskExpire{TaskID: uuid.New()}), contract.CodeClockOnly, "/kind"},
		{"another centre", x.Op("visit.record", w.Visit(), apitest.With("centre", "RJP")), contract.CodeNotYourPost, "/centre"},
		{"a centre that is none", x.Op("visit.record", w.Visit(), apitest.With("centre", "ZZZ")), contract.CodeUnknownCentre, "/centre"},
		{"a signature cut short", cut(x.Op("visit.record", w.Visit())), contract.CodeBadSignature, "/sig"},
	}
	var items []apitest.Item
	for _, b := range bad {
		items = append(items, x.Op("visit.record", w.Visit()), b.item)
	}
	size := entries(w)
	for _, lang := range []string{"hi", "en"} {
		var out contract.OpsAnswer
		x.Do(apitest.Post("/v1/ops", w.Batch(items...)).With("Accept-Language", lang)).Into(200, &out)
		for i, b := range bad {
			if r := out.Receipts[2*i]; r.Outcome != contract.OutcomeEntered || r.Repeated != (lang == "en") {
				t.Errorf("beside %s: %+v", b.name, r)
			}
			refusedAs(t, b.name, out.Receipts[2*i+1], b.code, b.pointer)
			want := contract.NewProblem(b.code).Render(contract.Lang(lang))
			if p := out.Receipts[2*i+1].Problem; p != nil && (p.Title != want.Title || p.Advice != want.Advice || p.Status != want.Status) {
				t.Errorf("%s in %s: %+v", b.name, lang, p)
			}
		}
	}
	if n := entries(w) - size; n != int64(len(bad)) {
		t.Errorf("%d entries of %d good ops", n, len(bad))
	}
}

func cut(item apitest.Item) apitest.Item {
	item.Sig = item.Sig[:85]
	return item
}

func TestAMalformedBatchIsRefusedWholeAndStoresNothing(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	good := string(w.Batch(x.Op("visit.record", w.Visit()), x.Op("visit.record", w.Visit())))
	var many []apitest.Item
	for range 201 {
		many = append(many, x.Op("visit.record", w.Visit()))
	}
	size := entries(w)
	for _, f := range []struct {
		name, body string
		status     int
		code       contract.Code
		pointer    string
	}{
		{"cut", good[:len(good)-1], 400, contract.CodeBadJSON, ""},
		{"cut inside the second op", good[:len(good)-150], 400, contract.CodeBadJSON, ""},
		{"twice", good + good, 400, contract.CodeBadJSON, ""},
		{"null", "null", 400, contract.CodeWrongType, ""},
		{"no ops", string(w.Batch()), 400, contract.CodeTooFew, "/items"},
		{"201 ops", string(w.Batch(many...)), 400, contract.CodeTooMany, "/items"},
		{"items twice", strings.Replace(good, `"items"`, `"items":[],"items"`, 1), 400, contract.CodeTooFew, "/items"},
		{"an unknown member", strings.Replace(good, `"items"`, `"centre":"KRW","items"`, 1), 400, contract.CodeUnknownField, ""},
		{"another case", strings.Replace(good, `"items"`, `"Items"`, 1), 400, contract.CodeUnknownField, ""},
		{"no time", strings.Replace(good, `"sent_at"`, `"sent_on"`, 1), 400, contract.CodeUnknownField, ""},
		{"a time that is none", strings.Replace(good, `"sent_at":"2026`, `"sent_at":"26`, 1), 400, contract.CodeBadFormat, "/sent_at"},
		{"an op that is text", strings.Replace(good, `"op":{`, `"op":"x","y":{`, 1), 400, contract.CodeWrongType, "/items/0/op"},
	} {
		for _, lang := range []string{"hi", "en"} {
			x.Do(apitest.Post("/v1/ops", f.body).With("Accept-Language", lang)).Refused(f.status, f.code, f.pointer)
		}
		if t.Failed() {
			t.Fatalf("batch: %s", f.name)
		}
	}
	if n := entries(w); n != size {
		t.Errorf("the book grew by %d", n-size)
	}
	if got := x.Send(many[:200]...); got[199].Outcome != contract.OutcomeEntered {
		t.Errorf("the 200th op: %+v", got[199])
	}
}

func TestAnOpSentAgainHasTheSameReceipt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	item := observed(w, x, "कुछ नहीं")
	inBatch := x.Send(item, item, x.Seal(append(bytes.TrimSuffix(item.Op, []byte("}")), " }"...)))
	if inBatch[0].Repeated || inBatch[0].Outcome != contract.OutcomeEntered {
		t.Fatalf("first: %+v", inBatch[0])
	}
	refusedAs(t, "with one blank more", inBatch[2], contract.CodeOpIDConflict, "/op_id")
	w.Pass(time.Hour)
	old := x
	x = x.Handset.LogIn(x.Officer)
	for _, again := range []contract.Receipt{inBatch[1], x.Send(item)[0], x.Send(item)[0]} {
		if !again.Repeated {
			t.Error("not said to be repeated")
		}
		again.Repeated = false
		if a, b := asMap(t, inBatch[0]), asMap(t, again); text(t, a) != text(t, b) {
			t.Errorf("first %s\nthen  %s", text(t, a), text(t, b))
		}
	}
	changed := old.Seal(bytes.Replace(item.Op, []byte(`"women":12`), []byte(`"women":13`), 1))
	refusedAs(t, "changed", x.Send(changed)[0], contract.CodeOpIDConflict, "/op_id")
	if n := w.Count(`SELECT count(*) FROM entries WHERE op_id = $1`, item.ID); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnOpIsRefusedWhenItsSignatureIsNotItsSessions(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, other := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	good := x.Op("visit.record", w.Visit())
	changed := good
	changed.Op = bytes.Replace(good.Op, []byte(`"women":12`), []byte(`"women":99`), 1)
	moved := good
	moved.Sig = x.Op("visit.record", w.Visit()).Sig
	got := x.Send(changed, other.Seal(good.Op), moved, x.Op("visit.record", w.Visit(), apitest.With("session_id", other.Session.SessionID)),
		x.Op("visit.record", w.Visit(), apitest.With("session_id", uuid.New())), good)
	refusedAs(t, "changed on the way", got[0], contract.CodeBadSignature, "/sig")
	refusedAs(t, "signed by another", got[1], contract.CodeBadSignature, "/sig")
	refusedAs(t, "signature of another op", got[2], contract.CodeBadSignature, "/sig")
	refusedAs(t, "session of another handset", got[3], contract.CodeDeviceMismatch, "/session_id")
	refusedAs(t, "session of nobody", got[4], contract.CodeUnknownSession, "/session_id")
	if got[5].Outcome != contract.OutcomeEntered {
		t.Errorf("the good one: %+v", got[5])
	}
}

func TestAWrongClockIsMeasuredAndCorrected(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	v := w.Visit()
	v.StartedAt, v.EndedAt = contract.At(v.StartedAt.Add(-time.Hour)), contract.At(v.EndedAt.Add(-time.Hour))
	item := x.Op("visit.record", v, apitest.With("device_at", contract.At(w.Now().Add(-time.Hour))))
	body := bytes.Replace(w.Batch(item), []byte(w.Now().Format("T15:04")), []byte(w.Now().Add(-time.Hour).Format("T15:04")), 1)
	var out contract.OpsAnswer
	x.Do(apitest.Post("/v1/ops", body)).Into(200, &out)
	if out.ClockOffsetMs != time.Hour.Milliseconds() || !out.ServerTime.Equal(w.Now()) {
		t.Errorf("offset %d ms at %s", out.ClockOffsetMs, out.ServerTime)
	}
	r := out.Receipts[0]
	if r.Outcome != contract.OutcomeEntered || !r.At.Equal(w.Now()) || len(r.Flags) == 0 {
		t.Errorf("%+v", r)
	}
	if n := w.Count(`SELECT clock_offset_ms FROM devices WHERE device_id = $1`, x.Handset.ID); n != time.Hour.Milliseconds() {
		t.Errorf("stored offset %d", n)
	}
}
