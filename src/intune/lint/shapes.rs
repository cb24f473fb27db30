//! Lints of ids in lists: schemes, packages, and pairs that were filled in the wrong order.
//!
//! Takes in the members of one policy, gives out warnings.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::read::members::Members;
use crate::intune::value::split;
use crate::vocabulary::Platform;

/// The beginnings of names that are no schemes of apps but ids.
const DOMAINS: &[&str] = &["com", "org", "net", "io", "de", "eu", "us", "uk", "co"];

/// Finds ids that have the shape of none.
pub(in crate::intune) fn find(members: &Members<'_>, found: &mut Vec<Diagnostic>) {
    let is_ios = members.platform == Platform::Ios;
    let mut odd = |member: &str, id: &str, flaw: String, help: &str| {
        let path = members.path;
        let message = format!("`{id}` in `{}` {flaw}", path.member(member));
        let diagnostic = Diagnostic::new(Code::OddId, message);
        found.push(diagnostic.at(members.span(member), "").help(help.to_owned()));
    };
    for member in ["exemptedAppProtocols", "exemptedAppPackages", "approvedKeyboards"] {
        for (name, value) in members.pairs(member).unwrap_or_default() {
            let (ids, other) = match member {
                "approvedKeyboards" => (&name, &value),
                _ => (&value, &name),
            };
            for id in split(ids) {
                let flaw = if is_ios { scheme_flaw(id) } else { package_flaw(id) };
                let Some(flaw) = flaw else { continue };
                let is_swapped = !is_ios && package_flaw(other).is_none();
                let (flaw, help) = match is_swapped {
                    true => (
                        format!("{flaw}, and `{other}` looks like one"),
                        "name and value are swapped; exchange them",
                    ),
                    false => (flaw.to_owned(), if is_ios { OF_SCHEMES } else { OF_PACKAGES }),
                };
                odd(member, id, flaw, help);
            }
        }
    }
    let schemes =
        ["customDialerAppProtocol", "messagingRedirectAppUrlScheme", "customBrowserProtocol"];
    for member in schemes {
        if let Some(id) = members.text(member)
            && let Some(flaw) = scheme_flaw(&id)
        {
            odd(member, &id, flaw.to_owned(), OF_SCHEMES);
        }
    }
    let packages =
        ["customDialerAppPackageId", "messagingRedirectAppPackageId", "customBrowserPackageId"];
    for member in packages {
        if let Some(id) = members.text(member)
            && let Some(flaw) = package_flaw(&id)
        {
            odd(member, &id, flaw.to_owned(), OF_PACKAGES);
        }
    }
}

/// Helps for schemes and for packages.
const OF_SCHEMES: &str = "write the URL scheme that opens the app, for example `contoso-maps`";
const OF_PACKAGES: &str = "write the package as the system has it, for example `com.contoso.maps`";

/// Why a text is no URL scheme of an app.
fn scheme_flaw(text: &str) -> Option<&'static str> {
    let scheme = text.trim().trim_end_matches("://").trim_end_matches(':');
    let is_of_store =
        |text: &str| text.contains("apps.apple.com") || text.contains("itunes.apple.com");
    if is_of_store(text) {
        return Some("is an address of the store and no URL scheme");
    }
    if scheme.contains(char::is_whitespace) {
        return Some("is no URL scheme: it has a blank");
    }
    if scheme.contains(['/', ':', '\\']) {
        return Some("is no URL scheme: it has a slash or a colon inside");
    }
    let parts: Vec<&str> = scheme.split('.').collect();
    let is_id = parts.len() > 2 && parts.first().is_some_and(|first| DOMAINS.contains(first));
    is_id.then_some("looks like a bundle id and is taken for a URL scheme")
}

/// Why a text is no package of Android.
fn package_flaw(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text.contains("play.google.com") {
        return Some("is an address of the store and no package");
    }
    if text.contains(char::is_whitespace) {
        return Some("is no package: it has a blank");
    }
    if text.contains(['/', ':', '\\']) {
        return Some("is no package: it has a slash or a colon");
    }
    let is_part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_package = text.contains('.') && text.split('.').all(is_part);
    (!is_package).then_some("is no package, which has parts with dots between them")
}

#[cfg(test)]
mod tests {
    use super::{package_flaw, scheme_flaw};

    #[test]
    fn shapes_of_ids() {
        for good in ["wbx", "contoso-maps", "ms-outlook://", "tel:", "x.y"] {
            assert_eq!(scheme_flaw(good), None, "{good}");
        }
        for bad in ["Notes App", "https://chat.example", "com.example.maps", "a/b"] {
            assert!(scheme_flaw(bad).is_some(), "{bad}");
        }
        assert_eq!(package_flaw("com.contoso.maps"), None);
        for bad in ["Contoso", "com..x", "com.9", "https://play.google.com/store?id=x", "a b.c"] {
            assert!(package_flaw(bad).is_some(), "{bad}");
        }
    }
}
