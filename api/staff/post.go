package staff

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Role is what a post is.
type Role = string

// The roles, from the beat upwards.
const (
	BeatOfficer    Role = "beat_officer"
	SquadMember    Role = "squad_member"
	SquadLeader    Role = "squad_leader"
	DeskOfficer    Role = "desk_officer"
	Counsellor     Role = "counsellor"
	CentreIncharge Role = "centre_incharge"
	SHO            Role = "sho"
	CO             Role = "co"
	Nodal          Role = "nodal"
	WomenCell      Role = "women_cell"
	AddlSP         Role = "addl_sp"
	SP             Role = "sp"
	Dispatcher     Role = "dispatcher"
	Analyst        Role = "analyst"
	Auditor        Role = "auditor"
	Sysadmin       Role = "sysadmin"
	// Clock is the server itself; no officer holds it and it never comes over the wire.
	Clock Role = "clock"
)

// HQ is the centre code of the district office's own book.
const HQ = "HQ"

// Roles are those an officer may hold, in the order above.
var Roles = []Role{
	BeatOfficer, SquadMember, SquadLeader, DeskOfficer, Counsellor, CentreIncharge, SHO, CO, Nodal, WomenCell,
	AddlSP, SP, Dispatcher, Analyst, Auditor, Sysadmin,
}

// Post is a role at a place, held by an officer for a time.
type Post struct {
	PostID    uuid.UUID
	OfficerID uuid.UUID
	Centre    string
	Role      Role
	SquadID   *uuid.UUID
	BeatID    *uuid.UUID
	Circle    string
	From      time.Time
	Until     *time.Time // open: for good
	CoversID  *uuid.UUID // the post of another that is covered meanwhile
}

// Covers reports whether the post is held at a time: from its first moment, up to but not at its last.
func (p Post) Covers(at time.Time) bool {
	return !at.Before(p.From) && (p.Until == nil || at.Before(*p.Until))
}

// current keeps the posts held at a time.
func current(posts []Post, at time.Time) []Post {
	var now []Post
	for _, p := range posts {
		if p.Covers(at) {
			now = append(now, p)
		}
	}
	return now
}

const postColumns = `post_id, officer_id, centre, role, squad_id, beat_id, coalesce(circle, ''), from_at, until_at, covers_id`

func scanPost(row pgx.CollectableRow) (Post, error) {
	var p Post
	err := row.Scan(&p.PostID, &p.OfficerID, &p.Centre, &p.Role, &p.SquadID, &p.BeatID, &p.Circle, &p.From, &p.Until, &p.CoversID)
	return p, err
}

// QueuePosts reads all posts of the officers, past and coming ones too, into a map by officer.
func QueuePosts(b *pgx.Batch, district int32, officers []uuid.UUID, into map[uuid.UUID][]Post) {
	b.Queue(`SELECT `+postColumns+` FROM posts WHERE district_id = $1 AND officer_id = ANY($2)
		ORDER BY officer_id, from_at, post_id`, district, officers).Query(func(rows pgx.Rows) error {
		posts, err := pgx.CollectRows(rows, scanPost)
		if err != nil {
			return fmt.Errorf("read posts: %w", err)
		}
		for _, p := range posts {
			into[p.OfficerID] = append(into[p.OfficerID], p)
		}
		return nil
	})
}
