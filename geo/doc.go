// Package geo knows places: points of WGS 84, the hexagonal cells of H3, the
// polygons of beats, and the doubts that a place sent by a phone may raise. It
// is pure: no clock, no network, no SQL, and nothing of ours is imported. It is
// the only package that knows H3.
//
// # Points
//
// A Point made by NewPoint is finite and within -90..90 and -180..180. H3 does
// not check this itself: it answers a latitude of 95 or a NaN with some cell.
// So every way into H3 goes through the check, also for a Point that was
// written as a literal.
//
// # Cells
//
// A place is indexed at resolution 10 (a cell is about 130 m across). "The cell
// at r" of a place always means the parent at r of its cell 10, computed by bits
// (Cell.Parent) exactly as the SQL function of the schema does it. H3's parents
// are not exact containers: near the rim of a cell 9 a point may lie in a child
// of the neighbour. What is counted by cells therefore agrees at every
// resolution with itself, but cell 9 of a point is not always the cell 9 that
// H3 would give for the point.
//
// # Areas
//
// An Area is one or more polygons with holes: a beat, a station, a district.
// The polygon decides who is inside (edges and corners count as inside, also
// those of a hole); edges are straight lines in degrees, as in GeoJSON. The
// cells of an Area at resolution 9 (all that overlap it, and one ring more, for
// the reason above) only prefilter, in Index. An Area may not cross the
// antimeridian, and is refused rather than guessed at when a ring is open, too
// short or flat.
//
// # Doubts
//
// A phone may be wrong and may lie; a visit is work done all the same. So a
// doubt about a place is recorded with the measured value and shown to the
// in-charge; nothing is ever refused for it, and no figure of an officer is
// made of it. Doubts judges one Fix against its officer's last one (Trace), the
// polygon of the beat and the phone's clock offset, by thresholds that are data
// (Limits), since stations differ and the rows can change without a release:
//
//	mock              the phone says the position was made up
//	poor_fix          accuracy worse than 100 m; value: metres
//	stale_fix         fix more than 120 s older than the act; value: seconds
//	impossible_speed  more than 50 m/s since the last fix, both accuracies
//	                  forgiven; value: m/s
//	outside_beat      further outside the polygon than the accuracy;
//	                  value: metres to its edge
//	clock_off         phone's clock off by more than 120 s; value: seconds
//	same_point        the same five decimals three times in a row over ten
//	                  minutes or more (a receiver never stands that still);
//	                  value: how many times
package geo
