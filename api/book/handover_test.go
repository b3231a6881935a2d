package book_test

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// sheetOf reads a hand-over sheet.
func sheetOf(t *testing.T, w *booktest.World, by *booktest.Officer, id uuid.UUID) (*book.Handover, book.Sheet) {
	t.Helper()
	h, err := w.Book.Handover(t.Context(), by.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	var s book.Sheet
	if err := json.Unmarshal([]byte(h.Sheet), &s); err != nil {
		t.Fatal(err)
	}
	return h, s
}

// signs is the signature under a sheet as it stands.
func signs(t *testing.T, w *booktest.World, by *booktest.Officer, id uuid.UUID) contract.HandoverSign {
	t.Helper()
	h, _ := sheetOf(t, w, by, id)
	sum := sha256.Sum256([]byte(h.Sheet))
	if contract.Encode(sum[:]) != contract.Encode(h.SheetHash) {
		t.Error("the hash is not that of the sheet's text")
	}
	return contract.HandoverSign{HandoverID: id, SheetHash: contract.Encode(h.SheetHash)}
}

func TestASheetSaysWhatIsOpenUnderAPostAndBothSignIt(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	hers := w.Beat.Enter("complaint.open", complaintOf(w, registered)).OpID
	w.Second.Enter("complaint.open", complaintOf(w, registered))
	about := w.Beat.Enter("complaint.open", complaintOf(w, func(c *contract.ComplaintOpen) { c.AboutBy = []contract.UUID{w.Second.ID} })).OpID
	task := send(w, w.Beat, "soon").OpID
	send(w, w.Second, "soon")
	open := w.Beat.Enter("handover.open", contract.HandoverOpen{PostID: w.Beat.Posts[0].PostID, TakerBy: w.Second.ID})
	_, sheet := sheetOf(t, w, w.Second, open.OpID)
	if len(sheet.Complaints) != 1 || sheet.Complaints[0].ID != hers || sheet.Complaints[0].No != "KRW/HD/2026/00001" || len(sheet.Clocks) < 2 {
		t.Errorf("complaints %+v, clocks %+v", sheet.Complaints, sheet.Clocks)
	}
	for _, c := range sheet.Clocks {
		if c.ID == about {
			t.Error("who takes over learns of a complaint that is about her")
		}
	}
	if len(sheet.Tasks) != 1 || sheet.Tasks[0].ID != task || len(sheet.Days) != 0 {
		t.Errorf("tasks %+v, days %v", sheet.Tasks, sheet.Days)
	}

	sign := signs(t, w, w.Second, open.OpID)
	wrong := sign
	wrong.SheetHash = contract.Encode(make([]byte, 32))
	refusedOp(t, "another sheet", w.Beat.Do("handover.sign", wrong), contract.CodeSheetDiffers, "/body/sheet_hash")
	refusedOp(t, "by the in-charge", w.Incharge.Do("handover.sign", sign), contract.CodeNotAssigned, "/body/handover_id")
	if e := w.Beat.Enter("handover.sign", sign); e.CaseID != open.OpID {
		t.Error("the signature stands elsewhere than the sheet")
	}
	refusedOp(t, "twice", w.Beat.Do("handover.sign", sign), contract.CodeWrongState, "/body/handover_id")
	w.Second.Enter("handover.sign", sign)
	if h, _ := sheetOf(t, w, w.Incharge, open.OpID); h.LeaverSignedAt == nil || h.TakerSignedAt == nil {
		t.Errorf("%+v", h)
	}
	if e := w.Beat.Enter("post.leave", contract.PostLeave{PostID: w.Beat.Posts[0].PostID, Reason: "transfer"}); hasFlag(e, "no_handover") {
		t.Error("who handed over is flagged")
	}
	list, err := w.Book.Handovers(t.Context(), w.SHO.Caller(), booktest.Centre)
	if err != nil || len(list) != 1 {
		t.Errorf("%d sheets, %v", len(list), err)
	}
	if list, err := w.Book.Handovers(t.Context(), w.Member.Caller(), booktest.Centre); err != nil || len(list) != 0 {
		t.Errorf("a squad member sees %d, %v", len(list), err)
	}
	if _, err := w.Book.Handover(t.Context(), w.Member.Caller(), open.OpID); !isCode(err, contract.CodeNotFound) {
		t.Errorf("a squad member reads it: %v", err)
	}
}

func TestTheSheetOfAnInchargeHasDaysQuestionsOfConductAndObjections(t *testing.T) {
	t.Parallel()
	w, flag := withAFlag(t)
	w.Incharge.Enter("complaint.open", complaintOf(w, registered))
	w.Pass(26 * time.Hour)
	tick(t, w)
	w.Leader.SignIn()
	w.GoOut()
	id := w.Leader.Enter("squad.person", w.Person()).OpID
	w.Incharge.Enter("warning.object", contract.WarningObject{PersonID: id, Objection: "मैं वहाँ था ही नहीं, मौसी के घर गया था"})
	next := w.Enlist(booktest.Centre, staff.CentreIncharge)
	open := w.SHO.Enter("handover.open", contract.HandoverOpen{PostID: w.Incharge.Posts[0].PostID, TakerBy: next.ID})
	_, sheet := sheetOf(t, w, next, open.OpID)
	if len(sheet.Days) < 1 || len(sheet.Flags) != 1 || sheet.Flags[0].ID != flag || len(sheet.Objections) != 1 || sheet.Objections[0].ID != id {
		t.Errorf("days %v, flags %+v, objections %+v", sheet.Days, sheet.Flags, sheet.Objections)
	}
}

func TestWhoLeavesWithoutASheetIsToldToThePostAbove(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	e := w.Incharge.Enter("post.leave", contract.PostLeave{PostID: w.Beat.Posts[0].PostID, Reason: "died"})
	if !hasFlag(e, "no_handover") {
		t.Errorf("flags %v", e.Flags)
	}
	if n := count(t, w, `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%`+w.Beat.Posts[0].PostID.String()+`%'`); n != 1 {
		t.Errorf("%d are told", n)
	}
	half := w.SHO.Enter("handover.open", contract.HandoverOpen{PostID: w.Second.Posts[0].PostID, TakerBy: w.Member.ID}).OpID
	w.Second.Enter("handover.sign", signs(t, w, w.Second, half))
	if e := w.SHO.Enter("post.leave", contract.PostLeave{PostID: w.Second.Posts[0].PostID, Reason: "transfer"}); !hasFlag(e, "no_handover") {
		t.Error("a sheet that one signed is none")
	}
	cover := coverOf(w, w.Incharge, w.Member, time.Hour)
	w.SHO.Enter("post.cover", cover)
	if e := w.SHO.Enter("post.leave", contract.PostLeave{PostID: cover.CoverID, Reason: "other"}); hasFlag(e, "no_handover") {
		t.Error("a cover that ends early hands nothing over")
	}
}

// posted enters what goes with a post.
func (b *badWorld) posted(set func(kind, field string, id uuid.UUID)) {
	b.ids["taker_by"] = b.Member.ID
	b.ofKind["post.cover"] = map[string]uuid.UUID{
		"post_id": b.Beat.Posts[0].PostID, "officer_id": b.Second.ID, "cover_id": uuid.Must(uuid.NewV7()),
	}
	set("handover.open", "post_id", b.Beat.Posts[0].PostID)
	sheet := b.SHO.Enter("handover.open", contract.HandoverOpen{PostID: b.Incharge.Posts[0].PostID, TakerBy: b.Member.ID}).OpID
	set("handover.sign", "handover_id", sheet)
	b.sheet = signs(b.T.(*testing.T), b.World, b.Incharge, sheet).SheetHash
	set("day.review", "complaint_id", b.complaint(registered))
}
