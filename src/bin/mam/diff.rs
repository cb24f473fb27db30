//! What changes between two texts, line by line.
//!
//! Takes in two texts, gives out a unified diff. Two texts that differ too much to be compared are
//! shown as one replaced by the other.

#![allow(
    clippy::indexing_slicing,
    reason = "lines are below the lengths of the two texts, for which the matrix is made"
)]

use std::fmt::Write as _;

use crate::output::{Ink, Look};

/// Lines around a change.
const CONTEXT: usize = 3;
/// More pairs of lines than this are not compared.
const PAIRS: usize = 16 << 20;

/// A line of a comparison, numbered from 0 in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Keep(usize, usize),
    Take(usize),
    Give(usize),
}

/// The changes from one text to another under its name, and what was done to it.
pub(crate) fn unified(name: &str, after_what: &str, texts: [&str; 2], look: Look) -> String {
    let [before, after] = texts;
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let steps = steps(&old, &new);
    let mut out = format!("--- {name}\n+++ {name} ({after_what})\n");
    for hunk in hunks(&steps) {
        let hunk = steps.get(hunk).unwrap_or_default();
        let _infallible = writeln!(out, "{}", look.paint(Ink::Help, header(hunk)));
        for step in hunk {
            let (mark, line, ink) = match *step {
                Step::Keep(at, _) => (' ', old.get(at), None),
                Step::Take(at) => ('-', old.get(at), Some(Ink::Bad)),
                Step::Give(at) => ('+', new.get(at), Some(Ink::Good)),
            };
            let line = line.copied().unwrap_or("");
            let text = format!("{mark}{}", line.strip_suffix('\n').unwrap_or(line));
            let text = ink.map_or(text.clone(), |ink| look.paint(ink, &text));
            let end = if line.ends_with('\n') { "" } else { "\n\\ No newline at end of file" };
            let _infallible = writeln!(out, "{text}{end}");
        }
    }
    out
}

/// `@@ -1,4 +1,5 @@`.
fn header(hunk: &[Step]) -> String {
    let of = |number: fn(&Step) -> Option<usize>| {
        let lines: Vec<_> = hunk.iter().filter_map(number).collect();
        let first = lines.first().map_or(0, |first| first + 1);
        format!("{first},{}", lines.len())
    };
    let old = of(|step| match step {
        Step::Keep(at, _) | Step::Take(at) => Some(*at),
        Step::Give(_) => None,
    });
    let new = of(|step| match step {
        Step::Keep(_, at) | Step::Give(at) => Some(*at),
        Step::Take(_) => None,
    });
    format!("@@ -{old} +{new} @@")
}

/// Ranges of steps around changes; those that touch are one.
fn hunks(steps: &[Step]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    let changes = steps.iter().enumerate().filter(|(_, step)| !matches!(step, Step::Keep(..)));
    for (at, _) in changes {
        let range = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(steps.len());
        match hunks.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => hunks.push(range),
        }
    }
    hunks
}

/// The way from one text to the other.
fn steps(old: &[&str], new: &[&str]) -> Vec<Step> {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(left);
    let tail = tail.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let middle_old = old.get(same..old_end).unwrap_or_default();
    let middle_new = new.get(same..new_end).unwrap_or_default();
    let mut steps: Vec<_> = (0..same).map(|at| Step::Keep(at, at)).collect();
    steps.extend(middle(middle_old, middle_new).into_iter().map(|step| match step {
        Step::Keep(a, b) => Step::Keep(a + same, b + same),
        Step::Take(a) => Step::Take(a + same),
        Step::Give(b) => Step::Give(b + same),
    }));
    steps.extend((0..tail).map(|at| Step::Keep(old_end + at, new_end + at)));
    steps
}

/// The same for the part that differs, by its longest common subsequence.
fn middle(old: &[&str], new: &[&str]) -> Vec<Step> {
    let width = new.len() + 1;
    if old.len().saturating_mul(width) > PAIRS {
        let take = (0..old.len()).map(Step::Take);
        return take.chain((0..new.len()).map(Step::Give)).collect();
    }
    // By position in both: the length of what the rests have in common.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a * width + b] = if old[a] == new[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut steps = Vec::new();
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            steps.push(Step::Keep(a, b));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len()
            || a < old.len() && common[(a + 1) * width + b] >= common[a * width + b + 1]
        {
            steps.push(Step::Take(a));
            a += 1;
        } else {
            steps.push(Step::Give(b));
            b += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { color: false, unicode: false, width: 100 };

    #[test]
    fn changes_are_shown_with_what_surrounds_them() {
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
        assert_eq!(unified("x", "formatted", [before, after], PLAIN), expected);
    }

    #[test]
    fn texts_without_a_last_line_end_are_told_apart() {
        let diff = unified("x", "formatted", ["a", "a\n"], PLAIN);
        assert!(
            diff.ends_with("@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n"),
            "{diff}"
        );
    }

    #[test]
    fn the_way_leads_from_one_text_to_the_other() {
        let texts = ["", "a\n", "a\nb\nc\n", "b\na\nc\nb\n", "c\nc\nb\na\n"];
        for before in texts {
            for after in texts {
                let old: Vec<&str> = before.split_inclusive('\n').collect();
                let new: Vec<&str> = after.split_inclusive('\n').collect();
                let steps = steps(&old, &new);
                let taken = steps.iter().filter_map(|step| match step {
                    Step::Keep(at, _) | Step::Take(at) => Some(old[*at]),
                    Step::Give(_) => None,
                });
                assert_eq!(taken.collect::<String>(), before);
                let given = steps.iter().filter_map(|step| match step {
                    Step::Keep(_, at) | Step::Give(at) => Some(new[*at]),
                    Step::Take(_) => None,
                });
                assert_eq!(given.collect::<String>(), after);
            }
        }
    }
}
