package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWalkIsHeldAgainstTheOutlineOfABeat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	walk, outline := filepath.Join(dir, "walk.gpx"), filepath.Join(dir, "beat.csv")
	text := `<gpx version="1.0"><trk><trkseg><trkpt lat="25.01" lon="80.01"><time>2026-01-01T00:00:00Z</time></trkpt>` +
		`<trkpt lat="25.01" lon="80.01"><time>2026-01-01T00:04:00Z</time></trkpt><trkpt lat="25.05" lon="80.05"><time>2026-01-01T01:00:00Z</time></trkpt></trkseg></trk></gpx>`
	for path, content := range map[string]string{walk: text, outline: "code,wkt\nb1,\"POLYGON ((80 25, 80.02 25, 80.02 25.02, 80 25.02))\"\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := good(t, "", "replay", "--dry-run", "--gpx", walk, "--outline", outline)
	for _, want := range []string{"2 of 3 fixes inside (66.7 %), 1 of 1 stops", "cells      1 seen of "} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}
