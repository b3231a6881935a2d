package features

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"kendra/geo"
)

// The formats of files.
const (
	GeoJSON = "geojson"
	KML     = "kml"
	KMZ     = "kmz"
	CSV     = "csv"
)

// Formats are all that can be read.
var Formats = []string{GeoJSON, KML, KMZ, CSV}

// What bounds a file and a feature of it.
const (
	// MaxFile is how many bytes a file may have, unpacked.
	MaxFile = 1 << 30
	// MaxFeature is how many bytes one feature may have.
	MaxFeature = geo.MaxGeoJSON
	// maxZip is how many bytes a KMZ may have as it comes: it is held whole.
	maxZip = 64 << 20
	// maxProps and maxText bound the properties of a feature.
	maxProps = 200
	maxText  = 4096
)

// What is wrong with a file or a feature.
var (
	ErrFormat    = errors.New("not a format that is known: geojson, kml, kmz or csv")
	ErrBroken    = errors.New("the file is broken")
	ErrTooLong   = errors.New("too long")
	ErrGeometry  = errors.New("neither a point nor an area")
	ErrSystem    = errors.New("coordinates are not WGS 84 (EPSG:4326)")
	ErrCrosses   = errors.New("its line crosses itself")
	ErrTangled   = errors.New("its line is too tangled to be checked")
	ErrCSVColumn = errors.New("column")
)

// Geometry is a point or an area: polygons, each an outer ring and its holes.
type Geometry struct {
	Point *geo.Point
	Rings [][][]geo.Point
}

// Feature is one thing of a file.
type Feature struct {
	N     int // in the file, from 1
	Line  int // where it begins
	Props map[string]string
	Geometry
	// Told says what was repaired, in words.
	Told []string
	// Swapped is set when the feature lies in the box only with its latitude
	// and longitude exchanged.
	Swapped bool
}

// Error is what is wrong where. N is 0 when it is the file and no feature.
type Error struct {
	Line, N int
	Err     error
}

// Error is "line 12, feature 3: ...".
func (e *Error) Error() string {
	at := "line " + strconv.Itoa(e.Line)
	if e.N > 0 {
		at += ", feature " + strconv.Itoa(e.N)
	}
	return at + ": " + e.Err.Error()
}

// Unwrap gives what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// Options say how a file is read.
type Options struct {
	// Box is where features are expected; nil: nothing is guessed of axes.
	Box *geo.Box
	// Swap reads latitude and longitude exchanged.
	Swap bool
	// Most is how many bytes the file may have, unpacked; 0: MaxFile.
	Most int64
}

// Read gives the features of a file, one after the other. With an error the
// feature has its number, its line and what could be read of it. An error whose
// N is 0 is the last.
func Read(r io.Reader, format string, o Options) iter.Seq2[Feature, error] {
	return func(yield func(Feature, error) bool) {
		s := &sink{options: o, yield: yield}
		var err error
		switch format {
		case GeoJSON:
			err = readGeoJSON(r, s)
		case KML:
			err = readKML(r, s)
		case KMZ:
			err = readKMZ(r, s)
		case CSV:
			err = readCSV(r, s)
		default:
			err = &Error{Line: 1, Err: ErrFormat}
		}
		if err == nil || s.over {
			return
		}
		var told *Error
		if !errors.As(err, &told) {
			told = &Error{Line: 1, Err: err}
		}
		yield(Feature{Line: told.Line}, told)
	}
}

// sink takes features as the readers find them.
type sink struct {
	options Options
	yield   func(Feature, error) bool
	n       int
	over    bool // nobody listens any more
}

// errOver ends a reader whose reader has gone.
var errOver = errors.New("over")

// give repairs and judges a feature and hands it on.
func (s *sink) give(f Feature, err error) error {
	s.n++
	f.N = s.n
	if err == nil {
		err = s.judge(&f)
	}
	if err != nil {
		err = &Error{Line: f.Line, N: f.N, Err: err}
	}
	if !s.yield(f, err) {
		s.over = true
		return errOver
	}
	return nil
}

func (s *sink) judge(f *Feature) error {
	if s.options.Swap {
		f.Geometry = f.swapped()
	}
	if err := f.repair(); err != nil {
		return err
	}
	if err := f.CheckHoles(); err != nil {
		return err
	}
	f.Swapped = s.options.Box != nil && f.isSwapped(*s.options.Box)
	return nil
}

// swapped is the geometry with its axes exchanged.
func (g Geometry) swapped() Geometry {
	out := Geometry{}
	if g.Point != nil {
		out.Point = &geo.Point{Lat: g.Point.Lon, Lon: g.Point.Lat}
	}
	for _, rings := range g.Rings {
		poly := make([][]geo.Point, len(rings))
		for i, ring := range rings {
			poly[i] = make([]geo.Point, len(ring))
			for j, p := range ring {
				poly[i][j] = geo.Point{Lat: p.Lon, Lon: p.Lat}
			}
		}
		out.Rings = append(out.Rings, poly)
	}
	return out
}

func (g Geometry) isSwapped(box geo.Box) bool {
	if g.Point != nil {
		return !box.Contains(*g.Point) && box.Contains(geo.Point{Lat: g.Point.Lon, Lon: g.Point.Lat})
	}
	a, err := g.Area()
	return err == nil && errors.Is(a.CheckWithin(box), geo.ErrSwapped)
}

// Area is the area of a geometry that is one.
func (g Geometry) Area() (geo.Area, error) {
	a, err := geo.NewArea(g.Rings)
	if err != nil {
		return geo.Area{}, fmt.Errorf("area: %w", err)
	}
	return a, nil
}

// CheckHoles refuses an area that has a hole outside of its rim. Read does so of each
// feature; ParseGeometry does not, for it reads also what was taken long ago.
func (g Geometry) CheckHoles() error {
	if g.Point != nil {
		return nil
	}
	a, err := g.Area()
	if err != nil {
		return err
	}
	return a.CheckHoles()
}

// Middle is the point, or the middle of the area's frame.
func (g Geometry) Middle() (geo.Point, bool) {
	if g.Point != nil {
		return *g.Point, true
	}
	a, err := g.Area()
	if err != nil {
		return geo.Point{}, false
	}
	b := a.BBox()
	return geo.Point{Lat: (b.South + b.North) / 2, Lon: (b.West + b.East) / 2}, true
}

// Text is the geometry as GeoJSON, short and always the same.
func (g Geometry) Text() string { return string(g.appendJSON(nil)) }

func (g Geometry) appendJSON(b []byte) []byte {
	switch {
	case g.Point != nil:
		b = append(b, `{"type":"Point","coordinates":`...)
		b = appendPosition(b, *g.Point)
	case len(g.Rings) == 1:
		b = append(b, `{"type":"Polygon","coordinates":`...)
		b = appendRings(b, g.Rings[0])
	default:
		b = append(b, `{"type":"MultiPolygon","coordinates":[`...)
		for i, rings := range g.Rings {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendRings(b, rings)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendRings(b []byte, rings [][]geo.Point) []byte {
	b = append(b, '[')
	for i, ring := range rings {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j, p := range ring {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendPosition(b, p)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

func appendPosition(b []byte, p geo.Point) []byte {
	b = append(b, '[')
	b = strconv.AppendFloat(b, p.Lon, 'f', -1, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, p.Lat, 'f', -1, 64)
	return append(b, ']')
}

// ParseGeometry reads a geometry of GeoJSON as an op carries it, and repairs it.
func ParseGeometry(text string) (Geometry, error) {
	if len(text) > MaxFeature {
		return Geometry{}, ErrTooLong
	}
	g, err := readGeometry(json.RawMessage(text), 0)
	if err != nil {
		return Geometry{}, err
	}
	f := Feature{Geometry: g}
	if err := f.repair(); err != nil {
		return Geometry{}, err
	}
	return f.Geometry, nil
}

// put keeps a property: names in lower case, texts without what cannot be shown.
func put(props map[string]string, name, value string) error {
	name = strings.ToLower(strings.TrimSpace(name))
	value = strings.TrimSpace(value)
	if name == "" || value == "" {
		return nil
	}
	if len(value) > maxText || len(name) > maxText {
		return fmt.Errorf("property %.40q: %w", name, ErrTooLong)
	}
	if len(props) >= maxProps {
		return fmt.Errorf("more than %d properties: %w", maxProps, ErrTooLong)
	}
	props[name] = value
	return nil
}
