package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

const ownDevices = "/v1/officers/self/devices"

func endOwn(id uuid.UUID) apitest.Request {
	return apitest.Post(ownDevices+"/"+id.String()+"/end", nil)
}

func TestAnOfficerSeesHerOwnPhonesAndConsoleAndEndsThemAndNobodyElses(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	second := w.Another()
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	shared, other := w.Handset(apitest.Karwi), w.Handset(apitest.Karwi)
	first, beside := shared.LogIn(b.Officer), shared.LogIn(w.Hire(apitest.Karwi, "beat_officer"))
	later, stranger := other.LogIn(b.Officer), w.Enlist(apitest.Karwi, "sho")
	b.LogIn() // her first PIN has ended what she had
	var list contract.OwnDevices
	first.Read(ownDevices, &list)
	kinds := map[uuid.UUID]string{}
	for _, d := range list.Devices {
		kinds[d.DeviceID] = d.Kind
		if len(d.Sessions) != 1 || d.Current != (d.DeviceID == shared.ID) || d.Centre != apitest.Karwi {
			t.Errorf("%+v", d)
		}
	}
	if len(list.Devices) != 3 || kinds[shared.ID] != "phone" || kinds[other.ID] != "phone" {
		t.Fatalf("her devices: %v", kinds)
	}
	// What is another's is not told apart from what is not there.
	for _, id := range []uuid.UUID{stranger.Handset.ID, uuid.Must(uuid.NewV7())} {
		first.Do(endOwn(id)).Refused(http.StatusNotFound, contract.CodeNotFound, "")
	}
	stranger.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	// From the phone she ends the other phone; on the second server too it is over within a minute.
	later.At(second, apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	first.Do(endOwn(other.ID)).Into(http.StatusNoContent, nil)
	first.Do(endOwn(other.ID)).Into(http.StatusNoContent, nil)
	later.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	w.Pass(10 * time.Second)
	later.At(second, apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	refresh(w, w.Server, later, later.Session.RefreshToken).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	// From the console she ends the shared phone: the other officer's session there goes on.
	b.Do(endOwn(shared.ID)).Into(http.StatusNoContent, nil)
	first.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, contract.CodeSessionEnded, "")
	beside.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	// And last the console that she sits at: it is a log-out.
	list = contract.OwnDevices{}
	b.Do(apitest.Get(ownDevices)).Into(http.StatusOK, &list)
	open, console := 0, uuid.Nil
	for _, d := range list.Devices {
		open += len(d.Sessions)
		if d.Current != (d.Kind == "console") || d.Current != (len(d.Sessions) == 1) {
			t.Errorf("%+v", d)
		}
		if d.Current {
			console = d.DeviceID
		}
	}
	if open != 1 || len(list.Devices) != 3 {
		t.Errorf("%d open sessions on %d devices", open, len(list.Devices))
	}
	b.Do(endOwn(console)).Into(http.StatusNoContent, nil)
	b.Do(apitest.Get(consoleSession)).Refused(http.StatusUnauthorized, contract.CodeUnauthorized, "")
	if n := w.Count(`SELECT count(*) FROM auth_events WHERE kind = 'end_own_device' AND ok AND officer_id = $1`, b.ID); n != 4 {
		t.Errorf("%d events", n)
	}
	// She may come back: nothing was withdrawn.
	other.LogIn(b.Officer).Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
}
