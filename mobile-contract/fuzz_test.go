package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/fuzztest"
)

// oracle is kin-openapi reading the same contract: slower, and lax where JSON is, but made by others.
type oracle struct{ op *openapi3.Schema }

func newOracle(t testing.TB) oracle {
	return oracle{document(t).Components.Schemas["Op"].Value}
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

// uuids teaches the oracle the format, which it leaves unchecked by itself.
type uuids struct{}

func (uuids) Validate(s string) error {
	if !uuidForm.MatchString(s) {
		return errors.New("not a uuid")
	}
	return nil
}

func (o oracle) accepts(raw []byte) bool {
	var v any
	return json.Unmarshal(raw, &v) == nil && o.op.VisitJSON(v, openapi3.WithStringFormatValidator("uuid", uuids{})) == nil
}

// mayDiffer tells why the strict checker may refuse what the oracle takes: it reads integers as they are written, and
// days as the calendar has them.
func mayDiffer(v *contract.Violation) bool {
	switch v.Code {
	case contract.CodeBadText, contract.CodeTooDeep:
		return true
	case contract.CodeWrongType:
		return v.Detail == "integer"
	case contract.CodeBadFormat:
		last := v.Pointer[strings.LastIndexByte(v.Pointer, '/')+1:]
		return strings.HasSuffix(last, "_at") || slices.Contains([]string{"from", "to", "until"}, last)
	}
	return false
}

func FuzzDecodeOp(f *testing.F) {
	var seeds []string
	for _, raw := range examples(f) {
		seeds = append(seeds, string(raw))
	}
	slices.Sort(seeds)
	fuzztest.Bytes(f, seeds...)
	for _, s := range []string{visit, person, `{}`, `null`, `{"kind":"task.see"}`, `{"kind":"visit.record","body":{"women":1e400}}`, strings.Replace(visit, "दो", `\ud800`, 1)} {
		f.Add([]byte(s))
	}
	o, codes := newOracle(f), contract.Codes()
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		op, report, err := contract.DecodeOp(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("the bytes have been changed")
		}
		if err == nil {
			if !o.accepts(raw) && !astral(raw) {
				t.Error("the strict checker takes what the oracle refuses")
			}
			wholeOp(t, op, report)
			return
		}
		var v *contract.Violation
		if !errors.As(err, &v) || !slices.Contains(codes, v.Code) {
			t.Fatalf("refused with %v", err)
		}
		if jsontext.Value(raw).IsValid() && o.accepts(raw) && !mayDiffer(v) && !astral(raw) {
			t.Errorf("the oracle takes it, the strict checker says %v", v)
		}
		if _, _, err := contract.DecodeSealedOp(raw); err != nil && !errors.As(err, &v) {
			t.Errorf("refused with %v", err)
		}
	})
}

// astral reports characters beyond the basic plane, of which the oracle counts two for one.
func astral(raw []byte) bool {
	return bytes.ContainsFunc(raw, func(r rune) bool { return r > 0xffff }) || bytes.Contains(raw, []byte(`\u`))
}

// wholeOp checks what a decoded op promises.
func wholeOp(t *testing.T, op *contract.Op, report contract.Report) {
	t.Helper()
	end := 0
	for _, s := range report.Sealed {
		if s.Start < end || s.End <= s.Start || s.End > len(op.Raw) || !jsontext.Value(op.Raw[s.Start:s.End]).IsValid() || !strings.HasPrefix(s.Pointer, "/body/") {
			t.Fatalf("span %+v of %d bytes", s, len(op.Raw))
		}
		end = s.End
	}
	view := contract.OpenView(op.Body, op.BodySpans(report.Sealed))
	if !json.Valid(view) {
		t.Fatalf("the open view is no JSON: %s", view)
	}
	decode, ok := bodies[op.Kind]
	if !ok {
		t.Fatalf("no type for %s", op.Kind)
	}
	for _, b := range [][]byte{op.Body, view} {
		if err := decode(b); err != nil {
			t.Errorf("%s: passed, but its type cannot take it: %v", op.Kind, err)
		}
	}
}

func typed[T any](raw []byte) error {
	_, err := contract.DecodeBody[T](raw)
	return err
}

var bodies = map[contract.Kind]func([]byte) error{
	contract.KindComplaintOpen:      typed[contract.ComplaintOpen],
	contract.KindComplaintReceive:   typed[contract.ComplaintReceive],
	contract.KindComplaintRegister:  typed[contract.ComplaintRegister],
	contract.KindComplaintAssign:    typed[contract.ComplaintAssign],
	contract.KindComplaintAccept:    typed[contract.ComplaintAccept],
	contract.KindComplaintAct:       typed[contract.ComplaintAct],
	contract.KindComplaintIntervene: typed[contract.ComplaintIntervene],
	contract.KindComplaintExtend:    typed[contract.ComplaintExtend],
	contract.KindPauseAsk:           typed[contract.PauseAsk],
	contract.KindPauseAllow:         typed[contract.PauseAllow],
	contract.KindComplaintResume:    typed[contract.ComplaintResume],
	contract.KindComplaintDispose:   typed[contract.ComplaintDispose],
	contract.KindComplaintReopen:    typed[contract.ComplaintReopen],
	contract.KindComplaintTransfer:  typed[contract.ComplaintTransfer],
	contract.KindComplaintClose:     typed[contract.ComplaintClose],
	contract.KindReferralSend:       typed[contract.ReferralSend],
	contract.KindReferralAnswer:     typed[contract.ReferralAnswer],
	contract.KindCounsellingPlan:    typed[contract.CounsellingPlan],
	contract.KindCounsellingSession: typed[contract.CounsellingSession],
	contract.KindFIRRequest:         typed[contract.FIRRequest],
	contract.KindFIRRegister:        typed[contract.FIRRegister],
	contract.KindFIRReceive:         typed[contract.FIRReceive],
	contract.KindFIRStruck:          typed[contract.FIRStruck],
	contract.KindLineCorrected:      typed[contract.LineCorrected],
	contract.KindFIRSign:            typed[contract.FIRSign],
	contract.KindFIRStep:            typed[contract.FIRStep],
	contract.KindFIRDecline:         typed[contract.FIRDecline],
	contract.KindNCRSend:            typed[contract.NCRSend],
	contract.KindPreventiveReport:   typed[contract.PreventiveReport],
	contract.KindPreventiveStep:     typed[contract.PreventiveStep],
	contract.KindFeedbackCall:       typed[contract.FeedbackCall],
	contract.KindFollowUpPlan:       typed[contract.FollowUpPlan],
	contract.KindFollowUpDone:       typed[contract.FollowUpDone],
	contract.KindFollowUpClose:      typed[contract.FollowUpClose],
	contract.KindInspectionRecord:   typed[contract.InspectionRecord],
	contract.KindInspectionComply:   typed[contract.InspectionComply],
	contract.KindInspectionClose:    typed[contract.InspectionClose],
	contract.KindSquadReview:        typed[contract.SquadReview],
	contract.KindWarningObject:      typed[contract.WarningObject],
	contract.KindWarningDecide:      typed[contract.WarningDecide],
	contract.KindConductFlag:        typed[contract.ConductFlag],
	contract.KindConductAnswer:      typed[contract.ConductAnswer],
	contract.KindDayReview:          typed[contract.DayReview],
	contract.KindDaySign:            typed[contract.DaySign],
	contract.KindDayReopen:          typed[contract.DayReopen],
	contract.KindReturnSign:         typed[contract.ReturnSign],
	contract.KindEscalationRaise:    typed[contract.EscalationRaise],
	contract.KindEscalationAnswer:   typed[contract.EscalationAnswer],
	contract.KindCodeAdd:            typed[contract.CodeAdd],
	contract.KindCodeRename:         typed[contract.CodeRename],
	contract.KindCodeRetire:         typed[contract.CodeRetire],
	contract.KindColumnAdd:          typed[contract.ColumnAdd],
	contract.KindColumnRename:       typed[contract.ColumnRename],
	contract.KindColumnHide:         typed[contract.ColumnHide],
	contract.KindColumnOrder:        typed[contract.ColumnOrder],
	contract.KindLimitSet:           typed[contract.LimitSet],
	contract.KindLadderSet:          typed[contract.LadderSet],
	contract.KindOffenceSet:         typed[contract.OffenceSet],
	contract.KindConductSet:         typed[contract.ConductSet],
	contract.KindNumberSet:          typed[contract.NumberSet],
	contract.KindBeatMonth:          typed[contract.BeatMonth],
	contract.KindIdentityRead:       typed[contract.IdentityRead],
	contract.KindCaseName:           typed[contract.CaseName],
	contract.KindCaseUnname:         typed[contract.CaseUnname],
	contract.KindGlassAsk:           typed[contract.GlassAsk],
	contract.KindGlassAllow:         typed[contract.GlassAllow],
	contract.KindGlassReview:        typed[contract.GlassReview],
	contract.KindPhoneSearch:        typed[contract.PhoneSearch],
	contract.KindFileAttach:         typed[contract.FileAttach],
	contract.KindInterestDeclare:    typed[contract.InterestDeclare],
	contract.KindReadRaise:          typed[contract.ReadRaise],
	contract.KindReadAllow:          typed[contract.ReadAllow],
	contract.KindRetentionAsk:       typed[contract.RetentionAsk],
	contract.KindRetentionAllow:     typed[contract.RetentionAllow],
	contract.KindHoldSet:            typed[contract.HoldSet],
	contract.KindHoldLift:           typed[contract.HoldLift],
	contract.KindKeyShred:           typed[contract.KeyShred],
	contract.KindRosterSet:          typed[contract.RosterSet],
	contract.KindHotspotPropose:     typed[contract.HotspotPropose],
	contract.KindHotspotsSet:        typed[contract.HotspotsSet],
	contract.KindHotspotsAgree:      typed[contract.HotspotsAgree],
	contract.KindHotspotsReview:     typed[contract.HotspotsReview],
	contract.KindSosRaise:           typed[contract.SosRaise], contract.KindSosAnswer: typed[contract.SosAnswer],
	contract.KindSosEnd: typed[contract.SosEnd], contract.KindSosCall: typed[contract.SosCall],
	contract.KindWitnessAsk:   typed[contract.WitnessAsk],
	contract.KindWitnessAllow: typed[contract.WitnessAllow],
	contract.KindExportAsk:    typed[contract.ExportAsk],
	contract.KindExportAllow:  typed[contract.ExportAllow],
	contract.KindExportRead:   typed[contract.ExportRead],
	contract.KindPostTake:     typed[contract.PostTake], contract.KindPostLeave: typed[contract.PostLeave],
	contract.KindPostCover: typed[contract.PostCover], contract.KindHandoverOpen: typed[contract.HandoverOpen], contract.KindHandoverSign: typed[contract.HandoverSign],
	contract.KindBeatSet: typed[contract.BeatSet], contract.KindBeatEnd: typed[contract.BeatEnd],
	contract.KindPlaceSet: typed[contract.PlaceSet], contract.KindPlaceEnd: typed[contract.PlaceEnd],
	contract.KindPlaceMarker: typed[contract.PlaceMarker],
	contract.KindDutyStart:   typed[contract.DutyStart], contract.KindDutyEnd: typed[contract.DutyEnd],
	contract.KindVisitRecord: typed[contract.VisitRecord], contract.KindVisitAssess: typed[contract.VisitAssess], contract.KindVisitAccept: typed[contract.VisitAccept],
	contract.KindSquadBrief: typed[contract.SquadBrief], contract.KindSquadRound: typed[contract.SquadRound], contract.KindSquadPerson: typed[contract.SquadPerson],
	contract.KindTaskSend: typed[contract.TaskSend], contract.KindTaskRecall: typed[contract.TaskRecall], contract.KindTaskReceive: typed[contract.TaskReceive],
	contract.KindTaskSee: typed[contract.TaskSee], contract.KindTaskAccept: typed[contract.TaskAccept], contract.KindTaskDecline: typed[contract.TaskDecline],
	contract.KindTaskDepart: typed[contract.TaskDepart], contract.KindTaskArrive: typed[contract.TaskArrive], contract.KindTaskDone: typed[contract.TaskDone],
	contract.KindTaskRemind: typed[contract.TaskRemind], contract.KindTaskPass: typed[contract.TaskPass], contract.KindTaskExpire: typed[contract.TaskExpire],
	contract.KindHeldEnter: typed[contract.HeldEnter], contract.KindHeldStrike: typed[contract.HeldStrike],
	contract.KindNoteAdd: typed[contract.NoteAdd], contract.KindEntryCorrect: typed[contract.EntryCorrect],
}

func FuzzSplitBatch(f *testing.F) {
	fuzztest.Bytes(f, batch(item(visit)), batch(item(visit), item(person)), batch(), `{}`, `[]`, batch(item(`{"a":"`+"\xff"+`"}`)),
		batch(item(`{"a":"\ud800","a":1}`)), batch(item(nested(3))))
	codes := contract.Codes()
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		b, err := contract.SplitBatch(body)
		if !bytes.Equal(body, before) {
			t.Fatal("the bytes have been changed")
		}
		if err != nil {
			var v *contract.Violation
			if !errors.As(err, &v) || !slices.Contains(codes, v.Code) || b.Items != nil {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var plain struct {
			Items []struct {
				Op  json.RawMessage `json:"op"`
				Sig string          `json:"sig"`
			} `json:"items"`
		}
		if err := json.Unmarshal(body, &plain); err != nil || len(plain.Items) != len(b.Items) || len(b.Items) == 0 || len(b.Items) > 200 {
			t.Fatalf("%d items, the standard library has %d, %v", len(b.Items), len(plain.Items), err)
		}
		for i, it := range b.Items {
			if !bytes.Equal(it.Raw, plain.Items[i].Op) {
				t.Errorf("item %d is %s, not %s", i, it.Raw, plain.Items[i].Op)
			}
			if it.Err == nil && it.Sig != plain.Items[i].Sig {
				t.Errorf("item %d: signature %s", i, it.Sig)
			}
		}
	})
}

func BenchmarkDecodeOp(b *testing.B) {
	all := examples(b)
	for _, kind := range []contract.Kind{contract.KindVisitRecord, contract.KindSquadRound, contract.KindSquadPerson, contract.KindTaskReceive} {
		raw := compact(b, all[kind])
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, _, err := contract.DecodeOp(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReference is what the figures of BenchmarkDecodeOp are to be held against, in the same run.
func BenchmarkReference(b *testing.B) {
	raw := compact(b, examples(b)[contract.KindVisitRecord])
	o := newOracle(b)
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			json.Valid(raw)
		}
	})
	b.Run("json.Unmarshal", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			var v any
			_ = json.Unmarshal(raw, &v)
		}
	})
	b.Run("kin-openapi", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			if !o.accepts(raw) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("DecodeBody", func(b *testing.B) {
		op, _, err := contract.DecodeOp(raw)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := contract.DecodeBody[contract.VisitRecord](op.Body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func compact(t testing.TB, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
