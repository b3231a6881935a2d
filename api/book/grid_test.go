package book_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

var update = flag.Bool("update", false, "write the golden files anew")

const gridFile = "testdata/may.txt"

// gridRoles are the rows of the grid: the posts of officers, then the server's own.
func gridRoles() []string {
	return append(slices.Clone(staff.Roles), staff.Clock, book.RoleRegistrar, book.RolePublic)
}

// grid draws who may make which kind: a block for each noun, a row for each
// role, a column for each verb.
func grid(may func(role, kind string) bool) string {
	nouns := map[string][]string{}
	for _, k := range book.Kinds() {
		noun, verb, _ := strings.Cut(k, ".")
		nouns[noun] = append(nouns[noun], verb)
	}
	var b strings.Builder
	b.WriteString("Who may make which kind of op in his own book. x: may, -: may not.\n")
	for _, noun := range slices.Sorted(maps.Keys(nouns)) {
		fmt.Fprintf(&b, "\n%-16s", noun+".")
		for _, verb := range nouns[noun] {
			fmt.Fprintf(&b, " %7s", verb)
		}
		b.WriteByte('\n')
		for _, role := range gridRoles() {
			fmt.Fprintf(&b, "%-16s", role)
			for _, verb := range nouns[noun] {
				mark := "-"
				if may(role, noun+"."+verb) {
					mark = "x"
				}
				fmt.Fprintf(&b, " %7s", mark)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestTheGridOfRolesAndKindsIsTheReviewedOne(t *testing.T) {
	t.Parallel()
	got := grid(book.May)
	if *update {
		if err := os.WriteFile(gridFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(gridFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("rights have changed; if that is meant, run the test with -update and have %s reviewed:\n%s", gridFile, got)
	}
}

func TestEachKindHasASchemaAnExampleAndARowAndNothingElseHas(t *testing.T) {
	t.Parallel()
	var inContract, examples []string
	for _, k := range contract.Kinds() {
		inContract = append(inContract, string(k))
		if contract.BodySchema(k) == nil {
			t.Errorf("%s has no schema of its body", k)
		}
	}
	slices.Sort(inContract)
	files, err := os.ReadDir("../../mobile-contract/examples/ops")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		examples = append(examples, strings.TrimSuffix(f.Name(), ".json"))
	}
	slices.Sort(examples)
	if !slices.Equal(inContract, book.Kinds()) {
		t.Errorf("kinds of the contract %v, of the book %v", inContract, book.Kinds())
	}
	if !slices.Equal(examples, book.Kinds()) {
		t.Errorf("examples %v, kinds %v", examples, book.Kinds())
	}
}

// gridBodies are bodies that pass the contract, so that only the right of the
// post decides; what they name need not exist.
func gridBodies(w *booktest.World) map[string]any {
	nothing := uuid.Must(uuid.NewV7())
	role := contract.Role(staff.BeatOfficer)
	strike := true
	visit := w.Visit()
	visit.BeatID = nil
	bodies := exampleBodies(w.T)
	maps.Copy(bodies, map[string]any{
		"post.take":     contract.PostTake{PostID: nothing, OfficerID: nothing, Role: role},
		"post.leave":    contract.PostLeave{PostID: nothing, Reason: "transfer"},
		"duty.start":    contract.DutyStart{},
		"duty.end":      contract.DutyEnd{StartID: nothing},
		"visit.record":  visit,
		"squad.brief":   w.Brief(),
		"squad.round":   w.Round(),
		"squad.person":  w.Person(),
		"task.send":     contract.TaskSend{To: contract.TaskTarget{Role: &role}, TaskKind: "visit", Urgency: "soon"},
		"task.recall":   contract.TaskRecall{TaskID: nothing, Reason: "mistake"},
		"task.receive":  contract.TaskReceive{TaskID: nothing},
		"task.see":      contract.TaskSee{TaskID: nothing},
		"task.accept":   contract.TaskAccept{TaskID: nothing},
		"task.decline":  contract.TaskDecline{TaskID: nothing, Reason: "busy"},
		"task.depart":   contract.TaskDepart{TaskID: nothing},
		"task.arrive":   contract.TaskArrive{TaskID: nothing},
		"task.done":     contract.TaskDone{TaskID: nothing, Result: "done"},
		"task.remind":   contract.TaskRemind{TaskID: nothing, Attempt: 1},
		"task.pass":     contract.TaskPass{TaskID: nothing, Attempt: 1, To: contract.PassTarget{Role: &role}},
		"task.expire":   contract.TaskExpire{TaskID: nothing},
		"held.enter":    contract.HeldEnter{HeldID: nothing, Reason: "अब आवश्यक नहीं"},
		"held.strike":   contract.HeldStrike{HeldID: nothing, Reason: "अब आवश्यक नहीं"},
		"note.add":      contract.NoteAdd{SubjectID: nothing, Text: "टिप्पणी"},
		"entry.correct": contract.EntryCorrect{CorrectsID: nothing, Reason: "गलत लिखा गया", Strike: &strike},
	})
	return bodies
}

// exampleBodies are the bodies of the contract's examples, by kind.
func exampleBodies(t testing.TB) map[string]any {
	t.Helper()
	bodies := map[string]any{}
	for _, kind := range book.Kinds() {
		text, err := os.ReadFile("../../mobile-contract/examples/ops/" + kind + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var op struct {
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(text, &op); err != nil {
			t.Fatal(err)
		}
		bodies[kind] = op.Body
	}
	return bodies
}

func TestEveryCellOfTheGridIsWhatTheBookAnswers(t *testing.T) {
	t.Parallel()
	w := booktest.New(t)
	atHQ := []string{
		staff.CO, staff.Nodal, staff.WomenCell, staff.AddlSP, staff.SP, staff.Analyst, staff.Auditor, staff.Sysadmin,
	}
	bodies := gridBodies(w)
	cells := 0
	for _, role := range staff.Roles {
		centre := booktest.Centre
		if slices.Contains(atHQ, role) {
			centre = book.HQ
		}
		o := w.Enlist(centre, role)
		var items []contract.Item
		for _, kind := range book.Kinds() {
			items = append(items, o.Item(kind, bodies[kind], booktest.With("centre", centre)))
		}
		for i, r := range o.Send(items...) {
			kind := book.Kinds()[i]
			denied := r.Outcome == book.Refused && (r.Problem.Pointer == "/kind")
			if denied && r.Problem.Code != contract.CodeForbidden && r.Problem.Code != contract.CodeClockOnly {
				t.Errorf("%s %s: %s", role, kind, r.Problem.Code)
			}
			if denied == book.May(role, kind) {
				t.Errorf("%s %s: denied %v, in the grid %v (%s %v)", role, kind, denied, book.May(role, kind), r.Outcome, r.Problem)
			}
			cells++
		}
	}
	if cells != len(staff.Roles)*len(book.Kinds()) {
		t.Errorf("%d cells tried", cells)
	}
}
