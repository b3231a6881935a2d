package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"
	"rsc.io/qr"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// more is what the later scripts may ask for beside do.
func (s *stage) more(verb string, in map[string]any) any {
	name, _ := in["who"].(string)
	switch verb {
	case "complaint": // one that the desk's phone has taken; words in it that a page must not show are the script's
		id := *s.phone("desk_phone", contract.RoleDeskOfficer).Enter("complaint.open", s.told(in)).OpID
		return id.String()
	case "task": // one that a dispatcher's phone has sent to the beat's
		return s.phone("dispatch_phone", contract.RoleDispatcher).Enter(contract.KindTaskSend, contract.TaskSend{
			To: contract.TaskTarget{OfficerID: &s.phones["beat"].ID}, TaskKind: "visit", Urgency: "soon",
		}).OpID.String()
	case "stop": // the server ends, as a new release ends it
		s.w.Stop()
		return nil
	case "again": // and another begins in its place
		s.w.Again()
		return nil
	case "enrol": // a new handset shows the code of a page, and its officer begins a shift
		code, _ := in["code"].(string)
		return s.enrol(name, code)
	case "qr": // whether a drawing is that of a code
		return modules(s.t, in["code"]) == in["drawn"]
	case "revoked": // whether the handset of an officer is withdrawn
		return s.w.Count(`SELECT count(*) FROM devices WHERE device_id = $1 AND revoked_at IS NOT NULL`, s.phones[name].Handset.ID) == 1
	case "place": // a public place of the list, set by the phone of the station's head
		code, _ := in["code"].(string)
		kind, _ := in["kind"].(string)
		lat, _ := in["lat"].(float64)
		lon, _ := in["lon"].(float64)
		return publicPlace(s.w, s.phone("head_phone", contract.RoleSho), code, lat, lon, kind).PlaceID.String()
	case "told": // what girls told of a place
		place, _ := in["place"].(string)
		return s.phone("head_phone", contract.RoleSho).Enter("hotspot.propose", contract.HotspotPropose{
			PlaceID: uuid.MustParse(place), Source: "girls_feedback", Signs: []string{"following"}, Mentions: 4, HoursFrom: new("14:00"), HoursTo: new("16:00"),
		}).Outcome
	case "device":
		return s.phones[name].Handset.ID.String()
	}
	return s.ground(verb, name, in)
}

// ground is what the script of beats, places and calls for help asks for.
func (s *stage) ground(verb, name string, in map[string]any) any {
	number := func(key string) float64 { n, _ := in[key].(float64); return n }
	switch verb {
	case "beat": // one with an outline
		today := openapi_types.Date{Time: s.w.Now()}
		s.phone("head_phone", contract.RoleCentreIncharge).Enter("beat.set", contract.BeatSet{
			BeatID: uuid.Must(uuid.NewV7()), Code: "krw.town", NameHi: "बीट नगर", NameEn: "Town beat", Area: townSquare, From: today,
		})
		return nil
	case "listed": // a village that is on the list for some days
		code, _ := in["code"].(string)
		listed(s.t, s.w, s.phone("head_phone", contract.RoleCentreIncharge), code, number("lat"), number("lon"), int(number("days")))
		return nil
	case "out": // an officer goes on duty, and her phone tells where she is
		s.phones[name] = onRound(s.t, s.w, apitest.Karwi, number("lat"), number("lon"))
		return nil
	case "id":
		return s.phones[name].ID.String()
	case "sos":
		x := s.phones[name]
		return x.Send(x.Op("sos.raise", contract.SosRaise{}, apitest.With("place", contract.Place{Lat: 25.2, Lon: 80.9, AccuracyM: 9})))[0].OpID.String()
	case "answer":
		call, _ := in["call"].(string)
		return s.phones[name].Enter("sos.answer", contract.SosAnswer{SosID: uuid.MustParse(call)}).Outcome
	case "heat":
		published(s.t, s.w)
		return nil
	}
	return "what is " + verb + "?"
}

// phone is an officer's phone, made when a scene first wants it.
func (s *stage) phone(name string, role contract.Role) *apitest.Shift {
	if s.phones[name] == nil {
		s.phones[name] = s.w.Enlist(apitest.Karwi, role)
	}
	return s.phones[name]
}

// told is a complaint with what a script changes in it.
func (s *stage) told(in map[string]any) contract.ComplaintOpen {
	c := came(s.w)
	if body, ok := in["body"].(map[string]any); ok {
		text, err := json.Marshal(body)
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return c
}

// enrol shows a code as a new handset does, and has the officer enter a visit on
// it: what it answers is the status of the enrolment and what became of the visit.
func (s *stage) enrol(name, code string) any {
	w := s.w
	h := w.NewHandset()
	out := map[string]any{"status": h.Enrol(code).Status}
	if out["status"] != http.StatusCreated {
		return out
	}
	x := h.LogIn(s.phones[name].Officer)
	out["device"], out["visit"] = h.ID.String(), x.Enter("visit.record", w.Visit(), apitest.At(25.2, 80.9, 10)).Outcome
	out["old"] = s.phones[name].Do(apitest.Get("/v1/bundle")).Status // what was lost is no key any more
	s.phones[name] = x
	return out
}

// modules is a code as a page draws it for a camera, module by module.
func modules(t *testing.T, code any) string {
	t.Helper()
	text, _ := code.(string)
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	var d strings.Builder
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				fmt.Fprintf(&d, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	return d.String()
}

// TestAnOpenConsoleSurvivesCutLinesAndANewServer plays the scenes of web/tests/line.mjs.
func TestAnOpenConsoleSurvivesCutLinesAndANewServer(t *testing.T) {
	t.Parallel()
	newStage(t).play("line.mjs", 6)
}

// TestThePagesCanBeReadSoonOnASlowMachine plays the scenes of web/tests/paint.mjs.
func TestThePagesCanBeReadSoonOnASlowMachine(t *testing.T) {
	t.Parallel()
	newStage(t).play("paint.mjs", 3)
}

// TestRecordsArePutRightPrintedAndInspectedInABrowser plays the scenes of web/tests/records.mjs.
func TestRecordsArePutRightPrintedAndInspectedInABrowser(t *testing.T) {
	t.Parallel()
	newStage(t).play("records.mjs", 4)
}

// TestPhonesReadsAndRulesInTwoBrowsers plays the scenes of web/tests/people.mjs.
func TestPhonesReadsAndRulesInTwoBrowsers(t *testing.T) {
	t.Parallel()
	newStage(t).play("people.mjs", 3)
}

// TestAListOfHotSpotsInABrowser plays the scenes of web/tests/hotspots.mjs.
func TestAListOfHotSpotsInABrowser(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.people["circle"] = s.w.Browser(circleHead(s.w))
	s.play("hotspots.mjs", 2)
}

// TestADayAtTheKeyboard plays the scenes of web/tests/keyboard.mjs.
func TestADayAtTheKeyboard(t *testing.T) {
	t.Parallel()
	newStage(t).play("keyboard.mjs", 3)
}

// TestGroundHelpHeatAndRosterInABrowser plays the scenes of web/tests/ground.mjs.
func TestGroundHelpHeatAndRosterInABrowser(t *testing.T) {
	t.Parallel()
	newStage(t).play("ground.mjs", 5)
}

// TestThePagesBesideTheMenuInOtherLights plays the scenes of web/tests/looks.mjs.
func TestThePagesBesideTheMenuInOtherLights(t *testing.T) {
	t.Parallel()
	newStage(t).play("looks.mjs", 3)
}

// TestAFileOfPlacesAndTheSheetsOfPlacesInABrowser plays the scenes of web/tests/ground_file.mjs.
func TestAFileOfPlacesAndTheSheetsOfPlacesInABrowser(t *testing.T) {
	t.Parallel()
	newStage(t).play("ground_file.mjs", 2)
}
