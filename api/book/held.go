package book

import (
	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// Keys of what a held op waits for.
func keyOp(id uuid.UUID) string                   { return "op:" + id.String() }
func keyBrief(squad uuid.UUID, day string) string { return "brief:" + squad.String() + ":" + day }
func keyDuty(officer uuid.UUID) string            { return "duty:" + officer.String() }
func keyAccept(task, officer uuid.UUID) string {
	return "accept:" + task.String() + ":" + officer.String()
}

// struck is what a held op waits for after the in-charge struck it: nothing.
const struck = "struck"

func needsHeldEnter(_ *draft, b *contract.HeldEnter, n *needs) { n.held(b.HeldID) }

// checkHeldEnter lets the in-charge enter an op that waits for what will not
// come. The door appends it after this entry, flagged.
func checkHeldEnter(_ *State, d *draft, b *contract.HeldEnter) error {
	return checkHeldRow(d, b.HeldID, func(d *draft) { d.enters = b.HeldID })
}

func needsHeldStrike(_ *draft, b *contract.HeldStrike, n *needs) { n.held(b.HeldID) }

func checkHeldStrike(_ *State, d *draft, b *contract.HeldStrike) error {
	return checkHeldRow(d, b.HeldID, func(d *draft) { d.strikes = b.HeldID })
}

// checkHeldRow checks that the op waits in this book.
func checkHeldRow(d *draft, id uuid.UUID, then func(*draft)) error {
	h := d.batch.held[id]
	if h == nil || h.WaitsFor == struck {
		return refuse(contract.CodeNotHeld, "/body/held_id")
	}
	d.caseID = id
	d.seenBy = append(d.seenBy, h.OfficerID)
	then(d)
	return nil
}
