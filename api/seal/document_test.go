package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// karwi is where the ops of these tests were made.
func karwi(op uuid.UUID) seal.Where {
	return seal.Where{District: chitrakoot, Centre: "KRW", OpID: op}
}

// example is an op of the contract, and the keys of its case.
type example struct {
	raw    []byte
	op     *contract.Op
	report contract.Report
	keys   seal.Keys
}

func read(t testing.TB, k *seal.Keyset, kind string) example {
	t.Helper()
	raw, err := os.ReadFile("../../mobile-contract/examples/ops/" + kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	op, report, err := contract.DecodeOp(raw)
	if err != nil {
		t.Fatal(err)
	}
	return example{raw: raw, op: op, report: report, keys: newKeys(t, k, op.ID)}
}

func newKeys(t testing.TB, k *seal.Keyset, id uuid.UUID) seal.Keys {
	t.Helper()
	victim, _ := newKey(t, k, id, seal.Victim)
	suspect, _ := newKey(t, k, id, seal.Suspect)
	told, _ := newKey(t, k, id, seal.Told)
	return seal.Keys{seal.Victim: victim, seal.Suspect: suspect, seal.Told: told}
}

func (e example) seal(t testing.TB) []byte {
	t.Helper()
	sealed, err := seal.SealDoc(e.raw, e.report.Sealed, e.report.Salt, e.keys, karwi(e.op.ID))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// spans are those of the sealed op.
func spans(t testing.TB, sealed []byte) contract.Report {
	t.Helper()
	_, report, err := contract.DecodeSealedOp(sealed)
	if err != nil {
		t.Fatalf("the contract does not know its own op any more: %v", err)
	}
	return report
}

func TestEveryExampleOpComesBackByteForByte(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	files, err := os.ReadDir("../../mobile-contract/examples/ops")
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, f := range files {
		e := read(t, k, strings.TrimSuffix(f.Name(), ".json"))
		sealed := e.seal(t)
		for _, s := range e.report.Sealed {
			hidden++
			if token := e.raw[s.Start:s.End]; len(token) > 5 && bytes.Contains(sealed, token) {
				t.Errorf("%s still shows %s", f.Name(), s.Pointer)
			}
		}
		if salt := e.raw[e.report.Salt.Start:e.report.Salt.End]; bytes.Contains(sealed, salt) != (len(e.report.Sealed) == 0) {
			t.Errorf("%s: salt open or sealed for no reason", f.Name())
		}
		r := spans(t, sealed)
		back, err := seal.UnsealDoc(sealed, r.Sealed, &r.Salt, e.keys, karwi(e.op.ID))
		if err != nil || !bytes.Equal(back, e.raw) {
			t.Errorf("%s: %v\n%s", f.Name(), err, back)
		}
	}
	if hidden < 10 {
		t.Errorf("only %d sealed fields in all examples", hidden)
	}
}

// doc is a made-up op: tokens between other bytes.
type doc struct {
	raw   []byte
	spans []contract.Span
	salt  contract.Span
}

func drawDoc(t *rapid.T) doc {
	var d doc
	n := rapid.IntRange(0, 8).Draw(t, "fields")
	saltAt := rapid.IntRange(0, n).Draw(t, "salt at")
	put := func(class byte, pointer, token string) contract.Span {
		s := contract.Span{Pointer: pointer, Class: class, Start: len(d.raw), End: len(d.raw) + len(token)}
		d.raw = append(d.raw, token...)
		d.raw = append(d.raw, rapid.SampledFrom([]string{",", " , ", "\n,\t\"x\":"}).Draw(t, "between")...)
		return s
	}
	d.raw = append(d.raw, '{')
	for i := range n + 1 {
		if i == saltAt {
			d.salt = put('S', "/salt", `"UeDtXAAPMgWoi8qUmLOZIg"`)
		}
		if i == n {
			break
		}
		class := rapid.SampledFrom([]byte{seal.Victim, seal.Suspect, seal.Told}).Draw(t, "class")
		token := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) string { return fmt.Sprintf("%q", s) }),
			rapid.SampledFrom([]string{"true", "false", "null", "23", "-1.5e3", `""`, `"\u0930\u093e  "`, "{}", `[ 1 ]`}),
		).Draw(t, "token")
		d.spans = append(d.spans, put(class, fmt.Sprintf("/body/f%d", i), token))
	}
	return d
}

// sealedSpans finds the tokens again by their order: what stands between does
// not change.
func (d doc) sealedSpans(t *rapid.T, sealed []byte) ([]contract.Span, contract.Span) {
	all := slices.Clone(d.spans)
	if len(all) > 0 {
		all = append(all, d.salt)
	}
	slices.SortFunc(all, func(a, b contract.Span) int { return a.Start - b.Start })
	var out []contract.Span
	salt, from, at := d.salt, 0, 0
	for _, s := range all {
		at += s.Start - from
		n := bytes.IndexByte(sealed[at+1:], '"') + 2
		from = s.End
		s.Start, s.End = at, at+n
		at += n
		if s.Class == 'S' {
			salt = s
		} else {
			out = append(out, s)
		}
	}
	return out, salt
}

func TestAnyOpComesBackByteForByte(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	id := uuid.New()
	keys := newKeys(t, k, id)
	fuzztest.Check(t, func(t *rapid.T) {
		d := drawDoc(t)
		raw := slices.Clone(d.raw)
		sealed, err := seal.SealDoc(d.raw, d.spans, d.salt, keys, karwi(id))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw, d.raw) {
			t.Fatal("sealing changed the op itself")
		}
		at, salt := d.sealedSpans(t, sealed)
		back, err := seal.UnsealDoc(sealed, at, &salt, keys, karwi(id))
		if err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("%v\n%s\n%s", err, raw, back)
		}
	})
}

func TestASealedTextMovedElsewhereDoesNotOpen(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "squad.person")
	sealed := e.seal(t)
	r := spans(t, sealed)
	open := func(spans []contract.Span, salt *contract.Span, keys seal.Keys, w seal.Where) error {
		_, err := seal.UnsealDoc(sealed, spans, salt, keys, w)
		return err
	}
	home := karwi(e.op.ID)
	if err := open(r.Sealed, &r.Salt, e.keys, home); err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]seal.Where{
		"district": {District: 8, Centre: home.Centre, OpID: home.OpID},
		"centre":   {District: home.District, Centre: "MAU", OpID: home.OpID},
		"op":       {District: home.District, Centre: home.Centre, OpID: uuid.New()},
	} {
		if err := open(r.Sealed, &r.Salt, e.keys, w); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if err := open(r.Sealed, &r.Salt, newKeys(t, k, uuid.New()), home); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("another case: %v", err)
	}
	for _, s := range r.Sealed {
		for _, other := range r.Sealed {
			if other.Pointer == s.Pointer {
				continue
			}
			moved := s
			moved.Pointer = other.Pointer
			if err := open([]contract.Span{moved}, nil, e.keys, home); !errors.Is(err, seal.ErrBroken) {
				t.Errorf("%s read as %s: %v", s.Pointer, moved.Pointer, err)
			}
		}
	}
}

func TestASealedTextOpensOnlyByItsOwnClass(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "squad.person")
	sealed := e.seal(t)
	r := spans(t, sealed)
	swapped := seal.Keys{seal.Victim: e.keys[seal.Suspect], seal.Suspect: e.keys[seal.Victim]}
	if _, err := seal.UnsealDoc(sealed, r.Sealed, nil, swapped, karwi(e.op.ID)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("swapped keys opened: %v", err)
	}
	if _, err := seal.SealDoc(e.raw, e.report.Sealed, e.report.Salt, swapped, karwi(e.op.ID)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("swapped keys sealed: %v", err)
	}
	if _, err := seal.SealDoc(e.raw, e.report.Sealed, e.report.Salt, nil, karwi(e.op.ID)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("sealed without keys: %v", err)
	}
	other := slices.Clone(r.Sealed)
	for i := range other {
		other[i].Class ^= seal.Victim ^ seal.Suspect
	}
	if _, err := seal.UnsealDoc(sealed, other, nil, e.keys, karwi(e.op.ID)); err == nil {
		t.Error("opened as the other class")
	}
	relabelled := bytes.ReplaceAll(sealed, []byte(":1:X:"), []byte(":1:V:"))
	for i := range other {
		other[i] = r.Sealed[i]
		other[i].Class = seal.Victim
	}
	if _, err := seal.UnsealDoc(relabelled, other, nil, e.keys, karwi(e.op.ID)); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("a relabelled text opened: %v", err)
	}
}

func TestTheSaltOfAnOpWithBothClassesNeedsBothKeys(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "squad.person") // has a complainant (V) and a person (X)
	sealed := e.seal(t)
	r := spans(t, sealed)
	if !bytes.Contains(sealed[r.Salt.Start:r.Salt.End], []byte(":1:VX:")) {
		t.Fatalf("salt is %s", sealed[r.Salt.Start:r.Salt.End])
	}
	for _, gone := range []byte{seal.Victim, seal.Suspect} {
		left := seal.Keys{}
		for class, key := range e.keys {
			if class != gone {
				left[class] = key
			}
		}
		if _, err := seal.UnsealDoc(sealed, nil, &r.Salt, left, karwi(e.op.ID)); !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("the salt opens without %c: %v", gone, err)
		}
		var still []contract.Span
		for _, s := range r.Sealed {
			if s.Class != gone {
				still = append(still, s)
			}
		}
		half, err := seal.UnsealDoc(sealed, still, nil, left, karwi(e.op.ID))
		if err != nil {
			t.Errorf("what is left after %c: %v", gone, err)
		}
		for _, s := range e.report.Sealed {
			token := e.raw[s.Start:s.End]
			if len(token) > 5 && bytes.Contains(half, token) != (s.Class != gone) {
				t.Errorf("without %c, %s", gone, s.Pointer)
			}
		}
	}
}

func TestTheLengthOfASealedTextDoesNotTellShortAnswersApart(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	id := uuid.New()
	keys := newKeys(t, k, id)
	lengths := map[int]bool{}
	for _, token := range []string{"true", "false", "7", "23", `"राकेश"`, `"Om"`} {
		raw := []byte(`{"a":` + token + `,"salt":"UeDtXAAPMgWoi8qUmLOZIg"}`)
		span := contract.Span{Pointer: "/a", Class: seal.Suspect, Start: 5, End: 5 + len(token)}
		salt := contract.Span{Pointer: "/salt", Class: 'S', Start: len(raw) - 25, End: len(raw) - 1}
		sealed, err := seal.SealDoc(raw, []contract.Span{span}, salt, keys, karwi(id))
		if err != nil {
			t.Fatal(err)
		}
		lengths[len(sealed)] = true
	}
	if len(lengths) != 1 {
		t.Errorf("lengths %v", lengths)
	}
}

func TestNoNonceComesTwice(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "squad.person")
	seen := map[string]bool{}
	const rounds = 2000
	for range rounds {
		for _, part := range strings.Split(string(e.seal(t)), contract.SealPrefix)[1:] {
			_, text, _ := strings.Cut(strings.TrimPrefix(part, "1:"), ":")
			seen[text[:16]] = true // 16 characters are the 12 bytes of the nonce
		}
	}
	if want := rounds * (len(e.report.Sealed) + 1); len(seen) != want {
		t.Errorf("%d nonces of %d", len(seen), want)
	}
}

func TestSpansThatAreNoTokensAreRefused(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	id := uuid.New()
	keys := newKeys(t, k, id)
	raw := []byte(`{"a":"b" ,"salt":"c"}`)
	salt := contract.Span{Pointer: "/salt", Class: 'S', Start: 17, End: 20}
	span := func(start, end int) contract.Span {
		return contract.Span{Pointer: "/a", Class: seal.Victim, Start: start, End: end}
	}
	for name, s := range map[string][]contract.Span{
		"past the end": {span(5, 99)}, "before the start": {span(-1, 4)}, "empty": {span(5, 5)}, "backward": {span(8, 5)},
		"overlapping": {span(5, 8), span(6, 9)}, "out of order": {span(5, 8), span(1, 4)}, "over the salt": {span(16, 19)},
		"with a space": {span(5, 9)},
	} {
		if _, err := seal.SealDoc(raw, s, salt, keys, karwi(id)); err == nil {
			t.Errorf("%s: sealed", name)
		}
		if _, err := seal.UnsealDoc(raw, s, nil, keys, karwi(id)); err == nil {
			t.Errorf("%s: unsealed", name)
		}
	}
}

func TestABlobOpensOnlyByItsKeyAndForItsOp(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "squad.person")
	id := e.op.ID
	key, _ := newKey(t, k, id, seal.HeldOp)
	blob, err := seal.SealBlob(key, e.raw, karwi(id))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(blob, []byte("squad.person")) {
		t.Error("a blob shows its content")
	}
	if plain, err := seal.OpenBlob(key, blob, karwi(id)); err != nil || !bytes.Equal(plain, e.raw) {
		t.Errorf("opened %q: %v", plain, err)
	}
	other, _ := newKey(t, k, id, seal.HeldOp)
	for name, err := range map[string]error{
		"another key": second(seal.OpenBlob(other, blob, karwi(id))),
		"another op":  second(seal.OpenBlob(key, blob, karwi(uuid.New()))),
		"cut":         second(seal.OpenBlob(key, blob[:len(blob)-1], karwi(id))),
		"a stump":     second(seal.OpenBlob(key, blob[:5], karwi(id))),
		"nothing":     second(seal.OpenBlob(key, nil, karwi(id))),
	} {
		if !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := seal.SealBlob(seal.Key{}, e.raw, karwi(id)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("sealed by no key: %v", err)
	}
	if _, err := seal.OpenBlob(seal.Key{}, blob, karwi(id)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("opened by no key: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzUnsealDocNeverPanicsNorForges(f *testing.F) {
	k, _ := newKeyset(f)
	id := uuid.New()
	keys := newKeys(f, k, id)
	fuzztest.Texts(f, `"kendra:seal:1:V:AAAA"`, `"kendra:seal:1:VX:"`, `"kendra:seal:1:X:`+strings.Repeat("A", 100)+`"`,
		`"kendra:seal:2:V:AAAA`, `"`)
	f.Fuzz(func(t *testing.T, token string) {
		for _, class := range []byte{seal.Victim, seal.Suspect, seal.Told, 'S'} {
			s := contract.Span{Pointer: "/a", Class: class, Start: 0, End: len(token)}
			if out, err := seal.UnsealDoc([]byte(token), []contract.Span{s}, nil, keys, karwi(id)); err == nil {
				t.Errorf("%q opened as %q", token, out)
			}
		}
	})
}

func TestAFieldThatWasSealedUnderAnotherClassBeforeOpensByThatOne(t *testing.T) {
	t.Parallel()
	k, _ := newKeyset(t)
	e := read(t, k, "counselling.session")
	before := slices.Clone(e.report.Sealed)
	for i := range before {
		if before[i].Class == seal.Told {
			before[i].Class = seal.Victim
		}
	}
	sealed, err := seal.SealDoc(e.raw, before, e.report.Salt, e.keys, karwi(e.op.ID))
	if err != nil {
		t.Fatal(err)
	}
	r := spans(t, sealed)
	delete(e.keys, seal.Told)
	back, err := seal.UnsealDoc(sealed, r.Sealed, &r.Salt, e.keys, karwi(e.op.ID))
	if err != nil || !bytes.Equal(back, e.raw) {
		t.Errorf("%v", err)
	}
}
