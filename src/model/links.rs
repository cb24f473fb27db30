//! Links, and the patterns that apps open on iOS: schemes (`wbx:`) and universal links (`*.zoom.us/*`).
//!
//! Takes in links and patterns as text, gives out their parts in the form in which they are compared. Links
//! are read as browsers read them (WHATWG URL). Does not know apps, policies and requests.
//!
//! A pattern is compiled once, by [`canonical`], to a text that is compared with the parts of a parsed
//! link: a scheme with its colon, or host and path. The host pattern sees the link's host alone, the
//! path pattern its path alone. User, password, port, query and fragment are no part of either.

use std::borrow::Cow;

#[cfg(feature = "compile")]
use url::Url;

/// A link, parsed once for all patterns.
#[derive(Debug)]
pub(super) struct Link<'l> {
    /// Its scheme with the colon; empty if it has none.
    scheme: Cow<'l, str>,
    web: Option<WebLink<'l>>,
}

/// Host and path of an `http` or `https` link, in lower case.
#[derive(Debug, PartialEq, Eq)]
struct WebLink<'l> {
    host: Cow<'l, str>,
    path: Cow<'l, str>,
}

/// The error of a web link that this build cannot read: it is not in the form in which URL libraries
/// write links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is not in its ASCII form")]
pub struct UnusualLink;

impl<'l> Link<'l> {
    /// Parses a link. Allocates for an `http` or `https` link with capital letters or in an unusual form, and
    /// for tabs and line ends in a scheme. What is no URL is no web link.
    pub(super) fn parse(text: &'l str) -> Result<Self, UnusualLink> {
        let scheme = scheme(text);
        let is_web = ["http:", "https:"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
        let web = match WebLink::usual(text) {
            _ if !is_web => None,
            Some(web) => Some(web),
            None => WebLink::unusual(text)?,
        };
        Ok(Self { scheme, web })
    }

    /// Whether it has a scheme, which is given with its colon.
    pub(super) fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Host and path of a web link.
    pub(super) fn sides(&self) -> Option<(&str, &str)> {
        self.web.as_ref().map(|web| (web.host.as_ref(), web.path.as_ref()))
    }
}

impl<'l> WebLink<'l> {
    /// A link as URL libraries write it: protocol, host in ASCII, perhaps a port, and a path without dot
    /// segments, in characters that every parser leaves as they are. `None` for any other text.
    fn usual(text: &'l str) -> Option<Self> {
        let behind = |protocol: &str| {
            let (head, rest) = text.split_at_checked(protocol.len())?;
            head.eq_ignore_ascii_case(protocol).then_some(rest)
        };
        let rest = behind("https://").or_else(|| behind("http://"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        let host = host.strip_suffix('.').unwrap_or(host);
        let path = rest.split(['?', '#']).next().unwrap_or("");
        let is_usual = is_usual_host(host) && is_port(port) && is_usual_path(path);
        let path = if path.is_empty() { "/" } else { path };
        is_usual.then(|| Self { host: lower_case(host), path: lower_case(path) })
    }

    /// A link in any other form, as browsers read it.
    #[cfg(feature = "compile")]
    fn unusual(text: &str) -> Result<Option<Self>, UnusualLink> {
        Ok(Url::parse(text).ok().as_ref().and_then(Self::of))
    }

    /// A build without the compiler has no tables of Unicode, and guesses nothing.
    #[cfg(not(feature = "compile"))]
    fn unusual(_: &str) -> Result<Option<Self>, UnusualLink> {
        Err(UnusualLink)
    }

    #[cfg(feature = "compile")]
    fn of(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        // With and without a dot at its end, a name is one name to DNS.
        let host = host.strip_suffix('.').unwrap_or(host);
        let [host, path] = [host, url.path()].map(|text| Cow::Owned(text.to_ascii_lowercase()));
        Some(Self { host, path })
    }
}

/// Whether a host is a name in ASCII without punycode, or an address of four numbers.
fn is_usual_host(host: &str) -> bool {
    let is_name = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
            && label.get(..4).is_none_or(|start| !start.eq_ignore_ascii_case("xn--"))
    };
    let last = host.rsplit('.').next().unwrap_or("");
    if last.starts_with(|c: char| c.is_ascii_digit()) {
        let is_number = |part: &str| part.parse::<u8>().is_ok_and(|one| one.to_string() == part);
        return host.split('.').count() == 4 && host.split('.').all(is_number);
    }
    host.split('.').all(is_name)
}

fn is_port(port: &str) -> bool {
    port.is_empty()
        || port.bytes().all(|digit| digit.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// Whether a path has no characters that parsers encode and no segments that they take out.
fn is_usual_path(path: &str) -> bool {
    let is_kept = |c: u8| c.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&c);
    let is_dots = |segment: &str| {
        (1..=6).contains(&segment.len()) && segment.bytes().all(|c| b".%2eE".contains(&c))
    };
    path.bytes().all(is_kept) && !path.split('/').any(is_dots)
}

fn lower_case(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|c| c.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// Host and path of a pattern that is no scheme.
pub(super) fn sides(pattern: &str) -> (&str, &str) {
    let (host, path) = pattern.split_at(pattern.find('/').unwrap_or(pattern.len()));
    (host, if path.is_empty() { "/" } else { path })
}

#[cfg(feature = "compile")]
/// The canonical form of a pattern: in lower case, without protocol, the host as links have it, without
/// the path `/`. `None` for a pattern that matches no link.
pub(super) fn canonical(pattern: &str) -> Option<String> {
    if let Some(scheme) = pattern.strip_suffix(':') {
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        return is_scheme.then(|| pattern.to_ascii_lowercase());
    }
    let pattern = without_protocol(pattern);
    let authority = pattern.split(['/', '\\', '?', '#']).next().unwrap_or("");
    let behind_ip = authority.rsplit(']').next().unwrap_or("");
    if authority.is_empty() || authority.contains('@') || behind_ip.contains(':') {
        return None;
    }
    let url = Url::parse(&format!("https://{pattern}")).ok()?;
    if url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let WebLink { host, path } = WebLink::of(&url)?;
    // A star that only decoding makes is a character that no host has, and no wildcard.
    if host.matches('*').count() > authority.matches('*').count() {
        return None;
    }
    // Punycode of a part of a label is not a part of the label's punycode.
    let is_split = |label: &str| label.starts_with("xn--") && label.contains('*');
    let path = if path == "/" { "" } else { path.as_ref() };
    (!host.split('.').any(is_split)).then(|| format!("{host}{path}"))
}

#[cfg(feature = "compile")]
/// The form in which a pattern is stored and compared: the canonical one, or, of a pattern that matches
/// nothing, its text without protocol in lower case.
pub(super) fn stored(pattern: &str) -> String {
    canonical(pattern).unwrap_or_else(|| without_protocol(pattern).to_ascii_lowercase())
}

/// A universal link stands for `http` and `https`, whichever is written.
fn without_protocol(pattern: &str) -> &str {
    let behind = |protocol: &str| {
        let (head, rest) = pattern.split_at_checked(protocol.len())?;
        head.eq_ignore_ascii_case(protocol).then_some(rest)
    };
    behind("https://").or_else(|| behind("http://")).unwrap_or(pattern)
}

/// The scheme of a link with its colon, or nothing. As in browsers, controls and blanks before the link do
/// not count, and tabs and line ends nowhere.
fn scheme(link: &str) -> Cow<'_, str> {
    let link = link.trim_start_matches(|c: char| c <= ' ');
    let is_skipped = |c: char| matches!(c, '\t' | '\n' | '\r');
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let end = link.find(|c: char| !is_part(c) && !is_skipped(c));
    let scheme = end.and_then(|end| link.get(..=end)).filter(|scheme| scheme.ends_with(':'));
    match scheme.unwrap_or("") {
        scheme if scheme.contains(is_skipped) => Cow::Owned(scheme.replace(is_skipped, "")),
        scheme => Cow::Borrowed(scheme),
    }
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::patterns::Patterns;

    fn opens(pattern: &str, link: &str) -> bool {
        let patterns = || std::iter::once(pattern);
        Patterns::of(patterns()).first(&Link::parse(link).unwrap(), patterns()).is_some()
    }

    #[track_caller]
    fn matches(pattern: &str, links: &[&str]) {
        let stored = stored(pattern);
        for link in links {
            assert!(opens(&stored, link), "{pattern} does not match {link:?}");
        }
    }

    #[track_caller]
    fn differs(pattern: &str, links: &[&str]) {
        let stored = stored(pattern);
        for link in links {
            assert!(!opens(&stored, link), "{pattern} matches {link:?}");
        }
    }

    /// Links to other hosts in which the host of a pattern stands somewhere.
    const ELSEWHERE: &[&str] = &[
        "https://evil.example/?x.sharepoint.com/",
        "https://evil.example?x.sharepoint.com/",
        "https://evil.example?.sharepoint.com/",
        "https://evil.example/#x.sharepoint.com/",
        "https://evil.example#x.sharepoint.com/",
        "https://evil.example/x.sharepoint.com/",
        "https://evil.example/a/b?c=d#.sharepoint.com/",
        r"https://evil.example\x.sharepoint.com/",
        r"https://evil.example\@x.sharepoint.com/",
        r"https:\\evil.example\x.sharepoint.com/",
        r"https:/\evil.example/.sharepoint.com/",
        "https:/evil.example/.sharepoint.com/",
        "https:evil.example/.sharepoint.com/",
        "https:////evil.example/.sharepoint.com/",
        "https://x.sharepoint.com@evil.example/",
        "https://x.sharepoint.com:pw@evil.example/",
        "https://user:x.sharepoint.com@evil.example/",
        "https://user:pw@x.sharepoint.com@evil.example/",
        "https://x.sharepoint.com%2f@evil.example/",
        "https://evil.example:443/.sharepoint.com/",
        "https://x.sharepoint.com.evil.example/",
        "https://sharepoint.com/",
        "https://x.sharepoint.com../",
        "https://evil.exa\tmple/?x.sharepoint.com/",
        "https://x.sharepoint.com.\nevil.example/",
        "https://1.2.3.4/.sharepoint.com/",
        "https://[::1]/.sharepoint.com/",
    ];

    /// Texts that browsers do not open as links.
    const NO_LINKS: &[&str] = &[
        "",
        "https:",
        "https://",
        "https:///",
        "https://?x.sharepoint.com/",
        "https://#x.sharepoint.com/",
        "https://@/x.sharepoint.com/",
        "https://user:pw@/x.sharepoint.com/",
        "https://:443/x.sharepoint.com/",
        "https://x.sharepoint.com:port/",
        "https://x.sharepoint.com:99999/",
        "https://evil.example%2fx.sharepoint.com/",
        "https://evil.example%3fx.sharepoint.com/",
        "https://evil.example%00.sharepoint.com/",
        "https://evil example.sharepoint.com/",
        "https://evil^x.sharepoint.com/",
        "https://[x.sharepoint.com/",
        "https://xn--.sharepoint.com/",
        "x.sharepoint.com/",
        "//x.sharepoint.com/",
        "/x.sharepoint.com/",
    ];

    /// Usual links are read as the URL parser reads them, and what could be read otherwise is not usual.
    #[test]
    fn usual_links_are_read_as_any_others() {
        let parts: [&[&str]; 4] = [
            &["https://", "HTTP://", "https:/", "https:\\\\"],
            &[
                "a.example",
                "A-b_c.Example.",
                "-a-.b--c",
                "xn--bcher-kva.example",
                "XN--a.example",
                "1.2.3.4",
                "1.2.3.4.",
                "01.2.3.4",
                "1.2.3",
                "1.2.3.256",
                "0x7f.1",
                "a.0x1",
                "a.1",
                "1a.2b",
                "a..b",
                ".a",
                "a.",
                ".",
                "",
                "a b",
                "a%2eb",
                "u@a",
                "u:p@a",
                "[::1]",
                "b\u{fc}cher.example",
                "a*b",
                "a|b",
                "a^b",
                "xn",
                "xn--",
                "a,b",
                "a;b",
                "a+b",
                "a!b",
                "a~b",
                "a$b",
                "a&b",
                "a(b)",
                "a=b",
                "a'b",
            ],
            &["", ":", ":80", ":443", ":65535", ":65536", ":00080", ":+8", ":8 0", ":x", ":80:80"],
            &[
                "",
                "/",
                "/A/b",
                "//",
                "/a//b/",
                "/.",
                "/..",
                "/a/../b",
                "/a/./b",
                "/.a",
                "/a.",
                "/...",
                "/%2e",
                "/%2E%2e/x",
                "/.%2e",
                "/%2",
                "/2",
                "/e",
                "/%zz",
                "/%41",
                "/a b",
                "/caf\u{e9}",
                "/a\\b",
                "/a\tb",
                "/a|b",
                "/[a]",
                "/a^b",
                "/a`b",
                "/{a}",
                "/a\"b",
                "/a<b",
                "/*'(),;=:@!$&+~",
                "?q",
                "#f",
                "/a?b#c/d",
                "/a#b?c",
                "?/../x",
                "/a?\u{e9}",
                " ",
                "/ ",
                "/a\n",
                "/a?\n",
            ],
        ];
        let [protocols, hosts, ports, paths] = parts;
        let mut usual = 0;
        for (protocol, host) in
            protocols.iter().flat_map(|one| hosts.iter().map(move |host| (one, host)))
        {
            for (port, path) in
                ports.iter().flat_map(|one| paths.iter().map(move |path| (one, path)))
            {
                let link = format!("{protocol}{host}{port}{path}");
                if let Some(read) = WebLink::usual(&link) {
                    usual += 1;
                    assert_eq!(Ok(Some(read)), WebLink::unusual(&link), "{link}");
                }
            }
        }
        assert!(usual > 1000, "{usual}");
        assert_eq!(WebLink::usual("https://a.example/x"), WebLink::usual("HTTPS://A.example./X?y"));
    }

    #[test]
    fn only_a_written_star_is_a_wildcard() {
        for pattern in ["%2a.example/*", "%2A.example/*", "\u{ff0a}.example/*", "*.%2a.example/*"] {
            assert_eq!(canonical(pattern), None, "{pattern}");
            differs(pattern, &["https://evil.example/", "https://a.b.example/x"]);
        }
        assert_eq!(canonical("*.Example/%2a").as_deref(), Some("*.example/%2a"));
        differs("*.example/%2a", &["https://evil.example/x"]);
    }

    #[test]
    fn a_host_pattern_sees_the_host_alone() {
        for pattern in ["*.sharepoint.com/*", "*.sharepoint.com*/*", "x*.sharepoint.com/*"] {
            differs(pattern, &ELSEWHERE[..20]);
        }
        differs("*.sharepoint.com/*", ELSEWHERE);
        differs("*.sharepoint.com", ELSEWHERE);
        differs("*.sharepoint.com/*", NO_LINKS);
        differs("*/*", NO_LINKS);
        matches("*/*", ELSEWHERE);
    }

    #[test]
    fn one_host_is_written_in_many_ways() {
        matches(
            "*.sharepoint.com/*",
            &[
                "https://x.sharepoint.com/",
                "http://x.sharepoint.com/",
                "HTTPS://X.SharePoint.COM/Sites",
                "https://a.b.sharepoint.com/x/y",
                "https://x.sharepoint.com",
                "https://x.sharepoint.com?q",
                "https://x.sharepoint.com#f",
                "https://x.sharepoint.com/a?b/c#d",
                "https://x.sharepoint.com:443/",
                "https://x.sharepoint.com:8443/",
                "http://x.sharepoint.com:80/",
                "https://x.sharepoint.com:/",
                "https://user@x.sharepoint.com/",
                "https://user:pw@x.sharepoint.com/",
                "https://evil.example@x.sharepoint.com/",
                "https://x.sharepoint.com./",
                "https://x.sharepoint%2ecom/",
                "https://%78.sharepoint.com/",
                "https://x.sharepoint\u{3002}com/",
                "https://x.s\u{ff48}arepoint.com/",
                "https://x.share\u{ad}point.com/",
                "https://x.share\tpoint.com/",
                "ht\ttps://x.share\r\npoint.com/",
                " \u{1}https://x.sharepoint.com/ \n",
                r"https:\\x.sharepoint.com\sites",
                r"https:/\x.sharepoint.com/",
                "https:x.sharepoint.com",
                "https:/x.sharepoint.com/",
                "https:////x.sharepoint.com/",
            ],
        );
        differs("*.sharepoint.com/*", &["ftp://x.sharepoint.com/", "httpss://x.sharepoint.com/"]);
        differs("*.sharepoint.com/*", &["wbx://x.sharepoint.com/", "data:x.sharepoint.com/"]);
    }

    #[test]
    fn a_path_pattern_sees_the_path_alone() {
        matches("a.example/l/*", &["https://a.example/l/", "https://a.example/L/x/y?z#/"]);
        matches("a.example/l/*", &[r"https://a.example\l\x", "https://a.example/x/../l/x"]);
        differs("a.example/l/*", &["https://a.example/", "https://a.example/?/l/x"]);
        differs("a.example/l/*", &["https://a.example/#/l/x", "https://a.example/l/../x"]);
        differs("a.example/*/end", &["https://a.example/x?/end", "https://a.example/x#/end"]);
        matches("a.example/*/end", &["https://a.example/x/y/end?z"]);
        matches("a.example/sharing*", &["https://a.example/sharing", "https://a.example/sharing7"]);
        matches("a.example/caf\u{e9}", &["https://a.example/caf%C3%A9", "https://a.example/café"]);
        for whole in ["a.example", "a.example/", "https://A.example", "HTTP://a.example./"] {
            matches(whole, &["https://a.example", "http://a.example/", "https://a.example?q=/x"]);
            differs(whole, &["https://a.example/x", "https://a.example//"]);
        }
    }

    #[test]
    fn hosts_are_compared_in_their_own_form() {
        matches(
            "*.b\u{fc}cher.example/*",
            &["https://a.bücher.example/", "https://a.BÜCHER.example/"],
        );
        matches("*.b\u{fc}cher.example/*", &["https://a.xn--bcher-kva.example/"]);
        matches("*.xn--bcher-kva.example/*", &["https://a.b\u{fc}cher.example/"]);
        differs("*.bucher.example/*", &["https://a.b\u{fc}cher.example/"]);
        // A Cyrillic letter that looks like a Latin one.
        differs("*.sharepoint.com/*", &["https://x.sh\u{430}repoint.com/"]);
        matches("127.0.0.1/*", &["https://127.1/", "https://0x7f000001/x", "https://2130706433/"]);
        matches("10.0.0.*/*", &["https://10.0.0.7/"]);
        matches("[::1]/*", &["https://[0:0:0:0:0:0:0:1]/x"]);
    }

    #[test]
    fn schemes_match_whatever_stands_behind_them() {
        let links =
            ["wbx://meeting/7", "WBX:7", " wbx:", "w\tb\nx://x", "wbx://[", "wbx://a:room/"];
        matches("wbx:", &links);
        matches("WBX:", &links);
        differs("wbx:", &["wbxteams://x", "wb", "wbx", "x-wbx:7", "https://wbx:7/", "https:wbx:"]);
        matches("https:", &["https://evil.example/", "https:", "HTTPS:x"]);
        differs("wbx:", ELSEWHERE);
    }

    #[test]
    fn patterns_have_one_form() {
        let same = |pattern: &str| canonical(pattern).unwrap();
        assert_eq!(same("HTTPS://*.Zoom.us/*"), "*.zoom.us/*");
        assert_eq!(same("http://maps.apple.com"), "maps.apple.com");
        assert_eq!(same("maps.apple.com./"), "maps.apple.com");
        assert_eq!(same("Maps:"), "maps:");
        assert_eq!(same("*.b\u{fc}cher.example"), "*.xn--bcher-kva.example");
        for pattern in [
            "",
            ":",
            "7:",
            "a/b:",
            "a b:",
            "a:b:",
            "/x",
            "//x",
            "https://",
            "https:///x",
            "user@x.com/*",
            "u:p@x.com",
            "@x.com",
            "x.com:443/*",
            "x.com:8080",
            "*:80",
            "x.com?q",
            "x.com/*?q=*",
            "x.com/#x",
            "b\u{fc}*.example",
            "xn--*.example",
            "a b.com",
            "x^y.com",
            "[::1",
            "[::1]:80",
            "*.0.0.1",
        ] {
            assert_eq!(canonical(pattern), None, "{pattern}");
            let sees = |link: &str| opens(&stored(pattern), link);
            assert!(!ELSEWHERE.iter().chain(NO_LINKS).any(|link| sees(link)), "{pattern}");
        }
        for pattern in
            ["*.zoom.us/*", "maps.apple.com", "wbx:", "x.com/a%20b*", "[::1]/*", "*", "*/*"]
        {
            assert_eq!(same(&same(pattern)), same(pattern), "{pattern}");
        }
    }

    #[test]
    fn stars_stand_for_any_characters_or_none() {
        let wildcard = |pattern: &str, path: &str| {
            opens(&format!("x/{pattern}"), &format!("https://x/{path}"))
        };
        assert!(wildcard("a*b*c", "a-b-c") && wildcard("a**c", "ac") && wildcard("*", "~"));
        assert!(
            wildcard("*", "") && wildcard("a*", "a") && wildcard("*a", "a") && wildcard("", "")
        );
        assert!(wildcard("*ab*ab*", "aabab") && wildcard("*a*a", "aa"));
        assert!(!wildcard("a*a", "a") && !wildcard("a*b*c", "acb") && !wildcard("a*~", "ae"));
        assert!(!wildcard("*a*a", "a") && !wildcard("", "a") && !wildcard("*ab*ab*", "abb"));
    }

    #[test]
    fn long_patterns_and_links_take_no_longer() {
        let pattern = format!("x.com/{}b", "*aa".repeat(20_000));
        let link = format!("https://x.com/{}", "a".repeat(100_000));
        differs(&pattern, &[&link]);
        let pattern = format!("x.com/*{}b*", "a".repeat(30_000));
        differs(&pattern, &[&link]);
    }
}

#[cfg(not(feature = "compile"))]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_web_links_are_refused_and_not_guessed_at() {
        for link in [
            "https://b\u{fc}cher.example/",
            "https://u@a.example/",
            "https:a.example",
            "http://a/../b",
        ] {
            assert_eq!(Link::parse(link).err(), Some(UnusualLink), "{link}");
        }
        for link in [
            "https://a.example/x?\u{fc}",
            "wbx://b\u{fc}cher",
            "b\u{fc}cher",
            "HTTP://A.example:80",
        ] {
            assert!(Link::parse(link).is_ok(), "{link}");
        }
    }
}
