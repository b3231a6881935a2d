package api_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/console"
	contract "kendra/mobile-contract"
)

func TestRouterAndContractListTheSameCalls(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	var promised, served []string
	for _, r := range contract.Routes() {
		promised = append(promised, r.Method+" "+r.Path)
	}
	named := regexp.MustCompile(`:(\w+)`)
	for _, r := range w.App.GetRoutes(true) {
		if strings.HasPrefix(r.Path, console.Root) {
			continue // pages are no calls: api/console/pages.go lists them
		}
		path := named.ReplaceAllString(r.Path, "{$1}")
		// HEAD comes with every GET; the front lets no other through.
		if r.Method != http.MethodHead || slices.Contains(promised, "HEAD "+path) {
			served = append(served, r.Method+" "+path)
		}
	}
	slices.Sort(promised)
	slices.Sort(served)
	if !slices.Equal(promised, slices.Compact(served)) {
		t.Errorf("contract:\n%s\nrouter:\n%s", strings.Join(promised, "\n"), strings.Join(served, "\n"))
	}
	if len(promised) != 77 {
		t.Errorf("%d calls", len(promised))
	}
}

// document is the contract, read once.
var document = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(contract.OpenAPI()) })

// sample is a request of each call that the front lets through.
func sample(t *testing.T, r *contract.Route) apitest.Request {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	path := strings.NewReplacer(
		"{task_id}", uuid.NewString(), "{sos_id}", uuid.NewString(), "{handover_id}", uuid.NewString(), "{file_id}", uuid.NewString(), "{export_id}", uuid.NewString(), "{device_id}", uuid.NewString(), "{session_id}", uuid.NewString(), "{complaint_id}", uuid.NewString(), "{register}", "squad", "{serial}", "1", "{date}", "2026-11-18",
	).Replace(r.Path)
	out := apitest.Request{Method: r.Method, Path: path}
	op := doc.Paths.Value(r.Path).GetOperation(r.Method)
	values := map[string]string{"centre": "KRW", "seq": "1", "size": "1", "year": "2026", "from": "2026-11-01", "to": "2026-11-18", "week": "2026-11-16", "lat": "25.2", "lon": "80.9"}
	var query []string
	for _, p := range op.Parameters {
		if p.Value.Required && p.Value.In == openapi3.ParameterInQuery {
			query = append(query, p.Value.Name, values[p.Value.Name])
		}
	}
	out.Query = apitest.Values(query...)
	if op.RequestBody != nil {
		out.Body = op.RequestBody.Value.Content.Get("application/json").Examples["one"].Value.Value
	}
	return out
}

func TestEveryCallThatIsNotOpenWantsALogIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	open := []string{
		"getHello", "enrolDevice", "putPin", "logIn", "refreshSession", "publicStatus", "publicObjection",
		"getConsoleChallenge", "beginActivation", "confirmActivation", "openConsole",
	}
	for _, r := range contract.Routes() {
		if r.Open != slices.Contains(open, r.OperationID) {
			t.Errorf("%s: open is %t", r.OperationID, r.Open)
		}
		req := sample(t, r)
		for _, authorization := range []string{"", "Bearer x", "DPoP x", "DPoP a.b.c"} {
			a := w.Do(req.With("Authorization", authorization))
			if r.Open {
				if a.Status == http.StatusUnauthorized && a.Problem().Code == string(contract.CodeUnauthorized) {
					t.Errorf("%s is open and wants a log-in", r.OperationID)
				}
				continue
			}
			a.Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
		}
	}
}

func TestTheTokenAloneIsNoProofOfWhoSpeaks(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x, thief := w.Enlist(apitest.Karwi, "beat_officer"), w.Enlist(apitest.Karwi, "beat_officer")
	thief.Session = x.Session // a proof over the stolen token, by the thief's own key
	for _, r := range contract.Routes() {
		if !r.Phone {
			continue
		}
		req := sample(t, r)
		stolen := thief.Prove(w.Server, req)
		w.Do(stolen).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
		w.Do(stolen.With("DPoP", "")).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
		elsewhere := x.Prove(w.Server, apitest.Request{Method: req.Method, Path: req.Path + "x"})
		w.Do(req.With("Authorization", elsewhere.Header["Authorization"]).With("DPoP", elsewhere.Header["DPoP"])).
			Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
	}
}

func TestAProofOfACallThatIsNotIdempotentServesOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	put := x.Prove(w.Server, apitest.Request{
		Method: http.MethodPut, Path: "/v1/devices/self/push-token", Body: contract.PushToken{Token: "token-of-the-handset"},
	})
	w.Do(put).Into(http.StatusNoContent, nil)
	w.Do(put).Refused(http.StatusUnauthorized, contract.CodeDPoPReplayed, "")
	read := x.Prove(w.Server, apitest.Get("/v1/bundle"))
	w.Do(read).Into(http.StatusOK, nil)
	w.Do(read).Into(http.StatusOK, nil)
}

func TestWhatIsNotInTheContractIsNotThere(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v1/hello/", "/v1/HELLO", "/V1/hello", "/v2/hello", "/metrics", "/debug/pprof", "/debug/pprof/", "/debug/vars",
		"/healthz", "/readyz", "/.git/config", "/v1/tasks/", "/v1/tasks/7", "/v1/registers/diary", "/v1/registers/fir/x", "/v1/registers/fir/0", "/v1/complaints/",
		"/v1/complaints/7", "/v1/complaints/7/custody", "/v1/days/today", "/public", "/public/", "/public/status/7",
		"/v1/%2e%2e/metrics", "//v1/hello", "/v1/tasks/..%2f..%2fmetrics", "/favicon.ico",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			a := w.Do(apitest.Request{Method: method, Path: path})
			if a.Status == http.StatusMethodNotAllowed && strings.HasPrefix(path, "/v1/") {
				continue // a call of another method
			}
			a.Refused(http.StatusNotFound, contract.CodeNotFound, "")
		}
	}
}

func TestAnotherMethodIsRefusedWithTheOnesThereAre(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	allowed := map[string][]string{}
	for _, r := range contract.Routes() {
		allowed[r.Path] = append(allowed[r.Path], r.Method)
	}
	for _, r := range contract.Routes() {
		path := sample(t, r).Path
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"} {
			if slices.Contains(allowed[r.Path], method) {
				continue
			}
			a := w.Do(apitest.Request{Method: method, Path: path})
			if a.Status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, a.Status)
			}
			got := strings.Split(a.Header.Get("Allow"), ", ")
			slices.Sort(got)
			want := slices.Sorted(slices.Values(allowed[r.Path]))
			if !slices.Equal(got, want) {
				t.Errorf("%s %s: Allow is %v, want %v", method, path, got, want)
			}
		}
	}
}
