package contract

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func asSyntactic(err error, se **jsontext.SyntacticError) bool { return errors.As(err, se) }

// scalar reads a string, number, boolean or null and checks it.
func (w *walker) scalar(n *node, kind jsontext.Kind) error {
	val, err := w.dec.ReadValue()
	if err != nil {
		return w.syntax(err)
	}
	w.end = int(w.dec.InputOffset())
	w.start, w.text = w.end-len(val), nil
	if w.sealed && kind == '"' && (n.class != 0) && isSeal(val) {
		w.span(n)
		return nil
	}
	switch {
	case n.shape == shapeString && kind == '"':
		err = w.string(n, val)
	case n.shape == shapeInteger && kind == '0':
		err = w.int(n, val)
	case n.shape == shapeNumber && kind == '0':
		err = w.float(n, val)
	case n.shape == shapeBoolean && (kind == 't' || kind == 'f'):
		if w.flag = kind == 't'; n.onlyTrue && !w.flag {
			err = w.fail(CodeBadEnum, "")
		}
	default:
		return w.wrongType(n)
	}
	if err != nil {
		return err
	}
	if n.class != 0 {
		w.span(n)
	}
	return nil
}

func isSeal(quoted []byte) bool {
	return len(quoted) > len(SealPrefix)+1 && string(quoted[1:1+len(SealPrefix)]) == SealPrefix
}

func (w *walker) span(n *node) {
	s := Span{Pointer: w.place(n), Class: n.class, Start: w.start, End: w.end}
	if n.class == classSalt {
		w.report.Salt = s
		return
	}
	// What was sealed under a class that the field had before opens by that one.
	if text := w.raw[w.start:w.end]; w.sealed && len(text) > sealClassAt+1 && isSeal(text) && text[sealClassAt+1] == ':' {
		if c := text[sealClassAt]; c == 'V' || c == 'X' || c == 'N' {
			s.Class = c
		}
	}
	w.report.Sealed = append(w.report.Sealed, s)
}

// sealClassAt is where the class of one layer stands in a sealed token: after
// the quote, the prefix and the version.
const sealClassAt = 1 + len(SealPrefix) + len("1:")

// wrongType names the type the contract wants.
func (w *walker) wrongType(n *node) error {
	return w.fail(CodeWrongType, [...]string{"", "object", "array", "string", "integer", "number", "boolean"}[n.shape])
}

func (w *walker) string(n *node, quoted []byte) error {
	b := quoted[1 : len(quoted)-1]
	escaped := bytes.IndexByte(b, '\\') >= 0
	if escaped {
		out, err := jsontext.AppendUnquote(w.scratch[:0], quoted)
		if err != nil {
			return w.fail(CodeBadText, "")
		}
		w.scratch, b = out, out
	}
	w.text = b
	if !cleanText(b, escaped) {
		return w.fail(CodeBadText, "")
	}
	if code, detail := w.textCode(n, b); code != "" {
		return w.fail(code, detail)
	}
	if n.list != "" {
		w.report.Codes = append(w.report.Codes, CodeRef{List: n.list, Code: string(b), Pointer: w.place(n)})
	}
	if n.openText {
		w.report.OpenTexts = append(w.report.OpenTexts, TextRef{Pointer: w.place(n), Text: string(b)})
	}
	return nil
}

// textCode checks clean text against its node and keeps what it was read as.
func (w *walker) textCode(n *node, b []byte) (Code, string) {
	if n.enum != nil {
		for _, word := range n.enum {
			if word == string(b) {
				return "", ""
			}
		}
		return CodeBadEnum, ""
	}
	switch lengthCode(b, n.minLen, n.maxLen) {
	case CodeTooShort:
		return CodeTooShort, strconv.Itoa(n.minLen)
	case CodeTooLong:
		return CodeTooLong, strconv.Itoa(n.maxLen)
	}
	ok := true
	switch n.format {
	case formatUUID:
		w.id, ok = parseUUID(b)
	case formatTime:
		w.at, ok = parseTime(b)
	case formatDate:
		_, ok = parseDate(b)
	}
	if !ok || n.pattern != nil && !n.pattern.match(b) {
		return CodeBadFormat, ""
	}
	return "", ""
}

// int wants an integer as one writes it: no fraction, no exponent, no way to lose a digit.
func (w *walker) int(n *node, val []byte) error {
	if bytes.ContainsAny(val, ".eE") {
		return w.wrongType(n)
	}
	v, err := strconv.ParseInt(string(val), 10, 64)
	if err != nil || v < n.minI || v > n.maxI {
		return w.fail(CodeOutOfRange, strconv.FormatInt(n.minI, 10)+" - "+strconv.FormatInt(n.maxI, 10))
	}
	w.integer = v
	return nil
}

func (w *walker) float(n *node, val []byte) error {
	v, err := strconv.ParseFloat(string(val), 64)
	if err != nil || v < n.minF || v > n.maxF {
		return w.fail(CodeOutOfRange, strconv.FormatFloat(n.minF, 'f', -1, 64)+" - "+strconv.FormatFloat(n.maxF, 'f', -1, 64))
	}
	w.number = v
	return nil
}

// decimalMost is how many characters a number in a query may have: more than
// coordinates need.
const decimalMost = 24

// checkDecimal checks a number in a query: digits with a point, as people write
// them, without exponents, infinities and other tongues of ParseFloat.
func (n *node) checkDecimal(value string) Code {
	if value == "" || len(value) > decimalMost || strings.Trim(value, "-.0123456789") != "" {
		return CodeWrongType
	}
	switch v, err := strconv.ParseFloat(value, 64); {
	case err != nil:
		return CodeWrongType
	case v < n.minF || v > n.maxF:
		return CodeOutOfRange
	}
	return ""
}

// checkText checks a query or path parameter, which is text whatever its type.
func (n *node) checkText(value string) Code {
	b := []byte(value)
	if n.shape == shapeBoolean {
		if value != "true" && value != "false" {
			return CodeWrongType
		}
		return ""
	}
	if n.shape == shapeNumber {
		return n.checkDecimal(value)
	}
	if n.shape == shapeInteger {
		v, err := strconv.ParseInt(value, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return CodeOutOfRange
		case err != nil || strconv.FormatInt(v, 10) != value: // "+7", "007" and "-0" are ways to write a number twice
			return CodeWrongType
		case v < n.minI || v > n.maxI:
			return CodeOutOfRange
		}
		return ""
	}
	if !validText(b) {
		return CodeBadText
	}
	var w walker
	code, _ := w.textCode(n, b)
	return code
}
