package api_test

import (
	"net/http"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// published puts the heat of two weeks into the district.
func published(t *testing.T, w *apitest.World) {
	t.Helper()
	for week, told := range map[string]string{
		"2026-11-02": `[{"cell":"873da2b4effffff","layer":1,"n":10}]`,
		"2026-11-09": `[{"cell":"873da2b4effffff","layer":0,"n":5},{"layer":0,"n":15}]`,
	} {
		w.SQL(`INSERT INTO heat_snapshots (district_id, week, told, made_at) VALUES ($1, $2::text::date, $3, '2026-11-15T18:30:00Z')`, apitest.District, week, told)
	}
}

func TestHeatIsReadByWhoPlansForTheDistrict(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	published(t, w)
	for _, role := range []contract.Role{contract.RoleSp, contract.RoleNodal, contract.RoleWomenCell, contract.RoleAnalyst} {
		var h contract.Heat
		w.Enlist("HQ", role).Read("/v1/heat", &h)
		if h.Week == nil || h.MadeAt == nil || len(h.Weeks) != 2 || len(h.Rows) != 2 || h.Rows[0].Cell != nil || h.Rows[0].All != 15 ||
			h.Rows[1].All != 15 || h.Rows[1].Public == nil || *h.Rows[1].Public != 10 || h.Rows[1].Home != nil {
			t.Errorf("%s: %+v", role, h)
		}
	}
	sp := w.Enlist("HQ", contract.RoleSp)
	var none contract.Heat
	if sp.Read("/v1/heat?week=2026-11-16", &none); none.MadeAt != nil || len(none.Rows) != 0 {
		t.Errorf("%+v", none)
	}
	sp.Do(apitest.Get("/v1/heat?week=2026-11-10")).Refused(http.StatusUnprocessableEntity, contract.CodeBadFormat, "week")
	if a := sp.Do(apitest.Get("/v1/heat?category=dowry")); a.Status == http.StatusOK {
		t.Error("a filter is taken")
	}
	for _, role := range []contract.Role{contract.RoleCentreIncharge, contract.RoleDispatcher} {
		if a := w.Enlist(apitest.Karwi, role).Do(apitest.Get("/v1/heat")); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
}

func TestThePageOfHeatSaysWhatItTellsAndWhatNot(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole("HQ", contract.RoleSp)
	if page := b.Visit("/console/heat"); page.Status != http.StatusOK || !strings.Contains(page.HTML, "5 से कम संख्या नहीं दिखायी जाती") ||
		!strings.Contains(page.HTML, "अभी तक कोई सप्ताह प्रकाशित नहीं हुआ") || strings.Contains(page.HTML, "सोमवार से") || strings.Contains(page.HTML, "दिखाने योग्य नहीं") {
		t.Errorf("%d\n%s", page.Status, page.HTML)
	}
	published(t, w)
	page := b.Visit("/console/heat")
	for _, want := range []string{"<strong>15</strong>", "सार्वजनिक स्थान पर: 10", "/console/heat/data?week=2026-11-09", "पूर्वानुमान नहीं"} {
		if !strings.Contains(page.HTML, want) {
			t.Errorf("%q is not in the page\n%s", want, page.HTML)
		}
	}
	if data := b.Visit("/console/heat/data?week=2026-11-09"); data.Status != http.StatusOK || !strings.Contains(data.HTML, `"layer":"heat","state":"some","name":"15"`) {
		t.Errorf("%d\n%s", data.Status, data.HTML)
	}
	if page := w.AtConsole(apitest.Karwi, contract.RoleCentreIncharge).Visit("/console/heat"); page.Status != http.StatusForbidden {
		t.Errorf("the in-charge: %d", page.Status)
	}
}
