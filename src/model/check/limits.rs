//! Checks of channels and limits: which effects are judged on a channel, which limits it has.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, ChannelWord, Spanned};
use crate::vocabulary::{Channel, Channels, Effect, RuleEffect};

/// The channels on which rules of an effect are judged.
pub(in crate::model) fn channels_for(effect: RuleEffect) -> Channels {
    let judged = |channel: &Channel| channel.judged_at(effect.side());
    Channel::ALL.iter().copied().filter(judged).collect()
}

/// Reports named channels that are not judged on the side of the effect.
pub(in crate::model) fn channel_effect(rule: &ast::Rule, found: &mut Vec<Diagnostic>) {
    let effect = rule.effect.value;
    let fitting = channels_for(effect);
    for channel in &rule.scope.channels {
        let ChannelWord::One(one) = channel.value else { continue };
        if !fitting.contains(one) {
            let message = format!("`{effect}` does not fit `{one}`");
            let help = match (effect, one) {
                (RuleEffect::Allow, Channel::Open) => {
                    "`open` is judged where data arrives: `accept`".to_owned()
                }
                (RuleEffect::Block, Channel::Open) => {
                    "`open` is judged where data arrives: `refuse`".to_owned()
                }
                (RuleEffect::Accept, _) => format!("`{one}` is judged where data leaves: `allow`"),
                (RuleEffect::Refuse, _) => format!("`{one}` is judged where data leaves: `block`"),
                (RuleEffect::Allow | RuleEffect::Block, _) => "use another channel".to_owned(),
            };
            let diagnostic = Diagnostic::new(Code::ChannelEffect, message);
            found.push(diagnostic.at(channel.span, "").help(help));
        }
    }
}

/// The limits of a scope: the word, the place, and the channels that have such a limit.
fn limits_of(scope: &ast::Scope) -> Vec<(&'static str, Span, Channels)> {
    let one = |channel| [channel].into_iter().collect();
    let arriving = channels_for(RuleEffect::Accept);
    [
        scope.up_to.map(|limit| ("up to", limit.span, one(Channel::Copy))),
        scope.without_content.map(|span| ("without content", span, one(Channel::Notify))),
        scope.tagged.map(|span| ("tagged work", span, arriving)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Reports limits on effects that block, and on channels without such a limit.
pub(in crate::model) fn rule_limits(rule: &ast::Rule, found: &mut Vec<Diagnostic>) {
    let effect = rule.effect.value;
    for (word, span, channels) in limits_of(&rule.scope) {
        if effect.effect() == Effect::Block {
            let message =
                format!("`{word}` limits what is let through; `{effect}` lets nothing through");
            let help = format!(
                "leave the limit out, or write `{}` to let data through up to it",
                opposite(effect)
            );
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        } else if word == "tagged work" && effect != RuleEffect::Accept {
            let message = "`tagged work` says how data arrives";
            let help = "write `accept … tagged work`";
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        }
        limit_channels(word, span, channels, &rule.scope.channels, found);
    }
    if let Some(span) = rule.scope.app_wide
        && effect.effect() == Effect::Allow
    {
        let message = format!("`app-wide` does not fit `{effect}`");
        let help = "only `block` and `refuse` reach accounts that no policy protects";
        found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
    }
}

/// The effect of the same side that does the opposite.
const fn opposite(effect: RuleEffect) -> RuleEffect {
    match effect {
        RuleEffect::Allow => RuleEffect::Block,
        RuleEffect::Block => RuleEffect::Allow,
        RuleEffect::Accept => RuleEffect::Refuse,
        RuleEffect::Refuse => RuleEffect::Accept,
    }
}

/// The text of a channel word.
pub(super) const fn channel_text(channel: ChannelWord) -> &'static str {
    match channel {
        ChannelWord::One(one) => one.word(),
        ChannelWord::Any => "any",
    }
}

/// Reports named channels that lack a limit.
fn limit_channels(
    word: &str,
    span: Span,
    channels: Channels,
    named: &[Spanned<ChannelWord>],
    found: &mut Vec<Diagnostic>,
) {
    for channel in named {
        let fits = match channel.value {
            ChannelWord::One(one) => channels.contains(one),
            ChannelWord::Any => channels.len() > 1,
        };
        if !fits {
            let name = channel_text(channel.value);
            let only: Vec<_> = channels.iter().map(|one| format!("`{one}`")).collect();
            let message = format!("`{word}` means nothing for `{name}`");
            let help = match named {
                [_] => format!("leave it out; it is a limit of {}", only.join(", ")),
                _ => format!("it is a limit of {}; write two rules", only.join(", ")),
            };
            found.push(
                Diagnostic::new(Code::LimitChannel, message)
                    .at(channel.span, "this channel has no such limit")
                    .at(span, "the limit")
                    .help(help),
            );
        }
    }
}

/// Reports limits in `expect block`, and `app-wide` in any expectation.
pub(in crate::model) fn expect_limits(
    effect: Effect,
    scope: &ast::Scope,
    found: &mut Vec<Diagnostic>,
) {
    for (word, span, channels) in limits_of(scope) {
        if effect == Effect::Block {
            let message = format!("`{word}` limits what is allowed; what is blocked has no limits");
            let help = format!("write `expect allow … {word}`, or leave it out");
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        }
        limit_channels(word, span, channels, &scope.channels, found);
    }
    if let Some(span) = scope.app_wide {
        let message = "`app-wide` belongs to rules";
        let help = "name the account instead: `from outlook as personal`";
        found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
    }
}
