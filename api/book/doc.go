// Package book is the book of each centre: append-only, numbered without gaps. Whatever an officer does is an op; an op
// becomes an entry or it does not; all else (registers, tasks, duties, posts) is folded from the entries and can be
// folded again. kinds.go is the table of contents: every kind of op, who may make it, where its rules stand.
//
// # Life of an op
//
// Append is the only way in. It hands each centre's part of a batch to that centre's writer; batches that arrive while
// one transaction runs join the next (append.go). Then, in one transaction (batch.go):
//
//	prepare   before any lock: read the op strictly, find its session's key, check the signature over its bytes
//	begin     lock the centre's head row; in the same round trip read which op_ids are known, the sessions and posts,
//	          and the rows that the kinds ask for, one query a table, into State
//	again     a known op_id with the same op_hash gets its receipt as it now stands; with another, op_id_conflict
//	judge     is the session this officer's at that time, has he a post here whose role may do this, do the kind's own
//	          rules hold; doubts about place and clock become flags, never a refusal
//	hold      what builds on something that has not come yet waits, sealed whole, and is tried again when it comes
//	enter     next number of the book and of its registers, V and X fields sealed in place, apply on the open view,
//	          leaf into the tree
//	flush     entries, changed rows, complete subtrees, the new head and the notices for phones: one statement a table
//
// A refusal is the receipt of that op alone. If a statement fails for no op's own reason, the ops are appended one at a
// time, and the one that fails again is held and an alarm raised: a poison op never stops the others. When the time is
// up or the connection breaks nobody knows what was stored; the answer is unknown_outcome, and the same ops sent again
// get the same receipts. A full queue says overloaded at once.
//
// # Rules for what is added here
//
// Check functions see the plain op and refuse, hold or flag. What later rules need of a sealed field they note as a
// fact: a boolean or a code, never a name, number or text. Apply functions see the open view, in which sealed values are
// null, and change State: no clock, no chance, no SQL, no map order, for Rebuild runs them again years later and must
// get the same rows. They return notices and send nothing. Time is the entry's.
//
// Times: device_at is what the phone said, at is that plus the measured offset and never after received_at. Rules go by
// at; the year of a serial is that of received_at in India.
//
// Ops of the server itself (the clock, the command line's registrar) have no signature. Their bytes follow from what
// they are about, so that two processes that find the same thing due write the same op, which is entered once.
//
// # Reading
//
// Feed, Register, tasks and proofs demand a staff.Caller and run in a read-only transaction of his district. The line
// that phones get is written once, at append, with its sealed values left out, and copied from then on. An entry that is
// guarded (a child, a sensitive case) is number and date to whoever has no part in it.
//
// Verify checks a book from the database alone: numbers, hashes, signatures, tree. Checkpoints are signed notes of size
// and root, made on demand from the head row.
package book
