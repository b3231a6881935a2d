// Package dbtest gives every test a PostgreSQL database of its own with the
// newest schema in it.
//
//	db := dbtest.New(t)
//	pool := db.Pool(t) // acts as kendra_app, bound by row-level security
//
// A database is a clone of a migrated template, which costs a fraction of a
// migration; it is dropped when the test ends. Tests may run in parallel.
//
// The server is the one TEST_DATABASE_URL names (a superuser's URL), else a
// private one (localpg) that the first call of a test binary starts, with
// durability off, and that ends with the binary. DATABASE_URL is never read: a
// test must not find its way into somebody's data. With neither a URL nor a
// server on the machine the test fails and names make setup; it never skips.
//
// A prepared data directory is kept in the user's cache directory, named by the
// fingerprint of the migrations and the server's version, so that the next
// binary copies files instead of initialising and migrating.
package dbtest
