package fleet

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// madeBeat is a beat of a made-up staff list, by its middle.
type madeBeat struct {
	centre   string
	n        int
	lat, lon float64
}

// madePlaces are what a beat has, in rows of four from its middle outwards.
var madePlaces = []struct{ kind, hi, en string }{
	{"village", "ग्राम", "Village"}, {"school", "प्राथमिक विद्यालय", "Primary school"}, {"market", "बाज़ार", "Market"},
	{"village", "ग्राम", "Village"}, {"panchayat_bhawan", "पंचायत भवन", "Panchayat office"}, {"village", "ग्राम", "Village"},
	{"college", "कन्या इण्टर कॉलेज", "Girls' college"}, {"village", "ग्राम", "Village"}, {"bus_stand", "बस अड्डा", "Bus stand"},
	{"village", "ग्राम", "Village"}, {"temple_ghat", "मन्दिर", "Temple"}, {"village", "ग्राम", "Village"},
}

func villageNames() []name {
	return []name{
		{"रामपुर", "Rampur"}, {"शिवपुर", "Shivpur"}, {"गोपालपुर", "Gopalpur"}, {"हरिहरपुर", "Hariharpur"}, {"माधोपुर", "Madhopur"},
		{"किशनपुर", "Kishanpur"}, {"बिशनपुर", "Bishanpur"}, {"लक्ष्मणपुर", "Lakshmanpur"}, {"भवानीपुर", "Bhawanipur"},
		{"देवीपुर", "Devipur"}, {"चन्दनपुर", "Chandanpur"}, {"कमलपुर", "Kamalpur"}, {"सुन्दरपुर", "Sundarpur"}, {"नारायणपुर", "Narayanpur"},
		{"दुर्गापुर", "Durgapur"}, {"गंगापुर", "Gangapur"}, {"मोहनपुर", "Mohanpur"},
	}
}

func villageParts() []name {
	return []name{{"", ""}, {" खुर्द", " Khurd"}, {" कलाँ", " Kalan"}, {" पुरवा", " Purwa"}}
}

const (
	placesApartKM = 0.9 // between the places of a beat
	listedMost    = 60  // days before the day on which the last place was put on the list
	listedLeast   = 9
)

// Ground are the beats and places of the roster as files of GeoJSON that `kendra import`
// reads: twelve places a beat, put on the list during the two months before a day. There
// is no such village.
func (r Roster) Ground(seed int64, day, from time.Time) (beats, places string) {
	rng := seeded(seed, "ground", 0)
	var b, p []string
	for i, x := range r.beats {
		code := fmt.Sprintf("b%d", x.n)
		b = append(b, featureText(map[string]any{"type": "Polygon", "coordinates": [][][2]float64{corners(x.lat, x.lon, beatKM)}}, map[string]string{
			"code": code, "hi": fmt.Sprintf("बीट %d %s", x.n, x.centre), "en": fmt.Sprintf("%s beat %d", x.centre, x.n), "station": x.centre,
			"from": from.Format(time.DateOnly), "per_week": "3",
		}))
		for k, what := range madePlaces {
			village, part := villageNames()[(i*5+k)%len(villageNames())], villageParts()[(i+k/4)%len(villageParts())]
			lat := x.lat + (float64(k/4)-1+0.3*(rng.Float64()-0.5))*placesApartKM/degreeKM
			lon := x.lon + (float64(k%4)-1.5+0.3*(rng.Float64()-0.5))*placesApartKM/degreeKM/math.Cos(x.lat*math.Pi/180)
			listed := day.AddDate(0, 0, -listedLeast-rng.IntN(listedMost-listedLeast+1))
			p = append(p, featureText(map[string]any{"type": "Point", "coordinates": [2]float64{round6(lon), round6(lat)}}, map[string]string{
				"code": fmt.Sprintf("%s.%02d", code, k+1), "hi": what.hi + " " + village.hi + part.hi, "en": what.en + " " + village.en + part.en,
				"kind": what.kind, "station": x.centre, "beat": code, "from": listed.Format(time.DateOnly), "weight": fmt.Sprint(1 + rng.IntN(3)),
			}))
		}
	}
	return collection(b), collection(p)
}

// corners are the same square as square's, closed, longitude first.
func corners(lat, lon, km float64) [][2]float64 {
	const degree = 111.0
	h, w := km/degree, km/(degree*0.9)
	at := func(dy, dx float64) [2]float64 { return [2]float64{round6(lon + dx*w), round6(lat + dy*h)} }
	return [][2]float64{at(-1, -1), at(-1, 1), at(1, 1), at(1, -1), at(-1, -1)}
}

func featureText(geometry any, props map[string]string) string {
	text, _ := json.Marshal(map[string]any{"type": "Feature", "geometry": geometry, "properties": props}) // of maps and numbers: never fails
	return string(text)
}

func collection(list []string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(list, ",\n") + "]}\n"
}
