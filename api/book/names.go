package book

import (
	"slices"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// entryIf asks for an earlier entry that an op may name.
func (n *needs) entryIf(id *uuid.UUID) {
	if id != nil {
		n.entry(*id)
	}
}

// names checks that an op names an earlier entry of this book, of one of the
// kinds. One that has not come is waited for; what is something else, or stands
// in another book, is refused.
func (s *State) names(d *draft, id *uuid.UUID, field string, kinds ...string) error {
	if id == nil {
		return nil
	}
	switch e := s.entries[*id]; {
	case e != nil && !slices.Contains(kinds, e.of()):
		return refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	case e == nil && !d.forced:
		return s.absent(d, *id, field)
	}
	return nil
}

// mayName is names for what nothing hangs on, and what is too urgent to wait:
// an id that nobody has is taken as it is.
func (s *State) mayName(d *draft, id *uuid.UUID, field string) error {
	if id != nil && s.entered[*id] && s.entries[*id] == nil {
		return refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	}
	return nil
}

func needsTaskDone(d *draft, b *contract.TaskDone, n *needs) {
	needsTask(d, b, n)
	n.entryIf(b.LineID)
}

// checkTaskDone lets the holder end the task, and name what came of it.
func checkTaskDone(s *State, d *draft, b *contract.TaskDone) error {
	if err := s.mayName(d, b.LineID, "/line_id"); err != nil {
		return err
	}
	return checkTaskHeld(s, d, b)
}
