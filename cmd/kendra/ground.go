package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/api/book"
	"kendra/geo"
	"kendra/geo/features"
)

const groundUsage = `import beats|places FILE, import boundary FILE

  FILE is GeoJSON, KML, KMZ or CSV (by its name). Nothing is kept when anything in
  it is wrong. Columns of CSV and properties of features: code, hi, en, kind,
  station, beat, lat, lon or wkt, every_days, hours (HH:MM-HH:MM), weight, tags
  (a;b), from, to, per_week. A feature without a station belongs to that in whose
  beat it lies, or to the nearest.
`

// groundWords are the first words of an import that is not of staff lists.
var groundWords = []string{book.GroundBeats, book.GroundPlaces, "boundary"}

type groundArgs struct {
	what, path, centre, from, chart string
	district                        int
	dry, swap, merge, complete      bool
}

func runGroundImport(ctx context.Context, c config, args []string, out io.Writer) error {
	a := groundArgs{what: args[0]}
	f := flags("import "+a.what, groundUsage, out)
	f.IntVar(&a.district, "district", defaultDistrict, "district")
	f.StringVar(&a.centre, "centre", "", "station of features that name none")
	f.StringVar(&a.from, "from", "", "first day, YYYY-MM-DD (today)")
	f.StringVar(&a.chart, "map", "", "write what would change as GeoJSON to this file")
	f.BoolVar(&a.dry, "dry-run", false, "check everything, keep nothing")
	f.BoolVar(&a.swap, "swap", false, "the file has latitude and longitude exchanged")
	f.BoolVar(&a.merge, "merge", false, "a place with the name of one near by is that one")
	f.BoolVar(&a.complete, "complete", false, "what the file does not have ends, at the stations that it has")
	paths, rest := leading(args[1:])
	if done, err := parse(f, rest); done {
		return err
	}
	if paths = append(paths, f.Args()...); len(paths) != 1 {
		fmt.Fprint(out, groundUsage)
		return errUsage
	}
	a.path = paths[0]
	return withNode(ctx, c, func(n *node) error {
		if a.what == "boundary" {
			return n.importBoundary(ctx, a, out)
		}
		return n.importGround(ctx, a, out)
	})
}

// leading are the arguments before the first flag.
func leading(args []string) (paths, rest []string) {
	for i, a := range args {
		if strings.HasPrefix(a, "-") {
			return args[:i], args[i:]
		}
	}
	return args, nil
}

// formatOf is the format of a file by its name.
func formatOf(path string) (string, error) {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format == "json" {
		format = features.GeoJSON
	}
	if !slices.Contains(features.Formats, format) {
		return "", features.ErrFormat
	}
	return format, nil
}

func (n *node) importGround(ctx context.Context, a groundArgs, out io.Writer) error {
	began := time.Now()
	district := int32(a.district)
	from := n.now().In(istZone)
	if a.from != "" {
		var err error
		if from, err = time.Parse(time.DateOnly, a.from); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	format, err := formatOf(a.path)
	if err != nil {
		return err
	}
	file, err := os.Open(a.path)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer func() { _ = file.Close() }()
	plan, err := n.book.PlanGround(ctx, district, book.GroundFile{
		Kind: a.what, Centre: a.centre, From: from, Merge: a.merge, Complete: a.complete,
		Features: features.Read(file, format, features.Options{Box: n.book.GroundFrame(district), Swap: a.swap}),
	})
	if err != nil {
		return err
	}
	if a.chart != "" {
		if err := writeChart(a.chart, plan); err != nil {
			return err
		}
	}
	tellPlan(plan, out)
	if len(plan.Wrong) > 0 {
		return errImport
	}
	if a.dry {
		fmt.Fprintln(out, "dry run: nothing was kept")
		return nil
	}
	done, err := n.book.EnterGround(ctx, district, plan)
	fmt.Fprintf(out, "%d entries in %.1f s\n", done, time.Since(began).Seconds())
	return err
}

// tellPlan prints what an import would do.
func tellPlan(p *book.GroundPlan, out io.Writer) {
	for _, w := range p.Wrong {
		at := "line " + strconv.Itoa(w.Line)
		if w.N > 0 {
			at += ", feature " + strconv.Itoa(w.N)
		}
		fmt.Fprintf(out, "%s: %s\n", at, w.Text)
	}
	if n := p.More(); n > 0 {
		fmt.Fprintf(out, "and %d more\n", n)
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, t := range c.Told {
			fmt.Fprintf(out, "line %d, %s: repaired: %s\n", c.Line, c.Code, t)
		}
		if c.Outside > 0 {
			fmt.Fprintf(out, "line %d, %s: %.1f km outside the district\n", c.Line, c.Code, c.Outside)
		}
	}
	for _, d := range p.Doubles {
		other := "of the book"
		if d.OtherLine > 0 {
			other = "in line " + strconv.Itoa(d.OtherLine)
		}
		fmt.Fprintf(out, "line %d, %s: of the same name as %s %s, %.0f m apart (--merge takes them for one)\n", d.Line, d.Code, d.OtherCode, other, d.Metres)
	}
	fmt.Fprintf(out, "%-8s %7d new, %d changed, %d the same, %d ended; %d wrong, %d doubles, %d outside the district\n", p.Kind,
		p.Counts[book.GroundNew], p.Counts[book.GroundChanged], p.Counts[book.GroundSame], p.Counts[book.GroundEnded],
		len(p.Wrong)+p.More(), len(p.Doubles), p.Outside)
}

// writeChart writes the map of what would change.
func writeChart(path string, p *book.GroundPlan) (err error) {
	return writeFeatures(path, features.GeoJSON, func(w *features.Writer) error {
		for i := range p.Changes {
			c := &p.Changes[i]
			if c.Geometry.Point == nil && len(c.Geometry.Rings) == 0 {
				continue // it ends, and the file does not have it
			}
			err := w.Write(features.Feature{Geometry: c.Geometry, Props: map[string]string{
				"change": c.What, "station": c.Centre, "code": c.Code, "hi": c.NameHi, "en": c.NameEn, "line": strconv.Itoa(c.Line),
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func writeFeatures(path, format string, write func(w *features.Writer) error) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w, err := features.NewWriter(file, format)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	return w.Close()
}

// importBoundary keeps the outline of the district: all areas of the file together.
func (n *node) importBoundary(ctx context.Context, a groundArgs, out io.Writer) error {
	format, err := formatOf(a.path)
	if err != nil {
		return err
	}
	file, err := os.Open(a.path)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer func() { _ = file.Close() }()
	district := int32(a.district)
	var outline features.Geometry
	for f, err := range features.Read(file, format, features.Options{Box: n.book.GroundFrame(district), Swap: a.swap}) {
		switch {
		case err != nil:
			fmt.Fprintln(out, err)
			return errImport
		case f.Swapped:
			fmt.Fprintf(out, "line %d: latitude and longitude seem to be exchanged; --swap reads it so\n", f.Line)
			return errImport
		case f.Point != nil:
			fmt.Fprintf(out, "line %d: a point is no outline\n", f.Line)
			return errImport
		}
		for _, t := range f.Told {
			fmt.Fprintf(out, "line %d: repaired: %s\n", f.Line, t)
		}
		outline.Rings = append(outline.Rings, f.Rings...)
	}
	area, err := outline.Area()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "outline of district %d: %.1f km²\n", district, area.AreaKm2())
	if a.dry {
		fmt.Fprintln(out, "dry run: nothing was kept")
		return nil
	}
	return n.book.SetBoundary(ctx, district, outline)
}

const exportUsage = `kendra export beats|places [--format geojson|kml|kmz|csv] [--centre KRW] [--on YYYY-MM-DD] FILE

  beats and places as they are on a day, in the form that import reads
`

func runExport(ctx context.Context, c config, args []string, out io.Writer) error {
	if len(args) == 0 || !slices.Contains(groundWords[:2], args[0]) {
		fmt.Fprint(out, exportUsage)
		return errUsage
	}
	f := flags("export "+args[0], exportUsage, out)
	district := f.Int("district", defaultDistrict, "district")
	centre := f.String("centre", "", "one station; all if it is left out")
	on := f.String("on", "", "day (today)")
	format := f.String("format", "", "geojson, kml, kmz or csv; by the file's name if it is left out")
	paths, rest := leading(args[1:])
	if done, err := parse(f, rest); done {
		return err
	}
	if paths = append(paths, f.Args()...); len(paths) != 1 {
		fmt.Fprint(out, exportUsage)
		return errUsage
	}
	if *format == "" {
		var err error
		if *format, err = formatOf(paths[0]); err != nil {
			return err
		}
	}
	return withNode(ctx, c, func(n *node) error {
		day := *on
		if day == "" {
			day = n.now().In(istZone).Format(time.DateOnly)
		}
		count := 0
		err := writeFeatures(paths[0], *format, func(w *features.Writer) error {
			return n.exportGround(ctx, int32(*district), args[0], *centre, day, func(f features.Feature) error {
				count++
				return w.Write(f)
			})
		})
		if err == nil {
			fmt.Fprintf(out, "%d %s of %s written\n", count, args[0], day)
		}
		return err
	})
}

// exportGround hands on beats or places as features.
func (n *node) exportGround(ctx context.Context, district int32, what, centre, day string, each func(f features.Feature) error) error {
	beats, err := n.book.BeatsOn(ctx, district, centre, day)
	if err != nil {
		return err
	}
	codes := map[string]string{}
	for _, b := range beats {
		codes[b.BeatID.String()] = b.Code
		if what != book.GroundBeats {
			continue
		}
		g, err := features.ParseGeometry(b.Area)
		if err != nil {
			return fmt.Errorf("beat %s: %w", b.Code, err)
		}
		props := map[string]string{"code": b.Code, "hi": b.NameHi, "en": b.NameEn, "station": b.Centre, "from": b.From, "to": b.Until}
		if b.PerWeek > 0 {
			props["per_week"] = strconv.Itoa(b.PerWeek)
		}
		if b.HoursFrom != "" {
			props["hours"] = b.HoursFrom + "-" + b.HoursTo
		}
		if err := each(feature(props, g)); err != nil {
			return err
		}
	}
	if what == book.GroundBeats {
		return nil
	}
	return n.book.EachPlaceOn(ctx, district, centre, day, func(p book.PlaceVersion) error {
		g := features.Geometry{Point: &geo.Point{Lat: p.Lat, Lon: p.Lon}}
		if p.Area != "" {
			if g, err = features.ParseGeometry(p.Area); err != nil {
				return fmt.Errorf("place %s: %w", p.Code, err)
			}
		}
		props := map[string]string{
			"code": p.Code, "hi": p.NameHi, "en": p.NameEn, "kind": p.Kind, "station": p.Centre, "every_days": strconv.Itoa(p.EveryDays),
			"weight": strconv.Itoa(p.Weight), "tags": strings.Join(p.Tags, ";"), "from": p.From, "to": p.Until,
		}
		if p.HoursFrom != "" {
			props["hours"] = p.HoursFrom + "-" + p.HoursTo
		}
		if p.BeatID != nil {
			props["beat"] = codes[p.BeatID.String()]
		}
		return each(feature(props, g))
	})
}

// feature leaves out what is not said.
func feature(props map[string]string, g features.Geometry) features.Feature {
	for k, v := range props {
		if v == "" {
			delete(props, k)
		}
	}
	return features.Feature{Props: props, Geometry: g}
}
