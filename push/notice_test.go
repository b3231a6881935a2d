package push_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"kendra/push"
)

// notice is a good notice to an officer.
func notice() push.Notice {
	return push.Notice{
		DistrictID: 7, ID: uuid.Must(uuid.NewV7()), Centre: "KRW", Officer: uuid.Must(uuid.NewV7()),
		Kind: push.KindTask, Subject: uuid.Must(uuid.NewV7()), Urgency: push.Urgent, TTL: time.Hour, Seq: 12,
	}
}

func TestAWakeIsThreeKeysAndNothingElse(t *testing.T) {
	t.Parallel()
	n := notice()
	m := n.Message(90*time.Second + 700*time.Millisecond)
	want := push.Message{
		Data:        map[string]string{"v": "1", "k": "task", "id": n.Subject.String()},
		CollapseKey: n.Subject.String(), High: true, TTL: 90 * time.Second,
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("message %+v, want %+v", m, want)
	}
	if m := n.Message(time.Millisecond); m.TTL != time.Second {
		t.Errorf("a wake about to expire has ttl %v, want 1 s: 0 means now or never", m.TTL)
	}
}

func TestANoticeThatNobodyCouldSendIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*push.Notice){
		"no district":              func(n *push.Notice) { n.DistrictID = 0 },
		"no id":                    func(n *push.Notice) { n.ID = uuid.Nil },
		"no subject":               func(n *push.Notice) { n.Subject = uuid.Nil },
		"unknown kind":             func(n *push.Notice) { n.Kind = "gossip" },
		"nobody to wake":           func(n *push.Notice) { n.Officer = uuid.Nil },
		"officer and role":         func(n *push.Notice) { n.Role = "sho" },
		"officer and squad":        func(n *push.Notice) { n.Squad = uuid.New() },
		"a role without a centre":  func(n *push.Notice) { n.Officer, n.Role, n.Centre = uuid.Nil, "sho", "" },
		"a negative time to live ": func(n *push.Notice) { n.TTL = -1 },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := notice()
			if err := n.Check(); err != nil {
				t.Fatalf("the good notice: %v", err)
			}
			spoil(&n)
			if err := n.Check(); !errors.Is(err, push.ErrNotice) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestADevicePrintsWithoutItsToken(t *testing.T) {
	t.Parallel()
	d := push.Device{DeviceID: uuid.New(), Token: "canary"}
	for _, text := range []string{fmt.Sprint(d), fmt.Sprintf("%+v %#v %s", d, d, &d), fmt.Sprintf("%v", []push.Device{d})} {
		if strings.Contains(text, "canary") {
			t.Errorf("printed %q", text)
		}
	}
}
