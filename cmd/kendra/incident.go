package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"kendra/api/book"
	"kendra/api/staff"
)

// pack is what is known of an incident: what phones and sessions did, what was
// read and entered, and which cases it touches. Ids, codes and numbers of cases;
// never a name, a number to call or a text.
type pack struct {
	District  int32      `json:"district"`
	From      time.Time  `json:"from"`
	Until     time.Time  `json:"until"`
	OfficerNo string     `json:"officer_no,omitempty"`
	Device    *uuid.UUID `json:"device_id,omitempty"`
	MadeAt    time.Time  `json:"made_at"`
	*staff.Trail
	*book.Incident
}

// runIncident is the verb incident.
func runIncident(ctx context.Context, c config, args []string, out io.Writer) error {
	f := flags("incident", "what happened in a span: sessions, handsets, reads, exports, alarms, affected cases", out)
	district := f.Int("district", defaultDistrict, "district")
	from := f.String("from", "", "first moment, such as 2026-11-18T00:00:00+05:30")
	to := f.String("to", "", "the moment after the last")
	officer := f.String("officer", "", "of this officer alone, by number")
	device := f.String("device", "", "of this handset alone, by id")
	file := f.String("out", "incident", "where the pack goes: NAME.json and NAME.txt, for the owner alone")
	if done, err := parse(f, args); done {
		return err
	}
	p := &pack{District: int32(*district), OfficerNo: *officer}
	var err error
	if p.From, err = time.Parse(time.RFC3339, *from); err != nil {
		return errors.New("--from: a moment such as 2026-11-18T00:00:00+05:30")
	}
	if p.Until, err = time.Parse(time.RFC3339, *to); err != nil || !p.From.Before(p.Until) {
		return errors.New("--to: a moment after --from")
	}
	if *device != "" {
		id, err := uuid.Parse(*device)
		if err != nil {
			return errors.New("--device: an id")
		}
		p.Device = &id
	}
	begun := time.Now()
	return withNode(ctx, c, func(n *node) error {
		if err := p.gather(ctx, n); err != nil {
			return err
		}
		if err := p.write(*file); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s.json, %s.txt: %d sessions, %d handsets, %d events, %d reads, %d exports, %d alarms, %d affected cases, in %.1f s\n", *file, *file,
			len(p.Sessions), len(p.Devices), len(p.Events), len(p.Reads), len(p.Exports), len(p.Alarms), len(p.Cases), time.Since(begun).Seconds())
		return nil
	})
}

// gather reads what the pack is made of.
func (p *pack) gather(ctx context.Context, n *node) error {
	var officer *uuid.UUID
	if p.OfficerNo != "" {
		o, err := n.staff.FindOfficer(ctx, p.District, p.OfficerNo)
		if err != nil {
			return err
		}
		officer = &o.ID
	}
	p.MadeAt = n.now().UTC()
	var err error
	if p.Trail, err = n.staff.Trail(ctx, staff.TrailQuery{District: p.District, From: p.From, Until: p.Until, Officer: officer, Device: p.Device}); err != nil {
		return err
	}
	p.Incident, err = n.book.Incident(ctx, book.IncidentQuery{District: p.District, From: p.From, Until: p.Until, Officer: officer, Device: p.Device})
	return err
}

// write makes both files, and overwrites none.
func (p *pack) write(name string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write incident pack: %w", err)
	}
	for path, content := range map[string][]byte{name + ".json": append(text, '\n'), name + ".txt": []byte(p.text())} {
		if err := writeNew(path, content); err != nil {
			return fmt.Errorf("write incident pack: %w", err)
		}
	}
	return nil
}

// writeNew writes a file that was not there, for its owner alone.
func writeNew(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// text is the pack as one reads it.
func (p *pack) text() string {
	var b strings.Builder
	ist := time.FixedZone("IST", 5*3600+1800)
	at := func(t time.Time) string { return t.In(ist).Format("2006-01-02 15:04:05") }
	fmt.Fprintf(&b, "Incident pack of district %d, %s to %s IST, made %s\n", p.District, at(p.From), at(p.Until), at(p.MadeAt))
	if p.OfficerNo != "" {
		fmt.Fprintf(&b, "of officer %s alone\n", p.OfficerNo)
	}
	if p.Device != nil {
		fmt.Fprintf(&b, "of handset %s alone\n", *p.Device)
	}
	fmt.Fprintf(&b, "\nAffected cases (%d), whose identities were read: notices are owed to these persons\n", len(p.Cases))
	for _, no := range p.Cases {
		fmt.Fprintf(&b, "  %s\n", no)
	}
	fmt.Fprintf(&b, "\nReads and searches (%d)\n", len(p.Reads))
	for _, r := range p.Reads {
		fmt.Fprintf(&b, "  %s  %s %d  %s  %s %s  handset %s  case %s  %d fields  %s\n", at(r.At), r.Centre, r.Seq, r.Kind, r.Role, r.OfficerID, r.DeviceID, r.CaseNo, r.Fields, r.Reason)
	}
	fmt.Fprintf(&b, "\nExports that were taken (%d); the sum is that of the file's bytes\n", len(p.Exports))
	for _, x := range p.Exports {
		fmt.Fprintf(&b, "  %s  %s  %s  %s to %s  %d lines  %s %s  handset %s  allowed by %s  %s  SHA-256 %s\n",
			at(x.At), x.No, x.Register, x.From, x.To, x.Rows, x.Role, x.OfficerID, x.DeviceID, x.AllowedBy, x.Reason, x.SHA256)
	}
	fmt.Fprintf(&b, "\nRefusals, leaves, break-glass, exports, posts (%d)\n", len(p.Weighty))
	for _, e := range p.Weighty {
		fmt.Fprintf(&b, "  %s  %s %d  %s  %s %s\n", at(e.At), e.Centre, e.Seq, e.Kind, e.Role, e.OfficerID)
	}
	fmt.Fprintf(&b, "\nAlarms (%d)\n", len(p.Alarms))
	for _, a := range p.Alarms {
		fmt.Fprintf(&b, "  %s  %s  handset %s  about %s\n", at(a.At), a.Kind, orDash(a.DeviceID), orDash(a.AboutID))
	}
	fmt.Fprintf(&b, "\nSessions (%d)\n", len(p.Sessions))
	for _, s := range p.Sessions {
		ended := "still open"
		if s.EndedAt != nil {
			ended = "ended " + at(*s.EndedAt)
		}
		fmt.Fprintf(&b, "  %s  %s  officer %s  handset %s  %s\n", at(s.CreatedAt), s.SessionID, s.OfficerNo, s.DeviceID, ended)
	}
	fmt.Fprintf(&b, "\nHandsets (%d)\n", len(p.Devices))
	for _, d := range p.Devices {
		state := "in use"
		if d.RevokedAt != nil {
			state = "withdrawn " + at(*d.RevokedAt)
		}
		fmt.Fprintf(&b, "  %s  %s  %s\n", d.DeviceID, d.Centre, state)
	}
	denied := 0
	for _, e := range p.Events {
		if !e.OK {
			denied++
		}
	}
	fmt.Fprintf(&b, "\nEnrolments, log-ins, refreshes and the like: %d, %d of them refused (see the JSON)\n", len(p.Events), denied)
	fmt.Fprintf(&b, "\nEntries by book and kind\n")
	for _, k := range p.Counts {
		fmt.Fprintf(&b, "  %s  %-24s %8d  no. %d to %d\n", k.Centre, k.Kind, k.Count, k.First, k.Last)
	}
	return b.String()
}

func orDash(id *uuid.UUID) string {
	if id == nil {
		return "-"
	}
	return id.String()
}
