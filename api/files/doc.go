// Package files keeps the files of cases: papers, pictures, recordings. It takes
// them in pieces, so that a phone on a bad line goes on where it was cut (tus 1.0),
// at whichever process it reaches.
//
// # Life of a file
//
//	open      brought for a case that the officer may bring files to; what has
//	          arrived is stored, sealed, and HEAD tells how much that is
//	whole     all of it is there, it was read to its last byte and is one of the
//	          kinds of package media; its digest is known
//	attached  an entry (file.attach) says that it belongs to the case
//	refused   it was none of them, or broken; nothing of it is kept but that
//	ended     the officer gave it up
//
// All but an attached file are swept when their time is over: a day after they
// were begun, a week after they were whole.
//
// # What rests where
//
// A piece is sealed in memory, under the key of the case, before any SQL sees it;
// its place in the file is part of what is sealed. No plaintext is written to any
// disk. The digest is sealed, too: who has a copy of the database cannot tell that
// a picture at hand is the one. Deleting the key of the case makes its files
// unreadable, and the transaction that does so deletes the pieces.
//
// A file has no name. Its id is made by the server of who brings it and of a key
// that the phone chose, so that a lost answer does not make two of one; what a
// phone calls it is never looked at.
//
// Plaintext leaves by one way: the book enters who reads it and why, and then
// Read is called.
package files
