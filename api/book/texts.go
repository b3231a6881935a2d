package book

// phoneLike tells whether a text holds what looks like an Indian mobile
// number: ten digits beginning with 6 to 9, however they are set apart.
func phoneLike(text string) bool {
	found := false
	digitRuns(text, func(run []byte) {
		for len(run) > 10 && (run[0] == '0' || run[0] == '9' && run[1] == '1' && len(run) == 12) {
			run = run[1:]
			if len(run) == 11 && run[0] == '1' {
				run = run[1:]
			}
		}
		found = found || len(run) == 10 && run[0] >= '6'
	})
	return found
}

// aadhaarLike counts the twelve-digit numbers of a text that pass the check
// digit of an Aadhaar number (Verhoeff). They may not be collected; the text is
// kept, since nothing an officer wrote is lost, and the in-charge is shown it.
func aadhaarLike(text string) int {
	n := 0
	digitRuns(text, func(run []byte) {
		if len(run) == 12 && run[0] >= '2' && verhoeff(run) {
			n++
		}
	})
	return n
}

// digitRuns calls f with each run of digits, read over single spaces and
// hyphens, with Devanagari digits as their Latin ones.
func digitRuns(text string, f func(run []byte)) {
	var run []byte
	gap := false
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			run, gap = append(run, byte(r)), false
		case r >= '०' && r <= '९':
			run, gap = append(run, byte('0'+r-'०')), false
		case (r == ' ' || r == '-') && len(run) > 0 && !gap:
			gap = true
		default:
			if len(run) > 0 {
				f(run)
			}
			run, gap = run[:0], false
		}
	}
	if len(run) > 0 {
		f(run)
	}
}

// The tables of Verhoeff's check digit: multiplication in the dihedral group
// D5 and the powers of its permutation.
var (
	verhoeffD = [10][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	verhoeffP = [8][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
		{8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
		{2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
	}
)

func verhoeff(digits []byte) bool {
	var c byte
	for i := range digits {
		c = verhoeffD[c][verhoeffP[i%8][digits[len(digits)-1-i]-'0']]
	}
	return c == 0
}
