package staff

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	contract "kendra/mobile-contract"
)

// How long a passphrase must be, in characters as Unicode counts them once they are composed (NFC).
const passphraseLeast = 15

// A passphrase is too simple with fewer different characters than this, and with less than this beside words that
// everybody tries, unless there are so many words that their choice is the secret.
const (
	passphraseDifferent = 6
	passphraseRest      = 6
	passphraseWords     = 4
)

//go:embed common.txt
var commonText string

// common are the words that passphrases are tried with first, by their first character, the longest first.
var common = sync.OnceValue(func() map[rune][][]rune {
	byFirst := map[rune][][]rune{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		if w := []rune(folded(line)); len(w) >= ownWordLeast(line) {
			byFirst[w[0]] = append(byFirst[w[0]], w)
		}
	}
	for _, list := range byFirst {
		slices.SortStableFunc(list, func(a, b []rune) int { return len(b) - len(a) })
	}
	return byFirst
})

// composed is a passphrase as it is hashed: what looks the same is the same, on whatever keyboard it was typed. Nothing
// else is changed, cut or trimmed.
func composed(passphrase Secret) string { return norm.NFC.String(string(passphrase)) }

// passphraseFault says why a passphrase is refused, or nothing. There are no rules of composition: what is refused is
// what is tried first.
func passphraseFault(passphrase Secret, own []string) contract.Code {
	text := composed(passphrase)
	if utf8.RuneCountInString(text) < passphraseLeast {
		return contract.CodePassphraseShort
	}
	for _, core := range []string{folded(text), folded(disguised.Replace(text))} {
		if guessable(core) || hasOwnWord(core, own) {
			return contract.CodePassphraseSimple
		}
	}
	return ""
}

// disguised undoes the usual replacing of letters.
var disguised = strings.NewReplacer("@", "a", "$", "s", "!", "i", "0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t")

// folded leaves letters with their marks, and digits, in lower case.
func folded(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsMark(c) || unicode.IsNumber(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, norm.NFC.String(text))
}

// ownWordLeast is from how many characters on a word is not there by chance: Hindi writes short what English writes
// long.
func ownWordLeast(word string) int {
	for _, c := range word {
		if c > unicode.MaxASCII {
			return 3
		}
	}
	return 4
}

func hasOwnWord(core string, own []string) bool {
	return slices.ContainsFunc(own, func(word string) bool {
		w := folded(word)
		return utf8.RuneCountInString(w) >= ownWordLeast(w) && strings.Contains(core, w)
	})
}

// guessable tells what is made of few characters, of a piece that comes again, or of few common words.
func guessable(core string) bool {
	text := []rune(core)
	different := map[rune]bool{}
	for _, c := range text {
		different[c] = true
	}
	if len(different) < passphraseDifferent || repeats(text) {
		return true
	}
	rest, words := 0, map[string]bool{}
	for i := 0; i < len(text); {
		if w := commonAt(text[i:]); w != nil {
			words[string(w)] = true
			i += len(w)
			continue
		}
		if rest++; !unicode.IsNumber(text[i]) {
			rest++ // a letter is worth two digits
		}
		i++
	}
	return rest < 2*passphraseRest && len(words) < passphraseWords
}

// repeats tells whether a text is the beginning of a shorter one said again and again.
func repeats(text []rune) bool {
	for n := 1; n <= len(text)*2/3; n++ {
		if slices.Equal(text[n:], text[:len(text)-n]) {
			return true
		}
	}
	return false
}

// commonAt is the longest common word that the text begins with.
func commonAt(text []rune) []rune {
	for _, w := range common()[text[0]] {
		if len(w) <= len(text) && slices.Equal(w, text[:len(w)]) {
			return w
		}
	}
	return nil
}
