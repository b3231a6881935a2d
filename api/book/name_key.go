package book

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// How a name sounds, so that it is known again however it is written: in Hindi or
// Latin letters, with or without a nukta, with long or short i and u, a nasal as a
// dot or as a letter. Only whole words are compared, and the sound is for nothing but
// that: it finds more than a person would, never less of what she would call the same.

// shortWord is from how many letters on a word is compared: shorter ones are in
// every sentence.
const shortWord = 3

// plainWords stand in names and say nothing of who it is: forms of address, and
// the second names that half of a village has. By their sound.
var plainWords = soundsOf(`श्री श्रीमती श्रीमति सुश्री कुमारी कुमार देवी बाई बेगम खातून खातुन बानो बीबी बेटी बेटा पुत्री पुत्र पत्नी पति
	माता पिता सिंह लाल प्रसाद जी साहब मोहम्मद महिला लड़की बालिका नाम पीड़िता शिकायतकर्ता अज्ञात निवासी ग्राम
	Shri Smt Shrimati Sushri Kumari Kumar Devi Bai Begum Begam Khatoon Bano Bibi Singh Sinh Lal Prasad Mohammad Mohammed Mohd
	Miss Mrs Wife Husband Daughter Son Woman Girl Victim Name Unknown`)

func soundsOf(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[sound(w)] = true
	}
	return out
}

// nameSounds are the sounds of the words of a text that a name can be known by.
func nameSounds(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words(text) {
		if len([]rune(w)) < shortWord {
			continue
		}
		if s := sound(w); len(s) > 1 && !plainWords[s] {
			out[s] = true
		}
	}
	return out
}

// words are the runs of letters of a text, composed and in small letters. Joiners
// have no sound and part no word.
func words(text string) []string {
	text = strings.Map(func(r rune) rune {
		if r == '\u200c' || r == '\u200d' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(text))
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}

// What Hindi letters sound like in Latin ones; after a consonant of nagariFirm comes
// an a that is not written. Vowels by their letters and by their signs.
var (
	nagariFirm = map[rune]string{
		'क': "k", 'ख': "kh", 'ग': "g", 'घ': "gh", 'ङ': "n", 'च': "ch", 'छ': "ch", 'ज': "j", 'झ': "jh", 'ञ': "n",
		'ट': "t", 'ठ': "th", 'ड': "d", 'ढ': "dh", 'ण': "n", 'त': "t", 'थ': "th", 'द': "d", 'ध': "dh", 'न': "n", 'ऩ': "n",
		'प': "p", 'फ': "f", 'ब': "b", 'भ': "bh", 'म': "m", 'य': "y", 'र': "r", 'ऱ': "r", 'ल': "l", 'ळ': "l", 'ऴ': "l",
		'व': "v", 'श': "s", 'ष': "s", 'स': "s", 'ह': "h",
	}
	nagariVowel = map[rune]string{
		'अ': "a", 'आ': "a", 'इ': "i", 'ई': "i", 'उ': "u", 'ऊ': "u", 'ऋ': "ri", 'ए': "e", 'ऐ': "e", 'ओ': "o", 'औ': "o", 'ऑ': "o", 'ऍ': "e",
		'ा': "a", 'ि': "i", 'ी': "i", 'ु': "u", 'ू': "u", 'ृ': "ri", 'े': "e", 'ै': "e", 'ो': "o", 'ौ': "o", 'ॉ': "o", 'ॅ': "e",
		'ं': "n", 'ँ': "n", 'ः': "",
	}
)

// latinSame are spellings of one sound in Latin letters; the longer ones first.
var latinSame = strings.NewReplacer(
	"chh", "ch", "sh", "s", "ph", "f", "aa", "a", "ee", "i", "ii", "i", "oo", "u", "uu", "u", "ai", "e", "ay", "e", "ei", "e", "ou", "o",
	"au", "o", "ow", "o", "w", "v", "z", "j", "q", "k", "x", "ks", "ck", "k",
)

// sound is how a word sounds. The a that Hindi does not write is left out within a
// word, in both scripts, and with it every other a there but the first: कमला, Kamla and
// Kamala are one. One at the end tells कमला from कमल, and stays.
func sound(word string) string {
	var s strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(word)) {
		switch {
		case nagariFirm[r] != "":
			s.WriteString(nagariFirm[r])
		case nagariVowel[r] != "":
			s.WriteString(nagariVowel[r])
		case r >= 'a' && r <= 'z':
			s.WriteRune(r)
		}
	}
	out := latinSame.Replace(s.String())
	var b []byte
	for i := range len(out) {
		c := out[i]
		if c == 'm' && i+1 < len(out) && strings.IndexByte("pbfm", out[i+1]) >= 0 {
			c = 'n' // चम्पा and चंपा
		}
		if c == 'a' && i > 0 && i < len(out)-1 || len(b) > 0 && b[len(b)-1] == c {
			continue
		}
		b = append(b, c)
	}
	return string(b)
}
