// Package contract is what a phone and the centre have agreed on: openapi.yaml and what is made of it.
//
// The types in types.gen.go are generated. Ops are not: an op is read once, strictly, over the bytes that were signed,
// by a checker compiled from the same openapi.yaml.
package contract
