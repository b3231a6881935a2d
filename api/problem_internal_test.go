package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	contract "kendra/mobile-contract"
)

func TestADatabaseThatIsAwayIsNoInternalError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		away bool
	}{
		"too late":            {context.DeadlineExceeded, true},
		"refused":             {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, true},
		"cut":                 {io.ErrUnexpectedEOF, true},
		"ending":              {&pgconn.PgError{Code: "57P01"}, true},
		"starting":            {&pgconn.PgError{Code: "57P03"}, true},
		"full":                {&pgconn.PgError{Code: "53300"}, true},
		"locked for too long": {&pgconn.PgError{Code: "55P03"}, true},
		"a deadlock":          {&pgconn.PgError{Code: "40P01"}, true},
		"a broken constraint": {&pgconn.PgError{Code: "23505"}, false},
		"no such column":      {&pgconn.PgError{Code: "42703"}, false},
		"an error of ours":    {errors.New("no such thing"), false},
		"a code of nothing":   {&pgconn.PgError{}, false},
	} {
		err := fmt.Errorf("read: %w", c.err)
		ops, other := contract.CodeInternal, contract.CodeInternal
		if c.away {
			ops, other = contract.CodeUnknownOutcome, contract.CodeOverloaded
		}
		if got := codeOf(err, true); got != ops {
			t.Errorf("%s: ops are answered %s, want %s", name, got, ops)
		}
		if got := codeOf(err, false); got != other {
			t.Errorf("%s: a read is answered %s, want %s", name, got, other)
		}
	}
}
