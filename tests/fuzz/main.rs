//! The corpora of the fuzz targets and what comes of small changes to them, in an ordinary test run. See `targets.rs`; `make fuzz` looks
//! further.

mod play;
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fastrand::Rng;
use targets::{TARGETS, Target};

/// Changed copies of each file of a corpus.
const CHANGES: usize = 200;
/// Changes of one copy, at most.
const CHANGES_EACH: usize = 4;

/// The files of a target's corpus.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "nothing in {}", directory.display());
    files.into_iter().map(|file| (file.clone(), fs::read(&file).expect("a file"))).collect()
}

/// What breaks a target is kept in a file, to be given to it again.
fn run(name: &str, target: Target, from: &Path, data: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(data))) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-broken"));
        fs::write(&kept, data).expect("a place for it");
        eprintln!("{name} breaks on what came of {}; it is in {}", from.display(), kept.display());
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn the_corpora_hold() {
    for (name, target) in TARGETS {
        for (file, data) in corpus(name) {
            run(name, target, &file, &data);
        }
    }
}

#[test]
fn small_changes_of_the_corpora_hold() {
    let mut rng = Rng::with_seed(1);
    for (name, target) in TARGETS {
        let files = corpus(name);
        for (file, data) in &files {
            for _ in 0..CHANGES {
                let mut changed = data.clone();
                for _ in 0..rng.usize(1..=CHANGES_EACH) {
                    change(&mut changed, &files[rng.usize(..files.len())].1, &mut rng);
                }
                run(name, target, file, &changed);
            }
        }
    }
}

/// A byte becomes another, a part goes, comes twice, or comes from elsewhere.
fn change(data: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let at = rng.usize(..=data.len());
    let end = (at + rng.usize(..32)).min(data.len());
    match rng.usize(..5) {
        0 if at < data.len() => data[at] = rng.u8(..),
        1 if at < data.len() => data[at] ^= 1 << rng.usize(..8),
        2 => drop(data.drain(at..end)),
        3 => {
            let twice = data[at..end].to_vec();
            data.splice(at..at, twice);
        }
        _ => {
            let from = rng.usize(..=other.len());
            let to = (from + rng.usize(..64)).min(other.len());
            data.splice(at..end, other[from..to].iter().copied());
        }
    }
}
