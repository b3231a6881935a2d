// Package phone is the reference client of the phone API: what an app on an
// officer's handset has to do, in Go. The demo, the load fleet and the tests
// use it, and whoever writes an app may read it beside the contract's README.
//
// A Phone is a handset with a key of its own; an Officer is somebody logged in
// on it, with the session's key. Several officers may share a handset: the ops
// of one who has gone home still leave with the next one's tokens, because
// each op names the session that signed it.
//
// # Files
//
// Everything lives in one directory, readable by its owner alone.
//
//	state.json    keys, sessions, cursors, the newest checkpoint of each book
//	journal.log   the outbox: ops, what became of them, which are proven
//	receipts.log  receipts of ops that are done with
//
// Record returns after the op is on disk (fsync), not before: an officer who
// saw "saved" has it after a flat battery too. A line torn by a crash is cut
// off at the next start; nobody was told that it was saved.
//
// # Sync
//
// Sync sends what waits in the order of device_seq, in batches, and may be cut
// at any point: the bytes of an op never change, so sending them again gives
// the same receipt. Then it reads the feed of each centre and behaves as a
// witness: a checkpoint must be signed by the key seen at enrolment and
// contain the one before it, and each op of this handset must be in the tree
// under the number of its receipt. The leaf is rebuilt from the op and its
// receipt; neighbours in the book are proven together, from the paths of the
// first and the last. Whatever fails stays in Stats and Alarms, and the old
// checkpoint stays the one to compare with.
//
// A read of sealed fields (unseal.go) is saved like any op and sent alone, since
// only that answer has the plain text, which is kept nowhere. One whose answer
// was lost is asked for again by the same bytes, or leaves with the next sync.
//
// # Clocks
//
// The handset's clock may be wrong. Ops carry it as it is; the server measures
// how wrong it is from sent_at. Proofs of possession carry the server's time:
// the handset's plus the offset that the phone measures by itself.
//
// # Session keys
//
// A session's private key is kept sealed under its officer's PIN, so that the
// handset alone is not enough to sign as her, offline too. Six digits stand no
// search by somebody who took the files; an app holds the sealing key in the
// phone's key store as well.
package phone
