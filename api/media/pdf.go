package media

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// What a document may not hold, by its name: what runs, what carries other
// files, what locks, and codings behind which a name could hide. All actions that
// run are named by one of the first.
var pdfForbidden = []string{
	"JavaScript", "Launch", "SubmitForm", "ImportData", "RichMedia", "Rendition", "GoToE", "GoToR",
	"EmbeddedFile", "EmbeddedFiles", "XFA", "Encrypt",
	"LZWDecode", "ASCIIHexDecode", "ASCII85Decode", "RunLengthDecode", "Crypt",
}

const (
	pdfTail      = 1024      // within which the end must stand
	pdfInflate   = 256 << 20 // all streams of a document, unpacked
	pdfName      = 64        // longer names are none of those
	pdfDict      = 4096      // how far before a stream its dictionary is looked for
	pdfHeadSpace = 16
	pdfMostWords = 100_000 // streams; a page has some ten
)

// checkPDF looks a document through. It is a scanner and no reader: it does not
// follow references, but passes over every byte, and over every stream unpacked,
// and takes any name in them for what it says.
func checkPDF(b []byte) error {
	if err := pdfFrame(b); err != nil {
		return err
	}
	s := &pdfScanner{}
	if s.scan(b); s.found {
		return fmt.Errorf("%w: a name", ErrActive)
	}
	return pdfStreams(b)
}

// pdfFrame wants the version at the beginning, the end at the end, and between
// them a table of references at the place that the end names.
func pdfFrame(b []byte) error {
	if len(b) < pdfHeadSpace || b[5] < '1' || b[5] > '2' || b[6] != '.' || b[7] < '0' || b[7] > '9' {
		return fmt.Errorf("%w: version of PDF", ErrBroken)
	}
	end := bytes.TrimRight(b, "\x00\t\n\f\r ")
	if !bytes.HasSuffix(end, []byte("%%EOF")) {
		return fmt.Errorf("%w: end of PDF", ErrBroken)
	}
	tail := end[max(0, len(end)-pdfTail):]
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return fmt.Errorf("%w: references of PDF", ErrBroken)
	}
	text := bytes.TrimSpace(bytes.TrimSuffix(tail[at+len("startxref"):], []byte("%%EOF")))
	offset, err := strconv.Atoi(string(text))
	if err != nil || offset < len("%PDF-1.0") || offset >= len(b) {
		return fmt.Errorf("%w: references of PDF", ErrBroken)
	}
	table := bytes.TrimLeft(b[offset:], "\t\n\r ")
	if bytes.HasPrefix(table, []byte("xref")) {
		if !bytes.Contains(table, []byte("trailer")) {
			return fmt.Errorf("%w: trailer of PDF", ErrBroken)
		}
		return nil
	}
	// Else it is a stream: "12 0 obj << /Type /XRef".
	head := table[:min(len(table), pdfDict)]
	if len(head) == 0 || head[0] < '0' || head[0] > '9' || !bytes.Contains(head, []byte("obj")) || !bytes.Contains(head, []byte("/XRef")) {
		return fmt.Errorf("%w: references of PDF", ErrBroken)
	}
	return nil
}

// pdfScanner takes names out of bytes that come in pieces.
type pdfScanner struct {
	name   []byte
	inside bool
	hex    int // digits of an escape still to come
	code   byte
	found  bool
}

func (s *pdfScanner) scan(piece []byte) {
	for _, c := range piece {
		switch {
		case c == '/':
			s.end()
			s.inside = true
		case !s.inside:
		case isPDFEnd(c):
			s.end()
		default:
			s.take(c)
		}
	}
}

// take adds a byte to a name: "#61" is an a.
func (s *pdfScanner) take(c byte) {
	if s.hex > 0 {
		d, ok := hexDigit(c)
		if !ok {
			s.hex = 0
			s.add(c)
			return
		}
		s.code = s.code<<4 | d
		if s.hex--; s.hex == 0 {
			s.add(s.code)
		}
		return
	}
	if c == '#' {
		s.hex, s.code = 2, 0
		return
	}
	s.add(c)
}

func (s *pdfScanner) add(c byte) {
	if len(s.name) < pdfName {
		s.name = append(s.name, c)
	}
}

// end compares the name that is over.
func (s *pdfScanner) end() {
	if s.inside && len(s.name) > 0 {
		for _, f := range pdfForbidden {
			if string(s.name) == f {
				s.found = true
			}
		}
	}
	s.name, s.inside, s.hex = s.name[:0], false, 0
}

// Write scans what is unpacked.
func (s *pdfScanner) Write(p []byte) (int, error) {
	if s.scan(p); s.found {
		return 0, ErrActive
	}
	return len(p), nil
}

func isPDFEnd(c byte) bool {
	return bytes.IndexByte([]byte("\x00\t\n\f\r ()<>[]{}%"), c) >= 0
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// pdfStreams unpacks every stream that is packed, whatever its dictionary calls
// it, and looks through what comes out: that is where newer documents keep their
// objects. Nothing of it is kept.
func pdfStreams(b []byte) error {
	u := &unpacker{left: pdfInflate}
	const word = "stream"
	for at, words := 0, 0; ; words++ {
		next := bytes.Index(b[at:], []byte(word))
		if next < 0 {
			return nil
		}
		start := at + next
		at = start + len(word)
		if bytes.HasSuffix(b[:start], []byte("end")) {
			continue
		}
		dict := b[max(0, start-pdfDict):start]
		if i := bytes.LastIndex(dict, []byte("obj")); i >= 0 {
			dict = dict[i:]
		}
		if bytes.Contains(dict, []byte("Predictor")) && bytes.Contains(dict, []byte("/First")) {
			return fmt.Errorf("%w: objects behind a predictor", ErrActive)
		}
		if words > pdfMostWords {
			return fmt.Errorf("%w: too many streams", ErrBroken)
		}
		data := bytes.TrimPrefix(bytes.TrimPrefix(b[at:], []byte{'\r'}), []byte{'\n'})
		if err := u.look(data); err != nil {
			return err
		}
	}
}

// unpacker unpacks streams one after the other, all together up to a limit.
type unpacker struct {
	zr   io.ReadCloser
	left int64
}

func (u *unpacker) open(data []byte) (err error) {
	if r, ok := u.zr.(zlib.Resetter); ok {
		return r.Reset(bytes.NewReader(data), nil)
	}
	u.zr, err = zlib.NewReader(bytes.NewReader(data))
	return err
}

// look unpacks a stream and looks through it. What is not packed was looked
// through as it stands.
func (u *unpacker) look(data []byte) error {
	if u.open(data) != nil {
		return nil // not packed
	}
	s := &pdfScanner{}
	n, err := io.Copy(s, io.LimitReader(u.zr, u.left+1))
	s.end()
	switch u.left -= n; {
	case s.found, errors.Is(err, ErrActive):
		return fmt.Errorf("%w: a name in a stream", ErrActive)
	case u.left < 0:
		return fmt.Errorf("%w: unpacks without end", ErrBroken)
	}
	return nil // a stream that breaks off says no more to any reader
}
