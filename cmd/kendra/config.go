package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kendra/api"
	"kendra/api/staff"
)

// config is the whole configuration, checked at start.
type config struct {
	// DatabaseURL is the app's login. Empty: a private PostgreSQL is started.
	DatabaseURL string
	// OwnerURL is the login for migrations; the app's when empty, which then
	// must be a member of kendra_owner.
	OwnerURL string
	// Data is where the private PostgreSQL and the keys live by default.
	Data string
	// Keys is the directory of secret files.
	Keys string
	// Listen is the public address. Without a certificate, or proxies that hold
	// one, it does not leave this machine.
	Listen string
	// TLSCert and TLSKey are the server's own certificate and its key. They are
	// read again when they change.
	TLSCert, TLSKey string
	// PrivateListen serves health, metrics and pprof.
	PrivateListen string
	// BaseURL is the public origin that DPoP proofs must name.
	BaseURL string
	// Console is the origin of the console's pages; empty, there is no console.
	Console string
	// Proxies are the proxies in front whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Rates bound the requests a process takes.
	Rates api.Rates
	// FCMEndpoint replaces FCM's own, for a local one.
	FCMEndpoint string
	// FCMProject is read from the credentials when empty.
	FCMProject string
	// Credentials is the service account's file.
	Credentials string
	// PoolSize bounds the connections: a dozen centres commit at once, reads
	// and jobs share the rest.
	PoolSize int32
	// Tick is how often the clock looks for what is due.
	Tick time.Duration
	// Logs is the directory of the daily files of the log, standard error when
	// empty, and LogDays how many days they are kept.
	Logs    string
	LogDays int
	// Passwords says which of them stand in the environment.
	Passwords []string
	// SecretFiles are those that the environment names.
	SecretFiles []string

	ownDatabase bool // a private one, found or started
}

func readConfig(get func(string) string) (config, error) {
	c := config{
		DatabaseURL:   get("DATABASE_URL"),
		OwnerURL:      get("KENDRA_OWNER_DATABASE_URL"),
		Data:          get("KENDRA_DATA"),
		Keys:          get("KENDRA_KEYS"),
		Listen:        get("KENDRA_LISTEN"),
		PrivateListen: get("KENDRA_PRIVATE_LISTEN"),
		BaseURL:       get("KENDRA_BASE_URL"),
		Console:       get("KENDRA_CONSOLE_ORIGIN"),
		TLSCert:       get("KENDRA_TLS_CERT"),
		TLSKey:        get("KENDRA_TLS_KEY"),
		FCMEndpoint:   get("KENDRA_FCM_ENDPOINT"),
		FCMProject:    get("KENDRA_FCM_PROJECT"),
		Credentials:   get("GOOGLE_APPLICATION_CREDENTIALS"),
		Logs:          get("KENDRA_LOGS"),
		LogDays:       logDays,
		PoolSize:      24,
		Tick:          time.Second,
		Passwords:     passwords(get),
		SecretFiles:   secretFiles(get),
	}
	or(&c.Data, ".kendra")
	or(&c.Keys, filepath.Join(c.Data, "keys"))
	or(&c.Listen, "127.0.0.1:8080")
	or(&c.PrivateListen, "127.0.0.1:8081")
	or(&c.OwnerURL, c.DatabaseURL)
	var errs []error
	if v := get("KENDRA_POOL"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 4 || n > 500 {
			errs = append(errs, errors.New("KENDRA_POOL: a number from 4 to 500"))
		}
		c.PoolSize = int32(n) //nolint:gosec // at most 500, or there is an error
	}
	for _, v := range strings.Fields(strings.ReplaceAll(get("KENDRA_PROXIES"), ",", " ")) {
		p, err := netip.ParsePrefix(v)
		if err != nil {
			errs = append(errs, errors.New("KENDRA_PROXIES: networks such as 10.0.0.7/32, set apart by commas"))
		}
		c.Proxies = append(c.Proxies, p)
	}
	var err error
	if c.Rates, err = readRates(get("KENDRA_RATES")); err != nil {
		errs = append(errs, err)
	}
	if v := get("KENDRA_TICK"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d < 10*time.Millisecond {
			errs = append(errs, errors.New("KENDRA_TICK: a duration such as 1s"))
		}
		c.Tick = d
	}
	if v := get("KENDRA_LOG_DAYS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 36500 || n < logDays && c.inService() {
			errs = append(errs, errors.New("KENDRA_LOG_DAYS: a number of days, in service 180 at least"))
		}
		c.LogDays = n
	}
	if c.Console != "" {
		if _, err := staff.ConsoleRP(c.Console); err != nil {
			errs = append(errs, fmt.Errorf("KENDRA_CONSOLE_ORIGIN: %w", err))
		}
	}
	errs = append(errs, checkPrivate(c.PrivateListen), checkListen(c))
	for name, v := range map[string]string{"DATABASE_URL": c.DatabaseURL, "KENDRA_BASE_URL": c.BaseURL, "KENDRA_FCM_ENDPOINT": c.FCMEndpoint} {
		if u, err := url.Parse(v); v != "" && (err != nil || u.Scheme == "") {
			errs = append(errs, fmt.Errorf("%s: not a URL", name))
		}
	}
	return c, errors.Join(errs...)
}

// readRates reads such as "device=10/200,address=200/2000": requests a second
// and at once. What is not named keeps its default; "off" bounds nothing.
func readRates(text string) (api.Rates, error) {
	if text == "off" {
		return api.Rates{}, nil
	}
	r := api.DefaultRates()
	into := map[string]*api.Rate{"device": &r.Device, "officer": &r.Officer, "address": &r.Address, "centre": &r.Centre}
	for _, v := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		name, rate, _ := strings.Cut(v, "=")
		second, once, _ := strings.Cut(rate, "/")
		perSecond, err := strconv.ParseFloat(second, 64)
		atOnce, wrong := strconv.Atoi(once)
		if into[name] == nil || err != nil || wrong != nil || !(perSecond > 0 && perSecond < 1e6) || atOnce < 1 {
			return api.Rates{}, errors.New("KENDRA_RATES: off, or device, officer, address and centre such as device=10/200")
		}
		*into[name] = api.Rate{PerSecond: perSecond, AtOnce: atOnce}
	}
	return r, nil
}

func or(s *string, def string) {
	if *s == "" {
		*s = def
	}
}

func configFromEnv() (config, error) { return readConfig(os.Getenv) }
