package contract_test

import (
	"testing"

	contract "kendra/mobile-contract"
)

func TestQueriesAreCheckedFromTheContract(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, operation string
		args            [][2]string
		code            contract.Code
		pointer         string
	}{
		{"a page", "getFeed", [][2]string{{"centre", "KRW"}, {"after", "17"}, {"limit", "500"}}, "", ""},
		{"no centre", "getFeed", [][2]string{{"after", "17"}}, contract.CodeMissingParameter, "centre"},
		{"a centre twice", "getFeed", [][2]string{{"centre", "KRW"}, {"centre", "BRK"}}, contract.CodeRepeatedParameter, "centre"},
		{"an unknown one", "getFeed", [][2]string{{"centre", "KRW"}, {"officer_name", "x"}}, contract.CodeUnknownParameter, ""},
		{"the wrong case", "getFeed", [][2]string{{"Centre", "KRW"}}, contract.CodeUnknownParameter, ""},
		{"a page too large", "getFeed", [][2]string{{"centre", "KRW"}, {"limit", "501"}}, contract.CodeOutOfRange, "limit"},
		{"a cursor below", "getFeed", [][2]string{{"centre", "KRW"}, {"after", "-1"}}, contract.CodeOutOfRange, "after"},
		{"a cursor past 64 bits", "getFeed", [][2]string{{"centre", "KRW"}, {"after", "99999999999999999999"}}, contract.CodeOutOfRange, "after"},
		{"a cursor that is text", "getFeed", [][2]string{{"centre", "KRW"}, {"after", "1;drop"}}, contract.CodeWrongType, "after"},
		{"an empty cursor", "getFeed", [][2]string{{"centre", "KRW"}, {"after", ""}}, contract.CodeWrongType, "after"},
		{"a cursor with a plus", "getFeed", [][2]string{{"centre", "KRW"}, {"after", "+1"}}, contract.CodeWrongType, "after"},
		{"a quote in the centre", "getFeed", [][2]string{{"centre", "K'--"}}, contract.CodeBadFormat, "centre"},
		{"bytes that are not UTF-8", "getFeed", [][2]string{{"centre", "K\xff"}}, contract.CodeBadText, "centre"},
		{"a state nobody knows", "listTasks", [][2]string{{"centre", "KRW"}, {"state", "lost"}}, contract.CodeBadEnum, "state"},
		{"a day the calendar lacks", "getRegister", [][2]string{{"centre", "KRW"}, {"year", "2026"}, {"from", "2026-02-30"}}, contract.CodeBadFormat, "from"},
		{"a good register query", "getRegister", [][2]string{{"centre", "KRW"}, {"year", "2026"}, {"from", "2026-02-28"}, {"officer", "0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001"}}, "", ""},
		{"a yes and a no", "listComplaints", [][2]string{{"centre", "KRW"}, {"open", "true"}, {"mine", "false"}}, "", ""},
		{"a yes in another word", "listComplaints", [][2]string{{"centre", "KRW"}, {"open", "1"}}, contract.CodeWrongType, "open"},
		{"an empty yes", "getRegister", [][2]string{{"centre", "KRW"}, {"year", "2026"}, {"overdue", ""}}, contract.CodeWrongType, "overdue"},
		{"a bundle needs nothing", "getBundle", nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := contract.RouteOf(tt.operation).CheckQuery(tt.args)
			if tt.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			expectViolation(t, err, tt.code, tt.pointer)
		})
	}
}

func TestAPathThatIsNoIdIsNotFound(t *testing.T) {
	t.Parallel()
	task, register := contract.RouteOf("getTask"), contract.RouteOf("getRegister")
	if err := task.CheckPath("task_id", "0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001"); err != nil {
		t.Error(err)
	}
	if err := register.CheckPath("register", "squad"); err != nil {
		t.Error(err)
	}
	expectViolation(t, task.CheckPath("task_id", "7"), contract.CodeNotFound, "")
	expectViolation(t, register.CheckPath("register", "diary"), contract.CodeNotFound, "")
	expectViolation(t, register.CheckPath("year", "2026"), contract.CodeNotFound, "")
}

func TestOnlyTheCallsBeforeLogInNeedNoToken(t *testing.T) {
	t.Parallel()
	open := map[string]bool{
		"getHello": true, "enrolDevice": true, "putPin": true, "logIn": true, "refreshSession": true, "publicStatus": true, "publicObjection": true,
		"getConsoleChallenge": true, "beginActivation": true, "confirmActivation": true, "openConsole": true,
	}
	for _, r := range contract.Routes() {
		if r.Open != open[r.OperationID] {
			t.Errorf("%s is open: %v", r.OperationID, r.Open)
		}
	}
}

func TestBodiesOfOtherCallsAreCheckedToo(t *testing.T) {
	t.Parallel()
	const head = `{"district":7,"device_id":"0199d0c6-3cc0-7d20-9b20-1c1d1e1f2001","officer_no":"PNO-1",`
	tail := `"nonce":"AAAAAAAAAAAAAAAA","sig":"` + sig86 + `"}`
	pin := contract.RouteOf("putPin").Body
	for _, good := range []string{`"old_pin":"194716","new_pin":"194717",`, `"activation_code":"ABCD-EFGH","new_pin":"194717",`} {
		if _, err := pin.Check([]byte(head + good + tail)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	_, err := pin.Check([]byte(head + `"new_pin":"194717",` + tail))
	expectViolation(t, err, contract.CodeTooFew, "")
	_, err = pin.Check([]byte(head + `"old_pin":"194716","activation_code":"ABCD-EFGH","new_pin":"194717",` + tail))
	expectViolation(t, err, contract.CodeTooMany, "")
	_, err = pin.Check([]byte(head + `"old_pin":194716,"new_pin":"194717",` + tail))
	expectViolation(t, err, contract.CodeWrongType, "/old_pin")
	positions := contract.RouteOf("postPositions").Body
	_, err = positions.Check([]byte(`{"fixes":[{"at":"2026-10-05T12:15:00Z","lat":25.2,"lon":180.0001,"accuracy_m":5}]}`))
	expectViolation(t, err, contract.CodeOutOfRange, "/fixes/0/lon")
	_, err = positions.Check([]byte(`{"fixes":[]}`))
	expectViolation(t, err, contract.CodeTooFew, "/fixes")
}
