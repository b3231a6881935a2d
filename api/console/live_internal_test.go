package console

import (
	"testing"

	"kendra/api/book"
)

func heard(l *listener) bool {
	select {
	case <-l.some:
		return true
	default:
		return false
	}
}

// TestAHubTellsThePagesOfABookAndNoOthers moves two books.
func TestAHubTellsThePagesOfABookAndNoOthers(t *testing.T) {
	t.Parallel()
	h := NewHub()
	mine, other, far := h.listen(bookKey{7, "KRW"}), h.listen(bookKey{7, "RJP"}), h.listen(bookKey{8, "KRW"})
	h.Moved(book.Moved{District: 7, Centre: "KRW", Size: 5})
	h.Moved(book.Moved{District: 7, Centre: "KRW", Size: 6})
	if !heard(mine) || heard(mine) || heard(other) || heard(far) {
		t.Error("one mark for the pages of the book, however often it moved, and none for others")
	}
	h.Moved(book.Moved{District: 7, Centre: "KRW", Size: 4}) // it came late
	if size, _ := h.state(bookKey{7, "KRW"}); size != 6 || heard(mine) {
		t.Errorf("an older size counts: %d", size)
	}
	h.Gap()
	if size, _ := h.state(bookKey{7, "KRW"}); size != 0 || !heard(mine) || !heard(other) || !heard(far) {
		t.Error("after a gap nothing is known, and all look again")
	}
	h.leave(far)
	h.Close()
	if _, closed := h.state(bookKey{7, "KRW"}); !closed || !heard(mine) || h.Open() != 2 {
		t.Error("a hub that closes tells its pages")
	}
}
