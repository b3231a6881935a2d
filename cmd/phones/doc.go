// Command phones is what stands on the phone's side of the contract: keys,
// signatures and proofs for who speaks to a server by curl, recorded walks
// replayed as shifts, a fleet of simulated handsets, and a made-up history of a
// district.
package main
