package staff

import (
	"time"

	"github.com/google/uuid"
)

// Caller is who speaks: an officer with the posts he holds now, on a handset, in a session. It is read from the
// database's rows and never taken from what a client says. The zero Caller is nobody and is refused everywhere.
type Caller struct {
	District  int32
	OfficerID uuid.UUID
	DeviceID  uuid.UUID
	SessionID uuid.UUID
	Posts     []Post
	AuthAt    time.Time // when he gave his PIN
	Console   bool      // he is at a browser, not on a handset
	FactorAt  time.Time // when he last showed his second factor there
}

// IsZero reports whether this is nobody.
func (c Caller) IsZero() bool {
	return c.District == 0 || c.OfficerID == uuid.Nil || c.DeviceID == uuid.Nil || c.SessionID == uuid.Nil
}

// Centres lists the centres of his posts, each once.
func (c Caller) Centres() []string {
	var centres []string
	seen := map[string]bool{}
	for _, p := range c.Posts {
		if !seen[p.Centre] {
			seen[p.Centre] = true
			centres = append(centres, p.Centre)
		}
	}
	return centres
}
