package push

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// jobArgs are a ticket in one text. The queue indexes every key and value of every job's arguments, and does so
// again each time a job changes its state, so a dozen separate keys would be a dozen index entries three times over.
type jobArgs struct {
	Ticket string `json:"ticket"`
}

// Kind names the job in the queue; renaming it would strand the jobs that wait.
func (jobArgs) Kind() string { return "push.notice" }

// ticket is what a job is to do: ids, numbers and words of the plan only.
type ticket struct {
	Notice
	// device is set in the jobs that a notice with several devices is cut into, and so is queued, the time when
	// the notice was.
	device uuid.UUID
	queued time.Time
}

const (
	ticketSep    = "|"
	ticketFields = 12
)

var errTicket = errors.New("push: unreadable ticket")

// args packs a ticket.
func (t ticket) args() jobArgs {
	queued := int64(0)
	if !t.queued.IsZero() {
		queued = t.queued.UnixMicro()
	}
	return jobArgs{Ticket: strings.Join([]string{
		strconv.Itoa(int(t.DistrictID)), packID(t.ID), t.Centre, packID(t.Officer), packID(t.Squad), t.Role, t.Kind,
		packID(t.Subject), t.Urgency,
		strconv.FormatInt(t.TTL.Milliseconds(), 10) + ":" + strconv.FormatInt(t.Seq, 10),
		packID(t.device), strconv.FormatInt(queued, 10),
	}, ticketSep)}
}

// ticketOf unpacks the ticket of a job.
func ticketOf(args jobArgs, created time.Time) (ticket, error) {
	f := strings.Split(args.Ticket, ticketSep)
	if len(f) != ticketFields {
		return ticket{}, errTicket
	}
	ttl, seq, _ := strings.Cut(f[9], ":")
	numbers, err := parseInts(f[0], ttl, seq, f[11])
	if err != nil {
		return ticket{}, errTicket
	}
	ids, err := parseIDs(f[1], f[3], f[4], f[7], f[10])
	if err != nil {
		return ticket{}, errTicket
	}
	t := ticket{
		Notice: Notice{
			DistrictID: int32(numbers[0]), ID: ids[0], Centre: f[2], Officer: ids[1], Squad: ids[2], Role: f[5],
			Kind: f[6], Subject: ids[3], Urgency: f[8], TTL: time.Duration(numbers[1]) * time.Millisecond, Seq: numbers[2],
		},
		device: ids[4], queued: created,
	}
	if numbers[3] != 0 {
		t.queued = time.UnixMicro(numbers[3])
	}
	if err := t.Check(); err != nil {
		return ticket{}, err
	}
	return t, nil
}

// expiry is when nobody should be woken any more.
func (t ticket) expiry() time.Time { return t.queued.Add(t.lifetime()) }

// packID writes the zero id as nothing.
func packID(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func parseIDs(texts ...string) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		if text == "" {
			continue
		}
		var err error
		if ids[i], err = uuid.Parse(text); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func parseInts(texts ...string) ([]int64, error) {
	numbers := make([]int64, len(texts))
	for i, text := range texts {
		var err error
		if numbers[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}
