package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// document is the contract as kin-openapi reads it: another reader than the
// one that the server checks requests with.
var document = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		panic(err)
	}
	return doc
})

var uuidText = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// formats are checked too: kin-openapi passes over those it is not told of.
func formats() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(s string) error {
			if !uuidText.MatchString(s) {
				return fmt.Errorf("not a UUID")
			}
			return nil
		})),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(time.RFC3339, s)
			return err
		})),
	}
}

// route finds the call of the contract that a request is.
func route(r *http.Request) *routers.Route {
	doc := document()
	for path, item := range doc.Paths.Map() {
		pattern := "^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$"
		if op := item.GetOperation(r.Method); op != nil && regexp.MustCompile(pattern).MatchString(r.URL.Path) {
			return &routers.Route{Spec: doc, Path: path, PathItem: item, Method: r.Method, Operation: op}
		}
	}
	return nil
}

// check says what an answer has that the contract does not allow.
func check(r *http.Request, a *Answer) error {
	if err := dress(a); err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		return nil
	}
	if a.Status >= http.StatusBadRequest {
		if err := refused(r, a); err != nil {
			return err
		}
	}
	if a.Status == http.StatusNoContent || a.Status == http.StatusNotModified {
		if len(a.Body) > 0 {
			return fmt.Errorf("%d with a body", a.Status)
		}
		return nil
	}
	found := route(r)
	if found == nil {
		if a.Status < http.StatusBadRequest {
			return fmt.Errorf("a call outside the contract is answered %d", a.Status)
		}
		return nil
	}
	if a.Status < http.StatusBadRequest && found.Operation.Responses.Status(a.Status) == nil {
		return fmt.Errorf("status %d is not in the contract", a.Status)
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: found},
		Status:                 a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, SchemaValidationOptions: formats()},
	})
}

// dress checks the headers that every answer wears.
func dress(a *Answer) error {
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Powered-By": "",
		"Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	} {
		if got := a.Header.Get(name); got != want {
			return fmt.Errorf("header %s is %q, not %q", name, got, want)
		}
	}
	if _, err := uuid.Parse(a.Header.Get("X-Request-Id")); err != nil {
		return fmt.Errorf("no request id in the header")
	}
	if _, err := http.ParseTime(a.Header.Get("Date")); err != nil {
		return fmt.Errorf("header Date: %w", err)
	}
	return nil
}

// refused checks that a refusal is a problem of the catalogue, in the language
// that the request asked for, under the id that is in the log.
func refused(r *http.Request, a *Answer) error {
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		return fmt.Errorf("%d with content type %q", a.Status, kind)
	}
	var p contract.ProblemJSON
	if err := json.Unmarshal(a.Body, &p); err != nil {
		return err
	}
	want := contract.NewProblem(contract.Code(p.Code)).Render(contract.LangOf(r.Header.Get("Accept-Language")))
	switch {
	case p.Code == "" || want.Code != p.Code:
		return fmt.Errorf("code %q is not in the catalogue", p.Code)
	case p.Status != a.Status || p.Status != want.Status && p.Status != http.StatusBadRequest: // 400 for whatever a batch is malformed by
		return fmt.Errorf("%s: status %d in the text, %d in the line, %d in the catalogue", p.Code, p.Status, a.Status, want.Status)
	case p.Title != want.Title || p.Advice != want.Advice:
		return fmt.Errorf("%s is told in another language: %s", p.Code, p.Title)
	case p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id"):
		return fmt.Errorf("%s: request id %q", p.Code, p.RequestID)
	case (a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests) && a.Header.Get("Retry-After") == "":
		return fmt.Errorf("%s without Retry-After", p.Code)
	case a.Status == http.StatusUnauthorized && !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "DPoP"):
		return fmt.Errorf("%s without WWW-Authenticate", p.Code)
	}
	return nil
}
