package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
)

// phones runs the command and gives what it wrote.
func phones(t *testing.T, in string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(in), &o, &e})
	return o.String(), e.String(), code
}

// good runs it and wants it to succeed.
func good(t *testing.T, in string, args ...string) string {
	t.Helper()
	out, errs, code := phones(t, in, args...)
	if code != exitOK {
		t.Fatalf("phones %v: exit %d: %s", args, code, errs)
	}
	return out
}

func keyFile(t *testing.T) (path, key string) {
	t.Helper()
	key = good(t, "", "key")
	path = filepath.Join(t.TempDir(), "key.jwk")
	if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, key
}

func TestAKeySignsAndItsPublicHalfVerifies(t *testing.T) {
	t.Parallel()
	path, key := keyFile(t)
	public := good(t, key, "key", "--public")
	if strings.Contains(public, `"d"`) {
		t.Fatal("the public key holds the private one")
	}
	var jwk contract.JWK
	if err := json.Unmarshal([]byte(public), &jwk); err != nil {
		t.Fatal(err)
	}
	if got := good(t, public, "key", "--thumbprint"); got != jwk.Thumbprint()+"\n" {
		t.Errorf("thumbprint %q", got)
	}
	pub, err := contract.ParseJWK(jwk)
	if err != nil {
		t.Fatal(err)
	}
	const text = "kendra enrol v1\ncode\nnonce\nthumb \n"
	sig, err := contract.Decode(strings.TrimSpace(good(t, text, "sign", "--key", path)))
	if err != nil || !contract.VerifyES256(pub, []byte(text), sig) {
		t.Errorf("the signature does not hold: %v", err)
	}
}

func TestAnOpIsSignedByteForByte(t *testing.T) {
	t.Parallel()
	path, key := keyFile(t)
	op := `{ "op_id":"` + strings.TrimSpace(good(t, "", "id")) + `","kind":"duty.start","centre":"KRW",
	"session_id":"01890a5d-ac96-774b-bcce-b302099a8057","device_seq":1,"device_at":"2026-07-01T06:00:00.000Z",
	"salt":"` + strings.TrimSpace(good(t, "", "salt")) + `","body":{} }`
	out := good(t, "\n"+op+"\n", "sign", "--key", path, "--op", "--check")
	if !strings.HasPrefix(out, `{"op":`+op+`,"sig":"`) {
		t.Fatalf("the op was changed: %s", out)
	}
	b, err := contract.SplitBatch([]byte(`{"sent_at":"2026-07-01T06:00:01.000Z","items":[` + out + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	var jwk contract.JWK
	if err := json.Unmarshal([]byte(good(t, key, "key", "--public")), &jwk); err != nil {
		t.Fatal(err)
	}
	pub, _ := contract.ParseJWK(jwk)
	sig, _ := contract.Decode(b.Items[0].Sig)
	if !contract.VerifyES256(pub, contract.OpMessage(contract.HashOp(b.Items[0].Raw)), sig) {
		t.Error("the signature is not that of what the server reads")
	}
}

func TestAnOpThatWillBeRefusedIsSignedWithAWarning(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	out, errs, code := phones(t, `{"kind":"duty.start"}`, "sign", "--key", path, "--op")
	if code != exitOK || !strings.Contains(errs, "missing_field") || !strings.Contains(out, `"sig"`) {
		t.Errorf("exit %d, %q", code, errs)
	}
	if _, _, code := phones(t, `{"kind":"duty.start"}`, "sign", "--key", path, "--op", "--check"); code != exitFailed {
		t.Errorf("with --check: exit %d", code)
	}
}

func TestAProofNamesItsRequest(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	out := good(t, "", "sign", "--key", path, "--dpop", "--method", "GET", "--url", "http://127.0.0.1:8080/v1/feed?centre=KRW", "--token", "abc")
	parts := strings.Split(strings.TrimSpace(out), ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %s", out)
	}
	text, err := contract.Decode(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["htu"] != "http://127.0.0.1:8080/v1/feed" || claims["htm"] != "GET" || claims["ath"] == "" || claims["jti"] == "" {
		t.Errorf("claims %v", claims)
	}
}

func TestMistakesAreToldAndHaveTheirExitCode(t *testing.T) {
	t.Parallel()
	path, key := keyFile(t)
	noTimes := filepath.Join(t.TempDir(), "walk.gpx")
	if err := os.WriteFile(noTimes, []byte(`<gpx version="1.1"><trk><trkseg><trkpt lat="25" lon="80"/></trkseg></trk></gpx>`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, in string
		args     []string
		code     int
		says     string
	}{
		{"no verb", "", nil, exitUsage, "usage: phones"},
		{"an unknown verb", "", []string{"sing"}, exitUsage, `"sing"`},
		{"an unknown flag", "", []string{"key", "--pubic"}, exitUsage, "pubic"},
		{"words after the flags", "", []string{"key", "please"}, exitUsage, `"please"`},
		{"no key to sign with", "x", []string{"sign"}, exitUsage, "--key"},
		{"a proof of nothing", "", []string{"sign", "--key", path, "--dpop"}, exitUsage, "--method"},
		{"a key that is none", "{}", []string{"key", "--public"}, exitFailed, "neither EC nor P-256"},
		{"a key file that is not there", "", []string{"sign", "--key", path + "x"}, exitFailed, "no such file"},
		{"a track without times", "", []string{"replay", "--dry-run", "--gpx", noTimes}, exitFailed, "no fix of the track has a time"},
		{"a place that is none", "", []string{"replay", "--dry-run", "--every", "5s", "--at", "25", "--gpx", noTimes}, exitUsage, "LAT,LON"},
		{"a replay by nobody", "", []string{"replay", "--gpx", noTimes}, exitUsage, "--officer"},
		{"a fleet without a world", "", []string{"run"}, exitUsage, "--world"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, errs, code := phones(t, c.in, c.args...)
			if code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, want %d: %s", code, c.code, errs)
			}
			if strings.Contains(errs, key) {
				t.Error("the key was told")
			}
		})
	}
}

func TestMissingTimesAreToldPlainly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "walk.gpx")
	text := `<gpx version="1.0"><trk><trkseg><trkpt lat="25" lon="80"/><trkpt lat="25" lon="80"><time>2026-01-01T00:00:00Z</time></trkpt></trkseg></trk></gpx>`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := good(t, "", "replay", "--dry-run", "--gpx", path); !strings.Contains(out, "1 fixes have none and are left out") {
		t.Errorf("said %q", out)
	}
	if out := good(t, "", "replay", "--dry-run", "--every", "5s", "--gpx", path); !strings.Contains(out, "fixes      1 used") {
		t.Errorf("said %q", out)
	}
}
