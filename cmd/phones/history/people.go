package history

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	"kendra/cmd/phones/fleet"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// station is a centre with its people and what they share. The district office
// is one too.
type station struct {
	code, circle string
	lat, lon     float64

	all      []*officer
	handsets []*handset
	office   *handset // always online: the people who sit at the station
	beats    []*beat
	squads   []*squad

	firs, ncrs int         // numbers given this year
	unsigned   []time.Time // days that the in-charge has still to sign
	talk       *traffic    // what was said to this station in the last quarter
}

// of lists the officers of a role.
func (st *station) of(role string) []*officer {
	var out []*officer
	for _, o := range st.all {
		if o.role == role {
			out = append(out, o)
		}
	}
	return out
}

// the is the first officer of a role.
func (st *station) the(role string) *officer { return st.of(role)[0] }

// beat is a beat with the officers who walk it.
type beat struct {
	id       uuid.UUID
	lat, lon float64
	pair     []*officer
	handset  *handset
}

// squad is a squad; its leader stands first.
type squad struct {
	id      uuid.UUID
	members []*officer
	handset *handset
	briefed *uuid.UUID // today's briefing
	cards   int
}

// officer is somebody with a post, who works on a handset.
type officer struct {
	id      uuid.UUID
	number  string
	role    string
	post    uuid.UUID
	station *station
	handset *handset
	beat    *beat
	squad   *squad

	session uuid.UUID
	key     *ecdsa.PrivateKey
	since   time.Time // of the session
	duty    *uuid.UUID
	away    bool // not on duty today
}

// handset is a device that officers share.
type handset struct {
	station *station
	id      uuid.UUID
	key     *ecdsa.PrivateKey
	offset  time.Duration // to be added to its clock
	online  bool
	reach   bool // it has a network just now
	seq     int64
	held    []*written
}

// found is the built-in district as far as it is taken.
type found struct {
	centres []fleet.Centre
	circle  map[string]string
	files   []staff.Import
}

func builtIn(stations int) (*found, error) {
	out := &found{circle: map[string]string{}}
	for _, kind := range []string{staff.KindCircles, staff.KindStations} {
		f, err := staff.Chitrakoot.Open("chitrakoot/" + kind + ".csv")
		if err != nil {
			return nil, fmt.Errorf("built-in lists: %w", err)
		}
		text, err := csv.NewReader(f).ReadAll()
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("built-in lists: %w", err)
		}
		kept := text[:1]
		for _, r := range text[1:] {
			if kind == staff.KindStations && r[0] != book.HQ {
				lat, err1 := strconv.ParseFloat(r[4], 64)
				lon, err2 := strconv.ParseFloat(r[5], 64)
				if err := errors.Join(err1, err2); err != nil {
					return nil, fmt.Errorf("built-in lists: %w", err)
				}
				if len(out.centres) == stations {
					continue
				}
				out.centres = append(out.centres, fleet.Centre{Code: r[0], Lat: lat, Lon: lon})
				out.circle[r[0]] = r[1]
			}
			kept = append(kept, r)
		}
		var sheet strings.Builder
		if err := csv.NewWriter(&sheet).WriteAll(kept); err != nil {
			return nil, fmt.Errorf("built-in lists: %w", err)
		}
		if err := out.parse(kind, sheet.String()); err != nil {
			return nil, err
		}
	}
	if len(out.centres) < stations {
		return nil, fmt.Errorf("the district has %d stations, not %d", len(out.centres), stations)
	}
	return out, nil
}

func (f *found) parse(kind, text string) error {
	in, wrong := staff.ParseImport(kind, strings.NewReader(text))
	if len(wrong) > 0 {
		return fmt.Errorf("staff list: %w", wrong[0])
	}
	f.files = append(f.files, in)
	return nil
}

// settle loads the district: stations, a made-up staff list, posts as entries of
// the books.
func (s *sim) settle(ctx context.Context) error {
	f, err := builtIn(s.plan.Stations)
	if err != nil {
		return err
	}
	roster := fleet.MakeUpOf(s.plan.Seed, f.centres, s.plan.Start.AddDate(0, 0, -30),
		fleet.Strength{Squads: s.plan.Squads, Beats: s.plan.Beats, Office: true})
	for _, x := range [][2]string{
		{staff.KindOfficers, roster.Officers}, {staff.KindSquads, roster.Squads}, {staff.KindBeats, roster.Beats}, {staff.KindPosts, roster.Posts},
	} {
		if err := f.parse(x[0], x[1]); err != nil {
			return err
		}
	}
	loaded, wrong, err := s.site.Staff.Load(ctx, s.site.District, f.files, false)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("load staff list: %w", wrong[0])
	}
	if err := s.takePosts(ctx, loaded.Posts); err != nil {
		return err
	}
	if err := s.site.Book.LoadRules(ctx); err != nil {
		return err
	}
	s.place(f, loaded.Posts, roster.Homes)
	return s.enrolAll(ctx)
}

// takePosts enters the posts as the registrar does.
func (s *sim) takePosts(ctx context.Context, rows []staff.PostRow) error {
	byCentre := map[string][]book.ServerOp{}
	var order []string
	for _, p := range rows {
		body := contract.PostTake{PostID: p.PostID, OfficerID: p.OfficerID, Role: contract.Role(p.Role), SquadID: p.SquadID, BeatID: p.BeatID}
		if p.Circle != "" {
			body.Circle = &p.Circle
		}
		if byCentre[p.Centre] == nil {
			order = append(order, p.Centre)
		}
		byCentre[p.Centre] = append(byCentre[p.Centre], book.ServerOp{
			Kind: string(contract.KindPostTake), Subject: p.PostID, Rule: "import", At: p.From, Body: body,
		})
	}
	for _, centre := range order {
		receipts, err := s.site.Book.AppendServer(ctx, s.site.District, centre, book.RoleRegistrar, byCentre[centre])
		if err != nil {
			return fmt.Errorf("enter posts of %s: %w", centre, err)
		}
		for _, r := range receipts {
			if r.Problem != nil {
				return fmt.Errorf("enter posts of %s: %w", centre, r.Problem)
			}
		}
	}
	return nil
}

// place puts the officers at their stations and gives them handsets: one at the
// station, one for each squad and each beat.
func (s *sim) place(f *found, posts []staff.PostRow, homes map[string][2]float64) {
	s.hq = newStation(book.HQ, "", 0, 0)
	by := map[string]*station{book.HQ: s.hq}
	for _, c := range f.centres {
		st := newStation(c.Code, f.circle[c.Code], c.Lat, c.Lon)
		by[c.Code] = st
		s.stations = append(s.stations, st)
	}
	for _, p := range posts {
		st := by[p.Centre]
		o := &officer{id: p.OfficerID, number: p.OfficerNumber, role: p.Role, post: p.PostID, station: st, handset: st.office}
		st.all = append(st.all, o)
		switch {
		case p.BeatID != nil:
			st.walks(o, *p.BeatID, homes[p.OfficerNumber], s.clockOff(len(st.handsets), st))
		case p.SquadID != nil:
			st.joins(o, *p.SquadID, s.clockOff(len(st.handsets), st))
		case p.Circle != "": // a circle officer has his own
			o.handset = st.handset(true, 0)
			s.circle[p.Circle] = o
		}
	}
}

func newStation(code, circle string, lat, lon float64) *station {
	st := &station{code: code, circle: circle, lat: lat, lon: lon, talk: &traffic{}}
	st.office = st.handset(true, 0)
	return st
}

func (st *station) handset(online bool, offset time.Duration) *handset {
	h := &handset{station: st, online: online, offset: offset}
	st.handsets = append(st.handsets, h)
	return h
}

// clockOff is how wrong the clock of a handset is: most by seconds, some by
// minutes.
func (s *sim) clockOff(n int, st *station) time.Duration {
	d := draw{seeded(s.plan.Seed, "clock "+st.code, n)}
	if d.chance(8) {
		return d.between(-12*time.Minute, 12*time.Minute).Truncate(time.Millisecond)
	}
	return d.between(-20*time.Second, 20*time.Second).Truncate(time.Millisecond)
}

func (st *station) walks(o *officer, id uuid.UUID, home [2]float64, off time.Duration) {
	var b *beat
	for _, x := range st.beats {
		if x.id == id {
			b = x
		}
	}
	if b == nil {
		b = &beat{id: id, lat: home[0], lon: home[1], handset: st.handset(false, off)}
		st.beats = append(st.beats, b)
	}
	b.pair = append(b.pair, o)
	o.beat, o.handset = b, b.handset
}

func (st *station) joins(o *officer, id uuid.UUID, off time.Duration) {
	var q *squad
	for _, x := range st.squads {
		if x.id == id {
			q = x
		}
	}
	if q == nil {
		q = &squad{id: id, handset: st.handset(false, off)}
		st.squads = append(st.squads, q)
	}
	q.members = append(q.members, o)
	if o.role == staff.SquadLeader {
		last := len(q.members) - 1
		q.members[0], q.members[last] = q.members[last], q.members[0]
	}
	o.squad, o.handset = q, q.handset
}

// enrolAll enrols every handset, gives every officer a PIN and logs him in.
func (s *sim) enrolAll(ctx context.Context) error {
	var wg sync.WaitGroup
	lane := make(chan struct{}, 4)
	all := append([]*station{s.hq}, s.stations...)
	errs := make([]error, len(all))
	for i, st := range all {
		wg.Go(func() {
			lane <- struct{}{}
			defer func() { <-lane }()
			for _, h := range st.handsets {
				if errs[i] = s.enrol(ctx, h); errs[i] != nil {
					return
				}
			}
			for _, o := range st.all {
				if errs[i] = s.activate(ctx, o); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (h *handset) sign(msg []byte) string {
	sig, err := contract.SignES256(h.key, msg)
	if err != nil {
		return ""
	}
	return contract.Encode(sig)
}

// vouch is the handset's proof of a call that is not made over the network.
func vouch(key *ecdsa.PrivateKey, nonce string) staff.CallProof {
	const place = "https://kendra.example/v1/sessions"
	text, err := phone.Proof(key, phone.Claims{Method: http.MethodPost, URL: place, Nonce: nonce, ID: uuid.NewString(), At: time.Now()})
	if err != nil {
		return staff.CallProof{} // is refused
	}
	return staff.CallProof{Text: text, Method: http.MethodPost, URL: place}
}

func (s *sim) enrol(ctx context.Context, h *handset) error {
	var err error
	if h.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return fmt.Errorf("make device key: %w", err)
	}
	jwk, err := contract.NewJWK(&h.key.PublicKey)
	if err != nil {
		return err
	}
	code, err := s.site.Staff.IssueEnrolCode(ctx, s.site.District, h.station.code)
	if err != nil {
		return err
	}
	nonce := s.site.Staff.Nonce()
	out, err := s.site.Staff.Enrol(ctx, staff.EnrolIn{
		Code: code.Text, PublicKey: jwk, Nonce: nonce, Sig: h.sign(contract.EnrolMessage(string(code.Text), nonce, jwk.Thumbprint())),
		Proof: vouch(h.key, nonce),
	})
	h.id = out.DeviceID
	return err
}

func (s *sim) activate(ctx context.Context, o *officer) error {
	code, err := s.site.Staff.IssueActivationCode(ctx, s.site.District, o.number)
	if err != nil {
		return err
	}
	h, pin, nonce := o.handset, pinOf(o.number), s.site.Staff.Nonce()
	err = s.site.Staff.SetPIN(ctx, staff.SetPINIn{
		District: s.site.District, DeviceID: h.id, OfficerNo: o.number, ActivationCode: code.Text, NewPIN: staff.Secret(pin), Nonce: nonce,
		Sig:   h.sign(contract.PinMessage(s.site.District, h.id.String(), o.number, string(code.Text), pin, nonce)),
		Proof: vouch(h.key, nonce),
	})
	if err != nil {
		return fmt.Errorf("set PIN: %w", err)
	}
	return s.logIn(ctx, o)
}

// pinOf is an officer's PIN: the fleet's, or the next that is not too simple.
func pinOf(number string) string {
	pin := fleet.PINOf(number)
	for n := 0; staff.PINTooSimple(pin, number); n++ {
		pin = fleet.PINOf(fmt.Sprintf("%s/%d", number, n))
	}
	return pin
}

// sessionDays is after how many days an officer logs in again: before the
// thirty that a session lives are over.
const sessionDays = 25

// logIn begins a session.
func (s *sim) logIn(ctx context.Context, o *officer) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make session key: %w", err)
	}
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		return err
	}
	h, pin, nonce := o.handset, pinOf(o.number), s.site.Staff.Nonce()
	in, err := s.site.Staff.LogIn(ctx, staff.LogInIn{
		District: s.site.District, DeviceID: h.id, OfficerNo: o.number, PIN: staff.Secret(pin), SessionKey: jwk, Nonce: nonce,
		Sig:   h.sign(contract.SessionMessage(s.site.District, h.id.String(), o.number, pin, jwk.Thumbprint(), nonce)),
		Proof: vouch(h.key, nonce),
	})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	o.session, o.key, o.since = in.SessionID, key, s.site.Clock.Now()
	return nil
}
