package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

// mostFixes is how many positions go into one call.
const mostFixes = 500

// Bundle gets what a shift starts with.
func (o *Officer) Bundle(ctx context.Context) (contract.Bundle, error) {
	var b contract.Bundle
	if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/bundle"}, &b); err != nil {
		return b, fmt.Errorf("get bundle: %w", err)
	}
	return b, nil
}

// Reference gets the code lists and labels; the handset keeps them and asks
// only whether they have changed.
func (o *Officer) Reference(ctx context.Context) (contract.Reference, error) {
	p := o.p
	p.mu.Lock()
	kept, etag := p.state.Reference, p.state.ETag
	p.mu.Unlock()
	r := request{method: http.MethodGet, path: "/v1/reference"}
	if kept != nil && etag != "" {
		r.header = map[string]string{"If-None-Match": etag}
	}
	var got *answer
	err := p.retry(ctx, func() (err error) {
		got, err = o.authorised(ctx, r)
		return err
	})
	if err != nil {
		return contract.Reference{}, fmt.Errorf("get reference: %w", err)
	}
	if got.status == http.StatusNotModified && kept != nil {
		return *kept, nil
	}
	var ref contract.Reference
	if err := json.Unmarshal(got.body, &ref); err != nil {
		return ref, fmt.Errorf("get reference: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Reference, p.state.ETag = &ref, got.header.Get("ETag")
	return ref, p.state.write(p.o.Dir)
}

// Tasks lists the tasks of a centre that the officer may see, in one state or,
// with "", in any.
func (o *Officer) Tasks(ctx context.Context, centre string, state contract.TaskState) ([]contract.Task, error) {
	var out []contract.Task
	for after := int64(0); ; {
		q := url.Values{"centre": {centre}, "after": {strconv.FormatInt(after, 10)}}
		if state != "" {
			q.Set("state", string(state))
		}
		var page contract.TaskPage
		if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/tasks", query: q}, &page); err != nil {
			return nil, fmt.Errorf("list tasks: %w", err)
		}
		out = append(out, page.Tasks...)
		if !page.More || page.Next <= after {
			return out, nil
		}
		after = page.Next
	}
}

// Task gets one task with its steps.
func (o *Officer) Task(ctx context.Context, id uuid.UUID) (contract.Task, error) {
	var t contract.Task
	if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/tasks/" + id.String()}, &t); err != nil {
		return t, fmt.Errorf("get task: %w", err)
	}
	return t, nil
}

// Register gets a page of a register.
func (o *Officer) Register(
	ctx context.Context, register contract.Register, centre string, year int, after int64,
) (contract.RegisterPage, error) {
	var page contract.RegisterPage
	q := url.Values{"centre": {centre}, "year": {strconv.Itoa(year)}, "after": {strconv.FormatInt(after, 10)}}
	err := o.call(ctx, request{method: http.MethodGet, path: "/v1/registers/" + string(register), query: q}, &page)
	if err != nil {
		return page, fmt.Errorf("get register: %w", err)
	}
	return page, nil
}

// RegisterLine gets one line of a register with its steps.
func (o *Officer) RegisterLine(
	ctx context.Context, register contract.Register, centre string, year int, serial int64,
) (contract.RegisterLine, error) {
	var line contract.RegisterLine
	q := url.Values{"centre": {centre}, "year": {strconv.Itoa(year)}}
	path := "/v1/registers/" + string(register) + "/" + strconv.FormatInt(serial, 10)
	if err := o.call(ctx, request{method: http.MethodGet, path: path, query: q}, &line); err != nil {
		return line, fmt.Errorf("get register line: %w", err)
	}
	return line, nil
}

// ComplaintFilter says which complaints of a centre are wanted; empty, all that
// the officer may see.
type ComplaintFilter struct {
	State               contract.ComplaintState
	Open, Mine, Overdue bool
}

// Complaints lists the complaints of a centre that the officer may see.
func (o *Officer) Complaints(ctx context.Context, centre string, f ComplaintFilter) ([]contract.ComplaintBrief, error) {
	var out []contract.ComplaintBrief
	for after := int64(0); ; {
		q := url.Values{"centre": {centre}, "after": {strconv.FormatInt(after, 10)}}
		if f.State != "" {
			q.Set("state", string(f.State))
		}
		for name, wanted := range map[string]bool{"open": f.Open, "mine": f.Mine, "overdue": f.Overdue} {
			if wanted {
				q.Set(name, "true")
			}
		}
		var page contract.ComplaintPage
		if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/complaints", query: q}, &page); err != nil {
			return nil, fmt.Errorf("list complaints: %w", err)
		}
		out = append(out, page.Complaints...)
		if !page.More || page.Next <= after {
			return out, nil
		}
		after = page.Next
	}
}

// Complaint gets one complaint with its clocks, its steps and what hangs on it.
func (o *Officer) Complaint(ctx context.Context, id uuid.UUID) (contract.Complaint, error) {
	var c contract.Complaint
	if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/complaints/" + id.String()}, &c); err != nil {
		return c, fmt.Errorf("get complaint: %w", err)
	}
	return c, nil
}

// Custody gets who held a complaint from when to when.
func (o *Officer) Custody(ctx context.Context, id uuid.UUID) (contract.Custody, error) {
	var c contract.Custody
	if err := o.call(ctx, request{method: http.MethodGet, path: "/v1/complaints/" + id.String() + "/custody"}, &c); err != nil {
		return c, fmt.Errorf("get custody: %w", err)
	}
	return c, nil
}

// Positions sends duty positions and says how many were stored. Off duty is a
// refusal, and nothing is stored.
func (o *Officer) Positions(ctx context.Context, fixes []contract.Fix) (stored, dropped int, err error) {
	for len(fixes) > 0 {
		n := min(len(fixes), mostFixes)
		var a contract.PositionsAnswer
		r := request{method: http.MethodPost, path: "/v1/positions", body: contract.Positions{Fixes: fixes[:n]}}
		if err := o.call(ctx, r, &a); err != nil {
			return stored, dropped, fmt.Errorf("send positions: %w", err)
		}
		stored, dropped, fixes = stored+a.Stored, dropped+a.Dropped, fixes[n:]
	}
	return stored, dropped, nil
}

// PushToken tells the server where to wake this officer.
func (o *Officer) PushToken(ctx context.Context, token string) error {
	r := request{method: http.MethodPut, path: "/v1/devices/self/push-token", body: contract.PushToken{Token: token}}
	if err := o.call(ctx, r, nil); err != nil {
		return fmt.Errorf("bind push token: %w", err)
	}
	return nil
}

// DropPushToken has the server forget it.
func (o *Officer) DropPushToken(ctx context.Context) error {
	r := request{method: http.MethodDelete, path: "/v1/devices/self/push-token"}
	if err := o.call(ctx, r, nil); err != nil {
		return fmt.Errorf("drop push token: %w", err)
	}
	return nil
}

// Receive records that the task has reached the handset.
func (o *Officer) Receive(centre string, task uuid.UUID) error {
	return o.step(centre, contract.KindTaskReceive, contract.TaskReceive{TaskID: task}, nil)
}

// See records that the officer has looked at the task.
func (o *Officer) See(centre string, task uuid.UUID) error {
	return o.step(centre, contract.KindTaskSee, contract.TaskSee{TaskID: task}, nil)
}

// Accept records that the officer takes the task.
func (o *Officer) Accept(centre string, task uuid.UUID) error {
	return o.step(centre, contract.KindTaskAccept, contract.TaskAccept{TaskID: task}, nil)
}

// Decline records that she does not, and why.
func (o *Officer) Decline(centre string, task uuid.UUID, reason string) error {
	return o.step(centre, contract.KindTaskDecline, contract.TaskDecline{TaskID: task, Reason: reason}, nil)
}

// Depart records that she is on the way.
func (o *Officer) Depart(centre string, task uuid.UUID, at *contract.Place) error {
	return o.step(centre, contract.KindTaskDepart, contract.TaskDepart{TaskID: task}, at)
}

// Arrive records that she is there.
func (o *Officer) Arrive(centre string, task uuid.UUID, at *contract.Place) error {
	return o.step(centre, contract.KindTaskArrive, contract.TaskArrive{TaskID: task}, at)
}

// Done records how the task ended.
func (o *Officer) Done(centre string, task uuid.UUID, result string, at *contract.Place) error {
	return o.step(centre, contract.KindTaskDone, contract.TaskDone{TaskID: task, Result: result}, at)
}

func (o *Officer) step(centre string, kind contract.Kind, body any, at *contract.Place) error {
	_, err := o.RecordAt(centre, kind, body, at)
	return err
}

// IsLoggedOut tells whether err means that the officer has to log in again.
func IsLoggedOut(err error) bool { return errors.Is(err, ErrLoggedOut) }
