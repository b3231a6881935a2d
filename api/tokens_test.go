package api_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// forged is the officer's own access token, changed and signed anew.
func forged(t *testing.T, x *apitest.Shift, method jwt.SigningMethod, key any, change func(header, claims map[string]any)) string {
	t.Helper()
	good, _, err := jwt.NewParser().ParseUnverified(x.Session.AccessToken, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := good.Claims.(jwt.MapClaims)
	token := jwt.NewWithClaims(method, maps.Clone(claims))
	token.Header = maps.Clone(good.Header)
	token.Header["alg"] = method.Alg()
	if change != nil {
		change(token.Header, token.Claims.(jwt.MapClaims))
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// bearing calls with a token and a right proof for that very token.
func bearing(t *testing.T, w *apitest.World, x *apitest.Shift, token string) apitest.Request {
	t.Helper()
	proof, err := phone.Proof(x.Key, phone.Claims{Method: http.MethodGet, URL: w.URL + "/v1/bundle", Token: token, ID: uuid.NewString(), At: w.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return apitest.Get("/v1/bundle").With("Authorization", "DPoP "+token).With("DPoP", proof)
}

func TestAForgedAccessTokenIsRefusedByTheServer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	ours := w.Signer()
	pub, _ := ours.Public().(ed25519.PublicKey)
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	eddsa := func(change func(header, claims map[string]any)) string {
		return forged(t, x, jwt.SigningMethodEdDSA, ours, change)
	}
	head := func(name string, v any) string { return eddsa(func(h, _ map[string]any) { h[name] = v }) }
	claim := func(name string, v any) string { return eddsa(func(_, c map[string]any) { c[name] = v }) }
	lacks := func(name string) string {
		return eddsa(func(h, c map[string]any) {
			delete(h, name)
			delete(c, name)
		})
	}
	now := w.Now().Unix()
	good := eddsa(nil)
	w.Do(bearing(t, w, x, good)).Into(http.StatusOK, nil) // the unchanged copy
	for name, token := range map[string]string{
		"alg none":                         forged(t, x, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"HS256 with the public key":        forged(t, x, jwt.SigningMethodHS256, []byte(pub), nil),
		"HS512 with the public key":        forged(t, x, jwt.SigningMethodHS512, []byte(pub), nil),
		"RS256":                            forged(t, x, jwt.SigningMethodRS256, rsaKey, nil),
		"PS256":                            forged(t, x, jwt.SigningMethodPS256, rsaKey, nil),
		"ES256":                            forged(t, x, jwt.SigningMethodES256, ecKey, nil),
		"ES256 by the session's own key":   forged(t, x, jwt.SigningMethodES256, x.Key, nil),
		"a foreign key under our id":       forged(t, x, jwt.SigningMethodEdDSA, foreign, nil),
		"a foreign key in the header":      forged(t, x, jwt.SigningMethodEdDSA, foreign, func(h, _ map[string]any) { h["jwk"] = map[string]string{"kty": "OKP", "crv": "Ed25519"} }),
		"typ of another kind":              head("typ", "JWT"),
		"typ of a proof":                   head("typ", "dpop+jwt"),
		"typ of a refresh token":           head("typ", "rt"),
		"typ in another case":              head("typ", "AT+JWT"),
		"no typ":                           lacks("typ"),
		"a critical extension":             head("crit", []string{"b64"}),
		"an unknown kid":                   head("kid", "AAAAAAAAAAAA"),
		"a kid that is a path":             head("kid", "../../signing-0001.key"),
		"a kid that is an absolute path":   head("kid", "/dev/null"),
		"a kid that is a query":            head("kid", "' UNION SELECT 'x"),
		"a kid that is a list":             head("kid", []string{"x"}),
		"an empty kid":                     head("kid", ""),
		"no kid":                           lacks("kid"),
		"no exp":                           lacks("exp"),
		"an exp that is text":              claim("exp", "never"),
		"an exp that is null":              claim("exp", nil),
		"issued in the future":             claim("iat", now+60),
		"not yet valid":                    claim("nbf", now+60),
		"another issuer":                   claim("iss", "kendra/"),
		"an issuer in another case":        claim("iss", "Kendra"),
		"no issuer":                        lacks("iss"),
		"another audience":                 claim("aud", "kendra-console"),
		"our audience and another":         claim("aud", []string{"kendra-phone", "kendra-console"}),
		"our audience with more behind":    claim("aud", "kendra-phone2"),
		"no audience":                      lacks("aud"),
		"a refresh token in its place":     x.Session.RefreshToken,
		"a proof in its place":             bearing(t, w, x, good).Header["DPoP"],
		"a token longer than 4 KiB":        claim("pad", strings.Repeat("x", 4<<10)),
		"two tokens":                       good + " " + good,
		"two tokens with a comma":          good + "," + good,
		"a token and its last part again":  good + good[strings.LastIndexByte(good, '.'):],
		"a space before":                   " " + good,
		"a tab inside":                     strings.Replace(good, ".", ".\t", 1),
		"padding":                          good + "=",
		"an escaped newline behind":        good + "%0A",
		"a line separator behind":          good + "\u2028",
		"spare bits in the last character": spareBit(good),
	} {
		a := w.Do(bearing(t, w, x, token))
		if a.Status != http.StatusUnauthorized || a.Problem().Code != string(contract.CodeUnauthorized) {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
		}
	}
	w.Do(bearing(t, w, x, claim("exp", now-10))).Refused(http.StatusUnauthorized, contract.CodeTokenExpired, "")
}

// spareBit sets a bit of the last character that no byte is made of.
func spareBit(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(alphabet[strings.IndexByte(alphabet, token[last])|1])
}

func TestATokenThatOthersServicesShareIsNotRememberedEither(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	token := forged(t, x, jwt.SigningMethodEdDSA, w.Signer(), func(_, c map[string]any) { c["aud"] = []string{"kendra-phone", "x"} })
	for range 2 {
		w.Do(bearing(t, w, x, token)).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	}
}

func TestEachKindOfTokenServesInItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	access, refresh := x.Session.AccessToken, x.Session.RefreshToken
	call := bearing(t, w, x, access)
	for name, proof := range map[string]string{
		"an access token as a proof": access, "a refresh token as a proof": refresh,
		"a refresh token's proof": x.Handset.Proof(phone.Claims{Method: http.MethodGet, URL: w.URL + "/v1/bundle", Nonce: w.Nonce(), ID: uuid.NewString(), At: w.Now()}),
		"two proofs":              call.Header["DPoP"] + "," + call.Header["DPoP"],
		"a proof with padding":    call.Header["DPoP"] + "=",
	} {
		a := w.Do(call.With("DPoP", proof))
		if a.Status != http.StatusUnauthorized || a.Problem().Code != string(contract.CodeDPoPInvalid) {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
		}
	}
	for name, token := range map[string]string{"an access token to refresh by": access[:500], "a proof to refresh by": call.Header["DPoP"][:500]} {
		nonce := w.Nonce()
		a := w.Do(x.Handset.Vouch(w.Server, apitest.Post("/v1/sessions/refresh", contract.Refresh{
			RefreshToken: token, Nonce: nonce, Sig: w.Sign(x.Handset.Key, contract.RefreshMessage(token, nonce)),
		})))
		if a.Status != http.StatusUnauthorized || a.Problem().Code != string(contract.CodeRefreshInvalid) {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
		}
	}
	w.Do(bearing(t, w, x, access)).Into(http.StatusOK, nil)
}

// longProof is a right proof with a claim that nobody asked for.
func longProof(t *testing.T, w *apitest.World, x *apitest.Shift, pad int) string {
	t.Helper()
	parts := strings.Split(bearing(t, w, x, x.Session.AccessToken).Header["DPoP"], ".")
	raw, err := contract.Decode(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	claims["pad"] = strings.Repeat("x", pad)
	if raw, err = json.Marshal(claims); err != nil {
		t.Fatal(err)
	}
	signed := parts[0] + "." + contract.Encode(raw)
	return signed + "." + w.Sign(x.Key, []byte(signed))
}

func TestHeadersOfMoreThanFourKiBAndDoubledOnesAreRefused(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	x := w.Enlist(apitest.Karwi, "beat_officer")
	call := bearing(t, w, x, x.Session.AccessToken)
	w.Do(call.With("DPoP", longProof(t, w, x, 1000))).Into(http.StatusOK, nil)
	w.Do(call.With("DPoP", longProof(t, w, x, 4<<10))).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
	w.Do(call.With("DPoP", strings.Repeat(".", 12<<10))).Refused(http.StatusUnauthorized, contract.CodeDPoPInvalid, "")
	w.Do(call.With("Authorization", "DPoP "+strings.Repeat(".", 12<<10))).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	for name, code := range map[string]contract.Code{"Authorization": contract.CodeUnauthorized, "DPoP": contract.CodeDPoPInvalid} {
		req, err := http.NewRequest(http.MethodGet, w.URL+"/v1/bundle", nil) //nolint:noctx // to a server of this process
		if err != nil {
			t.Fatal(err)
		}
		fresh := bearing(t, w, x, x.Session.AccessToken)
		for k, v := range fresh.Header {
			req.Header.Add(k, v)
		}
		req.Header.Add(name, fresh.Header[name])
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var p contract.ProblemJSON
		err = json.NewDecoder(res.Body).Decode(&p)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusUnauthorized || p.Code != string(code) {
			t.Errorf("%s twice: %d %s %v", name, res.StatusCode, p.Code, err)
		}
	}
}
