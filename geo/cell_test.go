package geo

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

func TestStationsLieInValidCellsOfResolutionTen(t *testing.T) {
	t.Parallel()
	for _, s := range stations() {
		c, err := CellAt(s.at)
		if err != nil {
			t.Fatalf("%s: %v", s.code, err)
		}
		if !c.Valid() || c.Res() != Resolution {
			t.Errorf("%s: cell %v valid %v at %d", s.code, c, c.Valid(), c.Res())
		}
		if back, err := ParseCell(c.String()); err != nil || back != c {
			t.Errorf("%s: %s reads as %v, %v", s.code, c, back, err)
		}
		middle, err := c.Center()
		if err != nil || Distance(middle, s.at) > cell10Reach {
			t.Errorf("%s: %.0f m from the middle of its cell, %v", s.code, Distance(middle, s.at), err)
		}
	}
}

func TestACellHasNoFinerParent(t *testing.T) {
	t.Parallel()
	c, err := CellAt(karwi())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Parent(10); got != c {
		t.Errorf("parent at its own resolution is %v, want %v", got, c)
	}
	for _, res := range []int{-1, 11, 15, 16, math.MaxInt} {
		if got := c.Parent(res); got != 0 {
			t.Errorf("parent at %d is %v", res, got)
		}
	}
	if Cell(0).Valid() || Cell(-1).Valid() || Cell(math.MaxInt64).Valid() {
		t.Error("0, -1 or the largest number is a cell")
	}
}

func TestTextThatIsNotExactlyACellIsRefused(t *testing.T) {
	t.Parallel()
	c, err := CellAt(karwi())
	if err != nil {
		t.Fatal(err)
	}
	good := c.String()
	for _, bad := range []string{"", "0", "8a", "+" + good, "-" + good, "0" + good, " " + good, good + " ", good + "0",
		"0x" + good, "8A" + good[2:], "ffffffffffffffff", "7fffffffffffffff", "karwi", good[:14] + "_"} {
		if got, err := ParseCell(bad); !errors.Is(err, ErrBadCell) {
			t.Errorf("%q reads as %v, %v", bad, got, err)
		}
	}
}

func TestACellIsHexadecimalInJSON(t *testing.T) {
	t.Parallel()
	c, err := CellAt(karwi())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]Cell{c})
	if err != nil || string(text) != `["`+c.String()+`"]` {
		t.Fatalf("%s, %v", text, err)
	}
	var back []Cell
	if err := json.Unmarshal(text, &back); err != nil || back[0] != c {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`["8a"]`), &back); !errors.Is(err, ErrBadCell) {
		t.Errorf("a bad cell reads with %v", err)
	}
}

func TestADiskIsCappedAtTwentySteps(t *testing.T) {
	t.Parallel()
	c, err := CellAt(karwi())
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[int]int{0: 1, 1: 7, 2: 19, 20: 1261} {
		disk, err := GridDisk(c, k)
		if err != nil || len(disk) != want {
			t.Errorf("disk %d has %d cells, %v, want %d", k, len(disk), err, want)
		}
	}
	for _, k := range []int{-1, 21, math.MaxInt} {
		if _, err := GridDisk(c, k); !errors.Is(err, ErrRing) {
			t.Errorf("disk %d: %v", k, err)
		}
	}
	if _, err := GridDisk(7, 1); !errors.Is(err, ErrBadCell) {
		t.Errorf("disk of no cell: %v", err)
	}
	if _, err := Cell(7).Center(); !errors.Is(err, ErrBadCell) {
		t.Errorf("middle of no cell: %v", err)
	}
}

func TestTheBoundaryOfACellGoesAroundItsMiddle(t *testing.T) {
	t.Parallel()
	for _, s := range stations() {
		c, err := CellAt(s.at)
		if err != nil {
			t.Fatal(err)
		}
		corners, err := c.Boundary()
		if err != nil || len(corners) < 5 {
			t.Fatalf("%s: %d corners, %v", s.code, len(corners), err)
		}
		area, err := NewArea([][][]Point{{append(corners, corners[0])}})
		if err != nil {
			t.Fatal(err)
		}
		if middle, err := c.Center(); err != nil || !area.Contains(middle) {
			t.Errorf("%s: %v is not within, %v", s.code, middle, err)
		}
	}
	if _, err := Cell(1).Boundary(); !errors.Is(err, ErrBadCell) {
		t.Errorf("no cell: %v", err)
	}
}
