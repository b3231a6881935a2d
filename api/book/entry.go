package book

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/geo"
	contract "kendra/mobile-contract"
)

// Entry is one numbered, immutable entry of a centre's book.
type Entry struct {
	District   int32
	Centre     string
	Seq        int64
	OpID       uuid.UUID
	Kind       string
	CaseID     uuid.UUID
	OfficerID  uuid.UUID
	PostID     uuid.UUID
	Role       string
	DeviceID   uuid.UUID
	SessionID  uuid.UUID
	DeviceSeq  int64
	DeviceAt   time.Time
	At         time.Time
	ReceivedAt time.Time
	RulesSeq   int64
	SeenBy     []uuid.UUID
	Guarded    bool
	Place      *contract.Place
	Cells      []int64
	Facts      Facts
	Flags      []geo.Flag
	Lines      []LineRef
	OpHash     [32]byte
	SealedHash [32]byte
	LeafHash   []byte
	Sig        []byte
	Sealed     []byte
	Wire       []byte

	// as stored, where an entry was read for checking, and why that is not readable
	storedFacts, storedFlags, storedLines string
	damage                                error
}

// Facts are what rules and projections need of sealed fields: booleans and
// codes, never a name, a number or a text; of an export, how many lines and which
// bytes. Keys are written in order.
type Facts map[string]any

// LineRef names a line of a register. Its fields stand in the order of the
// contract's, so that a receipt carries the very text that the leaf has.
type LineRef struct {
	No       string `json:"no"`
	Register string `json:"register"`
	Serial   int64  `json:"serial"`
	Year     int    `json:"year"`
}

func lineRef(centre, register string, year int, serial int64) LineRef {
	return LineRef{
		Register: register, Year: year, Serial: serial,
		No: fmt.Sprintf("%s/%s/%d/%05d", centre, registerMarks[register], year, serial),
	}
}

// jsonText writes a value as canonical JSON text: map keys in order, no HTML
// escapes that a phone would have to imitate.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("book: a static shape does not encode: " + err.Error())
	}
	return string(b)
}

func (e *Entry) factsText() string {
	if len(e.Facts) == 0 {
		return "{}"
	}
	return jsonText(e.Facts)
}

func (e *Entry) flagsText() string {
	if len(e.Flags) == 0 {
		return "[]"
	}
	return jsonText(e.Flags)
}

func (e *Entry) linesText() string {
	if len(e.Lines) == 0 {
		return "[]"
	}
	return jsonText(e.Lines)
}

// FactsText is the facts as the leaf has them.
func (e *Entry) FactsText() string { return e.factsText() }

// leaf is what the tree hashes of the entry.
func (e *Entry) leaf() contract.Leaf {
	return contract.Leaf{
		District: e.District, Centre: e.Centre, Seq: e.Seq, OpID: e.OpID, Kind: e.Kind, CaseID: e.CaseID,
		OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role, DeviceID: e.DeviceID, SessionID: e.SessionID,
		OpHash: e.OpHash, SealedHash: e.SealedHash, Sig: e.Sig,
		DeviceSeq: e.DeviceSeq, DeviceAt: e.DeviceAt, At: e.At, ReceivedAt: e.ReceivedAt, RulesSeq: e.RulesSeq,
		SeenBy: e.SeenBy, Guarded: e.Guarded, Cells: e.Cells,
		Facts: []byte(e.factsText()), Flags: []byte(e.flagsText()), Lines: []byte(e.linesText()),
	}
}

// wireTime is the one form of times on the wire: UTC, milliseconds.
const wireTime = "2006-01-02T15:04:05.000Z"

func wireAt(t time.Time) string { return t.UTC().Format(wireTime) }

// wireHead is the part of a feed line that comes before the body.
type wireHead struct {
	Seq        int64     `json:"seq"`
	OpID       uuid.UUID `json:"op_id"`
	Kind       string    `json:"kind"`
	At         string    `json:"at"`
	ReceivedAt string    `json:"received_at"`
	OfficerID  uuid.UUID `json:"officer_id"`
	PostID     uuid.UUID `json:"post_id"`
	Role       string    `json:"role"`
}

// wireLine builds the line that phones are given: the open view of the body,
// what is sealed by its pointer, the alias of the case. It is stored once and
// copied out as it stands.
func (e *Entry) wireLine(open json.RawMessage, sealed []string) []byte {
	head := jsonText(wireHead{
		Seq: e.Seq, OpID: e.OpID, Kind: e.Kind, At: wireAt(e.At), ReceivedAt: wireAt(e.ReceivedAt),
		OfficerID: e.OfficerID, PostID: e.PostID, Role: e.Role,
	})
	b := make([]byte, 0, len(head)+len(open)+400)
	b = append(b, head[:len(head)-1]...)
	b = append(b, `,"lines":`...)
	b = append(b, e.linesText()...)
	b = append(b, `,"cells":[`...)
	for i, c := range e.Cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `"%x"`, c)
	}
	b = append(b, ']')
	if e.Place != nil {
		b = append(b, `,"place":`...)
		b = append(b, jsonText(e.Place)...)
	}
	b = append(b, `,"body":`...)
	b = append(b, open...)
	b = append(b, `,"sealed":`...)
	if len(sealed) == 0 {
		b = append(b, "[]"...)
	} else {
		b = append(b, jsonText(sealed)...)
		b = fmt.Appendf(b, `,"alias":"A-%d"`, e.Seq)
	}
	b = append(b, `,"facts":`...)
	b = append(b, e.factsText()...)
	b = append(b, `,"flags":`...)
	b = append(b, e.flagsText()...)
	return append(b, '}')
}

// Outcomes of an op.
const (
	Entered = "entered"
	Held    = "held"
	Refused = "refused"
)

// Receipt is the answer to one op: the number it has, or why it has none.
// Entry is nil unless the outcome is entered.
type Receipt struct {
	OpID     uuid.UUID
	Outcome  string
	Repeated bool
	Centre   string
	Entry    *Entry
	OpHash   [32]byte
	WaitsFor string
	Problem  *contract.Problem
	Slip     *Slip // for the woman, of the op that registered her complaint, or for whom the squad warned

	PreviousCard *PreviousCard // of a person entry, for the leader who made it
}

// ref is what later ops of the batch may need of this entry.
func (e *Entry) ref() *entryRef {
	of, _ := e.Facts[factOf].(string)
	return &entryRef{
		Of:  of,
		Seq: e.Seq, OpID: e.OpID, CaseID: e.CaseID, Kind: e.Kind, OfficerID: e.OfficerID, At: e.At,
		SeenBy: e.SeenBy, Guarded: e.Guarded, Lines: e.Lines,
	}
}

// hasFlag tells whether the entry carries a flag.
func (e *Entry) hasFlag(code string) bool {
	return slices.ContainsFunc(e.Flags, func(f flag) bool { return f.Code == code })
}
