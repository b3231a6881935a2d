package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kendra/migrations"
)

// inService tells a server that phones reach from one that is tried out on this
// machine: it listens beyond loopback, or stands behind a proxy that does. What
// could leak is refused there, and warned about here.
func (c config) inService() bool {
	return !onLoopback(c.Listen) || c.TLSCert != "" || strings.HasPrefix(c.BaseURL, "https://")
}

// onLoopback says whether an address to listen on is reached from this machine
// alone.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// checkPrivate refuses to serve figures and profiles to everybody who can reach
// the machine.
func checkPrivate(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("KENDRA_PRIVATE_LISTEN: host and port such as 127.0.0.1:8081")
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.Unmap().IsUnspecified() {
		return errors.New("KENDRA_PRIVATE_LISTEN: name one address of a private network; all addresses are not private")
	}
	return nil
}

// guard looks for what would leak before anything is served or sent. What is
// found is an error in service and a warning elsewhere.
func guard(ctx context.Context, c config, log *slog.Logger) error {
	found, err := c.leaks(ctx)
	if err != nil || len(found) == 0 {
		return err
	}
	if c.inService() {
		return fmt.Errorf("not safe to serve:\n  %s", strings.Join(found, "\n  "))
	}
	for _, f := range found {
		log.Warn("would be refused in service", "why", f)
	}
	return nil
}

// leaks are what this configuration, and the database as the server meets it,
// would let out.
func (c config) leaks(ctx context.Context) ([]string, error) {
	pool, err := openPool(ctx, migrations.AppURL(c.DatabaseURL), 1)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	found := slices.Clone(c.Passwords)
	for _, address := range []string{c.DatabaseURL, c.OwnerURL} {
		if unverified(address) {
			found = append(found, "PostgreSQL beyond this machine is spoken to without sslmode=verify-full")
			break
		}
	}
	if c.BaseURL == "" && !onLoopback(c.Listen) {
		found = append(found, "KENDRA_BASE_URL is not set: a proof could name whatever host its request names")
	}
	told, err := migrations.Talkative(ctx, pool)
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		found = append(found, "PostgreSQL would write what is stored into its log: "+t)
	}
	unbound, err := migrations.Unbound(ctx, pool)
	if err != nil {
		return nil, err
	}
	if unbound && !c.ownDatabase { // whose socket nobody else can open
		found = append(found, "the login of DATABASE_URL is bound by nothing: use one that is a member of kendra_app alone")
	}
	return found, nil
}

// unverified says whether a connection to another machine could be overheard, or
// be to somebody else.
func unverified(address string) bool {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return false // refused for that
	}
	open := func(host string, t *tls.Config) bool {
		ip, err := netip.ParseAddr(host)
		local := strings.HasPrefix(host, "/") || host == "localhost" || err == nil && ip.Unmap().IsLoopback()
		return !local && (t == nil || t.InsecureSkipVerify || t.ServerName == "")
	}
	return open(c.Host, c.TLSConfig) || slices.ContainsFunc(c.Fallbacks, func(f *pgconn.FallbackConfig) bool {
		return open(f.Host, f.TLSConfig)
	})
}

// passwords finds those that stand in the environment, which every child, crash
// report and operator's screen shows.
func passwords(get func(string) string) (found []string) {
	const instead = ": put it into a file of mode 0600 that PGPASSFILE names"
	for _, name := range []string{"DATABASE_URL", "KENDRA_OWNER_DATABASE_URL"} {
		u, err := url.Parse(get(name))
		if err != nil {
			continue // refused for that
		}
		query := u.Query()
		if _, has := u.User.Password(); has || query.Has("password") || query.Has("sslpassword") {
			found = append(found, name+" holds a password"+instead)
		}
	}
	for _, name := range []string{"PGPASSWORD", "PGSSLPASSWORD"} {
		if get(name) != "" {
			found = append(found, name+" is set"+instead)
		}
	}
	return found
}

// secretFiles are the files of secrets that the environment names, beside the
// keys.
func secretFiles(get func(string) string) (files []string) {
	for _, name := range []string{"GOOGLE_APPLICATION_CREDENTIALS", "PGPASSFILE", "PGSSLKEY", "KENDRA_TLS_KEY"} {
		if path := get(name); path != "" {
			files = append(files, path)
		}
	}
	return files
}

// onlyOwners refuses files of secrets that others than their owner may read,
// wherever the server runs: a wrong mode is a mistake.
func onlyOwners(files []string) error {
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("read secret: %w", err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("file of secrets %s may be read by others: chmod 600", filepath.Base(path))
		}
	}
	return nil
}

// noDumps keeps the memory of this process, with its keys and names, out of
// files: no core is written, and none is handed to a collector.
func noDumps() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("turn core dumps off: %w", err)
	}
	if err := undumpable(); err != nil {
		return fmt.Errorf("turn core dumps off: %w", err)
	}
	return nil
}
