package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"kendra/geo"
	"kendra/geo/features"
)

const (
	// importFeatures is how many places the measured file has: some hundred districts' worth.
	importFeatures = 100_000
	importSeconds  = 60
	importMB       = 500
	importDistrict = 13 // of its own
)

// importAlone takes the figures of an import: a process of its own reads a file of a
// hundred thousand places, plans it, enters it, and reads it again to find all the same.
func (b *bencher) importAlone(ctx context.Context, _ int) error {
	if _, err := b.district(ctx, importDistrict, len(twelve)); err != nil {
		return err
	}
	path := filepath.Join(b.dir, "places.geojson")
	r := rand.New(rand.NewPCG(20261118, importFeatures)) //nolint:gosec // the same each time is the point
	err := writeFeatures(path, features.GeoJSON, func(w *features.Writer) error {
		kinds := []string{"village", "school", "market", "temple_ghat", "bank"}
		for i := range importFeatures {
			at := geo.Point{Lat: 24.95 + r.Float64()*0.5, Lon: 80.7 + r.Float64()*0.8}
			n := strconv.Itoa(i)
			if err := w.Write(features.Feature{Geometry: features.Geometry{Point: &at}, Props: map[string]string{
				"code": "p" + n, "hi": "स्थान " + n, "en": "Place " + n, "kind": kinds[i%len(kinds)], "hours": "09:00-16:00", "tags": "a;b",
			}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	took, mb, err := b.importOnce(ctx, path)
	if err != nil {
		return err
	}
	again, _, err := b.importOnce(ctx, path)
	if err != nil {
		return err
	}
	b.rows = append(b.rows,
		bound("import of 100,000 places: planned and entered", took.Seconds(), "s", importSeconds),
		figure{Name: "the same", Value: importFeatures / took.Seconds(), Unit: "features/s"},
		bound("its peak resident memory", mb, "MB", importMB),
		figure{Name: "the same file again: nothing to do", Value: again.Seconds(), Unit: "s"})
	return nil
}

// importOnce runs the import as a process and gives its time and its peak memory.
func (b *bencher) importOnce(ctx context.Context, path string) (time.Duration, float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, fmt.Errorf("find this binary: %w", err)
	}
	c := exec.CommandContext(ctx, self, "import", "places", path, "--district", strconv.Itoa(importDistrict))
	c.Env = append(os.Environ(), "DATABASE_URL="+b.url, "KENDRA_OWNER_DATABASE_URL="+b.url, "KENDRA_KEYS="+b.config.Keys, "KENDRA_BASE_URL=", "KENDRA_FCM_ENDPOINT=")
	began := time.Now()
	if said, err := c.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("import: %w: %.400s", err, said)
	}
	use, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, errors.New("import: no figures of its memory")
	}
	return time.Since(began), float64(use.Maxrss) / 1024, nil
}
