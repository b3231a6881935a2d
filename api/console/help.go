package console

import "net/http"

// helpSteps are the day of the centre in its order, each with the page where it is
// done and a picture: a path in a square of 48.
//
//nolint:gochecknoglobals // a constant
var helpSteps = []helpStep{
	{"open", "/", "M8 22 24 8l16 14M12 20v20h24V20M20 40V28h8v12"},
	{"brief", "/tasks", "M16 14a5 5 0 1 0 .1 0M8 40v-6a8 8 0 0 1 16 0v6M28 12h14v12H34l-5 5v-5h-1z"},
	{"intake", "/complaints/new", "M12 6h18l8 8v28H12zM30 6v8h8M18 22h14M18 29h14M18 36h8"},
	{"slip", "/complaints", "M14 6h20v36l-5-4-5 4-5-4-5 4zM20 16h8M20 24h8"},
	{"dispatch", "/map", "M24 44C16 32 10 26 10 18a14 14 0 0 1 28 0c0 8-6 14-14 26zM24 13a5 5 0 1 0 .1 0"},
	{"act", "/complaints", "M24 6l15 6v10c0 10-6 16-15 20C15 38 9 32 9 22V12zM17 24l5 5 9-10"},
	{"calls", "/calls", "M14 8l6 10-5 4c2 6 5 9 11 11l4-5 10 6c-1 6-5 8-9 8C18 40 8 28 8 16c0-4 2-7 6-8z"},
	{"clock", "/", "M24 6a18 18 0 1 0 .1 0M24 14v10l7 5"},
	{"sign", "/returns", "M8 40h32M12 34l4-10L34 6l8 8-18 18zM30 10l8 8"},
	{"hand", "/staff", "M6 18h26l-6-6M32 18l-6 6M42 32H16l6-6M16 32l6 6"},
}

type helpStep struct{ Name, Path, Picture string }

// helpKeys are the keys that pages know.
var helpKeys = []helpKey{ //nolint:gochecknoglobals // a constant
	{"/", "find"}, {"J / K", "move"}, {"Enter", "see"}, {"D", "direct"}, {"S", "step_in"}, {"Tab", "tab"},
}

type helpKey struct{ Key, Name string }

// help explains the day.
func (p *Pages) help(x *exchange) error {
	return p.send(x, http.StatusOK, "help", "page.help", struct {
		Steps []helpStep
		Keys  []helpKey
	}{helpSteps, helpKeys})
}
