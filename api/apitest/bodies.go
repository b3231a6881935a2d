package apitest

import (
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// Visit is a visit of the beat that ends now.
func (w *World) Visit() contract.VisitRecord {
	return contract.VisitRecord{
		BeatID: &w.BeatID, StartedAt: contract.At(w.Now().Add(-20 * time.Minute)), EndedAt: contract.At(w.Now()),
		PlaceType: "village", Women: 12, Girls: 5,
	}
}

// Brief is the squad's briefing for today.
func (w *World) Brief(leader, member *Shift) contract.SquadBrief {
	return contract.SquadBrief{
		SquadID: w.SquadID, LeaderBy: leader.ID, MembersBy: []uuid.UUID{member.ID}, BodyCamera: true,
		From: contract.At(w.Now()), To: contract.At(w.Now().Add(8 * time.Hour)),
	}
}

// Round is a round of the squad that ends now.
func (w *World) Round(leader, member *Shift) contract.SquadRound {
	return contract.SquadRound{
		SquadID: w.SquadID, LeaderBy: leader.ID, MembersBy: []uuid.UUID{member.ID}, BodyCamera: true, PlaceType: "market",
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
func (w *World) Task(to *Shift) contract.TaskSend {
	return contract.TaskSend{To: contract.TaskTarget{OfficerID: &to.ID}, TaskKind: "visit", Urgency: "soon"}
}
