package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// MaxSize is the largest file that is taken.
const MaxSize = 10 << 20

const (
	// openFor is how long an upload may take, keptFor how long a whole file waits
	// for the op that attaches it: a phone may be without network for days.
	openFor = 24 * time.Hour
	keptFor = 7 * 24 * time.Hour
	// step is how long one look into the database may take.
	step = 5 * time.Second
)

// Quota is what may be brought in 24 hours, files that were refused or given up
// included, and how many of an officer's may be unfinished at once.
type Quota struct {
	OfficerFiles, CentreFiles int64
	OfficerBytes, CentreBytes int64
	Unfinished                int64
}

// DefaultQuota is far above what a day at a centre brings: some complaints, each
// with a paper or two.
func DefaultQuota() Quota {
	return Quota{OfficerFiles: 200, CentreFiles: 1000, OfficerBytes: 400 << 20, CentreBytes: 2 << 30, Unfinished: 20}
}

// Options are what a Store is made of. The zero Quota is the default.
type Options struct {
	Pool  *pgxpool.Pool
	Keys  *seal.Keyset
	Now   func() time.Time
	Quota Quota
}

// Store keeps the files of all districts of one database.
type Store struct {
	Options
	looks chan struct{} // a picture takes memory while it is decoded: one at a time
	reads chan struct{}
}

// readsAtOnce bounds the memory of what is on its way to phones.
const readsAtOnce = 4

// New returns a Store.
func New(o Options) *Store {
	if o.Quota == (Quota{}) {
		o.Quota = DefaultQuota()
	}
	return &Store{Options: o, looks: make(chan struct{}, 1), reads: make(chan struct{}, readsAtOnce)}
}

// Place is to which case a file is brought: the book says whether it may be.
type Place struct {
	Centre    string
	CaseID    uuid.UUID
	SubjectID uuid.UUID
	Class     byte
	Purpose   string
}

// now is the server's time in whole milliseconds.
func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// within runs f in a transaction of the district, and no longer than a step.
func (s *Store) within(ctx context.Context, district int32, mode pgx.TxAccessMode, f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, step)
	defer cancel()
	begin := "BEGIN " + string(mode) + "; " + fmt.Sprintf("SET LOCAL app.district_id = '%d'", district)
	tx, err := s.Pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// IDOf is the id of the file that an officer brings under a key of his phone's.
func IDOf(district int32, officer, key uuid.UUID) uuid.UUID {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "kendra file id 1\n%d\n", district)
	h.Write(officer[:])
	h.Write(key[:])
	var id uuid.UUID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Begin makes a file that is open. Asked again under the same key it is the same
// file, however far it has come.
func (s *Store) Begin(ctx context.Context, who staff.Caller, key uuid.UUID, p Place, size int64) (*File, error) {
	if size > MaxSize {
		return nil, contract.NewProblem(contract.CodeFileTooLarge)
	}
	if size < 1 {
		return nil, contract.NewProblem(contract.CodeFileBroken)
	}
	now := s.now()
	until := now.Add(openFor)
	f := &File{
		FileID: IDOf(who.District, who.OfficerID, key), Centre: p.Centre, CaseID: p.CaseID, SubjectID: p.SubjectID, Class: string(p.Class),
		Purpose: p.Purpose, OfficerID: who.OfficerID, CreatedAt: now, ExpiresAt: &until, Size: size, State: Open,
	}
	begin := func() error {
		return s.within(ctx, who.District, pgx.ReadWrite, func(ctx context.Context, tx pgx.Tx) error {
			return s.begin(ctx, tx, who.District, f)
		})
	}
	err := begin()
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) && e.ConstraintName == "case_keys_pkey" {
		err = begin() // somebody else made the key of the case at this moment
	}
	if err != nil {
		return nil, fmt.Errorf("begin file: %w", err)
	}
	return f, nil
}

func (s *Store) begin(ctx context.Context, tx pgx.Tx, district int32, f *File) error {
	found := map[uuid.UUID]*File{}
	wrapped := map[uuid.UUID][]seal.Wrapped{}
	b := &pgx.Batch{}
	// Who brings two at once, through two processes, is counted one after the other.
	staff.QueueLock(b, district, []uuid.UUID{f.OfficerID}, func(uuid.UUID, [][]byte) {})
	b.Queue(`SELECT pg_advisory_xact_lock($1, hashtext($2))`, district, "files of "+f.Centre)
	QueueLoad(b, district, []uuid.UUID{f.FileID}, false, found)
	seal.QueueLoadKeys(b, district, []uuid.UUID{f.CaseID}, wrapped)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("look for file: %w", err)
	}
	if old := found[f.FileID]; old != nil {
		if old.Size != f.Size || old.SubjectID != f.SubjectID || old.Purpose != f.Purpose || old.Centre != f.Centre {
			return contract.NewProblem(contract.CodeAlreadyThere)
		}
		*f = *old
		return nil
	}
	if err := s.counts(ctx, tx, district, f); err != nil {
		return err
	}
	b = &pgx.Batch{}
	switch w := wrappedOf(wrapped[f.CaseID], f.Class); {
	case w != nil && w.IsGone(): // what it would be sealed under was destroyed
		return contract.NewProblem(contract.CodeKeyGone)
	case w == nil:
		_, w, err := s.Keys.NewKey(district, f.CaseID, f.Class[0])
		if err != nil {
			return err
		}
		seal.QueueInsertKeys(b, district, []seal.Wrapped{w}, f.CreatedAt)
	}
	b.Queue(`INSERT INTO files (district_id, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, '', '', NULL, false, NULL)`,
		district, f.FileID, f.Centre, f.CaseID, f.SubjectID, f.Class, f.Purpose, f.OfficerID, f.CreatedAt, f.ExpiresAt, f.Size, f.State)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("begin file: %w", err)
	}
	return nil
}

// counts refuses what is above the quota of the officer or of the centre.
func (s *Store) counts(ctx context.Context, tx pgx.Tx, district int32, f *File) error {
	const day = 24 * time.Hour
	var mine, mineBytes, open, centre, centreBytes int64
	var oldest *time.Time
	if err := tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(size), 0), count(*) FILTER (WHERE state = $4), min(created_at)
		FROM files WHERE district_id = $1 AND officer_id = $2 AND created_at > $3`,
		district, f.OfficerID, f.CreatedAt.Add(-day), Open).Scan(&mine, &mineBytes, &open, &oldest); err != nil {
		return fmt.Errorf("count files: %w", err)
	}
	if err := tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(size), 0) FROM files
		WHERE district_id = $1 AND centre = $2 AND created_at > $3`, district, f.Centre, f.CreatedAt.Add(-day)).Scan(&centre, &centreBytes); err != nil {
		return fmt.Errorf("count files: %w", err)
	}
	q := s.Quota
	if mine < q.OfficerFiles && mineBytes+f.Size <= q.OfficerBytes && open < q.Unfinished &&
		centre < q.CentreFiles && centreBytes+f.Size <= q.CentreBytes {
		return nil
	}
	wait := time.Hour
	if oldest != nil {
		wait = max(time.Minute, min(wait, oldest.Add(day).Sub(f.CreatedAt)))
	}
	return contract.NewProblem(contract.CodeFileQuota, contract.WithRetryAfter(wait))
}

func wrappedOf(list []seal.Wrapped, class string) *seal.Wrapped {
	for i := range list {
		if string(list[i].Class) == class {
			return &list[i]
		}
	}
	return nil
}

// key opens the key of a file's case.
func (s *Store) key(ctx context.Context, tx pgx.Tx, district int32, f *File) (seal.Key, error) {
	wrapped := map[uuid.UUID][]seal.Wrapped{}
	b := &pgx.Batch{}
	seal.QueueLoadKeys(b, district, []uuid.UUID{f.CaseID}, wrapped)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return seal.Key{}, fmt.Errorf("load key of file: %w", err)
	}
	w := wrappedOf(wrapped[f.CaseID], f.Class)
	if w == nil || w.IsGone() {
		return seal.Key{}, contract.NewProblem(contract.CodeKeyGone)
	}
	return s.Keys.Unwrap(district, *w)
}

// Mine finds a file that an officer brings. Those of others are not there.
func (s *Store) Mine(ctx context.Context, who staff.Caller, id uuid.UUID) (*File, error) {
	f, _, err := s.mine(ctx, who, id, false)
	return f, err
}

func (s *Store) mine(ctx context.Context, who staff.Caller, id uuid.UUID, open bool) (f *File, key seal.Key, err error) {
	err = s.within(ctx, who.District, pgx.ReadOnly, func(ctx context.Context, tx pgx.Tx) error {
		if f, err = find(ctx, tx, who.District, id); err != nil {
			return err
		}
		if f.OfficerID != who.OfficerID {
			return contract.NewProblem(contract.CodeNotFound)
		}
		if err := f.problem(s.now()); err != nil || !open {
			return err
		}
		key, err = s.key(ctx, tx, who.District, f)
		return err
	})
	if err != nil {
		return nil, seal.Key{}, fmt.Errorf("find file: %w", err)
	}
	return f, key, nil
}

// End gives an upload up: what has arrived is deleted. What is attached stays.
func (s *Store) End(ctx context.Context, who staff.Caller, id uuid.UUID) error {
	f, err := s.Mine(ctx, who, id)
	if err != nil {
		return err
	}
	return s.stop(ctx, who.District, f, Ended, "")
}

// stop deletes what has arrived of a file and keeps that it was there, so that it
// counts.
func (s *Store) stop(ctx context.Context, district int32, f *File, state string, why contract.Code) error {
	err := s.within(ctx, district, pgx.ReadWrite, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE files SET state = $3, why = $4, stored = 0, pieces = 0, media = '', digest = NULL, has_thumb = false
			WHERE district_id = $1 AND file_id = $2 AND state IN ('open', 'whole')`, district, f.FileID, state, string(why))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return contract.NewProblem(contract.CodeUploadOffset)
		}
		_, err = tx.Exec(ctx, `DELETE FROM file_pieces WHERE district_id = $1 AND file_id = $2`, district, f.FileID)
		return err
	})
	if err != nil {
		return fmt.Errorf("end file: %w", err)
	}
	return nil
}
