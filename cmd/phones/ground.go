package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"kendra/cmd/phones/walk"
	"kendra/geo"
	"kendra/geo/features"
	"kendra/mobile-contract/phone"
)

// beatOf is the outline of a beat as the phone's bundle has it; nil when it has none.
func beatOf(ctx context.Context, o *phone.Officer, id uuid.UUID) (*geo.Area, error) {
	bundle, err := o.Bundle(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range bundle.Beats {
		if b.ID == id && b.Polygon != nil {
			area, err := geo.ParseGeoJSON(*b.Polygon)
			return &area, err
		}
	}
	return nil, nil //nolint:nilnil // a beat may have no outline
}

// outlineOf reads the areas of a file, all together.
func outlineOf(path string) (geo.Area, error) {
	file, err := os.Open(path)
	if err != nil {
		return geo.Area{}, fmt.Errorf("open outline: %w", err)
	}
	defer file.Close()
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format == "json" {
		format = features.GeoJSON
	}
	var all features.Geometry
	for f, err := range features.Read(file, format, features.Options{}) {
		if err != nil {
			return geo.Area{}, fmt.Errorf("outline: %w", err)
		}
		all.Rings = append(all.Rings, f.Rings...) // points beside it are no part of it
	}
	return all.Area()
}

// tellGround tells how a walk lies in a beat: the share of its fixes and stops inside, and
// how many of the beat's cells of resolution 9 it came to.
func tellGround(out io.Writer, t walk.Track, beat geo.Area) {
	in, n := 0, 0
	seen := map[geo.Cell]bool{}
	for _, segment := range t.Segments {
		for _, f := range segment {
			n++
			if !beat.Contains(f.Point) {
				continue
			}
			in++
			if c, err := geo.CellAt(f.Point); err == nil {
				seen[c.Parent(9)] = true
			}
		}
	}
	stops, inside := t.Stops(walk.StopAfter, walk.StopRadius), 0
	for _, s := range stops {
		if beat.Contains(s.Point) {
			inside++
		}
	}
	share := 0.0
	if n > 0 {
		share = 100 * float64(in) / float64(n)
	}
	fmt.Fprintf(out, "beat       %.2f km²: %d of %d fixes inside (%.1f %%), %d of %d stops\n", beat.AreaKm2(), in, n, share, inside, len(stops))
	cells, err := beat.Overlapping(9)
	if err != nil {
		fmt.Fprintf(out, "cells      %d seen\n", len(seen))
		return
	}
	fmt.Fprintf(out, "cells      %d seen of %d at resolution 9\n", len(seen), len(cells))
}
