package book

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// What of an attached file a read may name, in place of a field.
const (
	fieldFile  = "/file"
	fieldThumb = "/thumbnail"
)

var fileFields = []string{fieldFile, fieldThumb}

// FileRead is what became of the read of a file: its receipt and, if it is
// entered, the bytes.
type FileRead struct {
	Receipt Receipt
	FileID  uuid.UUID
	Media   string
	Thumb   bool
	Bytes   []byte
}

// ReadFile appends one op of the kind identity.read that names a file of a case
// and gives its bytes. They are opened when it is committed that it is entered,
// and only then; should they not open any more, the entry says that they were
// asked for.
func (b *Book) ReadFile(ctx context.Context, who staff.Caller, in Incoming, id uuid.UUID) (*FileRead, error) {
	write, cancel := context.WithTimeout(ctx, b.Deadline)
	defer cancel()
	drafts, err := b.one(write, who, in, kindRead)
	if err != nil {
		return nil, err
	}
	d := drafts[0]
	d.file = id
	if err := b.append(write, who.District, drafts); err != nil {
		return nil, err
	}
	out := &FileRead{Receipt: d.receipt, FileID: id}
	if d.receipt.Outcome != Entered {
		return out, nil
	}
	if d.opened == nil { // a repeat, and too late
		return nil, contract.NewProblem(contract.CodeTooOld)
	}
	out.Media, out.Thumb = d.opened.media, d.opened.thumb
	out.Bytes, err = b.Files.Read(ctx, who.District, id, out.Thumb)
	if p := isProblem(err); p != nil && p.Code == contract.CodeFileChanged {
		if failed := b.fileChanged(ctx, who.District, d, id); failed != nil {
			return nil, failed
		}
	}
	return out, err
}

// alarmFile says that what is stored of a file is not what was brought.
const alarmFile = "file_changed"

// fileChanged has those in charge look at it, once a file however often it is asked for.
func (b *Book) fileChanged(ctx context.Context, district int32, d *draft, id uuid.UUID) error {
	t := &batch{district: district, centre: d.op.Centre, now: b.now()}
	t.alarmOf(alarmFile, id, id, uuid.Nil)
	p := &pgx.Batch{}
	t.queueAlarms(p)
	return within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		return wrap(send(ctx, tx, p), "raise alarm of a file")
	})
}

// openedFile is what a read that is entered may be given.
type openedFile struct {
	media string
	thumb bool
}

// attachedID is the file that an entry attached.
func (e *sealedEntry) attachedID() (uuid.UUID, error) {
	op, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return uuid.Nil, fmt.Errorf("read entry: %w", err)
	}
	open, err := openBody(op, report)
	if err != nil {
		return uuid.Nil, err
	}
	body, err := contract.DecodeBody[contract.FileAttach](open)
	return body.FileID, err
}

// fileSpans are the pieces of a file that a read names, as if they were fields.
// That a case is guarded keeps a file from all but those named on it, whoever
// brought it.
func (t *batch) fileSpans(d *draft, e *sealedEntry, f *file, b *contract.IdentityRead) ([]contract.Span, error) {
	if e.Kind != kindAttach || d.file == uuid.Nil {
		return nil, refuse(contract.CodeUnknownReference, d.ptr("/fields/0"))
	}
	id, err := e.attachedID()
	if err != nil {
		return nil, &fault{err}
	}
	row := t.files[id]
	switch {
	case id != d.file, row == nil:
		return nil, refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	case len(b.Fields) != 1:
		return nil, refuse(contract.CodeTooMany, d.ptr("/fields"))
	case !slices.Contains(fileFields, b.Fields[0]), b.Fields[0] == fieldThumb && !row.HasThumb:
		return nil, refuse(contract.CodeUnknownReference, d.ptr("/fields/0"))
	case (e.Guarded || f.guarded()) && !f.names(d.officer) && !f.broken(d.officer, d.receivedAt):
		return nil, refuse(contract.CodeNotNamed, d.ptr("/subject_id"))
	}
	return []contract.Span{{Pointer: b.Fields[0], Class: row.Class[0]}}, nil
}

// openFile notes which file a read is given once it is committed.
func (t *batch) openFile(d *draft, b *contract.IdentityRead) error {
	e := t.sealedOf(b.SubjectID)
	if e == nil || e.Kind != kindAttach || len(b.Fields) != 1 || !slices.Contains(fileFields, b.Fields[0]) {
		return nil // a repeat of another read
	}
	id, err := e.attachedID()
	if err != nil || id != d.file {
		return err
	}
	row := t.files[id]
	if row == nil {
		return errors.New("file of an entry is missing")
	}
	d.opened = &openedFile{media: row.Media, thumb: b.Fields[0] == fieldThumb}
	return nil
}
