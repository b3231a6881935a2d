// Package fleet simulates the handsets of a district on the reference client:
// the traffic of the demo, of load and of chaos, and the checker of what the
// server kept of it.
//
// A World says who there is, a Plan how long, how fast and by which seed. Each
// handset has an agenda drawn from the seed before the shift begins: duty,
// visits of a beat or rounds of a squad, syncs, and for dispatchers tasks for
// the others. What a handset is woken for, or reads in the feed, it adds to
// its agenda: a task is received, seen, accepted, and worked to its end.
//
// A fleet that stays (Fleet.Stay) has no end and no troubles: it is there for
// whoever tries a server out, answers the tasks that are sent to it and brings a
// complaint to the desk now and then.
//
// Troubles belong to the plan too: dead zones, clocks that are wrong by hours
// and drift, answers lost after the work was done, requests cut half-way,
// batches sent twice, two officers on one handset. None of them may lose or
// double an op. Every receipt is kept, and Check compares the receipts with
// the book, row by row.
//
// The world's clock may run faster than life (Plan.Speed): the server under
// test must then be given the same clock. Waits of back-off shrink with it.
package fleet
