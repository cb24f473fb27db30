//! Bytes with a frame that fits them are refused, or they are a table: it answers whatever it is asked, and
//! is written again as it was read.

#![no_main]

mod policy_text;
mod requests;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::{Compiler, Table};

/// The magic and the version.
const START: &[u8] = b"\x89MAM\r\n\x1a\n\x02\0\0\0";

/// Requests that a table is asked.
const REQUESTS: usize = 32;

/// A body with a frame in front.
fn framed(body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(body.len()).ok()?;
    let numbers = [length, crc32fast::hash(body)];
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    Some(START.iter().copied().chain(numbers).chain(body.iter().copied()).collect())
}

/// A real table with some of its numbers changed.
fn changed(choices: &mut Unstructured<'_>) -> arbitrary::Result<Option<Vec<u8>>> {
    let text = policy_text::policy_set(choices)?;
    let Ok(table) = Compiler::new().check("fuzz.mam", &text).compile() else { return Ok(None) };
    let mut body = table.to_bytes().split_off(START.len() + 8);
    for _ in 0..choices.int_in_range(0..=4)? {
        let at = choices.choose_index(body.len() / 4)? * 4;
        let number = u32::from_le_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
        let other = match choices.int_in_range(0..=3)? {
            0 => choices.arbitrary()?,
            1 => number.wrapping_add(choices.int_in_range(1..=4)?),
            2 => number.wrapping_sub(choices.int_in_range(1..=4)?),
            _ => number ^ (1 << choices.int_in_range(0..=31)?),
        };
        body[at..at + 4].copy_from_slice(&other.to_le_bytes());
    }
    Ok(framed(&body))
}

fuzz_target!(|bytes: &[u8]| {
    let _refused_or_not = Table::from_bytes(bytes);
    if let Some(bytes) = framed(bytes) {
        try_out(&bytes, &mut Unstructured::new(&[]));
    }
    let mut choices = Unstructured::new(bytes);
    if let Ok(Some(bytes)) = changed(&mut choices) {
        try_out(&bytes, &mut choices);
    }
});

fn try_out(bytes: &[u8], choices: &mut Unstructured<'_>) {
    let Ok(table) = Table::from_bytes(bytes) else { return };
    assert!(table.to_bytes() == bytes, "a table is written otherwise than it was read");
    for _ in 0..REQUESTS {
        let Ok(request) = requests::request(choices) else { return };
        if let Ok(resolved) = table.resolve(&request) {
            let answer = table.spell_out(&resolved);
            assert_eq!(answer.effect, table.decide(&resolved).effect());
            std::hint::black_box(table.case(&resolved));
        }
    }
}
