package console

import (
	"testing"

	"github.com/google/uuid"

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
	her := uuid.New()
	mine, other, far := h.listen(bookKey{7, "KRW"}, her, false), h.listen(bookKey{7, "RJP"}, her, false), h.listen(bookKey{8, "KRW"}, her, false)
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

// TestAnOfficerHasSoManyLinesAndNoMore opens too many, and one again when one has
// ended.
func TestAnOfficerHasSoManyLinesAndNoMore(t *testing.T) {
	t.Parallel()
	h, her := NewHub(), uuid.New()
	var open []*listener
	for range liveLines {
		open = append(open, h.listen(bookKey{7, "KRW"}, her, false))
	}
	if h.listen(bookKey{7, "KRW"}, her, false) != nil {
		t.Error("one too many")
	}
	if h.listen(bookKey{7, "KRW"}, uuid.New(), false) == nil {
		t.Error("another officer pays for it")
	}
	h.leave(open[0])
	if h.listen(bookKey{7, "KRW"}, her, false) == nil {
		t.Error("one has ended, and there is no place for another")
	}
}

// TestThatUnitsMoveIsToldToWhoHasAMapOnly moves units, which no size tells.
func TestThatUnitsMoveIsToldToWhoHasAMapOnly(t *testing.T) {
	t.Parallel()
	h, k := NewHub(), bookKey{7, "KRW"}
	sends, other, far := h.listen(k, uuid.New(), true), h.listen(k, uuid.New(), false), h.listen(bookKey{7, "RJP"}, uuid.New(), true)
	h.Moved(book.Moved{District: 7, Centre: "KRW", Units: true})
	if !heard(sends) || heard(other) || heard(far) || h.moves(k) != 1 {
		t.Error("units have moved, and others are told of it")
	}
	if size, _ := h.state(k); size != 0 {
		t.Errorf("units make a book grow to %d", size)
	}
}
