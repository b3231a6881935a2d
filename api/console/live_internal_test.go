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
	mine, other, far := h.listen(bookKey{7, "KRW"}, her), h.listen(bookKey{7, "RJP"}, her), h.listen(bookKey{8, "KRW"}, her)
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
		open = append(open, h.listen(bookKey{7, "KRW"}, her))
	}
	if h.listen(bookKey{7, "KRW"}, her) != nil {
		t.Error("one too many")
	}
	if h.listen(bookKey{7, "KRW"}, uuid.New()) == nil {
		t.Error("another officer pays for it")
	}
	h.leave(open[0])
	if h.listen(bookKey{7, "KRW"}, her) == nil {
		t.Error("one has ended, and there is no place for another")
	}
}
