package files

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// States of a file.
const (
	Open     = "open"
	Whole    = "whole"
	Attached = "attached"
	Refused  = "refused"
	Ended    = "ended"
)

// File is what is known of a file beside its bytes.
type File struct {
	FileID    uuid.UUID
	Centre    string
	CaseID    uuid.UUID
	SubjectID uuid.UUID
	Class     string
	Purpose   string
	OfficerID uuid.UUID
	CreatedAt time.Time
	ExpiresAt *time.Time
	Size      int64
	Stored    int64
	Pieces    int32
	State     string
	Why       string
	Media     string
	Digest    []byte // sealed
	HasThumb  bool
	OpID      *uuid.UUID
}

const columns = `file_id, centre, case_id, subject_id, class, purpose, officer_id, created_at, expires_at, size, stored, pieces,
	state, why, media, digest, has_thumb, op_id`

// problem is why nothing more can be done with an upload, or nil.
func (f *File) problem(now time.Time) error {
	switch {
	case f.State == Refused:
		return contract.NewProblem(contract.Code(f.Why))
	case f.State == Ended, f.ExpiresAt != nil && !f.ExpiresAt.After(now):
		return contract.NewProblem(contract.CodeUploadGone)
	}
	return nil
}

// part is the place of a piece of the file.
func (f *File) part(district int32, what byte, n int32, at int64) seal.Part {
	return seal.Part{District: district, CaseID: f.CaseID, FileID: f.FileID, What: what, N: n, Offset: at}
}

// OpenDigest is the SHA-256 of a whole file.
func (f *File) OpenDigest(district int32, key seal.Key) ([]byte, error) {
	return seal.OpenPart(nil, key, f.Digest, f.part(district, seal.FileDigest, 0, 0))
}

// QueueLoad reads files for an entry; lock keeps them as they are until the
// transaction ends.
func QueueLoad(b *pgx.Batch, district int32, ids []uuid.UUID, lock bool, into map[uuid.UUID]*File) {
	if len(ids) == 0 {
		return
	}
	query := `SELECT ` + columns + ` FROM files WHERE district_id = $1 AND file_id = ANY($2) ORDER BY file_id`
	if lock {
		query += ` FOR UPDATE`
	}
	b.Queue(query, district, ids).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[File])
		for _, f := range list {
			into[f.FileID] = f
		}
		if err != nil {
			return fmt.Errorf("load files: %w", err)
		}
		return nil
	})
}

// QueueAttach notes that an entry says to which case a file belongs.
func QueueAttach(b *pgx.Batch, district int32, file, op uuid.UUID) {
	b.Queue(`UPDATE files SET state = $4, op_id = $3, expires_at = NULL WHERE district_id = $1 AND file_id = $2 AND state = $5`,
		district, file, op, Attached, Whole)
}

// QueueShred deletes the pieces of a case whose key of a class goes in the same
// transaction.
func QueueShred(b *pgx.Batch, district int32, caseID uuid.UUID, class byte) {
	b.Queue(`DELETE FROM file_pieces p USING files f WHERE p.district_id = $1 AND f.district_id = $1 AND p.file_id = f.file_id
		AND f.case_id = $2 AND f.class = $3`, district, caseID, string(class))
}

// Sweep deletes up to limit files of a district whose time is over.
func Sweep(ctx context.Context, tx pgx.Tx, district int32, now time.Time, limit int) (int, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM files WHERE district_id = $1 AND expires_at <= $2 AND file_id IN (
		SELECT file_id FROM files WHERE district_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3)`, district, now, limit)
	if err != nil {
		return 0, fmt.Errorf("sweep files: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// find reads one file.
func find(ctx context.Context, tx pgx.Tx, district int32, id uuid.UUID) (*File, error) {
	found := map[uuid.UUID]*File{}
	b := &pgx.Batch{}
	QueueLoad(b, district, []uuid.UUID{id}, false, found)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, contract.NewProblem(contract.CodeNotFound)
	}
	return found[id], nil
}
