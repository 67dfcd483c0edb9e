//! Text for terminals and bars: nothing that a title holds may steer a terminal, and columns line
//! up.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// One line of JSON. JSON leaves the control characters after ASCII as they are; some terminals
/// obey them.
pub(super) fn json_line<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    if !text.contains(steers) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match steers(character) {
            // Only strings hold such characters, and all such characters are below U+10000.
            true => _ = write!(escaped, "\\u{:04x}", u32::from(character)),
            false => escaped.push(character),
        }
    }
    escaped
}

/// A text with everything that could steer a terminal made visible.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match steers(character) {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// The same for a message of several lines.
pub(super) fn escaped_lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

/// Control characters, line separators, and those that turn the direction of writing.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Rows of cells, with each column as wide as its widest cell. The cells are escaped here.
pub(super) struct Table {
    indent: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(indent: usize) -> Table {
        Table { indent, rows: Vec::new() }
    }

    pub(super) fn row<'a>(&mut self, cells: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) {
        self.rows.push(cells.into_iter().map(|cell| escaped(&cell.into()).into_owned()).collect());
    }

    /// The rows as lines; what has nothing after it is not padded.
    pub(super) fn render(&self, output: &mut String) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            output.push_str(line.trim_end());
            output.push('\n');
        }
    }
}

/// `1 window`, `2 windows`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A span of time for people, from milliseconds.
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, milliseconds % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(escaped("plain ünïcode 🌐"), "plain ünïcode 🌐");
        assert_eq!(escaped("a\x1b]0;x\x07\n\t\u{9b}\u{202e}\u{7f}"), r"a\u{1b}]0;x\u{7}\n\t\u{9b}\u{202e}\u{7f}");
        assert_eq!(escaped_lines("a\nb\rc"), "a\nb\\rc");
        let line = json_line(&serde_json::json!({"title": "a\x1b\u{9b}\u{7f}\u{2028}é"}));
        assert_eq!(line, r#"{"title":"a\u001b\u009b\u007f\u2028é"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["title"], "a\x1b\u{9b}\u{7f}\u{2028}é");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(1);
        table.row(["", "NAME", "N"]);
        table.row(["*", "日本", "1"]);
        table.row(["", "x\n", ""]);
        let mut text = String::new();
        table.render(&mut text);
        assert_eq!(text, "    NAME  N\n *  日本  1\n    x\\n\n");
    }

    #[test]
    fn spans() {
        let spans = [0, 1234, 9_999, 10_000, 61_000, 3_725_000, 90_000_000].map(span);
        assert_eq!(spans, ["0.0 s", "1.2 s", "9.9 s", "10 s", "1 min 1 s", "1 h 2 min", "1 d 1 h"]);
    }
}
