package book

import (
	"time"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// Limits of an FIR.
const (
	limitEFIRSign      = "efir_sign"
	limitFIREnquiry    = "fir_enquiry"
	limitMedical       = "medical"
	limitMedicalReport = "medical_report"
	limitCWC           = "cwc"
	limitInvestigation = "investigation"
	limitProgress      = "progress"
)

// firLimits are the limits that the law counts from what the entry of an FIR
// says, and the steps that meet them.
var firLimits = []struct{ code, met string }{
	{limitEFIRSign, stepSigned}, {limitFIREnquiry, stepEnquiry}, {limitMedical, stepMedical}, {limitMedicalReport, stepReport},
	{limitCWC, stepCWC}, {limitInvestigation, ""}, {limitProgress, stepProgress},
}

// owes says from when on the limits of an FIR run, in an entry of now.
func (m *Matter) owes(b *contract.FIRRegister, now time.Time) map[string]time.Time {
	at := earliest(m.registeredAt(b), now)
	out := map[string]time.Time{limitProgress: at}
	if b.IsElectronic != nil && *b.IsElectronic && b.SignedAt == nil {
		out[limitEFIRSign] = at
	}
	if b.Enquiry != nil && *b.Enquiry {
		out[limitFIREnquiry] = at
	}
	if m.Data.IsChild {
		out[limitCWC] = at
	}
	if !m.Data.IsGrave {
		return out
	}
	out[limitInvestigation], out[limitMedical] = at, at
	examined, done := m.Data.Times[stepMedical]
	if b.MedicalAt != nil {
		examined, done = b.MedicalAt.UTC(), true
	}
	if _, declined := m.Data.Times[stepDeclined]; declined {
		delete(out, limitMedical)
	}
	if done {
		delete(out, limitMedical)
		out[limitMedicalReport] = earliest(examined, now)
	}
	return out
}

// registeredAt is when an FIR was registered: for one that came from another
// station, when it was there, whenever it got its number here.
func (m *Matter) registeredAt(b *contract.FIRRegister) time.Time {
	if was, known := m.Data.Times[stepRegistered]; known && m.Data.FromCentre != "" {
		return was
	}
	return b.RegisteredAt.UTC()
}

// countFIR lets run what the law counts from the registration, as the entry now
// says it; what was met before stays met.
func (s *State) countFIR(e *Entry, m *Matter, b *contract.FIRRegister) {
	owed := m.owes(b, e.At)
	was, again := m.Data.Times[stepRegistered]
	m.at(stepRegistered, m.registeredAt(b))
	for _, l := range firLimits {
		at, runs := owed[l.code]
		_, met := m.Data.Times[l.met]
		k := s.running(m.MatterID, l.code)
		moved := again && !was.Equal(m.registeredAt(b))
		if l.code == limitMedicalReport {
			moved = k != nil && !k.StartsAt.Equal(at.Truncate(time.Millisecond))
		}
		if k != nil && (!runs || !met && moved) {
			s.stop(m.MatterID, e.At, l.code)
			k = nil
		}
		if runs && !met && k == nil {
			s.start(m.about(staff.SHO), l.code, at)
		}
	}
}

// keepFIR keeps an FIR with the day on which its charge sheet is due: two months
// from the registration, unless a step named another.
func (s *State) keepFIR(e *Entry, m *Matter, cols map[string]any) {
	m.DueAt = s.dueOf(m.MatterID)
	s.keepMatter(e, m, cols)
	s.onComplaint(e, m)
	if _, named := m.Data.Times[stepSheetDue]; named {
		return
	}
	if k := s.latest(m.MatterID, limitInvestigation); k != nil && (k.StoppedAt == nil || m.State != matterOpen) {
		s.fill(m.line(), func(*Line) {}, map[string]any{colSheetDue: wireAt(k.DueAt)})
	} else if l := s.lines.get(m.line()); l != nil && l.Cols[colSheetDue] != nil {
		s.fill(m.line(), func(*Line) {}, map[string]any{colSheetDue: nil})
	}
}

// colSheetDue is the column of the day on which the charge sheet is due.
const colSheetDue = "chargesheet_due_at"
