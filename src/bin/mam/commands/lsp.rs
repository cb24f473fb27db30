//! `mam lsp`: the language server.
//!
//! Connects the server of the library to standard input and output, and to the files of this machine.

use std::sync::Arc;

use mam::lsp::ServeError;

use crate::failure::{Failure, Status};
use crate::input::disk::Disk;

const AFTER_HELP: &str = "\
An editor starts it and speaks the Language Server Protocol with it over
standard input and output. `docs/editor.md` has configurations for editors.

Initialization options, all of them optional:
  {\"sets\":[[\"people.mam\",\"policies.mam\"]],   sets that no `use` ties together
   \"idle\":250,                  pause before lints and expectations, in ms
   \"lints\":true,                look for rules that change nothing
   \"explanations\":\"https://…/\", where explanations of codes are
   \"catalogues\":\"scheme:/\",     where the editor shows catalogues
   \"shows\":false}              the editor shows the answers of commands

Exit status: 0 the editor asked for the end; 1 it asked for `exit` without
`shutdown`; 2 it is gone, or does not keep to the protocol.";

/// Serve an editor: diagnostics, completion, hover and more
///
/// Speaks the Language Server Protocol over standard input and output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Accepted for editors that say so: there is no other connection
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    // There is nothing but standard input and output, with the option or without.
    let Args { stdio: _ } = args;
    let served = mam::lsp::serve_streams(std::io::stdin(), std::io::stdout(), Arc::new(Disk));
    match served {
        Ok(()) => Ok(Status::Success),
        // As the protocol has it.
        Err(ServeError::NotShutDown) => Ok(Status::Negative),
        Err(error) => Err(Failure::new(error.to_string())),
    }
}
