//! Editors without a screen, with the configurations of `docs/editor.md`.
//!
//! `MAM_NVIM` and `MAM_EMACS` name the editors, `nvim` and `emacs` by default, and `MAM` the built program. Without an editor
//! its test says so and passes; with `MAM_EDITORS=required` it fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use mam_editors::root;

const POLICY: &str = "mam 1

app notes \"Notes\" {
  ios \"com.example.notes\"
  sdk
}

policy base {
  for     any
  protect notes, notes

  allow share to managed

  expect block share to unmanaged
}
";

/// The first block of a language in a document.
fn block(document: &str, language: &str) -> String {
    let text = std::fs::read_to_string(root().join(document)).expect("the document is there");
    let (_, rest) = text.split_once(&format!("\n```{language}\n")).expect("it has such a block");
    rest.split_once("\n```").expect("the block ends").0.to_owned()
}

/// A folder with the program on a path of its own, the policy, and a configuration.
struct Desk {
    folder: tempfile::TempDir,
    editor: String,
}

impl Desk {
    /// The desk of an editor that a variable may name; `None` if the editor or the program is missing and need not be there.
    fn of(variable: &str, usual: &str) -> Option<Self> {
        let editor = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
        let program = std::env::var_os("MAM").map(PathBuf::from);
        let version = Command::new(&editor).arg("--version").output();
        let Some(program) = program.filter(|_| version.is_ok_and(|it| it.status.success())) else {
            let required = std::env::var("MAM_EDITORS").is_ok_and(|it| it == "required");
            assert!(!required, "`{editor}` or the program in `MAM` is missing");
            println!("`{editor}` or the program in `MAM` is missing: nothing is tried");
            return None;
        };
        let folder = tempfile::tempdir().expect("a scratch folder");
        std::fs::create_dir(folder.path().join("bin")).expect("a folder");
        let program = std::fs::canonicalize(program).expect("the program is there");
        std::os::unix::fs::symlink(program, folder.path().join("bin/mam")).expect("a link");
        std::fs::write(folder.path().join("notes.mam"), POLICY).expect("a file");
        Some(Self { folder, editor })
    }

    /// Writes the configuration of the document.
    fn configure(&self, language: &str, name: &str) {
        let text = block("docs/editor.md", language);
        std::fs::write(self.folder.path().join(name), text).expect("a file");
    }

    /// Runs the editor, which has to say that all is well.
    fn run(&self, arguments: &[&str]) {
        let path = std::env::var("PATH").unwrap_or_default();
        let folder = self.folder.path();
        let output = Command::new(&self.editor)
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", folder.join("bin").display()))
            .env("HOME", folder)
            .env("XDG_STATE_HOME", folder)
            .env("XDG_CACHE_HOME", folder)
            .args(arguments)
            .output()
            .expect("the editor runs");
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("all is well"), "{told}");
    }
}

/// The script of an editor.
fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    path.to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn neovim_shows_what_the_server_finds() {
    let Some(desk) = Desk::of("MAM_NVIM", "nvim") else { return };
    desk.configure("lua", "init.lua");
    let script = format!("luafile {}", script("neovim.lua"));
    desk.run(&["--headless", "-n", "-u", "init.lua", "notes.mam", "-c", &script]);
}

#[test]
fn emacs_shows_what_the_server_finds() {
    let Some(desk) = Desk::of("MAM_EMACS", "emacs") else { return };
    desk.configure("elisp", "init.el");
    desk.run(&["--batch", "-l", "init.el", "-l", &script("emacs.el")]);
}
