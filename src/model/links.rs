//! Links, and the patterns that apps open on iOS: schemes (`wbx:`) and universal links (`*.zoom.us/*`).
//!
//! Takes in links and patterns as text, gives out their parts in the form in which they are compared. Links
//! are read as browsers read them (WHATWG URL). Does not know apps, policies and requests.
//!
//! A pattern is compiled once, by [`canonical`], to a text that is compared with the parts of a parsed
//! link: a scheme with its colon, or host and path. The host pattern sees the link's host alone, the
//! path pattern its path alone. User, password, port, query and fragment are no part of either.

use std::borrow::Cow;

use url::Url;

/// A link, parsed once for all patterns.
#[derive(Debug)]
pub(super) struct Link<'l> {
    /// Its scheme with the colon; empty if it has none.
    scheme: Cow<'l, str>,
    web: Option<WebLink>,
}

/// Host and path of an `http` or `https` link, in lower case.
#[derive(Debug)]
struct WebLink {
    host: String,
    path: String,
}

impl<'l> Link<'l> {
    /// Parses a link. Allocates for `http` and `https`, and for tabs and line ends in a scheme. What is no
    /// URL is no web link.
    pub(super) fn parse(text: &'l str) -> Self {
        let scheme = scheme(text);
        let is_web = ["http:", "https:"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
        let url = if is_web { Url::parse(text).ok() } else { None };
        Self { scheme, web: url.as_ref().and_then(WebLink::of) }
    }

    /// Whether it has a scheme, which is given with its colon.
    pub(super) fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// Host and path of a web link.
    pub(super) fn sides(&self) -> Option<(&str, &str)> {
        self.web.as_ref().map(|web| (web.host.as_str(), web.path.as_str()))
    }
}

/// Host and path of a pattern that is no scheme.
pub(super) fn sides(pattern: &str) -> (&str, &str) {
    let (host, path) = pattern.split_at(pattern.find('/').unwrap_or(pattern.len()));
    (host, if path.is_empty() { "/" } else { path })
}

impl WebLink {
    fn of(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        // With and without a dot at its end, a name is one name to DNS.
        let host = host.strip_suffix('.').unwrap_or(host);
        Some(Self { host: host.to_ascii_lowercase(), path: url.path().to_ascii_lowercase() })
    }
}

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
    let path = if path == "/" { "" } else { &path };
    (!host.split('.').any(is_split)).then(|| format!("{host}{path}"))
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::patterns::Patterns;

    fn opens(pattern: &str, link: &str) -> bool {
        let patterns = || std::iter::once(pattern);
        Patterns::of(patterns()).first(&Link::parse(link), patterns()).is_some()
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
