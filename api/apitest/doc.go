// Package apitest gives tests a district that is served over real HTTP on
// loopback: the stations of Chitrakoot, officers with posts, handsets that
// enrol and log in as phones do, and a clock that stands until it is moved.
// Several servers may stand on the one database.
//
// Every answer that passes through is checked against the contract: status,
// headers and body, and that a refusal is a problem of the catalogue in the
// language that was asked for. A test need not ask for that and cannot leave
// it out. All answers and all log lines are kept, for tests that look for what
// must not be there.
package apitest
