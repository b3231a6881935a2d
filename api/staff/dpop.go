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
	Nonce  string   `json:"nonce"`
}

// proven is what a proof has shown: by which key, under which id, and when it says it was made.
type proven struct {
	id, thumbprint, nonce string
	at                    time.Time
}

// CallProof is the DPoP proof of a call that has no token yet. It is by the handset's own key.
type CallProof struct {
	Text   string // header DPoP; the caller refuses a second one
	Method string
	URL    string // scheme, host and path as the client sees them
}

// opening is what the proof of a call without a token has shown. Its nonce and its id are spent with the call.
type opening struct {
	proven
	ends time.Time // of the nonce
}

// opens checks the proof of a call without a token: it carries a nonce of ours (RFC 9449, 8), the one that the body is
// signed over too, so no proof is made in stock. The nonce says when it was made; the handset's clock may be wrong.
func (s *Service) opens(p CallProof, nonce string) (opening, error) {
	shown, err := readProof(p.Text, p.Method, p.URL, "", "")
	if err != nil {
		return opening{}, refuse(contract.CodeDPoPInvalid, contract.WithCause(err))
	}
	ends, ok := s.nonceEnds(shown.nonce)
	switch {
	case !ok:
		return opening{}, refuse(contract.CodeUseDPoPNonce)
	case shown.nonce != nonce:
		return opening{}, refuse(contract.CodeBadNonce, contract.WithPointer("/nonce"))
	}
	return opening{proven: shown, ends: ends}, nil
}

// checkProof checks a DPoP proof (RFC 9449, 4.3): that who holds the session's key makes this very call with this very
// token, now. It returns the proof's own id and its time.
func (s *Service) checkProof(proof, method, target, token, thumbprint string) (id string, at time.Time, err error) {
	shown, err := readProof(proof, method, target, token, thumbprint)
	if err != nil {
		return "", time.Time{}, refuse(contract.CodeDPoPInvalid, contract.WithCause(err))
	}
	if s.now().Sub(shown.at).Abs() > proofAge {
		return "", time.Time{}, refuse(contract.CodeDPoPInvalid, contract.WithCause(errors.New("made at another time")))
	}
	return shown.id, shown.at, nil
}

// readProof checks all of a proof but its age. Without a thumbprint any key may have made it; without a token it must
// be for none.
func readProof(proof, method, target, token, thumbprint string) (proven, error) {
	if len(proof) > proofMax || !isCompact(proof) {
		return proven{}, errors.New("not a compact JWT")
	}
	claims, by, err := openProof(proof, thumbprint)
	if err != nil {
		return proven{}, err
	}
	ath := ""
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		ath = contract.Encode(sum[:])
	}
	switch {
	case claims.ID == "" || len(claims.ID) > jtiMax:
		return proven{}, errors.New("jti is missing or too long")
	case claims.Method != method:
		return proven{}, errors.New("for another method")
	case !sameTarget(claims.URL, target):
		return proven{}, errors.New("for another address")
	case subtle.ConstantTimeCompare([]byte(claims.Token), []byte(ath)) != 1:
		return proven{}, errors.New("for another token")
	case claims.At == nil || *claims.At < 0 || *claims.At > 1e11:
		return proven{}, errors.New("iat is missing or no time")
	}
	return proven{id: claims.ID, thumbprint: by, nonce: claims.Nonce, at: time.UnixMilli(int64(*claims.At * 1000))}, nil
}

// openProof checks key and signature, and only then reads the claims.
func openProof(proof, thumbprint string) (claims proofClaims, by string, err error) {
	parts := strings.Split(proof, ".")
	var header proofHeader
	// Unknown members are refused: crit, x5u, or a private key in the jwk are nothing a phone has reason to send.
	if err := decodePart(parts[0], &header, json.RejectUnknownMembers(true)); err != nil {
		return proofClaims{}, "", fmt.Errorf("header: %w", err)
	}
	if header.Typ != proofType || header.Alg != proofMethod {
		return proofClaims{}, "", errors.New("not an ES256 proof")
	}
	pub, err := contract.ParseJWK(header.JWK)
	if err != nil {
		return proofClaims{}, "", err
	}
	by = header.JWK.Thumbprint()
	if thumbprint != "" && subtle.ConstantTimeCompare([]byte(by), []byte(thumbprint)) != 1 {
		return proofClaims{}, "", errors.New("by another key")
	}
	sig, err := contract.Decode(parts[2])
	if err != nil || !contract.VerifyES256(pub, []byte(parts[0]+"."+parts[1]), sig) {
		return proofClaims{}, "", errors.New("signature does not fit")
	}
	if err := decodePart(parts[1], &claims); err != nil {
		return proofClaims{}, "", fmt.Errorf("claims: %w", err)
	}
	return claims, by, nil
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
