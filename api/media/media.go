package media

import (
	"bytes"
	"errors"
)

// Media is a kind of file.
type Media string

// The kinds of file that are taken.
const (
	JPEG Media = "jpeg"
	PNG  Media = "png"
	WebP Media = "webp"
	PDF  Media = "pdf"
	Opus Media = "opus"
)

// Why a file is not taken.
var (
	// ErrUnknown means that it is none of the five.
	ErrUnknown = errors.New("unknown kind of file")
	// ErrBroken means that it begins as one of them and cannot be read to its end,
	// or goes on behind it.
	ErrBroken = errors.New("broken file")
	// ErrPixels means a picture of more pixels than are decoded.
	ErrPixels = errors.New("too many pixels")
	// ErrActive means a PDF that runs something, carries another file, is locked,
	// or hides what it holds.
	ErrActive = errors.New("active or locked document")
)

// Info is what a file turned out to be.
type Info struct {
	Media Media
	// Thumbnail is a small JPEG of a picture; nil of anything else.
	Thumbnail []byte
}

// SniffSize is how many bytes Sniff wants.
const SniffSize = 12

// Sniff tells by the first bytes what a file says it is.
func Sniff(head []byte) (Media, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		return JPEG, nil
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, nil
	case len(head) >= SniffSize && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return WebP, nil
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF, nil
	case bytes.HasPrefix(head, []byte("OggS")):
		return Opus, nil
	}
	return "", ErrUnknown
}

// Look reads a whole file and says what it is, or why it is not taken.
func Look(data []byte) (Info, error) {
	m, err := Sniff(data)
	if err != nil {
		return Info{}, err
	}
	switch m {
	case PDF:
		return Info{Media: m}, checkPDF(data)
	case Opus:
		return Info{Media: m}, checkOpus(data)
	}
	thumb, err := checkPicture(m, data)
	if err != nil {
		return Info{}, err
	}
	return Info{Media: m, Thumbnail: thumb}, nil
}
