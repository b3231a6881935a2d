package seal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// Part says what a sealed piece of a file is, and where in it: a piece moved to
// another place, another file or another case does not open.
type Part struct {
	District int32
	CaseID   uuid.UUID
	FileID   uuid.UUID
	What     byte // of the file: its data, its thumbnail, its digest
	N        int32
	Offset   int64
}

// What a piece of a file may be of.
const (
	FileData   = 'd'
	FileThumb  = 't'
	FileDigest = 'h'
)

func (p Part) about(class byte, size int) []byte {
	b := make([]byte, 0, 128)
	b = append(b, "kendra file 1\n"...)
	b = append(strconv.AppendInt(b, int64(p.District), 10), '\n')
	b = append(append(b, p.CaseID[:]...), p.FileID[:]...)
	b = append(b, class, p.What)
	b = binary.BigEndian.AppendUint32(b, uint32(p.N))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Offset))
	return binary.BigEndian.AppendUint64(b, uint64(size))
}

// SealPart seals one piece of a file.
//
//nolint:revive // seal.SealPart stammers, but it and OpenPart are a pair
func SealPart(key Key, plain []byte, p Part) ([]byte, error) {
	if key.aead == nil {
		return nil, fmt.Errorf("seal part: %w", ErrNoKey)
	}
	b := make([]byte, nonceSize, nonceSize+len(plain)+tagSize)
	rand.Read(b)
	return key.aead.Seal(b, b, plain, p.about(key.class, len(plain))), nil
}

// OpenPart is SealPart's way back; it appends to out.
func OpenPart(out []byte, key Key, sealed []byte, p Part) ([]byte, error) {
	if key.aead == nil {
		return nil, fmt.Errorf("open part: %w", ErrNoKey)
	}
	if len(sealed) < nonceSize+tagSize {
		return nil, fmt.Errorf("open part: %w", ErrBroken)
	}
	out, err := key.aead.Open(out, sealed[:nonceSize], sealed[nonceSize:], p.about(key.class, len(sealed)-nonceSize-tagSize))
	if err != nil {
		return nil, fmt.Errorf("open part: %w", ErrBroken)
	}
	return out, nil
}
