package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	contract "kendra/mobile-contract"
)

// keptForm is a form that came when no session was open, or whose post was
// refused for want of one: its address and its fields, in the page and nowhere
// else. It goes on by the button of the next page.
type keptForm struct {
	Path   string
	Fields []keptField
}

type keptField struct{ Name, Value string }

// The fields that are of a page and not of its form: the next page has its own.
var notKept = map[string]bool{ //nolint:gochecknoglobals // a constant
	"csrf": true, "code": true, "passphrase": true, "officer_no": true, "district": true, "kept": true,
}

// keptOf reads the form of a request. One that was kept already says where it
// goes in its field "kept".
func keptOf(x *exchange) *keptForm {
	if x.c.Method() != fiber.MethodPost {
		return nil
	}
	k := &keptForm{Path: within(x.c.FormValue("kept"))}
	if x.c.FormValue("kept") == "" {
		k.Path = within(x.c.Path())
	}
	if !kept(k.Path) {
		return nil
	}
	x.c.Context().PostArgs().VisitAll(func(name, value []byte) {
		if !notKept[string(name)] {
			k.Fields = append(k.Fields, keptField{string(name), string(value)})
		}
	})
	return k
}

// kept tells whether what is sent to a path goes on after a log-in.
func kept(path string) bool {
	return strings.HasPrefix(path, Root+"/ops/") || path == Root+"/search" ||
		strings.HasPrefix(path, Root+"/complaints/") && strings.HasSuffix(path, "/read")
}

// districtOf reads the district of a log-in.
func districtOf(s string) (int32, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil || n < 1 {
		return 0, contract.NewProblem(contract.CodeBadFormat, contract.WithPointer("/district"))
	}
	return int32(n), nil
}

// digits leaves of a one-time code what is typed with spaces.
func digits(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), " ", "") }
