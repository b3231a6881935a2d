package api_test

import (
	"net/http"
	"strings"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// TestTheDistrictSeesItsStationsSideBySideByWhatThereWasToDo counts two women who
// came, and leads who is above the stations there.
func TestTheDistrictSeesItsStationsSideBySideByWhatThereWasToDo(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	sho := w.Enlist(apitest.Karwi, contract.RoleSho)
	for range 2 {
		sho.Enter("complaint.open", came(w))
	}
	for _, role := range []contract.Role{contract.RoleSp, contract.RoleNodal} {
		b := w.AtConsole("HQ", role)
		page := b.Visit("/console/").Follow()
		if page.Status != http.StatusOK {
			t.Fatalf("%s: %d\n%s", role, page.Status, page.HTML)
		}
		for _, want := range []string{
			`/console/returns?centre=KRW`, `2<span class="of"> / 2</span>`, `/console/complaints?centre=KRW&amp;overdue=1`, `<polyline`, `/console/?centre=KRW`, `0<span class="of"> / 29</span>`,
		} {
			if !strings.Contains(page.HTML, want) {
				t.Errorf("%s: no %s:\n%s", role, want, page.HTML)
			}
		}
	}
	if p := w.AtConsole("HQ", contract.RoleSp).Visit("/console/?centre=KRW"); p.Status != http.StatusOK {
		t.Errorf("the day of a station: %d", p.Status)
	}
	if p := w.AtConsole(apitest.Karwi, contract.RoleSho).Visit("/console/district"); p.Status != http.StatusForbidden {
		t.Errorf("a station sees the others: %d", p.Status)
	}
}
