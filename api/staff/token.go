package staff

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// accessLife is how long an access token serves.
const accessLife = 10 * time.Minute

// authorizationMax bounds the header that is looked at at all.
const authorizationMax = 4 << 10

// accessLeeway is for two of our own machines whose clocks differ.
const accessLeeway = 5 * time.Second

const accessType = "at+jwt"

// accessClaims are what an access token says. Rights are not in it: they are read from the rows behind it.
type accessClaims struct {
	jwt.RegisteredClaims
	Session  uuid.UUID `json:"sid"`
	Device   uuid.UUID `json:"did"`
	District int32     `json:"dst"`
	AuthTime int64     `json:"auth_time"`
	Confirm  struct {
		Thumbprint string `json:"jkt"`
	} `json:"cnf"`
}

// grantAccess signs an access token for a session, given at a time.
func (s *Service) grantAccess(district int32, x *Session, now time.Time) (Secret, time.Time, error) {
	ends := now.Add(accessLife).Truncate(time.Second)
	claims := accessClaims{Session: x.SessionID, Device: x.DeviceID, District: district, AuthTime: x.CreatedAt.Unix()}
	claims.Issuer, claims.Audience, claims.Subject = s.issuer, jwt.ClaimStrings{s.audience}, x.OfficerID.String()
	claims.IssuedAt, claims.ExpiresAt = jwt.NewNumericDate(now), jwt.NewNumericDate(ends)
	claims.Confirm.Thumbprint = x.thumbprint
	r := s.signing.ring.Load()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["typ"], token.Header["kid"] = accessType, r.signer
	text, err := token.SignedString(r.keys[r.signer])
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign access token: %w", err)
	}
	return Secret(text), ends, nil
}

// readAccess verifies an access token. One that was verified is remembered by its hash until it ends.
func (s *Service) readAccess(text string) (accessClaims, error) {
	if !isCompact(text) {
		return accessClaims{}, refuse(contract.CodeUnauthorized)
	}
	sum := sha256.Sum256([]byte(text))
	if claims, ok := s.known.find(string(sum[:])); ok {
		if !s.now().Before(claims.ExpiresAt.Add(accessLeeway)) {
			return accessClaims{}, refuse(contract.CodeTokenExpired)
		}
		return claims, nil
	}
	var claims accessClaims
	_, err := s.accessParser().ParseWithClaims(text, &claims, s.accessKey)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return accessClaims{}, refuse(contract.CodeTokenExpired)
	}
	if err != nil {
		return accessClaims{}, refuse(contract.CodeUnauthorized, contract.WithCause(err))
	}
	if len(claims.Audience) != 1 { // a list with ours in it is for others too
		return accessClaims{}, refuse(contract.CodeUnauthorized)
	}
	if claims.District < 1 || claims.Session == uuid.Nil || claims.Device == uuid.Nil || claims.Confirm.Thumbprint == "" {
		return accessClaims{}, refuse(contract.CodeUnauthorized)
	}
	s.known.keep(string(sum[:]), claims)
	return claims, nil
}

func (s *Service) accessParser() *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(s.issuer), jwt.WithAudience(s.audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(accessLeeway),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.now),
	)
}

// accessKey finds the key by its id in the fixed set; what else the header says about keys is not looked at.
func (s *Service) accessKey(t *jwt.Token) (any, error) {
	if typ, _ := t.Header["typ"].(string); typ != accessType {
		return nil, errors.New("not an access token")
	}
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("critical extensions are not known")
	}
	id, _ := t.Header["kid"].(string)
	key, ok := s.signing.ring.Load().keys[id]
	if !ok {
		return nil, errors.New("unknown key")
	}
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("unknown key")
	}
	return pub, nil
}

// isCompact reports whether the text is three parts of base64url, with nothing before, between or behind.
func isCompact(text string) bool {
	if strings.Count(text, ".") != 2 {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
