package contract

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// cleanText reports whether text holds no control character but line feed and tab: C0, DEL and C1 have no place in a
// register and break a printed page. It must be valid UTF-8. escaped says that C0 may be there at all: unescaped, JSON
// itself forbids them.
func cleanText(b []byte, escaped bool) bool {
	if escaped {
		for _, c := range b {
			if c < 0x20 && c != '\n' && c != '\t' {
				return false
			}
		}
	}
	if bytes.IndexByte(b, 0x7f) >= 0 {
		return false
	}
	for rest := b; ; {
		i := bytes.IndexByte(rest, 0xc2) // C1 is c2 80 to c2 9f
		if i < 0 || i+1 >= len(rest) {
			return true
		}
		if rest[i+1] < 0xa0 {
			return false
		}
		rest = rest[i+2:]
	}
}

// lengthCode tells whether b has a wrong number of characters (code points).
func lengthCode(b []byte, low, high int) Code {
	if len(b) <= high && low <= 1 && len(b) >= low {
		return ""
	}
	n := utf8.RuneCount(b)
	switch {
	case n < low:
		return CodeTooShort
	case n > high:
		return CodeTooLong
	}
	return ""
}

// parseUUID reads the one form of a UUID on the wire, 36 characters; the library takes four.
func parseUUID(b []byte) (id uuid.UUID, ok bool) {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return id, false
	}
	for k, i := range uuidPairs {
		hi, lo := hexDigit(b[i]), hexDigit(b[i+1])
		if hi > 15 || lo > 15 {
			return id, false
		}
		id[k] = hi<<4 | lo
	}
	return id, true
}

// uuidPairs is where the bytes of a UUID begin in its text.
var uuidPairs = [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// digits reads b as a decimal number, or -1.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// parseTime reads RFC 3339 strictly: capital T and Z, no leap second, at most nine digits of a second, a day that the
// calendar has. The result is UTC.
func parseTime(b []byte) (time.Time, bool) {
	if len(b) < 20 || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	day, ok := parseDate(b[:10])
	h, m, s := digits(b[11:13]), digits(b[14:16]), digits(b[17:19])
	if !ok || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 {
		return time.Time{}, false
	}
	rest, nanos := b[19:], 0
	if rest[0] == '.' {
		n := 1
		for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
			n++
		}
		if n < 2 || n > 10 {
			return time.Time{}, false
		}
		nanos = digits(rest[1:n])
		for i := n; i < 10; i++ {
			nanos *= 10
		}
		rest = rest[n:]
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return time.Time{}, false
	}
	sum := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(nanos) - offset
	return day.Add(sum), true
}

func parseOffset(b []byte) (time.Duration, bool) {
	if len(b) == 1 && b[0] == 'Z' {
		return 0, true
	}
	if len(b) != 6 || b[3] != ':' || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	h, m := digits(b[1:3]), digits(b[4:6])
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	offset := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if b[0] == '-' {
		return -offset, true
	}
	return offset, true
}

func parseDate(b []byte) (time.Time, bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return time.Time{}, false
	}
	y, mo, d := digits(b[:4]), digits(b[5:7]), digits(b[8:10])
	if y < 1 || mo < 1 || mo > 12 || d < 1 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}

func validText(b []byte) bool { return utf8.Valid(b) && cleanText(b, true) }
