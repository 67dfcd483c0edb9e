//! Where answers go, and what is said beside them.

use std::io::{ErrorKind, Write};

use super::failure::Failure;

/// Where answers go.
#[derive(Debug)]
pub struct Output {
    /// Answers are JSON.
    pub as_json: bool,
}

impl Output {
    /// Write a text as it is.
    ///
    /// # Errors
    /// Nobody reads it any more, or it cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::refused(format!("cannot write the answer: {error}")),
        })
    }

    /// Write a line.
    ///
    /// # Errors
    /// As `text`.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(&format!("{line}\n"))
    }
}

/// Say something beside the answer. If stderr is gone, nobody is left to be told.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
