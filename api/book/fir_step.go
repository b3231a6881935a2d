package book

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

func needsFIRSign(_ *draft, b *contract.FIRSign, n *needs) { n.matter(b.FIRID) }

func checkFIRSign(s *State, d *draft, b *contract.FIRSign) error {
	m, err := s.standing(d, b.FIRID, matterFIR, "/fir_id")
	if err != nil {
		return err
	}
	if err := m.isHere(d); err != nil {
		return err
	}
	if b.SignedAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/signed_at"))
	}
	k := s.running(b.FIRID, limitEFIRSign)
	switch {
	case k == nil:
		return refuse(contract.CodeWrongState, d.ptr("/fir_id"))
	case b.SignedAt.Before(k.StartsAt):
		return refuse(contract.CodeEndedBeforeStarted, d.ptr("/signed_at"))
	}
	return nil
}

func applyFIRSign(s *State, e *Entry, b *contract.FIRSign) []push.Notice {
	m := s.matterAt(b.FIRID)
	at := earliest(b.SignedAt.UTC(), e.At)
	m.at(stepSigned, at)
	s.stop(m.MatterID, at, limitEFIRSign)
	s.keepFIR(e, m, map[string]any{"signed_at": wireAt(at)})
	return nil
}

// isHere refuses the steps of an FIR that went to another station: they belong
// to that.
func (m *Matter) isHere(d *draft) error {
	if m.State == matterTransferred {
		return refuse(contract.CodeFIRElsewhere, d.ptr("/fir_id"))
	}
	return nil
}

// standing finds an FIR or preventive action, which hangs on a complaint or
// stands by itself, and makes the entry one of its case. An officer complained of
// does not learn that there is one.
func (s *State) standing(d *draft, id uuid.UUID, kind, field string) (*Matter, error) {
	m := s.matters.get(id)
	switch {
	case m == nil:
		return nil, s.absent(d, id, field)
	case m.Kind != kind:
		return nil, refuse(contract.CodeWrongReference, d.ptr("%s", field))
	}
	if slices.Contains(m.Data.About, d.officer) {
		return nil, refuse(contract.CodeUnknownReference, d.ptr("%s", field))
	}
	if m.ComplaintID != nil && s.complaints.get(*m.ComplaintID) != nil {
		if s.complaints.get(*m.ComplaintID).accuses(d.officer) {
			return nil, refuse(contract.CodeUnknownReference, d.ptr("%s", field))
		}
		if s.declaredOf(m, d.officer) {
			return nil, refuse(contract.CodeConflictOfInterest, d.ptr("%s", field))
		}
		if _, err := s.complaint(d, *m.ComplaintID); err != nil {
			return nil, err
		}
	}
	d.caseID, d.guarded = m.Data.CaseID, d.guarded || m.Data.Guarded
	d.seenBy = append(d.seenBy, m.Data.OpenedBy)
	if m.OwnerID != nil {
		d.seenBy = append(d.seenBy, *m.OwnerID)
	}
	return m, nil
}

// Steps of an investigation that rules turn on.
const (
	stepMedical  = "medical"
	stepDeclined = "medical_declined"
	stepReport   = "medical_report"
	stepCWC      = "cwc_told"
	stepArrest   = "arrest"
	stepProgress = "progress_told"
	stepCharge   = "chargesheet"
	stepFinal    = "final_report"
	stepMoved    = "transferred"

	// Not of the list: what other entries tell.
	stepRegistered = "registered"
	stepSigned     = "signed"
	stepEnquiry    = "enquiry"
	stepSheetDue   = "chargesheet_due"
	stepIO         = "io"
)

// firResults are what steps that end an FIR here come to, if nothing else is
// said.
var firResults = map[string]string{stepCharge: "chargesheeted", stepFinal: "final_report", stepMoved: "transferred"}

// Results of an FIR that end its enquiry, or the FIR.
const (
	firInvestigated = "under_investigation"
	firCancelled    = "cancelled"
)

func needsFIRStep(_ *draft, b *contract.FIRStep, n *needs) {
	n.matter(b.FIRID)
	if b.IoBy != nil {
		n.officer(*b.IoBy)
	}
	if b.ToCentre != nil {
		n.centres = append(n.centres, *b.ToCentre)
	}
}

// investigates tells whether the officer is the investigating officer of the
// FIR: she may have any post of the station, or sit at another.
func investigates(s *State, d *draft, b *contract.FIRStep) bool {
	m := s.matters.get(b.FIRID)
	return m != nil && m.Kind == matterFIR && is(m.OwnerID, d.officer)
}

// ofTheHead refuses to the investigating officer, named in person, what the
// station decides: who investigates, and where.
func ofTheHead(s *State, d *draft, b *contract.FIRStep) error {
	switch {
	case d.post.Centre == s.Centre && slices.Contains(incharges, d.post.Role):
		return nil
	case b.Step == stepMoved:
		return refuse(contract.CodeForbidden, d.ptr("/step"))
	case b.IoBy != nil:
		return refuse(contract.CodeForbidden, d.ptr("/io_by"))
	}
	return nil
}

func checkFIRStep(s *State, d *draft, b *contract.FIRStep) error {
	if b.IoBy != nil && !s.officers[*b.IoBy] { // wrong whatever comes: it does not wait
		return refuse(contract.CodeUnknownReference, d.ptr("/io_by"))
	}
	m, err := s.standing(d, b.FIRID, matterFIR, "/fir_id")
	if err != nil {
		return err
	}
	if err := m.isHere(d); err != nil {
		return err
	}
	if err := ofTheHead(s, d, b); err != nil {
		return err
	}
	if m.State != matterOpen {
		return refuse(contract.CodeWrongState, d.ptr("/fir_id"))
	}
	if b.DoneAt.After(d.op.DeviceAt.Add(spanSlack)) {
		return refuse(contract.CodeInFuture, d.ptr("/done_at"))
	}
	if b.IoBy != nil {
		d.seenBy = append(d.seenBy, *b.IoBy)
	}
	if b.ToCentre != nil && b.Step != stepMoved {
		return refuse(contract.CodeOutcomeNotAllowed, d.ptr("/to_centre"))
	}
	switch b.Step {
	case stepMedical:
		if b.Consented == nil || !*b.Consented { // BNSS 184: with her consent
			return refuse(contract.CodeConsentRequired, d.ptr("/consented"))
		}
	case stepDeclined:
		return m.declines(d, b)
	case stepArrest:
		return arrestAtNight(d, b.DoneAt.Time, b.OfWoman, b.LeaveNo)
	case stepMoved:
		if m.Data.FromCentre != "" { // who sent it to the wrong station sends it anew
			return refuse(contract.CodeFIRReceived, d.ptr("/step"))
		}
		if b.ToCentre == nil {
			return refuse(contract.CodeZeroStation, d.ptr("/to_centre"))
		}
		if !s.centres[*b.ToCentre] || *b.ToCentre == s.Centre || *b.ToCentre == HQ {
			return refuse(contract.CodeUnknownReference, d.ptr("/to_centre"))
		}
	}
	return nil
}

// declines checks that she declined to be examined: not after she was, and not
// with her consent.
func (m *Matter) declines(d *draft, b *contract.FIRStep) error {
	if b.Consented != nil && *b.Consented {
		return refuse(contract.CodeOutcomeNotAllowed, d.ptr("/consented"))
	}
	if _, examined := m.Data.Times[stepMedical]; examined {
		return refuse(contract.CodeWrongState, d.ptr("/step"))
	}
	return nil
}

// Night is taken as 18:00 to 06:00 IST, all the year: the law says after sunset
// and before sunrise.
const nightFrom, nightTo = 18, 6

// arrestAtNight wants the magistrate's leave for the arrest of a woman at night
// (BNSS 43(5)).
func arrestAtNight(d *draft, at time.Time, woman *bool, leave *string) error {
	if woman == nil || !*woman {
		return nil
	}
	if h := at.In(ist).Hour(); (h >= nightFrom || h < nightTo) && leave == nil {
		return refuse(contract.CodeNightLeave, d.ptr("/leave_no"))
	}
	return nil
}

// firColumns are the columns of the register that steps fill.
var firColumns = map[string]string{
	"statement": "statement_at", stepMedical: "medical_at", stepDeclined: "medical_declined_at", stepCWC: "cwc_told_at", stepArrest: "arrest_at", stepProgress: "progress_told_at",
}

// did notes a step that was taken, and the column that it fills.
func (m *Matter) did(step string, at time.Time, cols map[string]any) {
	m.at(step, at)
	if name := firColumns[step]; name != "" {
		cols[name] = wireAt(at)
	}
}

// sheetDue notes the day that a step named for the charge sheet, if it did.
func (m *Matter) sheetDue(at *contract.Time, cols map[string]any) {
	if at != nil {
		m.at(stepSheetDue, at.UTC())
		cols[colSheetDue] = wireAt(at.Time)
	}
}

func applyFIRStep(s *State, e *Entry, b *contract.FIRStep) []push.Notice {
	m := s.matterAt(b.FIRID)
	at := earliest(b.DoneAt.UTC(), e.At)
	cols := map[string]any{}
	m.did(b.Step, at, cols)
	m.sheetDue(b.ChargesheetDueAt, cols)
	result := firResults[b.Step]
	if b.Result != nil {
		result = *b.Result
	}
	if result != "" {
		cols["result"], m.Data.Result = result, result
	}
	if b.ToCentre != nil {
		cols["transferred_to"], m.Data.To = *b.ToCentre, *b.ToCentre
	}
	var out []push.Notice
	if b.IoBy != nil && !is(m.OwnerID, *b.IoBy) {
		m.OwnerID, cols["io_by"] = b.IoBy, b.IoBy.String()
		m.at(stepIO, at)
		out = s.tellIO(e, m)
	}
	if b.Step == stepMoved {
		m.goes(e, cols)
	}
	s.firStep(e, m, b.Step, at)
	s.firResult(m, result, at)
	s.keepFIR(e, m, cols)
	return out
}

// firStep stops and starts what the law counts by a step.
func (s *State) firStep(e *Entry, m *Matter, step string, at time.Time) {
	switch step {
	case stepMedical:
		s.stop(m.MatterID, at, limitMedical)
		if m.Data.IsGrave {
			s.start(m.about(staff.SHO), limitMedicalReport, at)
		}
	case stepDeclined: // nobody is late with what she does not want; she may still consent
		s.stop(m.MatterID, at, limitMedical)
	case stepReport:
		s.stop(m.MatterID, at, limitMedicalReport)
	case stepCWC:
		s.stop(m.MatterID, at, limitCWC)
	case stepArrest:
		s.arrested(e, m)
	case stepProgress:
		s.stop(m.MatterID, at, limitProgress)
		s.start(m.about(staff.SHO), limitProgress, at)
	case stepCharge, stepFinal:
		s.stop(m.MatterID, at)
		m.State = matterOver
	case stepMoved:
		s.stop(m.MatterID, at)
	}
}

// firResult ends the preliminary enquiry when the investigation is said to be on
// (BNSS 173(3)), and the FIR when it is cancelled.
func (s *State) firResult(m *Matter, result string, at time.Time) {
	switch result {
	case firInvestigated:
		m.at(stepEnquiry, at)
		s.stop(m.MatterID, at, limitFIREnquiry)
	case firCancelled:
		s.stop(m.MatterID, at)
		if m.State == matterOpen {
			m.State = matterOver
		}
	}
}
