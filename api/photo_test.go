package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"kendra/api/apitest"
	"kendra/api/media/mediatest"
)

func TestWhatACameraWroteBesideThePixelsRestsInTheSealedPhotoAlone(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge")
	id := *desk.Enter("complaint.open", came(w)).OpID
	const held = 6 // upright, as a phone is held that takes its pictures lying
	exif := mediatest.EXIF(held)
	place := exif[len(exif)-48:] // degrees, minutes and seconds of both
	p := bring(t, desk, id, "scan", mediatest.Tagged(mediatest.Corners(1200, 600), exif))
	desk.Do(p.patch(0, len(p.data))).Into(http.StatusNoContent, nil)
	entry := desk.Enter("file.attach", p.attachment(id, "scan", "jpeg"))
	if a := p.read(incharge, *entry.OpID, "/file"); a.Status != http.StatusOK || !bytes.Equal(a.Body, p.data) || !bytes.Contains(a.Body, place) {
		t.Errorf("the photo: %d, %d bytes", a.Status, len(a.Body))
	}
	thumb := p.read(incharge, *entry.OpID, "/thumbnail")
	width, height, corners, err := mediatest.CornersOf(thumb.Body)
	if err != nil || width != 160 || height != 320 || corners != "brkg" {
		t.Errorf("the thumbnail: %d by %d, %s, %v", width, height, corners, err)
	}
	for _, mark := range [][]byte{place, []byte("Exif"), []byte("MM\x00*"), {0xff, 0xe1}} {
		if bytes.Contains(thumb.Body, mark) {
			t.Errorf("%q is in the thumbnail", mark)
		}
		if n := w.Count(`SELECT count(*) FROM file_pieces WHERE position($1::bytea IN sealed) > 0`, mark); n != 0 && len(mark) > 3 {
			t.Errorf("%q rests in the open in %d pieces", mark, n)
		}
	}
}
