//! Levels of Microsoft's data protection framework that policies reach.
//!
//! Takes in the levels that the library found, gives out text or JSON. Does not know the framework.

use mam::intune::{Change, Missing, PolicyLevel};
use serde::Serialize;

use crate::render::style::{Capabilities, Style};
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad, short};

/// Writes the settings that each policy lacks for a level, and the number of policies that reach it.
pub(crate) fn show(terminal: &mut Terminal, levels: &[PolicyLevel], wanted: u8) {
    let caps = terminal.out;
    for level in levels {
        terminal.line("");
        terminal.line(heading(level, wanted, caps));
        let missing = level.missing(wanted);
        let width = missing.iter().flat_map(|one| &one.changes).map(|one| one.member.len()).max();
        for of in 1..=wanted {
            let added: Vec<_> = missing.iter().filter(|one| one.level == of).collect();
            if !added.is_empty() {
                terminal.line(format!("\n  level {of} asks for"));
            }
            for one in added {
                setting(terminal, one, width.unwrap_or(0));
            }
        }
    }
    let reached = levels.iter().filter(|level| level.reached >= wanted).count();
    let is_reached = reached == levels.len() && reached > 0;
    let style = if is_reached { Style::Good } else { Style::Bad };
    let summary = match levels.len() {
        0 => "there is no policy that could reach it".to_owned(),
        1 if reached == 1 => "the policy reaches it".to_owned(),
        1 => "the policy does not reach it".to_owned(),
        all if all == reached => format!("all {all} reach it"),
        all => format!("{reached} of {all} reach it"),
    };
    terminal.line(format!("\nlevel {wanted}: {}", caps.paint(style, summary)));
}

/// A policy with its level: `"Mail on phones" on ios (mail.json:4): level 1, 3 settings short of level 2`.
fn heading(level: &PolicyLevel, wanted: u8, caps: Capabilities) -> String {
    let title = caps.paint(Style::Strong, format!("\"{}\"", level.title));
    let place = caps.paint(Style::Faint, format!("{}:{}", level.file, level.line));
    let is_reached = level.reached >= wanted;
    let reached = match level.reached {
        0 => "no level".to_owned(),
        reached => format!("level {reached}"),
    };
    let reached = caps.paint(if is_reached { Style::Good } else { Style::Bad }, reached);
    let rest = if is_reached {
        String::new()
    } else {
        let missing = level.missing(wanted).len();
        format!(", {} short of level {wanted}", count(missing, "setting"))
    };
    format!("{title} on {} ({place}): {reached}{rest}", level.platform)
}

fn setting(terminal: &mut Terminal, missing: &Missing, width: usize) {
    let caps = terminal.out;
    terminal.line(format!("    {} = {}", caps.paint(Style::Strong, missing.setting), missing.asks));
    for one in &missing.changes {
        let found = short(&one.found);
        let wanted = wanted_text(one);
        let length = 6 + width + 2 + found.chars().count() + 4 + wanted.chars().count();
        let painted = (caps.paint(Style::Bad, &found), caps.paint(Style::Good, &wanted));
        if length <= caps.width {
            let (found, wanted) = painted;
            terminal.line(format!("      {}  {found} -> {wanted}", pad(one.member, width)));
        } else {
            terminal.line(format!("      {}", one.member));
            terminal.line(format!("        {}", painted.0));
            terminal.line(format!("        -> {}", painted.1));
        }
    }
}

fn wanted_text(change: &Change) -> String {
    match change.wanted {
        None => "your choice".to_owned(),
        Some(wanted) if wanted == change.found => {
            "the same, but what is decided is laxer".to_owned()
        }
        Some(wanted) => wanted.to_owned(),
    }
}

// ---------------------------------------------------------------- JSON

#[derive(Debug, Serialize)]
pub(crate) struct LevelForm<'a> {
    policy: &'a str,
    platform: &'static str,
    file: &'a str,
    line: usize,
    reached: u8,
    wanted: u8,
    missing: Vec<MissingForm>,
}

#[derive(Debug, Serialize)]
struct MissingForm {
    level: u8,
    setting: &'static str,
    asks: &'static str,
    changes: Vec<ChangeForm>,
}

#[derive(Debug, Serialize)]
struct ChangeForm {
    member: &'static str,
    found: serde_json::Value,
    wanted: Option<serde_json::Value>,
}

/// The levels as `--json` gives them.
pub(crate) fn forms(levels: &[PolicyLevel], wanted: u8) -> Vec<LevelForm<'_>> {
    let form = |level| LevelForm::new(level, wanted);
    levels.iter().map(form).collect()
}

impl<'a> LevelForm<'a> {
    fn new(level: &'a PolicyLevel, wanted: u8) -> Self {
        let change = |one: &Change| ChangeForm {
            member: one.member,
            found: serde_json::from_str(&one.found).unwrap_or_default(),
            wanted: one.wanted.and_then(|wanted| serde_json::from_str(wanted).ok()),
        };
        let missing = |one: &Missing| MissingForm {
            level: one.level,
            setting: one.setting,
            asks: one.asks,
            changes: one.changes.iter().map(change).collect(),
        };
        Self {
            policy: &level.title,
            platform: level.platform.word(),
            file: &level.file,
            line: level.line,
            reached: level.reached,
            wanted,
            missing: level.missing(wanted).iter().map(missing).collect(),
        }
    }
}
