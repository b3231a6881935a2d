package book

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Codes of verdicts on a complaint that rules turn on.
const (
	verdictSeen     = "seen"
	verdictDirected = "directed"

	verdictSteppedIn = "stepped_in"
)

// Spans of the in-charge's day.
const (
	signBack   = 7  // days after which a day is no longer signed, unless it was opened again
	reviewBack = 62 // days over which reviews of a day that is signed late are looked for
	namedMost  = 20 // numbers that a refusal names
)

func needsDayReview(_ *draft, b *contract.DayReview, n *needs) { n.complaint(b.ComplaintID) }

// checkDayReview lets the in-charge say that she looked at a complaint today. A
// sensitive one is not passed by looking at it.
func checkDayReview(s *State, d *draft, b *contract.DayReview) error {
	c, err := s.complaint(d, b.ComplaintID)
	switch {
	case err != nil:
		return err
	case !c.open():
		return refuse(contract.CodeWrongState, d.ptr("/complaint_id"))
	case b.Verdict == verdictSeen && len(c.Data.Sensitive) > 0:
		return refuse(contract.CodeNeedsOwnHand, d.ptr("/verdict"))
	case b.Verdict == verdictDirected && b.Direction == nil:
		return refuse(contract.CodeMissingField, d.ptr("/direction"))
	}
	return nil
}

func applyDayReview(s *State, e *Entry, b *contract.DayReview) []push.Notice {
	c := s.complaintAt(b.ComplaintID)
	today := day(e.At)
	s.reviews.put(reviewKey{today, c.ComplaintID}, &Review{
		Day: today, ComplaintID: c.ComplaintID, Verdict: b.Verdict, OfficerID: e.OfficerID, Seq: e.Seq,
	})
	s.keep(e, c)
	if b.Verdict == verdictDirected && c.OwnerID != nil && *c.OwnerID != e.OfficerID {
		return []push.Notice{s.tellOfficer(e, c.ComplaintID, 0, *c.OwnerID)}
	}
	return nil
}

// endOfDay is the first moment after a day that a date of the contract names.
func endOfDay(date time.Time) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, ist).UTC()
}

// sinceDay lists a day and those after it up to the day of a time; of a day long
// ago itself and the last ones.
func sinceDay(date, at time.Time) []string {
	first := date.Format(time.DateOnly)
	out := []string{first}
	for i := reviewBack; i >= 0; i-- {
		if d := day(at.AddDate(0, 0, -i)); d > first {
			out = append(out, d)
		}
	}
	return out
}

func needsDaySign(d *draft, b *contract.DaySign, n *needs) {
	n.allOpen, n.dayClocks = true, true
	n.days = append(n.days, sinceDay(b.Date.Time, d.at)...)
}

// checkDaySign lets the in-charge sign a day when she has looked at each
// complaint that was pending that evening: on the day itself, or late but
// before she signs.
func checkDaySign(s *State, d *draft, b *contract.DaySign) error {
	date, today := b.Date.Format(time.DateOnly), day(d.at)
	old := s.days.get(date)
	switch {
	case date > today:
		return refuse(contract.CodeInFuture, d.ptr("/date"))
	case old != nil && old.State == daySigned:
		return refuse(contract.CodeDaySigned, d.ptr("/date"))
	case old == nil && date < day(d.at.AddDate(0, 0, -signBack)):
		return refuse(contract.CodeTooOld, d.ptr("/date"))
	}
	missing, own := s.unreviewed(b.Date.Time, d.at, d.officer)
	if own > 0 {
		d.flag(flag{Code: flagOwnUnreviewed, Value: float64(own)})
	}
	if len(missing) == 0 {
		return nil
	}
	return contract.NewProblem(contract.CodeReviewsMissing, contract.WithPointer(d.ptr("/date")),
		contract.WithDetail(strings.Join(missing[:min(len(missing), namedMost)], ", ")))
}

// unreviewed are the numbers of the complaints that a day cannot be signed
// without, in their order. Those against the officer are not hers to see, nor to
// look at; those in her own hand another is to look at, and the signature says how
// many nobody did.
func (s *State) unreviewed(date, at time.Time, officer uuid.UUID) (missing []string, own int) {
	seen, byOther := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	days := sinceDay(date, at)
	for k, r := range s.reviews.m {
		there := slices.Contains(days, k.Day)
		seen[k.Complaint] = seen[k.Complaint] || there
		byOther[k.Complaint] = byOther[k.Complaint] || there && r.OfficerID != officer
	}
	var list []*Complaint
	for _, c := range s.complaints.m {
		looked := seen[c.ComplaintID]
		if is(c.OwnerID, officer) {
			looked = byOther[c.ComplaintID]
		}
		if c.pending() && c.cameHere().Before(endOfDay(date)) && !looked && !slices.Contains(c.Data.About, officer) &&
			!c.declared(officer) { // that is for another to look at
			if is(c.OwnerID, officer) {
				own++
				continue
			}
			list = append(list, c)
		}
	}
	slices.SortFunc(list, byNumber)
	missing = make([]string, len(list))
	for i, c := range list {
		missing[i] = c.No(s.Centre)
	}
	return missing, own
}

// pending tells whether the complaint still waits for its disposal here.
func (c *Complaint) pending() bool {
	return c.open() && c.State != stateDisposed && c.State != stateFeedback
}

// No is the number of the complaint's line.
func (c *Complaint) No(centre string) string {
	return lineRef(centre, registerHelpDesk, c.Year, c.Serial).No
}

// byNumber orders complaints by the number of their lines.
func byNumber(a, b *Complaint) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Serial, b.Serial))
}

// cameHere is when a complaint came into this book: when she arrived, or when it
// was taken over from another centre, which had registered it.
func (c *Complaint) cameHere() time.Time {
	if c.Data.FromCentre != "" && c.RegisteredAt != nil {
		return *c.RegisteredAt
	}
	return c.ArrivedAt
}

func applyDaySign(s *State, e *Entry, b *contract.DaySign) []push.Notice {
	date, at, by := b.Date.Format(time.DateOnly), e.At, e.OfficerID
	s.days.put(date, &Day{Day: date, State: daySigned, SignedBy: &by, SignedAt: &at, Seq: e.Seq})
	s.step(e, s.daySubject(date))
	s.daysUpTo(endOfDay(b.Date.Time))
	s.stop(s.daySubject(date), e.At, limitDaySign)
	return nil
}

func needsDayReopen(_ *draft, b *contract.DayReopen, n *needs) {
	n.days = append(n.days, b.Date.Format(time.DateOnly))
}

func checkDayReopen(s *State, d *draft, b *contract.DayReopen) error {
	if old := s.days.get(b.Date.Format(time.DateOnly)); old == nil || old.State != daySigned {
		return refuse(contract.CodeWrongState, d.ptr("/date"))
	}
	return nil
}

// applyDayReopen opens a day again. Its clock had been met and does not run
// anew.
func applyDayReopen(s *State, e *Entry, b *contract.DayReopen) []push.Notice {
	date := b.Date.Format(time.DateOnly)
	s.days.put(date, &Day{Day: date, State: dayOpen, Seq: e.Seq})
	s.step(e, s.daySubject(date))
	return []push.Notice{s.tell(e, s.daySubject(date), 0, staff.CentreIncharge)}
}
