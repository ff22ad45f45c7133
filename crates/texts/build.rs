//! Embeds every `locales/<language>/<room>.ftl` in the library, so that a static agent carries its words with it.
use std::{env, fs, path::Path};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../locales");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut code = String::new();
    for language in ["en", "fr"] {
        let folder = root.join(language);
        println!("cargo:rerun-if-changed={}", folder.display());
        let mut files: Vec<_> = fs::read_dir(&folder)
            .map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
            .unwrap_or_default();
        files.retain(|f| f.extension().is_some_and(|e| e == "ftl"));
        files.sort();
        code.push_str(&format!("pub(crate) const {}: &[(&str, &str)] = &[\n", language.to_uppercase()));
        for file in files {
            println!("cargo:rerun-if-changed={}", file.display());
            let name = file.file_stem().unwrap().to_string_lossy();
            code.push_str(&format!("({name:?}, include_str!({:?})),\n", file.canonicalize().unwrap()));
        }
        code.push_str("];\n");
    }
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("sources.rs");
    fs::write(out, code).unwrap();
}
