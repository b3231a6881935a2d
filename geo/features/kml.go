package features

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"kendra/geo"
)

const (
	// maxElements is how deep elements of KML may stand in one another.
	maxElements = 40
	// maxEntries is how many files a KMZ may hold: pictures stand beside the one that counts.
	maxEntries = 10_000
)

func readKMZ(r io.Reader, s *sink) error {
	data, err := io.ReadAll(io.LimitReader(r, maxZip+1))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if len(data) > maxZip {
		return fmt.Errorf("more than %d bytes: %w", maxZip, ErrTooLong)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if len(archive.File) > maxEntries {
		return fmt.Errorf("more than %d files in it: %w", maxEntries, ErrTooLong)
	}
	for _, f := range archive.File {
		// The first document is the one that counts, whatever its name: so the format says.
		if strings.ToLower(path.Ext(f.Name)) != ".kml" {
			continue
		}
		open, err := f.Open()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
		defer func() { _ = open.Close() }()
		return readKML(open, s) // bounded by what comes out of it, not by what its head says
	}
	return fmt.Errorf("no document in it: %w", ErrBroken)
}

// kmlReader goes over a document, one placemark at a time.
type kmlReader struct {
	dec   *xml.Decoder
	lines *lines
	sink  *sink

	path  []string
	begun int64 // where the placemark begins
	mark  *placemark
	text  strings.Builder
}

// placemark is what was read of one.
type placemark struct {
	feature Feature
	data    string // name of the datum at hand
	rings   [][]geo.Point
	err     error
}

func readKML(r io.Reader, s *sink) error {
	l := newLines(r, s.options)
	k := &kmlReader{dec: xml.NewDecoder(l), lines: l, sink: s}
	seen := false
	for {
		token, err := k.dec.Token()
		if errors.Is(err, io.EOF) && seen {
			return nil
		}
		if err != nil {
			line, _ := k.dec.InputPos()
			if errors.Is(err, io.EOF) {
				err = errors.New("it is empty")
			}
			return &Error{Line: line, Err: fmt.Errorf("%w: %w", ErrBroken, err)}
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !seen && t.Name.Local != "kml" {
				line, _ := k.dec.InputPos()
				return &Error{Line: line, Err: fmt.Errorf("its first element is not kml: %w", ErrBroken)}
			}
			seen = true
			err = k.start(t)
		case xml.EndElement:
			err = k.end(t.Name.Local)
		case xml.CharData:
			if k.mark != nil {
				k.text.Write(t)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (k *kmlReader) start(t xml.StartElement) error {
	line, _ := k.dec.InputPos()
	if len(k.path) == maxElements {
		return &Error{Line: line, Err: fmt.Errorf("nested too deep: %w", ErrBroken)}
	}
	k.path = append(k.path, t.Name.Local)
	k.text.Reset()
	k.lines.begin(k.begun)
	switch name := t.Name.Local; {
	case name == "Placemark" && k.mark == nil:
		k.begun = k.dec.InputOffset()
		k.lines.begin(k.begun)
		k.mark = &placemark{feature: Feature{Line: line, Props: map[string]string{}}}
	case k.mark == nil:
		k.begun = k.dec.InputOffset() // what stands between them is bounded by itself
		k.lines.begin(k.begun)
	case name == "Data" || name == "SimpleData":
		for _, a := range t.Attr {
			if a.Name.Local == "name" {
				k.mark.data = a.Value
			}
		}
	case name == "Polygon":
		k.mark.rings = nil
	case name == "LineString" || name == "Track" || name == "Model":
		k.mark.fail(fmt.Errorf("%s: %w", name, ErrGeometry))
	}
	return nil
}

func (m *placemark) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// under tells whether the element at hand stands in such another.
func (k *kmlReader) under(name string) bool {
	return len(k.path) > 1 && k.path[len(k.path)-2] == name
}

func (k *kmlReader) end(name string) error {
	m := k.mark
	if m != nil {
		text := strings.TrimSpace(k.text.String())
		switch {
		case name == "name" && k.under("Placemark"), name == "SimpleData", name == "value" && k.under("Data"):
			key := "name"
			if name != "name" {
				key = m.data
			}
			if err := put(m.feature.Props, key, text); err != nil {
				m.fail(err)
			}
		case name == "coordinates":
			m.coordinates(k, text)
		case name == "Polygon":
			m.feature.Rings = append(m.feature.Rings, m.rings)
			if m.feature.Point != nil {
				m.fail(fmt.Errorf("a point beside something else: %w", ErrGeometry))
			}
		case name == "Placemark":
			k.mark = nil
			k.begun = k.dec.InputOffset()
			if m.err == nil && m.feature.Point == nil && len(m.feature.Rings) == 0 {
				m.fail(ErrGeometry)
			}
			if err := k.sink.give(m.feature, m.err); err != nil {
				return err
			}
		}
	}
	k.text.Reset()
	k.path = k.path[:len(k.path)-1]
	return nil
}

// coordinates reads "lon,lat[,height] ..." of a point or of a ring.
func (m *placemark) coordinates(k *kmlReader, text string) {
	var points []geo.Point
	for _, tuple := range strings.Fields(text) {
		parts := strings.Split(tuple, ",")
		if len(parts) < 2 {
			m.fail(fmt.Errorf("a point without longitude and latitude: %w", ErrGeometry))
			return
		}
		lon, err := number(parts[0])
		if err != nil {
			m.fail(err)
			return
		}
		lat, err := number(parts[1])
		if err != nil {
			m.fail(err)
			return
		}
		points = append(points, geo.Point{Lat: lat, Lon: lon})
	}
	switch {
	case k.under("Point") && len(points) == 1 && m.feature.Point == nil && len(m.feature.Rings) == 0:
		m.feature.Point = &points[0]
	case k.under("Point"):
		m.fail(fmt.Errorf("a point beside something else, or none: %w", ErrGeometry))
	case k.under("LinearRing") && k.isInner():
		if len(m.rings) == 0 {
			m.fail(fmt.Errorf("a hole before its rim: %w", ErrGeometry))
			return
		}
		m.rings = append(m.rings, points)
	case k.under("LinearRing") && len(m.rings) > 0:
		m.fail(fmt.Errorf("a polygon with two rims: %w", ErrGeometry))
	case k.under("LinearRing"):
		m.rings = [][]geo.Point{points}
	}
}

func (k *kmlReader) isInner() bool {
	return len(k.path) > 2 && k.path[len(k.path)-3] == "innerBoundaryIs"
}
