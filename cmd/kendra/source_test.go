package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source hands out all Go files of the repository.
func source(t *testing.T, do func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && slices.Contains([]string{".git", ".tools", "node_modules", "bin"}, e.Name()) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		do(path, file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// formattedSQL is a statement made by a verb of fmt. A district is a number,
// and SET takes no parameter.
var (
	formattedSQL = regexp.MustCompile(`(?s)\b(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|SET LOCAL)\b.*%`)
	ofADistrict  = regexp.MustCompile(`^SET LOCAL app\.district_id = '%d'$`)
)

func badStatement(text string) bool {
	return formattedSQL.MatchString(text) && !ofADistrict.MatchString(text)
}

// skips tells a setting that turns off the verification of TLS.
func skips(t *testing.T, fset *token.FileSet, e ast.Expr) {
	t.Helper()
	if s, ok := e.(*ast.SelectorExpr); ok {
		e = s.Sel
	}
	if name, ok := e.(*ast.Ident); ok && name.Name == "InsecureSkipVerify" {
		t.Errorf("%s: TLS without verification", fset.Position(e.Pos()))
	}
}

func TestNoStatementIsFormattedFromAValueAndNoConnectionGoesUnverified(t *testing.T) {
	t.Parallel()
	files, formats := 0, 0
	source(t, func(path string, file *ast.File, fset *token.FileSet) {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../../cmd/phones/") || path == "../../migrations/roles.go" {
			return // these know no stranger
		}
		files++
		ast.Inspect(file, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CallExpr:
				f, ok := x.Fun.(*ast.SelectorExpr)
				if !ok || len(x.Args) == 0 || !strings.HasPrefix(f.Sel.Name, "Sprint") && !strings.HasPrefix(f.Sel.Name, "Append") {
					return true
				}
				if text, ok := x.Args[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
					formats++
					if badStatement(strings.Trim(text.Value, "`\"")) {
						t.Errorf("%s: a statement is formatted: %s", fset.Position(x.Pos()), text.Value)
					}
				}
			case *ast.KeyValueExpr:
				skips(t, fset, x.Key)
			case *ast.AssignStmt:
				for _, to := range x.Lhs {
					skips(t, fset, to)
				}
			}
			return true
		})
	})
	if files < 100 || formats < 20 {
		t.Errorf("%d files and %d formats seen", files, formats)
	}
	for text, bad := range map[string]bool{
		"SELECT * FROM t WHERE n = '%s'": true, "DELETE FROM %s": true, "SET LOCAL app.district_id = '%s'": true,
		"SET LOCAL app.district_id = '%d'": false, "%d entries": false,
	} {
		if badStatement(text) != bad {
			t.Errorf("%q is judged %t", text, !bad)
		}
	}
}

// security is the document whose rows name tests.
const security = "../../SECURITY.md"

var (
	rowOfSecurity = regexp.MustCompile(`^\| ((?:V|API|RFC|BG|EXP|CERT|DPDP)[0-9A-Za-z.\-]*[0-9]) \|(.*)\|$`)
	nameOfATest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
)

// rowsOfP0 is how many rows of the checklist must hold before a release.
const rowsOfP0 = 96

func TestEveryTestThatSECURITYNamesExists(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	source(t, func(path string, file *ast.File, _ *token.FileSet) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasSuffix(path, "_test.go") {
				there[f.Name.Name] = true
			}
		}
	})
	text, err := os.ReadFile(security)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range nameOfATest.FindAllStringSubmatch(string(text), -1) {
		if !there[name[1]] {
			t.Errorf("%s does not exist", name[1])
		}
	}
	held, open, _ := strings.Cut(string(text), "\n## Not held yet")
	seen := map[string]bool{}
	count := func(part string, holds bool) (n, p0 int) {
		for line := range strings.Lines(part) {
			m := rowOfSecurity.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				continue
			}
			if seen[m[1]] {
				t.Errorf("%s stands there twice", m[1])
			}
			seen[m[1]] = true
			if n++; strings.HasPrefix(m[2], " P0 |") {
				p0++
			}
			if holds && !nameOfATest.MatchString(m[2]) {
				t.Errorf("%s is said to hold, and no test is named", m[1])
			}
		}
		return n, p0
	}
	holds, holdsP0 := count(held, true)
	not, notP0 := count(open, false)
	if holdsP0+notP0 != rowsOfP0 {
		t.Errorf("%d rows of P0, want %d", holdsP0+notP0, rowsOfP0)
	}
	t.Logf("%d rows are held, %d of them P0; %d are not, %d of them P0; %d tests are there", holds, holdsP0, not, notP0, len(there))
}

// callers are the packages of the server that begin a connection: to the push
// service and to the database. What serves, imports or simulates is not of the
// server.
var callers = []string{"../../push/fcm/", "../../migrations/", "../../cmd/", "../../mobile-contract/phone/"}

// dials are what begins a connection, by package and name.
var dials = map[string][]string{
	"http": {"Get", "Post", "PostForm", "Head", "Client", "DefaultClient", "NewRequest", "NewRequestWithContext", "DefaultTransport", "Transport"},
	"net":  {"Dial", "DialTimeout", "Dialer", "DialTCP", "DialUDP"}, "tls": {"Dial", "Dialer", "DialWithDialer"},
	"fasthttp": {"Get", "Post", "Do", "Client", "HostClient"}, "fiber": {"AcquireAgent", "Get", "Post", "AcquireClient"},
}

func TestTheServerCallsNobodyButItsDatabaseAndThePushService(t *testing.T) {
	t.Parallel()
	files := 0
	found := func(file *ast.File) (names []string) {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(dials[pkg.Name], s.Sel.Name) {
				names = append(names, pkg.Name+"."+s.Sel.Name)
			}
			return true
		})
		return names
	}
	source(t, func(path string, file *ast.File, _ *token.FileSet) {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") || slices.ContainsFunc(callers, func(p string) bool { return strings.HasPrefix(path, p) }) {
			return
		}
		files++
		if names := found(file); len(names) > 0 {
			t.Errorf("%s begins a connection: %v", path, names)
		}
	})
	planted, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { http.Get(s) }", 0)
	if err != nil || len(found(planted)) != 1 {
		t.Errorf("a planted call is not seen: %v", err)
	}
	if files < 100 {
		t.Errorf("%d files seen", files)
	}
}

// compares tells a comparison whose time tells how much of a secret is right.
func compares(file *ast.File) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && (pkg.Name == "bytes" && s.Sel.Name == "Equal" || pkg.Name == "reflect" && s.Sel.Name == "DeepEqual") {
				found = true
			}
		}
		return true
	})
	return found
}

func TestWhereSecretsAreComparedNothingIsComparedByteByByteUntilTheFirstDifference(t *testing.T) {
	t.Parallel()
	constant := 0
	source(t, func(path string, file *ast.File, _ *token.FileSet) {
		guarded := strings.HasPrefix(path, "../../api/staff/") || strings.HasPrefix(path, "../../api/seal/") || strings.HasPrefix(path, "../../api/book/slip")
		if !guarded || strings.HasSuffix(path, "_test.go") {
			return
		}
		if compares(file) {
			t.Errorf("%s: use hmac.Equal or subtle.ConstantTimeCompare", path)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && (s.Sel.Name == "ConstantTimeCompare" || s.Sel.Name == "Equal") {
				if pkg, ok := s.X.(*ast.Ident); ok && (pkg.Name == "hmac" || pkg.Name == "subtle") {
					constant++
				}
			}
			return true
		})
	})
	planted, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() bool { return bytes.Equal(a, b) }", 0)
	if err != nil || !compares(planted) || constant < 5 {
		t.Errorf("a planted comparison is not seen, or %d in constant time are few: %v", constant, err)
	}
}
