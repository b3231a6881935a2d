package book_test

import (
	"context"
	"testing"

	"kendra/api/book"
	"kendra/api/book/booktest"
	contract "kendra/mobile-contract"
)

// read lets officers of each view read what there is to read, and returns the
// statements by which they did.
func read(t *testing.T, c *care) map[string][]any {
	t.Helper()
	l := &listener{said: map[string][]any{}}
	b := c.Process(nil)
	b.Pool = c.TracedPool(l)
	ctx := context.Background()
	category, yes := "domestic_violence", "registered"
	must := func(err error) {
		t.Helper()
		if err != nil && !isCode(err, contract.CodeNotFound) {
			t.Fatal(err)
		}
	}
	for _, by := range []*booktest.Officer{c.Incharge, c.SP, c.Beat, c.desk, c.onBeat()} {
		who := by.Caller()
		for _, q := range []book.ComplaintQuery{{}, {Open: true}, {Mine: true}, {Overdue: true}, {State: "closed"}} {
			q.Centre, q.Limit = booktest.Centre, 100
			_, err := b.Complaints(ctx, who, q)
			must(err)
		}
		_, err := b.Complaint(ctx, who, c.id)
		must(err)
		_, err = b.Custody(ctx, who, c.id)
		must(err)
		for _, register := range []string{"help_desk", "feedback", "women_beat"} {
			_, err = b.RegisterLine(ctx, who, booktest.Centre, register, 2026, 1)
			must(err)
			for _, q := range []book.RegisterQuery{{}, {Category: &category}, {State: &yes, Newest: true}, {Overdue: true}} {
				q.Centre, q.Register, q.Year, q.Limit = booktest.Centre, register, 2026, 100
				_, err = b.Register(ctx, who, q)
				must(err)
			}
		}
		_, err = b.Coverage(ctx, who, book.CoverageQuery{Centre: booktest.Centre})
		must(err)
		_, err = b.Hotspots(ctx, who, booktest.Centre, "")
		must(err)
		_, err = b.SpotPlan(ctx, who, book.SpotPlanQuery{Centre: booktest.Centre})
		must(err)
		_, err = b.OwnDue(ctx, who)
		must(err)
		_, err = b.InHand(ctx, who)
		must(err)
		_, err = b.CallsDue(ctx, who, true)
		must(err)
		_, err = b.FollowUpsDue(ctx, who)
		must(err)
	}
	_, err := b.Slip(ctx, book.SlipQuestion{Number: "7-KRW-26-1", Secret: "00000000"})
	if !isCode(err, contract.CodeSlipUnknown) {
		t.Fatal(err)
	}
	item := c.Incharge.Item("identity.read", wish(c.id, "/body/mobile"))
	if _, err := b.Unseal(ctx, c.Incharge.Caller(), book.Incoming{ReceivedAt: c.Now(), Items: []contract.Item{item}}); err != nil {
		t.Fatal(err)
	}
	c.desk.Via(b).Send(c.opening)
	return l.said
}

func TestNoReadGoesThroughAWholeTable(t *testing.T) {
	t.Parallel()
	c := careOf(t, func(b *contract.ComplaintOpen) { b.Mobile = new("9812345670") })
	c.Second.Enter("visit.record", c.Visit())
	c.dispose()
	plan := contract.FollowUpPlan{ComplaintID: c.id}
	plan.DueOn = append(plan.DueOn, c.on(1))
	c.Incharge.Enter("follow_up.plan", plan)
	market := c.GroundPlace("market", 25.24, 80.94)
	market.Kind = "market"
	c.Incharge.Enter("place.set", market)
	list := c.Incharge.Enter("hotspots.set", contract.HotspotsSet{Month: c.Now().Format("2006-01"), Spots: []contract.HotspotSet{spot(market)}})
	circleOfficer(t, c.World).Enter("hotspots.agree", contract.HotspotsAgree{ListID: list.OpID, Agreed: true}, atKarwi)
	said := read(t, c)
	for _, district := range []int{booktest.District, 8} {
		if district != booktest.District {
			c.Order(`INSERT INTO districts (district_id, code, hi, en) VALUES (8, 'BND', 'बाँदा', 'Banda')`)
		}
		fill(c.World, district, 8_000)
		c.Order(`ANALYZE`)
		for _, generic := range []bool{false, true} {
			for _, wrong := range plans(t, c.World, said, generic) {
				t.Errorf("filled district %d, generic %v: %s", district, generic, wrong)
			}
		}
		unfill(c.World)
	}
	t.Logf("%d statements explained", len(said))
}
