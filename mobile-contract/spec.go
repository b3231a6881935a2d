package contract

import (
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Version is the contract's version, as hello tells it and openapi.yaml bears it.
const Version = "1.0.0"

//go:embed openapi.yaml
var openapiYAML []byte

// OpenAPI gives the contract's text.
func OpenAPI() []byte { return slices.Clone(openapiYAML) }

// Route is one call of the contract.
type Route struct {
	Method      string
	Path        string // with {names}
	OperationID string
	Body        *Schema // of the request; nil when it has none, and for postOps, which SplitBatch reads
	Open        bool    // served without a log-in
	Handset     bool    // open, but with a proof by the handset's own key
	Page        bool    // open, but for the console's own page alone
	Phone       bool    // for a phone's access token and proof
	Console     bool    // for the cookie of a console
	Fresh       bool    // by a console only with a second factor that was shown a moment ago
	query       map[string]*param
	path        map[string]*node
}

type param struct {
	node     *node
	required bool
}

// compiled is everything made of openapi.yaml.
type compiled struct {
	routes []*Route
	byID   map[string]*Route
	kinds  map[string]*opShape
	batch  batchShape
}

var load = sync.OnceValue(func() *compiled {
	c, err := compile(openapiYAML)
	if err != nil {
		panic(fmt.Sprintf("contract: openapi.yaml: %v", err)) // a broken static table
	}
	return c
})

// Compile makes the checkers now instead of at first use, so that a server's first request is not the slow one.
func Compile() { load() }

// Routes lists every call in the order of path and method.
func Routes() []*Route { return slices.Clone(load().routes) }

// RouteOf finds a call by its operationId; nil when there is none.
func RouteOf(operationID string) *Route { return load().byID[operationID] }

// Kinds lists the kinds of op, sorted.
func Kinds() []Kind {
	c := load()
	out := make([]Kind, 0, len(c.kinds))
	for k := range c.kinds {
		out = append(out, Kind(k))
	}
	slices.Sort(out)
	return out
}

func compile(text []byte) (*compiled, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	c := &compiled{byID: map[string]*Route{}, kinds: map[string]*opShape{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			r, err := compileRoute(method, path, op)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.routes = append(c.routes, r)
			c.byID[r.OperationID] = r
		}
	}
	slices.SortFunc(c.routes, func(a, b *Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	union := doc.Components.Schemas["Op"].Value
	for kind, ref := range union.Discriminator.Mapping {
		name := ref.Ref[strings.LastIndexByte(ref.Ref, '/')+1:]
		schema, ok := doc.Components.Schemas[name]
		if !ok {
			return nil, fmt.Errorf("kind %s: no schema %s", kind, name)
		}
		if c.kinds[kind], err = compileOp(Kind(kind), schema); err != nil {
			return nil, fmt.Errorf("kind %s: %w", kind, err)
		}
	}
	if c.batch, err = compileBatch(doc.Components.Schemas["OpsBatch"], doc.Components.Schemas["OpItem"]); err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	return c, nil
}

func compileRoute(method, path string, op *openapi3.Operation) (*Route, error) {
	r := &Route{
		Method: method, Path: path, OperationID: op.OperationID,
		Handset: guardedBy(op, "handset"), Page: guardedBy(op, "page"), Phone: guardedBy(op, "dpop"), Console: guardedBy(op, "console"),
		query: map[string]*param{}, path: map[string]*node{},
	}
	r.Open = !r.Phone && !r.Console
	r.Fresh, _ = op.Extensions["x-fresh"].(bool)
	for _, ref := range op.Parameters {
		p := ref.Value
		n, err := compileNode(p.Schema, "")
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		switch p.In {
		case openapi3.ParameterInQuery:
			r.query[p.Name] = &param{node: n, required: p.Required}
		case openapi3.ParameterInPath:
			r.path[p.Name] = n
		}
	}
	if op.RequestBody == nil || r.OperationID == "postOps" {
		return r, nil
	}
	n, err := compileNode(op.RequestBody.Value.Content.Get("application/json").Schema, "")
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	r.Body = &Schema{root: n}
	return r, nil
}

// guardedBy tells whether a call takes what the scheme says; one that names no scheme takes the log-in of either sort.
func guardedBy(op *openapi3.Operation, scheme string) bool {
	if op.Security == nil {
		return scheme == "dpop" || scheme == "console"
	}
	return slices.ContainsFunc(*op.Security, func(r openapi3.SecurityRequirement) bool {
		_, ok := r[scheme]
		return ok
	})
}

// HasBody tells whether the call has a request body.
func (r *Route) HasBody() bool {
	return r.Body != nil || r.Method == http.MethodPost && r.OperationID == "postOps"
}

// CheckQuery checks a query string's arguments in the order given: an unknown one, one given twice, one missing or of
// the wrong form is a Violation whose Pointer is the parameter's name.
func (r *Route) CheckQuery(args [][2]string) error {
	seen := make(map[string]bool, len(args))
	for _, a := range args {
		p, ok := r.query[a[0]]
		if !ok {
			return &Violation{Code: CodeUnknownParameter}
		}
		if seen[a[0]] {
			return &Violation{Code: CodeRepeatedParameter, Pointer: a[0]}
		}
		seen[a[0]] = true
		if code := p.node.checkText(a[1]); code != "" {
			return &Violation{Code: code, Pointer: a[0]}
		}
	}
	for name, p := range r.query {
		if p.required && !seen[name] {
			return &Violation{Code: CodeMissingParameter, Pointer: name}
		}
	}
	return nil
}

// CheckPath checks one path parameter. What has not the form of an id cannot be found: not_found.
func (r *Route) CheckPath(name, value string) error {
	n, ok := r.path[name]
	if !ok || n.checkText(value) != "" {
		return &Violation{Code: CodeNotFound}
	}
	return nil
}
