//! A change of the projects that were created.

use crate::api::{ApiError, ErrorCode, ProjectCreate, ProjectRename, ProjectUpdate};
use crate::config::{check_label, expand_dir};
use crate::core::words::ids::{Caller, JobId};
use crate::core::words::time::Time;

/// A change of the projects file that waits, or is being written.
#[derive(Debug, Clone)]
pub struct StoreRequest {
    /// Who asked for it.
    pub caller: Caller,
    /// When.
    pub asked: Time,
    /// What.
    pub change: StoreChange,
    /// The job that writes it, and the time of the change.
    pub job: Option<(JobId, u64)>,
}

impl StoreRequest {
    /// Is this its job?
    pub(in crate::core) fn is_written_by(&self, job: JobId) -> bool {
        self.job.is_some_and(|(own, _)| own == job)
    }
}

/// What a call changes in the projects file.
#[derive(Debug, Clone)]
pub enum StoreChange {
    /// A new project.
    Create(ProjectCreate),
    /// Other details of one.
    Update(ProjectUpdate),
    /// One is to go.
    Delete(String),
    /// Another name for one.
    Rename(ProjectRename),
}

/// The same limits as for declared projects. An empty text removes, and nothing is asked of it.
pub(in crate::core) fn check_texts(
    dir: &Option<String>,
    icon: &Option<String>,
    display_name: &Option<String>,
) -> Result<(), ApiError> {
    if let Some(dir) = dir.as_ref().filter(|dir| !dir.is_empty()) {
        expand_dir(dir, None).map_err(|text| ApiError::new(ErrorCode::InvalidDirectory, text))?;
    }
    for (what, label) in [("the icon", icon), ("the display name", display_name)] {
        check_label(what, label.as_deref().unwrap_or_default())
            .map_err(|text| ApiError::new(ErrorCode::InvalidParams, text))?;
    }
    Ok(())
}
