package book

import "testing"

func TestANameSoundsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"सुनीता", "सुनिता", "Sunita", "SUNEETA", "Suneetaa"},
		{"कमला", "Kamla", "Kamala", "kamlaa"},
		{"पूजा", "पुजा", "Pooja", "Puja"},
		{"चम्पा", "चंपा", "चँपा", "Champa"},
		{"फ़रज़ाना", "फरजाना", "Farzana", "Pharjana"},
		{"रुख़साना", "रुखसाना", "Rukhsana"},
		{"वैशाली", "Vaishali", "Waishaali"},
		{"आशा", "Asha", "Aasha"},
		{"संध्या", "सन्ध्या", "Sandhya"},
		{"ऋचा", "रिचा", "Richa"},
		{"राधा", "Radha", "Raadha"},
		{"ज़ैनब", "Zainab"},
	} {
		for _, w := range same[1:] {
			if sound(w) != sound(same[0]) {
				t.Errorf("%s sounds like %q, %s like %q", same[0], sound(same[0]), w, sound(w))
			}
		}
	}
	for _, other := range [][2]string{
		{"कमला", "कमल"}, {"सीता", "गीता"}, {"सीता", "sit"}, {"राधा", "रीता"}, {"रानी", "रानीपुर"}, {"Mina", "main"}, {"राम", "रमा"},
	} {
		if sound(other[0]) == sound(other[1]) {
			t.Errorf("%s and %s sound the same: %q", other[0], other[1], sound(other[0]))
		}
	}
}

func TestWordsThatAreInEveryNameSayNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"श्रीमती देवी", "कुमारी", "Smt. Devi", "पुत्री", "ओम", "", "123", "सिंह", "Kumari Begum"} {
		if got := nameSounds(name); len(got) != 0 {
			t.Errorf("%q is known by %v", name, got)
		}
	}
	if got := nameSounds("श्रीमती सुनी\u200dता देवी (पत्नी रामलाल)"); len(got) != 2 || !got[sound("Sunita")] || !got[sound("Ramlal")] {
		t.Errorf("known by %v", got)
	}
}
