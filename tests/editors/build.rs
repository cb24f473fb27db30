//! Builds the generated parser of the grammar for tree-sitter.

fn main() {
    let src = std::path::Path::new("../../editors/tree-sitter-mam/src");
    println!("cargo:rerun-if-changed={}", src.display());
    if src.join("parser.c").exists() {
        cc::Build::new()
            .include(src)
            .file(src.join("parser.c"))
            .std("c11")
            .compile("tree-sitter-mam");
    }
}
