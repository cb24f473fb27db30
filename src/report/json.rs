//! JSON within a page.
//!
//! Takes in values, gives out JSON that no parser of HTML takes for markup: `<`, `>` and `&` are escapes. Hidden
//! characters become escapes of the language, as in all that people read.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, Formatter};

use crate::source::is_hidden;

/// A value as JSON; `null` if it has no such form.
pub(super) fn in_page(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, InPage));
    match (written, String::from_utf8(out)) {
        (Ok(()), Ok(text)) => text,
        _ => "null".to_owned(),
    }
}

struct InPage;

impl Formatter for InPage {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for character in fragment.chars() {
            match character {
                '<' | '>' | '&' => write!(out, "\\u{:04x}", u32::from(character))?,
                hidden if is_hidden(hidden) => write!(out, "\\\\u{{{:x}}}", u32::from(hidden))?,
                plain => write!(out, "{plain}")?,
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) => write!(out, "\\\\u{{{byte:x}}}"),
            CharEscape::Backspace => out.write_all(br"\\u{8}"),
            CharEscape::FormFeed => out.write_all(br"\\u{c}"),
            CharEscape::CarriageReturn => out.write_all(br"\\r"),
            CharEscape::Quote => out.write_all(br#"\""#),
            CharEscape::ReverseSolidus => out.write_all(br"\\"),
            CharEscape::Solidus => out.write_all(b"/"),
            CharEscape::LineFeed => out.write_all(br"\n"),
            CharEscape::Tab => out.write_all(br"\t"),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_in_it_is_markup_or_hidden() {
        let text = super::in_page(&"</script><!--&\u{202e}\u{7}é\"\n");
        assert_eq!(text, r#""\u003c/script\u003e\u003c!--\u0026\\u{202e}\\u{7}é\"\n""#);
    }
}
