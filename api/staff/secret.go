package staff

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a PIN, a code or a token. Whatever prints it prints [secret]; string(s) is the only way to its text.
type Secret string

const hidden = "[secret]"

// String hides the text.
func (Secret) String() string { return hidden }

// GoString hides the text.
func (Secret) GoString() string { return hidden }

// Format hides the text from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the text from JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the text from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
