package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"kendra/cmd/phones/fleet"
	"kendra/cmd/phones/history"
	"kendra/cmd/phones/walk"
	"kendra/migrations"
	"kendra/migrations/localpg"
)

// buffer is text that many write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) all() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}

// canaries are a demo and a history whose people carry marks.
type canaries struct {
	demo  *demo
	marks *marker
	tap   *tap
	log   buffer // of the servers
	words buffer // of the demo
	wakes buffer // what the push service was sent
	home  string // of PostgreSQL
	past  string // database of the history
	codes []string

	cookies map[string]string // of consoles, by the officer's number
}

// openCanaries lets a short shift with its story and two days of a history pass,
// both on one private PostgreSQL.
func openCanaries(t *testing.T) *canaries {
	t.Helper()
	w := &canaries{marks: &marker{fields: map[string]int{}}, tap: &tap{secrets: map[string]bool{}}}
	c, err := readConfig(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := demoArgs{once: true, phones: 5, minutes: 8, seed: 5}
	w.demo, err = openDemo(t.Context(), c, a, newTeller(&w.words), probe{
		log: log, mark: w.marks.mark,
		wire:   func(next http.RoundTripper) http.RoundTripper { w.tap.next = next; return w.tap },
		onWake: func(body []byte) { _, _ = w.wakes.Write(append(body, '\n')) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.demo.close)
	if w.home, err = localpg.Home(filepath.Join(w.demo.dir, "postgres")); err != nil {
		t.Fatal(err)
	}
	enrol := w.demo.world.EnrolCode
	var mu sync.Mutex
	w.demo.world.EnrolCode = func(ctx context.Context, centre string) (string, error) {
		code, err := enrol(ctx, centre)
		mu.Lock()
		defer mu.Unlock()
		w.codes = append(w.codes, code)
		return code, err
	}
	sum := &summary{world: w.demo.world, from: w.demo.clock.now()}
	for _, step := range []func() error{
		func() error { return w.demo.shift(t.Context(), walk.Track{}, sum) },
		func() error { return w.demo.drain(t.Context(), walk.Track{}, sum) },
	} {
		if err := step(); err != nil || sum.fault != nil {
			t.Fatal(err, sum.fault, string(w.words.all()))
		}
	}
	sum.write(&w.words)
	w.refused(t.Context(), t)
	w.bringFiles(t)
	w.live(t, log)
	return w
}

// live makes a small history up in a database of its own.
func (w *canaries) live(t *testing.T, log *slog.Logger) {
	t.Helper()
	if err := execOn(t.Context(), w.demo.config.OwnerURL, "CREATE DATABASE canary_history"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(w.demo.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/canary_history"
	w.past = u.String()
	if err := migrations.Up(t.Context(), w.past); err != nil {
		t.Fatal(err)
	}
	site, err := history.Open(t.Context(), defaultDistrict, migrations.AppURL(w.past), t.TempDir(), history.NewClock(history.DefaultStart), log)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	sum, err := history.Run(t.Context(), site, history.Plan{Seed: 6, Days: 3, Stations: 2, Scale: 0.5, Squads: 1, Beats: 2, Mark: w.marks.mark})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lines["help_desk"] == 0 || sum.Lines["squad"] == 0 {
		t.Fatalf("nothing happened: %+v", sum)
	}
}

// needles gathers what is to be found nowhere.
func (w *canaries) needles(t *testing.T) needles {
	t.Helper()
	var n needles
	for _, mark := range []string{markText, markPhone} {
		n.sealed = append(n.sealed, forms(mark)...)
	}
	for _, x := range []float64{markLat, markLon} {
		n.sealed = append(n.sealed, []byte(strconv.FormatFloat(x, 'f', -1, 64)))
	}
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	for s := range w.tap.secrets {
		n.secrets = append(n.secrets, []byte(s))
	}
	for _, o := range append(append([]fleet.Officer{w.demo.world.walker}, w.demo.world.Officers...), w.demo.world.Cast...) {
		n.secrets = append(n.secrets, []byte(o.Activation), []byte(`"`+fleet.PINOf(o.Number)+`"`))
	}
	for _, code := range w.codes {
		n.secrets = append(n.secrets, []byte(code))
	}
	w.rows(t, w.demo.config.OwnerURL, `SELECT name_hi FROM officers UNION SELECT name_en FROM officers UNION SELECT number FROM officers
		UNION SELECT push_token FROM devices WHERE push_token IS NOT NULL`, func(text []byte) {
		n.restricted = append(n.restricted, bytes.Clone(text))
	})
	return n
}

// rows calls do with one column of text.
func (w *canaries) rows(t *testing.T, database, query string, do func([]byte)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if _, err := pgx.ForEachRow(rows, []any{&text}, func() error { do([]byte(text)); return nil }); err != nil {
		t.Fatal(err)
	}
}

// everyRow is all that SQL reads out of both databases, unpacked.
func (w *canaries) everyRow(t *testing.T, do func([]byte)) {
	t.Helper()
	for _, database := range []string{w.demo.config.OwnerURL, w.past} {
		var tables []string
		w.rows(t, database, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname IN ('public', 'river') AND c.relkind = 'r'`, func(name []byte) { tables = append(tables, string(name)) })
		for _, table := range tables {
			w.rows(t, database, "SELECT t::text FROM "+table+" t", do)
		}
	}
}

func (w *canaries) sql(t *testing.T, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.demo.config.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// figures are what the private listener tells.
func (w *canaries) figures(t *testing.T) func() []byte {
	t.Helper()
	private, err := w.demo.node.private("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = private.Close() })
	return func() []byte {
		return get(t, "http://"+private.Addr+"/metrics")
	}
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	return getAs(t, address, "")
}

// getAs is get with a cookie.
func getAs(t *testing.T, address, cookie string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sinks are where data come to by the running of the service. Those of one
// database are planted from the narrowest on.
func (w *canaries) sinks(t *testing.T) []sink {
	t.Helper()
	w.sql(t, "CHECKPOINT")
	data := filepath.Join(w.home, "data")
	wal := filepath.Join(data, "pg_wal")
	figures := w.figures(t)
	locked := func(b *bytes.Buffer) func() []byte {
		return func() []byte {
			w.tap.mu.Lock()
			defer w.tap.mu.Unlock()
			return bytes.Clone(b.Bytes())
		}
	}
	planted := 0
	return []sink{
		{"the servers' log", 1000, false, whole(w.log.all), func(_ *testing.T, text string) {
			fmt.Fprintf(&w.log, "%+q\n", text) // escaped
		}},
		{"what the demo tells", 500, false, whole(w.words.all), func(_ *testing.T, text string) { w.demo.say.head("%s", text) }},
		{"PostgreSQL's log", 0, false, files(filepath.Join(w.home, "postgres.log"), ""), func(t *testing.T, text string) {
			w.sql(t, "DO $$ BEGIN RAISE WARNING 'planted "+text+"'; END $$")
		}},
		{"PostgreSQL's write-ahead log", 1 << 20, true, files(wal, ""), func(t *testing.T, text string) {
			w.sql(t, "SELECT pg_logical_emit_message(true, 'planted', '"+text+"')")
		}},
		{"PostgreSQL's data directory", 10 << 20, true, files(data, wal), func(t *testing.T, text string) {
			planted++
			w.sql(t, fmt.Sprintf("COPY (SELECT '%s') TO '%s/planted%d'", text, data, planted))
		}},
		{"job arguments", 1000, false, w.jobs, func(t *testing.T, text string) {
			w.sql(t, `INSERT INTO river.river_job (kind, max_attempts, args, state, scheduled_at)
				VALUES ('planted', 1, '{"name":"`+text+`"}', 'scheduled', now() + interval '1 year')`)
		}},
		{"stored pieces of files", 50_000, false, w.pieces, func(t *testing.T, text string) {
			w.sql(t, `UPDATE file_pieces SET sealed = sealed || convert_to('`+text+`', 'UTF8') WHERE what = 't'`)
		}},
		{"every row as SQL reads it", 1 << 20, true, w.everyRow, func(t *testing.T, text string) {
			w.sql(t, `INSERT INTO alarms (district_id, alarm_id, at, kind) VALUES (7, gen_random_uuid(), now(), '`+text+`')`)
		}},
		{"bodies sent to the push service", 500, false, w.pushed, w.push},
		{"metrics", 1000, false, whole(figures), func(_ *testing.T, text string) {
			w.demo.node.figures.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{
				Name: "planted" + strconv.Itoa(len(text)), Help: "planted", ConstLabels: prometheus.Labels{"name": text},
			}))
		}},
		{"bodies and heads of refusals", 500, false, whole(locked(&w.tap.refusals)), func(t *testing.T, text string) {
			srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				http.Error(rw, `{"detail":"`+text+`"}`, http.StatusNotFound)
			}))
			defer srv.Close()
			w.call(t, srv.URL)
		}},
		{"pages of the console", 100_000, true, w.pages, func(t *testing.T, text string) {
			w.sql(t, `UPDATE officers SET name_hi = name_hi || ' `+text+`' WHERE number = '`+w.demo.world.consoles[0].number+`'`)
		}},
		{"addresses of calls", 1000, false, whole(locked(&w.tap.urls)), func(t *testing.T, text string) {
			w.call(t, w.demo.url+"/v1/tasks/"+url.PathEscape(text))
		}},
	}
}

func (w *canaries) call(t *testing.T, address string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.tap.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

func (w *canaries) jobs(t *testing.T, do func([]byte)) {
	t.Helper()
	for _, database := range []string{w.demo.config.OwnerURL, w.past} {
		w.rows(t, database, `SELECT concat_ws(' ', kind, args::text, metadata::text, errors::text, tags::text) FROM river.river_job`, do)
	}
}

// pushed is what the push service was sent, without the token that addresses a
// message.
func (w *canaries) pushed(_ *testing.T, do func([]byte)) {
	for line := range bytes.Lines(w.wakes.all()) {
		if _, after, ok := bytes.Cut(line, []byte(`"token":"`)); ok {
			_, after, _ = bytes.Cut(after, []byte(`"`))
			before, _, _ := bytes.Cut(line, []byte(`"token":"`))
			line = append(bytes.Clone(before), after...)
		}
		do(line)
	}
}

func (w *canaries) push(t *testing.T, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.demo.fcm.URL()+"/projects/"+w.demo.fcm.Project()+"/messages:send",
		strings.NewReader(`{"message":{"token":"t","data":{"v":"1","k":"task","id":"`+text+`"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// unpacked is what gzip holds.
func unpacked(body []byte) []byte {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	text, err := io.ReadAll(zr)
	if err != nil {
		return body
	}
	return text
}
