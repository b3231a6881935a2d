package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
	"kendra/push"
	"kendra/push/fcm"
	"kendra/push/fcmtest"
)

const benchSends = 3000

// pushes compares sends by the worker, from job row to FCM and into the ledger,
// with the SDK alone on 32 goroutines.
func (b *bencher) pushes(ctx context.Context) error {
	b.say("push")
	var got atomic.Int64
	server, err := fcmtest.Start(fcmtest.Options{OnMessage: func(fcmtest.Message) { got.Add(1) }})
	if err != nil {
		return err
	}
	defer server.Close()
	sender, err := fcm.New(ctx, fcm.Options{Endpoint: server.URL(), ProjectID: server.Project()})
	if err != nil {
		return err
	}
	defer sender.Close()
	s := &series{name: "job row to FCM with the ledger", unit: "sends/s", against: "the SDK alone, 32 goroutines", bar: 0.25}
	for range b.rounds {
		alone, err := sdkAlone(ctx, sender)
		if err != nil {
			return err
		}
		with, err := b.worker(ctx, sender, &got)
		if err != nil {
			return err
		}
		s.add(with, alone)
	}
	b.rows = append(b.rows, s.figure())
	return nil
}

func benchNotice(seq int) push.Notice {
	return push.Notice{
		DistrictID: 7, ID: uuid.New(), Centre: "KRW", Officer: uuid.New(), Kind: push.KindTask, Subject: uuid.New(),
		Urgency: push.Urgent, Seq: int64(seq + 1),
	}
}

func sdkAlone(ctx context.Context, sender *fcm.Sender) (float64, error) {
	const routines = 32
	return parallel(routines, routines*(benchSends/routines), func(int) error {
		for i := range benchSends / routines {
			if err := sender.Send(ctx, "token-"+uuid.NewString(), benchNotice(i).Message(time.Hour)); err != nil {
				return fmt.Errorf("send: %w", err)
			}
		}
		return nil
	})
}

func (b *bencher) worker(ctx context.Context, sender *fcm.Sender, got *atomic.Int64) (float64, error) {
	devices := func(_ context.Context, _ int32, list []push.Notice) ([][]push.Device, error) {
		out := make([][]push.Device, len(list))
		for i, n := range list {
			out[i] = []push.Device{{DeviceID: n.Officer, Token: "token-" + n.Officer.String()}}
		}
		return out, nil
	}
	forget := func(context.Context, int32, uuid.UUID, string) error { return nil }
	client, err := push.NewClient(b.node.pool, sender, devices, forget, push.Options{})
	if err != nil {
		return 0, err
	}
	enqueue, err := push.New()
	if err != nil {
		return 0, err
	}
	for at := 0; at < benchSends; at += 500 {
		var list []push.Notice
		for i := range 500 {
			list = append(list, benchNotice(at+i))
		}
		err := pgx.BeginFunc(ctx, b.node.pool, func(tx pgx.Tx) error { return enqueue.Enqueue(ctx, tx, list) })
		if err != nil {
			return 0, err
		}
	}
	before := got.Load()
	start := time.Now()
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return 0, err
	}
	for got.Load()-before < benchSends && time.Since(start) < time.Minute {
		time.Sleep(2 * time.Millisecond)
	}
	rate := float64(got.Load()-before) / time.Since(start).Seconds()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return rate, client.Stop(stop)
}

// split times the parts of one op by themselves, in this process, without a
// bar: where its processor time goes beside the database's and the network's.
func (b *bencher) split(p *benchPhone) error {
	item, err := p.op(1) // one that is sealed
	if err != nil {
		return err
	}
	batch, err := contract.SplitBatch([]byte(sentAtHead + contract.At(time.Now()).String() + `","items":[` + item + `]}`))
	if err != nil {
		return err
	}
	raw := batch.Items[0].Raw
	sig, err := contract.Decode(batch.Items[0].Sig)
	if err != nil {
		return err
	}
	op, report, err := contract.DecodeOp(raw)
	if err != nil {
		return err
	}
	where := seal.Where{District: 7, Centre: "KRW", OpID: op.ID}
	parts := []struct {
		name string
		do   func() error
	}{
		{"decode and validate", func() error { _, _, err := contract.DecodeOp(raw); return err }},
		{"read the body", func() error { _, err := contract.DecodeBody[contract.VisitRecord](op.Body); return err }},
		{"verify the signature", func() error {
			if !contract.VerifyES256(&p.key.PublicKey, contract.OpMessage(contract.HashOp(raw)), sig) {
				return fmt.Errorf("signature does not verify")
			}
			return nil
		}},
		{"make a case key and seal", func() error {
			k, _, err := b.node.secrets.keyset.NewKey(7, op.ID, seal.Victim)
			if err != nil {
				return err
			}
			_, err = seal.SealDoc(raw, report.Sealed, report.Salt, seal.Keys{seal.Victim: k}, where)
			return err
		}},
	}
	for _, part := range parts {
		took, err := timed(part.do)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		b.rows = append(b.rows, figure{Name: "of one op: " + part.name, Value: took, Unit: "µs"})
	}
	return nil
}

func timed(do func() error) (float64, error) {
	const times = 2000
	start := time.Now()
	for range times {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Microseconds()) / times, nil
}
