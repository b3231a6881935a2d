package api

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const accessFile = "testdata/access.txt"

// drawAccess draws the table: a row for each call, a column for each role.
func drawAccess(routes []*contract.Route, table []grant) string {
	letters := map[scope]string{scopeNone: "-", scopeSelf: "s", scopeCentre: "c", scopeCircle: "o", scopeDistrict: "d"}
	var b strings.Builder
	b.WriteString("Who may make which call, and how far. p: anybody, s: about himself, c: of his own centre, o: of his own circle,\n" +
		"d: of his own district, -: may not. The columns are the roles from the beat upwards:\n")
	for i, role := range staff.Roles {
		fmt.Fprintf(&b, "%2d %s\n", i+1, role)
	}
	fmt.Fprintf(&b, "\n%-20s", "")
	for i := range staff.Roles {
		fmt.Fprintf(&b, " %2d", i+1)
	}
	b.WriteByte('\n')
	rows := grants(table)
	for _, r := range routes {
		g := rows[r.OperationID]
		if g == nil {
			continue
		}
		fmt.Fprintf(&b, "%-20s", r.OperationID)
		for _, role := range staff.Roles {
			mark := letters[g.of(role)]
			if g.open {
				mark = "p"
			}
			fmt.Fprintf(&b, "  %s", mark)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestTheTableOfAccessIsTheReviewedOne(t *testing.T) {
	t.Parallel()
	got := drawAccess(contract.Routes(), access)
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(accessFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(accessFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("access has changed; if that is meant, run go test ./api -run Access -update and have %s reviewed:\n%s", accessFile, got)
	}
}

func TestACallWithoutARowOfAccessStopsTheStart(t *testing.T) {
	t.Parallel()
	if err := Ready(); err != nil {
		t.Error(err)
	}
	more := &contract.Route{Method: "GET", Path: "/v1/secrets", OperationID: "listSecrets"}
	err := ready(append(contract.Routes(), more), access)
	if err == nil || !strings.Contains(err.Error(), "GET /v1/secrets") || !strings.Contains(err.Error(), `add {call: "listSecrets"`) {
		t.Errorf("a call without a row: %v", err)
	}
	for i, g := range access {
		without := slices.Delete(slices.Clone(access), i, i+1)
		if err := ready(contract.Routes(), without); err == nil || !strings.Contains(err.Error(), `"`+g.call+`"`) {
			t.Errorf("without the row of %s: %v", g.call, err)
		}
	}
	for what, table := range map[string][]grant{
		"two rows":           append(slices.Clone(access), grant{call: "getFeed", centre: heads}),
		"no call":            append(slices.Clone(access), grant{call: "getNothing", centre: heads}),
		"by the contract: f": replaced(access, grant{call: "getFeed", open: true}),
	} {
		if err := ready(contract.Routes(), table); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func replaced(table []grant, with grant) []grant {
	out := slices.Clone(table)
	for i := range out {
		if out[i].call == with.call {
			out[i] = with
		}
	}
	return out
}
