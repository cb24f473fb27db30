//! Lints of exports: settings that Intune's administrators often misunderstand.
//!
//! [`policy`] and [`shapes`] take in one policy, [`conflicts`] and [`tenant`] all policies that were read
//! together, [`written`] the text of an earlier import. All give out warnings, and none changes what a policy
//! decides.

pub(in crate::intune) mod conflicts;
pub(in crate::intune) mod policy;
pub(in crate::intune) mod shapes;
pub(in crate::intune) mod tenant;
pub(in crate::intune) mod written;
