package staff

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of file that can be imported, in the order in which they stand on each other.
const (
	KindCircles  = "circles"
	KindStations = "stations"
	KindOfficers = "officers"
	KindSquads   = "squads"
	KindBeats    = "beats"
	KindPosts    = "posts"
)

// ImportKinds are all of them, in that order.
var ImportKinds = []string{KindCircles, KindStations, KindOfficers, KindSquads, KindBeats, KindPosts}

// importMax bounds a file.
const importMax = 32 << 20

// LineError says what is wrong where in a file. Column is empty when the whole line is meant.
type LineError struct {
	Kind   string
	Line   int
	Column string
	Text   string
}

// Error is "stations line 3, circle: ...".
func (e LineError) Error() string {
	at := fmt.Sprintf("%s line %d", e.Kind, e.Line)
	if e.Column != "" {
		at += ", " + e.Column
	}
	return at + ": " + e.Text
}

// Import is a file that has been read and fits its kind.
type Import struct {
	Kind string
	rows []importRow
}

// Len is the number of rows.
func (i Import) Len() int { return len(i.rows) }

// importRow is a line's values in the order of the kind's columns, in the one form in which they are compared.
type importRow struct {
	line   int
	values []string
}

// ParseImport reads a file of a kind: CSV in UTF-8 with the names of the columns in the first line, in any order. It
// tells everything that is wrong, not only the first.
func ParseImport(kind string, r io.Reader) (Import, []LineError) {
	t, ok := sheets()[kind]
	if !ok {
		return Import{}, []LineError{{Kind: kind, Line: 1, Text: "no such kind; one of " + strings.Join(ImportKinds, ", ")}}
	}
	p := &importParser{sheet: t, kind: kind, first: map[string]int{}}
	if err := p.parse(r); err != nil {
		p.wrong(p.line, "", err.Error())
	}
	if len(p.errs) > 0 {
		return Import{}, p.errs
	}
	return Import{Kind: kind, rows: p.rows}, nil
}

type importParser struct {
	sheet sheet
	kind  string
	order []int // of the file's columns in the sheet's; -1 is none
	line  int
	first map[string]int // key -> line
	rows  []importRow
	errs  []LineError
}

func (p *importParser) wrong(line int, column, text string) {
	p.errs = append(p.errs, LineError{Kind: p.kind, Line: line, Column: column, Text: text})
}

var errNotUTF8 = errors.New("not UTF-8: save the file as CSV UTF-8")

func (p *importParser) parse(r io.Reader) error {
	p.line = 1
	data, err := io.ReadAll(io.LimitReader(r, importMax+1))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if len(data) > importMax {
		return fmt.Errorf("the file is longer than %d bytes", importMax)
	}
	if !utf8.Valid(data) {
		p.line += strings.Count(string(data[:firstInvalid(data)]), "\n")
		return errNotUTF8
	}
	text := strings.TrimPrefix(string(data), "\ufeff") // spreadsheets begin a file with it
	c := csv.NewReader(strings.NewReader(text))
	c.FieldsPerRecord = -1
	for head := true; ; head = false {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			if head {
				return errors.New("the file is empty; the first line names the columns")
			}
			return nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			p.line = broken.Line
			return broken.Err
		}
		if err != nil {
			return err
		}
		p.line, _ = c.FieldPos(0)
		if head {
			if !p.head(record) {
				return nil
			}
			continue
		}
		p.row(record)
	}
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// head finds the sheet's columns in the first line.
func (p *importParser) head(record []string) bool {
	p.order = make([]int, len(record))
	seen := map[string]bool{}
	for i, name := range record {
		name = strings.ToLower(strings.TrimSpace(name))
		p.order[i] = slices.IndexFunc(p.sheet.columns, func(c column) bool { return c.name == name })
		if p.order[i] < 0 {
			p.wrong(p.line, name, "no such column; the columns are "+p.sheet.names())
		} else if seen[name] {
			p.wrong(p.line, name, "the column stands twice")
		}
		seen[name] = true
	}
	for _, c := range p.sheet.columns {
		if !seen[c.name] && !c.optional {
			p.wrong(p.line, c.name, "the column is missing")
		}
	}
	return len(p.errs) == 0
}

func (p *importParser) row(record []string) {
	if len(record) != len(p.order) {
		p.wrong(p.line, "", fmt.Sprintf("%d values for %d columns", len(record), len(p.order)))
		return
	}
	row := importRow{line: p.line, values: make([]string, len(p.sheet.columns))}
	for i, value := range record {
		row.values[p.order[i]] = strings.TrimSpace(value)
	}
	before := len(p.errs)
	for i, c := range p.sheet.columns {
		value, err := c.read(row.values[i])
		if err != nil {
			p.wrong(p.line, c.name, err.Error())
			continue
		}
		row.values[i] = value
	}
	if len(p.errs) > before {
		return
	}
	if p.sheet.check != nil {
		if column, err := p.sheet.check(row.values); err != nil {
			p.wrong(p.line, column, err.Error())
			return
		}
	}
	key := p.sheet.keyOf(row.values)
	if line, ok := p.first[key]; ok {
		p.wrong(p.line, p.sheet.columns[p.sheet.key[0]].name, fmt.Sprintf("the same as in line %d", line))
		return
	}
	p.first[key] = p.line
	p.rows = append(p.rows, row)
}

// isName reports whether a text can be shown as a name: 1 to limit characters, none of them invisible.
func isName(text string, limit int) bool {
	n := utf8.RuneCountInString(text)
	return n >= 1 && n <= limit && text == strings.TrimSpace(text) && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, unicode.IsControl)
}
