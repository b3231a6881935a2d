package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
	"kendra/push"
)

// defaultDistrict is Chitrakoot, the district this release comes with.
const defaultDistrict = 7

// Issuer and audience of access tokens.
const (
	issuer   = "kendra"
	audience = "kendra-phone"
)

// openStaff makes the staff service; a server without signing keys makes two,
// one that signs and one that is ready to.
func openStaff(pool *pgxpool.Pool, s *secrets, enqueue *push.Enqueuer, console string, now func() time.Time) (*staff.Service, *staff.SigningKeys, error) {
	signing, err := staff.LoadSigningKeys(s.dir)
	for n := 0; err != nil && n < 2; n++ {
		if _, err := staff.AddSigningKey(s.dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, nil, err
		}
		if n == 1 {
			signing, err = staff.LoadSigningKeys(s.dir)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	service, err := staff.New(pool, staff.Options{
		Now: now, Pepper: s.pepper, CodeKey: s.code, NonceKey: s.nonce, Signing: signing, Issuer: issuer, Audience: audience,
		Numbers:   func(district int32, number string) [][]byte { return book.NumberHashes(s.blind, district, number) },
		NumbersBy: func() string { return s.blind.IDs()[0] },
		Tell:      tellBy(enqueue), Console: console,
	})
	return service, signing, err
}

// tellBy turns an alarm into a push, in the alarm's transaction.
func tellBy(enqueue *push.Enqueuer) func(ctx context.Context, tx pgx.Tx, n staff.Notice) error {
	return func(ctx context.Context, tx pgx.Tx, n staff.Notice) error {
		return enqueue.Enqueue(ctx, tx, []push.Notice{{
			DistrictID: n.District, ID: n.AlarmID, Centre: n.Centre, Officer: n.Officer, Role: n.Role,
			Kind: push.KindAlarm, Subject: n.AlarmID, Urgency: push.Urgent,
		}})
	}
}

const officerUsage = `kendra officer VERB: people, phones and codes

  bootstrap --number N --name-hi HI --name-en EN [--rank inspector]
        the first administrator: an enrolment and an activation code that die
        after 15 minutes; refused once anybody in the district has a PIN
  enrol-code --centre KRW       one-time code for a new handset, 24 hours
  activation-code --number N    one-time code to set a PIN, 24 hours
  console-code --number N       one-time code for the console of the first officer,
        24 hours; the others' are given by two officers, and the heads of the
        district are told of this one
  suspend --number N            ends all sessions within a minute
  resume --number N
  revoke-device --device ID     a lost handset
  end-sessions --centre KRW | --number N | --all
`

func runOfficer(ctx context.Context, c config, args []string, out io.Writer) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		fmt.Fprint(out, officerUsage)
		return nil
	}
	f := flags("officer "+args[0], "see kendra officer", out)
	o := officerArgs{verb: args[0]}
	f.IntVar(&o.district, "district", defaultDistrict, "district")
	f.StringVar(&o.number, "number", "", "officer's number")
	f.StringVar(&o.nameHi, "name-hi", "", "name in Hindi")
	f.StringVar(&o.nameEn, "name-en", "", "name in English")
	f.StringVar(&o.rank, "rank", "inspector", "rank, a code of the list")
	f.StringVar(&o.centre, "centre", "", "centre")
	f.StringVar(&o.device, "device", "", "device id")
	f.BoolVar(&o.all, "all", false, "all officers of the district")
	if done, err := parse(f, args[1:]); done {
		return err
	}
	return withNode(ctx, c, func(n *node) error { return n.officer(ctx, o, out) })
}

type officerArgs struct {
	verb                                         string
	district                                     int
	number, nameHi, nameEn, rank, centre, device string
	all                                          bool
}

// officer does one verb.
func (n *node) officer(ctx context.Context, o officerArgs, out io.Writer) error {
	d := int32(o.district)
	switch o.verb {
	case "bootstrap":
		return n.bootstrap(ctx, o, out)
	case "enrol-code":
		code, err := n.staff.IssueEnrolCode(ctx, d, o.centre)
		return printCode(out, "enrolment code", code, err)
	case "activation-code":
		code, err := n.staff.IssueActivationCode(ctx, d, o.number)
		return printCode(out, "activation code", code, err)
	case "console-code":
		code, err := n.staff.IssueConsoleCode(ctx, d, o.number)
		return printCode(out, "console code", code, err)
	case "suspend", "resume":
		who, err := n.staff.FindOfficer(ctx, d, o.number)
		if err != nil {
			return err
		}
		state := map[string]string{"suspend": staff.Suspended, "resume": staff.Active}[o.verb]
		return n.staff.SetOfficerState(ctx, d, who.ID, state)
	case "revoke-device":
		id, err := uuid.Parse(o.device)
		if err != nil {
			return fmt.Errorf("--device: %w", err)
		}
		return n.staff.RevokeDevice(ctx, d, id, "lost")
	case "end-sessions":
		scope, err := n.scope(ctx, o)
		if err != nil {
			return err
		}
		ended, err := n.staff.EndSessions(ctx, d, scope, "ended")
		fmt.Fprintf(out, "%d sessions ended\n", ended)
		return err
	}
	fmt.Fprint(out, officerUsage)
	return errUsage
}

func (n *node) scope(ctx context.Context, o officerArgs) (staff.Scope, error) {
	switch {
	case o.all:
		return staff.OfAll(), nil
	case o.centre != "":
		return staff.OfCentre(o.centre), nil
	case o.number != "":
		who, err := n.staff.FindOfficer(ctx, int32(o.district), o.number)
		return staff.OfOfficer(who.ID), err
	}
	return staff.Scope{}, errors.New("say whose: --number, --centre or --all")
}

func printCode(out io.Writer, what string, code staff.Code, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\nvalid until %s\n", what, string(code.Text), code.ExpiresAt.In(istZone).Format("02.01.2006 15:04 IST"))
	return nil
}

// istZone is India's time, for people who read what the tools print.
var istZone = time.FixedZone("IST", 5*3600+1800)

func (n *node) bootstrap(ctx context.Context, o officerArgs, out io.Writer) error {
	d := int32(o.district)
	b, err := n.staff.Bootstrap(ctx, d, staff.Officer{
		Number: o.number, NameHi: o.nameHi, NameEn: o.nameEn, Rank: o.rank, IsWoman: true,
	})
	if err != nil {
		return err
	}
	post := staff.PostRow{PostID: uuid.NewSHA1(b.OfficerID, []byte("bootstrap")), OfficerID: b.OfficerID, Role: staff.Sysadmin, Centre: staff.HQ, From: n.now()}
	if err := n.takePosts(ctx, d, []staff.PostRow{post}); err != nil {
		return err
	}
	fmt.Fprintf(out, "enrolment code:  %s\nactivation code: %s\nboth die at %s\n", string(b.EnrolCode), string(b.ActivationCode),
		b.ExpiresAt.In(istZone).Format("15:04:05 IST"))
	return nil
}

// takePosts enters posts into the books of their centres, as the registrar.
// Those that stand there already are repeats.
func (n *node) takePosts(ctx context.Context, district int32, rows []staff.PostRow) error {
	byCentre := map[string][]book.ServerOp{}
	var order []string
	for _, p := range rows {
		body := contract.PostTake{PostID: p.PostID, OfficerID: p.OfficerID, Role: contract.Role(p.Role), SquadID: p.SquadID, BeatID: p.BeatID}
		if p.Circle != "" {
			body.Circle = &p.Circle
		}
		if p.Until != nil {
			body.Until = contract.AtPtr(*p.Until)
		}
		if byCentre[p.Centre] == nil {
			order = append(order, p.Centre)
		}
		byCentre[p.Centre] = append(byCentre[p.Centre], book.ServerOp{
			Kind: "post.take", Subject: p.PostID, Rule: "import", At: p.From, Body: body,
		})
	}
	for _, centre := range order {
		receipts, err := n.book.AppendServer(ctx, district, centre, book.RoleRegistrar, byCentre[centre])
		if err != nil {
			return fmt.Errorf("enter posts of %s: %w", centre, err)
		}
		for _, r := range receipts {
			if r.Problem != nil && r.Problem.Code != contract.CodeWrongState {
				return fmt.Errorf("enter post in %s: %w", centre, r.Problem)
			}
		}
	}
	return nil
}

func runImport(ctx context.Context, c config, args []string, out io.Writer) error {
	if len(args) > 0 && slices.Contains(groundWords, args[0]) {
		return runGroundImport(ctx, c, args, out)
	}
	f := flags("import", "staff lists from CSV; kind = file name (officers.csv ...), all or nothing", out)
	district := f.Int("district", defaultDistrict, "district")
	dry := f.Bool("dry-run", false, "check everything, keep nothing")
	chitrakoot := f.Bool("chitrakoot", false, "the circles and stations of Chitrakoot, built in")
	if done, err := parse(f, args); done {
		return err
	}
	files, err := readImports(f.Args(), *chitrakoot, out)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		f.Usage()
		return errUsage
	}
	return withNode(ctx, c, func(n *node) error { return n.load(ctx, int32(*district), files, *dry, out) })
}

// load stores what was read and enters its posts.
func (n *node) load(ctx context.Context, district int32, files []staff.Import, dry bool, out io.Writer) error {
	loaded, wrong, err := n.staff.Load(ctx, district, files, dry)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return tell(wrong, out)
	}
	if !dry {
		if err := n.takePosts(ctx, district, loaded.Posts); err != nil {
			return err
		}
		if err := n.book.LoadRules(ctx); err != nil {
			return err
		}
	}
	for _, kind := range staff.ImportKinds {
		if loaded.Added[kind]+loaded.Same[kind] > 0 {
			fmt.Fprintf(out, "%-10s %6d new, %6d already there\n", kind, loaded.Added[kind], loaded.Same[kind])
		}
	}
	if dry {
		fmt.Fprintln(out, "dry run: nothing was kept")
	}
	return nil
}

// errImport is the end of an import that found mistakes.
var errImport = errors.New("nothing was imported")

func tell(wrong []staff.LineError, out io.Writer) error {
	for _, e := range wrong {
		fmt.Fprintln(out, e.Error())
	}
	return errImport
}

func readImports(paths []string, chitrakoot bool, out io.Writer) ([]staff.Import, error) {
	var files []staff.Import
	var wrong []staff.LineError
	read := func(kind string, r io.Reader) {
		in, errs := staff.ParseImport(kind, r)
		files, wrong = append(files, in), append(wrong, errs...)
	}
	if chitrakoot {
		for _, kind := range []string{staff.KindCircles, staff.KindStations} {
			f, err := staff.Chitrakoot.Open("chitrakoot/" + kind + ".csv")
			if err != nil {
				return nil, fmt.Errorf("built-in lists: %w", err)
			}
			read(kind, f)
		}
	}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("import: %w", err)
		}
		read(strings.TrimSuffix(filepath.Base(path), ".csv"), f)
		_ = f.Close()
	}
	if len(wrong) > 0 {
		return nil, tell(wrong, out)
	}
	return files, nil
}
