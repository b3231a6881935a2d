package contract

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
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

// UnmarshalJSON reads what the checker passed, and a null as no time.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	text, err := jsontext.AppendUnquote(nil, b)
	if err != nil {
		return fmt.Errorf("read time: %w", err)
	}
	v, ok := parseTime(text)
	if !ok {
		return fmt.Errorf("read time: not RFC 3339")
	}
	t.Time = v
	return nil
}

// String is the text of TimeLayout.
func (t Time) String() string { return t.UTC().Format(TimeLayout) }
