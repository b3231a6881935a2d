package api

import (
	"context"
	"crypto/sha1" //nolint:gosec // tus names it; what a file is worth is its SHA-256 in the book
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/files"
	contract "kendra/mobile-contract"
)

// What this server speaks of tus, the protocol of resumable uploads.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,termination,checksum,expiration"
	tusSums       = "sha256,sha1"

	headTus      = "Tus-Resumable"
	headOffset   = "Upload-Offset"
	headLength   = "Upload-Length"
	headMetadata = "Upload-Metadata"
	headChecksum = "Upload-Checksum"
	headExpires  = "Upload-Expires"

	offsetStream = "application/offset+octet-stream"
)

// handleFiles registers the calls of files, which the generated interface would
// read whole.
func (s *server) handleFiles(app *fiber.App) {
	app.Options("/v1/files", s.fileOptions)
	app.Post("/v1/files", s.tus(s.createFile))
	app.Head("/v1/files/:file_id", s.tus(s.fileOffset))
	app.Patch("/v1/files/:file_id", s.tus(s.patchFile))
	app.Delete("/v1/files/:file_id", s.tus(s.endFile))
	app.Post("/v1/files/:file_id/content", s.readFile)
	app.Post("/v1/exports/:export_id", s.readExport)
}

// fileOptions tells what is spoken.
func (s *server) fileOptions(c *fiber.Ctx) error {
	c.Set(headTus, tusVersion)
	c.Set("Tus-Version", tusVersion)
	c.Set("Tus-Extension", tusExtensions)
	c.Set("Tus-Max-Size", strconv.Itoa(files.MaxSize))
	c.Set("Tus-Checksum-Algorithm", tusSums)
	c.Status(fiber.StatusNoContent)
	return nil
}

// tus lets calls through that speak the version.
func (s *server) tus(next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(headTus, tusVersion)
		if c.Get(headTus) != tusVersion {
			c.Set("Tus-Version", tusVersion)
			return contract.NewProblem(contract.CodeTusVersion)
		}
		return next(c)
	}
}

// createFile begins an upload.
func (s *server) createFile(c *fiber.Ctx) error {
	size, err := number(c, headLength)
	if err != nil {
		return err
	}
	w, err := wishOf(c.Get(headMetadata))
	if err != nil {
		return err
	}
	w.Size = size
	f, err := s.Book.BeginFile(c.UserContext(), requestOf(c).caller, w)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/v1/files/"+f.FileID.String())
	tellFile(c, f)
	c.Status(fiber.StatusCreated)
	return nil
}

// number reads a header that is a whole number.
func number(c *fiber.Ctx, head string) (int64, error) {
	text := c.Get(head)
	if text == "" {
		return 0, refused(contract.CodeMissingParameter, head)
	}
	n, err := strconv.ParseUint(text, 10, 40)
	if err != nil {
		return 0, refused(contract.CodeOutOfRange, head)
	}
	return int64(n), nil
}

func refused(code contract.Code, where string) error {
	return contract.NewProblem(code, contract.WithPointer(where))
}

// wishOf reads the metadata of an upload. What a phone calls its file, and what
// it takes it for, is not looked at.
func wishOf(text string) (w book.FileWish, err error) {
	values := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		name, coded, _ := strings.Cut(strings.TrimSpace(pair), " ")
		value, err := base64.StdEncoding.Strict().DecodeString(coded)
		if _, twice := values[name]; twice {
			return w, refused(contract.CodeRepeatedParameter, headMetadata)
		}
		if err != nil {
			return w, refused(contract.CodeBadFormat, headMetadata)
		}
		values[name] = string(value)
	}
	for name, value := range values {
		switch name {
		case "key":
			w.Key, err = idOf(value, name)
		case "subject_id":
			w.Subject, err = idOf(value, name)
		case "centre":
			w.Centre = value
		case "purpose":
			w.Purpose = value
		case "ground":
			w.Ground = value
		case "filename", "filetype":
		default:
			err = contract.NewProblem(contract.CodeUnknownParameter)
		}
		if err != nil {
			return w, err
		}
	}
	for _, name := range []string{"key", "centre", "subject_id", "purpose"} {
		if values[name] == "" {
			return w, refused(contract.CodeMissingParameter, name)
		}
	}
	return w, nil
}

func idOf(text, where string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) {
		return id, refused(contract.CodeBadFormat, where)
	}
	return id, nil
}

// tellFile sets the headers of a file that is being brought: how far it has
// come, and, when it is whole, what it is.
func tellFile(c *fiber.Ctx, f *files.File) {
	if f.Media != "" {
		c.Set("File-Media", f.Media)
		c.Set("File-Class", f.Class)
	}
	c.Set(headOffset, strconv.FormatInt(f.Stored, 10))
	if until := f.Until(); until != nil {
		c.Set(headExpires, until.UTC().Format(http.TimeFormat))
	}
}

// fileID is the file of the path, which the front has checked.
func fileID(c *fiber.Ctx) uuid.UUID {
	id, _ := uuid.Parse(c.Params("file_id"))
	return id
}

// fileOffset tells how far a file has come.
func (s *server) fileOffset(c *fiber.Ctx) error {
	f, err := s.Book.Files.Mine(c.UserContext(), requestOf(c).caller, fileID(c))
	if err != nil {
		return err
	}
	c.Set(headLength, strconv.FormatInt(f.Size, 10))
	tellFile(c, f)
	c.Status(fiber.StatusOK)
	return nil
}

// patchFile takes more of a file, as it arrives.
func (s *server) patchFile(c *fiber.Ctx) error {
	length := c.Request().Header.ContentLength()
	switch {
	case c.Get(fiber.HeaderContentType) != offsetStream:
		return contract.NewProblem(contract.CodeBadContentType)
	case c.Get(fiber.HeaderContentEncoding) != "":
		return contract.NewProblem(contract.CodeBadEncoding)
	case length < 0:
		return refused(contract.CodeMissingParameter, fiber.HeaderContentLength)
	}
	offset, err := number(c, headOffset)
	if err != nil {
		return err
	}
	sum, err := checksumOf(c.Get(headChecksum))
	if err != nil {
		return err
	}
	until := time.Now().Add(slowest)
	ctx, done := context.WithDeadline(context.WithoutCancel(c.UserContext()), until)
	defer done()
	body := &upload{conn: c.Context().Conn(), body: c.Context().RequestBodyStream(), left: int64(length), until: until}
	f, err := s.Book.Files.Write(ctx, requestOf(c).caller, fileID(c), offset, int64(length), sum, body)
	if f != nil {
		tellFile(c, f)
	}
	if errors.Is(err, errCut) { // who is still there asks where to go on
		return contract.NewProblem(contract.CodeUploadOffset)
	}
	if err != nil {
		return err
	}
	c.Status(fiber.StatusNoContent)
	return nil
}

// checksumOf reads what the bytes of a request shall come to; nil when it does
// not say.
func checksumOf(text string) (*files.Checksum, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	name, coded, _ := strings.Cut(text, " ")
	want, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil {
		return nil, refused(contract.CodeBadFormat, headChecksum)
	}
	switch name {
	case "sha256":
		return &files.Checksum{Hash: sha256.New(), Want: want}, nil
	case "sha1":
		return &files.Checksum{Hash: sha1.New(), Want: want}, nil //nolint:gosec // as above
	}
	return nil, refused(contract.CodeBadEnum, headChecksum)
}

// endFile gives an upload up.
func (s *server) endFile(c *fiber.Ctx) error {
	if err := s.Book.Files.End(c.UserContext(), requestOf(c).caller, fileID(c)); err != nil {
		return err
	}
	c.Status(fiber.StatusNoContent)
	return nil
}

// readFile enters who reads a file and why, and gives its bytes: as a thing to
// be saved under a name of ours, never to be shown or run.
func (s *server) readFile(c *fiber.Ctx) error {
	ctx, r := c.UserContext(), requestOf(c)
	one, err := s.incoming(ctx, c.Request().Body())
	if err != nil {
		return err
	}
	out, err := s.Book.ReadFile(ctx, r.caller, one, fileID(c))
	if err != nil {
		return err
	}
	if out.Receipt.Outcome == book.Refused {
		return inOp(out.Receipt.Problem)
	}
	s.receipt(&out.Receipt, r)
	name := out.FileID.String() + "." + out.Media
	if out.Thumb {
		name = out.FileID.String() + ".thumbnail.jpeg"
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set("Entry-Seq", strconv.FormatInt(out.Receipt.Entry.Seq, 10))
	c.Response().SetBodyRaw(out.Bytes)
	c.Status(fiber.StatusOK)
	return nil
}
