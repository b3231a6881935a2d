package geo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxGeoJSON is the size in bytes of the longest GeoJSON that is read.
const MaxGeoJSON = 8 << 20

// ErrGeoJSON is a text that is not GeoJSON of polygons.
var ErrGeoJSON = errors.New("not GeoJSON of polygons")

// geoJSON is any object of the format; which fields count is told by Type.
type geoJSON struct {
	Type        string            `json:"type"`
	Coordinates json.RawMessage   `json:"coordinates"`
	Geometry    json.RawMessage   `json:"geometry"`
	Features    []json.RawMessage `json:"features"`
	Geometries  []json.RawMessage `json:"geometries"`
}

// ParseGeoJSON reads a Polygon, a MultiPolygon, a Feature of one, or a
// FeatureCollection or GeometryCollection of them, all taken together as one
// area. Heights are left out. Anything else in it (a point, a line) is an
// error: an outline with something missing must not pass for the whole.
func ParseGeoJSON(data []byte) (Area, error) {
	if len(data) > MaxGeoJSON {
		return Area{}, fmt.Errorf("longer than %d bytes: %w", MaxGeoJSON, ErrTooLarge)
	}
	polygons, err := readPolygons(data, 0)
	if err != nil {
		return Area{}, err
	}
	return NewArea(polygons)
}

// maxNesting is how deep objects stand in one another: a collection, a
// feature, a geometry collection, a polygon.
const maxNesting = 4

func readPolygons(data []byte, depth int) ([][][]Point, error) {
	if depth == maxNesting {
		return nil, fmt.Errorf("nested too deep: %w", ErrGeoJSON)
	}
	var object geoJSON
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGeoJSON, err)
	}
	switch object.Type {
	case "Polygon":
		var rings [][][]float64
		if err := readNumbers(object.Coordinates, &rings); err != nil {
			return nil, err
		}
		return points([][][][]float64{rings})
	case "MultiPolygon":
		var polygons [][][][]float64
		if err := readNumbers(object.Coordinates, &polygons); err != nil {
			return nil, err
		}
		return points(polygons)
	case "Feature":
		return readPolygons(object.Geometry, depth+1)
	case "FeatureCollection":
		return readAll(object.Features, depth+1)
	case "GeometryCollection":
		return readAll(object.Geometries, depth+1)
	default:
		return nil, fmt.Errorf("type %.40q: %w", object.Type, ErrGeoJSON)
	}
}

// readNumbers refuses null, which would be read as the number 0.
func readNumbers(coordinates json.RawMessage, into any) error {
	if bytes.Contains(coordinates, []byte("null")) {
		return fmt.Errorf("coordinates hold a null: %w", ErrGeoJSON)
	}
	if err := json.Unmarshal(coordinates, into); err != nil {
		return fmt.Errorf("coordinates: %w: %w", ErrGeoJSON, err)
	}
	return nil
}

func readAll(members []json.RawMessage, depth int) ([][][]Point, error) {
	var all [][][]Point
	for i, member := range members {
		polygons, err := readPolygons(member, depth)
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", i+1, err)
		}
		all = append(all, polygons...)
	}
	return all, nil
}

// points turns longitude before latitude, as GeoJSON has it, into points;
// NewArea judges them.
func points(polygons [][][][]float64) ([][][]Point, error) {
	made := make([][][]Point, len(polygons))
	for i, rings := range polygons {
		made[i] = make([][]Point, len(rings))
		for j, positions := range rings {
			line := make([]Point, len(positions))
			for k, at := range positions {
				if len(at) < 2 {
					return nil, fmt.Errorf("polygon %d, ring %d, point %d has no longitude and latitude: %w", i+1, j+1, k+1, ErrGeoJSON)
				}
				line[k] = Point{Lat: at[1], Lon: at[0]}
			}
			made[i][j] = line
		}
	}
	return made, nil
}
