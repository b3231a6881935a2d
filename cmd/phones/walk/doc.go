// Package walk reads recorded walks (GPX 1.0 and 1.1) and replays one as the
// shift of an officer on a beat: its fixes become positions, its stops visits.
//
// The walk is moved in time so that it ended just now, whenever it was
// recorded; everything in it keeps its distance. The handset lived through it
// without a network, as handsets do on a beat, and sends it all at the end.
package walk
