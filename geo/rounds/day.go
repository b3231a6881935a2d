package rounds

import (
	"math/rand/v2"
	"time"

	"kendra/geo"
)

// Day is a made-up day of a station, for tests and the bench: places within some twelve
// kilometres of it, a third of them with hours of their own; officers at the station or
// out, some on foot. The same seed makes the same day.
func Day(seed uint64, places, officers int) ([]Unit, []Stop) {
	morning := time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // days that are the same again
	near := func() geo.Point {
		return geo.Point{Lat: 25.2 + (r.Float64()-0.5)*0.2, Lon: 80.9 + (r.Float64()-0.5)*0.2}
	}
	var units []Unit
	var stops []Stop
	for range places {
		s := Stop{At: near(), Debt: 1 + int64(r.ExpFloat64()*5000)}
		switch r.IntN(6) {
		case 0: // a school
			s.Opens, s.Closes = morning.Add(-time.Hour), morning.Add(4*time.Hour)
		case 1: // a panchayat
			s.Opens, s.Closes = morning.Add(time.Hour), morning.Add(5*time.Hour)
		}
		stops = append(stops, s)
	}
	for i := range officers {
		u := Unit{At: geo.Point{Lat: 25.2, Lon: 80.9}, KmH: 25, From: morning, Until: morning.Add(6 * time.Hour)}
		if i%2 == 1 {
			u.At = near()
		}
		if i%3 == 2 {
			u.KmH, u.Until = 4, morning.Add(4*time.Hour)
		}
		units = append(units, u)
	}
	return units, stops
}
