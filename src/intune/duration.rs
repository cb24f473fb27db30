//! ISO 8601 durations, in minutes.
//!
//! Takes in the text of a duration and gives out minutes, and the other way round.

/// The minutes of a duration such as `PT12H`, `PT720M` or `P90D`. `None` for months and years, which
/// have no fixed length, and for parts of a minute.
pub(super) fn read(text: &str) -> Option<u32> {
    let body = text.trim().strip_prefix('P')?;
    let (days, hours) = body.split_once('T').unwrap_or((body, ""));
    if days.is_empty() && hours.is_empty() {
        return None;
    }
    let dates = parts(days, &[('W', 7 * 24 * 3600), ('D', 24 * 3600)])?;
    let seconds = dates.checked_add(parts(hours, &[('H', 3600), ('M', 60), ('S', 1)])?)?;
    if seconds % 60 == 0 { u32::try_from(seconds / 60).ok() } else { None }
}

/// The seconds in a sequence of numbers with unit letters, in the order of `letters`.
fn parts(text: &str, letters: &[(char, u64)]) -> Option<u64> {
    let (mut rest, mut letters, mut sum) = (text, letters.iter(), 0_u64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (digits, behind) = rest.split_at(end);
        let letter = behind.chars().next()?;
        let (_, factor) = letters.find(|(known, _)| *known == letter)?;
        sum = sum.checked_add(digits.parse::<u64>().ok()?.checked_mul(*factor)?)?;
        rest = behind.strip_prefix(letter)?;
    }
    Some(sum)
}

/// The duration of some minutes, in the largest unit that divides it.
pub(super) fn write(minutes: u32) -> String {
    match minutes {
        0 => "PT0S".to_owned(),
        _ if minutes.is_multiple_of(24 * 60) => format!("P{}D", minutes / (24 * 60)),
        _ if minutes.is_multiple_of(60) => format!("PT{}H", minutes / 60),
        _ => format!("PT{minutes}M"),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn durations_are_read_and_written() {
        for (text, minutes) in
            [("PT0S", 0), ("PT720M", 720), ("PT12H", 720), ("P90D", 129_600), ("P1DT2H3M", 1563)]
        {
            assert_eq!(read(text), Some(minutes), "{text}");
        }
        for minutes in [0, 1, 59, 60, 720, 1440, 129_600, 1563] {
            assert_eq!(read(&write(minutes)), Some(minutes));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "P", "PT", "12H", "PT1M1H", "PT5", "P1Y", "PT1.5H", "PT30S", "P1D2", "PTH"]
        {
            let expected = None;
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("P99999999999999999999D"), None);
        assert_eq!(read("P99999999999D"), None);
    }
}
