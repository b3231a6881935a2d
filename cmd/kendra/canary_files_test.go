package main

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"kendra/api/media/mediatest"
	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// misnamed is a line to the server on which files bear the name of whom they
// show, as those of a careless app would.
type misnamed struct{ next http.RoundTripper }

// RoundTrip carries a call.
func (m misnamed) RoundTrip(r *http.Request) (*http.Response, error) {
	if told := r.Header.Get("Upload-Metadata"); told != "" {
		name := base64.StdEncoding.EncodeToString([]byte(markText + " " + markPhone + "42.pdf"))
		r.Header.Set("Upload-Metadata", told+",filename "+name+",filetype "+name)
	}
	return m.next.RoundTrip(r)
}

// bringFiles has an officer bring a document and a picture that hold marks, whole
// and attached, one that is refused, and one of which half arrives.
func (w *canaries) bringFiles(t *testing.T) {
	t.Helper()
	p, err := phone.Open(phone.Options{
		Dir: filepath.Join(t.TempDir(), "files"), Server: w.demo.url, Now: w.demo.clock.now, Client: &http.Client{Transport: misnamed{w.tap}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	o, err := w.demo.letIn(t.Context(), p, w.demo.world.walker)
	if err != nil {
		t.Fatal(err)
	}
	centre, now := w.demo.world.walker.Centre, contract.At(w.demo.clock.now())
	complaint, err := o.RecordAt(centre, contract.KindComplaintOpen, contract.ComplaintOpen{
		ArrivedAt: now, Channel: "beat", ComplainantName: "फ़ाइल " + markText, Category: "stalking", RiskLevel: "low", Account: "प्रति संलग्न है, " + markText,
		WomanRecorded: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	document := mediatest.PDF("% " + markText + " " + markPhone + "42\n")
	picture := mediatest.JPEG(500, 400)
	comment := append([]byte{0xff, 0xfe, 0, byte(2 + len(markText))}, markText...)
	picture = bytes.Join([][]byte{picture[:2], comment, picture[2:]}, nil)
	for _, data := range [][]byte{document, picture} {
		u := phone.Upload{
			Key: uuid.New(), Centre: centre, Subject: complaint, Purpose: "evidence", Size: int64(len(data)), Data: bytes.NewReader(data),
		}
		f, err := o.Upload(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Attach(u, f); err != nil {
			t.Fatal(err)
		}
	}
	text := []byte("नाम " + markText + ", मोबाइल " + markPhone + "42")
	u := phone.Upload{Key: uuid.New(), Centre: centre, Subject: complaint, Purpose: "evidence", Size: int64(len(text)), Data: bytes.NewReader(text)}
	if _, err := o.Upload(t.Context(), u); !phone.Refused(err, contract.CodeFileType) {
		t.Fatalf("a text is taken for a file: %v", err)
	}
	if err := p.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Entered != 3 || s.Refused > 0 {
		t.Fatalf("the files are not attached: %+v", s)
	}
}

// pieces are the stored pieces of files.
func (w *canaries) pieces(t *testing.T, do func([]byte)) {
	t.Helper()
	w.rows(t, w.demo.config.OwnerURL, `SELECT encode(sealed, 'base64') FROM file_pieces`, func(text []byte) {
		raw, err := base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(text, []byte("\n"), nil)))
		if err != nil {
			t.Fatal(err)
		}
		do(raw)
	})
	w.rows(t, w.demo.config.OwnerURL, `SELECT f::text FROM files f`, do)
}
