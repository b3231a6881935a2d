package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// reference is the reference data of a district as it is sent, with the ETag
// of its text, and what it was made of.
type reference struct {
	text    []byte
	etag    string
	edition book.Edition
	centres []staff.Centre
}

// references keeps the newest reference data of each district. Every phone asks
// for the same 150 kB at the beginning of a shift.
type references struct {
	mu sync.Mutex
	of map[int32]*reference
}

// reference gives what was made before, as long as rules and stations are those
// that it was made of.
func (s *server) reference(ctx context.Context, district int32) (*reference, error) {
	edition := s.Book.Edition(district) // before what it marks is read
	centres, err := s.Staff.Centres(ctx, district)
	if err != nil {
		return nil, err
	}
	s.references.mu.Lock()
	defer s.references.mu.Unlock()
	if r := s.references.of[district]; r != nil && r.edition.Holds(edition, s.Now()) && slices.EqualFunc(r.centres, centres, sameCentre) {
		return r, nil
	}
	r, err := s.writeReference(district, edition, centres)
	if err == nil {
		s.references.of[district] = r
	}
	return r, err
}

func sameCentre(a, b staff.Centre) bool {
	return a.Centre == b.Centre && a.Circle == b.Circle && a.NameHi == b.NameHi && a.NameEn == b.NameEn &&
		sameNumber(a.Lat, b.Lat) && sameNumber(a.Lon, b.Lon)
}

func sameNumber(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }

func (s *server) writeReference(district int32, edition book.Edition, centres []staff.Centre) (*reference, error) {
	out := contract.Reference{
		Lists: map[string][]contract.CodeRow{}, Labels: map[string]contract.Label{}, Helplines: []contract.Helpline{},
		Stations: []contract.Station{}, Problems: contract.ProblemTexts(),
	}
	for name, rows := range s.Book.Lists(district) {
		for _, c := range rows {
			switch name {
			case "label":
				out.Labels[c.Code] = contract.Label{Hi: c.Hi, En: c.En}
			case "helpline":
				out.Helplines = append(out.Helplines, contract.Helpline{Number: c.Code, Hi: c.Hi, En: c.En})
			default:
				out.Lists[name] = append(out.Lists[name], contract.CodeRow{Code: c.Code, Hi: c.Hi, En: c.En})
			}
		}
	}
	for code, label := range contract.FlagLabels() {
		out.Labels["flag."+code] = label
	}
	for _, c := range centres {
		st := contract.Station{Code: c.Centre, NameHi: c.NameHi, NameEn: c.NameEn, Lat: c.Lat, Lon: c.Lon}
		if c.Circle != "" {
			st.Circle = &c.Circle
		}
		out.Stations = append(out.Stations, st)
	}
	s.rules(district, &out)
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write reference: %w", err)
	}
	sum := contract.HashOp(text)
	return &reference{text: text, etag: `"` + contract.Encode(sum[:12]) + `"`, edition: edition, centres: centres}, nil
}

// rules adds limits, columns and sections of law.
func (s *server) rules(district int32, out *contract.Reference) {
	for _, l := range s.Book.Limits(district) {
		out.Limits = append(out.Limits, contract.LimitRow{
			Limit: l.Code, Register: contract.Register(l.Register), Category: orNone(l.Category), RiskLevel: orNone(l.RiskLevel),
			Starts: orNone(l.Starts), Ends: orNone(l.Ends), Months: l.Months, Seconds: l.Seconds, Ladder: l.Ladder,
			Hi: l.Hi, En: l.En, Basis: l.Basis,
		})
	}
	for _, c := range s.Book.Columns(district) {
		row := contract.ColumnRow{
			Register: contract.Register(c.Register), Column: c.Name, Type: c.Type, Class: c.Class, List: orNone(c.List), Hi: c.Hi, En: c.En,
		}
		if c.Added {
			row.Added, row.Required = &c.Added, &c.Required
		}
		out.Columns = append(out.Columns, row)
	}
	for _, t := range s.Book.TaskFields() {
		row := contract.TaskFields{TaskKind: t.TaskKind}
		for _, field := range t.Fields {
			row.Fields = append(row.Fields, "/body/"+field)
		}
		out.TaskFields = append(out.TaskFields, row)
	}
	for _, o := range s.Book.Offences(district) {
		out.Offences = append(out.Offences, contract.OffenceRow{
			Code: o.Code, Act: o.Act, Section: o.Section, OldSection: orNone(o.OldSection), Hi: o.Hi, En: o.En, IsSexual: o.IsSexual,
			IsChild: o.IsChild, Cognizable: o.Cognizable, IsGrave: o.IsGrave, ValidFrom: contract.At(o.From), ValidTo: atOrNil(o.To),
		})
	}
}

// GetReference gives code lists, stations, helplines and labels.
func (s *server) GetReference(ctx context.Context, in GetReferenceRequestObject) (GetReferenceResponseObject, error) {
	ref, err := s.reference(ctx, of(ctx).caller.District)
	if err != nil {
		return nil, err
	}
	if known := in.Params.IfNoneMatch; known != nil && strings.TrimPrefix(*known, "W/") == ref.etag {
		return GetReference304Response{}, nil
	}
	return sentReference{ref}, nil
}

// sentReference sends the text as it is kept: the generated response would write
// it anew.
type sentReference struct{ *reference }

// VisitGetReferenceResponse writes the answer.
func (r sentReference) VisitGetReferenceResponse(ctx *fiber.Ctx) error {
	ctx.Set(fiber.HeaderETag, r.etag)
	ctx.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return ctx.Status(http.StatusOK).Send(r.text)
}
