// Package fcm sends wakes through Firebase Cloud Messaging with the official SDK. It alone knows Firebase.
//
// # One try a call
//
// The SDK repeats by itself what met a 503 or a broken connection: five times within eight seconds, and it sleeps
// through the Retry-After that came with the 503, which its caller then never sees. The queue is the better place
// to wait, since it survives a restart and holds no worker meanwhile. So the transport here notes what came and
// ends the call at once; Send answers with what was noted.
//
// # What is let in
//
// An answer is read up to 64 kB, errors become the few of package push, and no word of an answer goes into an error
// text, hence none into a log.
//
// # Where it may go
//
// With an endpoint on the loopback (push/fcmtest) nothing is authenticated and no credentials are read, so that
// real ones can't be sent to a test. Any other endpoint must be https, and needs credentials: the service account
// file that GOOGLE_APPLICATION_CREDENTIALS names, which the command passes on.
package fcm
