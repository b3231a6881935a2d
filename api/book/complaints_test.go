package book_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// complaints reads all pages of a query.
func complaints(t *testing.T, w *booktest.World, by *booktest.Officer, q book.ComplaintQuery) []book.ComplaintView {
	t.Helper()
	if q.Centre == "" {
		q.Centre = booktest.Centre
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	var all []book.ComplaintView
	for {
		page, err := w.Book.Complaints(context.Background(), by.Caller(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Views...)
		if !page.More {
			return all
		}
		if page.Next <= q.After {
			t.Fatalf("the cursor stands at %d", q.After)
		}
		q.After = page.Next
	}
}

// numbers are the serials of complaints.
func numbers(list []book.ComplaintView) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = fmt.Sprint(c.Serial)
	}
	return strings.Join(out, " ")
}

// guardedOne is a complaint of a sexual offence, with values to look for.
func guardedOne(b *contract.ComplaintOpen) {
	b.Category, b.RiskLevel, b.Channel, b.Mobile = "sexual_assault", "high", "181", new("9812345670")
	b.VillageCode, b.Alerts, b.ComplainantName = new("155281"), []string{"media"}, "गोपनीया"
}

func TestComplaintsAreListedToThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil) // 1: the desk's, in the beat officer's hand
	careOfWorld(c, guardedOne)
	third := careOfWorld(c, nil)
	c.SHO.Enter("complaint.act", contract.ComplaintAct{ComplaintID: third, Action: "called"})
	beat := contract.ComplaintOpen{
		ArrivedAt: contract.At(c.Now()), Channel: "beat", ComplainantName: "रानी", SafeToCall: true, Category: "stalking",
		Account: "रास्ते में पीछा किया जाता है", RiskLevel: "low", WomanRecorded: true,
	}
	c.Second.Enter("complaint.open", beat)
	addl, co := c.Enlist(book.HQ, staff.AddlSP), circleOfficer(t, c.World)
	for name, row := range map[string]struct {
		by      *booktest.Officer
		q       book.ComplaintQuery
		want    string
		reduced string
	}{
		"the in-charge":                    {by: c.Incharge, want: "1 2 3 4"},
		"the station head":                 {by: c.SHO, want: "1 2 3 4"},
		"the SP":                           {by: c.SP, want: "1 2 3 4", reduced: "2"},
		"the additional SP":                {by: addl, want: "1 2 3 4", reduced: "2"},
		"the circle officer":               {by: co, want: "1 2 3 4", reduced: "2"},
		"who has one in hand":              {by: c.Beat, want: "1"},
		"who took three in":                {by: c.desk, want: "1 2 3"},
		"who has hers in hand":             {by: c.Second, want: "4"},
		"who has no part":                  {by: c.Leader},
		"the dispatcher":                   {by: c.Dispatcher},
		"the in-charge, her own":           {by: c.Incharge, q: book.ComplaintQuery{Mine: true}},
		"the beat officer, in hand":        {by: c.Beat, q: book.ComplaintQuery{Mine: true}, want: "1"},
		"the desk, in hand":                {by: c.desk, q: book.ComplaintQuery{Mine: true, Open: true}, want: "2 3"},
		"the in-charge, not registered":    {by: c.Incharge, q: book.ComplaintQuery{State: "received"}, want: "4"},
		"the in-charge, in action":         {by: c.Incharge, q: book.ComplaintQuery{State: "in_action"}, want: "3"},
		"the in-charge, by ones":           {by: c.Incharge, q: book.ComplaintQuery{Limit: 1}, want: "1 2 3 4"},
		"the desk, by ones":                {by: c.desk, q: book.ComplaintQuery{Limit: 1}, want: "1 2 3"},
		"the beat officer's second by one": {by: c.Second, q: book.ComplaintQuery{Limit: 1}, want: "4"},
	} {
		list := complaints(t, c.World, row.by, row.q)
		reduced := slices.DeleteFunc(slices.Clone(list), func(v book.ComplaintView) bool { return !v.Reduced })
		if numbers(list) != row.want || numbers(reduced) != row.reduced {
			t.Errorf("%s: %q, reduced %q", name, numbers(list), numbers(reduced))
		}
	}
	if _, err := c.Book.Complaints(context.Background(), c.Other.Caller(), book.ComplaintQuery{Centre: booktest.Centre, Limit: 9}); !isCode(err, contract.CodeNotFound) {
		t.Errorf("the in-charge of another centre: %v", err)
	}
}

func TestWhatHasPassedAndWhatIsClosedIsFound(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	if got := numbers(complaints(t, c.World, c.Incharge, book.ComplaintQuery{Overdue: true})); got != "" {
		t.Errorf("overdue at once: %q", got)
	}
	c.Pass(25 * time.Hour) // the first action is owed within a day
	careOfWorld(c, nil)
	list := complaints(t, c.World, c.Incharge, book.ComplaintQuery{Overdue: true})
	if numbers(list) != "1" || list[0].Clocks[0].Code != "first_action" || !list[0].Clocks[0].Overdue(c.Now()) {
		t.Errorf("overdue: %q %+v", numbers(list), list)
	}
	for i := 1; i < len(list[0].Clocks); i++ {
		if list[0].Clocks[i].DueAt.Before(list[0].Clocks[i-1].DueAt) {
			t.Error("clocks are not in the order of their end")
		}
	}
	c.Beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: c.id, Action: "visited"})
	if got := numbers(complaints(t, c.World, c.Incharge, book.ComplaintQuery{Overdue: true})); got != "" {
		t.Errorf("overdue after the action: %q", got)
	}
	c.Incharge.Enter("complaint.transfer", contract.ComplaintTransfer{ComplaintID: c.id, ToCentre: booktest.OtherCentre, Reason: "घटना राजापुर की"})
	if got := numbers(complaints(t, c.World, c.Incharge, book.ComplaintQuery{Open: true})); got != "2" {
		t.Errorf("open after the transfer: %q", got)
	}
	if got := numbers(complaints(t, c.World, c.Incharge, book.ComplaintQuery{State: "transferred"})); got != "1" {
		t.Errorf("transferred: %q", got)
	}
}

// tellTale are values of the guarded complaint that nobody above may read.
var tellTale = []string{
	"sexual_assault", "high", "181", "155281", "media", "5670", "गोपनीया", "04:30", "10:00", "sensitive", "immediate", "first_action", "assign",
}

func TestAReducedComplaintIsNumberDateAndClock(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Pass(83 * time.Second)
	id := careOfWorld(c, guardedOne)
	list := complaints(t, c.World, c.SP, book.ComplaintQuery{})
	v := list[1]
	detail, err := c.Book.Complaint(context.Background(), c.SP.Caller(), id)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]book.ComplaintView{"in the list": v, "by its id": detail.ComplaintView} {
		if !r.Reduced || r.No != "KRW/HD/2026/00002" || r.ComplaintID == id || r.ComplaintID.Version() == 7 || r.CorrelationID == id {
			t.Errorf("%s: %+v", name, r.Complaint)
		}
		if at := r.ArrivedAt.In(careIST); at.Format("2006-01-02 15:04:05") != "2026-11-18 00:00:00" {
			t.Errorf("%s: arrived %s", name, at)
		}
		var codes []string
		for _, k := range r.Clocks {
			codes = append(codes, k.Code)
			for _, at := range []time.Time{k.StartsAt, k.DueAt} {
				if h, m, s := at.In(careIST).Clock(); h+m+s != 0 {
					t.Errorf("%s: the clock %s tells the time", name, k.Code)
				}
			}
		}
		slices.Sort(codes)
		want := "disposal overall"
		if name == "by its id" {
			want = "disposal overall register"
		}
		if strings.Join(codes, " ") != want {
			t.Errorf("%s: clocks %v", name, codes)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(tellTale, id.String(), c.desk.ID.String()) {
			if strings.Contains(string(text), `"`+secret+`"`) || len(secret) > 5 && strings.Contains(string(text), secret) {
				t.Errorf("%s: %q is told: %s", name, secret, text)
			}
		}
	}
	if len(detail.Steps)+len(detail.Links)+len(detail.Masks)+len(detail.Sealed) != 0 || string(detail.Columns) != "{}" || detail.OpenedByOp != nil || detail.SlipNumber != "" {
		t.Errorf("by its id: %+v", detail)
	}
	if _, err := c.Book.Complaint(context.Background(), c.SP.Caller(), v.ComplaintID); !isCode(err, contract.CodeNotFound) {
		t.Errorf("by the id that it has in the list: %v", err)
	}
	if _, err := c.Book.Custody(context.Background(), c.SP.Caller(), id); !isCode(err, contract.CodeNotFound) {
		t.Errorf("its custody: %v", err)
	}
}

func TestWhoIsComplainedOfSeesNothingOfIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	w := c.World
	sp2 := w.Enlist(book.HQ, staff.SP)
	accused := []*booktest.Officer{w.Incharge, w.Second, sp2, w.SHO, w.Leader}
	var about []uuid.UUID
	for _, o := range accused {
		about = append(about, o.ID)
	}
	id := careOfWorld(c, func(b *contract.ComplaintOpen) { b.AboutBy = about; b.BeatID = &w.BeatID })
	careOfWorld(c, nil)
	ctx := context.Background()
	for _, o := range accused {
		for _, limit := range []int{1, 2, 50} {
			if got := numbers(complaints(t, w, o, book.ComplaintQuery{Limit: limit})); strings.Contains(got, "2") {
				t.Errorf("%s by %d: %s", o.Posts[0].Role, limit, got)
			}
		}
		for _, q := range []book.ComplaintQuery{{Mine: true}, {Open: true}, {Overdue: true}, {State: "registered"}} {
			if got := numbers(complaints(t, w, o, q)); strings.Contains(got, "2") {
				t.Errorf("%s %+v: %s", o.Posts[0].Role, q, got)
			}
		}
		if _, err := w.Book.Complaint(ctx, o.Caller(), id); !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s reads it: %v", o.Posts[0].Role, err)
		}
		if _, err := w.Book.Custody(ctx, o.Caller(), id); !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s reads its custody: %v", o.Posts[0].Role, err)
		}
		if _, err := w.Book.RegisterLine(ctx, o.Caller(), booktest.Centre, "help_desk", 2026, 2); !isCode(err, contract.CodeNotFound) {
			t.Errorf("%s reads its line: %v", o.Posts[0].Role, err)
		}
		for _, limit := range []int{1, 50} {
			for _, r := range register(t, w, o, book.RegisterQuery{Register: "help_desk"}, limit).Rows {
				if r.Serial == 2 {
					t.Errorf("%s finds its line in the register", o.Posts[0].Role)
				}
			}
		}
	}
	w.Dispatcher.Enter("task.send", w.Task(w.Beat))
	for o, want := range map[*booktest.Officer]bool{w.Incharge: false, w.SHO: false, c.desk: true} {
		page, err := w.Book.Feed(ctx, o.Caller(), booktest.Centre, 0, 500, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(page.Lines), id.String()) != want || page.More || page.Next != page.Size {
			t.Errorf("%s: the feed has it %v", o.Posts[0].Role, !want)
		}
	}
	list := complaints(t, w, w.SP, book.ComplaintQuery{})
	if numbers(list) != "1 2 3" {
		t.Errorf("the SP: %s", numbers(list))
	}
	if numbers(complaints(t, w, w.Incharge, book.ComplaintQuery{})) != "1 3" {
		t.Error("the in-charge lacks what is not about her")
	}
}

func TestOneComplaintIsReadWithItsStepsLinksAndMasks(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) {
		b.Mobile, b.OppositeMobile, b.OppositeParty = new("9812345670"), new("9898989821"), new("सुरेश")
	})
	ctx := context.Background()
	c.Beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: c.id, Action: "visited"})
	c.dispose()
	both := []string{"mobile", "opposite_mobile"}
	for name, row := range map[string]struct {
		by    *booktest.Officer
		masks []string
		none  bool
	}{
		"the in-charge":              {by: c.Incharge, masks: both},
		"the station head":           {by: c.SHO, masks: both},
		"who has it in hand":         {by: c.Beat, masks: both},
		"who took it in and calls":   {by: c.desk, masks: []string{"mobile"}},
		"another desk officer":       {by: c.Enlist(booktest.Centre, staff.DeskOfficer), masks: []string{"mobile"}},
		"the counsellor who had her": {by: c.counsellor},
		"the SP":                     {by: c.SP},
		"a beat officer of no beat":  {by: c.Second, none: true},
		"the dispatcher":             {by: c.Dispatcher, none: true},
		"another centre":             {by: c.Other, none: true},
	} {
		d, err := c.Book.Complaint(ctx, row.by.Caller(), c.id)
		if row.none {
			if !isCode(err, contract.CodeNotFound) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var masks []string
		for column, mask := range d.Masks {
			masks = append(masks, column)
			if !strings.HasSuffix(mask, map[string]string{"mobile": "5670", "opposite_mobile": "9821"}[column]) || strings.Contains(mask, "98123") {
				t.Errorf("%s: %s is shown as %s", name, column, mask)
			}
		}
		slices.Sort(masks)
		if !slices.Equal(masks, row.masks) {
			t.Errorf("%s: masks %v", name, masks)
		}
		var kinds []string
		for _, s := range d.Steps {
			var line contract.FeedLine
			if err := json.Unmarshal(s, &line); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, line.Kind)
		}
		if want := "complaint.open complaint.assign complaint.act counselling.session complaint.dispose"; strings.Join(kinds, " ") != want {
			t.Errorf("%s: steps %v", name, kinds)
		}
		if len(d.Links) != 1 || d.Links[0].No != "KRW/CO/2026/00001" || d.OpenedByOp == nil || *d.OpenedByOp != c.id ||
			!slices.Contains(d.Sealed, "/complainant_name") || !strings.Contains(string(d.Columns), `"disposal":"counselling_settled"`) {
			t.Errorf("%s: %+v %s", name, d, d.Columns)
		}
		if text := fmt.Sprintf("%+v %s %s", d, d.Columns, d.Steps); strings.Contains(text, "कमला") || strings.Contains(text, "9812345670") {
			t.Errorf("%s: a name or number is shown", name)
		}
		if d.Declined || d.Reduced {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if _, err := c.Book.Complaint(ctx, c.Incharge.Caller(), uuid.New()); !isCode(err, contract.CodeNotFound) {
		t.Errorf("one that there is not: %v", err)
	}
}

func TestAGuardedStepOfAnOpenComplaintIsForThoseWithAPart(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	// The correction says what she could not say at first.
	worse := contract.ComplaintOpen{
		ArrivedAt: contract.At(c.Now()), Channel: "walk_in", ComplainantName: "कमला देवी", SafeToCall: true, Category: "sexual_assault",
		Account: "घर में उसके साथ दुष्कर्म हुआ", RiskLevel: "medium", WomanRecorded: true,
	}
	c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "महिला ने बाद में बताया", Complaint: &worse})
	for name, by := range map[string]*booktest.Officer{"the SP": c.SP, "the in-charge": c.Incharge} {
		p := register(t, c.World, by, book.RegisterQuery{Register: "help_desk"}, 10)
		for _, r := range p.Rows {
			if told := strings.Contains(string(r.Columns), "category"); told != (by == c.Incharge) {
				t.Errorf("%s, line %d: %s", name, r.Serial, r.Columns)
			}
			if by == c.SP && (r.StruckBy == nil) == (r.Serial == 1) {
				t.Errorf("line %d: struck by %v", r.Serial, r.StruckBy)
			}
		}
	}
	d, err := c.Book.Complaint(context.Background(), c.SP.Caller(), c.id)
	if err != nil || !d.Reduced || d.No != "KRW/HD/2026/00002" {
		t.Errorf("the SP: %+v, %v", d, err)
	}
	d, err = c.Book.Complaint(context.Background(), c.Beat.Caller(), c.id)
	if err != nil || d.Category != "sexual_assault" || len(d.Steps) != 3 {
		t.Errorf("who has it in hand: %+v, %v", d, err)
	}
}

func TestCustodyIsForWhoAnswersForIt(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	c.Pass(time.Hour)
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Second.ID})
	ctx := context.Background()
	for name, row := range map[string]struct {
		by  *booktest.Officer
		may bool
	}{
		"the in-charge": {c.Incharge, true}, "the station head": {c.SHO, true}, "the SP": {c.SP, true}, "who has it now": {c.Second, true},
		"who had it": {c.Beat, false}, "who took it in": {c.desk, false}, "another centre": {c.Other, false}, "the dispatcher": {c.Dispatcher, false},
	} {
		spans, err := c.Book.Custody(ctx, row.by.Caller(), c.id)
		if !row.may {
			if !isCode(err, contract.CodeNotFound) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(spans) != 3 {
			t.Errorf("%s: %d spans, %v", name, len(spans), err)
			continue
		}
		for i := 1; i < len(spans); i++ {
			if spans[i-1].Until == nil || !spans[i-1].Until.Equal(spans[i].From) {
				t.Errorf("%s: span %d does not follow", name, i)
			}
		}
		if spans[2].Until != nil || *spans[2].OfficerID != c.Second.ID || spans[2].Role != staff.BeatOfficer {
			t.Errorf("%s: the last span is %+v", name, spans[2])
		}
	}
	if _, err := c.Book.Custody(ctx, c.Incharge.Caller(), uuid.New()); !isCode(err, contract.CodeNotFound) {
		t.Errorf("of none: %v", err)
	}
}
