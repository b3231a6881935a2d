package book

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Hot-spots are places of the list where harassment is told of, agreed once a month and
// looked at once a week. Each is a place that stands on the list, never a point that
// somebody picked, and never where people live. They are about places: nothing here says
// anything of persons, or of the people of an area, and nothing is foretold of them.
//
// What is told (hotspot.propose) is codes and a count: a free text could hold a name. The
// list of a month is set whole (hotspots.set) and waits for the circle officer, who is
// another person; it is in force from its agreement, but not before its month, until
// another agreed list takes over. A month without one goes on by the old list, and it is
// said that it does.

// Code lists of hot-spots that rules turn on.
const (
	// listSpotKinds are the kinds of place that may be a hot-spot: where everybody comes.
	listSpotKinds = "hotspot_kind"
	resultWorse   = "worse"
)

// neverSpots are kinds that no list can make hot-spots of: a ward and a hostel are where
// people live, and of "other" nobody knows what it is.
//
//nolint:gochecknoglobals // a static table
var neverSpots = []string{"ward", "hostel", "other"}

// spotWeeks is for how many weeks back the weekly look can still be written down.
const spotWeeks = 4

// States of a list.
const (
	spotsDraft    = "draft"
	spotsAgreed   = "agreed"
	spotsSentBack = "sent_back"
)

// weekdays are the days of the week as the contract names them, from Monday.
//
//nolint:gochecknoglobals // a static table
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Weekdays are the days of the week as the contract names them, from Monday.
func Weekdays() []string { return slices.Clone(weekdays) }

// SpotProposal is what was told of a place. By whom stands in its entry alone.
type SpotProposal struct {
	ProposalID         uuid.UUID
	Seq                int64
	PlaceID            uuid.UUID
	Source             string
	HoursFrom, HoursTo string
	Days, Signs        []string
	Mentions           int
	At                 time.Time
}

// SpotList is the list of a month.
type SpotList struct {
	ListID     uuid.UUID
	Centre     string
	Seq        int64
	Month      string // 2006-01
	State      string
	SetBy      uuid.UUID
	SetAt      time.Time
	DecidedBy  *uuid.UUID
	DecidedAt  *time.Time
	DecidedSeq int64
	Reason     string
	FromAt     *time.Time // in force from then on; nil: never
	Spots      []Spot
}

// Spot is a place on a list. Without hours it is the whole day, without days every day.
type Spot struct {
	PlaceID   uuid.UUID `json:"place_id"`
	HoursFrom string    `json:"from,omitempty"`
	HoursTo   string    `json:"to,omitempty"`
	Days      []string  `json:"days,omitempty"`
	EveryDays int       `json:"every"`
	Weight    int       `json:"weight"`
	Sources   []string  `json:"sources"`
	Since     time.Time `json:"since,omitzero"` // on the lists in force without a gap; zero: not agreed
}

type spotReviewKey struct {
	List uuid.UUID
	Week string // its Monday
}

// SpotReview is the look of a squad at a list, of a week.
type SpotReview struct {
	ListID     uuid.UUID
	Week       string
	ReviewID   uuid.UUID
	Seq        int64
	ReviewedBy uuid.UUID
	ReviewedAt time.Time
	Present    []uuid.UUID
	Spots      []SpotSeen
}

// SpotSeen is how a place was found.
type SpotSeen struct {
	PlaceID uuid.UUID `json:"place_id"`
	Result  string    `json:"result"`
	Keep    bool      `json:"keep,omitempty"`
}

// monthOf is the month of a time in India.
func monthOf(t time.Time) string { return t.In(ist).Format("2006-01") }

// monthStart is when a month begins.
func monthStart(month string) time.Time {
	t, _ := time.ParseInLocation("2006-01", month, ist)
	return t.UTC()
}

// otherMonth is a month some months later.
func otherMonth(month string, by int) string {
	return monthOf(monthStart(month).In(ist).AddDate(0, by, 0))
}

// inWeek puts days into the order of the week, each once.
func inWeek(days *contract.Weekdays) []string {
	var out []string
	for _, d := range weekdays {
		if days != nil && slices.Contains(*days, d) {
			out = append(out, d)
		}
	}
	return out
}

// eachOnce is a list of codes without those that stand in it already.
func eachOnce(list []string) []string {
	out := []string{}
	for _, c := range list {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// placeOn is a place of the centre as it is on a day, or nil.
func (s *State) placeOn(id uuid.UUID, day string) *PlaceVersion {
	for k, v := range s.placeVersions.m {
		if k.ID == id && v.Centre == s.Centre && holds(v.From, v.Until, day) {
			return v
		}
	}
	return nil
}

// spotKind tells whether a kind of place may be a hot-spot at a time.
func (v *ruleView) spotKind(kind string, at time.Time) bool {
	_, known, retired := v.code(listSpotKinds, kind, at)
	return known && !retired && !slices.Contains(neverSpots, kind)
}

// MaySpot tells whether places of a kind may be hot-spots of a district now.
func (b *Book) MaySpot(district int32, kind string) bool {
	return b.rules.Load().of(district).spotKind(kind, b.now())
}

// maySpot checks that a place of the list may be a hot-spot on a day.
func (s *State) maySpot(d *draft, id uuid.UUID, day, pointer string) error {
	place := s.placeOn(id, day)
	if place == nil {
		return refuse(contract.CodeUnknownReference, pointer)
	}
	if !s.rules.spotKind(place.Kind, d.at) {
		return refuse(contract.CodeNotPublicPlace, pointer)
	}
	return nil
}

func needsHotspotPropose(_ *draft, b *contract.HotspotPropose, n *needs) {
	n.groundPlaces = append(n.groundPlaces, b.PlaceID)
}

func checkHotspotPropose(s *State, d *draft, b *contract.HotspotPropose) error {
	if s.Centre == HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	if err := s.maySpot(d, b.PlaceID, day(d.at), d.ptr("/place_id")); err != nil {
		return err
	}
	return d.groundHours(b.HoursFrom, b.HoursTo, "")
}

func applyHotspotPropose(s *State, e *Entry, b *contract.HotspotPropose) []push.Notice {
	s.spotProposals.put(e.OpID, &SpotProposal{
		ProposalID: e.OpID, Seq: e.Seq, PlaceID: b.PlaceID, Source: b.Source, HoursFrom: orEmpty(b.HoursFrom), HoursTo: orEmpty(b.HoursTo),
		Days: inWeek(b.Days), Signs: eachOnce(b.Signs), Mentions: b.Mentions, At: e.At,
	})
	return nil
}

func needsHotspotsSet(_ *draft, b *contract.HotspotsSet, n *needs) {
	n.spots = true
	for i := range b.Spots {
		n.groundPlaces = append(n.groundPlaces, b.Spots[i].PlaceID)
	}
}

// checkHotspotsSet takes the whole list of this month or the next. What was agreed for a
// later month has the last word on it: the one before is not opened again.
func checkHotspotsSet(s *State, d *draft, b *contract.HotspotsSet) error {
	if s.Centre == HQ {
		return refuse(contract.CodeWrongCentre, "/centre")
	}
	this := monthOf(d.at)
	start, err := time.ParseInLocation("2006-01", b.Month, ist)
	switch {
	case err != nil:
		return refuse(contract.CodeBadFormat, d.ptr("/month"))
	case b.Month < this:
		return refuse(contract.CodeTooOld, d.ptr("/month"))
	case b.Month > otherMonth(this, 1):
		return refuse(contract.CodeInFuture, d.ptr("/month"))
	case s.agreedAfter(b.Month):
		return refuse(contract.CodeWrongState, d.ptr("/month"))
	}
	on, seen := max(day(start), day(d.at)), map[uuid.UUID]bool{}
	for i := range b.Spots {
		spot := &b.Spots[i]
		if seen[spot.PlaceID] {
			return refuse(contract.CodeAlreadyThere, d.ptr("/spots/%d/place_id", i))
		}
		seen[spot.PlaceID] = true
		if err := s.maySpot(d, spot.PlaceID, on, d.ptr("/spots/%d/place_id", i)); err != nil {
			return err
		}
		if err := d.groundHours(spot.HoursFrom, spot.HoursTo, "/spots/"+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

// agreedAfter tells whether a list of a later month is agreed.
func (s *State) agreedAfter(month string) bool {
	for _, l := range s.spotLists.m {
		if l.State == spotsAgreed && l.Month > month {
			return true
		}
	}
	return false
}

func applyHotspotsSet(s *State, e *Entry, b *contract.HotspotsSet) []push.Notice {
	l := &SpotList{
		ListID: e.OpID, Centre: s.Centre, Seq: e.Seq, Month: b.Month, State: spotsDraft, SetBy: e.OfficerID, SetAt: e.At, Spots: make([]Spot, len(b.Spots)),
	}
	for i := range b.Spots {
		spot := &b.Spots[i]
		l.Spots[i] = Spot{
			PlaceID: spot.PlaceID, HoursFrom: orEmpty(spot.HoursFrom), HoursTo: orEmpty(spot.HoursTo), Days: inWeek(spot.Days),
			EveryDays: spot.EveryDays, Weight: spot.Weight, Sources: eachOnce(spot.Sources),
		}
	}
	s.spotLists.put(l.ListID, l)
	return []push.Notice{s.tell(e, e.OpID, 0, staff.CO)}
}

func needsHotspotsAgree(_ *draft, b *contract.HotspotsAgree, n *needs) {
	n.spots, n.spotLists = true, append(n.spotLists, b.ListID)
}

// checkHotspotsAgree takes the word of the circle officer on the newest draft of a month,
// once; never on his own (alone.go).
func checkHotspotsAgree(s *State, d *draft, b *contract.HotspotsAgree) error {
	l := s.spotLists.get(b.ListID)
	switch {
	case l == nil:
		return s.absent(d, b.ListID, "/list_id")
	case l.State != spotsDraft, s.redrafted(l), s.agreedAfter(l.Month):
		return refuse(contract.CodeWrongState, d.ptr("/list_id"))
	case l.Month < monthOf(d.receivedAt):
		return refuse(contract.CodeTooOld, d.ptr("/list_id"))
	case !b.Agreed && b.Reason == nil:
		return refuse(contract.CodeReasonRequired, d.ptr("/reason"))
	case b.Agreed && b.Reason != nil:
		return refuse(contract.CodeUnknownField, d.ptr("/reason"))
	}
	d.seenBy = append(d.seenBy, l.SetBy)
	return nil
}

// redrafted tells whether a list of the same month was set after this one.
func (s *State) redrafted(l *SpotList) bool {
	for _, o := range s.spotLists.m {
		if o.Month == l.Month && o.Seq > l.Seq {
			return true
		}
	}
	return false
}

// applyHotspotsAgree puts a list in force from when the book learnt that it is agreed, or
// from when its month begins: no moment before that was answered by it. A place that the
// list before had waits on from where it stood.
func applyHotspotsAgree(s *State, e *Entry, b *contract.HotspotsAgree) []push.Notice {
	l := *s.spotLists.get(b.ListID)
	at := e.At
	l.DecidedBy, l.DecidedAt, l.DecidedSeq = &e.OfficerID, &at, e.Seq
	if l.State = spotsSentBack; b.Agreed {
		l.State = spotsAgreed
		from := later(monthStart(l.Month), e.ReceivedAt).UTC()
		l.FromAt = &from
		before := s.spotsBefore(from)
		l.Spots = slices.Clone(l.Spots)
		for i := range l.Spots {
			l.Spots[i].Since = from
			if was := before.of(l.Spots[i].PlaceID); was != nil {
				l.Spots[i].Since = was.Since
			}
		}
	} else {
		l.Reason = orEmpty(b.Reason)
	}
	s.spotLists.put(l.ListID, &l)
	return []push.Notice{s.tellOfficer(e, l.ListID, 0, l.SetBy)}
}

// spotsBefore is the list that is in force until a time, or nil.
func (s *State) spotsBefore(at time.Time) *SpotList {
	var last *SpotList
	for _, l := range s.spotLists.m {
		if l.FromAt != nil && l.FromAt.Before(at) && (last == nil || l.FromAt.After(*last.FromAt) || l.FromAt.Equal(*last.FromAt) && l.Seq > last.Seq) {
			last = l
		}
	}
	return last
}

// of is a place as the list has it, or nil.
func (l *SpotList) of(place uuid.UUID) *Spot {
	if l == nil {
		return nil
	}
	if i := slices.IndexFunc(l.Spots, func(s Spot) bool { return s.PlaceID == place }); i >= 0 {
		return &l.Spots[i]
	}
	return nil
}

func needsHotspotsReview(_ *draft, b *contract.HotspotsReview, n *needs) {
	n.spots, n.spotLists, n.spotWeeks = true, append(n.spotLists, b.ListID), append(n.spotWeeks, midnightOf(b.Week.Format(time.DateOnly)))
	for _, o := range b.PresentBy {
		n.officer(o)
	}
}

// checkHotspotsReview takes the weekly look at a list that was in force in that week, once.
func checkHotspotsReview(s *State, d *draft, b *contract.HotspotsReview) error {
	l, week := s.spotLists.get(b.ListID), b.Week.Format(time.DateOnly)
	switch {
	case l == nil:
		return s.absent(d, b.ListID, "/list_id")
	case b.Week.Weekday() != time.Monday:
		return refuse(contract.CodeWeekFromMonday, d.ptr("/week"))
	case week > mondayOf(d.at):
		return refuse(contract.CodeInFuture, d.ptr("/week"))
	case week < otherWeek(mondayOf(d.at), -spotWeeks):
		return refuse(contract.CodeTooOld, d.ptr("/week"))
	case !s.stoodIn(l, week):
		return refuse(contract.CodeWrongState, d.ptr("/list_id"))
	case s.spotReviews.get(spotReviewKey{b.ListID, week}) != nil:
		return refuse(contract.CodeWrongState, d.ptr("/week"))
	}
	seen := map[uuid.UUID]bool{}
	for i := range b.Spots {
		switch id := b.Spots[i].PlaceID; {
		case l.of(id) == nil:
			return refuse(contract.CodeUnknownReference, d.ptr("/spots/%d/place_id", i))
		case seen[id]:
			return refuse(contract.CodeAlreadyThere, d.ptr("/spots/%d/place_id", i))
		default:
			seen[id] = true
		}
	}
	for i, o := range b.PresentBy {
		if !s.officers[o] {
			return refuse(contract.CodeUnknownReference, d.ptr("/present_by/%d", i))
		}
	}
	d.seenBy = append(d.seenBy, b.PresentBy...)
	return nil
}

// stoodIn tells whether a list was in force at any moment of a week. Of two that came into
// force at once it is the one that was set last.
func (s *State) stoodIn(l *SpotList, week string) bool {
	if l.FromAt == nil || !l.FromAt.Before(midnightOf(otherWeek(week, 1))) {
		return false
	}
	for _, o := range s.spotLists.m {
		switch {
		case o.FromAt == nil:
		case o.FromAt.Equal(*l.FromAt) && o.Seq > l.Seq, o.FromAt.After(*l.FromAt) && !o.FromAt.After(midnightOf(week)):
			return false
		}
	}
	return true
}

func applyHotspotsReview(s *State, e *Entry, b *contract.HotspotsReview) []push.Notice {
	r := &SpotReview{
		ListID: b.ListID, Week: b.Week.Format(time.DateOnly), ReviewID: e.OpID, Seq: e.Seq, ReviewedBy: e.OfficerID, ReviewedAt: e.At,
		Present: b.PresentBy, Spots: make([]SpotSeen, len(b.Spots)),
	}
	for i, o := range b.Spots {
		r.Spots[i] = SpotSeen{o.PlaceID, o.Result, o.Keep}
	}
	s.spotReviews.put(spotReviewKey{r.ListID, r.Week}, r)
	return nil
}
