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
//	          rules hold, is it not his own act; doubts about place and clock become flags, never a refusal
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
// # Registers
//
// One entry may open lines in several registers; a line has the next serial of its register and calendar year (IST).
// What later steps fill stands in the line's cols, beside the columns of the entry that opened it; a correction strikes
// the line and opens another, which goes on with the same life. Numbers that the daily return counts are totalled when a
// line opens and taken back when it is struck: by register and year (serials), and by day (tallies).
//
// # Life of a complaint
//
//	received ──register──> registered ──assign──> assigned ──act──> in action
//	                            │  └────────────act, intervene────────┘ │
//	                            └──────────────── dispose ──────────────┤
//	                                                                    v
//	closed <──close── feedback <──call (spoken, or tried three times)── disposed
//	   └───────────────────┴──────── reopen, or "not satisfied" ─────────┴──> registered
//
//	transfer, before the disposal: the line closes here and one opens in the other centre's book, with the same case,
//	correlation and overall clock. extend once, with a reason; pause by two officers; withdrawn by her is a disposal.
//
// What is planned for her ends here with a transfer; an FIR that she wants is due there at its time. A zero FIR, too,
// goes on in another book: its line here is over at once, and the limits of the law run there from its registration. When
// one of the two lines is struck the other stays, and its station is told (fir.struck). An FIR that a step transfers goes
// the same way, with what was done. What a station puts right of a complaint or FIR that it passed on, the other book
// reads on from there and is told (line.corrected): its own line nobody else changes. A referral outlives the close of its complaint: the other body still owes its answer,
// whose clock runs on until it is there.
//
// Custody says who holds a complaint, span after span without gap or overlap. Limits are rows; a clock is a limit that
// runs over a complaint or a matter (FIR, follow-up plan, inspection, day ...). When one has passed the server's clock
// enters escalation.raise, one rung of its ladder at a time, whether or not anybody owns the matter; what hangs on a
// complaint is told in its life, too. The overall clock runs from her arrival and nothing resets or pauses it; when a
// correction says that she came at another time, it runs from there, as does what began with her arrival, and what was
// told stays told.
//
// # Rules
//
// Code lists, columns, limits, ladders and sections of law begin as rows of the schema and are changed by ops in HQ's
// book. An entry records which state of HQ's book it was judged by (rules_seq), and is folded again by the same.
//
// # Conduct of the squads
//
// What a squad enters is looked at by the clock for nine patterns (conduct_pattern.go), a day as it goes and a week when
// it is over. Whether the facts or the person of an entry are those of an earlier one is noted when it is entered, as a
// boolean: the keyed hashes that tell stand beside the book and die with the key of the case. A pattern is raised once
// (conduct.flag) and waits for the answer of a senior. Who was warned objects by his slip; what is upheld is shredded in
// the transaction that says so.
//
// # Keeping
//
// How long what is kept are rules that two persons of the district office change (retention.go). The clock finds what is
// due by index and enters key.shred; the keys of the case are destroyed in the same transaction, and the marks with them.
// The line and its number stay, and so does the proof. What led to an FIR, waits for an objection, or is kept by an order
// (hold.go) waits. What is sealed in neither a complaint nor an entry about a person is found by walking the books, by
// rules of its own (retention_walk.go); a kind that seals something for which there is no rule stops the start. An emptied key says that none is made in its place; folding a book again finds one that came back.
// Wrapping keys and the key of the keyed hashes are changed while the book is written (rehash.go).
//
// # Reading
//
// Feed, Register, tasks and proofs demand a staff.Caller and run in a read-only transaction of his district. The line
// that phones get is written once, at append, with its sealed values left out, and copied from then on. An entry that is
// guarded (a child, a sensitive case) is number and date to whoever has no part in it.
//
// Sealed fields are read by an op (unseal.go; unseal_right.go lists who may): it is entered like any other, the fields
// are opened in the same transaction and handed out only after its commit. Those of a guarded case are for the officers
// named on it (named.go), or for one who asked and was allowed by a post above, for an hour (glass.go). An officer has a
// budget of reads, counted under a lock of the officer, and a refusal above it is owed to the book as an entry of the clock
// (reads.go). What became of a complaint its slip tells (slip.go, slip_status.go), by number and secret, without a log-in
// and without an entry.
//
// Who accepts a task of a case reads what its visit needs in the same transaction (unseal_task.go). A read that is refused
// leaves a row beside the book (reads_denied.go).
//
// Lines of a register leave as a file by two persons (exports.go). It is made in a transaction that reads, before the one
// that enters who took it with the SHA-256 of the bytes (exports_read.go), and shows what Register shows, without any digit
// of a number (exports_sheet.go).
//
// # Posts
//
// Rights follow the post at the time. A post is covered by another officer for a time (cover.go): a post of its own that ends
// by itself, under which entries say acting. It goes from one officer to the next by a sheet folded from the book, whose
// hash both sign (handover.go). Nobody decides alone of what is his own act: which acts those are is one table (alone.go),
// into which the door looks after the kind's own rules.
//
// An officer in danger calls for help (sos.go): the entry itself wakes who is near (near.go), and its facts say who that was,
// for it is a fact of the moment. Until somebody comes the clock climbs a ladder of rows, as with tasks. Where she was stands
// in the entry alone, open as the places of patrols are: those who come must know it, and it is no victim's. No list or map
// of units has it of one who was off duty. The nearest are of whatever station: one of another reads the call that woke him,
// and answers it under his own post. Of several presses of one call the last counts (sos_press.go), and nothing that was said
// before it silences it. When a call ended as long ago as positions are kept, others do not read the place any more.
//
// Who is to be on which duty is planned a week at a time (roster.go). A later roster of a week replaces the earlier, if it
// says that it has seen it; the earlier stays an entry. That somebody is on duty he says himself (duty.go).
//
// # Coverage
//
// What is owed to places and beats is told for any moment from the rows of the list (every_days, weight, per_week) and from
// place_visits, which apply keeps: a row a visit, from when the book learnt of it until its line was struck. The rule stands
// in coverage.go: debt = weight × thousandths of a day overdue. coverage_read.go adds it up by beat, station, circle and cell;
// coverage_rounds.go proposes an order (geo/rounds), which a person sends as tasks or does not. It is about places, never
// about an officer. Once a month the register of a beat is closed with what was counted so (beat_month.go): the book counts,
// an officer looks and enters. The numbers of units, rounds and evidence are one list that HQ moves (numbers.go).
//
// Hot-spots are places of the list where harassment is told of (hotspot.go): proposed by codes and counts, set for a month by
// the in-charge, agreed to by the circle officer, looked at weekly. Those of the list in force are required rounds
// (hotspot_visit.go), which coverage adds up beside the places; hotspot_plan.go drafts a squad's day from them, which a person
// uses or does not. What is proposed by itself (hotspot_told.go) counts rounds, never persons, and of complaints knows only
// what is published. Nothing in heat, coverage or hot-spots is a prediction about persons, or about an area or the people
// who live there: few words from a place may mean little trust, and where people live is no hot-spot.
//
// At a place may hang a sheet with a keyed code (marker.go). What a code that was read at a visit says of the place is found
// at append, by a key that no table has, and stands in the entry: a book is folded again without it.
//
// A file of beats or places is planned whole (ground_plan.go) and entered by the registrar, or at the console by an officer
// for her own station: her ops are entered as one (ground_enter.go), all of them or none.
//
// Verify checks a book from the database alone: numbers, hashes, signatures, tree. Checkpoints are signed notes of size
// and root, made on demand from the head row.
package book
