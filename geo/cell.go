package geo

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/uber/h3-go/v4"
)

const (
	// Resolution is that of the cell by which every place is indexed.
	Resolution = 10
	// MaxRing is the widest disk that GridDisk gives: 1,261 cells.
	MaxRing = 20

	prefilterRes = 9
)

// What is wrong with a cell or a disk.
var (
	ErrBadCell = errors.New("not a cell")
	ErrRing    = errors.New("ring must be from 0 to 20")
)

// Cell is a hexagon of H3, as it stands in a bigint column. As text (String,
// JSON) it is hexadecimal: a JSON number of this size loses digits in browsers.
type Cell int64

// CellAt gives the cell of p at Resolution.
func CellAt(p Point) (Cell, error) {
	if err := p.check(); err != nil {
		return 0, err
	}
	c, err := h3.LatLngToCell(h3.LatLng{Lat: p.Lat, Lng: p.Lon}, Resolution)
	if err != nil {
		return 0, fmt.Errorf("cell of a point: %w", err)
	}
	return Cell(c), nil
}

// Parent gives the cell at the coarser resolution res to which c belongs, by
// the same bits as the SQL function does. There is none (0) when res is finer
// than c.
func (c Cell) Parent(res int) Cell {
	if res < 0 || res > c.Res() {
		return 0
	}
	return (c &^ (15 << 52)) | Cell(res)<<52 | (1<<(3*(15-res)) - 1)
}

// Res is the resolution of c, 0 to 15.
func (c Cell) Res() int { return int(c>>52) & 15 }

// Valid says whether c is a cell of H3 at all.
func (c Cell) Valid() bool { return h3.Cell(c).IsValid() }

// Center gives the middle of c.
func (c Cell) Center() (Point, error) {
	if !c.Valid() {
		return Point{}, ErrBadCell
	}
	at, err := h3.CellToLatLng(h3.Cell(c))
	if err != nil {
		return Point{}, fmt.Errorf("centre of a cell: %w", err)
	}
	return Point{Lat: at.Lat, Lon: at.Lng}, nil
}

// Boundary gives the corners of c, in their order around it.
func (c Cell) Boundary() ([]Point, error) {
	if !c.Valid() {
		return nil, ErrBadCell
	}
	corners, err := h3.CellToBoundary(h3.Cell(c))
	if err != nil {
		return nil, fmt.Errorf("boundary of a cell: %w", err)
	}
	out := make([]Point, len(corners))
	for i, at := range corners {
		out[i] = Point{Lat: at.Lat, Lon: at.Lng}
	}
	return out, nil
}

// String gives c in hexadecimal, 15 digits for a valid cell.
func (c Cell) String() string { return strconv.FormatUint(uint64(c), 16) }

// ParseCell reads what String wrote, and nothing else: no capitals, no
// leading zeros, so that one cell has one text.
func ParseCell(s string) (Cell, error) {
	n, err := strconv.ParseInt(s, 16, 64)
	if err != nil {
		return 0, ErrBadCell
	}
	c := Cell(n)
	if !c.Valid() || c.String() != s {
		return 0, ErrBadCell
	}
	return c, nil
}

// MarshalText writes c as String does.
func (c Cell) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads c as ParseCell does.
func (c *Cell) UnmarshalText(text []byte) error {
	got, err := ParseCell(string(text))
	if err != nil {
		return err
	}
	*c = got
	return nil
}

// GridDisk gives c and all cells within k steps of it, k at most MaxRing, since
// their number grows with the square of k.
func GridDisk(c Cell, k int) ([]Cell, error) {
	if k < 0 || k > MaxRing {
		return nil, ErrRing
	}
	if !c.Valid() {
		return nil, ErrBadCell
	}
	disk, err := h3.GridDisk(h3.Cell(c), k)
	if err != nil {
		return nil, fmt.Errorf("disk of a cell: %w", err)
	}
	cells := make([]Cell, len(disk))
	for i, d := range disk {
		cells[i] = Cell(d)
	}
	return cells, nil
}
