// Package history makes up the life of a district: some stations, some two
// hundred and fifty officers, two months of visits, rounds and complaints with
// all that follows from them. It is what reads are measured on, and what the
// invariants of the books are checked against.
//
// # How it runs
//
// No server is asked and no time passes: the real book and staff code run in
// this process on a PostgreSQL, by a clock (Clock) that a heap of events moves
// from quarter of an hour to quarter of an hour. In each quarter the events that
// fall into it happen in their order; what officers record then is signed by
// their session's key on their handset. At its end the handsets that are online
// send what they hold, and so do those that come into reach just then: beats
// and squads work offline and send two or three times a day, so that the times
// of their ops lie hours back. Then answers are read, which is what lets lives
// go on, and the book's own clock ticks.
//
// # What is drawn
//
// Everything that happens is drawn from the seed: who comes, when, what she
// complains of, how fast each step is, who forgets to sign. Ids, salts and keys
// are random, so two histories of a seed are alike and not the same. Nobody in
// it exists; names are "परीक्षण ..." (trial).
//
// Officers do not know the server's mind. What two of them do to the same
// complaint in the same hour, one of them offline, may cross; the refusal that
// comes of it is counted by its code and the life of the complaint goes on from
// where the book has it.
//
// # Check
//
// Check says what does not hold in the books of a database, whoever filled it.
package history
