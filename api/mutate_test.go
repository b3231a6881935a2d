package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// examples are the contract's ops by kind, made those of x.
func examples(t *testing.T, w *apitest.World, x *apitest.Shift) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob("../mobile-contract/examples/ops/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var op map[string]any
		if err := json.Unmarshal(raw, &op); err != nil {
			t.Fatal(f, err)
		}
		mine(w, x, op)
		out[strings.TrimSuffix(filepath.Base(f), ".json")] = op
	}
	if got := slices.Sorted(maps.Keys(out)); !slices.Equal(got, book.Kinds()) {
		t.Fatalf("examples of %v, kinds %v", got, book.Kinds())
	}
	return out
}

// mine makes an op one of the shift's, made now.
func mine(w *apitest.World, x *apitest.Shift, op map[string]any) {
	op["op_id"], op["session_id"], op["centre"] = uuid.Must(uuid.NewV7()), x.Session.SessionID, x.Centre
	op["device_at"] = contract.At(w.Now())
}

// sealOp writes and signs an op.
func sealOp(t *testing.T, x *apitest.Shift, op map[string]any) apitest.Item {
	t.Helper()
	return x.Seal([]byte(text(t, op)))
}

// unread are the codes of an op that the decoder did not take.
var unread = []contract.Code{
	contract.CodeBadJSON, contract.CodeTooDeep, contract.CodeDuplicateKey, contract.CodeUnknownField, contract.CodeWrongType,
	contract.CodeMissingField, contract.CodeTooLong, contract.CodeTooShort, contract.CodeOutOfRange, contract.CodeBadFormat,
	contract.CodeBadEnum, contract.CodeTooMany, contract.CodeTooFew, contract.CodeBadText, contract.CodeBadKind,
	contract.CodeUnknownCode, contract.CodeBadSignature, contract.CodeInternal,
}

func TestTheContractsExampleOfEachKindIsReadAndAnswered(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	ops := examples(t, w, x)
	kinds := slices.Sorted(maps.Keys(ops))
	var items []apitest.Item
	for _, k := range kinds {
		items = append(items, sealOp(t, x, ops[k]))
	}
	outcomes := map[contract.Outcome]int{}
	for i, r := range x.Send(items...) {
		outcomes[r.Outcome]++
		clock := slices.Contains([]string{"task.remind", "task.pass", "task.expire", "complaint.receive", "fir.receive", "fir.struck", "line.corrected", "escalation.raise", "sos.call"}, kinds[i])
		switch {
		case clock:
			refusedAs(t, kinds[i], r, contract.CodeClockOnly, "/kind")
		case r.Problem != nil && (slices.Contains(unread, contract.Code(r.Problem.Code)) || r.Problem.Status >= 500):
			t.Errorf("%s: %+v", kinds[i], r.Problem)
		}
	}
	t.Logf("%d kinds: %v", len(kinds), outcomes)
}

// places lists every value of a JSON tree, as the steps that lead to it.
func places(v any, at []any) [][]any {
	out := [][]any{}
	if len(at) > 0 {
		out = append(out, slices.Clone(at))
	}
	switch x := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			out = append(out, places(x[k], append(at, k))...)
		}
	case []any:
		for i := range x {
			out = append(out, places(x[i], append(at, i))...)
		}
	}
	return out
}

// put returns a copy of the tree with another value in a place.
func put(v any, at []any, value any) any {
	if len(at) == 0 {
		return value
	}
	switch x := v.(type) {
	case map[string]any:
		c := maps.Clone(x)
		c[at[0].(string)] = put(x[at[0].(string)], at[1:], value)
		return c
	case []any:
		c := slices.Clone(x)
		c[at[0].(int)] = put(x[at[0].(int)], at[1:], value)
		return c
	}
	return v
}

func valueAt(v any, at []any) any {
	for _, s := range at {
		switch x := v.(type) {
		case map[string]any:
			v = x[s.(string)]
		case []any:
			v = x[s.(int)]
		}
	}
	return v
}

// swaps are values of another type or size than any field wants.
func swaps() []any {
	return []any{
		nil, true, -1, 1.5, json.Number("1e400"), json.Number("9007199254740993"), json.Number("-0"), "", "x", []any{}, map[string]any{},
		[]any{[]any{nil}}, map[string]any{"$ne": nil}, strings.Repeat("क", 3000), "2026-11-18T04:30:00Z", "00000000-0000-0000-0000-000000000000",
	}
}

// hostile are texts that break those who paste them together.
func hostile() []any {
	return []any{
		"' OR 1=1--", `"; DROP TABLE entries; --`, "$1", "%s%n%00", `\`, `\\x00`, "{{7*7}}", "</script><script>", "\u202e\u2066\ufeff",
		"=HYPERLINK(1)", "7'::int;", "kendra:seal:1:X:AAAA",
	}
}

// barrage sends every mutation of every example, 200 to a batch, and checks
// that none breaks the server.
func barrage(t *testing.T, values []any, fits func(old any) bool) int {
	t.Helper()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	var items []apitest.Item
	for _, op := range examples(t, w, x) {
		tree := asMap(t, op)
		for _, at := range places(tree, nil) {
			if !fits(valueAt(tree, at)) {
				continue
			}
			for _, v := range values {
				tree["op_id"] = uuid.Must(uuid.NewV7())
				items = append(items, sealOp(t, x, put(tree, at, v).(map[string]any)))
			}
		}
	}
	for batch := range slices.Chunk(items, 200) {
		for i, r := range x.Send(batch...) {
			if r.Problem != nil && r.Problem.Status >= 500 || r.WaitsFor != nil && *r.WaitsFor == "poison" {
				t.Errorf("%+v %+v\n%s", r, r.Problem, batch[i].Op)
			}
		}
	}
	if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'poison_op'`); n != 0 {
		t.Errorf("%d poison ops", n)
	}
	return len(items)
}

func TestNoValueOfAnotherTypeBreaksTheServer(t *testing.T) {
	t.Parallel()
	n := barrage(t, swaps(), func(any) bool { return true })
	t.Logf("%d ops", n)
}

func TestNoTextBreaksTheServer(t *testing.T) {
	t.Parallel()
	n := barrage(t, hostile(), func(old any) bool { _, ok := old.(string); return ok })
	t.Logf("%d ops", n)
}

func TestNoTextInQueryPathOrOpenCallBreaksTheServer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "centre_incharge")
	calls := 0
	for _, r := range contract.Routes() {
		req := sample(t, r)
		for _, v := range append(hostile(), swaps()...) {
			var tries []apitest.Request
			if s, ok := v.(string); ok && len(s) < 1000 && r.Method == http.MethodGet {
				for _, name := range []string{"centre", "after", "limit", "from_size", "seq", "size", "state", "year", "from", "officer", "to",
					"beat", "category", "overdue", "order", "open", "mine"} {
					try := req
					try.Query = apitest.Values(name, s)
					tries = append(tries, try)
				}
			}
			if req.Body != nil && r.OperationID != "postOps" {
				tree := asMap(t, req.Body)
				for _, at := range places(tree, nil) {
					try := req
					try.Body = put(tree, at, v)
					tries = append(tries, try)
				}
			}
			for _, try := range tries {
				calls++
				a := w.Do(try)
				if !r.Open {
					a = x.Do(try)
				}
				if a.Status >= http.StatusInternalServerError {
					t.Errorf("%s %s?%s %v: %d", try.Method, try.Path, try.Query, try.Body, a.Status)
				}
			}
		}
	}
	t.Logf("%d calls", calls)
}
