package console

import (
	"embed"
	"fmt"
	"path"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	contract "kendra/mobile-contract"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// text is one text of the catalogue.
type text struct {
	Hi string `yaml:"hi"`
	En string `yaml:"en"`
}

// in is the text in a language.
func (t text) in(lang contract.Lang) string {
	if lang == contract.English {
		return t.En
	}
	return t.Hi
}

// loadTexts reads the catalogue: one map of all its files. A key may stand in
// one of them only.
func loadTexts() (map[string]text, error) {
	list, err := textFiles.ReadDir("texts")
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	all := map[string]text{}
	for _, f := range list {
		raw, err := textFiles.ReadFile(path.Join("texts", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		var these map[string]text
		if err := yaml.Unmarshal(raw, &these); err != nil {
			return nil, fmt.Errorf("texts/%s: %w", f.Name(), err)
		}
		for key, t := range these {
			if _, twice := all[key]; twice || t.Hi == "" || t.En == "" {
				return nil, fmt.Errorf("texts/%s: %s stands twice, or lacks a language", f.Name(), key)
			}
			all[key] = t
		}
	}
	return all, nil
}

// ist is the time by which days are counted, clocks read and registers kept.
var ist = time.FixedZone("IST", 5*3600+30*60) //nolint:gochecknoglobals // a constant

// The months as officers write them.
var months = [2][12]string{ //nolint:gochecknoglobals // a constant
	{"जनवरी", "फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितम्बर", "अक्टूबर", "नवम्बर", "दिसम्बर"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// dateText is 23 नवम्बर 2026.
func dateText(t time.Time, lang contract.Lang) string {
	t = t.In(ist)
	names := months[0]
	if lang == contract.English {
		names = months[1]
	}
	return strconv.Itoa(t.Day()) + " " + names[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// timeText is 23 नवम्बर 2026, 14:05.
func timeText(t time.Time, lang contract.Lang) string {
	return dateText(t, lang) + ", " + t.In(ist).Format("15:04")
}

// spanText says a length of time in its two largest units.
func spanText(d time.Duration, lang contract.Lang) string {
	d = d.Abs()
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	units := [3]string{" दिन", " घं", " मि"}
	if lang == contract.English {
		units = [3]string{" d", " h", " min"}
	}
	switch {
	case days > 0 && hours > 0:
		return strconv.Itoa(days) + units[0] + " " + strconv.Itoa(hours) + units[1]
	case days > 0:
		return strconv.Itoa(days) + units[0]
	case hours > 0:
		return strconv.Itoa(hours) + units[1] + " " + strconv.Itoa(minutes) + units[2]
	}
	return strconv.Itoa(minutes) + units[2]
}
