//! Places in a text, and what is said of them.

use crate::api::ConfigError;

/// The most faults that one reading tells.
pub const FAULTS_MAX: usize = 100;
/// Words that differ by more than this are not taken for a misspelling of each other.
const EDIT_DISTANCE_MAX: usize = 2;

/// A text that is being read, and the faults and warnings found in it.
pub(super) struct Places<'a> {
    file: &'a str,
    text: &'a str,
    /// The byte offset of the start of each line.
    line_starts: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Places<'a> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Places { file, text, line_starts }
    }

    /// A fault at a byte offset of the text.
    pub(super) fn fault(&self, offset: usize, message: impl Into<String>) -> ConfigError {
        let (line, column) = self.place(offset);
        ConfigError { file: self.file.to_owned(), line, column, message: message.into() }
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Line and column, both from 1; a column is a character. A byte order mark does not count.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.text.get(self.line_starts[line - 1]..offset).unwrap_or_default();
        let before = if line == 1 { before.trim_start_matches('\u{feff}') } else { before };
        (line, 1 + before.chars().count())
    }
}

/// The word of `words` that someone who wrote `word` most likely meant.
#[must_use]
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A key of thousands of characters is no misspelling, and the distance costs the product of the
    // lengths.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    let scored = words.into_iter().filter_map(|candidate| {
        let distance = strsim::osa_distance(&lower, candidate);
        let near = distance <= EDIT_DISTANCE_MAX && distance < candidate.len().max(2) - 1;
        let part =
            candidate.len() >= 3 && lower.len() >= 3 && (lower.contains(candidate) || candidate.contains(&lower));
        (near || part).then_some((distance, candidate))
    });
    scored.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// A word of the text, short enough for a message.
pub(super) fn shortened(word: &str) -> String {
    match word.char_indices().nth(40) {
        None => word.to_owned(),
        Some((end, _)) => format!("{}...", &word[..end]),
    }
}
