package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// unsealsEach is how many reads each phone makes in a round: in all rounds of a
// run fewer than an officer's budget of an hour.
const unsealsEach = 2

// unseals compares reading a sealed field with recording a visit that is sent
// alone: each is a call, a transaction and an entry of its own.
func (b *bencher) unseals(ctx context.Context, phones []*benchPhone) error {
	b.say("reads of sealed fields")
	if err := b.again(ctx, phones); err != nil {
		return err
	}
	hers := make(map[*benchPhone]uuid.UUID, len(phones))
	for _, p := range phones {
		id, err := b.openOne(ctx, p)
		if err != nil {
			return err
		}
		hers[p] = id
	}
	read := func(p *benchPhone, _ int) (string, error) {
		return p.signed(contract.KindIdentityRead, contract.IdentityRead{
			SubjectID: hers[p], Fields: []contract.Pointer{"/body/mobile"}, Reason: "call_her",
		}, nil)
	}
	s := &series{name: "reads of a sealed field", unit: "reads/s", against: "visits, batch 1"}
	for range b.rounds {
		reads, err := readsOf(phones, b.path("/v1/unseal"), read)
		if err != nil {
			return err
		}
		got, err := fire(reads, b.path("/v1/unseal"))
		if err != nil {
			return err
		}
		if want := len(phones) * unsealsEach; got.entered != want {
			return fmt.Errorf("%d of %d reads entered", got.entered, want)
		}
		visits, err := prepare(phones, unsealsEach, 1, b.path("/v1/ops"))
		if err != nil {
			return err
		}
		beside, err := b.stored(ctx, visits, b.path("/v1/ops"))
		if err != nil {
			return err
		}
		s.add(got.perSecond(), beside.perSecond())
	}
	b.rows = append(b.rows, s.figure())
	return b.calls(ctx, phones[0])
}

// openOne has a phone take in one complaint and returns its id.
func (b *bencher) openOne(ctx context.Context, p *benchPhone) (uuid.UUID, error) {
	var id uuid.UUID
	loads, err := prepareOf([]*benchPhone{p}, 1, 1, b.path("/v1/ops"), func(p *benchPhone, i int) (string, error) {
		item, err := p.complaint(i)
		if err != nil {
			return "", err
		}
		var sent struct {
			Op struct {
				ID uuid.UUID `json:"op_id"`
			} `json:"op"`
		}
		err = json.Unmarshal([]byte(item), &sent)
		id = sent.Op.ID
		return item, err
	})
	if err != nil {
		return id, err
	}
	_, err = b.stored(ctx, loads, b.path("/v1/ops"))
	return id, err
}

// readsOf signs reads, each a request of its own.
func readsOf(phones []*benchPhone, url string, read func(*benchPhone, int) (string, error)) ([]*load, error) {
	loads := make([]*load, len(phones))
	for i, p := range phones {
		loads[i] = &load{phone: p}
		for n := range unsealsEach {
			item, err := read(p, n)
			if err != nil {
				return nil, err
			}
			loads[i].bodies = append(loads[i].bodies, []byte(item))
		}
		if err := loads[i].prove(url); err != nil {
			return nil, err
		}
	}
	return loads, nil
}

// calls takes what it costs to know who calls: the token, the proof of its key
// and the session.
func (b *bencher) calls(ctx context.Context, p *benchPhone) error {
	url := b.path("/v1/feed")
	proof, err := p.proof(http.MethodGet, url)
	if err != nil {
		return err
	}
	in := staff.AuthIn{Authorization: "DPoP " + p.token, Proof: proof, Method: http.MethodGet, URL: url}
	took, err := timed(func() error { _, err := b.node.staff.Authenticate(ctx, in); return err })
	if err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	b.rows = append(b.rows, figure{Name: "of one call: verify token, proof and session", Value: took, Unit: "µs"})
	return nil
}
