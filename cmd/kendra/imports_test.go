package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what packages must not import directly. A name stands for the
// package and all below it; with "!" behind it, for the package alone. The
// server's own packages are named without the module.
type rule struct {
	in      []string // of these packages
	but     []string // except these
	never   []string
	because string
}

// rules are the walls of the house; CONTRIBUTING shows the rooms. Packages whose
// name ends in "test" serve tests and stand outside.
var rules = []rule{
	{in: []string{"geo!", "api/media", "mobile-contract!", "migrations!"}, never: []string{"."},
		because: "what everything stands on stands on nothing of ours"},
	{in: []string{"geo/features", "geo/evidence"}, never: []string{"api", "push", "cmd", "migrations", "mobile-contract"},
		because: "formats of files and rules of evidence know points and areas, and nothing of their use"},
	{in: []string{"migrations"}, but: []string{"migrations!"},
		never:   []string{"api", "push", "geo", "cmd", "mobile-contract"},
		because: "a database server knows nothing of its use"},
	{in: []string{"push"}, never: []string{"api", "cmd"},
		because: "push is told by cmd how to find devices"},
	{in: []string{"api/staff", "api/seal", "api/files"}, never: []string{"api/book", "push"},
		because: "the book calls them"},
	{in: []string{"api/book"},
		never:   []string{"github.com/gofiber", "net/http", "os", "firebase.google.com"},
		because: "the book is a function of its input and the database"},
	{in: []string{"api/files", "api/media"},
		never:   []string{"os", "net/http"},
		because: "no plaintext rests on a disk"},
	{in: []string{"api!", "api/console"},
		never:   []string{"github.com/jackc/pgx", "github.com/riverqueue", "firebase.google.com", "github.com/uber/h3-go"},
		because: "the edge holds no SQL and no rules"},
	{in: []string{"."}, but: []string{"push/fcm"}, never: []string{"firebase.google.com"},
		because: "one package knows Firebase"},
	{in: []string{"."}, but: []string{"cmd", "mobile-contract/phone"}, never: []string{"mobile-contract/phone"},
		because: "a phone is a client"},
	{in: []string{"."}, never: []string{"migrations/dbtest", "testing"},
		because: "what serves tests stays in tests"},
	{in: []string{"api", "push"}, never: []string{"math/rand"},
		because: "ids, codes and keys come from crypto/rand"},
	{in: []string{"."}, never: []string{"text/template"},
		because: "a page is made by html/template, which escapes"},
	{in: []string{"."}, never: []string{"unsafe", "math/rand!"},
		because: "neither is needed: math/rand/v2 is the simulation's"},
}

// cryptographers are the packages that may do cryptography, and with what: the
// standard library, golang.org/x and four modules that CONTRIBUTING gives the
// reason of. Any other package hands keys and texts to one of these.
var cryptographers = map[string][]string{
	"api":                   {"crypto/rand", "crypto/sha1", "crypto/sha256"}, // the spread of the next sync; checksums of pieces of files, as tus names them
	"api/files":             {"crypto/sha256", "crypto/subtle"},
	"api/book":              {"crypto/ecdsa", "crypto/hmac", "crypto/sha256", "crypto/subtle", "golang.org/x/mod/sumdb/note"},
	"api/seal":              {"crypto/aes", "crypto/cipher", "crypto/hmac", "crypto/rand", "crypto/sha256", "github.com/tink-crypto/tink-go/v2"},
	"api/staff":             {"crypto/aes", "crypto/cipher", "crypto/sha1", "github.com/go-webauthn/webauthn", "crypto/ecdsa", "crypto/ed25519", "crypto/elliptic", "crypto/hkdf", "crypto/hmac", "crypto/rand", "crypto/sha256", "crypto/subtle", "github.com/alexedwards/argon2id", "github.com/golang-jwt/jwt/v5", "golang.org/x/crypto/argon2"},
	"cmd/kendra":            {"crypto/ecdsa", "crypto/elliptic", "crypto/rand", "crypto/tls", "github.com/golang-jwt/jwt/v5", "golang.org/x/mod/sumdb/note"},
	"cmd/phones":            {"crypto/ecdsa", "crypto/elliptic", "crypto/rand", "golang.org/x/mod/sumdb/note"},
	"migrations":            {"crypto/sha256"}, // of files, for a cache
	"mobile-contract":       {"crypto/ecdsa", "crypto/elliptic", "crypto/rand", "crypto/sha256"},
	"mobile-contract/phone": {"crypto/aes", "crypto/cipher", "crypto/ecdsa", "crypto/elliptic", "crypto/rand", "crypto/sha256", "crypto/x509", "golang.org/x/crypto/argon2", "golang.org/x/mod/sumdb/note"},
}

// cryptography tells an import of it; insecure ones of the standard library
// (md5, des, rc4) are in nobody's row; sha1 is where a standard names it: one-time codes, pieces of files.
func cryptography(imported string) bool {
	for _, p := range []string{"crypto", "golang.org/x/crypto", "golang.org/x/mod/sumdb", "github.com/tink-crypto", "github.com/golang-jwt", "github.com/alexedwards/argon2id", "github.com/go-webauthn"} {
		if imported == p || strings.HasPrefix(imported, p+"/") {
			return true
		}
	}
	return false
}

// mayEncrypt tells whether the list has the import for the package, by the row
// of the package or of the nearest above it.
func mayEncrypt(pkg, imported string) bool {
	for at := strings.TrimPrefix(pkg, module); at != "."; at = path.Dir(at) {
		if row, ok := cryptographers[at]; ok {
			return slices.ContainsFunc(row, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") })
		}
	}
	return false
}

const module = "kendra/"

// names says whether pkg is meant by pattern.
func names(pattern, pkg string) bool {
	if pattern == "." {
		return strings.HasPrefix(pkg, module)
	}
	exact, alone := strings.CutSuffix(pattern, "!")
	pkg = strings.TrimPrefix(pkg, module)
	return pkg == exact || !alone && strings.HasPrefix(pkg, exact+"/")
}

func anyNames(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return names(p, pkg) })
}

// breaches lists what breaks the rules in a map of package to direct imports.
func breaches(imports map[string][]string) []string {
	var found []string
	for pkg, imported := range imports {
		if strings.HasSuffix(pkg, "test") {
			continue
		}
		for _, r := range rules {
			if !anyNames(r.in, pkg) || anyNames(r.but, pkg) {
				continue
			}
			for _, other := range imported {
				if anyNames(r.never, other) {
					found = append(found, pkg+" imports "+other+": "+r.because)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestNoPackageImportsWhatItMustNot(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		imports[pkg.ImportPath] = pkg.Imports
	}
	if len(imports) < 5 {
		t.Fatalf("only %d packages seen", len(imports))
	}
	for _, breach := range breaches(imports) {
		t.Error(breach)
	}
	for pkg, imported := range imports {
		if strings.HasSuffix(pkg, "test") {
			continue
		}
		for _, other := range imported {
			if cryptography(other) && !mayEncrypt(pkg, other) {
				t.Errorf("%s does cryptography with %s: leave that to api/seal or api/staff, or add it to the list with its reason", pkg, other)
			}
		}
	}
}

func TestTheListOfWhoMayDoCryptographySeesABreach(t *testing.T) {
	t.Parallel()
	for pair, good := range map[[2]string]bool{
		{"kendra/api/seal", "crypto/aes"}: true, {"kendra/api/seal", "github.com/tink-crypto/tink-go/v2/aead"}: true,
		{"kendra/api/book", "crypto/aes"}: false, {"kendra/push", "crypto/sha256"}: false, {"kendra/geo", "crypto/rand"}: false,
		{"kendra/api", "crypto/md5"}: false, {"kendra/api/book", "crypto/sha1"}: false, {"kendra/cmd/phones/history", "crypto/rand"}: true,
		{"kendra/push/fcm", "golang.org/x/crypto/nacl/box"}: false,
	} {
		if !cryptography(pair[1]) || mayEncrypt(pair[0], pair[1]) != good {
			t.Errorf("%s with %s is judged %t", pair[0], pair[1], !good)
		}
	}
}

func TestTheImportRulesSeeEachKindOfBreach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imports string
		bad          bool
	}{
		{"geo", "kendra/push", true},
		{"geo", "github.com/uber/h3-go/v4", false},
		{"mobile-contract", "kendra/geo", true},
		{"mobile-contract/phone", "kendra/mobile-contract", false},
		{"migrations", "kendra/migrations/localpg", true},
		{"migrations/dbtest", "kendra/migrations/localpg", false},
		{"migrations/localpg", "kendra/api/book", true},
		{"push/fcm", "firebase.google.com/go/v4/messaging", false},
		{"push", "firebase.google.com/go/v4/messaging", true},
		{"push", "kendra/api/staff", true},
		{"api/staff", "kendra/api/book", true},
		{"api/seal", "kendra/push", true},
		{"api/files", "kendra/api/book", true},
		{"api/media", "kendra/mobile-contract", true},
		{"api/book", "os", true},
		{"api/book", "net/http", true},
		{"api/book/booktest", "os", false},
		{"api", "net/http", false},
		{"api", "github.com/jackc/pgx/v5", true},
		{"api/staff", "github.com/jackc/pgx/v5", false},
		{"api/console", "github.com/riverqueue/river", true},
		{"api", "kendra/mobile-contract/phone", true},
		{"cmd/phones", "kendra/mobile-contract/phone", false},
		{"cmd/kendra", "kendra/migrations/dbtest", true},
		{"api/staff", "math/rand/v2", true},
		{"cmd/phones", "math/rand/v2", false},
		{"cmd/phones", "math/rand", true},
	} {
		if got := breaches(map[string][]string{module + c.pkg: {c.imports}}); (len(got) > 0) != c.bad {
			t.Errorf("%s imports %s: %v", c.pkg, c.imports, got)
		}
	}
}
