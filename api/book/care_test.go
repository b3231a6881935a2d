package book_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/book/booktest"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// care is a centre in which a complaint goes its way to the end: the desk takes
// it in, the beat officer inquires, the counsellor counsels.
type care struct {
	*booktest.World
	t                *testing.T
	desk, counsellor *booktest.Officer
	id               uuid.UUID     // the complaint
	opening          contract.Item // the op that opened it
}

// careOf opens a complaint, registered at once, and gives it to the beat officer.
func careOf(t *testing.T, change func(b *contract.ComplaintOpen)) *care {
	t.Helper()
	w := booktest.New(t)
	c := &care{
		World: w, t: t, desk: w.Enlist(booktest.Centre, staff.DeskOfficer), counsellor: w.Enlist(booktest.Centre, staff.Counsellor),
	}
	at := contract.At(w.Now())
	b := contract.ComplaintOpen{
		ArrivedAt: at, RegisteredAt: &at, Channel: "walk_in", ComplainantName: "कमला देवी", SafeToCall: true,
		Category: "domestic_violence", Account: "पति द्वारा मारपीट की गयी और घर से निकाला गया", RiskLevel: "medium", WomanRecorded: true,
	}
	if change != nil {
		change(&b)
	}
	c.opening = c.desk.Item("complaint.open", b)
	r := c.desk.Send(c.opening)[0]
	if r.Outcome != book.Entered {
		t.Fatalf("complaint.open: %s (%v)", r.Outcome, r.Problem)
	}
	c.id = r.OpID
	c.Incharge.Enter("complaint.assign", contract.ComplaintAssign{ComplaintID: c.id, OfficerID: c.Beat.ID})
	return c
}

// session is a session of now that settled the matter.
func (c *care) session() contract.CounsellingSession {
	return contract.CounsellingSession{
		ComplaintID: c.id, SessionAt: contract.At(c.Now()), Issue: "domestic_violence", WomanConsents: true, SeenAlone: true,
		Summary: new("महिला को पहले अकेले सुना गया, फिर दोनों पक्षों को"), Result: "settled",
	}
}

// spoke is a call of now in which she is satisfied.
func (c *care) spoke() contract.FeedbackCall {
	return contract.FeedbackCall{
		ComplaintID: c.id, CalledAt: contract.At(c.Now()), Reached: "spoke", Satisfied: new("yes"), Wants: new("nothing"), Polite: new(true),
	}
}

// seen is a visit of now at which she is safe.
func (c *care) seen() contract.FollowUpDone {
	return contract.FollowUpDone{ComplaintID: c.id, DoneAt: contract.At(c.Now()), Mode: "visit", SafeNow: "safe", Protection: new("none")}
}

// on is the day so many days from now.
func (c *care) on(days int) types.Date {
	return types.Date{Time: c.Now().In(careIST).AddDate(0, 0, days)}
}

var careIST = time.FixedZone("IST", 5*3600+1800)

// dispose ends the complaint as settled by counselling, by the beat officer.
func (c *care) dispose() {
	c.t.Helper()
	id := c.counsellor.Enter("counselling.session", c.session()).OpID
	c.Beat.Enter("complaint.dispose", contract.ComplaintDispose{
		ComplaintID: c.id, Disposal: "counselling_settled", DisposalNote: "दोनों पक्षों में आपसी सहमति हुई", ToldHer: true, CounsellingID: &id,
	})
}

// refused wants an op to be refused by a code at a pointer.
func (c *care) refused(o *booktest.Officer, kind string, body any, code contract.Code, pointer string) {
	c.t.Helper()
	r := o.Do(kind, body)
	if r.Outcome != book.Refused || r.Problem.Code != code || r.Problem.Pointer != pointer {
		c.t.Errorf("%s is %s (%v), want %s at %s", kind, r.Outcome, r.Problem, code, pointer)
	}
}

// row reads one thing about the complaint from its projection.
func (c *care) row(expression string) string {
	c.t.Helper()
	return careText(c.t, c.World, `SELECT coalesce((`+expression+`)::text, '') FROM complaints WHERE complaint_id = '`+c.id.String()+`'`)
}

// clock is the due time of the clock of a code that runs for the complaint or
// what hangs on it; empty when none does.
func (c *care) clock(code string) string {
	c.t.Helper()
	return careText(c.t, c.World, `SELECT coalesce(string_agg(to_char(due_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD HH24:MI'), ', '), '')
		FROM clocks WHERE complaint_id = '`+c.id.String()+`' AND stopped_at IS NULL AND code = '`+code+`'`)
}

// plan is the newest follow-up plan: its state, its days, how many were kept.
func (c *care) plan() (p struct {
	State string
	Days  []string
	Done  int
}) {
	c.t.Helper()
	line := careText(c.t, c.World, `SELECT json_build_object('state', state, 'days', data::json->'days', 'done', data::json->'done')::text
		FROM matters WHERE kind = 'follow_up_plan' AND complaint_id = '`+c.id.String()+`' ORDER BY seq DESC LIMIT 1`)
	if err := json.Unmarshal([]byte(line), &p); err != nil {
		c.t.Fatal(err)
	}
	return p
}

// line is a line of a register of 2026 with its columns.
func (c *care) line(name string, serial int) (book.RegisterRow, map[string]any) {
	c.t.Helper()
	return c.lineOf(name, 2026, serial)
}

func (c *care) lineOf(name string, year, serial int) (book.RegisterRow, map[string]any) {
	c.t.Helper()
	page, err := c.Book.Register(context.Background(), c.SHO.Caller(), book.RegisterQuery{
		Centre: booktest.Centre, Register: name, Year: year, Limit: 50,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if len(page.Rows) < serial {
		c.t.Fatalf("%s of %d has %d lines", name, year, len(page.Rows))
	}
	r := page.Rows[serial-1]
	cols := map[string]any{}
	if err := json.Unmarshal(r.Columns, &cols); err != nil {
		c.t.Fatal(err)
	}
	return r, cols
}

// told are the roles that an entry woke, sorted; an officer by himself is
// "officer".
func (c *care) told(e *book.Entry) string {
	c.t.Helper()
	list := careText(c.t, c.World, `SELECT coalesce(string_agg(args->>'ticket', E'\n'), '') FROM river.river_job`)
	var out []string
	for ticket := range strings.Lines(list) {
		f := strings.Split(ticket, "|")
		if _, seq, _ := strings.Cut(f[9], ":"); seq != strconv.FormatInt(e.Seq, 10) {
			continue
		}
		if f[5] != "" {
			out = append(out, f[5])
		} else {
			out = append(out, "officer")
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// careText asks the database one text, as the superuser.
func careText(t *testing.T, w *booktest.World, query string) string {
	t.Helper()
	conn := w.Superuser()
	var s string
	if err := conn.QueryRow(context.Background(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	_ = conn.Close(context.Background())
	return s
}

// careOfWorld opens one more complaint in the same centre.
func careOfWorld(c *care, change func(b *contract.ComplaintOpen)) uuid.UUID {
	c.t.Helper()
	at := contract.At(c.Now())
	b := contract.ComplaintOpen{
		ArrivedAt: at, RegisteredAt: &at, Channel: "112", ComplainantName: "सुनीता", SafeToCall: true, Category: "marital_dispute",
		Account: "पति ने घर में रखने से मना कर दिया है", RiskLevel: "low", WomanRecorded: true,
	}
	if change != nil {
		change(&b)
	}
	return c.desk.Enter("complaint.open", b).OpID
}
