package media_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"kendra/api/media"
	"kendra/api/media/mediatest"
)

// verdict is what a file must be judged.
type verdict struct {
	name string
	data []byte
	want error
}

func judge(t *testing.T, list []verdict) {
	t.Helper()
	for _, v := range list {
		info, err := media.Look(v.data)
		if !errors.Is(err, v.want) || v.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", v.name, err, v.want)
		}
		if err != nil && info.Thumbnail != nil {
			t.Errorf("%s is refused and has a thumbnail", v.name)
		}
	}
}

func with(base []byte, at int, b byte) []byte {
	out := bytes.Clone(base)
	out[at] = b
	return out
}

// bomb is a PNG whose head promises more than it has.
func bomb(width, height uint32, depth, kind byte) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(name), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(head, depth, kind, 0, 0, 0))
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(make([]byte, 1<<20))
	_ = zw.Close()
	chunk("IDAT", z.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

func TestAFileIsWhatItsBytesAreToTheLast(t *testing.T) {
	t.Parallel()
	jpg, pngFile, webp := mediatest.JPEG(64, 48), mediatest.PNG(64, 48), mediatest.WebP()
	pdf, opus := mediatest.PDF(""), mediatest.Opus(4)
	for want, data := range map[media.Media][]byte{media.JPEG: jpg, media.PNG: pngFile, media.WebP: webp, media.PDF: pdf, media.Opus: opus} {
		info, err := media.Look(data)
		if err != nil || info.Media != want {
			t.Errorf("%s: %v, %v", want, info.Media, err)
		}
		if picture := want == media.JPEG || want == media.PNG || want == media.WebP; picture != (info.Thumbnail != nil) {
			t.Errorf("%s: thumbnail %d bytes", want, len(info.Thumbnail))
		}
		for _, n := range []int{len(data) - 2, len(data) * 2 / 3, len(data) / 3, 20, 12} {
			if _, err := media.Look(data[:n]); err == nil {
				t.Errorf("%s cut after %d of %d bytes is taken", want, n, len(data))
			}
		}
	}
	zip := append([]byte("PK\x03\x04"), make([]byte, 60)...)
	html := []byte("<script>alert(1)</script>")
	judge(t, []verdict{
		{"nothing", nil, media.ErrUnknown},
		{"a text", []byte("नाम: कलावती"), media.ErrUnknown},
		{"a page", []byte("<!DOCTYPE html><script>alert(1)</script>"), media.ErrUnknown},
		{"a drawing that runs", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), media.ErrUnknown},
		{"an archive", zip, media.ErrUnknown},
		{"a programme", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00"), media.ErrUnknown},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), media.ErrUnknown},
		{"a film", append([]byte("\x00\x00\x00\x18ftypmp42"), make([]byte, 40)...), media.ErrUnknown},
		{"sound that is no WebP", append([]byte("RIFF\x24\x00\x00\x00WAVEfmt "), make([]byte, 30)...), media.ErrUnknown},
		{"a JPEG behind a space", append([]byte(" "), jpg...), media.ErrUnknown},
		{"a JPEG in name only", append([]byte("\xff\xd8\xff\xe0"), html...), media.ErrBroken},
		{"a PNG in name only", append([]byte("\x89PNG\r\n\x1a\n"), html...), media.ErrBroken},
		{"a WebP in name only", append([]byte("RIFF\x20\x00\x00\x00WEBP"), html...), media.ErrBroken},
		{"a JPEG and an archive", append(bytes.Clone(jpg), zip...), media.ErrBroken},
		{"a JPEG and a page", append(bytes.Clone(jpg), html...), media.ErrBroken},
		{"a JPEG and a JPEG", append(bytes.Clone(jpg), jpg...), media.ErrBroken},
		{"a PNG and an archive", append(bytes.Clone(pngFile), zip...), media.ErrBroken},
		{"a PNG and a PDF", append(bytes.Clone(pngFile), pdf...), media.ErrBroken},
		{"a WebP and a page", append(bytes.Clone(webp), html...), media.ErrBroken},
		{"a PNG with a wrong checksum", with(pngFile, 33, pngFile[33]^1), media.ErrBroken},
		{"a PDF and an archive", append(bytes.Clone(pdf), zip...), media.ErrBroken},
		{"an Opus and a page", append(bytes.Clone(opus), html...), media.ErrBroken},
		{"an Opus and another", append(bytes.Clone(opus), mediatest.Opus(4)...), media.ErrBroken},
	})
}

func TestAPictureThatWouldFillTheMemoryIsRefusedByItsHead(t *testing.T) {
	t.Parallel()
	list := []verdict{
		{"50,000 by 50,000", bomb(50_000, 50_000, 8, 6), media.ErrPixels},
		{"one row of all", bomb(40_000_001, 1, 8, 0), media.ErrPixels},
		{"as high as a number goes", bomb(1, 1<<31-1, 8, 2), media.ErrPixels},
		{"half of it in sixteen bits", bomb(6000, 5000, 16, 6), media.ErrPixels},
		{"within the limit, and not there", bomb(6000, 6000, 8, 2), media.ErrBroken},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	judge(t, list[:4])
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes allocated to refuse them", grown)
	}
	judge(t, list[4:])
}

func TestAThumbnailIsTurnedAsTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	const w, h = 1200, 600
	plain := mediatest.Corners(w, h)
	for way, want := range []string{0: "rgbk", 1: "rgbk", 2: "grkb", 3: "kbgr", 4: "bkrg", 5: "rbgk", 6: "brkg", 7: "kgbr", 8: "gkrb", 9: "rgbk"} {
		info, err := media.Look(mediatest.Tagged(plain, mediatest.EXIF(uint16(way))))
		if err != nil {
			t.Fatal(err)
		}
		gotW, gotH, got, err := mediatest.CornersOf(info.Thumbnail)
		if err != nil || got != want || (way >= 5 && way <= 8) != (gotH > gotW) {
			t.Errorf("held %d: %s, %d by %d, %v, want %s", way, got, gotW, gotH, err, want)
		}
		if bytes.Contains(info.Thumbnail, []byte("Exif")) || bytes.Contains(info.Thumbnail, []byte("MM\x00*")) {
			t.Errorf("held %d: what the camera wrote is in the thumbnail", way)
		}
	}
	var b bytes.Buffer
	img, err := jpeg.Decode(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("eXIf"), mediatest.EXIF(8)...)
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(exif)-4)), exif...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(exif))
	const head = 33 // signature and IHDR
	tagged := append(append(bytes.Clone(b.Bytes()[:head]), chunk...), b.Bytes()[head:]...)
	info, err := media.Look(tagged)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, got, err := mediatest.CornersOf(info.Thumbnail); err != nil || got != "gkrb" {
		t.Errorf("a PNG: %s, %v", got, err)
	}
}

// What a camera wrote may be nonsense: it is then held upright, whatever the cut.
func TestNonsenseBesideThePixelsTurnsNothingAndBreaksNothing(t *testing.T) {
	t.Parallel()
	plain, exif := mediatest.Corners(64, 48), mediatest.EXIF(6)
	const whole = 22 // the first entry of the directory is there
	for n := range len(exif) {
		for _, written := range [][]byte{exif[:n], append(exif[:n:n], 0xff)} {
			want := "rgbk"
			if len(written) >= whole {
				want = "brkg"
			}
			info, err := media.Look(mediatest.Tagged(plain, written))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, got, err := mediatest.CornersOf(info.Thumbnail); err != nil || got != want {
				t.Errorf("cut after %d: %s, %v, want %s", n, got, err, want)
			}
		}
	}
	far := bytes.Clone(exif)
	binary.BigEndian.PutUint32(far[4:], 1<<32-1)
	if info, err := media.Look(mediatest.Tagged(plain, far)); err != nil || len(info.Thumbnail) == 0 {
		t.Errorf("a directory that is nowhere: %v", err)
	}
}

func TestAThumbnailHoldsPixelsAndNothingElse(t *testing.T) {
	t.Parallel()
	const place = "GPSLatitude25.2173951"
	plain := mediatest.JPEG(1200, 900)
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00"), place...)
	segment := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	tagged := append(append(append(bytes.Clone(plain[:2]), segment...), exif...), plain[2:]...)
	info, err := media.Look(tagged)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(tagged, []byte(place)) || bytes.Contains(info.Thumbnail, []byte("GPS")) || bytes.Contains(info.Thumbnail, []byte("Exif")) {
		t.Error("the place is in the thumbnail")
	}
	c, err := jpeg.DecodeConfig(bytes.NewReader(info.Thumbnail))
	if err != nil || c.Width != 320 || c.Height != 240 {
		t.Errorf("%d by %d, %v", c.Width, c.Height, err)
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 2000, 1))
	clear.Set(0, 0, color.NRGBA{255, 0, 0, 0})
	var b bytes.Buffer
	if err := png.Encode(&b, clear); err != nil {
		t.Fatal(err)
	}
	if info, err := media.Look(b.Bytes()); err != nil || len(info.Thumbnail) == 0 {
		t.Errorf("a thin picture: %v", err)
	}
}

func TestAPDFThatRunsCarriesOrHidesAnythingIsRefused(t *testing.T) {
	t.Parallel()
	objects := func(text string) string {
		var z bytes.Buffer
		zw := zlib.NewWriter(&z)
		_, _ = zw.Write([]byte(text))
		_ = zw.Close()
		return fmt.Sprintf("9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream\nendobj\n", z.Len(), z.String())
	}
	good := mediatest.PDF("")
	list := []verdict{
		{"a plain one", good, nil},
		{"objects in a stream", mediatest.PDF(objects("1 0 << /Type /Catalog >>")), nil},
		{"words that begin alike", mediatest.PDF("9 0 obj\n<< /LaunchPad 1 /Encrypted false >>\nendobj\n"), nil},
		{"locked", mediatest.PDF("9 0 obj\n<< /Encrypt 8 0 R >>\nendobj\n"), media.ErrActive},
		{"a script", mediatest.PDF("9 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"), media.ErrActive},
		{"a script by another spelling", mediatest.PDF("9 0 obj\n<< /S /J#61va#53cript /JS (x) >>\nendobj\n"), media.ErrActive},
		{"a script without spaces", mediatest.PDF("9 0 obj<</S/JavaScript/JS(x)>>endobj\n"), media.ErrActive},
		{"a script among packed objects", mediatest.PDF(objects("1 0 << /S /JavaScript /JS (x) >>")), media.ErrActive},
		{"a packed script that says it is another stream", mediatest.PDF(strings.ReplaceAll(objects("1 0 <</S/Launch>>"), "/ObjStm", "/Metadata")), media.ErrActive},
		{"a programme to start", mediatest.PDF("9 0 obj\n<< /S /Launch /F (cmd.exe) >>\nendobj\n"), media.ErrActive},
		{"a file inside", mediatest.PDF("9 0 obj\n<< /Type /EmbeddedFile >>\nendobj\n"), media.ErrActive},
		{"a form that sends", mediatest.PDF("9 0 obj\n<< /S /SubmitForm >>\nendobj\n"), media.ErrActive},
		{"a form of another kind", mediatest.PDF("9 0 obj\n<< /XFA [] >>\nendobj\n"), media.ErrActive},
		{"a coding to hide behind", mediatest.PDF("9 0 obj\n<< /Filter [ /ASCIIHexDecode /FlateDecode ] >>\nendobj\n"), media.ErrActive},
		{"objects behind a predictor", mediatest.PDF(strings.Replace(objects("x"), "/N 1", "/DecodeParms << /Predictor 12 >> /N 1", 1)), media.ErrActive},
		{"no end", bytes.TrimSuffix(good, []byte("%%EOF\n")), media.ErrBroken},
		{"no references", bytes.Replace(good, []byte("startxref"), []byte("startxxxx"), 1), media.ErrBroken},
		{"references elsewhere", bytes.Replace(good, []byte("\nxref\n"), []byte("\nxxxx\n"), 1), media.ErrBroken},
		{"no trailer", bytes.Replace(good, []byte("trailer"), []byte("xrailer"), 1), media.ErrBroken},
		{"a version that there is not", bytes.Replace(good, []byte("%PDF-1."), []byte("%PDF-9."), 1), media.ErrBroken},
		{"a name and nothing", []byte("%PDF-1.4"), media.ErrBroken},
	}
	judge(t, list)
}

func TestAPDFThatUnpacksWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	block := make([]byte, 1<<20)
	for range 260 {
		_, _ = zw.Write(block)
	}
	_ = zw.Close()
	judge(t, []verdict{{"a bomb", mediatest.PDF("9 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + z.String() + "\nendstream\nendobj\n"), media.ErrBroken}})
}

func TestAnOggStreamIsReadPageByPage(t *testing.T) {
	t.Parallel()
	good := mediatest.Opus(4)
	page := func(n int) int { // where a page begins
		at := 0
		for range n {
			at += bytes.Index(good[at+4:], []byte("OggS")) + 4
		}
		return at
	}
	cut := func(n int) []byte { return append(bytes.Clone(good[:page(n)]), good[page(n+1):]...) }
	judge(t, []verdict{
		{"a stream", good, nil},
		{"a flipped bit in the sound", with(good, len(good)-3, good[len(good)-3]^1), media.ErrBroken},
		{"a wrong checksum", with(good, page(2)+22, good[page(2)+22]^1), media.ErrBroken},
		{"a page left out", cut(2), media.ErrBroken},
		{"no beginning", good[page(1):], media.ErrBroken},
		{"no end", good[:page(5)], media.ErrBroken},
		{"a head of something else", mediatest.Ogg([]byte("\x01vorbis0000000000000"), []byte("OpusTags"), []byte("x")), media.ErrUnknown},
		{"a head of a later version", mediatest.Ogg(mediatest.OpusHead(0x10, 1), []byte("OpusTags"), []byte("x")), media.ErrUnknown},
		{"no channel", mediatest.Ogg(mediatest.OpusHead(1, 0), []byte("OpusTags"), []byte("x")), media.ErrUnknown},
		{"no tags", mediatest.Ogg(mediatest.OpusHead(1, 1), []byte("x"), []byte("x")), media.ErrBroken},
		{"no sound", mediatest.Ogg(mediatest.OpusHead(1, 1), []byte("OpusTags")), media.ErrBroken},
		{"a long head of tags", mediatest.Ogg(mediatest.OpusHead(1, 1), append([]byte("OpusTags"), make([]byte, 700)...), []byte("x")), nil},
	})
}

// FuzzPDF feeds the scanner of documents.
func FuzzPDF(f *testing.F) {
	f.Add(mediatest.PDF(""))
	f.Add(mediatest.PDF("9 0 obj\n<< /S /J#61vaScript >>\nendobj\n"))
	f.Add([]byte("%PDF-1.4\nstream\x78\x9cstartxref\n9\n%%EOF"))
	fuzz(f, "%PDF-", media.PDF)
}

// FuzzOgg feeds the reader of pages.
func FuzzOgg(f *testing.F) {
	f.Add(mediatest.Opus(3))
	f.Add(mediatest.Ogg(mediatest.OpusHead(1, 2), []byte("OpusTags"), make([]byte, 600)))
	fuzz(f, "OggS", media.Opus)
}

// FuzzJPEG feeds the walk over the segments of a picture, and its decoder.
func FuzzJPEG(f *testing.F) {
	f.Add(mediatest.JPEG(8, 8))
	fuzz(f, "\xff\xd8\xff", media.JPEG)
}

func fuzz(f *testing.F, magic string, want media.Media) {
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		info, err := media.Look(data)
		if !bytes.Equal(before, data) {
			t.Fatal("the bytes have been changed")
		}
		known := false
		for _, e := range []error{media.ErrUnknown, media.ErrBroken, media.ErrPixels, media.ErrActive} {
			known = known || errors.Is(err, e)
		}
		switch {
		case err != nil && !known:
			t.Errorf("refused with %v", err)
		case err == nil && bytes.HasPrefix(data, []byte(magic)) && info.Media != want:
			t.Errorf("is %s", info.Media)
		}
	})
}
