package staff

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as every authenticator app has it; HMAC-SHA1 is not broken
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

// One-time codes by RFC 6238: six digits of HMAC-SHA1 over steps of half a minute. One step early or late is forgiven;
// the time is the server's.
const (
	totpSecret  = 20 // 160 bits
	totpSeconds = 30
	totpDigits  = 1_000_000
	totpSkew    = 1
)

var totpBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpCode is the code of one step.
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%totpDigits)
}

// totpStepOf finds the step that a code is of, after the last one that was used.
func totpStepOf(secret []byte, code Secret, now time.Time, last int64) (step int64, ok bool) {
	middle := now.Unix() / totpSeconds
	for n := middle - totpSkew; n <= middle+totpSkew; n++ {
		if equal([]byte(totpCode(secret, n)), []byte(code)) && n > last {
			step, ok = n, true
		}
	}
	return step, ok
}

// totpURI is what an authenticator app reads from a QR code.
func totpURI(secret []byte, number string) string {
	return "otpauth://totp/Kendra:" + url.PathEscape(number) + "?secret=" + totpBase32.EncodeToString(secret) + "&issuer=Kendra"
}

// OneTimeCode is what the authenticator app of an officer shows at a time: for the demo, whose officers have no phones
// of their own, and for tests in a browser.
func OneTimeCode(secret Secret, at time.Time) (string, error) {
	raw, err := base32.StdEncoding.DecodeString(string(secret))
	if err != nil {
		return "", fmt.Errorf("read secret of one-time codes: %w", err)
	}
	return totpCode(raw, at.Unix()/totpSeconds), nil
}
