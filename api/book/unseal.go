package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/files"
	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// kindRead is the kind of op by which an officer reads sealed fields.
const kindRead = "identity.read"

// readAgain is how long the plain text is given again to the same op: for an
// answer that was lost on the way.
const readAgain = 10 * time.Minute

// PlainField is the plain value of a sealed field, as the JSON that its officer
// signed.
type PlainField struct {
	Pointer string
	Value   seal.Text
}

// Unsealed is what became of a read: its receipt and, if it is entered, the
// fields that it asked for.
type Unsealed struct {
	Receipt Receipt
	Fields  []PlainField
}

// Unseal appends one op of the kind identity.read and gives the plain text of
// the fields that it names. They are opened in the transaction that enters it
// and handed out only when that is committed: nobody reads a sealed field
// without an entry that says so. They go to the officer who made the op, not to
// another on the same handset.
func (b *Book) Unseal(ctx context.Context, who staff.Caller, in Incoming) (*Unsealed, error) {
	ctx, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	d, err := b.single(ctx, who, in, kindRead)
	if err != nil {
		return nil, err
	}
	return &Unsealed{Receipt: d.receipt, Fields: d.plain}, nil
}

// single appends one op of a kind whose answer is for the officer who made it.
func (b *Book) single(ctx context.Context, who staff.Caller, in Incoming, kind contract.Kind) (*draft, error) {
	drafts, err := b.one(ctx, who, in, kind)
	if err != nil {
		return nil, err
	}
	if err := b.append(ctx, who.District, drafts); err != nil {
		return nil, err
	}
	return drafts[0], nil
}

// one is the draft of such an op.
func (b *Book) one(ctx context.Context, who staff.Caller, in Incoming, kind contract.Kind) ([]*draft, error) {
	if len(in.Items) != 1 {
		return nil, fmt.Errorf("%s: one op at a time", kind)
	}
	drafts, err := b.receive(ctx, who, in)
	if err != nil {
		return nil, err
	}
	d := drafts[0]
	switch {
	case d.settled():
	case d.op.Kind != kind:
		d.refused(refusal(contract.CodeBadKind, "/kind"))
	case d.officer != who.OfficerID:
		d.refused(refusal(contract.CodeForbidden, "/session_id"))
	}
	d.reads = true
	return drafts, nil
}

// sealedEntry is an entry of any book of the district as far as it takes to
// read its sealed fields.
type sealedEntry struct {
	Centre    string
	OpID      uuid.UUID
	Kind      string
	CaseID    uuid.UUID
	OfficerID uuid.UUID
	Guarded   bool
	Sealed    []byte
	Twin      *uuid.UUID // the matter of the same FIR in another station's book
}

// loadSealed reads the entries whose sealed fields are asked for, with the
// complaints and matters here that they belong to, and returns their cases.
func (t *batch) loadSealed(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	// One look into the index for each id, as in queueKnown.
	rows, err := t.tx.Query(ctx, `SELECT e.centre, e.op_id, e.kind, e.case_id, e.officer_id, e.guarded, e.sealed,
			(SELECT (m.data::json ->> 'twin_id')::uuid FROM matters m WHERE m.district_id = $1 AND m.matter_id = coalesce(
				(SELECT l.subject_id FROM json_to_recordset(e.lines::json) AS x (register text, year int, serial bigint), LATERAL (
					SELECT subject_id FROM lines WHERE district_id = $1 AND centre = e.centre AND register = x.register
						AND year = x.year AND serial = x.serial LIMIT 1) l WHERE x.register = 'fir' LIMIT 1), u.id))
		FROM unnest($2::uuid[]) AS u (id),
		LATERAL (SELECT centre, seq FROM ops WHERE district_id = $1 AND op_id = u.id LIMIT 1) o
		JOIN entries e ON e.district_id = $1 AND e.centre = o.centre AND e.seq = o.seq`, t.district, ids)
	if err != nil {
		return nil, fmt.Errorf("read sealed entries: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[sealedEntry])
	if err != nil {
		return nil, fmt.Errorf("read sealed entries: %w", err)
	}
	var cases, matters, attached []uuid.UUID
	for _, e := range list {
		if e.Kind == kindAttach {
			id, err := e.attachedID()
			if err != nil {
				return nil, err
			}
			attached = append(attached, id)
		}
		t.sealed[e.OpID] = e
		cases, matters = append(cases, e.CaseID), append(matters, e.CaseID)
		if e.Twin != nil {
			matters = append(matters, *e.Twin)
		}
	}
	p := &pgx.Batch{}
	files.QueueLoad(p, t.district, attached, false, t.files)
	t.state.queueCases(p, cases, matters)
	return cases, wrap(send(ctx, t.tx, p), "read cases")
}

// queueCases reads the complaints of cases, what hangs on them, the matters that
// stand by themselves and the clocks of their feedback.
func (s *State) queueCases(b *pgx.Batch, cases, matters []uuid.UUID) {
	// Most complaints are their own case; only the others stand in the index of cases.
	const those = `(SELECT x.* FROM unnest($3::uuid[]) AS u (id), LATERAL (
		SELECT * FROM complaints WHERE district_id = $1 AND complaint_id = u.id AND case_id = u.id UNION ALL
		SELECT * FROM complaints WHERE district_id = $1 AND case_id = u.id AND case_id <> complaint_id) x WHERE x.centre = $2) c`
	// The ids are gathered first, so that the indexes find what hangs on them.
	const ofCases = `ANY(ARRAY(SELECT complaint_id FROM ` + those + `))`
	b.Queue(`SELECT `+complaintColumns+` FROM `+those, s.District, s.Centre, cases).Query(s.takeComplaints)
	b.Queue(`SELECT `+matterColumns+` FROM matters WHERE district_id = $1 AND centre = $2
		AND (matter_id = ANY($4) OR complaint_id = `+ofCases+`)`, s.District, s.Centre, cases, matters).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanMatter)
		for _, m := range list {
			s.matters.load(m.MatterID, m)
		}
		return wrap(err, "read matters")
	})
	b.Queue(`SELECT `+clockColumns+` FROM clock_lists WHERE district_id = $1 AND centre = $2
		AND subject_id = `+ofCases, s.District, s.Centre, cases).Query(s.takeClocks)
}

// sealedOf finds an entry that was loaded, or that this transaction made.
func (t *batch) sealedOf(id uuid.UUID) *sealedEntry {
	if e := t.sealed[id]; e != nil {
		return e
	}
	for _, e := range t.entries {
		if e.OpID == id {
			return &sealedEntry{
				Centre: e.Centre, OpID: e.OpID, Kind: e.Kind, CaseID: e.CaseID, OfficerID: e.OfficerID, Guarded: e.Guarded, Sealed: e.Sealed,
			}
		}
	}
	return nil
}

func needsIdentityRead(d *draft, b *contract.IdentityRead, n *needs) {
	n.reads = append(n.reads, b.SubjectID)
	if b.TaskID != nil {
		n.task(*b.TaskID)
	}
	if d.batch != nil { // not when a book is folded again
		n.readers = append(n.readers, d.officer)
	}
}

// checkIdentityRead lets an officer read sealed fields whose duty needs them:
// by post, link to the case and reason (design: a right that no duty needs is
// not granted). It goes by the posts and links of now, whatever time the phone
// names, for the text is read now.
func checkIdentityRead(s *State, d *draft, b *contract.IdentityRead) error {
	e := d.batch.sealedOf(b.SubjectID)
	if e == nil {
		return refuse(contract.CodeUnknownReference, "/body/subject_id")
	}
	f := s.fileOf(e)
	if f.isAbout(d.officer) {
		d.batch.raise(d, whyComplainedOf, f.complaint())
	}
	if e.Centre != s.Centre && !f.came() && !f.received(e) || f.isAbout(d.officer) {
		// What stands in another book, or is about himself, he does not learn of.
		return refuse(contract.CodeUnknownReference, "/body/subject_id")
	}
	if f.declared(d.officer) {
		return d.batch.partial(d, whyInterest, f)
	}
	covers, err := f.covering(d, e, b)
	if err != nil {
		return err
	}
	if d.batch.hasNumberOf(d.officer, e.CaseID) { // only who may read else learns of it
		return d.batch.partial(d, whyOwnNumber, f)
	}
	spans, err := d.batch.spansOf(d, e, f, b)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(spans, func(x contract.Span) bool { return !covers(x) }); i >= 0 {
		return refuse(contract.CodeCaseNotYours, d.ptr("/fields/%d", i))
	}
	_, gone, err := d.batch.keysFor(e.CaseID, spans)
	switch {
	case err != nil:
		return &fault{err}
	case gone:
		return refuse(contract.CodeKeyGone, "/body/subject_id")
	}
	if err := d.batch.spend(d); err != nil {
		return err
	}
	d.caseID, d.guarded = e.CaseID, e.Guarded || f.guarded()
	d.seenBy = append(append(d.seenBy, e.OfficerID), f.people()...)
	return nil
}

// spansOf finds what a read names in an entry, field by field.
func (t *batch) spansOf(d *draft, e *sealedEntry, f *file, b *contract.IdentityRead) ([]contract.Span, error) {
	if d.file != uuid.Nil || slices.ContainsFunc(b.Fields, func(p string) bool { return slices.Contains(fileFields, p) }) {
		return t.fileSpans(d, e, f, b)
	}
	_, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return nil, &fault{fmt.Errorf("read sealed entry: %w", err)}
	}
	spans := make([]contract.Span, len(b.Fields))
	for i, field := range b.Fields {
		if slices.Contains(codeFields, field) {
			return nil, refuse(contract.CodeUnknownReference, d.ptr("/fields/%d", i))
		}
		at := slices.IndexFunc(report.Sealed, func(x contract.Span) bool { return x.Pointer == field })
		if at < 0 {
			return nil, refuse(contract.CodeUnknownReference, d.ptr("/fields/%d", i))
		}
		spans[i] = report.Sealed[at]
	}
	return spans, nil
}

// codeFields hold the code of a sheet (marker.go): sealed so that it stands nowhere, and
// no duty needs it.
var codeFields = []string{"/body/marker", "/body/visit/marker"} //nolint:gochecknoglobals // a static table

// keysFor finds the keys that open fields; gone tells that one was destroyed.
func (t *batch) keysFor(caseID uuid.UUID, spans []contract.Span) (keys seal.Keys, gone bool, err error) {
	keys = seal.Keys{}
	for _, s := range spans {
		k, made, err := t.madeKey(caseID, s.Class)
		if err != nil {
			return nil, false, err
		}
		gone = gone || !made
		keys[s.Class] = k
	}
	return keys, gone, nil
}

// unseal opens what the reads of this transaction asked for, once they are
// numbered. A read that was entered before is given its text again for a while,
// unless the key has gone since.
func (t *batch) unseal(drafts []*draft) error {
	for _, d := range drafts {
		if !d.reads || d.receipt.Outcome != Entered {
			continue
		}
		if d.receipt.Repeated && d.receivedAt.Sub(d.receipt.Entry.ReceivedAt) > readAgain {
			continue
		}
		b, ok := d.body.(*contract.IdentityRead)
		if !ok {
			continue
		}
		open := t.open
		if d.file != uuid.Nil {
			open = t.openFile
		}
		if err := open(d, b); err != nil {
			return &fault{fmt.Errorf("unseal: %w", err)}
		}
	}
	return nil
}

// open puts the fields of an entry in the open.
func (t *batch) open(d *draft, b *contract.IdentityRead) error {
	e := t.sealedOf(b.SubjectID)
	if e == nil {
		return fmt.Errorf("entry %s is missing", b.SubjectID)
	}
	_, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return fmt.Errorf("read entry: %w", err)
	}
	asked := func(s contract.Span) bool { return slices.Contains(b.Fields, s.Pointer) }
	spans := slices.DeleteFunc(report.Sealed, func(s contract.Span) bool { return !asked(s) })
	keys, gone, err := t.keysFor(e.CaseID, spans)
	if err != nil || gone {
		return err
	}
	raw, err := seal.UnsealDoc(e.Sealed, spans, nil, keys, seal.Where{District: t.district, Centre: e.Centre, OpID: e.OpID})
	if err != nil {
		return err
	}
	if _, report, err = contract.DecodeSealedOp(raw); err != nil {
		return fmt.Errorf("read opened entry: %w", err)
	}
	for _, s := range report.Sealed {
		if asked(s) {
			d.plain = append(d.plain, PlainField{Pointer: s.Pointer, Value: seal.NewText(string(raw[s.Start:s.End]))})
		}
	}
	return nil
}
