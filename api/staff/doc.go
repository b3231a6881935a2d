// Package staff knows who speaks: officers and the posts they hold, handsets and their keys, PINs, sessions, tokens and
// the proofs that go with them. What it gives to the rest of the house is a Caller.
//
// # Who may do what
//
// Staff answers who and on which handset, never what he may: rights follow the post and the book judges them. Posts are
// entries of the book; they are only read here.
//
// # Ways in
//
// There are eight, and no other. The first five are of phones. All of them but the last spend a nonce of the server, are
// signed by the handset's key, and carry a DPoP proof by it over the same nonce (RFC 9449, 8), whose id is spent too, for
// all processes:
//
//	enrol          one-time code of 128 bits from the in-charge, 24 hours, bound to a centre; her next one ends it
//	set a PIN      officer number and an activation code, or the PIN until now
//	log in         officer number and PIN on an enrolled handset; brings the session's own key
//	refresh        the rotating refresh token
//	authenticate   access token and a DPoP proof by the session's key; no nonce, for it is every call. The id of
//	               the proof is spent where the call is not idempotent
//
// The others are of consoles, which are browsers, and want the console's own origin:
//
//	activate       one-time code of 128 bits that two officers have given, or for the first of a district the operator;
//	               passphrase and second factor are set by it, and what there was before ends
//	log in         officer number, passphrase, and a one-time code (RFC 6238) or a passkey (WebAuthn, owner verified)
//	console        the session's cookie, of which the hash is kept; read from its row with every call
//
// A console is a handset of its own kind, whose key nobody has. The key of each of its sessions is made here, sealed in
// the session's row and gone with it: SignOp signs by it what the session asks for. Such a signature proves what this
// server was asked for, not what a device outside it did; an entry's device says which of the two it is. So the book,
// its proofs and its clients know one sort of op only. What is grave (Caller.Fresh) wants the second factor shown
// within five minutes; a phone's key opens to PIN or finger, and signs each op.
//
// # Alarms
//
// What somebody must look at is a row of alarms, for one officer or for those in charge of a centre; the urgent ones
// wake a phone by the function that cmd hands in. A refresh token used again ends its session and wakes the in-charge.
// A lost handset is withdrawn by anybody at its centre, and replaced by two officers. An officer is told of each handset
// that is new to her.
//
// # Times
//
//	nonce 2 minutes · enrolment and activation code 24 hours · first administrator's codes 15 minutes
//	access token 10 minutes · refresh token idle 7 days, at most 30 days · forgiveness for a lost answer 30 seconds
//	what a process remembers of a session 10 seconds: so long does a revocation take to reach the last of them
//	wrong PINs: from the fifth on a delay of 30 seconds that doubles up to 15 minutes; 20 an hour a handset, 50 an
//	hour an address; an activation code dies of five wrong ones
//	console 15 minutes idle, at most 12 hours · second factor fresh for 5 minutes · set-up 10 minutes
//	wrong log-ins at a console: SECURITY.md has the table; console_guess.go says why it is so
//
// # Secrets
//
// PINs are kept as argon2id of their HMAC under a pepper that is not in the database; activation codes, which are typed
// by hand and therefore short, as argon2id under a key of the server; long codes as HMAC; refresh tokens as SHA-256.
// Everything secret is of type Secret, which prints as [secret], so that no log line and no error can hold it.
//
// Refusals are *contract.Problem; their bookkeeping (tries, events, alarms) is committed. Any other error is internal
// and leaves nothing behind. An attempt whose nonce is none of ours or too old, or whose code names no district, is
// refused before the database is asked, and leaves no event: whoever can send a packet could fill the table.
//
// # Files
//
// People and places are imported from CSV: UTF-8, comma, the columns' names in the first line in any order. A column in
// brackets may be empty or missing. An import adds and never changes: a row that stands there already, word for word, is
// passed over, one that differs is an error, and one error keeps everything out.
//
//	circles   circle, hi, en
//	stations  centre, [circle], hi, en, [lat], [lon], [phone]        centre: KRW; HQ is the district office
//	officers  number, name_hi, name_en, rank, is_woman, [phone]      is_woman: yes or no; phone: only its keyed hash is kept
//	squads    centre, hi, en
//	beats     centre, hi, en, [area]                                 area: GeoJSON, or "lat lon;lat lon;..."
//	posts     number, role, centre, from, [until], [squad], [beat], [circle]
//
// squad and beat name their English name at the same centre; from and until are a day (its first moment in India) or an
// RFC 3339 time. Posts are handed back to be entered in the book; each has an id that follows from its content.
package staff
