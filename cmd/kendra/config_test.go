package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"kendra/api"
)

func TestRatesAreReadOrRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]api.Rates{
		"":    api.DefaultRates(),
		"off": {},
		"device=1.5/20, centre=7/9": {
			Device: api.Rate{PerSecond: 1.5, AtOnce: 20}, Centre: api.Rate{PerSecond: 7, AtOnce: 9},
			Officer: api.DefaultRates().Officer, Address: api.DefaultRates().Address,
		},
	} {
		if got, err := readRates(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"none", "device", "device=1", "device=0/5", "device=NaN/5", "device=-1/5", "device=1/0", "phone=1/5", "device=1/5/6"} {
		if _, err := readRates(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestTheLogTellsItsTimeInUTCToTheMillisecond(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	serviceLog(&b).Info("request", "time_of", "x")
	var l struct{ Time string }
	if err := json.Unmarshal(b.Bytes(), &l); err != nil || !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(l.Time) {
		t.Errorf("%v, %s", err, b.Bytes())
	}
}
