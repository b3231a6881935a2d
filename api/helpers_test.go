package api_test

import (
	"encoding/json"
	"strconv"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// asMap is JSON as it can be changed.
func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// with is a body with one more member.
func with(t *testing.T, body any, name string, value any) map[string]any {
	t.Helper()
	m := asMap(t, body)
	m[name] = value
	return m
}

func itoa16(n int64) string { return strconv.FormatInt(n, 16) }
