package phone_test

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"kendra/mobile-contract/fuzztest"
	"kendra/mobile-contract/phone"
)

// nothing reads as zeros: the key of this test is the same each time.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// FuzzCheckpoint gives a phone whatever there is as a checkpoint, as it is and signed by the key that it trusts.
func FuzzCheckpoint(f *testing.F) {
	skey, vkey, err := note.GenerateKey(zeros{}, "kendra")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		f.Fatal(err)
	}
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	text := "kendra/7/KRW\n12\n" + root + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		f.Fatal(err)
	}
	fuzztest.Texts(f, text, string(signed), "kendra/7/KRW\n-1\n"+root+"\n", "kendra/7/KRW\n9223372036854775808\n"+root+"\n\nmore\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys := []string{vkey}
		if c, err := phone.OpenCheckpoint(text, 7, "KRW", keys); err == nil && !strings.HasPrefix(text, firstLines(c)) {
			t.Errorf("%q is read as %+v", text, c)
		}
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			return // no note
		}
		if c, err := phone.OpenCheckpoint(string(signed), 7, "KRW", keys); err == nil && !strings.HasPrefix(text, firstLines(c)) {
			t.Errorf("%q is read as %+v", text, c)
		}
	})
}

func firstLines(c phone.Checkpoint) string {
	return "kendra/7/" + c.Centre + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root) + "\n"
}
