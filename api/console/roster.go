package console

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// rosterBody is a week of a centre: officers down, days across.
type rosterBody struct {
	*form // nil: who looks does not set it

	Days             []rosterDay
	Rows             []rosterOfficer
	Duties, Shifts   []option
	Last, Next, This string // other weeks
	Copy             string // the form, filled in from the week before
	Copied           bool   // it is; nothing is entered yet
	SetBy            uuid.UUID
	SetAt            *time.Time
	Meanwhile        string // where that of another is, in whose place this one would come
	Over             bool   // nothing is changed of a week that is over
	Women            bool   // a night duty of a woman is among them
}

// Edits tells whether there is a form.
func (b *rosterBody) Edits() bool { return b.form != nil }

type rosterDay struct {
	Date    string
	At      time.Time
	Weekday string // 1 is Monday
	Short   string // 16 November
	Today   bool
}

type rosterOfficer struct {
	ID           uuid.UUID
	Name, Number string
	Beat         string // where she has her beat; a duty on the beat is there
	Cells        []rosterCell
}

type rosterCell struct {
	Label string // of whom and of which day, for who does not see the table
	Day   rosterDay
	Slots []rosterSlot
	Wrong bool
}

// rosterSlot is one duty of a cell: as a rule there is one.
type rosterSlot struct {
	Key         string // officer.day.n, in the names of its fields
	Duty, Shift string // as chosen
	Said        string // in words
	Beat        string // another than her own
	Night       bool   // of a woman, in the night
}

// The names of the fields of a cell, in the form: a duty and a shift, and a beat
// where it is not the officer's own. b.<officer> is her own.
const (
	rosterDuty  = "d."
	rosterShift = "s."
	rosterBeat  = "b."
	beatDuty    = "beat"
)

// shiftCode is a shift as the district office lists them: t0600_1400.
var shiftCode = regexp.MustCompile(`^t([01][0-9]|2[0-3])([0-5][0-9])_([01][0-9]|2[0-3])([0-5][0-9])$`)

// rosterPage shows a week, and the form by which it is set.
func (p *Pages) rosterPage(x *exchange) error {
	week, err := weekOf(x)
	if err != nil {
		return err
	}
	r, err := p.Book.Roster(x.ctx, x.who, x.centre, week)
	if err != nil {
		return err
	}
	b := p.rosterBody(x, r, week)
	edits := mayMake(x.who, contract.KindRosterSet) && !b.Over && slices.Contains(x.who.Centres(), x.centre)
	rows := r.Rows
	if b.Copied = edits && x.c.Query("copy") != ""; b.Copied {
		if rows, err = p.copied(x, week); err != nil {
			return err
		}
	}
	if edits {
		given := map[string]string{"week": r.Week}
		if r.Seq > 0 {
			given["replaces"] = r.RosterID.String()
		}
		b.form, err = p.formOf(x, ask{kind: contract.KindRosterSet, centre: x.centre, back: rosterPath(x.centre, week), given: given})
		if err != nil {
			return err
		}
	}
	return p.showRoster(x, http.StatusOK, b, rows)
}

func (p *Pages) showRoster(x *exchange, status int, b *rosterBody, rows []book.RosterRow) error {
	wrong := -1
	if b.form != nil && b.Problem != nil {
		wrong = wrongRow(b.Problem.at)
	}
	p.fillRoster(x, b, rows, wrong)
	return p.send(x, status, "roster", "page.roster", b)
}

func rosterPath(centre string, week time.Time) string {
	return Root + "/staff/roster?" + url.Values{"centre": {centre}, "week": {week.Format(time.DateOnly)}}.Encode()
}

// weekOf is the Monday that the address names, else that of the present week.
func weekOf(x *exchange) (time.Time, error) {
	today := midnight(x.now)
	if s := x.c.Query("week"); s != "" {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return time.Time{}, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("week"))
		}
		today = t
	}
	return today.AddDate(0, 0, -(int(today.Weekday())+6)%7), nil
}

// rosterBody is what a week shows beside its rows.
func (p *Pages) rosterBody(x *exchange, r *book.Roster, week time.Time) *rosterBody {
	b := &rosterBody{
		Duties: p.options(x, contract.Field{Name: "duty", List: "roster_duty"}), Shifts: p.shifts(x),
		Last: rosterPath(x.centre, week.AddDate(0, 0, -7)), Next: rosterPath(x.centre, week.AddDate(0, 0, 7)),
		Over: midnight(x.now).After(week.AddDate(0, 0, 6)),
	}
	if r.Seq > 0 {
		b.SetBy, b.SetAt = r.SetBy, &r.SetAt
	}
	if !b.Over {
		b.Copy = rosterPath(x.centre, week) + "&copy=1"
	}
	for i := range 7 {
		day := week.AddDate(0, 0, i)
		d := rosterDay{Date: day.Format(time.DateOnly), At: day, Weekday: strconv.Itoa(i + 1)}
		d.Short = strconv.Itoa(day.Day()) + " " + (&view{p: p, x: x}).Month(int(day.Month()))
		d.Today = d.Date == midnight(x.now).Format(time.DateOnly)
		b.Days = append(b.Days, d)
	}
	if !slices.ContainsFunc(b.Days, func(d rosterDay) bool { return d.Today }) {
		b.This = Root + "/staff/roster?centre=" + url.QueryEscape(x.centre)
	}
	return b
}

// shifts are those of the list that say from when to when.
func (p *Pages) shifts(x *exchange) []option {
	var out []option
	for _, o := range p.options(x, contract.Field{Name: "shift", List: "roster_shift"}) {
		if m := shiftCode.FindStringSubmatch(o.Value); m != nil {
			o.Value = m[1] + ":" + m[2] + "-" + m[3] + ":" + m[4]
			out = append(out, o)
		}
	}
	return out
}

// copied are the rows of the week before, a week later, of those who still serve
// at the centre.
func (p *Pages) copied(x *exchange, week time.Time) ([]book.RosterRow, error) {
	last, err := p.Book.Roster(x.ctx, x.who, x.centre, week.AddDate(0, 0, -7))
	if err != nil {
		return nil, err
	}
	roll := p.rollOf(x)
	var out []book.RosterRow
	for _, r := range last.Rows {
		day, err := time.Parse(time.DateOnly, r.Day)
		if err != nil || !slices.ContainsFunc(roll, func(o staff.OnRoll) bool { return o.ID == r.OfficerID }) {
			continue
		}
		r.Day = day.AddDate(0, 0, 7).Format(time.DateOnly)
		out = append(out, r)
	}
	return out, nil
}

// fillRoster puts rows into the table: a line for each officer of the roll, and for
// whoever else has a duty that week.
func (p *Pages) fillRoster(x *exchange, b *rosterBody, rows []book.RosterRow, wrong int) {
	v := &view{p: p, x: x}
	women := map[uuid.UUID]bool{}
	for _, o := range p.rollOf(x) {
		line := rosterOfficer{ID: o.ID, Name: v.OfficerName(&o.Officer), Number: o.Number}
		women[o.ID] = o.IsWoman
		for _, post := range o.Posts {
			if post.BeatID != nil {
				line.Beat = post.BeatID.String()
			}
		}
		b.Rows = append(b.Rows, line)
	}
	for _, r := range rows {
		if !slices.ContainsFunc(b.Rows, func(o rosterOfficer) bool { return o.ID == r.OfficerID }) {
			b.Rows = append(b.Rows, rosterOfficer{ID: r.OfficerID, Name: v.By(r.OfficerID)})
		}
	}
	for i := range b.Rows {
		o := &b.Rows[i]
		for _, d := range b.Days {
			cell := rosterCell{Day: d, Label: o.Name + ", " + p.word(x.lang, "weekday", d.Weekday) + " " + dateText(d.At, x.lang)}
			for at := range rows {
				if r := &rows[at]; r.OfficerID == o.ID && r.Day == d.Date {
					cell.Slots = append(cell.Slots, p.rosterSlot(x, o, r, len(cell.Slots), women[o.ID]))
					cell.Wrong = cell.Wrong || at == wrong
					b.Women = b.Women || cell.Slots[len(cell.Slots)-1].Night
					b.offer(cell.Slots[len(cell.Slots)-1].Shift)
				}
			}
			if len(cell.Slots) == 0 {
				cell.Slots = []rosterSlot{{Key: slotKey(o.ID, d.Date, 0)}}
			}
			if cell.Wrong && b.form != nil {
				b.Problem.Field = fieldPrefix + rosterDuty + cell.Slots[0].Key
			}
			o.Cells = append(o.Cells, cell)
		}
	}
}

// offer adds a shift to those that may be chosen, which no list has: an app set it.
func (b *rosterBody) offer(shift string) {
	if shift != "" && !slices.ContainsFunc(b.Shifts, func(o option) bool { return o.Value == shift }) {
		b.Shifts = append(b.Shifts, option{Value: shift, Label: strings.Replace(shift, "-", "–", 1)})
	}
}

func slotKey(officer uuid.UUID, day string, n int) string {
	return officer.String() + "." + day + "." + strconv.Itoa(n)
}

func (p *Pages) rosterSlot(x *exchange, o *rosterOfficer, r *book.RosterRow, n int, woman bool) rosterSlot {
	s := rosterSlot{Key: slotKey(o.ID, r.Day, n), Duty: r.Duty}
	if r.Duty != "" {
		s.Said = p.label(x, "roster_duty", r.Duty)
	}
	if r.From != "" || r.To != "" {
		s.Shift = r.From + "-" + r.To
		s.Said += " " + r.From + "–" + r.To
	}
	if r.BeatID != nil && r.BeatID.String() != o.Beat {
		s.Beat = r.BeatID.String()
	}
	s.Night = woman && atNight(r)
	return s
}

// The night, in which a woman's duty is marked: nothing more follows from it.
const (
	nightFrom  = 20 * time.Hour
	nightUntil = 6 * time.Hour
)

// atNight tells whether a duty is in the night in part.
func atNight(r *book.RosterRow) bool {
	if r.Off() || r.From == "" || r.To == "" {
		return false
	}
	from, to := r.Span()
	begin := time.Duration(from.Hour())*time.Hour + time.Duration(from.Minute())*time.Minute
	return begin >= nightFrom || begin < nightUntil || begin+to.Sub(from) > nightFrom
}

// rosterSaid is the body of the op that a form of a week makes. Its cells come in
// the order of their names, so that the same form is the same op.
func rosterSaid(values map[string][]string) map[string]any {
	rows := []any{}
	for _, r := range slotsOf(values) {
		row := map[string]any{"officer_id": r.officer, "day": r.day, "duty": r.duty}
		for name, v := range map[string]string{"from": r.from, "to": r.to, "beat_id": r.beat} {
			if v != "" {
				row[name] = v
			}
		}
		rows = append(rows, row)
	}
	out := map[string]any{"rows": rows}
	for _, name := range []string{"week", "replaces"} {
		if v := first(values[name]); v != "" {
			out[name] = v
		}
	}
	return out
}

type slotSaid struct{ officer, day, duty, from, to, beat string }

// slotsOf reads the cells of a form that say something.
func slotsOf(values map[string][]string) []slotSaid {
	var out []slotSaid
	for _, path := range sortedKeys(values) {
		key, ok := strings.CutPrefix(path, rosterDuty)
		duty := first(values[path])
		parts := strings.Split(key, ".")
		if !ok || len(parts) != 3 || duty == "" && first(values[rosterShift+key]) == "" {
			continue // a shift without a duty says something, and is refused at its cell
		}
		r := slotSaid{officer: parts[0], day: parts[1], duty: duty}
		if off := (&book.RosterRow{Duty: duty}); !off.Off() { // whoever rests has no shift, whatever is chosen beside it
			r.from, r.to, _ = strings.Cut(first(values[rosterShift+key]), "-")
		}
		if r.beat = first(values[rosterBeat+key]); r.beat == "" {
			r.beat = first(values[rosterBeat+parts[0]])
		}
		if duty != beatDuty {
			r.beat = ""
		}
		out = append(out, r)
	}
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[0])
}

var rowPattern = regexp.MustCompile(`/rows/([0-9]+)`)

// wrongRow is the row that a refusal points at; -1 if it is none.
func wrongRow(pointer string) int {
	m := rowPattern.FindStringSubmatch(pointer)
	if m == nil {
		return -1
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return -1
	}
	return n
}

// rosterAgain is the form of a week that was refused, as it was filled in. When
// another has set the week meanwhile the officer is told so: sent once more, hers
// takes the place of that one.
func (p *Pages) rosterAgain(x *exchange, s *said, f *form) error {
	x.centre = s.Centre
	week, err := time.Parse(time.DateOnly, first(s.values["week"]))
	if err != nil {
		return contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("week"))
	}
	r, err := p.Book.Roster(x.ctx, x.who, s.Centre, week)
	if err != nil {
		return err
	}
	b := p.rosterBody(x, r, week)
	b.form = f
	if f.Problem != nil && f.Problem.Code == string(contract.CodeRosterChanged) {
		b.Meanwhile = rosterPath(s.Centre, week)
	}
	if b.Meanwhile != "" && r.Seq > 0 { // only who has been told of the other's week takes its place
		f.Given = slices.DeleteFunc(f.Given, func(k keptField) bool { return k.Name == fieldPrefix+"replaces" })
		f.Given = append(f.Given, keptField{fieldPrefix + "replaces", r.RosterID.String()})
	}
	var rows []book.RosterRow
	for _, c := range slotsOf(s.values) {
		row := book.RosterRow{Day: c.day, Duty: c.duty, From: c.from, To: c.to}
		row.OfficerID, _ = uuid.Parse(c.officer)
		if id, err := uuid.Parse(c.beat); err == nil {
			row.BeatID = &id
		}
		rows = append(rows, row)
	}
	return p.showRoster(x, http.StatusUnprocessableEntity, b, rows)
}
