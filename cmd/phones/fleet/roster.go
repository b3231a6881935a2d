package fleet

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	contract "kendra/mobile-contract"
)

// Roster is a made-up staff list, as CSV files that `kendra import` reads:
// for each centre a head of the station, an in-charge, a desk officer, a
// counsellor, a dispatcher, a squad of four and two beats with a pair of
// officers each; for each circle an officer, and the district's SP.
type Roster struct {
	Officers, Squads, Beats, Posts string
	// Homes are the middles of the beats by officer number.
	Homes map[string][2]float64

	beats []madeBeat
}

// Strength is how many squads of four and beats of two a centre has, and
// whether the district office has its second in command.
type Strength struct {
	Squads, Beats int
	Office        bool
}

// beatKM is half of a beat's side.
const beatKM = 6.0

type name struct{ hi, en string }

func givenNames() []name {
	return []name{
		{"सुनीता", "Sunita"}, {"रेखा", "Rekha"}, {"प्रीति", "Priti"}, {"अनीता", "Anita"}, {"कविता", "Kavita"},
		{"पूनम", "Poonam"}, {"सीमा", "Seema"}, {"नीलम", "Neelam"}, {"ममता", "Mamta"}, {"ज्योति", "Jyoti"},
		{"शालिनी", "Shalini"}, {"वन्दना", "Vandana"}, {"गीता", "Geeta"}, {"राधा", "Radha"}, {"संगीता", "Sangeeta"},
	}
}

func familyNames() []name {
	return []name{
		{"शर्मा", "Sharma"}, {"वर्मा", "Verma"}, {"सिंह", "Singh"}, {"यादव", "Yadav"}, {"मिश्रा", "Mishra"}, {"तिवारी", "Tiwari"},
		{"पटेल", "Patel"}, {"पाण्डेय", "Pandey"}, {"द्विवेदी", "Dwivedi"}, {"कुशवाहा", "Kushwaha"}, {"निषाद", "Nishad"},
		{"गुप्ता", "Gupta"},
	}
}

// fullNames are all pairs of a given and a family name, shuffled.
func fullNames(r *rand.Rand) []name {
	var all []name
	for _, g := range givenNames() {
		for _, f := range familyNames() {
			all = append(all, name{g.hi + " " + f.hi, g.en + " " + f.en})
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// MakeUp draws a roster from a seed. Nobody in it exists. Posts begin at from.
func MakeUp(seed int64, centres []Centre, from time.Time) Roster {
	return MakeUpOf(seed, centres, from, Strength{Squads: 1, Beats: 2})
}

// MakeUpOf is MakeUp for centres of a strength; whoever is more than MakeUp has
// comes after all of them.
func MakeUpOf(seed int64, centres []Centre, from time.Time, of Strength) Roster {
	m := maker{
		rng: seeded(seed, "roster", 0), names: fullNames(seeded(seed, "names", 0)), from: from.UTC().Format(time.RFC3339),
		homes: map[string][2]float64{},
	}
	m.officers.WriteString("number,name_hi,name_en,rank,is_woman\n")
	m.squads.WriteString("centre,hi,en\n")
	m.beats.WriteString("centre,hi,en,area\n")
	m.posts.WriteString("number,role,centre,from,squad,beat,circle\n")
	for _, c := range centres {
		m.centre(c)
	}
	// After all others, so that they keep their names whoever is added.
	for _, c := range centres {
		m.post(c, contract.RoleSho, "inspector", "", "")
		m.post(c, contract.RoleDeskOfficer, "head_constable", "", "")
		m.post(c, contract.RoleCounsellor, "civilian", "", "")
	}
	for _, circle := range circles {
		m.office(contract.RoleCo, "dsp", circle)
	}
	m.office(contract.RoleSp, "sp", "")
	for _, c := range centres {
		for n := 2; n <= of.Squads; n++ {
			m.squad(c, n)
		}
		for n := 3; n <= of.Beats; n++ {
			m.beat(c, n)
		}
	}
	if of.Office {
		m.office(contract.RoleAddlSp, "addl_sp", "")
	}
	return Roster{
		Officers: m.officers.String(), Squads: m.squads.String(), Beats: m.beats.String(), Posts: m.posts.String(),
		Homes: m.homes, beats: m.made,
	}
}

type maker struct {
	rng                            *rand.Rand
	names                          []name
	from                           string
	n                              int
	officers, squads, beats, posts strings.Builder
	homes                          map[string][2]float64
	made                           []madeBeat
}

func (m *maker) centre(c Centre) {
	m.post(c, contract.RoleCentreIncharge, "inspector", "", "")
	m.post(c, contract.RoleDispatcher, "head_constable", "", "")
	m.squad(c, 1)
	for n := range 2 {
		m.beat(c, n+1)
	}
}

// squad adds a squad with its leader and three members.
func (m *maker) squad(c Centre, n int) {
	squad := fmt.Sprintf("%s squad %d", c.Code, n)
	fmt.Fprintf(&m.squads, "%s,स्क्वाड %d %s,%s\n", c.Code, n, c.Code, squad)
	m.post(c, contract.RoleSquadLeader, "sub_inspector", squad, "")
	for range 3 {
		m.post(c, contract.RoleSquadMember, "constable", squad, "")
	}
}

// beat adds a beat with its pair of officers.
func (m *maker) beat(c Centre, n int) {
	lat, lon := pointNear(m.rng, c.Lat, c.Lon, beatKM)
	beat := fmt.Sprintf("%s beat %d", c.Code, n)
	m.made = append(m.made, madeBeat{c.Code, n, lat, lon})
	fmt.Fprintf(&m.beats, "%s,बीट %d %s,%s,%s\n", c.Code, n, c.Code, beat, square(lat, lon, beatKM))
	for range 2 {
		m.homes[m.post(c, contract.RoleBeatOfficer, "constable", "", beat)] = [2]float64{lat, lon}
	}
}

// square is a ring of corners as the import reads it.
func square(lat, lon, km float64) string {
	const degree = 111.0
	h, w := km/degree, km/(degree*0.9)
	return fmt.Sprintf("%.5f %.5f;%.5f %.5f;%.5f %.5f;%.5f %.5f", lat-h, lon-w, lat-h, lon+w, lat+h, lon+w, lat+h, lon-w)
}

// post adds an officer and her post, and gives her number.
func (m *maker) post(c Centre, role contract.Role, rank, squad, beat string) string {
	m.n++
	number := fmt.Sprintf("2219%05d", 10000+m.n*37)
	who := m.names[m.n%len(m.names)]
	fmt.Fprintf(&m.officers, "%s,%s,%s,%s,yes\n", number, who.hi, who.en, rank)
	fmt.Fprintf(&m.posts, "%s,%s,%s,%s,%s,%s,\n", number, role, c.Code, m.from, squad, beat)
	return number
}

// circles are those of the built-in district.
var circles = []string{"City", "Rajapur", "Mau"}

// office adds an officer of the district office; circle is that of a circle
// officer.
func (m *maker) office(role contract.Role, rank, circle string) {
	m.n++
	number := fmt.Sprintf("2219%05d", 10000+m.n*37)
	who := m.names[m.n%len(m.names)]
	fmt.Fprintf(&m.officers, "%s,%s,%s,%s,yes\n", number, who.hi, who.en, rank)
	fmt.Fprintf(&m.posts, "%s,%s,HQ,%s,,,%s\n", number, role, m.from, circle)
}
