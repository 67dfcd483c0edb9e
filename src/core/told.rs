//! What a part tells the others: `Core::hear` hands it on when the part is done.

use crate::api::{ErrorCode, Switch};
use crate::core::projects::change::StoreRequest;
use crate::core::words::ids::JobId;

/// Something happened in one part that is the matter of others.
#[derive(Debug, Clone)]
pub enum Told {
    /// Something that was awaited of the disk has come, or cannot.
    FileRead,
    /// The order of use was written, or not; perhaps there is another job that does it once more.
    Saved {
        /// The job that did.
        job: JobId,
        /// The other.
        next: Option<JobId>,
    },
    /// A change of the projects file is on the disk.
    Stored(Box<StoreRequest>),
    /// Projects came or went.
    ProjectsChanged,
    /// Projects have other names.
    Renamed,
    /// A project is no more.
    ProjectGone(String),
    /// The window manager is that of another session.
    AnotherSession,
    /// Windows are elsewhere. What is known of places is mended when somebody looks.
    PlacesChanged,
    /// The first tree of a connection was read.
    FirstTree,
    /// A tree was read that calls may wait for, or will not come.
    TreeRead,
    /// Somebody asks at the window manager for the configuration to be read again.
    ReloadAsked,
    /// A switch was made, or there was nothing to be done for it.
    Switched(Box<Switch>),
    /// A switch will not be made.
    SwitchFailed {
        /// Where it went.
        target: Option<String>,
        /// Why not.
        code: ErrorCode,
        /// Why not, for people.
        message: String,
    },
}
