package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kendra/migrations/dbtest"
)

func TestAnIncidentPackIsTwoFilesForTheirOwnerAndOverwritesNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := configOf(t, "DATABASE_URL", dbtest.New(t).URL, "KENDRA_DATA", dir)
	name := filepath.Join(dir, "pack")
	args := []string{"--from", "2026-11-18T00:00:00+05:30", "--to", time.Now().Add(time.Hour).Format(time.RFC3339), "--out", name}
	var out strings.Builder
	if err := runIncident(t.Context(), c, args, &out); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{name + ".json", name + ".txt"} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	text, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Events []struct{ Kind string }
		Cases  []string `json:"affected_cases"`
		Reads  []any
	}
	if err := json.Unmarshal(text, &p); err != nil || len(p.Events) != 1 || p.Events[0].Kind != "incident_pack" || p.Cases == nil || p.Reads == nil {
		t.Errorf("%v, %s", err, text)
	}
	if err := runIncident(t.Context(), c, args, &out); err == nil {
		t.Error("a pack was overwritten")
	}
	for _, bad := range [][]string{
		nil, {"--from", "yesterday"}, {"--from", "2026-11-18T00:00:00+05:30"},
		{"--from", "2026-11-18T00:00:00+05:30", "--to", "2026-11-17T00:00:00+05:30"},
		append([]string{"--device", "x"}, args...),
	} {
		if err := runIncident(t.Context(), c, bad, &out); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
