package book_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
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

// count asks the database one number, as the superuser.
func count(t *testing.T, w *booktest.World, query string, args ...any) int64 {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.DB.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var n int64
	if err := conn.QueryRow(ctx, query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// isCode tells whether an error is the answer of a code.
func isCode(err error, code contract.Code) bool {
	var p *contract.Problem
	return errors.As(err, &p) && p.Code == code
}

// deep is a copy of a body.
func deep(v any) any {
	var out any
	_ = json.Unmarshal(mustJSON(v), &out)
	return out
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
