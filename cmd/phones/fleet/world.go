package fleet

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// World is the district as the fleet needs to know it.
type World struct {
	District int32     `json:"district"`
	Centres  []Centre  `json:"centres"`
	Officers []Officer `json:"officers"`
	// Cast are the people of a story: one of each post it needs, at one centre,
	// each with a handset beside those of the plan. Nobody: no story.
	Cast []Officer `json:"cast"`
	// Markers are codes of sheets at places, by centre: some visits read one of them.
	Markers map[string][]string `json:"markers"`
	// EnrolCode gives a new one-time code for a handset of the centre.
	EnrolCode func(ctx context.Context, centre string) (string, error) `json:"-"`
}

// Centre is where a station's centre is.
type Centre struct {
	Code string  `json:"code"`
	Lat  float64 `json:"lat"`
	Lon  float64 `json:"lon"`
}

// Officer is somebody who may hold a handset. The posts are those that the
// server has; here is what the simulation needs of them.
type Officer struct {
	ID     uuid.UUID `json:"id"`
	Number string    `json:"number"`
	// Activation is the code for the first PIN; without one PIN must be hers
	// already. With one, an empty PIN is chosen by PINOf.
	Activation string        `json:"activation"`
	PIN        string        `json:"pin"`
	Role       contract.Role `json:"role"`
	Centre     string        `json:"centre"`
	SquadID    *uuid.UUID    `json:"squad_id"`
	BeatID     *uuid.UUID    `json:"beat_id"`
	// Lat and Lon are the middle of her beat; 0, 0 is the centre.
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// PINOf is the PIN that the fleet gives an officer.
func PINOf(number string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(number)) // never fails
	// The first two digits differ by more than one, so that no PIN is a row or
	// one digit over and over.
	return fmt.Sprintf("%d%d%04d", 2+h.Sum32()%3, 7+h.Sum32()%2, h.Sum32()/7%10000)
}

// Plan says what the fleet does.
type Plan struct {
	Seed    int64
	Phones  int // handsets, 24 by default
	Minutes int // length of the shift as planned, 30 by default
	// Speed is how many minutes of the world pass in one of ours, 1 by default.
	Speed float64
	// Pace is how many minutes of the plan pass in one of the world's, 1 by
	// default: the officers are that much busier, their clocks run as ever. It
	// puts a load on a server whose time can't be made to run faster.
	Pace   float64
	Dir    string // each handset has a directory in it
	Server string
	// Now is the world's time, already as fast as Speed says; by default it
	// starts at the present.
	Now func() time.Time
	// Cheat has one officer's phone make up where it is, and say so.
	Cheat bool
	// Calm leaves the troubles out.
	Calm bool
	// Transport carries the calls; the default is a pool of its own.
	Transport http.RoundTripper
	// Progress is told how far things are, about once a second.
	Progress func(Report)
	// Settle bounds the time after the shift in which everything has to arrive,
	// in our time; a minute by default.
	Settle time.Duration
	// Mark, if set, is given the body of each op before it is written and may put
	// marks into it, for which leaks are searched afterwards.
	Mark func(kind contract.Kind, body any) any
	// Tries of a call before a handset gives up until its next sync.
	Tries int
}

func (p Plan) withDefaults() Plan {
	if p.Phones == 0 {
		p.Phones = 24
	}
	if p.Minutes == 0 {
		p.Minutes = 30
	}
	if p.Speed == 0 {
		p.Speed = 1
	}
	if p.Pace == 0 {
		p.Pace = 1
	}
	if p.Now == nil {
		began, speed := time.Now(), p.Speed
		p.Now = func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * speed)) }
	}
	if p.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
		t.MaxIdleConnsPerHost = p.Phones
		p.Transport = t
	}
	if p.Progress == nil {
		p.Progress = func(Report) {}
	}
	if p.Mark == nil {
		p.Mark = func(_ contract.Kind, body any) any { return body }
	}
	if p.Settle == 0 {
		p.Settle = time.Minute
	}
	if p.Tries == 0 {
		p.Tries = 3
	}
	return p
}

// crew is who shares a handset.
type crew struct {
	centre   Centre
	officers []Officer
}

// usefulness orders the officers of a centre: who sends tasks, then who works
// them, so that a small fleet still has both.
func usefulness(r contract.Role) int {
	order := []contract.Role{
		contract.RoleDispatcher, contract.RoleBeatOfficer, contract.RoleSquadLeader, contract.RoleSquadMember,
		contract.RoleCentreIncharge, contract.RoleSho,
	}
	if i := slices.Index(order, r); i >= 0 {
		return i
	}
	return len(order)
}

// crews gives each handset its officers: centre by centre, dispatcher, beat
// officers and squad; every third beat handset is shared by two.
func crews(w World, phones int) ([]crew, error) {
	if len(w.Officers) == 0 || w.EnrolCode == nil {
		return nil, errors.New("plan fleet: the world has no officers or no enrolment codes")
	}
	var out []crew
	for _, c := range w.Centres {
		var here []Officer
		for _, o := range w.Officers {
			if o.Centre == c.Code {
				here = append(here, o)
			}
		}
		slices.SortStableFunc(here, func(a, b Officer) int { return usefulness(a.Role) - usefulness(b.Role) })
		out = append(out, crewsOf(c, here)...)
	}
	if len(out) == 0 {
		return nil, errors.New("plan fleet: no officer is at one of the centres")
	}
	return out[:min(len(out), phones)], nil
}

func crewsOf(c Centre, here []Officer) []crew {
	var out []crew
	beats := 0
	for _, o := range here {
		if o.Role == contract.RoleBeatOfficer {
			beats++
			if beats%4 == 3 { // the third joins the second
				last := len(out) - 1
				out[last].officers = append(out[last].officers, o)
				continue
			}
		}
		out = append(out, crew{centre: c, officers: []Officer{o}})
	}
	return out
}

// seeded is the randomness of one thing of the plan.
func seeded(seed int64, what string, n int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // never fails
	return rand.New(rand.NewPCG(uint64(seed)^h.Sum64(), uint64(n)))
}

func token(seed int64, n int) string { return fmt.Sprintf("fleet-%d-%03d", seed, n) }

// pointNear is somewhere within about km of a place.
func pointNear(r *rand.Rand, lat, lon, km float64) (float64, float64) {
	const degree = 111.0 // km of a degree of latitude
	return lat + (r.Float64()*2-1)*km/degree, lon + (r.Float64()*2-1)*km/(degree*0.9)
}
