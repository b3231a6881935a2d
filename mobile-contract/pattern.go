package contract

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// pattern matches a whole text. The patterns of the contract are runs of ASCII classes; those are matched by tables,
// for a regular expression costs more than all else there is to check in an id. Others fall back to regexp.
type pattern struct {
	atoms []atom
	re    *regexp.Regexp // nil when atoms serve
}

// atom is a class of ASCII bytes, min to max of them in a row.
type atom struct {
	set      [2]uint64
	min, max int
}

func (a *atom) has(c byte) bool { return c < utf8.RuneSelf && a.set[c>>6]&(1<<(c&63)) != 0 }

func compilePattern(text string) (*pattern, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	if atoms, ok := atomsOf(tree); ok {
		return &pattern{atoms: atoms}, nil
	}
	return &pattern{re: re}, nil
}

// match reports whether all of b fits.
func (p *pattern) match(b []byte) bool {
	if p.re != nil {
		return p.re.Match(b)
	}
	i := 0
	for k := range p.atoms {
		a := &p.atoms[k]
		from := i
		for i < len(b) && i-from < a.max && a.has(b[i]) {
			i++
		}
		if i-from < a.min {
			return false
		}
	}
	return i == len(b)
}

// atomsOf turns ^ class{m,n} class ... $ into atoms. Taking as many as fit is right only where the next class cannot
// begin with what this one takes, so any other pattern is refused.
func atomsOf(tree *syntax.Regexp) ([]atom, bool) {
	if tree.Op != syntax.OpConcat || len(tree.Sub) < 3 ||
		tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[len(tree.Sub)-1].Op != syntax.OpEndText {
		return nil, false
	}
	var out []atom
	for _, sub := range tree.Sub[1 : len(tree.Sub)-1] {
		more, ok := atomsOfPart(sub)
		if !ok {
			return nil, false
		}
		out = append(out, more...)
	}
	for i := range len(out) - 1 {
		a, b := &out[i], &out[i+1]
		if a.min != a.max && (b.min == 0 || a.set[0]&b.set[0] != 0 || a.set[1]&b.set[1] != 0) {
			return nil, false
		}
	}
	return out, true
}

func atomsOfPart(re *syntax.Regexp) ([]atom, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		var out []atom
		for _, r := range re.Rune {
			a, ok := classAtom([]rune{r, r})
			if !ok || re.Flags&syntax.FoldCase != 0 {
				return nil, false
			}
			out = append(out, a)
		}
		return out, true
	case syntax.OpCharClass:
		a, ok := classAtom(re.Rune)
		return []atom{a}, ok
	case syntax.OpRepeat, syntax.OpPlus:
		inner, ok := atomsOfPart(re.Sub[0])
		if !ok || len(inner) != 1 || re.Flags&syntax.NonGreedy != 0 {
			return nil, false
		}
		inner[0].min, inner[0].max = re.Min, re.Max
		if re.Op == syntax.OpPlus {
			inner[0].min, inner[0].max = 1, -1
		}
		if inner[0].max < 0 {
			inner[0].max = int(^uint(0) >> 1)
		}
		return inner, true
	}
	return nil, false
}

func classAtom(pairs []rune) (atom, bool) {
	a := atom{min: 1, max: 1}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] >= utf8.RuneSelf { //nolint:gosec // they come in twos
			return a, false
		}
		for r := pairs[i]; r <= pairs[i+1]; r++ { //nolint:gosec // they come in twos
			a.set[r>>6] |= 1 << (r & 63)
		}
	}
	return a, true
}
