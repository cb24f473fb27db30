//! Drawings of pictures: where company data may go, as SVG and as plain text for graph tools.
//!
//! Takes in a picture, gives out text. `fold` makes few rows of many classes, `panel` is what they come to, `layout`
//! places them by a sum of row heights. `columns` and `frames` do the same for the layers of protection, `leak` and
//! `chains` for paths; `html` puts a drawing on a page. A line is a movement, the wall is the policy, and every gap in the
//! wall is an opening. `docs/draw.md` says what has no row. Nothing is decided here, and no file is written.

mod blocks;
mod chains;
mod columns;
mod fold;
mod frames;
mod graph;
mod html;
mod layout;
mod leak;
mod marks;
mod metrics;
mod names;
mod notice;
mod panel;
mod style;
mod svg;
mod words;

use crate::analysis::{
    ChangeContext, ChangePicture, Layers, Paths, Picture, PictureClass, PictureContext,
    PictureMember, PicturePlace, Remedy,
};
use crate::source::visible;
use columns::Column;
use leak::{Leak, Traced};
use names::Names;
use panel::{Panel, PanelKind};

/// The most panels of a drawing, and the most paths.
const MOST_PANELS: usize = 4;

/// What a drawing is about.
#[derive(Debug, Clone, Copy)]
struct What {
    /// The title of the whole.
    title: &'static str,
    /// What is said where it has no row.
    nothing: &'static str,
}

/// The movements of one set.
const MOVEMENTS: What =
    What { title: "Where company data may go", nothing: "no row is about company apps" };

/// The changes between two sets.
const CHANGES: What =
    What { title: "What opens and what closes", nothing: "no row of a company app changes" };

/// What is said where there is no leak.
const NO_LEAK: &str = "no chain of allowed movements leads there";

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
            Some(Drawing { what: MOVEMENTS, panels: vec![panel], others: Vec::new() })
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
    what: What,
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
                false => others.push(format!("{what}: {}", words::scopes(&context.places))),
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
                false => {
                    others.push(format!("no policy applies: {}", words::scopes(&context.places)))
                }
            }
        }
        Self { what: MOVEMENTS, panels, others }
    }

    /// The drawing of what two sets decide differently: the rows that changed, and no others.
    ///
    /// ```
    /// use mam::analysis::diff_picture;
    /// use mam::draw::Drawing;
    /// use mam::{Analysis, Compiler};
    ///
    /// let set = |rule: &str| Compiler::new().check("notes.mam", &format!("mam 1\n\
    ///     app notes {{ ios \"com.example.notes\"  sdk }}\n\
    ///     policy baseline {{ for any  protect notes  {rule} }}"));
    /// let (old, new) = (set("allow print"), set("allow copy to any up to 5 characters"));
    /// let scope = new.question("any on ios")?;
    /// let changes = diff_picture(&Analysis::new(&old)?, &Analysis::new(&new)?, &scope)?;
    /// let svg = Drawing::of_changes(&changes).svg();
    /// assert!(svg.contains("− print") && svg.contains("+ copy"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_changes(changes: &ChangePicture) -> Self {
        let contexts = changes.contexts.iter();
        let classes = contexts.flat_map(|context| &context.classes);
        let names = &Names::of(classes, &changes.groups);
        let (mut panels, mut others) = (Vec::new(), Vec::new());
        for kind in [PanelKind::Work, PanelKind::Personal] {
            let what = match kind {
                PanelKind::Work | PanelKind::Free => "changed in another way",
                PanelKind::Personal => "personal accounts changed",
            };
            for context in &changes.contexts {
                let Some(panel) = fold::change_panel(names, context, kind) else { continue };
                match panels.len() < MOST_PANELS {
                    true => panels.push(panel),
                    false => others.push(format!("{what}: {}", words::scopes(&context.places))),
                }
            }
        }
        let is_same = |one: &&ChangeContext| one.cells.iter().all(|cell| cell.change.is_none());
        let same = changes.contexts.iter().filter(is_same).flat_map(|one| one.places.clone());
        let same: Vec<PicturePlace> = same.collect();
        if !same.is_empty() {
            others.push(format!("nothing changes: {}", words::joined_scopes(&same)));
        }
        Self { what: CHANGES, panels, others }
    }

    /// Whether there is nothing to draw: no movement of the picture leaves or enters an app of the company, or none
    /// changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.panels.is_empty()
    }

    /// The drawing as SVG: real text, light and dark, and for print.
    #[must_use]
    pub fn svg(&self) -> String {
        match self.panels.is_empty() {
            true => notice::svg("Nothing to draw", self.what.nothing, &self.others),
            false => layout::svg(self.what.title, &self.panels, &self.others),
        }
    }

    /// The drawing as a page of HTML, with its rows as tables.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(
            self.what.title,
            &self.elements(),
            &(self.tables() + &html::not_drawn(&self.others)),
        )
    }

    /// The contexts that have no panel, each as a line of text.
    #[must_use]
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// The rows of the drawing as tables of HTML.
    #[must_use]
    pub fn tables(&self) -> String {
        html::tables(&self.panels)
    }

    /// The drawing as an element of a page, which has the [style sheet](style_sheet). The title of a row is all that
    /// describes it: a page has them as a list beside it.
    #[must_use]
    pub fn element(&self) -> String {
        layout::element(self.what.title, &self.panels)
    }

    /// Its panels as an [element](Self::element) each, so that a page can break between them.
    #[must_use]
    pub fn elements(&self) -> Vec<String> {
        let element = |panel| layout::element(self.what.title, std::slice::from_ref(panel));
        self.panels.iter().map(element).collect()
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

    /// The drawing as a page of HTML, with what it shows as text.
    #[must_use]
    pub fn html(&self) -> String {
        let sentences: Vec<String> = self.columns.iter().map(Column::description).collect();
        html::page(frames::TITLE_OF_ALL, &[self.svg()], &html::list(&sentences))
    }
}

/// A drawing of leaks: each path as a chain of boxes with the rules that let it pass and what closes it, and the
/// first path in the picture of its user and device. Without a path it says that there is none.
///
/// ```
/// use mam::analysis::{LEAKS, PathOptions};
/// use mam::draw::PathsDrawing;
/// use mam::{Analysis, Compiler};
///
/// let checked = Compiler::new().check("notes.mam", "mam 1\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy baseline { for any  protect notes }");
/// let paths = Analysis::new(&checked)?.paths(&checked.chain(LEAKS)?, PathOptions::default())?;
/// assert!(paths.paths.is_empty());
/// assert!(PathsDrawing::new(LEAKS, &paths, &[], &[]).svg().contains("No leak path"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PathsDrawing {
    asked: String,
    leaks: Vec<Leak>,
    panel: Option<Panel>,
    notes: Vec<String>,
}

impl PathsDrawing {
    /// The most paths that are drawn.
    pub const MOST_PATHS: usize = MOST_PANELS;

    /// The drawing of the paths of a scope of chains. `pictures` are those of the users and devices of the first paths,
    /// as [`Hop::context`](crate::analysis::Hop::context) tells them: a path without one is not drawn. `remedies` are
    /// edits by path, at most one for each movement of a path, that block it.
    #[must_use]
    pub fn new(
        asked: &str,
        paths: &Paths,
        pictures: &[&Picture],
        remedies: &[Vec<Option<Remedy>>],
    ) -> Self {
        let drawn = paths.paths.iter().zip(pictures).take(MOST_PANELS).enumerate();
        let traced: Vec<(usize, Traced<'_>)> = drawn
            .filter_map(|(at, (path, picture))| Some((at, Traced::new(path, picture)?)))
            .collect();
        let leak = |(at, traced): &(usize, Traced<'_>)| {
            let remedies = remedies.get(*at).map_or(&[][..], Vec::as_slice);
            Leak::new(at + 1, paths, traced, remedies)
        };
        let leaks: Vec<Leak> = traced.iter().map(leak).collect();
        let left = paths.paths.len() - leaks.len();
        let more = if paths.more { " or more" } else { "" };
        let note =
            format!("{}{more} not drawn: `mam paths` lists them", words::count(left, "path"));
        Self {
            asked: format!("asked: {asked}"),
            panel: traced.first().and_then(|(_, first)| first.panel()),
            notes: if left > 0 || paths.more { vec![note] } else { Vec::new() },
            leaks,
        }
    }

    /// The drawing as SVG: real text, light and dark, and for print.
    #[must_use]
    pub fn svg(&self) -> String {
        match self.has_paths() {
            true => chains::svg(&self.leaks, self.panel.as_ref(), &self.notes),
            false => notice::svg("No leak path", NO_LEAK, std::slice::from_ref(&self.asked)),
        }
    }

    /// Whether there is a path, drawn or not.
    fn has_paths(&self) -> bool {
        !self.leaks.is_empty() || !self.notes.is_empty()
    }

    /// The drawing as a page of HTML, with what it shows as text.
    #[must_use]
    pub fn html(&self) -> String {
        let chains: Vec<String> = self.leaks.iter().map(Leak::description).collect();
        let text = match self.has_paths() {
            true => {
                let tables = html::tables(self.panel.as_slice());
                html::list(&chains) + &tables + &html::not_drawn(&self.notes)
            }
            false => html::list(&[NO_LEAK.to_owned(), self.asked.clone()]),
        };
        html::page("Where company data leaks", &[self.svg()], &text)
    }
}

#[cfg(test)]
mod tests;
