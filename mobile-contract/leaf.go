package contract

import (
	"strconv"
	"time"

	"github.com/google/uuid"
)

const leafPrefix = "kendra entry v1\n"

// Leaf is what the tree of a centre's book holds of one entry. The server builds it when it appends, a phone from its
// own op and the receipt; both must come to the same text.
type Leaf struct {
	District            int32
	Centre              string
	Seq                 int64
	OpID                uuid.UUID
	Kind, Role          string
	CaseID              uuid.UUID // the op_id that opened the line
	OfficerID, PostID   uuid.UUID
	DeviceID, SessionID uuid.UUID // zero for the server's own ops
	DeviceSeq           int64
	DeviceAt, At        time.Time // to the millisecond
	ReceivedAt          time.Time
	RulesSeq            int64
	SeenBy              []uuid.UUID // sorted
	Guarded             bool
	Cells               []int64
	Facts, Flags, Lines []byte // JSON without spaces, members in the order README.md says; empty is {} [] []
	OpHash, SealedHash  [32]byte
	Sig                 []byte // empty for the server's own ops
}

// Text is the leaf as one canonical text: a line for each column, in fixed order, "-" for what is not there. The hash of
// the leaf is that of RFC 6962: SHA-256 of a zero byte and this text.
func (l Leaf) Text() []byte {
	b := append(make([]byte, 0, 1024), leafPrefix...)
	b = leafLine(b, "district", strconv.AppendInt(nil, int64(l.District), 10))
	b = leafLine(b, "centre", []byte(l.Centre))
	b = leafLine(b, "seq", strconv.AppendInt(nil, l.Seq, 10))
	b = leafID(b, "op_id", l.OpID)
	b = leafLine(b, "kind", []byte(l.Kind))
	b = leafID(b, "case_id", l.CaseID)
	b = leafID(b, "officer_id", l.OfficerID)
	b = leafID(b, "post_id", l.PostID)
	b = leafLine(b, "role", []byte(l.Role))
	b = leafID(b, "device_id", l.DeviceID)
	b = leafID(b, "session_id", l.SessionID)
	b = leafLine(b, "device_seq", strconv.AppendInt(nil, l.DeviceSeq, 10))
	b = leafTime(b, "device_at", l.DeviceAt)
	b = leafTime(b, "at", l.At)
	b = leafTime(b, "received_at", l.ReceivedAt)
	b = leafLine(b, "rules_seq", strconv.AppendInt(nil, l.RulesSeq, 10))
	b = leafLine(b, "seen_by", idsText(l.SeenBy))
	b = leafLine(b, "guarded", strconv.AppendBool(nil, l.Guarded))
	b = leafLine(b, "cells", cellsText(l.Cells))
	b = leafJSON(b, "facts", l.Facts, "{}")
	b = leafJSON(b, "flags", l.Flags, "[]")
	b = leafJSON(b, "lines", l.Lines, "[]")
	b = leafLine(b, "op_hash", []byte(Encode(l.OpHash[:])))
	b = leafLine(b, "sealed_hash", []byte(Encode(l.SealedHash[:])))
	return leafLine(b, "sig", []byte(Encode(l.Sig)))
}

func leafLine(b []byte, key string, value []byte) []byte {
	b = append(append(b, key...), ' ')
	if len(value) == 0 {
		b = append(b, '-')
	}
	return append(append(b, value...), '\n')
}

func leafID(b []byte, key string, id uuid.UUID) []byte {
	if id == uuid.Nil {
		return leafLine(b, key, nil)
	}
	return leafLine(b, key, []byte(id.String()))
}

func leafTime(b []byte, key string, t time.Time) []byte {
	return leafLine(b, key, t.UTC().AppendFormat(nil, TimeLayout))
}

func leafJSON(b []byte, key string, text []byte, empty string) []byte {
	if len(text) == 0 {
		text = []byte(empty)
	}
	return leafLine(b, key, text)
}

func idsText(ids []uuid.UUID) []byte {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, id.String()...)
	}
	return b
}

func cellsText(cells []int64) []byte {
	var b []byte
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(c), 16)
	}
	return b
}
