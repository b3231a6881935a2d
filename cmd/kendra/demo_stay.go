package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kendra/cmd/phones/fleet"
)

// stay keeps the server up after the summary and says how to use it, until the
// context ends.
func (d *demo) stay(ctx context.Context, out io.Writer) error {
	if d.args.json {
		out = d.say // stdout holds the one object
	}
	d.clock.catchUp()
	if err := d.invite(ctx, out); err != nil {
		return err
	}
	if err := d.goOn(ctx); err != nil && ctx.Err() == nil {
		d.say.head("the handsets of the fleet are out of order: %v", err)
	}
	<-ctx.Done()
	return nil
}

// stayPace is how busy the officers of a demo that stays up are: a task that is
// sent to one is done in about a minute.
const stayPace = 4

// goOn has the handsets of the shift go on with the present day, so that there is
// somebody to answer whoever tries the demo out.
func (d *demo) goOn(ctx context.Context) error {
	f, err := fleet.New(d.world.World, fleet.Plan{
		Seed: d.args.seed, Phones: d.args.phones, Pace: stayPace, Dir: filepath.Join(d.dir, "phones"), Server: d.url,
		Now: d.clock.now, Transport: d.transport(), Mark: d.probe.mark, Calm: true,
	})
	if err != nil {
		return err
	}
	d.fleet.Store(f)
	return f.Stay(ctx)
}

// invite prints where everything is, and codes for people who are in no fleet.
func (d *demo) invite(ctx context.Context, out io.Writer) error {
	private, err := d.node.private("127.0.0.1:0")
	if err != nil {
		return err
	}
	d.later(func() { _ = private.Close() })
	fmt.Fprintf(out, "\nThe server stays up, on the present time, until Ctrl-C, and so do the officers with their handsets: who is on\nduty takes a task within seconds and has done it in about a minute.\n\n")
	fmt.Fprintf(out, "  phone API   %s/v1/hello\n", d.url)
	fmt.Fprintf(out, "  operators   http://%s/readyz  /metrics  /debug/pprof/\n", private.Addr)
	fmt.Fprintf(out, "  pushes      %s (no real phone is woken)\n\n", d.fcm.URL())
	if err := d.tellConsoles(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "  Codes live 24 hours and serve once; an enrolment code is for one handset.\n\n")
	fmt.Fprintf(out, "  %-16s %-16s %-10s %-34s %s\n", "role", "name", "number", "enrolment code", "activation code")
	var next string
	for i, g := range d.world.guests {
		enrol, err := d.world.EnrolCode(ctx, guestCentre)
		if err != nil {
			return err
		}
		activation, err := d.node.staff.IssueActivationCode(ctx, defaultDistrict, g.number)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-16s %-16s %-10s %-34s %s\n", g.role, g.nameEn, g.number, enrol, string(activation.Text))
		if i > 0 {
			continue
		}
		another, err := d.world.EnrolCode(ctx, guestCentre)
		if err != nil {
			return err
		}
		next = d.commands(g.number, enrol, another, string(activation.Text))
	}
	_, err = io.WriteString(out, next)
	return err
}

// commands are what to type next, for one guest and two handsets.
func (d *demo) commands(officer, enrol, another, activation string) string {
	owner := ""
	if d.config.OwnerURL != d.config.DatabaseURL {
		owner = " KENDRA_OWNER_DATABASE_URL='" + d.config.OwnerURL + "'"
	}
	return strings.NewReplacer(
		"{phones}", tool("phones"), "{kendra}", tool("kendra"), "{server}", d.url, "{officer}", officer, "{enrol}", enrol,
		"{another}", another, "{activation}", activation, "{pin}", fleet.PINOf(officer),
		"{dir}", filepath.Join(os.TempDir(), "kendra-handset-"+activation), "{database}", d.config.DatabaseURL,
		"{owner}", owner, "{keys}", d.config.Keys).Replace(`
Next, enrol a handset of yours:

  S={server}
  {phones} key > device.json
  NONCE=$(curl -s $S/v1/hello | sed 's/.*"nonce":"\([^"]*\)".*/\1/')
  SIG=$(printf 'kendra enrol v1\n%s\n%s\n%s' '{enrol}' "$NONCE" "$({phones} key --thumbprint < device.json)" | {phones} sign --key device.json)
  curl -s $S/v1/devices -H 'Content-Type: application/json' -H "DPoP: $({phones} sign --dpop --key device.json --method POST --url $S/v1/devices --nonce "$NONCE")" -d '{"code":"{enrol}","nonce":"'$NONCE'","sig":"'$SIG'","public_key":'"$({phones} key --public < device.json)"'}'

PIN, log-in and a first visit go on like that: mobile-contract/README.md. Or all of it at once, with a walk that you have recorded:

  {phones} replay --server {server} --dir {dir} --enrol {another} --officer {officer} --activation {activation} --pin {pin} --at 25.218,80.923 --gpx WALK.gpx

And the books, from a second terminal:

  DATABASE_URL='{database}'{owner} KENDRA_KEYS='{keys}' {kendra} verify

`)
}

// tool is how to call one of our commands from here: the binary beside this
// one, else the source.
func tool(name string) string {
	self, err := os.Executable()
	if err != nil || strings.Contains(self, "go-build") {
		return "go run ./cmd/" + name
	}
	beside := filepath.Join(filepath.Dir(self), name)
	if name == "kendra" {
		beside = self
	}
	if info, err := os.Stat(beside); err != nil || info.IsDir() {
		return "go run ./cmd/" + name
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, beside); err == nil && !strings.HasPrefix(rel, "..") {
			return "./" + rel
		}
	}
	return beside
}
