package console

import "regexp"

// faults are what may be wrong with a line of a file of beats or places, as the reader and
// the planner tell it in English, and the text of the catalogue that says it.
//
//nolint:gochecknoglobals // a static table
var faults = []struct {
	pattern *regexp.Regexp
	key     string
}{
	{regexp.MustCompile(`^latitude and longitude seem to be exchanged`), "swapped"},
	{regexp.MustCompile(`^it belongs to station `), "other_station"},
	{regexp.MustCompile(`^station .* does not exist|^no station is named`), "no_station"},
	{regexp.MustCompile(`^a beat is an area`), "no_area"},
	{regexp.MustCompile(`^code .* stands in line `), "twice"},
	{regexp.MustCompile(`^it is what line `), "one"},
	{regexp.MustCompile(`^code .* is that of another until `), "code_held"},
	{regexp.MustCompile(`^code .* is that of beat `), "dealt"},
	{regexp.MustCompile(`^to .*: it ends on `), "ends"},
	{regexp.MustCompile(` has .* beats, and no more fit`), "beats"},
	{regexp.MustCompile(`^no code|^code .* are wanted`), "code"},
	{regexp.MustCompile(`^a name `), "name"},
	{regexp.MustCompile(`^kind `), "kind"},
	{regexp.MustCompile(`^beat .* does not exist`), "no_beat"},
	{regexp.MustCompile(`^(hours|day|tag|from|to|more than 10 tags)\b|a number from `), "value"},
	{regexp.MustCompile(`more than .* features`), "too_many"},
	{regexp.MustCompile(`^column |values for .* columns|the first line names the columns`), "column"},
	{regexp.MustCompile(`too long|^its outline is `), "too_long"},
	{regexp.MustCompile(`crosses itself|too tangled`), "crosses"},
	{regexp.MustCompile(`a hole lies outside`), "hole"},
	{regexp.MustCompile(`WGS 84`), "system"},
	{regexp.MustCompile(`file is broken`), "broken"},
	{regexp.MustCompile(`neither a point nor an area|^lat|^lon|^area|coordinate`), "geometry"},
}

// faultKey is the text that says a fault; one that is not in the table is told in general,
// beside what the reader says.
func faultKey(text string) string {
	for _, f := range faults {
		if f.pattern.MatchString(text) {
			return "import.fault." + f.key
		}
	}
	return "import.fault.other"
}
