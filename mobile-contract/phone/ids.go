package phone

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const saltBytes = 16

// NewID makes a UUIDv7 of the handset's time.
func NewID(now time.Time, random io.Reader) (uuid.UUID, error) {
	var id uuid.UUID
	if _, err := io.ReadFull(random, id[6:]); err != nil {
		return uuid.Nil, fmt.Errorf("make id: %w", err)
	}
	ms := uint64(max(now.UnixMilli(), 0))
	binary.BigEndian.PutUint32(id[:4], uint32(ms>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(ms))
	id[6] = id[6]&0x0f | 0x70 // version 7
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id, nil
}

// NewSalt makes the salt of an op.
func NewSalt(random io.Reader) (string, error) {
	var b [saltBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	return contract.Encode(b[:]), nil
}
