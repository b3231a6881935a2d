package seal_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"kendra/api/seal"
)

// holder is how a careless hand carries a value about.
type holder struct {
	Name  seal.Text
	Many  []seal.Text
	Any   any
	inner seal.Text // fmt does not ask an unexported field how to print it
}

func TestNoFormatterShowsASealedText(t *testing.T) {
	t.Parallel()
	const canary = "राकेशCANARY"
	text := seal.NewText(canary)
	values := []any{text, &text, holder{text, []seal.Text{text}, text, text}, &holder{text, nil, &text, text},
		map[string]seal.Text{"name": text}, []any{text}, [1]holder{{inner: text}}}
	hex := fmt.Sprintf("%x", canary)
	for _, v := range values {
		for _, out := range everyPrint(t, v) {
			if strings.Contains(out, "CANARY") || strings.Contains(strings.ToLower(out), hex) {
				t.Errorf("%T: %s", v, out)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "% x", "%10.3s", "%z"} {
		if got := fmt.Errorf(verb, text).Error(); got != seal.Redacted {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if text.Reveal() != canary || !(seal.Text{}).IsZero() || (seal.Text{}).Reveal() != "" {
		t.Error("the text itself is lost")
	}
}

// everyPrint is v by each way there is to print it.
func everyPrint(t *testing.T, v any) []string {
	t.Helper()
	var out []string
	for verb := rune('!'); verb < 127; verb++ {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "9.9"} {
			if verb != '%' {
				out = append(out, fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
	}
	out = append(out, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("wrapped: %v", v).Error())
	for _, marshal := range []func() ([]byte, error){
		func() ([]byte, error) { return json.Marshal(v) },
		func() ([]byte, error) { return jsonv2.Marshal(v) },
		func() ([]byte, error) { return xml.Marshal(v) },
	} {
		b, err := marshal()
		out = append(out, string(b), fmt.Sprint(err))
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("event", "v", v, "group", slog.GroupValue(slog.Any("v", v)))
	}
	return append(out, log.String())
}

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()
	k, path := newKeyset(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	if err := json.Unmarshal(file, &set); err != nil || len(set.Key) != 1 || len(set.Key[0].KeyData.Value) < 40 {
		t.Fatalf("the keyset's file is not as expected: %v", err)
	}
	key, _ := newKey(t, k, uuid.New(), seal.Victim)
	secret := bytes.Repeat([]byte("CANARY!!"), 4)
	b, err := seal.NewBlinder(secret)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		k *seal.Keyset
		b *seal.Blinder
		c seal.Key
	}
	for _, v := range []any{k, b, key, &key, holder{k, b, key}, seal.Keys{'V': key}} {
		for _, out := range everyPrint(t, v) {
			if strings.Contains(out, "CANARY") || strings.Contains(out, set.Key[0].KeyData.Value) ||
				strings.Contains(out, fmt.Sprintf("%x", "CANARY")) || strings.Contains(out, "[67 65 78") {
				t.Errorf("%T: %s", v, out)
			}
		}
		if s := fmt.Sprintf("%+v", key); s != seal.Redacted {
			t.Errorf("a key prints %s", s)
		}
	}
}

func TestATextIsReadFromJSONButNotGivenToSQL(t *testing.T) {
	t.Parallel()
	var body struct {
		Name   seal.Text `json:"name"`
		Mobile seal.Text `json:"mobile,omitzero"`
	}
	if err := json.Unmarshal([]byte(`{"name":"रा\u0915ेश","mobile":null}`), &body); err != nil {
		t.Fatal(err)
	}
	if body.Name.Reveal() != "राकेश" || !body.Mobile.IsZero() {
		t.Errorf("read %q", body.Name.Reveal())
	}
	if out, err := json.Marshal(body); err != nil || string(out) != `{"name":"[sealed]"}` {
		t.Errorf("written %s: %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"name":9876543210}`), &body); err == nil || strings.Contains(err.Error(), "9876") {
		t.Errorf("a number is no text: %v", err)
	}
	if v, err := body.Name.Value(); err == nil || v != nil {
		t.Errorf("given to SQL: %v", v)
	}
}
