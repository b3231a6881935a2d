package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const (
	consoleSession = "/v1/console/sessions/current"
	consoleLogIn   = "/v1/console/sessions"
	consoleStepUp  = "/v1/console/sessions/step-up"
)

func TestAnOfficerLogsInAtAConsoleAndReads(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	var who contract.ConsoleSession
	b.Do(apitest.Get(consoleSession)).Into(http.StatusOK, &who)
	if who.Officer.Number != b.Number || who.Csrf != b.Session.Csrf || len(who.Posts) != 1 || who.Factor != "totp" {
		t.Errorf("%+v", who)
	}
	for _, r := range contract.Routes() {
		if r.Method != http.MethodGet || !r.Console || strings.Contains(r.Path, "{") {
			continue
		}
		if a := b.Do(sample(t, r)); a.Status == http.StatusUnauthorized || a.Status >= http.StatusInternalServerError {
			t.Errorf("%s by cookie: %d %s", r.OperationID, a.Status, a.Body)
		}
	}
	b.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	b.Do(apitest.Get("/v1/complaints?centre=KRW")).Into(http.StatusOK, nil)
	b.Do(apitest.Get("/v1/complaints?centre=RJP")).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
}

func TestTheCookieOfAConsoleIsInNobodysReach(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.Browser(w.Hire(apitest.Karwi, "centre_incharge"))
	first := b.Page(apitest.Post(consoleLogIn, b.LogInBody()))
	b.Take(first, http.StatusCreated)
	tokens := []string{b.Cookie}
	code := b.Code()
	second := b.Do(apitest.Post(consoleStepUp, contract.ConsoleFactor{Totp: &code}))
	b.Take(second, http.StatusOK)
	if tokens = append(tokens, b.Cookie); tokens[0] == tokens[1] {
		t.Error("a step-up leaves the token as it was")
	}
	out := b.Do(apitest.Request{Method: http.MethodDelete, Path: consoleSession})
	out.Into(http.StatusNoContent, nil)
	if got := out.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data %q", got)
	}
	seen := 0
	for _, a := range []*apitest.Answer{first, second, out} {
		for _, line := range a.Header["Set-Cookie"] {
			seen++
			low := strings.ToLower(line)
			for _, must := range []string{"__host-kendra", "; path=/", "; secure", "; httponly", "; samesite=strict"} {
				if !strings.Contains(low, must) {
					t.Errorf("%s lacks %s", line, must)
				}
			}
			if strings.Contains(low, "domain=") {
				t.Errorf("a cookie for a domain: %s", line)
			}
		}
		for _, token := range tokens {
			if strings.Contains(string(a.Body), token) {
				t.Error("a token stands in an answer's text")
			}
		}
	}
	if seen != 4 {
		t.Errorf("%d cookies set, want two at log-in, one at step-up and one at log-out", seen)
	}
	if last := out.Header["Set-Cookie"][0]; !strings.HasPrefix(last, "__Host-kendra=;") || !strings.Contains(strings.ToLower(last), "expires=thu, 01 jan 1970") {
		t.Errorf("log-out sets %s", last)
	}
	for _, token := range tokens {
		old := *b
		old.Cookie = token
		old.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
		if strings.Contains(w.Log.String(), token) {
			t.Error("a token stands in the log")
		}
	}
}

func TestACallByCookieComesFromTheConsolesOwnPage(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, "centre_incharge"), w.AtConsole(apitest.Karwi, "sho")
	before := b.Session.Csrf
	b.StepUp()
	bad := func(name, value string) func(apitest.Request) apitest.Request {
		return func(r apitest.Request) apitest.Request { return r.With(name, value) }
	}
	everywhere := map[string]func(apitest.Request) apitest.Request{
		"no origin":                     bad("Origin", ""),
		"another origin":                bad("Origin", "https://evil.invalid"),
		"the origin of a sandbox":       bad("Origin", "null"),
		"the origin over plain HTTP":    bad("Origin", "http://console.kendra.example"),
		"the origin at another port":    bad("Origin", apitest.Console+":8443"),
		"an origin below":               bad("Origin", "https://evil.console.kendra.example"),
		"an origin that begins like it": bad("Origin", apitest.Console+".evil.invalid"),
		"another site":                  bad("Sec-Fetch-Site", "cross-site"),
		"the same site":                 bad("Sec-Fetch-Site", "same-site"),
		"typed by hand":                 bad("Sec-Fetch-Site", "none"),
	}
	inSession := map[string]func(apitest.Request) apitest.Request{
		"no token":                     bad("X-Kendra-CSRF", ""),
		"a made-up token":              bad("X-Kendra-CSRF", strings.Repeat("A", 43)),
		"another session's token":      bad("X-Kendra-CSRF", other.Session.Csrf),
		"the token before the step-up": bad("X-Kendra-CSRF", before),
	}
	cells := 0
	refused := func(r *contract.Route, a *apitest.Answer) bool { // the answer to HEAD has no body to say why
		return a.Status == http.StatusForbidden && (r.Method == http.MethodHead || a.Problem().Code == string(contract.CodeNotThePage))
	}
	for _, r := range contract.Routes() {
		req := sample(t, r)
		switch {
		case r.Method == http.MethodGet && r.Console:
			for _, site := range []string{"cross-site", "same-site"} {
				b.Do(req.With("Sec-Fetch-Site", site)).Refused(http.StatusForbidden, contract.CodeNotThePage, "")
				cells++
			}
		case r.Method != http.MethodGet && (r.Console || r.Page):
			for name, change := range everywhere {
				a := w.Do(change(b.Dressed(req)))
				if !refused(r, a) {
					t.Errorf("%s, %s: %d %s", r.OperationID, name, a.Status, a.Body)
				}
				cells++
			}
			if r.Page {
				continue
			}
			for name, change := range inSession {
				a := w.Do(change(b.Dressed(req)))
				if !refused(r, a) {
					t.Errorf("%s, %s: %d %s", r.OperationID, name, a.Status, a.Body)
				}
				cells++
			}
		case !r.Console && !r.Open: // phones' alone
			b.Do(req).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
			cells++
		}
	}
	t.Logf("%d calls that did not come from the page, 0 let in", cells)
	b.Do(apitest.Get("/v1/bundle").With("Sec-Fetch-Site", "none")).Into(http.StatusOK, nil)
	b.Do(apitest.Get("/v1/bundle").With("Sec-Fetch-Site", "")).Into(http.StatusOK, nil) // an old browser
}

func TestASecondFactorIsShownAgainBeforeWhatIsGrave(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	w.Pass(5*time.Minute - time.Second)
	lost := w.Handset(apitest.Karwi)
	note := b.Op("task.send", contract.TaskSend{To: contract.TaskTarget{OfficerID: &b.ID}, TaskKind: "visit", Urgency: "soon"})
	b.Do(apitest.Post("/v1/devices/"+lost.ID.String()+"/lost", nil)).Into(http.StatusNoContent, nil)
	w.Pass(time.Second)
	var grave []string
	for _, r := range contract.Routes() {
		if r.Fresh {
			grave = append(grave, r.OperationID)
			b.Do(sample(t, r)).Refused(http.StatusForbidden, contract.CodeStepUp, "")
		}
	}
	slices.Sort(grave)
	want := []string{
		"addFactor", "approveInvitation", "approveReplacement", "changePassphrase", "endOwnDevice", "endSession", "getFactors", "inviteDevice", "inviteToConsole", "readExport", "removeFactor", "replaceDevice",
		"reportLost", "searchPhone", "unseal",
	}
	if !slices.Equal(grave, want) {
		t.Errorf("grave are %v", grave)
	}
	take := b.Op("post.take", contract.PostTake{PostID: w.Recruit().ID, OfficerID: w.Recruit().ID, Role: "beat_officer"})
	b.Do(apitest.Post("/v1/ops", w.Batch(note, take))).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	var out contract.OpsAnswer
	b.Do(apitest.Post("/v1/ops", w.Batch(note))).Into(http.StatusOK, &out)
	if r := out.Receipts[0]; r.Outcome != contract.OutcomeEntered || r.Repeated {
		t.Fatalf("nothing of the batch was to be stored: %+v", r)
	}
	b.StepUp()
	b.Do(apitest.Post("/v1/ops", w.Batch(note, take))).Into(http.StatusOK, &out)
	if !out.Receipts[0].Repeated || out.Receipts[1].Outcome != contract.OutcomeEntered {
		t.Errorf("%+v", out.Receipts)
	}
	b.Do(apitest.Post("/v1/devices/"+lost.ID.String()+"/replacement", nil)).Into(http.StatusOK, nil)
}

func TestAConsoleReadsAnIdentityWithAnEntryAndAFreshFactor(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, beat := w.AtConsole(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "beat_officer")
	complaint := beat.Enter("complaint.open", came(w))
	w.Pass(6 * time.Minute)
	read := b.Op("identity.read", contract.IdentityRead{SubjectID: *complaint.OpID, Fields: []string{"/body/account"}, Reason: "call_her"})
	item := map[string]any{"op": json.RawMessage(read.Op), "sig": read.Sig}
	entries := w.Count(`SELECT count(*) FROM entries`)
	b.Do(apitest.Post("/v1/unseal", item)).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	b.Do(apitest.Post("/v1/ops", w.Batch(read))).Refused(http.StatusForbidden, contract.CodeStepUp, "")
	if n := w.Count(`SELECT count(*) FROM entries`); n != entries {
		t.Errorf("%d entries by refused reads", n-entries)
	}
	b.StepUp()
	var first, again struct {
		Receipt contract.Receipt
		Fields  map[string]string
	}
	b.Do(apitest.Post("/v1/unseal", item)).Into(http.StatusOK, &first)
	b.Do(apitest.Post("/v1/unseal", item)).Into(http.StatusOK, &again)
	if first.Fields["/body/account"] == "" || again.Fields["/body/account"] != first.Fields["/body/account"] || !again.Receipt.Repeated {
		t.Errorf("%+v, %+v", first, again)
	}
	n := w.Count(`SELECT count(*) FROM entries e JOIN devices d ON d.device_id = e.device_id AND d.kind = 'console'
		WHERE e.kind = 'identity.read' AND e.officer_id = $1`, b.ID)
	if n != 1 {
		t.Errorf("%d entries say that she read it at a console", n)
	}
	w.Pass(5 * time.Minute)
	b.Do(apitest.Post("/v1/unseal", item)).Refused(http.StatusForbidden, contract.CodeStepUp, "")
}

func TestTheServerSignsForAConsoleWhatIsOfItsSessionAndOfNowAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b, other := w.AtConsole(apitest.Karwi, "centre_incharge"), w.AtConsole(apitest.Karwi, "sho")
	x := w.Enlist(apitest.Karwi, "beat_officer")
	body := contract.TaskSend{To: contract.TaskTarget{OfficerID: &b.ID}, TaskKind: "visit", Urgency: "soon"}
	ask := func(text string) *apitest.Answer {
		return b.Do(apitest.Post("/v1/console/signatures", contract.ConsoleOp{Op: text}))
	}
	for _, session := range []any{other.Session.SessionID, x.Session.SessionID} {
		ask(string(b.Text("task.send", body, apitest.With("session_id", session)))).Refused(http.StatusForbidden, contract.CodeUnknownSession, "/op/session_id")
	}
	for _, d := range []time.Duration{-2*time.Minute - time.Second, 2*time.Minute + time.Second} {
		ask(string(b.Text("task.send", body, apitest.With("device_at", contract.At(w.Now().Add(d)))))).
			Refused(http.StatusUnprocessableEntity, contract.CodeOutOfRange, "/op/device_at")
	}
	ask(`{"kind":"task.send"}`).Refused(http.StatusBadRequest, contract.CodeMissingField, "/op/body")
	ask(`nonsense`).Refused(http.StatusBadRequest, contract.CodeWrongType, "/op")
	x.Do(apitest.Post("/v1/console/signatures", contract.ConsoleOp{Op: string(b.Text("task.send", body))})).
		Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	item := b.Op("task.send", body)
	var first, again contract.OpsAnswer
	b.Do(apitest.Post("/v1/ops", w.Batch(item))).Into(http.StatusOK, &first)
	b.Do(apitest.Post("/v1/ops", w.Batch(item))).Into(http.StatusOK, &again)
	if first.Receipts[0].Outcome != contract.OutcomeEntered || !again.Receipts[0].Repeated || *again.Receipts[0].Seq != *first.Receipts[0].Seq {
		t.Errorf("%+v, %+v", first.Receipts[0], again.Receipts[0])
	}
	if r := x.Send(b.Op("task.send", body))[0]; r.Problem == nil || r.Problem.Code != string(contract.CodeDeviceMismatch) {
		t.Errorf("a phone sends a console's op: %+v", r)
	}
}
