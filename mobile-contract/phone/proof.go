package phone

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	contract "kendra/mobile-contract"
)

// Claims are what a proof of possession says of its request (RFC 9449).
type Claims struct {
	Method string
	URL    string // query and fragment are left out of the proof
	Token  string // the access token, if there is one
	Nonce  string // asked for by the server, if it did
	ID     string // jti
	At     time.Time
}

// Proof makes the DPoP header of a request: a JWT by the session's key.
func Proof(key *ecdsa.PrivateKey, c Claims) (string, error) {
	jwk, err := contract.NewJWK(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("make proof: %w", err)
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", fmt.Errorf("make proof: %w", err)
	}
	u.RawQuery, u.Fragment = "", ""
	head, err := json.Marshal(struct {
		Typ string       `json:"typ"`
		Alg string       `json:"alg"`
		JWK contract.JWK `json:"jwk"`
	}{"dpop+jwt", "ES256", jwk})
	if err != nil {
		return "", fmt.Errorf("make proof: %w", err)
	}
	body, err := json.Marshal(struct {
		JTI   string `json:"jti"`
		HTM   string `json:"htm"`
		HTU   string `json:"htu"`
		IAT   int64  `json:"iat"`
		ATH   string `json:"ath,omitempty"`
		Nonce string `json:"nonce,omitempty"`
	}{c.ID, c.Method, u.String(), c.At.Unix(), hashOf(c.Token), c.Nonce})
	if err != nil {
		return "", fmt.Errorf("make proof: %w", err)
	}
	text := contract.Encode(head) + "." + contract.Encode(body)
	sig, err := contract.SignES256(key, []byte(text))
	if err != nil {
		return "", fmt.Errorf("make proof: %w", err)
	}
	return text + "." + contract.Encode(sig), nil
}

func hashOf(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return contract.Encode(sum[:])
}
