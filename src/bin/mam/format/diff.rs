//! Unified diffs of two texts, line by line.
//!
//! Takes in two texts, gives out a diff as `diff -u` writes it. The comparison itself is that of the crate
//! `similar`. Does not know what the texts mean.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::render::style::{Capabilities, Style};

/// The unified diff from one text to another; `state` tells what the second text is.
pub(crate) fn unified(name: &str, state: &str, texts: [&str; 2], caps: Capabilities) -> String {
    let [before, after] = texts;
    let diff = TextDiff::from_lines(before, after);
    let mut out = format!("--- {name}\n+++ {name} ({state})\n");
    for hunk in diff.unified_diff().iter_hunks() {
        let _infallible = writeln!(out, "{}", caps.paint(Style::Help, hunk.header()));
        for change in hunk.iter_changes() {
            let style = match change.tag() {
                ChangeTag::Equal => None,
                ChangeTag::Delete => Some(Style::Bad),
                ChangeTag::Insert => Some(Style::Good),
            };
            let line = change.value();
            let text = format!("{}{}", change.tag(), line.strip_suffix('\n').unwrap_or(line));
            let text = style.map_or_else(|| text.clone(), |style| caps.paint(style, &text));
            let end = if change.missing_newline() { "\n\\ No newline at end of file" } else { "" };
            let _infallible = writeln!(out, "{text}{end}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_with_three_lines_around_them() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let after = "a\nb\nc\nd\nE\nf\ng\nh\ni\n";
        let expected = "\
--- x
+++ x (formatted)
@@ -2,7 +2,8 @@
 b
 c
 d
-e
+E
 f
 g
 h
+i
";
        let diff = unified("x", "formatted", [before, after], Capabilities::PLAIN);
        assert_eq!(diff, expected);
    }

    #[test]
    fn a_missing_last_line_end_is_a_difference() {
        let diff = unified("x", "formatted", ["a", "a\n"], Capabilities::PLAIN);
        assert!(diff.ends_with("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"), "{diff}");
    }

    #[test]
    fn the_lines_of_a_diff_make_up_both_texts() {
        let texts = ["", "a\n", "a\nb\nc\n", "b\na\nc\nb\n", "c\nc\nb\na\n"];
        for [before, after] in texts.iter().flat_map(|one| texts.map(|other| [*one, other])) {
            let diff = unified("x", "formatted", [before, after], Capabilities::PLAIN);
            let lines = || diff.lines().skip(2).filter(|line| !line.starts_with("@@"));
            let side = |mark: char| -> String {
                let own = lines().filter_map(|line| line.strip_prefix([' ', mark]));
                own.map(|line| format!("{line}\n")).collect()
            };
            if before != after {
                assert_eq!([side('-'), side('+')], [before, after]);
            }
        }
    }
}
