// Package fcmtest is a push service for tests, the demo and load: a server on the loopback that speaks the sending
// half of the FCM HTTP v1 API well enough for the official SDK.
//
// It is stricter than the real one: a message may hold a token, the three data keys and the android settings that
// push sends, and nothing else. Whatever else comes is answered as invalid and kept in Violations, so that a test
// can insist that nothing more than an opaque id ever leaves the house.
//
// Outcomes can be set for one token, in order (Script) or for good (Always), or for every token (SetDefault): each
// error class of FCM with or without Retry-After, latency, an answer that never comes, and one of 10 MB.
// A simulated phone learns of its wakes by OnMessage.
package fcmtest
