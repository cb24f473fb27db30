//! Lints of exports: settings that Intune's administrators often misunderstand.
//!
//! [`policy`] takes in one policy, [`conflicts`] all policies that were read together. Both give out
//! warnings, and neither changes what a policy decides.

pub(in crate::intune) mod conflicts;
pub(in crate::intune) mod policy;
