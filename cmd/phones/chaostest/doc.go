// Package chaostest holds the tests in which the real program is treated as the
// world treats it: server and database are killed without a word, networks are
// slow, silent and cut, and two servers share one database. A fleet of simulated
// phones works all the while; afterwards each word that a phone was given is
// looked for in the books.
//
// The program is built from source and runs as processes of its own, the tests'
// children, which end with them. Every address is one that the kernel gave: a
// server gets a new one in each life, and the phones' transport dials whichever
// life is current, as a proxy in front of it would.
package chaostest
