package staff

import "testing"

func TestACacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](10)
	for i := range 1000 {
		c.keep(i, i)
		if v, ok := c.find(0); !ok || v != 0 {
			t.Fatalf("forgot the value in use after %d others", i)
		}
		if n := len(c.young) + len(c.old); n > 20 {
			t.Fatalf("%d values", n)
		}
	}
	if _, ok := c.find(500); ok {
		t.Fatal("remembers what nobody used")
	}
	c.drop(0)
	if _, ok := c.find(0); ok {
		t.Fatal("remembers what was dropped")
	}
	c.keep(1, 1)
	c.clear()
	if _, ok := c.find(1); ok {
		t.Fatal("remembers after clearing")
	}
}

func TestKeysMustBeLongEnough(t *testing.T) {
	t.Parallel()
	if _, err := New(nil, Options{}); err == nil {
		t.Fatal("a service without keys")
	}
}
