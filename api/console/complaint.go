package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// complaintBody is one complaint as one page.
type complaintBody struct {
	brief

	Channel   string
	Sensitive []string
	Standing  []standing // what is to be known of it, in words
	Clocks    []clockBar
	Facts     []fact
	Said      *sealedPart // what she said, sealed
	Story     []event
	Links     []book.LineLink
	Steps     []step
	More      []step
	Custody   []span
	Named     []namedOfficer
	NameStep  []step
	Glass     *glassPart
	Reading   *reading // this answer reads sealed fields, or says why not
}

// standing is a sentence on how a complaint stands.
type standing struct {
	Text string
	Warn bool
}

// fact is a column with its value.
type fact struct{ Label, Value string }

// event is one step of the story.
type event struct {
	Kind, Actor string
	At          contract.Time
	Said        []fact
	Seq         int64
	Sealed      *sealedPart
}

type span struct {
	Officer, Role string
	From, Until   any
}

type namedOfficer struct {
	Name string
	Drop string // the form that takes the name from the list; empty: not by him
}

// complaint shows one complaint: what it is, what runs over it, what was done,
// what can be done.
func (p *Pages) complaint(x *exchange) error {
	id, err := idOf(x)
	if err != nil {
		return err
	}
	return p.showComplaint(x, id, nil, http.StatusOK)
}

// showComplaint shows it, with what was read of it in this answer.
func (p *Pages) showComplaint(x *exchange, id uuid.UUID, r *reading, status int) error {
	d, err := p.Book.Complaint(x.ctx, x.who, id)
	if err != nil {
		return err
	}
	x.centre = d.Centre
	b := complaintBody{
		brief: p.brief(x, &d.ComplaintView), Clocks: bars(d.Clocks, x.now), Links: d.Links, Reading: r,
	}
	b.Facts = p.facts(x, "help_desk", d.Columns)
	if !d.Reduced {
		b.Channel = p.label(x, "channel", d.Channel)
		for _, s := range d.Data.Sensitive {
			b.Sensitive = append(b.Sensitive, p.label(x, "sensitive", s))
		}
		b.Standing = p.standing(x, d)
		p.nextSteps(x, d, &b)
		p.namedOn(x, d, &b)
		b.Glass = p.glassOn(x, d)
	}
	if err := p.story(x, d, r, &b); err != nil {
		return err
	}
	if spans, err := p.Book.Custody(x.ctx, x.who, id); err == nil {
		v := &view{p: p, x: x}
		for _, s := range spans {
			b.Custody = append(b.Custody, span{v.By(s.OfficerID), p.word(x.lang, "enum.role", s.Role), s.From, s.Until})
		}
	}
	return p.send(x, status, "complaint", "page.complaint", b)
}

// standing says in words what of a complaint its lists do not.
func (p *Pages) standing(x *exchange, d *book.ComplaintDetail) []standing {
	v, c := &view{p: p, x: x}, &d.Data
	var out []standing
	say := func(warn bool, key string, more ...string) {
		out = append(out, standing{strings.TrimSpace(p.word(x.lang, "standing", key) + " " + strings.Join(more, " ")), warn})
	}
	switch {
	case c.FIRWantedAt != nil && len(c.FIRs) == 0 && c.FIRDeclined == nil:
		say(true, "fir_wanted", v.At(c.FIRWantedAt))
	case d.Declined:
		say(true, "fir_declined", v.At(c.FIRDeclined)+".", p.label(x, "label", "remedy"))
	}
	if len(c.FIRs) > 0 {
		say(false, "fir_registered")
	}
	if c.NCRAt != nil {
		say(false, "ncr", v.At(c.NCRAt))
	}
	switch {
	case c.PausedAt != nil:
		say(true, "paused", v.At(c.PausedAt)+" —", p.label(x, "pause_reason", c.PauseReason))
	case c.PauseAskedBy != nil:
		say(true, "pause_asked", p.label(x, "pause_reason", c.PauseReason)+" —", v.By(c.PauseAskedBy))
	}
	if c.Extended != nil {
		say(false, "extended", v.At(c.Extended))
	}
	if c.Reopened > 0 {
		say(true, "reopened", count(c.Reopened))
	}
	if c.Disposal != "" {
		say(false, "disposal", p.label(x, "disposal", c.Disposal)+", "+v.At(d.DisposedAt))
	}
	if d.DisposedAt != nil && (c.Calls > 0 || c.Reached != "") {
		say(false, "calls", count(c.Calls)+" —", p.label(x, "reached", c.Reached))
	} else if d.State == "feedback" || d.State == "disposed" {
		say(true, "no_call")
	}
	if c.Satisfied != "" {
		say(c.Satisfied == "no", "satisfied", p.label(x, "satisfied", c.Satisfied))
	}
	if c.Earlier > 0 {
		say(true, "earlier", count(c.Earlier))
	}
	if c.FromCentre != "" {
		say(false, "from_centre", v.CentreName(c.FromCentre))
	}
	if c.ToCentre != "" {
		say(false, "to_centre", v.CentreName(c.ToCentre))
	}
	if c.CloseReason != "" {
		say(false, "closed", p.label(x, "close_reason", c.CloseReason))
	}
	if c.Hold != nil {
		say(false, "hold")
	}
	if c.Shredded != "" {
		say(false, "shredded")
	}
	return out
}

// namedOn lists who may read a guarded case, with the forms by which the list is
// changed.
func (p *Pages) namedOn(x *exchange, d *book.ComplaintDetail, b *complaintBody) {
	if !d.Data.Guarded {
		return
	}
	v, here, subject := &view{p: p, x: x}, complaintPath(d.ComplaintID), d.ComplaintID.String()
	drops := mayMake(x.who, contract.KindCaseUnname)
	for _, o := range d.Named {
		n := namedOfficer{Name: v.By(o)}
		if drops && slices.Contains(d.Data.Named, o) {
			n.Drop = formPath(contract.KindCaseUnname, x.centre, here, map[string]string{"subject_id": subject, "officer_id": o.String()})
		}
		b.Named = append(b.Named, n)
	}
	b.NameStep = p.steps(x, here, map[string]string{"subject_id": subject}, contract.KindCaseName)
	unstressed(b.NameStep)
}

func complaintPath(id uuid.UUID) string { return Root + "/complaints/" + id.String() }

// story tells the steps of a complaint, each with what of it is sealed; what she
// said stands by itself.
func (p *Pages) story(x *exchange, d *book.ComplaintDetail, r *reading, b *complaintBody) error {
	desk := &readDesk{
		pages: p, x: x, complaint: d, reading: r, reads: !d.Reduced && mayMake(x.who, contract.KindIdentityRead),
	}
	for _, raw := range d.Steps {
		var e entryLine
		if err := json.Unmarshal(raw, &e); err != nil {
			continue
		}
		ev := p.event(x, raw)
		part, err := desk.part(e.OpID, e.Kind, e.OfficerID, e.Sealed)
		if err != nil {
			return err
		}
		if d.OpenedByOp != nil && e.OpID == *d.OpenedByOp {
			b.Said, ev.Said = part, nil // its columns stand under the facts
		} else {
			ev.Sealed = part
		}
		b.Story = append(b.Story, ev)
	}
	if b.Said != nil || d.OpenedByOp == nil || d.Reduced {
		return nil
	}
	pointers := make([]string, len(d.Sealed)) // it stands in the book of another centre
	for i, name := range d.Sealed {
		pointers[i] = "/body/" + name
	}
	var err error
	b.Said, err = desk.part(*d.OpenedByOp, contract.KindComplaintOpen, uuid.Nil, pointers)
	return err
}

// next is what a page offers in a state of a complaint: first what is usual, in
// its order, and more behind it.
type next struct{ first, more []contract.Kind }

// nextOf is a hint for the hand and no rule; what may be done the book judges.
//
//nolint:gochecknoglobals // a static table
var nextOf = map[string]next{
	"received": {
		[]contract.Kind{contract.KindComplaintRegister, contract.KindComplaintIntervene},
		[]contract.Kind{contract.KindFIRRequest, contract.KindComplaintTransfer, contract.KindInterestDeclare, contract.KindNoteAdd},
	},
	"registered": {
		[]contract.Kind{contract.KindComplaintAssign, contract.KindFIRRequest, contract.KindComplaintIntervene},
		[]contract.Kind{contract.KindComplaintTransfer, contract.KindInterestDeclare, contract.KindHoldSet, contract.KindNoteAdd},
	},
	"assigned": {
		[]contract.Kind{contract.KindComplaintAccept, contract.KindComplaintAct, contract.KindComplaintAssign, contract.KindFIRRequest},
		[]contract.Kind{
			contract.KindComplaintIntervene, contract.KindPauseAsk, contract.KindComplaintTransfer, contract.KindInterestDeclare,
			contract.KindHoldSet, contract.KindNoteAdd,
		},
	},
	"in_action": {
		[]contract.Kind{contract.KindComplaintAct, contract.KindComplaintDispose, contract.KindFIRRequest, contract.KindPauseAsk},
		[]contract.Kind{
			contract.KindReferralSend, contract.KindCounsellingPlan, contract.KindFIRRegister, contract.KindPreventiveReport,
			contract.KindNCRSend, contract.KindComplaintExtend, contract.KindComplaintAssign, contract.KindComplaintIntervene,
			contract.KindComplaintTransfer, contract.KindInterestDeclare, contract.KindHoldSet, contract.KindNoteAdd,
		},
	},
	"disposed": {
		[]contract.Kind{contract.KindFeedbackCall, contract.KindFollowUpPlan, contract.KindComplaintClose},
		[]contract.Kind{contract.KindComplaintReopen, contract.KindFollowUpClose, contract.KindHoldSet, contract.KindNoteAdd},
	},
	"feedback": {
		[]contract.Kind{contract.KindFeedbackCall, contract.KindFollowUpPlan, contract.KindComplaintClose},
		[]contract.Kind{contract.KindComplaintReopen, contract.KindFollowUpClose, contract.KindHoldSet, contract.KindNoteAdd},
	},
	"closed": {
		[]contract.Kind{contract.KindComplaintReopen},
		[]contract.Kind{contract.KindFollowUpClose, contract.KindHoldSet, contract.KindNoteAdd},
	},
}

// nextSteps offers what can be done, the urgent before the usual.
func (p *Pages) nextSteps(x *exchange, d *book.ComplaintDetail, b *complaintBody) {
	n, c := nextOf[d.State], &d.Data
	first, more := slices.Clone(n.first), slices.Clone(n.more)
	lead := func(kinds ...contract.Kind) {
		drop := func(k contract.Kind) bool { return slices.Contains(kinds, k) }
		first, more = append(kinds, slices.DeleteFunc(first, drop)...), slices.DeleteFunc(more, drop)
	}
	leave := func(kinds ...contract.Kind) {
		drop := func(k contract.Kind) bool { return slices.Contains(kinds, k) }
		first, more = slices.DeleteFunc(first, drop), slices.DeleteFunc(more, drop)
	}
	if !d.Mine {
		leave(contract.KindComplaintAccept)
	}
	if c.Guarded {
		leave(contract.KindCounsellingPlan)
	}
	if c.Extended != nil {
		leave(contract.KindComplaintExtend)
	}
	if c.FIRWantedAt != nil {
		leave(contract.KindFIRRequest)
		if len(c.FIRs) == 0 && c.FIRDeclined == nil && d.State != "transferred" {
			lead(contract.KindFIRRegister, contract.KindFIRDecline)
		}
	}
	if c.FIRDeclined == nil || c.NCRAt != nil {
		leave(contract.KindNCRSend)
	}
	switch {
	case c.PausedAt != nil:
		leave(contract.KindPauseAsk)
		lead(contract.KindComplaintResume)
	case c.PauseAskedBy != nil:
		leave(contract.KindPauseAsk)
		if *c.PauseAskedBy != x.who.OfficerID {
			lead(contract.KindPauseAllow)
		}
	}
	b.Steps, b.More = p.stepsOn(x, d, first), p.stepsOn(x, d, more)
	if len(b.Steps) > 0 {
		b.Steps[0].Main = true
	}
}

// stepsOn are steps whose form knows its complaint, by whichever name.
func (p *Pages) stepsOn(x *exchange, d *book.ComplaintDetail, kinds []contract.Kind) []step {
	var out []step
	for _, k := range kinds {
		given := map[string]string{}
		for _, f := range contract.BodyFields(k) {
			if f.Name == "complaint_id" || f.Name == "subject_id" {
				given[f.Name] = d.ComplaintID.String()
			}
		}
		out = append(out, p.steps(x, complaintPath(d.ComplaintID), given, k)...)
	}
	unstressed(out)
	return out
}
