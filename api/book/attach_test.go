package book_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/files"
	"kendra/api/media/mediatest"
	contract "kendra/mobile-contract"
)

// brought is a file that an officer has brought whole.
type brought struct {
	by      *booktest.Officer
	file    *files.File
	subject uuid.UUID
	ground  string
	data    []byte
}

func beginFile(w *booktest.World, o *booktest.Officer, subject uuid.UUID, purpose, ground string, size int) (*files.File, error) {
	return w.Book.BeginFile(context.Background(), o.Caller(), book.FileWish{
		Key: uuid.New(), Centre: booktest.Centre, Subject: subject, Purpose: purpose, Ground: ground, Size: int64(size),
	})
}

func bringFile(t testing.TB, w *booktest.World, o *booktest.Officer, subject uuid.UUID, purpose, ground string, data []byte) brought {
	t.Helper()
	f, err := beginFile(w, o, subject, purpose, ground, len(data))
	if err != nil {
		t.Fatal(err)
	}
	f, err = w.Book.Files.Write(context.Background(), o.Caller(), f.FileID, 0, f.Size, nil, bytes.NewReader(data))
	if err != nil || f.State != files.Whole {
		t.Fatal(err, f.State)
	}
	return brought{o, f, subject, ground, data}
}

// body attaches the file.
func (b brought) body() contract.FileAttach {
	sum := sha256.Sum256(b.data)
	hash := contract.Encode(sum[:])
	body := contract.FileAttach{
		FileID: b.file.FileID, SubjectID: b.subject, Purpose: b.file.Purpose, Media: b.file.Media, Size: b.file.Size, Sha256: &hash,
	}
	if b.file.Class == "X" {
		body.Sha256, body.SuspectSha256 = nil, &hash
	}
	if b.ground != "" {
		body.Ground = &b.ground
	}
	return body
}

// attachedFile is a file that belongs to its case.
func attachedFile(t testing.TB, w *booktest.World, o *booktest.Officer, subject uuid.UUID, purpose, ground string) (brought, *book.Entry) {
	t.Helper()
	b := bringFile(t, w, o, subject, purpose, ground, mediatest.JPEG(90, 70))
	return b, o.Enter("file.attach", b.body())
}

// readFile asks for the bytes.
func readFile(w *booktest.World, o *booktest.Officer, b brought, attached uuid.UUID, field string) (*book.FileRead, contract.Code) {
	item := o.Item("identity.read", wish(attached, field), booktest.With("centre", booktest.Centre))
	r, err := w.Book.ReadFile(context.Background(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}, b.file.FileID)
	if p := (*contract.Problem)(nil); errors.As(err, &p) {
		return nil, p.Code
	}
	if err != nil {
		return nil, contract.CodeInternal
	}
	if r.Receipt.Problem != nil {
		return r, r.Receipt.Problem.Code
	}
	return r, ""
}

func wantCode(t *testing.T, what string, err error, code contract.Code) {
	t.Helper()
	if !errors.Is(err, contract.NewProblem(code)) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestAPhotoOfAPersonStandsOnAGroundAndNeverShowsAChild(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	told := contract.At(w.Now())
	adult := w.Leader.Enter("squad.person", somebody(w, nil)).OpID
	child := w.Leader.Enter("squad.person", somebody(w, func(p *contract.SquadPerson) {
		p.Age, p.IsChild, p.Outcome, p.GuardianToldAt = new(15), true, "guardian_told", &told
	})).OpID
	complaint := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	for _, c := range []struct {
		what, purpose, ground string
		subject               uuid.UUID
		by                    *booktest.Officer
		code                  contract.Code
	}{
		{"no ground", "photo", "", adult, w.Leader, contract.CodePhotoGroundRequired},
		{"a ground of their own", "photo", "looked_odd", adult, w.Leader, contract.CodeUnknownCode},
		{"a child", "photo", "arrest", child, w.Leader, contract.CodeFilePurpose},
		{"a child's paper", "undertaking", "", child, w.Leader, contract.CodeFilePurpose},
		{"a photo under another name", "evidence", "", adult, w.Leader, contract.CodeFilePurpose},
		{"a photo in a complaint", "photo", "arrest", complaint, w.SHO, contract.CodeFilePurpose},
		{"a ground of what is no photo", "undertaking", "arrest", adult, w.Leader, contract.CodePhotoGroundRequired},
		{"the member of the squad", "photo", "arrest", adult, w.Member, contract.CodeNotYourPost},
		{"who has nothing to do with it", "scan", "", complaint, w.Second, contract.CodeCaseNotYours},
		{"another station", "scan", "", complaint, w.Other, contract.CodeNotYourPost},
		{"a case that is not there", "scan", "", uuid.Must(uuid.NewV7()), w.SHO, contract.CodeUnknownReference},
	} {
		_, err := beginFile(w, c.by, c.subject, c.purpose, c.ground, 100)
		wantCode(t, c.what, err, c.code)
	}
	for _, ground := range []string{"arrest", "conviction", "security_order"} {
		b, e := attachedFile(t, w, w.Leader, adult, "photo", ground)
		if b.file.Class != "X" || e.CaseID != adult {
			t.Errorf("%s: class %s, case %s", ground, b.file.Class, e.CaseID)
		}
	}
	b := bringFile(t, w, w.Leader, adult, "photo", "arrest", mediatest.JPEG(20, 20))
	for what, c := range map[string]struct {
		change func(x *contract.FileAttach)
		code   contract.Code
		ptr    string
	}{
		"no ground":     {func(x *contract.FileAttach) { x.Ground = nil }, contract.CodePhotoGroundRequired, "/body/ground"},
		"for a child":   {func(x *contract.FileAttach) { x.SubjectID = child }, contract.CodeFilePurpose, "/body/purpose"},
		"other bytes":   {func(x *contract.FileAttach) { x.SuspectSha256 = ptr(strings.Repeat("A", 43)) }, contract.CodeFileChecksum, "/body/suspect_sha256"},
		"hers":          {func(x *contract.FileAttach) { x.Sha256 = x.SuspectSha256 }, contract.CodeWrongReference, "/body/sha256"},
		"no digest":     {func(x *contract.FileAttach) { x.SuspectSha256 = nil }, contract.CodeMissingField, "/body/suspect_sha256"},
		"another size":  {func(x *contract.FileAttach) { x.Size++ }, contract.CodeWrongReference, "/body/size"},
		"another kind":  {func(x *contract.FileAttach) { x.Media = "pdf" }, contract.CodeWrongReference, "/body/media"},
		"no such file":  {func(x *contract.FileAttach) { x.FileID = uuid.New() }, contract.CodeUnknownReference, "/body/file_id"},
		"other purpose": {func(x *contract.FileAttach) { x.Purpose, x.Ground = "undertaking", nil }, contract.CodeWrongReference, "/body/purpose"},
	} {
		body := b.body()
		c.change(&body)
		refusedOp(t, what, w.Leader.Do("file.attach", body), c.code, c.ptr)
	}
	refusedOp(t, "by another", w.Incharge.Do("file.attach", b.body()), contract.CodeUnknownReference, "/body/file_id")
	w.Leader.Enter("file.attach", b.body())
}

func TestTheFilesOfAGuardedCaseAreForThoseNamedOnItWhoeverBroughtThem(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered, guardedOne)).OpID
	b, e := attachedFile(t, w, w.Beat, id, "scan", "")
	if !e.Guarded {
		t.Error("the entry is not guarded")
	}
	for who, o := range map[string]*booktest.Officer{"who brought it": w.Beat, "in-charge": w.Incharge, "head of the station": w.SHO} {
		if r, code := readFile(w, o, b, e.OpID, "/file"); code != contract.CodeNotNamed || r.Bytes != nil {
			t.Errorf("%s: %s", who, code)
		}
	}
	w.SHO.Enter("case.name", naming(id, w.Beat.ID))
	r, code := readFile(w, w.Beat, b, e.OpID, "/file")
	if code != "" || !bytes.Equal(r.Bytes, b.data) {
		t.Errorf("named: %s", code)
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 1 {
		t.Errorf("%d reads are entered", n)
	}
}

func TestTheFilesOfAPersonGoWithTheKeyWhenHisObjectionIsUpheld(t *testing.T) {
	t.Parallel()
	w := onSquadDuty(t)
	co := circleOfficer(t, w)
	_, r := warned(t, w, nil)
	b, e := attachedFile(t, w, w.Leader, r.OpID, "photo", "arrest")
	if got, code := readFile(w, co, b, e.OpID, "/file"); code != "" || !bytes.Equal(got.Bytes, b.data) {
		t.Fatalf("before: %s", code)
	}
	if _, err := object(w, r.Slip.Number, r.Slip.Secret.Reveal()); err != nil {
		t.Fatal(err)
	}
	co.Enter("warning.decide", contract.WarningDecide{PersonID: r.OpID, Decision: "upheld", Reason: "सुना गया, साक्ष्य नहीं पाया गया"}, atKarwi)
	for _, field := range []string{"/file", "/thumbnail"} {
		if got, code := readFile(w, co, b, e.OpID, field); code != contract.CodeKeyGone || got.Bytes != nil {
			t.Errorf("%s after: %s", field, code)
		}
	}
	if n := count(t, w, `SELECT count(*) FROM file_pieces`); n != 0 {
		t.Errorf("%d pieces are left", n)
	}
	wantCode(t, "a new one", func() error { _, err := beginFile(w, w.Leader, r.OpID, "photo", "arrest", 9); return err }(), contract.CodeWrongState)
}

func TestAFileIsReadByItsOwnReadAloneAndForTenMinutes(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	b, e := attachedFile(t, w, w.Beat, id, "scan", "")
	other, _ := attachedFile(t, w, w.Beat, id, "scan", "")
	ask := func(o *booktest.Officer, item contract.Item, file uuid.UUID) (*book.FileRead, error) {
		return w.Book.ReadFile(t.Context(), o.Caller(), book.Incoming{ReceivedAt: w.Now(), Items: []contract.Item{item}}, file)
	}
	refusedOp(t, "in a batch", w.Incharge.Do("identity.read", wish(e.OpID, "/file")), contract.CodeUnknownReference, "/body/fields/0")
	refusedOp(t, "of a complaint", w.Incharge.Do("identity.read", wish(id, "/file")), contract.CodeUnknownReference, "/body/fields/0")
	for _, fields := range [][]string{{"/file", "/thumbnail"}, {"/body/sha256"}, {"/file", "/body/sha256"}} {
		r, err := ask(w.Incharge, w.Incharge.Item("identity.read", wish(e.OpID, fields...)), b.file.FileID)
		if err != nil || r.Receipt.Problem == nil || r.Bytes != nil {
			t.Errorf("%v: %v, %+v", fields, err, r)
		}
	}
	item := w.Incharge.Item("identity.read", wish(e.OpID, "/file"))
	for range 2 {
		if r, err := ask(w.Incharge, item, b.file.FileID); err != nil || !bytes.Equal(r.Bytes, b.data) {
			t.Errorf("%v", err)
		}
	}
	if r, err := ask(w.Incharge, item, other.file.FileID); err == nil {
		t.Errorf("the read of another file is given %d bytes", len(r.Bytes))
	}
	w.Pass(11 * time.Minute)
	if r, err := ask(w.Incharge, item, b.file.FileID); err == nil {
		t.Errorf("later: %d bytes", len(r.Bytes))
	}
	if n := count(t, w, `SELECT count(*) FROM entries WHERE kind = 'identity.read'`); n != 1 {
		t.Errorf("%d reads are entered", n)
	}
	w.SQL(`UPDATE file_pieces SET n = n + 1 WHERE what = 'd'`, []any{})
	if r, code := readFile(w, w.Incharge, b, e.OpID, "/file"); code == "" {
		t.Errorf("of a moved piece %d bytes are given", len(r.Bytes))
	}
}

func TestFilesThatNobodyAttachesAreSwept(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	attachedFile(t, w, w.Beat, id, "scan", "")
	whole := bringFile(t, w, w.Beat, id, "scan", "", mediatest.JPEG(30, 30))
	data := mediatest.JPEG(300, 300)
	half, err := beginFile(w, w.Beat, id, "scan", "", len(data))
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) error {
		_, err := w.Book.Files.Write(t.Context(), w.Beat.Caller(), half.FileID, 0, int64(len(data)), nil, bytes.NewReader(data))
		return err
	}
	if err := write(data[:1000]); err != nil {
		t.Fatal(err)
	}
	left := func(want int64) {
		t.Helper()
		if _, err := w.Book.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, w, `SELECT count(*) FROM files`); n != want {
			t.Errorf("%d files are left, want %d", n, want)
		}
		if n := count(t, w, `SELECT count(DISTINCT file_id) FROM file_pieces`); n != want {
			t.Errorf("pieces of %d files are left, want %d", n, want)
		}
	}
	w.Pass(24*time.Hour - time.Second)
	left(3)
	w.Pass(time.Second)
	wantCode(t, "a day after", write(data), contract.CodeUploadGone)
	left(2)
	w.Pass(6 * 24 * time.Hour)
	left(1)
	refusedOp(t, "attached too late", w.Beat.Do("file.attach", whole.body()), contract.CodeUnknownReference, "/body/file_id")
}

func TestWhatAnOfficerAndACentreBringIsCounted(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	for what, q := range map[string]files.Quota{
		"files of an officer": {OfficerFiles: 2, CentreFiles: 99, OfficerBytes: 1e6, CentreBytes: 1e6, Unfinished: 9},
		"files of a centre":   {OfficerFiles: 99, CentreFiles: 2, OfficerBytes: 1e6, CentreBytes: 1e6, Unfinished: 9},
		"bytes of an officer": {OfficerFiles: 99, CentreFiles: 99, OfficerBytes: 250, CentreBytes: 1e6, Unfinished: 9},
		"bytes of a centre":   {OfficerFiles: 99, CentreFiles: 99, OfficerBytes: 1e6, CentreBytes: 250, Unfinished: 9},
		"unfinished":          {OfficerFiles: 99, CentreFiles: 99, OfficerBytes: 1e6, CentreBytes: 1e6, Unfinished: 2},
	} {
		w.SQL(`DELETE FROM files`, []any{})
		store := files.New(files.Options{Pool: w.Pool, Keys: w.Keys, Now: w.Now, Quota: q})
		place := files.Place{Centre: booktest.Centre, CaseID: id, SubjectID: id, Class: 'V', Purpose: "scan"}
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for range 8 { // at once
			wg.Go(func() {
				f, err := store.Begin(context.Background(), w.Beat.Caller(), uuid.New(), place, 100)
				mu.Lock()
				defer mu.Unlock()
				switch p := (*contract.Problem)(nil); {
				case err == nil:
					taken++
					if what == "files of an officer" { // what was given up counts
						if err := store.End(context.Background(), w.Beat.Caller(), f.FileID); err != nil {
							t.Error(err)
						}
					}
				case !errors.As(err, &p) || p.Code != contract.CodeFileQuota || p.RetryAfter <= 0:
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		wg.Wait()
		if taken != 2 {
			t.Errorf("%s: %d are taken", what, taken)
		}
	}
}

func TestTwoWhoBringTheSameBytesAtOnceMakeOneFile(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	id := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	data := mediatest.PNG(420, 420)
	second := w.Process(func(o *book.Options) { o.Files = nil }) // with a store of its own
	wish := book.FileWish{Key: uuid.New(), Centre: booktest.Centre, Subject: id, Purpose: "scan", Size: int64(len(data))}
	var all sync.WaitGroup
	for i := range 4 {
		b := []*book.Book{w.Book, second}[i%2]
		all.Go(func() {
			f, err := b.BeginFile(context.Background(), w.Beat.Caller(), wish)
			if err != nil {
				t.Error(err)
				return
			}
			for range 50 {
				at, err := b.Files.Mine(context.Background(), w.Beat.Caller(), f.FileID)
				if err != nil {
					t.Error(err)
					return
				}
				if at.State == files.Whole {
					return
				}
				rest := data[at.Stored:]
				_, err = b.Files.Write(context.Background(), w.Beat.Caller(), f.FileID, at.Stored, int64(len(rest)), nil, bytes.NewReader(rest))
				if err != nil && !errors.Is(err, contract.NewProblem(contract.CodeUploadOffset)) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := count(t, w, `SELECT count(*) FROM files WHERE state = 'whole'`); n != 1 {
		t.Fatalf("%d files", n)
	}
	b := brought{by: w.Beat, subject: id, data: data}
	b.file, _ = w.Book.Files.Mine(t.Context(), w.Beat.Caller(), files.IDOf(booktest.District, w.Beat.ID, wish.Key))
	e := w.Beat.Enter("file.attach", b.body())
	if r, code := readFile(w, w.Incharge, b, e.OpID, "/file"); code != "" || !bytes.Equal(r.Bytes, data) {
		t.Errorf("%s", code)
	}
}
