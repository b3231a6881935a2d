package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"

	contract "kendra/mobile-contract"
)

// The cost of a hash: 19 MiB, twice over, one lane.
const (
	hashMemory = 19 * 1024
	hashTurns  = 2
	hashLanes  = 1
	hashSalt   = 16
	hashBytes  = 32
)

// hashesAtOnce bounds the memory that log-ins take: four times 19 MiB.
const hashesAtOnce = 4

// hashWait is how long a log-in waits for its turn before it is told to come again.
const hashWait = 5 * time.Second

// turn waits for a place among those that hash. The place is held until the attempt is settled: so no more attempts
// than places are ever counted ahead.
func (s *Service) turn(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case s.hashing <- struct{}{}:
		return func() { <-s.hashing }, nil
	case <-timer.C:
		return nil, refuse(contract.CodeOverloaded, contract.WithRetryAfter(hashWait))
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}

// peppered is what of a PIN goes into the hash: useless without the pepper.
func (s *Service) peppered(pin Secret) string {
	mac := hmac.New(sha256.New, s.keys.pin)
	mac.Write([]byte(pin))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Service) hashPIN(pin Secret) (string, error) {
	hash, err := argon2id.CreateHash(s.peppered(pin), &argon2id.Params{
		Memory: hashMemory, Iterations: hashTurns, Parallelism: hashLanes, SaltLength: hashSalt, KeyLength: hashBytes,
	})
	return hash, wrap(err, "hash pin")
}

// checkPIN costs the same for an officer that does not exist: then hash is empty.
func (s *Service) checkPIN(pin Secret, hash string) (bool, error) {
	if hash == "" {
		hash = s.nobody
	}
	right, err := argon2id.ComparePasswordAndHash(s.peppered(pin), hash)
	return right, wrap(err, "check pin")
}

// impossibleHash has the cost of every other and no PIN.
func impossibleHash() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTurns, hashLanes,
		b64(randomBytes(hashSalt)), b64(randomBytes(hashBytes)))
}

// hashShortCode is for codes that a hand can type and a thief of the database could try through: it costs what a PIN
// costs. The salt is derived, for the code is looked for by its hash.
func (s *Service) hashShortCode(owner, code string) []byte {
	mac := func(text string) []byte {
		m := hmac.New(sha256.New, s.keys.activate)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	return argon2.IDKey(mac("code\n"+owner+"\n"+code), mac("salt\n" + owner)[:hashSalt], hashTurns, hashMemory, hashLanes, hashBytes)
}
