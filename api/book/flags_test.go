package book_test

import (
	"testing"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

func TestEveryFlagHasItsWordsAndEveryWordItsFlag(t *testing.T) {
	t.Parallel()
	labels := contract.FlagLabels()
	for _, code := range book.Flags() {
		if l := labels[code]; l.Hi == "" || l.En == "" {
			t.Errorf("flag %s has no words", code)
		}
		delete(labels, code)
	}
	for code := range labels {
		t.Errorf("flag %s is never raised", code)
	}
}
