package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"kendra/api/apitest"
	"kendra/api/media/mediatest"
	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

func TestAFileWhoseStoredBytesWereChangedIsRefusedAndThoseInChargeAreTold(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	desk, incharge, sho := w.Enlist(apitest.Karwi, "desk_officer"), w.Enlist(apitest.Karwi, "centre_incharge"), w.Enlist(apitest.Karwi, "sho")
	id := *desk.Enter("complaint.open", came(w)).OpID
	key, data := w.CaseKey(id, 'V'), mediatest.PNG(300, 300)
	other := bytes.Clone(data)
	other[len(other)/2] ^= 1
	// By one who has only the database, and by one who has the keys, too, and seals other bytes as the file's own.
	for name, change := range map[string]func(file uuid.UUID){
		"a bit of a piece": func(file uuid.UUID) {
			w.SQL(`UPDATE file_pieces SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE file_id = $1 AND what = 'd' AND n = 0`, file)
		},
		"a piece less": func(file uuid.UUID) { w.SQL(`DELETE FROM file_pieces WHERE file_id = $1 AND what = 'd'`, file) },
		"sealed anew": func(file uuid.UUID) {
			part := seal.Part{District: apitest.District, CaseID: id, FileID: file, What: seal.FileData}
			sealed, err := seal.SealPart(key, other, part)
			if err != nil {
				t.Fatal(err)
			}
			w.SQL(`DELETE FROM file_pieces WHERE file_id = $1 AND what = 'd'`, file)
			w.SQL(`INSERT INTO file_pieces (district_id, file_id, what, n, at, sealed) VALUES ($1, $2, 'd', 0, 0, $3)`, apitest.District, file, sealed)
		},
		"the digest": func(file uuid.UUID) {
			w.SQL(`UPDATE files SET digest = set_byte(digest, 20, get_byte(digest, 20) # 1) WHERE file_id = $1`, file)
		},
	} {
		p := bring(t, desk, id, "scan", data)
		desk.Do(p.patch(0, len(data))).Into(http.StatusNoContent, nil)
		entry := *desk.Enter("file.attach", p.attachment(id, "scan", "png")).OpID
		if a := p.read(sho, entry, "/file"); a.Status != http.StatusOK || !bytes.Equal(a.Body, data) {
			t.Fatalf("%s, before: %d, %d bytes", name, a.Status, len(a.Body))
		}
		change(p.id())
		for range 2 {
			a := p.read(incharge, entry, "/file")
			a.Refused(http.StatusGone, contract.CodeFileChanged, "")
			if bytes.Contains(a.Body, data[:16]) || a.Header.Get("Content-Disposition") != "" {
				t.Errorf("%s: sent as if it were right: %v", name, a.Header)
			}
		}
		if n := w.Count(`SELECT count(*) FROM alarms WHERE kind = 'file_changed' AND subject_id = $1 AND centre = 'KRW'`, p.id()); n != 1 {
			t.Errorf("%s: %d alarms", name, n)
		}
	}
	var list contract.AlarmList
	incharge.Read("/v1/alarms", &list)
	told := 0
	for _, a := range list.Alarms {
		if a.Kind == "file_changed" {
			told++
		}
	}
	if told != 4 {
		t.Errorf("the in-charge is told of %d files of 4", told)
	}
}
