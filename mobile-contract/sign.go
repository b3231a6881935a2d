package contract

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// What is signed begins with words of its own, so that a signature for one purpose never serves another.
const (
	opPrefix      = "kendra op v1\n"
	enrolPrefix   = "kendra enrol v1\n"
	pinPrefix     = "kendra pin v1\n"
	sessionPrefix = "kendra session v1\n"
	refreshPrefix = "kendra refresh v1\n"
)

// signatureBytes is r and s of P-256, 32 bytes each.
const signatureBytes = 64

// Encode is base64url without padding, as all binary on the wire.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Decode reads base64url without padding. Unused bits must be zero, and there is no line break in it, which the standard
// library passes over: so one value has one text, and what is spent by its text is spent.
func Decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("decode base64url: a line break")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("decode base64url: %w", err)
	}
	return b, nil
}

// HashOp is the op_hash of an op: SHA-256 of its bytes as they were sent.
func HashOp(raw []byte) [32]byte { return sha256.Sum256(raw) }

// OpMessage is what the session's key signs of an op.
func OpMessage(hash [32]byte) []byte { return append([]byte(opPrefix), hash[:]...) }

// EnrolMessage is what the device's key signs to enrol.
func EnrolMessage(code, nonce, thumbprint string) []byte {
	return []byte(enrolPrefix + code + "\n" + nonce + "\n" + thumbprint)
}

// PinMessage is what the device's key signs to set a PIN; secret is the activation code or the old PIN.
func PinMessage(district int32, deviceID, officerNo, secret, newPIN, nonce string) []byte {
	return []byte(pinPrefix + strconv.Itoa(int(district)) + "\n" + deviceID + "\n" + officerNo + "\n" + secret + "\n" + newPIN + "\n" + nonce)
}

// SessionMessage is what the device's key signs to log in.
func SessionMessage(district int32, deviceID, officerNo, pin, thumbprint, nonce string) []byte {
	return []byte(sessionPrefix + strconv.Itoa(int(district)) + "\n" + deviceID + "\n" + officerNo + "\n" + pin + "\n" + thumbprint + "\n" + nonce)
}

// RefreshMessage is what the device's key signs to refresh.
func RefreshMessage(refreshToken, nonce string) []byte {
	return []byte(refreshPrefix + refreshToken + "\n" + nonce)
}

// SignES256 signs msg: r and s, 32 bytes each.
func SignES256(priv *ecdsa.PrivateKey, msg []byte) ([]byte, error) {
	digest := sha256.Sum256(msg)
	r, s, err := ecdsa.Sign(rand.Reader, priv, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	out := make([]byte, signatureBytes)
	r.FillBytes(out[:signatureBytes/2])
	s.FillBytes(out[signatureBytes/2:])
	return out, nil
}

// VerifyES256 reports whether sig is pub's signature of msg.
func VerifyES256(pub *ecdsa.PublicKey, msg, sig []byte) bool {
	if len(sig) != signatureBytes {
		return false
	}
	digest := sha256.Sum256(msg)
	r := new(big.Int).SetBytes(sig[:signatureBytes/2])
	s := new(big.Int).SetBytes(sig[signatureBytes/2:])
	return ecdsa.Verify(pub, digest[:], r, s)
}
