package contract_test

import (
	"errors"
	"strings"
	"testing"

	contract "kendra/mobile-contract"
)

var sig86 = strings.Repeat("A", 86)

func item(op string) string { return `{"op":` + op + `,"sig":"` + sig86 + `"}` }

func batch(items ...string) string {
	return `{"sent_at":"2026-10-05T12:15:00.000Z","items":[` + strings.Join(items, ",") + `]}`
}

func TestOneBadOpDoesNotSpoilTheBatch(t *testing.T) {
	t.Parallel()
	bad := map[string]contract.Code{
		strings.Replace(visit, `दो`, `\u0000`, 1):                          contract.CodeBadText,
		strings.Replace(visit, `दो`, "\xff", 1):                            contract.CodeBadText,
		strings.Replace(visit, `दो`, `\ud800`, 1):                          contract.CodeBadText,
		strings.Replace(visit, `"women":34`, `"women":34,"women":34`, 1):   contract.CodeDuplicateKey,
		strings.Replace(visit, `"women":34`, `"women":1e400`, 1):           contract.CodeWrongType,
		strings.Replace(visit, `["cyber","dowry"]`, nested(40), 1):         contract.CodeTooDeep,
		strings.Replace(visit, `"women":34`, `"women":34,"religion":1`, 1): contract.CodeUnknownField,
		`{}`: contract.CodeMissingField,
	}
	for op, code := range bad {
		b, err := contract.SplitBatch([]byte(batch(item(visit), " "+item(op), item(person))))
		if err != nil {
			t.Errorf("%s: the batch fell: %v", code, err)
			continue
		}
		if len(b.Items) != 3 || string(b.Items[0].Raw) != visit || string(b.Items[1].Raw) != op || string(b.Items[2].Raw) != person {
			t.Errorf("%s: the items are not what was sent", code)
		}
		for i, it := range b.Items {
			_, _, err := contract.DecodeOp(it.Raw)
			var v *contract.Violation
			switch {
			case i != 1 && err != nil:
				t.Errorf("%s: item %d fell with it: %v", code, i, err)
			case i == 1 && (!errors.As(err, &v) || v.Code != code):
				t.Errorf("got %v, want %s", err, code)
			}
		}
	}
}

func TestASignatureOfTheWrongFormIsThatOpsRefusal(t *testing.T) {
	t.Parallel()
	for _, sig := range []string{"", sig86[1:], sig86 + "A", sig86[1:] + "=", sig86[1:] + "क", sig86[1:] + `\u0041\u0041`} {
		b, err := contract.SplitBatch([]byte(batch(item(person), `{"sig":"`+sig+`","op":`+visit+`}`)))
		if err != nil {
			t.Errorf("%q: %v", sig, err)
			continue
		}
		expectViolation(t, b.Items[1].Err, contract.CodeBadSignature, "/sig")
		if b.Items[0].Err != nil || b.Items[0].Sig != sig86 {
			t.Errorf("the good one: %+v", b.Items[0])
		}
	}
}

func TestAMalformedBatchIsRefusedWhole(t *testing.T) {
	t.Parallel()
	good := batch(item(visit))
	tests := []struct {
		name, body string
		code       contract.Code
		pointer    string
	}{
		{"nothing", ``, contract.CodeBadJSON, ""},
		{"null", `null`, contract.CodeWrongType, ""},
		{"a list", `[` + good + `]`, contract.CodeWrongType, ""},
		{"a second document", good + good, contract.CodeBadJSON, ""},
		{"bytes after the end", good + "x", contract.CodeBadJSON, ""},
		{"a cut body", good[:len(good)-1], contract.CodeBadJSON, ""},
		{"cut inside an op", good[:len(good)-30], contract.CodeBadJSON, ""},
		{"a raw control character in an op", strings.Replace(good, "दो", "\x01", 1), contract.CodeBadJSON, ""},
		{"no items", `{"sent_at":"2026-10-05T12:15:00.000Z"}`, contract.CodeMissingField, "/items"},
		{"no time", `{"items":[` + item(visit) + `]}`, contract.CodeMissingField, "/sent_at"},
		{"a time that is none", strings.Replace(good, "2026-10-05T12:15", "2026-10-05 12:15", 1), contract.CodeBadFormat, "/sent_at"},
		{"an empty batch", batch(), contract.CodeTooFew, "/items"},
		{"201 items", batch(strings.Split(strings.Repeat(item(`{}`)+"|", 201), "|")[:201]...), contract.CodeTooMany, "/items"},
		{"items that are no list", `{"sent_at":"2026-10-05T12:15:00.000Z","items":{}}`, contract.CodeWrongType, "/items"},
		{"an unknown member", strings.Replace(good, `"items"`, `"centre":"KRW","items"`, 1), contract.CodeUnknownField, ""},
		{"the wrong case", strings.Replace(good, `"items"`, `"Items"`, 1), contract.CodeUnknownField, ""},
		{"items twice", strings.Replace(good, `"items"`, `"items":[{"op":{},"sig":""}],"items"`, 1), contract.CodeDuplicateKey, "/items"},
		{"an item with more", batch(strings.Replace(item(visit), `{"op"`, `{"seq":1,"op"`, 1)), contract.CodeUnknownField, "/items/0"},
		{"an item that is null", batch(item(visit), `null`), contract.CodeWrongType, "/items/1"},
		{"an op that is text", batch(item(`"x"`)), contract.CodeWrongType, "/items/0/op"},
		{"two ops in an item", batch(strings.Replace(item(visit), `{"op"`, `{"op":{},"op"`, 1)), contract.CodeDuplicateKey, "/items/0/op"},
		{"an item without signature", batch(`{"op":{}}`), contract.CodeMissingField, "/items/0/sig"},
		{"a signature that is a number", batch(`{"op":{},"sig":7}`), contract.CodeWrongType, "/items/0/sig"},
		{"100,000 levels", batch(item(`{"a":` + nested(100000) + `}`)), contract.CodeTooDeep, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := contract.SplitBatch([]byte(tt.body))
			expectViolation(t, err, tt.code, tt.pointer)
			if b.Items != nil {
				t.Error("items were given all the same")
			}
		})
	}
}

func TestTwoHundredItemsAreABatch(t *testing.T) {
	t.Parallel()
	b, err := contract.SplitBatch([]byte(batch(strings.Split(strings.Repeat(item(visit)+"|", 200), "|")[:200]...)))
	if err != nil || len(b.Items) != 200 || b.SentAt.Format(contract.TimeLayout) != "2026-10-05T12:15:00.000Z" {
		t.Errorf("%d items at %v: %v", len(b.Items), b.SentAt, err)
	}
}
