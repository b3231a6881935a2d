package staff

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	contract "kendra/mobile-contract"
)

// proofAge is by how much the time of a proof may differ from ours.
const proofAge = 60 * time.Second

const (
	proofType   = "dpop+jwt"
	proofMethod = "ES256"
	proofMax    = 4 << 10
	jtiMax      = 64
)

type proofHeader struct {
	Typ string       `json:"typ"`
	Alg string       `json:"alg"`
	JWK contract.JWK `json:"jwk"`
}

type proofClaims struct {
	ID     string   `json:"jti"`
	Method string   `json:"htm"`
	URL    string   `json:"htu"`
	At     *float64 `json:"iat"`
	Token  string   `json:"ath"`
}

// checkProof checks a DPoP proof (RFC 9449, 4.3): that who holds the session's key makes this very call with this very
// token, now. It returns the proof's own id and its time.
func (s *Service) checkProof(proof, method, target, token, thumbprint string) (id string, at time.Time, err error) {
	id, at, err = readProof(proof, method, target, token, thumbprint)
	if err != nil {
		return "", time.Time{}, refuse(contract.CodeDPoPInvalid, contract.WithCause(err))
	}
	if s.now().Sub(at).Abs() > proofAge {
		return "", time.Time{}, refuse(contract.CodeDPoPInvalid, contract.WithCause(errors.New("made at another time")))
	}
	return id, at, nil
}

func readProof(proof, method, target, token, thumbprint string) (id string, at time.Time, err error) {
	if len(proof) > proofMax || !isCompact(proof) {
		return "", time.Time{}, errors.New("not a compact JWT")
	}
	claims, err := openProof(proof, thumbprint)
	if err != nil {
		return "", time.Time{}, err
	}
	sum := sha256.Sum256([]byte(token))
	switch {
	case claims.ID == "" || len(claims.ID) > jtiMax:
		return "", time.Time{}, errors.New("jti is missing or too long")
	case claims.Method != method:
		return "", time.Time{}, errors.New("for another method")
	case !sameTarget(claims.URL, target):
		return "", time.Time{}, errors.New("for another address")
	case subtle.ConstantTimeCompare([]byte(claims.Token), []byte(contract.Encode(sum[:]))) != 1:
		return "", time.Time{}, errors.New("for another token")
	case claims.At == nil || *claims.At < 0 || *claims.At > 1e11:
		return "", time.Time{}, errors.New("iat is missing or no time")
	}
	return claims.ID, time.UnixMilli(int64(*claims.At * 1000)), nil
}

// openProof checks key and signature, and only then reads the claims.
func openProof(proof, thumbprint string) (proofClaims, error) {
	parts := strings.Split(proof, ".")
	var header proofHeader
	// Unknown members are refused: crit, x5u, or a private key in the jwk are nothing a phone has reason to send.
	if err := decodePart(parts[0], &header, json.RejectUnknownMembers(true)); err != nil {
		return proofClaims{}, fmt.Errorf("header: %w", err)
	}
	if header.Typ != proofType || header.Alg != proofMethod {
		return proofClaims{}, errors.New("not an ES256 proof")
	}
	pub, err := contract.ParseJWK(header.JWK)
	if err != nil {
		return proofClaims{}, err
	}
	if subtle.ConstantTimeCompare([]byte(header.JWK.Thumbprint()), []byte(thumbprint)) != 1 {
		return proofClaims{}, errors.New("by another key")
	}
	sig, err := contract.Decode(parts[2])
	if err != nil || !contract.VerifyES256(pub, []byte(parts[0]+"."+parts[1]), sig) {
		return proofClaims{}, errors.New("signature does not fit")
	}
	var claims proofClaims
	if err := decodePart(parts[1], &claims); err != nil {
		return proofClaims{}, fmt.Errorf("claims: %w", err)
	}
	return claims, nil
}

// decodePart reads one part, strictly: duplicate names and names in another case are refused.
func decodePart(part string, into any, opts ...json.Options) error {
	raw, err := contract.Decode(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into, opts...)
}

// sameTarget compares addresses without query and fragment: scheme and host in any case and with the scheme's own port
// left out, the path exactly.
func sameTarget(claimed, actual string) bool {
	a, errA := url.Parse(claimed)
	b, errB := url.Parse(actual)
	if errA != nil || errB != nil || a.Scheme == "" || a.Host == "" || a.User != nil {
		return false
	}
	return strings.EqualFold(a.Scheme, b.Scheme) && hostPort(a) == hostPort(b) && a.EscapedPath() == b.EscapedPath()
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}
