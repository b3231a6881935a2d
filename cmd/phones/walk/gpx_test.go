package walk

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kendra/geo"
)

func gpxStart() time.Time { return time.Date(2025, 3, 1, 5, 30, 0, 0, time.UTC) }

// gpx11 wraps the inside of a file of version 1.1.
func gpx11(inside string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">` + inside + `</gpx>`
}

// pt is a fix north metres north of Karwi, seconds after the start.
func pt(north float64, seconds int) string {
	at := gpxStart().Add(time.Duration(seconds) * time.Second).Format(time.RFC3339)
	return fmt.Sprintf(`<trkpt lat="%.7f" lon="80.923"><ele>130.5</ele><time>%s</time></trkpt>`, 25.218+north/111_195, at)
}

func segment(points ...string) string { return "<trkseg>" + strings.Join(points, "") + "</trkseg>" }

func parse(t *testing.T, text string, options ...GPXOption) Track {
	t.Helper()
	track, err := ParseGPX(strings.NewReader(text), options...)
	if err != nil {
		t.Fatal(err)
	}
	return track
}

func TestTracksOfBothVersionsAndAnyNamespaceAreRead(t *testing.T) {
	t.Parallel()
	inside := `<trk><name>बीट</name>` + segment(pt(0, 0), pt(10, 10)) + segment(pt(20, 60)) + `</trk><trk>` + segment(pt(30, 90)) + `</trk>`
	v11 := gpx11(inside)
	for _, c := range []struct{ name, text, version string }{
		{"1.1", v11, "1.1"},
		{"1.0", strings.NewReplacer(`gpx version="1.1"`, `gpx version="1.0"`, "GPX/1/1", "GPX/1/0").Replace(v11), "1.0"},
		{"no namespace", `<gpx version="1.1">` + inside + `</gpx>`, "1.1"},
		{"no version", strings.Replace(v11, ` version="1.1"`, "", 1), "1.1"},
		{"no version, namespace of 1.0", strings.NewReplacer(` version="1.1"`, "", "GPX/1/1", "GPX/1/0").Replace(v11), "1.0"},
		{"a prefix", `<g:gpx version="1.1" xmlns:g="http://www.topografix.com/GPX/1/1">` +
			strings.NewReplacer("</", "</g:", "<", "<g:").Replace(inside) + `</g:gpx>`, "1.1"},
		{"a byte order mark", "\ufeff" + v11, "1.1"},
		{"an old charset", strings.NewReplacer("UTF-8", "ISO-8859-1", "बीट", "Caf\xe9").Replace(v11), "1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			track := parse(t, c.text)
			if len(track.Segments) != 3 || track.Fixes != 4 || track.Version != c.version {
				t.Errorf("%+v", track)
			}
			if first := track.Segments[0][0]; first.Lat != 25.218 || first.Lon != 80.923 || !first.At.Equal(gpxStart()) {
				t.Errorf("first fix %+v", first)
			}
		})
	}
}

func TestFilesWithoutAWalkAreRefusedInPlainWords(t *testing.T) {
	t.Parallel()
	good := gpx11(`<trk>` + segment(pt(0, 0), pt(10, 10)) + `</trk>`)
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", ErrNotGPX},
		{"not XML", "lat,lon\n25,81\n", ErrNotGPX},
		{"another format", `<kml version="1.1"><trk/></kml>`, ErrNotGPX},
		{"another version", strings.Replace(good, `gpx version="1.1"`, `gpx version="2.0"`, 1), ErrNotGPX},
		{"cut off", good[:len(good)-30], ErrNotGPX},
		{"two files in one", good + good[strings.Index(good, "<gpx"):], ErrNotGPX},
		{"a charset unknown", strings.Replace(good, "UTF-8", "UTF-7", 1), ErrNotGPX},
		{"nested without end", gpx11(strings.Repeat("<a>", 100)), ErrNotGPX},
		{"waypoints only", gpx11(`<wpt lat="25" lon="81"/><rte><rtept lat="25" lon="81"/></rte>`), ErrNoFixes},
		{"no times", gpx11(`<trk><trkseg><trkpt lat="25" lon="81"/><trkpt lat="25.1" lon="81"/></trkseg></trk>`), ErrNoTimes},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseGPX(strings.NewReader(c.text)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestAFileLongerThanTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	if maxGPX != 64*1024*1024 {
		t.Errorf("the limit is %d bytes", maxGPX)
	}
	text := gpx11(`<trk>` + segment(pt(0, 0)) + `</trk>`)
	limit := func(n int) GPXOption { return func(g *gpxReader) { g.longest = int64(n) } }
	parse(t, text, limit(len(text)))
	for name, long := range map[string]string{"spaces after the end": text + " ", "a cut in the middle": gpx11(strings.Repeat(" ", len(text)))} {
		if _, err := ParseGPX(strings.NewReader(long), limit(len(text))); !errors.Is(err, ErrGPXTooLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsLeftOutOfAWalkIsCounted(t *testing.T) {
	t.Parallel()
	track := parse(t, gpx11(`<wpt lat="25" lon="81"><time>2001-01-01T00:00:00Z</time></wpt><wpt lat="25" lon="81"/>
		<rte><rtept lat="25" lon="81"/></rte><trk>`+segment(
		pt(0, 0), pt(1, 10), pt(2, 10), pt(3, 5), pt(4, 20),
		`<trkpt lat="25.2" lon="81"/>`, `<trkpt lat="25.2" lon="81"><time>noon</time></trkpt>`,
		`<trkpt lat="25.2" lon="81"><extensions><time>2025-03-01T05:31:00Z</time></extensions></trkpt>`,
		`<trkpt lat="95" lon="81"><time>2025-03-01T05:31:00Z</time></trkpt>`, `<trkpt lat="NaN" lon="81"/>`, `<trkpt lon="81"/>`)+`</trk>`))
	want := Track{Version: "1.1", Fixes: 3, NoTime: 3, Dropped: 2, Misplaced: 3, Routes: 1, Waypoints: 2}
	got := track
	got.Segments = nil
	if fmt.Sprint(got) != fmt.Sprint(want) || len(track.Segments[0]) != 3 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSegmentsAreOneWalkInOrderOfTime(t *testing.T) {
	t.Parallel()
	track := parse(t, gpx11(`<trk>`+segment(pt(50, 100), pt(60, 110))+segment(pt(0, 0), pt(10, 10))+segment()+segment(pt(99, 105))+`</trk>`))
	if len(track.Segments) != 2 || track.Segments[0][0].Lat != 25.218 || track.Dropped != 1 {
		t.Errorf("%+v", track)
	}
}

func TestAWalkWithoutTimesGetsThemOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	text := gpx11(`<trk><trkseg><trkpt lat="25" lon="81"/><trkpt lat="25.1" lon="81"/></trkseg><trkseg><trkpt lat="25.2" lon="81"/></trkseg></trk>`)
	refused, err := ParseGPX(strings.NewReader(text))
	if !errors.Is(err, ErrNoTimes) || refused.NoTime != 3 || refused.Segments != nil {
		t.Errorf("%+v, %v", refused, err)
	}
	track := parse(t, text, AssumeInterval(gpxStart(), 5*time.Second))
	if track.Fixes != 3 || track.NoTime != 3 || !track.Segments[1][0].At.Equal(gpxStart().Add(10*time.Second)) {
		t.Errorf("%+v", track)
	}
	partly := parse(t, gpx11(`<trk>`+segment(pt(0, 0), `<trkpt lat="25.1" lon="81"/>`)+`</trk>`), AssumeInterval(gpxStart(), time.Second))
	if partly.Fixes != 1 || partly.NoTime != 1 {
		t.Errorf("times were invented beside real ones: %+v", partly)
	}
}

func TestTimesAndAccuracyAreReadAsRecordersWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2025-03-01T05:30:00Z":      gpxStart(),
		" 2025-03-01T05:30:00Z\n":   gpxStart(),
		"2025-03-01T05:30:00.000Z":  gpxStart(),
		"2025-03-01T11:00:00+05:30": gpxStart(),
		"2025-03-01T05:30:00":       gpxStart(),
		"2025-03-01T05:30:00.25":    gpxStart().Add(250 * time.Millisecond),
	} {
		track := parse(t, gpx11(`<trk><trkseg><trkpt lat="25" lon="81"><time>`+text+`</time><hdop>1.4</hdop></trkpt></trkseg></trk>`))
		if f := track.Segments[0][0]; !f.At.Equal(want) || f.AccuracyM != 7 {
			t.Errorf("%q: %v, %v m", text, f.At, f.AccuracyM)
		}
	}
	for _, hdop := range []string{"", "0", "-1", "NaN", "Inf", "good", "99999"} {
		track := parse(t, gpx11(`<trk><trkseg><trkpt lat="25" lon="81"><hdop>`+hdop+`</hdop><time>2025-03-01T05:30:00Z</time></trkpt></trkseg></trk>`))
		if f := track.Segments[0][0]; f.AccuracyM != assumedAccuracyM {
			t.Errorf("hdop %q: %v m", hdop, f.AccuracyM)
		}
	}
}

func TestAMovedTrackKeepsItsMetres(t *testing.T) {
	t.Parallel()
	var points []string
	for i := range 50 {
		points = append(points, fmt.Sprintf(`<trkpt lat="%.6f" lon="%.6f"><time>%s</time></trkpt>`,
			45.79+0.001*math.Sin(float64(i)), 14.30+0.0004*float64(i), gpxStart().Add(time.Duration(i)*time.Minute).Format(time.RFC3339)))
	}
	track := parse(t, gpx11(`<trk>`+segment(points[:20]...)+segment(points[20:]...)+`</trk>`))
	for name, to := range map[string]geo.Point{"Karwi": {Lat: 25.218, Lon: 80.923}, "the antimeridian": {Lat: -17, Lon: 179.999}, "the equator": {}} {
		moved, err := track.MoveTo(to)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if moved.Segments[0][0].Point != to || moved.Fixes != track.Fixes {
			t.Errorf("%s: starts at %v", name, moved.Segments[0][0].Point)
		}
		was, is := slices.Concat(track.Segments...), slices.Concat(moved.Segments...)
		for i := 1; i < len(was); i++ {
			a, b := geo.Distance(was[i-1].Point, was[i].Point), geo.Distance(is[i-1].Point, is[i].Point)
			if math.Abs(a-b) > 0.5 || !was[i].At.Equal(is[i].At) {
				t.Errorf("%s: step %d was %.2f m, is %.2f m", name, i, a, b)
			}
		}
	}
	if track.Segments[0][0].Lat != 45.79 {
		t.Error("the track that was moved has changed")
	}
}

func TestATrackIsNotMovedOffTheMap(t *testing.T) {
	t.Parallel()
	track := parse(t, gpx11(`<trk>`+segment(pt(0, 0), pt(500, 60))+`</trk>`))
	for name, to := range map[string]geo.Point{"over the pole": {Lat: 89.999}, "nowhere": {Lat: math.NaN()}} {
		if _, err := track.MoveTo(to); !errors.Is(err, ErrOffTheMap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if moved, err := (Track{}).MoveTo(geo.Point{}); err != nil || moved.Fixes != 0 {
		t.Errorf("no track: %v", err)
	}
}

// walk gives fixes every ten seconds from one time to another, from one place
// to another (metres north), with the scatter of a receiver.
func walk(fromS, toS int, fromM, toM float64) []string {
	var points []string
	for s := fromS; s <= toS; s += 10 {
		share := float64(s-fromS) / float64(toS-fromS)
		points = append(points, pt(fromM+(toM-fromM)*share+8*math.Sin(float64(s)), s))
	}
	return points
}

func TestStopsAreStaysOfOverThreeMinutesWithinSixtyMetres(t *testing.T) {
	t.Parallel()
	join := slices.Concat[[]string]
	stay := func(at float64, from, to int) []string { return walk(from, to, at, at) }
	stray := pt(1300, 905)
	for _, c := range []struct {
		name string
		text string
		want []float64 // metres north of the start, of each stop
	}{
		{"walking at 1.2 m/s", segment(walk(0, 1000, 0, 1200)...), nil},
		{"one stop of ten minutes", segment(join(walk(0, 590, 0, 700), stay(700, 600, 1200), walk(1210, 2000, 700, 1600))...), []float64{700}},
		{"a rest of three minutes exactly", segment(stay(0, 0, 180)...), nil},
		{"a rest of ten seconds more", segment(stay(0, 0, 190)...), []float64{0}},
		{"two stops 300 m apart", segment(join(stay(0, 0, 300), walk(310, 550, 0, 300), stay(300, 560, 900))...), []float64{0, 300}},
		{"a stray fix in the middle", segment(join(stay(700, 600, 900), []string{stray}, stay(700, 910, 1200))...), []float64{700}},
		{"a pause between segments, back at the same place in 20 minutes", segment(stay(0, 0, 60)...) + segment(stay(0, 1260, 1300)...), []float64{0}},
		{"a pause of 40 minutes at one place", segment(stay(0, 0, 200)...) + segment(stay(0, 2600, 2800)...), []float64{0, 0}},
		{"a pause of 40 minutes with no stay before or after", segment(stay(0, 0, 60)...) + segment(stay(0, 2460, 2500)...), nil},
		{"the sky lost indoors, within a segment", segment(join(stay(0, 0, 30), stay(10, 800, 830))...), []float64{5}},
		{"a pause while moving on", segment(stay(0, 0, 60)...) + segment(stay(900, 600, 660)...), nil},
		{"a single fix", segment(pt(0, 0)), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			track := parse(t, gpx11(`<trk>`+c.text+`</trk>`))
			stops := track.Stops(3*time.Minute, 60)
			if len(stops) != len(c.want) {
				t.Fatalf("%d stops, want %d: %+v", len(stops), len(c.want), stops)
			}
			for i, s := range stops {
				if north := (s.Point.Lat - 25.218) * 111_195; math.Abs(north-c.want[i]) > 15 || s.Fixes < 2 || s.To.Sub(s.From) <= 3*time.Minute {
					t.Errorf("stop %d is %.0f m north, %v long, of %d fixes", i, north, s.To.Sub(s.From), s.Fixes)
				}
			}
		})
	}
}

func TestTheRecordedWalk(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("KENDRA_SHARED_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "recorded-walk.gpx"))
	if err != nil {
		t.Logf("%s: left out, no shared data recorded-walk.gpx", t.Name())
		return
	}
	track, err := ParseGPX(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if track.Fixes+track.Dropped+track.NoTime+track.Misplaced != 296 || track.Version != "1.0" || track.Waypoints == 0 {
		t.Errorf("%d fixes, %d dropped, %d without time, %d misplaced, %d waypoints",
			track.Fixes, track.Dropped, track.NoTime, track.Misplaced, track.Waypoints)
	}
	moved, err := track.MoveTo(geo.Point{Lat: 25.218, Lon: 80.923})
	if err != nil {
		t.Fatal(err)
	}
	was, is := track.Stops(3*time.Minute, 60), moved.Stops(3*time.Minute, 60)
	if len(was) == 0 || len(was) != len(is) {
		t.Errorf("%d stops, %d when moved", len(was), len(is))
	}
	first, last := track.Segments[0][0], track.Segments[len(track.Segments)-1]
	t.Logf("%d segments, %d fixes, %d dropped, %v long, %d stops", len(track.Segments), track.Fixes, track.Dropped, last[len(last)-1].At.Sub(first.At), len(was))
	for _, s := range is {
		t.Logf("stop of %v, %d fixes", s.To.Sub(s.From), s.Fixes)
	}
}
