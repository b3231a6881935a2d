package files

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/media"
	"kendra/api/seal"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

const (
	// pieceSize is how much is sealed at once. What has not filled a piece when the
	// line is cut is a smaller one.
	pieceSize = 128 << 10
	// mostPieces bounds who sends a file byte by byte.
	mostPieces = 4000
)

// Checksum is what the bytes of one request must come to.
type Checksum struct {
	Hash hash.Hash
	Want []byte
}

// Write stores what a request brings, from an offset on, piece by piece as it
// arrives. What arrived before a line is cut stays. When all of the file is there
// it is looked at. The file is returned as it then stands, with an error too.
func (s *Store) Write(ctx context.Context, who staff.Caller, id uuid.UUID, offset, length int64, sum *Checksum, body io.Reader) (*File, error) {
	f, key, err := s.mine(ctx, who, id, true)
	if err != nil {
		return nil, err
	}
	switch {
	case offset != f.Stored:
		return f, contract.NewProblem(contract.CodeUploadOffset)
	case length > f.Size-offset: // before any of it is read
		return f, contract.NewProblem(contract.CodeFileTooLarge)
	}
	if sum != nil {
		body = io.TeeReader(body, sum.Hash)
	}
	w := &writing{store: s, district: who.District, file: f, key: key, from: f.Stored, fromPieces: f.Pieces}
	cut := w.take(ctx, body)
	var p *contract.Problem
	if errors.As(cut, &p) {
		return f, cut
	}
	if cut == nil && sum != nil && subtle.ConstantTimeCompare(sum.Hash.Sum(nil), sum.Want) != 1 {
		return f, w.back(ctx)
	}
	if f.State == Open && f.Stored == f.Size {
		return f, s.finish(ctx, who.District, f, key)
	}
	return f, cut
}

// writing is one request's bytes on their way into a file.
type writing struct {
	store      *Store
	district   int32
	file       *File
	key        seal.Key
	from       int64
	fromPieces int32
}

// take reads to the end of the body, or of the file. The body says io.EOF at its
// end alone, and something else where its line was cut.
func (w *writing) take(ctx context.Context, body io.Reader) error {
	buffer := make([]byte, pieceSize)
	defer clear(buffer)
	for f := w.file; f.Stored < f.Size; {
		n, err := io.ReadFull(body, buffer[:min(pieceSize, f.Size-f.Stored)])
		if n > 0 {
			if failed := w.piece(context.WithoutCancel(ctx), buffer[:n]); failed != nil {
				return failed
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // the body is over; a line that is cut says otherwise
			return nil
		case err != nil:
			return fmt.Errorf("read upload: %w", err)
		}
	}
	if n, _ := io.ReadFull(body, buffer[:1]); n > 0 {
		return contract.NewProblem(contract.CodeFileTooLarge)
	}
	return nil
}

// piece seals and stores one piece, if the file is still where this request
// found it.
func (w *writing) piece(ctx context.Context, plain []byte) error {
	f := w.file
	if f.Stored == 0 && (len(plain) >= media.SniffSize || int64(len(plain)) == f.Size) {
		if _, err := media.Sniff(plain); err != nil {
			return w.store.refuse(ctx, w.district, f, err)
		}
	}
	if f.Pieces >= mostPieces {
		return contract.NewProblem(contract.CodeTooMany)
	}
	sealed, err := seal.SealPart(w.key, plain, f.part(w.district, seal.FileData, f.Pieces, f.Stored))
	if err != nil {
		return err
	}
	size := int64(len(plain))
	err = w.store.within(ctx, w.district, pgx.ReadWrite, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE files SET stored = stored + $5, pieces = pieces + 1
			WHERE district_id = $1 AND file_id = $2 AND stored = $3 AND pieces = $4 AND state = 'open' AND expires_at > $6`,
			w.district, f.FileID, f.Stored, f.Pieces, size, w.store.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 { // another request is ahead, or it was given up
			return contract.NewProblem(contract.CodeUploadOffset)
		}
		_, err = tx.Exec(ctx, `INSERT INTO file_pieces (district_id, file_id, what, n, at, sealed) VALUES ($1, $2, $3, $4, $5, $6)`,
			w.district, f.FileID, string(rune(seal.FileData)), f.Pieces, f.Stored, sealed)
		return err
	})
	if err != nil {
		return fmt.Errorf("store piece: %w", err)
	}
	f.Stored += size
	f.Pieces++
	return nil
}

// back forgets what a request brought whose checksum is another.
func (w *writing) back(ctx context.Context) error {
	f := w.file
	err := w.store.within(ctx, w.district, pgx.ReadWrite, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE files SET stored = $5, pieces = $6
			WHERE district_id = $1 AND file_id = $2 AND stored = $3 AND pieces = $4 AND state = 'open'`,
			w.district, f.FileID, f.Stored, f.Pieces, w.from, w.fromPieces)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM file_pieces WHERE district_id = $1 AND file_id = $2 AND n >= $3`, w.district, f.FileID, w.fromPieces)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget pieces: %w", err)
	}
	f.Stored, f.Pieces = w.from, w.fromPieces
	return contract.NewProblem(contract.CodeFileChecksum)
}

// finish looks at a file that is all there and notes what it is. Two processes
// may do so: it comes to the same.
func (s *Store) finish(ctx context.Context, district int32, f *File, key seal.Key) error {
	select {
	case s.looks <- struct{}{}:
		defer func() { <-s.looks }()
	case <-ctx.Done():
		return contract.NewProblem(contract.CodeOverloaded)
	}
	ctx = context.WithoutCancel(ctx)
	data, err := s.data(ctx, district, f, key)
	if err != nil {
		return err
	}
	defer clear(data)
	info, err := media.Look(data)
	if err != nil {
		return s.refuse(ctx, district, f, err)
	}
	digest := sha256.Sum256(data)
	sealedDigest, err := seal.SealPart(key, digest[:], f.part(district, seal.FileDigest, 0, 0))
	if err != nil {
		return err
	}
	var thumb []byte
	if info.Thumbnail != nil {
		if thumb, err = seal.SealPart(key, info.Thumbnail, f.part(district, seal.FileThumb, 0, 0)); err != nil {
			return err
		}
	}
	until := s.now().Add(keptFor)
	err = s.within(ctx, district, pgx.ReadWrite, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE files SET state = 'whole', media = $3, digest = $4, has_thumb = $5, expires_at = $6
			WHERE district_id = $1 AND file_id = $2 AND state = 'open' AND stored = size`,
			district, f.FileID, string(info.Media), sealedDigest, thumb != nil, until)
		if err != nil || tag.RowsAffected() == 0 || thumb == nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO file_pieces (district_id, file_id, what, n, at, sealed) VALUES ($1, $2, $3, 0, 0, $4)`,
			district, f.FileID, string(rune(seal.FileThumb)), thumb)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish file: %w", err)
	}
	f.State, f.Media, f.HasThumb, f.ExpiresAt = Whole, string(info.Media), thumb != nil, &until
	return nil
}

// refuse ends a file for what it is, and says so.
func (s *Store) refuse(ctx context.Context, district int32, f *File, why error) error {
	code := contract.CodeFileBroken
	switch {
	case errors.Is(why, media.ErrUnknown):
		code = contract.CodeFileType
	case errors.Is(why, media.ErrPixels):
		code = contract.CodeFilePixels
	case errors.Is(why, media.ErrActive):
		code = contract.CodeFileActive
	case !errors.Is(why, media.ErrBroken):
		return why
	}
	if err := s.stop(ctx, district, f, Refused, code); err != nil {
		return err
	}
	return contract.NewProblem(code)
}

// data opens all pieces of a file.
func (s *Store) data(ctx context.Context, district int32, f *File, key seal.Key) ([]byte, error) {
	out := make([]byte, 0, f.Size)
	err := s.within(ctx, district, pgx.ReadOnly, func(ctx context.Context, tx pgx.Tx) (err error) {
		out, err = s.pieces(ctx, tx, district, f, key, seal.FileData, out)
		return err
	})
	if err == nil && int64(len(out)) != f.Size {
		err = errors.New("a piece is missing")
	}
	if err != nil {
		clear(out)
		return nil, fmt.Errorf("open file: %w", err)
	}
	return out, nil
}

func (s *Store) pieces(ctx context.Context, tx pgx.Tx, district int32, f *File, key seal.Key, what byte, out []byte) ([]byte, error) {
	rows, err := tx.Query(ctx, `SELECT n, at, sealed FROM file_pieces WHERE district_id = $1 AND file_id = $2 AND what = $3 ORDER BY n`,
		district, f.FileID, string(rune(what)))
	if err != nil {
		return out, err
	}
	var n int32
	var at int64
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &at, &sealed}, func() error {
		if at != int64(len(out)) {
			return errMissing
		}
		out, err = seal.OpenPart(out, key, sealed, f.part(district, what, n, at))
		return err
	})
	return out, err
}

var (
	errMissing = errors.New("a piece is missing")
	errOthers  = errors.New("not the bytes that were brought")
)

// changed makes of what is wrong with stored bytes the problem that says so.
func changed(err error) error {
	if errors.Is(err, seal.ErrBroken) || errors.Is(err, errMissing) || errors.Is(err, errOthers) {
		return contract.NewProblem(contract.CodeFileChanged, contract.WithCause(err))
	}
	return err
}

// Read opens an attached file, or its thumbnail, once the book has entered who
// reads it. The bytes are those that were brought, or there are none.
func (s *Store) Read(ctx context.Context, district int32, id uuid.UUID, thumb bool) ([]byte, error) {
	select {
	case s.reads <- struct{}{}:
		defer func() { <-s.reads }()
	case <-ctx.Done():
		return nil, contract.NewProblem(contract.CodeOverloaded)
	}
	var out []byte
	err := s.within(ctx, district, pgx.ReadOnly, func(ctx context.Context, tx pgx.Tx) error {
		f, err := find(ctx, tx, district, id)
		if err != nil {
			return err
		}
		if f.State != Attached || thumb && !f.HasThumb {
			return contract.NewProblem(contract.CodeNotFound)
		}
		key, err := s.key(ctx, tx, district, f)
		if err != nil {
			return err
		}
		if thumb {
			out, err = s.pieces(ctx, tx, district, f, key, seal.FileThumb, nil)
			return err
		}
		if out, err = s.pieces(ctx, tx, district, f, key, seal.FileData, make([]byte, 0, f.Size)); err != nil {
			return err
		}
		want, err := f.OpenDigest(district, key)
		if err != nil {
			return err
		}
		if got := sha256.Sum256(out); int64(len(out)) != f.Size || subtle.ConstantTimeCompare(got[:], want) != 1 {
			return errOthers
		}
		return nil
	})
	if err != nil {
		clear(out)
		return nil, fmt.Errorf("read file: %w", changed(err))
	}
	return out, nil
}

// Until is when the phone must have finished, or nil.
func (f *File) Until() *time.Time {
	if f.State == Open || f.State == Whole {
		return f.ExpiresAt
	}
	return nil
}
