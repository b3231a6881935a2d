// Package migrations holds the database's schema as numbered SQL files, embedded
// and forward only, and runs them. A file that has been released is never
// edited: a change is a new file.
//
// Three roles, none of which can log in, own no password and bypass nothing:
//
//	kendra_owner   owns every object; only migrations act as it
//	kendra_app     what the server acts as: reads and writes rows of the district
//	               it names, but can't change or delete entries of a book
//	kendra_report  reads views
//
// A login is a member of one of them and takes it by the runtime parameter
// "role", which OwnerURL, AppURL and ReportURL put into a database URL. On a
// developer's machine the login is a superuser; acting as kendra_app it is bound
// by row-level security and privileges as in service.
//
// Up makes the roles, applies the files by goose as kendra_owner and then the
// job queue's own migrations in the schema river, beside our tables and without
// foreign keys to or from them. Several processes may call it at once: an
// advisory lock lets one pass.
//
// Package migrations/dbtest gives each test a database of its own,
// migrations/localpg a server where there is none.
package migrations
