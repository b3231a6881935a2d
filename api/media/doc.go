// Package media says what a file is by its bytes alone: never by the name or
// the type that a client gives it.
//
// A file is one of five: JPEG, PNG, WebP, PDF, Opus in Ogg. Its first bytes
// choose which, and then a reader of that kind must get through to its last
// byte: a picture is decoded whole, a PDF is looked through for what runs or
// locks it, an Ogg stream is read page by page with its checksums. What stands
// behind the end of a picture or a stream is refused, for it may be a second
// file of another kind.
//
// A picture's size is taken from its head before anything is allocated for it.
// Its thumbnail is drawn anew from the pixels, so that nothing of what the
// camera wrote beside them (place, time, name) is in it; how the camera was held
// is read of that, and the pixels are turned.
//
// The package is pure: bytes in, a verdict out. It knows nothing of requests,
// cases or keys.
package media
