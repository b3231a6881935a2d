package staff

import "embed"

// Chitrakoot holds chitrakoot/circles.csv and chitrakoot/stations.csv: the district's three circles, its twelve stations
// and the book of the district office. Places of stations are those of town or railway station, right to 1 to 3 km.
//
//go:embed chitrakoot/*.csv
var Chitrakoot embed.FS
