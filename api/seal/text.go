package seal

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a sealed value prints as.
const Redacted = "[sealed]"

// mute is embedded in whatever must not be printed.
type mute struct{}

// Format writes [sealed] for every verb.
func (mute) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String gives [sealed].
func (mute) String() string { return Redacted }

// MarshalText gives [sealed], to encoding/json too.
func (mute) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue gives [sealed].
func (mute) LogValue() slog.Value { return slog.StringValue(Redacted) }

// Value refuses: no identity goes to SQL as it is.
func (mute) Value() (driver.Value, error) {
	return nil, errors.New("a sealed value is not for the database")
}

// Text is an identity in the open, on its way through memory.
type Text struct {
	mute
	text *string
}

// NewText guards s.
func NewText(s string) Text { return Text{text: &s} }

// Reveal gives the text. Who calls it answers for where it goes.
func (t Text) Reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

// IsZero says that there is no text; encoding/json's omitzero asks.
func (t Text) IsZero() bool { return t.text == nil }

// UnmarshalJSON reads a JSON string; null is no text.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil {
		return errors.New("sealed text: not a JSON string") // the cause would quote it
	}
	t.text = s
	return nil
}
