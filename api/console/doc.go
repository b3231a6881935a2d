// Package console serves the pages of the centre: what needs a hand now, the
// complaints, the tasks, the nine registers, the day and its signature.
//
// Pages are made on the server, by html/template. What a page shows it reads from
// book and staff, with the Caller of its cookie; what an officer changes is an op
// of hers, built from a form, signed by the key of her session and appended as
// every other op. So a page has no rule of its own: what a post may do is said by
// api/access.go and api/book/kinds.go, and what is wrong by the contract's
// problems.
//
//	pages.go     the table of contents: path, title, the call that a page stands for
//	session.go   log-in, log-out, the second factor again, the first setting up
//	form.go      a form: fields by the contract, one op_id, a stamp
//	rows.go      lists of objects in a form, and the columns that a district added
//	op.go        a form that comes back: op, receipt, or the form again with what is wrong
//	view.go      what all pages share: language, officer, centre, labels, dates
//	text.go      the catalogue, texts/*.yaml: each text once, in Hindi and English
//	assets.go    scripts, styles and fonts, as web/build.mjs made them
//	markers.go   the sheets of places, printed by the browser
//	ground_import.go  a file of beats or places: looked at, and entered as one
//	live.go      the one line by which open pages are told that something moved
//
// A form carries the id of the op that it will make. Sent twice, by a double
// click or a resend, it is one entry: the second time the answer is what became of
// the first (book.Own). The way back leads to an empty form with an id of its own:
// the browser keeps nothing of what was typed.
//
// Without script everything can be read, entered and signed. Scripts add: parts
// that renew themselves, the map, drafts, passkeys.
package console
