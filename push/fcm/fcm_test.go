package fcm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/push"
	"kendra/push/fcm"
	"kendra/push/fcmtest"
)

const token = "canary-token-9876543210"

// pair starts a push service and a sender to it.
func pair(t *testing.T, o fcmtest.Options) (*fcmtest.Server, *fcm.Sender) {
	t.Helper()
	s, err := fcmtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	sender, err := fcm.New(t.Context(), fcm.Options{Endpoint: s.URL(), ProjectID: s.Project()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	return s, sender
}

func message() push.Message {
	n := push.Notice{Kind: push.KindTask, Subject: uuid.MustParse("01920000-0000-7000-8000-000000000001")}
	return n.Message(90 * time.Second)
}

func TestTheSDKSendsExactlyTheWakeAndCallsNothingElse(t *testing.T) {
	t.Parallel()
	var heard []fcmtest.Message
	s, sender := pair(t, fcmtest.Options{OnMessage: func(m fcmtest.Message) { heard = append(heard, m) }})
	if err := sender.Send(t.Context(), token, message()); err != nil {
		t.Fatal(err)
	}
	got := s.Messages()
	if len(got) != 1 || len(heard) != 1 {
		t.Fatalf("%d messages, %d heard, want 1", len(got), len(heard))
	}
	id := "01920000-0000-7000-8000-000000000001"
	want := fcmtest.Message{
		Name: got[0].Name, Token: token, Data: map[string]string{"v": "1", "k": "task", "id": id},
		Priority: "high", TTL: 90 * time.Second, CollapseKey: id, At: got[0].At,
	}
	if !reflect.DeepEqual(got[0], want) || got[0].Name == "" {
		t.Errorf("message %+v, want %+v", got[0], want)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
	if p := s.Paths(); len(p) != 1 || p["POST /v1/projects/"+s.Project()+"/messages:send"] != 1 {
		t.Errorf("requests %v", p)
	}
}

func TestEveryErrorClassBecomesOneOfOurErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fate  fcmtest.Outcome
		want  error
		after time.Duration
	}{
		"unregistered":            {fate: fcmtest.Outcome{Class: fcmtest.Unregistered}, want: push.ErrUnregistered},
		"sender mismatch":         {fate: fcmtest.Outcome{Class: fcmtest.SenderMismatch}, want: push.ErrSenderMismatch},
		"invalid":                 {fate: fcmtest.Outcome{Class: fcmtest.InvalidArgument}, want: push.ErrInvalid},
		"quota without a time":    {fate: fcmtest.Outcome{Class: fcmtest.QuotaExceeded}, want: push.ErrTemporary},
		"quota with a time":       {fate: fcmtest.Outcome{Class: fcmtest.QuotaExceeded, RetryAfter: 7 * time.Second}, after: 7 * time.Second},
		"unavailable":             {fate: fcmtest.Outcome{Class: fcmtest.Unavailable}, want: push.ErrTemporary},
		"unavailable with a time": {fate: fcmtest.Outcome{Class: fcmtest.Unavailable, RetryAfter: 30 * time.Second}, after: 30 * time.Second},
		"internal":                {fate: fcmtest.Outcome{Class: fcmtest.Internal}, want: push.ErrTemporary},
		"internal with a time":    {fate: fcmtest.Outcome{Class: fcmtest.Internal, RetryAfter: time.Second}, after: time.Second},
		"our credentials refused": {fate: fcmtest.Outcome{Class: fcmtest.ThirdPartyAuth}, want: push.ErrTemporary},
		"connection cut":          {fate: fcmtest.Outcome{Class: fcmtest.Cut}, want: push.ErrTemporary},
		"10 MB of nonsense":       {fate: fcmtest.Outcome{Class: fcmtest.Huge}, want: push.ErrTemporary},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sender := pair(t, fcmtest.Options{})
			s.Always(token, test.fate)
			began := time.Now()
			err := sender.Send(t.Context(), token, message())
			var after *push.RetryAfter
			switch {
			case test.want != nil && !errors.Is(err, test.want):
				t.Fatalf("error %v, want %v", err, test.want)
			case test.after != 0 && (!errors.As(err, &after) || after.After != test.after):
				t.Fatalf("error %v, want to wait %v", err, test.after)
			}
			for _, leak := range []string{token, "simulated", "<"} {
				if strings.Contains(err.Error(), leak) {
					t.Errorf("error text %q holds %q", err, leak)
				}
			}
			if n := s.Count(test.fate.Class); n != 1 {
				t.Errorf("%d tries, want one: repeating is the queue's business", n)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestAServiceThatHangsIsLeftWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	s, sender := pair(t, fcmtest.Options{})
	s.Always(token, fcmtest.Outcome{Class: fcmtest.Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := sender.Send(ctx, token, message())
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
		t.Fatalf("error %v after %v", err, time.Since(began))
	}
}

func TestNobodyListeningIsATemporaryError(t *testing.T) {
	t.Parallel()
	s, sender := pair(t, fcmtest.Options{})
	s.Close()
	if err := sender.Send(t.Context(), token, message()); !errors.Is(err, push.ErrTemporary) {
		t.Fatalf("error %v", err)
	}
}

func TestAnAnswerOf10MBStaysOutOfMemory(t *testing.T) {
	s, sender := pair(t, fcmtest.Options{})
	s.Always(token, fcmtest.Outcome{Class: fcmtest.Huge})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 8 {
		if err := sender.Send(t.Context(), token, message()); err == nil {
			t.Fatal("a nonsense answer was taken for acceptance")
		}
	}
	runtime.ReadMemStats(&after)
	// Eight answers are 80 MB; both ends together may allocate a tenth of it.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("allocated %d bytes", grown)
	}
}

func TestOptionsAreRefusedBeforeAnythingIsCalled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	tests := map[string]fcm.Options{
		"no credentials and FCM's own endpoint": {ProjectID: "p"},
		"plain http to another machine":         {ProjectID: "p", Endpoint: "http://198.51.100.7/v1"},
		"an endpoint with a user":               {ProjectID: "p", Endpoint: "https://a:b@127.0.0.1/v1"},
		"an endpoint that is no URL":            {ProjectID: "p", Endpoint: "::"},
		"no project":                            {Endpoint: "http://127.0.0.1:1"},
		"a missing credentials file":            {ProjectID: "p", CredentialsFile: filepath.Join(dir, "none")},
		"a credentials file that is no JSON":    {ProjectID: "p", CredentialsFile: write("a", "canary-key")},
		"credentials of another type":           {ProjectID: "p", CredentialsFile: write("b", `{"type":"external_account","k":"canary-key"}`)},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fcm.New(t.Context(), o)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("error text %q quotes the file", err)
			}
		})
	}
}

func TestAServiceAccountFileIsReadWithoutCallingAnybody(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "account.json")
	account := `{"type":"service_account","project_id":"p","client_email":"a@example.invalid","private_key_id":"1",
		"private_key":"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n","token_uri":"https://127.0.0.1:1/t"}`
	if err := os.WriteFile(file, []byte(account), 0o600); err != nil {
		t.Fatal(err)
	}
	sender, err := fcm.New(t.Context(), fcm.Options{CredentialsFile: file})
	if err != nil {
		t.Fatal(err)
	}
	sender.Close()
}
