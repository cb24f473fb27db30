//! Lists of platforms, for the tables that say what exists where.

use crate::vocabulary::Platform;

pub(super) const ALL: &[Platform] = Platform::ALL;
pub(super) const MOBILE: &[Platform] = &[Platform::Ios, Platform::Android];
pub(super) const NOT_ANDROID: &[Platform] = &[Platform::Ios, Platform::Windows];
pub(super) const IOS: &[Platform] = &[Platform::Ios];
pub(super) const ANDROID: &[Platform] = &[Platform::Android];
pub(super) const NONE: &[Platform] = &[];
