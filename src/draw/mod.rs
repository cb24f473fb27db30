//! Drawings of pictures: where company data may go, as SVG and as plain text for graph tools.
//!
//! Takes in a picture, gives out text. `fold` makes few rows of many classes, `panel` is what they come to, `layout`
//! places them by a sum of row heights. A line is a movement, the wall is the policy, and every gap in the wall is
//! an opening. `docs/draw.md` says what has no row. Nothing is decided here, and no file is written.

mod fold;
mod graph;
mod layout;
mod metrics;
mod names;
mod panel;
mod style;
mod svg;
mod words;

use crate::analysis::{Picture, PictureClass, PictureContext, PictureMember, PicturePlace};
use crate::source::visible;
use names::Names;
use panel::{Panel, PanelKind};

/// The most panels of a drawing.
const MOST_PANELS: usize = 4;

/// The room of a class's name.
const CLASS_WIDTH: u32 = 230;

/// The drawings of one context.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ContextDrawings {
    /// Of work accounts; where no policy applies, of the apps of the company.
    pub work: Option<Drawing>,
    /// Of personal accounts.
    pub personal: Option<Drawing>,
}

/// The drawings of a picture's contexts, each for itself.
#[must_use]
pub fn contexts(picture: &Picture) -> Vec<ContextDrawings> {
    let names = &Names::new(picture);
    let drawings = |context: &PictureContext| {
        let draw = |kind| {
            let panel = fold::panel(names, context, kind)?;
            Some(Drawing { panels: vec![panel], others: Vec::new() })
        };
        match context.policies.is_empty() {
            true => ContextDrawings { work: draw(PanelKind::Free), personal: None },
            false => {
                ContextDrawings { work: draw(PanelKind::Work), personal: draw(PanelKind::Personal) }
            }
        }
    };
    picture.contexts.iter().map(drawings).collect()
}

/// The classes of a picture in a few words, by context: titles, groups of the set, and how many more there are.
#[must_use]
pub fn class_names(picture: &Picture) -> Vec<Vec<String>> {
    let names = Names::new(picture);
    let of_context = |context: &PictureContext| {
        let of_class = |class: &PictureClass| {
            let alike = || context.classes.iter().filter(|one| one.station == class.station);
            let all: Vec<&PictureMember> = alike().flat_map(|one| &one.members).collect();
            let others = alike().filter(|one| *one != class);
            let rest: Vec<&PictureMember> = others.flat_map(|one| &one.members).collect();
            let own: Vec<&PictureMember> = class.members.iter().collect();
            let (mut own, rest) = (names.items(&own, &all), names.items(&rest, &all));
            names.among(&mut own, &rest, CLASS_WIDTH).text
        };
        context.classes.iter().map(of_class).collect()
    };
    picture.contexts.iter().map(of_context).collect()
}

/// The people and the devices of a place in plain words.
#[must_use]
pub fn place_words(place: &PicturePlace) -> [String; 2] {
    [words::people(&place.people), words::devices(&place.devices)]
        .map(|text| visible(&text).into_owned())
}

/// The style sheet of [elements](Drawing::element): rules without a scope, which a page nests in one.
#[must_use]
pub fn style_sheet() -> String {
    style::sheet()
}

/// A drawing of a picture: panels of contexts, the strictest first, and the other contexts by name.
///
/// ```
/// use mam::draw::Drawing;
/// use mam::{Analysis, Compiler};
///
/// let checked = Compiler::new().check("notes.mam", "mam 1\n\
///     app notes \"<Notes>\" { ios \"com.example.notes\"  sdk }\n\
///     policy baseline { for any  protect notes  allow share to managed }");
/// let picture = Analysis::new(&checked)?.picture(&checked.question("any on ios")?)?;
/// let svg = Drawing::new(&picture).svg();
/// assert!(svg.contains("&lt;Notes&gt;"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Drawing {
    panels: Vec<Panel>,
    /// Contexts that have no panel, each as a line of text.
    others: Vec<String>,
}

impl Drawing {
    /// The drawing of a picture.
    #[must_use]
    pub fn new(picture: &Picture) -> Self {
        let names = &Names::new(picture);
        let mut panels = Vec::new();
        let mut others = Vec::new();
        let (enforced, free): (Vec<_>, Vec<_>) =
            picture.contexts.iter().partition(|context| !context.policies.is_empty());
        let mut add = |context: &PictureContext, kind: PanelKind, what: &str| {
            let Some(panel) = fold::panel(names, context, kind) else { return };
            match panels.len() < MOST_PANELS {
                true => panels.push(panel),
                false => others.push(format!("{what}: {}", words::scopes(context))),
            }
        };
        for context in &enforced {
            add(context, PanelKind::Work, "decided in another way");
        }
        for context in &enforced {
            add(context, PanelKind::Personal, "personal accounts");
        }
        for context in free {
            match panels.is_empty() {
                true => panels.extend(fold::panel(names, context, PanelKind::Free)),
                false => others.push(format!("no policy applies: {}", words::scopes(context))),
            }
        }
        Self { panels, others }
    }

    /// Whether there is nothing to draw: no movement of the picture leaves or enters an app of the company.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.panels.is_empty()
    }

    /// The drawing as SVG: real text, light and dark, and for print.
    #[must_use]
    pub fn svg(&self) -> String {
        layout::svg(&self.panels, &self.others)
    }

    /// The drawing as an element of a page, which has the [style sheet](style_sheet). The title of a row is all that
    /// describes it: a page has them as a list beside it.
    #[must_use]
    pub fn element(&self) -> String {
        layout::element(&self.panels)
    }

    /// The rows of the drawing as a graph in the language of Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        graph::dot(&self.panels, &self.others)
    }

    /// The rows of the drawing as a flow chart in the language of Mermaid.
    #[must_use]
    pub fn mermaid(&self) -> String {
        graph::mermaid(&self.panels, &self.others)
    }
}

#[cfg(test)]
mod tests {
    //! Rows against the cells that they come from.

    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test fails where it stands"
    )]

    use super::panel::{Direction, Mark};
    use super::*;
    use crate::analysis::{Analysis, Station};
    use crate::compiler::Compiler;
    use crate::decision::Effect;
    use crate::vocabulary::{Channel, Side};

    const CONTOSO: &str = include_str!("../../examples/contoso.mam");
    const COMPANY: &str = include_str!("../../examples/figures/6-company.mam");
    const BYOD: &str = include_str!("../../examples/figures/4-byod.mam");

    fn picture(text: &str, scope: &str) -> Picture {
        let checked = Compiler::new().check("set.mam", text);
        assert!(!checked.has_errors(), "{}", checked.errors());
        let scope = checked.question(scope).unwrap();
        Analysis::new(&checked).unwrap().picture(&scope).unwrap()
    }

    /// Whether a panel has a row with a mark on a channel, in a direction at a station.
    fn has_row(panel: &Panel, station: Station, at: (Direction, Channel), blocked: bool) -> bool {
        let cards = panel.stations.iter().filter(|card| card.station == station);
        let mut rows = cards.flat_map(|card| &card.rows);
        rows.any(|row| {
            (row.direction == at.0 || row.direction == Direction::Both)
                && row.channels.contains(&at.1)
                && (row.mark == Mark::Blocked) == blocked
        })
    }

    /// Whether what comes from a station on a channel is shown.
    fn is_shown_in(station: Station, channel: Channel) -> bool {
        station != Station::CompanyApps && channel.judged_at(Side::Target)
    }

    /// Holds the rows of a panel against the cells of its context: what is open has an opening, what is blocked a cut.
    fn hold(context: &PictureContext, panel: &Panel) -> usize {
        let mut held = 0;
        for cell in &context.cells {
            let [from, to] = [cell.source, cell.target].map(|at| context.classes[at].station);
            let blocked = cell.cell.effect == Effect::Block;
            let like_others = [Channel::Link, Channel::Call, Channel::Message, Channel::Type];
            if from == Station::CompanyApps {
                let may_be_left_out =
                    to == Station::OtherAccounts && like_others.contains(&cell.channel);
                let at = (Direction::Out, cell.channel);
                assert!(may_be_left_out || has_row(panel, to, at, blocked), "{cell:?} to {to:?}");
                held += 1;
            } else if to == Station::CompanyApps && is_shown_in(from, cell.channel) {
                let at = (Direction::In, cell.channel);
                assert!(has_row(panel, from, at, blocked), "{cell:?} from {from:?}");
                held += 1;
            }
        }
        held
    }

    #[test]
    fn every_cell_has_a_row() {
        let mut held = 0;
        for text in [CONTOSO, COMPANY, BYOD] {
            let picture = picture(text, "any");
            let names = Names::new(&picture);
            for context in picture.contexts.iter().filter(|one| !one.policies.is_empty()) {
                let panel = fold::panel(&names, context, PanelKind::Work).unwrap();
                held += hold(context, &panel);
            }
        }
        assert!(held > 1_000, "{held}");
    }

    #[test]
    fn rows_name_the_sources_and_receivers_of_their_cells() {
        let picture = picture(CONTOSO, "any for staff except contractors on ios devices unmanaged");
        let names = Names::new(&picture);
        let panel = fold::panel(&names, &picture.contexts[0], PanelKind::Work).unwrap();
        let rows: Vec<String> = panel
            .stations
            .iter()
            .flat_map(|card| card.rows.iter().map(|row| row.sentence(&panel.card, card)))
            .collect();
        let expected = [
            "share, invoke, copy, type: from protected apps to protected apps (all) – allowed",
            "link: from protected apps to protected apps (Edge) – allowed",
            "save: from Contoso Field Notes, OneNote, Edge to company storage (SharePoint) – allowed",
            "type: from protected apps to other apps (all: Salesforce +57) – allowed",
            "copy: from protected apps to other apps (all) – allowed up to 50 characters",
            "invoke: from protected apps to other apps (Salesforce) – allowed",
            "open: from personal storage (The camera) to protected apps – allowed",
            "notify: from protected apps to this device (Notifications) – allowed without content",
        ];
        for sentence in expected {
            assert!(rows.iter().any(|row| row == sentence), "{sentence}\n{}", rows.join("\n"));
        }
    }
}
