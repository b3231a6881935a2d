package fuzztest_test

import (
	"slices"
	"testing"

	"kendra/mobile-contract/fuzztest"
)

func TestTheInputsAreTheSameEachTimeAndHardlyTwoAlike(t *testing.T) {
	t.Parallel()
	seeds := []string{`{"a":1,"b":[true,null],"c":"एक"}`, "centre=KRW&after=0&limit=100"}
	one, two := fuzztest.Inputs(1000, seeds...), fuzztest.Inputs(1000, seeds...)
	if !slices.Equal(one, two) {
		t.Error("other inputs")
	}
	slices.Sort(one)
	if n := len(slices.Compact(one)); n < 900 {
		t.Errorf("%d of 1000 are different", n)
	}
	if seeds[0] != `{"a":1,"b":[true,null],"c":"एक"}` || seeds[1] != "centre=KRW&after=0&limit=100" {
		t.Error("the seeds have been changed")
	}
}
