package push

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Kinds of notice: a task has something new for its holder; so has a complaint, or what hangs on one; something is to be
// known of phones and sessions; what a phone read for a task or a case it must forget; an officer calls for help.
const (
	KindTask   = "task"
	KindCase   = "case"
	KindAlarm  = "alarm"
	KindForget = "forget"
	KindSOS    = "sos"
)

// Urgencies of a notice, the most urgent first. They decide which job a busy worker takes first.
const (
	Urgent  = "urgent"
	Soon    = "soon"
	Routine = "routine"
)

// DefaultTTL is how long a notice without a time of its own stays worth sending: one squad duty, 08 to 20 h.
const DefaultTTL = 12 * time.Hour

// maxTTL is the longest time FCM keeps a message.
const maxTTL = 28 * 24 * time.Hour

// Notice is the book's wish to wake somebody. It holds ids only, because it becomes the arguments of a job, which
// operators can read.
type Notice struct {
	DistrictID int32
	// ID is the same for the same notice however often the book is folded: the caller derives it from the entry.
	ID uuid.UUID
	// Centre is the book that the notice comes from.
	Centre string
	// Exactly one of Officer, Squad and Role says whom to wake; Role is the post of that role at Centre.
	Officer uuid.UUID
	Squad   uuid.UUID
	Role    string
	Kind    string
	// Subject is the task, complaint or matter: the opaque id that the phone is told.
	Subject uuid.UUID
	Urgency string
	// TTL counts from the moment the notice is queued; nobody is woken for it later. 0 means DefaultTTL.
	TTL time.Duration
	// Seq is the number of the entry that caused the notice.
	Seq int64
}

// ErrNotice is wrapped by every error about a notice that nobody could send.
var ErrNotice = errors.New("push: malformed notice")

// Check says what is wrong with the notice, if anything.
func (n Notice) Check() error {
	targets := 0
	for _, there := range []bool{n.Officer != uuid.Nil, n.Squad != uuid.Nil, n.Role != ""} {
		if there {
			targets++
		}
	}
	switch {
	case n.DistrictID <= 0:
		return fmt.Errorf("%w: no district", ErrNotice)
	case n.ID == uuid.Nil:
		return fmt.Errorf("%w: no id", ErrNotice)
	case n.Subject == uuid.Nil:
		return fmt.Errorf("%w: no subject", ErrNotice)
	case n.Kind != KindTask && n.Kind != KindCase && n.Kind != KindAlarm && n.Kind != KindForget && n.Kind != KindSOS:
		return fmt.Errorf("%w: unknown kind", ErrNotice)
	case targets != 1:
		return fmt.Errorf("%w: %d targets, want one", ErrNotice, targets)
	case n.Role != "" && n.Centre == "":
		return fmt.Errorf("%w: a role without its centre", ErrNotice)
	case strings.Contains(n.Centre+n.Role+n.Urgency, ticketSep):
		return fmt.Errorf("%w: a word holds %q", ErrNotice, ticketSep)
	case n.TTL < 0:
		return fmt.Errorf("%w: negative time to live", ErrNotice)
	}
	return nil
}

// lifetime is the TTL with the default and FCM's own limit applied.
func (n Notice) lifetime() time.Duration {
	if n.TTL == 0 {
		return DefaultTTL
	}
	return min(n.TTL, maxTTL)
}

// Message is what a phone is sent, in no push service's own words.
type Message struct {
	// Data is all that the phone reads; values are strings, as FCM wants them.
	Data map[string]string
	// CollapseKey lets a later wake for the same subject replace one that still waits for the phone.
	CollapseKey string
	// High asks that a sleeping phone be woken now.
	High bool
	// TTL is how long the push service may keep the message for a phone that is off.
	TTL time.Duration
}

// Message builds the wake for a notice that stays worth sending for left.
func (n Notice) Message(left time.Duration) Message {
	id := n.Subject.String()
	return Message{
		Data:        map[string]string{"v": "1", "k": n.Kind, "id": id},
		CollapseKey: id,
		High:        true,
		// Whole seconds, and never 0, which FCM reads as "now or never".
		TTL: max(left.Truncate(time.Second), time.Second),
	}
}

// Device is one handset that may be woken.
type Device struct {
	DeviceID uuid.UUID
	Token    string
}

// String names the device and keeps the token to itself, so that no log line shows it.
func (d Device) String() string { return d.DeviceID.String() }

// GoString is String, for %#v.
func (d Device) GoString() string { return d.DeviceID.String() }
