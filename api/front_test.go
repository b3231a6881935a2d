package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// fault is a request that the front must not let through.
type fault struct {
	name    string
	req     apitest.Request
	status  int
	code    contract.Code
	pointer string
}

// inBothLanguages checks that each fault is told with code, status and pointer,
// in Hindi and in English.
func inBothLanguages(t *testing.T, w *apitest.World, faults []fault) {
	t.Helper()
	for _, f := range faults {
		titles := map[string]bool{}
		for _, lang := range []string{"", "hi-IN,hi;q=0.9,en;q=0.8", "en-IN,en;q=0.9"} {
			a := w.Do(f.req.With("Accept-Language", lang))
			if a.Status < http.StatusBadRequest {
				t.Errorf("%s: answered %d", f.name, a.Status)
				continue
			}
			p := a.Problem()
			if a.Status != f.status || p.Code != string(f.code) || p.Pointer != f.pointer {
				t.Errorf("%s: %d %s at %q, want %d %s at %q", f.name, a.Status, p.Code, p.Pointer, f.status, f.code, f.pointer)
			}
			titles[p.Title] = true
		}
		if len(titles) != 2 {
			t.Errorf("%s: titles %v", f.name, titles)
		}
	}
}

func enrol(body string) apitest.Request { return apitest.Post("/v1/devices", body) }

// enrolment is a good body of an open call.
func enrolment(t *testing.T, w *apitest.World) string {
	t.Helper()
	body := asMap(t, sample(t, contract.RouteOf("enrolDevice")).Body)
	body["label"] = "@" // to be spoiled
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	w.Do(enrol(string(text))).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "") // nothing else is wrong with it
	return string(text)
}

func TestTheFrontTakesOneStrictDocumentOnly(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	good := enrolment(t, w)
	label := func(text string) apitest.Request { return enrol(strings.Replace(good, "@", text, 1)) }
	inBothLanguages(t, w, []fault{
		{"another content type", enrol(good).With("Content-Type", "text/plain"), 415, contract.CodeBadContentType, ""},
		{"a form", enrol("code=1").With("Content-Type", "application/x-www-form-urlencoded"), 415, contract.CodeBadContentType, ""},
		{"no content type", enrol(good).With("Content-Type", ""), 415, contract.CodeBadContentType, ""},
		{"another charset", enrol(good).With("Content-Type", "application/json; charset=latin1"), 415, contract.CodeBadContentType, ""},
		{"an unknown field", enrol(strings.Replace(good, "{", `{"aadhaar":1,`, 1)), 400, contract.CodeUnknownField, ""},
		{"a field twice", enrol(strings.Replace(good, "{", `{"code":"7.Jm3vY8qW1rT6uZ0bN5cKxQ",`, 1)), 400, contract.CodeDuplicateKey, "/code"},
		{"a field in another case", enrol(strings.Replace(good, `"code"`, `"Code"`, 1)), 400, contract.CodeUnknownField, ""},
		{"a second document", enrol(good + good), 400, contract.CodeBadJSON, ""},
		{"null", enrol(`null`), 400, contract.CodeWrongType, ""},
		{"a list", enrol(`[]`), 400, contract.CodeWrongType, ""},
		{"nothing", enrol(``), 400, contract.CodeBadJSON, ""},
		{"a cut document", enrol(good[:len(good)-1]), 400, contract.CodeBadJSON, ""},
		{"a field that is missing", enrol(`{}`), 400, contract.CodeMissingField, "/code"},
		{"bytes that are not UTF-8", label("\xff"), 422, contract.CodeBadText, "/label"},
		{"NUL as an escape", label(`\u0000`), 422, contract.CodeBadText, "/label"},
		{"half a surrogate pair", label(`\ud800`), 422, contract.CodeBadText, "/label"},
		{"a control character", label(`\u001b[31m`), 422, contract.CodeBadText, "/label"},
		{"33 levels", enrol(strings.Replace(good, `"@"`, strings.Repeat("[", 32)+strings.Repeat("]", 32), 1)), 400, contract.CodeTooDeep, ""},
		{"a text that is too long", label(strings.Repeat("क", 300)), 422, contract.CodeTooLong, "/label"},
	})
}

func TestASecondDocumentBehindAGoodOneIsRefused(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	put := apitest.Request{Method: http.MethodPut, Path: "/v1/devices/self/push-token"}
	for _, tail := range []string{`{"token":"b"}`, `null`, `,`, `x`, "\x00"} {
		put.Body = `{"token":"a"}` + tail
		x.Do(put).Refused(http.StatusBadRequest, contract.CodeBadJSON, "")
	}
	put.Body = " {\"token\":\"a\"}\r\n"
	x.Do(put.With("Content-Type", "Application/JSON; charset=UTF-8")).Into(http.StatusNoContent, nil)
}

func TestNumbersOutOfRangeAreToldByTheirPlace(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	fixes := func(member, value string) apitest.Request {
		fix := strings.Replace(`{"at":"2026-11-18T04:30:00.000Z","lat":25.2,"lon":80.9,"accuracy_m":5}`, `"`+member+`":`, `"`+member+`":`+value+`,"x":`, 1)
		return apitest.Post("/v1/positions", `{"fixes":[`+fix+`]}`)
	}
	pin := func(district string) apitest.Request {
		return apitest.Request{Method: http.MethodPut, Path: "/v1/officers/self/pin", Body: `{"district":` + district + `}`}
	}
	inBothLanguages(t, w, []fault{
		{"a pole passed", fixes("lat", "90.0001"), 422, contract.CodeOutOfRange, "/fixes/0/lat"},
		{"swapped axes past the edge", fixes("lat", "-180"), 422, contract.CodeOutOfRange, "/fixes/0/lat"},
		{"the antimeridian passed", fixes("lon", "180.0001"), 422, contract.CodeOutOfRange, "/fixes/0/lon"},
		{"1e300", fixes("lon", "1e300"), 422, contract.CodeOutOfRange, "/fixes/0/lon"},
		{"a number beyond all", fixes("lon", "1e400"), 422, contract.CodeOutOfRange, "/fixes/0/lon"},
		{"not a number", fixes("lon", "NaN"), 400, contract.CodeBadJSON, ""},
		{"a negative accuracy", fixes("accuracy_m", "-1"), 422, contract.CodeOutOfRange, "/fixes/0/accuracy_m"},
		{"a district of 64 bits", pin("9007199254740993"), 422, contract.CodeOutOfRange, "/district"},
		{"a district past 64 bits", pin("99999999999999999999"), 422, contract.CodeOutOfRange, "/district"},
		{"a district in parts", pin("7.5"), 400, contract.CodeWrongType, "/district"},
		{"a district in quotes", pin(`"7"`), 400, contract.CodeWrongType, "/district"},
		{"501 fixes", apitest.Post("/v1/positions", `{"fixes":[`+strings.Repeat(`{"at":"2026-11-18T04:30:00.000Z","lat":25.2,"lon":80.9,"accuracy_m":5},`, 500)+`{}]}`), 422, contract.CodeTooMany, "/fixes"},
		{"no fix", apitest.Post("/v1/positions", `{"fixes":[]}`), 422, contract.CodeTooFew, "/fixes"},
	})
}

func TestQueriesAreCheckedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	get := func(query string) apitest.Request { return apitest.Get("/v1/feed?" + query) }
	inBothLanguages(t, w, []fault{
		{"one twice", get("centre=KRW&centre=BRK"), 400, contract.CodeRepeatedParameter, "centre"},
		{"one twice, alike", get("centre=KRW&centre=KRW"), 400, contract.CodeRepeatedParameter, "centre"},
		{"an unknown one", get("centre=KRW&all=1"), 400, contract.CodeUnknownParameter, ""},
		{"another case", get("Centre=KRW"), 400, contract.CodeUnknownParameter, ""},
		{"none", get(""), 400, contract.CodeMissingParameter, "centre"},
		{"no form of a centre", get("centre=krw"), 422, contract.CodeBadFormat, "centre"},
		{"an order to the database", get("centre=K%27%3B--"), 422, contract.CodeBadFormat, "centre"},
		{"a page too long", get("centre=KRW&limit=501"), 422, contract.CodeOutOfRange, "limit"},
		{"a page of nothing", get("centre=KRW&limit=0"), 422, contract.CodeOutOfRange, "limit"},
		{"a cursor below", get("centre=KRW&after=-1"), 422, contract.CodeOutOfRange, "after"},
		{"a cursor that is text", get("centre=KRW&after=one"), 400, contract.CodeWrongType, "after"},
		{"a query where none is", apitest.Get("/v1/hello?x=1"), 400, contract.CodeUnknownParameter, ""},
		{"a year before all", apitest.Get("/v1/registers/squad?centre=KRW&year=1999"), 422, contract.CodeOutOfRange, "year"},
		{"a day that the calendar lacks", apitest.Get("/v1/registers/squad?centre=KRW&year=2026&from=2026-02-30"), 422, contract.CodeBadFormat, "from"},
		{"a state nobody knows", apitest.Get("/v1/tasks?centre=KRW&state=lost"), 422, contract.CodeBadEnum, "state"},
		{"a register nobody keeps", apitest.Get("/v1/registers/diary?centre=KRW&year=2026"), 404, contract.CodeNotFound, ""},
	})
}

func TestABodyOverTheLimitIsRefusedInWordsThatThePhoneGetsToRead(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	const limit = 1 << 20
	good := enrolment(t, w)
	big := func(n int) []byte { return bytes.Repeat([]byte{' '}, n) }
	inBothLanguages(t, w, []fault{
		{"one byte more", enrol(string(big(limit + 1))), 413, contract.CodeBodyTooLarge, ""},
		{"five times as much", enrol(string(big(5 * limit))), 413, contract.CodeBodyTooLarge, ""},
		{"just the limit", enrol(string(big(limit))), 400, contract.CodeBadJSON, ""},
		{"a bomb", apitest.Post("/v1/devices", apitest.Pack(big(100<<20))).With("Content-Encoding", "gzip"), 413, contract.CodeBodyTooLarge, ""},
		{"one packed byte more", apitest.Post("/v1/devices", apitest.Pack(big(limit+1))).With("Content-Encoding", "gzip"), 413, contract.CodeBodyTooLarge, ""},
		{"just the limit, packed", apitest.Post("/v1/devices", apitest.Pack(big(limit))).With("Content-Encoding", "gzip"), 400, contract.CodeBadJSON, ""},
		{"said to be packed and not", enrol(good).With("Content-Encoding", "gzip"), 400, contract.CodeBadEncoding, ""},
		{"packed and cut", apitest.Post("/v1/devices", apitest.Pack(big(9000))[:30]).With("Content-Encoding", "gzip"), 400, contract.CodeBadEncoding, ""},
		{"packed another way", enrol(good).With("Content-Encoding", "br"), 400, contract.CodeBadEncoding, ""},
		{"packed twice", apitest.Post("/v1/devices", apitest.Pack(apitest.Pack(big(9)))).With("Content-Encoding", "gzip, gzip"), 400, contract.CodeBadEncoding, ""},
	})
}

func TestAHeadThatIsTooLongIsRefusedInTheSameForm(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	head := "GET /v1/hello HTTP/1.1\r\nHost: x\r\nCookie: "
	head += strings.Repeat("x", 16<<10-len(head)) // and no end
	if _, err := conn.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var p contract.ProblemJSON
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 413 || p.Code != string(contract.CodeBodyTooLarge) || p.RequestID == "" || res.Header.Get("Cache-Control") != "no-store" ||
		res.Header.Get("Content-Type") != "application/problem+json" || p.RequestID != res.Header.Get("X-Request-Id") {
		t.Errorf("%d %+v, %v", res.StatusCode, p, res.Header)
	}
	if log := w.Log.String(); !strings.Contains(log, `"route":"none","status":413`) {
		t.Errorf("log: %s", log)
	}
}

func TestAPackedBodyIsReadLikeAPlainOne(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	item := x.Op("visit.record", w.Visit())
	var plain, packed contract.OpsAnswer
	x.Do(apitest.Post("/v1/ops", apitest.Pack(w.Batch(item))).With("Content-Encoding", "gzip")).Into(200, &packed)
	a := x.Do(apitest.Post("/v1/ops", w.Batch(item)).With("Accept-Encoding", "gzip"))
	a.Into(200, &plain)
	if a.Header.Get("Content-Encoding") != "gzip" || a.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("headers %v", a.Header)
	}
	if packed.Receipts[0].Outcome != contract.OutcomeEntered || *packed.Receipts[0].Seq != *plain.Receipts[0].Seq {
		t.Errorf("%+v, then %+v", packed.Receipts[0], plain.Receipts[0])
	}
}
