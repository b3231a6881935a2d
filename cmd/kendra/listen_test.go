package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// issue writes a certificate of a name for 127.0.0.1, and its key.
func issue(t *testing.T, dir, name string, stamp time.Time) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(stamp.Unix()), DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

// answering serves a word on what a configuration listens on.
func answering(t *testing.T, c config, log *slog.Logger) string {
	t.Helper()
	ln, err := c.listen(log)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }),
		ReadHeaderTimeout: time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo),
	}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	return ln.Addr().String()
}

func shake(t *testing.T, address string, c *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", address, c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState(), nil
}

func TestTLSIsOfTheNewestVersionOrOfTheOneBeforeWithAEADAndFreshKeys(t *testing.T) {
	t.Parallel()
	cert, key, pool := issue(t, t.TempDir(), "kendra.example", time.Now().Add(-time.Minute))
	c := configOf(t, "KENDRA_LISTEN", "127.0.0.1:0", "KENDRA_TLS_CERT", cert, "KENDRA_TLS_KEY", key)
	if !c.inService() {
		t.Error("a server with a certificate is not in service")
	}
	address := answering(t, c, slog.New(slog.DiscardHandler))
	state, err := shake(t, address, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13})
	if err != nil || state.Version != tls.VersionTLS13 {
		t.Errorf("TLS 1.3: %v, %x", err, state.Version)
	}
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if _, err := shake(t, address, &tls.Config{RootCAs: pool, MinVersion: v, MaxVersion: v}); err == nil {
			t.Errorf("version %x is spoken", v)
		}
	}
	tried, taken := 0, 0
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !strings.Contains(s.Name, "_WITH_") {
			continue // of 1.3
		}
		tried++
		_, err := shake(t, address, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{s.ID}})
		good := strings.HasPrefix(s.Name, "TLS_ECDHE_ECDSA_") && (strings.Contains(s.Name, "GCM") || strings.Contains(s.Name, "POLY1305"))
		if (err == nil) != good {
			t.Errorf("%s: %v", s.Name, err)
		}
		if err == nil {
			taken++
		}
	}
	t.Logf("%d suites of TLS 1.2 tried, %d taken", tried, taken)
	if tried < 15 || taken != 3 {
		t.Errorf("%d tried, %d taken", tried, taken)
	}
	// The table itself, for certificates of the other kind too.
	for _, id := range tlsConfig(nil).CipherSuites {
		if name := tls.CipherSuiteName(id); !strings.HasPrefix(name, "TLS_ECDHE_") || !strings.Contains(name, "GCM") && !strings.Contains(name, "POLY1305") {
			t.Errorf("%s is in the table", name)
		}
	}
	plain, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	_ = plain.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := plain.Write([]byte("GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	if n, _ := plain.Read(answer); bytes.Contains(answer[:n], []byte("200")) {
		t.Errorf("plain text is answered: %s", answer[:n])
	}
}

func TestACertificateIsTakenAnewWhenItsFilesChangeAndNotWhenTheyAreBroken(t *testing.T) {
	t.Parallel()
	dir, begun := t.TempDir(), time.Now().Add(-time.Hour)
	cert, key, _ := issue(t, dir, "one.example", begun)
	now := begun
	var log buffer
	k := &certificate{cert: cert, key: key, log: slog.New(slog.NewJSONHandler(&log, nil)), now: func() time.Time { return now }}
	if err := k.load(); err != nil {
		t.Fatal(err)
	}
	served := func() *x509.Certificate {
		now = now.Add(lookEvery)
		c, err := k.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	if got := served().DNSNames[0]; got != "one.example" {
		t.Fatal(got)
	}
	issue(t, dir, "two.example", begun.Add(time.Minute))
	if got := served().DNSNames[0]; got != "two.example" {
		t.Errorf("after the change %s is served", got)
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := served().DNSNames[0]; got != "two.example" || !strings.Contains(string(log.all()), "certificate") {
		t.Errorf("with a broken file %s is served, and the log has %s", got, log.all())
	}
	issue(t, dir, "three.example", begun.Add(2*time.Minute))
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := served().DNSNames[0]; got != "two.example" {
		t.Errorf("a key that others may read is taken: %s", got)
	}
	c := configOf(t, "KENDRA_LISTEN", "127.0.0.1:0", "KENDRA_TLS_CERT", cert, "KENDRA_TLS_KEY", key)
	if _, err := c.listen(k.log); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("served with a key that others may read: %v", err)
	}
}

func TestNothingIsSaidInPlainTextBeyondThisMachineButToTheProxiesInFront(t *testing.T) {
	t.Parallel()
	for _, address := range []string{":8080", "0.0.0.0:80", "[::]:80", "10.0.0.7:8080", "kendra.example:443"} {
		for _, c := range []struct {
			env  []string
			good bool
		}{
			{nil, false}, {[]string{"KENDRA_BASE_URL", "https://kendra.example"}, false}, {[]string{"KENDRA_TLS_CERT", "a"}, false},
			{[]string{"KENDRA_PROXIES", "10.0.0.1/32"}, true}, {[]string{"KENDRA_TLS_CERT", "a", "KENDRA_TLS_KEY", "b"}, true},
		} {
			if _, err := readConfig(settings(append([]string{"KENDRA_LISTEN", address}, c.env...)...)); (err == nil) != c.good {
				t.Errorf("%s with %v: %v", address, c.env, err)
			}
		}
	}
	// Of those who connect, only the proxies are answered.
	ask := func(proxy string) error {
		c := config{Listen: "0.0.0.0:0", Proxies: []netip.Prefix{netip.MustParsePrefix(proxy)}}
		address := answering(t, c, slog.New(slog.DiscardHandler))
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Timeout: 10 * time.Second}
		res, err := client.Get("http://127.0.0.1:" + port) //nolint:noctx // the client has a timeout
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := ask("127.0.0.1/32"); err != nil {
		t.Errorf("a proxy is not answered: %v", err)
	}
	if err := ask("10.0.0.1/32"); err == nil {
		t.Error("who is no proxy is answered")
	}
}
