//! The extension for Zed: it starts `mam lsp`.

use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Mam;

impl zed::Extension for Mam {
    fn new() -> Self {
        Self
    }

    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let command = worktree
            .which("mam")
            .ok_or("`mam` is not on the PATH; build it with the features `cli` and `lsp`")?;
        Ok(Command { command, args: vec!["lsp".to_owned()], env: worktree.shell_env() })
    }
}

zed::register_extension!(Mam);
