package staff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kendra/geo"
)

// sheet is a kind of file: its columns, which of them tell one row from another, and what must fit between them.
type sheet struct {
	columns []column
	key     []int
	check   func(values []string) (column string, err error)
}

// column reads a value into the one form in which values are compared and stored.
type column struct {
	name     string
	optional bool
	form     func(string) (string, error)
}

func (c column) read(value string) (string, error) {
	if value == "" {
		if c.optional {
			return "", nil
		}
		return "", errors.New("is empty")
	}
	return c.form(value)
}

func (t sheet) names() string {
	var names []string
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

func (t sheet) keyOf(values []string) string {
	var key []string
	for _, i := range t.key {
		key = append(key, values[i])
	}
	return strings.Join(key, "\x00")
}

const (
	nameLimit   = 120
	circleLimit = 40
	rankLimit   = 40
)

// sheets are the kinds. The order of columns is that of the loading statements.
func sheets() map[string]sheet {
	centre := column{name: "centre", form: matching(centrePattern, "a code such as KRW")}
	names := []column{{name: "hi", form: named(nameLimit)}, {name: "en", form: named(nameLimit)}}
	return map[string]sheet{
		KindCircles: {columns: append([]column{{name: "circle", form: named(circleLimit)}}, names...), key: []int{0}},
		KindStations: {
			columns: []column{
				centre, {name: "circle", optional: true, form: named(circleLimit)}, names[0], names[1],
				{name: "lat", optional: true, form: degrees(90)}, {name: "lon", optional: true, form: degrees(180)},
				{name: "phone", optional: true, form: matching(phonePattern, "a phone number")},
			},
			key: []int{0}, check: bothOrNone(4, 5, "lon"),
		},
		KindOfficers: {
			columns: []column{
				{name: "number", form: officerNumber}, {name: "name_hi", form: named(nameLimit)},
				{name: "name_en", form: named(nameLimit)}, {name: "rank", form: named(rankLimit)},
				{name: "is_woman", form: yesNo},
				{name: "phone", optional: true, form: matching(phonePattern, "a phone number")},
			},
			key: []int{0},
		},
		KindSquads: {columns: append([]column{centre}, names...), key: []int{0, 2}},
		KindBeats: {
			columns: append(append([]column{centre}, names...), column{name: "area", optional: true, form: area}),
			key:     []int{0, 2},
		},
		KindPosts: {
			columns: []column{
				{name: "number", form: officerNumber}, {name: "role", form: role}, centre,
				{name: "from", form: moment}, {name: "until", optional: true, form: moment},
				{name: "squad", optional: true, form: named(nameLimit)}, {name: "beat", optional: true, form: named(nameLimit)},
				{name: "circle", optional: true, form: named(circleLimit)},
			},
			key: []int{0, 1, 2, 3, 4, 5, 6, 7}, check: checkPost,
		},
	}
}

var (
	centrePattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,7}$`)
	phonePattern  = regexp.MustCompile(`^\+?[0-9][0-9 -]{2,19}$`)
)

func named(limit int) func(string) (string, error) {
	return func(v string) (string, error) {
		if !isName(v, limit) {
			return "", fmt.Errorf("more than %d characters, or characters that can't be seen", limit)
		}
		return v, nil
	}
}

func matching(p *regexp.Regexp, what string) func(string) (string, error) {
	return func(v string) (string, error) {
		if !p.MatchString(v) {
			return "", errors.New("is not " + what)
		}
		return v, nil
	}
}

func officerNumber(v string) (string, error) {
	v = canonicalNumber(v)
	if !numberPattern.MatchString(v) {
		return "", errors.New("is not a number of up to 20 letters, digits, / and -")
	}
	return v, nil
}

func yesNo(v string) (string, error) {
	switch strings.ToLower(v) {
	case "yes", "true", "हाँ":
		return "true", nil
	case "no", "false", "नहीं":
		return "false", nil
	}
	return "", errors.New("is neither yes nor no")
}

func degrees(limit float64) func(string) (string, error) {
	return func(v string) (string, error) {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f != f || f < -limit || f > limit {
			return "", fmt.Errorf("is not a number from -%g to %g", limit, limit)
		}
		return strconv.FormatFloat(f, 'g', -1, 64), nil
	}
}

func role(v string) (string, error) {
	if !slices.Contains(Roles, v) {
		return "", errors.New("is not a role: one of " + strings.Join(Roles, ", "))
	}
	return v, nil
}

// india is where a day without a time of day begins.
func india() *time.Location {
	const offset = 5*60*60 + 30*60
	return time.FixedZone("IST", offset)
}

func moment(v string) (string, error) {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		t, err = time.ParseInLocation(time.DateOnly, v, india())
	}
	if err != nil {
		return "", errors.New("is neither a day such as 2026-07-01 nor a time such as 2026-07-01T08:00:00+05:30")
	}
	return t.UTC().Format(time.RFC3339), nil
}

func bothOrNone(a, b int, column string) func([]string) (string, error) {
	return func(values []string) (string, error) {
		if (values[a] == "") != (values[b] == "") {
			return column, errors.New("lat and lon stand together or not at all")
		}
		return "", nil
	}
}

// checkPost holds role, place and time together. That a squad's member needs a squad is the book's to say.
func checkPost(v []string) (string, error) {
	if v[4] != "" && v[4] <= v[3] { // both in UTC and of one length
		return "until", errors.New("is not after from")
	}
	if v[7] != "" && v[1] != CO {
		return "circle", errors.New("only a circle officer has one")
	}
	return "", nil
}

// area takes GeoJSON, or the corners of one ring as "lat lon;lat lon;...", and gives GeoJSON.
func area(v string) (string, error) {
	if !strings.HasPrefix(v, "{") {
		ring, err := ringJSON(v)
		if err != nil {
			return "", err
		}
		v = ring
	}
	a, err := geo.ParseGeoJSON([]byte(v))
	if err == nil {
		err = a.CheckHoles()
	}
	if err != nil {
		return "", fmt.Errorf("is no area: %w", err)
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal([]byte(v), &kind); err != nil || kind.Type != "Polygon" && kind.Type != "MultiPolygon" {
		return "", errors.New("is neither Polygon nor MultiPolygon")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(v)); err != nil {
		return "", fmt.Errorf("is no area: %w", err)
	}
	return b.String(), nil
}

func ringJSON(v string) (string, error) {
	var ring [][2]float64 // GeoJSON: longitude first
	for corner := range strings.SplitSeq(strings.Trim(v, "; "), ";") {
		words := strings.Fields(corner)
		if len(words) != 2 {
			return "", errors.New(`is neither GeoJSON nor "lat lon;lat lon;..."`)
		}
		lat, errLat := strconv.ParseFloat(words[0], 64)
		lon, errLon := strconv.ParseFloat(words[1], 64)
		if errLat != nil || errLon != nil {
			return "", errors.New(`is neither GeoJSON nor "lat lon;lat lon;..."`)
		}
		ring = append(ring, [2]float64{lon, lat})
	}
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	text, err := json.Marshal(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{ring}})
	if err != nil {
		return "", errors.New("is no area") // NaN and the like
	}
	return string(text), nil
}
