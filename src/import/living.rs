//! The windows that bear marks of the predecessor, read from the window manager.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use super::{OldMark, old_mark};
use crate::rescue::Connection;

/// How long the window manager may take for one answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// A window with a mark of the predecessor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedWindow {
    /// The id of its container.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// What its mark says; if it has several, the first that names a project.
    pub mark: OldMark,
}

/// Ask the first of these sockets that answers.
///
/// # Errors
/// None answers.
pub fn marked_windows(sockets: &[PathBuf]) -> anyhow::Result<Vec<MarkedWindow>> {
    let mut answering = sockets.iter().filter_map(|socket| Connection::open(socket, ANSWER_DEADLINE).ok());
    let Some((mut connection, _)) = answering.next() else { bail!("no window manager answers") };
    let tree = connection.tree()?;
    let mut marked = Vec::new();
    for node in tree.windows() {
        let mut marks: Vec<OldMark> = node.marks.iter().filter_map(|mark| old_mark(mark)).collect();
        marks.sort_by_key(|mark| mark.project.is_none());
        if let Some(mark) = marks.into_iter().next() {
            marked.push(MarkedWindow { id: node.id, title: node.name.clone().unwrap_or_default(), mark });
        }
    }
    Ok(marked)
}
