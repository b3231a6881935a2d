package migrations

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// The app writes column by column: one array for each column of many rows. pgx
// boxes each element of an array and lets the buffer grow under them, which for
// the columns of a batch takes more memory than all the rest of its work. So the
// arrays that carry most are measured first and written in one piece.

// Ahead is the first column of a statement whose other columns carry much: its
// array makes room for theirs, too.
type Ahead[T any] struct {
	Rows []T
	Room int // bytes
}

// arrayCodec is pgx's own, and knows arrays of the types of its encoders besides.
type arrayCodec struct {
	pgtype.ArrayCodec
	encoders []func(value any) pgtype.EncodePlan
}

// PlanEncode plans how a value is sent.
func (c *arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		for _, encoder := range c.encoders {
			if plan := encoder(value); plan != nil {
				return plan
			}
		}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

// element is how one value of a type is sent. A size below zero is a NULL.
type element[T any] struct {
	oid  uint32
	size func(T) int
	put  func([]byte, T) []byte
}

// encoder plans arrays of the element, as slices or as columns of package book.
func (e element[T]) encoder(value any) pgtype.EncodePlan {
	switch value.(type) {
	case []T, pgtype.FlatArray[T], Ahead[T]:
		return arrayPlan[T]{e}
	}
	return nil
}

type arrayPlan[T any] struct{ element[T] }

// arrayHead is the length of the head of an array of one dimension.
const arrayHead = 20

// Encode appends an array. It makes room for all of it first.
func (p arrayPlan[T]) Encode(value any, buf []byte) ([]byte, error) {
	var list []T
	total, nulls := arrayHead, uint32(0)
	switch v := value.(type) {
	case []T:
		list = v
	case pgtype.FlatArray[T]:
		list = v
	case Ahead[T]:
		list, total = v.Rows, total+v.Room
	default:
		return nil, fmt.Errorf("encode array: %T", value)
	}
	if list == nil {
		return nil, nil
	}
	for _, v := range list {
		n := p.size(v)
		if n < 0 {
			n, nulls = 0, 1
		}
		total += 4 + n
	}
	buf = slices.Grow(buf, total)
	const dimensions, from = 1, 1
	for _, n := range []uint32{dimensions, nulls, p.oid, uint32(len(list)), from} {
		buf = binary.BigEndian.AppendUint32(buf, n)
	}
	for _, v := range list {
		n := p.size(v)
		buf = binary.BigEndian.AppendUint32(buf, uint32(n)) // -1 is sent as it stands
		if n >= 0 {
			buf = p.put(buf, v)
		}
	}
	return buf, nil
}

// pointed is the element of pointers to another: nil is a NULL.
func pointed[T any](e element[T]) element[*T] {
	return element[*T]{
		oid: e.oid,
		size: func(v *T) int {
			if v == nil {
				return -1
			}
			return e.size(*v)
		},
		put: func(buf []byte, v *T) []byte { return e.put(buf, *v) },
	}
}

// y2k is PostgreSQL's first microsecond, in microseconds of Unix.
const y2k = 946_684_800 * 1_000_000

// arrayTypes are the arrays that are written so.
func arrayTypes(uuids *pgtype.Type) []*pgtype.Type {
	texts := element[string]{pgtype.TextOID, func(v string) int { return len(v) }, func(b []byte, v string) []byte { return append(b, v...) }}
	ids := element[[16]byte]{pgtype.UUIDOID, func([16]byte) int { return 16 }, func(b []byte, v [16]byte) []byte { return append(b, v[:]...) }}
	numbers := element[int64]{
		pgtype.Int8OID, func(int64) int { return 8 },
		func(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) },
	}
	times := element[time.Time]{pgtype.TimestamptzOID, func(time.Time) int { return 8 }, func(b []byte, v time.Time) []byte {
		return binary.BigEndian.AppendUint64(b, uint64(v.UnixMicro()-y2k))
	}}
	blobs := element[[]byte]{
		pgtype.ByteaOID,
		func(v []byte) int {
			if v == nil {
				return -1
			}
			return len(v)
		},
		func(b []byte, v []byte) []byte { return append(b, v...) },
	}
	of := func(name string, oid uint32, elem *pgtype.Type, encoders ...func(any) pgtype.EncodePlan) *pgtype.Type {
		return &pgtype.Type{Name: name, OID: oid, Codec: &arrayCodec{pgtype.ArrayCodec{ElementType: elem}, encoders}}
	}
	return []*pgtype.Type{
		of("_text", pgtype.TextArrayOID, &pgtype.Type{Name: "text", OID: pgtype.TextOID, Codec: pgtype.TextCodec{}}, texts.encoder),
		of("_bytea", pgtype.ByteaArrayOID, &pgtype.Type{Name: "bytea", OID: pgtype.ByteaOID, Codec: pgtype.ByteaCodec{}}, blobs.encoder),
		of("_uuid", pgtype.UUIDArrayOID, uuids, ids.encoder, pointed(ids).encoder),
		of("_int8", pgtype.Int8ArrayOID, &pgtype.Type{Name: "int8", OID: pgtype.Int8OID, Codec: pgtype.Int8Codec{}}, numbers.encoder),
		of("_timestamptz", pgtype.TimestamptzArrayOID,
			&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{}}, times.encoder, pointed(times).encoder),
	}
}
