//! The language server: policies in an editor.
//!
//! Takes in messages of the Language Server Protocol over a connection and files through [`Files`], gives out
//! diagnostics, completions, hovers and the other answers of an editor. Opens no file itself. What policies
//! mean is asked of the checker and of the analysis; this module turns places into answers.
//!
//! `server` holds the state, `answers` sends each request to the room that knows. `documents` has the open texts,
//! `workspace` tells which files make a set, `checker` and `linter` are threads that work it out, and `view` is what
//! a room sees: a text, its tree, and the last results about its set. Each room has the name of what it gives.

mod actions;
mod additions;
mod answers;
mod capabilities;
mod carry;
mod changes;
mod checker;
mod commands;
mod completion;
mod diagnostics;
mod documents;
mod events;
mod files;
mod fixes;
mod folding;
mod formatting;
mod hints;
mod hover;
mod lenses;
mod linter;
mod navigation;
mod options;
mod position;
mod rename;
mod selection;
mod server;
mod signature;
mod symbols;
mod tokens;
mod uri;
mod view;
mod workspace;

pub use files::Files;
pub use server::{ServeError, serve};
