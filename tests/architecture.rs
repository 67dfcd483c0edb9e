//! The arrows as ARCHITECTURE.md draws them: between the modules, and between the rooms of the
//! core.
//!
//! A reader of text is enough here: paths that begin with `crate::`, or that climb by `super::`.

use std::collections::{BTreeMap, BTreeSet};
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

/// The rooms of the core, and which of the others each may use. `turn`, `told` and `waiting`, which
/// stand beside them, are for those that decide; `model` has four of them as one.
const ROOMS: [(&str, &[&str]); 11] = [
    ("tree", &[]),
    ("words", &["tree"]),
    ("windows", &["tree", "words"]),
    ("plan", &["tree", "words", "windows"]),
    ("projects", &["words", "windows"]),
    ("belonging", &["tree", "words", "windows", "projects", "turn"]),
    ("model", &["windows", "projects", "belonging", "keep", "turn"]),
    ("keep", &["tree", "words", "windows", "projects", "belonging", "model", "turn", "told"]),
    (
        "stage",
        &["tree", "words", "windows", "plan", "projects", "belonging", "keep", "model", "turn", "told", "waiting"],
    ),
    ("programs", &["tree", "words", "windows", "projects", "belonging", "model", "stage", "turn"]),
    (
        "audience",
        &[
            "tree",
            "words",
            "windows",
            "plan",
            "projects",
            "belonging",
            "keep",
            "model",
            "stage",
            "programs",
            "turn",
            "waiting",
        ],
    ),
];

#[test]
fn rooms_use_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core");
    let path = Regex::new(r"crate::core::(\w+|\{[^}]*\})").expect("a pattern");
    let name = Regex::new(r"(?:^\{?|,)\s*(\w+)").expect("a pattern");
    let scope = Regex::new(r"pub\(in [^)]*\)").expect("a pattern");
    let mut faults = Vec::new();
    for (room, allowed) in ROOMS {
        let files = files_of(&root, room);
        assert!(!files.is_empty(), "the room {room} has no file");
        for file in files {
            let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let shown = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            let code = scope.replace_all(&code(&source), "pub").into_owned();
            for found in path.captures_iter(&code) {
                let line = line_of(&code, found.get(0).map_or(0, |whole| whole.start()));
                for used in name.captures_iter(&found[1]) {
                    match &used[1] {
                        // The audience alone sees all.
                        "Core" if room == "audience" => {}
                        used if used == room || allowed.contains(&used) => {}
                        used => faults.push(format!("src/core/{shown}:{line}: {room} must not use {used}")),
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "arrows between rooms that are not drawn:\n{}", faults.join("\n"));
}

/// What writes a field of the windows: an assignment, a method that changes a collection, or a
/// value that is taken out of it.
fn writes_of_windows(code: &str) -> Vec<(usize, String)> {
    let changing = "values_mut|iter_mut|get_mut|entry|push|insert|extend|retain|remove|clear|clone_from|drain";
    let windows = r"((model|desk|self)\.windows|table)";
    let pattern =
        format!(r"\b{windows}(\.\w+)+ [|&+-]?= |\b{windows}(\.\w+)*?\.({changing})\(|&mut {windows}(\.\w+)+[,)]");
    let pattern = Regex::new(&pattern).expect("a pattern");
    pattern.find_iter(code).map(|found| (line_of(code, found.start()), found.as_str().to_string())).collect()
}

#[test]
fn only_the_room_of_the_windows_writes_its_fields() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core");
    let faults: Vec<String> = ROOMS
        .iter()
        .filter(|(room, _)| *room != "windows")
        .flat_map(|(room, _)| files_of(&root, room))
        .filter(|file| !file.ends_with("tests.rs"))
        .flat_map(|file| {
            let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let shown = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            let writes = writes_of_windows(&code(&source));
            writes.into_iter().map(move |(line, text)| format!("{shown}:{line}: {text}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "fields of the windows are written by others:\n{}", faults.join("\n"));
}

#[test]
fn the_reader_of_writes_sees_every_form() {
    for write in [
        "model.windows.table.hidden.push(record);",
        "model.windows.stale = true;",
        "table.windows.get_mut(&id)",
        "model.windows.table.places |= more;",
        "std::mem::take(&mut model.windows.table.surfaced)",
    ] {
        assert_eq!(writes_of_windows(write).len(), 1, "{write}");
    }
    for read in [
        "if model.windows.stale == true {",
        "runtime.windows.entry(serial)",
        "let windows = &mut model.windows;",
        "let a = b.windows.len();",
    ] {
        assert_eq!(writes_of_windows(read), [], "{read}");
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(circles(&imports(&read_units(&root))), BTreeSet::new(), "files that use each other in a circle");
}

#[test]
fn circles_are_found() {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
    let graph = [("a", &["b"][..]), ("b", &["c"]), ("c", &["b", "d"]), ("d", &[])];
    let graph = graph.map(|(file, used)| (file.to_string(), names(used))).into_iter().collect();
    assert_eq!(circles(&graph), BTreeSet::from([names(&["b", "c"])]));
}

#[test]
fn a_name_counts_for_the_file_that_defines_it() {
    let files = [
        ("wire", "mod bytes; mod lines; pub use bytes::*; pub use lines::{Line, Length as Size}; struct Own;"),
        ("wire/bytes", "pub struct Bytes;"),
        ("wire/lines", "use super::Bytes; pub struct Line; pub struct Length;"),
        ("cli", "mod show; use crate::wire::{self, Size}; fn run() { show::all(); std::fs::read(); }"),
        ("cli/show", "use super::run; use crate::wire::Own; use clap::Parser;"),
    ];
    let path = |module: &str| module.split('/').map(ToString::to_string).collect();
    let units = units(files.map(|(module, source)| (path(module), source.to_string())));
    let graph = imports(&units);
    let used = |file: &str| graph[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(used("wire"), [""; 0], "what it shows of its children is an index");
    assert_eq!(used("wire/lines"), ["wire/bytes"]);
    assert_eq!(used("cli"), ["cli/show", "wire", "wire/lines"]);
    assert_eq!(used("cli/show"), ["cli", "wire"]);
}

/// A file of the program, as the finder of circles reads it.
struct Unit {
    /// Its code, without what it shows to others with `pub use`: that is an index, and not counted.
    code: String,
    /// The full paths that its `use` lines name, with the name that each has here; `*` for all.
    names: Vec<(String, Vec<String>)>,
    /// What it defines.
    items: BTreeSet<String>,
}

/// The files of the program by the path of their module: `wire/rpc` for `wire/rpc/mod.rs`.
type Units = BTreeMap<Vec<String>, Unit>;

/// Which files of the crate each file uses. `Core` is not counted: ROOMS has who sees it.
///
/// A name counts as a use of the file that defines it, whoever shows it to others, and a parent that
/// names a child uses the child.
fn imports(units: &Units) -> BTreeMap<String, BTreeSet<String>> {
    let import = Regex::new(r"\buse ([^;]*);").expect("a pattern");
    let inline = Regex::new(r"(?:^|[^:\w])(\w+(?:::\w+)+)").expect("a pattern");
    let mut graph = BTreeMap::new();
    for (module, unit) in units {
        let mut paths = Vec::new();
        for found in import.captures_iter(&unit.code) {
            leaves("", &found[1], &mut paths);
        }
        let rest = import.replace_all(&unit.code, "");
        paths.extend(inline.captures_iter(&rest).map(|found| found[1].to_string()));
        let full = paths.iter().filter_map(|path| full_path(units, module, path));
        let used = full.filter(|full| *full != ["core", "Core"]).filter_map(|full| home(units, &full));
        let used = used.filter(|home| home != module).map(|home| home.join("/"));
        graph.insert(module.join("/"), used.collect());
    }
    graph
}

/// The files of the program below a folder.
fn read_units(root: &Path) -> Units {
    let files = files_of(root, ".").into_iter().map(|file| {
        let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let relative = file.strip_prefix(root).unwrap_or(&file).with_extension("");
        let parts = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let mut module: Vec<String> = parts.filter(|part| part != ".").collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        (module, source)
    });
    units(files)
}

fn units(files: impl IntoIterator<Item = (Vec<String>, String)>) -> Units {
    let index = Regex::new(r"\bpub(?:\([^)]*\))? use [^;]*;").expect("a pattern");
    let scope = Regex::new(r"pub\(in [^)]*\)").expect("a pattern");
    let import = Regex::new(r"\buse ([^;]*);").expect("a pattern");
    let item = Regex::new(r"\b(?:struct|enum|fn|const|static|type|trait) (\w+)").expect("a pattern");
    let (mut units, mut named) = (Units::new(), Vec::new());
    for (module, source) in files {
        let whole = scope.replace_all(&code(&source), "pub").into_owned();
        let mut paths = Vec::new();
        for found in import.captures_iter(&whole) {
            leaves("", &found[1], &mut paths);
        }
        named.push((module.clone(), paths));
        let code = index.replace_all(&whole, "").into_owned();
        let items = item.captures_iter(&code).map(|found| found[1].to_string()).collect();
        units.insert(module, Unit { code, names: Vec::new(), items });
    }
    for (module, paths) in named {
        let names = paths.iter().filter_map(|path| {
            let here = path.rsplit([':', ' ']).next().unwrap_or(path).to_string();
            Some((here, full_path(&units, &module, path)?))
        });
        let names = names.collect();
        units.entry(module).and_modify(|unit| unit.names = names);
    }
    units
}

/// A path as seen from the root of the crate; none if it leads out of the crate.
fn full_path(units: &Units, module: &[String], path: &str) -> Option<Vec<String>> {
    let mut parts = path.split("::").map(|part| part.trim().split(" as ").next().unwrap_or(part).trim()).peekable();
    let mut full = match *parts.peek()? {
        "crate" => Vec::new(),
        "super" | "self" => module.to_vec(),
        child => {
            let below = [module, &[child.to_string()]].concat();
            units.contains_key(&below).then(|| module.to_vec())?
        }
    };
    for part in parts {
        match part {
            "crate" | "self" => {}
            "super" => drop(full.pop()),
            name => full.push(name.to_string()),
        }
    }
    Some(full)
}

/// The file that a full path leads to; a name that a file has from another one leads on to that.
fn home(units: &Units, full: &[String]) -> Option<Vec<String>> {
    let mut full = full;
    // A name that is shown under itself leads nowhere else.
    let mut seen = BTreeSet::new();
    loop {
        let length = (1..=full.len()).rev().find(|length| units.contains_key(&full[..*length]))?;
        let (module, rest) = full.split_at(length);
        let unit = &units[module];
        let (Some(name), true) = (rest.first(), seen.insert(full)) else {
            return Some(module.to_vec());
        };
        if let Some((_, path)) = unit.names.iter().find(|(here, _)| here == name) {
            full = path;
            continue;
        }
        let all = unit.names.iter().filter(|(here, _)| here == "*").map(|(_, path)| &path[..path.len() - 1]);
        let mut all = all.filter(|path| units.get(*path).is_some_and(|unit| unit.items.contains(name)));
        return Some(all.next().unwrap_or(module).to_vec());
    }
}

/// The paths that a `use` names, one by one.
fn leaves(prefix: &str, text: &str, paths: &mut Vec<String>) {
    let text = text.trim();
    let Some(open) = text.find('{') else {
        paths.push(format!("{prefix}{text}"));
        return;
    };
    let prefix = format!("{prefix}{}", &text[..open]);
    let inner = &text[open + 1..text.rfind('}').unwrap_or(text.len())];
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inner.char_indices().chain([(inner.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    leaves(&prefix, &inner[start..at], paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// Whom a file uses, and whom these use.
fn reached<'graph>(
    graph: &'graph BTreeMap<String, BTreeSet<String>>,
    from: &'graph String,
) -> BTreeSet<&'graph String> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(file) = open.pop() {
        open.extend(graph.get(file).into_iter().flatten().filter(|used| seen.insert(*used)));
    }
    seen
}

/// The largest sets in which each file reaches each other.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|file| (file, reached(graph, file))).collect();
    let circle = |file: &String| {
        let back = reach[file].iter().filter(|other| reach.get(**other).is_some_and(|set| set.contains(file)));
        back.map(|other| (*other).clone()).collect::<BTreeSet<String>>()
    };
    graph.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}

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
