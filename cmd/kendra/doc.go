// Command kendra is the centre's server and its tools.
//
//	kendra serve      the phone API (public) and health, metrics, pprof (private)
//	kendra demo       a whole shift on this machine, then stays up
//	kendra migrate    bring the database's schema up to this release
//	kendra verify     recompute and check the books, without any secret key
//	kendra rebuild    fold the projections again and compare them (--replace: put them in place)
//	kendra officer    bootstrap, enrolment and activation codes, suspend, revoke
//	kendra import     staff lists from CSV
//	kendra bench      the measured table of README.md
//
// The environment configures it, config.go says with what; secrets are files.
// This package wires the others together and holds no rule of the service.
package main
