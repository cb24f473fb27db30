//! Reports: all that analysis tells of a policy set, as data and as one page.
//!
//! Takes in a checked set, and perhaps another one to compare with, gives out [`Views`] and a page of HTML that needs
//! nothing else. `contexts` makes matrices of pictures, `kinds` tells which policies apply, `sections` asks the other
//! questions, `views` calls both, `page` writes. Nothing is decided here, and no file is written. A part whose analysis meets a limit says
//! so in its place.

mod changes;
mod contexts;
mod csp;
mod data;
mod html;
mod json;
mod kinds;
mod page;
mod parts;
mod pool;
mod sections;
mod summary;
mod views;

pub use data::{
    Changes, ClassView, Column, ContextView, DecisionView, EndpointView, Expectations, Finding,
    Findings, KindView, LevelView, MatrixRow, MembersView, Movements, PlaceView, PlatformApps,
    PlatformLevels, PolicyView, Progress, ReportOnlyView, Section, Set, Summary, UnappliedView,
    Views,
};
pub use page::page;
