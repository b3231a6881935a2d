package staff

import (
	"strings"
	"testing"
	"time"

	contract "kendra/mobile-contract"
)

func TestAPassphraseIsRefusedForWhatIsTriedFirstAndForNothingElse(t *testing.T) {
	t.Parallel()
	own := []string{"सीता", "देवी", "Sita", "Devi", "CTK0042", "0042", "KRW", "Karwi", "कर्वी"}
	for _, good := range []string{
		"seven herons at dusk", "नदी किनारे सात बगुले शाम को", "correct horse battery staple", "tAj9 vQw2 Lm5x zR8", "पीपल तले चाय, दो कुल्हड़",
		"my 3 brothers fix bikes", "lower case only here", "ONLYUPPERCASEHERENOW", "the mission of four lanterns", "831946027558213",
		"Ünïcode ist erlaubt, ja", "खेत में मोर नाचे, मेड़ पर बकरी चरे, कुएँ पर घड़े भरें और नीम की छाँव में दादी कहानी कहे",
	} {
		if fault := passphraseFault(Secret(good), own); fault != "" {
			t.Errorf("%q: %s", good, fault)
		}
	}
	for _, short := range []string{"", "seven herons a", "बगुले शाम को न", strings.Repeat("e\u0301", 14)} {
		if fault := passphraseFault(Secret(short), own); fault != contract.CodePassphraseShort {
			t.Errorf("%q: %s", short, fault)
		}
	}
	for _, simple := range []string{
		"aaaaaaaaaaaaaaaa", "abababababababab", "passwordpassword", "Password 12345678", "123456789012345", "987654321098765", "qwertyuiopasdfgh",
		"P@ssw0rd P@ssw0rd", "iloveyou iloveyou", "mission shakti kendra", "Police@Thana#2024", "uppolice 12345678", "मिशन शक्ति केन्द्र", "जय हिन्द जय हिन्द जय हिन्द",
		"qwerty-qwerty-1234", "letmein letmein 99", "1234 1234 1234 1234", "jai shri ram jai shri ram", "abcabcabcabcabc", "superman batman 1",
	} {
		if fault := passphraseFault(Secret(simple), nil); fault != contract.CodePassphraseSimple {
			t.Errorf("%q is taken: %q", simple, fault)
		}
	}
	for _, mine := range []string{
		"seven herons of sita at dusk", "seven herons s1ta at dusk", "नदी किनारे सीता के सात बगुले", "herons over KARWI at dusk", "herons CTK-0042 at dusk",
		"herons 0042 fly at dusk", "कर्वी के पास सात बगुले उतरे",
	} {
		if fault := passphraseFault(Secret(mine), nil); fault != "" {
			t.Errorf("%q is refused to others: %s", mine, fault)
		}
		if fault := passphraseFault(Secret(mine), own); fault != contract.CodePassphraseSimple {
			t.Errorf("%q is taken of its officer", mine)
		}
	}
	words := 0
	for _, list := range common() {
		words += len(list)
	}
	if words < 3000 {
		t.Errorf("%d common words", words)
	}
}

func TestAPassphraseIsHashedAsItIsTypedWholeAndComposed(t *testing.T) {
	t.Parallel()
	s := &Service{keys: keys{passphrase: []byte(strings.Repeat("k", minKey))}, nobody: impossibleHash()}
	long := strings.Repeat("सात बगुले ", 12) // over 72 bytes, 120 characters
	hash, err := s.hashPhrase(Secret(long))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		long: true, long + " ": false, long[:len(long)-1]: false, strings.ToUpper(long) + "a": false, strings.TrimSpace(long): false,
	} {
		if right, err := s.checkPhrase(Secret(text), hash); err != nil || right != want {
			t.Errorf("%d bytes: %t, %v", len(text), right, err)
		}
	}
	composedHash, err := s.hashPhrase("caf\u00e9 by the quiet river")
	if err != nil {
		t.Fatal(err)
	}
	if right, _ := s.checkPhrase("cafe\u0301 by the quiet river", composedHash); !right {
		t.Error("what looks the same is not the same")
	}
	if right, _ := s.checkPhrase("anything at all", ""); right {
		t.Error("nobody has a passphrase")
	}
}

func TestOneTimeCodesAreThoseOfTheStandardOneStepEitherWayAndOnce(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		now := time.Unix(at, 0)
		step, ok := totpStepOf(secret, Secret(code), now, 0) // RFC 6238, appendix B
		if !ok || step != at/30 {
			t.Errorf("%d: step %d, %t", at, step, ok)
		}
		for early, want := range map[time.Duration]bool{-60 * time.Second: false, -30 * time.Second: true, 30 * time.Second: true, 60 * time.Second: false} {
			if at < 60 {
				continue // before 1970
			}
			if _, ok := totpStepOf(secret, Secret(code), now.Add(early), 0); ok != want {
				t.Errorf("%d: %s from its step: %t", at, early, ok)
			}
		}
		if _, ok := totpStepOf(secret, Secret(code), now, step); ok {
			t.Errorf("%d: twice", at)
		}
		if _, ok := totpStepOf(secret, Secret(code), now, step+1); ok {
			t.Errorf("%d: after a later one", at)
		}
	}
}
