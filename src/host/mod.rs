//! What a host has to remember between accesses, and what it asks for.
//!
//! Takes in [`Requirements`](crate::access::Requirements), events and times, gives out what to ask for now and
//! what to remember. Pure: no clock, no secret, no input or output. Times are minutes since a moment that the
//! host chooses. `pin` has the rules for PINs, `memory` the state. Does not know policies.

mod memory;
mod pin;

pub use memory::{Ask, Event, Memory};
pub use pin::{PinFlaw, pin_flaw};
