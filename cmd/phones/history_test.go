package main

import (
	"encoding/json"
	"strings"
	"testing"

	"kendra/cmd/phones/history"
	"kendra/migrations/dbtest"
)

func TestAHistoryIsMadeUpAndCheckedByOneCommand(t *testing.T) {
	t.Parallel()
	db, keys := dbtest.New(t), t.TempDir()
	command := []string{
		"history", "--database", db.URL, "--data", keys, "--days", "2", "--stations", "1", "--scale", "0.2", "--squads", "1", "--beats", "2",
		"--start", "2026-12-31", "--json",
	}
	out, errs, code := phones(t, "", command...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var sum history.Summary
	if err := json.Unmarshal([]byte(out), &sum); err != nil {
		t.Fatal(err)
	}
	if sum.Entries == 0 || sum.Lines["women_beat"] == 0 || !strings.Contains(errs, "day 2, 2027-01-01: ") {
		t.Errorf("%+v\n%s", sum, errs)
	}
	if _, errs, code := phones(t, "", command...); code != exitFailed || !strings.Contains(errs, "has books already") {
		t.Errorf("a second time: exit %d: %s", code, errs)
	}
}

func TestAHistoryNeedsNumbersAboveZeroAndADay(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--days", "0"}, {"--stations", "-1"}, {"--scale", "0"}, {"--beats", "1"}, {"--start", "yesterday"}, {"more"}} {
		if _, errs, code := phones(t, "", append([]string{"history"}, args...)...); code != exitUsage || errs == "" {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}
