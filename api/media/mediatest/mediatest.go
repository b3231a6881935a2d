// Package mediatest makes small good files of each kind for tests.
package mediatest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// picture is one that does not pack to nothing.
func picture(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	n := uint32(7)
	for y := range h {
		for x := range w {
			n = n*1664525 + 1013904223
			img.Set(x, y, color.RGBA{byte(n >> 24), byte(x), byte(y), 255})
		}
	}
	return img
}

// JPEG is a picture.
func JPEG(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// EXIF is what a camera writes beside the pixels: how it was held, and a place.
func EXIF(way uint16) []byte {
	const orientation, gps, short, long, ascii, rational = 0x0112, 0x8825, 3, 4, 2, 5
	order := binary.BigEndian
	var b []byte
	entry := func(tag, kind uint16, n, value uint32) {
		b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), kind), n), value)
	}
	b = order.AppendUint16(append(b, "MM\x00*\x00\x00\x00\x08"...), 2)
	entry(orientation, short, 1, uint32(way)<<16)
	entry(gps, long, 1, 38)                          // behind this directory: 8+2+2*12+4
	b = order.AppendUint16(append(b, 0, 0, 0, 0), 4) // no other directory
	entry(1, ascii, 2, uint32('N')<<24)
	entry(2, rational, 3, 92) // 38+2+4*12+4
	entry(3, ascii, 2, uint32('E')<<24)
	entry(4, rational, 3, 116)
	b = append(b, 0, 0, 0, 0)
	for _, n := range []uint32{25, 1, 12, 1, 15480, 1000, 80, 1, 57, 1, 6120, 1000} {
		b = order.AppendUint32(b, n)
	}
	return b
}

// Tagged is a JPEG with EXIF beside its pixels.
func Tagged(jpg, exif []byte) []byte {
	body := append([]byte("Exif\x00\x00"), exif...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(body)+2))
	return append(append(head, body...), jpg[2:]...)
}

// Corners is a JPEG with a field of its own colour in each corner: red, green,
// blue and black, from the left above to the right below.
func Corners(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{A: 255}
			switch {
			case x < w/2 && y < h/2:
				c.R = 255
			case y < h/2:
				c.G = 255
			case x < w/2:
				c.B = 255
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// CornersOf names the colours of the corners of a picture as r, g, b or k.
func CornersOf(data []byte) (w, h int, corners string, err error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, 0, "", err
	}
	w, h = img.Bounds().Dx(), img.Bounds().Dy()
	for _, y := range []int{h / 4, h - h/4} {
		for _, x := range []int{w / 4, w - w/4} {
			r, g, b, _ := img.At(x, y).RGBA()
			name := "k"
			for i, v := range []uint32{r, g, b} {
				if v > 0x8000 {
					name = "rgb"[i : i+1]
				}
			}
			corners += name
		}
	}
	return w, h, corners, nil
}

// PNG is a picture; noise does not pack, so that it has some three bytes a pixel.
func PNG(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// WebP is a picture of one pixel.
func WebP() []byte {
	b, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	if err != nil {
		panic(err)
	}
	return b
}

// PDF is a document of one empty page, with more objects if they are given.
func PDF(more string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	b.WriteString(more)
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// OpusHead is the first packet of a stream.
func OpusHead(version, channels byte) []byte {
	return append([]byte("OpusHead"), version, channels, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)
}

// Opus is a recording of so many packets of silence.
func Opus(packets int) []byte {
	list := [][]byte{OpusHead(1, 1), append([]byte("OpusTags\x06\x00\x00\x00kendra"), 0, 0, 0, 0)}
	for i := range packets {
		list = append(list, append([]byte{0xf8, 0xff, 0xfe}, byte(i)))
	}
	return Ogg(list...)
}

// Ogg is a stream of packets, a page each.
func Ogg(packets ...[]byte) []byte {
	var out []byte
	for i, packet := range packets {
		var flags byte
		if i == 0 {
			flags |= 2
		}
		if i == len(packets)-1 {
			flags |= 4
		}
		page := append([]byte("OggS\x00"), flags)
		page = binary.LittleEndian.AppendUint64(page, uint64(max(0, i-1)*960))
		page = binary.LittleEndian.AppendUint32(page, 0x6b656e64)
		page = binary.LittleEndian.AppendUint32(page, uint32(i))
		page = append(page, 0, 0, 0, 0, byte(len(packet)/255+1))
		for n := len(packet); ; n -= 255 {
			page = append(page, byte(min(n, 255)))
			if n < 255 {
				break
			}
		}
		page = append(page, packet...)
		binary.LittleEndian.PutUint32(page[22:], sum(page))
		out = append(out, page...)
	}
	return out
}

// sum is the checksum of a page, bit by bit.
func sum(page []byte) (r uint32) {
	for _, b := range page {
		r ^= uint32(b) << 24
		for range 8 {
			if r&(1<<31) != 0 {
				r = r<<1 ^ 0x04c11db7
			} else {
				r <<= 1
			}
		}
	}
	return r
}
