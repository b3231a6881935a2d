package book

import (
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/files"
	"kendra/api/seal"
)

// shred ends the keys that the op at hand ends: nothing that they sealed can be
// read again, in this transaction neither.
func (t *batch) shred() {
	due := t.state.shredDue
	t.state.shredDue = nil
	for _, k := range due {
		delete(t.keys, k)
		t.wrapped[k.Case] = slices.DeleteFunc(t.wrapped[k.Case], func(w seal.Wrapped) bool { return w.Class == k.Class })
		t.newKeys = slices.DeleteFunc(t.newKeys, func(w seal.Wrapped) bool { return w.CaseID == k.Case && w.Class == k.Class })
		t.newMarks = slices.DeleteFunc(t.newMarks, func(m seal.Mark) bool { return m.CaseID == k.Case && m.Class == k.Class })
	}
	t.shreds = append(t.shreds, due...)
}

// flushShreds deletes the keys, marks and pieces of files of what was shredded.
func (t *batch) flushShreds(p *pgx.Batch) {
	for _, k := range t.shreds {
		seal.QueueDeleteKeys(p, t.district, []uuid.UUID{k.Case}, k.Class)
		files.QueueShred(p, t.district, k.Case, k.Class)
	}
}
