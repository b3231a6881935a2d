package features

import (
	"fmt"
	"io"
)

// lines counts the lines of what a reader has read ahead, and ends a file or a
// feature that is too long. It remembers where lines end only as far as nobody
// has asked yet.
type lines struct {
	r     io.Reader
	read  int64   // bytes so far
	most  int64   // bytes of the file
	until int64   // where what is being read must have ended
	ends  []int64 // offsets behind the newlines that were not asked for yet
	line  int     // lines before those
}

func newLines(r io.Reader, o Options) *lines {
	l := &lines{r: r, most: MaxFile, until: MaxFeature, line: 1}
	if o.Most > 0 {
		l.most = o.Most
	}
	return l
}

// Read reads on.
func (l *lines) Read(p []byte) (int, error) {
	if l.read > l.until {
		return 0, fmt.Errorf("more than %d bytes: %w", MaxFeature, ErrTooLong)
	}
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	if l.read > l.most {
		return n, fmt.Errorf("more than %d bytes: %w", l.most, ErrTooLong)
	}
	return n, err
}

// at is the line of an offset. Offsets are asked for in their order.
func (l *lines) at(offset int64) int {
	n := 0
	for n < len(l.ends) && l.ends[n] <= offset {
		n++
	}
	l.line += n
	l.ends = l.ends[:copy(l.ends, l.ends[n:])]
	return l.line
}

// begin lets a feature begin at an offset.
func (l *lines) begin(offset int64) { l.until = offset + MaxFeature }
