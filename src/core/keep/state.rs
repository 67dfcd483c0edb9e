//! The state file: what outlives the session.

use serde::{Deserialize, Serialize};

use crate::core::words::store::{self, CHECKSUM_PLACE, StoreFault, seal};

/// The version of the state file that this program writes.
const STATE_VERSION: u32 = 1;

/// The state file: what outlives the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastingState {
    #[serde(default)]
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    /// Projects by time of use, the latest first.
    #[serde(default)]
    pub order_of_use: Vec<String>,
}

impl LastingState {
    /// A state file of this version.
    #[must_use]
    pub fn new(order_of_use: Vec<String>) -> LastingState {
        LastingState { version: STATE_VERSION, checksum: None, order_of_use }
    }

    /// Its text.
    #[must_use]
    pub fn to_text(mut self) -> String {
        self.checksum = Some(CHECKSUM_PLACE.to_string());
        seal(&serde_json::to_string_pretty(&self).expect("strings only"))
    }

    /// Read a text.
    ///
    /// # Errors
    /// It is not one, of a version we do not know, or damaged.
    pub fn from_text(text: &str) -> Result<LastingState, StoreFault> {
        let mut state: LastingState = store::parse(text, &[STATE_VERSION])?;
        let checksum = state.checksum.take();
        state.version = STATE_VERSION;
        if store::is_intact(text, checksum.as_deref()) { Ok(state) } else { Err(StoreFault::damaged()) }
    }
}
