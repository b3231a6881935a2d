package staff

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"

	contract "kendra/mobile-contract"
)

// StampForm marks what a page puts into a form for an officer to bring back: the
// id of the op that it will make, where it leads. Only he may bring it, in
// whichever of his sessions.
func (s *Service) StampForm(who Caller, text string) string {
	mac := hmac.New(sha256.New, s.keys.csrf)
	// No token of a cookie begins so: it is a number and a point.
	mac.Write([]byte("form " + strconv.Itoa(int(who.District)) + " " + who.OfficerID.String() + " " + text))
	return contract.Encode(mac.Sum(nil))
}

// RightStamp tells whether a form is one that a page gave to the officer.
func (s *Service) RightStamp(who Caller, text, stamp string) bool {
	return equal([]byte(s.StampForm(who, text)), []byte(stamp))
}
