//! A project that is being opened.

use std::collections::BTreeMap;

use crate::api::{OpenedApp, Switch};
use crate::core::words::ids::{Caller, LaunchId};

/// A project that is being opened.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Its name.
    pub(in crate::core) project: String,
    /// Variables of the caller's session.
    pub(super) environment: BTreeMap<String, String>,
    /// Who waits for it, unless that took too long.
    pub(super) caller: Option<Caller>,
    pub(super) step: Step,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The switch to it is on its way.
    Switching,
    /// Its applications are being started: what is known of each, and its launch while more is to
    /// be heard of that.
    Starting { switch: Box<Switch>, windows: usize, apps: Vec<(Option<LaunchId>, OpenedApp)> },
}
