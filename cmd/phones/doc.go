// Command phones is what stands on the phone's side of the contract: keys,
// signatures and proofs for who speaks to a server by curl, recorded walks
// replayed as shifts, and a fleet of simulated handsets.
package main
