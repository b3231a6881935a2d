package book

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	contract "kendra/mobile-contract"
	"kendra/push"
)

// The key that signs checkpoints is changed by two persons: one asks, with the
// new key as the old one signed it, another allows it. Both entries stand in HQ's
// book, so that whoever knows the old key can follow to the new one.

const (
	matterWitness = "witness_ask"

	witnessHead = "kendra witness"
)

// WitnessProof is the note by which the key of a witness says that another one
// follows it.
func WitnessProof(skey, vkey, next string) (string, error) {
	signer, err := note.NewSigner(skey)
	if err != nil {
		return "", fmt.Errorf("prove checkpoint key: %w", err)
	}
	out, err := note.Sign(&note.Note{Text: witnessHead + "\n" + vkey + "\n" + next + "\n"}, signer)
	if err != nil {
		return "", fmt.Errorf("prove checkpoint key: %w", err)
	}
	return string(out), nil
}

// OpenWitnessProof checks that a note was signed by the key that it names first,
// and returns that key and the one that follows it.
func OpenWitnessProof(proof string) (vkey, next string, err error) {
	lines := strings.Split(proof, "\n")
	if len(lines) < 4 || lines[0] != witnessHead || lines[3] != "" {
		return "", "", fmt.Errorf("open proof of a checkpoint key: not such a note")
	}
	v, err := note.NewVerifier(lines[1])
	if err != nil {
		return "", "", fmt.Errorf("open proof of a checkpoint key: %w", err)
	}
	if _, err := note.NewVerifier(lines[2]); err != nil {
		return "", "", fmt.Errorf("open proof of a checkpoint key: %w", err)
	}
	if _, err := note.Open([]byte(proof), note.VerifierList(v)); err != nil {
		return "", "", fmt.Errorf("open proof of a checkpoint key: %w", err)
	}
	return lines[1], lines[2], nil
}

func needsWitnessAsk(*draft, *contract.WitnessAsk, *needs) {}

// checkWitnessAsk takes a new key that the one in use has signed.
func checkWitnessAsk(s *State, d *draft, b *contract.WitnessAsk) error {
	if s.Centre != HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	old, next, err := OpenWitnessProof(b.Proof)
	switch w := d.batch.book.Witness; {
	case err != nil, next != b.Vkey, old == next, !w.knows(old):
		return refuse(contract.CodeWrongReference, d.ptr("/proof"))
	case w.knows(next):
		return refuse(contract.CodeAlreadyThere, d.ptr("/vkey"))
	}
	return nil
}

func applyWitnessAsk(s *State, e *Entry, b *contract.WitnessAsk) []push.Notice {
	m := s.newMatter(e, matterWitness, "")
	m.OwnerID, m.Data.Key = &e.OfficerID, b.Vkey
	m.at(stepAsked, e.At)
	s.keepMatter(e, m, nil)
	return nil
}

func needsWitnessAllow(_ *draft, b *contract.WitnessAllow, n *needs) { n.matter(b.AskID) }

// checkWitnessAllow wants a second person.
func checkWitnessAllow(s *State, d *draft, b *contract.WitnessAllow) error {
	if s.Centre != HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	return s.second(d, b.AskID, matterWitness)
}

func applyWitnessAllow(s *State, e *Entry, b *contract.WitnessAllow) []push.Notice {
	m := s.matterAt(b.AskID)
	m.State, m.Data.ReviewedBy = matterOver, &e.OfficerID
	m.at("decided", e.At)
	s.keepMatter(e, m, nil)
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, m.Data.OpenedBy)}
}

// WitnessAllowed tells whether two persons of a district have allowed a verifier
// key.
func (b *Book) WitnessAllowed(ctx context.Context, vkey string) (bool, error) {
	districts, err := b.Districts(ctx)
	if err != nil {
		return false, err
	}
	for _, d := range districts {
		var found bool
		err := b.read(ctx, d, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM matters WHERE district_id = $1 AND centre = $2 AND kind = $3 AND state = $4
				AND data::json ->> 'key' = $5)`, d, HQ, matterWitness, matterOver, vkey).Scan(&found)
		})
		if found || err != nil {
			return found, wrap(err, "look for an allowed checkpoint key")
		}
	}
	return false, nil
}
