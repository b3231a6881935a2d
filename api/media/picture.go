package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Limits of a picture. A phone's camera has 12 or 48 million pixels, of which it
// stores 12; sixteen bits a colour would double the memory of the same pixels.
const (
	maxPixels = 40_000_000
	maxMemory = 4 * maxPixels

	thumbSide    = 320
	thumbQuality = 70
)

// decoder is how one kind of picture is read.
type decoder struct {
	config func(data []byte) (image.Config, error)
	decode func(data []byte) (image.Image, error)
	// end is where it ends, and how many bytes a pixel takes while it is decoded, if
	// more than the head tells.
	end func(data []byte) (at int, perPixel int64, err error)
}

func decoderOf(m Media) decoder {
	switch m {
	case JPEG:
		return decoder{
			func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }, endOfJPEG,
		}
	case PNG:
		return decoder{
			func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
			func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }, endOfPNG,
		}
	}
	return decoder{
		func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }, endOfWebP,
	}
}

// checkPicture decodes a picture whole and draws its thumbnail.
func checkPicture(m Media, data []byte) (thumb []byte, err error) {
	d := decoderOf(m)
	c, err := d.config(data)
	if err != nil {
		return nil, fmt.Errorf("%w: head of %s", ErrBroken, m)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, fmt.Errorf("%w: empty %s", ErrBroken, m)
	}
	end, perPixel, err := d.end(data)
	if c.Width > maxPixels/c.Height || int64(c.Width)*int64(c.Height)*max(perPixel, bytesOf(c.ColorModel)) > maxMemory {
		return nil, ErrPixels
	}
	if err != nil || end != len(data) {
		return nil, fmt.Errorf("%w: end of %s", ErrBroken, m)
	}
	img, err := d.decode(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrBroken, m)
	}
	return thumbnail(img, wayOf(m, data))
}

// bytesOf is how many bytes a pixel takes once it is decoded.
func bytesOf(m color.Model) int64 {
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.GrayModel:
		return 1
	}
	return 4
}

// thumbnail draws a picture small and upright, as a JPEG that holds pixels and
// nothing else.
func thumbnail(img image.Image, way int) ([]byte, error) {
	from := img.Bounds()
	w, h := from.Dx(), from.Dy()
	if side := max(w, h); side > thumbSide {
		w, h = max(1, w*thumbSide/side), max(1, h*thumbSide/side)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src) // what is transparent is white
	draw.ApproxBiLinear.Scale(to, to.Bounds(), img, from, draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turned(to, way), &jpeg.Options{Quality: thumbQuality}); err != nil {
		return nil, fmt.Errorf("draw thumbnail: %w", err)
	}
	return out.Bytes(), nil
}

// endOfPNG walks the chunks to the last, IEND. Their checksums are the decoder's.
func endOfPNG(b []byte) (at int, perPixel int64, err error) {
	const signature, around = 8, 12 // around: length, name, checksum
	for at = signature; len(b)-at >= around; {
		size := int64(binary.BigEndian.Uint32(b[at:]))
		name := string(b[at+4 : at+8])
		if size > int64(len(b)-at-around) {
			break
		}
		at += around + int(size)
		if name == "IEND" {
			return at, 0, nil
		}
	}
	return 0, 0, ErrBroken
}

// endOfWebP is what the RIFF head says.
func endOfWebP(b []byte) (at int, perPixel int64, err error) {
	const head = 8
	size := int64(binary.LittleEndian.Uint32(b[4:]))
	if size += size & 1; size > int64(len(b)-head) {
		return 0, 0, ErrBroken
	}
	return head + int(size), 0, nil
}

// endOfJPEG walks the segments, and the coded data of each scan, to the end of
// the image. A progressive one is held as coefficients until its last scan.
func endOfJPEG(b []byte) (at int, perPixel int64, err error) {
	const start, end, scan, progressive = 0xd8, 0xd9, 0xda, 0xc2
	for at = 2; at+1 < len(b); {
		if b[at] != 0xff {
			return 0, perPixel, ErrBroken
		}
		marker := b[at+1]
		at += 2
		switch {
		case marker == 0xff: // a fill byte
			at--
			continue
		case marker == end:
			return at, perPixel, nil
		case marker == start, marker == 0:
			return 0, perPixel, ErrBroken
		case marker == progressive:
			perPixel = 16
		case marker >= 0xd0 && marker <= 0xd7, marker == 0x01:
			continue // these have no length
		}
		if at+2 > len(b) {
			return 0, perPixel, ErrBroken
		}
		size := int(binary.BigEndian.Uint16(b[at:]))
		if size < 2 || size > len(b)-at {
			return 0, perPixel, ErrBroken
		}
		at += size
		if marker == scan {
			at = pastScan(b, at)
		}
	}
	return 0, perPixel, ErrBroken
}

// pastScan skips coded data: up to the next marker that is neither a stuffed
// zero nor a restart.
func pastScan(b []byte, at int) int {
	for at+1 < len(b) {
		next := bytes.IndexByte(b[at:len(b)-1], 0xff)
		if next < 0 {
			return len(b)
		}
		at += next
		if m := b[at+1]; m != 0 && (m < 0xd0 || m > 0xd7) {
			return at
		}
		at++
		if b[at] != 0xff {
			at++
		}
	}
	return len(b)
}
