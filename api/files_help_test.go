package api_test

import (
	"encoding/base64"
	"strconv"
	"testing"

	"kendra/api/apitest"
)

// number reads a number of a header.
func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Error(err)
	}
	return n
}

// keptNowhere wants a text in no answer, no line of the log and no row of files.
func keptNowhere(t *testing.T, w *apitest.World, name string) {
	t.Helper()
	for _, form := range []string{name, escaped(name), base64.StdEncoding.EncodeToString([]byte(name))} {
		if contains(w.Seen.String(), form) || contains(w.Log.String(), form) {
			t.Errorf("%q is in an answer or in the log", form)
		}
		if n := w.Count(`SELECT count(*) FROM files f WHERE f::text LIKE '%' || $1 || '%'`, form); n != 0 {
			t.Errorf("%q is in %d rows", form, n)
		}
	}
	if n := w.Count(`SELECT count(*) FROM file_pieces WHERE position($1::bytea IN sealed) > 0`, []byte("IHDR")); n != 0 {
		t.Errorf("%d pieces rest in the open", n)
	}
}
