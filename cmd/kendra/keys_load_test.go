package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kendra/api/apitest"
	"kendra/mobile-contract/phone"

	contract "kendra/mobile-contract"
)

// steady is a load on two processes that share a folder of keys.
type steady struct {
	t     *testing.T
	w     *apitest.World
	dir   string
	log   *apitest.Buffer
	nodes []*node
	at    []*apitest.Server
	tool  *node

	stop           chan struct{}
	wg             sync.WaitGroup
	requests, lost atomic.Int64
	finds, misses  atomic.Int64
	mu             sync.Mutex
	why            map[string]int
}

// ripeInTests is the time after which a new file counts as known.
const ripeInTests = 600 * time.Millisecond

func openSteady(t *testing.T) *steady {
	t.Helper()
	s := &steady{t: t, w: apitest.New(t), dir: t.TempDir(), log: &apitest.Buffer{}, stop: make(chan struct{}), why: map[string]int{}}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.w.WriteKeys(s.dir)
	for range 2 {
		s.serve()
	}
	s.tool = s.open(openTool)
	return s
}

type opener func(ctx context.Context, c config, appURL string, log *slog.Logger, now func() time.Time) (*node, error)

func (s *steady) open(how opener) *node {
	s.t.Helper()
	c, err := readConfig(func(string) string { return "" })
	if err != nil {
		s.t.Fatal(err)
	}
	c.Keys, c.PoolSize = s.dir, 8
	if c.Rates, err = readRates("off"); err != nil {
		s.t.Fatal(err)
	}
	n, err := how(s.t.Context(), c, s.w.DB.AppURL, slog.New(slog.NewJSONHandler(s.log, nil)), s.w.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	n.secrets.ripe = ripeInTests
	s.t.Cleanup(n.close)
	return n
}

// serve starts a process, as far as a test can tell.
func (s *steady) serve() {
	n := s.open(openNode)
	ln, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.serve(ctx, ln) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	s.nodes, s.at = append(s.nodes, n), append(s.at, s.w.Beside("http://"+ln.Addr().String()))
}

// enlist is an officer who is logged in at one of the processes.
func (s *steady) enlist(centre string, role contract.Role, at int) *apitest.Shift {
	s.t.Helper()
	h := s.w.Handset(apitest.Karwi)
	h.On = s.at[at%len(s.at)]
	return h.LogIn(s.w.Hire(centre, role))
}

// try makes a call and counts it.
func (s *steady) try(x *apitest.Shift, r apitest.Request, into any) bool {
	a, err := x.Handset.On.Try(x.Prove(x.Handset.On, r))
	return s.counted(r, a, err, into)
}

func (s *steady) counted(r apitest.Request, a *apitest.Answer, err error, into any) bool {
	s.requests.Add(1)
	switch {
	case err != nil:
		s.fail(r.Path + " " + err.Error())
	case a.Status >= http.StatusBadRequest:
		s.fail(r.Path + " " + string(a.Body))
	case into != nil && json.Unmarshal(a.Body, into) != nil:
		s.fail(r.Path + " no such answer")
	default:
		return true
	}
	return false
}

func (s *steady) fail(why string) {
	s.lost.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why[why]++
}

const askedFor = "9812345670"

func (s *steady) complaint() contract.ComplaintOpen {
	now := contract.At(s.w.Now())
	return contract.ComplaintOpen{
		ArrivedAt: now, RegisteredAt: &now, Channel: "walk_in", ComplainantName: "कमला देवी", SafeToCall: true, Mobile: new(askedFor),
		Category: "marital_dispute", Account: "पति से विवाद, आये दिन झगड़ा होता है", RiskLevel: "low", WomanRecorded: true,
	}
}

func one(item apitest.Item) []byte {
	return []byte(`{"op":` + string(item.Op) + `,"sig":"` + item.Sig + `"}`)
}

// work keeps one officer busy: a complaint, the feed, now and then new tokens, a
// search and a read of what is sealed, as often as the budgets allow.
func (s *steady) work(x *apitest.Shift) {
	defer s.wg.Done()
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		default:
		}
		var answer contract.OpsAnswer
		item := x.Op("complaint.open", s.complaint())
		if s.try(x, apitest.Post("/v1/ops", s.w.Batch(item)), &answer) && answer.Receipts[0].Outcome != contract.OutcomeEntered {
			s.fail("complaint.open " + string(answer.Receipts[0].Outcome))
			continue
		}
		s.try(x, apitest.Get("/v1/feed?centre=KRW&after=0"), nil)
		if n%3 == 0 {
			s.refresh(x)
		}
		if n%4 == 1 && n < 36 {
			s.try(x, apitest.Post("/v1/unseal", one(x.Op("identity.read", contract.IdentityRead{
				SubjectID: *answer.Receipts[0].OpID, Fields: []string{"/body/mobile"}, Reason: "call_her",
			}))), nil)
		}
		if n%2 == 0 && n < 38 {
			var found contract.PhoneAnswer
			ok := s.try(x, apitest.Post("/v1/search/phone", one(x.Op("phone.search", contract.PhoneSearch{Phone: askedFor, Reason: "call_back"}))), &found)
			if s.finds.Add(1); ok && len(found.Cases) == 0 {
				s.misses.Add(1)
			}
		}
	}
}

func (s *steady) refresh(x *apitest.Shift) {
	var hello contract.Hello
	a, err := x.Handset.On.Try(apitest.Get("/v1/hello"))
	if !s.counted(apitest.Get("/v1/hello"), a, err, &hello) {
		return
	}
	token := x.Session.RefreshToken
	r := x.Handset.Vouch(x.Handset.On, apitest.Post("/v1/sessions/refresh", contract.Refresh{
		RefreshToken: token, Nonce: hello.Nonce, Sig: s.w.Sign(x.Handset.Key, contract.RefreshMessage(token, hello.Nonce)),
	}))
	var out contract.Tokens
	if a, err = x.Handset.On.Try(r); s.counted(r, a, err, &out) {
		x.Session.AccessToken, x.Session.RefreshToken = out.AccessToken, out.RefreshToken
	}
}

// rotate makes a new key by the verb and returns its words.
func (s *steady) rotate(key string) string {
	s.t.Helper()
	var out bytes.Buffer
	if err := s.tool.reloadKeys(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.tool.rotateKey(s.t.Context(), key, &out); err != nil {
		s.t.Fatalf("rotate %s: %v", key, err)
	}
	return out.String()
}

// until waits for what the processes do by themselves.
func (s *steady) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(90 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not yet, %.600s", what, s.log.String())
		}
	}
}

func TestEachKeyIsRotatedUnderLoadAndNoRequestFails(t *testing.T) {
	t.Parallel()
	s := openSteady(t)
	sp, second := s.enlist("HQ", "sp", 0), s.enlist("HQ", "addl_sp", 1)
	var workers []*apitest.Shift
	for i := range 4 {
		workers = append(workers, s.enlist(apitest.Karwi, contract.Role([]string{"centre_incharge", "sho"}[i/2]), i))
	}
	signed := map[string]bool{} // by the heads of tokens, which name their key
	for _, x := range workers {
		signed[strings.Split(x.Session.AccessToken, ".")[0]] = true
		s.wg.Add(1)
		go s.work(x)
	}
	until := func(n int64) { s.until("load", func() bool { return s.requests.Load() >= n }) }
	until(60)

	for range 2 { // the key that is made ready signs after the second
		s.rotate("jwt")
		time.Sleep(2 * ripeInTests)
	}
	until(s.requests.Load() + 60)

	old := s.tool.secrets.keyset.Primary()
	s.rotate("seal")
	s.until("keys of cases are wrapped again", func() bool {
		_ = s.nodes[0].keepSeal(t.Context())
		return s.w.Count(`SELECT count(*) FROM case_keys WHERE kek = $1`, old) == 0
	})
	until(s.requests.Load() + 60)

	s.rotate("index")
	s.until("the old key of the hashes is gone", func() bool {
		files, err := numbered(s.dir, "blind")
		return err == nil && len(files) == 1 && filepath.Base(files[0]) == "blind-0002.key"
	})
	until(s.requests.Load() + 60)

	first := s.nodes[1].secrets.markers.IDs()[0]
	if words := s.rotate("marker"); !strings.Contains(words, "marker.key: 0 sheets") || !strings.Contains(words, "marker-0002.key: 0 sheets") {
		s.t.Errorf("of the keys of sheets it says\n%s", words)
	}
	s.until("the new key makes sheets, the old one proves its own", func() bool {
		ids := s.nodes[1].secrets.markers.IDs()
		return len(ids) == 2 && ids[0] != first && ids[1] == first
	})

	s.witness(sp, second)
	until(s.requests.Load() + 60)
	close(s.stop)
	s.wg.Wait()
	t.Logf("%d requests on two processes while five keys were rotated: %d failed; %d searches: %d missed", s.requests.Load(), s.lost.Load(), s.finds.Load(), s.misses.Load())
	if s.lost.Load() != 0 || s.misses.Load() != 0 {
		t.Errorf("failed: %v", s.why)
	}
	for _, x := range workers {
		if signed[strings.Split(x.Session.AccessToken, ".")[0]] {
			t.Error("a token is still signed by the key of the beginning")
		}
	}
	s.settled()
}

// settled looks whether the new keys are in use.
func (s *steady) settled() {
	s.t.Helper()
	if n := s.w.Count(`SELECT count(*) FROM case_marks WHERE hashed_by <> $1`, s.nodes[0].secrets.blind.IDs()[0]); n != 0 {
		s.t.Errorf("%d numbers are hashed by another key", n)
	}
	// The other process may have had a key in hand, wrapped by the old one, when that
	// wrapped nothing for the first time: the duty's next run finds it.
	if err := s.nodes[0].keepSeal(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	if n := s.w.Count(`SELECT count(*) FROM case_keys WHERE kek <> $1`, s.tool.secrets.keyset.Primary()); n != 0 {
		s.t.Errorf("%d keys of cases are wrapped by another key", n)
	}
	list, err := os.ReadDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range list {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			s.t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// witness has two officers allow the new key of the checkpoints, and looks at what
// both processes sign then.
func (s *steady) witness(sp, second *apitest.Shift) {
	s.t.Helper()
	words := s.rotate("checkpoint")
	var body contract.WitnessAsk
	if err := json.Unmarshal([]byte(words[strings.Index(words, "{"):strings.LastIndex(words, "}")+1]), &body); err != nil {
		s.t.Fatal(err)
	}
	keys := func(at *apitest.Server) (out []string) {
		var h contract.Hello
		at.Do(apitest.Get("/v1/hello")).Into(http.StatusOK, &h)
		for _, k := range h.CheckpointKeys {
			out = append(out, k.Vkey)
		}
		return out
	}
	var answer contract.OpsAnswer
	enter := func(x *apitest.Shift, kind string, b any) contract.Receipt {
		answer = x.Sync(x.Op(contract.Kind(kind), b))
		if answer.Receipts[0].Outcome != contract.OutcomeEntered {
			s.t.Fatalf("%s: %+v", kind, answer.Receipts[0])
		}
		return answer.Receipts[0]
	}
	ask := enter(sp, "witness.ask", body)
	time.Sleep(2 * ripeInTests)
	if slices.Contains(keys(s.at[0]), body.Vkey) {
		s.t.Error("the new key signs though nobody has allowed it")
	}
	enter(second, "witness.allow", contract.WitnessAllow{AskID: *ask.OpID})
	for _, at := range s.at {
		s.until("both keys sign", func() bool { return len(keys(at)) == 2 })
		if keys(at)[0] != body.Vkey {
			s.t.Error("the new key is not the first")
		}
	}
	enter(sp, "retention.ask", contract.RetentionAsk{Rule: "tracks", Days: 60, Basis: "आदेश"})
	for _, known := range keys(s.at[0]) { // whichever of them a phone knows
		if _, err := phone.OpenCheckpoint(answer.Checkpoints[0].Note, apitest.District, "HQ", []string{known}); err != nil {
			s.t.Errorf("by %s: %v", known, err)
		}
	}
}

func TestAWrappingKeyIsFollowedAfterAMonthAndGoesWhenItHasWrappedNothingForDays(t *testing.T) {
	t.Parallel()
	s := openSteady(t)
	x := s.enlist(apitest.Karwi, "desk_officer", 0)
	id := *x.Enter("complaint.open", s.complaint()).OpID
	n, day := s.tool, 24*time.Hour
	keep := func(after time.Duration) (first string, all int) {
		t.Helper()
		s.w.Pass(after)
		if err := n.keepSeal(t.Context()); err != nil {
			t.Fatal(err)
		}
		return n.secrets.keyset.Primary(), len(n.secrets.keyset.IDs())
	}
	live := func(kek string) int64 {
		return s.w.Count(`SELECT count(*) FROM case_keys WHERE case_id = $1 AND kek = $2`, id, kek)
	}
	first, _ := keep(0)
	if again, all := keep(29 * day); again != first || all != 1 {
		t.Errorf("followed before its month is over: %d keys", all)
	}
	second, all := keep(2 * day)
	if second == first || all != 2 || live(first) != 0 || live(second) != 1 {
		t.Fatalf("after a month: %d keys, %d rows by the old, %d by the new", all, live(first), live(second))
	}
	if again, all := keep(4 * day); again != second || all != 2 {
		t.Errorf("%d keys: the old one went before its days were over", all)
	}
	if again, all := keep(2 * day); again != second || all != 1 {
		t.Errorf("%d keys: the old one is still there", all)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "keys.log"))
	noted := strings.Split(strings.TrimSpace(string(text)), "\n") // two processes may note the same, and the first counts
	slices.Sort(noted)
	if err != nil || len(slices.Compact(noted)) != 4 || !strings.Contains(string(text), " seal "+first+" "+keyDestroyed) {
		t.Errorf("noted: %v\n%s", err, text)
	}
}
