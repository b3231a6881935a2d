package staff_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

func asProblem(err error, p **contract.Problem) bool { return errors.As(err, p) }

func TestEveryMutationOfAProofIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	const target = server + "/v1/feed"
	other := newKey(t)
	for _, c := range []struct {
		name   string
		mutate func(p *proof)
	}{
		{"typ of another kind of token", func(p *proof) { p.header["typ"] = "JWT" }},
		{"alg none", func(p *proof) { p.header["alg"] = "none" }},
		{"alg HS256", func(p *proof) { p.header["alg"] = "HS256" }},
		{"another key, well signed", func(p *proof) { p.header["jwk"], p.key = jwk(t, other), other }},
		{"the session's key, signed by another", func(p *proof) { p.key = other }},
		{"another method", func(p *proof) { p.claims["htm"] = "POST" }},
		{"method in another case", func(p *proof) { p.claims["htm"] = "get" }},
		{"another path", func(p *proof) { p.claims["htu"] = server + "/v1/ops" }},
		{"another host", func(p *proof) { p.claims["htu"] = "https://kendra.invalid/v1/feed" }},
		{"another scheme", func(p *proof) { p.claims["htu"] = "http://kendra.example/v1/feed" }},
		{"another port", func(p *proof) { p.claims["htu"] = server + ":8443/v1/feed" }},
		{"no address", func(p *proof) { delete(p.claims, "htu") }},
		{"61 seconds old", func(p *proof) { p.claims["iat"] = h.clock.now().Unix() - 61 }},
		{"61 seconds ahead", func(p *proof) { p.claims["iat"] = h.clock.now().Unix() + 61 }},
		{"no time", func(p *proof) { delete(p.claims, "iat") }},
		{"a time that is text", func(p *proof) { p.claims["iat"] = "now" }},
		{"no id", func(p *proof) { delete(p.claims, "jti") }},
		{"an id too long", func(p *proof) { p.claims["jti"] = strings.Repeat("j", 65) }},
		{"another token's hash", func(p *proof) { p.claims["ath"] = contract.Encode(key(1)) }},
		{"no token's hash", func(p *proof) { delete(p.claims, "ath") }},
		{"a critical extension", func(p *proof) { p.header["crit"] = []string{"b64"} }},
		{"a private key in the jwk", func(p *proof) {
			j := jwk(t, x.key)
			p.header["jwk"] = map[string]string{"kty": j.Kty, "crv": j.Crv, "x": j.X, "y": j.Y, "d": j.X}
		}},
	} {
		in, p := x.call(), x.proof("GET", target)
		c.mutate(&p)
		in.Proof = p.text(t)
		_, err := h.Authenticate(t.Context(), in)
		var told *contract.Problem
		if !errors.As(err, &told) || told.Code != contract.CodeDPoPInvalid || told.Status != 401 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	in := x.call()
	for name, spoiled := range map[string]string{
		"none": "", "two parts": in.Proof[:strings.LastIndex(in.Proof, ".")], "a newline behind": in.Proof + "\n",
		"two proofs": in.Proof + "," + in.Proof, "padding": in.Proof + "=", "2 MB of dots": strings.Repeat(".", 2<<20),
		"the access token itself": string(x.Access),
	} {
		in.Proof = spoiled
		_, err := h.Authenticate(t.Context(), in)
		if codeOf(err) != contract.CodeDPoPInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProofMayWriteTheAddressInOtherWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	for _, target := range []string{"HTTPS://Kendra.Example/v1/feed", server + ":443/v1/feed", server + "/v1/feed?centre=KRW#x"} {
		in := x.call()
		in.Proof = x.proof("GET", target).text(t)
		if _, err := h.Authenticate(t.Context(), in); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestAProofServesOnceWhereTheCallIsNotIdempotentWhicheverProcessItReaches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	in := x.call()
	in.Once = true
	_, err := h.Authenticate(t.Context(), in)
	h.must(err)
	_, err = h.Authenticate(t.Context(), in)
	wants(t, err, contract.CodeDPoPReplayed)
	_, err = h.another().Authenticate(t.Context(), in)
	wants(t, err, contract.CodeDPoPReplayed)
	h.clock.move(59 * time.Second)
	h.must(h.Sweep(t.Context()))
	_, err = h.Authenticate(t.Context(), in)
	wants(t, err, contract.CodeDPoPReplayed)
}

// forge signs a token of our claims with other headers, keys and methods.
func (x *shift) forge(t *testing.T, method jwt.SigningMethod, key any, change func(header, claims map[string]any)) string {
	t.Helper()
	good, _, err := jwt.NewParser().ParseUnverified(string(x.Access), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	claims, ok := good.Claims.(jwt.MapClaims)
	if !ok {
		t.Fatal("no claims")
	}
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

func (x *shift) with(t *testing.T, token string) staff.AuthIn {
	t.Helper()
	in, p := x.call(), x.proof("GET", server+"/v1/feed")
	sum := sha256.Sum256([]byte(token))
	p.claims["ath"] = contract.Encode(sum[:])
	in.Authorization, in.Proof = "DPoP "+token, p.text(t)
	return in
}

func TestAForgedAccessTokenIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	ours := h.signer
	pub, ok := ours.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no public key")
	}
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	h.must(err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	h.must(err)
	set := func(in string, name string, v any) func(header, claims map[string]any) {
		return func(header, claims map[string]any) {
			m := map[string]map[string]any{"h": header, "c": claims}[in]
			if v == nil {
				delete(m, name)
			} else {
				m[name] = v
			}
		}
	}
	now := h.clock.now().Unix()
	eddsa := func(change func(h, c map[string]any)) string {
		return x.forge(t, jwt.SigningMethodEdDSA, ours, change)
	}
	good := eddsa(nil)
	if _, err := h.Authenticate(t.Context(), x.with(t, good)); err != nil {
		t.Fatalf("the unchanged copy: %v", err)
	}
	for name, c := range map[string]struct {
		token string
		code  contract.Code
	}{
		"alg none":                        {x.forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), contract.CodeUnauthorized},
		"HS256 with the public key":       {x.forge(t, jwt.SigningMethodHS256, []byte(pub), nil), contract.CodeUnauthorized},
		"RS256":                           {x.forge(t, jwt.SigningMethodRS256, rsaKey, nil), contract.CodeUnauthorized},
		"a foreign key under our id":      {x.forge(t, jwt.SigningMethodEdDSA, foreign, nil), contract.CodeUnauthorized},
		"a foreign key named by jku":      {x.forge(t, jwt.SigningMethodEdDSA, foreign, set("h", "jku", "https://evil.invalid/keys")), contract.CodeUnauthorized},
		"an unknown kid":                  {eddsa(set("h", "kid", "x")), contract.CodeUnauthorized},
		"no kid":                          {eddsa(set("h", "kid", nil)), contract.CodeUnauthorized},
		"typ JWT":                         {eddsa(set("h", "typ", "JWT")), contract.CodeUnauthorized},
		"typ dpop+jwt":                    {eddsa(set("h", "typ", "dpop+jwt")), contract.CodeUnauthorized},
		"a critical extension":            {eddsa(set("h", "crit", []string{"exp"})), contract.CodeUnauthorized},
		"another audience":                {eddsa(set("c", "aud", "console")), contract.CodeUnauthorized},
		"an audience more":                {eddsa(set("c", "aud", []string{"kendra-phone", "console"})), contract.CodeUnauthorized},
		"another issuer":                  {eddsa(set("c", "iss", server+"/")), contract.CodeUnauthorized},
		"no exp":                          {eddsa(set("c", "exp", nil)), contract.CodeUnauthorized},
		"expired":                         {eddsa(set("c", "exp", now-10)), contract.CodeTokenExpired},
		"issued in the future":            {eddsa(set("c", "iat", now+60)), contract.CodeUnauthorized},
		"no cnf":                          {eddsa(set("c", "cnf", nil)), contract.CodeUnauthorized},
		"another officer":                 {eddsa(set("c", "sub", uuid.NewString())), contract.CodeUnauthorized},
		"another handset":                 {eddsa(set("c", "did", uuid.NewString())), contract.CodeUnauthorized},
		"another session":                 {eddsa(set("c", "sid", uuid.NewString())), contract.CodeSessionEnded},
		"another district":                {eddsa(set("c", "dst", 8)), contract.CodeSessionEnded},
		"a newline behind":                {good + "\n", contract.CodeUnauthorized},
		"a space behind":                  {good + " ", contract.CodeUnauthorized},
		"a space before":                  {" " + good, contract.CodeUnauthorized},
		"padding":                         {good + "=", contract.CodeUnauthorized},
		"2 MB of dots":                    {strings.Repeat(".", 2<<20), contract.CodeUnauthorized},
		"a refresh token":                 {string(x.Refresh), contract.CodeUnauthorized},
		"a proof in the place of a token": {x.call().Proof, contract.CodeUnauthorized},
	} {
		if _, err := h.Authenticate(t.Context(), x.with(t, c.token)); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for _, header := range []string{"", "DPoP", "DPoP ", "Bearer " + good, good} {
		in := x.with(t, good)
		in.Authorization = header
		if _, err := h.Authenticate(t.Context(), in); codeOf(err) != contract.CodeUnauthorized {
			t.Errorf("header %.10q: %v", header, err)
		}
	}
}

func TestATokenWithAFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	for i, part := range strings.Split(string(x.Access), ".") {
		for _, at := range []int{0, len(part) / 2, len(part) - 1} {
			parts := strings.Split(string(x.Access), ".")
			b := []byte(parts[i])
			b[at] = map[bool]byte{true: 'B', false: 'A'}[b[at] == 'A']
			parts[i] = string(b)
			if _, err := h.Authenticate(t.Context(), x.with(t, strings.Join(parts, "."))); codeOf(err) != contract.CodeUnauthorized {
				t.Errorf("part %d, letter %d: %v", i, at, err)
			}
		}
	}
}

func TestAnAccessTokenLivesTenMinutesRememberedOrNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.newShift(number(1))
	h.must(x.works(h.Service))
	h.clock.move(9*time.Minute + 59*time.Second)
	h.must(x.works(h.Service))
	h.clock.move(7 * time.Second)
	wants(t, x.works(h.Service), contract.CodeTokenExpired)
	wants(t, x.works(h.another()), contract.CodeTokenExpired)
}

func TestSigningKeysRotateWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := t.TempDir()
	for range 2 {
		if _, err := staff.AddSigningKey(dir); err != nil {
			t.Fatal(err)
		}
	}
	load := func() *staff.SigningKeys {
		k, err := staff.LoadSigningKeys(dir)
		h.must(err)
		return k
	}
	keysA, keysB := load(), load()
	h.options.Signing = keysA
	a := h.another()
	h.options.Signing = keysB
	b := h.another()
	h.Service = a
	old := h.newShift(number(1))
	if _, err := staff.AddSigningKey(dir); err != nil {
		t.Fatal(err)
	}
	h.must(keysA.Rotate()) // the other process has not yet looked
	fresh := h.newShift(number(2))
	for _, s := range []*staff.Service{a, b} {
		h.must(old.works(s))
		h.must(fresh.works(s))
	}
	h.must(keysB.Rotate())
	h.clock.move(11 * time.Minute)
	files, err := filepath.Glob(filepath.Join(dir, "signing-*.key"))
	h.must(err)
	if len(files) != 3 {
		t.Fatalf("files %v", files)
	}
	h.must(os.Remove(files[0]))
	h.must(keysA.Rotate())
	newest := h.newShift(number(3))
	h.must(newest.works(b))
}

func TestASigningKeyThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, err := staff.AddSigningKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := staff.LoadSigningKeys(dir); err == nil {
		t.Fatal("taken")
	}
	if _, err := staff.LoadSigningKeys(t.TempDir()); err == nil {
		t.Fatal("an empty folder is taken")
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	h := newHouse(b)
	x := h.newShift(number(1))
	in := x.call()
	for b.Loop() {
		if _, err := h.Authenticate(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
