package api_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/media/mediatest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// parcel is a file on its way.
type parcel struct {
	x     *apitest.Shift
	place string
	data  []byte
}

func metadata(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(out, ",")
}

func tus(method, path string) apitest.Request {
	return apitest.Request{Method: method, Path: path, Header: map[string]string{"Tus-Resumable": "1.0.0"}}
}

func creation(size int, meta string) apitest.Request {
	return tus(http.MethodPost, "/v1/files").With("Upload-Length", strconv.Itoa(size)).With("Upload-Metadata", meta)
}

// bring begins to bring a file of a case.
func bring(t *testing.T, x *apitest.Shift, subject uuid.UUID, purpose string, data []byte) *parcel {
	t.Helper()
	a := x.Do(creation(len(data), metadata("key", uuid.NewString(), "centre", x.Centre, "subject_id", subject.String(), "purpose", purpose)))
	a.Into(http.StatusCreated, nil)
	return &parcel{x, a.Header.Get("Location"), data}
}

func (p *parcel) patch(from, to int) apitest.Request {
	r := tus(http.MethodPatch, p.place).With("Content-Type", "application/offset+octet-stream").With("Upload-Offset", strconv.Itoa(from))
	r.Body = p.data[from:to]
	return r
}

func (p *parcel) offset(s *apitest.Server) int {
	a := p.x.At(s, tus(http.MethodHead, p.place))
	n, err := strconv.Atoi(a.Header.Get("Upload-Offset"))
	if a.Status != http.StatusOK || err != nil {
		return -a.Status
	}
	return n
}

func (p *parcel) id() uuid.UUID { return uuid.MustParse(strings.TrimPrefix(p.place, "/v1/files/")) }

// attachment is the op's body.
func (p *parcel) attachment(subject uuid.UUID, purpose, kind string) contract.FileAttach {
	sum := sha256.Sum256(p.data)
	hash := contract.Encode(sum[:])
	return contract.FileAttach{FileID: p.id(), SubjectID: subject, Purpose: purpose, Media: kind, Size: int64(len(p.data)), Sha256: &hash}
}

// read asks for the bytes of an attached file.
func (p *parcel) read(by *apitest.Shift, attached uuid.UUID, field string) *apitest.Answer {
	return by.Do(apitest.Post(p.place+"/content", single(by.Op("identity.read", asksFor(attached, field)))))
}

func TestAFileIsBroughtInPiecesAndBelongsToItsCaseByAnEntry(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	desk, incharge, beat := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "beat_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	data := mediatest.PNG(400, 400)
	key := uuid.NewString()
	begin := creation(len(data), metadata("key", key, "centre", "KRW", "subject_id", id.String(), "purpose", "scan", "filename", "कलावती देवी.png", "filetype", "text/html"))
	first := desk.Do(begin)
	first.Into(http.StatusCreated, nil)
	p := &parcel{desk, first.Header.Get("Location"), data}
	if expires, err := http.ParseTime(first.Header.Get("Upload-Expires")); err != nil || !expires.Equal(w.Now().Add(24*time.Hour)) {
		t.Errorf("expires %v, %v", expires, err)
	}
	half := len(data) / 2
	desk.Do(p.patch(0, half)).Into(http.StatusNoContent, nil)
	if again := desk.At(second, begin); again.Header.Get("Location") != p.place || again.Header.Get("Upload-Offset") != strconv.Itoa(half) {
		t.Errorf("begun again: %v", again.Header)
	}
	if n := p.offset(second); n != half {
		t.Errorf("the second server has %d of %d", n, half)
	}
	if n := (&parcel{incharge, p.place, nil}).offset(w.Server); n != -http.StatusNotFound {
		t.Errorf("another officer is told %d", n)
	}
	desk.Do(p.patch(0, half)).Refused(http.StatusConflict, contract.CodeUploadOffset, "")
	desk.Do(p.patch(half+1, len(data))).Refused(http.StatusConflict, contract.CodeUploadOffset, "")
	attach := p.attachment(id, "scan", "png")
	if r := desk.Send(desk.Op("file.attach", attach))[0]; r.Problem == nil || r.Problem.Code != string(contract.CodeFileNotWhole) {
		t.Errorf("attached before it is whole: %+v", r)
	}
	last := desk.At(second, p.patch(half, len(data)))
	last.Into(http.StatusNoContent, nil)
	if last.Header.Get("File-Media") != "png" || last.Header.Get("File-Class") != "V" {
		t.Errorf("%v", last.Header)
	}
	desk.Do(p.patch(len(data), len(data))).Into(http.StatusNoContent, nil) // its answer was lost
	entry := desk.Enter("file.attach", attach)
	if r := desk.Send(desk.Op("file.attach", attach))[0]; r.Problem == nil || r.Problem.Code != string(contract.CodeAlreadyThere) {
		t.Errorf("attached twice: %+v", r)
	}
	if n := w.Count(`SELECT count(*) FROM files`); n != 1 {
		t.Errorf("%d files", n)
	}
	p.read(beat, *entry.OpID, "/file").Refused(http.StatusForbidden, contract.CodeCaseNotYours, "/op/body/subject_id")
	a := p.read(incharge, *entry.OpID, "/file")
	if a.Status != http.StatusOK || !bytes.Equal(a.Body, data) || a.Header.Get("Content-Type") != "application/octet-stream" ||
		a.Header.Get("Content-Disposition") != `attachment; filename="`+p.id().String()+`.png"` || a.Header.Get("Cache-Control") != "no-store" ||
		a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %d bytes, %v", a.Status, len(a.Body), a.Header)
	}
	if n := w.Count(`SELECT count(*) FROM reads WHERE seq = $1 AND fields = '["/file"]'`, number(t, a.Header.Get("Entry-Seq"))); n != 1 {
		t.Errorf("%d entries of the read", n)
	}
	if thumb := p.read(incharge, *entry.OpID, "/thumbnail"); thumb.Status != 200 || !bytes.HasPrefix(thumb.Body, []byte{0xff, 0xd8, 0xff}) {
		t.Errorf("thumbnail %d, %d bytes", thumb.Status, len(thumb.Body))
	}
	elsewhere := apitest.Post("/v1/files/"+uuid.NewString()+"/content", single(incharge.Op("identity.read", asksFor(*entry.OpID, "/file"))))
	incharge.Do(elsewhere).Refused(http.StatusUnprocessableEntity, contract.CodeUnknownReference, "/op/body/subject_id")
	incharge.Do(apitest.Post("/v1/unseal", single(incharge.Op("identity.read", asksFor(*entry.OpID, "/file"))))).
		Refused(http.StatusUnprocessableEntity, contract.CodeUnknownReference, "/op/body/fields/0")
	desk.Do(tus(http.MethodDelete, p.place)).Refused(http.StatusConflict, contract.CodeUploadOffset, "")
	keptNowhere(t, w, "कलावती देवी.png")
	desk.Do(begin).Into(http.StatusCreated, nil)
	w.SQL(`DELETE FROM case_keys WHERE case_id = $1`, id)
	p.read(incharge, *entry.OpID, "/file").Refused(http.StatusGone, contract.CodeKeyGone, "/op/body/subject_id")
	p.read(incharge, *entry.OpID, "/thumbnail").Refused(http.StatusGone, contract.CodeKeyGone, "/op/body/subject_id")
}

func TestAnUploadThatIsCutKeepsWhatArrived(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	p := bring(t, desk, id, "evidence", mediatest.PNG(600, 600)) // a megabyte
	const sent = 500_000
	conn := dial(t, w.URL)
	req := desk.Prove(w.Server, p.patch(0, len(p.data)))
	head := "PATCH " + p.place + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(w.URL, "http://") + "\r\nContent-Length: " + strconv.Itoa(len(p.data)) + "\r\n"
	for name, value := range req.Header {
		head += name + ": " + value + "\r\n"
	}
	if _, err := conn.Write(append([]byte(head+"\r\n"), p.data[:sent]...)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	n := 0
	for range 200 {
		if n = p.offset(second); n == sent {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if n != sent {
		t.Fatalf("%d of %d bytes that arrived are there", n, sent)
	}
	desk.At(second, p.patch(n, len(p.data))).Into(http.StatusNoContent, nil)
	entry := desk.Enter("file.attach", p.attachment(id, "evidence", "png"))
	if a := p.read(desk, *entry.OpID, "/file"); !bytes.Equal(a.Body, p.data) {
		t.Errorf("%d: %d bytes, and not those that were brought", a.Status, len(a.Body))
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestAPhoneOnALineThatIsCutAgainAndAgainBringsOneFile(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Hire(apitest.Karwi, "desk_officer")
	shift := w.Handset(apitest.Karwi).LogIn(desk)
	id := *shift.Enter("complaint.open", came(w)).OpID
	server := &toxiproxy.ApiServer{Collection: toxiproxy.NewProxyCollection(), Metrics: toxiproxy.NewMetricsContainer(nil)}
	server.Logger = zero(server.Logger)
	line := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", strings.TrimPrefix(w.URL, "http://"))
	if err := line.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Stop)
	code, err := w.Staff.IssueEnrolCode(t.Context(), apitest.District, apitest.Karwi)
	if err != nil {
		t.Fatal(err)
	}
	handset, err := phone.Open(phone.Options{
		Dir: t.TempDir(), Server: "http://" + line.Listen, Now: w.Now, Tries: 40, Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handset.Close() })
	if err := handset.Enrol(t.Context(), string(code.Text)); err != nil {
		t.Fatal(err)
	}
	o, err := handset.LogIn(t.Context(), desk.Number, apitest.GoodPIN)
	if err != nil {
		t.Fatal(err)
	}
	data := mediatest.JPEG(1500, 1500)
	// Each line carries 150 kB up and is cut: less than a piece.
	toxic, err := json.Marshal(map[string]any{"name": "cut", "type": "limit_data", "stream": "upstream", "attributes": map[string]any{"bytes": 150_000}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.Toxics.AddToxicJson(bytes.NewReader(toxic)); err != nil {
		t.Fatal(err)
	}
	u := phone.Upload{
		Key: uuid.Must(uuid.NewV7()), Centre: apitest.Karwi, Subject: id, Purpose: "evidence", Size: int64(len(data)), Data: bytes.NewReader(data),
	}
	if len(data) < 600_000 {
		t.Fatalf("%d bytes are too few to be cut", len(data))
	}
	f, err := o.Upload(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Upload(t.Context(), u)
	if err != nil || again != f || f.Media != "jpeg" || f.Class != "V" {
		t.Errorf("%+v, then %+v, %v", f, again, err)
	}
	t.Logf("%d bytes over lines that carry 150,000 each: %d calls failed", len(data), handset.Stats().Tries)
	if handset.Stats().Tries < 3 {
		t.Error("the line was hardly cut")
	}
	if err := line.Toxics.RemoveToxic(t.Context(), "cut"); err != nil {
		t.Fatal(err)
	}
	attached, err := o.Attach(u, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := handset.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := &parcel{shift, "/v1/files/" + f.FileID.String(), data}
	if a := p.read(shift, attached, "/file"); a.Status != 200 || !bytes.Equal(a.Body, data) {
		t.Errorf("%d: %d bytes", a.Status, len(a.Body))
	}
	if n := w.Count(`SELECT count(*) FROM files`); n != 1 {
		t.Errorf("%d files", n)
	}
}

// zero makes a zero value of a type that need not be named.
func zero[T any](*T) *T { return new(T) }

func TestAFileThatIsNotTakenIsRefusedAndNothingOfItIsKept(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	png, opus := mediatest.PNG(40, 40), mediatest.Opus(3)
	flipped := bytes.Clone(opus)
	flipped[len(flipped)-1] ^= 1
	bomb := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x06\x00\x00\x00")
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(bomb[12:]))
	for _, c := range []struct {
		name string
		data []byte
		code contract.Code
	}{
		{"a text", []byte("कलावती देवी, ग्राम भरतकूप"), contract.CodeFileType},
		{"a page", []byte("<html><script>alert(1)</script></html>"), contract.CodeFileType},
		{"an archive behind a picture", append(bytes.Clone(png), "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxx"...), contract.CodeFileBroken},
		{"half a picture", png[:len(png)/2], contract.CodeFileBroken},
		{"a picture of 2,500 million pixels", bomb, contract.CodeFilePixels},
		{"a recording with a flipped bit", flipped, contract.CodeFileBroken},
		{"a document with a script", mediatest.PDF("9 0 obj\n<< /S /JavaScript /JS (x) >>\nendobj\n"), contract.CodeFileActive},
		{"one byte", []byte{0xff}, contract.CodeFileType},
	} {
		p := bring(t, desk, id, "evidence", c.data)
		status := contract.NewProblem(c.code).Status
		for range 2 { // the first answer may have been lost
			a := desk.Do(p.patch(0, len(c.data)))
			if pr := a.Problem(); a.Status != status || pr.Code != string(c.code) {
				t.Errorf("%s: %d %s, want %s", c.name, a.Status, pr.Code, c.code)
			}
		}
		if n := p.offset(w.Server); n != -status {
			t.Errorf("%s: HEAD tells %d", c.name, n)
		}
	}
	if n := w.Count(`SELECT count(*) FROM file_pieces`); n != 0 {
		t.Errorf("%d pieces are kept", n)
	}
	meta := func(pairs ...string) string {
		return metadata(append([]string{"key", uuid.NewString(), "centre", "KRW", "subject_id", id.String(), "purpose", "scan"}, pairs...)...)
	}
	desk.Do(creation(10<<20+1, meta())).Refused(http.StatusRequestEntityTooLarge, contract.CodeFileTooLarge, "")
	desk.Do(creation(0, meta())).Refused(http.StatusUnprocessableEntity, contract.CodeFileBroken, "")
	desk.Do(creation(9, meta()).With("Tus-Resumable", "0.2.2")).Refused(http.StatusPreconditionFailed, contract.CodeTusVersion, "")
	desk.Do(creation(9, meta()).With("Upload-Length", "")).Refused(http.StatusBadRequest, contract.CodeMissingParameter, "Upload-Length")
	desk.Do(creation(9, meta()).With("Upload-Length", "-1")).Refused(http.StatusUnprocessableEntity, contract.CodeOutOfRange, "Upload-Length")
	desk.Do(creation(9, meta("caste", "x"))).Refused(http.StatusBadRequest, contract.CodeUnknownParameter, "")
	desk.Do(creation(9, meta("key", "x"))).Refused(http.StatusBadRequest, contract.CodeRepeatedParameter, "Upload-Metadata")
	desk.Do(creation(9, metadata("key", uuid.NewString()))).Refused(http.StatusBadRequest, contract.CodeMissingParameter, "centre")
	desk.Do(creation(9, metadata("key", "../../x"))).Refused(http.StatusUnprocessableEntity, contract.CodeBadFormat, "key")
	desk.Do(creation(9, strings.Replace(meta(), metadata("purpose", "scan"), metadata("purpose", "selfie"), 1))).
		Refused(http.StatusUnprocessableEntity, contract.CodeUnknownCode, "purpose")
	desk.Do(creation(9, strings.Replace(meta(), metadata("purpose", "scan"), metadata("purpose", "photo"), 1))).
		Refused(http.StatusUnprocessableEntity, contract.CodeFilePurpose, "purpose")
	w.Enlist(apitest.Karwi, "beat_officer").Do(creation(9, meta())).Refused(http.StatusForbidden, contract.CodeCaseNotYours, "subject_id")
}

func TestAPatchIsCheckedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	p := bring(t, desk, id, "scan", mediatest.JPEG(200, 200))
	sum := func(data []byte) string {
		h := sha256.Sum256(data)
		return "sha256 " + base64.StdEncoding.EncodeToString(h[:])
	}
	desk.Do(p.patch(0, 3000).With("Upload-Checksum", sum([]byte("x")))).Refused(460, contract.CodeFileChecksum, "")
	if n, pieces := p.offset(w.Server), w.Count(`SELECT count(*) FROM file_pieces`); n != 0 || pieces != 0 {
		t.Errorf("%d bytes in %d pieces are kept of a body that was changed on its way", n, pieces)
	}
	desk.Do(p.patch(0, 3000).With("Upload-Checksum", "md5 eA==")).Refused(http.StatusUnprocessableEntity, contract.CodeBadEnum, "Upload-Checksum")
	desk.Do(p.patch(0, 3000).With("Content-Type", "image/jpeg")).Refused(http.StatusUnsupportedMediaType, contract.CodeBadContentType, "")
	desk.Do(p.patch(0, 3000).With("Content-Encoding", "gzip")).Refused(http.StatusBadRequest, contract.CodeBadEncoding, "")
	desk.Do(p.patch(0, 3000).With("Upload-Offset", "")).Refused(http.StatusBadRequest, contract.CodeMissingParameter, "Upload-Offset")
	long := p.patch(0, len(p.data))
	long.Body = append(bytes.Clone(p.data), 'x')
	desk.Do(long).Refused(http.StatusRequestEntityTooLarge, contract.CodeFileTooLarge, "")
	if n := p.offset(w.Server); n != 0 {
		t.Errorf("%d bytes of it are kept", n)
	}
	desk.Do(p.patch(0, 3000).With("Upload-Checksum", sum(p.data[:3000]))).Into(http.StatusNoContent, nil)
	desk.Do(tus(http.MethodDelete, p.place)).Into(http.StatusNoContent, nil)
	desk.Do(p.patch(3000, len(p.data))).Refused(http.StatusGone, contract.CodeUploadGone, "")
	if n := w.Count(`SELECT count(*) FROM file_pieces`); n != 0 {
		t.Errorf("%d pieces are left of what was given up", n)
	}
	a := desk.Do(apitest.Request{Method: http.MethodOptions, Path: "/v1/files"})
	if a.Status != http.StatusNoContent || a.Header.Get("Tus-Max-Size") != "10485760" || a.Header.Get("Tus-Version") != "1.0.0" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
}

func TestABodyOfAGigabyteIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk := w.Enlist(apitest.Karwi, "desk_officer")
	id := *desk.Enter("complaint.open", came(w)).OpID
	p := bring(t, desk, id, "scan", mediatest.JPEG(20, 20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, path := range []string{p.place, "/v1/ops", "/v1/nowhere"} {
		r := p.patch(0, 0)
		r.Path = path
		if path == "/v1/ops" {
			r.Method = http.MethodPost
			r = r.With("Content-Type", "application/json")
		}
		r = desk.Prove(w.Server, r)
		conn := dial(t, w.URL)
		head := r.Method + " " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(w.URL, "http://") + "\r\nContent-Length: 1073741824\r\n"
		for name, value := range r.Header {
			head += name + ": " + value + "\r\n"
		}
		if _, err := conn.Write(append([]byte(head+"\r\n"), make([]byte, 64<<10)...)); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(path, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if want := map[string]int{"/v1/nowhere": 404}[path]; res.StatusCode != max(want, 413*(1-want/404)) || !res.Close {
			t.Errorf("%s: %d, closes %t", path, res.StatusCode, res.Close)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d bytes allocated", grown)
	}
}

func TestWhatIsLeftOfABodyIsNeverTheNextRequest(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	conn := dial(t, w.URL)
	// So much is read before anybody asks for it; behind it stands another request.
	inner := strings.Repeat("x", 8<<10) + "GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\n"
	var out strings.Builder
	for _, line := range []string{
		"POST /v1/nowhere HTTP/1.1", "PATCH /v1/files/" + uuid.NewString() + " HTTP/1.1", "GET /v1/hello HTTP/1.1", "POST /v1/ops HTTP/1.1",
	} {
		fmt.Fprintf(&out, "%s\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", line, len(inner), inner)
	}
	fmt.Fprintf(&out, "POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(inner), inner)
	out.WriteString("GET /v1/reference HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if _, err := io.WriteString(conn, out.String()); err != nil {
		t.Fatal(err)
	}
	var got []int
	for r := bufio.NewReader(conn); ; {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			break
		}
		_, _ = io.Copy(io.Discard, res.Body)
		got = append(got, res.StatusCode)
	}
	if fmt.Sprint(got) != "[404 401 200 415 404 401]" {
		t.Errorf("answers %v", got)
	}
}

func TestAFormIsNotUnpackedIntoFiles(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	conn := dial(t, w.URL)
	form := "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\n\r\n" + strings.Repeat("y", 64<<10) // and no end
	head := "POST /v1/devices HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n"
	if _, err := io.WriteString(conn, head+form); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the server waits for all of it: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusUnsupportedMediaType || !res.Close {
		t.Errorf("%d, closes %t", res.StatusCode, res.Close)
	}
}
