//! JSON on a line.
//!
//! Takes in values, gives out bytes. Hidden characters are escapes: a terminal shows the line, a program
//! reads the same text.

use std::io;

use mam::source::is_hidden;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Appends a value and a line feed.
///
/// # Errors
///
/// When the value has no form in JSON.
pub(crate) fn write(out: &mut Vec<u8>, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Visible))?;
    out.push(b'\n');
    Ok(())
}

/// The compact form with escapes for hidden characters.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (before, behind) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = behind.get(c.len_utf8()..).unwrap_or("");
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn hidden_characters_are_escapes_of_the_same_text() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}é\"\n";
        let mut out = Vec::new();
        super::write(&mut out, &text).expect("a string has a form in JSON");
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\"a\\u001b\\u009b\\u202e\\udb40\\udc41é\\\"\\n\"\n"
        );
        assert_eq!(serde_json::from_slice::<String>(&out).expect("it is JSON"), text);
    }
}
