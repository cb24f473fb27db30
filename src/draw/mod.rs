//! Drawings of pictures: where company data may go, as SVG and as plain text for graph tools.
//!
//! Takes in a picture, gives out text. `fold` makes few rows of many classes, `panel` is what they come to, `layout`
//! places them by a sum of row heights. `columns` and `frames` do the same for the layers of protection. A line is a movement, the wall is the policy, and every gap in the wall is
//! an opening. `docs/draw.md` says what has no row. Nothing is decided here, and no file is written.

mod columns;
mod fold;
mod frames;
mod graph;
mod layout;
mod marks;
mod metrics;
mod names;
mod panel;
mod style;
mod svg;
mod words;

use crate::analysis::{Layers, Picture, PictureContext};
use columns::Column;
use names::Names;
use panel::{Panel, PanelKind};

/// The most panels of a drawing.
const MOST_PANELS: usize = 4;

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

/// A drawing of the layers of protection: a column for each state of devices, with what manages them, what is
/// asked for before an app opens, and where company data may go. A layer that is missing leaves its place.
///
/// ```
/// use mam::draw::LayersDrawing;
/// use mam::{Analysis, Compiler, DeviceState};
///
/// let checked = Compiler::new().check("notes.mam", "mam 1\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy baseline { for any  protect notes  require encryption }");
/// let analysis = Analysis::new(&checked)?;
/// let picture = analysis.picture(&checked.question("any devices unmanaged")?)?;
/// let svg = LayersDrawing::new(&[(analysis.layers(DeviceState::Unmanaged), picture)]).svg();
/// assert!(svg.contains("No device management") && svg.contains("require encryption"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LayersDrawing {
    columns: Vec<Column>,
}

impl LayersDrawing {
    /// The drawing of layers, each with the picture of movements on devices in the same state.
    #[must_use]
    pub fn new(columns: &[(Layers, Picture)]) -> Self {
        Self { columns: columns::columns(columns) }
    }

    /// The drawing as SVG: real text, light and dark, and for print.
    #[must_use]
    pub fn svg(&self) -> String {
        frames::svg(&self.columns)
    }
}

#[cfg(test)]
mod tests;
