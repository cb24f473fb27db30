//! Widths of text.
//!
//! Takes in text, gives out a width in user units. The table is Helvetica's, whose widths Arial and Liberation Sans
//! share; the factors are slack for other fonts.

/// The widths of the printable ASCII characters in thousandths of the type size.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Of a character that the table lacks.
const UNKNOWN: u16 = 600;

/// Of a character that is as wide as it is high.
const WIDE: u16 = 1000;

/// A type: its size, and whether it is bold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    size: u32,
    bold: bool,
}

/// Text.
pub(super) const TEXT: Type = Type { size: 13, bold: false };
/// Labels of openings.
pub(super) const BOLD: Type = Type { size: 13, bold: true };
/// Notes and counts.
pub(super) const NOTE: Type = Type { size: 12, bold: false };
/// Titles of panels.
pub(super) const TITLE: Type = Type { size: 17, bold: true };

/// The width of a text, rounded up to a whole unit.
pub(super) fn width(text: &str, of: Type) -> u32 {
    units(text.chars().map(|one| u64::from(of_character(one))).sum(), of)
}

/// A width in thousandths of the type size in units. One that no number can hold fits nowhere.
fn units(thousandths: u64, of: Type) -> u32 {
    let percent = if of.bold { 113 } else { 106 };
    let units = (thousandths * u64::from(of.size) * percent).div_ceil(100_000);
    u32::try_from(units).unwrap_or(u32::MAX)
}

fn of_character(character: char) -> u16 {
    let at = (character as usize).checked_sub(0x20);
    let known = at.and_then(|at| WIDTHS.get(at)).copied();
    known.unwrap_or(if is_wide(character) { WIDE } else { UNKNOWN })
}

fn is_wide(character: char) -> bool {
    matches!(
        character as u32,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f
            | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f000..=0x1faff | 0x20000..=0x3fffd
    )
}

/// A text that fits into a width: what does not fit ends in `…`.
pub(super) fn cut(text: &str, of: Type, room: u32) -> String {
    if width(text, of) <= room {
        return text.to_owned();
    }
    let (mut found, mut thousandths) = (String::new(), u64::from(of_character('…')));
    for character in text.chars() {
        thousandths += u64::from(of_character(character));
        if units(thousandths, of) > room {
            break;
        }
        found.push(character);
    }
    format!("{}…", found.trim_end())
}

/// A text in lines of a width, broken at blanks; a word that is wider than a line is cut.
pub(super) fn wrapped(text: &str, of: Type, room: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = cut(word, of, room);
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), of) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_a_width_and_long_text_is_cut() {
        assert_eq!(width("", TEXT), 0);
        assert_eq!(width("share", TEXT), 35);
        assert!(width("share", BOLD) > width("share", TEXT));
        assert!(width("日本", TEXT) > width("ab", TEXT));
        let text = "An app with a very long name that no card holds";
        let short = cut(text, TEXT, 100);
        assert!(short.ends_with('…') && width(&short, TEXT) <= 100, "{short}");
        assert_eq!(cut("Word", TEXT, 100), "Word");
        let endless = "W".repeat(1 << 20);
        assert!(width(&endless, TITLE) > 1 << 20 && cut(&endless, TITLE, 100).len() < 20);
        let lines = wrapped(text, TEXT, 100);
        assert!(lines.iter().all(|line| width(line, TEXT) <= 100), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert!(wrapped(&"x".repeat(500), TEXT, 100)[0].ends_with('…'));
    }
}
