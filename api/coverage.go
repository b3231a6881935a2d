package api

import (
	"context"
	"time"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// GetCoverage tells what is owed to places and beats.
func (s *server) GetCoverage(ctx context.Context, in GetCoverageRequestObject) (GetCoverageResponseObject, error) {
	p := in.Params
	var q book.CoverageQuery
	if p.Centre != nil {
		q.Centre = *p.Centre
	}
	if p.Circle != nil {
		q.Circle = *p.Circle
	}
	if p.At != nil {
		at, err := time.Parse(time.RFC3339Nano, *p.At)
		if err != nil {
			return nil, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("at"))
		}
		q.At = at
	}
	c, err := s.Book.Coverage(ctx, of(ctx).caller, q)
	if err != nil {
		return nil, err
	}
	out := GetCoverage200JSONResponse{At: contract.At(c.At), Owed: []contract.PlaceOwed{}}
	after, limit := 0, limitOf(p.Limit)
	if p.After != nil {
		after = min(*p.After, len(c.Owed))
	} else {
		total, cells := coverageSums(c.Sums), cellRuns(c.Cells, p.Res)
		out.Total, out.Circles, out.Cells = &total, coverageTree(c.Circles), &cells
	}
	page := c.Owed[after:]
	if len(page) > limit {
		next := after + limit
		page, out.Next = page[:limit], &next
	}
	out.Owed = placesOwed(page)
	return out, nil
}

func coverageSums(s book.Sums) contract.CoverageSums {
	return contract.CoverageSums{Places: s.Places, Overdue: s.Overdue, Never: s.Never, Debt: s.Debt}
}

func spotSums(s book.SpotSums) *contract.SpotSums {
	return &contract.SpotSums{Places: s.Places, Overdue: s.Overdue, Debt: s.Debt}
}

func coverageTree(circles []book.CircleDebt) []contract.CoverageCircle {
	out := make([]contract.CoverageCircle, len(circles))
	for i, c := range circles {
		out[i] = contract.CoverageCircle{Circle: c.Circle, Sums: coverageSums(c.Sums), Spots: spotSums(c.Spots), Stations: make([]contract.CoverageStation, len(c.Stations))}
		for j, st := range c.Stations {
			one := contract.CoverageStation{Centre: st.Centre, Sums: coverageSums(st.Sums), Spots: spotSums(st.Spots), Beats: make([]contract.CoverageBeat, len(st.Beats))}
			for k := range st.Beats {
				one.Beats[k] = coverageBeat(&st.Beats[k])
			}
			out[i].Stations[j] = one
		}
	}
	return out
}

func coverageBeat(b *book.BeatDebt) contract.CoverageBeat {
	out := contract.CoverageBeat{BeatID: b.BeatID, Sums: coverageSums(b.Sums)}
	if b.BeatID != nil {
		out.Code, out.NameHi, out.NameEn, out.Rounds = &b.Code, &b.NameHi, &b.NameEn, &b.Rounds
	}
	if b.PerWeek > 0 {
		out.PerWeek, out.Owed = &b.PerWeek, &b.Owed
	}
	if b.BeatID != nil {
		out.Chaupals, out.ChaupalsOwed = &b.Chaupals, &b.ChaupalsOwed
	}
	return out
}

// mostCells is how many cells an answer has that asked for no resolution.
const mostCells = 2000

// cellRuns puts cells together that follow each other. Sisters differ in one digit of
// their index, so that the next one is a step further.
func cellRuns(cells []book.CellDebt, asked *int) contract.CoverageCells {
	res := 9
	if asked != nil {
		res = *asked
		cells = book.RollUp(cells, res)
	}
	for asked == nil && res > 7 && len(cells) > mostCells {
		res--
		cells = book.RollUp(cells, res)
	}
	out := contract.CoverageCells{Res: res, Runs: []contract.CellRun{}}
	step := int64(1) << (3 * (15 - res))
	for i, c := range cells {
		if n := len(out.Runs); i > 0 && int64(c.Cell)-int64(cells[i-1].Cell) == step && len(out.Runs[n-1].Debts) < 7 {
			out.Runs[n-1].Debts = append(out.Runs[n-1].Debts, c.Debt)
			continue
		}
		out.Runs = append(out.Runs, contract.CellRun{From: c.Cell.String(), Debts: []int64{c.Debt}})
	}
	return out
}

func placesOwed(list []book.PlaceDebt) []contract.PlaceOwed {
	out := make([]contract.PlaceOwed, len(list))
	for i := range list {
		out[i] = placeOwed(&list[i])
	}
	return out
}

func placeOwed(p *book.PlaceDebt) contract.PlaceOwed {
	return contract.PlaceOwed{
		PlaceID: p.PlaceID, Centre: p.Centre, Code: p.Code, NameHi: p.NameHi, NameEn: p.NameEn, Kind: p.Kind, BeatID: p.BeatID,
		Lat: p.Lat, Lon: p.Lon, EveryDays: p.EveryDays, Weight: p.Weight, HoursFrom: orNone(p.HoursFrom), HoursTo: orNone(p.HoursTo),
		LastAt: atOrNil(p.LastAt), Overdue: p.Overdue, Debt: p.Debt,
	}
}

// GetRounds proposes rounds.
func (s *server) GetRounds(ctx context.Context, in GetRoundsRequestObject) (GetRoundsResponseObject, error) {
	vehicle := ""
	if in.Params.Vehicle != nil {
		vehicle = string(*in.Params.Vehicle)
	}
	r, err := s.Book.Rounds(ctx, of(ctx).caller, in.Params.Centre, vehicle)
	if err != nil {
		return nil, err
	}
	out := GetRounds200JSONResponse{
		Centre: in.Params.Centre, At: contract.At(r.At), Vehicle: contract.Vehicle(r.Vehicle), Kmh: r.KmH, Left: r.Left,
		Rounds: make([]contract.SuggestedRound, len(r.Rounds)),
	}
	for i := range r.Rounds {
		u := &r.Rounds[i]
		one := contract.SuggestedRound{
			OfficerID: u.OfficerID, Begins: contract.SuggestedRoundBegins("centre"), Until: contract.At(u.Until), Metres: u.Metres, Debt: u.Debt,
			Stops: make([]contract.RoundStop, len(u.Stops)),
		}
		if u.Fixed {
			one.Begins = contract.SuggestedRoundBegins("fix")
		}
		for j := range u.Stops {
			one.Stops[j] = contract.RoundStop{Place: placeOwed(&u.Stops[j].Place), At: contract.At(u.Stops[j].At), Metres: u.Stops[j].Metres}
		}
		out.Rounds[i] = one
	}
	return out, nil
}

// GetBeatMonths drafts the monthly entries of the women-beat register.
func (s *server) GetBeatMonths(ctx context.Context, in GetBeatMonthsRequestObject) (GetBeatMonthsResponseObject, error) {
	month := ""
	if in.Params.Month != nil {
		month = *in.Params.Month
	}
	m, err := s.Book.BeatMonths(ctx, of(ctx).caller, in.Params.Centre, month)
	if err != nil {
		return nil, err
	}
	out := GetBeatMonths200JSONResponse{
		Centre: in.Params.Centre, Month: m.Month, Over: m.Over, Beats: make([]contract.BeatMonthDraft, len(m.Beats)),
	}
	for i := range m.Beats {
		b := &m.Beats[i]
		one := contract.BeatMonthDraft{
			BeatID: b.BeatID, Code: b.Code, NameHi: b.NameHi, NameEn: b.NameEn, Places: b.Places, Seen: b.Seen, Visits: b.Visits, Days: b.Days,
			Chaupals: b.Chaupals, Women: b.Women, Girls: b.Girls, UnseenHi: append([]string{}, b.UnseenHi...),
			UnseenEn: append([]string{}, b.UnseenEn...),
			SpotsHi:  append([]string{}, b.SpotsHi...), SpotsEn: append([]string{}, b.SpotsEn...), LineNo: orNone(b.ClosedNo),
		}
		if b.PerWeek > 0 {
			one.PerWeek = &b.PerWeek
		}
		out.Beats[i] = one
	}
	return out, nil
}

// bundleCoverage adds what is owed most where the caller works.
func (s *server) bundleCoverage(ctx context.Context, who staff.Caller, out *GetBundle200JSONResponse) error {
	list, err := s.Book.OwnDue(ctx, who)
	if err != nil {
		return err
	}
	due := placesOwed(list)
	out.DueNear = due
	return nil
}
