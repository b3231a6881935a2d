package book

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// The text of a task is open: it lies on the phones of all whom it goes to. Of a task
// that is linked to a case it must not tell who the case is about; whoever takes it
// reads that from the case, by an entry of his own.
//
// To compare, the names are opened inside this process, and only as long as it takes.
// That is no read, and leaves no entry: nobody is shown anything. The answer says that
// a name stands in the text, and not which word it is.
//
// Who sends texts to guess a name learns from a refusal that he was right. So refusals
// are counted with the refused reads, where those above see them (reads_denied.go), and
// after some of a day every text of his about a case is refused: what is guessed wrong
// stands in the book, for all to see.

// nameFields are the sealed fields that hold a name, by the last part of their pointers.
var nameFields = []string{"complainant_name", "guardian_name", "complainant_id", "name", "parent_name"}

// namingKinds are the kinds of entry that have such fields.
var namingKinds = []string{"complaint.open", "squad.person", "entry.correct"}

// namesRefused is how many refusals of a day an officer has before no text of his about
// a case goes. A task without a text always does.
const namesRefused = 5

// namingMost bounds how many entries of one case are opened: it is opened once and
// corrected seldom.
const namingMost = 32

// loadNaming reads the entries that say who cases are about, by ids of entries of
// theirs: what opened them, in whichever book of the district that stands, and the
// corrections of it there and here. It returns the cases.
func (t *batch) loadNaming(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cases := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		cases[i] = id // most complaints are their own case
		if e := t.state.entries[id]; e != nil {
			cases[i] = e.CaseID
		}
	}
	cases = compactIDs(cases)
	rows, err := t.tx.Query(ctx, `SELECT e.centre, e.op_id, e.kind, e.case_id, e.officer_id, e.guarded, e.sealed, NULL::uuid
		FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT u.id AS subject UNION
			SELECT complaint_id FROM complaints WHERE district_id = $1 AND case_id = u.id AND case_id <> complaint_id) s,
		LATERAL (SELECT centre, seq FROM ops WHERE district_id = $1 AND op_id = s.subject AND seq > 0 LIMIT 1) o,
		LATERAL (SELECT o.centre, o.seq UNION
			SELECT x.centre, x.seq FROM (VALUES (o.centre), ($3)) c (code),
			LATERAL (SELECT centre, seq FROM steps WHERE district_id = $1 AND centre = c.code AND subject_id = s.subject) x) x,
		LATERAL (SELECT * FROM entries WHERE district_id = $1 AND centre = x.centre AND seq = x.seq AND kind = ANY($4)
			AND case_id = u.id LIMIT 1) e
		ORDER BY e.kind = 'entry.correct', e.received_at DESC, e.seq DESC LIMIT $5`, t.district, cases, t.centre, namingKinds, namingMost*len(cases))
	if err != nil {
		return nil, fmt.Errorf("read names of cases: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[sealedEntry])
	if err != nil {
		return nil, fmt.Errorf("read names of cases: %w", err)
	}
	for _, e := range list {
		t.naming[e.CaseID] = append(t.naming[e.CaseID], e)
	}
	rows, err = t.tx.Query(ctx, `SELECT officer_id, sum(tries)::int FROM read_denials
		WHERE district_id = $1 AND centre = $2 AND at > $3 AND code = $4 GROUP BY officer_id`,
		t.district, t.centre, t.now.AddDate(0, 0, -1), string(contract.CodeNameInText))
	if err != nil {
		return nil, fmt.Errorf("count refused names: %w", err)
	}
	var officer uuid.UUID
	var tries int
	_, err = pgx.ForEachRow(rows, []any{&officer, &tries}, func() error {
		t.guesses[officer] = tries
		return nil
	})
	return cases, wrap(err, "count refused names")
}

// checkNames refuses the text of a task in which a name of its case stands, or a part
// of one. A name whose key was destroyed is known to nobody, and passed over.
func (t *batch) checkNames(s *State, d *draft, b *contract.TaskSend) error {
	if b.CaseID == nil || b.Text == nil {
		return nil
	}
	if t.guesses[d.officer] >= namesRefused {
		return refuse(contract.CodeNameInText, "/body/text")
	}
	said := nameSounds(*b.Text)
	if len(said) == 0 {
		return nil
	}
	id := *b.CaseID
	if e := s.entries[id]; e != nil {
		id = e.CaseID
	}
	list := t.naming[id]
	for _, e := range t.entries { // of this very transaction
		if e.CaseID == id && slices.Contains(namingKinds, e.Kind) {
			list = append(list, &sealedEntry{Centre: e.Centre, OpID: e.OpID, CaseID: e.CaseID, Sealed: e.Sealed})
		}
	}
	for _, e := range list {
		there, err := t.namesIn(e, said)
		if err != nil {
			return &fault{fmt.Errorf("names of entry %s: %w", e.OpID, err)}
		}
		if there {
			t.guesses[d.officer]++
			return refuse(contract.CodeNameInText, "/body/text")
		}
	}
	return nil
}

// namesIn tells whether one of the sounds is a word of a name in an entry.
func (t *batch) namesIn(e *sealedEntry, said map[string]bool) (bool, error) {
	_, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return false, fmt.Errorf("read: %w", err)
	}
	keys, spans := seal.Keys{}, []contract.Span(nil)
	for _, s := range report.Sealed {
		if !slices.Contains(nameFields, path.Base(s.Pointer)) {
			continue
		}
		k, made, err := t.madeKey(e.CaseID, s.Class)
		if err != nil {
			return false, err
		}
		if made {
			keys[s.Class], spans = k, append(spans, s)
		}
	}
	if len(spans) == 0 {
		return false, nil
	}
	raw, err := seal.UnsealDoc(e.Sealed, spans, nil, keys, seal.Where{District: t.district, Centre: e.Centre, OpID: e.OpID})
	if err != nil {
		return false, fmt.Errorf("open: %w", err)
	}
	defer clear(raw)
	if _, report, err = contract.DecodeSealedOp(raw); err != nil {
		return false, fmt.Errorf("read what was opened: %w", err)
	}
	for _, s := range report.Sealed {
		if !slices.ContainsFunc(spans, func(x contract.Span) bool { return x.Pointer == s.Pointer }) {
			continue
		}
		for sound := range nameSounds(plain(raw[s.Start:s.End])) {
			if said[sound] {
				return true, nil
			}
		}
	}
	return false, nil
}
