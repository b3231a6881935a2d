package book_test

import (
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// strangersOf are values that a field must not take.
func strangersOf(s *openapi3.Schema) map[string]any {
	switch {
	case s.Type.Is("string"):
		out := map[string]any{"a number": 7, "an object": map[string]any{}, "NUL": "क\u0000ख पाठ का एक अंश", "empty": "", "100,000 characters": strings.Repeat("क", 100000)}
		if s.MaxLength != nil {
			out["too long"] = strings.Repeat("अ", int(*s.MaxLength)+1)
		}
		if s.Format == "uuid" {
			out["no id"] = "not-an-id-not-an-id-not-an-id-not-an"
		}
		if s.Pattern != "" || len(s.Enum) > 0 || s.Format != "" || s.Extensions["x-list"] != nil {
			out["a wrong code"] = "no_such_code"
		}
		if s.Extensions["x-list"] == nil && len(s.Enum) == 0 && s.Format == "" && regexp.MustCompile(s.Pattern).MatchString("no_such_code") {
			delete(out, "a wrong code") // a word that may be new here
		}
		return out
	case s.Type.Is("integer"), s.Type.Is("number"):
		out := map[string]any{"a text": "7", "a list": []any{7}}
		if s.Type.Is("integer") {
			out["half"] = 2.5
		}
		if s.Min != nil {
			out["too small"] = *s.Min - 1
		}
		if s.Max != nil {
			out["too large"] = *s.Max + 1
		}
		return out
	case s.Type.Is("boolean"):
		return map[string]any{"a text": "true", "a number": 1}
	case s.Type.Is("array"):
		return map[string]any{"a text": "x", "an object": map[string]any{}}
	}
	return map[string]any{"a text": "x", "a list": []any{}}
}
