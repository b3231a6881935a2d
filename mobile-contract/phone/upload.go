package phone

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// uploadPiece is how much of a file goes into one call: what a bad line carries
// before the call is given up.
const uploadPiece = 256 << 10

// Upload is a file that an officer brings for a case. Keep it, with its Key,
// until it is attached: brought again under the same Key it goes on where it was.
type Upload struct {
	Key     uuid.UUID // made once for the file
	Centre  string
	Subject uuid.UUID // the complaint, or what stands by itself
	Purpose string
	Ground  string // of a photo
	Size    int64
	Data    io.ReaderAt
}

// Uploaded is a file that the server has whole.
type Uploaded struct {
	FileID uuid.UUID
	Media  string
	Class  string // of the key that seals it: V or X
	Size   int64
	SHA256 [32]byte
}

// Upload brings a file whole. After a cut, and in another call after this one
// failed, it goes on where the server has come to.
func (o *Officer) Upload(ctx context.Context, u Upload) (Uploaded, error) {
	out := Uploaded{Size: u.Size}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(u.Data, 0, u.Size)); err != nil {
		return out, fmt.Errorf("upload: %w", err)
	}
	sum.Sum(out.SHA256[:0])
	place, offset, err := o.begin(ctx, u)
	if err != nil {
		return out, fmt.Errorf("upload: %w", err)
	}
	if out.FileID, err = uuid.Parse(place[len("/v1/files/"):]); err != nil {
		return out, fmt.Errorf("upload: %w", err)
	}
	for failed := 0; ; {
		a, err := o.piece(ctx, u, place, offset)
		if err == nil {
			failed, offset = 0, numberOf(a.header, "Upload-Offset")
			if out.Media, out.Class = a.header.Get("File-Media"), a.header.Get("File-Class"); out.Media != "" {
				return out, nil
			}
			continue
		}
		failed++
		if !again(err) && !Refused(err, contract.CodeUploadOffset, contract.CodeFileChecksum) || failed >= o.p.o.Tries || ctx.Err() != nil {
			return out, fmt.Errorf("upload: %w", err)
		}
		o.p.count(func(s *Stats) { s.Tries++ })
		if waited := o.p.o.Sleep(ctx, o.p.wait(failed-1, err)); waited != nil {
			return out, fmt.Errorf("upload: %w", errors.Join(err, waited))
		}
		// How far it came only the server knows. What came counts as a success: a line
		// that carries a little each time brings the file in the end.
		if a, err := o.authorised(ctx, tusRequest(http.MethodHead, place, nil)); err == nil {
			was := offset
			if offset = numberOf(a.header, "Upload-Offset"); offset > was {
				failed = 0
			}
		}
	}
}

// begin makes the upload, or finds the one that there is.
func (o *Officer) begin(ctx context.Context, u Upload) (place string, offset int64, err error) {
	meta := ""
	for _, pair := range [][2]string{
		{"key", u.Key.String()}, {"centre", u.Centre}, {"subject_id", u.Subject.String()}, {"purpose", u.Purpose}, {"ground", u.Ground},
	} {
		if pair[1] != "" {
			meta += "," + pair[0] + " " + base64.StdEncoding.EncodeToString([]byte(pair[1]))
		}
	}
	r := tusRequest(http.MethodPost, "/v1/files", nil)
	r.header["Upload-Length"], r.header["Upload-Metadata"] = strconv.FormatInt(u.Size, 10), meta[1:]
	err = o.p.retry(ctx, func() error {
		a, err := o.authorised(ctx, r)
		if err != nil {
			return err
		}
		place, offset = a.header.Get("Location"), numberOf(a.header, "Upload-Offset")
		if len(place) != len("/v1/files/")+len(uuid.Nil.String()) {
			return errors.New("no place for the file")
		}
		return nil
	})
	return place, offset, err
}

// piece sends the next piece; an empty one at the end asks whether it is whole.
func (o *Officer) piece(ctx context.Context, u Upload, place string, offset int64) (*answer, error) {
	data := make([]byte, min(uploadPiece, max(0, u.Size-offset)))
	if _, err := u.Data.ReadAt(data, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	sum := sha256.Sum256(data)
	r := tusRequest(http.MethodPatch, place, data)
	r.header["Content-Type"] = "application/offset+octet-stream"
	r.header["Upload-Offset"] = strconv.FormatInt(offset, 10)
	r.header["Upload-Checksum"] = "sha256 " + base64.StdEncoding.EncodeToString(sum[:])
	return o.authorised(ctx, r)
}

func tusRequest(method, path string, data []byte) request {
	r := request{method: method, path: path, header: map[string]string{"Tus-Resumable": "1.0.0"}}
	if data != nil {
		r.body, r.raw = data, true
	}
	return r
}

func numberOf(h http.Header, name string) int64 {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Attach records that a file belongs to its case. It is an op like any other and
// waits in the outbox.
func (o *Officer) Attach(u Upload, f Uploaded) (uuid.UUID, error) {
	hash := contract.Encode(f.SHA256[:])
	body := contract.FileAttach{FileID: f.FileID, SubjectID: u.Subject, Purpose: u.Purpose, Media: f.Media, Size: f.Size}
	if u.Ground != "" {
		body.Ground = &u.Ground
	}
	if f.Class == "X" {
		body.SuspectSha256 = &hash
	} else {
		body.Sha256 = &hash
	}
	return o.RecordAt(u.Centre, contract.KindFileAttach, body, nil)
}
