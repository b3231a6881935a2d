package migrations

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Whatever stands in them, arrays are sent byte for byte as pgx sends them.
func TestArraysAreSentAsPgxSendsThem(t *testing.T) {
	t.Parallel()
	ours, theirs := pgtype.NewMap(), pgtype.NewMap()
	for _, a := range arrayTypes(&pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}) {
		ours.RegisterType(a)
	}
	r := rand.New(rand.NewPCG(1, 2))
	at := func() time.Time {
		return time.Unix(r.Int64N(8e9)-4e9, r.Int64N(1e9)).In(time.FixedZone("", 19800))
	}
	for range 200 {
		n := r.IntN(6)
		texts, blobs, ids, numbers, times := make([]string, n), make([][]byte, n), make([][16]byte, n), make([]int64, n), make([]time.Time, n)
		idsOrNot, timesOrNot := make([]*[16]byte, n), make([]*time.Time, n)
		for i := range n {
			texts[i] = strings.Repeat("क", r.IntN(300))
			numbers[i], times[i] = r.Int64()-r.Int64(), at()
			ids[i] = [16]byte{byte(r.Uint32()), 2, 3}
			if r.IntN(3) > 0 {
				idsOrNot[i], timesOrNot[i], blobs[i] = &ids[i], &times[i], []byte(texts[i])
			}
		}
		for _, c := range []struct {
			oid   uint32
			value any
		}{
			{pgtype.TextArrayOID, pgtype.FlatArray[string](texts)},
			{pgtype.TextArrayOID, texts},
			{pgtype.TextArrayOID, []string(nil)},
			{pgtype.ByteaArrayOID, pgtype.FlatArray[[]byte](blobs)},
			{pgtype.UUIDArrayOID, pgtype.FlatArray[[16]byte](ids)},
			{pgtype.UUIDArrayOID, pgtype.FlatArray[*[16]byte](idsOrNot)},
			{pgtype.Int8ArrayOID, pgtype.FlatArray[int64](numbers)},
			{pgtype.TimestamptzArrayOID, pgtype.FlatArray[time.Time](times)},
			{pgtype.TimestamptzArrayOID, pgtype.FlatArray[*time.Time](timesOrNot)},
		} {
			was := []byte("what stands before")
			got, err := ours.Encode(c.oid, pgtype.BinaryFormatCode, c.value, bytes.Clone(was))
			if err != nil {
				t.Fatal(err)
			}
			want, err := theirs.Encode(c.oid, pgtype.BinaryFormatCode, c.value, was)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) || (got == nil) != (want == nil) {
				t.Fatalf("%T %v\n got %x\nwant %x", c.value, c.value, got, want)
			}
			if plan := fmt.Sprintf("%T", ours.PlanEncode(c.oid, pgtype.BinaryFormatCode, c.value)); !strings.Contains(plan, "arrayPlan") {
				t.Errorf("%T is written by %s, not in one piece", c.value, plan)
			}
		}
	}
}
