//! Policy texts out of arbitrary bytes: mostly sensible, so that most of them compile.

use arbitrary::{Result, Unstructured};

const DECLARATIONS: &str = r#"mam 1
users staff
users guests
users field
filter own
filter recent
app mail { ios "m" android "m" sdk multi-identity }
app docs { sdk multi-identity on-premises }
app notes { ios "n" sdk }
app chat
app bank { android "b" container }
storage drive corporate
storage cloud personal
group office = mail, docs
group mixed = docs, chat, drive
"#;

/// A policy set with one to three policies, or now and then with many.
pub fn policy_set(choices: &mut Unstructured<'_>) -> Result<String> {
    let mut text = DECLARATIONS.to_owned();
    let (policies, rules) = if choices.ratio(1, 8)? { (20, 30) } else { (3, 6) };
    for policy in 0..choices.int_in_range(1..=policies)? {
        text.push_str(&format!("policy p{policy}"));
        if choices.ratio(1, 5)? {
            text.push_str(" report-only");
        }
        text.push_str(&format!(" {{\n  for {}\n", people(choices)?));
        text.push_str(&format!(
            "  protect {}\n",
            choices.choose(&[
                "office",
                "mail",
                "notes",
                "any",
                "any except mail",
                "docs, notes"
            ])?
        ));
        optional(
            choices,
            &mut text,
            "on",
            &["ios", "android", "ios, android", "any except windows"],
        )?;
        optional(
            choices,
            &mut text,
            "devices",
            &["unmanaged", "enrolled", "intune, configmgr", "any except third-party"],
        )?;
        if policy > 0 {
            optional(choices, &mut text, "yields to", &["p0", "any", "any except p0"])?;
        }
        optional(choices, &mut text, "otherwise", &["allow", "block"])?;
        for _ in 0..choices.int_in_range(0..=rules)? {
            text.push_str(&rule(choices)?);
        }
        text.push_str("}\n");
    }
    for _ in 0..choices.int_in_range(0..=3)? {
        text.push_str(&expectation(choices)?);
    }
    Ok(text)
}

fn expectation(choices: &mut Unstructured<'_>) -> Result<String> {
    let effect = *choices.choose(&["allow", "block", "no path by"])?;
    let channel = *choices.choose(&["share", "copy", "share, copy", "link"])?;
    let [from, to] = [set(choices, channel)?, set(choices, channel)?];
    let people = people(choices)?;
    Ok(format!("expect {effect} {channel} from {from} to {to} for {people}\n"))
}

fn optional(
    choices: &mut Unstructured<'_>,
    text: &mut String,
    keyword: &str,
    values: &[&str],
) -> Result<()> {
    if choices.ratio(1, 3)? {
        text.push_str(&format!("  {keyword} {}\n", choices.choose(values)?));
    }
    Ok(())
}

pub fn people(choices: &mut Unstructured<'_>) -> Result<&'static str> {
    choices
        .choose(&[
            "any",
            "staff",
            "staff, guests",
            "staff except guests",
            "any except field",
            "guests",
            "staff and field",
            "staff and guests except field",
            "staff matching own, guests not matching recent",
            "any matching own except field not matching own matching recent",
            "staff and guests matching recent",
        ])
        .copied()
}

fn rule(choices: &mut Unstructured<'_>) -> Result<String> {
    let effect = *choices.choose(&["allow", "block", "accept", "refuse"])?;
    let outward = matches!(effect, "allow" | "block");
    let channel = if outward {
        *choices.choose(&[
            "share",
            "copy",
            "invoke",
            "share, copy",
            "link",
            "save",
            "type",
            "print",
            "sync",
            "any",
        ])?
    } else {
        *choices.choose(&["share", "copy", "open", "share, invoke", "any"])?
    };
    let mut text = format!("  {effect} {channel}");
    let side = if outward { "to" } else { "from" };
    if !matches!(channel, "print" | "sync") {
        text.push_str(&format!(" {side} {}", set(choices, channel)?));
    }
    match (effect, channel) {
        ("allow", "copy") if choices.ratio(1, 2)? => {
            text.push_str(&format!(" up to {} characters", choices.int_in_range(0..=3)? * 50));
        }
        ("accept", "share" | "copy") if choices.ratio(1, 2)? => text.push_str(" tagged work"),
        ("block" | "refuse", _) if choices.ratio(1, 4)? => text.push_str(" app-wide"),
        _ => {}
    }
    for (clause, values) in [
        (" on ", &["ios", "android"][..]),
        (" devices ", &["unmanaged", "enrolled"]),
        (" for ", &["staff", "guests"]),
    ] {
        if choices.ratio(1, 5)? {
            text.push_str(clause);
            text.push_str(choices.choose(values)?);
        }
    }
    text.push('\n');
    Ok(text)
}

pub fn set(choices: &mut Unstructured<'_>, channel: &str) -> Result<String> {
    let terms: &[&str] = match channel {
        "save" | "open" => {
            &["any", "drive", "cloud", "corporate-storage", "personal-storage", "unlisted", "mixed"]
        }
        _ => &[
            "any",
            "managed",
            "unmanaged",
            "unlisted",
            "mail",
            "office",
            "mixed",
            "chat",
            "mail as personal",
            "any as other",
            "any deployed",
            "\"ios:x\"",
            "\"ios:m\"",
            "notes",
        ],
    };
    let mut text = choices.choose(terms)?.to_string();
    if choices.ratio(1, 3)? {
        text.push_str(" except ");
        text.push_str(choices.choose(terms)?);
    }
    Ok(text)
}
