package contract

import (
	"fmt"
	"time"
)

// TimeLayout is how the server writes a time: UTC with milliseconds, always three digits, so that a text
// compares as the time does.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Time is a time on the wire. It reads RFC 3339 with any offset and writes TimeLayout.
type Time struct{ time.Time }

// At gives t as it goes on the wire.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// AtPtr is At for an optional member.
func AtPtr(t time.Time) *Time {
	w := At(t)
	return &w
}

// MarshalJSON writes TimeLayout.
func (t Time) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(TimeLayout)+2)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, TimeLayout)
	return append(b, '"'), nil
}

// UnmarshalJSON reads RFC 3339.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		if string(b) == "null" {
			return nil
		}
		return fmt.Errorf("read time: not a string")
	}
	v, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	if err != nil {
		return fmt.Errorf("read time: %w", err)
	}
	t.Time = v
	return nil
}

// String is the text of TimeLayout.
func (t Time) String() string { return t.UTC().Format(TimeLayout) }
