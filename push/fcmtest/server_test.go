package fcmtest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kendra/push/fcmtest"
)

func start(t *testing.T, o fcmtest.Options) *fcmtest.Server {
	t.Helper()
	s, err := fcmtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, s *fcmtest.Server, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		s.URL()+"/projects/"+s.Project()+"/messages:send", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

const (
	id   = `"id":"01920000-0000-7000-8000-000000000001"`
	good = `{"message":{"token":"t","data":{"v":"1","k":"task",` + id + `},` +
		`"android":{"collapse_key":"c","priority":"high","ttl":"1.500s"}}}`
)

func TestAWakeIsAcceptedAndRemembered(t *testing.T) {
	t.Parallel()
	s := start(t, fcmtest.Options{Project: "chitrakoot"})
	if resp := post(t, s, good); resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, violations %q", resp.StatusCode, s.Violations())
	}
	if m := s.Messages(); len(m) != 1 || m[0].Token != "t" || m[0].TTL != 1500*time.Millisecond || s.Count(fcmtest.Accept) != 1 {
		t.Errorf("messages %+v", m)
	}
}

func TestAnythingMoreThanAWakeIsAViolation(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"a notification text": strings.Replace(good, `"android"`, `"notification":{"title":"x"},"android"`, 1),
		"a fourth data key":   strings.Replace(good, `"v":"1"`, `"v":"1","village":"x"`, 1),
		"a missing data key":  strings.Replace(good, `"v":"1",`, ``, 1),
		"an id with meaning":  strings.Replace(good, id, `"id":"Karwi"`, 1),
		"a topic":             strings.Replace(good, `"token":"t"`, `"topic":"all"`, 1),
		"normal priority":     strings.Replace(good, `"high"`, `"normal"`, 1),
		"no time to live":     strings.Replace(good, `"1.500s"`, `""`, 1),
		"a number for text":   strings.Replace(good, `"v":"1"`, `"v":1`, 1),
		"a dry run":           strings.Replace(good, `{"message"`, `{"validate_only":true,"message"`, 1),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, fcmtest.Options{})
			if resp := post(t, s, body); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("status %d", resp.StatusCode)
			}
			if len(s.Violations()) != 1 || len(s.Messages()) != 0 {
				t.Errorf("violations %q, messages %v", s.Violations(), s.Messages())
			}
		})
	}
}

func TestAScriptRunsOutIntoTheStandingFate(t *testing.T) {
	t.Parallel()
	s := start(t, fcmtest.Options{})
	s.SetDefault(fcmtest.Outcome{Class: fcmtest.Internal})
	s.Always("t", fcmtest.Outcome{Class: fcmtest.Unregistered})
	s.Script("t", fcmtest.Outcome{Class: fcmtest.QuotaExceeded, RetryAfter: 1100 * time.Millisecond}, fcmtest.Outcome{})
	var got []int
	for range 3 {
		resp := post(t, s, good)
		got = append(got, resp.StatusCode)
		if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q, want the seconds rounded up", resp.Header.Get("Retry-After"))
		}
	}
	got = append(got, post(t, s, strings.Replace(good, `"t"`, `"u"`, 1)).StatusCode)
	want := []int{429, 200, 404, 500}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("statuses %v, want %v", got, want)
		}
	}
}

func TestClosingLetsGoOfWhatHangs(t *testing.T) {
	t.Parallel()
	s := start(t, fcmtest.Options{})
	s.SetDefault(fcmtest.Outcome{Class: fcmtest.Hang})
	ended := make(chan error, 1)
	go func() {
		r, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost,
			s.URL()+"/projects/"+s.Project()+"/messages:send", strings.NewReader(good))
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		ended <- err
	}()
	for s.Count(fcmtest.Hang) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a hanging message was answered")
		}
	case <-time.After(5 * time.Second):
		t.Error("the client still hangs")
	}
}

func TestOnlyTheNewestMessagesAreKept(t *testing.T) {
	t.Parallel()
	s := start(t, fcmtest.Options{Keep: 3})
	for range 20 {
		post(t, s, good)
	}
	if n := len(s.Messages()); n < 3 || n > 6 || s.Count(fcmtest.Accept) != 20 {
		t.Errorf("kept %d, counted %d", n, s.Count(fcmtest.Accept))
	}
}
