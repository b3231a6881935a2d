package features

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"kendra/geo"
)

// Columns are those that a CSV may have, in the order in which they are written.
var Columns = []string{
	"code", "hi", "en", "kind", "station", "beat", "lat", "lon", "wkt", "every_days", "hours", "weight", "tags", "from", "to", "per_week",
}

func readCSV(r io.Reader, s *sink) error {
	l := newLines(skipBOM(r), s.options)
	c := csv.NewReader(l)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	head, err := c.Read()
	if err != nil {
		return brokenCSV(l.at(c.InputOffset()), err)
	}
	columns := make([]string, len(head))
	for i, name := range head {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(Columns, columns[i]) {
			return &Error{Line: 1, Err: fmt.Errorf("%w %.40q is not known; the columns are %s", ErrCSVColumn, name, strings.Join(Columns, ", "))}
		}
		if slices.Contains(columns[:i], columns[i]) {
			return &Error{Line: 1, Err: fmt.Errorf("%w %s stands twice", ErrCSVColumn, columns[i])}
		}
	}
	for {
		l.begin(c.InputOffset())
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenCSV(l.at(c.InputOffset()), err)
		}
		line, _ := c.FieldPos(0)
		f := Feature{Line: line, Props: map[string]string{}}
		err = f.row(columns, record)
		if err := s.give(f, err); err != nil {
			return err
		}
	}
}

func brokenCSV(line int, err error) error {
	var broken *csv.ParseError
	switch {
	case errors.Is(err, ErrTooLong):
		return &Error{Line: line, Err: fmt.Errorf("%w: %w", ErrBroken, ErrTooLong)}
	case errors.As(err, &broken):
		return &Error{Line: broken.Line, Err: fmt.Errorf("%w: %w", ErrBroken, broken.Err)}
	case errors.Is(err, io.EOF):
		return &Error{Line: 1, Err: fmt.Errorf("the first line names the columns: %w", ErrBroken)}
	}
	return &Error{Line: line, Err: err}
}

// row takes a line of a table.
func (f *Feature) row(columns, record []string) error {
	if len(record) != len(columns) {
		return fmt.Errorf("%d values for %d columns", len(record), len(columns))
	}
	for i, value := range record {
		if !utf8.ValidString(value) {
			return fmt.Errorf("%w %s: not UTF-8: save the file as CSV UTF-8", ErrCSVColumn, columns[i])
		}
		value = plain(value)
		if columns[i] == "wkt" {
			if value = strings.TrimSpace(value); value == "" {
				continue
			}
			g, err := parseWKT(value)
			if err != nil {
				return err
			}
			f.Geometry = g
			continue
		}
		if err := put(f.Props, columns[i], value); err != nil {
			return err
		}
	}
	lat, lon := f.Props["lat"], f.Props["lon"]
	delete(f.Props, "lat")
	delete(f.Props, "lon")
	switch {
	case lat == "" && lon == "" && len(f.Rings) == 0 && f.Point == nil:
		return fmt.Errorf("no lat and lon and no wkt: %w", ErrGeometry)
	case lat == "" && lon == "":
		return nil
	case len(f.Rings) > 0 || f.Point != nil:
		return fmt.Errorf("lat and lon beside wkt: %w", ErrGeometry)
	}
	var p geo.Point
	var err error
	if p.Lat, err = number(lat); err != nil {
		return fmt.Errorf("lat: %w", err)
	}
	if p.Lon, err = number(lon); err != nil {
		return fmt.Errorf("lon: %w", err)
	}
	f.Point = &p
	return nil
}

// A cell that a spreadsheet would take for a formula is written with an apostrophe
// before it, and read without.
func isFormula(value string) bool {
	value = strings.TrimLeft(value, "'")
	return value != "" && strings.IndexByte("=+-@", value[0]) >= 0
}

func plain(value string) string {
	if strings.HasPrefix(value, "'") && isFormula(value) {
		return value[1:]
	}
	return value
}

// parseWKT reads POINT (lon lat), POLYGON ((...), (...)) and MULTIPOLYGON.
func parseWKT(text string) (Geometry, error) {
	rest := text
	if at := strings.IndexByte(text, ';'); at > 0 && strings.HasPrefix(strings.ToUpper(text), "SRID=") {
		if strings.ToUpper(text[:at]) != "SRID=4326" {
			return Geometry{}, ErrSystem
		}
		rest = text[at+1:]
	}
	at := strings.IndexByte(rest, '(')
	if at < 0 {
		return Geometry{}, fmt.Errorf("wkt %.20q: %w", text, ErrGeometry)
	}
	words := strings.Fields(strings.ToUpper(rest[:at]))
	w := &wkt{text: rest[at:]}
	var g Geometry
	switch {
	case len(words) == 0:
		w.bad = true
	case words[0] == "POINT":
		points := w.points()
		if len(points) != 1 {
			w.bad = true
			break
		}
		g.Point = &points[0]
	case words[0] == "POLYGON":
		g.Rings = [][][]geo.Point{w.rings()}
	case words[0] == "MULTIPOLYGON":
		w.list(func() { g.Rings = append(g.Rings, w.rings()) })
	default:
		w.bad = true
	}
	if w.bad || strings.TrimSpace(w.text) != "" {
		return Geometry{}, fmt.Errorf("wkt %.20q: %w", text, ErrGeometry)
	}
	return g, nil
}

// wkt reads brackets and numbers.
type wkt struct {
	text string
	bad  bool
}

func (w *wkt) take(c byte) bool {
	w.text = strings.TrimLeft(w.text, " \t\r\n")
	if w.text == "" || w.text[0] != c {
		return false
	}
	w.text = w.text[1:]
	return true
}

func (w *wkt) list(each func()) {
	if !w.take('(') {
		w.bad = true
		return
	}
	for !w.bad {
		each()
		if w.take(')') {
			return
		}
		if !w.take(',') {
			w.bad = true
		}
	}
}

func (w *wkt) rings() (out [][]geo.Point) {
	w.list(func() { out = append(out, w.points()) })
	return out
}

func (w *wkt) points() []geo.Point {
	if !w.take('(') {
		w.bad = true
		return nil
	}
	end := strings.IndexByte(w.text, ')')
	if end < 0 {
		w.bad = true
		return nil
	}
	var out []geo.Point
	for pair := range strings.SplitSeq(w.text[:end], ",") {
		parts := strings.Fields(pair)
		if len(parts) < 2 || len(parts) > 4 {
			w.bad = true
			return nil
		}
		lon, err1 := number(parts[0])
		lat, err2 := number(parts[1])
		if err1 != nil || err2 != nil {
			w.bad = true
			return nil
		}
		out = append(out, geo.Point{Lat: lat, Lon: lon})
	}
	w.text = w.text[end+1:]
	return out
}

// wktOf writes what parseWKT reads.
func wktOf(g Geometry) string {
	if g.Point != nil {
		return "POINT (" + degrees(g.Point.Lon) + " " + degrees(g.Point.Lat) + ")"
	}
	var b strings.Builder
	rings := func(poly [][]geo.Point) {
		b.WriteByte('(')
		for i, ring := range poly {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteByte('(')
			for j, p := range ring {
				if j > 0 {
					b.WriteString(", ")
				}
				b.WriteString(degrees(p.Lon) + " " + degrees(p.Lat))
			}
			b.WriteByte(')')
		}
		b.WriteByte(')')
	}
	if len(g.Rings) == 1 {
		b.WriteString("POLYGON ")
		rings(g.Rings[0])
		return b.String()
	}
	b.WriteString("MULTIPOLYGON (")
	for i, poly := range g.Rings {
		if i > 0 {
			b.WriteString(", ")
		}
		rings(poly)
	}
	b.WriteByte(')')
	return b.String()
}
