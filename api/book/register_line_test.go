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

func TestALineOfARegisterIsReadWithItsSteps(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Mobile = new("9812345670") })
	session := c.counsellor.Enter("counselling.session", c.session())
	visit := c.Second.Enter("visit.record", c.Visit())
	ctx := context.Background()
	for name, row := range map[string]struct {
		by       *booktest.Officer
		register string
		none     bool
		steps    int
		masks    int
	}{
		"the in-charge":                             {by: c.Incharge, register: "help_desk", steps: 3, masks: 1},
		"the SP":                                    {by: c.SP, register: "help_desk", steps: 3},
		"who took it in":                            {by: c.desk, register: "help_desk", steps: 3},
		"who has it in hand":                        {by: c.Beat, register: "help_desk", steps: 3},
		"who has no part in it":                     {by: c.Second, register: "help_desk", none: true},
		"another centre":                            {by: c.Other, register: "help_desk", none: true},
		"the counsellor, her session":               {by: c.counsellor, register: "counselling", steps: 1},
		"who has the complaint, the session":        {by: c.Beat, register: "counselling", none: true},
		"the in-charge, the session":                {by: c.Incharge, register: "counselling", steps: 1},
		"who made the visit":                        {by: c.Second, register: "women_beat"},
		"who made another":                          {by: c.Beat, register: "women_beat", none: true},
		"the in-charge, a register that is empty":   {by: c.Incharge, register: "fir", none: true},
		"the in-charge, a register that is not one": {by: c.Incharge, register: "diary", none: true},
	} {
		l, err := c.Book.RegisterLine(ctx, row.by.Caller(), booktest.Centre, row.register, 2026, 1)
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
		if l.Row.Serial != 1 || l.Row.Register != row.register || len(l.Steps) != row.steps || len(l.Row.Masks) != row.masks {
			t.Errorf("%s: %d steps, masks %v, %+v", name, len(l.Steps), l.Row.Masks, l.Row)
		}
		switch row.register {
		case "help_desk":
			if l.Row.Alias != fmt.Sprintf("A-%d", l.Row.Seq) || *l.Row.SubjectID != c.id || len(l.Row.Links) != 1 || l.Row.State != "in_action" {
				t.Errorf("%s: %s %s %d links", name, l.Row.Alias, l.Row.State, len(l.Row.Links))
			}
		case "counselling":
			if l.Row.Alias != fmt.Sprintf("A-%d", session.Seq) || *l.Row.SubjectID != session.OpID || len(l.Row.Links) != 1 {
				t.Errorf("%s: %+v", name, l.Row)
			}
		case "women_beat":
			if l.Row.Alias != "" || l.Row.OpID != visit.OpID {
				t.Errorf("%s: %+v", name, l.Row)
			}
		}
	}
	if _, err := c.Book.RegisterLine(ctx, c.Incharge.Caller(), booktest.Centre, "help_desk", 2026, 2); !isCode(err, contract.CodeNotFound) {
		t.Errorf("a line that there is not: %v", err)
	}
	if _, err := c.Book.RegisterLine(ctx, c.Incharge.Caller(), booktest.Centre, "help_desk", 2025, 1); !isCode(err, contract.CodeNotFound) {
		t.Errorf("a line of another year: %v", err)
	}
}

func TestAGuardedLineTellsThoseAboveNumberAndDateOnly(t *testing.T) {
	t.Parallel()
	c := careOf(t, guardedOne)
	c.Pass(time.Hour)
	worse := contract.ComplaintOpen{
		ArrivedAt: contract.At(c.Now()), Channel: "walk_in", ComplainantName: "गोपनीया", SafeToCall: true, Category: "sexual_assault",
		Account: "घर में उसके साथ दुष्कर्म हुआ", RiskLevel: "high", WomanRecorded: true, Mobile: new("9812345670"),
	}
	right := c.desk.Enter("entry.correct", contract.EntryCorrect{CorrectsID: c.id, Reason: "समय गलत लिखा", Complaint: &worse})
	ctx := context.Background()
	for serial := int64(1); serial <= 2; serial++ {
		l, err := c.Book.RegisterLine(ctx, c.SP.Caller(), booktest.Centre, "help_desk", 2026, serial)
		if err != nil {
			t.Fatal(err)
		}
		marked := l.Row.StruckBy != nil && l.Row.CorrectedBy != nil && l.Row.Corrects == nil
		if serial == 2 {
			marked = l.Row.Corrects != nil && l.Row.StruckBy == nil
		}
		if !marked || len(l.Steps) != 0 || len(l.Row.Masks) != 0 {
			t.Errorf("line %d: %+v", serial, l)
		}
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(tellTale, c.id.String(), right.OpID.String()) {
			if strings.Contains(string(text), `"`+secret+`"`) || len(secret) > 5 && strings.Contains(string(text), secret) {
				t.Errorf("line %d: %q is told: %s", serial, secret, text)
			}
		}
	}
	if l, err := c.Book.RegisterLine(ctx, c.Incharge.Caller(), booktest.Centre, "help_desk", 2026, 1); err != nil || len(l.Row.Masks) != 0 || len(l.Steps) != 3 {
		t.Errorf("the struck line for the in-charge: %+v, %v", l, err)
	}
	c.Incharge.Enter("case.name", naming(c.id, c.Incharge.ID))
	if l, err := c.Book.RegisterLine(ctx, c.Incharge.Caller(), booktest.Centre, "help_desk", 2026, 2); err != nil || !strings.HasSuffix(l.Row.Masks["mobile"], "5670") {
		t.Errorf("the line in its place for the in-charge: %+v, %v", l, err)
	}
}

func TestAGuardedLineIsNotFoundByWhatItDoesNotTell(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	careOfWorld(c, guardedOne)
	careOfWorld(c, func(b *contract.ComplaintOpen) { b.Category, b.BeatID = "sexual_assault", &c.BeatID })
	careOfWorld(c, nil)
	category, other, state := "sexual_assault", "marital_dispute", "registered"
	for name, row := range map[string]struct {
		q       book.RegisterQuery
		all, sp string
	}{
		"no filter":       {book.RegisterQuery{}, "1 2 3 4", "1 2 3 4"},
		"its category":    {book.RegisterQuery{Category: &category}, "2 3", ""},
		"another":         {book.RegisterQuery{Category: &other}, "4", "4"},
		"its state":       {book.RegisterQuery{State: &state}, "2 3 4", "4"},
		"its beat":        {book.RegisterQuery{Beat: &c.BeatID}, "3", ""},
		"who took it in":  {book.RegisterQuery{Officer: &c.desk.ID}, "1 2 3 4", "1 2 3 4"},
		"newest, its own": {book.RegisterQuery{Newest: true, Category: &category}, "3 2", ""},
	} {
		for by, want := range map[*booktest.Officer]string{c.Incharge: row.all, c.SP: row.sp} {
			for _, limit := range []int{1, 3, 50} {
				p := register(t, c.World, by, merged(row.q), limit)
				var got []string
				for _, r := range p.Rows {
					got = append(got, fmt.Sprint(r.Serial))
				}
				if strings.Join(got, " ") != want || p.Page.Rows != int64(len(got)) {
					t.Errorf("%s, pages of %d: %v (%d), want %s", name, limit, got, p.Page.Rows, want)
				}
			}
		}
	}
}

// merged is the query in the help desk register.
func merged(q book.RegisterQuery) book.RegisterQuery {
	q.Register = "help_desk"
	return q
}

func TestMasksAreForTheInchargeAndTheStationHead(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Mobile, b.OppositeMobile = new("9812345670"), new("9898989821") })
	careOfWorld(c, nil)
	for name, row := range map[string]struct {
		by   *booktest.Officer
		want int
	}{"the in-charge": {c.Incharge, 2}, "the station head": {c.SHO, 2}, "the SP": {c.SP, 0}, "who took it in": {c.desk, 0}} {
		p := register(t, c.World, row.by, book.RegisterQuery{Register: "help_desk"}, 10)
		if len(p.Rows) != 2 || len(p.Rows[0].Masks) != row.want || len(p.Rows[1].Masks) != 0 {
			t.Errorf("%s: %+v", name, p.Rows)
		}
	}
}

func TestCallsDueAreForThoseWhoHadNoPart(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Mobile = new("9812345670") })
	woman, ctx := c.Enlist(booktest.Centre, staff.DeskOfficer), context.Background()
	due := func(by *booktest.Officer) string {
		list, err := c.Book.CallsDue(ctx, by.Caller(), true)
		if err != nil {
			t.Fatal(err)
		}
		return numbers(list)
	}
	if due(woman) != "" {
		t.Error("a call is due before the disposal")
	}
	c.dispose()
	unsafe := careOfWorld(c, func(b *contract.ComplaintOpen) { b.SafeToCall = false })
	about := careOfWorld(c, func(b *contract.ComplaintOpen) { b.AboutBy = []uuid.UUID{woman.ID} })
	secret := careOfWorld(c, guardedOne)
	for _, id := range []uuid.UUID{unsafe, about, secret} {
		c.SHO.Enter("complaint.dispose", contract.ComplaintDispose{
			ComplaintID: id, Disposal: "not_substantiated", DisposalNote: "जाँच में पुष्टि नहीं हुई", ToldHer: true,
		})
	}
	c.Pass(time.Minute)
	for name, row := range map[string]struct {
		by   *booktest.Officer
		want string
	}{
		"who disposed of it":    {c.Beat, ""},
		"who disposed of three": {c.SHO, ""},
		"who counselled her":    {c.counsellor, "3"},
		"who took them in":      {c.desk, "1"},
		"another desk officer":  {woman, "1"},
		"the in-charge":         {c.Incharge, "1 3 4"},
		"a beat officer":        {c.Second, ""},
		"the SP":                {c.SP, ""},
		"another centre":        {c.Other, ""},
	} {
		if got := due(row.by); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	if list, err := c.Book.CallsDue(ctx, c.Incharge.Caller(), false); err != nil || numbers(list) != "1 3" {
		t.Errorf("a man in charge: %s, %v", numbers(list), err)
	}
	woman.Enter("feedback.call", c.spoke())
	if got := due(c.desk); got != "" {
		t.Errorf("after the call: %q", got)
	}
	if d, err := c.Book.Complaint(ctx, c.desk.Caller(), c.id); err != nil || len(d.Masks) != 0 {
		t.Errorf("masks after the call: %v, %v", d.Masks, err)
	}
	if _, err := c.Book.Complaint(ctx, c.Second.Caller(), c.id); !isCode(err, contract.CodeNotFound) {
		t.Errorf("who has no part: %v", err)
	}
}

func TestFollowUpsDueUntilTomorrowAreForTheBeatAndTheDesk(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.BeatID = nil })
	onBeat := c.onBeat()
	c.Beat.Enter("complaint.act", contract.ComplaintAct{ComplaintID: c.id, Action: "visited"})
	plan := contract.FollowUpPlan{ComplaintID: c.id}
	plan.DueOn = append(plan.DueOn, c.on(1), c.on(9))
	c.Incharge.Enter("follow_up.plan", plan)
	second := careOfWorld(c, func(b *contract.ComplaintOpen) { b.BeatID = &c.BeatID })
	plan = contract.FollowUpPlan{ComplaintID: second}
	plan.DueOn = append(plan.DueOn, c.on(2))
	c.Incharge.Enter("follow_up.plan", plan)
	due := func(by *booktest.Officer) string {
		list, err := c.Book.FollowUpsDue(context.Background(), by.Caller())
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range list {
			out = append(out, fmt.Sprintf("%s %s %d", f.No, f.DueOn, f.Step))
		}
		return strings.Join(out, ", ")
	}
	first, other := "KRW/HD/2026/00001 2026-11-19 1", "KRW/HD/2026/00002 2026-11-20 1"
	for by, want := range map[*booktest.Officer]string{
		c.Incharge: first, c.desk: first, c.Beat: first, onBeat: "", c.Second: "", c.SP: "", c.Other: "",
	} {
		if got := due(by); got != want {
			t.Errorf("%s, first day: %q, want %q", by.Posts[0].Role, got, want)
		}
	}
	c.Beat.Enter("follow_up.done", c.seen())
	c.Pass(24 * time.Hour)
	for by, want := range map[*booktest.Officer]string{c.Incharge: other, c.desk: other, c.Beat: "", onBeat: other, c.Second: ""} {
		if got := due(by); got != want {
			t.Errorf("%s, second day: %q, want %q", by.Posts[0].Role, got, want)
		}
	}
}

// onBeat is an officer of the world's beat.
func (c *care) onBeat() *booktest.Officer {
	c.t.Helper()
	o := c.Enlist(booktest.Centre, staff.BeatOfficer)
	o.Posts = slices.Clone(o.Posts)
	o.Posts[0].BeatID = &c.BeatID
	return o
}

func TestWhatIsInHandIsFoundInAllBooks(t *testing.T) {
	t.Parallel()
	c := careOf(t, nil)
	careOfWorld(c, nil)
	for by, want := range map[*booktest.Officer]string{c.Beat: "1", c.desk: "2", c.Incharge: "", c.SP: "", c.Other: ""} {
		list, err := c.Book.InHand(context.Background(), by.Caller())
		if err != nil || numbers(list) != want {
			t.Errorf("%s: %q, want %q, %v", by.Posts[0].Role, numbers(list), want, err)
		}
	}
}
