package staff

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	contract "kendra/mobile-contract"
)

// How often one may be wrong at a console, for a quarter of an hour each: nobody's guesses keep anybody out for longer.
const (
	consoleAccountTries = 20 // one account, from all browsers that are not known
	consoleAddressTries = 12 // one address, whichever the account
)

// takeConsole counts an attempt by whom it could be of. A browser that the officer has logged in by is counted alone,
// so that no stranger's guesses keep her out of it. All others are counted by address, by account and address, and by
// account; the address comes first, so that who has used it up makes no rows for accounts.
func (s *Service) takeConsole(ctx context.Context, tx pgx.Tx, a *consoleAttempt) error {
	if id, ok := s.knownBrowser(a.browser, a.district, a.officer.ID); ok {
		a.known = true
		a.subjects[1] = []subject{{
			hash: s.subjectHash("console browser", a.district, id), limit: officerTries, window: officerWindow, doubles: true,
		}}
	} else {
		a.subjects[0] = []subject{s.consoleAddress(a.district, a.address)}
		a.subjects[1] = []subject{
			{
				hash:  s.subjectHash("console account at", a.district, a.number+"\n"+a.address),
				limit: officerTries, window: officerWindow, doubles: true,
			},
			{hash: s.subjectHash("console account", a.district, a.number), limit: consoleAccountTries, window: officerWindow},
		}
	}
	full := false
	for i, subjects := range a.subjects {
		if len(subjects) == 0 {
			continue
		}
		ran, err := s.take(ctx, tx, a.district, subjects)
		if err != nil {
			if i > 0 && len(a.subjects[0]) > 0 && isRefusal(err) { // it is not judged: the address has not tried
				err = orRefuse(s.giveBack(ctx, tx, a.district, a.subjects[0]), err)
			}
			return err
		}
		full = full || ran
	}
	if !full || a.officer.ID == uuid.Nil {
		return nil
	}
	return s.raise(ctx, tx, a.district, alarm{
		kind: alarmGuessed, subject: a.officer.ID, officer: a.officer.ID, about: a.officer.ID,
	})
}

func (s *Service) consoleAddress(district int32, address string) subject {
	return subject{hash: s.subjectHash("console address", district, address), limit: consoleAddressTries, window: officerWindow}
}

// browserKnown is how long a browser is known by which an officer has logged in.
const browserKnown = 180 * 24 * time.Hour

// browserOf makes the text by which a browser is known: whose it is and until when, under a MAC. It opens nothing.
func (s *Service) browserOf(district int32, officer uuid.UUID, id string) Secret {
	head := strings.Join([]string{
		strconv.Itoa(int(district)), officer.String(), id,
		strconv.FormatInt(s.now().Add(browserKnown).Unix(), 10),
	}, ".")
	return Secret(head + "." + s.browserMAC(head))
}

func (s *Service) browserMAC(head string) string {
	mac := hmac.New(sha256.New, s.keys.browser)
	mac.Write([]byte(head))
	return contract.Encode(mac.Sum(nil))
}

// knownBrowser tells whether the officer has logged in by this browser, and its id.
func (s *Service) knownBrowser(text Secret, district int32, officer uuid.UUID) (id string, ok bool) {
	parts := strings.Split(string(text), ".")
	const words = 5
	if len(text) > consoleMax || len(parts) != words || officer == uuid.Nil {
		return "", false
	}
	head := strings.Join(parts[:words-1], ".")
	ends, err := strconv.ParseInt(parts[3], 10, 64)
	mine := slices.Equal(parts[:2], []string{strconv.Itoa(int(district)), officer.String()})
	return parts[2], err == nil && mine && s.now().Unix() < ends && equal([]byte(parts[4]), []byte(s.browserMAC(head)))
}
