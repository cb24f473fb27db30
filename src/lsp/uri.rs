//! Addresses of documents as paths, and back.
//!
//! A path has `/` between folders. A document that is no file has its address as its path.

use std::str::FromStr;

use lsp_types::Uri;
use serde_json::Value;

/// The path of an address.
pub(super) fn path_of(uri: &Uri) -> String {
    let text = uri.as_str();
    let Some(rest) = text.strip_prefix("file://") else { return text.to_owned() };
    // A host stands before the first slash; on this machine there is none.
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(rest);
    let path = decoded(path);
    match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => {
            path.get(1..).unwrap_or("").to_owned()
        }
        _ => path,
    }
}

/// The address of a path; `None` if there is none.
pub(super) fn uri_of(path: &str) -> Option<Uri> {
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    if !path.starts_with('/') && !has_drive {
        return Uri::from_str(path).ok();
    }
    let mut text = String::from(if has_drive { "file:///" } else { "file://" });
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

/// Escapes what cannot stand in the addresses among some parameters: some editors send letters of all languages as they are.
pub(super) fn escape_addresses(params: &mut Value) {
    match params {
        Value::Array(list) => list.iter_mut().for_each(escape_addresses),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if matches!(name.as_str(), "uri" | "rootUri") => {
                        *text = escaped(text);
                    }
                    value => escape_addresses(value),
                }
            }
        }
        _ => {}
    }
}

/// An address without characters that cannot stand in one.
fn escaped(address: &str) -> String {
    let is_plain = |byte: &u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    let mut out = String::with_capacity(address.len());
    for byte in address.bytes() {
        if is_plain(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A text whose escapes (`%20`) are replaced.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let escape = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let value = escape.and_then(|two| u8::from_str_radix(two, 16).ok());
        match value.filter(|_| *first == b'%') {
            Some(value) => {
                bytes.push(value);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The folder of a path, with its last slash.
pub(super) fn folder_of(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("")
}

/// A relative path from a folder, without `.` and `..`; `None` if it leads above the first folder.
pub(super) fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_are_inverse() {
        for path in ["/home/a b/ü#1.mam", "/x.mam", "c:/Users/x.mam", "untitled:Untitled-1"] {
            let uri = uri_of(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(path_of(&uri), path);
        }
        let uri = Uri::from_str("file:///c%3A/a%20b.mam").ok();
        assert_eq!(uri.as_ref().map(path_of).as_deref(), Some("c:/a b.mam"));
    }

    #[test]
    fn addresses_are_escaped() {
        let mut params =
            serde_json::json!({ "a": [{ "uri": "file:///ü b/{x}%20.mam", "text": "ü" }] });
        escape_addresses(&mut params);
        assert_eq!(params["a"][0]["uri"], "file:///%C3%BC%20b/%7Bx%7D%20.mam");
        assert_eq!(params["a"][0]["text"], "ü");
    }

    #[test]
    fn relative_paths_are_joined() {
        assert_eq!(joined("/a/b/", "../c.mam").as_deref(), Some("/a/c.mam"));
        assert_eq!(joined("/a/", "./d/e.mam").as_deref(), Some("/a/d/e.mam"));
        assert_eq!(joined("/a/", "/etc/passwd"), None);
        assert_eq!(folder_of("/a/b.mam"), "/a/");
    }
}
