package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"kendra/api/apitest"
	contract "kendra/mobile-contract"
)

// Who has IPv6 has a whole /64 of addresses: to change within it is no new start.
func TestWhoGuessesAtPhonesFromTheAddressesOfOneNetworkIsCountedAsOne(t *testing.T) {
	t.Parallel()
	w := world(t, (apitest.Limits{}).Rates, "127.0.0.0/8")
	phones := []*apitest.Handset{w.Handset(apitest.Karwi), w.Handset(apitest.Karwi), w.Handset(apitest.Karwi), w.Handset(apitest.Karwi)}
	key := w.Enlist(apitest.Karwi, "beat_officer").Key
	attempt := func(h *apitest.Handset, n int, network string) *apitest.Answer {
		stranger := &apitest.Officer{Number: fmt.Sprintf("1599%05d", n)}
		r := h.Vouch(w.Server, apitest.Post("/v1/sessions", h.LogInBody(stranger, "482915", key)))
		return w.Do(r.With("X-Forwarded-For", fmt.Sprintf("%s:%x::%x", network, n, n+1)))
	}
	const of, other = "2001:db8:1:2", "2001:db8:1:3"
	for n := range 50 {
		attempt(phones[n/18], n, of).Refused(http.StatusUnauthorized, contract.CodeWrongCredentials, "")
	}
	last := phones[3]
	attempt(last, 50, of).Refused(http.StatusTooManyRequests, contract.CodeTooManyTries, "")
	enrol := last.Vouch(w.Server, apitest.Post("/v1/devices", w.Enrolment(last.Key, "7.0000000000000000000000000A")))
	w.Do(enrol.With("X-Forwarded-For", of+":ffff::1")).Refused(http.StatusTooManyRequests, contract.CodeTooManyTries, "")
	attempt(last, 51, other).Refused(http.StatusUnauthorized, contract.CodeWrongCredentials, "")
	ask := func(n int, network string) *apitest.Answer {
		r := apitest.Post("/public/status", contract.SlipQuestion{Number: fmt.Sprintf("7 KRW 2026 %d", 1000+n), Secret: "00000000"})
		return w.Do(r.With("X-Forwarded-For", fmt.Sprintf("%s::%x", network, n+1)))
	}
	for n := range 50 {
		ask(n, of).Refused(http.StatusNotFound, contract.CodeSlipUnknown, "")
	}
	ask(50, of).Refused(http.StatusTooManyRequests, contract.CodeSlipTries, "")
	ask(51, other).Refused(http.StatusNotFound, contract.CodeSlipUnknown, "")
}
