// Package features reads and writes places and beats as other offices keep
// them: GeoJSON, KML, KMZ and CSV. It is a stream: one feature at a time is
// held, however long the file, and a feature has a longest size. It is pure:
// the bytes come from outside, and nothing is kept.
//
// # What is told
//
// Each feature has its number in the file and the line where it begins, and so
// has everything that is wrong with it. A wrong feature does not end the
// reading: the office that sent the file is told all of it at once. A file that
// is broken as such (no JSON, no XML) ends with the line where it broke.
//
// # What is repaired, and what is refused
//
// A ring that is not closed is closed; a point that is repeated and a spike (to
// a point and straight back) are left out; which way a ring turns does not
// matter; heights are left out. What was repaired stands in Feature.Told. Refused
// is what would have to be guessed: a line that crosses itself (with the point
// where), a hole that crosses the rim or lies outside of it, the antimeridian,
// coordinates that are none, a coordinate system that is not WGS 84.
//
// Latitude and longitude may be exchanged, and in India both are legal numbers
// either way. A feature that misses the district's frame and would lie in it
// with its axes exchanged is marked Swapped: a person decides, by Options.Swap.
//
// # Columns of CSV
//
// The first line names the columns, in any order; all but code are optional:
//
//	code, hi, en, kind, station, beat    as the office writes them
//	lat, lon                             degrees, WGS 84
//	wkt                                  POINT, POLYGON or MULTIPOLYGON, instead of lat and lon
//	every_days, hours, weight, tags, from, to, per_week
//
// hours is HH:MM-HH:MM, tags are separated by semicolons, from and to are dates.
// The same names are the properties of a GeoJSON feature and the data of a
// placemark; a placemark's own name is its property name.
package features
