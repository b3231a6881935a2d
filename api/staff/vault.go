package staff

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// What the server must read again and the database must not show: secrets of one-time codes, keys of console sessions.
// AES-256-GCM under a key derived from the pepper, with what it is and whose it is as associated data.

func (s *Service) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.keys.vault)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	return a, wrap(err, "open vault")
}

func vaultLabel(what string, district int32, whose uuid.UUID) []byte {
	return []byte("kendra " + what + " v1\n" + strconv.Itoa(int(district)) + "\n" + whose.String())
}

func (s *Service) lock(what string, district int32, whose uuid.UUID, plain []byte) ([]byte, error) {
	a, err := s.aead()
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, plain, vaultLabel(what, district, whose)), nil //nolint:gosec // the nonce is random, and its own to make
}

var errVault = errors.New("what is sealed does not open")

func (s *Service) unlock(what string, district int32, whose uuid.UUID, sealed []byte) ([]byte, error) {
	a, err := s.aead()
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, sealed, vaultLabel(what, district, whose))
	if err != nil {
		return nil, errVault
	}
	return plain, nil
}
