// Package push wakes phones.
//
// A push carries no news. It says "there is something for you, come and ask", and the phone then reads its task
// from the feed like any other day. Whoever watches the push service learns that an officer was woken, and nothing
// of a woman, a place or a case: the payload is {"v":"1","k":"task","id":"<task id>"}, always these three keys.
//
// # Life of a notice
//
// The book writes an entry and, in the same transaction, calls Enqueuer.Enqueue: the job exists if and only if the
// entry does. After the commit the caller calls Client.Wake. A worker takes the job and asks (by a function that
// the command hands it) which devices the officer, squad or post has on duty:
//
//	no device       the ledger says no_device; the task is in the next sync anyway, and the ladder goes on
//	one device      sent at once, in the same job
//	several         one job a device, inserted in the transaction that completes the first job
//
// One job is one send to one token, so that one bad token cannot hold up, repeat or hide another.
//
// # Answers of the push service
//
//	accepted                            handed
//	token unregistered, or not ours     the token is forgotten; dropped
//	quota or outage with Retry-After    snoozed for just so long
//	anything else that may pass         snoozed: 1 s, 2 s, 4 s ... 60 s
//	the message is wrong                failed, invalid
//	time to live has passed             failed, expired
//
// Snoozing never uses up a job's attempts: only expiry ends the trying. Attempts are left for what is our own
// fault, such as a panic. A job that runs a second time after a crash asks the ledger first, so that a push handed
// over before the crash is not handed over again; in the narrow gap between the answer and the ledger a phone may be
// woken twice, which the collapse key and an idempotent sync make harmless.
//
// # The ledger
//
// Table push_sends holds one row a notice and device: queued, handed, failed, dropped, no_device. Rows are written
// when an attempt ends, many in one statement: what comes while a write is under way goes into the next. Devices are
// looked up the same way, so that a burst costs the database few trips. Before the first attempt there is no row:
// the job itself is the proof that a notice is queued, since when is the entry's own time. Ledger reads the steps
// back for the tasks of a page.
//
// # No NOTIFY
//
// The queue's own driver notifies inside the inserting transaction, and PostgreSQL lets commits that notify pass
// one at a time. The book's commits are the busiest of the system, so the driver here never notifies: the process
// that inserted wakes its own worker in memory (Wake), and the others find the job by polling five times a second.
//
// The package knows no Firebase; push/fcm does. It knows no officer, device or session either, and imports none
// of the packages that do.
package push
