package phone

import (
	"strings"

	contract "kendra/mobile-contract"
)

// markerMost is how long a text of a visit's marker may be.
const markerMost = 100

// Marked puts what the camera read from the sheet at a place into a visit, and tells
// whether it did. The phone does not judge a code: that is the server's, and a wrong
// one refuses no visit. But what does not look like the code of a sheet, such as the
// advertisement beside it, is not sent: the camera is then held on the sheet again,
// or the visit is entered without a code.
func Marked(v *contract.VisitRecord, read string) bool {
	read = strings.TrimSpace(read)
	if !strings.HasPrefix(strings.ToUpper(read), "KM1.") || len(read) > markerMost {
		return false
	}
	for _, r := range read {
		if r < ' ' || r > '~' {
			return false
		}
	}
	v.Marker = &read
	return true
}
