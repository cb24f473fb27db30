//! The language server: policies in an editor.
//!
//! Takes in messages of the Language Server Protocol over a connection and files through [`Files`], gives out
//! diagnostics, completions, hovers and the other answers of an editor. Opens no file itself. What policies
//! mean is asked of the checker and of the analysis; this module turns places into answers.
//!
//! `server` holds the state and runs the loop: `texts` takes in what the editor tells, `answers` and the table of `requests`
//! send each request to the handler that knows, `publish` sends diagnostics. `documents` has the open texts, `workspace`
//! tells which files make a set, `sets` holds the last results about each. `checker`, `analyser` and `worker` are threads
//! that work out these results and carry out commands, `searcher` one that reads folders. `transport` and `handshake`
//! make the connection. A handler sees a `view`: a text, its tree, and the last results about
//! its sets; each has the name of what it gives.

mod actions;
mod additions;
mod analyser;
mod answers;
mod capabilities;
mod changes;
mod checker;
mod commands;
mod completion;
mod diagnostics;
mod documents;
mod edits;
mod events;
mod files;
mod fixes;
mod folding;
mod formatting;
mod handshake;
mod hierarchy;
mod hints;
mod hover;
mod in_force;
mod lenses;
mod line_map;
mod navigation;
mod newest;
mod offers;
mod options;
mod places;
mod position;
mod publish;
mod reading;
mod rename;
mod requests;
mod scopes;
mod searcher;
mod selection;
mod serve_error;
mod server;
mod sets;
mod signature;
mod statements;
mod symbols;
mod texts;
mod threads;
mod titles;
mod tokens;
mod transport;
mod uri;
mod verdicts;
mod view;
mod wording;
mod worker;
mod workspace;

pub use files::Files;
pub use serve_error::ServeError;
pub use server::{serve, serve_streams};
