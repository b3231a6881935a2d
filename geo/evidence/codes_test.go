package evidence_test

import (
	"testing"

	"kendra/geo"
	"kendra/geo/evidence"
)

// read has the visit carry what the server finds of a code whose place is there: far
// from a fix that is one of the visit it is another's, and without such a fix nothing
// is known of how far.
func read(v evidence.Visit, of geo.Point, old bool) evidence.Visit {
	v.Marker = &evidence.Marker{State: evidence.MarkerOK, Version: 2}
	if old {
		v.Marker = &evidence.Marker{State: evidence.MarkerOld, Version: 1}
	}
	rules := evidence.Default()
	tells := v.Fix != nil && v.Fix.At.Sub(v.Ended).Seconds() <= rules["margin_s"] &&
		(v.Fix.FixAt.IsZero() || v.Fix.At.Sub(v.Fix.FixAt).Seconds() <= rules["stale_s"])
	if !tells {
		if !old { // the code finds the place, and nobody knows how far that is
			v.PlaceM = nil
		}
		return v
	}
	far := geo.Distance(of, v.Fix.Point)
	v.Marker.AwayM = &far
	switch {
	case far > 150+v.Fix.AccuracyM:
		v.Marker.State = evidence.MarkerOther
	case !old:
		v.PlaceM = &far
	}
	return v
}

// withCode has a scene end with a genuine code: honestly, or from a photograph.
func withCode(name, of string, old bool) scene {
	for _, s := range scenes() {
		if s.name != of {
			continue
		}
		return scene{name: name, cheat: s.cheat, make: func(g gen) evidence.Visit {
			var place geo.Point
			g.place = &place
			v := s.make(g)
			return read(v, place, old)
		}}
	}
	panic("no scene " + of)
}

// home is somebody who stays where he is and says that he was at a place between two
// distances; near him may be another place of the list.
func home(g gen, from, to float64, off float64) evidence.Visit {
	d := g.day(6)
	d.me.place = d.me.base
	for i := range d.me.walk {
		d.me.walk[i] = move(d.me.base, g.between(-60, 60), g.between(-60, 60))
	}
	d.track = g.track(d.me, d.phone, d.from, d.to)
	said := move(d.me.base, g.between(from, to)*float64(1-2*g.IntN(2)), g.between(-100, 100))
	if g.Float64() < off { // with the position switched off
		d.track = nil
		return read(d.visit(nil), said, false)
	}
	v := d.good()
	if g.Float64() < 0.5 {
		v.PlaceM = nil
	}
	return read(v, said, false)
}

// codeScenes are visits at which a code was read. The honest ones with a place that the
// list has wrong, too; the cheats with a photograph of the code.
func codeScenes() []scene {
	const untold = "a perfect position and a photograph of the code are what a visit is made of"
	hidden := func(g gen) evidence.Visit {
		d := g.day(6)
		f := d.fixOf(evidence.Pos{Point: move(d.me.place, g.between(-20, 20), g.between(-20, 20)), AccuracyM: g.between(3, 20)})
		return read(d.visit(f), d.me.place, false)
	}
	copied := func(g gen) evidence.Visit {
		d := g.day(6)
		d.earlier = shift(d.track, -g.minutes(1440, 8640))
		for i, p := range d.track {
			d.track[i].Point = move(p.Point, 5*g.NormFloat64(), 5*g.NormFloat64())
		}
		return read(d.good(), d.me.place, false)
	}
	return []scene{
		withCode("code, nothing unusual, alone", "nothing unusual, alone", false),
		withCode("code, indoors, fixes of 300 m", "indoors, fixes of 300 m", false),
		withCode("code, no fix for a day", "no fix for a day", false),
		withCode("code, a wrong clock", "a wrong clock", false),
		withCode("code, a dead battery", "a dead battery", false),
		withCode("old sheet, nothing unusual, alone", "nothing unusual, alone", true),
		withCode("old sheet, indoors", "indoors, fixes of 300 m", true),
		{name: "code, the list is up to 1.5 km wrong", make: func(g gen) evidence.Visit {
			d := g.day(6)
			return read(d.good(), move(d.me.place, g.between(-1000, 1000), g.between(-1000, 1000)), false)
		}},
		{name: "code photo, own fix far away, some without", cheat: true, make: func(g gen) evidence.Visit { return home(g, 2500, 15_000, 0.3) }},
		{name: "code photo, own fix 250 m to 2 km away", cheat: true, make: func(g gen) evidence.Visit { return home(g, 250, 2000, 0.1) }},
		withCode("code photo, same point for hours", "same point for hours", false),
		withCode("code photo, teleport", "teleport", false),
		withCode("code photo, clock set back", "clock set back", false),
		{name: "code photo, mock provider that tells", cheat: true, make: func(g gen) evidence.Visit {
			v := hidden(g)
			v.Fix.Mock = true
			return v
		}},
		{name: "code photo, position made up, no flag", cheat: true, make: hidden, outside: untold},
		{name: "code photo, copied way with other errors", cheat: true, make: copied, outside: untold},
	}
}

func TestWhatACodeSays(t *testing.T) {
	t.Parallel()
	rules := evidence.Default()
	base := gen{Rand: newRand(7)}.day(6).good()
	near, far, between := 30.0, 2300.0, 900.0
	base.Fix.AccuracyM = 10
	for why, c := range map[string]struct {
		marker evidence.Marker
		fix    bool
		code   string
		sign   evidence.Sign
		value  int64
	}{
		"at its place":              {evidence.Marker{State: "ok", Version: 3, AwayM: &near}, true, "marker", evidence.For, 3},
		"without a fix":             {evidence.Marker{State: "ok", Version: 3}, false, "marker", evidence.For, 3},
		"far away":                  {evidence.Marker{State: "other", Version: 3, AwayM: &far}, true, "marker_away", evidence.Against, 2300},
		"an old one far away":       {evidence.Marker{State: "old", Version: 1, AwayM: &far}, true, "marker_away", evidence.Against, 2300},
		"not so far away":           {evidence.Marker{State: "other", Version: 3, AwayM: &between}, true, "marker_other", evidence.Neither, 900},
		"an old one":                {evidence.Marker{State: "old", Version: 1, AwayM: &near}, true, "marker_old", evidence.Neither, 1},
		"none of ours":              {evidence.Marker{State: "bad"}, true, "marker_bad", evidence.Neither, 0},
		"none of ours, with a fix":  {evidence.Marker{State: "bad", AwayM: &far}, true, "marker_bad", evidence.Neither, 0},
		"far away, without its fix": {evidence.Marker{State: "ok", Version: 3, AwayM: &far}, false, "marker", evidence.For, 3},
	} {
		v := base
		v.Marker = &c.marker
		if !c.fix {
			v.Fix = nil
		}
		_, items := rules.Assess(v)
		var got []evidence.Item
		for _, i := range items {
			switch i.Code {
			case evidence.Scan, evidence.ScanAway, evidence.ScanOther, evidence.ScanOld, evidence.ScanBad:
				got = append(got, i)
			}
		}
		if len(got) != 1 || got[0] != (evidence.Item{Code: c.code, Sign: c.sign, Value: c.value}) {
			t.Errorf("%s: %v", why, got)
		}
	}
	rough := base
	fix := *base.Fix
	fix.AccuracyM = 400 // 2300 m is not beyond far_m and what the fix is unsure of
	rough.Fix, rough.Marker = &fix, &evidence.Marker{State: "other", Version: 3, AwayM: &far}
	if state, items := rules.Assess(rough); state == evidence.Weak {
		t.Error("weak for a poor fix", items)
	}
}
