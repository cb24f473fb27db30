//! Lints of ids in lists: schemes, packages, and pairs that were filled in the wrong order.
//!
//! Takes in the members of one policy, gives out warnings.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::names::id_kind;
use crate::intune::read::apps::listed_ids;
use crate::intune::read::members::Members;
use crate::intune::value::split;
use crate::model::{odd_id, odd_shape};
use crate::syntax::ast::IdKind;
use crate::vocabulary::Platform;

/// The beginnings of names that are no schemes of apps but ids.
const DOMAINS: &[&str] = &["com", "org", "net", "io", "de", "eu", "us", "uk", "co"];

/// Finds ids that have the shape of none.
pub(in crate::intune) fn find(members: &Members<'_>, found: &mut Vec<Diagnostic>) {
    let is_ios = members.platform == Platform::Ios;
    let kind = id_kind(members.platform);
    found.extend(listed_ids(members).iter().filter_map(|(id, span)| odd_id(kind, id, *span)));
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
                let is_swapped = match is_ios {
                    true => is_like_a_scheme(other),
                    false => package_flaw(other).is_none(),
                };
                let (flaw, help) = match is_swapped {
                    true => (
                        format!("{flaw}, and `{other}` looks like one"),
                        "name and value are swapped; exchange them",
                    ),
                    false => (flaw, if is_ios { OF_SCHEMES } else { OF_PACKAGES }),
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
            odd(member, &id, flaw, OF_SCHEMES);
        }
    }
    let packages =
        ["customDialerAppPackageId", "messagingRedirectAppPackageId", "customBrowserPackageId"];
    for member in packages {
        if let Some(id) = members.text(member)
            && let Some(flaw) = package_flaw(&id)
        {
            odd(member, &id, flaw, OF_PACKAGES);
        }
    }
}

/// Helps for schemes and for packages.
const OF_SCHEMES: &str = "write the URL scheme that opens the app, for example `contoso-maps`";
const OF_PACKAGES: &str = "write the package as the system has it, for example `com.contoso.maps`";

/// Why a text is no URL scheme of an app.
fn scheme_flaw(text: &str) -> Option<String> {
    let scheme = text.trim().trim_end_matches("://").trim_end_matches(':');
    let is_of_store =
        |text: &str| text.contains("apps.apple.com") || text.contains("itunes.apple.com");
    let parts: Vec<&str> = scheme.split('.').collect();
    let is_id = parts.len() > 2 && parts.first().is_some_and(|first| DOMAINS.contains(first));
    let flaw = if is_of_store(text) {
        "is an address of the store and no URL scheme"
    } else if scheme.contains(char::is_whitespace) {
        "is no URL scheme: it has a blank"
    } else if scheme.contains(['/', ':', '\\']) {
        "is no URL scheme: it has a slash or a colon inside"
    } else if is_id {
        "looks like a bundle id and is taken for a URL scheme"
    } else {
        return None;
    };
    Some(flaw.to_owned())
}

/// Whether a name looks like a scheme: people write names with capitals and blanks.
fn is_like_a_scheme(name: &str) -> bool {
    let is_of_scheme = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    !name.is_empty() && name.chars().all(is_of_scheme)
}

/// Why a text is no package of Android.
fn package_flaw(text: &str) -> Option<String> {
    if text.contains("play.google.com") {
        return Some("is an address of the store and no package".to_owned());
    }
    odd_shape(IdKind::Android, text.trim()).map(|why| format!("is no package: {why}"))
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
