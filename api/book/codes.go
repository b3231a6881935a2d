package book

import (
	"time"

	"github.com/google/uuid"
)

// Code is one row of a code list.
type Code struct {
	Code, Hi, En string
	Sort         int
	From         time.Time
	To           *time.Time
}

// Lists returns all code lists of a district with their labels, in the order
// they are shown.
func (b *Book) Lists(district int32) map[string][]Code {
	return b.rules.Load().of(district).lists(b.now())
}

// Label is a code of a list with its labels, as of the last time rules were read.
func (b *Book) Label(district int32, list, code string) (Code, bool) {
	c, known, _ := b.rules.Load().of(district).code(list, code, b.now())
	return c, known
}

// BeatCells lists the cells (resolution 9, one ring more) that a beat may reach
// into, as phones prefilter by them; the polygon decides.
func (b *Book) BeatCells(district int32, beat uuid.UUID) []string {
	cells, ok := b.ground.cells(district, beat, day(b.now()))
	if !ok {
		cells = b.rules.Load().cells[beatKey{district, beat}]
	}
	if cells == nil {
		return []string{}
	}
	return cells
}

// Columns lists the columns of all nine registers that are shown now, each
// register's in their order.
func (b *Book) Columns(district int32) []Column {
	v, now := b.rules.Load().of(district), b.now()
	var out []Column
	for _, r := range Registers {
		for _, c := range v.columns(r, now) {
			if !c.Hidden {
				out = append(out, c)
			}
		}
	}
	return out
}

// Offences lists the sections of law with the time in which each held: an
// incident is judged by those of its day.
func (b *Book) Offences(district int32) []Offence { return b.rules.Load().of(district).offences() }
