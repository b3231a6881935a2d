package book_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestWhatAPanicSaysIsNeitherLoggedNorAnswered(t *testing.T) {
	t.Parallel()
	const secret = "कमला देवी 9450012345"
	w := booktest.New(t)
	log, now := w.Book.Log, w.Book.Now
	item := w.Beat.Item("visit.record", w.Visit())
	var told bytes.Buffer
	w.Book.Log = slog.New(slog.NewJSONHandler(&told, nil))
	panics := 0
	w.Book.Now = func() time.Time { panics++; panic(secret) }
	_, err := w.Book.Append(context.Background(), w.Beat.Caller(), book.Incoming{Items: []contract.Item{item}, ReceivedAt: now()})
	w.Book.Log, w.Book.Now = log, now
	if panics == 0 || err == nil || strings.Contains(err.Error(), "देवी") {
		t.Errorf("%d panics; answered %v", panics, err)
	}
	if text := told.String(); strings.Contains(text, "देवी") || strings.Contains(text, "9450012345") || !strings.Contains(text, "panic") {
		t.Errorf("the log says %q", text)
	}
}
