package contract_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	contract "kendra/mobile-contract"
)

// document is the contract as the other implementation, the oracle, reads it.
func document(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// examples gives the committed op of every kind.
func examples(t testing.TB) map[contract.Kind][]byte {
	t.Helper()
	files, err := filepath.Glob("examples/ops/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	out := make(map[contract.Kind][]byte, len(files))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[contract.Kind(strings.TrimSuffix(filepath.Base(f), ".json"))] = text
	}
	return out
}

func TestTheContractIsValidAndItsExamplesFit(t *testing.T) {
	t.Parallel()
	doc := document(t)
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if doc.Info.Version != contract.Version {
		t.Errorf("the file says %s, the package %s", doc.Info.Version, contract.Version)
	}
}

func TestEveryKindHasAnExampleThatFits(t *testing.T) {
	t.Parallel()
	doc, have := document(t), examples(t)
	if got, want := len(have), len(contract.Kinds()); got != want {
		t.Errorf("%d examples for %d kinds", got, want)
	}
	for _, kind := range contract.Kinds() {
		raw, ok := have[kind]
		if !ok {
			t.Errorf("%s has no example", kind)
			continue
		}
		op, _, err := contract.DecodeOp(raw)
		if err != nil {
			t.Errorf("%s: strict: %v", kind, err)
			continue
		}
		if op.Kind != kind {
			t.Errorf("%s: holds a %s", kind, op.Kind)
		}
		if err := accepts(doc, raw); err != nil {
			t.Errorf("%s: kin-openapi: %v", kind, err)
		}
		if _, err := contract.BodySchema(kind).Check(op.Body); err != nil {
			t.Errorf("%s: body alone: %v", kind, err)
		}
	}
}

// accepts asks the oracle about one op.
func accepts(doc *openapi3.T, raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return doc.Components.Schemas["Op"].Value.VisitJSON(v)
}

func TestTheEnumOfKindsIsTheListOfOps(t *testing.T) {
	t.Parallel()
	var enum []contract.Kind
	for _, k := range document(t).Components.Schemas["Kind"].Value.Enum {
		enum = append(enum, contract.Kind(k.(string)))
	}
	slices.Sort(enum)
	if !slices.Equal(enum, contract.Kinds()) {
		t.Errorf("enum %v, ops %v", enum, contract.Kinds())
	}
}

func TestEveryRequestBodyIsClosedAndBounded(t *testing.T) {
	t.Parallel()
	for name, ref := range document(t).Components.Schemas {
		bounded(t, name, ref.Value)
	}
	for _, r := range contract.Routes() {
		if r.OperationID == "" || r.HasBody() != (r.Body != nil || r.OperationID == "postOps") {
			t.Errorf("%s %s: body or name is missing", r.Method, r.Path)
		}
	}
}

// bounded wants every object closed, but for maps of the reference data and open views, and every value with limits.
func bounded(t *testing.T, at string, s *openapi3.Schema) {
	t.Helper()
	switch {
	case s.Type == nil:
	case s.Type.Is("object"):
		extra := s.AdditionalProperties
		if extra.Has == nil && extra.Schema == nil {
			t.Errorf("%s: says nothing of other members", at)
		}
		if extra.Has != nil && *extra.Has && s.Extensions["x-go-type"] != "json.RawMessage" {
			t.Errorf("%s: is open", at)
		}
	case s.Type.Is("string"):
		if s.MaxLength == nil && len(s.Enum) == 0 {
			t.Errorf("%s: has no maxLength", at)
		}
	case s.Type.Is("integer"), s.Type.Is("number"):
		if s.Min == nil || s.Max == nil {
			t.Errorf("%s: has no bounds", at)
		}
	case s.Type.Is("array"):
		if s.MaxItems == nil {
			t.Errorf("%s: has no maxItems", at)
		}
		bounded(t, at+"/*", s.Items.Value)
	}
	for name, p := range s.Properties {
		bounded(t, at+"/"+name, p.Value)
	}
}
