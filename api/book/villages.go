package book

import (
	"strings"

	contract "kendra/mobile-contract"
)

// The villages of a station are a list of codes like any other, named by the station:
// village_krw. The district office adds and renames them by ops, phones are told them
// with the other lists, and a code that stands in none is taken as it is: the list
// gives names, it decides nothing.

// villageLists begins the names of such lists.
const villageLists = "village_"

// longestVillage is how long the code of a village is at most, as ops name it.
const longestVillage = 16

// VillageList is the name of the list of a station's villages.
func VillageList(centre string) string { return villageLists + strings.ToLower(centre) }

// VillageCentre is the station of whose villages a list is; empty: of none.
func VillageCentre(list string) string {
	code, ok := strings.CutPrefix(list, villageLists)
	if !ok || code != strings.ToLower(code) || strings.EqualFold(code, HQ) {
		return ""
	}
	return strings.ToUpper(code)
}

func needsCodeAdd(d *draft, b *contract.CodeAdd, n *needs) {
	needsChanges(d, n)
	if centre := VillageCentre(b.List); centre != "" {
		n.centres = append(n.centres, centre)
	}
}

// checkVillage lets a village be added to the list of a station that there is, by a
// code that an op can name.
func checkVillage(s *State, d *draft, b *contract.CodeAdd) error {
	switch {
	case !s.centres[VillageCentre(b.List)]:
		return refuse(contract.CodeUnknownReference, d.ptr("/list"))
	case len(b.Code) > longestVillage || strings.Contains(b.Code, "_"):
		return refuse(contract.CodeBadFormat, d.ptr("/code"))
	}
	return nil
}
