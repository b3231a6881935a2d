package phone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	contract "kendra/mobile-contract"
)

const stateFile = "state.json"

// state is what the handset remembers beside its outbox.
type state struct {
	Key       []byte                `json:"key"` // PKCS 8
	DeviceID  uuid.UUID             `json:"device_id"`
	District  int32                 `json:"district"`
	Centre    string                `json:"centre"`
	Verifiers []string              `json:"verifiers,omitempty"` // of checkpoints, as seen first
	Current   string                `json:"current,omitempty"`   // number of who logged in last
	Sessions  map[string]*session   `json:"sessions"`            // by officer number
	Witness   map[string]*witnessed `json:"witness"`             // by centre
	Reference *contract.Reference   `json:"reference,omitempty"`
	ETag      string                `json:"etag,omitempty"`
	Alarms    []Alarm               `json:"alarms,omitempty"`
}

// session is one officer's log-in. The tokens go when it ends.
type session struct {
	Officer     contract.Officer `json:"officer"`
	Posts       []contract.Post  `json:"posts"`
	ID          uuid.UUID        `json:"id"`
	Salt        []byte           `json:"salt"`
	SealedKey   []byte           `json:"sealed_key"`
	Access      string           `json:"access"`
	AccessEnds  contract.Time    `json:"access_ends"` // server's time
	Refresh     string           `json:"refresh"`
	RefreshEnds contract.Time    `json:"refresh_ends"`
	Cursors     map[string]int64 `json:"cursors"`
}

// readState gives nil when there is none yet.
func readState(dir string) (*state, error) {
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // a new handset has no state, which is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return &s, nil
}

func (s *state) write(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, stateFile), text); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// replaceFile leaves either the old text or the new one, whatever happens.
func replaceFile(path string, text []byte) error {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closed := d.Close(); err == nil {
		err = closed
	}
	return err
}
