package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// nonceLife is how long a nonce may be used.
const nonceLife = 2 * time.Minute

const (
	nonceRandom = 16 // 128 bits
	nonceBody   = 8 + nonceRandom
)

// Nonce makes a challenge: its end and 128 random bits under a MAC. Nothing is stored until it is spent, so that asking
// for nonces costs the database nothing.
func (s *Service) Nonce() string {
	b := make([]byte, 8, nonceBody+sha256.Size)
	binary.BigEndian.PutUint64(b, uint64(s.now().Add(nonceLife).UnixMilli()))
	b = append(b, randomBytes(nonceRandom)...)
	return contract.Encode(append(b, s.nonceMAC(b)...))
}

func (s *Service) nonceMAC(body []byte) []byte {
	mac := hmac.New(sha256.New, s.keys.nonce)
	mac.Write(body)
	return mac.Sum(nil)
}

// nonceEnds tells whether a nonce is one of ours and alive, and until when; spendOpening must follow, in the
// transaction of the call.
func (s *Service) nonceEnds(text string) (ends time.Time, ok bool) {
	b, err := contract.Decode(text)
	if err != nil || len(b) != nonceBody+sha256.Size || !hmac.Equal(b[nonceBody:], s.nonceMAC(b[:nonceBody])) {
		return time.Time{}, false
	}
	ends = time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
	return ends, s.now().Before(ends)
}

// spendOpening spends the id of a proof and its nonce, whichever process the call came to.
func (s *Service) spendOpening(ctx context.Context, tx pgx.Tx, district int32, o opening) error {
	fresh, err := spend(ctx, tx, district, "jti\n"+o.thumbprint+"\n"+o.id, o.ends)
	if err != nil {
		return fmt.Errorf("spend proof: %w", err)
	}
	if !fresh {
		return refuse(contract.CodeDPoPReplayed)
	}
	if fresh, err = spend(ctx, tx, district, "nonce\n"+o.nonce, o.ends); err != nil {
		return fmt.Errorf("spend nonce: %w", err)
	}
	if !fresh {
		return refuse(contract.CodeBadNonce, contract.WithPointer("/nonce"))
	}
	return nil
}

// spend marks something as used and reports whether it was not used before. The row is kept until the thing would be
// refused for its age.
func spend(ctx context.Context, tx pgx.Tx, district int32, what string, ends time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(what))
	tag, err := tx.Exec(ctx, `INSERT INTO used_once (district_id, hash, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`, district, sum[:], ends)
	if err != nil {
		return false, err
	}
	return tag.RowsAffected() == 1, nil
}

// Sweep forgets what is too old to matter, in all districts: spent nonces, tries and codes.
func (s *Service) Sweep(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `SELECT district_id FROM districts ORDER BY district_id`)
	if err != nil {
		return fmt.Errorf("list districts: %w", err)
	}
	districts, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return fmt.Errorf("list districts: %w", err)
	}
	now := s.now()
	for _, d := range districts {
		err := s.write(ctx, d, func(tx pgx.Tx) error {
			b := &pgx.Batch{}
			b.Queue(`DELETE FROM used_once WHERE district_id = $1 AND expires_at < $2`, d, now)
			b.Queue(`DELETE FROM tries WHERE district_id = $1 AND window_at < $2 AND next_at < $2`, d, now.Add(-triesKept))
			b.Queue(`DELETE FROM once_codes WHERE district_id = $1 AND expires_at < $2`, d, now.Add(-codesKept))
			s.sweepConsoles(b, d, now)
			sweepDrafts(b, d, now)
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return err
			}
			return s.watchFailures(ctx, tx, d)
		})
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}
