package book_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// hasNumber gives an officer a number of his own, as an import does.
func (c *care) hasNumber(o *booktest.Officer, number string) {
	c.t.Helper()
	c.SQL(`UPDATE officers SET phone_hashes = $3 WHERE district_id = $1 AND officer_id = $2`,
		[]any{booktest.District, o.ID, book.NumberHashes(c.Book.Blind, booktest.District, number)})
}

// declares is an officer's word that the complaint is about a relative.
func (c *care) declares() contract.InterestDeclare {
	return contract.InterestDeclare{ComplaintID: c.id, Relation: "sibling"}
}

func TestWhoseOwnNumberStandsInACaseReadsNothingOfItAndIsToldOf(t *testing.T) {
	t.Parallel()
	for name, number := range map[string]string{"hers": "+91 98123 45670", "the other side's": "09876500001"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, withNumbers)
			c.hasNumber(c.Beat, number)
			c.hasNumber(c.Incharge, number)
			c.hasNumber(c.SHO, "9812345671")
			for _, field := range []string{"/body/mobile", "/body/opposite_mobile", "/body/account"} {
				mayNot(t, c.World, c.Beat, contract.CodeConflictOfInterest, "/body/subject_id", c.id, field)
			}
			mayNot(t, c.World, c.Incharge, contract.CodeConflictOfInterest, "/body/subject_id", c.id, "/body/account")
			mayNot(t, c.World, c.Second, contract.CodeCaseNotYours, "/body/subject_id", c.id, "/body/account")
			reads(t, c.World, c.SHO, c.id, "/body/mobile")
			other := careOfWorld(c, nil)
			reads(t, c.World, c.Incharge, other, "/body/account")
			want := []string{"own_number centre_incharge " + c.id.String() + " f", "own_number sho " + c.id.String() + " f"}
			if got := slices.Sorted(slices.Values(c.raised())); !slices.Equal(got, want) {
				t.Errorf("told: %q", got)
			}
		})
	}
}

func TestTheNumberOfAComplaintOfTheSameBatchCountsToo(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.hasNumber(c.Incharge, "9812345670")
	b := c.intake()
	withNumbers(&b)
	item := c.Incharge.Item("complaint.open", b)
	id, known := contract.ReadOpID(item.Raw)
	if !known {
		t.Fatal("the op has no id")
	}
	r := c.Incharge.Send(item, c.Incharge.Item("identity.read", wish(id, "/body/account")))
	if r[0].Outcome != book.Entered || r[1].Outcome != book.Refused || r[1].Problem.Code != contract.CodeConflictOfInterest {
		t.Errorf("%s, %s (%v)", r[0].Outcome, r[1].Outcome, r[1].Problem)
	}
}

func TestWhoDeclaresAnInterestHasNothingToDoWithTheComplaintFromThenOn(t *testing.T) {
	t.Parallel()
	c := careOf(t, withNumbers)
	reads(t, c.World, c.Beat, c.id, "/body/mobile")
	e := c.Beat.Enter("interest.declare", c.declares())
	if e.CaseID != c.id || len(e.SeenBy) != 0 {
		t.Errorf("%+v", e)
	}
	if owner := c.row(`owner_id`); owner != "" {
		t.Errorf("it is still in the hand of %s", owner)
	}
	refusedOp(t, "declared twice", c.Beat.Do("interest.declare", c.declares()), contract.CodeAlreadyThere, "/body/complaint_id")
	mayNot(t, c.World, c.Beat, contract.CodeConflictOfInterest, "/body/subject_id", c.id, "/body/mobile")
	for kind, body := range map[string]any{
		"complaint.accept":  contract.ComplaintAccept{ComplaintID: c.id},
		"complaint.act":     contract.ComplaintAct{ComplaintID: c.id, Action: "called"},
		"complaint.dispose": dispose(c.id),
		"referral.send":     contract.ReferralSend{ComplaintID: c.id, Referral: "hospital"},
	} {
		c.refused(c.Beat, kind, body, contract.CodeConflictOfInterest, "/body/complaint_id")
	}
	c.refused(c.Incharge, "complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Beat.ID}, contract.CodeConflictOfInterest, "/body/officer_id")
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	reads(t, c.World, c.Second, c.id, "/body/mobile")
	if got := c.raised(); !slices.Equal(got, []string{"interest centre_incharge " + c.id.String() + " f"}) {
		t.Errorf("told: %q", got)
	}
}

func TestAnInchargeWhoDeclaresAnInterestNeitherReviewsNorDisposesAndSignsHerDayAllTheSame(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Incharge.Enter("interest.declare", c.declares())
	c.refused(c.Incharge, "day.review", contract.DayReview{ComplaintID: c.id, Verdict: "seen"}, contract.CodeConflictOfInterest, "/body/complaint_id")
	c.refused(c.Incharge, "complaint.dispose", dispose(c.id), contract.CodeConflictOfInterest, "/body/complaint_id")
	c.refused(c.Incharge, "complaint.close", contract.ComplaintClose{ComplaintID: c.id, CloseReason: "satisfied"}, contract.CodeConflictOfInterest, "/body/complaint_id")
	c.refused(c.Incharge, "note.add", contract.NoteAdd{SubjectID: c.id, Text: "देखा"}, contract.CodeConflictOfInterest, "/body/subject_id")
	c.refused(c.Incharge, "entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "गलत लिखा", Strike: new(true)}, contract.CodeConflictOfInterest, "/body/corrects_id")
	today, err := time.Parse(time.DateOnly, "2026-11-18")
	if err != nil {
		t.Fatal(err)
	}
	missing := func(o *booktest.Officer) []string {
		d, err := c.Book.DaySheet(context.Background(), o.Caller(), booktest.Centre, today)
		if err != nil {
			t.Fatal(err)
		}
		return d.Missing
	}
	if list := missing(c.Incharge); len(list) != 0 {
		t.Errorf("she has to review %v", list)
	}
	if list := missing(c.SHO); len(list) != 1 {
		t.Errorf("the head of the station has to review %v", list)
	}
	c.SHO.Enter("day.review", contract.DayReview{ComplaintID: c.id, Verdict: "seen"})
}

func TestWhoDeclaresAnInterestIsNamedNoMoreAndShownNoDigits(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *contract.ComplaintOpen){"guarded": guardedOne, "open": func(*contract.ComplaintOpen) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := careOf(t, func(b *contract.ComplaintOpen) { change(b); withNumbers(b) })
			if name == "guarded" {
				c.SHO.Enter("case.name", naming(c.id, c.Incharge.ID))
			}
			if d := detailOf(t, c.World, c.Incharge, c.id); len(d.Masks) == 0 {
				t.Fatal("she is shown no digits before")
			}
			c.Incharge.Enter("interest.declare", c.declares())
			d := detailOf(t, c.World, c.Incharge, c.id)
			if len(d.Masks) != 0 || slices.Contains(d.Named, c.Incharge.ID) {
				t.Errorf("%v, named %v", d.Masks, d.Named)
			}
			if name == "guarded" {
				refusedOp(t, "to name her again", c.SHO.Do("case.name", naming(c.id, c.Incharge.ID)), contract.CodeUnknownReference, "/body/officer_id")
			}
		})
	}
}

func TestAnInterestGoesWithTheComplaintToAnotherCentre(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Beat.Enter("interest.declare", c.declares())
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: booktest.OtherCentre, Reason: "घटनास्थल राजापुर में है"})
	tick(t, c.World)
	if got := careText(t, c.World, `SELECT data FROM complaints WHERE centre = 'RJP'`); !strings.Contains(got, `"interests":["`+c.Beat.ID.String()) {
		t.Errorf("there: %s", got)
	}
}

func TestAnInterestGivesNoSightOfAComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Second.Enter("interest.declare", c.declares())
	page, err := c.Book.Complaints(context.Background(), c.Second.Caller(), book.ComplaintQuery{Centre: booktest.Centre, Limit: 10})
	if err != nil || len(page.Views) != 0 {
		t.Errorf("%v, %d complaints", err, len(page.Views))
	}
	b := c.intake()
	b.AboutBy = []uuid.UUID{c.Second.ID}
	about := c.desk.Enter("complaint.open", b).OpID
	c.refused(c.Second, "interest.declare", contract.InterestDeclare{ComplaintID: about, Relation: "self"}, contract.CodeUnknownReference, "/body/complaint_id")
	c.refused(c.Second, "interest.declare", contract.InterestDeclare{ComplaintID: c.id, Relation: "friend"}, contract.CodeUnknownCode, "/body/relation")
}

func TestThatAnOfficerComplainedOfTriedToReadIsToldAboveHim(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	b := c.intake()
	b.AboutBy = []uuid.UUID{c.Incharge.ID}
	id := c.desk.Enter("complaint.open", b).OpID
	mayNot(t, c.World, c.Incharge, contract.CodeUnknownReference, "/body/subject_id", id, "/body/complainant_name")
	got := c.raised()
	if len(got) != 1 || !strings.HasPrefix(got[0], "complained_of sho "+id.String()) {
		t.Errorf("told: %q", got)
	}
	lines, _ := follow(t, c.Book, c.Incharge, booktest.Centre, 0, 500)
	for _, l := range lines {
		if strings.Contains(l.Kind, "read.raise") {
			t.Error("he sees that it was told")
		}
	}
}

func TestWhoDeclaredAnInterestTakesNoStepInTheMattersOfTheComplaint(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	referral := c.Beat.Enter("referral.send", contract.ReferralSend{ComplaintID: c.id, Referral: "hospital"}).OpID
	c.Beat.Enter("interest.declare", c.declares())
	c.refused(c.Beat, "referral.answer", contract.ReferralAnswer{ReferralID: referral, Answer: "service_given"}, contract.CodeConflictOfInterest, "/body/referral_id")
}
