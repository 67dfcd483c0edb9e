//! The arrows between the modules, as ARCHITECTURE.md draws them: who may use whom, and what from outside.
//!
//! A reader of text is enough here: paths that begin with `crate::`, or that climb to the root by `super::`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Each module of the crate, what it may use of the others, and the outside it must not name.
const MODULES: [(&str, &[&str], &[&str]); 11] = [
    ("api", &[], &["mio", "rustix", "slog", "std::fs", "std::net", "std::os", "std::env", "std::thread"]),
    ("config", &["api"], &["mio", "rustix", "slog", "std::fs", "std::net", "std::os", "std::env", "std::thread"]),
    (
        "core",
        &["api", "config"],
        &[
            "mio",
            "rustix",
            "slog",
            "std::fs",
            "std::net",
            "std::os",
            "std::env",
            "std::thread",
            "Instant",
            "SystemTime",
            "HashMap",
            "HashSet",
            "println",
            "eprintln",
        ],
    ),
    (
        "wire",
        &["api", "config", "core"],
        &[
            "mio",
            "rustix",
            "slog",
            "std::fs",
            "std::net",
            "std::os",
            "std::env",
            "std::thread",
            "Instant",
            "SystemTime::now",
        ],
    ),
    ("files", &[], &["mio", "std::env"]),
    ("sockets", &["wire"], &["mio"]),
    ("daemon", &["api", "config", "core", "files", "wire", "sockets"], &[]),
    ("rescue", &["api", "core", "wire"], &["mio"]),
    ("doctor", &["api", "core", "files", "wire", "rescue", "sockets"], &["mio"]),
    ("import", &["config", "rescue"], &["mio", "std::fs", "std::env"]),
    ("cli", &["api", "config", "files", "wire", "rescue", "doctor", "import", "sockets"], &["mio"]),
];

#[test]
fn modules_use_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (module, allowed, forbidden) in MODULES {
        let files = files_of(&root, module);
        assert!(!files.is_empty(), "the module {module} has no file below {root:?}");
        for file in files {
            let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let shown = file.strip_prefix(&root).unwrap_or(&file).display();
            let depth = depth(file.strip_prefix(&root).unwrap_or(&file));
            for (line, used) in used_modules(&source, depth) {
                if used != module && !allowed.contains(&used.as_str()) {
                    faults.push(format!("src/{shown}:{line}: {module} must not use {used}"));
                }
            }
            for (line, word) in used_words(&source, forbidden) {
                faults.push(format!("src/{shown}:{line}: {module} must not name {word}"));
            }
        }
    }
    assert!(faults.is_empty(), "arrows that are not drawn:\n{}", faults.join("\n"));
}

#[test]
fn the_reader_of_paths_sees_every_form() {
    let source = "use crate::{api::Call,\n    daemon};\nuse crate::wire::rpc; // crate::cli\nlet x = super::super::config::parse;\n";
    let used: Vec<String> = used_modules(source, 2).into_iter().map(|(_, name)| name).collect();
    assert_eq!(used, ["api", "daemon", "wire", "config"]);
    assert_eq!(used_words("let now = Instant::now(); // SystemTime\n", &["Instant", "SystemTime"]), [(1, "Instant")]);
    assert_eq!(used_words("InstantNoodles\n#[cfg(test)]\nmod tests { Instant }\n", &["Instant"]), []);
}

/// The Rust files of a module that are part of the program; a file behind `#[cfg(test)]` is not.
fn files_of(root: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let single = root.join(format!("{module}.rs"));
    if single.exists() {
        files.push(single);
    }
    let mut directories = vec![root.join(module)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let tests: BTreeSet<PathBuf> = files.iter().flat_map(|file| test_files(file)).collect();
    files.retain(|file| !tests.iter().any(|test| file == test || file.starts_with(test)));
    files.sort();
    files
}

/// The files and folders that `#[cfg(test)] mod NAME;` lines of a file name.
fn test_files(file: &Path) -> Vec<PathBuf> {
    let declaration = Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);").expect("a pattern");
    let source = fs::read_to_string(file).unwrap_or_default();
    let is_root = file.file_name().is_some_and(|name| name == "mod.rs");
    let folder = if is_root { file.parent().unwrap_or(file).to_owned() } else { file.with_extension("") };
    let names = declaration.captures_iter(&source).map(|found| found[1].to_owned());
    names.flat_map(|name| [folder.join(format!("{name}.rs")), folder.join(&name)]).collect()
}

/// How many `super::` lead from a file to the root of the crate.
fn depth(file: &Path) -> usize {
    let is_root = file.file_name().is_some_and(|name| name == "mod.rs");
    file.components().count() - usize::from(is_root)
}

/// A source without comments, up to its unit tests.
fn code(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    source[..end].lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn line_of(code: &str, offset: usize) -> usize {
    code[..offset].matches('\n').count() + 1
}

/// The modules of the crate that a source names, with the line.
fn used_modules(source: &str, depth: usize) -> Vec<(usize, String)> {
    let path = Regex::new(r"(?:\bcrate|((?:\bsuper::)*)\bsuper)::(\w+|\{[^}]*)").expect("a pattern");
    let name = Regex::new(r"(?:^\{?|,)\s*(\w+)").expect("a pattern");
    let code = code(source);
    let mut used = Vec::new();
    for found in path.captures_iter(&code) {
        let climbs = found.get(1).map(|supers| supers.as_str().matches("super").count() + 1);
        if climbs.is_some_and(|climbs| climbs < depth) {
            continue;
        }
        let line = found.get(0).map_or(0, |whole| line_of(&code, whole.start()));
        for part in name.captures_iter(&found[2]) {
            if MODULES.iter().any(|module| module.0 == &part[1]) {
                used.push((line, part[1].to_owned()));
            }
        }
    }
    used
}

/// The forbidden words that a source names, with the line.
fn used_words<'word>(source: &str, forbidden: &[&'word str]) -> Vec<(usize, &'word str)> {
    let code = code(source);
    let mut used = Vec::new();
    for word in forbidden {
        let pattern = Regex::new(&format!(r"\b{}\b", regex::escape(word))).expect("a pattern");
        used.extend(pattern.find_iter(&code).map(|found| (line_of(&code, found.start()), *word)));
    }
    used.sort();
    used
}
