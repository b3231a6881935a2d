package features

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"kendra/geo"
)

func degrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// Writer writes features one by one; Close ends the file.
type Writer struct {
	format string
	out    *bufio.Writer
	table  *csv.Writer
	packed *zip.Writer
	n      int
}

// NewWriter begins a file of a format. What it writes, Read reads.
func NewWriter(w io.Writer, format string) (*Writer, error) {
	out := &Writer{format: format}
	switch format {
	case GeoJSON, KML:
		out.out = bufio.NewWriter(w)
	case KMZ:
		out.packed = zip.NewWriter(w)
		doc, err := out.packed.Create("doc.kml")
		if err != nil {
			return nil, fmt.Errorf("write: %w", err)
		}
		out.out = bufio.NewWriter(doc)
	case CSV:
		out.table = csv.NewWriter(w)
		out.table.UseCRLF = true
		_, err := io.WriteString(w, "\ufeff") // without it spreadsheets take Hindi for something else
		if err != nil {
			return nil, fmt.Errorf("write: %w", err)
		}
		return out, out.table.Write(Columns)
	default:
		return nil, ErrFormat
	}
	head := `{"type":"FeatureCollection","features":[`
	if format != GeoJSON {
		head = xml.Header + `<kml xmlns="http://www.opengis.net/kml/2.2"><Document>`
	}
	_, err := out.out.WriteString(head)
	return out, err
}

// Write writes a feature.
func (w *Writer) Write(f Feature) error {
	w.n++
	switch w.format {
	case GeoJSON:
		return w.json(f)
	case CSV:
		return w.row(f)
	}
	return w.placemark(f)
}

func (w *Writer) json(f Feature) error {
	props, err := json.Marshal(f.Props) // keys in their order
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	line := []byte("\n")
	if w.n > 1 {
		line = []byte(",\n")
	}
	line = append(line, `{"type":"Feature","properties":`...)
	line = append(line, props...)
	line = append(line, `,"geometry":`...)
	line = append(f.appendJSON(line), '}')
	_, err = w.out.Write(line)
	return err
}

// row writes the columns that there are.
func (w *Writer) row(f Feature) error {
	record := make([]string, len(Columns))
	for i, name := range Columns {
		if record[i] = f.Props[name]; isFormula(record[i]) {
			record[i] = "'" + record[i]
		}
	}
	if f.Point != nil {
		record[slices.Index(Columns, "lat")], record[slices.Index(Columns, "lon")] = degrees(f.Point.Lat), degrees(f.Point.Lon)
	} else {
		record[slices.Index(Columns, "wkt")] = wktOf(f.Geometry)
	}
	return w.table.Write(record)
}

func (w *Writer) placemark(f Feature) error {
	b := []byte("\n<Placemark>")
	if name := f.Props["name"]; name != "" {
		b = append(append(append(b, "<name>"...), escaped(name)...), "</name>"...)
	}
	b = append(b, "<ExtendedData>"...)
	for _, key := range slices.Sorted(maps.Keys(f.Props)) {
		if key != "name" {
			b = append(append(append(b, `<Data name="`...), escaped(key)...), `"><value>`...)
			b = append(append(b, escaped(f.Props[key])...), "</value></Data>"...)
		}
	}
	b = append(b, "</ExtendedData>"...)
	if f.Point != nil {
		b = append(b, "<Point>"...)
		b = append(appendCoordinates(b, []geo.Point{*f.Point}), "</Point>"...)
	} else {
		if len(f.Rings) > 1 {
			b = append(b, "<MultiGeometry>"...)
		}
		for _, rings := range f.Rings {
			b = append(b, "<Polygon>"...)
			for i, ring := range rings {
				side := "outerBoundaryIs"
				if i > 0 {
					side = "innerBoundaryIs"
				}
				b = append(append(append(b, '<'), side...), "><LinearRing>"...)
				b = append(appendCoordinates(b, ring), "</LinearRing></"...)
				b = append(append(b, side...), '>')
			}
			b = append(b, "</Polygon>"...)
		}
		if len(f.Rings) > 1 {
			b = append(b, "</MultiGeometry>"...)
		}
	}
	_, err := w.out.Write(append(b, "</Placemark>"...))
	return err
}

func appendCoordinates(b []byte, points []geo.Point) []byte {
	b = append(b, "<coordinates>"...)
	for i, p := range points {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendFloat(b, p.Lon, 'f', -1, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, p.Lat, 'f', -1, 64)
	}
	return append(b, "</coordinates>"...)
}

// escaped is a text as it stands in XML.
func escaped(text string) []byte {
	var b escapeBuffer
	_ = xml.EscapeText(&b, []byte(text))
	return b
}

type escapeBuffer []byte

// Write appends.
func (b *escapeBuffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// Close ends the file.
func (w *Writer) Close() error {
	var err error
	switch w.format {
	case CSV:
		w.table.Flush()
		return w.table.Error()
	case GeoJSON:
		_, err = w.out.WriteString("\n]}\n")
	default:
		_, err = w.out.WriteString("\n</Document></kml>\n")
	}
	if err == nil {
		err = w.out.Flush()
	}
	if err == nil && w.packed != nil {
		err = w.packed.Close()
	}
	return err
}
