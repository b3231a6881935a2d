package walk

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/geo"
)

const (
	maxGPX = 64 << 20
	// maxGPXDepth is far more than gpx, trk, trkseg, trkpt, extensions need.
	maxGPXDepth = 64
	// metresPerHDOP makes a radius of a dilution of precision: the usual guess
	// for a receiver without corrections. Without hdop assumedAccuracyM, the
	// radius of two.
	metresPerHDOP    = 5.0
	assumedAccuracyM = 2 * metresPerHDOP
	// silence is how long the track may pause, between fixes or segments,
	// before the same place is a new stop.
	silence = 30 * time.Minute
)

// What is wrong with a track, as its owner is told.
var (
	ErrNotGPX     = errors.New("not a GPX file")
	ErrGPXTooLong = errors.New("GPX file is longer than 64 MiB")
	ErrNoFixes    = errors.New("the file has no track: waypoints and routes are plans, not a recorded walk")
	ErrNoTimes    = errors.New("no fix of the track has a time, so nobody can say when the walk was; give an interval to assume one")
	ErrOffTheMap  = errors.New("the track can't be moved there: it would run off the map")
)

// TrackFix is one recorded position.
type TrackFix struct {
	geo.Point
	At        time.Time
	AccuracyM float64
}

// Segment is a piece of a track recorded without a break, in order of time.
type Segment []TrackFix

// Track is a recorded walk. All its fixes have a time, later in each than in
// the one before; what was left out for that is counted.
type Track struct {
	Version  string
	Segments []Segment
	// Fixes is how many are in Segments; NoTime were left out for want of a
	// time (or given one by AssumeInterval), Dropped since their time was not
	// later than that of the fix before, Misplaced since they were nowhere on
	// earth or in no segment.
	Fixes, NoTime, Dropped, Misplaced int
	// Routes and Waypoints are in the file and not in the walk.
	Routes, Waypoints int
}

// Stop is a stay in one place.
type Stop struct {
	// Point is the mean of its fixes.
	Point    geo.Point
	From, To time.Time
	Fixes    int
}

// GPXOption changes how ParseGPX reads.
type GPXOption func(*gpxReader)

// AssumeInterval dates a track in which no fix has a time: the first at start,
// each next one every later. A track with any time is read as it stands.
func AssumeInterval(start time.Time, every time.Duration) GPXOption {
	return func(g *gpxReader) { g.start, g.every = start, every }
}

// ParseGPX reads the tracks of a GPX 1.0 or 1.1 file, whatever its namespace,
// as one walk: the segments of all tracks in order of their first time. With
// ErrNoTimes and ErrNoFixes the counts of the Track still hold.
func ParseGPX(r io.Reader, options ...GPXOption) (Track, error) {
	g := &gpxReader{longest: maxGPX}
	for _, option := range options {
		option(g)
	}
	limited := &io.LimitedReader{R: r, N: g.longest + 1}
	g.xml = xml.NewDecoder(limited)
	g.xml.CharsetReader = oneByteCharset
	err := g.read()
	if limited.N <= 0 {
		return Track{}, ErrGPXTooLong
	}
	if err != nil {
		return Track{}, err
	}
	return g.finish()
}

// oneByteCharset reads the charsets of old recorders. Numbers and times are
// ASCII in all of them; names, where they differ, are not read.
func oneByteCharset(charset string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252":
		return &latin1{r: r}, nil
	default:
		return nil, fmt.Errorf("charset %.40q is not read: save the file as UTF-8", charset)
	}
}

// latin1 turns bytes into the characters of the same number.
type latin1 struct {
	r       io.Reader
	pending []byte
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(l.pending) == 0 {
		var raw [4096]byte
		n, err := l.r.Read(raw[:])
		for _, b := range raw[:n] {
			l.pending = append(l.pending, string(rune(b))...)
		}
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, l.pending)
	l.pending = l.pending[n:]
	return n, nil
}

// gpxReader walks through the elements once, keeping one fix at a time.
type gpxReader struct {
	xml      *xml.Decoder
	longest  int64
	track    Track
	segments []Segment
	start    time.Time
	every    time.Duration

	path []string
	text strings.Builder
	// fix is that of the trkpt being read; placed says that it is on earth.
	fix    TrackFix
	placed bool
}

func (g *gpxReader) read() error {
	for {
		token, err := g.xml.Token()
		if errors.Is(err, io.EOF) && len(g.path) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotGPX, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = g.open(t)
		case xml.EndElement:
			g.close(t.Name.Local)
		case xml.CharData:
			if g.inFix() {
				g.text.Write(t)
			}
		}
		if err != nil {
			return err
		}
	}
	if g.track.Version == "" {
		return ErrNotGPX
	}
	return nil
}

// inFix says that the element being read is a child of a trkpt: times of
// extensions deeper down are not the fix's.
func (g *gpxReader) inFix() bool {
	return len(g.path) >= 2 && g.path[len(g.path)-2] == "trkpt"
}

func (g *gpxReader) open(e xml.StartElement) error {
	name := e.Name.Local
	if len(g.path) == maxGPXDepth {
		return fmt.Errorf("%w: elements nested deeper than %d", ErrNotGPX, maxGPXDepth)
	}
	if len(g.path) == 0 {
		if name != "gpx" || g.track.Version != "" {
			return fmt.Errorf("%w: its outermost element is %.40q", ErrNotGPX, name)
		}
		if g.track.Version = versionOf(e); g.track.Version != "1.0" && g.track.Version != "1.1" {
			return fmt.Errorf("%w of version 1.0 or 1.1, but %.40q", ErrNotGPX, g.track.Version)
		}
	}
	g.path = append(g.path, name)
	g.text.Reset()
	switch name {
	case "wpt":
		g.track.Waypoints++
	case "rte":
		g.track.Routes++
	case "trkseg":
		g.segments = append(g.segments, nil)
	case "trkpt":
		g.openFix(e)
	}
	return nil
}

// versionOf believes the attribute; some recorders leave it out, then the
// namespace tells, and without one the newer is as good a guess.
func versionOf(e xml.StartElement) string {
	switch version := attribute(e, "version"); {
	case version != "":
		return version
	case strings.HasSuffix(e.Name.Space, "GPX/1/0"):
		return "1.0"
	default:
		return "1.1"
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func (g *gpxReader) openFix(e xml.StartElement) {
	g.fix, g.placed = TrackFix{AccuracyM: assumedAccuracyM}, false
	lat, latErr := strconv.ParseFloat(attribute(e, "lat"), 64)
	lon, lonErr := strconv.ParseFloat(attribute(e, "lon"), 64)
	if latErr != nil || lonErr != nil {
		return
	}
	if p, err := geo.NewPoint(lat, lon); err == nil {
		g.fix.Point, g.placed = p, true
	}
}

func (g *gpxReader) close(name string) {
	if g.inFix() {
		switch text := strings.TrimSpace(g.text.String()); name {
		case "time":
			g.fix.At = gpxTime(text)
		case "hdop":
			if hdop, err := strconv.ParseFloat(text, 64); err == nil && hdop > 0 && hdop < 1000 {
				g.fix.AccuracyM = hdop * metresPerHDOP
			}
		}
	}
	g.path = g.path[:len(g.path)-1]
	if name != "trkpt" {
		return
	}
	if !g.placed || len(g.segments) == 0 {
		g.track.Misplaced++
		return
	}
	if g.fix.At.IsZero() {
		g.track.NoTime++
	}
	last := len(g.segments) - 1
	g.segments[last] = append(g.segments[last], g.fix)
}

// gpxTime reads a time of XML; without a zone it is UTC, as GPX has it. The
// zero time stands for one that can't be read.
func gpxTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// finish dates the fixes or leaves them out, and puts the segments in order.
func (g *gpxReader) finish() (Track, error) {
	t := g.track
	read := 0
	for _, s := range g.segments {
		read += len(s)
	}
	switch {
	case read == 0:
		return t, ErrNoFixes
	case t.NoTime == read && g.every <= 0:
		return t, ErrNoTimes
	case t.NoTime == read:
		at := g.start
		for _, s := range g.segments {
			for i := range s {
				s[i].At, at = at, at.Add(g.every)
			}
		}
	}
	for i, s := range g.segments {
		g.segments[i] = slices.DeleteFunc(s, func(f TrackFix) bool { return f.At.IsZero() })
	}
	g.segments = slices.DeleteFunc(g.segments, func(s Segment) bool { return len(s) == 0 })
	slices.SortStableFunc(g.segments, func(a, b Segment) int { return a[0].At.Compare(b[0].At) })
	var last time.Time
	for _, s := range g.segments {
		kept := s[:0]
		for _, f := range s {
			if !f.At.After(last) {
				t.Dropped++
				continue
			}
			last = f.At
			kept = append(kept, f)
		}
		if len(kept) > 0 {
			t.Segments = append(t.Segments, kept)
			t.Fixes += len(kept)
		}
	}
	return t, nil
}

// MoveTo shifts the track so that it starts at p, keeping the metres of every
// step to the north and to the east. ErrOffTheMap when that runs over a pole.
func (t Track) MoveTo(p geo.Point) (Track, error) {
	if t.Fixes == 0 {
		return t, nil
	}
	from := t.Segments[0][0].Point
	moved := t
	moved.Segments = make([]Segment, len(t.Segments))
	for i, s := range t.Segments {
		moved.Segments[i] = slices.Clone(s)
		for j, f := range s {
			lat := p.Lat + (f.Lat - from.Lat)
			wider := math.Cos(f.Lat*math.Pi/180) / math.Cos(lat*math.Pi/180)
			east := math.Remainder(f.Lon-from.Lon, 360) * wider
			at, err := geo.NewPoint(lat, math.Remainder(p.Lon+east, 360))
			if err != nil || math.Abs(east) > 180 {
				return Track{}, ErrOffTheMap
			}
			moved.Segments[i][j].Point = at
		}
	}
	return moved, nil
}

// Stops gives the stays of more than minDur within radius metres. A stay begins
// at a fix that all of its first minDur are near to, and lasts until a fix is
// further than radius from the mean of it, so that the scatter of a receiver
// standing still does not end it. A pause of the record, within a segment or
// between two, belongs to the stay when the fix after it is near and less than
// half an hour later: indoors phones lose the sky. Two stays at one place with
// less than minDur between are one.
func (t Track) Stops(minDur time.Duration, radius float64) []Stop {
	var stops []Stop
	fixes := slices.Concat(t.Segments...)
	for i := 0; i < len(fixes); {
		stop := stayFrom(fixes[i:], minDur, radius)
		if stop.To.Sub(stop.From) <= minDur {
			i++
			continue
		}
		i += stop.Fixes
		if last := len(stops) - 1; last >= 0 && stop.From.Sub(stops[last].To) < minDur &&
			geo.Distance(stop.Point, stops[last].Point) <= radius {
			stops[last] = stops[last].joined(stop)
			continue
		}
		stops = append(stops, stop)
	}
	return stops
}

// stayFrom gives the stay that begins at the first of the fixes, however short.
func stayFrom(fixes []TrackFix, minDur time.Duration, radius float64) Stop {
	first := fixes[0]
	stop := Stop{Point: first.Point, From: first.At, To: first.At, Fixes: 1}
	for _, f := range fixes[1:] {
		near := first.Point
		if stop.To.Sub(stop.From) > minDur {
			near = stop.Point
		}
		if f.At.Sub(stop.To) >= silence || geo.Distance(near, f.Point) > radius {
			break
		}
		stop = stop.joined(Stop{Point: f.Point, From: f.At, To: f.At, Fixes: 1})
	}
	return stop
}

// joined is the stay of both, s first; its place their mean by fixes.
func (s Stop) joined(next Stop) Stop {
	share := float64(next.Fixes) / float64(s.Fixes+next.Fixes)
	s.Point.Lat += (next.Point.Lat - s.Point.Lat) * share
	s.Point.Lon = math.Remainder(s.Point.Lon+math.Remainder(next.Point.Lon-s.Point.Lon, 360)*share, 360)
	s.To = next.To
	s.Fixes += next.Fixes
	return s
}
