package book

import (
	"encoding/json"
	"strings"
)

// phoneDigits is how many digits an Indian mobile number has, beginning with 6
// to 9; phoneLongest with a zero or the country code before it.
const (
	phoneDigits  = 10
	phoneLongest = 14
)

// phoneLike tells whether a text holds what looks like an Indian mobile
// number, however its digits are set apart and whatever number stands before.
func phoneLike(text string) bool {
	found := false
	digitRuns(text, func(digits []byte, starts []int) {
		windows(starts, len(digits), phoneLongest, func(i, from, to int) bool {
			found = found || isPhone(digits[from:to]) && !beginsWithDate(digits, starts[i:])
			return found
		})
	})
	return found
}

func isPhone(d []byte) bool {
	for len(d) > phoneDigits && d[0] == '0' {
		d = d[1:]
	}
	if len(d) == phoneDigits+2 && d[0] == '9' && d[1] == '1' {
		d = d[2:]
	}
	return len(d) == phoneDigits && d[0] >= '6'
}

// beginsWithDate tells a date with something counted after it (8-11-2026 120)
// from a number in groups.
func beginsWithDate(digits []byte, starts []int) bool {
	if len(starts) < 4 {
		return false
	}
	year := string(digits[starts[2]:starts[3]])
	return starts[1]-starts[0] <= 2 && starts[2]-starts[1] <= 2 && len(year) == 4 &&
		(strings.HasPrefix(year, "19") || strings.HasPrefix(year, "20"))
}

// aadhaarDigits is how many digits an Aadhaar number has.
const aadhaarDigits = 12

// aadhaarLike counts the twelve-digit numbers of a text that pass the check
// digit of an Aadhaar number (Verhoeff). They may not be collected; the text is
// kept, since nothing an officer wrote is lost, and the in-charge is shown it.
func aadhaarLike(text string) int {
	n := 0
	digitRuns(text, func(digits []byte, starts []int) {
		end := 0 // of the last one found: no digit counts twice
		windows(starts, len(digits), aadhaarDigits, func(_, from, to int) bool {
			if from >= end && to-from == aadhaarDigits && digits[from] >= '2' && verhoeff(digits[from:to]) {
				n, end = n+1, to
			}
			return false
		})
	})
	return n
}

// plain is the text of a JSON string as it is read: digits may be written as
// escapes. Any other token is taken as it stands.
func plain(token []byte) string {
	var s string
	if len(token) > 0 && token[0] == '"' && json.Unmarshal(token, &s) == nil {
		return s
	}
	return string(token)
}

// digitRuns calls f with each run of digits, read over single spaces and
// hyphens, with Devanagari digits as their Latin ones, and with where the
// groups begin that those set apart.
func digitRuns(text string, f func(digits []byte, starts []int)) {
	var run []byte
	var starts []int
	gap := true
	for _, r := range text {
		if r >= '०' && r <= '९' {
			r += '0' - '०'
		}
		switch {
		case r >= '0' && r <= '9':
			if gap {
				starts = append(starts, len(run))
			}
			run, gap = append(run, byte(r)), false
		case (r == ' ' || r == '-') && len(run) > 0 && !gap:
			gap = true
		default:
			if len(run) >= phoneDigits {
				f(run, starts)
			}
			run, starts, gap = run[:0], starts[:0], true
		}
	}
	if len(run) >= phoneDigits {
		f(run, starts)
	}
}

// windows calls f with each stretch of whole groups that is at most so many
// digits long, and with its first group, until f has seen enough.
func windows(starts []int, end, longest int, f func(i, from, to int) (enough bool)) {
	for i, from := range starts {
		for j := i + 1; j <= len(starts); j++ {
			to := end
			if j < len(starts) {
				to = starts[j]
			}
			if to-from > longest {
				break
			}
			if f(i, from, to) {
				return
			}
		}
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
