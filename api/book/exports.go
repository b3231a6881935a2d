package book

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// Exports: what leaves as a file is out of everybody's hands, so it takes two. Who
// sees the lines of a register asks for them; a second officer of a post above, who
// sees them too, allows it; the first takes the file himself, for an hour. What it has
// is what the register shows him anyway: aliases, and of numbers no digit.

const (
	kindExportRead = "export.read"

	matterExport  = "export"
	matterAllowed = "allowed"

	// exportWaits is how long an ask may wait, exportFor how long the file may be
	// taken once it is allowed, exportTakes how often.
	exportWaits = 72 * time.Hour
	exportFor   = time.Hour
	exportTakes = 3

	// exportDays is the longest span of one export: a year.
	exportDays = 366

	// What the entry says of the file.
	factRows, factSHA256 = "rows", "sha256"
)

// exporters are those who see the rows of a book; exportKeepers those of them who
// have somebody below to allow something.
var (
	exporters     = []string{staff.CentreIncharge, staff.SHO, staff.CO, staff.AddlSP, staff.SP}
	exportKeepers = []string{staff.SHO, staff.CO, staff.AddlSP, staff.SP}
)

// Export is what was asked for.
type Export struct {
	Register string `json:"register"`
	From     string `json:"from"` // days (IST), both included
	To       string `json:"to"`
	State    string `json:"state,omitempty"`
	Text     string `json:"text"`
}

// exportNo is the number of an export: that of its entry in the book.
func exportNo(centre string, seq int64) string { return fmt.Sprintf("%s/%d", centre, seq) }

func needsExportAsk(*draft, *contract.ExportAsk, *needs) {}

// checkExportAsk takes an ask that can be answered.
func checkExportAsk(s *State, d *draft, b *contract.ExportAsk) error {
	switch days := int(b.To.Sub(b.From.Time).Hours()/24) + 1; {
	case s.Centre == HQ: // whose book has no register
		return refuse(contract.CodeWrongCentre, "/centre")
	case b.To.Before(b.From.Time):
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/to"))
	case days > exportDays:
		return contract.NewProblem(contract.CodeSpanTooLong, contract.WithPointer(d.ptr("/to")), contract.WithDetail(strconv.Itoa(exportDays)))
	}
	return nil
}

func applyExportAsk(s *State, e *Entry, b *contract.ExportAsk) []push.Notice {
	m := s.newMatter(e, matterExport, "")
	m.OwnerID, m.Data.Code, m.Data.Role = &e.OfficerID, b.Reason, e.Role
	m.Data.Export = &Export{Register: string(b.Register), From: b.From.String(), To: b.To.String(), Text: b.Text}
	if b.State != nil {
		m.Data.Export.State = *b.State
	}
	m.at(stepAsked, e.At)
	s.keepMatter(e, m, nil)
	return []push.Notice{s.tell(e, m.MatterID, 0, exportTold[e.Role])}
}

// exportTold is the post that is told of an ask by another: the next that may allow it.
var exportTold = map[string]string{
	staff.CentreIncharge: staff.SHO, staff.SHO: staff.CO, staff.CO: staff.SP, staff.AddlSP: staff.SP, staff.SP: staff.AddlSP,
}

func needsExportAllow(_ *draft, b *contract.ExportAllow, n *needs) { n.matter(b.AskID) }

// checkExportAllow wants an officer of a post above that of who asked, for one below
// could not well refuse; of the two posts of the district office it is the other.
func checkExportAllow(s *State, d *draft, b *contract.ExportAllow) error {
	m, err := s.standing(d, b.AskID, matterExport, "/ask_id")
	switch {
	case err != nil:
		return err
	case m.State != matterOpen:
		return refuse(contract.CodeWrongState, d.ptr("/ask_id"))
	case d.officer != *m.OwnerID && !decidesFor(d.post.Role, m.Data.Role): // himself is the table's (alone.go)
		return refuse(contract.CodeNeedsAbove, d.ptr("/ask_id"))
	case later(d.at, d.receivedAt).Sub(m.Data.Times[stepAsked]) > exportWaits:
		return refuse(contract.CodeTooOld, d.ptr("/ask_id"))
	}
	d.seenBy = append(d.seenBy, *m.OwnerID)
	return nil
}

// decidesFor tells whether a post may allow what another asks.
func decidesFor(role, asked string) bool {
	if slices.Contains(office, role) && slices.Contains(office, asked) {
		return role != asked
	}
	return slices.Index(chain, role) > slices.Index(chain, asked)
}

func applyExportAllow(s *State, e *Entry, b *contract.ExportAllow) []push.Notice {
	m := s.matterAt(b.AskID)
	m.State, m.Data.ReviewedBy = matterDeclined, &e.OfficerID
	if b.Allowed {
		m.State = matterAllowed
		m.at(stepUntil, e.At.Add(exportFor))
	}
	s.keepMatter(e, m, nil)
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, *m.OwnerID)}
}

func needsExportRead(_ *draft, b *contract.ExportRead, n *needs) { n.matter(b.AskID) }

// checkExportRead goes by the posts of now, whatever time the phone names, and takes
// the op by its own call alone, which has made the file that the entry is about.
func checkExportRead(s *State, d *draft, b *contract.ExportRead) error {
	m := s.matters.get(b.AskID)
	if m == nil || m.Kind != matterExport { // not waited for: nobody waits for its file
		return refuse(contract.CodeUnknownReference, d.ptr("/ask_id"))
	}
	if code := m.given(d.officer, d.receivedAt); code != "" {
		return refuse(code, d.ptr("/ask_id"))
	}
	if d.sheet == nil {
		return refuse(contract.CodeBadKind, "/kind")
	}
	d.caseID = m.Data.CaseID
	d.facts[factRows], d.facts[factSHA256] = strconv.Itoa(d.sheet.rows), hex.EncodeToString(d.sheet.sum[:])
	d.seenBy = append(d.seenBy, *m.Data.ReviewedBy)
	return nil
}

// given tells why an export is not given to an officer at a time; empty: it is.
func (m *Matter) given(officer uuid.UUID, at time.Time) contract.Code {
	switch {
	case !is(m.OwnerID, officer):
		return contract.CodeForbidden
	case m.State != matterAllowed:
		return contract.CodeWrongState
	case !at.Before(m.Data.Times[stepUntil]), m.Data.Done >= exportTakes:
		return contract.CodeExportOver
	}
	return ""
}

// applyExportRead counts it, and tells who allowed it.
func applyExportRead(s *State, e *Entry, b *contract.ExportRead) []push.Notice {
	m := s.matterAt(b.AskID)
	m.Data.Done++
	s.keepMatter(e, m, nil)
	return []push.Notice{s.tellOfficer(e, m.MatterID, 0, *m.Data.ReviewedBy)}
}

// ExportLine is an export as it was asked for, and what became of it.
type ExportLine struct {
	Export

	ID        uuid.UUID
	No        string
	AskedBy   uuid.UUID
	Role      string
	AskedAt   time.Time
	Reason    string
	Stands    string // open, allowed, declined
	DecidedBy *uuid.UUID
	Until     *time.Time
	Taken     int
}

// exportsMost bounds a list of exports.
const exportsMost = 50

// Exports lists the last exports of a centre for those who see its rows.
func (b *Book) Exports(ctx context.Context, who staff.Caller, centre string) (out []ExportLine, err error) {
	err = b.read(ctx, who.District, func(tx pgx.Tx) error {
		v, err := b.viewOf(ctx, tx, who, centre)
		if err != nil {
			return err
		}
		if !v.rows {
			return refusal(contract.CodeForbidden, "centre")
		}
		rows, err := tx.Query(ctx, `SELECT `+matterColumns+` FROM matters WHERE district_id = $1 AND centre = $2 AND kind = '`+matterExport+`'
			ORDER BY seq DESC LIMIT $3`, who.District, centre, exportsMost)
		if err != nil {
			return fmt.Errorf("list exports: %w", err)
		}
		list, err := pgx.CollectRows(rows, scanMatter)
		for _, m := range list {
			out = append(out, m.exportLine(centre))
		}
		return wrap(err, "list exports")
	})
	return out, err
}

func (m *Matter) exportLine(centre string) ExportLine {
	l := ExportLine{
		Export: *m.Data.Export, ID: m.MatterID, No: exportNo(centre, m.Seq), AskedBy: *m.OwnerID, Role: m.Data.Role,
		AskedAt: m.Data.Times[stepAsked], Reason: m.Data.Code, Stands: m.State, DecidedBy: m.Data.ReviewedBy, Taken: m.Data.Done,
	}
	if until, ok := m.Data.Times[stepUntil]; ok {
		l.Until = &until
	}
	return l
}
