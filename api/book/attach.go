package book

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/files"
	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// kindAttach is the kind of op by which a file that was brought belongs to a case.
const kindAttach = "file.attach"

const (
	purposePhoto   = "photo"
	ofComplaint    = "complaint"
	listPurposes   = "file_purpose"
	listPhotoGrnds = "photo_ground"
)

// filePurpose is under which key of the case a file of a purpose is sealed, and
// of what it may be: a complaint, or a matter of a kind.
type filePurpose struct {
	class byte
	of    []string
}

// purposeOf is the row of a purpose. The code list may grow; what is not known
// here is hers.
func purposeOf(code string) filePurpose {
	switch code {
	case "signatures":
		return filePurpose{seal.Victim, []string{ofComplaint, matterSession}}
	case "evidence", "recording":
		return filePurpose{seal.Victim, []string{ofComplaint, matterFIR}}
	case "undertaking":
		return filePurpose{seal.Suspect, []string{matterPerson}}
	case "paper":
		return filePurpose{seal.Suspect, []string{matterPreventive, matterFIR}}
	case purposePhoto:
		return filePurpose{seal.Suspect, []string{matterPerson, matterPreventive}}
	}
	return filePurpose{seal.Victim, []string{ofComplaint}}
}

// FileWish is a file that an officer begins to bring.
type FileWish struct {
	Key     uuid.UUID // of his phone's, for this file
	Centre  string
	Subject uuid.UUID
	Purpose string
	Ground  string // of a photo
	Size    int64
}

// BeginFile begins an upload for a case that the officer may bring files to. What
// it says of a wish that is wrong points at its fields by their names.
func (b *Book) BeginFile(ctx context.Context, who staff.Caller, w FileWish) (*files.File, error) {
	now := b.now()
	v := b.rules.Load().of(who.District)
	if _, known, _ := v.code(listPurposes, w.Purpose, now); !known {
		return nil, refusal(contract.CodeUnknownCode, "purpose")
	}
	if _, known, _ := v.code(listPhotoGrnds, w.Ground, now); !known && w.Ground != "" {
		return nil, refusal(contract.CodeUnknownCode, "ground")
	}
	place := files.Place{Centre: w.Centre, SubjectID: w.Subject, Purpose: w.Purpose}
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		t := b.newBatch(tx, who.District, w.Centre, &release{})
		if _, err := t.loadSealed(ctx, []uuid.UUID{w.Subject}); err != nil {
			return err
		}
		e := t.sealedOf(w.Subject)
		if e == nil {
			return refuse(contract.CodeUnknownReference, "/subject_id")
		}
		d := &draft{batch: t, kind: kinds[kindAttach], officer: who.OfficerID, posts: who.Posts, receivedAt: now, at: now}
		var ground *string
		if w.Ground != "" {
			ground = &w.Ground
		}
		var err error
		place.CaseID = e.CaseID
		place.Class, err = t.state.filing(d, e, w.Purpose, ground)
		return err
	})
	if p := isProblem(err); p != nil && len(p.Pointer) > 0 {
		return nil, refusal(p.Code, p.Pointer[1:])
	}
	if err != nil {
		return nil, err
	}
	return b.Files.Begin(ctx, who, w.Key, place, w.Size)
}

// filing tells under which key a file is sealed that an officer brings for a
// case, or why he may not: it wants the link to the case that reading all of it
// would, and of a person on the three grounds alone a photo, of a child nothing.
func (s *State) filing(d *draft, e *sealedEntry, code string, ground *string) (class byte, err error) {
	f := s.fileOf(e)
	c, m := s.complaints.get(e.OpID), s.matters.get(e.OpID)
	switch {
	case e.Centre != s.Centre, c == nil && m == nil, f.isAbout(d.officer):
		return 0, refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	case f.declared(d.officer):
		return 0, refuse(contract.CodeConflictOfInterest, d.ptr("/subject_id"))
	case c != nil && c.State == stateTransferred, m != nil && (m.State == struck || m.State == matterQuashed):
		return 0, refuse(contract.CodeWrongState, d.ptr("/subject_id"))
	}
	p, of := purposeOf(code), ofComplaint
	if c == nil {
		of = m.Kind
	}
	reach, err := f.choose(d, e)
	switch {
	case err != nil:
		return 0, err
	case !slices.Contains(p.of, of), of == matterPerson && m.Data.IsChild:
		return 0, refuse(contract.CodeFilePurpose, d.ptr("/purpose"))
	case reach != reachAll && (reach != reachThird || p.class != seal.Suspect):
		return 0, refuse(contract.CodeCaseNotYours, d.ptr("/subject_id"))
	case (code == purposePhoto) != (ground != nil):
		return 0, refuse(contract.CodePhotoGroundRequired, d.ptr("/ground"))
	}
	return p.class, nil
}

func needsFileAttach(d *draft, b *contract.FileAttach, n *needs) {
	n.reads = append(n.reads, b.SubjectID)
	n.complaint(b.SubjectID)
	n.matter(b.SubjectID)
	if d.batch != nil { // not when a book is folded again
		n.files = append(n.files, b.FileID)
	}
}

// checkFileAttach lets who brought a file say that it belongs to the case for
// which he brought it: whole, and the very bytes that he signs for.
func checkFileAttach(s *State, d *draft, b *contract.FileAttach) error {
	e := d.batch.sealedOf(b.SubjectID)
	if e == nil { // it was there when the file was begun
		return refuse(contract.CodeUnknownReference, d.ptr("/subject_id"))
	}
	class, err := s.filing(d, e, b.Purpose, b.Ground)
	if err != nil {
		return err
	}
	row := d.batch.files[b.FileID]
	switch {
	case row == nil || row.OfficerID != d.officer:
		return refuse(contract.CodeUnknownReference, d.ptr("/file_id"))
	case row.State == files.Attached:
		return refuse(contract.CodeAlreadyThere, d.ptr("/file_id"))
	case row.State == files.Open:
		return refuse(contract.CodeFileNotWhole, d.ptr("/file_id"))
	case row.State != files.Whole || !row.ExpiresAt.After(d.receivedAt):
		return refuse(contract.CodeUploadGone, d.ptr("/file_id"))
	case row.SubjectID != b.SubjectID, row.Class != string(class), row.Centre != s.Centre:
		return refuse(contract.CodeWrongReference, d.ptr("/subject_id"))
	case row.Purpose != b.Purpose:
		return refuse(contract.CodeWrongReference, d.ptr("/purpose"))
	case row.Media != b.Media:
		return refuse(contract.CodeWrongReference, d.ptr("/media"))
	case row.Size != b.Size:
		return refuse(contract.CodeWrongReference, d.ptr("/size"))
	}
	if err := d.batch.sameBytes(d, row, e.CaseID, b); err != nil {
		return err
	}
	f := s.fileOf(e)
	d.caseID, d.guarded = e.CaseID, e.Guarded || f.guarded()
	d.seenBy = append(append(d.seenBy, e.OfficerID), f.people()...)
	return nil
}

// sameBytes compares the digest that the officer signs for with that of what
// came.
func (t *batch) sameBytes(d *draft, row *files.File, caseID uuid.UUID, b *contract.FileAttach) error {
	given, other, field, wrong := b.Sha256, b.SuspectSha256, "/sha256", "/suspect_sha256"
	if row.Class[0] == seal.Suspect {
		given, other, field, wrong = other, given, wrong, field
	}
	switch {
	case other != nil:
		return refuse(contract.CodeWrongReference, d.ptr("%s", wrong))
	case given == nil:
		return refuse(contract.CodeMissingField, d.ptr("%s", field))
	}
	said, err := contract.Decode(*given)
	if err != nil {
		return refuse(contract.CodeBadFormat, d.ptr("%s", field))
	}
	key, made, err := t.madeKey(caseID, row.Class[0])
	switch {
	case err != nil:
		return &fault{err}
	case !made:
		return refuse(contract.CodeKeyGone, d.ptr("/file_id"))
	}
	digest, err := row.OpenDigest(t.district, key)
	if err != nil { // sealed under a key that has gone since
		return refuse(contract.CodeKeyGone, d.ptr("/file_id"))
	}
	if subtle.ConstantTimeCompare(digest, said) != 1 {
		return refuse(contract.CodeFileChecksum, d.ptr("%s", field))
	}
	return nil
}

// attach notes that a file belongs to its case from this entry on.
func (t *batch) attach(d *draft, e *Entry) {
	b, ok := d.body.(*contract.FileAttach)
	if !ok {
		return
	}
	row := *t.files[b.FileID]
	row.State, row.OpID, row.ExpiresAt = files.Attached, &e.OpID, nil
	t.files[b.FileID] = &row
	t.attached = append(t.attached, &row)
}

func (t *batch) flushFiles(p *pgx.Batch) {
	for _, f := range t.attached {
		files.QueueAttach(p, t.district, f.FileID, *f.OpID)
	}
}

// applyFileAttach makes it a step of what it belongs to.
func applyFileAttach(s *State, e *Entry, b *contract.FileAttach) []push.Notice {
	if s.complaints.get(b.SubjectID) != nil {
		s.keep(e, s.complaintAt(b.SubjectID))
		return nil
	}
	m := s.matterAt(b.SubjectID)
	s.keepMatter(e, m, nil)
	s.onComplaint(e, m)
	return nil
}

// sweepFiles deletes the files whose time is over and that no entry has.
func (b *Book) sweepFiles(ctx context.Context, district int32) (done int, err error) {
	err = within(ctx, b.Pool, district, pgx.ReadWrite, func(tx pgx.Tx) error {
		done, err = files.Sweep(ctx, tx, district, b.now(), sweepSize)
		return err
	})
	return done, wrap(err, fmt.Sprintf("district %d", district))
}
