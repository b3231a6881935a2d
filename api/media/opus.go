package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Pages of an Ogg stream (RFC 3533) that holds Opus (RFC 7845).
const (
	oggHead  = 27
	oggMore  = 1 // the page goes on with a packet of the one before
	oggFirst = 2
	oggLast  = 4
)

// oggTable is the table of the checksum of pages: polynomial 0x04c11db7, bits not
// reflected, which hash/crc32 does not make.
var oggTable = func() (t [256]uint32) { //nolint:gochecknoglobals // a static table, never written after start
	const polynomial = 0x04c11db7
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ polynomial
			} else {
				r <<= 1
			}
		}
		t[i] = r
	}
	return t
}()

// oggSum is the checksum of a page, whose own four bytes count as zero.
func oggSum(page []byte) uint32 {
	const at, size = 22, 4
	var sum uint32
	for i, b := range page {
		if i >= at && i < at+size {
			b = 0
		}
		sum = sum<<8 ^ oggTable[byte(sum>>24)^b]
	}
	return sum
}

// oggPage is a page as far as it is looked at.
type oggPage struct {
	flags   byte
	granule int64
	serial  uint32
	n       uint32
	lacing  []byte
	data    []byte
}

// readOggPage reads a page at the beginning of b and says how long it is.
func readOggPage(b []byte) (oggPage, int, error) {
	if len(b) < oggHead || string(b[:4]) != "OggS" || b[4] != 0 {
		return oggPage{}, 0, fmt.Errorf("%w: no page", ErrBroken)
	}
	segments := int(b[26])
	if len(b) < oggHead+segments {
		return oggPage{}, 0, fmt.Errorf("%w: cut page", ErrBroken)
	}
	p := oggPage{
		flags: b[5], granule: int64(binary.LittleEndian.Uint64(b[6:])),
		serial: binary.LittleEndian.Uint32(b[14:]), n: binary.LittleEndian.Uint32(b[18:]), lacing: b[oggHead : oggHead+segments],
	}
	size := oggHead + segments
	for _, n := range p.lacing {
		size += int(n)
	}
	if len(b) < size {
		return oggPage{}, 0, fmt.Errorf("%w: cut page", ErrBroken)
	}
	if oggSum(b[:size]) != binary.LittleEndian.Uint32(b[22:]) {
		return oggPage{}, 0, fmt.Errorf("%w: checksum of page", ErrBroken)
	}
	p.data = b[oggHead+segments : size]
	return p, size, nil
}

// opusReader follows one stream from page to page.
type opusReader struct {
	serial  uint32
	next    uint32
	granule int64
	packets int
	part    []byte // of a packet that goes on, as far as it is a head
	inside  bool
	over    bool
}

// checkOpus reads all pages: one stream, numbered without gaps, its two heads,
// sound, and a last page with nothing behind it.
func checkOpus(b []byte) error {
	r := opusReader{}
	for first := true; len(b) > 0; first = false {
		p, size, err := readOggPage(b)
		if err != nil {
			return err
		}
		if first {
			r.serial = p.serial
		}
		if err := r.page(p, first); err != nil {
			return err
		}
		b = b[size:]
	}
	if !r.over || r.inside || r.packets < 3 {
		return fmt.Errorf("%w: the stream has no end", ErrBroken)
	}
	return nil
}

func (r *opusReader) page(p oggPage, first bool) error {
	switch {
	case r.over, p.serial != r.serial, p.n != r.next, p.flags&^(oggMore|oggFirst|oggLast) != 0:
		return fmt.Errorf("%w: order of pages", ErrBroken)
	case (p.flags&oggFirst != 0) != first, (p.flags&oggMore != 0) != r.inside:
		return fmt.Errorf("%w: flags of page", ErrBroken)
	case p.granule != -1 && p.granule < r.granule:
		return fmt.Errorf("%w: time of page", ErrBroken)
	}
	if p.granule != -1 {
		r.granule = p.granule
	}
	r.next++
	r.over = p.flags&oggLast != 0
	at := 0
	for _, n := range p.lacing {
		if r.packets < 2 {
			r.part = append(r.part, p.data[at:at+int(n)]...)
		}
		at += int(n)
		if r.inside = n == 255; r.inside {
			continue
		}
		if err := r.packet(); err != nil {
			return err
		}
		r.packets, r.part = r.packets+1, nil
	}
	return nil
}

// packet looks at the two heads of a stream; sound is the player's.
func (r *opusReader) packet() error {
	const headSize, channelsAt, versionAt, family = 19, 9, 8, 18
	switch h := r.part; r.packets {
	case 0:
		if len(h) < headSize || string(h[:8]) != "OpusHead" || h[versionAt]>>4 != 0 || h[channelsAt] == 0 ||
			h[family] == 0 && (h[channelsAt] > 2 || len(h) != headSize) {
			return fmt.Errorf("%w: no Opus", ErrUnknown)
		}
	case 1:
		if !bytes.HasPrefix(h, []byte("OpusTags")) {
			return fmt.Errorf("%w: no tags", ErrBroken)
		}
	}
	return nil
}
