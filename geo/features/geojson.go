package features

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"kendra/geo"
)

// maxNesting is how deep geometries stand in collections.
const maxNesting = 4

// object is any object of GeoJSON; which members count is told by its type.
type object struct {
	Type        string                     `json:"type"`
	Coordinates json.RawMessage            `json:"coordinates"`
	Geometry    json.RawMessage            `json:"geometry"`
	Geometries  []json.RawMessage          `json:"geometries"`
	Properties  map[string]json.RawMessage `json:"properties"`
	ID          json.RawMessage            `json:"id"`
}

// jsonReader goes over a file of GeoJSON.
type jsonReader struct {
	lines *lines
	dec   *jsontext.Decoder
	sink  *sink
}

func readGeoJSON(r io.Reader, s *sink) error {
	l := newLines(skipBOM(r), s.options)
	j := &jsonReader{lines: l, dec: jsontext.NewDecoder(l, jsontext.AllowDuplicateNames(true)), sink: s}
	if err := j.file(); err != nil {
		return j.broken(err)
	}
	if _, err := j.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return j.broken(errors.New("something stands behind the end"))
	}
	return nil
}

// broken says in which line a file ends to be one.
func (j *jsonReader) broken(err error) error {
	if errors.Is(err, errOver) {
		return err
	}
	offset := j.dec.InputOffset()
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, ErrTooLong):
		err = ErrTooLong
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		offset, err = j.lines.read, errors.New("it ends in the middle")
	case errors.As(err, &syntax):
		offset, err = syntax.ByteOffset, syntax.Err
	}
	return &Error{Line: j.lines.at(offset), Err: fmt.Errorf("%w: %w", ErrBroken, err)}
}

// file reads the outermost object: the features of a collection one by one,
// else the one feature or geometry that it is.
func (j *jsonReader) file() error {
	if err := j.open('{'); err != nil {
		return err
	}
	begins := j.lines.at(j.dec.InputOffset())
	rest := map[string]json.RawMessage{}
	streamed := false
	for j.dec.PeekKind() != '}' {
		j.lines.begin(j.dec.InputOffset())
		token, err := j.dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if name == "features" && j.dec.PeekKind() == '[' {
			streamed = true
			if err := j.features(); err != nil {
				return err
			}
			continue
		}
		raw, err := j.dec.ReadValue()
		if err != nil {
			return err
		}
		if name == "crs" {
			if err := checkSystem(raw); err != nil {
				return err
			}
		}
		if slices.Contains([]string{"type", "coordinates", "geometry", "geometries", "properties", "id"}, name) {
			rest[name] = json.RawMessage(raw.Clone())
		}
	}
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	if streamed {
		return nil
	}
	whole, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	f := Feature{Line: begins}
	err = f.read(whole)
	return j.sink.give(f, err)
}

func (j *jsonReader) open(want jsontext.Kind) error {
	token, err := j.dec.ReadToken()
	if err == nil && token.Kind() != want {
		err = fmt.Errorf("%q is expected", rune(want))
	}
	return err
}

func (j *jsonReader) features() error {
	if err := j.open('['); err != nil {
		return err
	}
	for j.dec.PeekKind() != ']' {
		j.lines.begin(j.dec.InputOffset())
		raw, err := j.dec.ReadValue()
		if err != nil {
			return err
		}
		f := Feature{Line: j.lines.at(j.dec.InputOffset() - int64(len(raw)))}
		err = f.read(json.RawMessage(raw))
		if err := j.sink.give(f, err); err != nil {
			return err
		}
	}
	_, err := j.dec.ReadToken()
	return err
}

// checkSystem refuses a coordinate system that is not longitude and latitude
// of WGS 84: the numbers would be taken for degrees.
func checkSystem(raw []byte) error {
	text := strings.ToUpper(string(raw))
	if text == "NULL" || strings.Contains(text, "CRS84") || strings.Contains(text, "4326") {
		return nil
	}
	return ErrSystem
}

// read takes a feature, or a geometry alone, from its text.
func (f *Feature) read(raw json.RawMessage) error {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("%w: %w", ErrGeometry, err)
	}
	f.Props = map[string]string{}
	if o.Type != "Feature" {
		var err error
		f.Geometry, err = readGeometry(raw, 0)
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Properties)) {
		if err := put(f.Props, name, scalar(o.Properties[name])); err != nil {
			return err
		}
	}
	if f.Props["id"] == "" && len(o.ID) > 0 {
		if err := put(f.Props, "id", scalar(o.ID)); err != nil {
			return err
		}
	}
	var err error
	f.Geometry, err = readGeometry(o.Geometry, 0)
	return err
}

// scalar is a property as a text; a list of texts is joined by semicolons, and
// what is neither is left out.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && !bytes.Equal(raw, []byte("null")) {
		return text
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ";")
	}
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 0 && !bytes.ContainsAny(trimmed, "{[n") {
		return string(trimmed)
	}
	return ""
}

func readGeometry(raw json.RawMessage, depth int) (Geometry, error) {
	if depth == maxNesting {
		return Geometry{}, fmt.Errorf("nested too deep: %w", ErrGeometry)
	}
	var o object
	if len(raw) == 0 || json.Unmarshal(raw, &o) != nil {
		return Geometry{}, ErrGeometry
	}
	switch o.Type {
	case "Point":
		var at []float64
		if err := readNumbers(o.Coordinates, &at); err != nil {
			return Geometry{}, err
		}
		p, err := position(at)
		return Geometry{Point: &p}, err
	case "Polygon":
		var rings [][][]float64
		if err := readNumbers(o.Coordinates, &rings); err != nil {
			return Geometry{}, err
		}
		return polygons([][][][]float64{rings})
	case "MultiPolygon":
		var all [][][][]float64
		if err := readNumbers(o.Coordinates, &all); err != nil {
			return Geometry{}, err
		}
		return polygons(all)
	case "GeometryCollection":
		var out Geometry
		for _, member := range o.Geometries {
			g, err := readGeometry(member, depth+1)
			if err != nil {
				return Geometry{}, err
			}
			if err := out.join(g); err != nil {
				return Geometry{}, err
			}
		}
		return out, nil
	}
	return Geometry{}, fmt.Errorf("type %.40q: %w", o.Type, ErrGeometry)
}

// join takes areas together; a point stands alone.
func (g *Geometry) join(o Geometry) error {
	if o.Point != nil && (g.Point != nil || len(g.Rings) > 0) || g.Point != nil && len(o.Rings) > 0 {
		return fmt.Errorf("a point beside something else: %w", ErrGeometry)
	}
	if o.Point != nil {
		g.Point = o.Point
	}
	g.Rings = append(g.Rings, o.Rings...)
	return nil
}

// readNumbers refuses null, which would be read as the number 0.
func readNumbers(coordinates json.RawMessage, into any) error {
	if len(coordinates) == 0 || bytes.Contains(coordinates, []byte("null")) {
		return fmt.Errorf("coordinates are missing: %w", ErrGeometry)
	}
	if err := json.Unmarshal(coordinates, into); err != nil {
		return fmt.Errorf("coordinates: %w: %w", ErrGeometry, err)
	}
	return nil
}

func position(at []float64) (geo.Point, error) {
	if len(at) < 2 {
		return geo.Point{}, fmt.Errorf("a point without longitude and latitude: %w", ErrGeometry)
	}
	return geo.Point{Lat: at[1], Lon: at[0]}, nil
}

func polygons(all [][][][]float64) (Geometry, error) {
	var g Geometry
	for _, rings := range all {
		poly := make([][]geo.Point, len(rings))
		for i, ring := range rings {
			poly[i] = make([]geo.Point, len(ring))
			for j, at := range ring {
				p, err := position(at)
				if err != nil {
					return Geometry{}, err
				}
				poly[i][j] = p
			}
		}
		g.Rings = append(g.Rings, poly)
	}
	return g, nil
}

// number reads degrees as people type them: a point, no other sign.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no number: %w", text, ErrGeometry)
	}
	return v, nil
}

// skipBOM leaves out the mark with which some programs begin a file.
func skipBOM(r io.Reader) io.Reader {
	head := make([]byte, 3)
	n, _ := io.ReadFull(r, head)
	if bytes.Equal(head[:n], []byte("\ufeff")) {
		n = 0
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r)
}
