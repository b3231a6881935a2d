package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	"kendra/cmd/phones/fleet"
	contract "kendra/mobile-contract"
)

// demoWorld is who there is in the demo's district.
type demoWorld struct {
	fleet.World
	stations int           // that have a handset
	people   int           // on the staff list
	walker   fleet.Officer // who walks a recorded track
	guests   []guest       // whose codes are given to the reader
	consoles []consoleGuest
}

// guest is an officer without a handset, for whoever tries the demo out.
type guest struct {
	number, nameHi, nameEn string
	role                   contract.Role
	rank, beat             string
}

// guestCentre is where the guests have their posts.
const guestCentre = "KRW"

// guestCircle is its circle.
const guestCircle = "City"

// walkerNumber is the officer who walks a recorded track.
const walkerNumber = "221900004"

func demoGuests() []guest {
	beat := guestCentre + " beat 1"
	return []guest{
		{"221900001", "मीरा शर्मा", "Meera Sharma", contract.RoleBeatOfficer, "constable", beat},
		{"221900002", "अर्चना सिंह", "Archana Singh", contract.RoleCentreIncharge, "inspector", ""},
		{"221900003", "लता वर्मा", "Lata Verma", contract.RoleDispatcher, "head_constable", ""},
		{"221900005", "राकेश चन्द्र", "Rakesh Chandra", contract.RoleSp, "sp", ""},
		{"221900006", "विनय दुबे", "Vinay Dubey", contract.RoleCo, "dsp", ""},
		{walkerNumber, "शोभा त्रिपाठी", "Shobha Tripathi", contract.RoleBeatOfficer, "constable", beat},
	}
}

// demoCast are the people of the story of one complaint.
func demoCast() []guest {
	return []guest{
		{"221900011", "रंजना मिश्रा", "Ranjana Mishra", contract.RoleDeskOfficer, "head_constable", ""},
		{"221900012", "सुधा त्रिवेदी", "Sudha Trivedi", contract.RoleCentreIncharge, "inspector", ""},
		{"221900013", "विनोद कुमार", "Vinod Kumar", contract.RoleSho, "inspector", ""},
		{"221900014", "मालती देवी", "Malti Devi", contract.RoleCounsellor, "civilian", ""},
		{"221900015", "आरती यादव", "Aarti Yadav", contract.RoleBeatOfficer, "constable", guestCentre + " beat 2"},
		{"221900016", "हर्ष पाण्डेय", "Harsh Pandey", contract.RoleCo, "dsp", ""},
	}
}

// rosterLines are the lines of a guest or player in the files of the staff list.
func (g guest) rosterLines(from time.Time) (officer, post string) {
	woman, centre, circle := "yes", guestCentre, ""
	switch g.role {
	case contract.RoleSho:
		woman = "no"
	case contract.RoleCo:
		woman, centre, circle = "no", book.HQ, guestCircle
	case contract.RoleSp:
		woman, centre = "no", book.HQ
	default:
	}
	officer = fmt.Sprintf("%s,%s,%s,%s,%s\n", g.number, g.nameHi, g.nameEn, g.rank, woman)
	post = fmt.Sprintf("%s,%s,%s,%s,,%s,%s\n", g.number, g.role, centre, from.UTC().Format(time.RFC3339), g.beat, circle)
	return officer, post
}

// openWorld loads the district: its stations, a made-up staff list, the posts
// as entries of the books, and a code for everybody who will need one.
func (d *demo) openWorld(ctx context.Context) error {
	began := time.Now()
	files, err := readImports(nil, true, d.say)
	if err != nil {
		return err
	}
	centres, err := demoCentres()
	if err != nil {
		return err
	}
	// Long enough ago for every walk that is replayed, and the same all year.
	from := time.Date(d.clock.now().Year()-1, 1, 1, 0, 0, 0, 0, istZone)
	roster := fleet.MakeUp(d.args.seed, centres, from)
	for _, g := range append(demoGuests(), demoCast()...) {
		officer, post := g.rosterLines(from)
		roster.Officers += officer
		roster.Posts += post
	}
	for kind, text := range map[string]string{
		staff.KindOfficers: roster.Officers, staff.KindSquads: roster.Squads, staff.KindBeats: roster.Beats, staff.KindPosts: roster.Posts,
	} {
		in, wrong := staff.ParseImport(kind, strings.NewReader(text))
		if len(wrong) > 0 {
			return tell(wrong, d.say)
		}
		files = append(files, in)
	}
	loaded, wrong, err := d.node.staff.Load(ctx, defaultDistrict, files, false)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return tell(wrong, d.say)
	}
	if err := d.node.takePosts(ctx, defaultDistrict, loaded.Posts); err != nil {
		return err
	}
	if err := d.node.book.LoadRules(ctx); err != nil {
		return err
	}
	if err := d.openGround(ctx, roster, from); err != nil {
		return err
	}
	if d.world, err = d.populate(ctx, centres, loaded, roster); err != nil {
		return err
	}
	err = d.openConsoles(ctx)
	d.say.step("district", time.Since(began))
	return err
}

// demoCentres are the stations of the built-in list.
func demoCentres() ([]fleet.Centre, error) {
	f, err := staff.Chitrakoot.Open("chitrakoot/" + staff.KindStations + ".csv")
	if err != nil {
		return nil, fmt.Errorf("built-in lists: %w", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("built-in lists: %w", err)
	}
	var out []fleet.Centre
	for _, r := range rows[1:] {
		lat, err1 := strconv.ParseFloat(r[4], 64)
		lon, err2 := strconv.ParseFloat(r[5], 64)
		if err1 == nil && err2 == nil { // the headquarters has no place
			out = append(out, fleet.Centre{Code: r[0], Lat: lat, Lon: lon})
		}
	}
	return out, nil
}

// populate chooses who has a handset and gives each an activation code.
func (d *demo) populate(ctx context.Context, centres []fleet.Centre, loaded staff.Loaded, roster fleet.Roster) (*demoWorld, error) {
	w := &demoWorld{people: loaded.Added[staff.KindOfficers], guests: demoGuests()[:5]}
	w.District = defaultDistrict
	w.EnrolCode = func(ctx context.Context, centre string) (string, error) {
		c, err := d.node.staff.IssueEnrolCode(ctx, defaultDistrict, centre)
		return string(c.Text), err
	}
	posts := slices.Clone(loaded.Posts)
	byNumber := map[string]staff.PostRow{}
	for _, p := range posts {
		byNumber[p.OfficerNumber] = p
	}
	w.stations = min(demoStations, len(centres), max(1, d.args.phones/4))
	for i, c := range centres[:w.stations] {
		n := d.args.phones / w.stations
		if i < d.args.phones%w.stations {
			n++
		}
		w.Centres = append(w.Centres, c)
		for _, p := range carriers(posts, c.Code, n) {
			o, err := d.recruit(ctx, p, roster)
			if err != nil {
				return nil, err
			}
			w.Officers = append(w.Officers, o)
		}
	}
	for _, g := range demoCast() {
		o, err := d.recruit(ctx, byNumber[g.number], roster)
		if err != nil {
			return nil, err
		}
		o.Centre = guestCentre // whose book the circle officer writes in, too
		w.Cast = append(w.Cast, o)
	}
	var err error
	w.walker, err = d.recruit(ctx, byNumber[walkerNumber], roster)
	return w, err
}

// recruit gives an officer an activation code.
func (d *demo) recruit(ctx context.Context, p staff.PostRow, roster fleet.Roster) (fleet.Officer, error) {
	code, err := d.node.staff.IssueActivationCode(ctx, defaultDistrict, p.OfficerNumber)
	if err != nil {
		return fleet.Officer{}, err
	}
	home := roster.Homes[p.OfficerNumber]
	return fleet.Officer{
		ID: p.OfficerID, Number: p.OfficerNumber, Activation: string(code.Text), Role: contract.Role(p.Role),
		Centre: p.Centre, SquadID: p.SquadID, BeatID: p.BeatID, Lat: home[0], Lon: home[1],
	}, nil
}

// carriers are the officers of a centre who carry its n handsets: whoever
// sends tasks, two beats of which one handset is shared, the squad.
func carriers(posts []staff.PostRow, centre string, n int) []staff.PostRow {
	byRole := map[string][]staff.PostRow{}
	for _, p := range posts {
		if p.Centre == centre && !isGuest(p.OfficerNumber) {
			byRole[p.Role] = append(byRole[p.Role], p)
		}
	}
	var out []staff.PostRow
	for _, hands := range [][]string{
		{staff.Dispatcher}, {staff.BeatOfficer}, {staff.BeatOfficer, staff.BeatOfficer}, {staff.SquadLeader}, {staff.SquadMember},
		{staff.BeatOfficer}, {staff.CentreIncharge}, {staff.SquadMember}, {staff.SquadMember},
	}[:min(n, mostDemoPhones/demoStations)] {
		for _, role := range hands {
			if len(byRole[role]) > 0 {
				out = append(out, byRole[role][0])
				byRole[role] = byRole[role][1:]
			}
		}
	}
	return out
}

func isGuest(number string) bool {
	return slices.ContainsFunc(append(demoGuests(), demoCast()...), func(g guest) bool { return g.number == number })
}
