package api_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// chromium finds the browser of these tests, as make setup does.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("KENDRA_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium: run make setup (as root it installs one; else apt-get install chromium), or set KENDRA_CHROMIUM")
	return ""
}

// stage is a world with people at consoles and phones, for scripts in a real
// browser. What a script asks of it is done by the test's own goroutine.
type stage struct {
	w      *apitest.World
	t      *testing.T
	people map[string]*apitest.Browser
	phones map[string]*apitest.Shift
	asks   chan ask
}

type ask struct {
	verb   string
	in     map[string]any
	answer chan any
}

func newStage(t *testing.T) *stage {
	t.Helper()
	w := apitest.NewWith(t, apitest.Limits{RealBrowser: true})
	s := &stage{w: w, t: t, people: map[string]*apitest.Browser{}, phones: map[string]*apitest.Shift{}, asks: make(chan ask)}
	for name, p := range map[string]struct {
		centre string
		role   contract.Role
	}{
		"incharge": {apitest.Karwi, contract.RoleCentreIncharge}, "desk": {apitest.Karwi, contract.RoleDeskOfficer},
		"dispatcher": {apitest.Karwi, contract.RoleDispatcher}, "sho": {apitest.Karwi, contract.RoleSho},
		"co": {"HQ", contract.RoleCo}, "sp": {"HQ", contract.RoleSp},
	} {
		s.people[name] = w.Browser(w.Hire(p.centre, p.role))
	}
	beat := w.Hire(apitest.Karwi, contract.RoleBeatOfficer)
	h := w.Handset(apitest.Karwi)
	h.Activate(beat)
	s.phones["beat"] = h.LogIn(beat)
	return s
}

// do is what a script may ask for.
func (s *stage) do(verb string, in map[string]any) any {
	name, _ := in["who"].(string)
	switch verb {
	case "code": // the next one-time code of an officer
		return s.people[name].Code()
	case "pass": // time passes
		seconds, _ := in["seconds"].(float64)
		s.w.Pass(time.Duration(seconds) * time.Second)
		return nil
	case "phone": // a step of a task at a phone
		kind, _ := in["kind"].(string)
		task, _ := in["task"].(string)
		body := map[string]any{"task_id": task}
		if kind == "task.done" {
			body["result"] = in["result"]
		}
		return s.phones[name].Enter(contract.Kind(kind), body).Outcome
	case "note": // an op of a phone that the desk's pages may see
		return s.phones[name].Enter("visit.record", s.w.Visit(), apitest.At(25.2, 80.9, 10)).Seq
	case "count":
		kind, _ := in["kind"].(string)
		return s.w.Count(`SELECT count(*) FROM entries WHERE kind = $1`, kind)
	case "end": // the session of an officer ends
		s.w.SQL(`UPDATE sessions SET ended_at = now(), end_reason = 'revoked' WHERE officer_id = $1 AND ended_at IS NULL`, s.people[name].ID)
		return nil
	}
	return s.more(verb, in)
}

// hear serves what scripts ask for.
func (s *stage) hear() string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		a := ask{verb: strings.TrimPrefix(r.URL.Path, "/"), in: in, answer: make(chan any, 1)}
		select {
		case s.asks <- a:
		case <-r.Context().Done():
			return
		}
		select {
		case out := <-a.answer:
			_ = json.NewEncoder(w).Encode(out)
		case <-r.Context().Done():
		}
	}))
	s.t.Cleanup(srv.Close)
	return srv.URL
}

// scene is what a script says of each of its parts.
type scene struct {
	Name  string            `json:"name"`
	Error string            `json:"error"`
	Facts map[string]string `json:"facts"`
}

// play runs a script of api/console/web/tests and reports its scenes.
func (s *stage) play(script string, least int) {
	s.t.Helper()
	type person struct {
		Number, Passphrase, ID               string
		PasskeyID, PasskeyKey, PasskeyHandle string // as a browser's debugger puts one in
	}
	people := map[string]person{}
	for name, b := range s.people {
		key, err := x509.MarshalPKCS8PrivateKey(b.Passkey.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		text := base64.StdEncoding.EncodeToString
		people[name] = person{b.Number, apitest.GoodPassphrase, b.ID.String(), text(b.Passkey.ID), text(key), text(b.Passkey.Handle)}
	}
	for name, x := range s.phones {
		people[name] = person{Number: x.Number, ID: x.ID.String()}
	}
	config, err := json.Marshal(map[string]any{
		"origin": s.w.Origin(), "control": s.hear(), "chromium": chromium(s.t), "district": apitest.District, "people": people,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "console/web/tests/"+script)
	cmd.Env = append(os.Environ(), "KENDRA_STAGE="+string(config))
	cmd.Stderr = &testLog{s.t}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	scenes := make(chan scene)
	go func() {
		defer close(scenes)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var one scene
			if json.Unmarshal(lines.Bytes(), &one) == nil && one.Name != "" {
				scenes <- one
			}
		}
	}()
	played := 0
	for open := true; open; {
		select {
		case a := <-s.asks:
			a.answer <- s.do(a.verb, a.in)
		case one, more := <-scenes:
			if open = more; more {
				played++
				s.report(one)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		s.t.Errorf("%s: %v", script, err)
	}
	if os.Getenv("KENDRA_SCENES") != "" {
		least = 1
	}
	if played < least {
		s.t.Errorf("%s played %d scenes, want %d", script, played, least)
	}
}

func (s *stage) report(one scene) {
	s.t.Run(one.Name, func(t *testing.T) {
		for name, value := range one.Facts {
			t.Logf("%s: %s", name, value)
		}
		if one.Error != "" {
			t.Error(one.Error)
		}
	})
}

// testLog passes what a script says beside its scenes on to the test.
type testLog struct{ t *testing.T }

// Write logs.
func (l *testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}

// TestTheConsoleInARealBrowser plays the scenes of web/tests/console.mjs in
// Chromium, one after the other on one district.
func TestTheConsoleInARealBrowser(t *testing.T) {
	t.Parallel()
	newStage(t).play("console.mjs", 11)
}
