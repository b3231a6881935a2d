package contract

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
)

const coordinateBytes = 32

// NewJWK gives the wire form of a P-256 public key.
func NewJWK(pub *ecdsa.PublicKey) (JWK, error) {
	b, err := pub.Bytes()
	if err != nil || len(b) != 1+2*coordinateBytes {
		return JWK{}, fmt.Errorf("make jwk: not a P-256 key: %w", err)
	}
	return JWK{Kty: "EC", Crv: "P-256", X: Encode(b[1 : 1+coordinateBytes]), Y: Encode(b[1+coordinateBytes:])}, nil
}

// ParseJWK reads a public key: EC, P-256, and a point on the curve.
func ParseJWK(k JWK) (*ecdsa.PublicKey, error) {
	if k.Kty != "EC" || k.Crv != "P-256" {
		return nil, fmt.Errorf("parse jwk: neither EC nor P-256")
	}
	point := append(make([]byte, 0, 1+2*coordinateBytes), 4) // uncompressed
	for _, c := range []string{k.X, k.Y} {
		b, err := Decode(c)
		if err != nil || len(b) != coordinateBytes {
			return nil, fmt.Errorf("parse jwk: a coordinate is not 32 bytes")
		}
		point = append(point, b...)
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, fmt.Errorf("parse jwk: %w", err)
	}
	return pub, nil
}

// Thumbprint is the RFC 7638 thumbprint of the key, base64url.
func (k JWK) Thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"` + k.Crv + `","kty":"` + k.Kty + `","x":"` + k.X + `","y":"` + k.Y + `"}`))
	return Encode(sum[:])
}
