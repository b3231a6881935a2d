package contract_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// strangers are values put where others belong: bounds and one past them, other types, other formats.
func strangers() []any {
	long := func(n int) string { return strings.Repeat("क", n) }
	list := func(n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = "0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001"
		}
		return out
	}
	return []any{
		nil, true, false, 0, -1, 1, 4, 5, 12, 13, 110, 111, 360, 361, 1000, 1001, 5000, 5001, 100000, 100001, 2.5, -90, 90.0001, 180.5, 1e15, 9007199254740991,
		"", "x", "village", "KRW", "krw", "HQ", "sho", "gps", "urgent", "9450000000", "+919450000000", "1450000000", "a b", "visit.record", "task.see",
		"0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001", "0199D0C6-3CC0-7D20-9B20-1C1D1E1F2001", "0199d0c6-3cc0-4d20-9b20-1c1d1e1f2001", "not-a-uuid",
		"2026-10-05T11:20:00Z", "2026-10-05T11:20:00.123+05:30", "2026-10-05 11:20:00Z", "2026-13-05T11:20:00Z", "2026-10-05",
		long(4), long(19), long(30), long(31), long(120), long(121), long(300), long(301), long(2000), long(2001),
		[]any{}, list(1), list(6), list(7), list(12), list(13), []any{"village", 7}, map[string]any{}, map[string]any{"role": "sho"}, map[string]any{"lat": 1, "lon": 2, "accuracy_m": 3},
	}
}

// place is one spot of a document where something can be changed.
type place struct {
	object map[string]any
	list   []any
	name   string
	index  int
}

func places(v any, out []place) []place {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			out = places(v[name], append(out, place{object: v, name: name}))
		}
	case []any:
		for i := range v {
			out = places(v[i], append(out, place{list: v, index: i}))
		}
	}
	return out
}

func mutate(rt *rapid.T, doc any) {
	pool := strangers() // made anew, lest a document come to hold itself
	all := places(doc, nil)
	p := all[rapid.IntRange(0, len(all)-1).Draw(rt, "place")]
	value := pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "value")]
	switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
	case p.object == nil:
		p.list[p.index] = value
	case what == 0:
		delete(p.object, p.name)
	case what == 1:
		p.object[rapid.SampledFrom([]string{"Women", "caste", "until", "role", "squad_id", "speed_mps", "visit", "strike", "seq"}).Draw(rt, "name")] = value
	default:
		p.object[p.name] = value
	}
}

func TestTheStrictCheckerAndTheOracleAgreeOnChangedOps(t *testing.T) {
	t.Parallel()
	o, all := newOracle(t), examples(t)
	kinds, agreed := contract.Kinds(), map[bool]int{}
	check := func(rt *rapid.T) {
		var doc any
		if err := json.Unmarshal(all[rapid.SampledFrom(kinds).Draw(rt, "kind")], &doc); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 2).Draw(rt, "times") {
			mutate(rt, doc)
		}
		raw, err := json.Marshal(doc)
		if err != nil {
			rt.Fatal(err)
		}
		op, report, err := contract.DecodeOp(raw)
		if err == nil {
			wholeOp(t, op, report)
		}
		ok := o.accepts(raw)
		if (err == nil) == ok {
			agreed[ok]++
			return
		}
		var v *contract.Violation
		if err == nil || !errors.As(err, &v) || !mayDiffer(v) {
			rt.Fatalf("strict says %v, the oracle takes it: %v\n%s", err, ok, raw)
		}
	}
	// Of a hundred changed ops two or three are still good, now and then none.
	for range 10 {
		fuzztest.Check(t, check)
	}
	if agreed[true] == 0 || agreed[false] == 0 {
		t.Errorf("only one side was tried: %v", agreed)
	}
}
