// Package seal keeps identities out of the database's reach: fields marked V
// (victim, complainant, child) and X (suspect, third party) are sealed before
// any SQL sees them.
//
// Each case has a key of 32 random bytes for each class, used with AES-256-GCM
// and a random 96-bit nonce. What is sealed is the raw JSON token of the field,
// replaced in place by a JSON string
//
//	"kendra:seal:1:V:<base64url of nonce and ciphertext>"
//
// so that unsealing restores the exact bytes that op_hash and signature were
// taken of. The associated data is version, district, centre, op_id and field:
// a ciphertext moved to any other place does not open. An op's salt is sealed
// with its fields, under both keys where it has both classes, so that after
// shredding op_hash can't be guessed back to a name.
//
// Keys of this package, their life and what losing them means:
//
//	case key      one a case and class; a row, wrapped; deleting it shreds
//	seal.keyset   Tink keyset outside the database, wraps case keys; a new
//	              primary every 90 days, old ones until their rows are wrapped
//	              again; lost: no sealed field can ever be read, the book and
//	              its proofs stand
//	blind key     keyed hashes of phone numbers for search; lost: search begins anew
//
// The package knows the SQL of its own two tables, case_keys and case_marks,
// and of no other.
package seal
