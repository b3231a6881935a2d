package staff_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	"kendra/mobile-contract/fuzztest"
)

func parse(t *testing.T, kind, text string) staff.Import {
	t.Helper()
	f, wrong := staff.ParseImport(kind, strings.NewReader(text))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return f
}

const (
	officersCSV = "number,name_hi,name_en,rank,is_woman\n" +
		"pno1,सीता देवी,Sita Devi,constable,yes\nPNO2,मीरा,Meera,si,हाँ\nPNO3,राम,Ram,constable,no\n"
	squadsCSV = "centre,hi,en\nKRW,स्क्वाड 1,Squad 1\n"
	beatsCSV  = "centre,hi,en,area\nKRW,बीट 1,Beat 1,25.20 80.90;25.20 80.95;25.25 80.95;25.25 80.90\n" +
		`KRW,बीट 2,Beat 2,"{""type"": ""Polygon"", ""coordinates"": [[[80.9,25.2],[80.95,25.2],[80.95,25.25],[80.9,25.2]]]}"` + "\n" +
		"MAU,बीट 1,Beat 1,\n"
	postsCSV = "number,role,centre,from,until,squad,beat,circle\n" +
		"PNO1,beat_officer,KRW,2026-07-01,,,Beat 1,\n" +
		"PNO2,squad_leader,KRW,2026-07-01T08:00:00+05:30,2027-07-01,Squad 1,,\n" +
		"PNO3,co,HQ,2026-07-01,,,,City\n"
)

func allFiles(t *testing.T) []staff.Import {
	t.Helper()
	return []staff.Import{ // in any order
		parse(t, staff.KindPosts, postsCSV), parse(t, staff.KindBeats, beatsCSV),
		parse(t, staff.KindSquads, squadsCSV), parse(t, staff.KindOfficers, officersCSV),
	}
}

func TestOfAnOfficersNumberOnlyTheKeyedHashIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	load := func(text string) (staff.Loaded, []staff.LineError, error) {
		return h.Load(t.Context(), district, []staff.Import{parse(t, staff.KindOfficers, text)}, false)
	}
	const head, with = "number,name_hi,name_en,rank,is_woman", "number,name_hi,name_en,rank,is_woman,phone"
	const one1, two = "\nP1,सीता देवी,Sita Devi,constable,yes", "\nP2,मीरा,Meera,si,yes"
	if _, _, err := load(with + one1 + ",9812345670\n"); err == nil {
		t.Error("a number is taken though there is no key to hash it by")
	}
	h.options.Numbers = func(of int32, number string) [][]byte {
		return [][]byte{fmt.Appendf(nil, "a%d%d", of, len(number)), fmt.Appendf(nil, "b%s", number[6:7])}
	}
	h.Service = h.another()
	for _, x := range []struct {
		what, text  string
		added, same int
	}{
		{"two, one with a number", with + one1 + ",9812345670" + two + ",\n", 2, 0},
		{"the same again", with + one1 + ",9812345670" + two + ",\n", 0, 2},
		{"a file without numbers", head + one1 + two + "\n", 0, 2},
		{"the other's number added", with + two + ",9812345671\n", 0, 1},
	} {
		got, wrong, err := load(x.text)
		if err != nil || len(wrong) > 0 || got.Added[staff.KindOfficers] != x.added || got.Same[staff.KindOfficers] != x.same {
			t.Errorf("%s: %+v, %v, %v", x.what, got, wrong, err)
		}
	}
	if _, wrong, err := load(with + one1 + ",98123456701\n"); err != nil || len(wrong) != 1 || wrong[0].Column != "phone" {
		t.Errorf("another number: %v, %v", wrong, err)
	}
	rows := one[string](h, `SELECT string_agg(o::text, ' ' ORDER BY number) FROM officers o`)
	if strings.Contains(rows, "98123") || one[int](h, `SELECT count(*) FROM officers WHERE cardinality(phone_hashes) = 2`) != 2 {
		t.Errorf("stored: %s", rows)
	}
}

func TestADistrictIsLoadedFromFilesAndOnceMoreChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if n := one[int](h, `SELECT count(*) FROM centres`); n != 13 {
		t.Fatalf("%d centres", n)
	}
	dry, wrong, err := h.Load(t.Context(), district, allFiles(t), true)
	if err != nil || len(wrong) > 0 || dry.Added[staff.KindOfficers] != 3 {
		t.Fatal(dry, wrong, err)
	}
	if n := one[int](h, `SELECT count(*) FROM officers`); n != 0 {
		t.Fatalf("a dry run left %d officers", n)
	}
	first, wrong, err := h.Load(t.Context(), district, allFiles(t), false)
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	again, wrong, err := h.Load(t.Context(), district, allFiles(t), false)
	if err != nil || len(wrong) > 0 || len(again.Added) != 0 || again.Same[staff.KindBeats] != 3 {
		t.Fatal(again, wrong, err)
	}
	if len(first.Posts) != 3 || fmt.Sprint(first.Posts[0].PostID) != fmt.Sprint(again.Posts[0].PostID) {
		t.Fatalf("posts %+v", first.Posts)
	}
	beat, leader, co := first.Posts[0], first.Posts[1], first.Posts[2]
	if beat.BeatID == nil || leader.SquadID == nil || co.Circle != "City" || beat.PostID.Version() != 8 || beat.OfficerID == uuid.Nil {
		t.Fatalf("posts %+v", first.Posts)
	}
	midnight := time.Date(2026, 6, 30, 18, 30, 0, 0, time.UTC) // a day begins in India
	if !beat.From.Equal(midnight) || beat.Until != nil || leader.Until == nil || !leader.From.Equal(midnight.Add(8*time.Hour)) {
		t.Fatalf("times %+v", first.Posts)
	}
	if got := one[string](h, `SELECT area FROM beats WHERE centre = 'KRW' AND en = 'Beat 1'`); !strings.HasPrefix(got, `{"coordinates":[[[80.9,25.2]`) {
		t.Fatalf("area %s", got)
	}
	if n := one[int](h, `SELECT count(*) FROM posts`); n != 0 {
		t.Fatal("posts were written: they enter by the book")
	}
}

func TestStationsAreKnownAtOnceWhereTheyWereLoadedAndElsewhereWithinTenSeconds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.another()
	count := func(s *staff.Service) int {
		t.Helper()
		list, err := s.Centres(t.Context(), district)
		h.must(err)
		return len(list)
	}
	if count(h.Service) != 13 || count(other) != 13 {
		t.Fatal("thirteen stations are loaded")
	}
	one := parse(t, staff.KindStations, "centre,circle,hi,en,lat,lon,phone\nNEW,City,नया,New,25.2,80.9,\n")
	if _, wrong, err := h.Load(t.Context(), district, []staff.Import{one}, false); err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	if count(h.Service) != 14 {
		t.Error("where it was loaded it is not known")
	}
	if count(other) != 13 {
		t.Error("the other process reads the stations for each call")
	}
	h.clock.move(10 * time.Second)
	if count(other) != 14 {
		t.Error("ten seconds later the other process does not know it")
	}
}

func TestAFileWithErrorsIsToldWholeWithLineAndColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, text, want string }{
		{"empty", staff.KindCircles, "", "circles line 1: the file is empty"},
		{"an unknown kind", "dogs", "x\n", "dogs line 1: no such kind"},
		{"an unknown column", staff.KindCircles, "circle,hi,en,colour\n", "circles line 1, colour: no such column"},
		{"a missing column", staff.KindCircles, "circle,hi\n", "circles line 1, en: the column is missing"},
		{"a column twice", staff.KindCircles, "circle,hi,en,hi\n", "circles line 1, hi: the column stands twice"},
		{"too few values", staff.KindCircles, "circle,hi,en\nCity,नगर\n", "circles line 2: 2 values for 3 columns"},
		{"an empty value", staff.KindCircles, "circle,hi,en\nCity,,City\n", "circles line 2, hi: is empty"},
		{"not UTF-8", staff.KindCircles, "circle,hi,en\nCity,\xe0\xa4,City\n", "circles line 2: not UTF-8"},
		{"a NUL", staff.KindCircles, "circle,hi,en\nCity,न\x00,City\n", "circles line 2, hi: "},
		{"a name too long", staff.KindCircles, "circle,hi,en\nCity," + strings.Repeat("न", 121) + ",City\n", "circles line 2, hi: more than 120"},
		{"a duplicate", staff.KindCircles, "circle,hi,en\nCity,नगर,City\n\nCity,नगर,City\n", "circles line 4, circle: the same as in line 2"},
		{"a broken quote", staff.KindCircles, "circle,hi,en\nCity,\"नगर,City\n", "circles line "},
		{"a bad centre", staff.KindStations, "centre,hi,en\nkrw,क,K\n", "stations line 2, centre: is not a code"},
		{"lat without lon", staff.KindStations, "centre,hi,en,lat,lon\nKRW,क,K,25,\n", "stations line 2, lon: lat and lon stand together"},
		{"lat out of range", staff.KindStations, "centre,hi,en,lat,lon\nKRW,क,K,95,80\n", "stations line 2, lat: is not a number"},
		{"lat NaN", staff.KindStations, "centre,hi,en,lat,lon\nKRW,क,K,NaN,80\n", "stations line 2, lat: is not a number"},
		{"neither yes nor no", staff.KindOfficers, "number,name_hi,name_en,rank,is_woman\nP1,क,K,si,maybe\n", "officers line 2, is_woman: is neither"},
		{"a bad number", staff.KindOfficers, "number,name_hi,name_en,rank,is_woman\nP 1,क,K,si,no\n", "officers line 2, number: is not a number"},
		{"the same number in another case", staff.KindOfficers, "number,name_hi,name_en,rank,is_woman\nP1,क,K,si,no\np1,क,K,si,no\n", "officers line 3, number: the same as in line 2"},
		{"a bad role", staff.KindPosts, "number,role,centre,from\nP1,king,KRW,2026-07-01\n", "posts line 2, role: is not a role"},
		{"the clock's role", staff.KindPosts, "number,role,centre,from\nP1,clock,KRW,2026-07-01\n", "posts line 2, role: is not a role"},
		{"a bad day", staff.KindPosts, "number,role,centre,from\nP1,sho,KRW,01/07/2026\n", "posts line 2, from: is neither a day"},
		{"an end before the beginning", staff.KindPosts, "number,role,centre,from,until\nP1,sho,KRW,2026-07-01,2026-06-30\n", "posts line 2, until: is not after from"},
		{"a circle for another than a circle officer", staff.KindPosts, "number,role,centre,from,circle\nP1,sho,KRW,2026-07-01,City\n", "posts line 2, circle: only a circle officer"},
		{"an open area", staff.KindBeats, "centre,hi,en,area\nKRW,क,K,25.2 80.9;25.2 81.0\n", "beats line 2, area: is no area"},
		{"words for an area", staff.KindBeats, "centre,hi,en,area\nKRW,क,K,near the temple\n", "beats line 2, area: is neither GeoJSON"},
		{"a line for an area", staff.KindBeats, "centre,hi,en,area\nKRW,क,K,\"{\"\"type\"\":\"\"LineString\"\",\"\"coordinates\"\":[[80,25],[81,25]]}\"\n", "beats line 2, area: is no area"},
	} {
		_, wrong := staff.ParseImport(c.kind, strings.NewReader(c.text))
		if len(wrong) == 0 || !strings.HasPrefix(wrong[0].Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, wrong, c.want)
		}
	}
	_, wrong := staff.ParseImport(staff.KindCircles, strings.NewReader("circle,hi,en\nCity,,City\nMau,,Mau\n,मऊ,\n"))
	if len(wrong) != 4 {
		t.Fatalf("told %v", wrong)
	}
}

func TestAFileMayBeginAsSpreadsheetsWriteItWithColumnsInAnyOrder(t *testing.T) {
	t.Parallel()
	f := parse(t, staff.KindCircles, "\ufeffEN,circle,hi\r\nCity,City,\"नगर, सदर\"\r\n")
	if f.Len() != 1 {
		t.Fatalf("%d rows", f.Len())
	}
}

func TestALoadWithErrorsStoresNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, wrong, err := h.Load(t.Context(), district, allFiles(t), false); err != nil || len(wrong) > 0 {
		t.Fatal(err, wrong)
	}
	for _, c := range []struct{ name, kind, text, want string }{
		{"another name for a station", staff.KindStations, "centre,hi,en\nNEW,नया,New\nKRW,कर्वी,Karvi\n", "stations line 3, circle: differs"},
		{"an unknown circle", staff.KindStations, "centre,circle,hi,en\nNEW,Moon,नया,New\n", "stations line 2, circle: does not exist"},
		{"a squad of an unknown centre", staff.KindSquads, "centre,hi,en\nZZZ,क,K\n", "squads line 2, centre: does not exist"},
		{"another name for an officer", staff.KindOfficers, "number,name_hi,name_en,rank,is_woman\nP9,क,K,si,no\nPNO1,सीता देवी,Sita,constable,yes\n", "officers line 3, name_en: differs"},
		{"a post of an unknown officer", staff.KindPosts, "number,role,centre,from\nPNO9,sho,KRW,2026-07-01\n", "posts line 2, number: no officer"},
		{"a post at an unknown centre", staff.KindPosts, "number,role,centre,from\nPNO1,sho,ZZZ,2026-07-01\n", "posts line 2, centre: does not exist"},
		{"a post in another centre's squad", staff.KindPosts, "number,role,centre,from,squad\nPNO1,squad_leader,MAU,2026-07-01,Squad 1\n", "posts line 2, squad: the centre has none"},
		{"a post in an unknown circle", staff.KindPosts, "number,role,centre,from,circle\nPNO1,co,HQ,2026-07-01,Moon\n", "posts line 2, circle: does not exist"},
	} {
		before := h.dump()
		_, wrong, err := h.Load(t.Context(), district, []staff.Import{
			parse(t, staff.KindCircles, "circle,hi,en\nFar,दूर,Far\n"), parse(t, c.kind, c.text),
		}, false)
		if err != nil || len(wrong) == 0 || !strings.HasPrefix(wrong[0].Error(), c.want) {
			t.Errorf("%s: %v %v, want %s", c.name, wrong, err, c.want)
		}
		if h.dump() != before {
			t.Errorf("%s: something was stored", c.name)
		}
	}
	if _, _, err := h.Load(t.Context(), 8, allFiles(t), false); err == nil {
		t.Error("a district that does not exist was loaded")
	}
}

func FuzzParseImport(f *testing.F) {
	seeds := []string{officersCSV, squadsCSV, beatsCSV, postsCSV, "circle,hi,en\n\"", "\ufeff", "a\xff"}
	for i, text := range append(seeds, fuzztest.Inputs(fuzztest.Short, seeds...)...) {
		f.Add(i, text)
	}
	f.Fuzz(func(t *testing.T, kind int, text string) {
		kinds := staff.ImportKinds
		file, wrong := staff.ParseImport(kinds[uint(kind)%uint(len(kinds))], strings.NewReader(text))
		if len(wrong) > 0 && file.Len() > 0 {
			t.Fatal("rows of a file with errors")
		}
		for _, e := range wrong {
			if e.Line < 1 || e.Text == "" {
				t.Fatalf("%+v", e)
			}
		}
	})
}
