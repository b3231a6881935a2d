package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/apitest"
	"kendra/geo"
	contract "kendra/mobile-contract"
)

// listed puts a village of Karwi on the list, so many days ago.
func listed(t *testing.T, w *apitest.World, head *apitest.Shift, code string, lat, lon float64, days int) contract.PlaceSet {
	t.Helper()
	p := contract.PlaceSet{
		PlaceID: uuid.Must(uuid.NewV7()), Code: code, NameHi: "ग्राम " + code, NameEn: "Village " + code, Kind: "village", Lat: lat, Lon: lon,
		EveryDays: 7, From: openapi_types.Date{Time: w.Now().AddDate(0, 0, -days)},
	}
	head.Enter("place.set", p)
	return p
}

func TestWhatIsOwedIsSeenByWhoAnswersForIt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head, beat, rajapur := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge), w.Enlist(apitest.Karwi, contract.RoleBeatOfficer), w.Enlist(apitest.Rajapur, contract.RoleSho)
	first, second := listed(t, w, head, "first", 25.23, 80.92, 30), listed(t, w, head, "second", 25.26, 80.95, 20)
	listed(t, w, head, "new", 25.20, 80.91, 2)
	var c contract.Coverage
	for _, x := range []*apitest.Shift{head, beat, w.Enlist("HQ", contract.RoleSp)} {
		c = contract.Coverage{}
		x.Read("/v1/coverage?centre="+apitest.Karwi, &c)
		if c.Total == nil || c.Total.Places != 3 || c.Total.Overdue != 2 || c.Total.Never != 3 || len(c.Owed) != 2 || c.Owed[0].PlaceID != first.PlaceID || c.Next != nil {
			t.Errorf("%+v", c)
		}
		if c.Cells == nil || c.Cells.Res != 9 || len(c.Cells.Runs) != 2 || len(c.Circles) != 1 || len(c.Circles[0].Stations) != 1 {
			t.Errorf("cells %+v, %+v", c.Cells, c.Circles)
		}
	}
	rajapur.Do(apitest.Get("/v1/coverage?centre="+apitest.Karwi)).Refused(http.StatusNotFound, contract.CodeNotFound, "centre")
	if a := w.Enlist("HQ", contract.RoleAnalyst).Do(apitest.Get("/v1/coverage")); a.Status != http.StatusForbidden {
		t.Errorf("the analyst: %d", a.Status)
	}
	beat.Do(apitest.Get("/v1/coverage?at=2030-01-01T00:00:00Z")).Refused(http.StatusUnprocessableEntity, contract.CodeInFuture, "at")
	page := contract.Coverage{}
	head.Read("/v1/coverage?limit=1", &page)
	if len(page.Owed) != 1 || page.Next == nil || *page.Next != 1 {
		t.Fatalf("%+v", page)
	}
	rest := contract.Coverage{}
	head.Read("/v1/coverage?limit=1&after=1&at="+w.Now().UTC().Format("2006-01-02T15:04:05.000Z"), &rest)
	if len(rest.Owed) != 1 || rest.Owed[0].PlaceID != second.PlaceID || rest.Next != nil || rest.Total != nil {
		t.Errorf("%+v", rest)
	}
	var bundle contract.Bundle
	beat.Read("/v1/bundle", &bundle)
	if len(bundle.DueNear) != 2 || bundle.DueNear[0].PlaceID != first.PlaceID {
		t.Errorf("due near: %+v", bundle.DueNear)
	}
	before := c.Total.Debt
	beat.Enter("visit.record", w.Visit(), apitest.At(first.Lat, first.Lon, 10))
	c = contract.Coverage{}
	beat.Read("/v1/coverage", &c)
	if c.Total.Debt >= before || c.Total.Overdue != 1 || c.Total.Never != 2 {
		t.Errorf("after a visit %+v", c.Total)
	}
	c = contract.Coverage{}
	beat.Read("/v1/coverage?at="+w.Now().Add(-5*24*time.Hour).UTC().Format("2006-01-02T15:04:05Z"), &c)
	if c.Total.Debt == 0 || c.Total.Never != 2 {
		t.Errorf("five days ago %+v", c.Total)
	}
}

func TestARoundIsProposedToWhoMaySendIt(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	head := w.Enlist(apitest.Karwi, contract.RoleCentreIncharge)
	near, far := listed(t, w, head, "near", 25.222, 80.921, 9), listed(t, w, head, "far", 25.24, 80.94, 12)
	out := onRound(t, w, apitest.Karwi, 25.2215, 80.9205)
	idle := w.Enlist(apitest.Karwi, contract.RoleBeatOfficer)
	var r contract.Rounds
	head.Read("/v1/coverage/rounds?centre="+apitest.Karwi, &r)
	if len(r.Rounds) != 1 || r.Rounds[0].OfficerID != out.ID || r.Rounds[0].Begins != "fix" || r.Left != 0 || r.Kmh != 25 {
		t.Fatalf("%+v", r)
	}
	stops := r.Rounds[0].Stops
	if len(stops) != 2 || stops[0].Place.PlaceID != near.PlaceID || stops[1].Place.PlaceID != far.PlaceID || stops[0].Metres > stops[1].Metres {
		t.Errorf("%+v", stops)
	}
	idle.Do(apitest.Get("/v1/coverage/rounds?centre="+apitest.Karwi)).Refused(http.StatusForbidden, contract.CodeForbidden, "centre")
	foot := contract.Rounds{}
	head.Read("/v1/coverage/rounds?centre="+apitest.Karwi+"&vehicle=foot", &foot)
	if foot.Kmh != 4 || len(foot.Rounds[0].Stops) > 0 && !foot.Rounds[0].Stops[0].At.After(stops[0].At.Time) {
		t.Errorf("on foot %+v", foot)
	}
	if n := w.Count(`SELECT count(*) FROM tasks`); n != 0 {
		t.Errorf("a proposal made %d tasks", n)
	}
}

// TestTheDistrictOfTwoThousandPlacesIsASmallAnswer weighs what goes over the wire.
func TestTheDistrictOfTwoThousandPlacesIsASmallAnswer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	cells := make([]int64, 2000)
	for i := range cells { // as villages lie: some 1.3 km apart
		c, err := geo.CellAt(geo.Point{Lat: 24.9 + float64(i/45)*0.012 + float64(i*7919%97)*0.00005, Lon: 80.6 + float64(i%45)*0.013})
		if err != nil {
			t.Fatal(err)
		}
		cells[i] = int64(c)
	}
	w.SQL(`INSERT INTO place_versions (district_id, centre, place_id, from_on, code, hi, en, kind, lat, lon, cell, area, cells, every_days,
			hours_from, hours_to, weight, tags, seq)
		SELECT c.district_id, c.centre, gen_random_uuid(), $1::date - 40 - n, 'p' || n, 'ग्राम ' || n, 'Village ' || n, 'village', 25 + n * 0.0001, 80.9,
			($2::bigint[])[n], '', '{}', 7, '', '', 1 + n % 5, '{}', 1
		FROM (SELECT district_id, centre, row_number() OVER (ORDER BY centre) AS k FROM centres WHERE centre <> 'HQ') c
			JOIN generate_series(1, 2000) n ON n % 12 + 1 = c.k`, w.Now(), cells)
	t.Cleanup(func() { w.SQL(`DELETE FROM place_versions`) }) // no book has them
	sp := w.Enlist("HQ", contract.RoleSp)
	began := time.Now()
	a := sp.Do(apitest.Get("/v1/coverage"))
	took := time.Since(began)
	var c contract.Coverage
	if err := json.Unmarshal(a.Body, &c); a.Status != http.StatusOK || err != nil || c.Total.Places != 2000 || len(c.Owed) != 100 {
		t.Fatalf("%d %v %+v", a.Status, err, c.Total)
	}
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	_, _ = z.Write(a.Body)
	_ = z.Close()
	n := 0
	for _, run := range c.Cells.Runs {
		n += len(run.Debts)
	}
	t.Logf("2000 places: %d cells of resolution %d in %d runs, %d bytes, %d packed, in %v", n, c.Cells.Res, len(c.Cells.Runs), len(a.Body), small.Len(), took.Round(time.Millisecond))
	if small.Len() > 60_000 || n < 1500 {
		t.Errorf("%d bytes packed, %d cells", small.Len(), n)
	}
}
