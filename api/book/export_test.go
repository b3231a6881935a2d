package book

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/rfc6962"

	contract "kendra/mobile-contract"
)

// Forge changes one entry as somebody would who may write everything in the
// database and knows this code: all hashes, the line for phones, the known op,
// the tree and its stored parts are made anew to agree.
func Forge(ctx context.Context, tx pgx.Tx, district int32, centre string, seq int64, change func(e *Entry)) error {
	list, err := readSealed(ctx, tx, district, centre, 0, 1<<20)
	if err != nil {
		return err
	}
	grown, err := openTree(0, nil)
	if err != nil {
		return err
	}
	p := &pgx.Batch{}
	for _, e := range list {
		if e.Seq == seq {
			change(e)
			if err := forgeOne(e); err != nil {
				return err
			}
			p.Queue(`UPDATE entries SET officer_id = $4, role = $5, sig = $6, sealed = $7, op_hash = $8, leaf_hash = $9, wire = $10
				WHERE district_id = $1 AND centre = $2 AND seq = $3`, district, centre, seq,
				e.OfficerID, e.Role, e.Sig, e.Sealed, e.OpHash[:], e.LeafHash, e.Wire)
			p.Queue(`UPDATE ops SET op_hash = $3 WHERE district_id = $1 AND op_id = $2`, district, e.OpID, e.OpHash[:])
		}
		tiles, err := grown.add(e.LeafHash)
		if err != nil {
			return err
		}
		for _, t := range tiles {
			p.Queue(`UPDATE tiles SET hash = $5 WHERE district_id = $1 AND centre = $2 AND level = $3 AND idx = $4`,
				district, centre, t.Level, int64(t.Index), t.Hash)
		}
	}
	root, err := grown.root()
	if err != nil {
		return err
	}
	p.Queue(`UPDATE heads SET size = $3, root = $4, frontier = $5 WHERE district_id = $1 AND centre = $2`,
		district, centre, grown.size(), root, grown.frontier())
	return send(ctx, tx, p)
}

func forgeOne(e *Entry) error {
	op, report, err := contract.DecodeSealedOp(e.Sealed)
	if err != nil {
		return fmt.Errorf("forged op: %w", err)
	}
	if len(report.Sealed) == 0 {
		e.OpHash = sha256.Sum256(e.Sealed)
	}
	e.SealedHash, e.Place = sha256.Sum256(e.Sealed), op.Place
	e.LeafHash = rfc6962.DefaultHasher.HashLeaf(e.leaf().Text())
	open, err := openBody(op, report)
	if err != nil {
		return err
	}
	e.Wire = e.wireLine(open, (&draft{report: report}).sealedPointers())
	return nil
}

// ServerOfficer is the id in whose name the server's own ops stand.
func ServerOfficer(role string) uuid.UUID { return serverOfficer(role) }

// The readers of numbers in texts.
var (
	PhoneLike   = phoneLike
	AadhaarLike = aadhaarLike
	Verhoeff    = verhoeff
)

// The numbers on slips.
var SlipNumber = slipNumber

// IsSlipNumber tells whether a number ends with its check character.
func IsSlipNumber(number string) bool { return isSlipNumber(typed(number)) }

// SlipSecret is the secret of a complaint's slip.
func (b *Book) SlipSecret(district int32, complaint uuid.UUID) string {
	return b.slipSecret(district, complaint)
}

// Unkept is what would be kept without a rule if a kind or a rule were missing.
func (b *Book) Unkept(kind, rule string) []string {
	by := maps.Clone(keptBy)
	delete(by, kind)
	return unkept(by, slices.DeleteFunc(slices.Clone(b.rules.Load().retention), func(r RetentionRule) bool { return r.Code == rule }))
}
