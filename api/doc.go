// Package api serves the phone API of mobile-contract/openapi.yaml over HTTP.
//
// A request passes, in this order: a request id and one log line; the front,
// which finds the call in the contract and checks body and query by it, byte
// for byte, before anything is decoded; log-in, which makes a staff.Caller of
// access token and DPoP proof; the handler. Handlers are a few lines: they call
// book and staff and give shape to the answer. There is no SQL and no rule of
// the service in this package.
//
// Whatever goes wrong is an error that one function (problem.go) turns into
// application/problem+json in Hindi or English. What is not a
// contract.Problem is shown as "internal" and nothing of it leaves the log.
//
// For POST /v1/ops the front checks the envelope only; each op is checked by
// the book, so that a bad op is its own refusal and not the batch's.
package api
