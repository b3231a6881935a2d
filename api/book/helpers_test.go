package book_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

// rootOf reads the root from a checkpoint's third line.
func rootOf(t *testing.T, note string) []byte {
	t.Helper()
	root, err := base64.StdEncoding.DecodeString(strings.Split(note, "\n")[2])
	if err != nil {
		t.Fatal(err)
	}
	return root
}
