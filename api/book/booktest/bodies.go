package booktest

import (
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// Visit is a plain visit of the women beat that ends now.
func (w *World) Visit() contract.VisitRecord {
	return contract.VisitRecord{
		BeatID: &w.BeatID, StartedAt: contract.At(w.Now().Add(-20 * time.Minute)), EndedAt: contract.At(w.Now()),
		PlaceType: "village", Women: 12, Girls: 5,
	}
}

// Ground is a new beat from today on, of the same outline as the beat of the staff list.
func (w *World) Ground(code string) contract.BeatSet {
	return contract.BeatSet{
		BeatID: uuid.Must(uuid.NewV7()), Code: code, NameHi: "बीट २", NameEn: "Beat 2 " + code, From: w.Date(0),
		Area: `{"type":"Polygon","coordinates":[[[80.90,25.20],[80.95,25.20],[80.95,25.25],[80.90,25.25],[80.90,25.20]]]}`,
	}
}

// GroundPlace is a new village from today on, to be seen once a week.
func (w *World) GroundPlace(code string, lat, lon float64) contract.PlaceSet {
	return contract.PlaceSet{
		PlaceID: uuid.Must(uuid.NewV7()), Code: code, NameHi: "ग्राम", NameEn: "Village " + code, Kind: "village",
		Lat: lat, Lon: lon, EveryDays: 7, From: w.Date(0),
	}
}

// Date is a day from today on, in India.
func (w *World) Date(days int) openapi_types.Date {
	return openapi_types.Date{Time: w.Now().In(time.FixedZone("IST", 5*3600+1800)).AddDate(0, 0, days)}
}

// Brief is the squad's briefing for today.
func (w *World) Brief() contract.SquadBrief {
	return contract.SquadBrief{
		SquadID: w.SquadID, LeaderBy: w.Leader.ID, MembersBy: []uuid.UUID{w.Member.ID}, BodyCamera: true,
		From: contract.At(w.Now()), To: contract.At(w.Now().Add(8 * time.Hour)),
	}
}

// Round is a round of the squad that ends now.
func (w *World) Round() contract.SquadRound {
	return contract.SquadRound{
		SquadID: w.SquadID, LeaderBy: w.Leader.ID, MembersBy: []uuid.UUID{w.Member.ID}, BodyCamera: true, PlaceType: "market",
		StartedAt: contract.At(w.Now().Add(-30 * time.Minute)), EndedAt: contract.At(w.Now()), Reason: "hotspot_round",
		PersonsObserved: 40, PersonsSpoken: 6, WomenSpoken: 3,
	}
}

// Person is an entry about an adult, warned.
func (w *World) Person() contract.SquadPerson {
	age, name, mobile := 24, "रमेश कुमार", "9876543210"
	return contract.SquadPerson{
		SquadID: w.SquadID, PlaceType: "market", SeenAt: contract.At(w.Now()), Ground: "seen_following",
		Facts: "एक महिला का दो सौ मीटर तक पीछा करते देखा गया, रोकने पर भी नहीं माना", Name: &name, Age: &age, Mobile: &mobile,
		Outcome: "warned",
	}
}

// Task is a visit that an officer is asked to make soon.
func (w *World) Task(to *Officer) contract.TaskSend {
	return contract.TaskSend{To: contract.TaskTarget{OfficerID: &to.ID}, TaskKind: "visit", Urgency: "soon"}
}

// GoOut has the squad's leader begin a duty and the squad briefed for today, and
// returns the briefing: then it may speak to persons.
func (w *World) GoOut() *book.Entry {
	w.T.Helper()
	w.OnDuty(w.Leader)
	return w.Leader.Enter("squad.brief", w.Brief())
}

// OnDuty has an officer begin a duty with the squad.
func (w *World) OnDuty(o *Officer) *book.Entry {
	w.T.Helper()
	return o.Enter("duty.start", contract.DutyStart{SquadID: &w.SquadID})
}

// NewSquad makes another squad in Karwi.
func (w *World) NewSquad() uuid.UUID {
	w.T.Helper()
	id := uuid.Must(uuid.NewV7())
	w.SQL(`INSERT INTO squads (district_id, squad_id, centre, hi, en) VALUES ($1, $2, 'KRW', 'स्क्वाड ३', 'Squad 3')`, []any{District, id})
	return id
}
