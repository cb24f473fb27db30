//! Neovim, headless, with the configuration of `docs/editor.md`.
//!
//! `MAM_NVIM` names the editor, `nvim` by default, and `MAM` the built program. Without an editor the test says so and
//! passes; with `MAM_EDITORS=required` it fails.

use std::path::PathBuf;
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

#[test]
fn neovim_shows_what_the_server_finds() {
    let nvim = std::env::var("MAM_NVIM").unwrap_or_else(|_| "nvim".to_owned());
    let program = std::env::var_os("MAM").map(PathBuf::from);
    let is_there =
        Command::new(&nvim).arg("--version").output().is_ok_and(|it| it.status.success());
    let Some(program) = program.filter(|_| is_there) else {
        let required = std::env::var("MAM_EDITORS").is_ok_and(|it| it == "required");
        assert!(!required, "`{nvim}` or the program in `MAM` is missing");
        println!("`{nvim}` or the program in `MAM` is missing: nothing is tried");
        return;
    };
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let place = |name: &str| scratch.path().join(name);
    std::fs::create_dir(place("bin")).expect("a folder");
    let program = std::fs::canonicalize(program).expect("the program is there");
    std::os::unix::fs::symlink(program, place("bin/mam")).expect("a link");
    std::fs::write(place("init.lua"), block("docs/editor.md", "lua")).expect("a file");
    std::fs::write(place("notes.mam"), POLICY).expect("a file");
    let path = std::env::var("PATH").unwrap_or_default();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/neovim.lua");
    let output = Command::new(&nvim)
        .current_dir(scratch.path())
        .env("PATH", format!("{}:{path}", place("bin").display()))
        .env("XDG_STATE_HOME", scratch.path())
        .env("XDG_CACHE_HOME", scratch.path())
        .args(["--headless", "-n", "-u", "init.lua", "notes.mam", "-c"])
        .arg(format!("luafile {script}"))
        .output()
        .expect("the editor runs");
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("all is well"), "{told}");
}
