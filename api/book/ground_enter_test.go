package book_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/geo/features"
	contract "kendra/mobile-contract"
)

// asOne hands ops in as one.
func asOne(t *testing.T, w *booktest.World, by *booktest.Officer, items ...contract.Item) (*book.Answer, error) {
	t.Helper()
	return w.Book.AppendWhole(t.Context(), by.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: items})
}

func TestOpsThatAreEnteredAsOneAreEnteredAllOrNoneIs(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	places := func(codes ...string) (out []contract.Item) {
		for i, code := range codes {
			out = append(out, w.Incharge.Item("place.set", w.GroundPlace(code, 25.22+float64(i)*0.01, 80.92)))
		}
		return out
	}
	entered := func() int64 { return count(t, w, `SELECT count(*) FROM entries WHERE kind = 'place.set'`) }
	var parted *book.Parted
	twice := places("a", "b", "a", "c")
	if _, err := asOne(t, w, w.Incharge, twice...); !errors.As(err, &parted) || parted.At != 2 || parted.Problem.Code != contract.CodeAlreadyThere || entered() != 0 {
		t.Fatalf("%v, and %d are entered", err, entered())
	}
	if n := count(t, w, `SELECT count(*) FROM place_versions`); n != 0 {
		t.Fatalf("%d places of nothing", n)
	}
	answer, err := asOne(t, w, w.Incharge, twice[0], twice[1], twice[3])
	if err != nil || len(answer.Receipts) != 3 || entered() != 3 || answer.Receipts[2].Entry == nil || answer.Heads[0].Size != answer.Receipts[2].Entry.Seq {
		t.Fatal(err, answer, entered())
	}
	if again, err := asOne(t, w, w.Incharge, twice[0], twice[1], twice[3]); err != nil || !again.Receipts[0].Repeated || entered() != 3 {
		t.Error("the very same again", err, entered())
	}
	other := w.Other.Item("place.set", w.GroundPlace("far", 25.38, 81.15))
	if _, err := asOne(t, w, w.Other, other, w.Other.Item("place.set", w.GroundPlace("near", 25.39, 81.15), booktest.With("centre", booktest.Centre))); err == nil || entered() != 3 {
		t.Error("of two books", err)
	}
	if _, err := asOne(t, w, w.Incharge); err == nil {
		t.Error("of nothing")
	}
	if _, err := asOne(t, w, w.Beat, w.Beat.Item("place.set", w.GroundPlace("x", 25.3, 80.92))); !errors.As(err, &parted) || parted.Problem.Code != contract.CodeForbidden {
		t.Error("by the beat", err)
	}
	if _, err := asOne(t, w, w.Incharge, append(places("d"), w.Beat.Item("place.set", w.GroundPlace("e", 25.3, 80.92)))...); !errors.As(err, &parted) || parted.At != 1 || entered() != 3 {
		t.Error("with one that is signed by another", err, entered())
	}
	w.Incharge.Enter("place.set", w.GroundPlace("after", 25.4, 80.92)) // the book goes on
}

func TestThePlanOfAFileIsThatOfOneStationAndItsDigestSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	const head = "code,en,kind,lat,lon,every_days\n"
	plan := func(text string, change func(f *book.GroundFile)) (*book.GroundPlan, string) {
		t.Helper()
		f := book.GroundFile{
			Kind: book.GroundPlaces, From: w.Now(), Only: booktest.Centre,
			Features: features.Read(strings.NewReader(text), features.CSV, features.Options{}),
		}
		if change != nil {
			change(&f)
		}
		p, err := w.Book.PlanGround(t.Context(), booktest.District, f)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := p.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return p, digest
	}
	const one = head + "a,School,school,25.22,80.92,7\n"
	first, digest := plan(one, nil)
	if _, again := plan(one, nil); again != digest || len(first.Deeds()) != 1 || first.Deeds()[0].Line != 2 {
		t.Errorf("the same file has another digest, or other deeds: %v", first.Deeds())
	}
	for why, d := range map[string]string{
		"another number": func() string { _, d := plan(strings.Replace(one, ",7", ",9", 1), nil); return d }(),
		"another line":   func() string { _, d := plan(one+"b,Hall,market,25.23,80.92,7\n", nil); return d }(),
		"a fault":        func() string { _, d := plan(one+"b,Hall,nonsense,25.23,80.92,7\n", nil); return d }(),
		"another day": func() string {
			_, d := plan(one, func(f *book.GroundFile) { f.From = w.Now().Add(48 * time.Hour) })
			return d
		}(),
	} {
		if d == digest {
			t.Errorf("%s has the same digest", why)
		}
	}
	if p, _ := plan(one+"r,Far,village,25.383,81.150,15\n", nil); len(p.Wrong) != 1 || p.Wrong[0].Line != 3 || p.Wrong[0].Geometry.Point == nil || len(p.Changes) != 1 {
		t.Errorf("another station's place: %+v", p.Wrong)
	}
	if p, _ := plan(one+"b,Hall,market,25.23,80.92,7\nc,Hall 2,market,25.24,80.92,7\n", func(f *book.GroundFile) { f.Most = 2 }); len(p.Wrong) != 1 || len(p.Changes) != 2 {
		t.Errorf("a file of more than it may have: %+v", p.Wrong)
	}
	w.Incharge.Enter("place.set", w.GroundPlace("old", 25.25, 80.92))
	w.Pass(time.Hour)
	p, _ := plan(one, func(f *book.GroundFile) { f.Complete = true })
	if p.Counts[book.GroundEnded] != 1 || p.Changes[1].Old.Point == nil || len(p.Deeds()) != 2 {
		t.Errorf("what the file does not have: %+v", p.Changes)
	}
}
