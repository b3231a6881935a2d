package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// The story is the life of complaints at one station, told by the people of its
// cast on handsets of their own, beside the shift: from the woman's arrival to
// the last follow-up and the signed day. One complaint goes through five
// registers; the rest of the nine are filled on the way.

// pace is how long the people of the story take for a step, by the plan.
const storyPace = 8 * time.Second

// story is the cast at work.
type story struct {
	f      *Fleet
	by     map[contract.Role]*handset
	centre string
	result *Told
}

// Told is what the story came to.
type Told struct {
	Steps     int       // ops of the cast, each entered
	Complaint uuid.UUID // the one that goes through five registers
	No        string    // as its line is printed
	Slip      *contract.Slip
}

// castRoles are the posts without which there is no story.
var castRoles = []contract.Role{
	contract.RoleDeskOfficer, contract.RoleCentreIncharge, contract.RoleSho, contract.RoleCounsellor, contract.RoleBeatOfficer,
	contract.RoleCo,
}

// newStory gathers the cast from the handsets.
func (f *Fleet) newStory() (*story, error) {
	s := &story{f: f, by: map[contract.Role]*handset{}, result: &Told{}}
	for _, h := range f.handsets {
		if h.cast {
			s.by[h.who.Role] = h
		}
	}
	for _, r := range castRoles {
		if s.by[r] == nil {
			return nil, fmt.Errorf("plan story: nobody is cast as %s", r)
		}
	}
	s.centre = s.by[contract.RoleDeskOfficer].who.Centre
	return s, nil
}

// tell carries the story out.
func (s *story) tell(ctx context.Context) error {
	for _, act := range []func(context.Context) error{s.onDuty, s.violence, s.stalking, s.trouble, s.spots, s.office} {
		if err := act(ctx); err != nil {
			return fmt.Errorf("story: %w", err)
		}
	}
	return nil
}

// do records an op on the handset of a post, sends it and wants it entered.
func (s *story) do(ctx context.Context, role contract.Role, kind contract.Kind, body any) (uuid.UUID, error) {
	h := s.by[role]
	if err := s.f.sleep(ctx, storyPace); err != nil {
		return uuid.Nil, err
	}
	id, err := s.f.record(h.officer, s.centre, kind, body, h.place())
	if err != nil {
		return id, fmt.Errorf("%s: %w", kind, err)
	}
	for tries := 0; ; tries++ {
		err := h.phone.Sync(ctx)
		if a := s.f.ack(id); a != nil && !a.Held {
			s.result.Steps++
			return id, nil
		}
		if code := s.f.refusal(id); code != "" {
			return id, fmt.Errorf("%s by %s was refused: %s", kind, role, code)
		}
		if tries == mostPatience {
			return id, fmt.Errorf("%s by %s did not enter: %w", kind, role, errors.Join(err, ctx.Err()))
		}
		if err := s.f.sleep(ctx, 2*time.Second); err != nil {
			return id, err
		}
	}
}

// number has an officer read the number that she is to call: one entry, however
// often the line is cut.
func (s *story) number(ctx context.Context, role contract.Role, complaint uuid.UUID) error {
	h := s.by[role]
	var read uuid.UUID
	for tries := 0; ; tries++ {
		u, err := s.readNumber(ctx, h, complaint, read)
		read = u.OpID
		switch number := string(u.Fields["/body/mobile"]); {
		case err == nil && len(number) == len(herNumber)+2 && strings.HasSuffix(number, herNumber[8:]+`"`): // a Mark may change the others
			s.result.Steps++
			return nil
		case err == nil:
			return fmt.Errorf("%s read another number than hers", role)
		case s.f.refusal(read) != "" || tries == mostPatience:
			return fmt.Errorf("%s did not get the number to call: %w", role, err)
		}
		if err := s.f.sleep(ctx, 2*time.Second); err != nil {
			return err
		}
	}
}

// readNumber is one try: a new read, or the last one asked for again.
func (s *story) readNumber(ctx context.Context, h *handset, complaint, read uuid.UUID) (phone.Unsealed, error) {
	if read != uuid.Nil {
		return h.officer.UnsealAgain(ctx, read)
	}
	page, err := h.officer.Complaint(ctx, complaint)
	if err != nil {
		return phone.Unsealed{}, err
	}
	if page.OpenedByOp == nil {
		return phone.Unsealed{}, errors.New("the page names no entry")
	}
	return h.officer.Unseal(ctx, s.centre, contract.IdentityRead{
		SubjectID: *page.OpenedByOp, Fields: []string{"/body/mobile"}, Reason: "call_her",
	})
}

// steps carries out one after the other.
func (s *story) steps(ctx context.Context, list ...step) error {
	for _, x := range list {
		id, err := s.do(ctx, x.by, x.kind, x.body())
		if err != nil {
			return err
		}
		if x.then != nil {
			x.then(id)
		}
	}
	return nil
}

// step is one op of the story. Its body is made when its turn comes, by the
// time of then; then takes its id.
type step struct {
	by   contract.Role
	kind contract.Kind
	body func() any
	then func(id uuid.UUID)
}

func (s *story) now(role contract.Role) contract.Time { return contract.At(s.by[role].clock.now()) }

func (s *story) ago(role contract.Role, d time.Duration) contract.Time {
	return contract.At(s.by[role].clock.now().Add(-d))
}

func (s *story) id(role contract.Role) uuid.UUID { return s.by[role].who.ID }

// today is the day in India.
func (s *story) today() time.Time { return s.by[contract.RoleSho].clock.now().In(ist) }

var ist = time.FixedZone("IST", 5*3600+1800)

// onDuty has the cast begin their day; the circle officer keeps no duty.
func (s *story) onDuty(ctx context.Context) error {
	for _, r := range castRoles {
		if r == contract.RoleCo {
			continue
		}
		if _, err := s.do(ctx, r, contract.KindDutyStart, contract.DutyStart{}); err != nil {
			return err
		}
	}
	return nil
}
