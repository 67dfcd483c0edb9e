//! What is looked at to say whose a window is, and where it belongs.

use crate::config::Config;
use crate::core::belonging::Belonging;
use crate::core::projects::Projects;
use crate::core::windows::Windows;
use crate::core::words::phase::Phase;
use crate::core::words::wm::WmKind;

/// All that such a question may look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The configuration that is in force.
    pub config: &'a Config,
    /// The windows.
    pub windows: &'a Windows,
    /// The projects.
    pub projects: &'a Projects,
    /// What was asked and answered of windows so far.
    pub belonging: &'a Belonging,
    /// What is on the screen.
    pub scene: Scene<'a>,
}

/// What is on the screen, as the dialogue with the window manager knows it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Where the daemon is in its life: from a point on nothing is hidden any more.
    pub phase: Phase,
    /// Which window manager it is.
    pub kind: Option<WmKind>,
    /// The project that the user is in, or has asked for.
    pub target: Option<&'a str>,
}
