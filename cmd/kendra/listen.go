package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// checkListen refuses to speak in plain text to anybody beyond this machine but
// a proxy that is named: it holds the certificate then.
func checkListen(c config) error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("KENDRA_TLS_CERT and KENDRA_TLS_KEY: both or none")
	case c.TLSCert == "" && !onLoopback(c.Listen) && len(c.Proxies) == 0:
		return errors.New("KENDRA_LISTEN: beyond this machine either KENDRA_TLS_CERT and KENDRA_TLS_KEY are set, " +
			"or KENDRA_PROXIES names the proxies in front that hold the certificate")
	}
	return nil
}

// listen opens the public address: TLS of our own, or plain text to this
// machine, or to the proxies in front and nobody else.
func (c config) listen(log *slog.Logger) (net.Listener, error) {
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	switch {
	case c.TLSCert != "":
		k := &certificate{cert: c.TLSCert, key: c.TLSKey, log: log, now: time.Now}
		if err := k.load(); err != nil {
			_ = ln.Close()
			return nil, err
		}
		return tls.NewListener(ln, tlsConfig(k.get)), nil
	case !onLoopback(c.Listen):
		return &proxied{ln, c.Proxies}, nil
	}
	return ln, nil
}

// tlsConfig speaks TLS 1.3, and for old phones 1.2 with a fresh key for each
// connection (ECDHE) and authenticated encryption (AEAD) alone.
func tlsConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of 1.2; those of 1.3 are all AEAD
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		NextProtos:     []string{"http/1.1"},
		GetCertificate: get,
	}
}

// certificate is the server's, taken anew when its files change: certificates
// live for weeks, and a server is not stopped for one.
type certificate struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  [2]time.Time // of the two files, as they were loaded
	looked time.Time
}

// lookEvery is how often the files are looked at, by the handshake that comes
// next.
const lookEvery = time.Second

func (k *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.looked) >= lookEvery {
		k.looked = now
		// Half-written files are no reason to stop: the one that served goes on.
		if err := k.load(); err != nil {
			k.log.Error("certificate", "err", err.Error())
		}
	}
	return k.loaded, nil
}

// load reads the files if they are not those that were read.
func (k *certificate) load() error {
	if err := onlyOwners([]string{k.key}); err != nil {
		return err
	}
	var stamp [2]time.Time
	for i, path := range []string{k.cert, k.key} {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("read certificate: %w", err)
		}
		stamp[i] = info.ModTime()
	}
	if k.loaded != nil && stamp == k.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	k.loaded, k.stamp = &pair, stamp
	return nil
}

// proxied hangs up on whoever is none of the proxies in front.
type proxied struct {
	net.Listener
	proxies []netip.Prefix
}

// Accept waits for a proxy.
func (p *proxied) Accept() (net.Conn, error) {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err == nil && slices.ContainsFunc(p.proxies, func(n netip.Prefix) bool { return n.Contains(peer.Addr().Unmap()) }) {
			return conn, nil
		}
		_ = conn.Close()
	}
}
