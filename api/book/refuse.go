package book

import (
	"errors"

	contract "kendra/mobile-contract"
)

// refuse is the answer of a check that says no: a code of the contract and a
// pointer to the field that is at fault.
func refuse(code contract.Code, pointer string) error { return refusal(code, pointer) }

func refusal(code contract.Code, pointer string) *contract.Problem {
	return contract.NewProblem(code, contract.WithPointer(pointer))
}

// isProblem finds the answer for the client in an error.
func isProblem(err error) *contract.Problem {
	var p *contract.Problem
	if errors.As(err, &p) {
		return p
	}
	var v *contract.Violation
	if errors.As(err, &v) {
		return v.Problem()
	}
	return nil
}

// waits is the answer of a check that finds that something has not arrived
// yet: the op is held and tried again when the key is provided.
type waits struct{ key string }

func (w *waits) Error() string { return "waits for " + w.key }

func waitFor(key string) error { return &waits{key: key} }
