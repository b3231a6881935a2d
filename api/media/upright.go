package media

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Ways in which a camera is held, by the numbers of EXIF: from leftTop on the
// sides of the picture are exchanged.
const (
	upright = 1
	leftTop = 5
	lastWay = 8
)

// wayOf is how the camera was held, as it wrote it beside the pixels; one that
// does not say, or says nonsense, was held upright. A thumbnail is turned by it,
// since what says so does not go along.
func wayOf(m Media, data []byte) int {
	switch m {
	case JPEG:
		return wayOfTIFF(exifOfJPEG(data))
	case PNG:
		return wayOfTIFF(exifOfChunks(data[8:], func(b []byte) (name []byte, size uint32) {
			return b[4:8], binary.BigEndian.Uint32(b)
		}, 4, 1, "eXIf"))
	}
	return wayOfTIFF(exifOfChunks(data[12:], func(b []byte) (name []byte, size uint32) {
		return b[:4], binary.LittleEndian.Uint32(b[4:])
	}, 0, 2, "EXIF"))
}

// exifHead stands before the EXIF of a JPEG, and of some a WebP.
var exifHead = []byte("Exif\x00\x00")

// exifOfJPEG looks through the segments before the coded data.
func exifOfJPEG(b []byte) []byte {
	const app1, scan = 0xe1, 0xda
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		if b[at+1] == 0xff { // a fill byte
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		if b[at+1] == scan || size < 2 || at+2+size > len(b) {
			return nil
		}
		if exif, found := bytes.CutPrefix(b[at+4:at+2+size], exifHead); found && b[at+1] == app1 {
			return exif
		}
		at += 2 + size
	}
	return nil
}

// exifOfChunks looks through the chunks of a PNG or a WebP: a head of eight bytes,
// the data, so many bytes behind it, and what fills up to an even number.
func exifOfChunks(b []byte, head func(b []byte) (name []byte, size uint32), behind, even int64, want string) []byte {
	for at := int64(0); at+8 <= int64(len(b)); {
		name, size := head(b[at:])
		end := at + 8 + int64(size)
		if end > int64(len(b)) {
			return nil
		}
		if string(name) == want {
			return bytes.TrimPrefix(b[at+8:end], exifHead)
		}
		at = end + behind
		at += at % even
	}
	return nil
}

// wayOfTIFF reads the orientation of the first directory of a TIFF.
func wayOfTIFF(b []byte) int {
	const tag, short, entry = 0x0112, 3, 12
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(b, []byte("II*\x00")):
		return upright
	}
	if len(b) < 8 {
		return upright
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return upright
	}
	n := int(order.Uint16(b[at:]))
	for b = b[at+2:]; n > 0 && len(b) >= entry; b, n = b[entry:], n-1 {
		if order.Uint16(b) != tag {
			continue
		}
		if way := int(order.Uint16(b[8:])); order.Uint16(b[2:]) == short && way >= upright && way <= lastWay {
			return way
		}
		break
	}
	return upright
}

// turned is a picture as it is seen by who holds it as the camera was held.
func turned(from *image.RGBA, way int) *image.RGBA {
	if way == upright {
		return from
	}
	w, h := from.Rect.Dx(), from.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if way >= leftTop {
		size = image.Rect(0, 0, h, w)
	}
	to := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			var fx, fy int
			switch way {
			case 2:
				fx, fy = w-1-x, y
			case 3:
				fx, fy = w-1-x, h-1-y
			case 4:
				fx, fy = x, h-1-y
			case leftTop:
				fx, fy = y, x
			case 6:
				fx, fy = y, h-1-x
			case 7:
				fx, fy = w-1-y, h-1-x
			case lastWay:
				fx, fy = w-1-y, x
			}
			to.SetRGBA(x, y, from.RGBAAt(fx, fy))
		}
	}
	return to
}
