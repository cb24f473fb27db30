//! What policies of Intune mean, written down a second time.
//!
//! Takes in a policy as JSON and a movement as plain data, gives out what becomes of it. It is the
//! definition that the engine is compared with, so it knows nothing of the importer, of rules and of
//! tables: it reads members and asks questions in the order in which Microsoft's documentation does.
//!
//! The numbers in comments are those of the reference that it was written from, which gathers the
//! product documentation, the SDK's guides and headers, and the schema of Graph:
//!
//! - §1 when a policy applies: users, apps, device states, accounts;
//! - §2 the settings, their defaults, and which of them are only valid together;
//! - §3 exemptions;
//! - §5 how each kind of movement is decided, a procedure for each;
//! - §8 rows of published tests, with the outcome that they expect.

pub(crate) mod back;
pub(crate) mod compare;
pub(crate) mod decide;
pub(crate) mod generate;
pub(crate) mod movement;
pub(crate) mod policy;
pub(crate) mod published;
pub(crate) mod tables;
pub(crate) mod world;
