package book_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// twoTries is an op by whose act it is about, and the same by another.
type twoTries struct{ own, other func() book.Receipt }

// also gives an officer a second post in Karwi's book, or in HQ's.
func also(w *booktest.World, o *booktest.Officer, role string) {
	at := atKarwi
	if role == staff.CO || role == staff.AddlSP {
		at = booktest.With("centre", book.HQ)
	}
	b := contract.PostTake{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Role: contract.Role(role)}
	if role == staff.CO {
		b.Circle = ptr("City")
	}
	w.SP.Enter("post.take", b, at)
}

// coverOf has an officer cover the post of another from now on.
func coverOf(w *booktest.World, of, by *booktest.Officer, d time.Duration) contract.PostCover {
	return contract.PostCover{
		CoverID: uuid.Must(uuid.NewV7()), PostID: of.Posts[0].PostID, OfficerID: by.ID, From: contract.At(w.Now()),
		To: contract.At(w.Now().Add(d)), Reason: "leave",
	}
}

// twice is an op of a kind with the same body by two officers.
func twice(kind string, body any, own, other *booktest.Officer, opts ...booktest.Option) twoTries {
	return twoTries{
		func() book.Receipt { return own.Do(kind, body, opts...) }, func() book.Receipt { return other.Do(kind, body, opts...) },
	}
}

// either is an op of one officer with one body and another.
func either(by *booktest.Officer, kind string, own, other any) twoTries {
	return twoTries{func() book.Receipt { return by.Do(kind, own) }, func() book.Receipt { return by.Do(kind, other) }}
}

// theDay is today's date.
func theDay(w *booktest.World) openapi_types.Date {
	return openapi_types.Date{Time: w.Now().In(time.FixedZone("IST", 19800))}
}

// situations makes what each row of the table is about.
func situations(t *testing.T) map[string]func(w *booktest.World) twoTries {
	opened := func(w *booktest.World, by *booktest.Officer, change ...func(c *contract.ComplaintOpen)) uuid.UUID {
		return by.Enter("complaint.open", complaintOf(w, append(change, registered)...)).OpID
	}
	held := func(w *booktest.World) uuid.UUID {
		return w.Incharge.Do("note.add", contract.NoteAdd{SubjectID: uuid.Must(uuid.NewV7()), Text: "बाद में"}).OpID
	}
	asks := func(w *booktest.World, by *booktest.Officer) uuid.UUID {
		id := opened(w, w.Beat, guardedOne)
		return by.Enter("glass.ask", contract.GlassAsk{ComplaintID: id, Reason: "medical", Text: "तत्काल चिकित्सा आवश्यक"}).OpID
	}
	direction := func(w *booktest.World, to string) contract.InspectionRecord {
		b := anInspection(w)
		b.AssignedTo = &to
		return b
	}
	comply := func(id uuid.UUID) contract.InspectionComply {
		return contract.InspectionComply{InspectionID: id, Compliance: "निर्देश का अनुपालन किया गया"}
	}
	review := func(id uuid.UUID) contract.SquadReview { return contract.SquadReview{LineID: id, Verdict: "in_order"} }
	return map[string]func(w *booktest.World) twoTries{
		"would hold the post / post.take": func(w *booktest.World) twoTries {
			take := func(o *booktest.Officer) contract.PostTake {
				return contract.PostTake{PostID: uuid.Must(uuid.NewV7()), OfficerID: o.ID, Role: contract.Role(staff.BeatOfficer)}
			}
			return either(w.SHO, "post.take", take(w.SHO), take(w.Incharge))
		},
		"would cover the post / post.cover": func(w *booktest.World) twoTries {
			return either(w.SHO, "post.cover", coverOf(w, w.Incharge, w.SHO, time.Hour), coverOf(w, w.Incharge, w.Second, time.Hour))
		},
		"holds the post that is covered / post.cover": func(w *booktest.World) twoTries {
			return either(w.SHO, "post.cover", coverOf(w, w.Beat, w.Beat, time.Hour), coverOf(w, w.Beat, w.Second, time.Hour))
		},
		"leaves the post / handover.open": func(w *booktest.World) twoTries {
			open := func(taker *booktest.Officer) contract.HandoverOpen {
				return contract.HandoverOpen{PostID: w.Beat.Posts[0].PostID, TakerBy: taker.ID}
			}
			return either(w.Incharge, "handover.open", open(w.Beat), open(w.Second))
		},
		"made the op that waits / held.enter": func(w *booktest.World) twoTries {
			return twice("held.enter", contract.HeldEnter{HeldID: held(w), Reason: "अब आवश्यक नहीं"}, w.Incharge, w.SHO)
		},
		"made the op that waits / held.strike": func(w *booktest.World) twoTries {
			return twice("held.strike", contract.HeldStrike{HeldID: held(w), Reason: "अब आवश्यक नहीं"}, w.Incharge, w.SHO)
		},
		"made a line that another has reviewed / entry.correct": func(w *booktest.World) twoTries {
			round, right := w.Incharge.Enter("squad.round", w.Round()), w.Round()
			w.SHO.Enter("squad.review", review(round.OpID))
			return twice("entry.correct", contract.EntryCorrect{CorrectsID: round.OpID, Reason: "संख्या गलत", Round: &right}, w.Incharge, w.SHO)
		},
		"has the complaint in hand / complaint.extend": func(w *booktest.World) twoTries {
			id := opened(w, w.Incharge)
			until := contract.At(clockOf(t, w, id, "disposal").Due.Add(24 * time.Hour))
			return twice("complaint.extend", contract.ComplaintExtend{ComplaintID: id, Reason: "medical", UntilAt: until}, w.Incharge, w.SHO)
		},
		"asked for the pause / pause.allow": func(w *booktest.World) twoTries {
			id := opened(w, w.Incharge)
			w.Incharge.Enter("pause.ask", contract.PauseAsk{ComplaintID: id, Reason: "medical"})
			return twice("pause.allow", contract.PauseAllow{ComplaintID: id, Allowed: true}, w.Incharge, w.SHO)
		},
		"took the complaint in at the desk / complaint.dispose": func(w *booktest.World) twoTries {
			desk := w.Enlist(booktest.Centre, staff.DeskOfficer)
			return twice("complaint.dispose", dispose(opened(w, desk)), desk, w.SHO)
		},
		"disposed of the complaint / complaint.close": func(w *booktest.World) twoTries {
			id := opened(w, w.Beat, unsafeToCall)
			w.Incharge.Enter("complaint.dispose", dispose(id))
			return twice("complaint.close", contract.ComplaintClose{ComplaintID: id, CloseReason: "satisfied"}, w.Incharge, w.SHO)
		},
		"handled the complaint / feedback.call": func(w *booktest.World) twoTries {
			id := opened(w, w.Beat)
			w.Incharge.Enter("complaint.dispose", dispose(id))
			call := contract.FeedbackCall{ComplaintID: id, CalledAt: contract.At(w.Now()), Reached: "no_answer"}
			return twice("feedback.call", call, w.Incharge, w.Enlist(booktest.Centre, staff.DeskOfficer))
		},
		"has the complaint in hand / day.review": func(w *booktest.World) twoTries {
			return twice("day.review", contract.DayReview{ComplaintID: opened(w, w.Incharge), Verdict: "seen"}, w.Incharge, w.SHO)
		},
		"signed the day / day.reopen": func(w *booktest.World) twoTries {
			also(w, w.SHO, staff.CentreIncharge)
			w.SHO.Enter("day.sign", contract.DaySign{Date: theDay(w)})
			return twice("day.reopen", contract.DayReopen{Date: theDay(w), Reason: "एक प्रविष्टि शेष है"}, w.SHO, circleOfficer(t, w), atKarwi)
		},
		"acts for who was told, and has in hand what is late / escalation.answer": func(w *booktest.World) twoTries {
			id := w.Beat.Enter("complaint.open", complaintOf(w)).OpID
			w.Pass(26 * time.Hour)
			tick(t, w)
			w.SHO.Enter("post.cover", coverOf(w, w.Incharge, w.Beat, time.Hour))
			return twice("escalation.answer", contract.EscalationAnswer{SubjectID: id, Limit: "register", Answer: "आज ही पंजीकृत किया जायेगा"}, w.Beat, w.Incharge)
		},
		"made the visit, or was there / visit.accept": func(w *booktest.World) twoTries {
			visit := w.Incharge.Enter("visit.record", w.Visit())
			w.Pass(7 * time.Hour)
			tick(t, w)
			return twice("visit.accept", contract.VisitAccept{VisitID: visit.OpID}, w.Incharge, w.SHO)
		},
		"set the list of hot-spots / hotspots.agree": func(w *booktest.World) twoTries {
			co := circleOfficer(t, w)
			also(w, co, staff.CentreIncharge)
			list := co.Enter("hotspots.set", contract.HotspotsSet{Month: "2026-11", Spots: []contract.HotspotSet{}}, atKarwi)
			return twice("hotspots.agree", contract.HotspotsAgree{ListID: list.OpID, Agreed: true}, co, circleOfficer(t, w), atKarwi)
		},
		"made or led the squad's entry / squad.review": func(w *booktest.World) twoTries {
			return twice("squad.review", review(w.Incharge.Enter("squad.round", w.Round()).OpID), w.Incharge, w.SHO)
		},
		"is whose work the question is about / conduct.answer": func(w *booktest.World) twoTries {
			flag := contract.ConductFlag{
				SquadID: &w.SquadID, Pattern: "same_facts", Span: "week", From: theDay(w), N: 3, Total: 5, Threshold: 3,
				Officers: []contract.UUID{w.Incharge.ID},
			}
			raised, err := w.Book.AppendServer(t.Context(), booktest.District, booktest.Centre, staff.Clock, []book.ServerOp{
				{Kind: "conduct.flag", Subject: w.SquadID, Rule: "same_facts/week", At: w.Now(), Body: flag},
			})
			if err != nil || raised[0].Outcome != book.Entered {
				t.Fatal(err, raised)
			}
			return twice("conduct.answer", contract.ConductAnswer{FlagID: raised[0].OpID, Answer: "in_order"}, w.Incharge, w.SHO)
		},
		"gave or reviewed the warning / warning.decide": func(w *booktest.World) twoTries {
			w.GoOut()
			p := w.Person()
			p.Outcome, p.CardNo = "warning_card", ptr("KRW-2026-0042")
			id := w.Leader.Enter("squad.person", p).OpID
			co := circleOfficer(t, w)
			also(w, co, staff.CentreIncharge)
			co.Enter("squad.review", review(id), atKarwi)
			w.Incharge.Enter("warning.object", contract.WarningObject{PersonID: id, Objection: "मैं वहाँ था ही नहीं, मौसी के घर गया था"})
			decide := contract.WarningDecide{PersonID: id, Decision: "dismissed", Reason: "अभिलेख के अनुसार चेतावनी उचित"}
			return twice("warning.decide", decide, co, circleOfficer(t, w), atKarwi)
		},
		"has the post that is directed / inspection.record": func(w *booktest.World) twoTries {
			return twice("inspection.record", direction(w, staff.SHO), w.SHO, circleOfficer(t, w), atKarwi)
		},
		"inspected / inspection.comply": func(w *booktest.World) twoTries {
			in := w.SHO.Enter("inspection.record", direction(w, staff.CentreIncharge))
			return twice("inspection.comply", comply(in.OpID), w.SHO, w.Incharge)
		},
		"said that it was complied with / inspection.close": func(w *booktest.World) twoTries {
			co := circleOfficer(t, w)
			in := co.Enter("inspection.record", direction(w, staff.CentreIncharge), atKarwi)
			w.Incharge.Enter("inspection.comply", comply(in.OpID))
			also(w, w.Incharge, staff.AddlSP)
			return twice("inspection.close", contract.InspectionClose{InspectionID: in.OpID, Accepted: true}, w.Incharge, co, atKarwi)
		},
		"asked to break the glass / glass.allow": func(w *booktest.World) twoTries {
			id := asks(w, w.Second)
			w.SHO.Enter("post.cover", coverOf(w, w.Incharge, w.Second, time.Hour))
			return twice("glass.allow", contract.GlassAllow{AskID: id}, w.Second, w.Incharge)
		},
		"asked to break the glass, or allowed it / glass.review": func(w *booktest.World) twoTries {
			id := asks(w, w.SHO)
			w.SP.Enter("glass.allow", contract.GlassAllow{AskID: id}, atKarwi)
			verdict := contract.GlassReview{AskID: id, Verdict: "justified", Text: "अभिलेख देखा गया"}
			return twice("glass.review", verdict, w.SP, w.Enlist(book.HQ, staff.WomenCell), atKarwi)
		},
		"asked for the export / export.allow": func(w *booktest.World) twoTries {
			ask := w.Incharge.Enter("export.ask", lastWeek(w, "help_desk")).OpID
			w.SHO.Enter("post.cover", coverOf(w, w.SHO, w.Incharge, time.Hour))
			return twice("export.allow", contract.ExportAllow{AskID: ask, Allowed: true}, w.Incharge, w.SHO)
		},
		"would read beyond the budget / read.allow": func(w *booktest.World) twoTries {
			more := contract.ReadAllow{OfficerID: w.Incharge.ID, Count: 5, Reason: "न्यायालय हेतु अभिलेख"}
			return twice("read.allow", more, w.Incharge, w.SHO)
		},
	}
}

// TestNobodyDecidesAloneOfHisOwnActByAnyRowOfTheTable tries each row: the officer whose
// act it is, is refused and nothing is stored; another officer does the same.
func TestNobodyDecidesAloneOfHisOwnActByAnyRowOfTheTable(t *testing.T) {
	t.Parallel()
	pairs, made := book.Pairs(), situations(t)
	if len(made) != len(pairs) {
		t.Errorf("%d situations for %d rows", len(made), len(pairs))
	}
	for _, p := range pairs {
		name := p.Done + " / " + p.Then
		t.Run(name, func(t *testing.T) {
			situation := situations(t)[name]
			if situation == nil {
				t.Fatal("the row has no situation")
			}
			t.Parallel()
			w := booktest.New(t)
			try := situation(w)
			before := count(t, w, `SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM held) + (SELECT count(*) FROM ops)`)
			r := try.own()
			refusedOp(t, "by whose act it is", r, p.Code, p.Pointer)
			if n := count(t, w, `SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM held) + (SELECT count(*) FROM ops)`); n != before {
				t.Errorf("%d rows were stored", n-before)
			}
			if r := try.other(); r.Outcome != book.Entered {
				t.Errorf("by another: %s %v (waits for %q)", r.Outcome, r.Problem, r.WaitsFor)
			}
		})
	}
	t.Logf("%d pairs, each refused to one and open to another", len(pairs))
}
